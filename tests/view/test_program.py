"""The saved program: it is the run, as one would write it by hand."""

import ast
import io
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes import LSTMSpec, explore
from lstm_shapes.run.input import _stdin, loading_code, read_input
from lstm_shapes.spec.equality import equalities
from lstm_shapes.view.program import program
from tests.conftest import FLAGS, LAYERS

BOTH = {"return_sequences": True, "return_state": True}


def test_a_program_prints_and_holds_what_the_run_does(tmp_path: Path) -> None:
    """A stack in both directions, from the seed alone, in a process of its own."""
    flags: Any = {"return_sequences": True, "return_state": True, "bidirectional": True}
    spec = LSTMSpec(batch_size=2, timesteps=4, units=(6, 5), **flags)
    arrays = ", ".join(f"{array.name}={array.name}" for array in spec.outputs)
    save = f'np.savez("arrays.npz", input=x, {arrays})'
    (tmp_path / "lstm.py").write_text(program(spec, seed=7) + save)
    command = [sys.executable, "lstm.py"]
    printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    shapes = [f"{array.name} {array.shape}" for array in spec.outputs]
    assert printed.stdout.splitlines()[-len(shapes) :] == shapes
    assert f"Total params: {spec.parameters:,} (" in printed.stdout
    with np.load(tmp_path / "arrays.npz") as saved:
        for name, values in explore(spec, seed=7, try_next_layers=False).arrays.items():
            np.testing.assert_allclose(saved[name], values, atol=1e-6)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", [*LAYERS, {"units": (2, 2, 2, 3)}])
def test_programs_stand_alone_and_say_what_each_array_is(
    layers: dict[str, Any], flags: dict[str, Any]
) -> None:
    spec = LSTMSpec(**layers, **flags)
    text = program(spec, seed=4294967295)
    compile(text, "lstm.py", "exec")
    assert "lstm_shapes" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "seed = 4294967295\n" in text
    assert all(f" = {layer.code()}" in text for layer in spec.layers)
    assert all(f"# ({', '.join(array.axes)}): " in text for array in spec.outputs)
    joined = text.replace("\n# ", " ")
    assert all(equality.claim in joined for equality in equalities(spec.last))


ASKED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "two calls": ({"layer": "GRU", "return_state": True}, []),
    "lengths": ({"lengths": (4, 2), "units": (6, 5), "bidirectional": True, **BOTH}, []),
    "next layers": (
        {"return_sequences": True},
        ["TimeDistributed(Dense(2))", "RepeatVector(2)", "Bidirectional(GRU(4))"],
    ),
    "a list of arrays": ({"return_state": True}, ["Concatenate()"]),
}


@pytest.mark.parametrize(("given", "next_layers"), ASKED.values(), ids=ASKED)
def test_a_program_does_what_was_asked_for_and_no_more(
    given: dict[str, Any], next_layers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    spec = LSTMSpec(**{"batch_size": 2, "timesteps": 4, **given})
    run = explore(spec, seed=7, next_layers=next_layers)
    tried = [attempt for attempt in run.next_layers or () if not attempt.initial_state]
    scope: dict[str, Any] = {}
    text = program(spec, seed=7, next_layers=tried if next_layers else ())
    exec(compile(text, "lstm.py", "exec"), scope)
    for array in (run.input, *run.outputs):
        values = scope["x" if array.name == "input" else array.name]
        np.testing.assert_allclose(values, array.values, atol=1e-6)
    printed = capsys.readouterr().out.splitlines()
    assert ("in two calls True" in printed) is (spec.return_state and not spec.is_stack)
    taken = [attempt for attempt in tried if next_layers and not attempt.error]
    for attempt in taken:
        assert f"{attempt.layer} {(2, *(attempt.output_shape or ())[1:])}" in printed
    assert text.count("behind = ") == len(taken)
    assert ("mask" in text) is bool(spec.lengths)


@pytest.mark.parametrize("name", ["x.npy", 'it\'s "x" ünd\\\n.npy', "\udcff.npy"])
def test_a_program_loads_the_input_it_is_given_whatever_its_name(name: str) -> None:
    text = program(LSTMSpec(), 7, loading_code(Path(name)))
    strings = [of.value for of in ast.walk(ast.parse(text)) if isinstance(of, ast.Constant)]
    assert name in strings
    assert "x = np.load(" in text
    assert "batch_size, timesteps, features = x.shape\n" in text
    assert "rng" not in text


@pytest.mark.parametrize("name", ["x.csv", "titled.csv", "x.npz[y]", "-"])
def test_a_program_loads_the_numbers_that_the_run_had(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.arange(6.0).reshape(1, 3, 2)
    Path("x.csv").write_text("0,1\n2,3\n4,5\n")
    Path("titled.csv").write_text("a,b\n0,1\n2,3\n4,5\n")
    np.savez("x.npz", y=x, z=x + 1)
    np.save("x.npy", x)
    data = Path("x.npy").read_bytes()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))
    _stdin.cache_clear()
    np.testing.assert_array_equal(read_input(Path(name)), x)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))
    code = loading_code(Path(name))
    np.testing.assert_array_equal(eval(code, {"np": np, "io": io, "sys": sys}), x)
    assert ("import io\nimport sys\n" in program(LSTMSpec(), 7, code)) is (name == "-")
