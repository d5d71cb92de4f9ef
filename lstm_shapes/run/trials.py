"""Hold what Keras made of layers behind this one, of a decoder, and of further calls."""

from enum import Enum
from typing import Any, NamedTuple

from lstm_shapes.errors import listed
from lstm_shapes.shapes.keras_code import TAKES_SEVERAL, classes_in

# The shape of an array in a model, (None, 3, 5); of several arrays a tuple of them.
ModelShape = tuple[Any, ...]


class TriedLayer(NamedTuple):
    """A layer called on arrays that came back.

    Attributes:
        layer: The layer as written in Keras.
        takes: The names of the arrays it was called on; () in a chain, where it was
            called on what the layer before it gave.
        output_shape: What it gave, None if Keras refused. Several arrays have a tuple of
            shapes, nested as Keras nests the arrays.
        error: Keras' reason for refusing.
        parameters: The numbers in its weights.
        mixes_samples: Whether a sample's numbers depend on the samples beside it.
        cure: What it takes instead: "first" of the arrays alone, "several" arrays, a
            "pair" of them, a "sequence", a "vector", or a number of "timesteps" in place of
            an open axis; "memory" where it is too large, "before" where the layer before
            it is refused; "" where nothing was found.
        mixes_states: Whether it took the arrays as equals though they hold every h, the
            last h, or c: what comes out means nothing.
        uses_mask: Whether a mask changes its numbers; None where there is no mask.
        passes_mask: Whether it passes the mask on; None where there is no mask.
        chain: The number of its chain, from 1: a layer alone is a chain as well.
        previous_layer: The layer before it in its chain, None for the first.
    """

    layer: str
    takes: tuple[str, ...]
    output_shape: ModelShape | None = None
    error: str | None = None
    parameters: int | None = None
    mixes_samples: bool = False
    cure: str = ""
    mixes_states: bool = False
    uses_mask: bool | None = None
    passes_mask: bool | None = None
    chain: int = 1
    previous_layer: str | None = None

    @property
    def gives_several(self) -> bool:
        """Return True if the layer gave several arrays."""
        return any(isinstance(item, tuple) for item in self.output_shape or ())

    @property
    def takes_several(self) -> bool:
        """Return True if the layer takes a list of arrays."""
        outer_class, *_ = classes_in(self.layer)
        return outer_class in TAKES_SEVERAL

    def __repr__(self) -> str:
        subject = f"behind {self.previous_layer}"
        if self.takes:
            subject = f"on {listed(self.takes)}"
        outcome = f"{self.output_shape}, {self.parameters} parameters"
        if self.output_shape is None:
            outcome = f"refused: {self.error}"
        return f"TriedLayer({self.layer} {subject}: {outcome})"


class Decoder(NamedTuple):
    """A layer that began at the states that came back, on an input of its own.

    Attributes:
        layer: The decoder as written in Keras.
        initial_state: The states it was handed, as Python writes them.
        output_shape: What it gave. Its timesteps are those of its own input: None.
        units: Its units, which the states set.
    """

    layer: str
    initial_state: tuple[str, ...]
    output_shape: ModelShape
    units: int


class TwoCalls(NamedTuple):
    """A sequence in two calls with the states handed on, compared with one call.

    Attributes:
        timesteps: The timesteps of each of the two calls.
        holds: Whether they give the same numbers as one call.
        max_difference: The largest difference between the two.
        sample_count: How many samples were compared.
    """

    timesteps: tuple[int, int]
    holds: bool
    max_difference: float
    sample_count: int


class Rewriting(Enum):
    """A way to write a layer otherwise that gives the same numbers."""

    WITHOUT_DROPOUT = "the same layer without dropout"
    FORWARD_ON_TURNED_INPUT = "a forward layer on the input turned round in time"
    MERGED_HALVES = "both directions run by themselves, and merged number by number"
    GOES_ON = "one call on all timesteps, in place of two on a part each"
    BEGINS_AGAIN = "the first call, in place of one after reset_state()"


class Rewritten(NamedTuple):
    """A layer written otherwise, and how far its numbers are from those of the run."""

    rewriting: Rewriting
    holds: bool
    max_difference: float


class OddBatch(NamedTuple):
    """A last batch that is not full, under `stateful`, and what predict makes of it.

    `row_count` is the number of rows that came back, None if Keras refused.
    """

    sample_count: int
    row_count: int | None
