"""Carry out a request: show what is known at once, then each run as soon as it is made."""

import gc
import os
import select
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from lstm_shapes.conflicts import (
    bytes_for_next_layers,
    check,
    check_force,
    check_light,
    check_memory,
)
from lstm_shapes.errors import plain
from lstm_shapes.progress import Reporter, reporting
from lstm_shapes.request import ListRequest, Request
from lstm_shapes.shapes.spec import draw_seed
from lstm_shapes.view import View, Views

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run

# A reader such as `head` is gone 0.2 ms after it has what it wanted.
READER_PATIENCE_MS = 20


def execute(request: Request) -> Request:
    """Show what is known, make the runs, and show what they have measured.

    Returns the request with the seed that was drawn, where none was given.

    Raises:
        LSTMShapesError: the request cannot be carried out, or a run fails.
        OSError: standard output cannot be written.
    """
    check(request)
    if not request.dry_run:
        seed = draw_seed() if request.seed is None else request.seed
        request = request.with_seed(seed)
    files = file_views(request)
    with reporting(request.run_count) as reporter:
        screen = stdout_view(request, reporter)
        with closing(Views([screen, *files])) as views:
            show_and_run(request, views, screen, reporter)
    tell_what_was_saved(request)
    return request


def show_and_run(
    request: Request, views: Views, screen: View, reporter: Reporter
) -> None:
    """Show what is known, make the runs, and show them; `screen` is one of the views."""
    runs: Iterator[Run] = iter(())
    needs_run = views.needs_run and not request.dry_run
    if needs_run:
        check_memory(request)
        runs = make_runs(request, views, reporter)
    views.begin()
    if needs_run and has_reader_left(reader_patience_ms()):
        views.remove(screen)
    for row in request.rows:
        if not views:
            break
        runs_of_row = list(islice(runs, len(row)))
        views.add(row, runs_of_row)
        reporter.advance(len(runs_of_row))
    with interruptible():
        views.end()


def list_layers(request: ListRequest) -> None:
    """Show the recurrent layers of a model, and write the files of the list.

    Raises:
        LSTMShapesError: the request contradicts itself, or a file cannot be written.
        OSError: standard output cannot be written.
    """
    check_force(request)
    check_light(request)
    if request.save:
        from lstm_shapes.view.save import check_list_paths, save_list

        check_list_paths(request)
    if request.json:
        from lstm_shapes.view.document import documents_of_list, encode_line

        for document in documents_of_list(request):
            sys.stdout.buffer.write(encode_line(document))
        sys.stdout.buffer.flush()
    else:
        from lstm_shapes.view.saved_layers import list_lines
        from lstm_shapes.view.screen import printable, stdout_printer

        printer = stdout_printer()
        printer.show(printable(list_lines(request, printer.look)))
    if request.save:
        save_list(request)
    tell_what_was_saved(request)


def show_call(words: tuple[str, ...]) -> None:
    """Show the words of a call that makes a screen again, to be pasted."""
    from lstm_shapes.view.screen import pasteable, printable, stdout_printer

    printer = stdout_printer()
    printer.show(printable(pasteable(words, printer.look)))


def make_runs(request: Request, views: Views, reporter: Reporter) -> "Iterator[Run]":
    """Return the runs of a request, each made when it is asked for."""
    try_next_layers = views.needs_next_layers
    x = None
    if request.own_input:
        x = request.own_input.values()
    weights = None
    if request.own_weights:
        from lstm_shapes.run.weights import saved_weights

        weights = saved_weights(*request.own_weights)

    def runs() -> "Iterator[Run]":
        from lstm_shapes.run.explore import explore_many

        gc.enable()
        yield from explore_many(
            request.specs,
            weights=weights,
            seed=request.seed,
            input=x,
            try_next_layers=try_next_layers,
            next_layers=request.next,
            max_next_layer_bytes=bytes_for_next_layers(request),
            compare_calls=request.run_count == 1,
            on_phase=reporter.phase,
        )

    return runs()


def file_views(request: Request) -> list[View]:
    """Return the views that write the files of a request."""
    if not request.save:
        return []
    from lstm_shapes.view.save import saved_files

    return list(saved_files(request))


def stdout_view(request: Request, reporter: Reporter) -> View:
    """Return the view that shows the answer on standard output."""
    if not request.json:
        from lstm_shapes.view.screen import stdout_printer
        from lstm_shapes.view.sweep import screen_of

        printer = stdout_printer(reporter.hidden)
        return screen_of(request, printer, has_footer=request.has_footer)
    from lstm_shapes.view.document import JSONLines

    def write_line(line: bytes) -> None:
        with reporter.hidden():
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    return JSONLines(request, write_line, with_arrays=request.shows_whole_arrays)


def reader_patience_ms() -> int:
    """Return how long to wait for a reader that leaves, before a run is made for it."""
    if "tensorflow" in sys.modules:
        # There is no import to save: a further call of many is not kept waiting.
        return 0
    return READER_PATIENCE_MS


def has_reader_left(patience_ms: int = 0) -> bool:
    """Return True if standard output is a pipe that nobody reads, as after `head -3`."""
    try:
        descriptor = sys.stdout.fileno()
        mode = os.fstat(descriptor).st_mode
        poll = select.poll()
    except (AttributeError, OSError):
        # Windows has no poll, and a notebook's standard output no descriptor.
        return False
    if not stat.S_ISFIFO(mode) and not stat.S_ISSOCK(mode):
        return False
    poll.register(descriptor, 0)
    for _, event in poll.poll(patience_ms):
        if event & (select.POLLERR | select.POLLHUP):
            return True
    return False


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, so that unfinished files are removed."""
    previous_handler = signal.getsignal(signal.SIGINT)
    if previous_handler is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous_handler)


def tell_what_was_saved(request: Request | ListRequest) -> None:
    """Name the files on stderr, if it is a terminal."""
    if not sys.stderr.isatty():
        return
    for path in request.saved_paths:
        print(f"saved {plain(str(path))}", file=sys.stderr)
