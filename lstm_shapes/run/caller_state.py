"""Leave random numbers and Keras' names as the caller had them, whatever a run changes.

TensorFlow and Keras have no public way to read their state back, so private names are
read here. A release that lacks them loses this courtesy, and nothing else.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from threading import RLock
from typing import Any, TypeAlias

import numpy as np

# What TensorFlow and Keras keep, neither of which has types.
TensorFlowContext: TypeAlias = Any
KerasState: TypeAlias = dict[str, object]

# All threads share this state: another run would set its seed in the middle of one.
state_lock = RLock()


@contextmanager
def caller_state_kept() -> Iterator[None]:
    """Restore the random state of all libraries, and the names that Keras has given."""
    with random_state_kept(), tensorflow_seed_kept(), keras_state_kept():
        yield


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Restore the random state of Python and NumPy.

    Setting a seed changes it, and so does the import of TensorFlow.
    """
    with state_lock:
        python_state = random.getstate()
        numpy_state = np.random.get_state()
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


@contextmanager
def tensorflow_seed_kept() -> Iterator[None]:
    """Restore TensorFlow's global seed, and the generator that it draws others from."""
    context = tensorflow_context()
    seeds = {}
    for name in ("_seed", "_rng"):
        if hasattr(context, name):
            seeds[name] = getattr(context, name)
    try:
        yield
    finally:
        for name, value in seeds.items():
            setattr(context, name, value)


@contextmanager
def keras_state_kept() -> Iterator[None]:
    """Restore Keras' global state: its seed, and how many layers have which name.

    `keras.utils.clear_session` puts another object in its place, so both are asked for.
    """
    with state_lock:
        attributes = keras_attributes()
        state = dict(attributes)
        if "object_name_uids" in state:
            state["object_name_uids"] = copy(state["object_name_uids"])
        try:
            yield
        finally:
            attributes = keras_attributes()
            attributes.clear()
            attributes.update(state)


def tensorflow_context() -> TensorFlowContext:
    """Return the object that holds TensorFlow's global seed, None if it has moved."""
    try:
        from tensorflow.python.eager import context

        return context.context()
    except (ImportError, AttributeError):
        return None


def keras_attributes() -> KerasState:
    """Return the attributes of Keras' global state, {} if they have moved."""
    try:
        from keras.src.backend.common import global_state

        attributes: KerasState = vars(global_state.GLOBAL_STATE_TRACKER)
    except (ImportError, AttributeError):
        return {}
    return attributes
