"""Read the table of numbers in a .csv file, whose first line may name its columns."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from lstm_shapes.errors import number_of, quoted

# The text of a spreadsheet may begin with it.
BYTE_ORDER_MARK = "\ufeff"


class UnreadableError(Exception):
    """A file cannot be read, and its message says why in a person's words."""


class Table(NamedTuple):
    """The numbers of a .csv file by row, and what NumPy has to know to read them.

    Attributes:
        rows: The numbers.
        column_names: The names in the header, () if it does not name each column.
        columns: The positions of the columns that are read, None for all.
        lines_before: How many lines the file has down to the end of its header, 0 without.
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


def is_table(file: Path) -> bool:
    """Return True if a file is a .csv by its suffix."""
    return file.suffix.lower() == ".csv"


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
    if names and not lines:
        raise UnreadableError("it has a header, and no row of numbers below")
    columns = None
    if picked_names:
        columns = columns_named(picked_names, names)
    rows = []
    for line in lines:
        check_length(line, lines[0])
        rows.append(numbers_of(line, columns, names))
    column_names = names
    if lines and len(names) != len(lines[0].cells):
        # Which name is that of which column cannot be known.
        column_names = ()
    elif columns is not None:
        column_names = tuple(names[column] for column in columns)
    return Table(
        rows=rows,
        column_names=column_names,
        columns=columns,
        lines_before=lines_before,
        encoding=encoding,
        has_quotes='"' in text,
    )


def check_length(line: Line, first_line: Line) -> None:
    """Raise an UnreadableError if a line has not as many cells as the first."""
    column_count = len(first_line.cells)
    if len(line.cells) != column_count:
        cell_count = number_of(len(line.cells), "column")
        raise UnreadableError(
            f"row {line.number} has {cell_count}, the first has {column_count:,}"
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
    # A name may have a comma in it.
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

    Args:
        line: The line.
        columns: The positions of the columns, None for all.
        names: The names of all columns, for an error.

    Raises:
        UnreadableError: a cell in these columns holds no number.
    """
    positions: Sequence[int] = range(len(line.cells))
    if columns is not None:
        positions = columns
    numbers = []
    for column in positions:
        cell = line.cells[column]
        if not is_number(cell):
            reason = f"row {line.number}, column {column + 1} holds {quoted(cell)}, no number"
            if columns is None:
                reason += cure_by_name(line, names)
            raise UnreadableError(reason)
        numbers.append(float(cell))
    return numbers


def cure_by_name(line: Line, names: Sequence[str]) -> str:
    """Return the advice to pick the first column that holds a number, "" without one."""
    for name, cell in zip(names, line.cells, strict=False):
        if is_number(cell):
            return f": pick columns by name, as [{name}] behind the file"
    return ""


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
