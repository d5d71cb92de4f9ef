"""Turn the lines of a screen into a page or a picture: HTML, SVG and PNG."""

import io
import re
from collections.abc import Sequence
from html import escape

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from lstm_shapes.errors import LSTMShapesError, plain
from lstm_shapes.view.style import FRAMES, THEMES, in_picture

# Those that have every character of the screen come first.
FONTS = (
    "'DejaVu Sans Mono', Menlo, 'Fira Code', Consolas, 'Noto Sans Mono',"
    " 'Liberation Mono', monospace"
)
# Letters of 21 px are 12.64 wide in DejaVu Sans Mono, and its lines of boxes as high as
# Rich's rows of 24.4. Rich counts the widths in 20 px.
FONT_SIZE = 21
FONT_ASPECT_RATIO = 0.632
# A PNG has so many pixels for one of the SVG, to be sharp on a good screen.
PNG_SCALE = 2
# A PNG of so many lines has taken 10 seconds and 0.7 GiB, and is 24,000 pixels high.
MOST_PNG_LINES = 500

# Rich's own format cuts off what is below the last line's letters.
SVG_FORMAT = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{width}} {{height}}">
<!-- Generated with Rich https://www.textualize.io -->
<style>
.{{unique_id}}-matrix {{{{ font-family: {FONTS}; font-size: {FONT_SIZE}px }}}}
.{{unique_id}}-title {{{{ font-family: {FONTS}; font-size: 18px; font-weight: bold }}}}
{{styles}}
</style>
{{chrome}}
<g transform="translate({{terminal_x}}, {{terminal_y}})">
{{backgrounds}}
<g class="{{unique_id}}-matrix">
{{matrix}}
</g>
</g>
</svg>
"""
# What Rich writes at each text to clip it, and what makes the text as wide as its cells in
# any font.
CLIPPED = re.compile(r'clip-path="url\(#[\w-]+\)"')
FITTED = 'lengthAdjust="spacingAndGlyphs"'
DARK_FRAME = FRAMES[False]

# Lines of this height let boxes and tints join in DejaVu Sans Mono. Tints are a little
# higher, for other fonts, and lie under the letters of the next line.
HTML_FORMAT = f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title></title>
<style>
body {{{{ margin: 0; padding: 24px 32px; color: {{foreground}}; background: {{background}} }}}}
pre, code {{{{ margin: 0; font: 16px/19px {FONTS} }}}}
pre {{{{ position: relative; z-index: 0 }}}}
span[style*=background] {{{{ position: relative; z-index: -1; padding-bottom: 1px }}}}
</style>
</head>
<body>
<pre><code>{{code}}</code></pre>
</body>
</html>
"""

# A picture of a letter, which is empty where there is no font for it.
LETTER = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">
<text y="15" font-family="{FONTS}">h</text>
</svg>
"""
NO_LETTER = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"></svg>'


def html_page(lines: Sequence[Text], title: str, is_light: bool) -> str:
    """Return a page that shows the lines, and needs no other file."""
    console = recording_console(longest(lines))
    console.print(text_in_picture(lines, is_light), highlight=False)
    page = console.export_html(
        theme=THEMES[is_light], code_format=HTML_FORMAT, inline_styles=True
    )
    return page.replace("<title></title>", f"<title>{escape(plain(title))}</title>", 1)


def svg_picture(
    lines: Sequence[Text], is_light: bool, title: str = "lstm-shapes"
) -> str:
    """Return a picture of the lines in a frame, in the fonts of who looks at it."""
    console = recording_console(longest(lines) + 2)
    text = text_in_picture(lines, is_light)
    # A row below the last line, and a column at both sides.
    console.print(Padding(text, (0, 1, 1, 1)), highlight=False)
    svg = console.export_svg(
        title=title,
        theme=THEMES[is_light],
        code_format=SVG_FORMAT,
        font_aspect_ratio=FONT_ASPECT_RATIO,
    )
    framed = svg.replace(DARK_FRAME, FRAMES[is_light], 1)
    return CLIPPED.sub(FITTED, framed)


def png_picture(lines: Sequence[Text], is_light: bool) -> bytes:
    """Return the same picture as pixels, in the fonts of this machine.

    Raises:
        LSTMShapesError: there are too many lines.
    """
    import resvg_py  # late: only a PNG needs it, and it may not be there

    if len(lines) > MOST_PNG_LINES:
        raise LSTMShapesError(
            f"a .png has room for {MOST_PNG_LINES} lines, and this has {len(lines):,}:"
            " save an .svg or .html"
        )
    svg = svg_picture(lines, is_light)
    return resvg_py.svg_to_bytes(svg_string=svg, zoom=PNG_SCALE)


def png_problem() -> str:
    """Say what stands in the way of a PNG on this machine, "" if nothing does."""
    try:
        import resvg_py
    except ImportError:
        return (
            "needs a library: pip install 'lstm-shapes[png]', or save an .svg and turn it"
            " into a .png with rsvg-convert or a browser"
        )
    letter = resvg_py.svg_to_bytes(svg_string=LETTER)
    if letter == resvg_py.svg_to_bytes(svg_string=NO_LETTER):
        return (
            "would have no letters, as this machine has no monospace font: install DejaVu"
            " Sans Mono, or save an .svg or .html"
        )
    return ""


def longest(lines: Sequence[Text]) -> int:
    """Return the width of the longest line."""
    return max(line.cell_len for line in lines)


def recording_console(width: int) -> Console:
    """Return a console that records in full colour."""
    return Console(
        file=io.StringIO(),
        width=width,
        color_system="truecolor",
        record=True,
        force_terminal=True,
        force_jupyter=False,  # which would display the picture in the cell
        no_color=False,
        legacy_windows=False,
    )


def text_in_picture(lines: Sequence[Text], is_light: bool) -> Text:
    """Join lines to a text in the colours of pictures."""
    text = Text("\n").join(lines)
    for number, span in enumerate(text.spans):
        if isinstance(span.style, Style):
            text.spans[number] = span._replace(style=in_picture(span.style, is_light))
    return text
