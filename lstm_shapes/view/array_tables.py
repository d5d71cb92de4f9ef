"""Lay out arrays as tables tinted by value, one below the other in the same columns."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from lstm_shapes.request import Request
from lstm_shapes.run.values import Array
from lstm_shapes.view import style
from lstm_shapes.view.array_grid import (
    MAX_WHOLE,
    Cell,
    Grid,
    GridMaker,
    GridRow,
    RowRemark,
)
from lstm_shapes.view.layout import INDENT, Lines, flow
from lstm_shapes.view.style import (
    BAD,
    LABEL,
    PAGE_WIDTH,
    TITLE,
    WIDEST_PICTURE,
    Look,
)

# The axes that label rows, in the order of their columns.
LABEL_AXES = ("batch", "timesteps", "features", "units", "rows")

# Positions in the cells of a row, or None for the gap where some are left out.
Columns = Sequence[int | None]


class Widths(NamedTuple):
    """The widths that all tables share, so that equal rows line up.

    Attributes:
        labels: The width of the labels of each axis.
        cell: The width of a number or title with a blank on both sides.
        gap: The width of the gap with a blank on both sides.
        scale: The number whose tint is full, which tables share too.
    """

    labels: Mapping[str, int]
    cell: int
    gap: int
    scale: float

    @property
    def left(self) -> int:
        """The width of what stands before the first cell."""
        return INDENT + sum(width + 1 for width in self.labels.values())

    def column(self, column: int | None) -> int:
        """Return the width of a column, or of the gap."""
        if column is None:
            return self.gap
        return self.cell

    def columns(self, columns: Columns) -> int:
        """Return the width of several columns."""
        return sum(self.column(column) for column in columns)


def array_tables(
    remarks: Mapping[Array, str],
    request: Request,
    look: Look,
    row_remarks: Sequence[RowRemark] = (),
) -> Lines:
    """Show the arrays that are the keys of `remarks`, each with its remark.

    The first heading says what holds for all of them. Arrays of one row for each sample,
    as states are, stand close.
    """
    grids, tables = laid_out(remarks, request, look, row_remarks)
    lines: Lines = []
    was_tall = False
    for grid in grids:
        notes: list[Text] = []
        if not lines:
            notes = legend(grids, tables.scale, request, look)
        elif grid.is_tall or was_tall:
            lines.append(Text())
        lines.extend(tables.heading(grid, notes))
        lines.extend(tables.body(grid))
        was_tall = grid.is_tall
    return lines


def width_in_picture(remarks: Mapping[Array, str], request: Request, look: Look) -> int:
    """Return the columns that a picture of the arrays is laid out for, 80 to 160.

    They are the fewest at which no array loses columns of numbers that 160 would show.
    """
    widest_look = look._replace(width=WIDEST_PICTURE)
    grids, tables = laid_out(remarks, request, widest_look)
    return max([PAGE_WIDTH, *[tables.width(grid) for grid in grids]])


def laid_out(
    remarks: Mapping[Array, str],
    request: Request,
    look: Look,
    row_remarks: Sequence[RowRemark] = (),
) -> "tuple[list[Grid], Tables]":
    """Return the grids of arrays with their remarks, and what lays them out."""
    # No screen shows more columns than it is wide.
    maker = GridMaker(request, look.glyphs, look.width, row_remarks)
    grids = [maker.grid(array, remark) for array, remark in remarks.items()]
    return grids, Tables(maker, shared_widths(grids, look), look)


def shared_widths(grids: Sequence[Grid], look: Look) -> Widths:
    """Measure the labels and cells of all grids."""
    labels: dict[str, int] = {}
    cell = 0
    scale = 0.0
    for grid in grids:
        cell = max(cell, widest_text(grid))
        for row in grid.rows:
            for axis, text in row.labels.items():
                labels[axis] = max(labels.get(axis, 0), len(text))
        values = np.array(grid.values)
        is_finite = np.isfinite(values)
        scale = max(scale, float(np.max(np.abs(values), initial=0, where=is_finite)))
    ordered_labels = {axis: labels[axis] for axis in LABEL_AXES if axis in labels}
    return Widths(ordered_labels, cell + 2, len(look.glyphs.gap) + 2, scale)


def widest_text(grid: Grid) -> int:
    """Return the width of the longest number or title of a grid."""
    widest = max((cell_len(title) for title in grid.titles), default=0)
    for row in grid.rows:
        for cell in row.cells:
            if cell.value is not None:
                widest = max(widest, len(cell.text))
    return widest


class Tables:
    """Lays out grids with the widths that all of them share."""

    def __init__(self, maker: GridMaker, widths: Widths, look: Look) -> None:
        self._maker = maker
        self._widths = widths
        self._look = look
        self._titles_above = ""

    @property
    def scale(self) -> float:
        """The number whose tint is full."""
        return self._widths.scale

    def width(self, grid: Grid) -> int:
        """Return the width of a grid's rows, without the remarks behind them."""
        widths = [self._widths.columns(columns) for columns in self._blocks(grid)]
        return self._widths.left + max(widths)

    def heading(self, grid: Grid, notes: Sequence[Text] = ()) -> Lines:
        """Name the array, its shape and axes, and say what is left out of it.

        `notes` stand behind that.
        """
        array = grid.array
        shape = style.shape(array.shape, array.axes)
        if array.axes:
            axes = style.shape(axis_names(array, self._look), array.axes)
            shape = Text.assemble(shape, " = ", axes)
        chunks = [Text(array.name, TITLE), shape, Text(grid.remark, LABEL)]
        if self._maker.is_picked(array) and not grid.is_whole:
            count = f"{array.values.size:,} numbers, shown whole up to {MAX_WHOLE:,}"
            chunks.append(Text(count, LABEL))
        if grid.is_elided or None in self._blocks(grid)[0]:
            chunks.extend(self._range_of(array))
        return hanging([*chunks, *notes], self._look)

    def _range_of(self, array: Array) -> list[Text]:
        """Say between which values all numbers lie, as some of them are not shown."""
        chunks = []
        finite = array.values[np.isfinite(array.values)]
        if finite.size:
            low = self._maker.number(float(finite.min()))
            high = self._maker.number(float(finite.max()))
            chunks.append(Text(f"values {low} to {high}", LABEL))
        count = array.values.size - finite.size
        if count:
            chunks.append(Text(f"{count:,} not finite", BAD))
        return chunks

    def body(self, grid: Grid) -> Lines:
        """Show the rows, in blocks of columns; titles stand where they change."""
        lines: Lines = []
        blocks = self._blocks(grid)
        for columns in blocks:
            titles = self._title_line(grid, columns)
            if titles and titles.plain != self._titles_above:
                lines.append(titles)
            self._titles_above = titles.plain
            is_last_block = columns is blocks[-1]
            lines.extend(self._row_lines(grid, columns, is_last_block))
        return lines

    def _blocks(self, grid: Grid) -> list[Columns]:
        """Return the columns to show, in one block if they fit.

        An array shown whole is split into blocks otherwise; any other loses its middle
        columns, among them the gap that its grid may have.
        """
        column_count = len(grid.titles)
        columns: list[int | None] = list(range(column_count))
        if self._widths.left + column_count * self._widths.cell <= self._look.width:
            return [columns]
        room = self._look.width - self._widths.left
        if grid.is_whole:
            fitting = max(1, room // self._widths.cell)
            starts = range(0, column_count, fitting)
            return [columns[start : start + fitting] for start in starts]
        fitting = max(1, (room - self._widths.gap) // self._widths.cell)
        left_count = (fitting + 1) // 2
        right_count = fitting - left_count
        left_columns = columns[:left_count]
        right_columns = columns[column_count - right_count :]
        return [[*left_columns, None, *right_columns]]

    def _title_line(self, grid: Grid, columns: Columns) -> Text:
        """Return the titles of columns; there are none above a single number."""
        line = Text(" " * self._widths.left)
        for column in columns:
            title = self._look.glyphs.gap
            if column is not None:
                title = grid.titles[column]
            blanks = self._widths.column(column) - cell_len(title) - 1
            line.append(" " * blanks + title + " ", LABEL)
        line.rstrip()
        return line

    def _row_lines(self, grid: Grid, columns: Columns, is_last_block: bool) -> Lines:
        """Show these columns of the rows, and behind the last block the remarks.

        A remark that has no room behind its row stands below the table, once.
        """
        lines: Lines = []
        remarks_below: dict[str, None] = {}
        for row in grid.rows:
            line = self._row_line(row, columns)
            if row.remark and is_last_block:
                remark = f"  {row.remark}"
                if line.cell_len + len(remark) <= self._look.width:
                    line.append(remark, LABEL)
                else:
                    remarks_below[row.remark_below] = None
            lines.append(without_blank_end(line))
        for sentence in remarks_below:
            lines.extend(flow([Text(sentence, LABEL)], self._look))
        return lines

    def _row_line(self, row: GridRow, columns: Columns) -> Text:
        """Return the labels and the cells of a row on one line."""
        line = Text(" " * INDENT)
        for axis, width in self._widths.labels.items():
            text = row.labels.get(axis, "")
            line.append(text.ljust(width + 1), LABEL)
        for column in columns:
            cell = Cell(self._look.glyphs.gap)
            if column is not None:
                cell = row.cells[column]
            text = f"{cell.text} ".rjust(self._widths.column(column))
            line.append(text, self._cell_style(cell, row.is_masked))
        return line

    def _cell_style(self, cell: Cell, is_masked: bool) -> Style:
        """Return the tint of a number; numbers at masked timesteps are dim."""
        if cell.value is None:
            return style.PLAIN
        if is_masked:
            return LABEL
        return style.tint(cell.value, self._widths.scale, self._look)


def hanging(chunks: Sequence[Text], look: Look) -> Lines:
    """Put chunks side by side; the lines below the first are indented."""
    lines = flow(chunks, look, indent=0)
    if len(lines) > 1:
        narrower = look._replace(width=look.width - INDENT)
        lines = flow(chunks, narrower, indent=0)
        for line in lines[1:]:
            line.pad_left(INDENT)
    return lines


def without_blank_end(line: Text) -> Text:
    """Return a line without the blanks at its end, unless they are tinted."""
    for span in line.spans:
        if span.end == len(line) and isinstance(span.style, Style):
            if span.style.bgcolor:
                return line
    line.rstrip()
    return line


def axis_names(array: Array, look: Look) -> list[str]:
    """Return the names of the axes; both directions' units are `2 × units`."""
    names = list(array.axes)
    if array.spec.is_side_by_side and names[-1] == "units":
        if len(array.positions[-1]) == array.spec.shape[-1]:
            names[-1] = f"2 {look.glyphs.times} units"
    return names


def legend(
    grids: Sequence[Grid], scale: float, request: Request, look: Look
) -> list[Text]:
    """Say what labels, tints and numbers mean, and how many samples there are."""
    arrays = [grid.array for grid in grids]
    chunks = unit_legend(arrays, look)
    if look.is_tinted and scale:
        chunks.append(tint_legend(scale, request.precision, look))
    if any(array.spec.name != "input" for array in arrays):
        chunks.append(Text("untrained: random weights", LABEL))
    sample_count = largest_batch(arrays)
    if sample_count > 1 and not request.shows_whole_batch:
        advice = ""
        if request.is_from_command and not look.is_picture:
            # Python has no such options.
            advice = ", more with --arrays"
        chunks.append(Text(f"sample 0 of {sample_count:,}{advice}", LABEL))
    return chunks


def tint_legend(scale: float, precision: int, look: Look) -> Text:
    """Show the tints of both ends and of 0."""
    text = Text.assemble(("tint ", LABEL))
    for value in (-scale, 0.0, scale):
        number = "0"
        if value:
            number = style.number(value, precision)
        text.append(f" {number} ", style.tint(value, scale, look))
    return text


def unit_legend(arrays: Sequence[Array], look: Look) -> list[Text]:
    """Say how units are labelled, if there are any."""
    with_units = [array for array in arrays if "units" in array.axes]
    if not with_units:
        return []
    glyphs = look.glyphs
    if any(array.spec.is_side_by_side for array in with_units):
        text = f"{glyphs.forward}u forward, {glyphs.backward}u backward"
        return [Text(text, LABEL)]
    return [Text("u0: unit 0", LABEL)]


def largest_batch(arrays: Sequence[Array]) -> int:
    """Return how many samples the array with the most of them has."""
    sizes = [1]
    for array in arrays:
        if array.axes[:1] == ("batch",):
            sizes.append(array.shape[0])
    return max(sizes)
