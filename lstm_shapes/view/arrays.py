"""Arrays as tables: labelled by sample, timestep and unit, tinted by value, elided as in NumPy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lstm_shapes.run.values import Array, Values
from lstm_shapes.spec.request import PrintOptions
from lstm_shapes.view import style
from lstm_shapes.view.layout import EDGE_ITEMS, INDENT, Flow, Index, bare_table, elided

LEAST_COLUMNS = 4
_LABELS = {"batch": "sample {}", "timesteps": "t={}", "features": "f{}", "units": "u{}"}


@dataclass(frozen=True)
class ArrayTables:
    """Arrays one below the other in common columns, so that equal rows are seen to be equal.

    `remarks` say of each array what else is known of it, `row_remarks` of its timesteps, by the
    array's name. Apart from an elided array's range, rendering costs as much as the cells shown,
    however large the arrays are.
    """

    arrays: Sequence[Array]
    options: PrintOptions
    remarks: Sequence[str] = ()
    row_remarks: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        layout = _Layout(self, options)
        titles: list[str] = []
        for at, array in enumerate(self.arrays):
            if at:
                yield Text()
            remark = self.remarks[at] if self.remarks else ""
            yield Flow(list(self._heading(array, remark, layout)), indent=0)
            before, titles = titles, layout.titles(array)
            remarks = self.row_remarks.get(array.name, {})
            # Where not even one number fits, lines run over the width: none is cut.
            yield from console.render(
                layout.table(array, remarks, show_titles=titles not in (before, [])),
                options.update_width(max(options.max_width, layout.least_width)),
            )
            if remarks and not layout.has_room(array, remarks):
                for t, text in remarks.items():
                    yield Padding(Text(f"t={t} {text}", style.LABEL), (0, 0, 0, INDENT))
        yield Flow(list(self._notes(layout, console)))

    @staticmethod
    def _heading(array: Array, remark: str, layout: "_Layout") -> Iterator[Text]:
        yield Text(array.name, style.TITLE)
        shape = style.shape(array.shape, array.axes)
        yield Text.assemble(shape, " = ", style.named_axes(array.axes)) if array.axes else shape
        if remark:
            yield Text(remark, style.LABEL)
        found = array.range if layout.is_elided(array) else None
        if found:
            yield Text(f"{layout.number(found.low)} to {layout.number(found.high)}", style.LABEL)
            if found.not_finite:
                yield Text(f"{found.not_finite:,} not finite", style.BAD)

    def _notes(self, layout: "_Layout", console: Console) -> Iterator[Text]:
        if console.color_system and not console.no_color and layout.scale:
            scale = layout.number(layout.scale)
            yield Text.assemble(
                ("tint ", style.LABEL),
                (f" -{scale} ", style.tint(-layout.scale, layout.scale)),
                (" 0 ", style.tint(0, layout.scale)),
                (f" {scale} ", style.tint(layout.scale, layout.scale)),
            )
        batches = [a.shape[0] for a in self.arrays if a.axes[:1] == ("batch",)]
        if batches and not self.options.whole_batch and max(batches) > 1:
            text = f"sample 0 of {max(batches)}: --arrays shows more, --show one"
            yield Text(text, style.LABEL)


class _Layout:
    """The columns that all arrays share."""

    def __init__(self, tables: ArrayTables, options: ConsoleOptions) -> None:
        arrays, self._options = tables.arrays, tables.options
        self._glyphs = style.glyphs(options)
        self._width = width = options.max_width
        values = np.concatenate([self._candidates(array).ravel() for array in arrays])
        texts = [self.number(float(value)) for value in values]
        texts += [self._label(a, -1, a.shape[-1] - 1) for a in arrays if a.values.size and a.axes]
        # A blank on both sides of a number or title, in its tint.
        self._cell_width = max(map(len, texts), default=0) + 2
        self._gap_width = len(self._glyphs.gap) + 2
        self._label_widths = self._find_label_widths(arrays)
        self._left_of_cells = INDENT + sum(label + 1 for label in self._label_widths.values())
        # Where columns are left out anyway, one or two more make room for what is said of a row.
        beside = self._left_of_cells + LEAST_COLUMNS * self._cell_width + self._gap_width
        longest = max(map(_longest, tables.row_remarks.values()), default=0)
        has_room = beside + longest + 2 <= width
        self._elided_width = width - longest - 2 if has_room and longest else width
        self.least_width = self._left_of_cells + self._cell_width + self._gap_width
        self.scale = float(np.max(np.abs(values), initial=0, where=np.isfinite(values)))

    def number(self, value: float) -> str:
        """The value with the decimals asked for."""
        return f"{value:.{self._options.precision}f}"

    def is_elided(self, array: Array) -> bool:
        """Whether some values of the array are not shown."""
        rows = [len(indices) for indices in self._indices(array)[:-1]]
        return None in self._columns(array) or rows != list(array.shape[:-1])

    def has_room(self, array: Array, remarks: Mapping[int, str]) -> bool:
        """Whether remarks fit beside their rows."""
        cells = sum(map(self._width_of, self._columns(array)))
        return self._left_of_cells + cells + 2 + _longest(remarks) <= self._width

    def titles(self, array: Array) -> list[str]:
        """The titles of the columns; none above a single number."""
        if not array.axes:
            return []
        columns = self._columns(array)
        return [self._glyphs.gap if c is None else self._label(array, -1, c) for c in columns]

    def table(self, array: Array, remarks: Mapping[int, str], *, show_titles: bool) -> Table:
        """The array, with remarks beside the rows of some timesteps where they fit."""
        columns = self._columns(array)
        table = bare_table(show_titles=show_titles)
        table.add_column(width=INDENT)
        for width in self._label_widths.values():
            table.add_column(min_width=width + 1, no_wrap=True, style=style.LABEL)
        titles = self.titles(array) if array.axes else [""]
        for column, title in zip(columns, titles, strict=True):
            width = self._width_of(column)
            table.add_column(f"{title} ".rjust(width), min_width=width, no_wrap=True)
        beside = remarks if self.has_room(array, remarks) else {}
        if beside:
            table.add_column(no_wrap=True, style=style.LABEL)
        for row in self._rows(array):
            t = row[-1] if row else None
            remark = [f"  {beside[t]}"] if t is not None and t in beside else []
            labels, cells = self._row_labels(array, row), self._cells(array, row, columns)
            table.add_row("", *labels, *cells, *remark)
        return table

    def _width_of(self, column: Index) -> int:
        return self._gap_width if column is None else self._cell_width

    def _label(self, array: Array, axis: int, index: int) -> str:
        position, name = array.positions[axis][index], array.axes[axis]
        directions = array.spec.directions
        if name != "units" or len(directions) == 1:
            return _LABELS[name].format(position)
        direction, unit = divmod(position, array.spec.shape[-1] // len(directions))
        arrow = (self._glyphs.forward, self._glyphs.backward)[direction]
        return arrow + _LABELS[name].format(unit)

    def _indices(self, array: Array) -> list[list[Index]]:
        """The indices to show of each axis; of the last, there may be room for fewer."""
        most = [EDGE_ITEMS] * (len(array.shape) - 1) + [self._width]
        shown = [
            elided(range(size), self._options.edge_items or at_most)
            for size, at_most in zip(array.shape, most, strict=False)
        ]
        if "batch" in array.axes[:-1] and not self._options.whole_batch:
            shown[0] = shown[0][:1]
        return shown

    def _candidates(self, array: Array) -> Values:
        """The values of which the table will show all or some: none of the others is read."""
        kept = [[i for i in axis if i is not None] for axis in self._indices(array)]
        return array.values[np.ix_(*kept)] if kept else array.values

    def _columns(self, array: Array) -> list[Index]:
        """The columns to show: as many as there is room for, or as asked if there is room."""
        if not array.axes:
            return [0]
        size = array.shape[-1]
        columns = self._indices(array)[-1]
        if self._left_of_cells + sum(map(self._width_of, columns)) <= self._width:
            return columns
        room = self._elided_width - self._left_of_cells - self._gap_width
        fitting = max(1, room // self._cell_width)
        left = (fitting + 1) // 2
        return [*range(left), None, *range(size - (fitting - left), size)]

    def _find_label_widths(self, arrays: Sequence[Array]) -> dict[str, int]:
        """The width of the row labels of each axis, over all arrays."""
        widths: dict[str, int] = {}
        for array in arrays:
            for axis, indices in enumerate(self._indices(array)[:-1]):
                labels = (len(self._label(array, axis, i)) for i in indices if i is not None)
                name = array.axes[axis]
                widths[name] = max(widths.get(name, 0), *labels, 0)
        return widths

    def _rows(self, array: Array) -> Iterator[tuple[Index, ...]]:
        """The rows to show, by their index in all axes but the last; a gap takes one row."""
        for row in product(*self._indices(array)[:-1]):
            behind_gap = row[row.index(None) + 1 :] if None in row else ()
            if not any(behind_gap) and None not in behind_gap:
                yield row

    def _row_labels(self, array: Array, row: tuple[Index, ...]) -> Iterator[str]:
        """One label for each axis that labels rows in any array, and none where it repeats."""
        for name in self._label_widths:
            axis = array.axes[:-1].index(name) if name in array.axes[:-1] else None
            if axis is None or any(i != 0 for i in row[axis + 1 :]) or None in row[:axis]:
                yield ""
            else:
                index = row[axis]
                yield self._glyphs.gap if index is None else self._label(array, axis, index)

    def _cells(self, array: Array, row: tuple[Index, ...], columns: list[Index]) -> Iterator[Text]:
        for column in columns:
            width = self._width_of(column)
            if column is None or None in row:
                yield Text(f"{self._glyphs.gap} ".rjust(width))
                continue
            value = float(array.values[(*row, column) if array.axes else ()])
            number = self.number(value).rjust(width - 1)
            yield Text(f"{number} ", style.tint(value, self.scale))


def _longest(remarks: Mapping[int, str]) -> int:
    return max(map(len, remarks.values()), default=0)
