"""The kinds of cell: their equations are those of the arrays that come back."""

from typing import Any

import numpy as np
import pytest

from lstm_shapes.spec.cell import LSTM, Cell
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import fixed_run

WEIGHTS = ("kernel", "recurrent_kernel", "bias")


@pytest.mark.parametrize("cell", [LSTM], ids=lambda cell: cell.name)
def test_the_equations_make_the_states(cell: Cell) -> None:
    """As Python reads them, each gate with the block of columns that is in its place."""
    run = fixed_run(LSTMSpec(return_state=True, batch_size=2))
    blocks = [np.split(run.weights[name], len(cell.gates), axis=-1) for name in WEIGHTS]
    weights = dict(zip(cell.gates, zip(*blocks, strict=True), strict=True))
    found: dict[str, Any] = {"tanh": np.tanh, "σ": lambda x: 1 / (1 + np.exp(-x))}
    found |= dict.fromkeys(cell.letters, np.zeros((2, 5), np.float32))
    for t in range(3):
        found["x"] = run.input.values[:, t]
        for equation in cell.equations:
            letters, formula = equation.replace("·", "*").split(" = ")
            for letter in letters.split(", "):
                found |= dict(zip("WRb", weights.get(letter, ()), strict=False))
                found[letter] = eval(formula, found)
    for letter, array in zip(cell.letters, run.outputs[1:], strict=True):
        np.testing.assert_allclose(found[letter], array.values, atol=1e-6)
