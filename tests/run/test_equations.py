"""The equations on the screen, typed in NumPy, give the numbers of Keras."""

from itertools import product

import numpy as np
import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.cell import CELLS, Cell
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from tests.run.comparing import assert_close
from tests.shapes.equations import States, unroll


def written_layers(cell: Cell) -> list[Layer]:
    """Return a kind with each activation, with and without bias, reset both ways."""
    reset_choices = [True, False] if cell.takes("reset_after") else [True]
    layers = []
    for reset_after, use_bias, activation in product(
        reset_choices, [True, False], ["tanh", "relu"]
    ):
        layer = Layer(
            cell=cell,
            units=5,
            return_sequences=True,
            return_state=True,
            use_bias=use_bias,
            reset_after=reset_after,
            activation=activation,
            # Keras' own biases are zeros, which would hide where they stand.
            other_arguments=(("bias_initializer", "glorot_uniform"),),
        )
        layers.append(layer)
    return layers


LAYERS = written_layers(CELLS["LSTM"])
LAYERS += written_layers(CELLS["GRU"])
LAYERS += written_layers(CELLS["SimpleRNN"])


@pytest.fixture(params=LAYERS, ids=Layer.code, scope="module")
def run(request: pytest.FixtureRequest) -> Run:
    layer: Layer = request.param
    spec = Spec(
        layers=(layer,),
        timesteps=4,
        features=3,
        batch_size=4,
    )
    return explore(
        spec,
        seed=11,
        try_next_layers=False,
        all_cell_states=layer.cell.name == "LSTM",
    )


@pytest.fixture(scope="module")
def states(run: Run) -> States:
    """Return every state by its letter, from the text of the equations."""
    x = run.input.values.astype(np.float64)
    weights = list(run.weights.values())
    return unroll(run.spec.layers[0], x, weights)


def test_the_equations_give_every_h_of_keras(run: Run, states: States) -> None:
    np.testing.assert_allclose(run["all_hidden_states"], states["h"], atol=1e-5)


def test_the_equations_give_the_last_states_of_keras(run: Run, states: States) -> None:
    last_states = [all_states[:, -1] for all_states in states.values()]
    assert_close(run.outputs[1:], last_states, tolerance=1e-5)


def test_the_equations_give_every_c_of_keras(run: Run, states: States) -> None:
    if "c" not in states:
        assert not run.extra_arrays
        return
    np.testing.assert_allclose(run["all_cell_states"], states["c"], atol=1e-5)


def test_the_biases_are_no_zeros(run: Run) -> None:
    if run.spec.layers[0].use_bias:
        assert run.weights["bias"].all()
    else:
        assert "bias" not in run.weights
