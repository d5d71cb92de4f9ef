"""Read an input of one's own, from a file, standard input or Python, as float32."""

import csv
import errno
import os
import re
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO, StringIO
from os import PathLike
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_shapes.errors import CallError, kind_of_file, number_of, quoted
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
# A text from a spreadsheet may begin with it.
BYTE_ORDER_MARK = "\ufeff"


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
        self._member = split_member(path)[1]
        if str(path).endswith("[]") and not os.path.exists(path):
            raise CallError(
                f"{self.name} has nothing in its brackets, expected the name of an array"
                " of a .npz, or of a column of a .csv"
            )
        self._table = NO_TABLE
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
            # A mapped file that is cut short meanwhile would end the process.
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
        file, _ = split_member(self.path)
        if str(file) != "-" and is_table(file):
            loaded = f"np.loadtxt({str(file)!a}, {self._table.loading_arguments()})"
            if self.window is not None:
                return loaded
            return f"{loaded}[np.newaxis]"
        loaded = f"np.load({str(file)!a})"
        if str(file) == "-":
            loaded = "np.load(io.BytesIO(sys.stdin.buffer.read()))"
        if self._member:
            return f"{loaded}[{self._member!a}]"
        return loaded

    def _load(self, mmap_mode: Literal["r"] | None) -> FileArray:
        """Load the array, or map it where that is possible; raise a CallError if not."""
        try:
            return self._read(mmap_mode)
        except CallError:
            raise
        except Exception as error:
            # A damaged file fails in as many ways as Python's parsers do.
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
        """Read the array; what it raises says why that cannot be done."""
        file, member = split_member(self.path)
        if str(file) == "-":
            stream = BytesIO(read_stdin())
            if is_archive(stream):
                array, self._member = array_in_archive(stream, member, "-")
                return array
            check_no_member(member)
            return read_array(stream)
        if os.path.exists(file) and not is_regular_file(file):
            raise UnreadableError(f"it is {kind_of_file(file)}")
        check_no_model(file)
        if is_table(file):
            self._table = read_table(file, member)
            rows = np.array(self._table.rows)
            if self.window is not None:
                return rows
            return rows[np.newaxis]
        with file.open("rb") as opened:
            if is_archive(opened):
                array, self._member = array_in_archive(opened, member, str(file))
                return array
        check_no_member(member)
        return read_array(file, mmap_mode)


class UnreadableError(Exception):
    """A file cannot be read, and its message says why in a person's words."""


def reason_of(error: Exception) -> str:
    """Say why a file cannot be read: NumPy and zipfile tell that only to their authors."""
    if isinstance(error, UnreadableError | csv.Error):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    if isinstance(error, MemoryError):
        return "it is larger than the memory"
    # A place that no file has leads to the error EINVAL.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return os.strerror(error.errno)
    return "it is damaged, or cut short"


class Table(NamedTuple):
    """The numbers of a .csv file by row, and what NumPy has to know to read them.

    Attributes:
        rows: The numbers.
        column_names: The names in the header, () if it does not name each column.
        columns: The positions of the columns that are read, None for all.
        lines_before: The number of lines down to the last one of the header.
        encoding: The encoding of the text, "" where it is ASCII.
        has_quotes: Whether quotes stand around cells.
    """

    rows: Sequence[Sequence[float]] = ()
    column_names: tuple[str, ...] = ()
    columns: Sequence[int] | None = None
    lines_before: int = 0
    encoding: str = ""
    has_quotes: bool = False

    def loading_arguments(self) -> str:
        """Write the arguments with which `numpy.loadtxt` reads the same numbers."""
        arguments = ['delimiter=","']
        if self.lines_before:
            arguments.append(f"skiprows={self.lines_before}")
        if self.columns is not None:
            arguments.append(f"usecols={list(self.columns)}")
        if self.has_quotes:
            arguments.append("quotechar='\"'")
        if self.encoding:
            arguments.append(f'encoding="{self.encoding}"')
        arguments.append("ndmin=2")
        return ", ".join(arguments)


NO_TABLE = Table()


