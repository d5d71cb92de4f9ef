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
    """State h or c at a timestep, (batch, units); `direction` is "" if there is only one."""

    letter: str
    direction: str
    step: int


class ArraySpec(NamedTuple):
    """The name, axes and shape of an array before there is one; its first axis is the batch.

    `holds` are the last vector of each direction whose units the array has, and its index in it.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    holds: tuple[tuple[Vector, Index], ...] = ()

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

    @property
    def features(self) -> int:
        """The features of a timestep of the input."""
        return self.input.shape[-1]

    @property
    def directions(self) -> tuple[str, ...]:
        """The name of each direction; a single one needs none."""
        return ("forward", "backward") if self.bidirectional else ("",)

    def last_step(self, direction: str) -> int:
        """Return the timestep a direction ends at: backward ends at the first."""
        return 0 if direction == "backward" else self.input.shape[1] - 1

    @property
    def type(self) -> str:
        """The name of Keras' class."""
        return "Bidirectional" if self.bidirectional else self.cell.name

    def code(self, units: str = "") -> str:
        """Write the layer as in Keras, `LSTM(5, return_state=True)`; `units` may be a variable."""
        flags = [f"{name}=True" for name in FLAGS if getattr(self, name)]
        call = f"{self.cell.name}({', '.join([units or str(self.units), *flags])})"
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

    def _side_by_side(self, name: str, *axes: str) -> ArraySpec:
        """Describe an array of these axes and of the units of each direction, side by side."""
        letter, holds = self.cell.letters[0], list[tuple[Vector, Index]]()
        for at, direction in enumerate(self.directions):
            index: list[object] = [slice(None)]
            if "timesteps" in axes:
                index.append(0 if direction == "backward" else -1)
            if self.bidirectional:
                index.append(slice(self.units, None) if at else slice(None, self.units))
            vector = Vector(letter, direction, self.last_step(direction))
            holds.append((vector, tuple(index) if len(index) > 1 else ()))
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
