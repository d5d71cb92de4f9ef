"""The door for Python: explore a spec with Keras, show it, and save what came of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from lstm_shapes import subject as subjects
from lstm_shapes.combinations import check_own_input, rows_of, sweep_of
from lstm_shapes.conflicts import check_light, check_only, check_selection
from lstm_shapes.errors import (
    CallError,
    OpenNamesError,
    PositionError,
    quoted,
    whole_number,
)
from lstm_shapes.repeat import words_of_call, words_of_sweep
from lstm_shapes.request import MAX_PRECISION, ListRequest, Request, read_sections
from lstm_shapes.run import explore as run_explore
from lstm_shapes.run import model_in_memory, values
from lstm_shapes.run.explore import ignore_phase
from lstm_shapes.run.input import with_timesteps_of
from lstm_shapes.shapes.cell import cell_named
from lstm_shapes.shapes.layer import MAX_SIZE, Layer, check_bool
from lstm_shapes.shapes.reading import read_code
from lstm_shapes.shapes.saved_layer import SavedReading, layer_at, read_saved_layer
from lstm_shapes.shapes.selection import parse_selection
from lstm_shapes.shapes.sizes import sizes_of_input
from lstm_shapes.shapes.spec import (
    FLAG_COMBINATIONS,
    Spec,
    Units,
    as_tuple,
    draw_seed,
    spec_of_reading,
    units_of_layers,
)

if TYPE_CHECKING:
    from lstm_shapes.run.tensorflow import KerasModel
    from lstm_shapes.shapes.keras_config import KerasLayer
    from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel
    from lstm_shapes.view import View
    from lstm_shapes.view.layout import Lines
    from lstm_shapes.view.style import Look

# Any narrower and nothing fits, any wider and nothing is gained.
MIN_WIDTH = 20
MAX_WIDTH = 1000


@dataclass(frozen=True, eq=False, repr=False)
class Run(values.Run):
    """A run that shows and saves itself; it holds what `run.values.Run` does.

    It unpacks as Keras' call does, into NumPy's arrays: `output, h, c = run`. As the
    last line of a notebook's cell it displays its screen.

    Attributes:
        weights_owner: The name of what the weights are of, "" if they are random.
        subject_code: What it was made of, as it is written in a call of `explore`.
        file_words: The file and the path of the layer, where that is in a model file.
    """

    weights_owner: str = ""
    subject_code: str = ""
    file_words: tuple[str, ...] = ()

    def show(
        self,
        *,
        only: str | Sequence[str] = (),
        precision: int = 4,
        width: int | None = None,
        theme: str | None = None,
    ) -> None:
        """Print the screen: in a terminal as the command does, in a notebook as HTML.

        `show` says what the arguments are.
        """
        show(self, only=only, precision=precision, width=width, theme=theme)

    def save(
        self,
        path: str | PathLike[str],
        *,
        show: str | Sequence[str] = (),
        force: bool = False,
        light: bool = False,
    ) -> None:
        """Write what the command's `--save` writes, by suffix.

        Args:
            path: The file; its suffix is .npz, .json, .jsonl, .svg, .png, .html,
                .steps.html or .py.
            show: The parts of arrays that `--show` names, as in `["forget_gate"]`: a .npz
                has the whole of them too, JSON has them as `shown`, a picture shows
                them alone, and a .steps.html opens on what they pick.
            force: Whether it may replace a file.
            light: Whether a picture is for a white page.

        Raises:
            LSTMShapesError: the file cannot be written.
        """
        selections = tuple(map(parse_selection, as_texts("show", show)))
        request = replace(request_of_run(self), show=selections)
        for selection in selections:
            check_selection(selection, (self.spec,))
        save_runs(request, [self], path, force=force, light=light)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        """Return what a notebook displays; IPython picks of it what it can show."""
        del include, exclude
        return mime_bundle(request_of_run(self), [self])


@dataclass(frozen=True, eq=False, repr=False)
class Runs(Sequence[Run]):
    """Several runs that show and save themselves together: a comparison, or a sweep.

    As the last line of a notebook's cell they display their screen.

    Attributes:
        request: What was asked for, with the specs of the runs.
        runs: The runs, in the order of the specs.
    """

    request: Request
    runs: tuple[Run, ...]

    def show(
        self,
        *,
        only: str | Sequence[str] = (),
        precision: int = 4,
        width: int | None = None,
        theme: str | None = None,
    ) -> None:
        """Print the screen of the comparison, or the table of the sweep.

        `show` says what the arguments are.
        """
        request = with_choices(self.request, only, precision)
        show_request(request, self.runs, width, theme)

    def save(
        self, path: str | PathLike[str], *, force: bool = False, light: bool = False
    ) -> None:
        """Write the runs to a .jsonl, or their screen to an .svg, .png or .html.

        Args:
            path: The file.
            force: Whether it may replace a file.
            light: Whether a picture is for a white page.

        Raises:
            LSTMShapesError: the file cannot be written.
        """
        save_runs(self.request, self.runs, path, force=force, light=light)

    @overload
    def __getitem__(self, position: int) -> Run: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[Run, ...]: ...
    def __getitem__(self, position: int | slice) -> Run | tuple[Run, ...]:
        """Return a run by its position, or the runs of a slice.

        Raises:
            PositionError: there are fewer runs; it is an IndexError.
        """
        try:
            return self.runs[position]
        except IndexError:
            raise PositionError(
                f"there is no run {position}: there are {len(self)}, from 0 to"
                f" {len(self) - 1}"
            ) from None

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        return " ".join(self.request.repeat)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        """Return what a notebook displays; IPython picks of it what it can show."""
        del include, exclude
        return mime_bundle(self.request, self.runs)


@dataclass(frozen=True, eq=False, repr=False)
class Layers(Sequence["SavedLayer"]):
    """The recurrent layers of a saved model, or of one in memory; they show themselves.

    `layers[0]` and `layers["encoder/lstm_1"]` pick one, by position and by path.

    Attributes:
        request: What was asked for, with the model as it was read.
    """

    request: ListRequest

    @property
    def model(self) -> "SavedModel":
        """The model: its file, its layers, and the shapes of its input and output."""
        return self.request.model

    def show(self, *, width: int | None = None, theme: str | None = None) -> None:
        """Print the list: in a terminal as the command does, in a notebook as HTML."""
        show_lines(self._lines, width, theme)

    @overload
    def __getitem__(self, position: int | str) -> "SavedLayer": ...
    @overload
    def __getitem__(self, position: slice) -> "tuple[SavedLayer, ...]": ...
    def __getitem__(
        self, position: int | str | slice
    ) -> "SavedLayer | tuple[SavedLayer, ...]":
        """Return a layer by its position or path, or the layers of a slice.

        Raises:
            CallError: there is none; for a position it is an IndexError.
        """
        if isinstance(position, str):
            return layer_at(self.model, position)
        try:
            return self.model.layers[position]
        except IndexError:
            raise PositionError(
                f"there is no layer {position}: there are {len(self)}"
            ) from None

    def __len__(self) -> int:
        return len(self.model.layers)

    def __repr__(self) -> str:
        paths = [layer.path for layer in self.model.layers]
        return f"Layers({self.model.file!r}: {', '.join(paths)})"

    def _lines(self, look: "Look") -> "Lines":
        """Return the lines of the list."""
        from lstm_shapes.view.saved_layers import list_lines
        from lstm_shapes.view.screen import printable

        return printable(list_lines(self.request, look))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        """Return what a notebook displays; IPython picks of it what it can show."""
        del include, exclude
        from lstm_shapes.view.notebook import mime_bundle

        return mime_bundle(self._lines, None, None)


def layers(model: "str | PathLike[str] | KerasModel") -> Layers:
    """Return the recurrent layers of a model file, or of a model of Keras in memory.

    A file is read without Keras, and nothing in it is run.

    Args:
        model: A .keras, an .h5, the JSON of `to_json()`, or a model in memory.

    Raises:
        CallError: it is no model, or it does not say of which layers it is made.
    """
    if model_in_memory.is_model(model):
        saved = model_in_memory.read_model(model)
        code = "model"
    elif isinstance(model, str | PathLike) and fspath(model):
        saved = subjects.read_model(fspath(model))
        code = repr(fspath(model))
    else:
        raise CallError(
            f"layers takes a model file or a model of Keras, got {quoted(model)}"
        )
    layer_words: tuple[str, ...] = ()
    paths = [layer.path for layer in saved.layers if layer.layer is not None]
    if paths:
        layer_words = (f"explore({code},", f"{paths[-1]!r})")
    request = ListRequest(
        model=saved,
        repeat=(f"layers({code})",),
        layer_words=layer_words,
    )
    return Layers(request)


def explore(
    subject: "Spec | str | PathLike[str] | KerasLayer | KerasModel",
    path: str | None = None,
    *,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = True,
    next_layers: Sequence[str] = (),
    on_phase: Callable[[str], None] = ignore_phase,
) -> Run:
    """Build the layers with Keras, predict once, and collect the results.

    Weights and a random input follow from the seed as `keras.utils.set_random_seed`
    makes them: the same spec and seed are the same numbers in every process. Afterwards
    the random state of all libraries is the caller's again, and Keras names the
    caller's layers as if nothing had been built.

    Args:
        subject: A Spec, code of Keras such as "LSTM(64)", a recurrent layer of Keras, or
            a model: a file or one in memory. A layer that is built is run with its own
            weights.
        path: The path of a layer of the model, as `layers(model)` lists it.
        seed: A whole number from 0 to 4294967295; None draws one.
        input: The input (batch, timesteps, features); None is standard normal.
        try_next_layers: Whether layers are tried behind this one.
        next_layers: The chains of layers to try, as in `["Dense(8), Flatten()"]`; without
            any, Dense(1) and LSTM(1) are tried.
        on_phase: What is told the name of each phase.

    Raises:
        LSTMShapesError: an argument is wrong, or TensorFlow fails or disagrees.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore
        >>> explore(LSTMSpec(batch_size=2, return_sequences=True), seed=1)
        Run(LSTM(5, return_sequences=True), seed=1: all_hidden_states (2, 3, 5))
    """
    check_bool("try_next_layers", try_next_layers)
    check_on_phase(on_phase)
    explored = spec_of("explore", subject, path, input)
    with values_in_code():
        run = run_explore.explore(
            explored.spec,
            weights=explored.weights,
            seed=seed,
            input=input,
            try_next_layers=try_next_layers,
            next_layers=[
                *explored.layers_behind,
                *as_texts("next_layers", next_layers),
            ],
            on_phase=on_phase,
        )
    return run_that_shows(
        run, explored.weights_owner, explored.code, explored.file_words
    )


def explore_many(
    specs: Iterable[Spec],
    *,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = False,
    next_layers: Sequence[str] = (),
    weights: Sequence[values.Values] | None = None,
    on_phase: Callable[[str], None] = ignore_phase,
) -> Iterator[Run]:
    """Make the runs of the specs lazily, all with one seed; see `explore`.

    `weights`, in Keras' order, take the place of random ones in all of them.

    Raises:
        CallError: an argument is wrong; a wrong spec is told when it is asked for.
    """
    if isinstance(specs, Spec | str) or not isinstance(specs, Iterable):
        raise CallError(
            f"explore_many takes several Specs, as a list, got {quoted(specs)}"
        )
    check_bool("try_next_layers", try_next_layers)
    check_on_phase(on_phase)
    runs = run_explore.explore_many(
        checked_specs(specs, weights),
        weights=weights,
        seed=seed,
        input=input,
        try_next_layers=try_next_layers,
        next_layers=as_texts("next_layers", next_layers),
        on_phase=on_phase,
    )
    return runs_that_show(runs)


def runs_that_show(runs: Iterable[values.Run]) -> Iterator[Run]:
    """Return the runs as ones that show and save themselves, each when it is asked for."""
    with values_in_code():
        for run in runs:
            yield run_that_shows(run)


def compare(
    subject: "Spec | str | PathLike[str] | KerasLayer | KerasModel",
    path: str | None = None,
    *,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
) -> Runs:
    """Make the four calls of `return_sequences` and `return_state`, on the same weights.

    The flags of the subject itself do not matter.

    Args:
        subject: A Spec, code of Keras, a recurrent layer of Keras or a model, as for
            `explore`.
        path: The path of a layer of the model.
        seed: A whole number from 0 to 4294967295; None draws one.
        input: The input (batch, timesteps, features); None is standard normal.

    Raises:
        LSTMShapesError: an argument is wrong, or TensorFlow fails or disagrees.

    Example:
        >>> from lstm_shapes import LSTMSpec, compare
        >>> for run in compare(LSTMSpec(5), seed=1):
        ...     print([array.shape for array in run])
        [(1, 5)]
        [(1, 3, 5)]
        [(1, 5), (1, 5), (1, 5)]
        [(1, 3, 5), (1, 5), (1, 5)]
    """
    compared = spec_of("compare", subject, path, input)
    spec = with_timesteps_of(input, compared.spec)
    seed = draw_seed() if seed is None else seed
    row = tuple(spec.with_flags(flags) for flags in FLAG_COMBINATIONS)
    request = Request(
        rows=(row,),
        compare=True,
        seed=seed,
        weights_owner=compared.weights_owner,
        file_words=compared.file_words,
        read_files=tuple(map(Path, compared.file_words[:1])),
    )
    if input is None and (compared.file_words or compared.weights is None):
        shell_words = words_of_call(
            row[0],
            seed=seed,
            subject=compared.file_words,
            compare=True,
        )
        request = replace(request, shell_words=shell_words)
    arguments = [compared.code or repr(spec)]
    return make_runs(request, "compare", arguments, input, compared.weights)


def sweep(
    units: Units | Sequence[Units] | None = None,
    *,
    timesteps: int | Sequence[int] | None = None,
    features: int | Sequence[int] | None = None,
    batch_size: int | Sequence[int] | None = None,
    layer: str | Sequence[str] | None = None,
    lengths: Sequence[int] | None = None,
    padding: str | None = None,
    return_sequences: bool = False,
    return_state: bool = False,
    bidirectional: bool = False,
    compare: bool = False,
    seed: int | None = None,
) -> Runs:
    """Make a run of every combination of sizes and kinds of layer, all with one seed.

    A size is a number, or a list of the numbers to combine.

    Args:
        units: The units; `[8, (64, 32)]` are those of one layer and those of a stack.
        timesteps: The timesteps of the input, 3 by default.
        features: The features of the input, 4 by default.
        batch_size: The samples of the input, 1 by default.
        layer: The kinds: LSTM, GRU or SimpleRNN.
        lengths: The real timesteps of each sample.
        padding: The end at which the masked timesteps stand: "post" or "pre".
        return_sequences: Whether the last layer returns every h.
        return_state: Whether the last layer returns its states.
        bidirectional: Whether the layers run in both directions.
        compare: Whether each combination has all four calls of the two flags.
        seed: A whole number from 0 to 4294967295; None draws one.

    Raises:
        LSTMShapesError: an argument is wrong, or TensorFlow fails or disagrees.

    Example:
        >>> from lstm_shapes import sweep
        >>> [run.spec.parameters for run in sweep(units=[8, 16], seed=1)]
        [416, 1344]
    """
    units, timesteps, features, batch_size, layer, lengths = (
        as_python(value)
        for value in (units, timesteps, features, batch_size, layer, lengths)
    )
    check_bool("compare", compare)
    if lengths is not None:
        as_tuple("lengths", lengths)
    sizes = sweep_of(
        timesteps=several_timesteps(timesteps),
        features=several_sizes("features", features),
        units=several_units(units),
        batch_size=several_sizes("batch_size", batch_size),
        layer=several_kinds(layer),
        lengths=lengths,
    )
    rows = rows_of(
        sizes,
        lengths=lengths,
        padding=padding,
        return_sequences=return_sequences,
        return_state=return_state,
        bidirectional=bidirectional,
        compare=compare,
    )
    arguments = {
        "units": units,
        "timesteps": timesteps,
        "features": features,
        "batch_size": batch_size,
        "layer": layer,
        "lengths": lengths,
        "padding": padding,
        "return_sequences": return_sequences,
        "return_state": return_state,
        "bidirectional": bidirectional,
        "compare": compare,
    }
    words = []
    for name, value in arguments.items():
        if value is not None and value is not False:
            words.append(f"{name}={value!r}")
    seed = draw_seed() if seed is None else seed
    request = Request(rows=rows, varying=sizes.varying, compare=compare, seed=seed)
    request = replace(request, shell_words=words_of_sweep(request))
    return make_runs(request, "sweep", words)


def show(
    subject: "Spec | values.Run | Runs | str | PathLike[str] | KerasLayer | KerasModel",
    path: str | None = None,
    *,
    only: str | Sequence[str] = (),
    precision: int = 4,
    width: int | None = None,
    theme: str | None = None,
) -> None:
    """Print the screen of a Run or of Runs, or the half of it that a Spec knows.

    Code of Keras and a recurrent layer of Keras are shown as the Spec that they make, and
    so is a layer of a model. A model file, or a model in memory, is shown as the list of
    its recurrent layers.

    Args:
        subject: What is shown.
        path: The path of a layer of the model.
        only: The sections to show alone, as in `["drawing", "outputs"]`.
        precision: The decimals of numbers, from 0 to 9.
        width: The columns; None takes those of the terminal, and 80 in a notebook.
        theme: The colours in a notebook: "light" or "dark", or None for those of its
            own page.

    Raises:
        CallError: there is no such section, or another argument is wrong.

    Example:
        >>> from lstm_shapes import LSTMSpec, show
        >>> show(LSTMSpec(units=5))  # doctest: +ELLIPSIS
        LSTM(5)
        input (1, 3, 4) = (batch, timesteps, features)  h and c have 5 units
        ...
    """
    if isinstance(subject, Runs):
        subject.show(only=only, precision=precision, width=width, theme=theme)
        return
    if isinstance(subject, values.Run):
        request = with_choices(request_of_run(subject), only, precision)
        show_request(request, [subject], width, theme)
        return
    if is_any_model(subject) and path is None:
        layers(subject).show(width=width, theme=theme)
        return
    spec = spec_of("show", subject, path).spec
    request = with_choices(Request(rows=((spec,),)), only, precision)
    for section in request.sections:
        if section.needs_run and section.name in request.only:
            raise CallError(
                f"`only` has {section.name}, which shows what Keras has measured:"
                " expected a Run beside it, as explore(spec) makes"
            )
    show_request(request, [], width, theme)


class Subject(NamedTuple):
    """The subject of a function: a spec, its own weights, and layers behind it.

    `weights_owner` is the name of what the weights are of, `code` the subject as it is
    written in a call, and `file_words` a model file and the path of the layer.
    """

    spec: Spec
    weights: Sequence[values.Values] | None = None
    layers_behind: tuple[str, ...] = ()
    weights_owner: str = ""
    code: str = ""
    file_words: tuple[str, ...] = ()


def is_any_model(subject: object) -> bool:
    """Return True for a model in memory and for the name of a model file."""
    if isinstance(subject, str):
        return subjects.is_model_name(subject)
    return isinstance(subject, PathLike) or model_in_memory.is_model(subject)


def subject_in_model(
    function: str,
    model: "str | PathLike[str] | KerasModel",
    path: str | None,
    x: object,
) -> Subject:
    """Return the layer of a model that has that path, with its weights.

    Args:
        function: The function that was called.
        model: A file, or a model in memory.
        path: The path of a layer.
        x: The input, which may be None.

    Raises:
        CallError: there is no such layer, or it is not explored.
    """
    listed_layers = layers(model)
    if path is None:
        example = " ".join(listed_layers.request.layer_words)
        if not example:
            raise CallError(
                f"{quoted(listed_layers.model.file)} has no recurrent layer that is"
                " explored, expected a model with one"
            )
        example = example.replace("explore", function, 1)
        raise CallError(f"{function} takes one layer of a model, as {example}")
    reading = read_saved_layer(listed_layers.model, path)
    spec = spec_of_reading(reading, sizes_of_call(reading, x))
    if model_in_memory.is_model(model):
        weights = model_in_memory.weights_in_model(model, path)
        owner = f"{listed_layers.model.file}, {path}"
        return Subject(spec, weights, (), owner, f"model, {path!r}")
    file_words = (fspath(model), path)
    code = f"{fspath(model)!r}, {path!r}"
    if reading.own_weights is None or function == "show":
        return Subject(spec, None, (), "", code, file_words)
    from lstm_shapes.run.weights import saved_weights

    weights = saved_weights(*reading.own_weights)
    return Subject(spec, weights, (), reading.weights_owner, code, file_words)


def sizes_of_call(reading: SavedReading, x: object) -> dict[str, int]:
    """Return the sizes of an input that take the place of those in the file."""
    if x is None:
        return {}
    sizes = sizes_of_input(x, "input", reading.layers[-1])
    check_own_input("input", sizes, reading)
    return {name: getattr(sizes, name) for name in reading.free_sizes}


def spec_of(
    function: str, subject: object, path: str | None = None, x: object = None
) -> Subject:
    """Return what `function` was called on, or raise a CallError if it is none of it.

    Keras is not imported to find that out.

    Args:
        function: Its name.
        subject: What it was called on.
        path: The path of a layer, where that is a model.
        x: The input, where one is given.
    """
    if is_any_model(subject):
        return subject_in_model(function, subject, path, x)
    if path is not None:
        raise CallError(
            f"{function} takes the path of a layer behind a model, got {quoted(path)}"
            f" behind {quoted(subject)}"
        )
    if isinstance(subject, Spec):
        return Subject(subject)
    if isinstance(subject, str):
        with values_in_code():
            reading = read_code(subject, {})
        layers_behind = (reading.next_layers,) if reading.next_layers else ()
        sizes = sizes_to_read(x, reading.layers[0])
        return Subject(spec_of_reading(reading, sizes), None, layers_behind)
    if hasattr(subject, "get_config"):
        spec = Spec.from_layer(subject)
        if x is not None:
            spec = Spec.from_layer(subject, **sizes_to_read(x, spec.layers[0]))
        if not getattr(subject, "weights", None):
            return Subject(spec)
        weights = subject.get_weights()  # type: ignore[attr-defined]  # Keras' own
        return Subject(spec, weights, (), "the layer", "layer")
    raise CallError(
        f"{function} takes a Spec such as LSTMSpec(units=5), code such as 'LSTM(5)', a"
        f" recurrent layer of Keras, or a model, got {quoted(subject)}"
    )


def sizes_to_read(x: object, layer: Layer) -> dict[str, int]:
    """Return the sizes of an input, by their names; none without one."""
    if x is None:
        return {}
    return sizes_of_input(x, "input", layer)._asdict()


def check_spec(function: str, value: object) -> None:
    """Raise a CallError if what `function` was called on is no Spec."""
    if not isinstance(value, Spec):
        raise CallError(
            f"{function} takes a Spec such as LSTMSpec(units=5), got {quoted(value)}"
        )


def check_on_phase(on_phase: object) -> None:
    """Raise a CallError if what is told the phases is nothing that can be called."""
    if not callable(on_phase):
        raise CallError(
            f"`on_phase`: got {quoted(on_phase)}, expected a function of a text, as print"
        )


def checked_specs(
    specs: Iterable[Spec], weights: Sequence[values.Values] | None
) -> Iterator[Spec]:
    """Return the specs, each checked when it is asked for."""
    for spec in specs:
        check_spec("explore_many", spec)
        check_weights(spec, weights)
        yield spec


def check_weights(spec: Spec, weights: Sequence[values.Values] | None) -> None:
    """Raise a CallError if weights are not those of a spec, in Keras' order."""
    if weights is None:
        return
    expected_shapes = [weight.shape for weight in spec.weights]
    shapes = []
    if isinstance(weights, Iterable):
        shapes = [getattr(weight, "shape", None) for weight in weights]
    if shapes != expected_shapes:
        raise CallError(
            f"`weights`: got {quoted(weights)}, expected a list of arrays of the shapes"
            f" {', '.join(map(str, expected_shapes))}"
        )


