"""Arrays as tables: labelled by sample, timestep and unit, tinted by value, elided as in NumPy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from lstm_shapes import style
from lstm_shapes.run import Array, Values

Index = int | None

_LABELS = {"batch": "sample {}", "timesteps": "t={}", "features": "f{}", "units": "u{}"}
_INDENT = 2


@dataclass(frozen=True)
class Notation:
    """How values are written: decimals, and how many items of a long axis stand at each end."""

    precision: int = 4
    edge_items: int = 3

    def number(self, value: float) -> str:
        """The value with these decimals."""
        return f"{value:.{self.precision}f}"

    def shown(self, size: int) -> list[Index]:
        """The indices of an axis to show, None where some are left out.

        Example:
            >>> Notation(edge_items=1).shown(3), Notation(edge_items=1).shown(4)
            ([0, 1, 2], [0, None, 3])
        """
        if size <= 2 * self.edge_items + 1:
            return list(range(size))
        return [*range(self.edge_items), None, *range(size - self.edge_items, size)]

    def edge_values(self, array: Array) -> Values:
        """The values that stand in an elided view of the array: none of the others is read."""
        kept = [[i for i in self.shown(size) if i is not None] for size in array.shape]
        return array.values[np.ix_(*kept)] if kept else array.values


@dataclass(frozen=True)
class ArrayTables:
    """Arrays one below the other in common columns, so that equal rows are seen to be equal.

    `remarks` say of each array what else is known of it, and `row_remarks`, by the array's name,
    of its last rows. Rendering costs as much as the cells shown, however large the arrays are.
    """

    arrays: Sequence[Array]
    notation: Notation
    remarks: Sequence[str] = ()
    row_remarks: Mapping[str, str] = field(default_factory=dict)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        edges = [self.notation.edge_values(array) for array in self.arrays]
        texts = [self.notation.number(float(v)) for edge in edges for v in edge.flat]
        texts += [
            _label(array, -1, -1) for array in self.arrays if array.values.size and array.axes
        ]
        largest = [np.max(np.abs(edge), initial=0, where=np.isfinite(edge)) for edge in edges]
        layout = _Layout(
            self.notation,
            _label_widths(self.arrays, self.notation),
            # A blank on both sides of a number or title, in its tint.
            cell_width=max(map(len, texts), default=0) + 2,
            scale=float(max(largest, default=0)),
            gap=style.glyphs(options).gap,
            width=options.max_width,
        )
        for at, array in enumerate(self.arrays):
            if at:
                yield Text()
            remark = self.remarks[at] if self.remarks else ""
            yield style.Flow(list(_heading(array, remark)), indent=0)
            table = layout.table(array, self.row_remarks.get(array.name, ""))
            # Where not even one number fits, lines run over the width: none is cut.
            least = layout.left_of_cells + layout.cell_width + layout.gap_width
            yield from console.render(table, options.update_width(max(options.max_width, least)))


def _heading(array: Array, remark: str) -> Iterator[Text]:
    shape = style.shape(array.shape, array.axes)
    yield Text(array.name, style.TITLE)
    yield Text.assemble(shape, " = ", style.named_axes(array.axes)) if array.axes else shape
    if remark:
        yield Text(remark, style.LABEL)


def _label(array: Array, axis: int, index: int) -> str:
    return _LABELS[array.axes[axis]].format(array.positions[axis][index])


def _label_widths(arrays: Sequence[Array], notation: Notation) -> dict[str, int]:
    """The width of the row labels of each axis, over all arrays."""
    widths: dict[str, int] = {}
    for array in arrays:
        for axis, name in enumerate(array.axes[:-1]):
            indices = [i for i in notation.shown(array.shape[axis]) if i is not None]
            labels = (len(_label(array, axis, index)) for index in indices)
            widths[name] = max(widths.get(name, 0), *labels, 0)
    return widths


@dataclass(frozen=True)
class _Layout:
    notation: Notation
    label_widths: Mapping[str, int]
    cell_width: int
    scale: float
    gap: str
    width: int

    def table(self, array: Array, row_remark: str) -> Table:
        columns: list[Index] = self._columns(array.shape[-1]) if array.axes else [0]
        widths = [self.gap_width if column is None else self.cell_width for column in columns]
        table = Table(
            box=None,
            padding=0,
            pad_edge=False,
            header_style=style.LABEL,
            show_header=bool(array.axes),
        )
        table.add_column(width=_INDENT)
        for width in self.label_widths.values():
            table.add_column(min_width=width + 1, no_wrap=True, style=style.LABEL)
        for column, width in zip(columns, widths, strict=True):
            title = _label(array, -1, column) if array.axes and column is not None else self.gap
            table.add_column(f"{title} ".rjust(width), min_width=width, no_wrap=True)
        if self.left_of_cells + sum(widths) + 2 + len(row_remark) <= self.width:
            table.add_column(no_wrap=True, style=style.LABEL)
        else:
            row_remark = ""
        for row in self._rows(array):
            remark = (
                [f"  {row_remark}"] if row_remark and row[-1:] == (array.shape[-2] - 1,) else []
            )
            table.add_row(
                "", *self._row_labels(array, row), *self._cells(array, row, columns), *remark
            )
        return table

    @property
    def gap_width(self) -> int:
        return len(self.gap) + 2

    @property
    def left_of_cells(self) -> int:
        return _INDENT + sum(width + 1 for width in self.label_widths.values())

    def _columns(self, size: int) -> list[Index]:
        """The columns to show of the last axis: an elided axis, elided on to the width there is."""
        columns = self.notation.shown(size)
        room = self.width - self.left_of_cells
        if len(columns) * self.cell_width <= room:
            return columns
        fitting = max(1, (room - self.gap_width) // self.cell_width)
        left = (fitting + 1) // 2
        return [*range(left), None, *range(size - (fitting - left), size)]

    def _rows(self, array: Array) -> Iterator[tuple[Index, ...]]:
        """The rows to show, by their index in all axes but the last; a gap takes one row."""
        for row in product(*(self.notation.shown(size) for size in array.shape[:-1])):
            behind_gap = row[row.index(None) + 1 :] if None in row else ()
            if not any(behind_gap) and None not in behind_gap:
                yield row

    def _row_labels(self, array: Array, row: tuple[Index, ...]) -> Iterator[str]:
        """One label for each axis that labels rows in any array, and none where it repeats."""
        for name in self.label_widths:
            axis = array.axes[:-1].index(name) if name in array.axes[:-1] else None
            if axis is None or any(i != 0 for i in row[axis + 1 :]) or None in row[:axis]:
                yield ""
            else:
                index = row[axis]
                yield self.gap if index is None else _label(array, axis, index)

    def _cells(self, array: Array, row: tuple[Index, ...], columns: list[Index]) -> Iterator[Text]:
        for column in columns:
            if column is None or None in row:
                yield Text(
                    f"{self.gap} ".rjust(self.gap_width if column is None else self.cell_width)
                )
                continue
            value = float(array.values[(*row, column) if array.axes else ()])
            number = self.notation.number(value).rjust(self.cell_width - 1)
            yield Text(f"{number} ", style.tint(value, self.scale))
