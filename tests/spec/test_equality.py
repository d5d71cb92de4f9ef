from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from lstm_shapes.spec.equality import contrast_of_calls, standing
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import fixed_run, specs
from tests.oracle import States, stack

H, C = "h at the last timestep", "c at the last timestep"
FORWARD, BACKWARD = "forward h at t=2", "backward h at t=0"
BACKWARD_ALONE = "backward h at t=2 has seen t=2 alone"
CLAIMS = {
    "LSTM(5)": {},
    "LSTM(5, return_sequences=True)": {},
    "LSTM(5, return_state=True)": {"output == hidden_state": H},
    "LSTM(5, return_sequences=True, return_state=True)": {
        "hidden_state == all_hidden_states[:, -1]": H
    },
    "Bidirectional(LSTM(5))": {},
    "Bidirectional(LSTM(5, return_sequences=True))": {
        "all_hidden_states[:, 0, 5:] != all_hidden_states[:, -1, 5:]": BACKWARD_ALONE
    },
    "Bidirectional(LSTM(5, return_state=True))": {
        "forward_hidden_state == output[:, :5]": FORWARD,
        "backward_hidden_state == output[:, 5:]": BACKWARD,
    },
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": {
        "forward_hidden_state == all_hidden_states[:, -1, :5]": FORWARD,
        "backward_hidden_state == all_hidden_states[:, 0, 5:]": BACKWARD,
        "backward_hidden_state != all_hidden_states[:, -1, 5:]": BACKWARD_ALONE,
    },
}
EVERY_CALL: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}


@pytest.mark.parametrize("units", [5, (7, 5)], ids=["one layer", "stack"])
def test_what_stands_in_several_places_follows_from_the_flags(units: int | tuple[int, ...]) -> None:
    found = {}
    for both in (False, True):
        for spec in Grid(units=[units], bidirectional=both, **EVERY_CALL):
            found[spec.last.call] = {e.claim: e.meaning for e in spec.equalities}
            assert all(e.equal is ("==" in e.claim) for e in spec.equalities)
    assert found == CLAIMS


def test_at_one_timestep_both_directions_have_seen_the_same() -> None:
    every = LSTMSpec(
        timesteps=1, bidirectional=True, return_sequences=True, return_state=True, units=(2, 3)
    )
    assert [equality.equal for equality in every.equalities] == [True, True]
    assert contrast_of_calls(every.last) is None


@settings(deadline=None)
@given(specs(4))
def test_every_place_holds_the_vector_it_is_said_to_hold(spec: LSTMSpec) -> None:
    run = fixed_run(spec)
    directions = len(spec.last.directions)
    weights = [weight.values for weight in run.weights]
    vectors = vectors_of(stack(run.input.values, weights, directions=directions))
    for vector, places in standing([spec.outputs]).items():
        for _, selection in places:
            np.testing.assert_allclose(
                run.select(selection).values, vectors[vector], atol=1e-6, err_msg=str(selection)
            )
    for equality in spec.equalities:
        left, right = (run.select(side).values for side in (equality.left, equality.right))
        assert np.allclose(left, right, atol=1e-6) is equality.equal


def vectors_of(states: tuple[States, ...]) -> dict[str, np.ndarray]:
    """The h and c that each direction ends with, under the names of the screen."""
    (forward, *backward), end = states, states[0].h.shape[1] - 1
    if not backward:
        return {H: forward.h[:, -1], C: forward.c[:, -1]}
    return {
        f"forward h at t={end}": forward.h[:, -1],
        f"forward c at t={end}": forward.c[:, -1],
        "backward h at t=0": backward[0].h[:, 0],
        "backward c at t=0": backward[0].c[:, 0],
    }


def test_calls_are_compared_in_every_place_of_a_vector() -> None:
    found = standing(spec.outputs for spec in Grid(**EVERY_CALL))
    assert {vector: [(at, str(s)) for at, s in where] for vector, where in found.items()} == {
        H: [
            (0, "output"),
            (1, "all_hidden_states[:, -1]"),
            (2, "output"),
            (2, "hidden_state"),
            (3, "hidden_state"),
            (3, "all_hidden_states[:, -1]"),
        ],
        C: [(2, "cell_state"), (3, "cell_state")],
    }


def test_the_output_of_both_directions_is_not_the_last_of_every_h() -> None:
    contrast = contrast_of_calls(LSTMSpec(bidirectional=True, return_sequences=True).last)
    assert contrast is not None
    assert contrast.claim == "output != all_hidden_states[:, -1]"
    assert contrast.meaning == "it is h forward t=2, backward t=0"
    assert contrast_of_calls(LSTMSpec().last) is None
