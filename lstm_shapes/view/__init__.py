"""Show and save what specs and runs hold."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm_shapes.spec.request import Row

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run

# The runs of a row, in the order of its specs; none in a dry run.
Runs = Sequence["Run"]


class View:
    """A way to show or save a call: it receives begin, then row after row, then end."""

    def begin(self) -> None:
        """Show what is known before there is a run."""

    def add(self, specs: Row, runs: Runs) -> None:
        """Show or keep one row: a run, or the four of a comparison."""

    def end(self) -> None:
        """Show or write what needs all rows."""
