"""One recurrent layer: the arrays it returns, its weights and parameters, by arithmetic.

What a layer returns is documented at https://keras.io/api/layers/recurrent_layers/lstm/ and
https://keras.io/api/layers/recurrent_layers/bidirectional/.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

from lstm_shapes.spec.cell import LSTM, Cell

FLAGS = ("return_sequences", "return_state")

# An index as NumPy takes it: `[:, -1]` is (slice(None), -1), and () is the whole array.
Index = tuple[object, ...]


class Vector(NamedTuple):
    """State h or c at a timestep, (batch, units); `direction` is "" if there is only one.

    `step` is None for the last timestep that is not masked, where samples differ in it.
    """

    letter: str
    direction: str
    step: int | None


class ArraySpec(NamedTuple):
    """The name, axes and shape of an array before there is one; its first axis is the batch.

    `holds` are the last vector of each direction whose units the array has, and its index in it,
    or None where it stands at another index for each sample.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    holds: tuple[tuple[Vector, Index | None], ...] = ()

    @property
    def model_shape(self) -> tuple[int | None, ...]:
        """The shape in the model, which leaves the batch open: `(None, 3, 5)`."""
        return (None, *self.shape[1:])


class WeightSpec(NamedTuple):
    """The name and shape of one weight of a layer."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class LayerSpec:
    """A layer on an `input` of (batch, timesteps, features), in one direction or in both."""

    name: str
    input: ArraySpec
    units: int
    return_sequences: bool = False
    return_state: bool = False
    bidirectional: bool = False
    cell: Cell = LSTM
    lengths: tuple[int, ...] | None = None

    @property
    def features(self) -> int:
        """The features of a timestep of the input."""
        return self.input.shape[-1]

    @property
    def directions(self) -> tuple[str, ...]:
        """The name of each direction; a single one needs none."""
        return ("forward", "backward") if self.bidirectional else ("",)

    @property
    def timesteps(self) -> int:
        """The timesteps of the input."""
        return self.input.shape[1]

    @property
    def is_masked(self) -> bool:
        """Return True if a timestep of some sample is masked."""
        return min(self.lengths or (self.timesteps,)) < self.timesteps

    def last_step(self, direction: str) -> int | None:
        """Return the timestep a direction ends at: backward ends at the first.

        Forward, that is None where timesteps are masked: it is another one for each sample.
        """
        last = None if self.is_masked else self.timesteps - 1
        return 0 if direction == "backward" else last

    @property
    def type(self) -> str:
        """The name of Keras' class."""
        return "Bidirectional" if self.bidirectional else self.cell.name

    def code(self, units: str = "", kind: str = "") -> str:
        """Write the layer as in Keras, `LSTM(5, return_state=True)`, or with variables for both."""
        flags = [f"{name}=True" for name in FLAGS if getattr(self, name)]
        call = f"{kind or self.cell.name}({', '.join([units or str(self.units), *flags])})"
        return f"{self.type}({call})" if self.bidirectional else call

    @cached_property
    def all_hidden_states(self) -> ArraySpec:
        """Every h, (batch, timesteps, units), whether the flags return it or not."""
        return self._side_by_side("all_hidden_states", *self.input.axes[:2])

    @cached_property
    def output(self) -> ArraySpec:
        """The last h of each direction, side by side, (batch, units)."""
        return self._side_by_side("output", *self.input.axes[:1])

    @cached_property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays the layer returns with these flags, in Keras' order."""
        found = [self.all_hidden_states if self.return_sequences else self.output]
        axes, shape = ("batch", "units"), (self.input.shape[0], self.units)
        for direction in self.directions if self.return_state else ():
            for letter, state, _ in self.cell.states:
                name = f"{direction}_{state}" if direction else state
                holds = ((Vector(letter, direction, self.last_step(direction)), ()),)
                found.append(ArraySpec(name, axes, shape, holds))
        return tuple(found)

    @cached_property
    def all_other_states(self) -> tuple[ArraySpec, ...]:
        """Every c of each direction, (batch, timesteps, units): Keras returns only the last one."""
        axes, shape = (*self.input.axes[:2], "units"), (*self.input.shape[:2], self.units)
        found = []
        for direction in self.directions:
            for letter, state, _ in self.cell.states[1:]:
                name = "_".join(filter(None, (direction, "all", f"{state}s")))
                index = (slice(None), 0 if direction == "backward" else -1)
                holds = ((Vector(letter, direction, self.last_step(direction)), index),)
                found.append(ArraySpec(name, axes, shape, holds))
        return tuple(found)

    def units_of(self, direction: str) -> tuple[slice, ...]:
        """Return the index of a direction's units where both directions stand side by side."""
        both = {"forward": slice(None, self.units), "backward": slice(self.units, None)}
        return (both[direction],) if direction else ()

    def _side_by_side(self, name: str, *axes: str) -> ArraySpec:
        """Describe an array of these axes and of the units of each direction, side by side."""
        letter, holds = self.cell.letters[0], list[tuple[Vector, Index | None]]()
        for direction in self.directions:
            index: Index | None = (slice(None), *self.units_of(direction))
            if "timesteps" in axes:
                at = 0 if direction == "backward" else -1
                index = (slice(None), at, *self.units_of(direction))
                # In both directions, Keras puts zeros at masked timesteps.
                if direction == "forward" and self.is_masked:
                    index = None
            vector = Vector(letter, direction, self.last_step(direction))
            holds.append((vector, () if index == (slice(None),) else index))
        shape = (*self.input.shape[: len(axes)], len(self.directions) * self.units)
        return ArraySpec(name, (*axes, "units"), shape, tuple(holds))

    @cached_property
    def direction_weights(self) -> tuple[WeightSpec, ...]:
        """The weights of one direction; the gates stand side by side on the last axis."""
        columns, rows = len(self.cell.gates) * self.units, self.cell.bias_rows
        return (
            WeightSpec("kernel", (self.features, columns)),
            WeightSpec("recurrent_kernel", (self.units, columns)),
            WeightSpec("bias", (columns,) if rows == 1 else (rows, columns)),
        )

    @property
    def parameters(self) -> int:
        """The parameter count: directions × gates × units × (features + units + biases)."""
        return len(self.directions) * sum(prod(of.shape) for of in self.direction_weights)
