"""Step through a run: the gates and states of each layer at every timestep.

A layer of Keras returns few of its states, so its cell is run in a loop that records all
of them. Gates leave a cell of Keras in no way: they are computed in NumPy from the same
weights, and checked step by step. From Keras' h and c before a step, they have to give
Keras' h and c after it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.run.build import build_model, call_with_mask, traced_if_long
from lstm_shapes.run.caller_state import caller_state_kept
from lstm_shapes.run.dtypes import Numbers, tolerance_of, widened
from lstm_shapes.run.explore import is_small, native_errors_told
from lstm_shapes.run.gates import (
    CellWeights,
    Function,
    Gates,
    gates_of,
    largest_sums,
    states_after,
)
from lstm_shapes.run.steps import Steps, states_before
from lstm_shapes.run.tensorflow import (
    Keras,
    KerasCell,
    KerasLayer,
    KerasModel,
    Tensor,
    hidden_stderr,
    load_keras,
)
from lstm_shapes.run.values import (
    Array,
    Mask,
    Run,
    Values,
    real_timesteps,
    whole_array,
)
from lstm_shapes.shapes.layer import Direction, Layer
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.shapes.spec import Spec

# NumPy adds in another order than Keras: so many times the tolerance of a run is allowed.
TIMES_TOLERANCE = 10


def steps_of(run: Run) -> tuple[Steps, ...]:
    """Step through each direction of each layer of a run, from its input on.

    The layers are built again, with the weights of the run.

    Raises:
        TensorFlowError: the gates or states are not those of Keras.
    """
    keras = load_keras()
    with caller_state_kept(), native_errors_told(run.spec), hidden_stderr():
        model = model_of_run(keras, run)
        all_steps = list(steps_of_layers(keras, model, run))
    steps_of_last_layer = all_steps[run.spec.first_direction_of_last_layer :]
    check_hidden_states(run, steps_of_last_layer)
    return tuple(all_steps)


def model_of_run(keras: Keras, run: Run) -> KerasModel:
    """Build the model of a run once more, with the weights of the run."""
    model = build_model(keras, run.spec)
    model.set_weights(list(run.weights.values()))
    model.run_eagerly = is_small(run.spec)
    return model


def first_input_effects(run: Run) -> tuple[Numbers, ...]:
    """Measure how far the last h moves if the first x is turned to -x, each (batch,).

    There is an array for each direction of the last layer, which has the distance of the
    unit that moves most. The first x is that of the real timestep which the direction
    reads first.
    """
    keras = load_keras()
    effects = []
    with caller_state_kept(), native_errors_told(run.spec), hidden_stderr():
        model = model_of_run(keras, run)
        for number in range(run.spec.first_direction_of_last_layer, len(run.steps)):
            steps = run.steps[number]
            changed_run = replace(run, input=with_first_negated(run, steps))
            changed_steps = list(steps_of_layers(keras, model, changed_run))[number]
            last_h = widened(steps.states["h"][:, -1])
            changed_h = widened(changed_steps.states["h"][:, -1])
            effects.append(np.abs(changed_h - last_h).max(axis=1))
    return tuple(effects)


def with_first_negated(run: Run, steps: Steps) -> Array:
    """Return the input with -x at the real timestep of each sample that is read first."""
    values = run.input.values.copy()
    for sample in range(run.spec.batch_size):
        timestep = steps.timesteps[steps.steps_of_sample(sample)[0]]
        values[sample, timestep] = -values[sample, timestep]
    return whole_array(run.spec.input, values)


def steps_of_layers(keras: Keras, model: KerasModel, run: Run) -> Iterator[Steps]:
    """Yield the steps of each direction of each layer."""
    spec = run.spec
    mask = real_timesteps(spec)
    sequence = run.input.values
    for layer_spec in spec.layer_specs:
        layer = model.get_layer(layer_spec.name)
        if layer_spec.layer.bidirectional:
            # Bidirectional casts its input to a dtype of its own.
            sequence = sequence.astype(layer.compute_dtype)
        for direction in layer_spec.directions:
            cell = keras_cell(layer, direction)
            states = record_states(
                keras,
                cell,
                sequence,
                mask if spec.lengths else None,
                go_backwards=direction.is_backward,
                run_eagerly=model.run_eagerly,
            )
            yield make_steps(layer_spec, direction, cell, sequence, mask, states)
        if layer_spec is not spec.last:
            call = traced_if_long(call_with_mask, spec.timesteps)
            returned = call(layer, sequence, mask if spec.lengths else None)
            if layer_spec.layer.return_state:
                returned = returned[0]
            sequence = np.asarray(returned)


def keras_cell(layer: KerasLayer, direction: Direction) -> KerasCell:
    """Return the cell of one direction of a layer."""
    if direction.name == "forward":
        return layer.forward_layer.cell
    if direction.name == "backward":
        return layer.backward_layer.cell
    return layer.cell


def record_states(
    keras: Keras,
    cell: KerasCell,
    sequence: Values,
    mask: Mask | None,
    *,
    go_backwards: bool,
    run_eagerly: bool,
) -> list[Values]:
    """Return every state of Keras' cell, each (batch, steps, units), in reading order.

    A masked timestep keeps the states before it. The loop is the one that Keras' own
    layers have, so that the numbers are the same to the last digit.

    Args:
        keras: Keras.
        cell: The cell, with its weights.
        sequence: What it reads, (batch, timesteps, features).
        mask: False where a timestep is masked, (batch, timesteps); None without masks.
        go_backwards: Whether it reads the last row first.
        run_eagerly: Whether the loop is run without being traced first.
    """
    symbolic_x = symbolic_input(keras, "x", sequence)
    symbolic_mask = None
    inputs = {"x": symbolic_x}
    values: dict[str, Values | Mask] = {"x": sequence}
    if mask is not None:
        symbolic_mask = symbolic_input(keras, "mask", mask)
        inputs["mask"] = symbolic_mask
        values["mask"] = mask
    recorder = keras.layers.RNN(
        recording_cell_class(keras)(cell),
        return_sequences=True,
        go_backwards=go_backwards,
        dtype=cell.dtype_policy,
    )
    model = keras.Model(inputs, call_with_mask(recorder, symbolic_x, symbolic_mask))
    model.run_eagerly = run_eagerly
    recorded = model.predict(values, batch_size=len(sequence), verbose=0)
    # The size of a state, or a list of the sizes of several.
    state_count = np.size(cell.state_size)
    return np.split(recorded, state_count, axis=-1)


def symbolic_input(keras: Keras, name: str, values: Numbers) -> Tensor:
    """Return the symbolic input of a model that takes these values."""
    return keras.Input(batch_shape=values.shape, name=name, dtype=values.dtype.name)


@cache
def recording_cell_class(keras: Keras) -> type[KerasCell]:
    """Return the class of a cell that returns all its states, and not h alone.

    It cannot be defined before Keras is imported.
    """

    class RecordingCell(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        """Another cell, whose states stand side by side in what it returns."""

        def __init__(self, cell: KerasCell) -> None:
            super().__init__(dtype=cell.dtype_policy)
            self.cell = cell
            self.state_size = cell.state_size

        def get_initial_state(self, batch_size: int | None = None) -> Tensor:
            """Return the states of zeros before the first step."""
            return self.cell.get_initial_state(batch_size)

        def call(
            self, x: Tensor, states: list[Tensor], training: bool = False
        ) -> tuple[Tensor, list[Tensor]]:
            """Return the states after a step, side by side and as they are handed on."""
            _, next_states = self.cell(x, states, training=training)
            return keras.ops.concatenate(next_states, axis=-1), next_states

    return RecordingCell


def make_steps(
    layer_spec: LayerSpec,
    direction: Direction,
    cell: KerasCell,
    sequence: Values,
    mask: Mask,
    states: Sequence[Values],
) -> Steps:
    """Return the steps of a direction, whose gates are computed and checked.

    Args:
        layer_spec: The layer on its input.
        direction: The direction.
        cell: Keras' cell, with its weights and functions.
        sequence: What it reads, (batch, timesteps, features).
        mask: False where a timestep is masked, (batch, timesteps).
        states: Keras' states after each step, in reading order.
    """
    layer = layer_spec.layer.of_direction(direction)
    timesteps = []
    for row in range(layer_spec.timesteps):
        timesteps.append(layer_spec.input.timestep_of_row(row))
    if direction.is_backward:
        sequence = sequence[:, ::-1]
        mask = mask[:, ::-1]
        timesteps.reverse()
    states_by_letter = dict(zip(layer.cell.letters, states, strict=True))
    gates = computed_gates(layer, cell, sequence, mask, states_by_letter)
    return Steps(
        layer_spec=layer_spec,
        direction=direction,
        timesteps=tuple(timesteps),
        inputs=sequence,
        is_real=mask,
        gates=gates,
        states=states_by_letter,
    )


def computed_gates(
    layer: Layer,
    cell: KerasCell,
    sequence: Values,
    mask: Mask,
    states: dict[str, Values],
) -> Gates:
    """Return the gates of each step by name, NaN where it is masked.

    The sequence, the mask and the states are in reading order.

    Raises:
        TensorFlowError: they do not make Keras' next states of the states before.
    """
    weights = weights_of_cell(layer, cell)
    before = {}
    for letter, values in states.items():
        before[letter] = widened(states_before(values))
    x = widened(sequence)
    with np.errstate(all="ignore"):
        gates = gates_of(layer, x, before, weights)
        after = states_after(layer, x, before, gates, weights)
        sums = largest_sums(layer, x, before, gates, weights)
        for letter, computed in after.items():
            check_state(layer, letter, computed[mask], states[letter][mask], sums[mask])
    blanked_gates = {}
    for name, values in gates.items():
        gate = np.where(mask[..., np.newaxis], values, np.nan)
        blanked_gates[name] = gate.astype(states["h"].dtype)
    return blanked_gates


def weights_of_cell(layer: Layer, cell: KerasCell) -> CellWeights:
    """Return the weights of Keras' cell, and its functions on arrays of NumPy."""
    dtype = np.dtype("float64" if layer.compute_dtype == "float64" else "float32")
    kernel, recurrent_kernel, *biases = [
        widened(weight).astype(dtype) for weight in cell.get_weights()
    ]
    bias = np.zeros((1, layer.column_count), dtype)
    if biases:
        bias = biases[0].reshape(-1, layer.column_count)
    activation = on_arrays(cell.activation)
    recurrent_activation = activation
    if layer.cell.takes("recurrent_activation"):
        recurrent_activation = on_arrays(cell.recurrent_activation)
    return CellWeights(kernel, recurrent_kernel, bias, activation, recurrent_activation)


