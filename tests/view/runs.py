"""Runs with numbers that the fixed ones do not have, and answers made of them."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from lstm_shapes import Run, explore
from lstm_shapes.request import Request
from lstm_shapes.run.values import Array
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import Look
from tests.conftest import SEED, fixed_run, run_of

MakeRun = Callable[[Spec], Run]


def changed(change: Callable[[Array], Any]) -> MakeRun:
    """Return a function that makes runs with other values in their arrays.

    `change` is called on the input and on each output, and returns the values instead.
    """

    def make_run(spec: Spec) -> Run:
        run = fixed_run(spec)
        outputs = [with_values(array, change(array)) for array in run.outputs]
        return replace(
            run,
            input=with_values(run.input, change(run.input)),
            outputs=tuple(outputs),
        )

    return make_run


def holding(**values: Any) -> MakeRun:
    """Return a function that makes runs with these values, by the name of the array."""
    return changed(lambda array: values.get(array.name, array.values))


def with_values(array: Array, values: Any) -> Array:
    """Return an array with other values, which may be nested lists."""
    return replace(array, values=np.asarray(values, np.float32))


def constant_run(spec: Spec) -> Run:
    """Make a run of one number, which costs no arithmetic at any size."""
    number = np.float32(0.5)
    x = np.broadcast_to(number, spec.input.shape)
    outputs = [np.broadcast_to(number, array.shape) for array in spec.outputs]
    return run_of(spec, x, [], outputs)


@cache
def keras_run(spec: Spec) -> Run:
    """Make a run with Keras: the NumPy cells know Keras' default arguments alone."""
    return explore(spec, seed=SEED)


def spec_of(*layers: Layer, **sizes: Any) -> Spec:
    """Return layers as written in Keras on an input of these sizes."""
    return Spec(layers=layers, **sizes)


def answer_to(spec: Spec, look: Look | None = None, run: Run | None = None) -> Answer:
    """Return what a section shows of one call, before its run or with it."""
    request = Request(rows=((spec,),))
    runs = [run] if run else []
    return Answer((spec,), runs, request, look or Look())


def texts(lines: Lines) -> list[str]:
    """Return lines without their colours."""
    return [line.plain for line in lines]


def without_gaps(text: str) -> str:
    """Return a text with single blanks, as columns have more of them between."""
    return " ".join(text.split())
