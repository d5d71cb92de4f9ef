import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lstm_shapes
from lstm_shapes.call import Call
from lstm_shapes.cli import read
from lstm_shapes.grid import Grid
from lstm_shapes.run import Run
from lstm_shapes.selection import parse
from lstm_shapes.spec import LSTMSpec
from tests.conftest import Command, fixed_run


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param("", Call(Grid()), id="nothing"),
        pytest.param(
            "-t 7 -f 8 -u 9 -b 2",
            Call(Grid(timesteps=[7], features=[8], units=[9], batch_size=[2])),
            id="short",
        ),
        pytest.param(
            "--timesteps 7 --features 8 --units 9 --batch-size 2",
            Call(Grid(timesteps=[7], features=[8], units=[9], batch_size=[2])),
            id="long",
        ),
        pytest.param("-u 8 -u 16 -u 8", Call(Grid(units=[8, 16, 8])), id="sweep"),
        pytest.param(
            "--return-sequences --return-state",
            Call(Grid(return_sequences=[True], return_state=[True])),
            id="flags",
        ),
        pytest.param(
            "--compare",
            Call(Grid(return_sequences=[False, True], return_state=[False, True]), compare=True),
            id="compare",
        ),
        pytest.param("--seed 0", Call(Grid(), seed=0), id="seed"),
        pytest.param("--no-arrays", Call(Grid(), arrays=False), id="no arrays"),
        pytest.param("--arrays", Call(Grid(), arrays=True), id="arrays"),
        pytest.param(
            "--precision 2 --edge-items 1", Call(Grid(), precision=2, edge_items=1), id="notation"
        ),
        pytest.param(
            "--show input --show output[0]",
            Call(Grid(), selections=[parse("input"), parse("output[0]")]),
            id="show",
        ),
        pytest.param("--json --max-memory 0.9", Call(Grid(), json=True, max_memory=0.9), id="json"),
    ],
)
def test_arguments_become_a_call(arguments: str, expected: Call) -> None:
    assert as_lists(read(arguments.split())) == as_lists(expected)


