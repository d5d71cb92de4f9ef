"""Define the look: every colour, and every character beyond ASCII."""

import shutil
from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

# The columns of notebooks, and the fewest that a picture is laid out for.
PAGE_WIDTH = 80
# The most columns of a picture, where its arrays need them.
WIDEST_PICTURE = 160

PLAIN = Style()
TITLE = Style(bold=True, dim=False)
HEADING = TITLE
RETURNED = Style(bold=True, color="#2f7fd0")
LABEL = Style(dim=True)
GOOD = Style(bold=True, color="#2e9e4f")
BAD = Style(bold=True, color="#d03030")

# On terminals the colours are of middling lightness, to be read on black and on white.
AXIS = {
    "batch": Style(color="#8a8a8a"),
    "timesteps": Style(color="#b065d6"),
    "features": Style(color="#2e9e4f"),
    "units": Style(color="#d07a1c"),
}

# In pictures each colour is one of two, on dark and on white: none has the contrast of
# 4.5 that text needs on both.
THEMES = (SVG_EXPORT_THEME, DEFAULT_TERMINAL_THEME)
FRAMES = ("rgba(255,255,255,0.35)", "rgba(0,0,0,0.3)")
DIM_IN_PICTURES = ("#a8a8a8", "#666666")
COLOURS_IN_PICTURES = {
    "#2f7fd0": ("#6cb4f5", "#1b66b3"),
    "#2e9e4f": ("#5cc67c", "#1d7a38"),
    "#d03030": ("#ff8080", "#c02020"),
    "#8a8a8a": DIM_IN_PICTURES,
    "#b065d6": ("#cf94f0", "#8a3db3"),
    "#d07a1c": ("#eba04d", "#a85a00"),
}

# ColorBrewer's RdBu: both ends are light enough for black text.
NEGATIVE = (103, 169, 207)
ZERO = (247, 247, 247)
POSITIVE = (239, 138, 98)
TINTED_TEXT = "#101010"
# The like of it among 256 colours, from 0 to each end: Rich's nearest ones have other hues.
NEGATIVE_256 = (255, 153, 110, 74)
POSITIVE_256 = (255, 224, 216, 209)
# Rich's names of the palettes that have enough colours for tints.
TINTED_PALETTES = ("256", "truecolor")


class Glyphs:
    """The characters beyond ASCII."""

    top_left = "╭"
    top_right = "╮"
    bottom_left = "╰"
    bottom_right = "╯"
    across = "─"
    along = "│"
    fork = "┤"
    down = "↓"
    left = "◀"
    right = "▶"
    gap = "…"
    times = "×"
    dot = "·"
    check = "✓"
    cross = "✗"
    forward = "→"
    backward = "←"
    product = "·"
    sigmoid = "σ"


class ASCIIGlyphs(Glyphs):
    """Stand-ins for an encoding that has ASCII alone."""

    top_left = "+"
    top_right = "+"
    bottom_left = "+"
    bottom_right = "+"
    across = "-"
    along = "|"
    fork = "+"
    down = "v"
    left = "<"
    right = ">"
    gap = "..."
    times = "x"
    dot = "|"
    check = "ok"
    cross = "X"
    forward = ">"
    backward = "<"
    product = "*"
    sigmoid = "sigmoid"


class Look(NamedTuple):
    """The room of the screen, and what it can show.

    Attributes:
        width: The columns.
        glyphs: The characters.
        colours: Rich's name of the palette, "" for no colours.
        is_roomy: Whether there are rows for what is nice to have.
        is_cramped: Whether there are rows for what the question needs alone.
        is_picture: Whether it is of a picture, which has no last row, and on which
            nobody types.
    """

    width: int = PAGE_WIDTH
    glyphs: Glyphs = Glyphs()
    colours: str = ""
    is_roomy: bool = True
    is_cramped: bool = False
    is_picture: bool = False

    @property
    def is_tinted(self) -> bool:
        """Return True if there are enough colours to tint numbers."""
        return self.colours in TINTED_PALETTES


def terminal_width() -> int:
    """Return the columns of the terminal, or 80 if it says 0."""
    return shutil.get_terminal_size().columns or PAGE_WIDTH


def number(value: float, precision: int) -> str:
    """Write a number with so many decimals; what they make zero has no sign.

    Example:
        >>> number(-0.04, 1)
        '0.0'
    """
    text = f"{value:.{precision}f}"
    if float(text) == 0:
        return text.removeprefix("-")
    return text


def tint(value: float, scale: float, look: Look) -> Style:
    """Return the background of a number: blue below 0, white at 0, red above.

    The colour is full at ±`scale`.
    """
    if isnan(value):
        return BAD
    if not look.is_tinted:
        return PLAIN
    part = 0.0
    if scale:
        part = min(abs(value) / scale, 1.0)
    if look.colours == "256":
        ramp = POSITIVE_256 if value > 0 else NEGATIVE_256
        background = Color.from_ansi(ramp[round(part * (len(ramp) - 1))])
    else:
        background = mixed_colour(POSITIVE if value > 0 else NEGATIVE, part)
    return Style(color=TINTED_TEXT, bgcolor=background)


def mixed_colour(end: tuple[int, int, int], part: float) -> Color:
    """Return the colour that is that part of the way from white to `end`."""
    channels = []
    for zero_channel, end_channel in zip(ZERO, end, strict=True):
        channels.append(round(zero_channel + (end_channel - zero_channel) * part))
    red, green, blue = channels
    return Color.from_triplet(ColorTriplet(red, green, blue))


def in_picture(style: Style, is_light: bool) -> Style:
    """Return a style as it is in a picture, on white if it is light and on dark if not."""
    colours = None
    if style.color:
        colours = COLOURS_IN_PICTURES.get(style.color.name)
    elif style.dim:
        colours = DIM_IN_PICTURES
    if colours is None:
        return style
    return Style(bold=style.bold, color=colours[is_light])


def shape(sizes: Sequence[object], axes: Sequence[str] = ()) -> Text:
    """Write a shape, or the names of its axes, as Python does.

    Each size has the colour of its axis.
    """
    texts = []
    for position, size in enumerate(sizes):
        style = PLAIN
        if axes:
            style = AXIS.get(axes[position], PLAIN)
        texts.append(Text(str(size), style))
    end = ",)" if len(texts) == 1 else ")"
    return Text.assemble("(", Text(", ").join(texts), end)


def verdict(holds: bool | None, glyphs: Glyphs) -> Text:
    """Return a check mark, a cross, or a dot for what could not be checked."""
    if holds is None:
        return Text(glyphs.dot, LABEL)
    if holds:
        return Text(glyphs.check, GOOD)
    return Text(glyphs.cross, BAD)


def counted(size: int, axis: str) -> Text:
    """Write a size with its axis' name and colour: `5 units`, `1 unit`, `1,000 units`."""
    name = axis
    if size == 1:
        name = axis.removesuffix("s")
    return Text(f"{size:,} {name}", AXIS[axis])
