"""Signals that end the command: they unwind it, or end it at once where native code would wait."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]

_unfinished: set[Path] = set()


class Interrupt(BaseException):
    """A signal that ends the command, which no `except Exception` is meant to stop."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def unwind_on_signals() -> None:
    """Have each of SIGNALS raise an Interrupt, if it would end the process.

    One that is ignored, as `nohup` and a shell's background jobs have it, stays ignored.
    """
    for signum in SIGNALS:
        if signal.getsignal(signum) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(signum, _unwind)


def _unwind(signum: int, frame: FrameType | None) -> None:
    del frame
    # First of all, as an exception can come between any two steps of a `finally` as well.
    for path in tuple(_unfinished):
        with suppress(OSError):
            os.unlink(path)
    # Nothing is left that a second signal, from someone who will not wait, could leave behind.
    for taken in _taken():
        signal.signal(taken, signal.SIG_DFL)
    raise Interrupt(signum)


def _taken() -> list[int]:
    return [signum for signum in SIGNALS if signal.getsignal(signum) is _unwind]


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Removes the file at `path` when the block ends, however it ends, and on an Interrupt."""
    _unfinished.add(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        _unfinished.discard(path)


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets a signal end the process at once: native code keeps Python's handlers waiting.

    It does so in the main thread, for the signals that unwind the command. Whoever has another
    handler, as a notebook has and a prompt may set, keeps it.
    """
    in_main = threading.current_thread() is threading.main_thread()
    taken = _taken() if in_main else []
    try:
        for signum in taken:
            signal.signal(signum, signal.SIG_DFL)
        yield
    finally:
        for signum in taken:
            signal.signal(signum, _unwind)
