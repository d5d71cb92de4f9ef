"""The process around the command: interrupts, closed streams and the exit status."""

import gc
import os
import signal
import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command and end the process with its status."""
    # Python's own handler waits for TensorFlow's native code, for seconds, and ends in a traceback.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What a process this short leaves behind is not worth looking for; a sweep collects by itself.
    gc.disable()
    _open_standard_streams()
    _pin_settings()

    from lstm_shapes.cli import run

    status = run(sys.argv[1:])
    # All is written and flushed; taking TensorFlow down module by module would only take time.
    os._exit(status)


def _pin_settings() -> None:
    """Keeps the settings of the user's other work with Keras out, and TensorFlow's chatter down."""
    for name in [name for name in os.environ if name.startswith("KERAS_")]:
        del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # No keras.json can be read or created below it.
    os.environ["KERAS_HOME"] = os.devnull
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"


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
