import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import shellingham

import lstm_shapes
from lstm_shapes.errors import OutputError, TensorFlowError
from lstm_shapes.parsing import read
from lstm_shapes.run.values import Run
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import PrintOptions, Request
from lstm_shapes.spec.selection import parse
from tests.conftest import Command, fixed_run

BOTH = ["--return-sequences", "--return-state"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param("", Request(), id="nothing"),
        pytest.param(
            "-t 7 -f 8 -u 9 -b 2",
            Request(Grid(timesteps=[7], features=[8], units=[9], batch_size=[2])),
            id="short",
        ),
        pytest.param(
            "--timesteps 7 --features 8 --units 9 --batch-size 2",
            Request(Grid(timesteps=[7], features=[8], units=[9], batch_size=[2])),
            id="long",
        ),
        pytest.param("-u 8 -u 16", Request(Grid(units=[8, 16])), id="sweep"),
        pytest.param("-u 8 -u 8", Request(Grid(units=[8])), id="once is enough"),
        pytest.param("-u 64,32 -u 8", Request(Grid(units=[(64, 32), 8])), id="stack"),
        pytest.param("--bidirectional", Request(Grid(bidirectional=True)), id="both directions"),
        pytest.param(
            "--return-sequences --return-state",
            Request(Grid(return_sequences=[True], return_state=[True])),
            id="flags",
        ),
        pytest.param(
            "--compare",
            Request(Grid(return_sequences=[False, True], return_state=[False, True])),
            id="compare",
        ),
        pytest.param("--seed 0", Request(seed=0), id="seed"),
        pytest.param("--no-arrays", Request(arrays=False), id="no arrays"),
        pytest.param(
            "--arrays",
            Request(arrays=True, print_options=PrintOptions(whole_batch=True)),
            id="arrays",
        ),
        pytest.param(
            "--precision 2 --edge-items 1",
            Request(print_options=PrintOptions(precision=2, edge_items=1)),
            id="print options",
        ),
        pytest.param(
            "--show input --show output[0]",
            Request(
                selections=(parse("input"), parse("output[0]")),
                print_options=PrintOptions(whole_batch=True),
            ),
            id="show",
        ),
        pytest.param("--json --max-memory 0.9", Request(json=True, max_memory=0.9), id="json"),
        pytest.param("-n --pytorch", Request(dry_run=True, pytorch=True), id="dry run"),
        pytest.param(
            "--save x.npz --save y.svg --force",
            Request(saves=(Path("x.npz"), Path("y.svg")), force=True),
            id="save",
        ),
        pytest.param("-i", Request(interactive=True), id="interactive"),
    ],
)
def test_arguments_become_a_request(arguments: str, expected: Request) -> None:
    request = read(arguments.split())
    assert isinstance(request, Request)
    assert {**vars(request), "repeat": ()} == vars(expected)


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
        ("--max-memory 0", "--max-memory must be a finite number of GiB above 0, got 0.0"),
        ("--max-memory nan", "--max-memory must be a finite number of GiB above 0, got 'nan'"),
        ("--units", ".*--units.* requires an argument: see lstm-shapes --help"),
        ("--unit 3", "No such option.*--unit.*: see lstm-shapes --help"),
        ("--units 3 4", "got '4', expected options only, such as --units 5"),
        ("--return-state=yes", ".*--return-state.* does not take a value: see lstm-shapes --help"),
        ("-t 10 20", "got '20', expected options only, .* repeat the option, -t 10 -t 20"),
        ("-t 10,20", "--timesteps must be .* got '10,20': .* repeat --timesteps"),
        ("-u 64,0", "--units must be a whole number from 1 to 2147483647, got 0"),
        ("-u 64,", "--units must be a whole number from 1 to 2147483647, got ''"),
        ("--compare --return-state", "--compare runs every combination of --return-sequences and"),
        ("--show hidden_state", "--show 'hidden_state' names no array of this call, .*: input"),
        ("--show output[9]", "--show 'output.9.': index 9 is out of bounds for batch, expected an"),
        ("--show output[", r"--show 'output\[' cannot be read, expected a name with"),
        ("-b 1 -b 9 --show output[3]", "--show .*: index 3 is out of bounds for batch"),
        ("--units 99999999", "this needs about .* GiB, expected at most 4: reduce --units, which"),
        ("--timesteps 99999999", "this needs about .* reduce --timesteps, which dominates"),
        ("--max-memory 1_0", "--max-memory must be a finite number of GiB above 0, got '1_0'"),
        ("--seed \u0663", "--seed must be a whole number from 0 to 4294967295, got '\u0663'"),
        ("-n --show input", "--show 'input' needs a run, expected no --dry-run beside it"),
        ("-n --save x.npz", "--save 'x.npz' .*needs a run.*--dry-run"),
        ("-i -i", "-i came twice, expected it once and not inside a line"),
        ("--input x.npy", "--input 'x.npy' does not exist, expected a .npy file"),
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


