"""Show and save what specs and runs hold."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from lstm_shapes.errors import LSTMShapesError
from lstm_shapes.request import Row

if TYPE_CHECKING:
    from lstm_shapes.run.values import Run

Runs = Sequence["Run"]


class View:
    """A way to show or save a call: it is told begin, then each row, then end."""

    @property
    def needs_run(self) -> bool:
        """Return True if the view shows what a run has measured."""
        return False

    @property
    def needs_next_layers(self) -> bool:
        """Return True if the view shows what layers behind this one make of the arrays."""
        return False

    def begin(self) -> None:
        """Show what is known before there is a run."""

    def add(self, row: Row, runs: Runs) -> None:
        """Show or keep a row: its specs, and a run of each; without any, `runs` is empty."""

    def end(self) -> None:
        """Show or write what needs all rows."""

    def close(self) -> None:
        """Let go of what is held, whether the view has come to its end or not."""


class Views(View):
    """Several views of one call, of which one may fail while the rest go on."""

    def __init__(self, views: Iterable[View]) -> None:
        self._views = list(views)
        self._errors: list[Exception] = []

    def __bool__(self) -> bool:
        return bool(self._views)

    @property
    def needs_run(self) -> bool:
        """Return True if any of the views needs a run."""
        return any(view.needs_run for view in self._views)

    @property
    def needs_next_layers(self) -> bool:
        """Return True if any of the views shows layers behind this one."""
        return any(view.needs_next_layers for view in self._views)

    def begin(self) -> None:
        """Begin each view."""
        self._each(lambda view: view.begin())

    def add(self, row: Row, runs: Runs) -> None:
        """Add a row to each view."""
        self._each(lambda view: view.add(row, runs))

    def end(self) -> None:
        """End each view, and raise the error of the first that failed, if one did."""
        self._each(lambda view: view.end())
        if self._errors:
            raise self._errors[0]

    def close(self) -> None:
        """Close the views that have not been left out."""
        for view in self._views:
            view.close()

    def remove(self, view: View) -> None:
        """Leave out a view from now on; nothing happens if it has failed before."""
        if view in self._views:
            view.close()
            self._views.remove(view)

    def _each(self, call: Callable[[View], None]) -> None:
        """Call each view; one that cannot write is left out from then on.

        A reader who has left, as `head` does, is no failure.
        """
        for view in list(self._views):
            try:
                call(view)
            except BrokenPipeError:
                self.remove(view)
            except (OSError, LSTMShapesError) as error:
                self.remove(view)
                self._errors.append(error)
