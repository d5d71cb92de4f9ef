"""The interface for Python and notebooks: runs to show and to save, as the command does."""

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType

from lstm_shapes import app
from lstm_shapes.run import explore as measuring
from lstm_shapes.run import values
from lstm_shapes.spec.model import LSTMSpec


class Run(values.Run):
    """One spec, built and predicted once by Keras, which can be saved."""

    def save(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write what the command's `--save` writes, as a whole or not at all: by suffix.

        Raises:
            CallError: the suffix is unknown, the file exists and `force` is not given, or its
                folder is missing or closed to writing.
            OutputError: it could not be written.
        """
        app.save(self, Path(path), force=force)


def explore(spec: LSTMSpec, *, seed: int | None = None, input: Any = None) -> Run:  # noqa: A002  # the axis of the subject
    """Build the layers with Keras, predict once, and read everything off.

    The input (batch, timesteps, features) is standard normal, or `input`; the weights are drawn
    as Keras draws an LSTM's. The seed, from 0 to 4294967295 and random if None, gives both: the
    same spec and seed are the same numbers in every process.

    Raises:
        CallError: the seed is out of range, or `input` is not what the spec says.
        TensorFlowError: TensorFlow cannot be imported, or ran out of memory.
        DisagreementError: Keras' facts are not those of the spec.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore
        >>> run = explore(LSTMSpec(batch_size=2, return_sequences=True), seed=1)
        >>> run
        Run(LSTM(5, return_sequences=True), seed=1: all_hidden_states (2, 3, 5))
        >>> run["all_hidden_states[:, -1]"].shape
        (2, 5)
    """
    return Run(**vars(measuring.explore(spec, seed=seed, x=input)))


def explore_many(specs: Iterable[LSTMSpec], *, seed: int | None = None) -> Iterator[Run]:
    """One run for each spec, made when it is asked for, all with one seed.

    Raises:
        LSTMShapesError: as `explore` does.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore_many
        >>> specs = [LSTMSpec(units=units) for units in (8, 16)]
        >>> [run.outputs[0].shape for run in explore_many(specs, seed=1)]
        [(1, 8), (1, 16)]
    """
    for run in measuring.explore_many(specs, seed=seed):
        yield Run(**vars(run))


def show(run: values.Run) -> None:
    """Print the screen of the run: in a terminal as the command does, in Jupyter as HTML."""
    console = Console(highlight=False, markup=False, emoji=False)
    shown: list[RenderableType] = []
    app.show(run, shown.append)
    console.print(Group(*shown), crop=False)
