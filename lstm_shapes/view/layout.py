"""Lines and tables for a known width: sections are lists of lines, one below the other."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TypeVar

from rich.text import Text

from lstm_shapes.view.style import LABEL, Look

INDENT = 2
EDGE_ITEMS = 3

Item = TypeVar("Item")
Lines = list[Text]


def elided(items: Sequence[Item], edge_items: int) -> list[Item | None]:
    """Return the items to show, with None where NumPy would leave some out: [0, None, 3]."""
    if len(items) <= 2 * edge_items + 1:
        return list(items)
    return [*items[:edge_items], None, *items[-edge_items:]]


def flow(chunks: Iterable[Text | str], look: Look, indent: int = INDENT, blanks: int = 2) -> Lines:
    """Put chunks side by side, on as many lines as they need: no chunk is torn apart."""
    lines: Lines = []
    for chunk in chunks:
        text = Text(chunk) if isinstance(chunk, str) else chunk
        if text.cell_len > look.width - indent and " " in text.plain:
            lines += flow(text.split(" "), look, indent, blanks=1)
        elif not text:
            continue
        elif lines and lines[-1].cell_len + blanks + text.cell_len <= look.width:
            lines[-1] = Text.assemble(lines[-1], " " * blanks, text)
        else:
            lines.append(Text.assemble(" " * indent, text))
    return lines


def words(text: str, look: Look, indent: int = INDENT) -> Lines:
    """Break a sentence between its words."""
    return flow([Text(word, LABEL) for word in text.split()], look, indent, blanks=1)


def table(
    titles: Sequence[Text | str], rows: Sequence[Sequence[Text]], indent: int = INDENT
) -> Lines:
    """Put rows under their titles, columns two blanks apart; a cell may have several lines."""
    header = [title if isinstance(title, Text) else Text(title, LABEL) for title in titles]
    rows = [header, *rows] if any(map(len, header)) else rows
    split = [[cell.split("\n", allow_blank=True) for cell in row] for row in rows]
    columns = zip(*split, strict=True)
    widths = [max(line.cell_len for cell in column for line in cell) for column in columns]
    lines: Lines = []
    for row, cells in zip(rows, split, strict=True):
        for parts in zip_longest(*cells, fillvalue=Text()):
            line = Text(" " * indent)
            for cell, part, width in zip(row, parts, widths, strict=True):
                blanks = " " * (width - part.cell_len)
                sides = (blanks, part) if cell.justify == "right" else (part, blanks)
                line = Text.assemble(line, *sides, " " * INDENT)
            line.rstrip()
            lines.append(line)
    return lines


def table_with_remarks(
    titles: Sequence[Text | str],
    rows: Sequence[Sequence[Text]],
    remarks: Sequence[str],
    look: Look,
    indent: int = INDENT,
) -> Lines:
    """Put a remark behind each row, or below the table if there is no room."""
    with_remarks = [[*row, Text(remark)] for row, remark in zip(rows, remarks, strict=True)]
    lines = table(titles, with_remarks, indent=indent)
    if max(line.cell_len for line in lines) <= look.width:
        return lines
    lines = table(titles[:-1], rows, indent=indent)
    for row, remark in zip(rows, remarks, strict=True):
        name = next((cell for cell in row if cell.style), row[0])
        lines += flow([Text.assemble(name, ":"), *remark.split()], look, blanks=1)
    return lines


def separated(sections: Iterable[Lines]) -> Lines:
    """Put sections one below the other, a blank line apart, without those that are empty."""
    lines: Lines = []
    for section in filter(None, sections):
        lines += [Text(), *section] if lines else section
    return lines
