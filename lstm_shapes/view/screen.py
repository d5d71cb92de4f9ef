"""The screen of a request: what is known at once, then what the runs have measured."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

from rich.console import Console
from rich.text import Text

from lstm_shapes.errors import plain
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request, Row
from lstm_shapes.view import Runs, View, compared, known
from lstm_shapes.view.layout import Lines, flow, separated, words
from lstm_shapes.view.style import LABEL, PAGE_WIDTH, ASCIIGlyphs, Glyphs, Look, terminal_width
from lstm_shapes.view.sweep import sweep

Show = Callable[[Lines], None]

# The rows of a terminal of 24 between a call and the next prompt.
STAGE = 22


class Screen(View):
    """One run in full, the four of a comparison together, or a table with a row for each run."""

    def __init__(self, request: Request, show: Show, look: Look, *, footer: bool = True) -> None:
        self._request, self._look, self._footer = request, look, footer and not request.only
        # All that comes from outside passes here, whatever section has put it there.
        self._show: Show = lambda lines: show([*map(_printable, lines)])
        none: tuple[Lines, Lines, Lines] = ([], [], [])
        self._header, self._titles, rows = sweep(request, look) if len(request.rows) > 1 else none
        self._rows = iter(rows)
        self._versions: Mapping[str, str] = {}
        self._known_rows = 0

    def begin(self) -> None:
        """Show what is known."""
        lines = [*self._header, Text(), *self._titles] if self._header else self._known(self._look)
        if not (self._header or self._request.chosen) and len(lines) >= STAGE:
            lines = self._known(self._look._replace(roomy=False))
        if lines:
            self._known_rows = len(lines)
            self._show(lines)

    def _known(self, look: Look) -> Lines:
        request, (row, *_) = self._request, self._request.rows
        room, what = (compared, row) if request.compare else (known, row[0])
        sections: Mapping[str, Callable[[Any, Look], Lines]] = room.SECTIONS
        shown = [section(what, look) for name, section in sections.items() if request.shows(name)]
        return separated(shown) if request.chosen else [*room.call(what, look), *separated(shown)]

    def add(self, specs: Row, runs: Runs) -> None:
        """Show what the runs have measured, or the row of a table."""
        lines = list(islice(self._rows, 1))
        if runs:
            from lstm_shapes.view import measured

            request, look = self._request, self._look
            if lines:
                tables = [
                    line for run in runs for line in measured.tables_of_row(run, request, look)
                ]
                again = [Text(), *self._titles] if tables and self._versions else []
                lines = [*again, *lines, *tables]
            else:
                sections = measured.COMPARED if request.compare else measured.SECTIONS
                shown = (sections[name] for name in sections if request.shows(name))
                lines = separated(section(runs, request, look) for section in shown)
                lines = [Text(), *lines] if lines and self._known_rows else lines
            self._versions = runs[0].versions
        if lines:
            self._show(lines)

    def end(self) -> None:
        """Show the seed, the versions and the words that repeat the screen."""
        if not self._footer:
            return
        if not self._versions:
            computed = "computed, without Keras: leave out --dry-run to have Keras confirm it"
            blank = [Text()] if self._header or self._known_rows + 2 <= STAGE else []
            self._show([*blank, *words(computed, self._look, indent=0)])
            return
        facts = [f"seed {self._request.seed}", *map(" ".join, self._versions.items())]
        footer = words(f" {self._look.glyphs.dot} ".join(facts), self._look, indent=0)
        repeat = [Text("repeat with", LABEL), *self._pasteable()] if self._request.repeat else []
        self._show([Text(), *footer, *repeat])

    def _pasteable(self) -> Lines:
        """Break the words as a shell does, never between an option and its value."""
        narrower = self._look._replace(width=self._look.width - len("   \\"))
        # No word has such a blank: it would be quoted with its bytes.
        unbroken = [option.replace(" ", "\xa0") for option in self._request.repeat]
        first, *others = (line.plain for line in flow(unbroken, narrower, blanks=1))
        lines = [line.replace("\xa0", " ") for line in (first, *(f"  {line}" for line in others))]
        return [Text(f"{line} \\") for line in lines[:-1]] + [Text(lines[-1])]


def _printable(line: Text) -> Text:
    return line if line.plain.isprintable() else Text(plain(line.plain, sys.maxsize))


def show(what: Any) -> None:
    """Print the screen of a Run, or the half of it that an LSTMSpec knows."""
    is_run = not isinstance(what, LSTMSpec)
    screen = Screen(request_of(what) if is_run else Request.of(what), *stdout_printer())
    screen.begin()
    if is_run:
        screen.add((what.spec,), [what])
        screen.end()


def request_of(run: Any) -> Request:
    """Return the request that makes a run."""
    x = ", input=x" if run.own_input else ""
    tried = [of.layer for of in run.next_layers or () if not of.initial_state]
    asked = [] if {*tried} == {"Dense(1)", "LSTM(1)"} else tried
    x += f", next_layers={asked}" if asked else ""
    repeat = f"explore({run.spec!r}, seed={run.seed}{x})".split()
    return Request.of(run.spec, seed=run.seed, next=asked, repeat=repeat)


def stdout_printer(
    hidden: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> tuple[Show, Look]:
    """Return what prints on standard output, and its look; `hidden` hides the spinner meanwhile."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if console.is_jupyter:
        console.width = PAGE_WIDTH
        return lambda lines: console.print(Text("\n").join(lines), soft_wrap=True), look_of(console)
    console.width = terminal_width()

    def print_lines(lines: Lines) -> None:
        # Rich would end the process where nobody reads any more.
        with console.capture() as captured:
            console.print(Text("\n").join(lines), soft_wrap=True)
        with hidden():
            sys.stdout.write(captured.get())
            sys.stdout.flush()

    return print_lines, look_of(console)


def look_of(console: Console) -> Look:
    """Return what a console can show."""
    glyphs = ASCIIGlyphs() if console.options.ascii_only else Glyphs()
    return Look(console.width, glyphs, "" if console.no_color else console.color_system or "")
