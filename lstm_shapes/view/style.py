"""Define the look: every colour and every character beyond ASCII."""

import shutil
from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

from rich.color import Color
from rich.color_triplet import ColorTriplet
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
NEGATIVE, ZERO, POSITIVE = (103, 169, 207), (247, 247, 247), (239, 138, 98)


class Glyphs:
    """The characters beyond ASCII; `corners` are top left, top right, bottom left and right."""

    corners, across, along, down = "╭╮╰╯", "─", "│", "↓"
    left, right, fork, gap = "◀", "▶", "┤", "…"
    times, dot, check, cross = "×", "·", "✓", "✗"
    forward, backward = "→", "←"
    product, sigmoid = "·", "σ"


class ASCIIGlyphs(Glyphs):
    """Stand-ins for an encoding that has only ASCII."""

    corners, across, along, down = "++++", "-", "|", "v"
    left, right, fork, gap = "<", ">", "+", "..."
    times, dot, check, cross = "x", "|", "ok", "X"
    forward, backward = ">", "<"
    product, sigmoid = "*", "sigmoid"


class Look(NamedTuple):
    """The screen's columns and characters, whether it has colours, and rows for nice-to-haves."""

    width: int = 80
    glyphs: Glyphs = Glyphs()
    colours: bool = False
    roomy: bool = True


def terminal_width() -> int:
    """Return the terminal's width, or 80 if it says 0."""
    return shutil.get_terminal_size().columns or 80


def tint(value: float, scale: float) -> Style:
    """Return the background of a number: blue below 0, red above, white at 0, full at ±scale."""
    if isnan(value):
        return BAD
    end = POSITIVE if value > 0 else NEGATIVE
    part = min(abs(value) / scale, 1.0) if scale else 0.0
    mixed = ColorTriplet(*(round(a + (b - a) * part) for a, b in zip(ZERO, end, strict=True)))
    return Style(color="#101010", bgcolor=Color.from_triplet(mixed))


def shape(sizes: Sequence[object], axes: Sequence[str] = ()) -> Text:
    """Write a shape, or the names of its axes, as Python does, each size in its axis' colour."""
    styles = [AXIS.get(axis, PLAIN) for axis in axes] or [PLAIN] * len(sizes)
    texts = [Text(str(size), style) for size, style in zip(sizes, styles, strict=True)]
    return Text.assemble("(", Text(", ").join(texts), ",)" if len(texts) == 1 else ")")


def verdict(holds: bool | None, glyphs: Glyphs) -> Text:
    """Return a check mark, a cross, or a dot for what could not be verified."""
    if holds is None:
        return Text(glyphs.dot, LABEL)
    return Text(glyphs.check, GOOD) if holds else Text(glyphs.cross, BAD)


def counted(size: int, axis: str) -> Text:
    """Write a size with its axis' name and colour: `5 units`, `1 unit`."""
    return Text(f"{size} {axis if size != 1 else axis.removesuffix('s')}", AXIS[axis])
