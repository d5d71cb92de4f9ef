"""The command: what its words ask for, which calls it refuses, and what it answers."""

import inspect
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from rich.text import Text

import lstm_shapes
from lstm_shapes import cli
from lstm_shapes.run.values import Run
from lstm_shapes.spec.model import SIZES, LSTMSpec
from lstm_shapes.spec.request import Request
from tests.conftest import Command, fixed_run, pasted_words

BOTH = ("--return-sequences", "--return-state")
FOUR_SIZES = {"timesteps": [7], "features": [8], "units": [(9,)], "batch_size": [2]}


@pytest.fixture
def no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """For calls that are to end before TensorFlow is imported."""
    failing = Mock(side_effect=AssertionError("TensorFlow was imported"))
    monkeypatch.setattr("lstm_shapes.run.tensorflow._import", failing)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with inputs that are right and wrong."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(24.0).reshape(2, 3, 4))
    np.save("empty.npy", np.ones((2, 0, 4)))
    np.save("objects.npy", np.array([[[None]]]), allow_pickle=True)
    Path("text.npy").write_text("1,2\n3,4\n")
    Path("old.svg").write_text("old")
    return tmp_path


ASKED: dict[str, dict[str, Any]] = {
    "": {},
    "-t 7 -f 8 -u 9 -b 2": FOUR_SIZES,
    "--timesteps 7 --features 8 --units=9 --batch-size 2": FOUR_SIZES,
    "-u 8 -u 64,32 --units 8": {"units": [(8,), (64, 32), (8,)]},
    "--return-sequences": {"return_sequences": True},
    "--return-state --bidirectional": {"return_state": True, "bidirectional": True},
    "--compare --pytorch --json": {"compare": True, "pytorch": True, "json": True},
    "--input x.npy --seed 0": {"input": Path("x.npy"), "seed": 0},
    "--show input --show output[0]": {"show": ["input", "output[0]"]},
    "--next Dense(2) --next Flatten()": {"next": ["Dense(2)", "Flatten()"]},
    "--only next --only outputs": {"only": ["next", "outputs"]},
    "--arrays": {"arrays": True},
    "--no-arrays --precision 2": {"arrays": False, "precision": 2},
    "-n": {"dry_run": True},
    "--dry-run --max-memory 0.9": {"dry_run": True, "max_memory": 0.9},
    "--save x.npz --save y.svg --force": {"save": [Path("x.npz"), Path("y.svg")], "force": True},
}


