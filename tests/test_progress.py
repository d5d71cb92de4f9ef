import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lstm_shapes.progress import reporting

pty = pytest.importorskip("pty")

Shown = Callable[[], str]


@pytest.fixture(autouse=True)
def _terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


@contextmanager
def terminal(stdout: int | None = None) -> Iterator[Shown]:
    """A terminal as stderr, and as stdout unless that is given, and what has been shown on it."""
    controller, end = pty.openpty()
    os.set_blocking(controller, False)
    shown = ""

    def read() -> str:
        nonlocal shown
        while True:
            try:
                shown += os.read(controller, 2**16).decode()
            except BlockingIOError:
                return shown

    before, sys_before = os.dup(1), sys.stderr
    os.dup2(end if stdout is None else stdout, 1)
    try:
        with open(end, "w", encoding="utf-8") as sys.stderr:
            yield read
    finally:
        sys.stderr = sys_before
        os.dup2(before, 1)
        os.close(before)
        os.close(controller)


def counts(shown: str) -> set[str]:
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    return set(re.findall(r"\d+/\d+", plain))


def test_one_run_has_a_spinner_that_says_what_begins() -> None:
    with terminal() as shown, reporting(1) as reporter:
        for phase in ("importing TensorFlow", "predicting"):
            reporter.phase(phase)
            assert phase in shown()
        assert counts(shown()) == set()


def test_a_sweep_has_a_bar_that_counts_from_nothing() -> None:
    with terminal() as shown, reporting(15) as reporter:
        reporter.phase("building the model")
        assert counts(shown()) == {"0/15"}
        reporter.advance()
        reporter.phase("building the model")
        assert counts(shown()) == {"0/15", "1/15"}


@pytest.mark.parametrize("runs", [1, 15])
def test_the_terminal_is_left_clean(runs: int) -> None:
    with terminal() as shown:
        with reporting(runs) as reporter:
            reporter.phase("predicting")
        assert shown().endswith("\x1b[2K")


def test_the_terminal_is_left_to_the_answer_meanwhile() -> None:
    with terminal() as shown, reporting(2) as reporter:
        with reporter.hidden():
            assert shown() == ""
        reporter.phase("predicting")
        with reporter.hidden():
            assert shown().endswith("\x1b[2K")
        assert "predicting" in shown().splitlines()[-1]


def test_the_cursor_stays_as_an_interrupt_may_end_the_process() -> None:
    with terminal() as shown:
        with reporting(2) as reporter:
            reporter.phase("predicting")
        assert "predicting" in shown()
        assert "\x1b[?25" not in shown()


def test_with_stdout_in_a_file_the_terminal_is_free() -> None:
    with tempfile.TemporaryFile() as stdout, terminal(stdout.fileno()) as shown:
        with reporting(1) as reporter:
            reporter.phase("predicting")
        assert "predicting" in shown()


def test_what_reads_a_pipe_may_be_a_pager_that_has_the_terminal() -> None:
    reader, stdout = os.pipe()
    with terminal(stdout) as shown:
        with reporting(1) as reporter, reporter.hidden():
            reporter.phase("predicting")
            reporter.advance()
        assert shown() == ""
    os.close(reader)
    os.close(stdout)


@pytest.mark.parametrize("term", ["dumb", "unknown", None])
def test_a_terminal_that_cannot_redraw_gets_nothing(
    term: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if term:
        monkeypatch.setenv("TERM", term)
    else:
        monkeypatch.delenv("TERM")
    with terminal() as shown:
        with reporting(1) as reporter:
            reporter.phase("predicting")
        assert shown() == ""


def test_no_terminal_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(1) as reporter:
        reporter.phase("predicting")
    assert capsys.readouterr().err == ""
