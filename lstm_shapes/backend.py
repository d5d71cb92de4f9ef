"""Importing Keras on TensorFlow, quickly and quietly."""

import gc
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from lstm_shapes.errors import TensorFlowError


@cache
def load_keras() -> Any:
    """Keras on the TensorFlow backend, imported on the first call.

    Raises:
        TensorFlowError: TensorFlow or Keras cannot be imported, or the process has imported
            Keras on another backend before; what TensorFlow printed is then on stderr.
    """
    try:
        with _quiet_stderr(), _paused_collector():
            import tensorflow as tf

            # Looking for devices is what logs about missing GPUs, in the first run otherwise.
            tf.config.list_physical_devices()
            import keras
    except Exception as error:
        raise TensorFlowError(
            f"TensorFlow cannot be imported ({_first_line(error)}): "
            f"install it with '{sys.executable} -m pip install --upgrade tensorflow'"
        ) from error
    if keras.config.backend() != "tensorflow":
        raise TensorFlowError(
            f"Keras runs on {keras.config.backend()} in this process, expected tensorflow: "
            "set KERAS_BACKEND=tensorflow before Keras is imported"
        )
    return keras


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keeps file descriptor 2 silent: TensorFlow's native code logs past Python and its levels.

    If an exception comes out, what was printed is shown after all; if the process is aborted, as
    native code may, it is not.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as printed, os.fdopen(os.dup(2), "wb") as stderr:
        os.dup2(printed.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(stderr.fileno(), 2)
            if failed:
                printed.seek(0)
                stderr.write(printed.read())


@contextmanager
def quiet_retracing() -> Iterator[None]:
    """Hides a warning about one function traced often, which many models traced once set off."""
    logger = logging.getLogger("tensorflow")

    def other(record: logging.LogRecord) -> bool:
        return "retracing" not in record.getMessage()

    logger.addFilter(other)
    try:
        yield
    finally:
        logger.removeFilter(other)


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Spares the garbage collector the import's objects: they are many, and they all stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
