"""What a request takes beside TensorFlow at its peak, and what to change where it is too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lstm_shapes.errors import option
from lstm_shapes.spec import memory
from lstm_shapes.spec.grid import Row
from lstm_shapes.spec.layer import FLOAT32_BYTES
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.width import width

if TYPE_CHECKING:
    from lstm_shapes.spec.request import Request

_DOCUMENTS = {".json", ".jsonl"}
# What to change where the arrays, the selections or the rows take the most.
_ARRAYS = "add --no-arrays, as the arrays dominate"
_SHOW = "reduce --show, which dominates"
_ROWS = "save .jsonl in place of pictures, as the rows they keep dominate"

Shape = Sequence[int]


@dataclass(frozen=True)
class Cost:
    """What a request takes if `row` has its largest runs, which are made and shown together."""

    request: "Request"
    row: Row

    @property
    def spec(self) -> LSTMSpec:
        """That of the row which returns the most."""
        return self.row[-1]

    @property
    def total(self) -> int:
        """The bytes at the peak."""
        return self.runs + self.text + self.tables

    @cached_property
    def runs(self) -> int:
        """The bytes of the largest run, and of the runs and arrays that are there beside it."""
        kept = sum(spec.kept_bytes for spec in self.row)
        # While the runs of one row of a sweep are made, those of the row before may be there.
        kept *= 1 + (self.request.grid.count > len(self.row))
        # To be compared where neither is NaN, two arrays are copied; to have its range told, only
        # one with NaN or infinities is, which random numbers do not lead to.
        compared = self.spec.batch_size * self.spec.last.all_hidden_states.shape[-1]
        if self.request.comparison and self.request.shows_arrays:
            compared = max(array.size for array in self.spec.outputs)
        ranged = max(array.size for array in self.spec.arrays) if self.request.input else 0
        passing = 3 * FLOAT32_BYTES * max(compared, ranged)
        # Of many runs, some of their graphs are there until Keras' session is cleared.
        graphs = self._graph_bytes * self.request.several
        return self.spec.run_bytes() + kept - self.spec.kept_bytes + passing + graphs

    @cached_property
    def text(self) -> int:
        """The bytes of the JSON of one run."""
        return memory.text_bytes(self._texts[_ARRAYS], self._texts[_SHOW])

    @cached_property
    def tables(self) -> int:
        """The bytes of the tables that are rendered at once, and of what pictures keep."""
        cells = sum(self._cells(self.request.print_options.edge_items).values())
        pictures = [suffix for suffix in self._suffixes if suffix in memory.WRITTEN_BYTES]
        rendered = 0 if self.request.json and not pictures else memory.RENDERED_BYTES * cells
        all_cells = cells * (self.request.grid.count // len(self.row))
        kept = memory.KEPT_BYTES * len(pictures) * all_cells
        written = max((memory.WRITTEN_BYTES[suffix] for suffix in pictures), default=0)
        return kept + max(rendered, written * all_cells)

    @property
    def advice(self) -> str:
        """What to change to have it take less."""
        most = max(self.runs, self.text, self.tables)
        if most == self.runs and 2 * self._graph_bytes > self.spec.run_bytes():
            return "reduce the layers of --units, which dominate"
        if most == self.runs:
            return f"reduce {option(self.spec.largest_size)}, which dominates"
        if most == self.text:
            sizes = {name: memory.text_bytes(of, []) for name, of in self._texts.items()}
            return max(sizes, key=sizes.__getitem__)
        edge_items = self.request.print_options.edge_items
        cells = self._cells(edge_items)
        if edge_items and 2 * sum(self._cells(None).values()) < sum(cells.values()):
            return "reduce --edge-items, which dominates"
        return max(cells, key=cells.__getitem__)

    @property
    def _graph_bytes(self) -> int:
        layers = len(self.spec.layers) * len(self.spec.last.directions)
        return memory.graph_bytes(self.spec.timesteps, layers)

    @property
    def _suffixes(self) -> list[str]:
        return [path.suffix.lower() for path in self.request.saves]

    @cached_property
    def _texts(self) -> Mapping[str, Sequence[Shape]]:
        """The shapes of what stands in one document."""
        request = self.request
        saved = not _DOCUMENTS.isdisjoint(self._suffixes)
        whole = (request.json and request.shows_arrays) or (saved and request.saves_arrays)
        selected = self._selected(self.spec) if request.json or saved else []
        return {
            _ARRAYS: [array.shape for array in self.spec.arrays] if whole else [],
            _SHOW: [shape for _, shape in selected],
        }

    def _cells(self, edge_items: int | None) -> Mapping[str, int]:
        """How many cells are shown with one run or comparison."""
        request, columns = self.request, width()
        whole: list[tuple[str, Shape]] = []
        selected: list[tuple[str, Shape]] = []
        for spec in self.row:
            selected += self._selected(spec)
            for array in spec.outputs if request.shows_arrays else ():
                batch, *others = array.shape
                samples = batch if request.print_options.whole_batch else 1
                whole.append((array.name, (samples, *others)))
        if request.comparison:  # what is the same in several calls is shown once
            whole, selected = [*dict(whole).items()], [*dict(selected).items()]

        def count(shown: Sequence[tuple[str, Shape]]) -> int:
            precision = request.print_options.precision
            return sum(memory.cells(shape, edge_items, precision, columns) for _, shape in shown)

        rows = memory.ROW_CELLS if request.several and not request.comparison else 0
        return {_ARRAYS: count(whole), _SHOW: count(selected), _ROWS: rows}

    def _selected(self, spec: LSTMSpec) -> list[tuple[str, Shape]]:
        """What --show picks of a run, and its shape."""
        found: list[tuple[str, Shape]] = []
        for selection in self.request.selected(spec):
            places = selection.positions(selection.find(spec.arrays))
            shape = [len(place) for place in places if isinstance(place, range)]
            found.append((selection.text, shape))
        return found
