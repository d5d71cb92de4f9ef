"""What is happening, on stderr, if stderr is a terminal; nothing at all otherwise."""

import os
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
        if bar:
            self._task = bar.add_task("starting", total=total if total > 1 else None)
            self._start(bar)

    def phase(self, what: str) -> None:
        """Say what begins."""
        if self._bar:
            self._bar.update(self._task, description=what, refresh=True)

    def advance(self) -> None:
        """Count one more run as done."""
        if self._bar:
            self._bar.advance(self._task)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leaves the terminal to others: stdout is often the same one."""
        if self._bar:
            self._bar.stop()
        yield
        if self._bar:
            self._start(self._bar)

    @staticmethod
    def _start(bar: "Progress") -> None:
        bar.start()
        # An interrupt ends the process at once, with no chance to bring the cursor back.
        bar.console.show_cursor(True)


@contextmanager
def reporting(total: int) -> Iterator[Reporter]:
    """A reporter for `total` runs, silent unless stderr is a terminal that can redraw a line."""
    if not os.isatty(2) or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
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

    # While TensorFlow is imported, descriptor 2 leads elsewhere.
    terminal = os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding, errors="replace")
    with terminal:
        console = Console(file=terminal)
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
        reporter = Reporter(bar, total)
        try:
            yield reporter
        finally:
            bar.stop()
