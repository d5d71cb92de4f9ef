"""The process around the command: interrupts, closed streams and the exit status."""

import gc
import os
import signal
import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command and end the process with its status."""
    # Python's own handler waits for TensorFlow's native code, for seconds, and ends in a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What a process this short leaves behind is not worth looking for; a sweep collects by itself.
    gc.disable()
    _open_standard_streams()

    from lstm_shapes.cli import run

    status = run(sys.argv[1:])
    # All is written and flushed; taking TensorFlow down module by module would only take time.
    os._exit(status)


def _open_standard_streams() -> None:
    """Gives a closed stream a place, lest a file opened later takes its number."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w")
    # What the encoding cannot write becomes a question mark, not a UnicodeEncodeError.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
