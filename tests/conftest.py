"""What the tests share: runs with fixed numbers, the command in this process, and golden files."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console, RenderableType

from lstm_shapes.cli import run as run_command
from lstm_shapes.run import Layer, Parameters, Run, RunArray, Values, Weight
from lstm_shapes.spec import ArraySpec, LSTMSpec
from tests.oracle import expected_outputs, lstm

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = {"lstm_shapes": "0.1.0", "tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files anew, then review them"
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


def fixed_run(spec: LSTMSpec) -> Run:
    """A run whose numbers come from sines and the NumPy LSTM: the same on every machine."""
    x = _waves(spec.input.shape, 2.0)
    weights = [_waves(weight.shape, 0.5) for weight in spec.weights]
    states = lstm(x, *weights)
    values = expected_outputs(
        states, return_sequences=spec.return_sequences, return_state=spec.return_state
    )
    model_shapes = tuple(array.model_shape for array in spec.outputs)
    return Run(
        spec=spec,
        seed=1729,
        model="lstm_shapes",
        input=_whole(spec.input, x),
        outputs=tuple(
            _whole(array, value) for array, value in zip(spec.outputs, values, strict=True)
        ),
        weights=tuple(
            Weight(weight.name, value) for weight, value in zip(spec.weights, weights, strict=True)
        ),
        layers=(
            Layer("input", "InputLayer", (spec.input.model_shape,), 0),
            Layer("lstm", "LSTM", model_shapes, spec.parameters),
        ),
        parameters=Parameters(spec.parameters, spec.parameters, 0),
        versions=VERSIONS,
    )


def _waves(shape: tuple[int, ...], scale: float) -> Values:
    count = int(np.prod(shape))
    waves: Values = (np.sin(np.arange(count) * 1.7 + count) * scale).astype(np.float32)
    return waves.reshape(shape)


def _whole(array: ArraySpec, values: np.ndarray) -> RunArray:
    positions = tuple(range(size) for size in array.shape)
    floats = values.astype(np.float32)
    return RunArray(array.name, array.axes, positions, floats, array.model_shape, array.meaning)


def rendered(renderable: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    """What a terminal of that width and encoding shows, without colours and trailing blanks."""
    written = BytesIO()
    file = TextIOWrapper(written, encoding)
    console = Console(file=file, width=width, color_system=None, force_terminal=False, _environ={})
    console.print(renderable)
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
