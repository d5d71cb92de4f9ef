"""What the tests share: runs with fixed numbers, the command in this process, and golden files."""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from rich.console import Console, Group, RenderableType

from lstm_shapes.cli import run as run_command
from lstm_shapes.run.interrupts import SIGNALS
from lstm_shapes.run.values import Array, Layer, NextLayer, Parameters, Run, Values, Weight
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.screen import Screen
from lstm_shapes.view.view import View
from tests.oracle import Floats, expected_outputs, stack

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = {"lstm_shapes": "0.2.0", "tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"}
SEED = 1729

FLAGS = [
    pytest.param({}, id="neither"),
    pytest.param({"return_sequences": True}, id="sequences"),
    pytest.param({"return_state": True}, id="state"),
    pytest.param({"return_sequences": True, "return_state": True}, id="both flags"),
]
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


def specs(most: int) -> st.SearchStrategy[LSTMSpec]:
    """Up to three layers, in one direction or in both, with sizes up to `most`."""
    sizes = st.integers(1, most)
    return st.builds(
        LSTMSpec,
        timesteps=sizes,
        features=sizes,
        units=st.lists(sizes, min_size=1, max_size=3).map(tuple),
        batch_size=sizes,
        return_sequences=st.booleans(),
        return_state=st.booleans(),
        bidirectional=st.booleans(),
    )


def oracle_outputs(spec: LSTMSpec, x: Floats, weights: Sequence[Floats]) -> list[Floats]:
    """What the equations say that the layers return for this input and these weights."""
    states = stack(x, weights, directions=len(spec.last.directions))
    return expected_outputs(
        *states, return_sequences=spec.return_sequences, return_state=spec.return_state
    )


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
    x: Any = None,
    try_next_layers: bool = False,
    on_phase: object = None,
) -> Iterator[Run]:
    """Runs of the equations, in place of Keras'."""
    del on_phase
    for spec in specs:
        run = fixed_run(spec)
        if x is not None:
            weights = [weight.values for weight in run.weights]
            with np.errstate(all="ignore"):
                run = run_of(spec, x, weights, oracle_outputs(spec, x, weights))
        yield replace(run, seed=seed, next_layers=run.next_layers if try_next_layers else None)


@pytest.fixture
def without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of all that is around Keras."""
    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_without_keras)


@pytest.fixture
def default_signals() -> Iterator[None]:
    """What a process begins with: tests may run as a background job, with some of them ignored."""
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    for signum in SIGNALS:
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


def constant_run(spec: LSTMSpec) -> Run:
    """A run of any sizes: arrays of one number each, which take no memory, and no weights."""
    x, *outputs = (np.broadcast_to(np.float32(0.5), array.shape) for array in spec.arrays)
    return run_of(spec, x, [], outputs)


def run_of(spec: LSTMSpec, x: Floats, weights: Sequence[Floats], outputs: Sequence[Floats]) -> Run:
    """A run that Keras has not made, with all that it would say of it."""
    layers = [("input", "InputLayer", [spec.input], 0)] + [
        (of.name, "Bidirectional" if of.bidirectional else "LSTM", of.outputs, of.parameters)
        for of in spec.layers
    ]
    return Run(
        spec=spec,
        seed=SEED,
        model="lstm_shapes",
        input=Array.whole(spec.input, _float32(x)),
        outputs=tuple(
            Array.whole(array, _float32(values))
            for array, values in zip(spec.outputs, outputs, strict=True)
        ),
        weights=tuple(
            Weight(weight.name, _float32(values))
            for weight, values in zip(spec.weights, weights, strict=bool(weights))
        ),
        layers=tuple(
            Layer(name, kind, tuple(array.model_shape for array in arrays), count)
            for name, kind, arrays, count in layers
        ),
        parameters=Parameters(spec.parameters, spec.parameters, 0),
        versions=VERSIONS,
        next_layers=_next_layers(spec),
    )


def _waves(shape: tuple[int, ...], phase: int, scale: float) -> Values:
    count = int(np.prod(shape))
    waves: Values = (np.sin(np.arange(count) * 1.7 + count + phase) * scale).astype(np.float32)
    return waves.reshape(shape)


def _float32(values: Floats) -> Values:
    return values.astype(np.float32, copy=False)


def _next_layers(spec: LSTMSpec) -> tuple[NextLayer, ...]:
    """What Keras 3.15 makes of the outputs, which tests/run/test_next_layer.py asks it."""
    names = tuple(array.name for array in spec.outputs)
    shape = spec.outputs[0].model_shape
    flat = (
        "Input 0 with name 'None' of layer 'next' is incompatible with the layer: "
        "expected ndim=3, found ndim=2"
    )
    many = f'Layer "next" expects 1 input(s), but it received {len(names)} input tensors'
    lstm = ((None, 1), None) if len(shape) > 2 else (None, flat)
    alone = (
        NextLayer("Dense(1)", names[:1], (*shape[:-1], 1), None),
        NextLayer("LSTM(1)", names[:1], *lstm),
    )
    together = tuple(NextLayer(layer, names, None, many) for layer in ("Dense(1)", "LSTM(1)"))
    return (*alone, *together) if len(names) > 1 else alone


def seeded(request: Request) -> Request:
    """The request with the seed of the fixed runs, as the command adds one to it."""
    if request.dry_run:
        return request
    return replace(request, seed=SEED, repeat=[*request.repeat, f"--seed {SEED}"])


def show_all(view: View, request: Request, run: Callable[[LSTMSpec], Run] = fixed_run) -> None:
    """Tell the view all that a request would tell it, with the numbers of `run`."""
    view.begin()
    for row in request.grid.rows:
        view.add(row, [] if request.dry_run else list(map(run, row)))
    view.end()


def screen(
    request: Request,
    width: int = 80,
    encoding: str = "utf-8",
    run: Callable[[LSTMSpec], Run] = fixed_run,
) -> str:
    """All that the screen of the request shows."""
    shown: list[RenderableType] = []
    show_all(Screen(seeded(request), shown.append), request, run)
    return rendered(Group(*shown), width, encoding)


def rendered(
    renderable: RenderableType, width: int = 80, encoding: str = "utf-8", colours: bool = False
) -> str:
    """What a terminal of that width and encoding shows, without trailing blanks."""
    written = BytesIO()
    file = TextIOWrapper(written, encoding)
    console = Console(
        file=file,
        width=width,
        color_system="truecolor" if colours else None,
        force_terminal=colours,
        highlight=False,
        _environ={},
    )
    console.print(renderable, crop=False)
    file.flush()
    return "".join(
        f"{line.rstrip()}\n" for line in written.getvalue().decode(encoding).splitlines()
    )


@dataclass(frozen=True)
class Answer:
    """What a call of the command came to."""

    status: int
    stdout: str
    stderr: str


Command = Callable[..., Answer]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Calls the command in this process, which has paid for TensorFlow's import already."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        status = run_command(arguments)
        return Answer(status, *capsys.readouterr())

    return call
