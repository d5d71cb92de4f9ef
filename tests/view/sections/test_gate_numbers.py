"""Gates by timestep: the table, one unit written out, and what is left of the start."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Command, screen

GOLDENS = {
    "gates": "--only gates -b 2",
    "gates-gru": "--only gates --layer GRU --show update_gate[0,1,3]",
    "gates-lengths-bidirectional": (
        "--only gates --bidirectional --lengths 3,1 --show forget_gate[1]"
    ),
    "gates-simplernn": "--only gates --layer SimpleRNN -t 20",
}
NUMBER = r"(-?\d\.\d{4})"


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_gates(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.txt", screen(GOLDENS[name]))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_a_dry_run_shows_the_equations_alone(kind: str) -> None:
    computed = screen(f"--only gates -n --layer {kind}")
    assert "by timestep" not in computed
    assert screen(f"--only gates --layer {kind}").startswith(computed.rstrip())


def test_the_unit_written_out_agrees_with_the_arrays_as_they_are_printed() -> None:
    names = ["input_gate", "forget_gate", "candidate", "output_gate", "all_cell_states"]
    selections = [f"--show {name}[1,2,3]" for name in names]
    text = screen(f"--only gates -b 2 {' '.join(selections)}")
    i, f, g, o, c = re.findall(rf"\n   {NUMBER}\n", text.replace("\n", "\n\n"))
    (sentence,) = re.findall(r"Unit 3 at t=2\n  (c = .*)\n", text)
    assert sentence.startswith(f"c = f·c + i·g = {f} · ")
    assert sentence.endswith(f" + {i} · {g} = {c}")
    assert f"h = o·tanh(c) = {o} · tanh({c}) = " in text


def test_negative_numbers_are_multiplied_in_brackets() -> None:
    for unit in range(5):
        text = screen(f"--only gates --show forget_gate[0,2,{unit}]")
        (sentence,) = re.findall(r"Unit . at t=2\n  (c = .*)\n", text)
        assert not re.search(r"· -|\+ -", sentence)


@pytest.mark.parametrize("timesteps", [7, 8, 50])
def test_a_long_table_loses_its_middle(timesteps: int) -> None:
    text = screen(f"--only gates -t {timesteps} -u 64")
    rows = re.findall(r"\n  (t=\d+|…)", text)
    expected = [f"t={timestep}" for timestep in range(timesteps)]
    if timesteps > 7:
        expected[3:-3] = ["…"]
    assert rows == expected


def test_the_share_that_is_left_is_written_however_small() -> None:
    text = screen("--only gates -t 60 --precision 2")
    assert re.search(r"a mean of \d\.\de-\d\d is left, ", text)


@pytest.mark.parametrize(
    ("code", "is_said"),
    [
        pytest.param("LSTM(5)", True, id="defaults"),
        pytest.param("LSTM(5, unit_forget_bias=False)", False, id="no forget bias"),
        pytest.param("LSTM(5, use_bias=False)", False, id="no bias"),
        pytest.param('LSTM(5, recurrent_activation="relu")', False, id="relu"),
        pytest.param("GRU(5)", False, id="GRU"),
    ],
)
def test_an_open_forget_gate_is_explained_where_its_bias_starts_at_1(
    code: str, is_said: bool, command: Command
) -> None:
    answer = command(code, "--only", "gates", "--seed", "7")
    sentence = "untrained: f is about 0.73 = σ(1), as its bias starts at 1"
    assert (sentence in answer.stdout) is is_said


def test_a_forget_gate_that_is_not_so_is_not_explained() -> None:
    text = screen("--only gates")
    assert re.search(r"t=0 +\d\.\d+ +0\.[345]", text)
    assert "untrained: f is" not in text


@pytest.mark.usefixtures("without_keras")
def test_gates_of_nan_have_no_share(command: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full((1, 3, 4), np.nan))
    answer = command("--only", "gates", "--input", str(tmp_path / "x.npy"))
    assert "Gates by timestep" in answer.stdout
    assert "nearly shut" not in answer.stdout


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_it_fits_every_width_and_encoding(width: int, encoding: str) -> None:
    text = screen("--only gates -u 64 -t 20", width=width, encoding=encoding)
    for line in text.splitlines():
        assert line == line.rstrip()
        assert len(line) <= width


def test_a_comparison_has_the_equations_and_no_table() -> None:
    text = screen("--compare --only gates")
    assert "c = f·c + i·g" in text
    assert "by timestep" not in text


def test_both_directions_are_tinted_by_one_scale() -> None:
    text = screen("--only gates --bidirectional", colours=True)
    assert text.count(" by timestep") == 2
    assert text.count("tint ") == 1