@contextmanager
def values_in_code() -> Iterator[None]:
    """Say of names without a value how a call in Python gives them one."""
    try:
        yield
    except OpenNamesError as error:
        names = error.names
        raise CallError(
            f"the code leaves open {', '.join(names)}: write each value in its place, or"
            f" explore Spec.from_code(code, define={{{names[0]!r}: 64}})"
        ) from error


def as_texts(name: str, texts: object) -> list[str]:
    """Return the texts of an argument that takes one or several.

    Raises:
        CallError: there is anything but texts.

    Example:
        >>> as_texts("only", "drawing"), as_texts("only", ["drawing", "outputs"])
        (['drawing'], ['drawing', 'outputs'])
    """
    texts = as_python(texts)
    if isinstance(texts, str):
        return [texts]
    items: Iterable[object] = [texts]
    if isinstance(texts, Iterable):
        items = texts
    listed_texts = []
    for item in items:
        if not isinstance(item, str):
            raise CallError(
                f"`{name}`: got {quoted(texts)}, expected a text, or several in a list"
            )
        listed_texts.append(item)
    return listed_texts


def as_path(path: str | PathLike[str]) -> Path:
    """Return the path of a file to save, or raise a CallError if it is none."""
    if not isinstance(path, str | PathLike) or not fspath(path):
        raise CallError(
            f"`path`: got {quoted(path)}, expected the name of a file, as 'run.svg'"
        )
    return Path(path)


