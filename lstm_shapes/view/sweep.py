"""Many runs as one table: a row for each, or for each comparison of four, as it is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import SIZES
from lstm_shapes.view import style
from lstm_shapes.view.layout import Facts, Flow
from lstm_shapes.view.view import Specs


@dataclass(frozen=True)
class Column:
    """A column: its title, and what it shows of a row."""

    title: str
    text: Callable[[Specs], Text]


@dataclass(frozen=True)
class Layout:
    """The columns of a table, wide enough for all rows, and what is said of what has none."""

    columns: Sequence[Column]
    widths: Sequence[int]
    notes: Sequence[str]

    def facts(self, specs: Specs | None) -> Facts:
        """The titles alone, or one row alone."""
        rows = [] if specs is None else [[column.text(specs) for column in self.columns]]
        titles = [column.title for column in self.columns]
        return Facts(titles, rows, widths=self.widths, show_titles=specs is None)


@dataclass(frozen=True)
class SweepTable:
    """The table of a grid; rows come one by one and stand below each other all the same.

    What does not vary is said once, above the table.
    """

    grid: Grid
    seed: int | None

    @property
    def header(self) -> RenderableType:
        """What all rows have in common, and the titles of the columns."""
        constant = [_size_column(name) for name in SIZES if name not in self.grid.varying]
        common = [f"{column.title} {column.text(self.grid.largest[0])}" for column in constant]
        seed = [] if self.seed is None else [f"seed {self.seed}"]
        calls = [
            spec.last.call.replace(f"LSTM({spec.last.units}", "LSTM(units")
            for spec in self.grid.calls
        ]
        runs, legend = f"{self.grid.count:,} runs", []
        if len(calls) == 1:
            runs += f" of {calls[0]}"
        for number, spec in enumerate(self.grid.calls) if len(calls) > 1 else ():
            names = ", ".join(array.name for array in spec.outputs)
            legend.append(Flow([str(number), calls[number], Text(names, style.RETURNED)]))
        return Group(Flow([runs, *common, *seed], indent=0), *legend, Text(), self.titles)

    @property
    def titles(self) -> RenderableType:
        """The titles of the columns, and what is said of those that gave way."""
        return _Part(self, None)

    def row(self, specs: Specs) -> RenderableType:
        """The row of one run, or of the four of a comparison."""
        return _Part(self, specs)

    @cached_property
    def layouts(self) -> list[Layout]:
        """The ways to show the table, each narrower than the one before."""
        long = [_size_column(name) for name in SIZES if name in self.grid.varying]
        short = [Column(column.title[0], column.text) for column in long]
        count = Column("parameters", _parameters)
        calls = self.grid.calls
        if len(calls) > 1:
            note = "a column for each call's first array; the states are (batch, units)"
            elsewhere = "parameters stand in --json, and in each single run"
            firsts = [Column(str(at), partial(_shape, at, 0)) for at in range(len(calls))]
            paired = [Column(f"{at} and {at + 2}", firsts[at].text) for at in range(2)]
            return [
                self._layout([*long, *firsts, count], note),
                self._layout([*short, *firsts, count], note),
                self._layout([*short, *paired, count], note),
                self._layout([*short, *paired], note, elsewhere),
            ]
        first, *states = (
            Column(array.name, partial(_shape, 0, at)) for at, array in enumerate(calls[0].outputs)
        )
        whole = [
            self._layout([*long, first, *states, count]),
            self._layout([*short, first, *states, count]),
        ]
        if not states:
            return whole
        each = Column("each state", states[0].text)
        note = "each of the states has the shape (batch, units)"
        return [
            *whole,
            self._layout([*short, first, each, count]),
            self._layout([*short, first, count], note),
        ]

    def _layout(self, columns: Sequence[Column], *notes: str) -> Layout:
        # No size has more digits than the largest.
        widths = [max(len(column.text(row)) for row in self.grid.largest) for column in columns]
        return Layout(columns, widths, notes)


@dataclass(frozen=True)
class _Part:
    """The titles of a table or a row of it, in the first of its layouts that fits."""

    table: SweepTable
    specs: Specs | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        layouts = self.table.layouts
        fitting = (layout for layout in layouts if layout.facts(None).width <= options.max_width)
        layout = next(fitting, layouts[-1])
        if self.specs is None:
            yield from (Flow([Text(note, style.LABEL)]) for note in layout.notes)
        yield layout.facts(self.specs)


def _size_column(name: str) -> Column:
    axis = name.removesuffix("_size")

    def text(specs: Specs) -> Text:
        size = specs[0].sizes[name]
        written = ",".join(map(str, size)) if name == "units" else str(size)
        return Text(written, style.AXIS[axis], justify="right")

    return Column(axis, text)


def _shape(call: int, output: int, specs: Specs) -> Text:
    array = specs[call].outputs[output]
    return style.shape(array.shape, array.axes)


def _parameters(specs: Specs) -> Text:
    return Text(f"{specs[0].parameters:,}", justify="right")
