from typing import Any

import numpy as np
import pytest

from lstm_shapes.spec.equality import contrast_of_calls, equalities, find_places
from lstm_shapes.spec.layer import Vector
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from tests.conftest import FLAGS, LAYERS, fixed_run, states_of, with_cell_states

CLAIMS = {
    "LSTM(5, return_state=True)": ["output == hidden_state"],
    "LSTM(5, return_sequences=True, return_state=True)": [
        "hidden_state == all_hidden_states[:, -1]"
    ],
    "Bidirectional(LSTM(5, return_sequences=True))": [
        "all_hidden_states[:, 0, 5:] != all_hidden_states[:, -1, 5:]"
    ],
    "Bidirectional(LSTM(5, return_state=True))": [
        "forward_hidden_state == output[:, :5]",
        "backward_hidden_state == output[:, 5:]",
    ],
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": [
        "forward_hidden_state == all_hidden_states[:, -1, :5]",
        "backward_hidden_state == all_hidden_states[:, 0, 5:]",
        "backward_hidden_state != all_hidden_states[:, -1, 5:]",
    ],
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_claims_hold_by_the_equations(flags: dict[str, Any], layers: dict[str, Any]) -> None:
    spec = LSTMSpec(batch_size=2, **layers, **flags)
    claims = [equality.claim for equality in equalities(spec.last)]
    assert claims == CLAIMS.get(spec.last.code(), [])
    run = fixed_run(spec)
    assert all(identity.holds for identity in run.identities)
    states = states_of(spec, run.input.values, [*run.weights.values()])
    for vector, places in find_places([spec.outputs]).items():
        every = getattr(states[vector.direction == "backward"], vector.letter)
        for _, selection in places:
            values = run.select(selection).values
            np.testing.assert_allclose(values, every[:, vector.step], atol=1e-6)


MASKED = CLAIMS | {
    "LSTM(5, return_sequences=True, return_state=True)": [
        "hidden_state == all_hidden_states[:, -1]",
        "hidden_state[0] == all_hidden_states[0, 2]",
        "hidden_state[1] == all_hidden_states[1, 0]",
    ],
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": [
        "backward_hidden_state == all_hidden_states[:, 0, 5:]",
        "forward_hidden_state[0] == all_hidden_states[0, 2, :5]",
        "forward_hidden_state[1] == all_hidden_states[1, 0, :5]",
        "forward_hidden_state != all_hidden_states[:, -1, :5]",
        "backward_hidden_state != all_hidden_states[:, -1, 5:]",
    ],
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_under_a_mask_claims_are_those_that_hold(
    flags: dict[str, Any], layers: dict[str, Any]
) -> None:
    spec = LSTMSpec(lengths=(3, 1), **layers, **flags)
    claims = [equality.claim for equality in equalities(spec.last)]
    assert claims == MASKED.get(spec.last.code(), [])
    assert all(identity.holds for identity in fixed_run(spec).identities)


def test_lengths_that_mask_nothing_change_no_claim() -> None:
    flags: Any = {"bidirectional": True, "return_sequences": True, "return_state": True}
    every, masked = (LSTMSpec(lengths=lengths, **flags).last for lengths in (None, (3,)))
    assert equalities(every) == equalities(masked)


@pytest.mark.parametrize("lengths", [None, (3, 1)], ids=["no mask", "mask"])
@pytest.mark.parametrize("layers", LAYERS)
def test_the_last_c_of_each_direction_stands_in_every_c(
    layers: dict[str, Any], lengths: Any
) -> None:
    run = with_cell_states(fixed_run(LSTMSpec(lengths=lengths, return_state=True, **layers)))
    claims = {identity.equality.claim: identity.holds for identity in run.identities}
    if run.spec.bidirectional:
        assert claims["forward_cell_state == forward_all_cell_states[:, -1]"]
        assert claims["backward_cell_state == backward_all_cell_states[:, 0]"]
    else:
        assert claims["cell_state == all_cell_states[:, -1]"]


def test_at_a_single_timestep_nothing_is_denied() -> None:
    spec = LSTMSpec(timesteps=1, bidirectional=True, return_sequences=True, return_state=True)
    assert [equality.equal for equality in equalities(spec.last)] == [True, True]
    assert contrast_of_calls(spec.last) is None


def test_the_last_h_stands_in_six_places_of_the_four_calls() -> None:
    ((*four,),) = Request(compare=True).rows
    found = find_places(spec.outputs for spec in four)
    every = "all_hidden_states[:, -1]"
    h = [(0, "output"), (1, every), (2, "output"), (2, "hidden_state"), (3, "hidden_state")]
    assert {vector: [(at, str(where)) for at, where in of] for vector, of in found.items()} == {
        Vector("h", "", 2): [*h, (3, every)],
        Vector("c", "", 2): [(2, "cell_state"), (3, "cell_state")],
    }


def test_the_output_of_both_directions_is_not_the_last_of_every_h() -> None:
    contrast = contrast_of_calls(LSTMSpec(bidirectional=True).last)
    assert contrast
    assert contrast.claim == "output != all_hidden_states[:, -1]"
    assert contrast_of_calls(LSTMSpec().last) is None
