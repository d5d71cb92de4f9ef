"""What every way to show or save has in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm_shapes.spec.model import LSTMSpec

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run

# What stands in one row: one run, or the four of a comparison; in a dry run none is made.
Specs = Sequence[LSTMSpec]
Runs = Sequence["Run"]


class View:
    """Is told of what is known, then of each run or comparison, and then that there are no more."""

    def begin(self) -> None:
        """Show what is known before there is a run."""

    def add(self, specs: Specs, runs: Runs) -> None:
        """Show or keep what stands in one row."""

    def end(self) -> None:
        """Show or write what takes all runs together."""
