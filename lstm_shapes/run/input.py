"""Read an input of one's own, from a file, standard input or Python, as float32."""

import csv
import re
import sys
import warnings
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_shapes.errors import CallError, Option, quoted
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.shape import PADS, sizes_of, unequal

if TYPE_CHECKING:
    import numpy.typing as npt

    from lstm_shapes.run.values import Values

# What a .npy begins with, and a .npz; NumPy would call anything else a pickle.
MAGIC = b"\x93NUMPY", b"PK"


def input_sizes(path: Path) -> dict[str, int]:
    """Return the sizes of an input without reading a .npy's values, or raise a CallError."""
    return _checked(quoted(str(path)), _open(path, mmap_mode="r"))


def read_input(path: Path) -> "Values":
    """Return the values of a file as float32 (batch, timesteps, features), or raise a CallError.

    `-` is a .npy on standard input, `a.npz[x]` an array of an archive, and a .csv one sample whose
    rows are timesteps.
    """
    # Read and not mapped: a mapped file that is cut short meanwhile ends the process.
    return _float32(quoted(str(path)), _open(path))


def as_input(x: Any, spec: LSTMSpec) -> "Values":
    """Return an array or nested lists as the float32 input of a spec, or raise a CallError."""
    import numpy as np

    try:
        array = np.asarray(x)
    except ValueError as error:
        raise unequal(x, "input") from error
    except (TypeError, RuntimeError) as error:
        expected = "expected an array (batch, timesteps, features)"
        raise CallError(f"input is {quoted(x)}, {expected}") from error
    _checked("input", array)
    if array.shape != spec.input.shape:
        expected = f"expected {spec.input.shape}: LSTMSpec.for_input(x) takes it from x"
        raise CallError(f"input has the shape {array.shape}, {expected}")
    return _float32("input", array)


def _checked(name: str, array: "npt.NDArray[Any]") -> dict[str, int]:
    """Check that an array holds numbers before its axes: an object has none to reshape."""
    if array.dtype.kind == "O" and array.ndim == 1:
        raise unequal(array, name)
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

    file, picked = _parts(path)
    try:
        if str(path) == "-":
            source: Any = BytesIO(_stdin())
        elif file.exists() and not (file.is_file() and file.stat().st_size):
            # A pipe might never answer, and what the kernel makes up as it is read has no size.
            raise ValueError("it is no regular file, or it is empty")
        elif file.suffix.lower() == ".csv":
            return np.array(_table(file)[1])[np.newaxis]
        else:
            source = file.open("rb")
        with source, warnings.catch_warnings():  # of a header that Python 2 has written
            warnings.simplefilter("ignore")
            if not source.read(6).startswith(MAGIC):
                raise ValueError("it is no .npy file: numpy.save writes one")
            source.seek(0)
            whole = source if str(path) == "-" else file
            found = np.load(whole, mmap_mode if whole is file else None, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else _member(found, file, picked)
    except Exception as error:  # a damaged header fails in as many ways as Python's parser
        reason = str(getattr(error, "strerror", None) or error).partition("\n")[0]
        if "bject" in reason:  # NumPy loads none, as they may bring code
            held = f"{quoted(str(path))} holds objects, expected numbers: if they are sequences"
            leaves = Option("lengths"), " with theirs, as 3,1, leaves out what it added"
            raise CallError(f"{held} of unequal lengths, {PADS}", *leaves) from error
        expected = "expected a .npy file of (batch, timesteps, features) or a .csv of numbers"
        raise CallError(f"{quoted(str(path))} cannot be read ({reason}), {expected}") from error


def _member(archive: Any, file: Path, picked: str) -> "npt.NDArray[Any]":
    with archive:
        name = picked or archive.files[0]
        if name not in archive.files or (len(archive.files) > 1 and not picked):
            pick = f"pick one, as {file}[{archive.files[0]}]"
            raise ValueError(f"it holds {', '.join(archive.files)}: {pick}")
        return archive[name]  # type: ignore[no-any-return]


@cache
def _stdin() -> bytes:
    """Read standard input once, for the sizes and for the values."""
    return sys.stdin.buffer.read() if sys.stdin else b""


def _parts(path: Path) -> tuple[Path, str]:
    """Split `a.npz[x]` into the file and the name of an array in it."""
    found = None if path.exists() else re.fullmatch(r"(.+)\[(.+)\]", str(path))
    return (Path(found[1]), found[2]) if found else (path, "")


def _table(path: Path) -> tuple[int, list[list[float]]]:
    """Return how many lines of a table are its header, 0 or 1, and its numbers by row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        rows = [(reader.line_num, row) for row in reader if row]
    header = int(bool(rows) and not any(map(_is_number, rows[0][1])))
    for line, row in rows[header:]:
        for column, cell in enumerate(row, 1):
            if not _is_number(cell):
                raise ValueError(f"row {line}, column {column} holds {quoted(cell)}, no number")
        if len(row) != len(first := rows[header][1]):
            raise ValueError(f"row {line} has {len(row)} columns, the first has {len(first)}")
    return header, [[*map(float, row)] for _, row in rows[header:]]


def _is_number(cell: str) -> bool:
    with suppress(ValueError):
        float(cell)
        return True
    return False


def loading_code(path: Path) -> str:
    """Return the Python that loads the input: `np.load("x.npy")`."""
    file, picked = _parts(path)
    if file.suffix.lower() == ".csv":
        header = f", skiprows={_table(file)[0]}" if _table(file)[0] else ""
        return f'np.loadtxt({str(file)!a}, delimiter=","{header}, ndmin=2)[np.newaxis]'
    if str(path) == "-":
        return "np.load(io.BytesIO(sys.stdin.buffer.read()))"
    return f"np.load({str(file)!a})" + (f"[{picked!a}]" if picked else "")