def as_python(value: object) -> Any:
    """Return NumPy's numbers as Python's, and what can be read only once as a list.

    Example:
        >>> as_python(iter([8, 16]))
        [8, 16]
    """
    if isinstance(value, Iterator):
        return list(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def several(name: str, choices: object) -> list[Any] | None:
    """Return the values of an argument that takes one or several, None for none."""
    if choices is None:
        return None
    if isinstance(choices, str | bytes) or not isinstance(choices, Iterable):
        return [choices]
    listed_choices = list(choices)
    if not listed_choices:
        raise CallError(f"`{name}` is empty, expected a value or several")
    return listed_choices


def several_sizes(name: str, choices: object) -> list[int] | None:
    """Return the sizes to combine."""
    listed_choices = several(name, choices)
    if listed_choices is None:
        return None
    return [whole_number(name, size, 1, MAX_SIZE) for size in listed_choices]


def several_timesteps(choices: object) -> list[int | None] | None:
    """Return the timesteps to combine; a None among several leaves them open."""
    listed_choices = several("timesteps", choices)
    if listed_choices is None:
        return None
    timesteps: list[int | None] = []
    for size in listed_choices:
        if size is None:
            timesteps.append(None)
        else:
            timesteps.append(whole_number("timesteps", size, 1, MAX_SIZE))
    return timesteps


def several_units(units: Units | Sequence[Units] | None) -> list[Units] | None:
    """Return the units to combine; those of a stack are a tuple."""
    listed_units = several("units", units)
    if listed_units is None:
        return None
    all_units: list[Units] = []
    for size in listed_units:
        if isinstance(size, list | tuple):
            all_units.append(units_of_layers(tuple(size)))
        else:
            all_units.append(whole_number("units", size, 1, MAX_SIZE))
    return all_units


def several_kinds(layer: str | Sequence[str] | None) -> list[str] | None:
    """Return the names of the kinds to combine, as Keras spells them."""
    names = several("layer", layer)
    if names is None:
        return None
    return [cell_named(name).name for name in names]


def make_runs(
    request: Request,
    function: str,
    arguments: Sequence[str],
    x: object = None,
    weights: Sequence[values.Values] | None = None,
) -> Runs:
    """Make the runs of a request; `function` and `arguments` are the call for them."""
    words = [*arguments, f"seed={request.seed}"]
    if x is not None:
        words.append("input=x")
    runs = explore_many(
        request.specs,
        seed=request.seed,
        input=x,
        weights=weights,
        # A screen of several runs has no place for them.
        try_next_layers=request.run_count == 1,
    )
    call = f"{function}({', '.join(words)})"
    made_runs = tuple(runs)
    return Runs(replace(request, repeat=tuple(call.split())), made_runs)


def with_choices(
    request: Request, only: str | Sequence[str], precision: int
) -> Request:
    """Return the request with the sections and decimals that are asked for.

    Raises:
        CallError: there is no such section, or nothing is left to show.
    """
    request = replace(
        request,
        only=read_sections(as_texts("only", only)),
        precision=whole_number("precision", precision, 0, MAX_PRECISION),
    )
    check_only(request)
    return request


def show_request(
    request: Request, runs: Sequence[values.Run], width: int | None, theme: str | None
) -> None:
    """Print the screen of a request, or display it in a notebook.

    Raises:
        CallError: there is no such theme or width.
    """

    def make_lines(look: "Look") -> "Lines":
        return screen_lines(request, runs, look)

    show_lines(make_lines, width, theme)


def show_lines(
    make_lines: "Callable[[Look], Lines]", width: int | None, theme: str | None
) -> None:
    """Print the lines that are made for a look, or display them in a notebook.

    Raises:
        CallError: there is no such theme or width.
    """
    from lstm_shapes.view import notebook
    from lstm_shapes.view.screen import stdout_printer

    is_text = isinstance(theme, str)
    if theme is not None and not (is_text and theme in notebook.THEMES_BY_NAME):
        raise CallError(f"`theme` is {quoted(theme)}, expected 'light', 'dark' or None")
    if width is not None:
        width = whole_number("width", width, MIN_WIDTH, MAX_WIDTH)
    if notebook.is_notebook():
        notebook.display_in_cell(notebook.mime_bundle(make_lines, width, theme))
        return
    printer = stdout_printer()
    look = printer.look._replace(width=width or printer.look.width)
    printer.show(make_lines(look))


def mime_bundle(
    request: Request,
    runs: Sequence[values.Run],
    width: int | None = None,
    theme: str | None = None,
) -> dict[str, str]:
    """Return the screen of a request as HTML and as plain text, for a notebook."""
    from lstm_shapes.view.notebook import mime_bundle

    def make_lines(look: "Look") -> "Lines":
        return screen_lines(request, runs, look)

    return mime_bundle(make_lines, width, theme)


def screen_lines(request: Request, runs: Sequence[values.Run], look: "Look") -> "Lines":
    """Return the lines of the screen of a request; without runs, what is known."""
    from lstm_shapes.view.screen import Printer
    from lstm_shapes.view.sweep import screen_of

    lines: Lines = []
    screen = screen_of(request, Printer(lines.extend, look))
    screen.begin()
    if runs:
        add_runs(screen, request, runs)
    return lines


def save_runs(
    request: Request,
    runs: Sequence[values.Run],
    path: str | PathLike[str],
    *,
    force: bool,
    light: bool,
) -> None:
    """Write runs to a file, in the format of its suffix."""
    from lstm_shapes.view.save import saved_files

    check_bool("force", force)
    check_bool("light", light)
    request = replace(request, save=(as_path(path),), force=force, light=light)
    check_light(request)
    for file in saved_files(request):
        with closing(file):
            file.begin()
            add_runs(file, request, runs)


def add_runs(view: "View", request: Request, runs: Sequence[values.Run]) -> None:
    """Tell a view each row of a request with its runs, and that this was all."""
    remaining_runs = iter(runs)
    for row in request.rows:
        view.add(row, list(islice(remaining_runs, len(row))))
    view.end()


def run_that_shows(
    run: values.Run,
    weights_owner: str = "",
    subject_code: str = "",
    file_words: tuple[str, ...] = (),
) -> Run:
    """Return the same run as one that shows and saves itself."""
    facts = {field.name: getattr(run, field.name) for field in fields(values.Run)}
    return Run(
        **facts,
        weights_owner=weights_owner,
        subject_code=subject_code,
        file_words=file_words,
    )


def request_of_run(run: values.Run) -> Request:
    """Return the request that makes a run, with the words that repeat it."""
    arguments = [f"{run.spec!r}", f"seed={run.seed}"]
    weights_owner = ""
    if run.has_own_weights:
        arguments[0] = "layer"
        weights_owner = "the layer"
    if isinstance(run, Run) and run.subject_code:
        arguments[0] = run.subject_code
        weights_owner = run.weights_owner
    if run.has_own_input:
        arguments.append("input=x")
    if run.next_layer_codes:
        arguments.append(f"next_layers={list(run.next_layer_codes)}")
    repeat = f"explore({', '.join(arguments)})"
    file_words: tuple[str, ...] = ()
    if isinstance(run, Run):
        file_words = run.file_words
    shell_words: tuple[str, ...] = ()
    # An input, or weights, of this process are nothing that a shell can name.
    if not run.has_own_input and (file_words or not run.has_own_weights):
        shell_words = words_of_call(
            run.spec,
            seed=run.seed,
            subject=file_words,
            next_layers=run.next_layer_codes,
        )
    return Request(
        rows=((run.spec,),),
        has_array_as_input=run.has_own_input,
        weights_owner=weights_owner,
        file_words=file_words,
        read_files=tuple(map(Path, file_words[:1])),
        seed=run.seed,
        next=run.next_layer_codes,
        repeat=tuple(repeat.split()),
        shell_words=shell_words,
    )
