"""Shared by the tests: runs with fixed numbers, the command in this process, golden files."""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from rich.console import Console
from rich.text import Text

from lstm_shapes.cli import app
from lstm_shapes.cli import run as run_command
from lstm_shapes.run.tried import NextLayer, TwoCalls
from lstm_shapes.run.values import Run, Values, whole
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.screen import Screen, look_of
from tests.oracle import Floats, States, expected_outputs, stack

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = {"lstm_shapes": "0.3.0", "tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"}
SEED = 1729

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
    pytest.param({"units": (6, 5), "bidirectional": True}, id="stack in both directions"),
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files anew, then review them"
    )
    parser.addoption(
        "--fuzz", type=int, default=0, metavar="N", help="make N of the drawn calls, on Keras"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name, or writes it with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def oracle_outputs(spec: LSTMSpec, x: Floats, weights: Sequence[Floats]) -> list[Floats]:
    """Return the arrays that follow from the equations for this input and these weights."""
    states = states_of(spec, x, weights)
    flags = {"return_sequences": spec.return_sequences, "return_state": spec.return_state}
    return expected_outputs(*states, **flags)


def states_of(spec: LSTMSpec, x: Floats, weights: Sequence[Floats]) -> Sequence[States]:
    """Return the states of each direction of the last layer, by the equations."""
    sides = len(spec.last.directions)
    return stack(x, weights, kind=spec.layer, directions=sides, lengths=spec.lengths)


@cache
def fixed_run(spec: LSTMSpec) -> Run:
    """A run whose numbers come from sines and the NumPy LSTM: the same on every machine."""
    x = _waves(spec.input.shape, 0, 2.0)
    weights = [_waves(weight.shape, at, 0.5) for at, weight in enumerate(spec.weights)]
    return run_of(spec, x, weights, oracle_outputs(spec, x, weights))


def explore_without_keras(
    specs: Iterable[LSTMSpec],
    *,
    seed: int,
    input: Any = None,  # noqa: A002  # as the real one has it
    try_next_layers: bool = False,
    next_layers: Sequence[str] = (),
    all_cell_states: bool = False,
    on_phase: object = None,
) -> Iterator[Run]:
    """Make runs of the equations, in place of Keras'."""
    del on_phase, next_layers
    for spec in specs:
        run = fixed_run(spec)
        if input is not None:
            weights = list(run.weights.values())
            with np.errstate(all="ignore"):
                outputs = oracle_outputs(spec, input, weights)
            run = replace(run_of(spec, input, weights, outputs), own_input=True)
        run = with_cell_states(run) if all_cell_states else run
        yield replace(run, seed=seed, next_layers=run.next_layers if try_next_layers else None)


@pytest.fixture
def without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of all that is around Keras."""
    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_without_keras)


def run_of(spec: LSTMSpec, x: Floats, weights: Sequence[Floats], outputs: Sequence[Floats]) -> Run:
    """A run that Keras has not made, with all that it would say of it."""
    return Run(
        spec=spec,
        seed=SEED,
        input=whole(spec.input, _float32(x)),
        outputs=tuple(
            whole(array, _float32(values))
            for array, values in zip(spec.outputs, outputs, strict=True)
        ),
        weights={
            of.name: _float32(w) for of, w in zip(spec.weights, weights, strict=bool(weights))
        },
        versions=VERSIONS,
        next_layers=_next_layers(spec),
        two_calls=_two_calls(spec),
    )


def with_cell_states(run: Run) -> Run:
    """Add c at every timestep, as the equations have it."""
    states = states_of(run.spec, run.input.values, [*run.weights.values()])
    more = zip(run.spec.last.all_other_states, states, strict=True)
    return replace(run, more=tuple(whole(array, _float32(of.c)) for array, of in more))


def _waves(shape: tuple[int, ...], phase: int, scale: float) -> Values:
    count = int(np.prod(shape))
    waves: Values = (np.sin(np.arange(count) * 1.7 + count + phase) * scale).astype(np.float32)
    return waves.reshape(shape)


def _float32(values: Floats) -> Values:
    return values.astype(np.float32, copy=False)


def _next_layers(spec: LSTMSpec) -> tuple[NextLayer, ...]:
    """Return the next layers as Keras 3.15 has them; tests/run/test_next_layer.py asks it."""
    names = tuple(array.name for array in spec.outputs)
    shape, units = spec.outputs[0].model_shape, spec.outputs[0].shape[-1]
    flat = "Input 0 of the layer is incompatible with the layer: expected ndim=3, found ndim=2"
    many = f"the layer expects 1 input(s), but it received {len(names)} input tensors"
    dense = NextLayer("Dense(1)", names[:1], (*shape[:-1], 1), None, parameters=units + 1)
    lstm = NextLayer("LSTM(1)", names[:1], None, flat, cure="sequence")
    if len(shape) > 2:
        lstm = NextLayer("LSTM(1)", names[:1], (None, 1), None, parameters=4 * (units + 2))
    if len(shape) > 2 and spec.last.is_masked:
        dense = dense._replace(uses_mask=False, passes_mask=True)
        lstm = lstm._replace(uses_mask=True, passes_mask=False)
    together = tuple(
        NextLayer(layer, names, None, many, cure="first") for layer in ("Dense(1)", "LSTM(1)")
    )
    return (dense, lstm, *(together if len(names) > 1 else ()), *_decoders(spec))


def _decoders(spec: LSTMSpec) -> Iterator[NextLayer]:
    """Return the decoders that begin at the states of a run."""
    names, units = [array.name for array in spec.outputs[1:]], spec.last.units

    def decoder(layer: str, units: int, parameters: int, states: Iterable[str]) -> NextLayer:
        facts: dict[str, Any] = {"parameters": parameters, "initial_state": tuple(states)}
        return NextLayer(layer, ("input",), (None, units), None, **facts)

    def parameters(units: int) -> int:
        gates, biases = len(spec.cell.gates), spec.cell.bias_rows
        return gates * units * (spec.features + units + biases)

    kind = spec.cell.name
    if names and not spec.bidirectional:
        yield decoder(f"{kind}({units})", units, parameters(units), names)
    elif names:
        code = f"Bidirectional({kind}({units}))"
        yield decoder(code, 2 * units, 2 * parameters(units), names)
        pairs = zip(names, names[len(names) // 2 :], strict=False)
        joined = (f"Concatenate()([{forward}, {backward}])" for forward, backward in pairs)
        yield decoder(f"{kind}({2 * units})", 2 * units, parameters(2 * units), joined)


def _two_calls(spec: LSTMSpec) -> TwoCalls | None:
    steps = spec.timesteps if spec.timesteps <= 10 else 4
    if not spec.hands_on:
        return None
    return TwoCalls((steps // 2, steps - steps // 2), holds=True, max_difference=0.0)


def request_of(arguments: str) -> Request:
    """Return the request of a call, with the seed of the fixed runs as the command adds one."""
    command: Any = typer.main.get_command(app)
    request: Request = command.main(arguments.split(), standalone_mode=False)
    if request.dry_run:
        return request
    return replace(request, seed=SEED, repeat=[*request.repeat, f"--seed {SEED}"])


def screen(
    arguments: str,
    width: int = 80,
    encoding: str = "utf-8",
    colours: bool = False,
    run: Callable[[LSTMSpec], Run] = fixed_run,
) -> str:
    """Return what a terminal of that width and encoding shows of a call."""
    request = request_of(arguments)
    lines: Lines = []
    console = console_of(width, encoding, colours)
    view = Screen(request, lines.extend, look_of(console))
    view.begin()
    for row in request.rows:
        view.add(row, [] if request.dry_run else list(map(run, row)))
    view.end()
    console.print(Text("\n").join(lines), soft_wrap=True)
    console.file.flush()
    written: BytesIO = console.file.buffer  # type: ignore[attr-defined]  # as made below
    return written.getvalue().decode(encoding)


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


@dataclass(frozen=True)
class Answer:
    """The status and the streams of a call."""

    status: int
    stdout: str
    stderr: str


Command = Callable[..., Answer]


def pasted_words(screen: str) -> list[str]:
    """Return the words below "repeat with", as bash reads them."""
    pasted = screen.split("repeat with\n")[1].replace("lstm-shapes", r"printf '%s\0'", 1)
    words = subprocess.run(["bash", "-c", pasted], check=True, capture_output=True).stdout
    return [os.fsdecode(word) for word in words.split(b"\0")[:-1]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Calls the command in this process, which has paid for TensorFlow's import already."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        status = run_command(arguments)
        return Answer(status, *capsys.readouterr())

    return call
