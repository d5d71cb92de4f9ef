"""Request → specs → runs → views: what is known is shown at once, then each run as it is made."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_shapes.progress import Reporter, reporting
from lstm_shapes.run.interrupts import drop_if_interrupted
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import draw_seed
from lstm_shapes.spec.request import Request
from lstm_shapes.view.files import FORMATS, check_targets
from lstm_shapes.view.view import View

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lstm_shapes.run.values import Run


def check(request: Request) -> None:
    """Find out whether all of it can be done, without doing any of it.

    Raises:
        CallError: a file could not be saved, or the estimated memory passes the limit.
    """
    check_targets(request)
    request.check_memory()


def execute(request: Request) -> None:
    """Show what is known, make the runs, and show what they have measured.

    Raises:
        LSTMShapesError: the request cannot be done, a run failed, or an output could not be
            written.
    """
    check(request)
    if not request.dry_run:
        seed = draw_seed() if request.seed is None else request.seed
        request = replace(request, seed=seed, repeat=[*request.repeat, f"--seed {seed}"])
    with reporting(request.grid.count) as reporter:
        shown = _stdout_view(request, reporter)
        views = [*(_file_view(request, path) for path in request.saves), shown]
        views = [view for view in views if _wanted(view.begin)]
        runs = iter(()) if request.dry_run else _runs(request, reporter, views, shown)
        for specs in request.grid.rows:
            drop_if_interrupted()
            if not views:
                return
            made = list(islice(runs, len(specs)))
            views = [view for view in views if _wanted(view.add, specs, made)]
        # The last comes first: where a file cannot be saved, its seed is told, and all are tried.
        with ExitStack() as ends:
            for view in views:
                ends.callback(_wanted, view.end)


def show(run: "Run", print_on: "Callable[[RenderableType], None]") -> None:
    """Show the screen of a run that has been made."""
    from lstm_shapes.view.screen import Screen

    _view(Screen(_request_of(run), print_on), run)


def save(run: "Run", path: Path, *, force: bool = False) -> None:
    """Write a run that has been made to a file, by suffix.

    Raises:
        CallError: it cannot be saved to that file.
        OutputError: it could not be written.
    """
    request = replace(_request_of(run), saves=[path], force=force)
    check_targets(request)
    _view(_file_view(request, path), run)


def _request_of(run: "Run") -> Request:
    given = ", input=x" if run.has_own_input else ""
    repeat = [f"explore({run.spec!r}, seed={run.seed}{given})"]
    return Request(Grid.of(run.spec), seed=run.seed, repeat=repeat)


def _view(view: View, run: "Run") -> None:
    view.begin()
    view.add([run.spec], [run])
    view.end()


def _runs(request: Request, reporter: Reporter, views: list[View], shown: View) -> "Iterator[Run]":
    import numpy  # noqa: F401  # takes a moment, in which a reader such as head may leave

    from lstm_shapes.view.terminal import reader_is_gone

    if reader_is_gone() and shown in views:
        views.remove(shown)
    if not views:
        return
    from lstm_shapes.run.explore import explore_many

    x = None
    if request.input:
        from lstm_shapes.run.input_file import load

        x = load(request.input)
    for run in explore_many(
        request.grid,
        seed=request.seed,
        x=x,
        try_next_layers=not request.several,
        on_phase=reporter.phase,
    ):
        drop_if_interrupted()
        yield replace(run, input_file=request.input) if request.input else run
        reporter.advance()


def _wanted(use: Callable[..., None], *what: object) -> bool:
    """Whether the reader is still there: one that has seen enough ends its view, not the files'."""
    try:
        use(*what)
    except BrokenPipeError:
        return False
    return True


def _file_view(request: Request, path: Path) -> View:
    module, name = FORMATS[path.suffix.lower()].view.split(":")
    view: View = getattr(import_module(f"lstm_shapes.view.{module}"), name)(request, path)
    return view


def _stdout_view(request: Request, reporter: Reporter) -> View:
    if request.json:
        from lstm_shapes.view.document import Lines
        from lstm_shapes.view.terminal import standard_output

        def write(line: bytes) -> None:
            with reporter.hidden(), standard_output():
                sys.stdout.buffer.write(line)

        return Lines(request, write, arrays=request.shows_arrays)
    from lstm_shapes.view.screen import Screen
    from lstm_shapes.view.terminal import printer

    return Screen(request, printer(reporter.hidden))
