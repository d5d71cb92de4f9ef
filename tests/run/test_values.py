from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.values import Run, groups
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.spec.selection import parse
from tests.conftest import LAYERS, fixed_run

SPEC = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)


def changed(run: Run, at: int, values: Any) -> Run:
    """Return the run with other values in one of its outputs."""
    outputs = list(run.outputs)
    outputs[at] = replace(outputs[at], values=np.asarray(values, np.float32))
    return replace(run, outputs=tuple(outputs))


def test_brackets_pick_what_they_pick_in_numpy_and_know_where_it_stands() -> None:
    run, text = fixed_run(SPEC), "all_hidden_states[1, 1:, ::2]"
    np.testing.assert_array_equal(run[text], run.outputs[0].values[1, 1:, ::2])
    assert run["cell_state[0, 0]"].shape == ()
    picked = run.select(parse(text))
    assert (picked.axes, picked.shape) == (("timesteps", "units"), (2, 3))
    assert picked.positions == (range(1, 3), range(0, 5, 2))


@pytest.mark.parametrize("expression", ["output", "cell_state[2]", "all_hidden_states[", "kernel"])
def test_an_array_that_a_run_lacks_is_refused(expression: str) -> None:
    with pytest.raises(CallError):
        fixed_run(SPEC)[expression]


@pytest.mark.parametrize("layers", LAYERS)
def test_an_equality_holds_until_an_array_is_broken(layers: dict[str, Any]) -> None:
    run = fixed_run(replace(SPEC, **layers))
    assert all(found.holds for found in run.identities)
    first, *others = changed(run, 1, run.outputs[1].values + 0.5).identities
    assert not first.holds
    assert first.max_difference == pytest.approx(0.5)
    assert all(found.holds for found in others)


@pytest.mark.parametrize(
    ("wrong", "holds"),
    [(0.0, True), (1e-8, True), (0.1, False), (np.nan, False)],
    ids=["none", "rounding", "much", "NaN on one side"],
)
def test_nan_equals_nan_and_hides_no_difference(wrong: float, holds: bool) -> None:
    run = fixed_run(SPEC)
    every, hidden = (array.values.copy() for array in run.outputs[:2])
    every[0], hidden[0] = np.nan, np.nan
    hidden[1, 0] += np.float32(wrong)
    found = changed(changed(run, 0, every), 1, hidden).identities
    assert [identity.holds for identity in found] == [holds]


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_nothing_is_said_of_arrays_that_hold_nothing_finite(number: float) -> None:
    run = fixed_run(SPEC)
    outputs = [replace(of, values=np.full_like(of.values, number)) for of in run.outputs]
    odd = replace(run, outputs=tuple(outputs))
    assert [found.holds for found in odd.identities] == [None]
    assert [found.holds for found in groups([odd])] == [None, None]


@pytest.mark.parametrize("sides", [("",), ("forward", "backward")], ids=["one", "both directions"])
def test_a_comparison_finds_every_vector_and_the_one_that_differs(sides: tuple[str, ...]) -> None:
    ((*four,),) = Request(compare=True, bidirectional=len(sides) > 1).rows
    *three, last = map(fixed_run, four)
    found = list(groups([*three, last]))
    assert {(of.vector.letter, of.vector.direction): len(of.places) for of in found} == {
        (letter, side): places for side in sides for letter, places in (("h", 6), ("c", 2))
    }
    assert all(of.holds and of.max_difference == 0 for of in found)

    broken = changed(last, -1, last.outputs[-1].values + 1)
    (wrong,) = (of for of in groups([*three, broken]) if not of.holds)
    assert wrong.vector[:2] == ("c", sides[-1])
    assert wrong.max_difference == pytest.approx(1)
