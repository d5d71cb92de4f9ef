"""An input of one's own, from a .npy file or from Python: checked by its header, then float32."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from math import prod
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Any

from lstm_shapes.errors import CallError, option, shortened
from lstm_shapes.spec.model import LSTMSpec, sizes_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lstm_shapes.run.values import Values

# NumPy takes no longer header, and reads one that says it is longer to its end all the same.
_HEADER_BYTES = 2**14
_ARRAY = "expected a .npy file that holds an array (batch, timesteps, features)"
_NUMBERS = "biuf"  # bool, whole numbers with and without sign, floating numbers: NumPy's kinds


def inspect(path: Path) -> tuple[int, ...]:
    """The shape of the input in a file, of which no value is read.

    Raises:
        CallError: it holds no array (batch, timesteps, features) of numbers, or not all of it.
    """
    import numpy as np

    head, size = _beginning(path)
    if head.startswith(b"PK"):
        one = "numpy.save('x.npy', numpy.load(archive)['x'])"
        raise _refused(path, "is an archive such as .npz", f"{_ARRAY}: {one} takes one out of it")
    if head.startswith(b"\x80"):
        raise _refused(path, "is a pickle, which could run code", f"{_ARRAY}: numpy.save does")
    if not head.startswith(np.lib.format.MAGIC_PREFIX):
        raise _refused(path, "is no .npy file", f"{_ARRAY}: numpy.save writes it")
    header = BytesIO(head)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        shape, _, dtype = readers[np.lib.format.read_magic(header)](header)
    except Exception as error:  # a damaged literal fails in as many ways as Python's parser
        raise _refused(path, "has a damaged header", f"{_ARRAY}: save it again") from error
    shape = tuple(map(int, shape))
    if min(shape, default=0) < 0:
        raise _refused(path, f"has the impossible shape {shortened(shape)}")
    name = f"--input {shortened(str(path))}"
    _check(name, shape, dtype)
    whole = header.tell() + prod(shape) * dtype.itemsize
    if size < whole:
        cut = f"is cut short: it has {size} bytes"
        raise _refused(path, cut, f"expected {whole} of an array {shape}: save or copy it again")
    return shape


def sizes_with(path: Path, asked: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The sizes of the input in a file, with those that are asked for beside it.

    Raises:
        CallError: the file holds no input, or a size asked for is not its.
    """
    shape = inspect(path)
    found = {name: [size] for name, size in sizes_of(shape).items()}
    for name, sizes in asked.items():
        for size in sizes:
            if size not in found.get(name, sizes):
                raise CallError(
                    f"{option(name)} is {shortened(size)} and --input {shortened(str(path))} has "
                    f"the shape {shape}, expected the size of the file or none"
                )
    return {**asked, **found}


def load(path: Path) -> "Values":
    """The values of the file, read-only, as float32 of axes (batch, timesteps, features).

    Raises:
        CallError: as `inspect` does.
    """
    import numpy as np

    inspect(path)
    return _converted(np.load(path, mmap_mode="r", allow_pickle=False))


def as_input(x: Any, spec: LSTMSpec) -> "Values":
    """`x`, which is all that NumPy makes an array of, as the input of the spec: float32, read-only.

    It is a copy, unless `x` is just that already, as what `load` returns.

    Raises:
        CallError: it is no array of numbers, or not of the shape that the spec has.

    Example:
        >>> as_input([[[1, 2], [3, 4]]], LSTMSpec(timesteps=2, features=2)).dtype
        dtype('float32')
    """
    import numpy as np

    try:
        array = np.asarray(x)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CallError(
            f"--input is {shortened(x)}, expected an array (batch, timesteps, features)"
        ) from error
    _check("--input", array.shape, array.dtype)
    if array.shape != spec.input.shape:
        raise CallError(
            f"--input has the shape {array.shape}, expected that of the spec, {spec.input.shape}: "
            "LSTMSpec.for_input(x) takes it from x"
        )
    flags = array.flags
    if array.dtype == np.float32 and flags.c_contiguous and not flags.writeable:
        return array
    return _converted(array)


def samples_not_finite(values: "Values") -> int:
    """In how many samples, on the first axis, a number is NaN or infinite."""
    import numpy as np

    # The least and the greatest are NaN where one number is: nothing of the array's size is made.
    samples = values.reshape(len(values), -1)
    finite = np.isfinite(samples.min(axis=1)) & np.isfinite(samples.max(axis=1))
    return len(samples) - int(np.count_nonzero(finite))


def _beginning(path: Path) -> tuple[bytes, int]:
    """What a file begins with, and its size; what might not open at once, as a pipe, stays shut."""
    head = b""
    try:
        found = path.stat()
        if S_ISREG(found.st_mode):
            with path.open("rb") as file:
                head = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        raise _refused(path, "does not exist") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(path, f"cannot be read ({reason})") from error
    if S_ISDIR(found.st_mode):
        raise _refused(path, "is a folder")
    if not S_ISREG(found.st_mode):
        raise _refused(path, "is a pipe or a device", f"{_ARRAY}: save what it gives to one")
    if not found.st_size:
        raise _refused(path, "is empty")
    return head, found.st_size


def _check(name: str, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> None:
    sizes_of(shape, name)
    if dtype.kind not in _NUMBERS:
        raise CallError(
            f"{name} holds values of the type {shortened(str(dtype))}, expected whole or floating "
            "numbers: x.astype('float32') converts what can be"
        )


def _converted(array: "npt.NDArray[Any]") -> "Values":
    import numpy as np

    # What is too large for float32 becomes infinite, and is counted with what is not finite.
    with np.errstate(over="ignore"):
        values = np.array(array, dtype=np.float32, order="C")
    values.flags.writeable = False
    return values


def _refused(path: Path, problem: str, wanted: str = _ARRAY) -> CallError:
    return CallError(f"--input {shortened(str(path))} {problem}, {wanted}")
