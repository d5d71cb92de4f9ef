"""Show many runs as one table: a row for each, or for each comparison of four."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from lstm_shapes.request import Request, Row
from lstm_shapes.shapes.spec import SIZES, Spec
from lstm_shapes.view import Runs, View, style
from lstm_shapes.view.introduction import introduce_windows, lengths_text
from lstm_shapes.view.layout import INDENT, Lines, flow, table
from lstm_shapes.view.screen import (
    Printer,
    Screen,
    dry_run_footer,
    footer,
    missing_sections,
    printable,
)
from lstm_shapes.view.style import (
    LABEL,
    PAGE_WIDTH,
    RETURNED,
    WIDEST_PICTURE,
    Look,
)

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run


class SweepTable(View):
    """A table with a row for each row of a sweep, shown as soon as it is made."""

    def __init__(
        self, request: Request, printer: Printer, *, has_footer: bool = True
    ) -> None:
        self._request = request
        self._printer = printer
        self._has_footer = has_footer and not request.only
        self._versions: Mapping[str, str] = {}
        self._warnings: Lines = []
        self._table = sweep_table(request, printer.look)
        self._row_number = 0

    @property
    def needs_run(self) -> bool:
        """Return True, as a row is of a run, unless all that is chosen is computed."""
        return shows_run(self._request)

    def begin(self) -> None:
        """Show what all rows have in common, and the titles."""
        self._show([*self._table.heading, Text(), *self._table.titles])

    def add(self, row: Row, runs: Runs) -> None:
        """Show the row of the table, and below it the arrays that are asked for."""
        lines = list(self._table.rows[self._row_number])
        self._row_number += 1
        if runs:
            if self._row_number == 1:
                self._warnings = self._input_warnings(runs[0])
            arrays = self._arrays(runs)
            if arrays and self._versions:
                # The table begins again below the arrays of the row before.
                lines = [Text(), *self._table.titles, *lines]
            lines.extend(arrays)
            self._versions = runs[0].versions
        self._show(lines)

    def end(self) -> None:
        """Show what is wrong or missing, the seed, the versions and the words that repeat it."""
        if self._warnings:
            self._show([Text(), *self._warnings])
        self._show(missing_sections(self._request, self._printer.look))
        if not self._has_footer:
            return
        if self._versions:
            self._show(footer(self._request, self._versions, self._printer.look))
        else:
            self._show(dry_run_footer(self._printer.look, has_blank_line=True))

    def _input_warnings(self, run: "Run") -> Lines:
        """Return what is wrong with the input, whatever the layer is."""
        from lstm_shapes.view.input_warnings import (
            masked_numbers,
            not_finite,
        )  # late: they need NumPy

        look = self._printer.look
        return [*not_finite(run, look), *masked_numbers(run, self._request, look)]

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
        """Show lines, if there are any, without what does not print."""
        if lines:
            self._printer.show(printable(lines))


class Table(NamedTuple):
    """The facts that all rows have in common, the titles, and the lines of each row."""

    heading: Lines
    titles: Lines
    rows: list[Lines]


class Column(NamedTuple):
    """A column of the table: its title, and a cell for each row of the sweep."""

    title: str
    cells: Sequence[Text]


class Layout(NamedTuple):
    """The columns of a table, and a sentence on the arrays that have none."""

    columns: list[Column]
    note: str


def sweep_table(request: Request, look: Look) -> Table:
    """Return the table of a sweep, with fewer columns where it would be too wide.

    Where these are too wide as well, each row says its titles and has several lines.
    """
    for layout in layouts(request):
        note = flow([Text(layout.note, LABEL)], look)
        lines = lines_of_columns(layout.columns)
        if max(line.cell_len for line in lines) <= look.width:
            title_count = len(lines) - len(request.rows)
            rows = [[line] for line in lines[title_count:]]
            return Table(heading(request, look), note + lines[:title_count], rows)
    rows = []
    for number in range(len(request.rows)):
        rows.append(labelled_row(layout.columns, number, look))
    return Table(heading(request, look), note, rows)


def layouts(request: Request) -> list[Layout]:
    """Return the columns that a table may have, the widest layout first."""
    if not shows_outputs(request):
        return [Layout(with_sizes([], request), "")]
    if request.compare:
        note = "a column for each call's first array; the states are (batch, units)"
        return [
            Layout(with_sizes(columns_of_calls(request), request), note),
            Layout(with_sizes(columns_of_equal_calls(request), request), note),
        ]
    columns = columns_of_arrays(request)
    wide_layout = Layout(with_sizes(columns, request), "")
    states = [column for column in columns if column.title.endswith("_state")]
    if not states:
        return [wide_layout]
    first_arrays = [column for column in columns if column not in states]
    further_layouts = []
    if have_equal_shapes(states):
        state = states[0]._replace(title="each state")
        narrow_columns = [*first_arrays, state]
        further_layouts.append(Layout(with_sizes(narrow_columns, request), ""))
    note = "each state is (batch, units)"
    further_layouts.append(Layout(with_sizes(first_arrays, request), note))
    return [wide_layout, *further_layouts]


def have_equal_shapes(columns: Sequence[Column]) -> bool:
    """Return True if arrays have the same shape in each row; one of no shape is left out.

    The two directions may have unlike units.
    """
    for cells in zip(*[column.cells for column in columns], strict=True):
        shapes = {cell.plain for cell in cells if cell.plain != "-"}
        if len(shapes) > 1:
            return False
    return True


def with_sizes(columns_of_outputs: list[Column], request: Request) -> list[Column]:
    """Return the columns of the arrays between what varies and the parameters."""
    columns = columns_of_sizes(request) + columns_of_outputs
    if shows_parameters(request):
        columns.append(column_of_parameters(request))
    return columns


def lines_of_columns(columns: Sequence[Column]) -> Lines:
    """Lay out the columns: a line of titles, and a line for each row."""
    titles = [column.title for column in columns]
    rows = list(zip(*[column.cells for column in columns], strict=True))
    return table(titles, rows)


def labelled_row(columns: Sequence[Column], number: int, look: Look) -> Lines:
    """Lay out a row with a title before each cell, further lines below the first."""
    chunks = []
    for column in columns:
        cell = Text.assemble((column.title, LABEL), " ", column.cells[number])
        chunks.append(cell)
    narrower = look._replace(width=look.width - INDENT)
    lines = flow(chunks, narrower)
    first_line, *further_lines = lines
    return [first_line, *[Text.assemble(" " * INDENT, line) for line in further_lines]]


def shows_run(request: Request) -> bool:
    """Return True unless all that is chosen is computed."""
    if not request.only:
        return True
    return any(section.needs_run for section in request.sections)


def shows_outputs(request: Request) -> bool:
    """Return True if the arrays have columns."""
    return not request.only or "outputs" in request.only


def shows_parameters(request: Request) -> bool:
    """Return True if the parameters have a column."""
    return not request.only or "parameters" in request.only


def width_in_picture(request: Request) -> int:
    """Return the columns that a picture of the table is laid out for, 80 to 160.

    They are the fewest at which all columns are shown; where 160 are too few, 80.
    """
    if not request.is_sweep:
        return PAGE_WIDTH
    lines = lines_of_columns(layouts(request)[0].columns)
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
    if row[0].has_open_timesteps:
        chunks.append("timesteps are open (None in Keras)")
    if row[0].lengths:
        chunks.append(lengths_text(row[0].lengths, look))
    if row[0].padding == "pre":
        chunks.append("padding in front")
    if request.seed is not None and shows_run(request):
        chunks.append(f"seed {request.seed}")
    lines = flow(chunks, look, indent=0)
    lines.extend(introduce_windows(request, look))
    if row[0].remarks:
        from lstm_shapes.view.remarks import remark_lines  # late: few calls need it

        lines.extend(remark_lines(request, look))
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


def columns_of_arrays(request: Request) -> list[Column]:
    """Return a column for each array."""
    columns = []
    for array in widest_row(request)[0].outputs:
        columns.append(column_of_array(request, array.name))
    return columns


def columns_of_calls(request: Request) -> list[Column]:
    """Return a column for each call of the comparisons."""
    columns = []
    for number in range(len(request.rows[0])):
        columns.append(column_of_call(request, str(number), number))
    return columns


def columns_of_equal_calls(request: Request) -> list[Column]:
    """Return a column for each two calls that return the same first array.

    With return_state, a call returns the same one as without.
    """
    return [
        column_of_call(request, "0 and 2", 0),
        column_of_call(request, "1 and 3", 1),
    ]


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


def column_of_array(request: Request, name: str) -> Column:
    """Return the shapes of an array, "-" where a kind does not return it."""
    cells = []
    for row in request.rows:
        cell = Text("-", LABEL)
        for array in row[0].outputs:
            if array.name == name:
                cell = style.shape(array.shape, array.axes)
        cells.append(cell)
    return Column(name, cells)


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
