"""Arrays as tables: labelled by sample, timestep and unit, tinted by value, elided as in NumPy."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from rich.text import Text

from lstm_shapes.run.values import Array
from lstm_shapes.spec.request import Request
from lstm_shapes.view import style
from lstm_shapes.view.labels import RowRemark, RowRemarks, label, notes
from lstm_shapes.view.layout import EDGE_ITEMS, INDENT, Lines, elided, flow, separated
from lstm_shapes.view.style import LABEL, TINTED, Look

MAX_WHOLE = 10_000

# The index of a row or column to show, or None for a gap.
IndexOrGap = int | None


def array_tables(
    arrays: Mapping[Array, str], request: Request, look: Look, row_remarks: RowRemarks
) -> Lines:
    """Show arrays, each with its remark, in the same columns, so that equal rows line up."""
    if not arrays:
        return []
    tables, titles = _Tables(list(arrays), request, look, row_remarks), ""
    lines: Lines = []
    for array, remark in arrays.items():
        lines += [*([Text()] if lines else []), *tables.heading(array, remark)]
        blocks = tables.blocks(array)
        for columns in blocks:
            before, titles = titles, tables.titles(array, columns).plain
            if titles and titles != before:
                lines.append(tables.titles(array, columns))
            lines += tables.rows(array, columns, is_last=columns is blocks[-1])
    return separated([lines, notes(tables.arrays, tables.scale, request, look)])


class _Tables:
    """The widths, labels and tints that all tables share, measured on what is shown."""

    def __init__(
        self, arrays: Sequence[Array], request: Request, look: Look, row_remarks: RowRemarks
    ) -> None:
        self.arrays, self.row_remarks, self.look = arrays, row_remarks, look
        self.gap, self.precision = look.glyphs.gap, request.precision
        self.whole_batch = request.shows_batch
        self.picked = {str(selection) for selection in request.selections}
        labels: dict[str, list[str]] = {}
        values, texts = [np.zeros(0, np.float32)], [""]
        for array in arrays:
            kept = [[i for i in axis if i is not None] for axis in self._indices(array)]
            # Only the values that are shown are formatted.
            values.append(array.values[np.ix_(*kept)].ravel())
            for axis, indices in enumerate(kept[:-1]):
                found = (label(array, axis, index, self.look.glyphs) for index in indices)
                labels.setdefault(array.axes[axis], [""]).extend(found)
            texts += [label(array, -1, index, look.glyphs) for axis in kept[-1:] for index in axis]
        picked = np.concatenate(values)
        texts += [self._number(float(value)) for value in picked]
        # A blank on both sides of a number or title, in its tint.
        self.cell_width, self.gap_width = max(map(len, texts)) + 2, len(self.gap) + 2
        self.label_widths = {axis: max(map(len, of_axis)) for axis, of_axis in labels.items()}
        self.left = INDENT + sum(width + 1 for width in self.label_widths.values())
        self.scale = float(np.max(np.abs(picked), initial=0, where=np.isfinite(picked)))

    def heading(self, array: Array, remark: str) -> Lines:
        """Name the array, its shape and its axes, and what else is known of it."""
        chunks = [Text(array.name, style.TITLE), style.shape(array.shape, array.axes)]
        if array.axes:
            chunks[1] = Text.assemble(chunks[1], " = ", style.shape(array.axes, array.axes))
        chunks.append(Text(remark, LABEL))
        counts = [len(indices) for indices in self._indices(array)[:-1]]
        if array.name in self.picked and not self._is_whole(array):
            size = f"{array.values.size:,} numbers, shown whole up to {MAX_WHOLE:,}"
            chunks.append(Text(size, LABEL))
        if None in self.blocks(array)[0] or counts != list(array.shape[:-1]):
            finite = array.values[np.isfinite(array.values)]
            if finite.size:
                low, high = self._number(float(finite.min())), self._number(float(finite.max()))
                chunks.append(Text(f"values {low} to {high}", LABEL))
            if others := array.values.size - finite.size:
                chunks.append(Text(f"{others:,} not finite", style.BAD))
        return flow(chunks, self.look, indent=0)

    def titles(self, array: Array, columns: Sequence[IndexOrGap]) -> Text:
        """Return the titles of columns; none above a single number."""
        line = Text(" " * self.left)
        for column in columns if array.axes else ():
            title = self.gap if column is None else label(array, -1, column, self.look.glyphs)
            line.append(f"{title} ".rjust(self._width_of(column)), LABEL)
        line.rstrip()
        return line

    def rows(self, array: Array, columns: Sequence[IndexOrGap], *, is_last: bool) -> Lines:
        """Show these columns, and in the last of them the remarks: beside their rows, or below."""
        lines, below = list[Text](), dict[str, None]()
        for row in product(*self._indices(array)[:-1]):
            behind_gap = row[row.index(None) + 1 :] if None in row else ()
            if set(behind_gap) - {0}:  # of the rows in a gap, only the first is shown
                continue
            where, remark = self._remark(array, row)
            cells = [self._cell(array, row, column, remark.is_masked) for column in columns]
            line = Text.assemble(" " * INDENT, *self._row_labels(array, row), *cells)
            if line.cell_len + INDENT + len(remark.text) <= self.look.width and is_last:
                line.append(f"  {remark.text}", LABEL)
            elif remark.text and is_last:
                below[f"  {where} {remark.text}"] = None
            if self.look.colours not in TINTED or remark.text:
                line.rstrip()
            lines.append(line)
        return [*lines, *(Text(text, LABEL) for text in below)]

    def _remark(self, array: Array, row: tuple[IndexOrGap, ...]) -> tuple[str, RowRemark]:
        """Return what is said of a row, and where that is so: at a timestep, of a sample or all."""
        remarks = self.row_remarks.get(array.name, {})
        for sample, where in ((row or (None,))[0], "sample {0} t={1}"), (None, "t={1}"):
            if remarks and None not in row and (remark := remarks.get((sample, row[-1] or 0))):
                return where.format(*row), remark
        return "", RowRemark("")

    def _number(self, value: float) -> str:
        return f"{value:.{self.precision}f}"

    def _is_whole(self, array: Array) -> bool:
        return array.name in self.picked and array.values.size <= MAX_WHOLE

    def _width_of(self, column: IndexOrGap) -> int:
        return self.gap_width if column is None else self.cell_width

    def _indices(self, array: Array) -> list[list[IndexOrGap]]:
        """Return the indices to show of each axis; of the last, there may be room for fewer."""
        if self._is_whole(array):
            return [list(range(size)) for size in array.shape]
        most = [EDGE_ITEMS] * (len(array.shape) - 1) + [self.look.width]
        shown = [elided(range(n), at_most) for n, at_most in zip(array.shape, most, strict=False)]
        if "batch" in array.axes[:-1] and not self.whole_batch:
            shown[0] = shown[0][:1]
        return shown

    def blocks(self, array: Array) -> list[list[IndexOrGap]]:
        """Return as many columns as there is room for, or of what is picked all, in blocks."""
        columns: list[IndexOrGap] = self._indices(array)[-1] if array.axes else [0]
        if self.left + sum(map(self._width_of, columns)) <= self.look.width:
            return [columns]
        if self._is_whole(array):
            fitting = max(1, (self.look.width - self.left) // self.cell_width)
            return [columns[at : at + fitting] for at in range(0, len(columns), fitting)]
        room = self.look.width - self.left - self.gap_width
        fitting, size = max(1, room // self.cell_width), array.shape[-1]
        at_left = (fitting + 1) // 2
        return [[*range(at_left), None, *range(size - (fitting - at_left), size)]]

    def _row_labels(self, array: Array, row: tuple[IndexOrGap, ...]) -> Iterator[Text]:
        """Yield the labels of a row, blank where the label of the row above still holds."""
        for name, width in self.label_widths.items():
            axis = array.axes.index(name) if name in array.axes[:-1] else len(row)
            text = ""
            if axis < len(row) and None not in row[:axis] and set(row[axis + 1 :]) <= {0}:
                index = row[axis]
                text = self.gap if index is None else label(array, axis, index, self.look.glyphs)
            yield Text(text.ljust(width + 1), LABEL)

    def _cell(
        self, array: Array, row: tuple[IndexOrGap, ...], column: IndexOrGap, is_masked: bool
    ) -> Text:
        if column is None or None in row:
            return Text(f"{self.gap} ".rjust(self._width_of(column)))
        value = float(array.values[(*row, column) if array.axes else ()])
        number = f"{self._number(value)} ".rjust(self.cell_width)
        return Text(number, LABEL if is_masked else style.tint(value, self.scale, self.look))
