"""What the command was asked for, checked as far as that goes without making a run."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from lstm_shapes.errors import CallError, option
from lstm_shapes.files import PICTURES, check_target
from lstm_shapes.grid import Grid
from lstm_shapes.selection import Selection
from lstm_shapes.spec import BASE_BYTES, FLAGS, GIB, LSTMSpec

# What a picture keeps of each run until it is drawn: a row of the table, or all its arrays too.
_ROW_BYTES = 16 * 2**10
_TABLES_BYTES = 2**20


@dataclass(frozen=True)
class Call:
    """The runs to make and how to show them.

    `arrays` is None where the call leaves it open: one run and a comparison show their arrays
    unless something is selected, a sweep does not. `max_memory` is in GiB.
    """

    grid: Grid
    compare: bool = False
    seed: int | None = None
    selections: Sequence[Selection] = ()
    arrays: bool | None = None
    precision: int = 4
    edge_items: int = 3
    json: bool = False
    saves: Sequence[Path] = ()
    force: bool = False
    max_memory: float = 4.0

    @property
    def several(self) -> bool:
        """Whether the call makes more than one run."""
        return self.grid.count > 1

    @property
    def comparison(self) -> bool:
        """Whether the call makes the four runs of one comparison."""
        return self.compare and self.grid.count == len(FLAGS) ** 2

    @property
    def shows_arrays(self) -> bool:
        """Whether whole arrays are shown, and not selections or shapes alone."""
        if self.arrays is not None:
            return self.arrays
        return not self.selections and (not self.several or self.comparison)

    def check(self) -> None:
        """Find out whether all of it can be done.

        Raises:
            CallError: a selection fits no run, a file could not be saved, or the estimated
                memory passes the limit.
        """
        for selection in self.selections:
            self._check_selection(selection)
        for at, path in enumerate(self.saves):
            check_target(path, force=self.force, several_runs=self.several)
            if os.path.realpath(path) in map(os.path.realpath, self.saves[:at]):
                raise CallError(f"--save {str(path)!r} came twice, expected each file once")
        self._check_memory()

    def _check_selection(self, selection: Selection) -> None:
        """What fits the smallest sizes fits them all; with several flags, one has to have it."""
        named = {array.name: array for spec in self.grid.smallest for array in spec.arrays}
        selection.find(list(named.values()))

    @property
    def memory(self) -> int:
        """An upper estimate of the peak memory of the call, in bytes."""
        largest = self.grid.largest
        # While a run of a sweep is made, the one before it may still be there.
        kept = largest.kept_bytes * (4 if self.comparison else self.several)
        if self.several and any(path.suffix.lower() in PICTURES for path in self.saves):
            tables = self.shows_arrays or self.selections
            kept += self.grid.count * (_TABLES_BYTES if tables else _ROW_BYTES)
        return largest.memory + kept

    def _check_memory(self) -> None:
        estimate = ceil(self.memory / GIB * 100) / 100
        if estimate > self.max_memory:
            dominant = f"reduce {option(self.grid.largest.largest_size)}, which dominates, or "
            if self.max_memory < BASE_BYTES / GIB:
                dominant = "TensorFlow alone takes most of it, "
            raise CallError(
                f"this needs about {estimate:,.2f} GiB, expected at most {self.max_memory:g}: "
                f"{dominant}raise --max-memory"
            )

    def selected(self, spec: LSTMSpec) -> list[Selection]:
        """The selections whose array the runs of this spec have."""
        names = [array.name for array in spec.arrays]
        return [selection for selection in self.selections if selection.name in names]