class Line(NamedTuple):
    """A line of a .csv file with its number in the file."""

    number: int
    cells: Sequence[str]


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
        CallError: the input has not three axes.
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
    """Return a read-only copy in float32; raise a CallError for what is beyond it."""
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

    Each begins a row later than the one before it. Numbers along one axis are a table of
    one column.

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
    """Split `a.npz[x]` into the file and the name of an array in it, "" if there is none.

    Both may have brackets: the first one behind the name of a file divides them.
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


def is_table(file: Path) -> bool:
    """Return True if a file is a .csv by its suffix."""
    return file.suffix.lower() == ".csv"


def is_regular_file(file: Path) -> bool:
    """Return True if a file is an ordinary one that is not empty.

    To read a pipe could take for ever, and a file of the kernel has no size.
    """
    return os.path.isfile(file) and file.stat().st_size > 0


def check_no_member(member: str) -> None:
    """Raise an UnreadableError if a name is picked in what is one array."""
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
    with warnings.catch_warnings():
        # NumPy warns of a header that Python 2 has written.
        warnings.simplefilter("ignore")
        array: FileArray = np.load(source, mmap_mode, allow_pickle=False)
    return array


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
        with warnings.catch_warnings():
            # NumPy warns of a header that Python 2 has written.
            warnings.simplefilter("ignore")
            array = archive[member]
    if not isinstance(array, np.ndarray):
        # A zip may hold files of other kinds, which NumPy returns as bytes.
        raise UnreadableError(f"{quoted(member)} in it is no array")
    return array, member


def read_table(file: Path, picked_names: str = "") -> Table:
    """Read the numbers of a .csv file, whose first line may be a header.

    Args:
        file: The file.
        picked_names: The names of the columns to read, with commas between them; "" reads
            all of them.

    Raises:
        UnreadableError: a cell holds no number, rows have unequal lengths, or there is no
            column of a name.
    """
    with file.open(encoding="utf-8", newline="") as opened:
        text = opened.read()
    encoding = "" if text.isascii() else "utf-8"
    if text.startswith(BYTE_ORDER_MARK):
        encoding = "utf-8-sig"
        text = text.removeprefix(BYTE_ORDER_MARK)
    reader = csv.reader(StringIO(text, newline=""))
    lines = [Line(reader.line_num, cells) for cells in reader if cells]
    lines_before = 0
    names: tuple[str, ...] = ()
    if lines and not any(is_number(cell) for cell in lines[0].cells):
        lines_before = lines[0].number
        names = tuple(cell.strip() for cell in lines[0].cells)
        lines = lines[1:]
    columns = None
    if picked_names:
        columns = columns_named(picked_names, names)
    rows = []
    for line in lines:
        column_count = len(lines[0].cells)
        if len(line.cells) != column_count:
            cell_count = number_of(len(line.cells), "column")
            raise UnreadableError(
                f"row {line.number} has {cell_count}, the first has {column_count:,}"
            )
        rows.append(numbers_of(line, columns, names))
    if lines and len(names) != len(lines[0].cells):
        names = ()
    elif columns is not None:
        names = tuple(names[column] for column in columns)
    return Table(
        rows=rows,
        column_names=names,
        columns=columns,
        lines_before=lines_before,
        encoding=encoding,
        has_quotes='"' in text,
    )


def columns_named(picked_names: str, names: Sequence[str]) -> list[int]:
    """Return the positions of the columns that have these names.

    Raises:
        UnreadableError: there is no such column, or several have the name.

    Example:
        >>> columns_named("volume,price", ["day", "price", "volume"])
        [2, 1]
    """
    if not names:
        raise UnreadableError("its first line holds numbers, and no names of columns")
    texts = [picked_names]
    if picked_names not in names:
        texts = [text.strip() for text in picked_names.split(",")]
    columns = []
    for text in texts:
        if text not in names:
            raise UnreadableError(
                f"it has no column {quoted(text)}, but {', '.join(map(quoted, names))}"
            )
        if list(names).count(text) > 1:
            raise UnreadableError(f"several of its columns are called {quoted(text)}")
        columns.append(names.index(text))
    return columns


def numbers_of(
    line: Line, columns: Sequence[int] | None, names: Sequence[str]
) -> list[float]:
    """Return the numbers of a line in some columns, or in all of them.

    Raises:
        UnreadableError: a cell of them is no number.
    """
    numbers = []
    for column in range(len(line.cells)) if columns is None else columns:
        cell = line.cells[column]
        if not is_number(cell):
            reason = f"row {line.number}, column {column + 1} holds {quoted(cell)}, no number"
            for name, next_cell in zip(names, line.cells, strict=False):
                if columns is None and is_number(next_cell):
                    reason += f": pick columns by name, as [{name}] behind the file"
                    break
            raise UnreadableError(reason)
        numbers.append(float(cell))
    return numbers


def is_number(cell: str) -> bool:
    """Return True if a cell is a number as NumPy reads it, too.

    Python alone also takes 1_000, and the digits of other scripts.
    """
    if "_" in cell or not cell.isascii():
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True
