"""Define the look: every colour and every character beyond ASCII."""

import shutil
from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

PAGE_WIDTH = 80  # of pictures and notebooks

PLAIN = Style()
TITLE = HEADING = Style(bold=True, dim=False)
RETURNED = Style(bold=True, color="#2f7fd0")
LABEL = Style(dim=True)
GOOD = Style(bold=True, color="#2e9e4f")
BAD = Style(bold=True, color="#d03030")

# On terminals, of middling lightness, to be read on black and on white.
AXIS = {
    "batch": Style(color="#8a8a8a"),
    "timesteps": Style(color="#b065d6"),
    "features": Style(color="#2e9e4f"),
    "units": Style(color="#d07a1c"),
}

# Of pictures, on dark and on white: no colour has the contrast of 4.5 that text needs on both.
THEMES = SVG_EXPORT_THEME, DEFAULT_TERMINAL_THEME
DIM = "#a8a8a8", "#666666"
IN_PICTURES = {
    "#2f7fd0": ("#6cb4f5", "#1b66b3"),
    "#2e9e4f": ("#5cc67c", "#1d7a38"),
    "#d03030": ("#ff8080", "#c02020"),
    "#8a8a8a": DIM,
    "#b065d6": ("#cf94f0", "#8a3db3"),
    "#d07a1c": ("#eba04d", "#a85a00"),
}

# ColorBrewer's RdBu: both ends are light enough for black text.
NEGATIVE, ZERO, POSITIVE = (103, 169, 207), (247, 247, 247), (239, 138, 98)
# The like of it among 256 colours, from 0 to each end; the nearest ones are of other hues.
NEGATIVE_256, POSITIVE_256 = (255, 153, 110, 74), (255, 224, 216, 209)
TINTED = ("256", "truecolor")  # the others have too few colours


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
    """The screen's columns and characters, its colours, and rows for nice-to-haves.

    `colours` is Rich's name of them, or "" for none.
    """

    width: int = 80
    glyphs: Glyphs = Glyphs()
    colours: str = ""
    roomy: bool = True


def terminal_width() -> int:
    """Return the terminal's width, or 80 if it says 0."""
    return shutil.get_terminal_size().columns or 80


def tint(value: float, scale: float, look: Look) -> Style:
    """Return the background of a number: blue below 0, red above, white at 0, full at ±scale."""
    if isnan(value):
        return BAD
    if look.colours not in TINTED:
        return PLAIN
    part = min(abs(value) / scale, 1.0) if scale else 0.0
    end, ramp = (POSITIVE, POSITIVE_256) if value > 0 else (NEGATIVE, NEGATIVE_256)
    mixed = ColorTriplet(*(round(a + (b - a) * part) for a, b in zip(ZERO, end, strict=True)))
    nearest = Color.from_ansi(ramp[round(part * (len(ramp) - 1))])
    background = nearest if look.colours == "256" else Color.from_triplet(mixed)
    return Style(color="#101010", bgcolor=background)


def in_picture(style: Style, light: bool) -> Style:
    """Return a style as it is in a picture, on white if `light` and on dark if not."""
    colours = IN_PICTURES.get(style.color.name) if style.color else style.dim and DIM
    return Style(bold=style.bold, color=colours[light]) if colours else style


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
