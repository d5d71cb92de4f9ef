"""Equalities: which arrays hold the same numbers, and the likely mistakes."""

import numpy as np
import pytest

from lstm_shapes.combinations import rows_of, sweep_of
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.equality import contrast_of_calls, equalities, find_places
from lstm_shapes.shapes.layer import Direction
from lstm_shapes.shapes.returned import LayerSpec, Vector
from lstm_shapes.shapes.spec import LSTMSpec
from tests.conftest import FLAGS, LAYERS, fixed_run, states_of

# All claims about a last layer as written; there are none about any other.
CLAIMS = {
    "LSTM(5, return_state=True)": [
        "output == hidden_state",
    ],
    "LSTM(5, return_sequences=True, return_state=True)": [
        "hidden_state == all_hidden_states[:, -1]",
    ],
    "Bidirectional(LSTM(5, return_sequences=True))": [
        "all_hidden_states[:, 0, 5:] != all_hidden_states[:, -1, 5:]",
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
# The claims under the lengths 3 and 1.
MASKED_CLAIMS = {
    **CLAIMS,
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
# The claims under the lengths 3 and 1 with the padding in front.
MASKED_IN_FRONT_CLAIMS = {
    **CLAIMS,
    # Where the first real timestep is another one, no row holds its h of all samples.
    "Bidirectional(LSTM(5, return_sequences=True))": [],
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": [
        "forward_hidden_state == all_hidden_states[:, -1, :5]",
        "backward_hidden_state[0] == all_hidden_states[0, 0, 5:]",
        "backward_hidden_state[1] == all_hidden_states[1, 2, 5:]",
        "backward_hidden_state != all_hidden_states[:, 0, 5:]",
        "backward_hidden_state != all_hidden_states[:, -1, 5:]",
    ],
}


def claims_about(layer_spec: LayerSpec) -> list[str]:
    return [equality.claim for equality in equalities(layer_spec)]


def all_hold(run: Run) -> bool:
    return all(identity.holds for identity in run.identities)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_claims_are_those_that_hold(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(batch_size=2, **layers, **flags)  # type: ignore[arg-type]
    assert claims_about(spec.last) == CLAIMS.get(spec.last.layer.code(), [])
    assert all_hold(fixed_run(spec))


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_under_a_mask_claims_are_those_that_hold(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(lengths=(3, 1), **layers, **flags)  # type: ignore[arg-type]
    assert claims_about(spec.last) == MASKED_CLAIMS.get(spec.last.layer.code(), [])
    assert all_hold(fixed_run(spec))


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_with_the_padding_in_front_claims_are_those_that_hold(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(lengths=(3, 1), padding="pre", **layers, **flags)  # type: ignore[arg-type]
    claims = MASKED_IN_FRONT_CLAIMS.get(spec.last.layer.code(), [])
    assert claims_about(spec.last) == claims
    assert all_hold(fixed_run(spec))


@pytest.mark.parametrize("flags", FLAGS)
def test_where_each_sample_has_one_timestep_in_the_last_row_nothing_is_denied_of_it(
    flags: dict[str, bool],
) -> None:
    spec = LSTMSpec(lengths=(1, 1), padding="pre", bidirectional=True, **flags)  # type: ignore[arg-type]
    assert contrast_of_calls(spec.last) is None
    assert not [
        claim for claim in claims_about(spec.last) if "!= " in claim and "-1" in claim
    ]
    assert all_hold(fixed_run(spec))


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_a_vector_stands_in_its_places_by_the_equations(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(batch_size=2, **layers, **flags)  # type: ignore[arg-type]
    run = fixed_run(spec)
    weights = list(run.weights.values())
    states_of_directions = states_of(spec, run.input.values, weights)
    for vector, places in find_places([spec.outputs]).items():
        states = states_of_directions[spec.last.directions.index(vector.direction)]
        all_states = getattr(states, vector.letter)
        expected = all_states[:, vector.timestep]
        for place in places:
            values = run.select(place.selection).values
            np.testing.assert_allclose(values, expected, atol=1e-6)


def test_lengths_that_mask_nothing_change_no_claim() -> None:
    spec = LSTMSpec(bidirectional=True, return_sequences=True, return_state=True)
    full_lengths = LSTMSpec(
        lengths=(3,),
        bidirectional=True,
        return_sequences=True,
        return_state=True,
    )
    assert equalities(spec.last) == equalities(full_lengths.last)


@pytest.mark.parametrize(
    ("lengths", "padding"),
    [
        pytest.param(None, "post", id="no mask"),
        pytest.param((3, 1), "post", id="mask"),
        pytest.param((3, 1), "pre", id="mask in front"),
    ],
)
@pytest.mark.parametrize("layers", LAYERS)
def test_the_last_c_of_each_direction_stands_in_every_c(
    layers: dict[str, object], lengths: tuple[int, ...] | None, padding: str
) -> None:
    spec = LSTMSpec(
        lengths=lengths,
        padding=padding,
        return_state=True,
        **layers,  # type: ignore[arg-type]
    )
    identities = fixed_run(spec).identities_beside(spec.last.all_other_states)
    claims = {identity.equality.claim: identity.holds for identity in identities}
    if spec.bidirectional:
        assert claims["forward_cell_state == forward_all_cell_states[:, -1]"]
        assert claims["backward_cell_state == backward_all_cell_states[:, 0]"]
    else:
        assert claims["cell_state == all_cell_states[:, -1]"]


def test_at_a_single_timestep_nothing_is_denied() -> None:
    spec = LSTMSpec(
        timesteps=1,
        bidirectional=True,
        return_sequences=True,
        return_state=True,
    )
    claims = [equality.is_equal for equality in equalities(spec.last)]
    assert claims == [True, True]
    assert contrast_of_calls(spec.last) is None


def test_the_last_states_stand_in_eight_places_of_the_four_calls() -> None:
    rows = rows_of(sweep_of(), compare=True)
    assert len(rows) == 1
    places_by_vector = {}
    arrays_of_calls = [spec.outputs for spec in rows[0]]
    for vector, places in find_places(arrays_of_calls).items():
        places_by_vector[vector] = [
            (place.run_number, str(place.selection)) for place in places
        ]
    direction = Direction("", is_backward=False)
    assert places_by_vector == {
        Vector("h", direction, 2): [
            (0, "output"),
            (1, "all_hidden_states[:, -1]"),
            (2, "output"),
            (2, "hidden_state"),
            (3, "hidden_state"),
            (3, "all_hidden_states[:, -1]"),
        ],
        Vector("c", direction, 2): [
            (2, "cell_state"),
            (3, "cell_state"),
        ],
    }


def test_the_output_of_both_directions_is_not_the_last_of_every_h() -> None:
    contrast = contrast_of_calls(LSTMSpec(bidirectional=True).last)
    assert contrast
    assert contrast.claim == "output != all_hidden_states[:, -1]"


def test_in_one_direction_there_is_nothing_to_mistake() -> None:
    assert contrast_of_calls(LSTMSpec().last) is None
