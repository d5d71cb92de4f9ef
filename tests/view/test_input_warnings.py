"""An own input: what is warned of, and the names of its features."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

from lstm_shapes import LSTMSpec, Run, explore
from lstm_shapes.request import Request
from lstm_shapes.run.input import OwnInput
from lstm_shapes.view.document import document_of_run
from lstm_shapes.view.input_warnings import input_warnings
from lstm_shapes.view.sections import Answer, arrays
from lstm_shapes.view.style import Look
from tests.conftest import fixed_run, request_of
from tests.view.runs import texts, without_gaps


def own_run(x: object, **arguments: Any) -> Run:
    """Return a run by Keras on an own input."""
    spec = LSTMSpec.for_input(x, **arguments)
    return explore(spec, seed=1, input=x, try_next_layers=False)


def warnings_of(run: Run, request: Request | None = None) -> str:
    """Return what is warned of in the section of a run."""
    request = request or Request(rows=((run.spec,),))
    lines = texts(input_warnings(run, request, Look()))
    return without_gaps(" ".join(lines))


@pytest.mark.parametrize(
    ("repeat", "argument"),
    [
        pytest.param(("lstm-shapes",), "--padding pre", id="command"),
        pytest.param(("explore(...)",), 'padding="pre"', id="Python"),
    ],
)
def test_masked_numbers_are_told_with_the_padding_that_fits(
    repeat: tuple[str, ...], argument: str
) -> None:
    x = np.ones((2, 3, 4))
    x[1, :1] = 0
    run = own_run(x, lengths=(3, 2))
    request = Request(rows=((run.spec,),), repeat=repeat)
    assert warnings_of(run, request) == (
        "1 masked timestep of the input holds numbers that are not zero first in sample"
        f" 1 at t=2 {argument} masks the front, where all of it is zeros"
    )
    fitting = own_run(x, lengths=(3, 2), padding="pre")
    assert warnings_of(fitting) == ""


def test_a_padding_that_fits_no_better_is_not_praised() -> None:
    run = own_run(np.ones((2, 3, 4)), lengths=(3, 1), padding="pre")
    assert warnings_of(run) == (
        "2 masked timesteps of the input hold numbers that are not zero first in sample"
        ' 1 at t=0 padding="post" masks the end'
    )


def test_an_input_that_is_not_scaled_is_told_with_its_largest_features() -> None:
    x = np.tile(np.arange(9.0), (1, 4, 1))
    x[0, :, 8] = [-5000, 101.2, 9999, 5000]
    x[0, :, 1] = 700
    text = warnings_of(own_run(x, units=2))
    assert re.fullmatch(
        r"the input alone puts \d+% of the gates within 0.05 of 0 or 1 saturated: scale"
        " the input first f1 700 to 700 f4 4 to 4 f5 5 to 5 f6 6 to 6 f7 7 to 7"
        " f8 -5,000 to 9,999 and 3 more features",
        text,
    )


def test_json_says_what_is_warned_of() -> None:
    x = np.full((2, 3, 2), 1000.0)
    x[1, 0] = np.nan
    run = own_run(x, lengths=(3, 2))
    assert document_of_run(run)["warnings"] == [
        {"kind": "not_finite", "sample_count": 1, "sample": 1, "timestep": 0},
        {
            "kind": "masked_numbers",
            "timestep_count": 1,
            "sample": 1,
            "timestep": 2,
            "other_padding": "pre",
            "is_other_fitting": False,
        },
        {
            "kind": "saturation",
            "share": run.saturation and run.saturation.share,
            "is_of_gates": True,
            "ranges": [
                {"feature": 0, "low": 1000.0, "high": 1000.0},
                {"feature": 1, "low": 1000.0, "high": 1000.0},
            ],
        },
    ]


@pytest.fixture
def named_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnInput:
    """Return a table of one timestep, whose columns have names of all sorts."""
    monkeypatch.chdir(tmp_path)
    names = ["price", "a_name_that_is_too_long", "\x1b[31m", "", "数量"]
    Path("x.csv").write_text(f"{','.join(names)}\n1,2,3,4,5000\n")
    return OwnInput(Path("x.csv"))


def test_features_are_shown_by_the_names_of_a_table(named_input: OwnInput) -> None:
    spec = LSTMSpec(timesteps=1, features=5)
    request = request_of("-t 1 -f 5 --show input[0]")
    request = replace(request, own_input=named_input)
    answer = Answer((spec,), [fixed_run(spec)], request, Look(120))
    lines = texts(arrays.one_call(answer))
    (titles,) = (line for line in lines if "price" in line)
    numbers = lines[lines.index(titles) + 1]
    assert titles.split() == ["price", "a_name_that_is_…", r"\x1b[31m", "f3", "数量"]
    # A title ends where its numbers do; a Chinese character is two columns wide.
    assert cell_len(titles) == len(numbers.rstrip())


def test_a_warning_has_the_names_of_a_table(named_input: OwnInput) -> None:
    run = own_run(named_input.values())
    request = Request(rows=((run.spec,),), own_input=named_input)
    text = warnings_of(run, request)
    ranges = (
        r"price 1 to 1 a_name_that_is_… 2 to 2 \x1b[31m 3 to 3 f3 4 to 4 数量 5,000"
    )
    assert ranges in text