def test_help_names_every_option_and_axis_on_one_stage(command: Command) -> None:
    long, short = command("--help"), command("-h")
    assert long == short
    assert (long.status, long.stderr) == (0, "")
    lines = long.stdout.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80
    groups = [line.split(":")[0] for line in lines if line and not line.startswith(" ")]
    assert groups == ["Usage", "Sizes", "Layer", "Show", "Output", "Process"]
    text = " ".join(long.stdout.split())
    for word in ("--timesteps", "--return-state", "--show", "--max-memory", "(batch, units)"):
        assert word in text
    assert "..." not in text


@pytest.mark.parametrize("columns", ["0", "1", "40", "80", "200"])
def test_help_is_whole_at_any_width(
    columns: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert "all_hidden_states[0, 1]" in " ".join(command("--help").stdout.split())


@pytest.mark.usefixtures("without_keras")
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


@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
def test_completion_without_a_shell_is_one_sentence(
    option: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    answer = command(option)
    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"lstm-shapes: {option} found no shell it knows (Shell ")
    assert answer.stderr.count("\n") == 1


def test_completion_of_a_shell_is_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))
    answer = command("--show-completion")
    assert (answer.status, answer.stderr) == (0, "")
    assert "_LSTM_SHAPES_COMPLETE=complete_bash" in answer.stdout


