"""Compute what a layer returns for an input: its arrays, its weights, its parameters."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import NamedTuple

from lstm_shapes.shapes.layer import DTYPE_BYTES, Direction, Layer

WEIGHT_NAMES = ("kernel", "recurrent_kernel", "bias")
# An index as NumPy takes it: `[:, -1]` is (slice(None), -1), and () is the whole array.
Index = tuple[object, ...]


class Vector(NamedTuple):
    """State h or c of a direction after a timestep, (batch, units).

    Those that arrays hold are the ones with which a direction ends.

    Attributes:
        letter: The state, "h" or "c".
        direction: The direction.
        timestep: The timestep. None stands for the real one that the direction reads
            last, where that is another one in each sample.
        goes_back: Whether a layer's only direction goes back in time, which views say.
    """

    letter: str
    direction: Direction
    timestep: int | None
    goes_back: bool = False

    def __repr__(self) -> str:
        timestep = "the last real timestep"
        if self.timestep is not None:
            timestep = f"t={self.timestep}"
        name = f"{self.direction.name} {self.letter} at {timestep}"
        return f"Vector({name.strip()})"


class Holding(NamedTuple):
    """A vector that an array holds, and the index at which it stands there.

    `array_index` is None where no index picks it: it stands in another row for each
    sample, or is merged with the vector of the other direction.
    """

    vector: Vector
    array_index: Index | None


class ArraySpec(NamedTuple):
    """The name, axes and shape of an array before there is one.

    Axis 0 is the batch, but for a weight.

    Attributes:
        name: The name in the project's vocabulary, `all_hidden_states`.
        axes: The name of each axis, ("batch", "timesteps", "units").
        shape: The size of each axis.
        holdings: The last vector of each direction that the array holds.
        merge_mode: How Keras merged both directions, "" if it holds one.
        masked_rows: What stands at masked timesteps: "zeros", "repeats" of the real
            timestep beside them, "nothing" (NaN) for a gate, which is not used there, or
            "" for an input, where it does not matter.
        is_time_reversed: Whether the last timestep stands in row 0, as behind
            `go_backwards`.
        has_static_batch: Whether the model fixes the batch, as `stateful` needs.
        has_open_timesteps: Whether the model leaves the axis of timesteps open.
        block_letters: The letter of each block of columns of a weight, in order:
            ("i", "f", "g", "o"). Each block has a column for each unit.
        forward_units: The units of the forward direction, where those of both stand
            side by side; 0 elsewhere.
        dtype: The dtype of its numbers.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    holdings: tuple[Holding, ...] = ()
    merge_mode: str = ""
    masked_rows: str = ""
    is_time_reversed: bool = False
    has_static_batch: bool = False
    has_open_timesteps: bool = False
    block_letters: tuple[str, ...] = ()
    forward_units: int = 0
    dtype: str = "float32"

    def __repr__(self) -> str:
        return f"ArraySpec({self.name!r}, {self.axes}, {self.shape})"

    @property
    def model_shape(self) -> tuple[int | None, ...]:
        """The shape in the model, which leaves the batch open: `(None, 3, 5)`.

        It leaves the timesteps open as well, where they are: `(None, None, 5)`.
        """
        sizes: list[int | None] = list(self.shape)
        if not self.has_static_batch:
            sizes[0] = None
        if self.has_open_timesteps and self.has_timesteps:
            sizes[self.axes.index("timesteps")] = None
        return tuple(sizes)

    @property
    def byte_count(self) -> int:
        """The bytes that its numbers take."""
        return DTYPE_BYTES[self.dtype] * prod(self.shape)

    @property
    def has_timesteps(self) -> bool:
        """Return True if an axis of the array counts timesteps."""
        return "timesteps" in self.axes

    @property
    def is_weight_block(self) -> bool:
        """Return True for the columns of one gate in a weight: `bias/forget_gate`."""
        return bool(self.block_letters) and self.axes[-1] == "units"

    @property
    def is_side_by_side(self) -> bool:
        """Return True if the units of both directions stand side by side."""
        return self.merge_mode == "concat"

    @property
    def is_zeroed_by_mask(self) -> bool:
        """Return True if an output is zeros where the timestep read last is masked.

        `zero_output_for_mask` does that: the last h is lost then.
        """
        if self.has_timesteps or self.merge_mode:
            return False
        return self.holdings[0].array_index is None

    def timestep_of_row(self, row: int) -> int:
        """Return the timestep whose numbers stand in a row."""
        if self.is_time_reversed:
            return self.shape[self.axes.index("timesteps")] - 1 - row
        return row


