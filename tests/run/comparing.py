"""Compare the arrays of a run with others, one by one."""

from collections.abc import Iterable

import numpy as np

from lstm_shapes.run.dtypes import widened
from lstm_shapes.run.values import Array
from tests.oracle import Floats


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
