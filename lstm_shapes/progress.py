"""Show progress on stderr, if it is a terminal that nobody else draws on."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Reporter:
    """A spinner for one run, a bar with the time left for many; without a bar, nothing."""

    def __init__(self, bar: Any = None, task: Any = None) -> None:
        self._bar, self._task, self._begun = bar, task, False

    def phase(self, what: str) -> None:
        """Say what begins."""
        if self._bar:
            self._bar.update(self._task, description=what)
            self._bar.start()
            self._bar.refresh()
            self._begun = True

    def advance(self, runs: int) -> None:
        """Count more runs as done."""
        if self._bar:
            self._bar.advance(self._task, runs)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leave the terminal to others: stdout is often the same one."""
        if self._begun:
            self._bar.stop()
        yield
        if self._begun:
            self._bar.start()


@contextmanager
def reporting(total: int) -> Iterator[Reporter]:
    """Make a reporter for `total` runs, silent behind a pipe, where a pager may be drawing."""
    shown = os.isatty(1) or stat.S_ISREG(os.fstat(1).st_mode)
    if not (shown and sys.stderr.isatty()) or os.environ.get("TERM") in (None, "dumb", "unknown"):
        yield Reporter()
        return
    from rich import progress
    from rich.console import Console

    console = Console(file=sys.stderr)
    # The cursor stays: Ctrl-C ends the process with no chance to bring it back.
    console.show_cursor = lambda show=True: False  # type: ignore[method-assign]  # noqa: ARG005
    spinner = progress.SpinnerColumn("line" if console.options.ascii_only else "dots")
    columns = [spinner, progress.TextColumn("{task.description}"), progress.TimeElapsedColumn()]
    if total > 1:
        left = progress.MofNCompleteColumn(), progress.TimeRemainingColumn()
        columns[2:] = [progress.BarColumn(), *left]
    bar = progress.Progress(*columns, console=console, transient=True)
    try:
        yield Reporter(bar, bar.add_task("starting", total=total if total > 1 else None))
    finally:
        bar.stop()
