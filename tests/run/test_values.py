"""Runs as values: what brackets pick, which equalities hold, and where they break."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from lstm_shapes.combinations import rows_of, sweep_of
from lstm_shapes.errors import CallError
from lstm_shapes.run.values import Run, check_places
from lstm_shapes.shapes.selection import parse_selection
from lstm_shapes.shapes.spec import LSTMSpec
from tests.conftest import LAYERS, fixed_run

SPEC = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)


NOT_FINITE = pytest.mark.parametrize("number", [np.nan, np.inf])


def holds_of_equalities(run: Run) -> list[bool | None]:
    return [identity.holds for identity in run.identities]


def with_values(run: Run, position: int, values: npt.ArrayLike) -> Run:
    """Return the run with other values in the output at that position."""
    outputs = list(run.outputs)
    float32_values = np.asarray(values, np.float32)
    outputs[position] = replace(outputs[position], values=float32_values)
    return replace(run, outputs=tuple(outputs))


def with_constant_outputs(run: Run, number: float) -> Run:
    """Return the run with outputs that hold this number alone."""
    for position, array in enumerate(run.outputs):
        run = with_values(run, position, np.full(array.shape, number))
    return run


def test_brackets_pick_what_they_pick_in_numpy() -> None:
    run = fixed_run(SPEC)
    expected = run.outputs[0].values[1, 1:, ::2]
    np.testing.assert_array_equal(run["all_hidden_states[1, 1:, ::2]"], expected)
    assert run["cell_state[0, 0]"].shape == ()


def test_brackets_pick_weights_by_the_names_that_tell_them_apart() -> None:
    run = fixed_run(LSTMSpec(units=(3, 2), bidirectional=True))
    kernel = run.weights["lstm_1/backward/kernel"]
    np.testing.assert_array_equal(run["lstm_1/backward/kernel"], kernel)
    np.testing.assert_array_equal(run["lstm_1/backward/kernel[0, -1]"], kernel[0, -1])


@pytest.mark.parametrize(
    ("kind", "axes_of_bias", "letters"),
    [
        pytest.param("LSTM", ("columns",), ("i", "f", "g", "o"), id="LSTM"),
        pytest.param("GRU", ("rows", "columns"), ("z", "r", "g"), id="GRU"),
        pytest.param("SimpleRNN", ("columns",), ("g",), id="SimpleRNN"),
    ],
)
def test_a_picked_weight_knows_its_axes_and_blocks_of_columns(
    kind: str, axes_of_bias: tuple[str, ...], letters: tuple[str, ...]
) -> None:
    run = fixed_run(LSTMSpec(layer=kind))
    kernel = run.select(parse_selection("kernel"))
    recurrent_kernel = run.select(parse_selection("recurrent_kernel"))
    bias = run.select(parse_selection("bias"))
    assert kernel.axes == ("features", "columns")
    assert recurrent_kernel.axes == ("units", "columns")
    assert bias.axes == axes_of_bias
    for weight in (kernel, recurrent_kernel, bias):
        assert weight.spec.block_letters == letters
        assert weight.shape == weight.spec.shape


def test_a_part_of_an_array_knows_where_it_stands() -> None:
    run = fixed_run(SPEC)
    part = run.select(parse_selection("all_hidden_states[1, 1:, ::2]"))
    assert part.axes == ("timesteps", "units")
    assert part.shape == (2, 3)
    assert part.positions == (range(1, 3), range(0, 5, 2))


@pytest.mark.parametrize(
    "expression",
    ["output", "cell_state[2]", "all_hidden_states[", "forward/kernel"],
)
def test_an_array_that_a_run_lacks_is_refused(expression: str) -> None:
    run = fixed_run(SPEC)
    with pytest.raises(CallError):
        run[expression]


@pytest.mark.parametrize("layers", LAYERS)
def test_every_equality_holds(layers: dict[str, object]) -> None:
    run = fixed_run(replace(SPEC, **layers))  # type: ignore[arg-type]
    assert all(holds_of_equalities(run))


@pytest.mark.parametrize("layers", LAYERS)
def test_an_equality_fails_once_an_array_is_broken(layers: dict[str, object]) -> None:
    run = fixed_run(replace(SPEC, **layers))  # type: ignore[arg-type]
    broken_run = with_values(run, 1, run.outputs[1].values + 0.5)
    broken_identity = broken_run.identities[0]
    assert not broken_identity.holds
    assert broken_identity.max_difference == pytest.approx(0.5)
    assert all(holds_of_equalities(broken_run)[1:])


@pytest.mark.parametrize(
    ("error", "holds"),
    [
        pytest.param(0.0, True, id="none"),
        pytest.param(1e-8, True, id="rounding"),
        pytest.param(0.1, False, id="much"),
        pytest.param(np.nan, False, id="NaN on one side"),
    ],
)
def test_nan_equals_nan_and_hides_no_difference(error: float, holds: bool) -> None:
    run: Run = fixed_run(SPEC)
    all_hidden_states = run.outputs[0].values.copy()
    hidden_state = run.outputs[1].values.copy()
    all_hidden_states[0] = np.nan
    hidden_state[0] = np.nan
    hidden_state[1, 0] += np.float32(error)
    run = with_values(run, 0, all_hidden_states)
    run = with_values(run, 1, hidden_state)
    assert holds_of_equalities(run) == [holds]


@NOT_FINITE
def test_nothing_is_said_of_arrays_that_hold_nothing_finite(number: float) -> None:
    run = with_constant_outputs(fixed_run(SPEC), number)
    assert holds_of_equalities(run) == [None]


@NOT_FINITE
def test_nothing_is_said_of_places_that_hold_nothing_finite(number: float) -> None:
    run = with_constant_outputs(fixed_run(SPEC), number)
    holds = [group.holds for group in check_places([run])]
    assert holds == [None, None]


@pytest.fixture(
    params=[
        pytest.param(False, id="one direction"),
        pytest.param(True, id="both directions"),
    ]
)
def runs_of_comparison(request: pytest.FixtureRequest) -> list[Run]:
    rows = rows_of(sweep_of(), compare=True, bidirectional=request.param)
    assert len(rows) == 1
    return [fixed_run(spec) for spec in rows[0]]


def test_a_comparison_finds_every_vector(runs_of_comparison: list[Run]) -> None:
    place_counts = {}
    for group in check_places(runs_of_comparison):
        vector = group.vector
        place_counts[vector.letter, vector.direction.name] = len(group.places)
    expected = {}
    for direction in runs_of_comparison[0].spec.last.directions:
        expected["h", direction.name] = 6
        expected["c", direction.name] = 2
    assert place_counts == expected


def test_a_comparison_finds_the_same_numbers_in_all_places(
    runs_of_comparison: list[Run],
) -> None:
    for group in check_places(runs_of_comparison):
        assert group.holds
        assert group.max_difference == 0


def test_a_comparison_finds_the_vector_that_differs(
    runs_of_comparison: list[Run],
) -> None:
    runs = list(runs_of_comparison)
    last_run = runs.pop()
    broken_values = last_run.outputs[-1].values + 1
    runs.append(with_values(last_run, -1, broken_values))
    broken_groups = []
    for group in check_places(runs):
        if not group.holds:
            broken_groups.append(group)
    assert len(broken_groups) == 1
    vector = broken_groups[0].vector
    assert vector.letter == "c"
    assert vector.direction == last_run.spec.last.directions[-1]
    assert broken_groups[0].max_difference == pytest.approx(1)


def test_a_run_unpacks_as_keras_call_does() -> None:
    run = fixed_run(SPEC)
    all_hidden_states, hidden_state, cell_state = run
    np.testing.assert_array_equal(all_hidden_states, run["all_hidden_states"])
    np.testing.assert_array_equal(hidden_state, run["hidden_state"])
    np.testing.assert_array_equal(cell_state, run["cell_state"])
    assert [type(array) for array in run] == [np.ndarray] * 3


def test_a_run_is_indexed_as_the_list_that_keras_returns() -> None:
    run = fixed_run(SPEC)
    assert len(run) == 3
    np.testing.assert_array_equal(run[0], run["all_hidden_states"])
    np.testing.assert_array_equal(run[-1], run["cell_state"])
    np.testing.assert_array_equal(run[1:], [run["hidden_state"], run["cell_state"]])


def test_a_position_beyond_the_outputs_is_told_what_there_is() -> None:
    run = fixed_run(SPEC)
    problem = r"^run\[3\] does not exist: .* returns 3 arrays, 0 all_hidden_states, 1 "
    with pytest.raises(IndexError, match=problem) as caught:
        run[3]
    assert isinstance(caught.value, CallError)


def test_a_run_knows_the_names_of_its_arrays() -> None:
    run = fixed_run(SPEC)
    assert "hidden_state" in run
    assert "all_hidden_states[:, -1]" in run
    assert "output" not in run
    assert "nonsense" not in run


def test_the_names_that_tutorials_use_and_those_of_weights_pick_arrays_too() -> None:
    run = fixed_run(SPEC)
    np.testing.assert_array_equal(run["state_h"], run["hidden_state"])
    np.testing.assert_array_equal(run["state_c[0]"], run["cell_state[0]"])
    assert "state_h" in run
    np.testing.assert_array_equal(run["kernel"], run.weights["kernel"])


def test_an_array_is_numpys_wherever_numpy_takes_one() -> None:
    hidden_state = fixed_run(SPEC).outputs[1]
    assert np.asarray(hidden_state).dtype == np.float32
    assert np.asarray(hidden_state, np.float64).dtype == np.float64
    assert np.asarray(hidden_state) is hidden_state.values
    assert np.array(hidden_state) is not hidden_state.values
    assert np.abs(hidden_state).shape == (2, 5)


@pytest.mark.parametrize("make_array", [np.asarray, np.array, np.abs])
def test_a_run_is_never_stacked_to_one_array(
    make_array: Callable[[object], object],
) -> None:
    """Where its arrays have one shape, NumPy would do so without a word."""
    run = fixed_run(LSTMSpec(return_state=True))
    expected = r'one of run\["output"\], run\["hidden_state"\], run\["cell_state"\]$'
    with pytest.raises(TypeError, match=expected) as caught:
        make_array(run)
    assert isinstance(caught.value, CallError)
