"""How things look: every colour and character of every screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.console import ConsoleOptions
from rich.style import Style
from rich.text import Text

PLAIN = Style()
TITLE = HEADING = Style(bold=True, dim=False)
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
    """The characters beyond ASCII, for one kind of terminal: the only place that names them.

    `corners` are top left, top right, bottom left, bottom right.
    """

    corners: str = "╭╮╰╯"
    across: str = "─"
    along: str = "│"
    down: str = "↓"
    left: str = "◀"
    right: str = "▶"
    fork: str = "┤"
    gap: str = "…"
    times: str = "×"
    dot: str = "·"
    check: str = "✓"
    cross: str = "✗"
    forward: str = "→"
    backward: str = "←"


UNICODE = Glyphs()
ASCII = Glyphs(
    *("++++", "-", "|", "v", "<", ">", "+"),
    *("...", "x", "|", "ok", "X", ">", "<"),
)


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
    styles = [AXIS.get(axis, PLAIN) for axis in axes] or [PLAIN] * len(sizes)
    return _tuple(Text(str(size), style) for size, style in zip(sizes, styles, strict=True))


def named_axes(axes: Sequence[str]) -> Text:
    """The names of the axes, written as a shape is."""
    return _tuple(Text(axis, AXIS[axis]) for axis in axes)


def _tuple(items: Iterable[Text]) -> Text:
    texts = list(items)
    return Text.assemble("(", Text(", ").join(texts), ",)" if len(texts) == 1 else ")")


def verdict(holds: bool, glyphs: Glyphs) -> Text:
    """A check mark, or a cross."""
    return Text(glyphs.check, GOOD) if holds else Text(glyphs.cross, BAD)


def counted(size: int, what: str) -> Text:
    """A size with its axis' name and colour: `5 units`, `1 unit`."""
    return Text(f"{size} {what}{'' if size == 1 else 's'}", AXIS[f"{what}s"])
