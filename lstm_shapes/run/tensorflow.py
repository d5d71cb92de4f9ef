"""Import Keras on TensorFlow, quickly and quietly."""

import gc
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO, Any, TypeAlias

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.run.caller_state import random_state_kept

# What Keras and TensorFlow give, neither of which has types.
Keras: TypeAlias = Any
KerasModel: TypeAlias = Any
KerasLayer: TypeAlias = Any
KerasCell: TypeAlias = Any
Tensor: TypeAlias = Any


def load_keras() -> Keras:
    """Return Keras on TensorFlow, imported on the first call.

    Raises:
        TensorFlowError: it cannot be imported, or Keras runs on something else.
    """
    with random_state_kept():  # other threads wait for it
        keras = import_keras()
    if isinstance(keras, TensorFlowError):
        raise keras
    return keras


@cache
def import_keras() -> Keras | TensorFlowError:
    """Import Keras, or return the error: half imported, it cannot be imported again."""
    try:
        tempfile.gettempdir()
    except OSError:
        return TensorFlowError(
            "TensorFlow needs a folder for temporary files and finds none, expected one"
            " that is open to writing in the environment variable TMPDIR"
        )
    was_enabled = gc.isenabled()
    # The import makes many objects that all stay: to look through them takes 0.2 to 0.8 s.
    gc.disable()
    try:
        with hidden_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import tensorflow as tf

            # TensorFlow logs about missing GPUs when it first looks for devices.
            tf.config.list_physical_devices()
            import keras
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
        return TensorFlowError(
            f"TensorFlow cannot be imported ({reason}): install it with"
            f" '{sys.executable} -m pip install --upgrade tensorflow'"
        )
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
    backend = keras.config.backend()
    if backend != "tensorflow":
        return TensorFlowError(
            f"Keras runs on {backend} in this process, expected tensorflow: set"
            " KERAS_BACKEND=tensorflow before Keras is imported"
        )
    logging.getLogger("tensorflow").addFilter(is_worth_logging)
    return keras


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Return False for TensorFlow's advice on retracing.

    Many models, traced once each, look to it like one that is traced too often.
    """
    return "retracing" not in record.getMessage()


def file_to_hide_in() -> IO[bytes]:
    """Open a temporary file; where no folder takes one, what is written to it is lost."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "w+b")


@contextmanager
def hidden_stderr() -> Iterator[None]:
    """Hide descriptor 2, on which native code prints; show it all if the block fails."""
    shown_descriptor = os.dup(2)
    with file_to_hide_in() as hidden_file:
        os.dup2(hidden_file.fileno(), 2)
        try:
            yield
        except BaseException:
            hidden_file.seek(0)
            os.write(shown_descriptor, hidden_file.read())
            raise
        finally:
            os.dup2(shown_descriptor, 2)
            os.close(shown_descriptor)
