"""Many calls in one process (-i), from a file, from a pipe or at a terminal."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from lstm_shapes import cli
from lstm_shapes.errors import TensorFlowError
from lstm_shapes.prompt import HELP, completions, typed_calls
from lstm_shapes.repeat import quoted_for_bash
from tests.conftest import Answer, Command
from tests.terminal import COMMAND, Terminal, in_a_shell

Sitting = Callable[..., Answer]
MODEL = Path(__file__).parent / "models" / "model.keras"


# Calls come from a file or a pipe.


@pytest.fixture
def sitting(command: Command, monkeypatch: pytest.MonkeyPatch) -> Sitting:
    """Call the command with `-i --json` and these lines as its standard input."""

    def sit(lines: str, *arguments: str) -> Answer:
        stdin = TextIOWrapper(BytesIO(os.fsencode(lines)))
        monkeypatch.setattr(sys, "stdin", stdin)
        return command("-i", "--json", *arguments)

    return sit


def documents_of(answer: Answer) -> list[dict[str, Any]]:
    """Return the documents on stdout, which must hold nothing else."""
    return [json.loads(line) for line in answer.stdout.splitlines()]


def codes_of(answer: Answer) -> list[str]:
    """Return the layer of each answer, as written in Keras."""
    return [document["code"] for document in documents_of(answer)]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        pytest.param(
            "-u 7\n-u 8",
            ["LSTM(7)", "LSTM(8)"],
            id="in order, without a newline at the end",
        ),
        pytest.param(
            "\ufeff-u 7\r\n-u 8\r\n",
            ["LSTM(7)", "LSTM(8)"],
            id="as Windows writes files",
        ),
        pytest.param(
            "\n   \n\t\n-u 7\n\n",
            ["LSTM(7)"],
            id="blank lines",
        ),
        pytest.param(
            "lstm-shapes\nlstm-shapes -u 7\n",
            ["LSTM(5)", "LSTM(7)"],
            id="as pasted",
        ),
        pytest.param(
            "# -u 6\n  # -u 6\n-u 7 # -u 8, don't\n",
            ["LSTM(7)"],
            id="comments",
        ),
        pytest.param(
            "\"-u\" '7'\n--unit\\s=8\n",
            ["LSTM(7)", "LSTM(8)"],
            id="as a shell quotes",
        ),
        pytest.param(
            "-u \\\n7 \\\n-t 2\n-u 8\n",
            ["LSTM(7)", "LSTM(8)"],
            id="joined lines",
        ),
        pytest.param(
            "-u 7 \\\n\n-u 8\n",
            ["LSTM(7)", "LSTM(8)"],
            id="joined with a blank line",
        ),
        pytest.param(
            "# -u 6 \\\n-u 7 # -u 6 \\\nLSTM(8) # -t 6, don't \\\nLSTM(9)#\\\n",
            ["LSTM(7)", "LSTM(8)", "LSTM(9)"],
            id="comments join nothing",
        ),
        pytest.param(
            "-u 7 \\\n# -u 6 \\\n-u 8\n",
            ["LSTM(7)", "LSTM(8)"],
            id="a comment in a joined line",
        ),
        pytest.param(
            f"LSTM({' ' * 900_000}7)\n-u {' ' * 900_000}8\n",
            ["LSTM(7)", "LSTM(8)"],
            id="as long as a file",
        ),
        pytest.param(
            "lstm-shapes \\\nLSTM(7, name='# a') \\\n-t 2\nlstm-shapes # -u 8\n",
            ['LSTM(7, name="# a")', "LSTM(5)"],
            id="code behind the name",
        ),
    ],
)
def test_each_line_is_a_call(lines: str, codes: list[str], sitting: Sitting) -> None:
    answer = sitting(lines, "-n")
    assert (answer.status, answer.stderr) == (0, "")
    assert codes_of(answer) == codes


def test_a_wrong_line_is_one_sentence_and_all_right_lines_are_answered(
    sitting: Sitting,
) -> None:
    answer = sitting("-u 3\n-u 0\n-u 5 \\\n--unit 5\n--show 'input\n-u 4\n", "-n")
    assert answer.status == 2
    assert codes_of(answer) == ["LSTM(3)", "LSTM(4)"]
    wrong_size, wrong_option, wrong_quotes = answer.stderr.splitlines()
    assert re.fullmatch(r"lstm-shapes: line 2 \(-u 0\): .*--units.*", wrong_size)
    assert re.fullmatch(
        r"lstm-shapes: line 3 \(-u 5 --unit 5\): --unit is no option, .* --units",
        wrong_option,
    )
    assert re.fullmatch(
        r"lstm-shapes: line 5 \(--show 'input\): .*quote ' is not.*", wrong_quotes
    )


def test_a_long_wrong_line_is_shortened_in_its_error(sitting: Sitting) -> None:
    answer = sitting(f"-u {'9' * 1000} --seed x\n", "-n")
    place = re.match(r"lstm-shapes: line 1 \(-u 9+\.\.\.9+ --seed x\): ", answer.stderr)
    assert place
    assert len(place[0]) < 130


def test_a_backslash_with_no_line_behind_it_is_refused(sitting: Sitting) -> None:
    """A program that hands out lines one by one has cut such a call in two."""
    answer = sitting("-u 4\n-u 3 \\\n", "-n")
    assert answer.status == 2
    assert codes_of(answer) == ["LSTM(4)"]
    assert answer.stderr.startswith("lstm-shapes: line 2 (-u 3 \\): the call ends in a")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("-u 5#3", id="behind a number"),
        pytest.param("-u ''#3", id="behind quotes"),
        pytest.param("-u 5\\\n#3", id="behind a joined line"),
        pytest.param("-u \\#3", id="behind a backslash"),
    ],
)
def test_a_hash_inside_of_a_word_begins_no_comment(line: str, sitting: Sitting) -> None:
    answer = sitting(line, "-n")
    assert (answer.status, answer.stdout) == (2, "")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(r"""-a 'b c'"d 'e'"f ''  -g""", id="quotes"),
        pytest.param(r"""-a\ b \'c\" "\$d \e \"" '\f'""", id="backslashes"),
        pytest.param(r"""-a#b # 'c""", id="comment"),
        pytest.param(r"""-a''#b \#c "#d" \ #e""", id="no comment"),
        pytest.param(r"""-a$'b\n\t\'\\\x41\101\u00e9\xc3\xa9\q'c""", id="escapes"),
        pytest.param("-a\\\nb 'c\\\nd' \"e\\\nf\" $'g\\\nh' \\\n#i", id="joined lines"),
    ],
)
def test_the_words_of_a_line_are_those_of_bash(lines: str) -> None:
    script = f"printf '%s\\0' {lines}"
    bash = subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    (call,) = typed_calls(lines.splitlines())
    assert call.words == os.fsdecode(bash.stdout).split("\0")[:-1]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("x#1.npy", id="hash"),
        pytest.param("a b'c\"d\\e$f.npy", id="quotes"),
        pytest.param("caf\u00e9 \u4e2d.npy", id="unicode"),
        pytest.param("a\nb\tc'd\\\u00e9\x1b\u2028.npy", id="not printable"),
        pytest.param("a\udcffb.npy", id="in no encoding"),
    ],
)
def test_the_call_that_makes_an_answer_again_can_be_a_line(
    name: str, sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(name, np.ones((2, 3, 4)))
    words = quoted_for_bash(name)
    answer = sitting(f"--input {words}\n", "-n")
    (document,) = documents_of(answer)
    again = documents_of(sitting(f"{document['repeat']}\n"))
    assert again == [document]
    assert document["input"]["shape"] == [2, 3, 4]


@pytest.mark.parametrize(
    "line",
    [
        "-i",
        "-ni",
        "-u 5 --help",
        "-nh",
        "--version",
        "--install-completion",
        "--install-completion=bash",
        "--install-comp",
        "--show-completion",
    ],
)
def test_options_of_a_whole_process_are_refused_in_a_line(
    line: str, sitting: Sitting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    answer = sitting(f"{line}\n-u 4\n", "-n")
    assert answer.status == 2
    assert re.fullmatch("lstm-shapes: line 1 .+\n", answer.stderr)
    assert codes_of(answer) == ["LSTM(4)"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["5", "output", "64,32"])
def test_a_line_without_a_layer_is_told_which_there_are(
    line: str, sitting: Sitting
) -> None:
    answer = sitting(line, "-n")
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"lstm-shapes: line 1 ({line}): '{line}' holds no layer, expected LSTM, GRU or SimpleRNN"
        " as written in Keras, or Bidirectional around one\n"
    )


@pytest.fixture
def explore_many(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Make no runs, without Keras: the answers are what is known."""
    explore_many = Mock(return_value=())
    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_many)
    return explore_many


def test_the_status_is_1_if_a_run_failed(sitting: Sitting, explore_many: Mock) -> None:
    explore_many.side_effect = TensorFlowError("memory ran out")
    answer = sitting("-u 4\n-u 3 -n\n")
    assert answer.status == 1


def test_the_status_is_2_if_a_line_was_wrong_and_a_run_failed(
    sitting: Sitting, explore_many: Mock
) -> None:
    explore_many.side_effect = TensorFlowError("memory ran out")
    answer = sitting("-u 3 -n\n-u 0\n-u 4\n-u 3 -n\n")
    assert answer.status == 2
    assert codes_of(answer) == ["LSTM(3)", "LSTM(3)"]
    assert answer.stderr.endswith("lstm-shapes: line 3 (-u 4): memory ran out\n")


def test_one_drawn_seed_serves_all_lines_that_give_none(
    sitting: Sitting, explore_many: Mock
) -> None:
    sitting("-u 3\n-u 4 --seed 8\n-u 5\n")
    seeds = [call.kwargs["seed"] for call in explore_many.call_args_list]
    drawn_seed = seeds[0]
    assert seeds == [drawn_seed, 8, drawn_seed]


def test_the_seed_beside_it_serves_all_lines_that_give_none(
    sitting: Sitting, explore_many: Mock
) -> None:
    sitting("-u 3\n-u 4 --seed 8\n", "--seed", "7")
    seeds = [call.kwargs["seed"] for call in explore_many.call_args_list]
    assert seeds == [7, 8]


def test_every_answer_has_its_line_and_the_call_that_makes_it_again(
    sitting: Sitting,
) -> None:
    lines = [
        "# a comment",
        "-u 7 \\",
        "-t 2",
        "",
        "-u 0",
        "-u 8 -u 9",
        "--compare",
        str(MODEL),
        f"{MODEL} lstm",
    ]
    answer = sitting("\n".join(lines), "-n")
    pairs = Counter(
        (document["line"], document["repeat"]) for document in documents_of(answer)
    )
    assert pairs == {
        (2, "lstm-shapes -t 2 -u 7 -n"): 1,
        (6, "lstm-shapes -u 8 -u 9 -n"): 2,
        (7, "lstm-shapes --compare -n"): 4,
        (8, f"lstm-shapes {MODEL} -n"): 2,
        (9, f"lstm-shapes {MODEL} lstm -n"): 1,
    }


# How a call of some units may be written, and how many answers it has; None is no call.
FORMS_OF_CALLS = [
    ("-u {0}", 1),
    ("lstm-shapes -t 2 --units={0} --return-state  # of many", 1),
    ("'LSTM({0})' -f 8", 1),
    ("LSTM({0}, name='a # b') -t 4 # don't \\", 1),
    ("-u \\\n{0} \\\n -b 2", 1),
    ("$'LSTM\\x28{0}\\51' -t 2", 1),
    (">>> GRU({0}, return_state=True)", 1),
    ("-u {0} -t 2 -t 3", 2),
    ("--compare -u {0}", 4),
    ("-u {0} --layer GRU --layer SimpleRNN --bidirectional", 2),
    ("# -u {0} \\", None),
    ("", None),
    ("-u {0}#1", 0),
    ("-u {0} --return-stat", 0),
    ("-u {0} --version", 0),
    ("-u {0} -t 0", 0),
    ("LSTM({0}) 'x", 0),
    ("LSTM({0}", 0),
]


def test_every_answer_and_error_of_many_mixed_lines_is_paired_with_its_call(
    sitting: Sitting,
) -> None:
    random = Random(7)
    lines: list[str] = []
    answer_counts: dict[int, int] = {}
    units_of_lines: dict[int, int] = {}
    for units in range(1, 151):
        form, answer_count = random.choice(FORMS_OF_CALLS)
        number = len(lines) + 1
        lines.extend(form.format(units).split("\n"))
        units_of_lines[number] = units
        if answer_count is not None:
            answer_counts[number] = answer_count

    answer = sitting("\n".join(lines) + "\n", "-n")

    documents = documents_of(answer)
    wrong_lines = re.findall(
        r"^lstm-shapes: line (\d+) \(", answer.stderr, re.MULTILINE
    )
    counts = Counter(document["line"] for document in documents)
    counts.update({int(line): 0 for line in wrong_lines})
    assert counts == answer_counts
    assert len(wrong_lines) == list(answer_counts.values()).count(0)
    for document in documents:
        assert document["sizes"]["units"] == [units_of_lines[document["line"]]]
    repeats = [document["repeat"] for document in documents if document["call"] == 0]
    again = documents_of(sitting("\n".join(repeats) + "\n"))
    for document in (*documents, *again):
        del document["line"]
    assert again == documents


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_a_saved_list_of_layers_has_its_line_too(
    suffix: str, sitting: Sitting, tmp_path: Path
) -> None:
    path = tmp_path / f"list{suffix}"
    sitting(f"\n{MODEL} --save {path}\n", "-n")
    for line in path.read_text().splitlines():
        document = json.loads(line)
        assert document["line"] == 2
        assert document["repeat"] == f"lstm-shapes {MODEL} -n"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a.json", id="the same name"),
        pytest.param("b/../a.json", id="another path"),
        pytest.param("link.json", id="a link to it"),
        pytest.param("folder/a.json", id="through a linked folder"),
    ],
)
def test_two_lines_do_not_save_to_one_file(
    name: str, sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--force` is for files that were there before, as this one was."""
    monkeypatch.chdir(tmp_path)
    Path("b").mkdir()
    Path("a.json").touch()
    Path("link.json").symlink_to("a.json")
    Path("folder").symlink_to(".")
    answer = sitting(
        f"-u 3 --save a.json --force\n-u 4 --save {name} --force\n-u 5\n", "-n"
    )
    assert answer.status == 2
    assert codes_of(answer) == ["LSTM(3)", "LSTM(5)"]
    assert f"line 2 (-u 4 --save {name} --force): '{name}' is what line 1" in (
        answer.stderr
    )
    assert json.loads(Path("a.json").read_text())["code"] == "LSTM(3)"


def test_a_line_may_save_to_the_file_of_a_line_that_failed(
    sitting: Sitting, explore_many: Mock, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    explore_many.side_effect = [TensorFlowError("memory ran out"), ()]
    answer = sitting(f"-u 3 --save {path}\n-u 4 --save {path}\n")
    assert codes_of(answer) == ["LSTM(4)"]
    assert json.loads(path.read_text())["code"] == "LSTM(4)"


def test_a_line_cannot_read_its_input_from_the_stdin_that_holds_the_lines(
    sitting: Sitting,
) -> None:
    answer = sitting("--input -\n", "-n")
    assert (answer.status, answer.stdout) == (2, "")
    assert re.search(
        r" line 1 \(--input -\): --input - is standard input, which holds the lines of --interactive",
        answer.stderr,
    )


def test_the_options_beside_it_are_the_defaults_of_each_line(
    sitting: Sitting,
) -> None:
    answer = sitting(
        "-u 4\n--return-sequences\n",
        "-n",
        "--timesteps=9",
        "--return-state",
    )
    four_units, five_units = documents_of(answer)
    assert four_units["code"] == "LSTM(4, return_state=True)"
    assert four_units["sizes"]["timesteps"] == 9
    assert five_units["code"] == "LSTM(5, return_sequences=True, return_state=True)"
    assert five_units["sizes"]["timesteps"] == 9


@pytest.mark.parametrize(
    ("beside", "line", "repeat"),
    [
        pytest.param("-u 8", "-u 3", "-u 3", id="a size"),
        pytest.param("-u 8 -u 9", "-t 2 -t 4", "-t 2 -t 4 -u 8 -u 9", id="two sizes"),
        pytest.param("--layer GRU", "--layer LSTM", "--layer LSTM", id="the kind"),
        pytest.param("--layer GRU", "-u 4", "-u 4 --layer GRU", id="another option"),
        pytest.param("-u 8", ">>> GRU(3)", "'GRU(3)'", id="code over units"),
        pytest.param("--return-state", "--no-return-state", "", id="a flag"),
        pytest.param(
            "--bidirectional",
            "--no-bidirectional --return-state",
            "--return-state",
            id="directions",
        ),
        pytest.param("--compare", "--no-compare", "", id="the comparison"),
        pytest.param(
            "--return-state", "--compare", "--compare", id="a comparison over a flag"
        ),
        pytest.param(
            "--compare", "--return-state", "--return-state", id="a flag over it"
        ),
        pytest.param(
            "-b 4", "--lengths 3,1", "--lengths 3,1", id="lengths over samples"
        ),
        pytest.param("--pytorch", "--no-pytorch", "", id="PyTorch"),
        pytest.param("-b 4 --padding pre", "-u 3", "-u 3 -b 4", id="padding of none"),
        pytest.param(
            "--padding pre",
            "--lengths 3,1",
            "--lengths 3,1 --padding pre",
            id="padding of lengths on a line",
        ),
        pytest.param(
            "--lengths 3,1 --padding pre", "-b 4", "-b 4", id="samples over lengths"
        ),
        pytest.param(
            "--lengths 3,1", "-t 7", "-t 7 --lengths 3,1", id="timesteps for lengths"
        ),
        pytest.param("--lengths 3,1", "-t 2", "-t 2", id="timesteps over lengths"),
        pytest.param(
            "-t 2 -f 8",
            "--lengths 3,1",
            "-f 8 --lengths 3,1",
            id="lengths over timesteps",
        ),
        pytest.param(
            "-t 2 -f 8 -b 3",
            "LSTM(3, input_shape=(7, 2))",
            "'LSTM(3, input_shape=(7, 2))' -b 3",
            id="sizes in code",
        ),
        pytest.param(
            "-f 8", f"{MODEL} lstm", f"{MODEL} lstm", id="sizes in a model file"
        ),
        pytest.param("-D n=4", "-u 3", "-u 3", id="a value for no name"),
        pytest.param(
            "-D n=4", "LSTM(n)", "'LSTM(n)' -D n=4", id="a value for a name on a line"
        ),
        pytest.param(
            "-D n=4", f"{MODEL} lstm", f"{MODEL} lstm", id="a value for no code"
        ),
        pytest.param("--only drawing", "--json", "", id="documents over sections"),
        pytest.param("--force --light", "-u 3", "-u 3", id="settings of no file"),
        pytest.param("LSTM(8)", "-t 2", "'LSTM(8)' -t 2", id="code"),
        pytest.param("LSTM(8)", "-u 3", "-u 3", id="a size over code"),
        pytest.param("-u 8", "LSTM(3)", "'LSTM(3)'", id="code over a size"),
        pytest.param("LSTM(8)", "GRU(3)", "'GRU(3)'", id="other code"),
    ],
)
def test_a_line_overrides_the_options_beside_it(
    beside: str, line: str, repeat: str, sitting: Sitting
) -> None:
    """The call that makes an answer again needs nothing that stood beside `-i`."""
    answer = sitting(f"{line}\n", "-n", *beside.split())
    assert (answer.status, answer.stderr) == (0, "")
    expected = f"lstm-shapes {repeat} -n".replace("  ", " ")
    assert {document["repeat"] for document in documents_of(answer)} == {expected}


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    ("beside", "line", "repeat"),
    [
        pytest.param("-D n=4 --next Dense(n)", "-u 8", "-u 8 -D n=4 --next 'Dense(n)'"),
        pytest.param(
            "-D n=4 --next Dense(n)",
            "GRU(n)",
            "'GRU(n)' -D n=4 --next 'Dense(n)'",
        ),
        pytest.param(
            "-D n=4 --next Dense(n)",
            f"{MODEL} lstm",
            f"{MODEL} lstm -D n=4 --next 'Dense(n)'",
        ),
        pytest.param("-D n=4 --next Dense(n)", "--compare", "--compare"),
        pytest.param("-D n=4 --next Dense(n)", "-u 8 -u 9", "-u 8 -u 9"),
        pytest.param("-D n=4 --next Dense(n)", "-n", "-n"),
        pytest.param("--compare", "--next Dense(2)", "--next 'Dense(2)'"),
    ],
)
def test_a_layer_to_try_beside_it_keeps_its_values_and_makes_way_for_several_calls(
    beside: str, line: str, repeat: str, sitting: Sitting
) -> None:
    answer = sitting(f"{line}\n", "--seed", "7", *beside.split())
    assert (answer.status, answer.stderr) == (0, "")
    for document in documents_of(answer):
        assert document["repeat"].removesuffix(" --seed 7") == f"lstm-shapes {repeat}"


def test_an_input_on_a_line_is_no_table_for_the_window_beside_it(
    screens: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.ones((2, 6, 1)))
    np.save("table.npy", np.ones((9, 4)))
    lines = "--input x.npy\n--input table.npy --window 5\n\n"
    answer = screens(lines, "-n", "--input", "table.npy", "--window", "3")
    shapes = re.findall(r"^input (\(.*?\))", answer.stdout, re.MULTILINE)
    assert shapes == ["(2, 6, 1)", "(5, 5, 4)"]
    answer = screens("--input table.npy\n", "-n", "--window", "3")
    assert "input (7, 3, 4)" in answer.stdout


@pytest.mark.parametrize(
    ("beside", "sentence"),
    [
        pytest.param("-u 0", "--units: got 0, expected", id="no size"),
        pytest.param("--seed x", "--seed: got 'x', expected", id="no number"),
        pytest.param("--compare --return-state", "--compare sets", id="contradiction"),
        pytest.param("--padding x", "--padding: got 'x'", id="no padding"),
        pytest.param("-D n", "'n' is no definition", id="no definition"),
        pytest.param(f"{MODEL}", "--interactive came beside a model", id="no layer"),
        pytest.param("LSTM(5) a b", "'b' came behind 'LSTM(5)' and 'a'", id="a word"),
    ],
)
def test_what_stands_beside_it_is_judged_before_a_line_is_read(
    beside: str, sentence: str, sitting: Sitting
) -> None:
    answer = sitting("-u 4\n-u 5\n", "-n", *beside.split())
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"lstm-shapes: {sentence}")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_is_answered_at_once_is_answered_beside_it_too(
    option: str, screens: Sitting
) -> None:
    answer = screens("-u 4\n", "-n", option)
    assert answer.status == 0
    assert "LSTM(4)" not in answer.stdout


def test_a_line_that_contradicts_itself_is_refused(sitting: Sitting) -> None:
    answer = sitting("--compare --return-state\n", "-n", "--compare")
    assert answer.status == 2
    assert (
        " line 1 (--compare --return-state): --compare sets --return-sequences and "
        in answer.stderr
    )


@pytest.fixture
def screens(command: Command, monkeypatch: pytest.MonkeyPatch) -> Sitting:
    """Call the command with `-i` and these lines as its standard input."""

    def sit(lines: str, *arguments: str) -> Answer:
        stdin = TextIOWrapper(BytesIO(lines.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        return command("-i", *arguments)

    return sit


def test_a_line_overrides_the_sections_beside_it(screens: Sitting) -> None:
    answer = screens("\n--only outputs\n", "-n", "--only", "drawing,parameters")
    assert answer.stdout.count("Parameters") == 0
    assert answer.stdout.count("Outputs") == 1


def test_an_input_in_a_line_overrides_the_sizes_beside_it(
    sitting: Sitting, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 6, 1)))
    answer = sitting(f"--input '{tmp_path}/x.npy'\n", "-n", "-b", "32", "-t", "9")
    (document,) = documents_of(answer)
    assert document["input"]["shape"] == [2, 6, 1]
    assert document["code"] == "LSTM(5)"


@pytest.mark.usefixtures("without_keras")
def test_the_footer_comes_once_and_then_on_the_word_repeat(screens: Sitting) -> None:
    answer = screens("-u 6\n-u 7\n-u 8 -u 9\nrepeat\n", "--seed", "7", "--no-arrays")
    before_repeat, call = answer.stdout.rsplit("lstm-shapes -u", 1)
    assert "--seed 7" in before_repeat
    assert before_repeat.count("repeat with") == 1
    assert " ".join(call.split()) == "8 -u 9 --no-arrays --seed 7"


@pytest.mark.usefixtures("without_keras")
def test_a_screen_without_a_footer_leaves_it_to_the_next_one(screens: Sitting) -> None:
    answer = screens("--only outputs\n-u 0\n--no-arrays\n-u 7 --no-arrays\n")
    first_screens, last_screen = answer.stdout.split("LSTM(7)")
    assert first_screens.count("repeat with") == 1
    assert "repeat with" not in last_screen


def test_a_footer_of_a_dry_run_leaves_that_of_a_run(
    screens: Sitting,
    without_keras: None,  # noqa: ARG001
) -> None:
    answer = screens("-n\n-n\n--no-arrays\n")
    assert answer.stdout.count("computed, without Keras") == 1
    assert answer.stdout.count("repeat with") == 1


def test_without_a_call_there_is_none_to_repeat(screens: Sitting) -> None:
    answer = screens("repeat\n-u 0\nrepeat\n", "-n")
    assert (answer.status, answer.stdout) == (2, "")
    assert "line 1 (repeat): there is no call to repeat yet" in answer.stderr
    assert "line 3 (repeat): there is no call to repeat yet" in answer.stderr


def test_help_names_options_that_there_are() -> None:
    options = cli.options_of_command(cli.command_parser())
    named_options = set(re.findall(r"(?<!\S)--?[a-z-]+", HELP))
    assert len(named_options) > 10
    assert named_options <= set(options)


@pytest.mark.parametrize("word", ["help", "?", "-h", " --help ", "lstm-shapes --help"])
def test_help_comes_from_a_line_too(word: str, screens: Sitting) -> None:
    answer = screens(f"{word}\n", "-n")
    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout.endswith("All options: lstm-shapes --help, in a shell.\n")


@pytest.mark.parametrize("word", ["help", "?", "-h", "repeat"])
def test_no_text_stands_among_answers_in_json(word: str, sitting: Sitting) -> None:
    answer = sitting(f"-u 3\n{word}\n-u 4\n", "-n")
    assert codes_of(answer) == ["LSTM(3)", "LSTM(4)"]
    assert f"line 2 ({word}): {word} shows text" in answer.stderr


@pytest.mark.parametrize("word", ["quit", "exit"])
def test_a_word_ends_a_sitting(word: str, sitting: Sitting) -> None:
    answer = sitting(f"-u 4\n{word}\n-u 6\n", "-n")
    assert codes_of(answer) == ["LSTM(4)"]


def test_empty_lines_are_passed_over(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty megabytes of them once seemed to hang: the options of each were read."""
    read_options = Mock(wraps=cli.options_of)
    monkeypatch.setattr(cli, "options_of", read_options)
    assert codes_of(sitting("\n" * 20_000 + "-u 7\n", "-n")) == ["LSTM(7)"]
    # Once for what stands beside -i, and once for the line that is not empty.
    assert read_options.call_count == 2


def test_a_closed_stdin_is_a_wrong_call(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    answer = command("-i")
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr.startswith("lstm-shapes: standard input is closed")


def test_a_stdin_that_cannot_be_read_is_a_failure(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/proc/self/mem") as unreadable:
        monkeypatch.setattr(sys, "stdin", unreadable)
        answer = command("-i")
    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.startswith("lstm-shapes: standard input or output failed")


def test_an_answer_is_out_before_the_next_line_is_read() -> None:
    with subprocess.Popen(
        [*COMMAND, "-i", "-n", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        print("-u 3", file=process.stdin, flush=True)
        assert json.loads(process.stdout.readline())["code"] == "LSTM(3)"
        print("-u 4", file=process.stdin, flush=True)
        assert json.loads(process.stdout.readline())["code"] == "LSTM(4)"


def test_a_line_that_comes_late_on_a_pipe_that_does_not_wait_is_answered() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with subprocess.Popen(
        [*COMMAND, "-i", "-n", "--json"], stdin=reader, stdout=subprocess.PIPE
    ) as process:
        os.close(reader)
        assert process.stdout
        for units in (3, 4):
            # When the first answer is there, the command waits for the second line.
            time.sleep(0.5)
            os.write(writer, f"-u {units}\n".encode())
            answer = json.loads(process.stdout.readline())
            assert answer["code"] == f"LSTM({units})"
        os.close(writer)
    assert process.returncode == 0


def test_a_sitting_ends_when_nobody_reads_its_answers() -> None:
    """There is no end of the lines."""
    finished = in_a_shell("$L -i -n --json < <(yes -- '-u 3') | head -c 1")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "{", "")


# Calls are typed at a terminal.

PROMPT = "lstm-shapes> "
ENTER = "\r"
TAB = "\t"
BACKSPACE = "\x7f"
UP = "\x1b[A"
CTRL_D = "\x04"
ESCAPE_SEQUENCES = r"\x1b\[[0-9;?]*[a-zA-Z]"
CARRIAGE_RETURNS = r"\r(?=\n)"


class Talk(Terminal):
    """The command with -i on a terminal, from one prompt to the next."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("-i", *arguments)
        self.read_to_prompt()

    def ask(self, line: str) -> str:
        """Type a line, and return what is shown up to the next prompt."""
        before = len(self.shown)
        self.type(line + ENTER)
        return self.read_to_prompt(before)

    def interrupt(self) -> str:
        """Press Ctrl-C, and return what is shown up to the next prompt."""
        # Wait until Python waits for a key: before, it heeds Ctrl-C at the next key.
        time.sleep(0.2)
        before = len(self.shown)
        self.process.send_signal(signal.SIGINT)
        return self.read_to_prompt(before)

    def read_to_prompt(self, since: int = 0) -> str:
        """Read up to the next prompt, and return the text shown since."""
        while not self.shown[since:].endswith(PROMPT):
            assert self.read(), self.shown[since:]
        text = re.sub(ESCAPE_SEQUENCES, "", self.shown[since:])
        return re.sub(CARRIAGE_RETURNS, "", text)


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Sit at a prompt that never needs Keras."""
    talk = Talk("-n", "--seed", "7")
    yield talk
    talk.process.kill()
    talk.finish()


def test_the_seed_is_said_at_the_start(talk: Talk) -> None:
    assert "Seed 7\r\n" in talk.shown


def test_a_wrong_line_at_a_prompt_is_one_sentence_without_a_number(talk: Talk) -> None:
    screen = talk.ask("-u 0")
    assert re.fullmatch(f"-u 0\nlstm-shapes: .*--units.*\n{PROMPT}", screen)


def test_code_at_a_prompt_goes_on_until_its_bracket_is_closed(talk: Talk) -> None:
    screen = talk.ask(f"GRU({ENTER}7) --return-state")
    assert "\nGRU(7, return_state=True)\n" in screen


@pytest.mark.parametrize("word", ["help", "?"])
def test_help_at_a_prompt_fits_half_a_screen(word: str, talk: Talk) -> None:
    lines = talk.ask(word).splitlines()
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 80
    assert "Ctrl-D ends" in lines[-3]


def test_the_words_of_a_prompt_are_completed(talk: Talk) -> None:
    talk.ask("--only drawing -t 2")
    assert "\n  lstm-shapes -t 2 --only drawing -n\n" in talk.ask(f"rep{TAB}")


def test_a_line_at_a_prompt_may_replace_the_file_of_another(
    talk: Talk, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    talk.ask(f"-u 3 --save {path}")
    assert "saved " in talk.ask(f"-u 4 --save {path} --force")
    assert json.loads(path.read_text())["code"] == "LSTM(4)"


def test_a_comment_at_a_prompt_shows_nothing(talk: Talk) -> None:
    assert talk.ask("# a comment") == f"# a comment\n{PROMPT}"


@pytest.mark.parametrize(
    ("typed", "end"),
    [
        pytest.param("-u 0", "u 0", id="a line"),
        pytest.param("-u 0 \\\r -t", " -t", id="joined lines"),
    ],
)
def test_ctrl_c_drops_what_is_typed(typed: str, end: str, talk: Talk) -> None:
    before = len(talk.shown)
    talk.type(typed)
    talk.wait_for(end, before)
    assert talk.interrupt().endswith(f"\n{PROMPT}")


def test_a_line_is_edited_and_its_options_are_completed(talk: Talk) -> None:
    screen = talk.ask(f"-u 8{BACKSPACE}9 --return-st{TAB}")
    assert "\nLSTM(9, return_state=True)\n" in screen


def test_a_line_is_recalled_and_joined_with_the_next(talk: Talk) -> None:
    talk.ask("-u 9 --return-state")
    screen = talk.ask(f"{UP} \\{ENTER}--bid{TAB}")
    assert "\nBidirectional(LSTM(9, ret" in screen


def test_the_name_of_an_array_is_completed_inside_quotes(talk: Talk) -> None:
    screen = talk.ask(f"--show 'forward_ce{TAB}[0, 1]'")
    assert "--show 'forward_cell_state[0, 1]'\nlstm-shapes: --show needs" in screen


def test_ctrl_c_before_the_first_prompt_ends_nothing() -> None:
    terminal = Terminal("-i", "--seed", "7")
    terminal.wait_for("Seed 7")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for(PROMPT)
    terminal.type(f"-n -u 8{ENTER}")
    terminal.wait_for("LSTM(8)")
    terminal.wait_for(PROMPT, terminal.shown.index("LSTM(8)"))
    terminal.type(CTRL_D)
    assert terminal.finish() == 0


def test_exit_ends_the_sitting() -> None:
    talk = Talk("-n", "--seed", "7")
    talk.type(f"exit{ENTER}")
    assert talk.finish() == 0
    assert talk.shown.endswith(f"{PROMPT}exit\r\n")


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        pytest.param(
            "-u 5 ",
            "--s",
            {"--seed ", "--show "},
            id="options",
        ),
        pytest.param(
            "--show ",
            "'out",
            {"'output", "'output_gate"},
            id="array in quotes",
        ),
        pytest.param(
            "--show=",
            "backward_c",
            {"backward_cell_state", "backward_candidate"},
            id="array behind =",
        ),
        pytest.param(
            "--show input ",
            "--se",
            {"--seed "},
            id="option behind an array",
        ),
        pytest.param(
            "--show ",
            "--se",
            set(),
            id="no option in place of an array",
        ),
        pytest.param(
            "--show ",
            "state_",
            {"state_h", "state_c"},
            id="names of states in tutorials",
        ),
        pytest.param(
            "--show ",
            "'forward/kernel/f",
            {"'forward/kernel/forget_gate"},
            id="columns of a weight",
        ),
        pytest.param(
            "-u 5 --layer ",
            "s",
            {"SimpleRNN"},
            id="kind",
        ),
        pytest.param(
            "--padding=",
            "",
            {"post", "pre"},
            id="padding",
        ),
        pytest.param(
            "--only ",
            "outputs,pa",
            {"outputs,parameters"},
            id="section behind a comma",
        ),
        pytest.param(
            "--next ",
            "'TimeDistributed(den",
            {"'TimeDistributed(Dense("},
            id="layer in a layer",
        ),
        pytest.param(
            "",
            "r",
            {"repeat "},
            id="words of the prompt",
        ),
        pytest.param(
            "-u 5 ",
            "r",
            set(),
            id="no words behind options",
        ),
        pytest.param(
            "--input ",
            "x",
            {"x.npy", "xs/"},
            id="files and folders",
        ),
        pytest.param(
            "--save=",
            "xs/",
            {"xs/y.svg"},
            id="file in a folder",
        ),
        pytest.param(
            "--input ",
            "[",
            set(),
            id="no patterns of files",
        ),
    ],
)
def test_tab_offers_options_arrays_and_files(
    line: str,
    word: str,
    expected: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Names of files that need quotes are not offered."""
    monkeypatch.chdir(tmp_path)
    Path("xs").mkdir()
    for name in ("x.npy", "x y.npy", "x\x1b.npy", "xs/y.svg"):
        Path(name).touch()
    assert set(completions(line, word, ["--seed", "--show"])) == expected


def test_ctrl_c_drops_a_run_of_keras_and_the_sitting_goes_on() -> None:
    talk = Talk("--no-arrays", "--seed", "7")
    assert re.search("lstm-shapes: .*--units", talk.ask("-u 0"))

    # Drop the first run while Keras is loaded, and make it again.
    talk.type(f"--return-state{ENTER}")
    talk.wait_for("importing TensorFlow")
    assert "repeat with" not in talk.interrupt()
    screen = talk.ask("--return-state")
    assert "lstm-shapes --return-state --no-arrays --seed 7" in screen
    assert "repeat with" in screen

    # Drop a sweep after its first run.
    talk.type(f"-t 3000 -u 3 -u 4 -u 5 -u 6{ENTER}")
    talk.wait_for("1/4")
    assert "4/4" not in talk.interrupt()

    # Press Ctrl-C once more where nothing is left to drop.
    assert talk.interrupt().endswith(f"\n{PROMPT}")
    assert "repeat with" not in talk.ask("-u 8")
    assert "lstm-shapes -u 8 --no-arrays --seed 7" in talk.ask("repeat")
    talk.type(CTRL_D)
    assert talk.finish() == 0
    assert "Traceback" not in talk.shown
