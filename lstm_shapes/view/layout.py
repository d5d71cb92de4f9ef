"""Lay out lines and tables for a known width: a section is a list of lines."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TypeVar

from rich.text import Text

from lstm_shapes.view.style import LABEL, Look

INDENT = 2
COLUMN_GAP = 2
# NumPy shows so many items at each end where it leaves some out.
EDGE_ITEMS = 3

Item = TypeVar("Item")
Lines = list[Text]
TextRow = Sequence[Text]


def elided(items: Sequence[Item], edge_items: int) -> list[Item | None]:
    """Return the items to show, with None where NumPy would leave some out.

    Example:
        >>> elided(range(9), 2)
        [0, 1, None, 7, 8]
    """
    if len(items) <= 2 * edge_items + 1:
        return list(items)
    start = list(items[:edge_items])
    end = list(items[-edge_items:])
    return [*start, None, *end]


def fits(lines: Lines, look: Look) -> bool:
    """Return True if no line is too wide."""
    return max(line.cell_len for line in lines) <= look.width


def flow(
    chunks: Iterable[Text | str], look: Look, indent: int = INDENT, blanks: int = 2
) -> Lines:
    """Put chunks side by side, on as many lines as they need.

    A chunk is torn between its words only where it is wider than a line.
    """
    lines: Lines = []
    for chunk in chunks:
        text = Text(chunk) if isinstance(chunk, str) else chunk
        if not text:
            continue
        if text.cell_len > look.width - indent and " " in text.plain:
            lines.extend(flow(text.split(" "), look, indent, blanks=1))
        elif lines and lines[-1].cell_len + blanks + text.cell_len <= look.width:
            lines[-1] = Text.assemble(lines[-1], " " * blanks, text)
        else:
            lines.append(Text.assemble(" " * indent, text))
    return lines


def flow_titled(chunks: Sequence[Text | str], look: Look) -> Lines:
    """Put chunks behind a title, the first of them; lines below it are indented."""
    lines = flow(chunks, look, indent=0)
    if len(lines) > 1:
        narrower = look._replace(width=look.width - INDENT)
        title, *lines_below = flow(chunks, narrower, indent=0)
        lines = [title]
        for line in lines_below:
            lines.append(Text.assemble(" " * INDENT, line))
    return lines


def flow_words(text: str | Text, look: Look, indent: int = INDENT) -> Lines:
    """Break a sentence between its words, as late as the width allows."""
    if isinstance(text, str):
        text = Text(text)
    return flow(text.split(" "), look, indent, blanks=1)


def small_print(text: str, look: Look, indent: int = INDENT) -> Lines:
    """Break a dim sentence between its words."""
    return flow([Text(word, LABEL) for word in text.split()], look, indent, blanks=1)


def table(
    titles: Sequence[str | Text], rows: Sequence[TextRow], indent: int = INDENT
) -> Lines:
    """Put rows under their titles; a cell may have several lines.

    Without a title there is no header.
    """
    header = []
    for title in titles:
        header.append(title if isinstance(title, Text) else Text(title, LABEL))
    all_rows = list(rows)
    if any(len(title) for title in header):
        all_rows.insert(0, header)
    widths = column_widths(all_rows)
    lines: Lines = []
    for row in all_rows:
        lines.extend(table_lines(row, widths, indent))
    return lines


def column_widths(rows: Sequence[TextRow]) -> list[int]:
    """Return how many columns of the screen each column of a table needs."""
    widths = []
    for column in zip(*rows, strict=True):
        widths.append(max(cell_width(cell) for cell in column))
    return widths


def cell_width(cell: Text) -> int:
    """Return the width of the longest line of a cell."""
    return max(line.cell_len for line in cell_lines(cell))


def cell_lines(cell: Text) -> Lines:
    """Return the lines of a cell; an empty one has one line."""
    return list(cell.split("\n", allow_blank=True))


def table_lines(row: TextRow, widths: Sequence[int], indent: int) -> Lines:
    """Return the lines of a row, as many as its tallest cell has."""
    lines = []
    lines_of_cells = [cell_lines(cell) for cell in row]
    for parts in zip_longest(*lines_of_cells, fillvalue=Text()):
        line = Text(" " * indent)
        for cell, part, width in zip(row, parts, widths, strict=True):
            blanks = " " * (width - part.cell_len)
            if cell.justify == "right":
                line = Text.assemble(line, blanks, part, " " * COLUMN_GAP)
            else:
                line = Text.assemble(line, part, blanks, " " * COLUMN_GAP)
        line.rstrip()
        lines.append(line)
    return lines


def table_with_remarks(
    titles: Sequence[str],
    rows: Sequence[TextRow],
    remarks: Sequence[Sequence[str]],
    look: Look,
) -> Lines:
    """Put the first remark of each row behind it, and the rest of them below it.

    The first one stands below its row as well where there is no room behind it. The last
    of the titles belongs to the remarks; the cells are one line each.
    """
    bare_lines = table(titles[:-1], rows)
    remark_column = max(line.cell_len for line in bare_lines) + COLUMN_GAP
    lines: Lines = []
    if len(bare_lines) > len(rows):
        header = bare_lines.pop(0)
        title = Text(titles[-1], LABEL)
        lines.extend(line_with_remark(header, title, remark_column, look))
    for line, remarks_of_row in zip(bare_lines, remarks, strict=True):
        remark = Text(remarks_of_row[0])
        lines.extend(line_with_remark(line, remark, remark_column, look))
        for sentence in remarks_of_row[1:]:
            lines.extend(small_print(sentence, look, 2 * INDENT))
    return lines


def line_with_remark(line: Text, remark: Text, remark_column: int, look: Look) -> Lines:
    """Put a remark behind a line, or below it if there is no room."""
    if remark_column + remark.cell_len > look.width:
        return [line, *flow_words(remark, look, 2 * INDENT)]
    blanks = " " * (remark_column - line.cell_len)
    joined = Text.assemble(line, blanks, remark)
    joined.rstrip()
    return [joined]


def separated(sections: Iterable[Lines]) -> Lines:
    """Put sections one below the other, a blank line apart; empty ones leave none."""
    lines: Lines = []
    for section in sections:
        if section and lines:
            lines.append(Text())
        lines.extend(section)
    return lines
