"""Many calls in one process (-i): the lines of a file or a pipe, and a sitting at a terminal."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.prompt import completions, say_stopping
from tests.conftest import Answer, Command
from tests.terminal import COMMAND, Terminal

Sitting = Callable[..., Answer]


@pytest.fixture
def sitting(command: Command, monkeypatch: pytest.MonkeyPatch) -> Sitting:
    """Call the command with -i --json and these lines."""

    def sit(lines: str, *arguments: str) -> Answer:
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(lines.encode())))
        return command("-i", "--json", *arguments)

    return sit


def answered(answer: Answer, key: str = "code") -> list[Any]:
    """Return one fact of every answer; nothing else may be on stdout."""
    return [json.loads(line)[key] for line in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("lines", "units"),
    [
        pytest.param("-u 7\n-u 8", [7, 8], id="in order, without a newline at the end"),
        pytest.param("\ufeff-u 7\r\n-u 8\r\n", [7, 8], id="as Windows writes files"),
        pytest.param("\n   \n\t\n-u 7\n\n", [7], id="blank lines"),
        pytest.param("lstm-shapes\nlstm-shapes -u 7\n", [5, 7], id="as pasted"),
        pytest.param("# -u 6\n  # -u 6\n-u 7 # -u 8, don't\n", [7], id="comments"),
        pytest.param("\"-u\" '7'\n--unit\\s=8\n", [7, 8], id="as a shell quotes"),
        pytest.param("-u \\\n7 \\\n-t 2\n-u 8\n", [7, 8], id="joined lines"),
        pytest.param("-u 7 \\", [7], id="joined with nothing"),
    ],
)
def test_each_line_is_a_call(lines: str, units: list[int], sitting: Sitting) -> None:
    answer = sitting(lines, "-n")
    assert (answer.status, answer.stderr) == (0, "")
    assert answered(answer) == [f"LSTM({size})" for size in units]


def test_a_wrong_line_is_one_sentence_and_the_others_are_done(sitting: Sitting) -> None:
    answer = sitting("-u 3\n-u 0\n-u 5 \\\n--unit 5\n--show 'input\n-u 4\n", "-n")
    assert (answer.status, answered(answer)) == (2, ["LSTM(3)", "LSTM(4)"])
    sentences = r"line 2: .*--units.*", r"line 4: No such option: --unit .*", r"line 5: .*quot.*"
    assert re.fullmatch("".join(f"lstm-shapes: {s}\n" for s in sentences), answer.stderr)


@pytest.mark.parametrize("line", ["-i", "-u 5 --help", "--version"])
def test_help_and_the_like_are_refused_in_a_line(line: str, sitting: Sitting) -> None:
    answer = sitting(f"{line}\n-u 4\n", "-n")
    assert answer.status == 2
    assert re.fullmatch("lstm-shapes: line 1: .+\n", answer.stderr)
    assert json.loads(answer.stdout.splitlines()[-1])["code"] == "LSTM(4)"


@pytest.fixture
def explore_many(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Have no runs, without Keras: the answers are what is known."""
    explore_many = Mock(return_value=())
    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_many)
    return explore_many


def test_the_status_is_the_highest_of_all(sitting: Sitting, explore_many: Mock) -> None:
    explore_many.side_effect = TensorFlowError("memory ran out")
    assert sitting("-u 4\n-u 3 -n\n").status == 1
    answer = sitting("-u 3 -n\n-u 0\n-u 4\n-u 3 -n\n")
    assert (answer.status, answered(answer)) == (2, ["LSTM(3)", "LSTM(3)"])
    assert answer.stderr.endswith("lstm-shapes: line 3: memory ran out\n")


def test_one_seed_serves_all_lines_that_give_none(sitting: Sitting, explore_many: Mock) -> None:
    sitting("-u 3\n-u 4 --seed 8\n-u 5\n")
    sitting("-u 3\n-u 4 --seed 8\n", "--seed", "7")
    first, *others = [call.kwargs["seed"] for call in explore_many.call_args_list]
    assert others == [8, first, 7, 8]


def test_every_answer_has_its_line_and_the_call_that_makes_it_again(sitting: Sitting) -> None:
    answer = sitting("# first\n-u 7 \\\n-t 2\n\n-u 0\nlstm-shapes -u 8 -u 9\n", "-n")
    assert answered(answer, "line") == [3, 6, 6]
    calls = ["lstm-shapes -t 2 -u 7 -n", *["lstm-shapes -u 8 -u 9 -n"] * 2]
    assert answered(answer, "repeat") == calls


@pytest.mark.parametrize("line", ["LSTM(5)", "lstm = LSTM(5)", "?", "5"])
def test_what_is_no_option_gets_an_example_of_one(line: str, sitting: Sitting) -> None:
    answer = sitting(line, "-n")
    sentence = f"lstm-shapes: line 1: got '{line}', expected options: -u 5 --return-state\n"
    assert answer == Answer(2, "", sentence)


def test_standard_input_is_no_input_of_numbers_where_it_holds_the_calls(sitting: Sitting) -> None:
    answer = sitting("--input -\n", "-n")
    assert (answer.status, answer.stdout) == (2, "")
    assert " line 1: --input - is standard input, which holds the lines of --int" in answer.stderr


def test_the_options_beside_it_stand_before_those_of_each_line(sitting: Sitting) -> None:
    answer = sitting("-u 4\n--return-sequences\n", "-n", "-t", "9", "--return-state")
    assert answered(answer) == [
        "LSTM(4, return_state=True)",
        "LSTM(5, return_sequences=True, return_state=True)",
    ]
    assert [sizes["timesteps"] for sizes in answered(answer, "sizes")] == [9, 9]


