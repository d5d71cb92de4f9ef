"""The four combinations of the flags, measured: what stands where, and each array once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.run.values import TOLERANCE, Array, Run, contrast, difference, groups
from lstm_shapes.spec.request import PrintOptions
from lstm_shapes.view import style
from lstm_shapes.view.arrays import ArrayTables
from lstm_shapes.view.footer import Footer
from lstm_shapes.view.layout import Flow, separated
from lstm_shapes.view.measured import remarks_of, verdict
from lstm_shapes.view.style import Glyphs


@dataclass(frozen=True)
class MeasuredComparison:
    """What the runs of the four calls have measured; `arrays` are those to show of each run."""

    runs: Sequence[Run]
    arrays: Sequence[Sequence[Array]]
    options: PrintOptions = field(default_factory=PrintOptions)
    repeat: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        glyphs = style.glyphs(options)
        first = self.runs[0]
        sections = [
            self._keras(glyphs),
            self._tables(glyphs),
            [Footer(first.seed, first.versions, self.repeat)],
        ]
        yield from separated(sections)

    def _keras(self, glyphs: Glyphs) -> Iterator[RenderableType]:
        total = self.runs[0].parameters.total
        confirmed = f" all shapes, and the {total:,} parameters of each call, as computed"
        mark = style.verdict(True, glyphs)
        yield Flow([Text("Keras", style.HEADING), Text.assemble(mark, confirmed)], indent=0)
        for group in groups(self.runs):
            mark = style.verdict(group.holds, glyphs)
            same = f" {group.vector}: the same values in {len(group.places)} places"
            apart = f"(max difference {group.max_difference:g})"
            yield Flow([Text.assemble(mark, same), apart])
        identity = contrast(self.runs)
        if identity:
            yield verdict(identity, glyphs)

    def _tables(self, glyphs: Glyphs) -> Iterator[RenderableType]:
        """Each array once, with the calls it is the same in."""
        found: list[tuple[Array, list[str]]] = []
        for number, arrays in enumerate(self.arrays):
            for array in arrays:
                for known, calls in found:
                    if known.name == array.name and difference(known, array) <= TOLERANCE:
                        calls.append(str(number))
                        break
                else:
                    found.append((array, [str(number)]))
        if not found:
            return
        # The longest first, so that the vectors its last row equals stand next to it.
        found.sort(key=lambda pair: -len(pair[0].axes))
        row_remarks: dict[str, Mapping[int, str]] = {}
        for run in self.runs:
            row_remarks |= remarks_of(run, glyphs)[1]
        remarks = [f"in {', '.join(calls)}" for _, calls in found]
        yield ArrayTables([array for array, _ in found], self.options, remarks, row_remarks)
