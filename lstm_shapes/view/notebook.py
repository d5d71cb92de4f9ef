"""Display lines in a notebook: as HTML, and as plain text for what shows no HTML."""

import re
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from lstm_shapes.view.layout import Lines
from lstm_shapes.view.picture import longest, recording_console, text_in_picture
from lstm_shapes.view.style import PAGE_WIDTH, THEMES, Look

# What IPython displays: a text for each media type.
MimeBundle = dict[str, str]

# The colours for a dark page and for a light one.
THEMES_BY_NAME = dict(zip(("dark", "light"), THEMES, strict=True))

# Boxes and tints join where lines touch, and underscores reach out of such a line: there
# is room below the last one, and the tints of a line lie under the letters above it.
FONT = (
    "position:relative;z-index:0;white-space:pre;overflow-x:auto;line-height:1.18;"
    "padding-bottom:0.3em;"
    "font-family:'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
)
TINT = re.compile(r'(<span style="[^"]*)(background-color:)')
UNDERLAID_TINT = r"\1position:relative;z-index:-1;\2"
# Without a theme, the page of the notebook is the background.
BARE_FORMAT = f'<pre style="{FONT}">{{code}}</pre>'
THEME_FORMAT = (
    f'<pre style="{FONT};padding:1em;color:{{foreground}};background:{{background}}">'
    "{code}</pre>"
)


def is_notebook() -> bool:
    """Return True in a notebook, whose cells display HTML."""
    return Console().is_jupyter


def display_in_cell(bundle: MimeBundle) -> None:
    """Display a bundle below the cell that runs."""
    from IPython.display import display  # every notebook has it

    display_bundle: Callable[..., None] = display
    display_bundle(bundle, raw=True)


def mime_bundle(
    make_lines: Callable[[Look], Lines],
    width: int | None = None,
    theme: str | None = None,
) -> MimeBundle:
    """Return lines as HTML and as plain text, which has no tints to explain.

    Args:
        make_lines: What returns the lines for a look.
        width: The columns, 80 if it is None.
        theme: "light" or "dark"; None takes the colours of the notebook's own page.
    """
    look = Look(width or PAGE_WIDTH, is_picture=True)
    plain_lines = make_lines(look)
    tinted_lines = make_lines(look._replace(colours="truecolor"))
    return {
        "text/plain": Text("\n").join(plain_lines).plain,
        "text/html": html(tinted_lines, theme),
    }


def html(lines: Lines, theme: str | None) -> str:
    """Return the lines as HTML, with the colours of a theme."""
    console = recording_console(longest(lines))
    if theme is None:
        console.print(Text("\n").join(lines), highlight=False)
        page = console.export_html(inline_styles=True, code_format=BARE_FORMAT)
    else:
        text = text_in_picture(lines, is_light=theme == "light")
        console.print(text, highlight=False)
        page = console.export_html(
            theme=THEMES_BY_NAME[theme],
            inline_styles=True,
            code_format=THEME_FORMAT,
        )
    return TINT.sub(UNDERLAID_TINT, page)
