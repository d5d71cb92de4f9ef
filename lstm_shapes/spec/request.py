"""What a call asks for: the runs to make, and how to show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from pathlib import Path

from lstm_shapes.errors import CallError, shortened, whole_number
from lstm_shapes.spec.cost import Cost
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.memory import BASE_BYTES, GIB, taken_bytes
from lstm_shapes.spec.model import MAX_SEED, LSTMSpec
from lstm_shapes.spec.selection import Selection

MAX_PRECISION = 9
MAX_EDGE_ITEMS = 1000


@dataclass(frozen=True)
class PrintOptions:
    """How arrays are written, as NumPy's option of that name: decimals, and items at each end.

    Without `edge_items` a long axis shows three at each end, and columns as many as there is
    room for. `whole_batch` shows every sample, not the first alone.

    Raises:
        CallError: a number is out of range.
    """

    precision: int = 4
    edge_items: int | None = None
    whole_batch: bool = False

    def __post_init__(self) -> None:
        whole_number("precision", self.precision, 0, MAX_PRECISION)
        if self.edge_items is not None:
            whole_number("edge_items", self.edge_items, 1, MAX_EDGE_ITEMS)


@dataclass(frozen=True)
class Request:
    """The runs to make and how to show them.

    `arrays` is None where the call leaves it open: one run and a comparison show their arrays
    unless something is selected, a sweep does not. `max_memory` is in GiB. `repeat` are the
    words that make the same screen again, each option with its value;
    `interactive` says that the lines of stdin are requests of their own.

    Raises:
        CallError: a number is out of range, or two options contradict each other.
    """

    grid: Grid = field(default_factory=Grid)
    seed: int | None = None
    input: Path | None = None
    selections: Sequence[Selection] = ()
    arrays: bool | None = None
    print_options: PrintOptions = field(default_factory=PrintOptions)
    pytorch: bool = False
    dry_run: bool = False
    json: bool = False
    saves: Sequence[Path] = ()
    force: bool = False
    interactive: bool = False
    max_memory: float = 4.0
    repeat: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.seed is not None:
            whole_number("seed", self.seed, 0, MAX_SEED)
        if not (isinstance(self.max_memory, float) and 0 < self.max_memory < inf):
            raise CallError(
                "--max-memory must be a finite number of GiB above 0, got "
                f"{shortened(self.max_memory)}"
            )
        if self.dry_run and self.selections:
            raise CallError(
                f"--show {shortened(self.selections[0].text)} needs a run, "
                "expected no --dry-run beside it"
            )
        arrays = {array.name: array for spec in self.grid.calls for array in spec.arrays}
        for selection in self.selections:
            selection.find(list(arrays.values()))

    @property
    def several(self) -> bool:
        """Whether there is more than one run."""
        return self.grid.count > 1

    @property
    def comparison(self) -> bool:
        """Whether the runs are the four of one comparison."""
        calls = len(self.grid.return_sequences) * len(self.grid.return_state)
        return self.several and self.grid.count == calls

    @property
    def shows_arrays(self) -> bool:
        """Whether whole arrays are shown, and not selections or shapes alone."""
        return self.saves_arrays and (not self.selections or self.arrays is True)

    @property
    def saves_arrays(self) -> bool:
        """Whether a saved document holds whole arrays, also where the screen shows a part."""
        return not self.several or self.comparison if self.arrays is None else self.arrays

    def selected(self, spec: LSTMSpec) -> list[Selection]:
        """The selections whose array the runs of this spec have."""
        names = [array.name for array in spec.arrays]
        return [selection for selection in self.selections if selection.name in names]

    @property
    def memory(self) -> int:
        """An upper estimate of the peak memory of the call, in bytes."""
        return BASE_BYTES + self._cost.total

    @property
    def _cost(self) -> Cost:
        costs = (Cost(self, row) for row in self.grid.largest)
        return max(costs, key=lambda cost: cost.total)

    def check_memory(self) -> None:
        """Find out whether the memory suffices, also beside what the lines before have left.

        Raises:
            CallError: the estimate passes the limit.
        """
        if self.dry_run:
            return
        left = max(0, taken_bytes() - BASE_BYTES) if self.interactive else 0
        estimate = ceil((self.memory + left) / GIB * 100) / 100
        if estimate > self.max_memory:
            advice = f"{self._cost.advice}, or"
            if self.max_memory < 1.1 * BASE_BYTES / GIB:
                advice = "TensorFlow alone takes most of it,"
            raise CallError(
                f"this needs about {estimate:,.2f} GiB, expected at most {self.max_memory:g}: "
                f"{advice} raise --max-memory"
            )
