"""Several runs: a row for each, and for the four combinations of the flags, what is the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes import style
from lstm_shapes.arrays import ArrayTables, Notation
from lstm_shapes.grid import Grid
from lstm_shapes.run import Array, Places, Run, places
from lstm_shapes.spec import FLAGS, SIZES
from lstm_shapes.style import Facts, Flow, Glyphs

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
        largest = self.grid.largest
        call = largest.call.replace(f"({largest.units}", "(units")
        if any(name in self.grid.varying for name in FLAGS):
            call = "LSTM(units) with each combination of the two flags"
        common = [f"{len(self.grid):,} runs of {call}"]
        common += [
            f"{_AXES.get(name, name)} {getattr(largest, name)}"
            for name in SIZES
            if name not in self.grid.varying
        ]
        common.append(f"seed {self.seed}")
        return Group(Flow(common, indent=0), Text(), self._facts([], show_header=True))

    def row(self, run: Run) -> RenderableType:
        """The row of one run."""
        cells = [
            Text(str(getattr(run.spec, name)), style.AXIS.get(_AXES.get(name, name), style.PLAIN))
            for name in self._sizes
        ]
        shapes = {output.name: style.shape(output.shape, output.axes) for output in run.outputs}
        cells += [shapes.get(name, Text("-")) for name in self._names]
        cells.append(Text(f"{run.parameters.total:,}", justify="right"))
        return self._facts([cells], show_header=False)

    def _facts(self, rows: list[list[Text]], *, show_header: bool) -> Facts:
        return Facts(self._titles, rows, widths=self._widths, show_header=show_header)

    @property
    def _sizes(self) -> list[str]:
        """The sizes that vary; which arrays a run has tells its flags."""
        return [name for name in SIZES if name in self.grid.varying]

    @property
    def _names(self) -> list[str]:
        """The names of all arrays that any of the runs returns."""
        return list(dict.fromkeys(a.name for spec in self.grid.smallest for a in spec.outputs))

    @property
    def _titles(self) -> list[str]:
        return [*(_AXES.get(name, name) for name in self._sizes), *self._names, "parameters"]

    @property
    def _widths(self) -> list[int]:
        """Widths that the row of any run fits in: no size has more digits than the largest."""
        largest = self.grid.largest
        shapes = {
            output.name: len(str(output.shape))
            for flags in self.grid.smallest
            for output in replace(largest, **{name: getattr(flags, name) for name in FLAGS}).outputs
        }
        return [
            *(len(str(getattr(largest, name))) for name in self._sizes),
            *(shapes[name] for name in self._names),
            len(f"{largest.parameters:,}"),
        ]


@dataclass(frozen=True)
class CompareScreen:
    """The four combinations of the flags on the same weights and input, in the order of a grid.

    `selected` are further arrays to show, by the call whose run they are of.
    """

    runs: Sequence[Run]
    show_arrays: bool = True
    selected: Mapping[str, Sequence[Array]] = field(default_factory=dict)
    notation: Notation = field(default_factory=Notation)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        spec, glyphs = self.runs[0].spec, style.glyphs(options)
        yield Text(f"LSTM({spec.units}) with each combination of the two flags", style.TITLE)
        yield style.input_line(spec)
        yield Text("the same weights and the same input in all four", style.LABEL)
        yield Text()
        yield self._calls()
        yield Text()
        yield Text("Where the same vector stands", style.HEADING)
        h = places(self.runs, [run.spec.last_hidden_states for run in self.runs])
        c = places(self.runs, [run.spec.last_cell_states for run in self.runs])
        yield from self._standing("h at the last timestep", h, glyphs)
        yield from self._standing("c at the last timestep", c, glyphs)
        if self.show_arrays:
            yield Text()
            yield self._tables()
        for call, arrays in self.selected.items():
            if arrays:
                yield Text()
                yield Text(call, style.TITLE)
                yield ArrayTables(arrays, self.notation)
        yield Text()
        yield style.footer(self.runs[0].seed, self.runs[0].versions, glyphs)

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
                    f" {what}: one vector in {len(found.expressions)} places",
                ),
                f"(max difference {found.max_difference:g})",
            ]
        )
        for index in range(len(self.runs)):
            texts = [text for at, text in found.expressions if at == index]
            if texts:
                yield Flow([Text(str(index + 1), style.LABEL), *texts], indent=5)

    def _tables(self) -> ArrayTables:
        """Each name's array once: those of one name are the same in every run that has it."""
        arrays: dict[str, Array] = {}
        remarks: dict[str, str] = {}
        for number, run in enumerate(self.runs, 1):
            for output in run.outputs:
                known = remarks.get(output.name)
                arrays.setdefault(output.name, output)
                remarks[output.name] = f"{known} and {number}" if known else f"of {number}"
        first = arrays.pop("all_hidden_states")
        rows = {first.name: "= hidden_state"}
        return ArrayTables([first, *arrays.values()], self.notation, remarks, rows)
