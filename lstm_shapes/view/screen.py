"""The screen of a request: what is known at once, then what the runs have measured."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from lstm_shapes.spec.request import Request
from lstm_shapes.view.footer import COMPUTED, Footer
from lstm_shapes.view.known import Known
from lstm_shapes.view.sweep import SweepTable
from lstm_shapes.view.view import Runs, Specs, View

if TYPE_CHECKING:
    from lstm_shapes.run.values import Array, Run


class Screen(View):
    """One run in full, the four of a comparison together, or a table with a row for each run."""

    def __init__(self, request: Request, show: Callable[[RenderableType], None]) -> None:
        self._request = request
        self._show = show
        self._is_table = request.several and not request.comparison
        self._table = SweepTable(request.grid, request.seed)
        self._versions: dict[str, str] = {}

    def begin(self) -> None:
        request = self._request
        if self._is_table:
            self._show(self._table.header)
        else:
            self._show(Known(list(request.grid), request.pytorch, request.dry_run))

    def add(self, specs: Specs, runs: Runs) -> None:
        if self._is_table:
            self._add_row(specs, runs)
        elif runs:
            from lstm_shapes.view.measured import Measured

            arrays = [self._arrays(run) for run in runs]
            measured = Measured(runs, arrays, self._request.print_options, self._request.repeat)
            self._show(Group(Text(), measured))

    def end(self) -> None:
        if self._is_table:
            request = self._request
            footer = Footer(request.seed or 0, self._versions, request.repeat)
            self._show(Group(Text(), footer if self._versions else COMPUTED))

    def _add_row(self, specs: Specs, runs: Runs) -> None:
        shown = [(run, arrays) for run in runs if (arrays := self._arrays(run))]
        if shown and self._versions:
            self._show(Group(Text(), self._table.titles))
        self._show(self._table.row(specs))
        for run in runs:
            self._versions = dict(run.versions)
        if shown:
            from lstm_shapes.view.arrays import ArrayTables

            for run, arrays in shown:
                of = [f"of {run.spec.call} on {run.spec.input.shape}"] * len(arrays)
                tables = ArrayTables(arrays, self._request.print_options, of)
                self._show(Group(Text(), tables))

    def _arrays(self, run: "Run") -> "list[Array]":
        whole = run.outputs if self._request.shows_arrays else ()
        return [*whole, *(run.select(picked) for picked in self._request.selected(run.spec))]
