"""The spinner, on a stderr that says of itself that it is a terminal."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest

from lstm_shapes.progress import reporting


@contextmanager
def terminal(stdout: int | None = None, term: str = "xterm") -> Iterator[StringIO]:
    """Have a terminal as stderr, and as stdout if no other is given."""
    stderr, opened = StringIO(), (*os.openpty(), os.dup(1))
    os.dup2(opened[1] if stdout is None else stdout, 1)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stderr, "isatty", lambda: True)
            patch.setattr(sys, "stderr", stderr)
            patch.setenv("TERM", term)
            yield stderr
    finally:
        os.dup2(opened[2], 1)
        list(map(os.close, opened))


def shown(stderr: StringIO, runs: int = 1) -> str:
    with reporting(runs) as reporter:
        for _ in range(runs):
            reporter.phase("predicting")
            reporter.advance(1)
    return stderr.getvalue()


def test_one_run_has_a_spinner_and_several_one_that_counts() -> None:
    with terminal() as stderr:
        assert set(re.findall(r"predicting|\d/\d", shown(stderr))) == {"predicting"}
        assert {"0/2", "1/2"} <= set(re.findall(r"\d/\d", shown(stderr, 2)))


def test_the_terminal_is_left_to_the_answer_meanwhile_and_clean_at_the_end() -> None:
    with terminal() as stderr:
        with reporting(1) as reporter:
            reporter.phase("predicting")
            with reporter.hidden():
                assert stderr.getvalue().endswith("\x1b[2K")
            assert not stderr.getvalue().endswith("\x1b[2K")
        assert stderr.getvalue().endswith("\x1b[2K")


def test_nothing_is_drawn_where_it_cannot_be_redrawn_or_a_pager_may_draw() -> None:
    reader, writer = os.pipe()
    with open(__file__) as file, open(reader), open(writer, "w"):
        for stdout, term in ((file.fileno(), "xterm"), (writer, "xterm"), (None, "dumb")):
            with terminal(stdout, term) as stderr:
                assert bool(shown(stderr)) is (stdout == file.fileno())
