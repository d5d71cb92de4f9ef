"""Runs with numbers that the fixed ones do not have."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lstm_shapes.run.values import Array, Run
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import fixed_run

MakeRun = Callable[[LSTMSpec], Run]


def changed(change: Callable[[Array], Any]) -> MakeRun:
    """Return what makes runs with other values in their arrays."""

    def run_of_changed(spec: LSTMSpec) -> Run:
        run = fixed_run(spec)
        arrays = (run.input, *run.outputs)
        x, *outputs = (replace(of, values=np.asarray(change(of), np.float32)) for of in arrays)
        return replace(run, input=x, outputs=tuple(outputs))

    return run_of_changed


def holding(**values: Any) -> MakeRun:
    """Return what makes runs whose arrays of these names hold these values."""
    return changed(lambda of: values.get(of.name, of.values))
