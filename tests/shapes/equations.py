"""Step a cell by the text of its equations, as a reader would type them in NumPy."""

from collections.abc import Callable, Sequence
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
    layer: Layer,
    x: Floats,
    states: States,
    weights: Sequence[Floats],
) -> States:
    """Compute the next states from x, (batch, features), line by line as they stand.

    W, R and b are the weights as Keras has them; without bias there is no b.
    """
    scope: dict[str, Any] = {"x": x, "split": np.split}
    scope.update(FUNCTIONS)
    scope.update(states)
    scope.update(zip("WRb", weights, strict=False))
    for equation in layer.equations:
        exec(equation.replace("·", "*"), scope)
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
    zeros = np.zeros((len(x), layer.units))
    states: States = dict.fromkeys(layer.cell.letters, zeros)
    steps: list[States] = []
    for timestep in range(x.shape[1]):
        states = step(layer, x[:, timestep], states, weights)
        steps.append(states)
    all_states: States = {}
    for letter in layer.cell.letters:
        rows = [states[letter] for states in steps]
        all_states[letter] = np.stack(rows, axis=1)
    return all_states
