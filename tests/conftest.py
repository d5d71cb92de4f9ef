"""Share what many tests need: runs of fixed numbers, the command, golden files."""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import version
from io import BytesIO, TextIOWrapper
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from rich.console import Console
from rich.text import Text

from lstm_shapes.api import Run
from lstm_shapes.cli import app
from lstm_shapes.cli import run as run_command
from lstm_shapes.request import Request
from lstm_shapes.run.stepping import with_first_negated
from lstm_shapes.run.steps import Steps
from lstm_shapes.run.trials import Decoder, TriedLayer, TwoCalls
from lstm_shapes.run.values import Values, whole_array
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.screen import Printer, look_of
from lstm_shapes.view.sweep import screen_of
from tests.oracle import Floats, States, expected_outputs, stack
from tests.stepped import steps_by_equations

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = {
    "lstm_shapes": "0.9.0",
    "tensorflow": "2.21.0",
    "keras": "3.15.1",
    "numpy": "2.4.6",
}
SEED = 1729

# Keras 3.5, the oldest that the tests are run with, refuses some of what 3.15 takes.
KERAS_VERSION = tuple(int(number) for number in version("keras").split(".")[:2])
FROM_KERAS_3_10 = pytest.mark.skipif(
    KERAS_VERSION < (3, 10),
    reason="this Keras has no such layer, or refuses the arrays",
)

