"""Show a spinner on stderr, if it is a terminal that nobody else draws on."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.live import Live

REFRESHES_PER_SECOND = 12


class Reporter:
    """Says what goes on, and of several runs how many are done; or nothing.

    `run_count` is how many runs there are, and `live` draws the spinner, if one is drawn.
    """

    def __init__(self, run_count: int, live: "Live | None" = None) -> None:
        self._run_count = run_count
        self._live = live
        self._done_count = 0
        self._is_shown = False

    def phase(self, name: str) -> None:
        """Say what begins."""
        if self._live is None:
            return
        from rich.spinner import Spinner

        text = name
        if self._run_count > 1:
            text = f"{name} {self._done_count:,}/{self._run_count:,}"
        is_ascii = self._live.console.options.ascii_only
        spinner = Spinner("line" if is_ascii else "dots", text=text)
        self._live.start()
        self._live.update(spinner, refresh=True)
        self._is_shown = True

    def advance(self, run_count: int) -> None:
        """Count more runs as done."""
        self._done_count += run_count

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Leave the terminal to somebody else: stdout is often the same one."""
        if self._live is None or not self._is_shown:
            yield
            return
        self._live.stop()
        yield
        self._live.start(refresh=True)


@contextmanager
def reporting(run_count: int) -> Iterator[Reporter]:
    """Make a reporter, which is silent behind a pipe: a pager may be drawing there."""
    if not can_draw():
        yield Reporter(run_count)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=sys.stderr)
    # The cursor stays: Ctrl-C ends the process with no chance to bring it back.
    console.show_cursor = keep_cursor  # type: ignore[method-assign]
    live = Live(
        console=console,
        transient=True,
        refresh_per_second=REFRESHES_PER_SECOND,
    )
    try:
        yield Reporter(run_count, live)
    finally:
        live.stop()


def can_draw() -> bool:
    """Return True if stderr is a terminal that is drawn on, and stdout no pipe."""
    if os.environ.get("TERM") in (None, "dumb", "unknown"):
        return False
    is_file = stat.S_ISREG(os.fstat(1).st_mode)
    return sys.stderr.isatty() and (os.isatty(1) or is_file)


def keep_cursor(show: bool = True) -> bool:
    """Take Rich's request to show or hide the cursor, and do nothing."""
    del show
    return False
