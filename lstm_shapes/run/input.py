"""Read an input of one's own, from a file, standard input or Python, as float32."""

import csv
import errno
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt

from lstm_shapes.errors import CallError, kind_of_file, quoted
from lstm_shapes.run.table import NO_TABLE, UnreadableError, is_table, read_table
from lstm_shapes.run.values import Values
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.sizes import (
    EXAMPLE_LAYER,
    PADS,
    AnyInput,
    InputSizes,
    has_integers,
    ragged,
    sizes_of_input,
    sizes_of_shape,
    sizes_of_windows,
)
from lstm_shapes.shapes.spec import Spec

# An array as it stands in a file, of whatever type and shape.
FileArray = npt.NDArray[Any]

# The first bytes of a .npy and of a .npz; NumPy would try to unpickle anything else.
ARRAY_MAGIC = b"\x93NUMPY"
ARCHIVE_MAGIC = b"PK"
# NumPy's errors begin so where it would have to unpickle objects.
OBJECT_ERRORS = (
    "Object arrays cannot be loaded",
    "Array can't be memory-mapped: Python objects",
)
# NumPy's kinds of numbers: bool, int, unsigned int, float.
NUMBER_KINDS = "biuf"
FLOAT32_BYTES = 4
# Files of these are models, and so are those that begin as HDF5 does.
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")
HDF5_MAGIC = b"\x89HDF"


