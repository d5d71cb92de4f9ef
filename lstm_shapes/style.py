"""How things look: every colour and character of every screen, and how to lay out short texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from lstm_shapes.diagram import ASCII as ASCII_STROKES
from lstm_shapes.diagram import UNICODE as UNICODE_STROKES
from lstm_shapes.diagram import Strokes
from lstm_shapes.spec import LSTMSpec

PLAIN = Style()
TITLE = HEADING = Style(bold=True)
RETURNED = Style(bold=True, color="#2f7fd0")
LABEL = Style(dim=True)
GOOD = Style(bold=True, color="#2e9e4f")
BAD = Style(bold=True, color="#d03030")

# Of middling lightness, to be read on black and on white.
AXIS = {
    "batch": Style(color="#8a8a8a"),
    "timesteps": Style(color="#b065d6"),
    "features": Style(color="#2e9e4f"),
    "units": Style(color="#d07a1c"),
}

# ColorBrewer's RdBu: both ends are light enough for black text.
NEGATIVE = (103, 169, 207)
ZERO = (247, 247, 247)
POSITIVE = (239, 138, 98)


@dataclass(frozen=True)
class Glyphs:
    """The characters beyond letters and digits, for one kind of terminal."""

    strokes: Strokes
    gap: str
    times: str
    dot: str
    check: str
    cross: str
    leads_to: str


UNICODE = Glyphs(UNICODE_STROKES, "…", "×", "·", "✓", "✗", "→")
ASCII = Glyphs(ASCII_STROKES, "...", "x", "|", "ok", "NOT SO:", "->")


def glyphs(options: ConsoleOptions) -> Glyphs:
    """What the encoding of the console can write."""
    return ASCII if options.ascii_only else UNICODE


def tint(value: float, scale: float) -> Style:
    """The background of an array's cell: blue below 0, red above, white at 0, full at ±scale."""
    if isnan(value):
        return BAD
    end = POSITIVE if value > 0 else NEGATIVE
    part = min(abs(value) / scale, 1.0) if scale else 0.0
    mixed = ColorTriplet(*(round(a + (b - a) * part) for a, b in zip(ZERO, end, strict=True)))
    return Style(color="#101010", bgcolor=Color.from_triplet(mixed))


def shape(sizes: Sequence[int | None], axes: Sequence[str] = ()) -> Text:
    """A shape as Python writes it, each size in its axis' colour."""
    styles = [AXIS.get(axis, Style()) for axis in axes] or [Style()] * len(sizes)
    text = Text(", ").join(
        Text(str(size), style) for size, style in zip(sizes, styles, strict=True)
    )
    return Text.assemble("(", text, ",)" if len(sizes) == 1 else ")")


def named_axes(axes: Sequence[str]) -> Text:
    """The names of the axes, written as a shape is."""
    text = Text(", ").join(Text(axis, AXIS[axis]) for axis in axes)
    return Text.assemble("(", text, ",)" if len(axes) == 1 else ")")


def verdict(holds: bool, glyphs: Glyphs) -> Text:
    """A check mark, or a cross."""
    return Text(glyphs.check, GOOD) if holds else Text(glyphs.cross, BAD)


@dataclass(frozen=True)
class Flow:
    """Chunks side by side, two spaces apart, on as many lines as they need.

    Lines break between chunks only where they can, so that no shape is torn apart.
    """

    chunks: Sequence[Text | str]
    indent: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines: list[Text] = []
        for chunk in self.chunks:
            text = Text(chunk) if isinstance(chunk, str) else chunk
            if lines and lines[-1].cell_len + 2 + text.cell_len <= options.max_width - self.indent:
                lines[-1] = Text.assemble(lines[-1], "  ", text)
            else:
                lines.append(text)
        for line in lines:
            yield Padding(line, (0, 0, 0, self.indent), expand=False)


@dataclass(frozen=True)
class Facts:
    """Rows under a header, or where they do not fit, each row as a list of its own.

    A cell may have several lines. `widths` are the least widths of the columns, so that rows
    that are yet to come can stand below these.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Text]]
    widths: Sequence[int] = ()
    show_header: bool = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [[Text(title) for title in self.header], *self.rows]
        needed = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        needed = [max(pair) for pair in zip(needed, self.widths or needed, strict=True)]
        if sum(needed) + 2 * len(needed) > options.max_width:
            yield from self._stacked()
            return
        table = Table(
            box=None, padding=(0, 0, 0, 2), header_style=LABEL, show_header=self.show_header
        )
        for title, width in zip(self.header, needed, strict=True):
            table.add_column(title, no_wrap=True, min_width=width)
        for row in self.rows:
            table.add_row(*row)
        yield table

    def _stacked(self) -> Iterator[Text]:
        width = max(map(len, self.header))
        for number, row in enumerate(self.rows):
            if number or self.widths:
                yield Text()
            for title, cell in zip(self.header, row, strict=True):
                for at, line in enumerate(cell.split("\n", allow_blank=True)):
                    label = Text((title if at == 0 else "").ljust(width), LABEL)
                    yield Text.assemble("  ", label, "  ", line)


def _width(text: Text) -> int:
    return max(line.cell_len for line in text.split("\n", allow_blank=True))


def counted(size: int, what: str) -> Text:
    """A size with its axis' name and colour: `5 units`, `1 unit`."""
    return Text(f"{size} {what}{'' if size == 1 else 's'}", AXIS[f"{what}s"])


def introduction(spec: LSTMSpec) -> list[Flow]:
    """The input's shape, what its axes are, the units, and what the letters mean."""
    of_input = shape(spec.input.shape, spec.input.axes)
    axes = Text.assemble("input ", of_input, " = ", named_axes(spec.input.axes))
    units = Text.assemble("units ", (str(spec.units), AXIS["units"]), " = size of h and of c")
    letters = ["x: the input at one timestep,", "h: the hidden state,", "c: the cell state"]
    return [Flow([axes, units], 0), Flow([Text(" ".join(letters), LABEL)], 0)]


@dataclass(frozen=True)
class Footer:
    """What the numbers depend on, and the command that makes them again."""

    seed: int
    versions: Mapping[str, str]
    command: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        facts = [f"seed {self.seed}", *(" ".join(item) for item in self.versions.items())]
        yield Text(f" {glyphs(options).dot} ".join(facts), LABEL)
        yield Text("repeat with", LABEL)
        yield from self._pasteable(options.max_width)

    def _pasteable(self, width: int) -> Iterator[Text]:
        """The command, in a shell's way of breaking lines where it is too long for one."""
        line = " "
        for word in self.command.split():
            if len(line) + 1 + len(word) + 2 > width:
                yield Text(f"{line} \\")
                line = "   "
            line += f" {word}"
        yield Text(line)
