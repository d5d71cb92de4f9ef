"""Compare the arrays of a run with others, one by one."""

from collections.abc import Iterable

import numpy as np

from lstm_shapes.run.dtypes import widened
from lstm_shapes.run.values import Array, Run
from lstm_shapes.shapes.selection import Selection
from tests.oracle import Floats


def every_c_of(run: Run) -> list[Array]:
    """Return c at every timestep, of each direction that has one."""
    arrays = []
    for array in run.spec.last.all_other_states:
        arrays.append(run.select(Selection(array.name)))
    return arrays


def assert_close(
    arrays: Iterable[Array],
    expected_arrays: Iterable[Floats],
    tolerance: float,
) -> None:
    """Check that there are as many arrays as expected, and that they are close."""
    for array, expected in zip(arrays, expected_arrays, strict=True):
        np.testing.assert_allclose(
            widened(array.values),
            widened(expected),
            atol=tolerance,
            err_msg=array.name,
        )