class OwnInput:
    """Numbers of one's own, which a file or standard input holds.

    `path` is a .npy file of (batch, timesteps, features), an array of an archive as in
    `a.npz[x]`, a .csv file of one sample whose rows are timesteps, columns of one as in
    `a.csv[price,volume]`, or `-`, a .npy or .npz on standard input. Only a .npy file is
    read twice: for its sizes, and for its numbers.

    Args:
        path: The file.
        window: The timesteps of the windows into which a table (timesteps, features) is
            cut, a .csv or a .npy of two axes; None takes the numbers as they are.
        layer: The layer that is to read the numbers, which an error may name.

    Raises:
        CallError: it cannot be read, or does not hold numbers along three axes.
    """

    def __init__(
        self, path: Path, window: int | None = None, layer: Layer = EXAMPLE_LAYER
    ) -> None:
        self.path = path
        self.window = window
        self.name = quoted(str(path))
        # `_read` completes these: the name of the only array of a .npz, and the table.
        self.file, self._member = split_member(path)
        self._table = NO_TABLE
        if str(path).endswith("[]") and not os.path.exists(path):
            raise CallError(
                f"{self.name} has nothing in its brackets, expected the name of an array"
                " of a .npz, or of a column of a .csv"
            )
        # A .npy file is only mapped here: it may be larger than the memory.
        self._array = self._load(mmap_mode="r")
        check_numbers(self._array, self.name)
        self.sizes: InputSizes = self._sizes(layer)

    def _sizes(self, layer: Layer) -> InputSizes:
        """Return the sizes of the numbers, or of the windows that they are cut into."""
        shape = self._array.shape
        if self.window is not None:
            return sizes_of_windows(shape, self.window, self.name)
        array = AnyInput(
            self.name,
            shape,
            has_integers=has_integers(self._array),
            layer=layer,
            is_file=True,
        )
        return sizes_of_shape(array)

    def values(self) -> Values:
        """Return the numbers, or their windows, as float32 (batch, timesteps, features).

        Raises:
            CallError: the file has changed, or a number is beyond float32.
        """
        array = self._array
        if isinstance(array, np.memmap):
            # The file is read now: if one that is mapped is cut short, the process ends.
            array = self._load(mmap_mode=None)
            check_numbers(array, self.name)
            if array.shape != self._array.shape:
                raise CallError(
                    f"{self.name} had the shape {self._array.shape} and now has"
                    f" {array.shape}: leave it as it is while it is read"
                )
        values = as_float32(array, self.name)
        if self.window is not None:
            return windows_of(values, self.window)
        return values

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names in the header of a .csv, () without one."""
        return self._table.column_names

    @property
    def code(self) -> str:
        """The Python that loads the numbers: `np.load("x.npy")`.

        They are a table (timesteps, features) where they are cut into windows.
        """
        if self.window is not None and self._array.ndim == 1:
            return f"{self._loading_code()}[:, np.newaxis]"
        return self._loading_code()

    def _loading_code(self) -> str:
        """Return the Python that loads the numbers as they stand in the file."""
        file = str(self.file)
        if is_table(self.file):
            code = f"np.loadtxt({file!a}, {self._table.loading_arguments()})"
            if self.window is not None:
                return code
            return f"{code}[np.newaxis]"
        code = f"np.load({file!a})"
        if file == "-":
            code = "np.load(io.BytesIO(sys.stdin.buffer.read()))"
        if self._member:
            return f"{code}[{self._member!a}]"
        return code

    def _load(self, mmap_mode: Literal["r"] | None) -> FileArray:
        """Load the array, or map it where that is possible; raise a CallError if not."""
        try:
            return self._read(mmap_mode)
        except CallError:
            raise
        except Exception as error:
            # The parsers of Python and NumPy raise many types for a damaged file.
            if str(error).startswith(OBJECT_ERRORS):
                # NumPy loads no objects here, as they may bring code.
                raise CallError(
                    f"{self.name} holds objects, expected numbers: if they are"
                    f" sequences of unequal lengths, {PADS} `lengths` with theirs, as"
                    " 3,1, leaves out what it added"
                ) from error
            raise CallError(
                f"{self.name} cannot be read ({reason_of(error)}), expected a .npy file"
                " of (batch, timesteps, features), an array of a .npz, a .csv of numbers,"
                " or - for standard input"
            ) from error

    def _read(self, mmap_mode: Literal["r"] | None) -> FileArray:
        """Read the array, whatever the kind of file; what it raises says why it cannot."""
        file = self.file
        if str(file) == "-":
            stream = BytesIO(read_stdin())
            if is_archive(stream):
                return self._read_archive(stream)
            check_no_member(self._member)
            return read_array(stream)
        if os.path.exists(file) and not is_regular_file(file):
            raise UnreadableError(f"it is {kind_of_file(file)}")
        check_no_model(file)
        if is_table(file):
            self._table = read_table(file, self._member)
            rows = np.array(self._table.rows)
            if self.window is not None:
                return rows
            return rows[np.newaxis]
        with file.open("rb") as opened:
            if is_archive(opened):
                return self._read_archive(opened)
        check_no_member(self._member)
        return read_array(file, mmap_mode)

    def _read_archive(self, opened: IO[bytes]) -> FileArray:
        """Read the array that is picked in a .npz, or the only one."""
        file = str(self.file)
        array, self._member = array_in_archive(opened, self._member, file)
        return array


def reason_of(error: Exception) -> str:
    """Say why a file cannot be read, in other words than those of NumPy and zipfile."""
    if isinstance(error, UnreadableError | csv.Error):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    if isinstance(error, MemoryError):
        return "it is larger than the memory"
    # A damaged archive may name a position that no file has, which leads to EINVAL.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return os.strerror(error.errno)
    return "it is damaged, or cut short"


def check_no_model(path: Path) -> None:
    """Raise a CallError if a file is a model, which is no input."""
    if not os.path.isfile(path):
        return
    is_model = path.suffix.lower() in MODEL_SUFFIXES
    if not is_model and is_regular_file(path):
        with path.open("rb") as opened:
            is_model = opened.read(len(HDF5_MAGIC)) == HDF5_MAGIC
    if is_model:
        raise CallError(
            f"{quoted(str(path))} is a model, expected numbers: as the first word of a"
            " call it lists its layers, and the path of one behind it explores that"
        )


def with_timesteps_of(x: object, spec: Spec) -> Spec:
    """Return a spec whose open axis is as long as that of an input, which may be None.

    Raises:
        CallError: the input does not have three axes.
    """
    if x is None or not spec.has_open_timesteps:
        return spec
    sizes = sizes_of_input(x, "input", spec.layers[-1])
    return replace(spec, timesteps=sizes.timesteps)


def as_input(x: object, spec: Spec) -> Values:
    """Return an array or nested lists as the float32 input of a spec.

    Raises:
        CallError: it holds no numbers, or has another shape than the spec's input.
    """
    if isinstance(x, str | bytes | PathLike):
        raise CallError(
            f"input is {quoted(x)}, expected an array or lists (batch, timesteps,"
            " features): np.load reads a file into one"
        )
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ragged(x, "input") from error
    except Exception as error:
        # An object that makes no array says so by any type.
        raise CallError(
            f"input is {quoted(x)}, expected an array (batch, timesteps, features)"
        ) from error
    check_numbers(array, "input")
    layer = spec.layers[-1]
    sizes_of_shape(AnyInput("input", array.shape, has_integers(array), layer))
    if array.shape != spec.input.shape:
        raise CallError(
            f"input has the shape {array.shape}, expected {spec.input.shape}:"
            " LSTMSpec.for_input(x) takes it from x"
        )
    return as_float32(array, "input")


def check_numbers(array: FileArray, name: str) -> None:
    """Raise a CallError if an array holds anything but numbers."""
    if array.dtype.kind == "O" and array.ndim == 1:
        raise ragged(array, name)
    if array.dtype.kind not in NUMBER_KINDS:
        raise CallError(
            f"{name} holds values of the type {quoted(str(array.dtype))}, expected"
            " numbers: x.astype('float32') converts what can be"
        )


def as_float32(array: FileArray, name: str) -> Values:
    """Return a read-only copy in float32; raise a CallError for a number beyond float32."""
    with np.errstate(over="ignore"):
        values = np.array(array, dtype=np.float32, order="C")
    if array.dtype.itemsize > FLOAT32_BYTES:
        is_beyond = np.isinf(values) & np.isfinite(array)
        if is_beyond.any():
            largest = np.abs(array[is_beyond]).max()
            raise CallError(
                f"{name} holds {largest:g}, expected numbers within float32's range, up"
                " to 3.4e+38: scale them"
            )
    values.flags.writeable = False
    return values


def windows_of(table: Values, window: int) -> Values:
    """Cut a table (timesteps, features) into windows (batch, timesteps, features).

    Each window begins a row later than the one before it. Numbers along one axis are a
    table of one column.

    Example:
        >>> windows_of(np.arange(4, dtype=np.float32), 3).tolist()
        [[[0.0], [1.0], [2.0]], [[1.0], [2.0], [3.0]]]
    """
    if table.ndim == 1:
        table = table[:, np.newaxis]
    views = np.lib.stride_tricks.sliding_window_view(table, window, axis=0)
    windows = np.ascontiguousarray(views.swapaxes(1, 2))
    windows.flags.writeable = False
    return windows


def split_member(path: Path) -> tuple[Path, str]:
    """Split `a.npz[x]` into the file and the name in brackets, "" if there is none.

    Both may have brackets in them: they are split at the first one that stands behind the
    name of a file.
    """
    text = str(path)
    match = re.fullmatch(r"(.+)\[(.+)\]", text, re.DOTALL)
    if match is None or os.path.exists(path):
        return path, ""
    for bracket in re.finditer(r"\[", text):
        file = text[: bracket.start()]
        member = text[bracket.end() : -1]
        if member and os.path.isfile(file):
            return Path(file), member
    return Path(match[1]), match[2]


def is_regular_file(file: Path) -> bool:
    """Return True if a file is an ordinary one that is not empty.

    Reading a pipe may wait for ever. A file that the kernel makes up, as in /proc, has the
    size 0.
    """
    return os.path.isfile(file) and file.stat().st_size > 0


def check_no_member(member: str) -> None:
    """Raise an UnreadableError if brackets pick an array of a file that is one array."""
    if member:
        raise UnreadableError(
            f"it is one array, in which nothing is called {quoted(member)}"
        )


def is_archive(opened: IO[bytes]) -> bool:
    """Return True if a file begins as a .npz does, and False if as a .npy does.

    Raises:
        UnreadableError: it begins otherwise.
    """
    magic = opened.read(len(ARRAY_MAGIC))
    opened.seek(0)
    if magic.startswith(ARCHIVE_MAGIC):
        return True
    if magic != ARRAY_MAGIC:
        raise UnreadableError("it is no .npy file: numpy.save writes one")
    return False


def read_stdin() -> bytes:
    """Read standard input to its end; return b"" if it is closed."""
    if sys.stdin is None:
        return b""
    return sys.stdin.buffer.read()


def read_array(
    source: Path | IO[bytes], mmap_mode: Literal["r"] | None = None
) -> FileArray:
    """Read the array of a .npy, or map it."""
    with header_warnings_hidden():
        array: FileArray = np.load(source, mmap_mode, allow_pickle=False)
    return array


@contextmanager
def header_warnings_hidden() -> Iterator[None]:
    """Hide what NumPy says of a header that Python 2 has written: it is read all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def array_in_archive(
    opened: IO[bytes], member: str, file: str
) -> tuple[FileArray, str]:
    """Read the array of a .npz that has that name, and return it with its name.

    Args:
        opened: The archive.
        member: The name; "" takes the only array.
        file: The name of the archive, for an error.

    Raises:
        UnreadableError: there is no such array, or it is no array.
    """
    with np.load(opened, allow_pickle=False) as archive:
        file_names = archive.zip.namelist()
        names = [name for name in archive.files if f"{name}.npy" in file_names]
        if not member and len(names) == 1:
            member = names[0]
        if member not in archive.files and not names:
            raise UnreadableError("it is an archive without arrays")
        if member not in archive.files:
            raise UnreadableError(
                f"it holds {', '.join(names)}: pick one, as {file}[{names[0]}]"
            )
        with header_warnings_hidden():
            array = archive[member]
    if not isinstance(array, np.ndarray):
        # A zip may hold files of other kinds, which NumPy returns as bytes.
        raise UnreadableError(f"{quoted(member)} in it is no array")
    return array, member
