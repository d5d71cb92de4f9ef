"""What native code prints on descriptor 2: hidden, yet told where it is why the process ended."""

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lstm_shapes.run.interrupts import SIGNALS, cleaned_up

_HIDDEN, _SHOWN = b"h", b"s"


class _Witness:
    """A child process that outlives this one, and tells what it printed if it ended hidden."""

    def __init__(self, process: int, pipe: int, memory: int) -> None:
        self.process = process
        self.pipe = pipe
        self.memory = memory


_witness: _Witness | None = None


@contextmanager
def witnessed() -> Iterator[None]:
    """Has a witness, should native code end the process while its chatter is hidden.

    It is for a command, whose process is its own, and before there are threads. Where there can
    be none, only the telling is lost.
    """
    global _witness  # noqa: PLW0603  # as descriptor 2, it is the process'
    _witness = _called()
    with cleaned_up(_dismiss):
        yield


def _called() -> _Witness | None:
    memory = _memory()
    ours, pipe = os.pipe()
    try:
        process = os.fork()
    except (AttributeError, OSError):
        return None
    if not process:
        os.close(pipe)
        _watch(ours, memory)
    os.close(ours)
    return _Witness(process, pipe, memory)


def _dismiss() -> None:
    """Ends the witness, as this process ends on purpose."""
    if _witness:
        with suppress(ProcessLookupError):
            os.kill(_witness.process, signal.SIGKILL)


def _watch(pipe: int, memory: int) -> None:
    """Waits for the process to end, tells what it printed if that was hidden, and never returns."""
    try:
        # They come to all of a terminal's processes, and end the one that is watched or do not.
        for signum in SIGNALS:
            signal.signal(signum, signal.SIG_IGN)
        state = _SHOWN
        while said := os.read(pipe, 2**12):
            state = said[-1:]
        if state == _HIDDEN:
            _show(memory)
            os.write(
                2,
                b"lstm-shapes: TensorFlow ended the process while it was imported: install it with "
                b"'%b -m pip install --upgrade tensorflow'\n" % os.fsencode(sys.executable),
            )
    finally:
        os._exit(0)


@contextmanager
def hidden_chatter() -> Iterator[None]:
    """Keeps descriptor 2 silent: TensorFlow's native code logs past Python and its levels.

    If an exception comes out, what was printed is shown after all.
    """
    sys.stderr.flush()
    memory = _witness.memory if _witness else _memory()
    shown = os.dup(2)
    failed = False
    with _interrupts_told():
        _tell(_HIDDEN)
        os.dup2(memory, 2)
        try:
            yield
        except Exception:
            failed = True
            raise
        finally:
            sys.stderr.flush()
            os.dup2(shown, 2)
            _tell(_SHOWN)
            os.close(shown)
            if failed:
                _show(memory)
            if not _witness:
                os.close(memory)


@contextmanager
def _interrupts_told() -> Iterator[None]:
    """Lets the witness know of a signal that ends the process at once: from C, as Python waits."""
    if not _witness:
        yield
        return
    told = [signum for signum in SIGNALS if signal.getsignal(signum) is signal.SIG_DFL]
    for signum in told:
        # What it writes is not read; that it writes is the news.
        faulthandler.register(signum, file=_witness.pipe, all_threads=False, chain=True)
    try:
        yield
    finally:
        for signum in told:
            faulthandler.unregister(signum)


def _tell(state: bytes) -> None:
    if _witness:
        with suppress(OSError):
            os.write(_witness.pipe, state)


def _memory() -> int:
    """A descriptor to print to and read from, which takes no disk where the system has such."""
    with suppress(AttributeError, OSError):
        return os.memfd_create("stderr")
    import tempfile

    with suppress(OSError), tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
    return os.open(os.devnull, os.O_RDWR)


def _show(memory: int) -> None:
    copied = 0
    while piece := os.pread(memory, 2**16, copied):
        copied += os.write(2, piece)
