"""What a Keras LSTM returns: which arrays, in which order, of which shape.

>>> from lstm_shapes import LSTMSpec, explore
>>> run = explore(LSTMSpec(units=5, return_sequences=True, return_state=True), seed=1729)
>>> [(output.name, output.shape) for output in run.outputs]
[('all_hidden_states', (1, 3, 5)), ('hidden_state', (1, 5)), ('cell_state', (1, 5))]
"""

TYPE_CHECKING = False  # typing's, without the time that importing typing takes
if TYPE_CHECKING:
    from lstm_shapes.errors import LSTMShapesError
    from lstm_shapes.python import Run, explore, explore_many, show
    from lstm_shapes.spec.model import LSTMSpec

__version__ = "0.2.0"
__all__ = ["LSTMShapesError", "LSTMSpec", "Run", "__version__", "explore", "explore_many", "show"]

_MODULES = {
    "LSTMShapesError": "errors",
    "LSTMSpec": "spec.model",
    "Run": "python",
    "explore": "python",
    "explore_many": "python",
    "show": "python",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
