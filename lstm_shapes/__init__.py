"""Show what a Keras LSTM, GRU or SimpleRNN returns: which arrays, of which shape."""

from importlib import import_module

from lstm_shapes.version import __version__

TYPE_CHECKING = False  # typing's, without the time that importing typing takes
if TYPE_CHECKING:
    from lstm_shapes.api import (
        Layers,
        Run,
        Runs,
        compare,
        explore,
        explore_many,
        layers,
        show,
        sweep,
    )
    from lstm_shapes.errors import LSTMShapesError
    from lstm_shapes.shapes.layer import Layer
    from lstm_shapes.shapes.spec import LSTMSpec, Spec

__all__ = [
    "LSTMShapesError",
    "LSTMSpec",
    "Layer",
    "Layers",
    "Run",
    "Runs",
    "Spec",
    "__version__",
    "compare",
    "explore",
    "explore_many",
    "layers",
    "show",
    "sweep",
]

# Where each name comes from, once it is asked for: NumPy alone takes 0.1 s.
MODULES = {
    "LSTMShapesError": "errors",
    "LSTMSpec": "shapes.spec",
    "Layer": "shapes.layer",
    "Layers": "api",
    "Run": "api",
    "Runs": "api",
    "Spec": "shapes.spec",
    "compare": "api",
    "explore": "api",
    "explore_many": "api",
    "layers": "api",
    "show": "api",
    "sweep": "api",
}


def __getattr__(name: str) -> object:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
