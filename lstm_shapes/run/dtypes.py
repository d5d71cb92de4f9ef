"""Compare and write numbers of every dtype in which Keras computes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_shapes.shapes.layer import TOLERANCES

# NumPy's types know no bfloat16.
Numbers = npt.NDArray[Any]


def tolerance_of(arrays: Iterable[Numbers]) -> float:
    """Return the tolerance of arrays that are compared: that of the coarsest dtype."""
    return max(TOLERANCES[array.dtype.name] for array in arrays)


def widened(values: Numbers) -> Numbers:
    """Return numbers of two bytes as float32, which loses nothing, and others as they are.

    NumPy knows no bfloat16, and files and sums are best without float16.
    """
    if values.dtype.itemsize == 2:
        return values.astype(np.float32)
    return values
