"""The process around the command: settings, streams and the exit status."""

import gc
import os
import signal
import sys

# Settings with these prefixes change results or print on stdout; the kept ones do neither.
_SETTINGS = ("KERAS_", "TF_", "XLA_", "ONEDNN_", "DNNL_")
_KEPT = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_FORCE_GPU_ALLOW_GROWTH")


def main() -> None:
    """Run the command and end the process with its status."""
    gc.disable()  # until there are runs: it would only slow the first answer
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ends the process at once, where Python would wait for TensorFlow's native code.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    for name in tuple(os.environ):
        if name.startswith(_SETTINGS) and name not in _KEPT:
            del os.environ[name]
    # No keras.json can be read or created below it, so the backend is TensorFlow.
    os.environ |= {"KERAS_HOME": os.devnull, "TF_CPP_MIN_LOG_LEVEL": "2"}
    if sys.stderr is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # A copy of descriptor 2, which is hidden while TensorFlow is imported.
    encoding = getattr(sys.stderr, "encoding", None)
    sys.stderr = open(os.dup(2), "w", 1, encoding, "backslashreplace")
    if sys.stdout is None:
        print("lstm-shapes: standard output is closed, expected it to be open", file=sys.stderr)
        os._exit(1)
    os.set_blocking(1, True)
    # With a buffer, as a full disk would go unnoticed with PYTHONUNBUFFERED; what the encoding
    # cannot write becomes a question mark.
    sys.stdout = open(1, "w", encoding=sys.stdout.encoding, errors="replace", closefd=False)

    from lstm_shapes.cli import run

    # All is written and flushed; taking TensorFlow down module by module would only take time.
    os._exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