class WeightSpec(NamedTuple):
    """The name and shape of one weight of a layer, and the dtype of its numbers.

    `block_letters` are those of its blocks of columns, as an ArraySpec has them.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    block_letters: tuple[str, ...] = ()

    @property
    def byte_count(self) -> int:
        """The bytes that its numbers take."""
        return DTYPE_BYTES[self.dtype] * prod(self.shape)

    @property
    def axes(self) -> tuple[str, ...]:
        """The name of each axis: the last one has a block of columns for each gate.

        A GRU's bias has a row for the kernel's columns, and one for the recurrent
        kernel's.
        """
        kind = self.name.split("/")[-1]
        if kind == "kernel":
            return ("features", "columns")
        if kind == "recurrent_kernel":
            return ("units", "columns")
        if len(self.shape) == 2:
            return ("rows", "columns")
        return ("columns",)


@dataclass(frozen=True)
class LayerSpec:
    """A layer on an `input` of (batch, timesteps, features).

    `name` is the layer's in Keras; `lengths` say how many timesteps of each sample are
    real, and are None where all are. `padding` says where the rest of them stand: "post"
    is behind the real ones, and "pre" in front.

    Example:
        >>> from lstm_shapes.shapes.cell import LSTM
        >>> x = ArraySpec("input", ("batch", "timesteps", "features"), (1, 3, 4))
        >>> layer = Layer(cell=LSTM, units=5, return_sequences=True)
        >>> [array.shape for array in LayerSpec("lstm", layer, x).outputs]
        [(1, 3, 5)]
    """

    name: str
    layer: Layer
    input: ArraySpec
    lengths: tuple[int, ...] | None = None
    padding: str = "post"

    @property
    def batch_size(self) -> int:
        """The samples of the input."""
        return self.input.shape[0]

    @property
    def timesteps(self) -> int:
        """The timesteps of the input."""
        return self.input.shape[1]

    @property
    def features(self) -> int:
        """The features of a timestep of the input."""
        return self.input.shape[2]

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The ways through the timesteps, in Keras' order."""
        return self.layer.directions

    @property
    def is_masked(self) -> bool:
        """Return True if a timestep of some sample is masked."""
        return self.lengths is not None and min(self.lengths) < self.timesteps

    def real_timesteps(self, sample: int) -> range:
        """Return the timesteps of a sample that are not masked."""
        if self.lengths is None:
            return range(self.timesteps)
        length = self.lengths[sample]
        if self.padding == "pre":
            return range(self.timesteps - length, self.timesteps)
        return range(length)

    def masked_timesteps(self, sample: int) -> range:
        """Return the timesteps of a sample that are masked."""
        real_timesteps = self.real_timesteps(sample)
        if self.padding == "pre":
            return range(real_timesteps.start)
        return range(real_timesteps.stop, self.timesteps)

    def real_timestep_read_last(self, direction: Direction, sample: int) -> int:
        """Return the timestep at which a direction ends in a sample."""
        real_timesteps = self.real_timesteps(sample)
        if self.goes_back(direction):
            return real_timesteps[0]
        return real_timesteps[-1]

    def reads_padding_first(self, direction: Direction) -> bool:
        """Return True if a direction comes to the masked timesteps before the real ones.

        Its states are still zeros there; they stay what they are at masked timesteps
        that come last.
        """
        has_padding_in_front = self.padding == "pre"
        return self.goes_back(direction) != has_padding_in_front

    @property
    def has_one_timestep_to_go_back(self) -> bool:
        """Return True if what goes back from the last timestep ends there too.

        Padding at the end is part of its way, as its numbers stand there as well.
        """
        if self.padding == "pre" and self.lengths:
            return max(self.lengths) == 1
        return self.timesteps == 1

    @property
    def is_zeroed_where_masked(self) -> bool:
        """Return True if Keras writes zeros where a sequence of h is masked.

        The h before is carried along otherwise. Bidirectional sets
        `zero_output_for_mask` by itself where it returns a sequence.
        """
        return self.layer.bidirectional or self.layer.zero_output_for_mask

    def goes_back(self, direction: Direction) -> bool:
        """Return True if a direction goes back in time.

        Above a layer that went backwards, the forward direction does: it reads the rows
        in their order, and the last timestep stands in the first of them.
        """
        return direction.is_backward != self.input.is_time_reversed

    def last_timestep(self, direction: Direction) -> int | None:
        """Return the real timestep that a direction reads last.

        None stands for another one in each sample, as behind it comes padding.
        """
        if self.is_masked and not self.reads_padding_first(direction):
            return None
        if self.goes_back(direction):
            return 0
        return self.timesteps - 1

    def last_vector(self, direction: Direction, letter: str) -> Vector:
        """Return the state of that letter with which a direction ends."""
        is_alone = not direction.name
        return Vector(
            letter,
            direction,
            self.last_timestep(direction),
            goes_back=is_alone and self.goes_back(direction),
        )

    def is_time_reversed(self, direction: Direction) -> bool:
        """Return True if the last timestep stands in row 0 of a direction's sequence."""
        return direction.reverses_rows != self.input.is_time_reversed

    @cached_property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays the layer returns with these flags, in Keras' order."""
        if self.layer.return_state:
            return self.leading_outputs + self.states
        return self.leading_outputs

    @property
    def leading_outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays that come back before the states: every h, or the last one."""
        if self.layer.return_sequences:
            return self.arrays_of_every_h
        return self.arrays_of_last_h

    @cached_property
    def arrays_of_every_h(self) -> tuple[ArraySpec, ...]:
        """Every h, (batch, timesteps, units), whether the flags return it or not.

        There is one array, or under `merge_mode=None` one for each direction.
        """
        return self._merged("all_hidden_states", self._sequence_of)

    @cached_property
    def arrays_of_last_h(self) -> tuple[ArraySpec, ...]:
        """The last h, (batch, units), whether the flags return it alone or not.

        There is one array, or under `merge_mode=None` one for each direction.
        """
        return self._merged("output", self._output_of)

    @cached_property
    def states(self) -> tuple[ArraySpec, ...]:
        """The last state of each letter and direction, (batch, units), in Keras' order."""
        states = []
        for direction in self.directions:
            layer = self.layer.of_direction(direction)
            for state in layer.cell.states:
                vector = self.last_vector(direction, state.letter)
                array = ArraySpec(
                    name=direction.prefixed(state.name),
                    axes=("batch", "units"),
                    shape=(self.batch_size, layer.units),
                    holdings=(Holding(vector, ()),),
                    has_static_batch=self.input.has_static_batch,
                    dtype=layer.compute_dtype,
                )
                states.append(array)
        return tuple(states)

    @cached_property
    def all_other_states(self) -> tuple[ArraySpec, ...]:
        """Every c of each direction, (batch, timesteps, units).

        No flag returns them: Keras keeps the last c alone.
        """
        arrays: list[ArraySpec] = []
        for direction in self.directions:
            states = self.every_state_of(direction)
            arrays.extend(array for letter, array in states.items() if letter != "h")
        return tuple(arrays)

    def every_state_of(self, direction: Direction) -> dict[str, ArraySpec]:
        """Return every h and every c of a direction, (batch, timesteps, units), by letter.

        At masked timesteps the state before them stands, whatever the layer returns
        there.
        """
        masked_rows = "repeats"
        if self.reads_padding_first(direction):
            masked_rows = "zeros"
        arrays = {}
        for state in self.layer.of_direction(direction).cell.states:
            vector = self.last_vector(direction, state.letter)
            index = (slice(None), direction.last_index)
            array = self._array_of_steps(direction, f"all_{state.name}s", masked_rows)
            arrays[state.letter] = array._replace(holdings=(Holding(vector, index),))
        return arrays

    def gates_of(self, direction: Direction) -> dict[str, ArraySpec]:
        """Return the gates of a direction, (batch, timesteps, units), by their names.

        Their rows stand as those of every h and c.
        """
        arrays = {}
        for name in self.layer.of_direction(direction).cell.gate_names:
            arrays[name] = self._array_of_steps(direction, name, "nothing")
        return arrays

    def _array_of_steps(
        self, direction: Direction, name: str, masked_rows: str
    ) -> ArraySpec:
        """Return an array of (batch, timesteps, units) that one direction makes."""
        layer = self.layer.of_direction(direction)
        return ArraySpec(
            name=direction.prefixed(name),
            axes=("batch", "timesteps", "units"),
            shape=(self.batch_size, self.timesteps, layer.units),
            masked_rows=masked_rows,
            is_time_reversed=self.is_time_reversed(direction),
            has_static_batch=self.input.has_static_batch,
            has_open_timesteps=self.input.has_open_timesteps,
            dtype=layer.compute_dtype,
        )

    def _sequence_of(self, direction: Direction) -> ArraySpec:
        """Return every h of one direction, (batch, timesteps, units)."""
        index: Index | None = (slice(None), direction.last_index)
        if self.is_zeroed_where_masked and self.last_timestep(direction) is None:
            index = None
        masked_rows = "repeats"
        if self.is_zeroed_where_masked or self.reads_padding_first(direction):
            masked_rows = "zeros"
        layer = self.layer.of_direction(direction)
        vector = self.last_vector(direction, layer.cell.letters[0])
        return ArraySpec(
            name=direction.prefixed("all_hidden_states"),
            axes=("batch", "timesteps", "units"),
            shape=(self.batch_size, self.timesteps, layer.units),
            holdings=(Holding(vector, index),),
            masked_rows=masked_rows,
            is_time_reversed=self.is_time_reversed(direction),
            has_static_batch=self.input.has_static_batch,
            has_open_timesteps=self.input.has_open_timesteps,
            dtype=self.layer.output_dtype,
        )

    def _output_of(self, direction: Direction) -> ArraySpec:
        """Return the last h of one direction, (batch, units)."""
        layer = self.layer.of_direction(direction)
        vector = self.last_vector(direction, layer.cell.letters[0])
        index: Index | None = ()
        # Keras takes the last row that it read, which is zeros where it is masked.
        if self.layer.zero_output_for_mask and not self.layer.bidirectional:
            if self.last_timestep(direction) is None:
                index = None
        return ArraySpec(
            name=direction.prefixed("output"),
            axes=("batch", "units"),
            shape=(self.batch_size, layer.units),
            holdings=(Holding(vector, index),),
            has_static_batch=self.input.has_static_batch,
            dtype=self.layer.output_dtype,
        )

    def _merged(
        self, name: str, array_of: Callable[[Direction], ArraySpec]
    ) -> tuple[ArraySpec, ...]:
        """Merge the arrays of both directions as `merge_mode` says.

        Args:
            name: The name of the merged array.
            array_of: What returns the array of one direction.
        """
        arrays = tuple(array_of(direction) for direction in self.directions)
        if len(arrays) == 1 or self.layer.merge_mode is None:
            return arrays
        forward, backward = arrays
        forward_units = 0
        if self.layer.merge_mode == "concat":
            forward_units = forward.shape[-1]
            shape = (*forward.shape[:-1], forward.shape[-1] + backward.shape[-1])
            holdings = (self._beside(forward), self._beside(backward))
        else:
            shape = forward.shape
            # The vectors are merged number by number: neither stands there by itself.
            holdings = (
                forward.holdings[0]._replace(array_index=None),
                backward.holdings[0]._replace(array_index=None),
            )
        merged = ArraySpec(
            name=name,
            axes=forward.axes,
            shape=shape,
            holdings=holdings,
            merge_mode=self.layer.merge_mode,
            masked_rows=forward.masked_rows,
            is_time_reversed=forward.is_time_reversed,
            has_static_batch=forward.has_static_batch,
            has_open_timesteps=forward.has_open_timesteps,
            forward_units=forward_units,
            dtype=forward.dtype,
        )
        return (merged,)

    def _beside(self, array: ArraySpec) -> Holding:
        """Return the holding of one direction in an array of both side by side."""
        vector, index = array.holdings[0]
        if index is None:
            return Holding(vector, None)
        rows = index or (slice(None),)
        return Holding(vector, (*rows, *self.units_index(vector.direction)))

    def units_index(self, direction: Direction) -> Index:
        """Return the index of a direction's units, where both stand side by side."""
        if not direction.name:
            return ()
        if direction.is_turned:
            return (slice(self.layer.units, None),)
        return (slice(None, self.layer.units),)

    def weights_of(self, direction: Direction) -> tuple[WeightSpec, ...]:
        """Return the weights of a direction; gates stand side by side on the last axis."""
        layer = self.layer.of_direction(direction)
        columns = layer.column_count
        shapes: dict[str, tuple[int, ...]] = {
            "kernel": (self.features, columns),
            "recurrent_kernel": (layer.units, columns),
        }
        if layer.bias_rows == 1:
            shapes["bias"] = (columns,)
        if layer.bias_rows == 2:
            shapes["bias"] = (2, columns)
        weights = []
        for name, shape in shapes.items():
            letters = tuple(layer.cell.gates)
            weights.append(WeightSpec(name, shape, layer.weight_dtype, letters))
        return tuple(weights)

    def parameters_of(self, direction: Direction) -> int:
        """Return the parameters of a direction: gates × units × (features + units + biases).

        A column has 0, 1 or 2 biases, as `Layer.bias_rows` says.
        """
        return sum(prod(weight.shape) for weight in self.weights_of(direction))

    @cached_property
    def parameters(self) -> int:
        """The parameters of all directions."""
        return sum(self.parameters_of(direction) for direction in self.directions)

    @property
    def trainable_parameters(self) -> int:
        """The parameters that training changes: those of directions that are trainable."""
        count = 0
        for direction in self.directions:
            if self.layer.of_direction(direction).trainable:
                count += self.parameters_of(direction)
        return count

    @property
    def idle_parameters(self) -> int:
        """The parameters that change nothing, as there is one timestep alone; or 0.

        Before t=0, h and c are zeros: recurrent_kernel is multiplied by them, and the
        columns of `Layer.idle_blocks` are. A stateful layer has them from the batch
        before.
        """
        if self.timesteps > 1 or self.layer.stateful:
            return 0
        count = 0
        for layer in self.layer.direction_layers:
            count += layer.units * layer.column_count
            rows_beside = self.features + layer.bias_rows
            count += len(layer.idle_blocks) * rows_beside * layer.units
        return count

    @property
    def summary_shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """The shapes that Keras' model says its outputs have.

        They are wrong where the directions have unlike units: Keras takes those of the
        forward direction for both.
        """
        believed = replace(self, layer=replace(self.layer, backward_layer=None))
        return tuple(array.model_shape for array in believed.outputs)

    @property
    def has_wrong_summary(self) -> bool:
        """Return True if the arrays have other shapes than Keras' model says."""
        shapes = tuple(array.model_shape for array in self.outputs)
        return shapes != self.summary_shapes
