"""The door for Python: explore a spec with Keras, show it, and save what came of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path

from lstm_shapes.request import Request
from lstm_shapes.run import explore as run_explore
from lstm_shapes.run import values
from lstm_shapes.run.explore import ignore_phase
from lstm_shapes.shapes.spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class Run(values.Run):
    """A run that shows and saves itself; it holds what `run.values.Run` does."""

    def show(self) -> None:
        """Print the screen: in a terminal as the command does, in a notebook as HTML."""
        show(self)

    def save(
        self, path: str | PathLike[str], *, force: bool = False, light: bool = False
    ) -> None:
        """Write what the command's `--save` writes, by suffix.

        Args:
            path: The file; its suffix is .npz, .json, .jsonl, .svg, .png, .html or .py.
            force: Whether it may replace a file.
            light: Whether a picture is for a white page.

        Raises:
            LSTMShapesError: the file cannot be written.
        """
        from lstm_shapes.view.save import saved_files

        request = request_of_run(self, save=Path(path), force=force, light=light)
        for file in saved_files(request):
            file.begin()
            file.add((self.spec,), [self])
            file.end()


def explore(
    spec: Spec,
    *,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = True,
    next_layers: Sequence[str] = (),
    all_cell_states: bool = False,
    on_phase: Callable[[str], None] = ignore_phase,
) -> Run:
    """Build the layers with Keras, predict once, and collect the results.

    Weights and a random input follow from the seed as `keras.utils.set_random_seed`
    makes them: the same spec and seed are the same numbers in every process.

    Args:
        spec: The layers and the sizes of their input.
        seed: A whole number from 0 to 4294967295; None draws one.
        input: The input (batch, timesteps, features); None is standard normal.
        try_next_layers: Whether layers are tried behind this one.
        next_layers: The layers to try, as in `["TimeDistributed(Dense(2))"]`; without
            any, Dense(1) and LSTM(1) are.
        all_cell_states: Whether to compute c at every timestep as well, which Keras
            does not return.
        on_phase: What is told the name of each phase.

    Raises:
        LSTMShapesError: an argument is wrong, or TensorFlow fails or disagrees.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore
        >>> explore(LSTMSpec(batch_size=2, return_sequences=True), seed=1)
        Run(LSTM(5, return_sequences=True), seed=1: all_hidden_states (2, 3, 5))
    """
    run = run_explore.explore(
        spec,
        seed=seed,
        input=input,
        try_next_layers=try_next_layers,
        next_layers=next_layers,
        all_cell_states=all_cell_states,
        on_phase=on_phase,
    )
    return run_that_shows(run)


def explore_many(
    specs: Iterable[Spec],
    *,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = False,
    next_layers: Sequence[str] = (),
    all_cell_states: bool = False,
    on_phase: Callable[[str], None] = ignore_phase,
) -> Iterator[Run]:
    """Make the runs of the specs lazily, all with one seed; see `explore`."""
    runs = run_explore.explore_many(
        specs,
        seed=seed,
        input=input,
        try_next_layers=try_next_layers,
        next_layers=next_layers,
        all_cell_states=all_cell_states,
        on_phase=on_phase,
    )
    for run in runs:
        yield run_that_shows(run)


def show(subject: Spec | values.Run) -> None:
    """Print the screen of a Run, or the half of it that a Spec knows.

    Example:
        >>> from lstm_shapes import LSTMSpec, show
        >>> show(LSTMSpec(units=5))  # doctest: +ELLIPSIS
        LSTM(5)
        input (1, 3, 4) = (batch, timesteps, features)  h and c have 5 units
        ...
    """
    from lstm_shapes.view.screen import Screen, stdout_printer

    if isinstance(subject, Spec):
        screen = Screen(Request(rows=((subject,),)), stdout_printer())
        screen.begin()
        return
    screen = Screen(request_of_run(subject), stdout_printer())
    screen.begin()
    screen.add((subject.spec,), [subject])
    screen.end()


def run_that_shows(run: values.Run) -> Run:
    """Return the same run as one that shows and saves itself."""
    facts = {field.name: getattr(run, field.name) for field in fields(run)}
    return Run(**facts)


def request_of_run(
    run: values.Run,
    *,
    save: Path | None = None,
    force: bool = False,
    light: bool = False,
) -> Request:
    """Return the request that makes a run, with the words that repeat it."""
    arguments = [f"{run.spec!r}", f"seed={run.seed}"]
    if run.has_own_input:
        arguments.append("input=x")
    if run.next_layer_codes:
        arguments.append(f"next_layers={list(run.next_layer_codes)}")
    repeat = f"explore({', '.join(arguments)})"
    return Request(
        rows=((run.spec,),),
        seed=run.seed,
        next=run.next_layer_codes,
        save=(save,) if save else (),
        force=force,
        light=light,
        repeat=tuple(repeat.split()),
    )
