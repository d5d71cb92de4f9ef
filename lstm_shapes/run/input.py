"""Read an input of one's own, from a .npy file or from Python, as float32."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.spec.model import LSTMSpec, sizes_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from lstm_shapes.run.values import Values


def input_sizes(path: Path) -> dict[str, int]:
    """Return the sizes of the input in a file without reading its values, or raise a CallError."""
    return _checked(quoted(str(path)), _open(path, mmap_mode="r"))


def read_input(path: Path) -> "Values":
    """Return the values of a file as float32 (batch, timesteps, features), or raise a CallError."""
    # Read and not mapped: a mapped file that is cut short meanwhile ends the process.
    return _float32(quoted(str(path)), _open(path))


def as_input(x: Any, spec: LSTMSpec) -> "Values":
    """Return an array or nested lists as the float32 input of a spec, or raise a CallError."""
    import numpy as np

    try:
        array = np.asarray(x)
    except (TypeError, ValueError, RuntimeError) as error:
        expected = "expected an array (batch, timesteps, features)"
        raise CallError(f"input is {quoted(x)}, {expected}") from error
    _checked("input", array)
    if array.shape != spec.input.shape:
        expected = f"expected {spec.input.shape}: LSTMSpec.for_input(x) takes it from x"
        raise CallError(f"input has the shape {array.shape}, {expected}")
    return _float32("input", array)


def _checked(name: str, array: "npt.NDArray[Any]") -> dict[str, int]:
    """Check that an array holds numbers before its axes: an object has none to reshape."""
    if array.dtype.kind not in "biuf":  # NumPy's kinds: bool, int, unsigned int, float
        held = f"{name} holds values of the type {quoted(str(array.dtype))}, expected numbers"
        raise CallError(f"{held}: x.astype('float32') converts what can be")
    return sizes_of(array.shape, name)


def _float32(name: str, array: "npt.NDArray[Any]") -> "Values":
    import numpy as np

    with np.errstate(over="ignore"):
        values = np.array(array, dtype=np.float32, order="C")
    if array.dtype.itemsize > 4 and np.any(beyond := np.isinf(values) & np.isfinite(array)):
        expected = "expected numbers within float32's range, up to 3.4e+38: scale them"
        raise CallError(f"{name} holds {np.abs(array[beyond]).max():g}, {expected}")
    values.flags.writeable = False
    return values


def _open(path: Path, mmap_mode: Any = None) -> "npt.NDArray[Any]":
    import numpy as np

    try:
        # A pipe might never answer, nor might what Linux shows as a file without a size.
        if path.exists() and not (path.is_file() and path.stat().st_size):
            raise ValueError("it is no regular file, or it is empty")
        with path.open("rb") as file:
            if file.read(6) != b"\x93NUMPY":  # NumPy would call it a pickle
                raise ValueError("it is no .npy file: numpy.save writes one")
        with warnings.catch_warnings():  # of a header that Python 2 has written
            warnings.simplefilter("ignore")
            array: npt.NDArray[Any] = np.load(path, mmap_mode=mmap_mode, allow_pickle=False)
    except Exception as error:  # a damaged header fails in as many ways as Python's parser
        reason = str(getattr(error, "strerror", None) or error).partition("\n")[0]
        expected = "expected a .npy file of (batch, timesteps, features)"
        raise CallError(f"{quoted(str(path))} cannot be read ({reason}), {expected}") from error
    return array
