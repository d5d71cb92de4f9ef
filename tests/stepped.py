"""Step through a run of fixed numbers in NumPy, for tests that go without Keras."""

import numpy as np

from lstm_shapes.run.gates import CellWeights, gates_of, states_after
from lstm_shapes.run.steps import Steps
from lstm_shapes.run.values import Mask, Run, Values, real_timesteps
from lstm_shapes.shapes.layer import Direction
from lstm_shapes.shapes.returned import LayerSpec
from tests.oracle import sigmoid


def steps_by_equations(run: Run) -> tuple[Steps, ...]:
    """Return the steps of all layers, with tanh and the sigmoid as their functions."""
    mask = real_timesteps(run.spec)
    weights = list(run.weights.values())
    x = run.input.values
    all_steps = []
    for layer_spec in run.spec.layer_specs:
        every_h = []
        for direction in layer_spec.directions:
            weight_count = len(layer_spec.weights_of(direction))
            steps = step_direction(
                layer_spec, direction, x, mask, weights[:weight_count]
            )
            weights = weights[weight_count:]
            all_steps.append(steps)
            every_h.append(steps.in_rows(steps.states["h"]))
        x = np.concatenate(every_h, axis=-1)[..., : layer_spec.outputs[0].shape[-1]]
    return tuple(all_steps)


def step_direction(
    layer_spec: LayerSpec,
    direction: Direction,
    x: Values,
    mask: Mask,
    weights: list[Values],
) -> Steps:
    """Step one direction through x, (batch, timesteps, features)."""
    layer = layer_spec.layer.of_direction(direction)
    timesteps = [
        layer_spec.input.timestep_of_row(row) for row in range(layer_spec.timesteps)
    ]
    if direction.is_backward:
        x = x[:, ::-1]
        mask = mask[:, ::-1]
        timesteps.reverse()
    kernel, recurrent_kernel, *biases = weights
    bias = np.zeros((1, layer.column_count), np.float32)
    if biases:
        bias = biases[0].reshape(-1, layer.column_count)
    cell_weights = CellWeights(kernel, recurrent_kernel, bias, np.tanh, sigmoid)

    zeros = np.zeros((len(x), 1, layer.units), np.float32)
    before: dict[str, Values] = dict.fromkeys(layer.cell.letters, zeros)
    gates: dict[str, list[Values]] = {name: [] for name in layer.cell.gate_names}
    states: dict[str, list[Values]] = {letter: [] for letter in layer.cell.letters}
    for step in range(len(timesteps)):
        x_step = x[:, step : step + 1]
        is_real = mask[:, step : step + 1, np.newaxis]
        gates_now = gates_of(layer, x_step, before, cell_weights)
        after = states_after(layer, x_step, before, gates_now, cell_weights)
        for name, gate in gates_now.items():
            gates[name].append(np.where(is_real, gate, np.nan))
        for letter, state in after.items():
            before[letter] = np.where(is_real, state, before[letter])
            states[letter].append(before[letter])
    return Steps(
        layer_spec=layer_spec,
        direction=direction,
        timesteps=tuple(timesteps),
        inputs=x,
        is_real=mask,
        gates={name: joined(rows) for name, rows in gates.items()},
        states={letter: joined(rows) for letter, rows in states.items()},
    )


def joined(rows: list[Values]) -> Values:
    """Join rows of (batch, 1, units) along the steps, as float32."""
    values: Values = np.concatenate(rows, axis=1).astype(np.float32)
    return values
