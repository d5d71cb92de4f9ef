"""Hold what Keras made of other layers, and of the layer in two calls."""

from typing import Any, NamedTuple


class NextLayer(NamedTuple):
    """A layer called on the arrays `takes`: its output shape, of several arrays a tuple, or error.

    `cure` is what it takes instead: "first" of the arrays alone, "several" arrays, a "sequence" or
    a "vector". `initial_state` are the states it was handed, as written in Python. The last two are
    None where there is no mask.
    """

    layer: str
    takes: tuple[str, ...]
    output_shape: tuple[Any, ...] | None
    error: str | None
    parameters: int | None = None
    mixes_samples: bool = False
    cure: str = ""
    initial_state: tuple[str, ...] = ()
    uses_mask: bool | None = None
    passes_mask: bool | None = None


class TwoCalls(NamedTuple):
    """A sequence in two calls with the states handed on, compared with one call."""

    timesteps: tuple[int, int]
    holds: bool
    max_difference: float
