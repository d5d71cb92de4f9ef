import re
from pathlib import Path
from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.check import check
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request, Section

HUGE = {"units": (2, 20_000)}
SWEPT = {"units": (2, 3)}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "bad size": ({"units": (5, 0)}, "--units must be a whole number from 1 to .*, got 0"),
    "runs": (
        {"timesteps": range(1, 5001), "units": (1, 2, 3)},
        "these sizes make 15,000 runs, expected at most 10,000.*",
    ),
    "flag beside all flags": (
        {"compare": True, "return_state": True},
        "--compare .* --return-sequences and --return-state, expected neither .*",
    ),
    "PyTorch of several": ({"pytorch": True, **SWEPT}, "--pytorch shows one call, .* or --json .*"),
    "values without a run": (
        {"show": ["output"], "dry_run": True},
        "--show needs a run, expected no --dry-run beside it",
    ),
    "array": (
        {"show": ["c"], **SWEPT},
        "'c' is no array of this call, .*: input, output, all_cell_states",
    ),
    "section of a comparison": (
        {"only": [Section.DRAWING], "compare": True},
        "--only drawing shows nothing beside --compare, expected one or the other",
    ),
    "section without a run": (
        {"only": [Section.OUTPUTS, Section.KERAS], "dry_run": True},
        "--only keras shows nothing beside --dry-run, expected one or the other",
    ),
    "section of JSON": (
        {"only": [Section.OUTPUTS], "json": True},
        "--only outputs shows nothing beside --json, expected one or the other",
    ),
    "section that is left out": (
        {"only": [Section.ARRAYS], "arrays": False},
        "--only arrays shows nothing beside --no-arrays, expected one or the other",
    ),
    "section of a sweep": (
        {"only": [Section.OUTPUTS], **SWEPT},
        "--only shows one call or a comparison, expected no other",
    ),
    "index into some": ({"show": ["output[0, 2]"], **SWEPT}, ".* index 2 is out of bounds for .*"),
    "memory": (
        HUGE,
        "this needs about .* GiB, expected at most 4: reduce the sizes or raise --max-memory",
    ),
    "memory of a comparison": (
        {"batch_size": (10**9,), "compare": True, "max_memory": 2.5},
        ".* expected at most 2.5: reduce the sizes or raise --max-memory",
    ),
    "less than TensorFlow": (
        {"max_memory": 0.5, **HUGE},
        ".* expected at most 0.5: TensorFlow alone takes about 0.78, raise --max-memory",
    ),
}
ANSWERED: dict[str, dict[str, Any]] = {
    "PyTorch as JSON": {"pytorch": True, "json": True, **SWEPT},
    "array of two of the four calls": {"show": ["cell_state"], "compare": True},
    "dry run of any size": {"dry_run": True, **HUGE},
    "selection as the arrays": {"only": [Section.ARRAYS], "arrays": False, "show": ["output"]},
    "sections without a run, of any size": {"only": [Section.OUTPUTS], "units": (20_000,)},
    "enough memory": {"max_memory": 31, **HUGE},
}


@pytest.mark.parametrize(("call", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_call_that_cannot_be_answered_is_refused(call: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CallError) as caught:
        check(Request(**call))
    assert re.fullmatch(sentence, caught.value.for_command())


@pytest.mark.parametrize("call", ANSWERED.values(), ids=ANSWERED)
def test_a_call_that_can_be_answered_is_not_refused(call: dict[str, Any]) -> None:
    check(Request(**call))


def test_every_combination_comes_once_and_in_order() -> None:
    request = Request(units=(8, (4, 2), 8), timesteps=(3, 10), bidirectional=True)
    assert [(spec.timesteps, spec.units) for (spec,) in request.rows] == [
        *((3, 8), (3, (4, 2)), (10, 8), (10, (4, 2)))
    ]
    assert all(spec.bidirectional for (spec,) in request.rows)


def test_a_comparison_is_all_four_calls_in_a_row() -> None:
    request = Request(units=(5, 6), compare=True)
    assert [spec.code for spec in request.rows[0]] == [
        "LSTM(5)",
        "LSTM(5, return_sequences=True)",
        "LSTM(5, return_state=True)",
        "LSTM(5, return_sequences=True, return_state=True)",
    ]
    assert (len(request.rows), request.runs) == (2, 8)


def test_an_input_gives_the_sizes_that_were_not_asked_for() -> None:
    sizes = {"batch_size": 2, "timesteps": 6, "features": 1}
    request = Request(units=(8,), timesteps=(6,)).with_sizes("'x.npy'", sizes)
    assert request.rows == [(LSTMSpec(batch_size=2, timesteps=6, features=1, units=8),)]
    with pytest.raises(CallError, match=r"^features= is 4 and that of 'x.npy' 1, expected that or"):
        Request(features=(1, 4)).with_sizes("'x.npy'", sizes)


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        ({}, True),
        ({"dry_run": True}, False),
        ({"only": [Section.OUTPUTS]}, False),
        ({"only": [Section.OUTPUTS, Section.NEXT]}, True),
        ({"only": [Section.OUTPUTS], "show": ["output"]}, True),
        ({"only": [Section.OUTPUTS], "save": [Path("x.svg"), Path("x.html")]}, False),
        ({"only": [Section.OUTPUTS], "save": [Path("x.SVG"), Path("x.npz")]}, True),
    ],
)
def test_runs_are_made_where_a_section_or_a_file_needs_them(
    call: dict[str, Any], needed: bool
) -> None:
    assert Request(**call).needs_runs is needed
