"""One LSTM layer: the arrays it returns, its weights and its count, all by arithmetic.

What the layer returns is documented at https://keras.io/api/layers/recurrent_layers/lstm/ and
https://keras.io/api/layers/recurrent_layers/bidirectional/. Its four gates are those of
Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

from lstm_shapes.errors import CallError, option, shortened

FLOAT32_BYTES = 4
GATES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
FLAGS = ("return_sequences", "return_state")


@dataclass(frozen=True)
class ArraySpec:
    """The name, axes and shape of an array before there is one; its first axis is the batch.

    `meaning` says what the array holds, `holds` which vectors stand in it, each with the index that
    picks it, and `directions` whose units stand side by side on the last axis.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    meaning: str
    holds: tuple[tuple[str, str], ...] = ()
    directions: tuple[str, ...] = ("",)

    @property
    def model_shape(self) -> tuple[int | None, ...]:
        """The shape in the model, which leaves the batch open: `(None, 3, 5)`."""
        return (None, *self.shape[1:])

    @property
    def size(self) -> int:
        """How many numbers the array holds."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the array in float32."""
        return self.size * FLOAT32_BYTES


@dataclass(frozen=True)
class WeightSpec:
    """The name and shape of one weight of a layer."""

    name: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many parameters the weight holds."""
        return prod(self.shape)


@dataclass(frozen=True)
class LayerSpec:
    """An LSTM on an `input` of axes (batch, timesteps, features), in one direction or in both.

    Example:
        >>> x = ArraySpec("input", ("batch", "timesteps", "features"), (1, 3, 4), "")
        >>> layer = LayerSpec("lstm", x, units=5, return_state=True)
        >>> [(array.name, array.shape) for array in layer.outputs]
        [('output', (1, 5)), ('hidden_state', (1, 5)), ('cell_state', (1, 5))]
        >>> layer.parameters
        200
    """

    name: str
    input: ArraySpec
    units: int
    return_sequences: bool = False
    return_state: bool = False
    bidirectional: bool = False

    def __post_init__(self) -> None:
        for name in (*FLAGS, "bidirectional"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise CallError(f"{option(name)} must be True or False, got {shortened(value)}")

    @property
    def features(self) -> int:
        """The features of a timestep of its input."""
        return self.input.shape[-1]

    @property
    def directions(self) -> tuple[str, ...]:
        """The name of each direction; a single one needs none."""
        return ("forward", "backward") if self.bidirectional else ("",)

    @property
    def call(self) -> str:
        """The layer as one writes it in Keras: `LSTM(5, return_state=True)`."""
        flags = [f"{name}=True" for name in FLAGS if getattr(self, name)]
        lstm = f"LSTM({', '.join([str(self.units), *flags])})"
        return f"Bidirectional({lstm})" if self.bidirectional else lstm

    @cached_property
    def all_hidden_states(self) -> ArraySpec:
        """Every h, of axes (batch, timesteps, units), whether the flags return it or not."""
        units = len(self.directions) * self.units
        return ArraySpec(
            "all_hidden_states",
            ("batch", "timesteps", "units"),
            (*self.input.shape[:2], units),
            "both h at every timestep" if self.bidirectional else "h at every timestep",
            self._last_h(", -1", ", 0"),
            self.directions,
        )

    @property
    def output(self) -> ArraySpec:
        """The h of each direction at its last timestep, (batch, units), side by side."""
        last = self.input.shape[1] - 1
        return ArraySpec(
            "output",
            ("batch", "units"),
            (self.input.shape[0], len(self.directions) * self.units),
            f"h forward t={last}, backward t=0" if self.bidirectional else self._last("h", ""),
            self._last_h("", ""),
            self.directions,
        )

    @cached_property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays the layer returns with these flags, in Keras' order."""
        first = self.all_hidden_states if self.return_sequences else self.output
        states = [state for direction in self.directions for state in self._states(direction)]
        return (first, *states) if self.return_state else (first,)

    def _states(self, direction: str) -> Iterator[ArraySpec]:
        for letter, name, again in (("h", "hidden_state", ", again"), ("c", "cell_state", "")):
            vector = self._last(letter, direction)
            yield ArraySpec(
                f"{direction}_{name}" if direction else name,
                ("batch", "units"),
                (self.input.shape[0], self.units),
                vector + again,
                ((vector, ""),),
                (direction,),
            )

    def _last_h(self, *steps: str) -> tuple[tuple[str, str], ...]:
        """The last h of each direction, and the index that picks its timestep and its units."""
        units = (f", :{self.units}", f", {self.units}:") if self.bidirectional else ("",)
        indices = (step + block for step, block in zip(steps, units, strict=False))
        return tuple(
            (self._last("h", direction), f"[:{index}]" if index else "")
            for direction, index in zip(self.directions, indices, strict=True)
        )

    def _last(self, letter: str, direction: str) -> str:
        """The vector a direction ends with: backward ends at the first timestep."""
        if not direction:
            return f"{letter} at the last timestep"
        step = self.input.shape[1] - 1 if direction == "forward" else 0
        return f"{direction} {letter} at t={step}"

    @cached_property
    def direction_weights(self) -> tuple[WeightSpec, ...]:
        """The weights of one direction; the four gates stand side by side on the last axis."""
        gates = len(GATES) * self.units
        return (
            WeightSpec("kernel", (self.features, gates)),
            WeightSpec("recurrent_kernel", (self.units, gates)),
            WeightSpec("bias", (gates,)),
        )

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """All weights in Keras' order: `kernel`, or `forward/kernel` in both directions."""
        return tuple(
            WeightSpec(f"{direction}/{weight.name}" if direction else weight.name, weight.shape)
            for direction in self.directions
            for weight in self.direction_weights
        )

    @property
    def parameters(self) -> int:
        """The count: directions × 4 gates × units × (features + units + 1 bias)."""
        return len(self.directions) * len(GATES) * self.units * (self.features + self.units + 1)
