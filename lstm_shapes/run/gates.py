"""Compute the gates of a timestep, and what they make of the states, in NumPy.

The equations are those of shapes/cell.py. All timesteps are computed at once, as the
states before each of them are known.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lstm_shapes.run.dtypes import Numbers
from lstm_shapes.shapes.layer import Layer

# By name, each (batch, steps, units).
Gates = dict[str, Numbers]
# By letter, each (batch, steps, units).
States = Mapping[str, Numbers]
Function = Callable[[Numbers], Numbers]


class CellWeights(NamedTuple):
    """The weights of a direction, and the functions that its layer names.

    `bias` has a row of zeros where the layer has none: (1, columns), and (2, columns) in
    a GRU with `reset_after`.
    """

    kernel: Numbers
    recurrent_kernel: Numbers
    bias: Numbers
    activation: Function
    recurrent_activation: Function


def gates_of(layer: Layer, x: Numbers, before: States, weights: CellWeights) -> Gates:
    """Return the gates and the candidate of each step by name; {} for a SimpleRNN.

    Args:
        layer: The layer.
        x: What it reads, (batch, steps, features).
        before: The states before each step.
        weights: Its weights.
    """
    if layer.cell.name == "LSTM":
        return lstm_gates(x, before["h"], weights)
    if layer.cell.name == "GRU":
        return gru_gates(layer, x, before["h"], weights)
    return {}


def states_after(
    layer: Layer, x: Numbers, before: States, gates: Gates, weights: CellWeights
) -> States:
    """Return the states after each step; see `gates_of`."""
    h = before["h"]
    if layer.cell.name == "LSTM":
        old_part = gates["forget_gate"] * before["c"]
        c = old_part + gates["input_gate"] * gates["candidate"]
        return {"h": gates["output_gate"] * weights.activation(c), "c": c}
    if layer.cell.name == "GRU":
        z = gates["update_gate"]
        return {"h": z * h + (1 - z) * gates["candidate"]}
    columns = x @ weights.kernel + h @ weights.recurrent_kernel + weights.bias[0]
    return {"h": weights.activation(columns)}


def lstm_gates(x: Numbers, h: Numbers, weights: CellWeights) -> Gates:
    """Return the gates of an LSTM."""
    columns = x @ weights.kernel + h @ weights.recurrent_kernel + weights.bias[0]
    i, f, g, o = np.split(columns, 4, axis=-1)
    return {
        "input_gate": weights.recurrent_activation(i),
        "forget_gate": weights.recurrent_activation(f),
        "candidate": weights.activation(g),
        "output_gate": weights.recurrent_activation(o),
    }


def gru_gates(layer: Layer, x: Numbers, h: Numbers, weights: CellWeights) -> Gates:
    """Return the gates of a GRU, whose reset gate comes before or after R."""
    x_columns = x @ weights.kernel + weights.bias[0]
    x_z, x_r, x_g = np.split(x_columns, 3, axis=-1)
    if layer.reset_after:
        h_columns = h @ weights.recurrent_kernel
        if layer.use_bias:
            h_columns = h_columns + weights.bias[1]
        h_z, h_r, h_g = np.split(h_columns, 3, axis=-1)
        z = weights.recurrent_activation(x_z + h_z)
        r = weights.recurrent_activation(x_r + h_r)
        g = weights.activation(x_g + r * h_g)
    else:
        r_z, r_r, r_g = np.split(weights.recurrent_kernel, 3, axis=-1)
        z = weights.recurrent_activation(x_z + h @ r_z)
        r = weights.recurrent_activation(x_r + h @ r_r)
        g = weights.activation(x_g + (r * h) @ r_g)
    return {"update_gate": z, "reset_gate": r, "candidate": g}


def largest_sums(
    layer: Layer, x: Numbers, before: States, gates: Gates, weights: CellWeights
) -> Numbers:
    """Return how large the terms of each unit's sums are, (batch, steps, units).

    Their rounding bounds how far two right answers may be apart: x of a million is
    known to a tenth in float32.
    """
    terms = np.abs(x) @ np.abs(weights.kernel)
    terms += np.abs(before["h"]) @ np.abs(weights.recurrent_kernel)
    terms += np.abs(weights.bias).sum(axis=0)
    blocks = np.split(terms, len(layer.cell.gates), axis=-1)
    sums: Numbers = np.maximum.reduce(blocks)
    for values in (*gates.values(), *before.values()):
        # They are small, but for functions without a bound such as relu.
        sums = sums * np.maximum(np.abs(values), 1)
    return sums
