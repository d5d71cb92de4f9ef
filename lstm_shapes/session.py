"""Call → runs → views: makes the runs one by one and hands each to every view of the call."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import IO

from rich.console import Console, Group, RenderableType
from rich.text import Text

from lstm_shapes.arrays import Notation
from lstm_shapes.call import Call
from lstm_shapes.errors import OutputError
from lstm_shapes.export import json_line, write_npz
from lstm_shapes.files import PICTURES, whole_file, writing
from lstm_shapes.measure import draw_seed, explore_many
from lstm_shapes.overview import CompareScreen, SweepTable
from lstm_shapes.picture import Picture
from lstm_shapes.progress import Reporter, reporting
from lstm_shapes.run import Array, Run
from lstm_shapes.screen import RunScreen, tables

_MIN_WIDTH, _MAX_WIDTH = 40, 1000


class View:
    """Takes each run as it is made, and is closed after the last."""

    def add(self, run: Run) -> None:
        """Show or write the run."""
        raise NotImplementedError

    def close(self) -> None:
        """Show or write what takes all runs together."""


def execute(call: Call) -> None:
    """Make the runs of a checked call and show them.

    Raises:
        LSTMShapesError: a run failed, or an output could not be written.
    """
    seed = draw_seed() if call.seed is None else call.seed
    with reporting(call.grid.count) as reporter, ExitStack() as files:
        views = [_file_view(call, seed, path, files) for path in call.saves]
        views.append(_stdout_view(call, seed, reporter))
        for run in explore_many(call.grid, seed=seed, on_phase=reporter.phase):
            views = [view for view in views if _wanted(view.add, run)]
            reporter.advance()
            del run  # or it would be held while the next one is made
            if not views:
                return
        for view in views:
            _wanted(view.close)


def _wanted(use: Callable[..., None], *run: Run) -> bool:
    """Whether the reader is still there: one that has seen enough ends its view, not the files'."""
    try:
        use(*run)
    except BrokenPipeError:
        return False
    return True


def _file_view(call: Call, seed: int, path: Path, files: ExitStack) -> View:
    suffix = path.suffix.lower()
    file = files.enter_context(whole_file(path, force=call.force))
    if suffix in PICTURES:
        picture = Picture(_width())
        save = partial(picture.save, file, suffix, title="lstm-shapes")
        return _Saving(path, _Screen(call, seed, picture.print, save))
    if suffix == ".npz":
        return _Saving(path, _Archive(file))
    return _Saving(path, _JsonLines(call, lambda piece: file.write(piece.encode())))


def _stdout_view(call: Call, seed: int, reporter: Reporter) -> View:
    if call.json:

        @contextmanager
        def line() -> Iterator[None]:
            whole = _whole_line if call.several else _standard_output
            with reporter.hidden(), whole():
                yield

        return _JsonLines(call, sys.stdout.write, line)
    console = _Console(file=sys.stdout, width=_width(), highlight=False, markup=False, emoji=False)

    def show(renderable: RenderableType) -> None:
        with reporter.hidden(), _standard_output():
            # What is too narrow for a number runs over, as none is ever cut.
            console.print(renderable, crop=False)

    return _Screen(call, seed, show)


def _width() -> int:
    """The columns of the terminal or of COLUMNS: Rich alone would print nothing for COLUMNS=0."""
    return min(max(shutil.get_terminal_size().columns, _MIN_WIDTH), _MAX_WIDTH)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  # Rich calls it where BrokenPipeError is handled, and would exit


@contextmanager
def _standard_output() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output could not be written: {error.strerror}") from error


@contextmanager
def _whole_line() -> Iterator[None]:
    """Puts an interrupt off until the line is written, as half a line of JSON is none."""
    interrupts = []

    def put_off(*interrupt: object) -> None:
        interrupts.append(interrupt)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # for a second one, where the line is stuck

    before = signal.signal(signal.SIGINT, put_off)
    try:
        with _standard_output():
            yield
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupts:
            signal.raise_signal(signal.SIGINT)


def _selected(call: Call, run: Run) -> list[Array]:
    return [run.select(selection) for selection in call.selected(run.spec)]


class _Screen(View):
    """One run in full, the four of a comparison together, or a table with a row for each run."""

    def __init__(
        self,
        call: Call,
        seed: int,
        show: Callable[[RenderableType], None],
        finish: Callable[[], None] = lambda: None,
    ) -> None:
        self._call = call
        self._show = show
        self._finish = finish
        self._notation = Notation(call.precision, call.edge_items)
        self._table = SweepTable(call.grid, seed)
        self._compared: list[tuple[Run, list[Array]]] = []
        self._versions: Mapping[str, str] = {}

    def add(self, run: Run) -> None:
        whole = run.outputs if self._call.shows_arrays else ()
        arrays = [*whole, *_selected(self._call, run)]
        if self._call.comparison:
            self._compared.append((run, arrays))
        elif self._call.several:
            if not self._versions:
                self._show(self._table.header)
            self._versions = run.versions
            self._show(self._table.row(run))
            if arrays:
                self._show(Group(Text(), tables(run, arrays, self._notation), Text()))
        else:
            self._show(RunScreen(run, arrays, self._notation))

    def close(self) -> None:
        if self._compared:
            runs, arrays = zip(*self._compared, strict=True)
            self._show(CompareScreen(runs, arrays, self._notation))
        if self._versions:
            self._show(self._table.footer(self._versions))
        self._finish()


class _Saving(View):
    """A view that writes to a file, and names it where that fails."""

    def __init__(self, path: Path, view: View) -> None:
        self._path = path
        self._view = view

    def add(self, run: Run) -> None:
        with writing(self._path):
            self._view.add(run)

    def close(self) -> None:
        with writing(self._path):
            self._view.close()


class _JsonLines(View):
    """One line of JSON for each run."""

    def __init__(
        self,
        call: Call,
        write: Callable[[str], object],
        line: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._call = call
        self._write = write
        self._line = line

    def add(self, run: Run) -> None:
        shown = _selected(self._call, run) if self._call.selections else None
        with self._line():
            for piece in json_line(run, arrays=self._call.shows_arrays, shown=shown):
                self._write(piece)


class _Archive(View):
    """The arrays of one run."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, run: Run) -> None:
        write_npz(run, self._file)
