"""Compute c at every timestep, which no flag returns: Keras' own cell, step by step."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.run.build import call_with_mask
from lstm_shapes.run.dtypes import tolerance_of, widened
from lstm_shapes.run.tensorflow import KerasCell, KerasLayer, KerasModel
from lstm_shapes.run.values import Array, Mask, Values, whole_array
from lstm_shapes.shapes.layer import Direction, Layer
from lstm_shapes.shapes.spec import Spec


class States(NamedTuple):
    """The states of one direction, each (batch, timesteps, units), in Keras' rows."""

    hidden: Values
    cell_states: Sequence[Values]


def all_cell_states(
    spec: Spec, model: KerasModel, x: Values, mask: Mask, outputs: Sequence[Array]
) -> tuple[Array, ...]:
    """Return c of each direction at every timestep, (batch, timesteps, units).

    Args:
        spec: What was run.
        model: The model that was built of it.
        x: The input (batch, timesteps, features).
        mask: False where a timestep is masked, (batch, timesteps); it keeps the state
            before it.
        outputs: What the model returned.

    Raises:
        TensorFlowError: the h's of these steps are not those that the model returned.
    """
    sequence = x
    for layer_spec in spec.lower:
        layer = model.get_layer(layer_spec.name)
        if layer_spec.layer.stateful:
            layer.reset_state()
        returned = call_with_mask(layer, sequence, mask if spec.lengths else None)
        if layer_spec.layer.return_state:
            returned = returned[0]
        sequence = np.asarray(returned)

    if spec.bidirectional:
        # Bidirectional casts its input to a dtype of its own.
        wrapper = model.get_layer(spec.last.name)
        sequence = sequence.astype(wrapper.compute_dtype)
    states_of_directions = []
    cell_states: list[Values] = []
    for direction in spec.last.directions:
        cell = keras_cell(model.get_layer(spec.last.name), direction)
        states = step_through(cell, sequence, mask, direction)
        states_of_directions.append(states)
        cell_states.extend(states.cell_states)

    check_hidden_states(spec, states_of_directions, mask, outputs)
    arrays = []
    for array, values in zip(spec.last.all_other_states, cell_states, strict=True):
        arrays.append(whole_array(array, values))
    return tuple(arrays)


def keras_cell(layer: KerasLayer, direction: Direction) -> KerasCell:
    """Return the cell of one direction of a layer."""
    if direction.name == "forward":
        return layer.forward_layer.cell
    if direction.name == "backward":
        return layer.backward_layer.cell
    return layer.cell


def step_through(
    cell: KerasCell, sequence: Values, mask: Mask, direction: Direction
) -> States:
    """Call a cell timestep by timestep, from states of zeros.

    `sequence` is (batch, timesteps, features), and `mask` (batch, timesteps).
    """
    batch_size, timesteps, _ = sequence.shape
    state_count = np.size(cell.state_size)
    dtype = cell.compute_dtype
    states = [np.zeros((batch_size, cell.units), dtype)] * state_count
    shape = (state_count, batch_size, timesteps, cell.units)
    all_states = np.zeros(shape, dtype)

    for step in range(timesteps):
        input_row = step
        if direction.is_backward:
            input_row = timesteps - 1 - step
        _, new_states = cell(sequence[:, input_row], states)
        is_real = mask[:, input_row, np.newaxis]
        for number, new_state in enumerate(new_states):
            states[number] = np.where(is_real, new_state, states[number])
        all_states[:, :, direction.output_row(input_row, timesteps)] = states
    return States(all_states[0], list(all_states[1:]))


def check_hidden_states(
    spec: Spec,
    states_of_directions: Sequence[States],
    mask: Mask,
    outputs: Sequence[Array],
) -> None:
    """Raise a TensorFlowError if h step by step is not what the model returned."""
    layer = spec.last.layer
    arrays = []
    for direction, states in zip(
        spec.last.directions, states_of_directions, strict=True
    ):
        hidden = states.hidden
        if not layer.return_sequences:
            hidden = hidden[:, direction.last_row(spec.timesteps)]
        arrays.append(hidden)

    is_compared = rows_to_compare(spec, mask)
    merged_arrays = merged(layer, arrays, outputs[0].values.dtype)
    for hidden, output in zip(merged_arrays, outputs, strict=False):
        expected = widened(output.values[is_compared])
        distances = np.abs(widened(hidden[is_compared]) - expected)
        max_difference = float(np.nanmax(distances, initial=0))
        coarsest = [output.values, *[states.hidden for states in states_of_directions]]
        if max_difference > tolerance_of(coarsest):
            raise TensorFlowError(
                f"{spec.code}: h step by step is {max_difference:g} off {output.name}"
            )


def rows_to_compare(spec: Spec, mask: Mask) -> Mask:
    """Return the rows that hold an h: (batch, timesteps) of a sequence, or (batch,).

    Masked rows may be zeros, and with `zero_output_for_mask` an output may be as well:
    it is the row that was read last.
    """
    layer = spec.last.layer
    if layer.return_sequences:
        if spec.last.directions[0].reverses_rows:
            return mask[:, ::-1]
        return mask
    if layer.zero_output_for_mask:
        return mask[:, 0 if spec.last.directions[0].is_backward else -1]
    return np.ones(spec.batch_size, bool)


def merged(
    layer: Layer, arrays: Sequence[Values], dtype: "np.dtype[Any]"
) -> list[Values]:
    """Merge the arrays of both directions as `merge_mode` says, in that dtype."""
    if len(arrays) == 1 or layer.merge_mode is None:
        return list(arrays)
    # Keras casts what it merges to the dtype of Bidirectional.
    forward, backward = [array.astype(dtype) for array in arrays]
    if layer.merge_mode == "concat":
        return [np.concatenate([forward, backward], axis=-1)]
    if layer.merge_mode == "mul":
        return [forward * backward]
    if layer.merge_mode == "ave":
        return [(forward + backward) / dtype.type(2)]
    return [forward + backward]
