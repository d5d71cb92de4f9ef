"""Step a cell by the text of its equations, as a reader would type them in NumPy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_shapes.shapes.layer import Layer

Floats = npt.NDArray[np.floating]
# The h of a cell by its letter, or its h and c.
States = dict[str, Floats]
# What W, R and b stand for in the line of a gate: its columns of each weight.
Columns = dict[str, Floats]


def relu(x: Floats) -> Floats:
    return np.maximum(x, 0)


def linear(x: Floats) -> Floats:
    return x


def sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x: Floats) -> Floats:
    return np.clip(x / 6 + 0.5, 0, 1)


FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "tanh": np.tanh,
    "relu": relu,
    "linear": linear,
    "σ": sigmoid,
    "hard_sigmoid": hard_sigmoid,
}


def columns_of_gates(layer: Layer, weights: Sequence[Floats]) -> dict[str, Columns]:
    """Split each weight of one direction into a block of columns for each gate."""
    letters = list(layer.cell.gates)
    columns: dict[str, Columns] = {}
    for letter in letters:
        columns[letter] = {}
    # Without bias there are two weights, and no b in the equations.
    for name, weight in zip("WRb", weights, strict=False):
        blocks = np.split(weight, len(letters), axis=-1)
        for letter, block in zip(letters, blocks, strict=True):
            columns[letter][name] = block
    return columns


def step(
    layer: Layer,
    x: Floats,
    states: States,
    columns: dict[str, Columns],
) -> States:
    """Compute the next states from x, (batch, features), line by line.

    The line `i, f, o = ...` is of three gates: it is evaluated for each of them. A line
    such as `h = g = ...` gives one number two names.
    """
    scope: dict[str, Any] = {"x": x}
    scope.update(FUNCTIONS)
    scope.update(states)
    for equation in layer.equations:
        code = equation.replace("·", "*")
        *aliases, names, formula = code.split(" = ")
        for name in names.split(", "):
            scope.update(columns.get(name, {}))
            scope[name] = eval(formula, scope)
        for alias in aliases:
            scope[alias] = scope[names]
    next_states = {}
    for letter in layer.cell.letters:
        next_states[letter] = scope[letter]
    return next_states


def unroll(
    layer: Layer,
    x: Floats,
    weights: Sequence[Floats],
) -> States:
    """Step through x, (batch, timesteps, features), from states of zeros.

    Each letter has its states at every timestep, (batch, timesteps, units).
    """
    columns = columns_of_gates(layer, weights)
    zeros = np.zeros((len(x), layer.units))
    states: States = dict.fromkeys(layer.cell.letters, zeros)
    steps: list[States] = []
    for timestep in range(x.shape[1]):
        states = step(layer, x[:, timestep], states, columns)
        steps.append(states)
    all_states: States = {}
    for letter in layer.cell.letters:
        rows = [states[letter] for states in steps]
        all_states[letter] = np.stack(rows, axis=1)
    return all_states
