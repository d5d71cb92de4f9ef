import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.prompt import completions
from lstm_shapes.run.interrupts import (
    Interrupt,
    drop_if_interrupted,
    interrupts_heeded,
    postpone_interrupts,
)
from lstm_shapes.run.values import Run
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import Answer, Command, fixed_run
from tests.terminal import COMMAND, Terminal

ROOT = Path(__file__).parent.parent

Sitting = Callable[..., Answer]


@pytest.fixture
def sitting(command: Command, monkeypatch: pytest.MonkeyPatch) -> Sitting:
    """Calls the command with -i and these lines."""

    def sit(lines: str | bytes, *arguments: str) -> Answer:
        data = lines.encode() if isinstance(lines, str) else lines
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))
        return command("-i", "--json", *arguments)

    return sit


def units(answer: Answer) -> list[int]:
    """The units that were answered for, line by line."""
    return [json.loads(line)["layer"]["units"] for line in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("lines", "answered"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("-u 7\n-u 8\n", [7, 8], id="in order"),
        pytest.param("-u 7\n-u 8", [7, 8], id="no newline at the end"),
        pytest.param("-u 7\r\n-u 8\r\n", [7, 8], id="as Windows ends lines"),
        pytest.param("\ufeff-u 7\n", [7], id="as Windows begins files"),
        pytest.param("\n   \n\t\n-u 7\n\n", [7], id="blank lines"),
        pytest.param("lstm-shapes\nlstm-shapes -u 7\n", [5, 7], id="as pasted"),
        pytest.param("# -u 6\n  # -u 6\n-u 7\n", [7], id="comments"),
        pytest.param("-u 7 # -u 8, don't\n", [7], id="comment behind a call"),
        pytest.param("\"-u\" '7'\n--unit\\s=8\n", [7, 8], id="as a shell quotes"),
        pytest.param("-u \\\n7 \\\n-t 2\n-u 8\n", [7, 8], id="as a shell joins lines"),
        pytest.param("-u 7 \\", [7], id="a backslash at the end of all"),
        pytest.param("-u 7 # \\\\\n-u 8\n", [7, 8], id="a backslash that is itself"),
        pytest.param("# C:\\\n-u 7\n", [7], id="a comment goes on in no line"),
    ],
)
def test_each_line_is_a_call(lines: str, answered: list[int], sitting: Sitting) -> None:
    answer = sitting(lines, "-n")
    assert (answer.status, units(answer), answer.stderr) == (0, answered, "")


