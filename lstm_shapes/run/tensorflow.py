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
from threading import Lock
from typing import Any

from lstm_shapes.errors import TensorFlowError

_importing = Lock()


def load_keras() -> Any:
    """Return Keras on TensorFlow, imported on the first call, or raise a TensorFlowError."""
    with _importing:
        keras = _import()
    if isinstance(keras, TensorFlowError):
        raise keras
    return keras


@cache
def _import() -> Any:
    """Import Keras; an error is kept, as a half-imported TensorFlow cannot be imported again."""
    was_enabled = gc.isenabled()
    # The import makes many objects that all stay: looking through them takes 0.2 to 0.8 s.
    gc.disable()
    try:
        with hidden_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import tensorflow as tf

            # Looking for devices is what logs about missing GPUs, in the first run otherwise.
            tf.config.list_physical_devices()
            import keras
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
        cure = f"install it with '{sys.executable} -m pip install --upgrade tensorflow'"
        return TensorFlowError(f"TensorFlow cannot be imported ({reason}): {cure}")
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
    if keras.config.backend() != "tensorflow":
        found = f"Keras runs on {keras.config.backend()} in this process, expected tensorflow"
        return TensorFlowError(f"{found}: set KERAS_BACKEND=tensorflow before Keras is imported")
    # Many models, traced once each, look to TensorFlow like one that is traced too often.
    logging.getLogger("tensorflow").addFilter(lambda r: "retracing" not in r.getMessage())
    return keras


@contextmanager
def hidden_stderr() -> Iterator[None]:
    """Hide descriptor 2, which native code prints on; show what was hidden if the block fails."""
    shown = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            hidden.seek(0)
            os.write(shown, hidden.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)