def as_lists(call: Call | int) -> dict[str, Any]:
    assert isinstance(call, Call)
    lists = {
        "grid": list(call.grid),
        "selections": list(call.selections),
        "saves": list(call.saves),
    }
    return {**vars(call), **lists}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--units 0", "--units must be a whole number from 1 to 2147483647, got 0"),
        ("--units -3", "--units must be a whole number from 1 to 2147483647, got -3"),
        ("--units five", "--units must be a whole number from 1 to 2147483647, got 'five'"),
        ("--features 1.5", "--features must be a whole number from 1 to 2147483647, got '1.5'"),
        ("--batch-size=", "--batch-size must be a whole number from 1 to 2147483647, got ''"),
        (f"--timesteps {'9' * 40}", f"--timesteps must be .* got {'9' * 40}"),
        (f"--timesteps {'9' * 5000}", r"--timesteps must be .* got '9+\.\.\.9+'"),
        ("-u 5 -u 0", "--units must be .* got 0"),
        ("--seed -1", "--seed must be a whole number from 0 to 4294967295, got -1"),
        ("--seed x", "--seed must be a whole number from 0 to 4294967295, got 'x'"),
        ("--precision 10", "--precision must be a whole number from 0 to 9, got 10"),
        ("--edge-items 0", "--edge-items must be a whole number from 1 to 1000, got 0"),
        ("--max-memory 0", "--max-memory must be a finite number of GiB above 0, got '0'"),
        ("--max-memory nan", "--max-memory must be a finite number of GiB above 0, got 'nan'"),
        ("--units", ".*--units.* requires an argument: see lstm-shapes --help"),
        ("--unit 3", "No such option.*--unit.*: see lstm-shapes --help"),
        ("--units 3 4", "got '4', expected options only, such as --units 5"),
        ("--return-state=yes", ".*--return-state.* does not take a value: see lstm-shapes --help"),
        ("--compare --return-state", "--compare runs every combination of --return-sequences and"),
        ("--show hidden_state", "--show 'hidden_state' names no array of this call, .*: input"),
        ("--show output[9]", "--show 'output.9.': index 9 is out of bounds for batch, expected an"),
        ("--show output[", r"--show 'output\[' cannot be read, expected a name with"),
        ("-b 1 -b 9 --show output[3]", "--show .*: index 3 is out of bounds for batch"),
        ("--units 99999999", "this needs about .* GiB, expected at most 4: reduce --units, which"),
        ("--timesteps 99999999", "this needs about .* reduce --timesteps, which dominates"),
        ("--max-memory 0.1", "this needs about .* GiB, expected at most 0.1: TensorFlow alone"),
        ("-f 100000000", "this needs about .* reduce --features, which dominates"),
        ("--save x.csv", "--save 'x.csv' has no known suffix, expected one of .npz .json .jsonl"),
        ("--save no/x.npz", "--save 'no/x.npz': 'no' is no folder, expected one that exists"),
        ("--save x.npz -u 1 -u 2", "--save 'x.npz': .npz holds one run and this call makes sev"),
        ("--save x.svg --save x.svg", "--save 'x.svg' came twice, expected each file once"),
    ],
)  # fmt: skip
def test_a_bad_call_gets_one_sentence(
    arguments: str, message: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command(*arguments.split())
    assert (answer.status, answer.stdout) == (2, "")
    assert re.fullmatch(rf"lstm-shapes: {message}.*\n", answer.stderr)
    assert not list(tmp_path.iterdir())


def test_help_names_every_option_and_axis(command: Command) -> None:
    long, short = command("--help"), command("-h")
    assert long == short
    assert (long.status, long.stderr) == (0, "")
    text = " ".join(long.stdout.split())
    for word in ("--timesteps", "--return-state", "--show", "--max-memory", "(batch, units)"):
        assert word in text


@pytest.mark.parametrize("columns", ["0", "1", "40", "80", "200"])
def test_help_is_whole_at_any_width(
    columns: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert "all_hidden_states[0, 1]" in " ".join(command("--help").stdout.split())


@pytest.mark.parametrize(("name", "value"), [("COLUMNS", "0"), ("GITHUB_ACTIONS", "1")])
def test_the_environment_changes_nothing_in_a_pipe(
    name: str, value: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = command("--return-state", "--seed", "1").stdout
    monkeypatch.setenv(name, value)
    assert command("--return-state", "--seed", "1").stdout == expected
    assert "\x1b" not in expected


def test_version(command: Command) -> None:
    assert command("--version").stdout == f"lstm-shapes {lstm_shapes.__version__}\n"


def test_the_same_seed_prints_the_same_screen(command: Command) -> None:
    first = command("--return-state", "--seed", "5")
    assert first.stdout == command("--return-state", "--seed", "5").stdout
    assert first.stderr == ""


def test_without_a_seed_runs_differ(command: Command) -> None:
    assert command("--return-state").stdout != command("--return-state").stdout


@pytest.mark.parametrize(
    "call", ["-t 100 -u 300 -b 9 -f 7 --return-sequences --return-state", "-u 3 -u 4", "--compare"]
)
@pytest.mark.parametrize("columns", ["40", "80"])
def test_the_command_that_repeats_can_be_pasted(
    call: str, columns: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    first = command(*call.split()).stdout
    pasted = first.split("repeat with\n")[1]
    joined = pasted.replace("\\\n", "")  # as a shell joins lines
    assert command(*shlex.split(joined)[1:]).stdout == first


def test_no_arrays_leaves_the_tables_out(command: Command) -> None:
    assert "sample 0" not in command("--no-arrays").stdout
    assert "Outputs" in command("--no-arrays").stdout


def test_show_replaces_the_tables(command: Command) -> None:
    text = command("--return-sequences", "--show", "all_hidden_states[0, 1]").stdout
    assert "all_hidden_states[0, 1]  (5,) = (units,)" in text
    assert "sample 0" not in text


def test_precision_and_edge_items(command: Command) -> None:
    call = ("-u", "9", "--seed", "1", "--precision", "1", "--edge-items", "1")
    table = command(*call).stdout.splitlines()[-5].split()
    assert [len(cell.lstrip("-")) for cell in table[2:]] == [3, 1, 3]


def test_a_sweep_is_one_table(command: Command) -> None:
    answer = command("-u", "8", "-u", "16", "-t", "3", "-t", "12", "--seed", "1")
    rows = [line.split() for line in answer.stdout.splitlines()[3:7]]
    assert [row[:2] for row in rows] == [["3", "8"], ["3", "16"], ["12", "8"], ["12", "16"]]
    assert answer.stderr == ""


def test_each_row_of_a_sweep_is_out_before_the_next_run_is_made(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def watched(specs: Iterable[LSTMSpec], **_: object) -> Iterator[Run]:
        for spec in specs:
            yield fixed_run(spec)
            seen.append(capsys.readouterr().out)

    monkeypatch.setattr("lstm_shapes.session.explore_many", watched)
    command("-u", "2", "-u", "3", "-u", "4", "--json")
    assert [text.count("\n") for text in seen] == [1, 1, 1]


def test_compare_of_several_sizes_is_a_table_of_all(command: Command) -> None:
    answer = command("--compare", "-u", "2", "-u", "3")
    assert answer.status == 0
    rows = [line.split()[:2] for line in answer.stdout.splitlines()[7:15]]
    assert rows == [[units, call] for units in "23" for call in "1234"]
    assert "2  LSTM(units, return_sequences=True)" in answer.stdout


def test_compare_shows_selections_of_the_runs_that_have_them(command: Command) -> None:
    text = command("--compare", "--show", "cell_state").stdout
    assert text.count("cell_state  (1, 5) = (batch, units)  in 3, 4") == 1


def test_json_is_one_line_for_each_run(command: Command) -> None:
    answer = command("-u", "2", "-u", "3", "--json", "--return-state")
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [line["layer"]["units"] for line in lines] == [2, 3]
    assert answer.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "has_values", "has_shown"),
    [
        ([], True, False),
        (["--no-arrays"], False, False),
        (["--show", "output"], False, True),
        (["--show", "output", "--arrays"], True, True),
        (["-u", "5", "-u", "6"], False, False),
    ],
    ids=["one run", "no arrays", "show", "show and arrays", "sweep"],
)
def test_json_holds_the_values_asked_for(
    arguments: list[str], has_values: bool, has_shown: bool, command: Command
) -> None:
    line = json.loads(command("--json", *arguments).stdout.splitlines()[0])
    assert ("values" in line["outputs"][0]) is has_values
    assert ("shown" in line) is has_shown


names = st.text(max_size=8).map(lambda text: text.replace("/", "").replace("\0", "\x01"))
values = st.one_of(st.integers(-2, 6).map(str), st.sampled_from(["1e3", "", "五", "9" * 30]), names)
suffixes = st.sampled_from(["", ".npz", ".json", ".jsonl", ".svg", ".html", ".txt", ".pdf"])
options = st.one_of(
    st.tuples(st.sampled_from(["-t", "-f", "-u", "-b", "--seed", "--precision"]), values),
    st.tuples(st.sampled_from(["--return-state", "--return-sequences", "--json", "--no-arrays"])),
    st.tuples(st.just("--show"), st.one_of(names, st.sampled_from(["output[0]", "input", "[/b]"]))),
    st.tuples(st.just("--save"), st.tuples(names, suffixes).map("".join)),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=st.lists(options, max_size=5))
def test_whatever_is_asked_ends_well(
    calls: list[tuple[str, ...]],
    command: Command,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("call")
    monkeypatch.chdir(folder)
    answer = command(*(word for call in calls for word in call))
    assert answer.status in {0, 1, 2}
    assert answer.stderr.count("\n") == (0 if answer.status == 0 else 1)
    asked = {call[1] for call in calls if call[0] == "--save"}
    written = {path.name for path in folder.iterdir()}
    assert written == (asked if answer.status == 0 else set())