def test_a_number_sign_within_a_word_is_part_of_it(
    sitting: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sitting("--save a#b.jsonl --save '#.jsonl'\n", "-n").status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["#.jsonl", "a#b.jsonl"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        pytest.param("-u 0", "--units must be a whole number", id="size"),
        pytest.param("--unit 5", "No such option", id="option"),
        pytest.param("--" + "a" * 9999, "No such option: --aaa", id="long option"),
        pytest.param("-i", "-i came twice, expected it once and not inside a line", id="-i"),
        pytest.param("--version", "--version came inside a line, expected it alone", id="version"),
        pytest.param("-nh", "--help came inside a line, expected it alone", id="help"),
        pytest.param("--show-completion", "--show-completion came inside a line", id="completion"),
        pytest.param("--install-completion", "--install-completion came inside", id="install"),
        pytest.param("--show 'input", "got a line that cannot be read (No closing q", id="quote"),
        pytest.param(b"--save caf\xe9.json", "got bytes that are no text in UTF-8", id="bytes"),
        pytest.param("--input a\0", "got bytes that are no text in UTF-8", id="NUL"),
        pytest.param("-u 7 " * 200_000, "got 65536 characters or more", id="megabyte"),
        pytest.param("-u 7 \\\n" * 200_000, "got 65536 characters or more", id="joined megabyte"),
    ],
)
def test_a_wrong_line_is_one_sentence_and_the_others_are_done(
    line: str | bytes,
    sentence: str,
    sitting: Sitting,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    wrong = line.encode() if isinstance(line, str) else line
    answer = sitting(b"-u 3\n" + wrong + b"\n-u 4\n", "-n")
    assert (answer.status, units(answer)) == (2, [3, 4])
    assert answer.stderr.startswith(f"lstm-shapes: line 2: {sentence}")
    assert answer.stderr.count("\n") == 1
    assert len(answer.stderr) < 700
    assert not list(tmp_path.iterdir())


@pytest.fixture
def seeds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the runs that are made, which are made up; six units are too many."""
    found: list[int] = []

    def explore_many(specs: Iterable[LSTMSpec], *, seed: int, **_: object) -> Iterator[Run]:
        for spec in specs:
            found.append(seed)
            if spec.units == 6:
                raise TensorFlowError("memory ran out")
            if spec.units == 7:
                raise RuntimeError("a bug")
            yield fixed_run(spec)

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_many)
    return found


def test_one_seed_serves_all_lines_that_give_none(sitting: Sitting, seeds: list[int]) -> None:
    sitting("-u 3\n-u 4\n--return-state\n")
    assert len(seeds) == 3
    assert len(set(seeds)) == 1
    seeds.clear()
    sitting("-u 3\n-u 4 --seed 8\n-u 5\n", "--seed", "7")
    assert seeds == [7, 8, 7]


def test_the_status_is_the_highest_of_all(sitting: Sitting, seeds: list[int]) -> None:
    answer = sitting("-u 3\n-u 6\n-u 4\n")
    assert (answer.status, units(answer)) == (1, [3, 4])
    assert answer.stderr == "lstm-shapes: line 2: memory ran out\n"
    answer = sitting("-u 0\n-u 6\n-u 4\n")
    assert (answer.status, units(answer)) == (2, [4])
    assert len(seeds) == 5


@pytest.mark.usefixtures("seeds")
def test_a_bug_keeps_its_traceback(sitting: Sitting) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        sitting("-u 7\n")


def test_the_options_beside_it_stand_before_those_of_each_line(sitting: Sitting) -> None:
    answer = sitting("-u 4\n--return-sequences\n", "-n", "-u", "3", "--return-state")
    documents = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [document["code"] for document in documents] == [
        "LSTM(3, return_state=True)",
        "LSTM(4, return_state=True)",
        "LSTM(3, return_sequences=True, return_state=True)",
    ]


def test_the_memory_limit_holds_for_each_line(sitting: Sitting, seeds: list[int]) -> None:
    answer = sitting("-t 99999999\n-u 3\n-u 4 --max-memory 0.1\n")
    assert (answer.status, units(answer), len(seeds)) == (2, [3], 1)
    assert re.findall(r"line (\d): this needs about", answer.stderr) == ["1", "3"]


def test_what_a_line_has_made_is_gone_with_the_next(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: list[weakref.ref[Run]] = []
    left: list[int] = []

    def explore_many(specs: Iterable[LSTMSpec], **_: object) -> Iterator[Run]:
        left.append(sum(run() is not None for run in alive))
        for spec in specs:
            run = replace(fixed_run(spec))
            vars(run)["itself"] = run  # as a model holds itself
            alive.append(weakref.ref(run))
            yield run

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_many)
    gc.disable()  # as the command has it
    try:
        sitting("-u 3\n" * 4)
    finally:
        gc.enable()
    assert left == [0, 0, 0, 0]


def test_where_nothing_is_run_nothing_is_tidied(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lstm_shapes.run.explore.tidy", lambda: pytest.fail("loads Keras in time"))
    assert units(sitting("-u 3\n-u 4 -n\n", "-n")) == [3, 4]


@pytest.mark.parametrize(
    ("stdin", "sentence"),
    [
        pytest.param(None, "standard input is closed", id="closed"),
        pytest.param(
            SimpleNamespace(isatty=lambda: False, readline=lambda _: os.read(-1, 1)),
            "standard input could not be read (Bad file descriptor)",
            id="unreadable",
        ),
    ],
)
def test_an_input_that_cannot_be_read_is_told(
    stdin: Any, sentence: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    answer = command("-i")
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"lstm-shapes: {sentence}")


def test_an_answer_is_out_before_the_next_line_is_read_until_its_reader_leaves(
    tmp_path: Path,
) -> None:
    more_than_a_pipe_holds = " ".join(f"-u {size}" for size in range(1, 400))
    with subprocess.Popen(
        [*COMMAND, "-i", "-n", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        for line in ("-u 3", "-u 4", f"{more_than_a_pipe_holds} --save {tmp_path}/x.jsonl"):
            print(line, file=process.stdin, flush=True)
            assert json.loads(process.stdout.readline())["measured"] is False
        process.stdout.close()
        assert process.wait() == 0
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 399


def test_a_terminal_on_one_side_alone_is_no_sitting() -> None:
    terminal = Terminal("-i", "-n", "--json", stdout=subprocess.DEVNULL)
    terminal.type("-u 0\n\x04")
    assert terminal.finish() == 2
    assert terminal.shown.count("lstm-shapes") == 1
    assert "lstm-shapes: line 1: --units must be" in terminal.shown


PROMPT = "lstm-shapes> "
STATES = ["backward_hidden_state", "backward_cell_state"]


class Talk(Terminal):
    """The command with -i on a terminal, from one prompt to the next."""

    def __init__(self, *arguments: str, command: Sequence[str] = COMMAND) -> None:
        super().__init__("-i", *arguments, command=command)
        self.ask("")

    def ask(self, typed: str) -> str:
        """Types, and returns what is shown up to the next prompt."""
        before = len(self.shown)
        self.type(typed)
        while not self.shown[before:].endswith(PROMPT):
            assert self._read(), self.shown[before:]
        return plain(self.shown[before:])


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r\n", "\n")


def test_a_sitting_at_a_terminal() -> None:
    talk = Talk("-n", "--seed", "7")
    greeting = "Type options, as --return-state: help lists them, Ctrl-D ends. Seed 7\n"
    assert plain(talk.shown) == greeting + PROMPT
    assert "hidden_state, cell_state = lstm(x)" in talk.ask("--return-state\r")
    wrong = "-u 0\nlstm-shapes: --units must be a whole number from 1 to 2147483647, got 0\n"
    assert talk.ask("-u 0\r") == wrong + PROMPT
    assert "Usage: lstm-shapes" in talk.ask("help\r")
    assert talk.ask("# a comment\r") == f"# a comment\n{PROMPT}"
    talk.type("exit\r")
    assert talk.finish() == 0
    assert talk.shown.endswith(f"{PROMPT}exit\r\n")


def test_lines_are_edited_recalled_completed_and_joined() -> None:
    talk = Talk("-n", "--json")
    assert '"units":9' in talk.ask("-u 8\x7f9\r")
    assert '"units":97' in talk.ask("\x1b[A7\r")
    assert '"return_state":true' in talk.ask("--return-st\t\r")
    assert "--show 'forward_cell_state[0, 1]' needs a run" in talk.ask(
        "--show 'forward_c\t[0, 1]'\r"
    )
    assert '"units":6' in talk.ask("-u \\\r6\r")
    talk.type("\x04")
    assert talk.finish() == 0
    assert talk.shown.endswith(f"{PROMPT}\r\n")


def test_without_readline_there_is_a_prompt_as_well() -> None:
    without = "import sys; sys.modules['readline'] = None; from lstm_shapes.__main__ import main"
    talk = Talk("-n", "--json", command=[sys.executable, "-c", f"{without}; main()"])
    assert '"units":8' in talk.ask("-u 8\n")
    talk.type("quit\n")
    assert talk.finish() == 0


@pytest.mark.parametrize(
    ("before", "word", "found"),
    [
        pytest.param("", "--se", ["--seed "], id="option"),
        pytest.param("-u 5 ", "--s", ["--seed ", "--show "], id="options"),
        pytest.param("--show ", "out", ["output"], id="array"),
        pytest.param("--show ", "'out", ["'output"], id="quoted"),
        pytest.param("--show=", "backward", STATES, id="of both directions"),
        pytest.param("--show input ", "--se", ["--seed "], id="option behind an array"),
        pytest.param("--show ", "--se", [], id="no option for an array"),
    ],
)
def test_a_word_can_be_completed(before: str, word: str, found: list[str]) -> None:
    assert completions(before, word, ["--seed", "--show"]) == found


def test_an_interrupt_drops_the_line_and_another_signal_ends_it() -> None:
    talk = Talk("-n", "--json")
    for typed in ("-u 0", "-u 0 \\\r -t"):
        talk.type(typed)
        talk.wait_for(typed[-3:])
        assert interrupted(talk) == f"\n{PROMPT}"
    assert '"units":5' in talk.ask("lstm-shapes\r")
    talk.process.terminate()
    assert talk.finish() == 128 + signal.SIGTERM


def interrupted(talk: Talk) -> str:
    """What is shown after an interrupt, up to the next prompt."""
    time.sleep(0.2)  # one that comes just before it waits for a key, Python heeds with the key
    talk.process.send_signal(signal.SIGINT)
    return talk.ask("")


@pytest.fixture
def _postponed() -> Iterator[None]:
    """Interrupts as a prompt has them."""
    before = signal.getsignal(signal.SIGINT)
    postpone_interrupts()
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_postponed")
def test_an_interrupt_waits_until_it_does_no_harm() -> None:
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(Interrupt):
        drop_if_interrupted()
    drop_if_interrupted()
    with pytest.raises(Interrupt), interrupts_heeded():
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    with interrupts_heeded():
        """What came before the prompt is over."""
    drop_if_interrupted()


def test_keras_is_loaded_behind_the_prompt_and_its_runs_can_be_dropped() -> None:
    talk = Talk("--no-arrays", "--seed", "7")
    assert "lstm-shapes: --units must be" in talk.ask("-u 0\r")
    talk.type("--return-state\r")
    talk.wait_for("importing TensorFlow")
    assert "hidden_state, cell_state = lstm(x)" in plain(talk.shown)
    assert "repeat with" not in interrupted(talk)
    assert "lstm-shapes --return-state --no-arrays --seed 7" in talk.ask("--return-state\r")
    talk.type("-t 3000 -u 3 -u 4 -u 5 -u 6\r")
    talk.wait_for("1/4")
    assert "4/4" not in interrupted(talk)
    assert "lstm-shapes -u 8 --no-arrays --seed 7" in talk.ask("-u 8\r")
    talk.type("exit\r")
    assert talk.finish() == 0
    assert "Traceback" not in talk.shown
