"""Compute c at every timestep, which no flag returns: Keras' own cell, called step by step."""

from typing import Any

import numpy as np

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.run.values import TOLERANCE, Array, Values, whole
from lstm_shapes.spec.model import LSTMSpec


def all_cell_states(
    spec: LSTMSpec, model: Any, x: Values, mask: Any, output: Array
) -> tuple[Array, ...]:
    """Return `spec.last.all_other_states` of a built model and its input: c of each direction.

    Each is (batch, timesteps, units). Where `mask` (batch, timesteps) is False, the timestep is
    masked and repeats the state before it.

    Raises:
        TensorFlowError: the last h of these steps is not that of the model's first `output`.
    """
    *lower, last = (model.get_layer(of.name) for of in spec.layers)
    for layer in lower:
        x = layer(x, **({"mask": mask} if spec.lengths else {}))
    layers = [last.forward_layer, last.backward_layer] if spec.bidirectional else [last]
    every_h, every_c, last_h = [], [], []
    for direction, layer in zip(spec.last.directions, layers, strict=True):
        h, *others = _states(layer.cell, np.asarray(x), mask, backward=direction == "backward")
        last_h.append(h[:, 0 if direction == "backward" else -1])
        every_h.append(h)
        every_c += others
    if spec.return_sequences:
        h, expected = np.concatenate(every_h, axis=-1)[mask], output.values[mask]
    else:
        h, expected = np.concatenate(last_h, axis=-1), output.values
    if (apart := float(np.nanmax(np.abs(h - expected), initial=0))) > TOLERANCE:
        raise TensorFlowError(f"{spec.code}: h step by step is {apart:g} off {output.name}")
    return tuple(whole(of, c) for of, c in zip(spec.last.all_other_states, every_c, strict=True))


def _states(cell: Any, x: Values, mask: Any, *, backward: bool) -> list[Values]:
    """Return each state at every timestep, (batch, timesteps, units)."""
    states = [np.zeros((len(x), cell.units), np.float32)] * np.size(cell.state_size)
    every = np.zeros((len(states), *x.shape[:2], cell.units), np.float32)
    for t in range(x.shape[1])[:: -1 if backward else 1]:
        _, new = cell(x[:, t], states)
        states = [np.where(mask[:, t, None], *both) for both in zip(new, states, strict=True)]
        every[:, :, t] = states
    return [*every]
