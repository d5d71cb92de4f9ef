"""The screen of a request: what is known at once, then what the runs have measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.spec.request import Request
from lstm_shapes.view import style
from lstm_shapes.view.known import Known
from lstm_shapes.view.layout import Hanging
from lstm_shapes.view.sweep import SweepTable
from lstm_shapes.view.view import Runs, Specs, View

if TYPE_CHECKING:
    from lstm_shapes.run.values import Array, Run


COMPUTED = Hanging(
    Text("computed, without Keras: leave out --dry-run to have Keras confirm it", style.LABEL)
)


@dataclass(frozen=True)
class Footer:
    """Seed and versions, and the words that repeat the screen, if there are any."""

    seed: int
    versions: Mapping[str, str]
    repeat: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        facts = [f"seed {self.seed}", *(" ".join(item) for item in self.versions.items())]
        yield Text(f" {style.glyphs(options).dot} ".join(facts), style.LABEL)
        if self.repeat:
            yield Text("repeat with", style.LABEL)
            yield from self._pasteable(options.max_width)

    def _pasteable(self, width: int) -> Iterator[Text]:
        """The words in a shell's way of breaking lines, never between an option and its value."""
        lines = [" "]
        for at, word in enumerate(self.repeat):
            behind = 0 if at == len(self.repeat) - 1 else len(" \\")
            if lines[-1].strip() and len(lines[-1]) + 1 + len(word) + behind > width:
                lines[-1] += " \\"
                lines.append("   ")
            lines[-1] += f" {word}"
        for line in lines:
            yield Text(line, no_wrap=True, overflow="ignore")


class Screen(View):
    """One run in full, the four of a comparison together, or a table with a row for each run."""

    def __init__(self, request: Request, show: Callable[[RenderableType], None]) -> None:
        self._request = request
        self._show = show
        self._is_table = request.several and not request.comparison
        self._table = SweepTable(request.grid, request.seed)
        self._versions: Mapping[str, str] = {}

    def begin(self) -> None:
        request = self._request
        if self._is_table:
            self._show(self._table.header)
        else:
            self._show(Known(list(request.grid), request.pytorch))

    def add(self, specs: Specs, runs: Runs) -> None:
        if self._is_table:
            self._add_row(specs, runs)
        elif runs:
            from lstm_shapes.view.measured import Measured

            arrays = [self._arrays(run) for run in runs]
            self._show(Group(Text(), Measured(runs, arrays, self._request.print_options)))
        if runs:
            self._versions = runs[0].versions

    def end(self) -> None:
        footer = Footer(self._request.seed or 0, self._versions, self._request.repeat)
        self._show(Group(Text(), footer if self._versions else COMPUTED))

    def _add_row(self, specs: Specs, runs: Runs) -> None:
        shown = [(run, arrays) for run in runs if (arrays := self._arrays(run))]
        if shown and self._versions:
            self._show(Group(Text(), self._table.titles))
        self._show(self._table.row(specs))
        if shown:
            from lstm_shapes.view.arrays import ArrayTables

            for run, arrays in shown:
                of = [f"of {run.spec.call} on {run.spec.input.shape}"] * len(arrays)
                tables = ArrayTables(arrays, self._request.print_options, of)
                self._show(Group(Text(), tables))

    def _arrays(self, run: "Run") -> "list[Array]":
        whole = run.outputs if self._request.shows_arrays else ()
        return [*whole, *(run.select(picked) for picked in self._request.selected(run.spec))]
