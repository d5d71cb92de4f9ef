"""Colours: readable on every background, and tints of one hue with any number of colours."""

import re
from colorsys import rgb_to_hls

import pytest
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from lstm_shapes.view import style
from lstm_shapes.view.style import THEMES, Look, in_picture, tint


def styles() -> dict[str, Style]:
    """Return every style by its name, and those of the axes by the axis."""
    named = {}
    for name, value in vars(style).items():
        if isinstance(value, Style):
            named[name] = value
    return named | style.AXIS


LOOKS = [Look(colours="256"), Look(colours="truecolor")]
STYLES = styles()
COLOURED = [name for name, value in STYLES.items() if value.color]


def tints() -> dict[str, Style]:
    """Return the tints of some numbers from -1 to 1 in both palettes."""
    tinted = {}
    for look in LOOKS:
        for value in (-1, -0.5, -0.1, 0, 0.1, 0.5, 1):
            tinted[f"{value} in {look.colours}"] = tint(value, 1, look)
    return tinted


TEXTS = STYLES | tints()


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance of a colour like #2f7fd0."""
    red = linear(int(colour[1:3], 16) / 255)
    green = linear(int(colour[3:5], 16) / 255)
    blue = linear(int(colour[5:7], 16) / 255)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(channel: float) -> float:
    """Return the light of a channel of sRGB, from 0 to 1."""
    if channel <= 0.04045:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)


def contrast(colour: str, background: str) -> float:
    """Return WCAG's contrast of two colours, from 1 to 21."""
    darker, lighter = sorted([luminance(colour), luminance(background)])
    return (lighter + 0.05) / (darker + 0.05)


def colour_in(css: str, attribute: str, default: str) -> str:
    """Return the colour that an attribute of a style has in CSS, or the default."""
    match = re.search(rf"(?<!-)\b{attribute}: (#\w+)", css)
    if match is None:
        return default
    return match[1]


@pytest.mark.parametrize("is_light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("name", TEXTS)
def test_every_text_of_a_picture_has_a_contrast_of_at_least_4_and_a_half(
    name: str, is_light: bool
) -> None:
    theme = THEMES[is_light]
    css = in_picture(TEXTS[name], is_light).get_html_style(theme)
    colour = colour_in(css, "color", theme.foreground_color.hex)
    background = colour_in(css, "background-color", theme.background_color.hex)
    assert contrast(colour, background) >= 4.5


@pytest.mark.parametrize("background", ["#000000", "#ffffff"], ids=["black", "white"])
@pytest.mark.parametrize("name", COLOURED)
def test_every_colour_is_readable_on_black_and_on_white_terminals(
    name: str, background: str
) -> None:
    colour = STYLES[name].color
    assert colour
    assert contrast(colour.get_truecolor().hex, background) >= 3


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.colours)
@pytest.mark.parametrize(
    ("sign", "lowest_hue", "highest_hue"),
    [
        pytest.param(-1, 0.53, 0.6, id="blue"),
        pytest.param(1, -0.02, 0.08, id="red"),
    ],
)
def test_tints_hold_their_hue_and_are_never_lighter_further_from_0(
    sign: int, lowest_hue: float, highest_hue: float, look: Look
) -> None:
    previous_lightness = 1.0
    for step in range(101):
        background = tint(sign * step, 100, look).bgcolor
        assert background
        triplet = background.get_truecolor(DEFAULT_TERMINAL_THEME)
        hue, lightness, _ = rgb_to_hls(*triplet.normalized)
        assert lightness <= previous_lightness
        previous_lightness = lightness
        is_grey = max(triplet) - min(triplet) < 3  # and a grey has no hue
        assert is_grey or lowest_hue <= hue <= highest_hue


@pytest.mark.parametrize("colours", ["standard", ""], ids=["16 colours", "none"])
def test_with_16_colours_or_none_nothing_is_tinted(colours: str) -> None:
    assert tint(1, 1, Look(colours=colours)) == style.PLAIN
