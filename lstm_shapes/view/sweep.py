"""Many runs as one table: a row for each, or for each comparison of four, as it is done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import SIZES, LSTMSpec
from lstm_shapes.view import style
from lstm_shapes.view.layout import Facts, Flow
from lstm_shapes.view.view import Specs

_AXES = {"batch_size": "batch"}


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
        widest = self.grid.largest[0][0]
        common = [
            f"{_AXES.get(name, name)} {_size(name, [widest])}"
            for name in SIZES
            if name not in self.grid.varying
        ]
        seed = [] if self.seed is None else [f"seed {self.seed}"]
        calls = [_call(spec) for spec in self.grid.calls]
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
        sizes = [name for name in SIZES if name in self.grid.varying]
        long = [Column(_AXES.get(name, name), partial(_size_text, name)) for name in sizes]
        short = [Column(name[0], column.text) for name, column in zip(sizes, long, strict=True)]
        count = [Column("parameters", _parameters)]
        if len(self.grid.calls) > 1:
            return list(self._of_comparisons(long, short, count))
        return list(self._of_runs(long, short, count))

    def _of_runs(
        self, long: list[Column], short: list[Column], count: list[Column]
    ) -> Iterator[Layout]:
        first, *states = (
            Column(array.name, partial(_shape, 0, at))
            for at, array in enumerate(self.grid.calls[0].outputs)
        )
        yield self._layout([*long, first, *states, *count])
        yield self._layout([*short, first, *states, *count])
        if states:
            yield self._layout([*short, first, Column("each state", states[0].text), *count])
            note = "each of the states has the shape (batch, units)"
            yield self._layout([*short, first, *count], [note])

    def _of_comparisons(
        self, long: list[Column], short: list[Column], count: list[Column]
    ) -> Iterator[Layout]:
        note = "a column for each call's first array; the states are (batch, units)"
        calls = [Column(str(at), partial(_shape, at, 0)) for at in range(len(self.grid.calls))]
        yield self._layout([*long, *calls, *count], [note])
        yield self._layout([*short, *calls, *count], [note])
        paired = [Column(f"{at} and {at + 2}", calls[at].text) for at in range(2)]
        yield self._layout([*short, *paired, *count], [note])
        elsewhere = "parameters stand in --json, and in each single run"
        yield self._layout([*short, *paired], [note, elsewhere])

    def _layout(self, columns: Sequence[Column], notes: Sequence[str] = ()) -> Layout:
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
        fitting = (layout for layout in layouts if layout.facts(None).fits(options.max_width))
        layout = next(fitting, layouts[-1])
        facts = layout.facts(self.specs)
        if self.specs is None:
            yield from (Flow([Text(note, style.LABEL)]) for note in layout.notes)
        if self.specs is not None or facts.fits(options.max_width):
            yield facts


def _call(spec: LSTMSpec) -> str:
    """The call of a row, whatever its units are."""
    return spec.last.call.replace(f"LSTM({spec.last.units}", "LSTM(units")


def _size(name: str, specs: Specs) -> str:
    units = [str(layer.units) for layer in specs[0].layers]
    return ",".join(units) if name == "units" else str(getattr(specs[0], name))


def _size_text(name: str, specs: Specs) -> Text:
    return Text(_size(name, specs), style.AXIS[_AXES.get(name, name)], justify="right")


def _shape(call: int, output: int, specs: Specs) -> Text:
    array = specs[call].outputs[output]
    return style.shape(array.shape, array.axes)


def _parameters(specs: Specs) -> Text:
    return Text(f"{specs[0].parameters:,}", justify="right")