FLAGS = [
    pytest.param({}, id="neither"),
    pytest.param({"return_sequences": True}, id="sequences"),
    pytest.param({"return_state": True}, id="state"),
    pytest.param({"return_sequences": True, "return_state": True}, id="both flags"),
]
KINDS = ["LSTM", "GRU", "SimpleRNN"]
LAYERS = [
    pytest.param({}, id="one layer"),
    pytest.param({"bidirectional": True}, id="both directions"),
    pytest.param({"units": (6, 5)}, id="stack"),
    pytest.param(
        {"units": (6, 5), "bidirectional": True},
        id="stack in both directions",
    ),
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this project to pytest."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew, then review them",
    )
    parser.addoption(
        "--fuzz",
        type=int,
        default=0,
        metavar="N",
        help="make N of the drawn calls, on Keras",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or write it, with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


class FixedRun(Run):
    """A run whose gates and states come from NumPy, where others ask Keras for them."""

    @cached_property
    def steps(self) -> tuple[Steps, ...]:
        """What each direction of each layer does at each timestep."""
        return steps_by_equations(self)

    @cached_property
    def first_input_effects(self) -> tuple[Values, ...]:
        """How far the last h moves if the first x is turned to -x, each (batch,)."""
        effects = []
        for number in range(-len(self.spec.last.directions), 0):
            steps = self.steps[number]
            changed_run = replace(self, input=with_first_negated(self, steps))
            changed_h = steps_by_equations(changed_run)[number].states["h"][:, -1]
            moves = np.abs(changed_h - steps.states["h"][:, -1])
            effects.append(moves.max(axis=1))
        return tuple(effects)


@cache
def fixed_run(spec: Spec) -> Run:
    """Make a run from sines and the NumPy cells: the same on every machine."""
    x = waves(spec.input.shape, phase=0, scale=2.0)
    weights = []
    for number, weight in enumerate(spec.weights):
        weights.append(waves(weight.shape, phase=number, scale=0.5))
    return run_of(spec, x, weights, oracle_outputs(spec, x, weights))


def waves(shape: tuple[int, ...], phase: int, scale: float) -> Values:
    """Return an array of a shape, filled with sines from -scale to scale."""
    count = prod(shape)
    angles = np.arange(count) * 1.7 + count + phase
    values: Values = as_float32(np.sin(angles) * scale)
    return values.reshape(shape)


def as_float32(values: Floats) -> Values:
    """Return the values as Keras has them, without a copy where they are so already."""
    return values.astype(np.float32, copy=False)


def oracle_outputs(spec: Spec, x: Floats, weights: Sequence[Floats]) -> list[Floats]:
    """Return the arrays that follow from the equations, this input and these weights.

    `x` is (batch, timesteps, features), and the weights are in Keras' order.
    """
    directions = states_of(spec, x, weights)
    return expected_outputs(
        *directions,
        return_sequences=spec.return_sequences,
        return_state=spec.return_state,
    )


def states_of(spec: Spec, x: Floats, weights: Sequence[Floats]) -> Sequence[States]:
    """Return the states of each direction of the last layer, by the equations."""
    return stack(
        x,
        weights,
        kind=spec.layer,
        directions=len(spec.last.directions),
        lengths=spec.lengths,
        padding=spec.padding,
    )


def run_of(
    spec: Spec,
    x: Floats,
    weights: Sequence[Floats],
    outputs: Sequence[Floats],
) -> Run:
    """Make a run of these arrays, with all that a run of Keras would say of them.

    `weights` may be empty, for a run whose numbers do not matter.
    """
    output_arrays = []
    for array, values in zip(spec.outputs, outputs, strict=True):
        output_arrays.append(whole_array(array, as_float32(values)))
    named_weights = {}
    if weights:
        for weight, values in zip(spec.weights, weights, strict=True):
            named_weights[weight.name] = as_float32(values)
    return FixedRun(
        spec=spec,
        seed=SEED,
        input=whole_array(spec.input, as_float32(x)),
        outputs=tuple(output_arrays),
        weights=named_weights,
        versions=VERSIONS,
        next_layers=tuple(tried_layers(spec)),
        decoder=decoder(spec),
        two_calls=in_two_calls(spec),
    )


# The next layers are as Keras 3.15 has them: tests/run/test_next_layer.py asks it.


def tried_layers(spec: Spec) -> list[TriedLayer]:
    """Return the layers that a run tries by itself on what came back."""
    attempts = [tried_dense(spec), tried_lstm(spec)]
    if len(spec.outputs) > 1:
        attempts.append(refused_list("Dense(1)", spec))
        attempts.append(refused_list("LSTM(1)", spec))
    # Each is a chain of its own.
    return [attempt._replace(chain=chain) for chain, attempt in enumerate(attempts, 1)]


def tried_dense(spec: Spec) -> TriedLayer:
    """Return how Dense takes the output: at every timestep, and unaware of a mask."""
    output = spec.outputs[0]
    attempt = TriedLayer(
        layer="Dense(1)",
        takes=(output.name,),
        output_shape=(*output.model_shape[:-1], 1),
        error=None,
        parameters=output.shape[-1] + 1,
    )
    if spec.return_sequences and spec.is_masked:
        return attempt._replace(uses_mask=False, passes_mask=True)
    return attempt


def tried_lstm(spec: Spec) -> TriedLayer:
    """Return how another LSTM takes the output, which has to be a sequence."""
    output = spec.outputs[0]
    if not spec.return_sequences:
        return TriedLayer(
            layer="LSTM(1)",
            takes=(output.name,),
            output_shape=None,
            error=(
                "Input 0 of the layer is incompatible with the layer:"
                " expected ndim=3, found ndim=2"
            ),
            cure="sequence",
        )
    attempt = TriedLayer(
        layer="LSTM(1)",
        takes=(output.name,),
        output_shape=(None, 1),
        error=None,
        parameters=4 * (output.shape[-1] + 2),
    )
    if spec.is_masked:
        return attempt._replace(uses_mask=True, passes_mask=False)
    return attempt


def refused_list(layer: str, spec: Spec) -> TriedLayer:
    """Return how a layer refuses the list of all arrays that were returned."""
    names = tuple(array.name for array in spec.outputs)
    return TriedLayer(
        layer=layer,
        takes=names,
        output_shape=None,
        error=(
            f"the layer expects 1 input(s), but it received {len(names)} input tensors"
        ),
        cure="first",
    )


def decoder(spec: Spec) -> Decoder | None:
    """Return the decoder that begins at the states of a run, if it returned them."""
    if not spec.return_state:
        return None
    units = spec.last.layer.units
    initial_state = [array.name for array in spec.last.states]
    if spec.bidirectional:
        units *= 2
        initial_state = []
        for state in spec.cell.states:
            pair = f"forward_{state.name}, backward_{state.name}"
            initial_state.append(f"Concatenate()([{pair}])")
    return Decoder(
        layer=f"{spec.cell.name}({units}, return_sequences=True)",
        initial_state=tuple(initial_state),
        output_shape=(None, None, units),
        units=units,
    )


def in_two_calls(spec: Spec) -> TwoCalls | None:
    """Return what two calls with the states handed on give: the same as one call."""
    if not spec.can_hand_on:
        return None
    # A long sequence is compared by its first four timesteps.
    timesteps = spec.timesteps if spec.timesteps <= 10 else 4
    first_half = timesteps // 2
    return TwoCalls(
        timesteps=(first_half, timesteps - first_half),
        holds=True,
        max_difference=0.0,
        sample_count=min(spec.batch_size, 2)
        if timesteps < spec.timesteps
        else spec.batch_size,
    )


def explore_without_keras(
    specs: Iterable[Spec],
    *,
    weights: Sequence[Floats] | None = None,
    seed: int,
    input: Any = None,  # noqa: A002  # named as in explore_many
    try_next_layers: bool = False,
    next_layers: Sequence[str] = (),
    max_next_layer_bytes: float | None = None,
    compare_calls: bool = False,
    on_phase: object = None,
) -> Iterator[Run]:
    """Make runs by the equations, with the signature of `explore_many`."""
    del on_phase, next_layers, max_next_layer_bytes
    for spec in specs:
        if is_known_to_cells(spec):
            run = fixed_run(spec)
            if weights is not None:
                x = run.input.values
                run = run_of(spec, x, weights, oracle_outputs(spec, x, weights))
            if input is not None:
                run = run_on_input(run, input)
        else:
            run = run_of_waves(spec, input)
        if not try_next_layers:
            run = replace(run, next_layers=None, decoder=None)
        if not compare_calls:
            run = replace(run, two_calls=None)
        yield replace(run, seed=seed)


def is_known_to_cells(spec: Spec) -> bool:
    """Return True if the NumPy cells step through these layers: those that options make."""
    flags = ("return_sequences", "return_state", "bidirectional")
    for layer in spec.layers:
        arguments = {flag: getattr(layer, flag) for flag in flags}
        if layer != Layer(cell=spec.cell, units=layer.units, **arguments):
            return False
        if layer.bidirectional is not spec.bidirectional:
            return False
    return True


def run_of_waves(spec: Spec, x: Any) -> Run:
    """Make a run of any layers, whose arrays have their shapes and any numbers.

    `x` is the caller's input, or None.
    """
    run = run_of(
        spec,
        waves(spec.input.shape, phase=0, scale=2.0) if x is None else x,
        [waves(weight.shape, phase=0, scale=0.5) for weight in spec.weights],
        [waves(array.shape, phase=0, scale=1.0) for array in spec.outputs],
    )
    return replace(run, has_own_input=x is not None)


def run_on_input(run: Run, x: Floats) -> Run:
    """Make a run of the same weights on the caller's input, which may hold NaN."""
    weights = list(run.weights.values())
    with np.errstate(all="ignore"):
        outputs = oracle_outputs(run.spec, x, weights)
    return replace(run_of(run.spec, x, weights, outputs), has_own_input=True)


@pytest.fixture
def without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make runs without Keras, for tests of all that is around it."""
    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_without_keras)


def request_of(arguments: str) -> Request:
    """Return the request of a call, with the seed of the fixed runs.

    The command draws a seed for a run, and adds it to the words that repeat the call.
    """
    command: Any = typer.main.get_command(app)
    request: Request = command.main(arguments.split(), standalone_mode=False)
    if request.dry_run:
        return request
    return request.with_seed(SEED)


def screen(
    arguments: str,
    width: int = 80,
    encoding: str = "utf-8",
    colours: bool = False,
    run: Callable[[Spec], Run] = fixed_run,
) -> str:
    """Return what a terminal of that width and encoding shows of a call."""
    request = request_of(arguments)
    console = console_of(width, encoding, colours)
    lines: Lines = []
    view = screen_of(request, Printer(lines.extend, look_of(console)))
    view.begin()
    for row in request.rows:
        runs = [] if request.dry_run else [run(spec) for spec in row]
        view.add(row, runs)
    view.end()
    console.print(Text("\n").join(lines), soft_wrap=True)
    console.file.flush()
    stream: BytesIO = console.file.buffer  # type: ignore[attr-defined]  # see console_of
    return stream.getvalue().decode(encoding)


def console_of(width: int, encoding: str, colours: bool) -> Console:
    """Return a console like a terminal's, or without colours like a pipe's."""
    return Console(
        file=TextIOWrapper(BytesIO(), encoding),
        width=width,
        color_system="truecolor" if colours else None,
        force_terminal=colours,
        highlight=False,
        _environ={},
    )


def pasted_words(screen: str) -> list[str]:
    """Return the options behind "repeat with", as bash reads them."""
    pasted = screen.split("repeat with")[1].strip()
    script = pasted.replace("lstm-shapes", r"printf '%s\0'", 1)
    command = ["bash", "-c", script]
    bash = subprocess.run(command, check=True, capture_output=True)
    words = bash.stdout.removesuffix(b"\0").split(b"\0")
    return [os.fsdecode(word) for word in words]


@dataclass(frozen=True)
class Answer:
    """The status and the streams of a call."""

    status: int
    stdout: str
    stderr: str


Command = Callable[..., Answer]


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Call the command in this process, which has paid for TensorFlow's import."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Answer:
        capsys.readouterr()  # forget what was written before
        status = run_command(arguments)
        streams = capsys.readouterr()
        return Answer(status, streams.out, streams.err)

    return call
