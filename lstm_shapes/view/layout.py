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
    titles: Sequence[str], rows: Sequence[Sequence[Text]], remarks: Sequence[list[str]], look: Look
) -> Lines:
    """Put the first remark behind each row, or below it if there is no room, as the others."""
    bare = table(titles[:-1], rows)
    column, header = max(line.cell_len for line in bare) + INDENT, len(bare) - len(rows)
    lines: Lines = []
    for line, (first, *others) in zip(bare, [*[[titles[-1]]] * header, *remarks], strict=True):
        fits = column + len(first) <= look.width
        behind = Text(first, LABEL if len(lines) < header else "")
        lines.append(Text.assemble(line, " " * (column - line.cell_len), behind) if fits else line)
        lines[-1].rstrip()
        lines += [] if fits else flow(first.split(), look, 2 * INDENT, blanks=1)
        lines += [below for other in others for below in words(other, look, 2 * INDENT)]
    return lines


def separated(sections: Iterable[Lines]) -> Lines:
    """Put sections one below the other, a blank line apart, without those that are empty."""
    lines: Lines = []
    for section in filter(None, sections):
        lines += [Text(), *section] if lines else section
    return lines
