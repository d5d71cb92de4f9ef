"""Rich renderables → a picture of the terminal as SVG, HTML or plain text, self-contained."""

import io
import re
from typing import IO

from rich.console import Console, RenderableType
from rich.terminal_theme import SVG_EXPORT_THEME

_HTML = """<!DOCTYPE html>
<html>
<head>
<meta charset="UTF-8">
<style>
body {{ color: {foreground}; background-color: {background}; }}
pre {{ font-family: Menlo, Consolas, 'DejaVu Sans Mono', monospace; line-height: 1.2; }}
</style>
</head>
<body>
<pre><code style="font-family: inherit">{code}</code></pre>
</body>
</html>
"""


class Picture:
    """A console that remembers what is printed on it, in full colour whatever the terminal is."""

    def __init__(self, width: int) -> None:
        self._console = Console(
            file=io.StringIO(),
            width=width,
            record=True,
            force_terminal=True,
            color_system="truecolor",
            no_color=False,
            highlight=False,
            legacy_windows=False,
        )

    def print(self, renderable: RenderableType) -> None:
        """Put the renderable below the others."""
        self._console.print(renderable, crop=False)

    def save(self, file: IO[bytes], suffix: str, title: str) -> None:
        """Write the picture as the content of a .svg, .html or .txt file."""
        if suffix == ".svg":
            svg = self._console.export_svg(title=title, theme=SVG_EXPORT_THEME)
            # Rich has the viewer fetch a font from the web; font-family names what else will do.
            text = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
        elif suffix == ".html":
            text = self._console.export_html(
                theme=SVG_EXPORT_THEME, code_format=_HTML, inline_styles=True
            )
        else:
            text = self._console.export_text()
        file.write(text.encode())
