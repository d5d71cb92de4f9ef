"""What every way to show or save has in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm_shapes.spec.model import LSTMSpec

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run


class View:
    """Is told of what is known, then of each run or comparison, and then that there are no more."""

    def begin(self) -> None:
        """Show what is known before there is a run."""

    def add(self, specs: Sequence[LSTMSpec], runs: "Sequence[Run]") -> None:
        """Show or keep one run, or the four of a comparison: none has been made in a dry run."""

    def end(self) -> None:
        """Show or write what takes all runs together."""