def on_arrays(function: Callable[[Numbers], Tensor]) -> Function:
    """Return a function of Keras that takes and gives arrays of NumPy."""

    def on_array(values: Numbers) -> Numbers:
        return np.asarray(function(values))

    return on_array


def check_state(
    layer: Layer, letter: str, computed: Numbers, expected: Numbers, sums: Numbers
) -> None:
    """Raise a TensorFlowError if computed states are not those of Keras.

    The tolerance is that of the dtype, relative where numbers are large: the states
    themselves, or the terms of the sums that they are made of.
    """
    tolerance = TIMES_TOLERANCE * tolerance_of([expected])
    wide = widened(expected)
    scale = np.maximum(np.maximum(np.abs(wide), sums), 1)
    distances = np.abs(computed - wide) / scale
    # What is not finite is left out: on the way to infinity, one side overflows first.
    max_difference = float(np.max(distances, where=np.isfinite(distances), initial=0))
    if max_difference > tolerance:
        raise TensorFlowError(
            f"{layer.code()}: its gates give {letter} {max_difference:g} off that of"
            f" Keras, expected at most {tolerance:g}"
        )


def check_hidden_states(run: Run, steps_of_directions: Sequence[Steps]) -> None:
    """Raise a TensorFlowError if the recorded h is not what the model returned.

    `steps_of_directions` are those of the last layer.
    """
    spec = run.spec
    layer = spec.last.layer
    arrays = []
    for steps in steps_of_directions:
        hidden = steps.in_rows(steps.states["h"])
        if not layer.return_sequences:
            hidden = hidden[:, steps.direction.last_row(spec.timesteps)]
        arrays.append(hidden)

    is_compared = rows_to_compare(spec, real_timesteps(spec))
    merged_arrays = merged(layer, arrays, run.outputs[0].values.dtype)
    # The states that a model returns as well stand behind these outputs.
    for hidden, output in zip(merged_arrays, run.outputs, strict=False):
        expected = widened(output.values[is_compared])
        distances = np.abs(widened(hidden[is_compared]) - expected)
        max_difference = float(np.nanmax(distances, initial=0))
        compared_arrays = [output.values]
        for steps in steps_of_directions:
            compared_arrays.append(steps.states["h"])
        if max_difference > tolerance_of(compared_arrays):
            raise TensorFlowError(
                f"{spec.code}: h step by step is {max_difference:g} off {output.name}"
            )


def rows_to_compare(spec: Spec, mask: Mask) -> Mask:
    """Return which rows of the first output hold an h, and no zeros in place of one.

    A sequence may have zeros in its masked rows: its mask is (batch, timesteps). With
    `zero_output_for_mask`, a last h is zeros where the row that is read last is masked:
    its mask is (batch,).
    """
    layer = spec.last.layer
    if layer.return_sequences:
        if spec.last.directions[0].reverses_rows:
            return mask[:, ::-1]
        return mask
    if layer.zero_output_for_mask:
        if spec.last.directions[0].is_backward:
            return mask[:, 0]
        return mask[:, -1]
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