@pytest.mark.parametrize("arguments", ASKED)
def test_words_become_the_fields_of_a_request(
    arguments: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = Mock()
    monkeypatch.setattr("lstm_shapes.app.execute", execute)
    assert command(*arguments.split()).status == 0
    given = dict(vars(execute.call_args.args[0]))
    assert given.pop("repeat")[0] == "lstm-shapes"
    defaults = {name: (None, (), getattr(Request, name)) for name in given}
    changed = {name: value for name, value in given.items() if value not in defaults[name]}
    assert changed == ASKED[arguments]


def test_every_option_is_a_field_of_the_request_and_every_field_an_option() -> None:
    options = set(inspect.signature(cli.command).parameters) - {"context", "version"}
    assert options == {field.name for field in fields(Request)} - {"repeat", "line"}


WHOLE = "must be a whole number from 1 to 2147483647, got"
REFUSED = {
    "--units 0": f"--units {WHOLE} 0$",
    "--units -3": f"--units {WHOLE} -3$",
    "--units five": "--units.* expected a whole number, or several .*, got 'five'",
    "-u 64, 32": "--units.* expected a whole number, .* no blank: -u 64,32 .*, got '64,'",
    "--units 64,0": f"--units {WHOLE} 0$",
    "-u 5 -t 0": f"--timesteps {WHOLE} 0$",
    "--features 1.5": "--features.*'1.5'",
    "-t None": "--timesteps is None, expected a number: the same weights take any length",
    "-t 10,20": "--timesteps.*'10,20'",
    "-t 10 20": "unexpected extra argument.*20",
    f"-b {'9' * 40}": f"--batch-size {WHOLE} 9+",
    f"-b {'9' * 5000}": "--batch-size",
    "--batch-size=": "--batch-size",
    "--units": "--units.* requires an argument",
    "--unit 3": "No such option: --unit .*--units",
    "--return-state=yes": "--return-state.* does not take a value",
    "--seed -1": "--seed must be a whole number from 0 to 4294967295, got -1$",
    "--seed x": "--seed.*'x'",
    "--precision 10": "--precision.* (9, got '10'|10 .*9):",
    "--max-memory nan": "--max-memory.*'nan'|nan: .*--max-memory",
    "--max-memory 0.1": "this needs about .* at most 0.1: TensorFlow alone takes about .*, raise",
    "-u 99999999": "this needs about .* at most 4: reduce the sizes or raise --max-memory",
    "-f 100000000": "this needs about .* at most 4: reduce the sizes or raise --max-mem",
    "-t 5 -t 99999999": "this needs about .* at most 4: reduce the sizes or raise",
    "--compare --return-state": "--compare sets --return-sequences and --return-state, expected",
    "--pytorch -u 1 -u 2": "--pytorch shows one call, expected no other, or --json without a pict",
    "--pytorch --compare --save x.jsonl": "--pytorch shows one call",
    "--pytorch --compare --json --save x.svg": "--pytorch shows one call",
    "--show hidden": "'hidden' is no array of this call, expected one of: input, output, all_c",
    "--show hidden_state": "'hidden_state' is not returned: add --return-state$",
    "--show all_hidden_states[0]": r"'all_hidden_states\[0\]' is not returned: add --return-seq",
    "--show forward_hidden_state --return-state": "is not returned: add --bidirectional$",
    "--show backward_cell_state": "is not returned: add --return-state and --bidirectional$",
    "--show hidden_state --return-state --bidirectional": "'hidden_state' is no array of this call",
    "--compare --show backward_cell_state": "is not returned: add --bidirectional$",
    "--show output[9]": r"'output\[9\]': index 9 is out of bounds for batch, expected an index",
    "--show output[": r"'output\[' cannot be read, expected a name with integers, slices",
    "-n --show input": "--show needs a run, expected no --dry-run beside it$",
    "-n --arrays": "--arrays needs a run, expected no --dry-run beside it$",
    "-n --next Dense(1)": "--next needs a run, expected no --dry-run beside it$",
    "-u 3 -u 4 --next Dense(1)": "--next is for one run, expected no --compare or several sizes",
    "--next Dense": "'Dense' cannot be read, expected a layer of Keras with literals and layers as",
    "--next Lambda(1)": "Lambda brings code, which is not run here, expected another layer$",
    "--show cell_state --layer gru": "'cell_state' is of LSTM alone: h is all that a GRU hands on$",
    "--show all_cell_states --layer gru": "'all_cell_states' is of LSTM alone: h is all that a GR",
    "--show all_cell_states --bidirectional": "'all_cell_states' is no array of this call",
    "--input no.npy": r"'no.npy' cannot be read \(No such file or directory\), expected a .npy",
    "--input text.npy": r"'text.npy' cannot be read \(it is no .npy file",
    "--input empty.npy": r"'empty.npy' has the shape \(2, 0, 4\), which is empty, expected",
    "--input objects.npy": "'objects.npy' holds objects, .* keras.utils.pad_seq.* --lengths with",
    "--input x.npy -t 3 -b 5": "--batch-size is 5 and that of 'x.npy' 2, expected that or none$",
    "--save x.csv": "'x.csv' has no known suffix, expected one of .npz .json .jsonl .svg .html",
    "--save no/x.npz": "'no/x.npz' is in '.*/no', expected a folder that is open to writing$",
    "--save x.py --save old.svg": "'old.svg' exists, expected a new file: --force replaces it$",
    "--save x.svg --save x.svg": "'x.svg' came twice, expected each file once$",
    "--save x.npz -u 1 -u 2": "'x.npz' holds one run and this call makes several, expected one",
    "-n --save x.npz": "'x.npz' needs a run, expected no --dry-run beside it$",
}  # fmt: skip


@pytest.mark.usefixtures("no_keras")
@pytest.mark.parametrize("arguments", [pytest.param(call, id=call[:40]) for call in REFUSED])
def test_a_bad_call_gets_one_sentence_and_nothing_is_done(
    arguments: str, command: Command, folder: Path
) -> None:
    before = sorted(folder.iterdir())
    answer = command(*arguments.split())
    assert (answer.status, answer.stdout) == (2, "")
    assert re.fullmatch("lstm-shapes: .+\n", answer.stderr)
    assert re.search(REFUSED[arguments], answer.stderr, re.MULTILINE)
    assert sorted(folder.iterdir()) == before
    assert Path("old.svg").read_text() == "old"


def test_help_names_every_option_and_default_in_80_columns(command: Command) -> None:
    answer = command("--help")
    assert answer == command("-h")
    assert (answer.status, answer.stderr) == (0, "")
    lines = Text.from_ansi(answer.stdout).plain.splitlines()
    assert max(map(len, lines)) <= 80
    options = [name.replace("_", "-") for name in inspect.signature(cli.command).parameters][1:]
    for option in (*options, "no-arrays", "install-completion"):
        assert any(f"--{option} " in line for line in lines), option
    for name in SIZES:
        (line,) = (line for line in lines if f"--{name.replace('_', '-')} " in line)
        assert f" {getattr(LSTMSpec(), name)} by default" in line


def test_the_version_is_that_of_the_package(command: Command) -> None:
    assert command("--version").stdout == f"lstm-shapes {lstm_shapes.__version__}\n"


@pytest.mark.usefixtures("no_keras")
def test_a_shell_completes_options(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_LSTM_SHAPES_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "lstm-shapes --ret")
    monkeypatch.setenv("COMP_CWORD", "1")
    answer = command()
    assert (answer.status, answer.stdout.split(), answer.stderr) == (0, [*BOTH], "")


@pytest.mark.usefixtures("without_keras", "folder")
@pytest.mark.parametrize(
    "call",
    [
        "-t 100 -u 300 -b 9 -f 7 --return-sequences --return-state --no-arrays",
        "-u 3 -u 4,5 --seed 8",
        "-u 6,5 --bidirectional --precision 0 --arrays --pytorch --max-memory 3.5",
        "--return-state --show 'input[ 0,\n:1]' --show output --save new.svg --force",
        "--compare --input '{a folder}/x.npy'",
    ],
)
def test_the_words_below_repeat_with_make_the_same_screen(call: str, command: Command) -> None:
    Path("{a folder}").mkdir()
    Path("x.npy").rename("{a folder}/x.npy")
    first = command(*shlex.split(call))
    Path("new.svg").unlink(missing_ok=True)
    assert command(*pasted_words(first.stdout)) == first
    assert not Path("new.svg").exists()


def test_a_run_of_keras_is_made_again_by_its_seed(command: Command) -> None:
    answer = command(*BOTH, "--json")
    assert (answer.status, answer.stderr) == (0, "")
    document = json.loads(answer.stdout)
    assert [array["shape"] for array in document["outputs"]] == [[1, 3, 5], [1, 5], [1, 5]]
    assert all(identity["holds"] for identity in document["identities"])
    seeds = (str(document["seed"] + more) for more in (0, 1))
    again, other = (command(*BOTH, "--json", "--seed", seed) for seed in seeds)
    assert again == answer
    assert json.loads(other.stdout)["outputs"] != document["outputs"]


@pytest.mark.usefixtures("without_keras", "folder")
def test_an_input_has_its_sizes_which_the_call_may_repeat(command: Command) -> None:
    call, sizes = ["--input", "x.npy", "--json", "--seed", "1"], ["-b", "2", "-t", "3", "-t", "3"]
    read, again = (json.loads(command(*call, *more).stdout) for more in ([], sizes))
    assert again.pop("repeat") == "lstm-shapes -t 3 -t 3 -b 2 --input x.npy --seed 1"
    assert again == {name: read[name] for name in again}
    read = read["input"]
    assert (read["file"], read["shape"]) == ("x.npy", [2, 3, 4])
    np.testing.assert_array_equal(read["values"], np.load("x.npy"))


@pytest.mark.parametrize(("flags", "sign"), [((), "(1, {})"), (("--json",), '"units":[{}]')])
def test_a_sweep_answers_each_run_before_it_makes_the_next(
    flags: tuple[str, ...],
    sign: str,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    def watched(specs: Iterable[LSTMSpec], **_: object) -> Iterator[Run]:
        for spec in specs:
            yield fixed_run(spec)
            seen.append(capsys.readouterr().out)

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", watched)
    seen.append(command("-u", "4", "-u", "2", "-u", "3", *flags).stdout)
    units = (2, 3, 4)
    assert [[u for u in units if sign.format(u) in text] for text in seen] == [[4], [2], [3]]


def test_a_layer_that_keras_has_not_is_refused_with_the_nearest_names(command: Command) -> None:
    answer = command("--next", "TimeDistributed(dens(1))", "--json")
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr.startswith("lstm-shapes: Keras has no layer 'dens', expected one like De")


@pytest.mark.usefixtures("without_keras", "folder")
def test_files_are_saved_beside_json(command: Command) -> None:
    answer = command("-u", "2", "-u", "3", "--json", "--save", "x.jsonl", "--save", "x.svg")
    assert (answer.status, answer.stderr) == (0, "")
    assert [json.loads(line)["sizes"]["units"] for line in answer.stdout.splitlines()] == [[2], [3]]
    assert Path("x.jsonl").read_text() == answer.stdout
    assert Path("x.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.usefixtures("no_keras", "folder")
def test_what_changes_nothing_that_a_dry_run_shows_is_accepted(command: Command) -> None:
    flags = "--no-arrays --seed 3 --precision 2 --force --max-memory 0"
    answer = command("-n", *flags.split())
    assert (answer.status, answer.stderr) == (0, "")


@pytest.mark.usefixtures("no_keras", "folder")
def test_counts_of_any_size_are_exact(command: Command) -> None:
    answer = command("-n", "--json", "--save", "x.json", "-u", "2147483647", "-f", "2147483647")
    count = 4 * 2147483647 * (2 * 2147483647 + 1)
    assert json.loads(answer.stdout)["parameters"]["total"] == count > 2**64
    assert Path("x.json").read_text() == answer.stdout
