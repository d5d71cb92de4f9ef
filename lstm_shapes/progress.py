"""What is happening, on stderr, if a terminal is free to show it; nothing at all otherwise."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


class Reporter:
    """Tells a terminal what has begun: a spinner for one run, a bar with the time left for many."""

    def __init__(self, bar: "Progress | None", total: int) -> None:
        self._bar = bar
        self._has_begun = False
        if bar:
            self._task = bar.add_task("starting", total=total if total > 1 else None)

    def phase(self, what: str) -> None:
        """Say what begins."""
        if self._bar:
            self._bar.update(self._task, description=what)
            self._bar.start()
            self._bar.refresh()
            self._has_begun = True

    def advance(self) -> None:
        """Count one more run as done."""
        if self._bar:
            self._bar.advance(self._task)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leaves the terminal to others: stdout is often the same one."""
        if self._bar and self._has_begun:
            self._bar.stop()
        yield
        if self._bar and self._has_begun:
            self._bar.start()


def _is_free() -> bool:
    """Whether stderr is a terminal that can redraw a line, and none that a pager may own."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return False
    return os.isatty(1) or stat.S_ISREG(os.fstat(1).st_mode)


@contextmanager
def reporting(total: int) -> Iterator[Reporter]:
    """A reporter for `total` runs, which is silent where a bar would be in the way.

    It shows itself if stderr is a terminal and stdout is one as well, or a file: what reads a pipe
    may be a pager, and draw on that terminal too.
    """
    if not _is_free():
        yield Reporter(None, total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    class Terminal(Console):
        def show_cursor(self, show: bool = True) -> bool:
            """Leaves it alone: an interrupt may end the process with no chance to bring it back."""
            del show
            return False

    console = Terminal(file=sys.stderr)
    spinner = SpinnerColumn("line" if console.options.ascii_only else "dots")
    one = [TimeElapsedColumn()]
    many = [BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    columns = one if total == 1 else many
    bar = Progress(
        spinner,
        TextColumn("{task.description}"),
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    try:
        yield Reporter(bar, total)
    finally:
        bar.stop()
