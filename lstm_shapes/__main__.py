"""The process around the command: signals, streams, settings and the exit status."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lstm_shapes.run.chatter import witnessed
from lstm_shapes.run.interrupts import cleaned_up, end_on_signals

# Settings of these change numbers, or print on stdout; those kept only share out the machine.
_SETTINGS = ("KERAS_", "TF_", "XLA_", "ONEDNN_", "DNNL_")
_KEPT = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_FORCE_GPU_ALLOW_GROWTH")


def main() -> None:
    """Run the command and end the process with its status."""
    # What a process this short leaves behind is not worth looking for; a sweep collects by itself.
    gc.disable()
    end_on_signals()
    with _standard_streams(), witnessed():
        _pin_settings()

        from lstm_shapes.cli import run

        status = run(sys.argv[1:])
    # All is written and flushed; taking TensorFlow down module by module would only take time.
    os._exit(status)


def _pin_settings() -> None:
    """Keeps the settings of the user's other work out, and TensorFlow's chatter down."""
    for name in tuple(os.environ):
        if name.startswith(_SETTINGS) and name not in _KEPT:
            del os.environ[name]
    # No keras.json can be read or created below it, so the backend is TensorFlow.
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
    if sys.stdout:
        # What the encoding cannot write becomes a question mark, not a UnicodeEncodeError; and with
        # PYTHONUNBUFFERED, what a full disk has no room for would be lost without a word.
        sys.stdout = open(1, "w", encoding=sys.stdout.encoding, errors="replace", closefd=False)  # noqa: SIM115
    # While TensorFlow is imported, descriptor 2 is hidden, and sentences are not to be.
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    sys.stderr = open(os.dup(2), "w", 1, encoding, "backslashreplace")  # noqa: SIM115
    waiting = [os.get_blocking(descriptor) for descriptor in range(3)]

    def put_back() -> None:
        for descriptor, waits in enumerate(waiting):
            os.set_blocking(descriptor, waits)

    for descriptor in range(3):
        os.set_blocking(descriptor, True)
    with cleaned_up(put_back):
        yield


if __name__ == "__main__":
    main()
