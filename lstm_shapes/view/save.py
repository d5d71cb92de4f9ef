"""Save to files: checked before the runs are made, and written whole or not at all."""

import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any, NamedTuple

from lstm_shapes.errors import CallError, LSTMShapesError, Option, quoted
from lstm_shapes.spec.request import Request, Row
from lstm_shapes.view import Runs, View


class SavedView(View):
    """A view that writes a file at the end, from the last runs or from another view's lines."""

    def __init__(self, request: Request, path: Path, lines: list[Any]) -> None:
        self.request, self.path, self.lines = request, path, lines
        self.runs: Runs = ()

    def add(self, specs: Row, runs: Runs) -> None:
        """Keep the runs of this row, in place of those before."""
        self.runs = runs

    def end(self) -> None:
        """Write the file."""
        with whole_file(self.path) as file:
            FORMATS[self.path.suffix.lower()].write(file, self)


def _json_view(request: Request, lines: list[Any]) -> View:
    from lstm_shapes.view.document import JSONLines

    return JSONLines(request, lines.append, arrays=request.saves_arrays)


def _screen_view(request: Request, lines: list[Any]) -> View:
    from lstm_shapes.view.screen import Screen
    from lstm_shapes.view.style import PAGE_WIDTH, Look

    # On a slide, how to repeat it is no use.
    return Screen(request, lines.extend, Look(PAGE_WIDTH, colours="truecolor"), footer=False)


def _write_npz(file: IO[bytes], saved: SavedView) -> None:
    import numpy as np

    (run,) = saved.runs
    spec = np.array(json.dumps({**asdict(run.spec), "seed": run.seed}))
    members: dict[str, Any] = {**run.arrays, **run.weights, "spec": spec}
    members |= {"lengths": run.spec.lengths} if run.spec.lengths else {}
    np.savez(file, **members)


def _write_lines(file: IO[bytes], saved: SavedView) -> None:
    file.writelines(saved.lines)


def _write_picture(file: IO[bytes], saved: SavedView) -> None:
    """Print the lines in full colour, as wide as the longest of them."""
    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    from lstm_shapes.view.style import THEMES, in_picture

    light, text = saved.request.light, Text("\n").join(saved.lines)
    for at, span in enumerate(text.spans):
        if isinstance(span.style, Style):
            text.spans[at] = span._replace(style=in_picture(span.style, light))
    width, theme = max(line.cell_len for line in saved.lines), THEMES[light]
    how: dict[str, Any] = {"force_terminal": True, "no_color": False, "legacy_windows": False}
    console = Console(file=io.StringIO(), width=width, color_system="truecolor", record=True, **how)
    console.print(text, highlight=False)
    if saved.path.suffix.lower() == ".html":
        exported = console.export_html(theme=theme, inline_styles=True)
    else:
        # Without the web font that Rich links, the viewer uses the next of font-family.
        svg = console.export_svg(title="lstm-shapes", theme=theme)
        exported = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    file.write(exported.encode())


def _write_program(file: IO[bytes], saved: SavedView) -> None:
    from lstm_shapes.run.input import loading_code
    from lstm_shapes.view.program import program

    request, ((spec,),) = saved.request, saved.request.rows
    loaded = loading_code(request.input) if request.input else ""
    next_layers = saved.runs[0].next_layers if saved.runs and request.next else None
    file.write(program(spec, request.seed or 0, loaded, next_layers or ()).encode())


class Format(NamedTuple):
    """A way to write files of one suffix, and the view that makes their lines, if any."""

    write: Callable[[IO[bytes], SavedView], None]
    line_view: Callable[[Request, list[Any]], View] = lambda *_: View()  # does nothing
    one_run_only: bool = False
    needs_run: bool = False


FORMATS = {
    ".npz": Format(_write_npz, one_run_only=True, needs_run=True),
    ".json": Format(_write_lines, _json_view, one_run_only=True),
    ".jsonl": Format(_write_lines, _json_view),
    ".svg": Format(_write_picture, _screen_view),
    ".html": Format(_write_picture, _screen_view),
    ".py": Format(_write_program, one_run_only=True),
}


def saved_views(request: Request) -> list[View]:
    """Return the views that make the files of a request, or raise a CallError if one cannot."""
    views: list[View] = []
    for path in request.save:
        try:
            problem = _problem(path, path.absolute(), request)
        except OSError as error:
            problem = [f"cannot be a file ({error.strerror}), expected another name"]
        if problem:
            raise CallError(f"{quoted(str(path))} ", *problem)
        lines: list[Any] = []
        line_view = FORMATS[path.suffix.lower()].line_view(request, lines)
        views += [line_view, SavedView(request, path, lines)]
    return views


def _problem(path: Path, final: Path, request: Request) -> list[str | Option]:
    """Return what is wrong with writing to a path, as parts of a CallError, or nothing."""
    of = FORMATS.get(path.suffix.lower())
    if of is None:
        return [f"has no known suffix, expected one of {' '.join(FORMATS)}"]
    if request.runs > 1 and of.one_run_only:
        several = " ".join(suffix for suffix, other in FORMATS.items() if not other.one_run_only)
        return [f"holds one run and this call makes several, expected one of {several}"]
    if request.dry_run and of.needs_run:
        return ["needs a run, expected no ", Option("dry_run"), " beside it"]
    if [other.absolute() for other in request.save].count(final) > 1:
        return ["came twice, expected each file once"]
    if final.exists() and not final.is_file():
        return ["is a folder or a device, expected a file"]
    if os.path.lexists(final) and not request.force:
        return ["exists, expected a new file: ", Option("force", "True"), " replaces it"]
    if not (final.parent.is_dir() and os.access(final.parent, os.W_OK)):
        return [f"is in {quoted(str(final.parent))}, expected a folder that is open to writing"]
    return []


def save_run(run: Any, path: Path, *, force: bool, light: bool) -> None:
    """Save a finished run, in the format of the path's suffix; see `Run.save`."""
    from lstm_shapes.view.screen import request_of

    for view in saved_views(replace(request_of(run), save=[path], force=force, light=light)):
        view.begin()
        view.add((run.spec,), [run])
        view.end()


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Write to a temporary file that replaces `path` at the end, or is removed on an error."""
    # Follow a link: replacing it would leave its target as it was.
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(f".lstm-shapes-{os.urandom(8).hex()}")
    try:
        with unfinished.open("xb") as file:
            yield file
        if path.exists():
            shutil.copymode(path, unfinished)
        os.replace(unfinished, path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LSTMShapesError(f"{quoted(str(path))} could not be written: {reason}") from error
    finally:
        unfinished.unlink(missing_ok=True)
