"""Show and save what specs and runs hold."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm_shapes.spec.request import Row

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run

Runs = Sequence["Run"]


class View:
    """A way to show or save a call: it receives begin, then row after row, then end."""

    def begin(self) -> None:
        """Show what is known before there is a run."""

    def add(self, specs: Row, runs: Runs) -> None:
        """Show or keep a row: a run, or the four of a comparison; in a dry run there are none."""

    def end(self) -> None:
        """Show or write what needs all rows."""
