import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_shapes.spec.model import MAX_SEED, LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.program import Program, program

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

# That tf.data is not eager: it hands the input over as it is.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the .tf.config:UserWarning")

SPECS = [
    pytest.param(LSTMSpec(), id="neither"),
    pytest.param(LSTMSpec(return_sequences=True), id="sequences"),
    pytest.param(LSTMSpec(return_state=True), id="state"),
    pytest.param(LSTMSpec(return_sequences=True, return_state=True), id="both"),
    pytest.param(LSTMSpec(units=(6, 7), return_state=True, batch_size=2), id="a stack"),
    pytest.param(
        LSTMSpec(bidirectional=True, return_sequences=True, return_state=True),
        id="both directions",
    ),
    pytest.param(LSTMSpec(bidirectional=True, return_state=True), id="both directions, last h"),
    pytest.param(LSTMSpec(units=(2, 2, 2, 3), return_sequences=True), id="a deep stack"),
    pytest.param(LSTMSpec(units=(2, 3, 2, 3), bidirectional=True), id="deep, both directions"),
]

sizes = st.sampled_from([1, 5, 2**20 - 1])
depths = st.one_of(sizes, st.lists(st.sampled_from([1, 64, 2**20 - 1]), min_size=1, max_size=99))
specs = st.builds(
    LSTMSpec,
    timesteps=sizes,
    features=sizes,
    units=depths,
    batch_size=sizes,
    return_sequences=st.booleans(),
    return_state=st.booleans(),
    bidirectional=st.booleans(),
)
names = st.one_of(
    st.none(),
    st.just("\udcff.npy"),
    st.text(st.characters(exclude_characters="\0"), min_size=1),
    st.integers(80, 110).map(lambda length: "x" * length),
    st.lists(st.sampled_from("'\"\\\n"), min_size=1).map("".join),
)


def ruff(*arguments: str, folder: Path) -> str:
    """What Ruff says of the programs in a folder."""
    command = [sys.executable, "-m", "ruff", *arguments, str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return finished.stdout + finished.stderr


def run(text: str) -> tuple[dict[str, Any], str]:
    """The names that a program leaves behind and what it prints."""
    import tensorflow as tf

    scope: dict[str, Any] = {}
    tf.config.run_functions_eagerly(True)  # the same numbers, in less time than tracing takes
    try:
        with redirect_stdout(StringIO()) as printed:
            exec(compile(text, "program.py", "exec"), scope)
    finally:
        tf.config.run_functions_eagerly(False)
    return scope, printed.getvalue()


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.builds(program, specs, st.sampled_from([0, MAX_SEED]), names), min_size=9))
def test_it_is_as_ruff_would_have_it(texts: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for at, text in enumerate(texts):
            (folder / f"{at}.py").write_text(text, encoding="utf-8")
        ruff("format", "--config", str(PYPROJECT), folder=folder)
        assert [
            (folder / f"{at}.py").read_text(encoding="utf-8") for at in range(len(texts))
        ] == texts
        assert ruff("check", "--isolated", folder=folder) == "All checks passed!\n"


@pytest.mark.parametrize("spec", SPECS)
def test_it_prints_the_shapes_of_the_run_and_its_comments_are_so(spec: LSTMSpec) -> None:
    text = program(spec, seed=7)
    scope, printed = run(text)
    shapes = [f"{array.name} {array.shape}" for array in spec.outputs]
    assert printed.splitlines()[-len(shapes) :] == shapes
    assert f"Total params: {spec.parameters} (" in printed
    same = np.random.default_rng(7).standard_normal(spec.input.shape, dtype=np.float32)
    np.testing.assert_array_equal(scope["x"], same)
    for equality in spec.equalities:
        assert f"# {equality.claim}" in text
        left, right = (eval(str(side), scope) for side in (equality.left, equality.right))
        assert np.allclose(left, right, atol=1e-6) is equality.equal


@pytest.mark.parametrize("name", ["x.npy", 'it\'s "x" ünd\\\n' + "y" * 99], ids=["short", "odd"])
def test_it_loads_the_input_it_is_given(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.arange(2 * 6 * 3).reshape(2, 6, 3)
    with (tmp_path / name).open("wb") as file:
        np.save(file, x)
    monkeypatch.chdir(tmp_path)
    spec = LSTMSpec(timesteps=6, features=3, batch_size=2, return_sequences=True)
    scope, printed = run(program(spec, seed=7, input_file=name))
    assert printed.splitlines()[-1] == "all_hidden_states (2, 6, 5)"
    np.testing.assert_array_equal(scope["x"], x)
    assert scope["x"].dtype == np.float32


def test_no_program_is_long() -> None:
    """A hundred layers are a loop, not a hundred lines."""
    for units in ((8,) * 100, tuple(range(1, 101))):
        assert len(program(LSTMSpec(units=units), seed=1).splitlines()) < 40


def test_it_stands_alone() -> None:
    text = program(LSTMSpec(units=(8, 9), bidirectional=True), seed=1)
    assert "lstm_shapes" not in text
    assert "lstm-shapes" not in text


def test_layers_are_written_as_on_the_screen() -> None:
    spec = LSTMSpec(units=(64, 32), bidirectional=True, return_state=True)
    text = program(spec, seed=1)
    assert [layer.call in text for layer in spec.layers] == [True, True]


@pytest.mark.parametrize("input_file", [None, Path("x.npy"), Path("\udcff.npy")])
def test_it_is_saved(input_file: Path | None, tmp_path: Path) -> None:
    target = tmp_path / "lstm.py"
    name = None if input_file is None else str(input_file)
    Program(Request(seed=0, input=input_file), target).end()
    assert target.read_text(encoding="utf-8") == program(LSTMSpec(), 0, name)


def test_without_a_seed_there_is_one_all_the_same(tmp_path: Path) -> None:
    target = tmp_path / "lstm.py"
    Program(Request(dry_run=True), target).end()
    (line,) = [line for line in target.read_text().splitlines() if line.startswith("seed = ")]
    assert int(line.removeprefix("seed = ")) >= 0
