"""Show what a Keras LSTM, GRU or SimpleRNN returns: which arrays, of which shape."""

TYPE_CHECKING = False  # typing's, without the time that importing typing takes
if TYPE_CHECKING:
    from lstm_shapes.errors import LSTMShapesError
    from lstm_shapes.run.explore import explore, explore_many
    from lstm_shapes.run.values import Run
    from lstm_shapes.spec.model import LSTMSpec
    from lstm_shapes.view.screen import show

__version__ = "0.3.0"
__all__ = ["LSTMShapesError", "LSTMSpec", "Run", "__version__", "explore", "explore_many", "show"]

_MODULES = {
    "LSTMShapesError": "errors",
    "LSTMSpec": "spec.model",
    "Run": "run.values",
    "explore": "run.explore",
    "explore_many": "run.explore",
    "show": "view.screen",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