def test_empty_lines_take_no_time(sitting: Sitting) -> None:
    """Twenty megabytes of them were a hang."""
    before = time.process_time()
    assert sitting("\n" * 200_000, "-n") == Answer(0, "", "")
    assert time.process_time() - before < 5


def test_an_input_that_cannot_be_read_is_one_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/proc/self/mem") as unreadable:
        for stdin, status, reason in ((None, 2, "is closed"), (unreadable, 1, "or output failed")):
            monkeypatch.setattr(sys, "stdin", stdin)
            answer = command("-i")
            assert (answer.status, answer.stdout) == (status, "")
            assert answer.stderr.startswith(f"lstm-shapes: standard input {reason}")


def test_an_answer_is_out_before_the_next_line_is_read() -> None:
    with subprocess.Popen(
        [*COMMAND, "-i", "-n", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        for units in (3, 4):
            print(f"-u {units}", file=process.stdin, flush=True)
            assert json.loads(process.stdout.readline())["code"] == f"LSTM({units})"


PROMPT = "lstm-shapes> "


class Talk(Terminal):
    """The command with -i on a terminal, from one prompt to the next."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("-i", *arguments)
        self.ask("")

    def ask(self, typed: str) -> str:
        """Type, and return what is shown up to the next prompt."""
        before = len(self.shown)
        self.type(typed)
        while not self.shown[before:].endswith(PROMPT):
            assert self.read(), self.shown[before:]
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r(?=\n)", "", self.shown[before:])

    def interrupt(self) -> str:
        """Press Ctrl-C, and return what is shown up to the next prompt."""
        time.sleep(0.2)  # one that comes just before it waits for a key, Python heeds with the key
        self.process.send_signal(signal.SIGINT)
        return self.ask("")


def test_a_sitting_at_a_terminal() -> None:
    talk = Talk("-n", "--seed", "7")
    assert "Seed 7\r\n" in talk.shown
    assert re.fullmatch(f"-u 0\nlstm-shapes: .*--units.*\n{PROMPT}", talk.ask("-u 0\r"))
    for typed in ("help", "?"):
        lines = talk.ask(f"{typed}\r").splitlines()
        assert len(lines) <= 12
        assert max(map(len, lines)) <= 80
        assert "Ctrl-D ends" in lines[-3]
    assert "got 'LSTM(5)', expected options: -u 5 --return-state" in talk.ask("LSTM(5)\r")
    assert talk.ask("# a comment\r") == f"# a comment\n{PROMPT}"
    for typed in ("-u 0", "-u 0 \\\r -t"):
        before = len(talk.shown)
        talk.type(typed)
        talk.wait_for(typed[-3:], before)
        assert talk.interrupt().endswith(f"\n{PROMPT}")
    # Edited, completed, joined and recalled.
    assert "\nLSTM(9, return_state=True)\n" in talk.ask("-u 8\x7f9 --return-st\t\r")
    assert "\nBidirectional(LSTM(9, ret" in talk.ask("\x1b[A\\\r--bid\t\r")
    assert "--show 'forward_cell_state[0, 1]'\nlstm-shapes: --show needs" in talk.ask(
        "--show 'forward_c\t[0, 1]'\r"
    )
    talk.type("exit\r")
    assert talk.finish() == 0
    assert talk.shown.endswith(f"{PROMPT}exit\r\n")


@pytest.mark.parametrize(
    ("before", "word", "found"),
    [
        ("-u 5 ", "--s", ["--seed ", "--show "]),
        ("--show ", "'out", ["'output"]),
        ("--show=", "backward_c", ["backward_cell_state"]),
        ("--show input ", "--se", ["--seed "]),
        ("--show ", "--se", []),
        ("--input ", "x", ["x.npy", "xs/"]),
        ("--save=", "xs/", ["xs/y.svg"]),
        ("--input ", "[", []),
    ],
)
def test_options_and_names_of_arrays_and_files_are_completed(
    before: str, word: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("xs").mkdir()
    for name in ("x.npy", "x y.npy", "x\x1b.npy", "xs/y.svg"):
        Path(name).touch()
    assert {*completions(before, word, ["--seed", "--show"])} == {*found}


@pytest.mark.parametrize("is_busy", [True, False], ids=["during a call", "at the prompt"])
def test_stopping_is_said_while_a_call_goes_on(
    is_busy: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    signals, wakeup = os.pipe()
    busy = Event()
    busy.set() if is_busy else busy.clear()
    os.write(wakeup, b"\x02")
    os.close(wakeup)
    say_stopping(signals, busy)
    assert capsys.readouterr() == ("", "stopping...\n" if is_busy else "")


def test_keras_is_loaded_behind_the_prompt_and_its_runs_can_be_dropped() -> None:
    talk = Talk("--no-arrays", "--seed", "7")
    assert re.search("lstm-shapes: .*--units", talk.ask("-u 0\r"))
    talk.type("--return-state\r")
    talk.wait_for("importing TensorFlow")
    assert "repeat with" not in talk.interrupt()
    assert "lstm-shapes --return-state --no-arrays --seed 7" in talk.ask("--return-state\r")
    talk.type("-t 3000 -u 3 -u 4 -u 5 -u 6\r")
    talk.wait_for("1/4")
    dropped = talk.interrupt()
    assert "4/4" not in dropped
    assert "stopping" not in talk.interrupt()
    assert "lstm-shapes -u 8 --no-arrays --seed 7" in talk.ask("-u 8\r")
    talk.type("\x04")
    assert talk.finish() == 0
    assert "Traceback" not in talk.shown
