"""The saved program: it is the run, as one would write it by hand."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes import LSTMSpec, explore
from lstm_shapes.spec.equality import equalities
from lstm_shapes.view.program import program
from tests.conftest import FLAGS, LAYERS


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


@pytest.mark.parametrize("name", ["x.npy", 'it\'s "x" ünd\\\n.npy', "\udcff.npy"])
def test_a_program_loads_the_input_it_is_given_whatever_its_name(name: str) -> None:
    text = program(LSTMSpec(), seed=7, input_file=Path(name))
    strings = [of.value for of in ast.walk(ast.parse(text)) if isinstance(of, ast.Constant)]
    assert name in strings
    assert "x = np.load(" in text
    assert "batch_size, timesteps, features = x.shape\n" in text
    assert "rng" not in text