def test_the_same_seed_prints_the_same_screen_and_none_another(command: Command) -> None:
    first = command("--return-state", "--seed", "5")
    assert first.stdout == command("--return-state", "--seed", "5").stdout
    assert first.stderr == ""
    assert command().stdout != command().stdout


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    "call",
    [
        *("-t 100 -u 300 -b 9 -f 7 --return-sequences --return-state", "-u 3 -u 4", "--compare"),
        *("-u 6,5 --bidirectional --precision 0 --edge-items 1 --arrays", "--pytorch --no-arrays"),
        *("--show 'input[0, :1]' --show output --max-memory 3.5", "--input '{a folder}/x.npy'"),
        "--return-sequences --return-state --show 'input[ 0 \n]' --show input",
    ],
)
@pytest.mark.parametrize("columns", ["40", "80"])
def test_the_command_that_repeats_can_be_pasted(
    call: str, columns: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("{a folder}").mkdir()
    np.save("{a folder}/x.npy", np.ones((2, 3, 4)))
    monkeypatch.setenv("COLUMNS", columns)
    first = command(*shlex.split(call))
    pasted = first.stdout.split("repeat with\n")[1]
    joined = pasted.replace("\\\n", "")  # as a shell joins lines
    assert command(*shlex.split(joined)[1:]) == first
    broken = re.search(r"-[a-z-]+ \\\n +[^- ]", pasted)
    assert broken is None


@pytest.mark.usefixtures("without_keras")
def test_what_is_saved_is_not_saved_again_by_the_command_that_repeats(
    command: Command, tmp_path: Path
) -> None:
    text = command("--save", str(tmp_path / "x.txt"), "--force").stdout
    assert re.fullmatch(r"  lstm-shapes --seed \d+", text.splitlines()[-1])


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("name", ["x.svg", "x.jsonl", "x.npz", "x.py"])
def test_where_a_file_cannot_be_saved_the_screen_is_whole(
    name: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lstm_shapes.view.files._rename", lambda *_, **__: Path("no/x").touch())
    answer = command("--save", name)
    assert answer.status == 1
    assert answer.stderr.startswith(f"lstm-shapes: '{name}' could not be written: No such file")
    assert re.fullmatch(r"  lstm-shapes --seed \d+", answer.stdout.splitlines()[-1])
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("without_keras")
def test_where_the_screen_cannot_end_the_files_are_saved(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lstm_shapes.view.screen.Screen.end", Mock(side_effect=OutputError("full")))
    answer = command("-u", "3", "-u", "4", "--save", "x.jsonl")
    assert (answer.status, answer.stderr) == (1, "lstm-shapes: full\n")
    assert (tmp_path / "x.jsonl").read_text().count("\n") == 2


@pytest.mark.usefixtures("without_keras")
def test_a_reader_that_leaves_at_once_costs_no_file(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lstm_shapes.view.screen.Screen.begin", Mock(side_effect=BrokenPipeError))
    monkeypatch.setattr("lstm_shapes.view.terminal.reader_is_gone", lambda: True)
    names = ["x.json", "x.jsonl", "x.npz", "x.py"]
    answer = command(*(word for name in names for word in ("--save", name)))
    assert (answer.status, answer.stdout, answer.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == names


@pytest.mark.usefixtures("without_keras")
def test_no_arrays_leaves_the_tables_out(command: Command) -> None:
    assert "sample 0" not in command("--no-arrays").stdout
    assert "Outputs" in command("--no-arrays").stdout


@pytest.mark.usefixtures("without_keras")
def test_show_replaces_the_tables(command: Command) -> None:
    text = command("--return-sequences", "--show", "all_hidden_states[0, 1]").stdout
    assert "all_hidden_states[0, 1]  (5,) = (units,)" in text
    assert "sample 0" not in text


@pytest.mark.usefixtures("without_keras")
def test_precision_and_edge_items(command: Command) -> None:
    text = command("-u", "9", "--precision", "1", "--edge-items", "1").stdout
    (row,) = [line.split() for line in text.splitlines() if line.startswith("  sample 0")]
    assert [len(cell.lstrip("-")) for cell in row[2:]] == [3, 1, 3]


@pytest.mark.usefixtures("without_keras")
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

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", watched)
    command("-u", "2", "-u", "3", "-u", "4", "--json")
    assert [text.count("\n") for text in seen] == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (BOTH, ["t=2", "Outputs", "(1, 3, 5)", "Parameters", "recurrent_kernel (5, 20)"]),
        (["--compare"], ["all_hidden_states", "Where the same values stand", "in 6 places"]),
        (["-u", "2", "-u", "3"], ["2 runs of LSTM(units)", "parameters"]),
    ],
    ids=["one run", "comparison", "sweep"],
)
def test_what_is_known_is_out_before_a_run_is_made(
    arguments: list[str],
    known: list[str],
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    def failing(*_: object, **__: object) -> Iterator[Run]:
        seen.append(capsys.readouterr().out)
        raise TensorFlowError("TensorFlow cannot be imported")

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", failing)
    answer = command(*arguments)
    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == "lstm-shapes: TensorFlow cannot be imported\n"
    for text in known:
        assert text in seen[0]
    assert "Keras" not in seen[0]


@pytest.mark.usefixtures("without_keras")
def test_compare_of_several_sizes_has_a_row_for_each_and_a_column_for_each_call(
    command: Command,
) -> None:
    lines = command("--compare", "-u", "2", "-u", "3").stdout.splitlines()
    titles, *rows = lines[lines.index("") + 2 :]
    assert titles.split() == ["units", "0", "1", "2", "3", "parameters"]
    assert [row.split()[0] for row in rows[:2]] == ["2", "3"]
    assert "(1, 3, 2)" in rows[0]


@pytest.mark.usefixtures("without_keras")
def test_compare_shows_selections_of_the_runs_that_have_them(command: Command) -> None:
    text = command("--compare", "--show", "cell_state").stdout
    assert text.count("cell_state  (1, 5) = (batch, units)  in 2, 3") == 1


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("more", [["--arrays"], ["--show", "output"]], ids=" ".join)
def test_in_a_sweep_rows_stand_under_titles_and_arrays_name_their_call(
    more: list[str], command: Command
) -> None:
    text = command("-u", "2", "-u", "3", *more).stdout
    _, first, second = text.split("parameters\n")
    assert first.split()[0] == "2"
    assert second.split()[0] == "3"
    assert "of LSTM(2)" in first
    assert "of LSTM(3)" in second


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    ("arguments", "has_values", "has_shown"),
    [
        ([], True, False),
        (["--no-arrays"], False, False),
        (["--show", "output"], False, True),
        (["--show", "output", "--arrays"], True, True),
        (["-u", "5", "-u", "6"], False, False),
        (["--compare"], True, False),
    ],
    ids=["one run", "no arrays", "show", "show and arrays", "sweep", "compare"],
)
def test_json_holds_the_values_asked_for_on_a_line_for_each_run(
    arguments: list[str], has_values: bool, has_shown: bool, command: Command
) -> None:
    answer = command("--json", *arguments)
    line, *others = map(json.loads, answer.stdout.splitlines())
    assert ("values" in line["outputs"][0]) is has_values
    assert ("shown" in line) is has_shown
    assert len(others) == {"-u": 1, "--compare": 3}.get("".join(arguments[:1]), 0)
    assert answer.stderr == ""


@pytest.mark.usefixtures("without_keras")
def test_a_saved_document_has_the_arrays_of_which_the_screen_shows_a_part(
    command: Command, tmp_path: Path
) -> None:
    command("--show", "output[0]", "--save", str(tmp_path / "x.json"))
    document = json.loads((tmp_path / "x.json").read_text())
    assert document["outputs"][0]["shape"] == list(np.shape(document["outputs"][0]["values"]))
    assert len(document["shown"][0]["values"]) == 5


@pytest.mark.parametrize(
    "arguments",
    [[], ["--compare"], ["-u", "3", "-u", "4"], ["--pytorch", "-u", "64,32", "--bidirectional"]],
    ids=["one run", "compare", "sweep", "stack"],
)
def test_a_dry_run_says_what_is_known_and_how_to_confirm_it(
    arguments: list[str], command: Command
) -> None:
    answer = command("-n", *arguments)
    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout.endswith(
        "\ncomputed, without Keras: leave out --dry-run to have Keras confirm it\n"
    )
    assert "seed" not in answer.stdout


def test_a_dry_run_knows_no_limit_of_memory(command: Command) -> None:
    answer = command("-n", "--json", "-u", "99999999", "-t", "99999999")
    assert json.loads(answer.stdout)["parameters"]["total"] == 4 * 99999999 * (4 + 99999999 + 1)


@pytest.mark.parametrize("call", ["--compare -u 2 -u 3", "-u 2,3 --bidirectional --return-state"])
@pytest.mark.usefixtures("without_keras")
def test_a_dry_run_has_the_document_of_the_run_but_for_what_is_measured(
    call: str, command: Command
) -> None:
    computed, measured = (
        [json.loads(line) for line in command(*call.split(), "--json", *more).stdout.splitlines()]
        for more in (["-n"], ["--no-arrays"])
    )
    for ours, theirs in zip(computed, measured, strict=True):
        assert theirs.keys() - ours.keys() == {"seed"}
        assert {key for key in ours if ours[key] != theirs[key]} <= {
            *("measured", "parameters", "identities", "groups", "next_layers", "versions")
        }
        assert ours["measured"] is False
        assert {found["holds"] for found in ours["identities"]} <= {None}
