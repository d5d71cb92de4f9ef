"""The kinds of cell: their equations are those of the arrays that come back."""

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.cell import CELLS, cell_named
from lstm_shapes.shapes.spec import LSTMSpec
from tests.conftest import KINDS, fixed_run
from tests.shapes.equations import unroll


@pytest.mark.parametrize("kind", KINDS)
def test_the_equations_make_the_states(kind: str) -> None:
    run = fixed_run(LSTMSpec(layer=kind, return_state=True, batch_size=2))
    layer = run.spec.last.layer
    weights = list(run.weights.values())
    states = unroll(layer, run.input.values, weights)
    assert len(run.outputs) == 1 + len(layer.cell.states)
    for state in layer.cell.states:
        last_state = states[state.letter][:, -1]
        np.testing.assert_allclose(last_state, run[state.name], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_found_by_its_name_in_letters_of_any_case(kind: str) -> None:
    assert cell_named(kind.lower()) is CELLS[kind]
    assert cell_named(kind.upper()) is CELLS[kind]


def test_a_name_of_no_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(CallError) as caught:
        cell_named("RNN")
    sentence = "`layer`: got 'RNN', expected one of LSTM, GRU, SimpleRNN"
    assert str(caught.value) == sentence
