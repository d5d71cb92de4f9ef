"""Show many runs as one table: a row for each, or for each comparison of four."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.text import Text

from lstm_shapes.request import Request, Row
from lstm_shapes.shapes.spec import SIZES, Spec
from lstm_shapes.view import Runs, View, style
from lstm_shapes.view.layout import Lines, flow, table
from lstm_shapes.view.screen import (
    Printer,
    Screen,
    dry_run_footer,
    footer,
    printable,
)
from lstm_shapes.view.style import (
    LABEL,
    PAGE_WIDTH,
    RETURNED,
    WIDEST_PICTURE,
    Look,
)


class SweepTable(View):
    """A table with a row for each row of a sweep, shown as soon as it is made."""

    def __init__(
        self, request: Request, printer: Printer, *, has_footer: bool = True
    ) -> None:
        self._request = request
        self._printer = printer
        self._has_footer = has_footer
        self._versions: Mapping[str, str] = {}
        self._table = sweep_table(request, printer.look)
        self._row_number = 0

    @property
    def needs_run(self) -> bool:
        """Return True: a row is of a run."""
        return True

    def begin(self) -> None:
        """Show what all rows have in common, and the titles."""
        self._show([*self._table.heading, Text(), *self._table.titles])

    def add(self, row: Row, runs: Runs) -> None:
        """Show the row of the table, and below it the arrays that are asked for."""
        lines = [self._table.rows[self._row_number]]
        self._row_number += 1
        if runs:
            arrays = self._arrays(runs)
            if arrays and self._versions:
                # The table begins again below the arrays of the row before.
                lines = [Text(), *self._table.titles, *lines]
            lines.extend(arrays)
            self._versions = runs[0].versions
        self._show(lines)

    def end(self) -> None:
        """Show the seed, the versions and the words that repeat the table."""
        if not self._has_footer:
            return
        if self._versions:
            self._show(footer(self._request, self._versions, self._printer.look))
        else:
            self._show(dry_run_footer(self._printer.look, has_blank_line=True))

    def _arrays(self, runs: Runs) -> Lines:
        """Return the tables of the arrays of each run."""
        from lstm_shapes.view.sections.arrays import (
            row_of_sweep,
        )  # late: it needs NumPy

        lines: Lines = []
        for run in runs:
            lines.extend(row_of_sweep(run, self._request, self._printer.look))
        return lines

    def _show(self, lines: Lines) -> None:
        """Show lines, without what does not print."""
        self._printer.show(printable(lines))


class Table(NamedTuple):
    """The facts that all rows have in common, the titles, and a line for each row."""

    heading: Lines
    titles: Lines
    rows: Lines


class Column(NamedTuple):
    """A column of the table: its title, and a cell for each row of the sweep."""

    title: str
    cells: Sequence[Text]


def sweep_table(request: Request, look: Look) -> Table:
    """Return the table of a sweep, with fewer columns where it would be too wide."""
    columns = all_columns(request)
    lines = lines_of_columns(columns)
    if max(line.cell_len for line in lines) > look.width:
        columns = fewer_columns(request)
        lines = lines_of_columns(columns)
    title_count = len(lines) - len(request.rows)
    titles = lines[:title_count]
    if request.compare:
        note = "a column for each call's first array; the states are (batch, units)"
        titles = flow([Text(note, LABEL)], look) + titles
    return Table(heading(request, look), titles, lines[title_count:])


def lines_of_columns(columns: Sequence[Column]) -> Lines:
    """Lay out the columns: a line of titles, and a line for each row."""
    titles = [column.title for column in columns]
    rows = list(zip(*[column.cells for column in columns], strict=True))
    return table(titles, rows)


def width_in_picture(request: Request) -> int:
    """Return the columns that a picture of the table is laid out for, 80 to 160.

    They are the fewest at which all columns are shown; where 160 are too few, 80.
    """
    if not request.is_sweep:
        return PAGE_WIDTH
    lines = lines_of_columns(all_columns(request))
    width = max(line.cell_len for line in lines)
    if width > WIDEST_PICTURE:
        return PAGE_WIDTH
    return max(width, PAGE_WIDTH)


def widest_row(request: Request) -> Row:
    """Return the row of the kind with most states: its arrays are a column each."""
    return max(request.rows, key=lambda row: len(row[-1].outputs))


def heading(request: Request, look: Look) -> Lines:
    """Say how many runs there are, of what, and what all of them have in common."""
    row = widest_row(request)
    class_name = "layer" if "layer" in request.varying else ""
    runs = f"{request.run_count:,} runs"
    if not request.compare:
        runs += f" of {pattern(row[0], class_name)}"
    chunks = [runs]
    for name in SIZES:
        if name not in request.varying:
            chunks.append(f"{name.removesuffix('_size')} {size_of(row[0], name)}")
    if row[0].lengths:
        chunks.append(f"lengths {row[0].lengths}")
    if request.seed is not None:
        chunks.append(f"seed {request.seed}")
    lines = flow(chunks, look, indent=0)
    if request.compare:
        lines.extend(legend(row, class_name, look))
    return lines


def pattern(spec: Spec, class_name: str) -> str:
    """Write the last layer of a row with names for what varies: `layer(units)`."""
    return spec.layers[-1].code("units", class_name)


def legend(row: Row, class_name: str, look: Look) -> Lines:
    """List the calls of a comparison with the arrays that each returns."""
    lines: Lines = []
    for number, spec in enumerate(row):
        names = ", ".join(array.name for array in spec.outputs)
        chunks: list[str | Text] = [
            str(number),
            pattern(spec, class_name),
            Text(names, RETURNED),
        ]
        lines.extend(flow(chunks, look))
    return lines


def all_columns(request: Request) -> list[Column]:
    """Return the columns: what varies, each array, and the parameters."""
    columns = columns_of_sizes(request)
    if request.compare:
        for number in range(len(request.rows[0])):
            columns.append(column_of_call(request, str(number), number))
    else:
        for array in widest_row(request)[0].outputs:
            columns.append(column_of_array(request, array.name, array.name))
    columns.append(column_of_parameters(request))
    return columns


def fewer_columns(request: Request) -> list[Column]:
    """Return fewer columns: equal ones are one."""
    columns = columns_of_sizes(request)
    if request.compare:
        # With return_state, a call returns the same first array as without.
        columns.append(column_of_call(request, "0 and 2", 0))
        columns.append(column_of_call(request, "1 and 3", 1))
    else:
        outputs = widest_row(request)[0].outputs
        columns.append(column_of_array(request, outputs[0].name, outputs[0].name))
        if len(outputs) > 1:
            columns.append(column_of_array(request, "each state", outputs[1].name))
    columns.append(column_of_parameters(request))
    return columns


def columns_of_sizes(request: Request) -> list[Column]:
    """Return a column for each size that varies, and for the kind if it does."""
    columns = []
    for name in request.varying:
        cells = [size_of(row[0], name) for row in request.rows]
        columns.append(Column(name.removesuffix("_size"), cells))
    return columns


def column_of_call(request: Request, title: str, call: int) -> Column:
    """Return the shapes of the first array of one call of each comparison."""
    cells = []
    for row in request.rows:
        array = row[call].outputs[0]
        cells.append(style.shape(array.shape, array.axes))
    return Column(title, cells)


def column_of_array(request: Request, title: str, name: str) -> Column:
    """Return the shapes of an array, "-" where a kind does not return it."""
    cells = []
    for row in request.rows:
        cell = Text("-", LABEL)
        for array in row[0].outputs:
            if array.name == name:
                cell = style.shape(array.shape, array.axes)
        cells.append(cell)
    return Column(title, cells)


def column_of_parameters(request: Request) -> Column:
    """Return the parameter counts."""
    cells = []
    for row in request.rows:
        cells.append(Text(f"{row[0].parameters:,}", justify="right"))
    return Column("parameters", cells)


def size_of(spec: Spec, name: str) -> Text:
    """Write a size of a spec, or the kind of its layer."""
    size = getattr(spec, name)
    text = str(size)
    if isinstance(size, tuple):
        text = ",".join(str(units) for units in size)
    axis = name.removesuffix("_size")
    if axis not in style.AXIS:
        return Text(text)
    return Text(text, style.AXIS[axis], justify="right")


def screen_of(request: Request, printer: Printer, *, has_footer: bool = True) -> View:
    """Return the view of a request's screen: a table if it is a sweep."""
    if request.is_sweep:
        return SweepTable(request, printer, has_footer=has_footer)
    return Screen(request, printer, has_footer=has_footer)
