"""A request: its rows of specs, what contradicts itself, and whether it needs runs."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lstm_shapes.app import execute
from lstm_shapes.cli import in_command
from lstm_shapes.combinations import rows_of, sweep_of
from lstm_shapes.errors import CallError
from lstm_shapes.run.input import OwnInput
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from tests.conftest import request_of

FIVE_THOUSAND_TIMESTEPS = " ".join(f"-t {number}" for number in range(1, 5001))


class RunsBeginError(Exception):
    """Raised in place of the first run."""


@pytest.fixture
def begins_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], bool]:
    """Carry out a call up to its first run, and return True if it comes to one."""

    def stop(*_: object) -> None:
        raise RunsBeginError

    def begins_runs(arguments: str) -> bool:
        try:
            execute(request_of(arguments))
        except RunsBeginError:
            return True
        return False

    monkeypatch.setattr("lstm_shapes.app.make_runs", stop)
    monkeypatch.chdir(tmp_path)
    return begins_runs


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            f"{FIVE_THOUSAND_TIMESTEPS} -u 1 -u 2 -u 3",
            "these sizes make 15,000 runs, expected at most 10,000.*",
            id="runs",
        ),
        pytest.param(
            "--compare --return-state",
            "--compare .* --return-sequences and --return-state, expected neither .*",
            id="flag beside all flags",
        ),
        pytest.param(
            "--pytorch -u 2 -u 3",
            "--pytorch shows one call, .* expected --json .*",
            id="PyTorch of several",
        ),
        pytest.param(
            "--show output -n",
            "--show needs a run, expected no --dry-run beside it",
            id="values without a run",
        ),
        pytest.param(
            "--show c -u 2 -u 3",
            "'c' is no array of this call, .*: input, output, .*, recurrent_kernel, bias",
            id="array",
        ),
        pytest.param(
            "--only drawing --compare",
            "a comparison has no drawing, expected --only with outputs, gates, cost,"
            " keras or arrays",
            id="section of a comparison",
        ),
        pytest.param(
            "--only outputs --only keras -n",
            "--only keras shows nothing beside --dry-run, expected one or the other",
            id="section without a run",
        ),
        pytest.param(
            "--only outputs --json",
            "--only outputs shows nothing beside --json, expected one or the other",
            id="section of JSON",
        ),
        pytest.param(
            "--only arrays --no-arrays",
            "--only arrays shows nothing beside --no-arrays, expected one or the other",
            id="section that is left out",
        ),
        pytest.param(
            "--only drawing --only keras -u 2 -u 3",
            "a sweep has no drawing or keras, expected --only with outputs, parameters"
            " or arrays",
            id="section of a sweep",
        ),
        pytest.param(
            "--show output[0,2] -u 2 -u 3",
            ".* index 2 is out of bounds for .*",
            id="index into some",
        ),
        pytest.param(
            "-u 2 -u 20000",
            "this needs about .* GiB, expected at most 4:"
            " reduce the sizes or raise --max-memory",
            id="memory",
        ),
        pytest.param(
            "-b 1000000000 --compare --max-memory 2.5",
            ".* expected at most 2.5: reduce the sizes or raise --max-memory",
            id="memory of a comparison",
        ),
        pytest.param(
            "--max-memory 0.5 -u 2 -u 20000",
            ".* expected at most 0.5:"
            " TensorFlow alone takes about 0.78, raise --max-memory",
            id="less than TensorFlow",
        ),
    ],
)
def test_a_call_that_cannot_be_answered_is_refused(
    arguments: str, sentence: str, begins_runs: Callable[[str], bool]
) -> None:
    with pytest.raises(CallError) as caught:
        begins_runs(arguments)
    assert re.fullmatch(sentence, in_command(str(caught.value)))


@pytest.mark.parametrize(
    ("arguments", "is_run"),
    [
        pytest.param(
            "--pytorch --json -u 2 -u 3",
            True,
            id="PyTorch as JSON",
        ),
        pytest.param(
            "--show cell_state --compare",
            True,
            id="array of two of the four calls",
        ),
        pytest.param(
            "-n -u 2 -u 20000",
            False,
            id="dry run of any size",
        ),
        pytest.param(
            "--only arrays --no-arrays --show output",
            True,
            id="selection as the arrays",
        ),
        pytest.param(
            "--only drawing,keras --compare",
            True,
            id="a section of a comparison beside one that it has not",
        ),
        pytest.param(
            "--only drawing --show output -u 2 -u 3",
            True,
            id="numbers of a sweep beside a section that it has not",
        ),
        pytest.param(
            "--only outputs -u 20000",
            False,
            id="sections without a run, of any size",
        ),
        pytest.param(
            "--max-memory 31 -u 2 -u 20000",
            True,
            id="enough memory",
        ),
    ],
)
def test_a_call_that_can_be_answered_is_not_refused(
    arguments: str, is_run: bool, begins_runs: Callable[[str], bool]
) -> None:
    assert begins_runs(arguments) is is_run


@pytest.mark.parametrize(
    ("arguments", "needs_run"),
    [
        ("", True),
        ("-n", False),
        ("--only outputs", False),
        ("--only outputs --only next", True),
        ("--only outputs --next Dense(1)", True),
        ("--only outputs,parameters -u 2 -u 3", False),
        ("--only arrays -u 2 -u 3", True),
        ("--only outputs --show output", True),
        ("--only outputs --save x.svg --save x.html", False),
        ("--only outputs --save x.SVG --save x.npz", True),
    ],
)
def test_runs_are_made_where_a_section_or_a_file_needs_them(
    arguments: str, needs_run: bool, begins_runs: Callable[[str], bool]
) -> None:
    assert begins_runs(arguments) is needs_run


def test_every_combination_comes_once_and_in_order() -> None:
    sweep = sweep_of(units=(8, (4, 2), 8), timesteps=(3, 10))
    rows = rows_of(sweep)
    combinations = [(spec.timesteps, spec.units) for (spec,) in rows]
    assert combinations == [
        (3, 8),
        (3, (4, 2)),
        (10, 8),
        (10, (4, 2)),
    ]


def test_every_combination_is_bidirectional_where_that_is_asked_for() -> None:
    sweep = sweep_of(units=(8, (4, 2), 8), timesteps=(3, 10))
    rows = rows_of(sweep, bidirectional=True)
    assert len(rows) == 4
    assert all(spec.bidirectional for (spec,) in rows)


def test_a_comparison_is_all_four_calls_in_a_row() -> None:
    rows = rows_of(sweep_of(units=(5, 6)), compare=True)
    assert [spec.code for spec in rows[0]] == [
        "LSTM(5)",
        "LSTM(5, return_sequences=True)",
        "LSTM(5, return_state=True)",
        "LSTM(5, return_sequences=True, return_state=True)",
    ]


def test_a_comparison_of_two_sizes_is_eight_runs() -> None:
    request = request_of("-u 5 -u 6 --compare")
    assert len(request.rows) == 2
    assert request.run_count == 8


@pytest.fixture
def own_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnInput:
    """Return the input of x.npy: 2 samples of 6 timesteps with 1 feature."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.ones((2, 6, 1)))
    return OwnInput(Path("x.npy"))


def test_an_input_gives_the_sizes_that_were_not_asked_for(own_input: OwnInput) -> None:
    sweep = sweep_of(units=(8,), timesteps=(6,), own_input=own_input)
    spec = Spec(
        layers=(Layer(cell=LSTM, units=8),),
        batch_size=2,
        timesteps=6,
        features=1,
    )
    assert rows_of(sweep) == ((spec,),)


def test_another_size_than_that_of_the_input_is_refused(own_input: OwnInput) -> None:
    problem = "^`features` is 4 and that of 'x.npy' 1, expected that or none$"
    with pytest.raises(CallError, match=problem):
        sweep_of(features=(1, 4), own_input=own_input)
