"""Colours: readable on every background, and tints of one hue with any number of colours."""

import re
from colorsys import rgb_to_hls

import pytest
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from lstm_shapes.view import style
from lstm_shapes.view.style import THEMES, Look, in_picture, tint

NAMED = {name: of for name, of in vars(style).items() if isinstance(of, Style)}
STYLES = NAMED | style.AXIS
LOOKS = [Look(colours="256"), Look(colours="truecolor")]
TINTS = {
    f"{part} in {look.colours}": tint(part, 1, look)
    for look in LOOKS
    for part in (-1, -0.5, -0.1, 0, 0.1, 0.5, 1)
}


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance of a colour like #2f7fd0."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(p * weight for p, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast of two colours, from 1 to 21."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("name", [*STYLES, *TINTS])
def test_every_text_of_a_picture_has_a_contrast_of_at_least_4_and_a_half(
    name: str, light: bool
) -> None:
    theme = THEMES[light]
    css = in_picture((STYLES | TINTS)[name], light).get_html_style(theme)
    (text,) = re.findall(r"(?<!-)\bcolor: (#\w+)", css)[:1] or [theme.foreground_color.hex]
    (behind,) = re.findall(r"background-color: (#\w+)", css) or [theme.background_color.hex]
    assert contrast(text, behind) >= 4.5


@pytest.mark.parametrize("background", ["#000000", "#ffffff"], ids=["black", "white"])
@pytest.mark.parametrize("name", [name for name, of in STYLES.items() if of.color])
def test_every_colour_is_readable_on_black_and_on_white_terminals(
    name: str, background: str
) -> None:
    colour = STYLES[name].color
    assert colour
    assert contrast(colour.get_truecolor().hex, background) >= 3


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.colours)
def test_tints_hold_their_hue_and_are_never_lighter_further_from_0(look: Look) -> None:
    for sign, hues in ((-1, (0.53, 0.6)), (1, (-0.02, 0.08))):
        lightest = 1.0
        for step in range(101):
            background = tint(sign * step, 100, look).bgcolor
            assert background
            triplet = background.get_truecolor(DEFAULT_TERMINAL_THEME)
            hue, lightness, _ = rgb_to_hls(*triplet.normalized)
            assert lightness <= lightest
            lightest = lightness
            # A grey has no hue.
            assert hues[0] <= hue <= hues[1] or max(triplet) - min(triplet) < 3


def test_with_16_colours_or_none_nothing_is_tinted() -> None:
    assert [tint(1, 1, Look(colours=colours)) for colours in ("standard", "")] == [style.PLAIN] * 2
