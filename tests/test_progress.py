"""The spinner, on a stderr that says of itself that it is a terminal."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest

from lstm_shapes.progress import reporting

ERASE_LINE = "\x1b[2K"


class TerminalStream(StringIO):
    """A text stream that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def terminal_as_stderr(term: str = "xterm") -> Iterator[TerminalStream]:
    """Let stderr be a terminal of the type `term`, and yield what is written there."""
    stderr = TerminalStream()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        patch.setenv("TERM", term)
        yield stderr


@contextmanager
def stdout_to(descriptor: int) -> Iterator[None]:
    """Let what is written to descriptor 1 go to another one."""
    original = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        os.dup2(original, 1)
        os.close(original)


@contextmanager
def terminal_as_stdout() -> Iterator[None]:
    """Let stdout be a terminal."""
    controller, terminal = os.openpty()
    try:
        with stdout_to(terminal):
            yield
    finally:
        os.close(controller)
        os.close(terminal)


def report_runs(count: int) -> None:
    """Report that many runs, which all predict."""
    with reporting(count) as reporter:
        for _ in range(count):
            reporter.phase("predicting")
            reporter.advance(1)


def test_one_run_has_a_spinner_that_does_not_count() -> None:
    with terminal_as_stdout(), terminal_as_stderr() as stderr:
        report_runs(1)
    drawn = stderr.getvalue()
    assert "predicting" in drawn
    assert not re.search(r"\d/\d", drawn)


def test_several_runs_have_a_spinner_that_counts() -> None:
    with terminal_as_stdout(), terminal_as_stderr() as stderr:
        report_runs(2)
    drawn = stderr.getvalue()
    assert "0/2" in drawn
    assert "1/2" in drawn


def test_the_spinner_goes_while_an_answer_is_written_and_comes_back() -> None:
    with terminal_as_stdout(), terminal_as_stderr() as stderr:
        with reporting(1) as reporter:
            reporter.phase("predicting")
            with reporter.hidden():
                assert stderr.getvalue().endswith(ERASE_LINE)
            assert not stderr.getvalue().endswith(ERASE_LINE)
        assert stderr.getvalue().endswith(ERASE_LINE)


def test_the_spinner_is_gone_at_the_end() -> None:
    with terminal_as_stdout(), terminal_as_stderr() as stderr:
        report_runs(1)
    assert stderr.getvalue().endswith(ERASE_LINE)


def test_a_spinner_is_drawn_while_stdout_goes_to_a_file(tmp_path: Path) -> None:
    with (
        open(tmp_path / "answer.txt", "w") as file,
        stdout_to(file.fileno()),
        terminal_as_stderr() as stderr,
    ):
        report_runs(1)
    assert stderr.getvalue()


def test_nothing_is_drawn_while_stdout_goes_to_a_pipe() -> None:
    """Draw nothing there: the reader may be a pager that draws on the same terminal."""
    reader, writer = os.pipe()
    with (
        open(reader),
        open(writer, "w"),
        stdout_to(writer),
        terminal_as_stderr() as stderr,
    ):
        report_runs(1)
    assert stderr.getvalue() == ""


def test_nothing_is_drawn_on_a_terminal_that_cannot_erase() -> None:
    with terminal_as_stdout(), terminal_as_stderr(term="dumb") as stderr:
        report_runs(1)
    assert stderr.getvalue() == ""
