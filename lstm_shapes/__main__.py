"""Set up the process around the command: settings, streams and the exit status."""

import gc
import os
import signal
import sys
import warnings

# Settings with these prefixes change results or print on stdout; the kept ones do not.
SETTING_PREFIXES = ("KERAS_", "TF_", "XLA_", "ONEDNN_", "DNNL_")
KEPT_SETTINGS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_FORCE_GPU_ALLOW_GROWTH",
)


def main() -> None:
    """Run the command and end the process with its status."""
    gc.disable()  # until there are runs: it would only slow the first answer
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # End the process at once, where Python would wait for TensorFlow's native code.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    set_environment()
    open_stderr()
    if sys.stdin is not None:
        # Of a pipe that does not wait, what comes later would be lost.
        os.set_blocking(sys.stdin.fileno(), True)
    if sys.stdout is None:
        sentence = "standard output is closed, expected it to be open"
        print(f"lstm-shapes: {sentence}", file=sys.stderr)
        os._exit(1)
    open_stdout()

    from lstm_shapes.cli import run

    # All is written and flushed; to take TensorFlow down module by module takes time.
    os._exit(run(sys.argv[1:]))


def set_environment() -> None:
    """Remove the settings that change results, and choose TensorFlow as the backend."""
    for name in tuple(os.environ):
        if name.startswith(SETTING_PREFIXES) and name not in KEPT_SETTINGS:
            del os.environ[name]
    # No keras.json can be read or created below it, so the backend is TensorFlow.
    os.environ["KERAS_HOME"] = os.devnull
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Keras warns of what was asked for, and under PYTHONWARNINGS=error each would be an
    # error.
    warnings.simplefilter("ignore")


def open_stderr() -> None:
    """Write errors on a copy of descriptor 2, which is hidden during TensorFlow's import."""
    encoding = None
    if sys.stderr is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    else:
        encoding = sys.stderr.encoding
    sys.stderr = open(
        os.dup(2),
        "w",
        buffering=1,
        encoding=encoding,
        errors="backslashreplace",
    )


def open_stdout() -> None:
    """Write the answer with a buffer, and a question mark for what the encoding lacks.

    Without a buffer, as under PYTHONUNBUFFERED, a full disk would go unnoticed.
    """
    os.set_blocking(1, True)
    sys.stdout = open(
        1,
        "w",
        encoding=sys.stdout.encoding,
        errors="replace",
        closefd=False,
    )


if __name__ == "__main__":
    main()
