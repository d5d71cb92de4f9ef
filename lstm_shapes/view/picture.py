"""Rich renderables → a picture of the terminal as SVG, HTML or plain text, self-contained."""

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME

from lstm_shapes.spec.request import Request
from lstm_shapes.spec.width import width
from lstm_shapes.view.files import whole_file
from lstm_shapes.view.screen import Screen
from lstm_shapes.view.terminal import without_blanks

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


class Picture(Screen):
    """The screen on a console that remembers it, in full colour whatever the terminal is."""

    def __init__(self, request: Request, path: Path) -> None:
        self._path = path
        self._suffix = path.suffix.lower()
        self._console = Console(
            file=io.StringIO(),
            width=width(),
            record=True,
            force_terminal=True,
            color_system=None if self._suffix == ".txt" else "truecolor",
            no_color=False,
            highlight=False,
            legacy_windows=False,
        )
        super().__init__(request, lambda what: self._console.print(what, crop=False))

    def end(self) -> None:
        super().end()
        with whole_file(self._path, force=self._request.force) as file:
            file.write(self.text().encode())

    def text(self) -> str:
        """The content of a .svg, .html or .txt file."""
        if self._suffix == ".svg":
            svg = self._console.export_svg(title="lstm-shapes", theme=SVG_EXPORT_THEME)
            # Rich has the viewer fetch a font from the web; font-family names what else will do.
            return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
        if self._suffix == ".html":
            return self._console.export_html(
                theme=SVG_EXPORT_THEME, code_format=_HTML, inline_styles=True
            )
        return without_blanks(self._console.export_text())
