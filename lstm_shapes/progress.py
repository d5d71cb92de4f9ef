"""Show a spinner on stderr, if it is a terminal that nobody else draws on."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Reporter:
    """A spinner that says what goes on, and of several runs how many are done; or nothing."""

    def __init__(self, total: int, spinner: Any = None) -> None:
        self._total, self._spinner, self._done, self._begun = total, spinner, 0, False

    def phase(self, what: str) -> None:
        """Say what begins."""
        if self._spinner:
            count = f" {self._done:,}/{self._total:,}" if self._total > 1 else ""
            self._spinner.update(f"{what}{count}")
            self._spinner.start()
            self._begun = True

    def advance(self, runs: int) -> None:
        """Count more runs as done."""
        self._done += runs

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leave the terminal to others: stdout is often the same one."""
        if self._begun:
            self._spinner.stop()
        yield
        if self._begun:
            self._spinner.start()


@contextmanager
def reporting(total: int) -> Iterator[Reporter]:
    """Make a reporter for `total` runs, silent behind a pipe, where a pager may be drawing."""
    shown = os.isatty(1) or stat.S_ISREG(os.fstat(1).st_mode)
    if not (shown and sys.stderr.isatty()) or os.environ.get("TERM") in (None, "dumb", "unknown"):
        yield Reporter(total)
        return
    from rich.console import Console

    console = Console(file=sys.stderr)
    # The cursor stays: Ctrl-C ends the process with no chance to bring it back.
    console.show_cursor = lambda show=True: False  # type: ignore[method-assign]  # noqa: ARG005
    spinner = console.status("", spinner="line" if console.options.ascii_only else "dots")
    try:
        yield Reporter(total, spinner)
    finally:
        spinner.stop()
