"""The process around the command: signals, streams, settings and the exit status."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import NoReturn

from lstm_shapes.run.chatter import dismiss_witness, have_witness
from lstm_shapes.run.interrupts import Interrupt, unwind_on_signals

# Settings of these change numbers, or print on stdout; those kept only share out the machine.
_SETTINGS = ("KERAS_", "TF_", "XLA_", "ONEDNN_", "DNNL_")
_KEPT = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_FORCE_GPU_ALLOW_GROWTH")


def main() -> None:
    """Run the command and end the process, with its status or by the signal that ended it."""
    # What a process this short leaves behind is not worth looking for; a sweep collects by itself.
    gc.disable()
    try:
        unwind_on_signals()
        with _standard_streams():
            _pin_settings()
            have_witness()

            from lstm_shapes.cli import run

            status = run(sys.argv[1:])
    except (Interrupt, KeyboardInterrupt) as interrupt:
        dismiss_witness()
        _end_by(getattr(interrupt, "signum", signal.SIGINT))
    dismiss_witness()
    # All is written and flushed; taking TensorFlow down module by module would only take time.
    os._exit(status)


def _end_by(signum: int) -> NoReturn:
    """Ends as the signal would have it, so that a shell sees 130 and stops its loop as well."""
    signal.signal(signum, signal.SIG_DFL)
    signal.raise_signal(signum)
    os._exit(128 + signum)


def _pin_settings() -> None:
    """Keeps the settings of the user's other work out, and TensorFlow's chatter down."""
    for name in tuple(os.environ):
        if name.startswith(_SETTINGS) and name not in _KEPT:
            del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # No keras.json can be read or created below it.
    os.environ["KERAS_HOME"] = os.devnull
    # After the import nothing is hidden: where memory runs out, it would list all it holds.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"


@contextmanager
def _standard_streams() -> Iterator[None]:
    """Streams that are open, that wait for a slow reader, and that can write every character."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # closed, and a file opened later would take its number
            os.open(os.devnull, os.O_RDWR)
    # What the encoding cannot write becomes a question mark, not a UnicodeEncodeError.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    # While TensorFlow is imported, descriptor 2 is hidden, and sentences are not to be.
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = open(os.dup(2), "w", 1, encoding, "backslashreplace")  # noqa: SIM115
    waited = [os.get_blocking(descriptor) for descriptor in range(3)]
    for descriptor in range(3):
        os.set_blocking(descriptor, True)
    try:
        yield
    finally:
        for descriptor in range(3):
            os.set_blocking(descriptor, waited[descriptor])


if __name__ == "__main__":
    main()
