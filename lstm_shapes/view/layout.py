"""Short texts and tables that fit the width there is: nothing is cut, nothing torn apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lstm_shapes.view.style import HEADING, LABEL

INDENT = 2
EDGE_ITEMS = 3

Item = TypeVar("Item")
Index = int | None


def elided(items: Sequence[Item], edge_items: int) -> list[Item | None]:
    """The items to show, such as the indices of an axis, None where NumPy would leave some out.

    Example:
        >>> elided(range(3), 1), elided(range(4), 1)
        ([0, 1, 2], [0, None, 3])
    """
    if len(items) <= 2 * edge_items + 1:
        return list(items)
    return [*items[:edge_items], None, *items[-edge_items:]]


@dataclass(frozen=True)
class Flow:
    """Chunks side by side, some blanks apart, on as many lines as they need.

    Lines break between chunks, so that no shape is torn apart.
    """

    chunks: Sequence[Text | str]
    indent: int = INDENT
    blanks: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines: list[Text] = []
        room = options.max_width - self.indent
        for chunk in self.chunks:
            text = Text(chunk) if isinstance(chunk, str) else chunk
            if lines and lines[-1].cell_len + self.blanks + text.cell_len <= room:
                lines[-1] = Text.assemble(lines[-1], " " * self.blanks, text)
            else:
                lines.append(text)
        for line in lines:
            yield Padding(line, (0, 0, 0, self.indent), expand=False)


@dataclass(frozen=True)
class Hanging:
    """A text that breaks between words, whose lines behind the first stand in."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = self.text.cell_len <= options.max_width
        first, *others = self.text.wrap(console, options.max_width - (0 if whole else INDENT))
        yield first
        yield from (Flow([line]) for line in others)


@dataclass(frozen=True)
class Facts:
    """Rows under their titles; a cell may have several lines.

    `remarks`, one for each row, stand in a last column, or where they do not fit, under the
    table, each behind the cell of its row that `key` names. `heading` is the first title of a table
    that begins a section. `widths` are the least widths of the columns, so that rows that are yet
    to come can stand below these.
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[Text]]
    remarks: Sequence[str] = ()
    remarks_title: str = ""
    widths: Sequence[int] = ()
    show_titles: bool = True
    key: int = 0
    heading: str = ""

    @cached_property
    def needed(self) -> list[int]:
        """The width of each column."""
        cells = [[Text(title) for title in self.titles], *self.rows]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        return [max(pair) for pair in zip(widths, self.widths or widths, strict=True)]

    @property
    def width(self) -> int:
        """The width of the table without its remarks."""
        return self._indent + sum(self.needed) + INDENT * (len(self.needed) - 1)

    @property
    def _indent(self) -> int:
        return 0 if self.heading else INDENT

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = self._with_remarks() if self.remarks else self
        if self.width > options.max_width:
            yield from whole._listed()
        elif whole.width <= options.max_width:
            yield whole._table()
        else:
            yield self._table()
            for row, remark in zip(self.rows, self.remarks, strict=True):
                yield Padding(Text.assemble(row[self.key], ": ", remark), (0, 0, 0, INDENT))

    def _with_remarks(self) -> "Facts":
        """The same with the remarks as a column like any other."""
        rows = [[*row, Text(remark)] for row, remark in zip(self.rows, self.remarks, strict=True)]
        return replace(self, titles=[*self.titles, self.remarks_title], rows=rows, remarks=())

    def _table(self) -> Table:
        table = bare_table(show_titles=self.show_titles)
        for at, (title, width) in enumerate(zip(self.titles, self.needed, strict=True)):
            # Blank columns before each: Rich before 15 miscounts the padding of the last.
            if at or self._indent:
                table.add_column(width=INDENT)
            text = Text(title, HEADING if title == self.heading else "")
            table.add_column(text, no_wrap=True, min_width=width)
        for row in self.rows:
            spaced = [part for cell in row for part in ("", cell)]
            table.add_row(*(spaced if self._indent else spaced[1:]))
        return table

    def _listed(self) -> Iterator[RenderableType]:
        """Each row as a list of its own."""
        width = max(map(len, self.titles))
        for number, row in enumerate(self.rows):
            if number or self.widths:
                yield Text()
            for title, cell in zip(self.titles, row, strict=True):
                for at, line in enumerate(cell.split("\n", allow_blank=True)):
                    label = Text((title if at == 0 else "").ljust(width), LABEL)
                    yield Text.assemble("  ", label, "  ", line)


@dataclass(frozen=True)
class FirstFitting:
    """The first of several ways to say the same that fits the width, or what always does."""

    ways: Sequence[Facts | Text]
    otherwise: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for way in self.ways:
            width = way.width if isinstance(way, Facts) else way.cell_len
            if width <= options.max_width:
                yield way
                return
        yield self.otherwise


def bare_table(*, show_titles: bool) -> Table:
    """A table without lines, whose columns have no blanks between them."""
    return Table(box=None, padding=0, pad_edge=False, header_style=LABEL, show_header=show_titles)


def separated(sections: Iterable[Iterable[RenderableType]]) -> Iterator[RenderableType]:
    """Sections one below the other, one blank line apart, without those that are empty."""
    for at, parts in enumerate(filter(None, map(list, sections))):
        if at:
            yield Text()
        yield from parts


def _width(text: Text) -> int:
    return max(line.cell_len for line in text.split("\n", allow_blank=True))
