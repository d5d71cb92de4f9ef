"""Signals that end the command: at once wherever it is, with nothing half-written left."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

TYPE_CHECKING = False  # typing's, without the time that importing typing takes
if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]

_clean_ups: list[Callable[[], object]] = []


class Interrupt(BaseException):
    """What drops the work and not the process, as a prompt has it.

    Neither does an `except Exception` stop it nor Typer, which takes a KeyboardInterrupt for its
    own.
    """


def end_on_signals() -> None:
    """Have each of SIGNALS clean up before it ends the process, if it would end it.

    One that is ignored, as `nohup` and a shell's background jobs have it, stays ignored.
    """
    for signum in SIGNALS:
        if signal.getsignal(signum) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(signum, _end)


def _end(signum: int, _frame: "FrameType | None") -> None:
    """Cleans up and ends the process as the signal would have.

    It raises nothing that would unwind to there: an exception that comes while a callback runs is
    dropped by Python, and one that comes while a native module is imported may crash it. Both
    happened, to one signal in five hundred.
    """
    for clean_up in reversed(_clean_ups):
        with suppress(Exception):
            clean_up()
    _die(signum)


def _die(signum: int) -> None:
    signal.signal(signum, signal.SIG_DFL)
    signal.raise_signal(signum)


@contextmanager
def cleaned_up(clean_up: Callable[[], object]) -> Iterator[None]:
    """Calls `clean_up` when the block ends, however it ends, and if a signal ends the process."""
    _clean_ups.append(clean_up)
    try:
        yield
    finally:
        clean_up()
        _clean_ups.remove(clean_up)


def unfinished(path: "Path") -> AbstractContextManager[None]:
    """Removes the file at `path`, if there is one, when the block ends, and on a signal."""
    return cleaned_up(lambda: path.unlink(missing_ok=True))


def postpone_interrupts() -> None:
    """Have SIGINT wait for `interrupts_heeded` or `drop_if_interrupted`: a prompt goes on after it.

    An exception between any two steps is what neither TensorFlow's Python nor a bar gets over.
    """
    signal.signal(signal.SIGINT, _note)


_came = _heeded = False


def _note(_signum: int, _frame: "FrameType | None") -> None:
    global _came, _heeded  # noqa: PLW0603  # as signals are, they are the process'
    if _heeded:
        _heeded = False
        raise Interrupt
    _came = True


@contextmanager
def interrupts_heeded() -> Iterator[None]:
    """Has a postponed SIGINT raise an Interrupt as soon as it comes, where one waits for a key."""
    global _came, _heeded  # noqa: PLW0603
    _heeded = True
    try:
        yield
    finally:
        _came = _heeded = False


def drop_if_interrupted() -> None:
    """Drop the work if there was a SIGINT that is postponed.

    Raises:
        Interrupt: there was.
    """
    global _came  # noqa: PLW0603
    if _came:
        _came = False
        raise Interrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets a signal end the process at once: native code keeps Python's handlers waiting.

    It does so in the main thread, for the signals that end the command, and there is nothing to
    clean up meanwhile. Whoever has another handler, as a notebook or a prompt has, keeps it.
    """
    in_main = threading.current_thread() is threading.main_thread()
    taken = [signum for signum in SIGNALS if in_main and signal.getsignal(signum) is _end]
    try:
        for signum in taken:
            signal.signal(signum, signal.SIG_DFL)
        yield
    finally:
        for signum in taken:
            signal.signal(signum, _end)
