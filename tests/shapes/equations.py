"""Step a cell by the text of its equations, as a reader would type them in NumPy."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_shapes.shapes.layer import Layer

Floats = npt.NDArray[np.floating]
# The h of a cell by its letter, or its h and c.
States = dict[str, Floats]


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


def step(
    statements: Sequence[str],
    x: Floats,
    states: States,
    names: Mapping[str, Any],
    letters: Sequence[str] = (),
) -> States:
    """Run the statements as they stand on x, (batch, features), for the next states.

    `names` are the weights by the letters that the statements have for them, and
    functions beside those of NumPy. `letters` are what is returned in place of the
    states, such as i, f, g and o.
    """
    scope: dict[str, Any] = {**vars(np), **FUNCTIONS, **names, **states, "x": x}
    for statement in statements:
        exec(statement.replace("·", "*"), scope)
    next_states = {}
    for letter in letters or states:
        next_states[letter] = scope[letter]
    return next_states


def unroll_statements(
    statements: Sequence[str],
    x: Floats,
    initial_states: States,
    names: Mapping[str, Any],
) -> States:
    """Step through x, (batch, timesteps, features), from the initial states.

    Each letter has its states at every timestep, (batch, timesteps, units).
    """
    states = initial_states
    steps: list[States] = []
    for timestep in range(x.shape[1]):
        states = step(statements, x[:, timestep], states, names)
        steps.append(states)
    all_states: States = {}
    for letter in initial_states:
        rows = [states[letter] for states in steps]
        all_states[letter] = np.stack(rows, axis=1)
    return all_states


def unroll(
    layer: Layer,
    x: Floats,
    weights: Sequence[Floats],
) -> States:
    """Step a layer through x by its equations, from states of zeros."""
    zeros = np.zeros((len(x), layer.units))
    initial_states: States = dict.fromkeys(layer.cell.letters, zeros)
    # Without bias there are two weights, and no b in the equations.
    names = dict(zip("WRb", weights, strict=False))
    return unroll_statements(layer.equations, x, initial_states, names)
