"""Several runs: a row for each, and for the four combinations of the flags, what is the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes import style
from lstm_shapes.arrays import ArrayTables, Notation
from lstm_shapes.grid import Grid
from lstm_shapes.run import Array, Places, Run, compare, places
from lstm_shapes.spec import FLAGS, SIZES, LSTMSpec
from lstm_shapes.style import Facts, Flow, Footer, Glyphs

_AXES = {"batch_size": "batch"}


@dataclass(frozen=True)
class SweepTable:
    """One row for each run of a grid; rows come one by one and stand below each other all the same.

    What does not vary is said once, above the table.
    """

    grid: Grid
    seed: int

    @property
    def header(self) -> RenderableType:
        """What all runs have in common, and the titles of the columns."""
        common = [
            f"{_AXES.get(name, name)} {getattr(self.grid.largest, name)}"
            for name in SIZES
            if name not in self.grid.varying
        ]
        common.append(f"seed {self.seed}")
        units = f"({self.grid.largest.units}"
        calls = [spec.call.replace(units, "(units") for spec in self._combinations]
        runs, legend = f"{self.grid.count:,} runs", []
        if len(calls) == 1:
            runs += f" of {calls[0]}"
        else:
            legend = [Flow([str(number), call]) for number, call in enumerate(calls, 1)]
        common_line = Flow([runs, *common], indent=0)
        return Group(common_line, *legend, Text(), self._facts([], show_header=True))

    def row(self, run: Run) -> RenderableType:
        """The row of one run."""
        cells = [
            Text(str(getattr(run.spec, name)), style.AXIS[_AXES.get(name, name)], justify="right")
            for name in self._sizes
        ]
        if len(self._combinations) > 1:
            number = self._combinations.index(_with_flags_of(run.spec, self.grid.largest)) + 1
            cells.append(Text(str(number)))
        shapes = {output.name: style.shape(output.shape, output.axes) for output in run.outputs}
        cells += [shapes.get(name, Text("-")) for name in self._names]
        cells.append(Text(f"{run.parameters.total:,}", justify="right"))
        return self._facts([cells], show_header=False)

    def footer(self, versions: Mapping[str, str]) -> RenderableType:
        """What the numbers depend on, and how to repeat them."""
        return Group(Text(), Footer(self.seed, versions, self.grid.command(self.seed)))

    def _facts(self, rows: list[list[Text]], *, show_header: bool) -> Facts:
        return Facts(self._titles, rows, widths=self._widths, show_header=show_header)

    @cached_property
    def _sizes(self) -> list[str]:
        return [name for name in SIZES if name in self.grid.varying]

    @cached_property
    def _combinations(self) -> list[LSTMSpec]:
        """The largest sizes with each combination of the flags."""
        return [_with_flags_of(spec, self.grid.largest) for spec in self.grid.smallest]

    @cached_property
    def _names(self) -> list[str]:
        """The names of all arrays that any of the runs returns."""
        return list(dict.fromkeys(a.name for spec in self._combinations for a in spec.outputs))

    @cached_property
    def _titles(self) -> list[str]:
        call = ["#"] if len(self._combinations) > 1 else []
        sizes = [_AXES.get(name, name) for name in self._sizes]
        return [*sizes, *call, *self._names, "parameters"]

    @cached_property
    def _widths(self) -> list[int]:
        """Widths that the row of any run fits in: no size has more digits than the largest."""
        largest = self.grid.largest
        shapes = {
            output.name: len(str(output.shape))
            for spec in self._combinations
            for output in spec.outputs
        }
        call = [1] if len(self._combinations) > 1 else []
        sizes = [len(str(getattr(largest, name))) for name in self._sizes]
        return [*sizes, *call, *shapes.values(), len(f"{largest.parameters:,}")]


def _with_flags_of(spec: LSTMSpec, sizes: LSTMSpec) -> LSTMSpec:
    flags = {name: getattr(spec, name) for name in FLAGS}
    return replace(sizes, **flags)


@dataclass(frozen=True)
class CompareScreen:
    """The four combinations of the flags on the same weights and input, in the order of a grid.

    `arrays` are those to show of each run; those that are the same in several are shown once.
    """

    runs: Sequence[Run]
    arrays: Sequence[Sequence[Array]]
    notation: Notation = field(default_factory=Notation)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, glyphs = self.runs[0], style.glyphs(options)
        yield Text(f"LSTM({first.spec.units}) with each combination of the two flags", style.TITLE)
        yield from style.introduction(first.spec)
        yield Text("the same weights and the same input in all four calls", style.LABEL)
        yield Text()
        yield self._calls()
        yield Text()
        yield Text("Where the same values stand", style.HEADING)
        h = places(self.runs, [run.spec.last_hidden_states for run in self.runs])
        c = places(self.runs, [run.spec.last_cell_states for run in self.runs])
        yield from self._standing("h at the last timestep", h, glyphs)
        yield from self._standing("c at the last timestep", c, glyphs)
        yield Text()
        if any(self.arrays):
            yield self._tables(h)
            yield Text()
        flags = {name: [False, True] for name in FLAGS}
        sizes = {name: [getattr(first.spec, name)] for name in SIZES}
        command = Grid(**sizes, **flags).command(first.seed)
        yield Footer(first.seed, first.versions, command)

    def _calls(self) -> Facts:
        rows = []
        for number, run in enumerate(self.runs, 1):
            call = run.spec.call.replace("True, ", "True,\n     ")
            names = [Text(output.name, style.RETURNED) for output in run.outputs]
            shapes = [style.shape(output.shape, output.axes) for output in run.outputs]
            lines = Text("\n")
            rows.append([Text(str(number)), Text(call), lines.join(names), lines.join(shapes)])
        return Facts(["#", "call", "outputs", "this run"], rows)

    def _standing(self, what: str, found: Places, glyphs: Glyphs) -> Iterator[Flow]:
        yield Flow(
            [
                Text.assemble(
                    style.verdict(found.holds, glyphs),
                    f" {what}: the same values in {len(found.expressions)} places",
                ),
                f"(max difference {found.max_difference:g})",
            ]
        )
        for index in range(len(self.runs)):
            texts = [text for at, text in found.expressions if at == index]
            if texts:
                yield Flow([Text(str(index + 1), style.LABEL), *texts], indent=5)

    def _tables(self, h: Places) -> ArrayTables:
        found: list[tuple[Array, list[str]]] = []
        for number, arrays in enumerate(self.arrays, 1):
            for array in arrays:
                same = (
                    calls
                    for known, calls in found
                    if known.name == array.name and compare(known, array).holds
                )
                calls = next(same, None)
                if calls is None:
                    found.append((array, [str(number)]))
                else:
                    calls.append(str(number))
        # The longest first, so that the vectors its last row equals stand next to it.
        found.sort(key=lambda pair: -len(pair[0].axes))
        return ArrayTables(
            [array for array, _ in found],
            self.notation,
            remarks=[f"in {', '.join(calls)}" for _, calls in found],
            row_remarks={"all_hidden_states": "= hidden_state"} if h.holds else {},
        )
