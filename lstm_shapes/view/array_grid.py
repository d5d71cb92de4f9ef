"""Make the grid of an array: which cells are shown, with their labels and remarks.

How wide the screen is concerns view/array_tables.py, which lays the grid out.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from lstm_shapes.errors import plain
from lstm_shapes.request import Request
from lstm_shapes.run.values import Array
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.view import style
from lstm_shapes.view.layout import EDGE_ITEMS, elided
from lstm_shapes.view.style import Glyphs

# What `--show` picks is shown whole up to so many numbers.
MAX_WHOLE = 10_000
# The name of a feature is shown whole up to so many columns of the screen.
MAX_FEATURE_WIDTH = 16
# What the two rows of a GRU's bias are added to.
BIAS_ROWS = ("input", "recurrent")

# The index of a row or column, or None for the gap where some are left out.
IndexOrGap = int | None
RowIndex = tuple[IndexOrGap, ...]


class RowRemark(NamedTuple):
    """A remark on a row of the whole array of that name.

    `sample` is None where it is said of every sample. `row` is an index on the axis of
    timesteps.
    """

    array: str
    sample: int | None
    row: int
    text: str
    is_masked: bool = False


class Cell(NamedTuple):
    """A number as it is written; a cell of a gap has no value."""

    text: str
    value: float | None = None


class GridRow(NamedTuple):
    """A row of a grid.

    Attributes:
        labels: What stands before the cells, by axis; "" where the label above holds.
        cells: The cells, one for each column of the grid.
        remark: What is said of the row, "" if nothing is.
        remark_below: What is said of it where that stands apart from the row:
            `sample 0 t=1 = hidden_state`, or without the sample if it is said of all.
        is_masked: Whether the row is of a masked timestep.
    """

    labels: dict[str, str]
    cells: list[Cell]
    remark: str = ""
    remark_below: str = ""
    is_masked: bool = False


class Grid(NamedTuple):
    """The cells of an array that are shown, with their labels.

    Attributes:
        array: The array.
        remark: What is said of all of it.
        titles: The label of each column; "" at the gap.
        rows: The rows.
        is_whole: Whether every number has to be shown, on as many lines as it takes.
        is_elided: Whether rows or columns are left out already.
    """

    array: Array
    remark: str
    titles: list[str]
    rows: list[GridRow]
    is_whole: bool
    is_elided: bool

    @property
    def values(self) -> list[float]:
        """The numbers that are shown."""
        values = []
        for row in self.rows:
            for cell in row.cells:
                if cell.value is not None:
                    values.append(cell.value)
        return values

    @property
    def is_tall(self) -> bool:
        """Return True if a sample, or a weight, has rows: there is more than a vector."""
        row_axes = set(self.array.axes[:-1])
        return bool(row_axes - {"batch"})


def feature_label(request: Request, feature: int, glyphs: Glyphs) -> str:
    """Return the name of a feature of an own input, or `f0`; a long one is cut.

    It comes from a file, and what does not print is escaped.
    """
    names: tuple[str, ...] = ()
    if request.own_input:
        names = request.own_input.feature_names
    if feature >= len(names) or not names[feature]:
        return f"f{feature}"
    name = plain(names[feature])
    if cell_len(name) <= MAX_FEATURE_WIDTH:
        return name
    return set_cell_size(name, MAX_FEATURE_WIDTH - len(glyphs.gap)) + glyphs.gap


def label(array: Array, axis: int, index: int, glyphs: Glyphs) -> str:
    """Return the label of an index on an axis: `sample 0`, `t=1`, `u4`, `←u0` or `i u4`."""
    position = array.positions[axis][index]
    name = array.axes[axis]
    if name == "batch":
        return f"sample {position}"
    if name == "features":
        return f"f{position}"
    if name == "timesteps":
        return f"t={array.spec.timestep_of_row(position)}"
    if name == "columns":
        return column_title(array.spec, position)
    if name == "rows":
        return BIAS_ROWS[position]
    if not array.spec.is_side_by_side:
        return f"u{position}"
    forward_units = array.spec.forward_units
    if position < forward_units:
        return f"{glyphs.forward}u{position}"
    return f"{glyphs.backward}u{position - forward_units}"


def column_title(weight: ArraySpec, column: int) -> str:
    """Return the title of a weight's column: its block and its unit, `i u4`."""
    block_count = len(weight.block_letters)
    if block_count <= 1:
        return f"u{column}"
    block, unit = divmod(column, weight.shape[-1] // block_count)
    return f"{weight.block_letters[block]} u{unit}"


class GridMaker:
    """Makes the grids of arrays for one request and one set of characters.

    `most_columns` is how many columns are kept at each end of the last axis. There are
    more of them than the screen has room for, and the layout chooses among them.
    """

    def __init__(
        self,
        request: Request,
        glyphs: Glyphs,
        most_columns: int,
        row_remarks: Sequence[RowRemark],
    ) -> None:
        self._request = request
        self._glyphs = glyphs
        self._most_columns = most_columns
        self._precision = request.precision
        self._shows_whole_batch = request.shows_whole_batch
        self._selections = {}
        for spec in request.specs:
            for selection in request.selections_in(spec):
                self._selections[str(selection)] = selection
        self._row_remarks: dict[tuple[str, int | None, int], RowRemark] = {}
        for remark in row_remarks:
            key = (remark.array, remark.sample, remark.row)
            known_remark = self._row_remarks.get(key)
            if known_remark is None:
                self._row_remarks[key] = remark
            else:
                # With one timestep, a row is the last of both directions.
                text = f"{known_remark.text}, {remark.text}"
                self._row_remarks[key] = known_remark._replace(text=text)

    def number(self, value: float) -> str:
        """Write a number with the decimals that are asked for."""
        return style.number(value, self._precision)

    def is_picked(self, array: Array) -> bool:
        """Return True if `--show` has picked the array."""
        return array.name in self._selections

    def grid(self, array: Array, remark: str) -> Grid:
        """Return the grid of an array."""
        is_whole = self.is_picked(array) and array.values.size <= MAX_WHOLE
        indices = self._indices(array, is_whole)
        if array.axes:
            row_axes = indices[:-1]
            columns = indices[-1]
        else:
            # A single number is a row of one column, without a title.
            row_axes = []
            columns = [0]
        is_elided = None in columns
        row_sizes = array.shape[: len(row_axes)]
        for size, row_indices in zip(row_sizes, row_axes, strict=True):
            is_elided = is_elided or len(row_indices) != size
        return Grid(
            array=array,
            remark=remark,
            titles=self._titles(array, columns),
            rows=list(self._rows(array, row_axes, columns)),
            is_whole=is_whole,
            is_elided=is_elided,
        )

    def _indices(self, array: Array, is_whole: bool) -> list[list[IndexOrGap]]:
        """Return the indices to show on each axis."""
        indices: list[list[IndexOrGap]] = []
        last_axis = len(array.axes) - 1
        for axis, size in enumerate(array.shape):
            if is_whole:
                indices.append(list(range(size)))
            elif axis == last_axis:
                indices.append(elided(range(size), self._most_columns))
            elif array.axes[axis] == "batch" and not self._shows_whole_batch:
                indices.append([0])
            else:
                indices.append(elided(range(size), EDGE_ITEMS))
        return indices

    def _titles(self, array: Array, columns: Sequence[IndexOrGap]) -> list[str]:
        """Return the title of each column; a single number has none."""
        titles = []
        for column in columns:
            if column is None or not array.axes:
                titles.append("")
            else:
                titles.append(self._title(array, column))
        return titles

    def _title(self, array: Array, column: int) -> str:
        """Return the title of a column; features of an own input may have names."""
        last_axis = len(array.axes) - 1
        if array.spec.name == "input" and array.axes[last_axis] == "features":
            feature = array.positions[last_axis][column]
            return feature_label(self._request, feature, self._glyphs)
        return label(array, last_axis, column, self._glyphs)

    def _rows(
        self,
        array: Array,
        row_axes: Sequence[Sequence[IndexOrGap]],
        columns: Sequence[IndexOrGap],
    ) -> Iterator[GridRow]:
        """Yield the rows; the rows of a gap are one row."""
        for row_index in product(*row_axes):
            if is_repeated_gap(row_index):
                continue
            cells = []
            for column in columns:
                cells.append(self._cell(array, row_index, column))
            row = GridRow(self._row_labels(array, row_index), cells)
            yield self._with_remark(row, array, row_index)

    def _cell(self, array: Array, row_index: RowIndex, column: IndexOrGap) -> Cell:
        """Return the cell of a row and column, which may lie in a gap."""
        if column is None or None in row_index:
            return Cell(self._glyphs.gap)
        index: tuple[IndexOrGap, ...] = ()
        if array.axes:
            index = (*row_index, column)
        value = float(array.values[index])
        return Cell(self.number(value), value)

    def _row_labels(self, array: Array, row_index: RowIndex) -> dict[str, str]:
        """Return the label on each axis, "" where the label of the row above holds."""
        labels = {}
        for axis, index in enumerate(row_index):
            text = ""
            # A label is written once, on the row where every inner index is 0.
            begins_index = all(inner == 0 for inner in row_index[axis + 1 :])
            if begins_index and None not in row_index[:axis]:
                text = self._glyphs.gap
                if index is not None:
                    text = label(array, axis, index, self._glyphs)
            labels[array.axes[axis]] = text
        return labels

    def _with_remark(self, row: GridRow, array: Array, row_index: RowIndex) -> GridRow:
        """Add what is said of the row, of this sample or of all of them."""
        place = self._place(array, row_index)
        if place is None:
            return row
        sample, step = place
        name = array.spec.name
        remark = self._row_remarks.get((name, sample, step))
        if remark is None:
            remark = self._row_remarks.get((name, None, step))
        if remark is None or not (remark.is_masked or self._has_whole_rows(array)):
            return row
        text = remark.text
        text_beside = text
        if remark.sample is None and array.spec.shape[0] > 1:
            # What is said of all samples is, beside a row, said of its own.
            text_beside = f"{text}[{sample}]"
        if "batch" not in array.axes:
            text = text_beside
        words = []
        if remark.sample is not None and "batch" in array.axes:
            words.append(f"sample {sample}")
        if "timesteps" in array.axes:
            words.append(f"t={array.spec.timestep_of_row(step)}")
        cells = row.cells
        if remark.is_masked and array.spec.masked_rows == "nothing":
            cells = [Cell("")] * len(cells)
        return row._replace(
            cells=cells,
            remark=text_beside,
            remark_below=" ".join([*words, text]),
            is_masked=remark.is_masked,
        )

    def _place(self, array: Array, row_index: RowIndex) -> tuple[int, int] | None:
        """Return the sample and the row of the whole array that a row of a part shows.

        There are none in a gap, in an array without timesteps, and where a row runs along
        the timesteps.
        """
        last_axis = array.spec.axes[-1]
        if not array.spec.has_timesteps or array.axes[-1:] != (last_axis,):
            return None
        indices = list(row_index)
        place = []
        for position in self._positions(array)[:-1]:
            if not isinstance(position, range):
                place.append(position)
                continue
            index = indices.pop(0)
            if index is None:
                return None
            place.append(position[index])
        sample, step = place
        return sample, step

    def _has_whole_rows(self, array: Array) -> bool:
        """Return True if a part of an array has all units of each row, in their order."""
        return self._positions(array)[-1] == range(array.spec.shape[-1])

    def _positions(self, array: Array) -> tuple[int | range, ...]:
        """Return the indices into each axis of the whole array: one, or several."""
        selection = self._selections.get(array.name)
        if selection is None:
            return array.positions
        return selection.positions(array.spec)


def is_repeated_gap(row_index: RowIndex) -> bool:
    """Return True for the rows of a gap but the first, which stands for all of them."""
    if None not in row_index:
        return False
    inner = row_index[row_index.index(None) + 1 :]
    return any(index != 0 for index in inner)
