"""Carry out a request: show what is known at once, then each run as soon as it is made."""

import gc
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from lstm_shapes.errors import CallError, Option, plain, quoted
from lstm_shapes.progress import Reporter, reporting
from lstm_shapes.spec.check import check
from lstm_shapes.spec.model import draw_seed
from lstm_shapes.spec.request import Request
from lstm_shapes.view import View


def execute(request: Request) -> None:
    """Show what is known, make the runs, and show what they have measured."""
    own_input, views, lost = None, list[View](), list[OSError]()
    if request.input:
        from lstm_shapes.run.input import input_sizes, read_input

        if request.interactive and str(request.input) == "-":
            lines = " - is standard input, which holds the lines of ", Option("interactive")
            raise CallError(Option("input"), *lines, ", expected a file")
        request = request.with_sizes(quoted(str(request.input)), input_sizes(request.input))
    check(request)
    if not request.needs_runs:
        request = replace(request, dry_run=True)
    else:
        seed = draw_seed() if request.seed is None else request.seed
        request = replace(request, seed=seed, repeat=[*request.repeat, f"--seed {seed}"])
        own_input = read_input(request.input) if request.input else None
    if request.save:
        from lstm_shapes.view.save import saved_views

        views = saved_views(request)
    with reporting(request.runs) as reporter:
        views = [screen := _stdout_view(request, reporter), *views]
        _tell(views, lost, "begin")
        if not request.dry_run and screen in views and _reader_left():
            views.remove(screen)
        all_runs: Iterator[Any] = iter(())
        if not request.dry_run and views:
            from lstm_shapes.run.explore import explore_many

            gc.enable()
            options: Any = {"try_next_layers": request.runs == 1, "next_layers": request.next}
            options |= {"all_cell_states": request.shows_all_cell_states}
            options["on_phase"] = reporter.phase
            specs = (spec for row in request.rows for spec in row)
            all_runs = explore_many(specs, seed=request.seed, input=own_input, **options)
        for row in request.rows:
            if not views:
                break
            runs = list(islice(all_runs, len(row)))
            _tell(views, lost, "add", row, runs)
            reporter.advance(len(runs))
        _end(views, lost)
    for path in request.save if sys.stderr.isatty() else ():
        print(f"saved {plain(str(path))}", file=sys.stderr)


def _end(views: list[View], lost: list[OSError]) -> None:
    # Every view ends, even if another fails: an ExitStack calls them all, the last one first.
    with _interruptible(), ExitStack() as ends:
        for view in reversed(views):
            ends.callback(_tell, [view], lost, "end")
    if lost:
        raise lost[0]


def _tell(views: list[View], lost: list[OSError], method: str, *row: Any) -> None:
    """Call a method of each view; remove one that fails, keep its error unless a reader left."""
    for view in tuple(views):
        try:
            getattr(view, method)(*row)
        except OSError as error:
            views.remove(view)
            lost += [] if isinstance(error, BrokenPipeError) else [error]


def _stdout_view(request: Request, reporter: Reporter) -> View:
    if not request.json:
        from lstm_shapes.view.screen import Screen, stdout_printer

        return Screen(request, *stdout_printer(reporter.hidden))
    from lstm_shapes.view.document import JSONLines

    def write(line: bytes) -> None:
        with reporter.hidden():
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    return JSONLines(request, write, arrays=request.shows_arrays)


def _reader_left() -> bool:
    """Return True if standard output is a pipe that nobody reads any more, as after `head -3`."""
    with suppress(AttributeError, OSError):  # no poll on Windows, or no descriptor
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    return False


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt meanwhile, so that unfinished files are removed."""
    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
