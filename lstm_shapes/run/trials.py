"""Hold what Keras made of layers behind this one, of decoders, and of two calls."""

from typing import Any, NamedTuple

from lstm_shapes.errors import listed

# The shape of an array in a model, (None, 3, 5); of several arrays a tuple of them.
ModelShape = tuple[Any, ...]


class TriedLayer(NamedTuple):
    """A layer called on arrays that came back.

    Attributes:
        layer: The layer as written in Keras.
        takes: The names of the arrays it was called on.
        output_shape: What it gave, None if Keras refused.
        error: Keras' reason for refusing.
        parameters: The numbers in its weights.
        mixes_samples: Whether a sample's numbers depend on the samples beside it.
        cure: What it takes instead: "first" of the arrays alone, "several" arrays, a
            "sequence" or a "vector"; "" where nothing was found.
        uses_mask: Whether a mask changes its numbers; None where there is no mask.
        passes_mask: Whether it passes the mask on; None where there is no mask.
    """

    layer: str
    takes: tuple[str, ...]
    output_shape: ModelShape | None = None
    error: str | None = None
    parameters: int | None = None
    mixes_samples: bool = False
    cure: str = ""
    uses_mask: bool | None = None
    passes_mask: bool | None = None

    def __repr__(self) -> str:
        outcome = f"{self.output_shape}, {self.parameters} parameters"
        if self.output_shape is None:
            outcome = f"refused: {self.error}"
        return f"TriedLayer({self.layer} on {listed(self.takes)}: {outcome})"


class Decoder(NamedTuple):
    """A layer that began at the states that came back.

    Attributes:
        layer: The decoder as written in Keras.
        initial_state: The states it was handed, as Python writes them.
        output_shape: What it gave.
        parameters: The numbers in its weights.
        is_joined: Whether the states of both directions were put side by side for it.
    """

    layer: str
    initial_state: tuple[str, ...]
    output_shape: ModelShape
    parameters: int
    is_joined: bool = False


class TwoCalls(NamedTuple):
    """A sequence in two calls with the states handed on, compared with one call."""

    timesteps: tuple[int, int]
    holds: bool
    max_difference: float
