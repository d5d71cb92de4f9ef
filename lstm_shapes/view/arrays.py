"""Arrays as tables: labelled by sample, timestep and unit, tinted by value, elided as in NumPy."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from rich.text import Text

from lstm_shapes.run.values import Array
from lstm_shapes.spec.request import Request
from lstm_shapes.view import style
from lstm_shapes.view.layout import EDGE_ITEMS, INDENT, Lines, elided, flow
from lstm_shapes.view.style import LABEL, TINTED, Look

_LABELS = {"batch": "sample {}", "timesteps": "t={}", "features": "f{}", "units": "u{}"}

# The index of a row or column to show, or None for a gap.
IndexOrGap = int | None
# What is said of the timesteps of arrays, by the array's name.
RowRemarks = Mapping[str, Mapping[int, str]]


def array_tables(
    arrays: Mapping[Array, str], request: Request, look: Look, row_remarks: RowRemarks
) -> Lines:
    """Show arrays, each with its remark, in the same columns, so that equal rows line up."""
    if not arrays:
        return []
    tables, titles = _Tables(list(arrays), request, look, row_remarks), ""
    lines: Lines = []
    for array, remark in arrays.items():
        before, titles = titles, tables.titles(array).plain
        lines += [*([Text()] if lines else []), *tables.heading(array, remark)]
        if titles and titles != before:
            lines.append(tables.titles(array))
        lines += tables.rows(array)
    return [*lines, *tables.notes()]


class _Tables:
    """The widths, labels and tints that all tables share, measured on what is shown."""

    def __init__(
        self, arrays: Sequence[Array], request: Request, look: Look, row_remarks: RowRemarks
    ) -> None:
        self.arrays, self.row_remarks, self.look = arrays, row_remarks, look
        self.gap, self.precision = look.glyphs.gap, request.precision
        self.whole_batch = bool(request.arrays or request.show)
        labels: dict[str, list[str]] = {}
        values, texts = [np.zeros(0, np.float32)], [""]
        for array in arrays:
            kept = [[i for i in axis if i is not None] for axis in self._indices(array)]
            # Only the values that are shown are formatted.
            values.append(array.values[np.ix_(*kept)].ravel())
            for axis, indices in enumerate(kept[:-1]):
                found = (self._label(array, axis, index) for index in indices)
                labels.setdefault(array.axes[axis], [""]).extend(found)
            if array.values.size and array.axes:
                texts.append(self._label(array, -1, array.shape[-1] - 1))
        picked = np.concatenate(values)
        texts += [self._number(float(value)) for value in picked]
        # A blank on both sides of a number or title, in its tint.
        self.cell_width, self.gap_width = max(map(len, texts)) + 2, len(self.gap) + 2
        self.label_widths = {axis: max(map(len, of_axis)) for axis, of_axis in labels.items()}
        self.left = INDENT + sum(width + 1 for width in self.label_widths.values())
        self.scale = float(np.max(np.abs(picked), initial=0, where=np.isfinite(picked)))
        # If columns are left out anyway, one or two more make room for the remarks beside rows.
        remarks = [text for rows in row_remarks.values() for text in rows.values()]
        beside = max((len(text) + INDENT for text in remarks), default=0)
        least = self.left + 4 * self.cell_width + self.gap_width
        self.elided_width = look.width - (beside if least + beside <= look.width else 0)

    def heading(self, array: Array, remark: str) -> Lines:
        """Name the array, its shape and its axes, and what else is known of it."""
        chunks = [Text(array.name, style.TITLE), style.shape(array.shape, array.axes)]
        if array.axes:
            chunks[1] = Text.assemble(chunks[1], " = ", style.shape(array.axes, array.axes))
        chunks.append(Text(remark, LABEL))
        counts = [len(indices) for indices in self._indices(array)[:-1]]
        if None in self._columns(array) or counts != list(array.shape[:-1]):
            finite = array.values[np.isfinite(array.values)]
            if finite.size:
                low, high = self._number(float(finite.min())), self._number(float(finite.max()))
                chunks.append(Text(f"{low} to {high}", LABEL))
            if others := array.values.size - finite.size:
                chunks.append(Text(f"{others:,} not finite", style.BAD))
        return flow(chunks, self.look, indent=0)

    def titles(self, array: Array) -> Text:
        """Return the titles of the columns; none above a single number."""
        line = Text(" " * self.left)
        for column in self._columns(array) if array.axes else ():
            title = self.gap if column is None else self._label(array, -1, column)
            line.append(f"{title} ".rjust(self._width_of(column)), LABEL)
        line.rstrip()
        return line

    def rows(self, array: Array) -> Lines:
        """Show the rows, with each remark beside its row, or all below if there is no room."""
        columns = self._columns(array)
        remarks = self.row_remarks.get(array.name, {})
        width = self.left + sum(map(self._width_of, columns))
        has_room = all(width + INDENT + len(text) <= self.look.width for text in remarks.values())
        lines: Lines = []
        for row in product(*self._indices(array)[:-1]):
            behind_gap = row[row.index(None) + 1 :] if None in row else ()
            if set(behind_gap) - {0}:  # of the rows in a gap, only the first is shown
                continue
            cells = [self._cell(array, row, column) for column in columns]
            if has_room and row and row[-1] in remarks:
                cells.append(Text(f"  {remarks[row[-1] or 0]}", LABEL))
            line = Text.assemble(" " * INDENT, *self._row_labels(array, row), *cells)
            if self.look.colours not in TINTED:
                line.rstrip()
            lines.append(line)
        below = () if has_room else remarks.items()
        return [*lines, *(Text(f"  t={t} {text}", LABEL) for t, text in below)]

    def notes(self) -> Lines:
        """Say what the tints mean, and how many samples are not shown."""
        chunks = []
        if self.look.colours in TINTED and self.scale:
            chunks.append(Text.assemble(("tint ", LABEL)))
            for value in (-self.scale, 0.0, self.scale):
                text = self._number(value) if value else "0"
                chunks[0].append(f" {text} ", style.tint(value, self.scale, self.look))
        samples = [a.shape[0] for a in self.arrays if a.axes[:1] == ("batch",)]
        if max(samples, default=1) > 1 and not self.whole_batch:
            chunks += [Text(f"sample 0 of {max(samples)}: --arrays shows more, --show one", LABEL)]
        return flow(chunks, self.look)

    def _number(self, value: float) -> str:
        return f"{value:.{self.precision}f}"

    def _label(self, array: Array, axis: int, index: int) -> str:
        position, name, glyphs = array.positions[axis][index], array.axes[axis], self.look.glyphs
        if name != "units" or len(array.spec.holds) == 1:  # one direction
            return _LABELS[name].format(position)
        direction, unit = divmod(position, array.spec.shape[-1] // 2)
        return (glyphs.forward, glyphs.backward)[direction] + _LABELS[name].format(unit)

    def _width_of(self, column: IndexOrGap) -> int:
        return self.gap_width if column is None else self.cell_width

    def _indices(self, array: Array) -> list[list[IndexOrGap]]:
        """Return the indices to show of each axis; of the last, there may be room for fewer."""
        most = [EDGE_ITEMS] * (len(array.shape) - 1) + [self.look.width]
        shown = [elided(range(n), at_most) for n, at_most in zip(array.shape, most, strict=False)]
        if "batch" in array.axes[:-1] and not self.whole_batch:
            shown[0] = shown[0][:1]
        return shown

    def _columns(self, array: Array) -> list[IndexOrGap]:
        """Return as many columns as there is room for."""
        columns: list[IndexOrGap] = self._indices(array)[-1] if array.axes else [0]
        if self.left + sum(map(self._width_of, columns)) <= self.look.width:
            return columns
        room = self.elided_width - self.left - self.gap_width
        fitting, size = max(1, room // self.cell_width), array.shape[-1]
        at_left = (fitting + 1) // 2
        return [*range(at_left), None, *range(size - (fitting - at_left), size)]

    def _row_labels(self, array: Array, row: tuple[IndexOrGap, ...]) -> Iterator[Text]:
        """Yield the labels of a row, blank where the label of the row above still holds."""
        for name, width in self.label_widths.items():
            axis = array.axes.index(name) if name in array.axes[:-1] else len(row)
            label = ""
            if axis < len(row) and None not in row[:axis] and set(row[axis + 1 :]) <= {0}:
                index = row[axis]
                label = self.gap if index is None else self._label(array, axis, index)
            yield Text(label.ljust(width + 1), LABEL)

    def _cell(self, array: Array, row: tuple[IndexOrGap, ...], column: IndexOrGap) -> Text:
        if column is None or None in row:
            return Text(f"{self.gap} ".rjust(self._width_of(column)))
        value = float(array.values[(*row, column) if array.axes else ()])
        number = f"{self._number(value)} ".rjust(self.cell_width)
        return Text(number, style.tint(value, self.scale, self.look))
