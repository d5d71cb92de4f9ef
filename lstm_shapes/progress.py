"""Show a spinner on stderr, if it is a terminal that nobody else draws on."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


class Reporter:
    """A spinner that says what goes on, and of several runs how many are done; or nothing."""

    def __init__(self, total: int, live: Any = None, spinner: Any = None) -> None:
        self._total, self._live, self._spinner = total, live, spinner
        self._done, self._begun = 0, False

    def phase(self, what: str) -> None:
        """Say what begins."""
        if self._live:
            count = f" {self._done:,}/{self._total:,}" if self._total > 1 else ""
            self._live.start()
            self._live.update(self._spinner(text=f"{what}{count}"), refresh=True)
            self._begun = True

    def advance(self, runs: int) -> None:
        """Count more runs as done."""
        self._done += runs

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leave the terminal to others: stdout is often the same one."""
        if self._begun:
            self._live.stop()
        yield
        if self._begun:
            self._live.start(refresh=True)


@contextmanager
def reporting(total: int) -> Iterator[Reporter]:
    """Make a reporter for `total` runs, silent behind a pipe, where a pager may be drawing."""
    shown = os.isatty(1) or stat.S_ISREG(os.fstat(1).st_mode)
    if not (shown and sys.stderr.isatty()) or os.environ.get("TERM") in (None, "dumb", "unknown"):
        yield Reporter(total)
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    console = Console(file=sys.stderr)
    # The cursor stays: Ctrl-C ends the process with no chance to bring it back.
    console.show_cursor = lambda show=True: False  # type: ignore[method-assign]  # noqa: ARG005
    live = Live(console=console, transient=True, refresh_per_second=12)
    try:
        yield Reporter(
            total, live, partial(Spinner, "line" if console.options.ascii_only else "dots")
        )
    finally:
        live.stop()
