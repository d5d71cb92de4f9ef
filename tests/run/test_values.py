from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.values import Array, Range, Run, contrast, groups
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.selection import parse
from tests.conftest import LAYERS, fixed_run

FLAGS: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}
SPEC = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)
BOTH_DIRECTIONS = replace(SPEC, bidirectional=True)
NAN, INF = float("nan"), float("inf")


def changed(run: Run, at: int, by: float) -> Run:
    """The run with one of its outputs moved."""
    outputs = list(run.outputs)
    outputs[at] = replace(outputs[at], values=outputs[at].values + np.float32(by))
    return replace(run, outputs=tuple(outputs))


def array_of(*values: float) -> Array:
    return replace(fixed_run(LSTMSpec()).outputs[0], values=np.array([values], np.float32))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), None),
        ((-1, 3, 2), Range(-1, 3, 0)),
        ((-1, NAN, 2, INF, -INF), Range(-1, 2, 3)),
    ],
    ids=["empty", "finite", "not finite"],
)
def test_a_range_is_that_of_the_finite_values(
    values: tuple[float, ...], expected: Range | None
) -> None:
    assert array_of(*values).range == expected


def test_nothing_finite_has_no_range_but_a_count() -> None:
    found = array_of(NAN, INF).range
    assert found is not None
    assert np.isnan([found.low, found.high]).all()
    assert found.not_finite == 2


def test_arrays_and_runs_tell_what_they_are() -> None:
    text = "output (batch, units) (1, 3) float32 from -1 to 2.5, 1 not finite"
    assert repr(array_of(-1, NAN, 2.5)) == text
    run = fixed_run(LSTMSpec(return_state=True))
    outputs = "output (1, 5), hidden_state (1, 5), cell_state (1, 5)"
    assert repr(run) == f"Run(LSTM(5, return_state=True), seed=1729: {outputs})"


def test_a_selection_has_axes_and_positions() -> None:
    run = fixed_run(SPEC)
    picked = run.select(parse("all_hidden_states[1, 1:, ::2]"))
    assert (picked.name, picked.axes) == ("all_hidden_states[1, 1:, ::2]", ("timesteps", "units"))
    assert picked.positions == (range(1, 3), range(0, 5, 2))
    np.testing.assert_array_equal(picked.values, run.outputs[0].values[1, 1:, ::2])
    np.testing.assert_array_equal(run["all_hidden_states[1, 1:, ::2]"], picked.values)
    assert run["cell_state[0, 0]"].shape == ()


@pytest.mark.parametrize("expression", ["output", "cell_state[2]", "all_hidden_states[", "kernel"])
def test_what_a_run_does_not_have_is_refused(expression: str) -> None:
    with pytest.raises(CallError):
        fixed_run(SPEC)[expression]


@pytest.mark.parametrize("layers", LAYERS)
def test_identities_hold_until_an_array_is_broken(layers: dict[str, Any]) -> None:
    run = fixed_run(replace(SPEC, **layers))
    assert all(found.holds for found in run.identities)
    assert [found.max_difference for found in run.identities if found.equality.equal] == [0.0] * (
        len(run.spec.last.directions)
    )
    broken = changed(run, 1, 0.5)
    first, *others = broken.identities
    assert not first.holds
    assert first.max_difference == pytest.approx(0.5)
    assert all(found.holds for found in others)


def test_an_inequality_that_does_not_hold_is_found() -> None:
    run = fixed_run(BOTH_DIRECTIONS)
    zeros = [replace(array, values=np.zeros_like(array.values)) for array in run.outputs]
    found = replace(run, outputs=tuple(zeros)).identities
    assert [(one.equality.equal, one.holds) for one in found] == [
        *((True, True), (True, True), (False, False))
    ]


@pytest.mark.parametrize(
    ("wrong", "holds"),
    [(0.0, True), (1e-8, True), (0.1, False), (NAN, False)],
    ids=["none", "rounding", "much", "NaN on one side"],
)
def test_nan_equals_nan_and_hides_no_difference(wrong: float, holds: bool) -> None:
    run = fixed_run(SPEC)
    every, hidden = (run.outputs[at].values.copy() for at in (0, 1))
    every[0, :, :], hidden[0, :] = NAN, NAN
    hidden[1, 0] += np.float32(wrong)
    outputs = (
        replace(run.outputs[0], values=every),
        replace(run.outputs[1], values=hidden),
        run.outputs[2],
    )
    assert [found.holds for found in replace(run, outputs=outputs).identities] == [holds]


@pytest.mark.parametrize(
    ("bidirectional", "places"),
    [
        (False, {"h at the last timestep": 6, "c at the last timestep": 2}),
        (
            True,
            {
                **{"forward h at t=2": 6, "backward h at t=0": 6},
                **{"forward c at t=2": 2, "backward c at t=0": 2},
            },
        ),
    ],
    ids=["one direction", "both directions"],
)
@pytest.mark.parametrize("units", [5, (6, 5)], ids=["one layer", "stack"])
def test_a_comparison_finds_every_vector_in_all_its_places(
    bidirectional: bool, places: dict[str, int], units: int | tuple[int, ...]
) -> None:
    grid = Grid(units=[units], bidirectional=bidirectional, **FLAGS)
    runs = [fixed_run(spec) for spec in grid]
    found = list(groups(runs))
    assert {group.vector: len(group.places) for group in found} == places
    assert all(group.holds and group.max_difference == 0 for group in found)
    identity = contrast(runs)
    assert (identity is not None) is bidirectional
    assert identity is None or identity.holds


def test_a_comparison_finds_the_run_that_differs() -> None:
    runs = [fixed_run(spec) for spec in Grid(bidirectional=True, **FLAGS)]
    runs[3] = changed(runs[3], 4, 1.0)
    found = {group.vector: group for group in groups(runs)}
    assert [vector for vector, group in found.items() if not group.holds] == ["backward c at t=0"]
    assert found["backward c at t=0"].max_difference == pytest.approx(1.0)
