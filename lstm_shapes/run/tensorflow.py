"""Importing Keras on TensorFlow, quickly and quietly."""

import gc
import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from lstm_shapes.errors import TensorFlowError, plain
from lstm_shapes.run.chatter import hidden_chatter
from lstm_shapes.run.interrupts import drop_if_interrupted, interruptible

# What the import and a small run take of the address space, rounded up, and what each core adds:
# two threads, each with its stack and its share of malloc's. With less, threads cannot be started,
# which TensorFlow answers by aborting. Measured with TensorFlow 2.21 on 2 to 64 threads a pool.
_GIB = 2.1
_GIB_PER_CORE = 0.14

_importing = threading.Lock()


def load_keras() -> Any:
    """Keras on the TensorFlow backend, imported on the first call, from whichever thread.

    Raises:
        TensorFlowError: TensorFlow or Keras cannot be imported, or the process has imported
            Keras on another backend before; what TensorFlow printed is then on stderr.
    """
    while not _importing.acquire(timeout=0.1):
        drop_if_interrupted()
    try:
        outcome = _imported()
    finally:
        _importing.release()
    if isinstance(outcome, TensorFlowError):
        raise outcome
    return outcome


def expect_many_runs() -> None:
    """Have TensorFlow, unless it is imported already, give back what a run has taken.

    Its own allocator keeps all it has had, in pieces: runs of several shapes would add up.
    """
    os.environ["TF_ONEDNN_USE_SYSTEM_ALLOCATOR"] = "1"


@cache
def _imported() -> Any:
    """Keras, or the error, which is the same for every call: a failed import leaves half of it."""
    try:
        _check_address_space()
        return _import()
    except TensorFlowError as error:
        return error


def _import() -> Any:
    try:
        with interruptible(), hidden_chatter(), _surroundings():
            import tensorflow as tf

            # Looking for devices is what logs about missing GPUs, in the first run otherwise.
            tf.config.list_physical_devices()
            import keras
    except Exception as error:
        first_line = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
        raise TensorFlowError(
            f"TensorFlow cannot be imported ({plain(first_line)}): "
            f"install it with '{sys.executable} -m pip install --upgrade tensorflow'"
        ) from error
    if keras.config.backend() != "tensorflow":
        raise TensorFlowError(
            f"Keras runs on {keras.config.backend()} in this process, expected tensorflow: "
            "set KERAS_BACKEND=tensorflow before Keras is imported"
        )
    return keras


def needed_address_space() -> int:
    """The bytes of address space without which TensorFlow aborts on this machine."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return int((_GIB + _GIB_PER_CORE * cores) * 2**30)


def _check_address_space() -> None:
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    needed = needed_address_space()
    if limit != resource.RLIM_INFINITY and limit < needed:
        raise TensorFlowError(
            f"the address space is limited to {limit / 2**30:.1f} GiB, expected "
            f"{needed / 2**30:.1f} GiB or more for TensorFlow: raise it with 'ulimit -v'"
        )


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
def _surroundings() -> Iterator[None]:
    """What makes the import quick, quiet and free of needs that it has for no reason."""
    was_enabled, folder = gc.isenabled(), tempfile.tempdir
    # The objects are many, and they all stay.
    gc.disable()
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        # A library of tests that comes along asks for the folder, and writes nothing there.
        tempfile.tempdir = os.curdir
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
        gc.freeze()
    finally:
        tempfile.tempdir = folder
        if was_enabled:
            gc.enable()
