from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes.run.values import Run
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.measured import Measured
from tests.conftest import FLAGS, LAYERS, fixed_run, rendered, screen

BOTH = LSTMSpec(return_sequences=True, return_state=True)
BOTH_DIRECTIONS = replace(BOTH, bidirectional=True)


def text_of(run: Run, width: int = 80) -> str:
    return rendered(Measured([run], [run.outputs]), width)


def with_outputs(run: Run, *values: np.ndarray) -> Run:
    outputs = zip(run.outputs, values, strict=True)
    return replace(run, outputs=tuple(replace(array, values=value) for array, value in outputs))


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", LAYERS)
def test_keras_confirms_what_was_computed_and_its_summary_is_whole(
    flags: dict[str, bool], layers: dict[str, Any]
) -> None:
    run = fixed_run(LSTMSpec(**layers, **flags))
    text = text_of(run)
    assert f"✓ the shapes and the {run.spec.parameters:,} parameters as computed" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for layer in run.layers:
        first, *others = layer.output_shapes
        at = lines.index(f"{layer.name} ({layer.type}) {first} {layer.parameters:,}")
        assert lines[at + 1 : at + 1 + len(others)] == [str(shape) for shape in others]
    total = f"{run.parameters.total:,}"
    assert f"total {total} trainable {total} non-trainable 0" in " ".join(text.split())


def test_what_stands_twice_is_said_where_it_stands() -> None:
    text = text_of(fixed_run(BOTH))
    assert "✓ hidden_state equals all_hidden_states[:, -1]  (max difference 0)" in text
    (row,) = (line for line in text.splitlines() if line.split()[:1] == ["t=2"])
    assert row.endswith("= hidden_state")
    (heading,) = (line for line in text.splitlines() if line.startswith("hidden_state "))
    assert "all_hidden_states[:, -1]" in heading


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_what_is_said_of_a_row_stands_beside_it_or_below(width: int) -> None:
    lines = text_of(fixed_run(BOTH_DIRECTIONS), width).splitlines()
    for t, said in (("t=2", "→u = forward_hidden_state"), ("t=0", "←u = backward_hidden_state")):
        (found,) = (line for line in lines if line.endswith(said))
        assert t in found
        assert max(map(len, lines)) <= width


def test_both_directions_are_told_apart_in_the_claims() -> None:
    text = text_of(fixed_run(BOTH_DIRECTIONS))
    assert "✓ forward_hidden_state equals all_hidden_states[:, -1, :5]" in text
    assert "✓ backward_hidden_state equals all_hidden_states[:, 0, 5:]" in text
    assert "✓ backward_hidden_state is not all_hidden_states[:, -1, 5:]" in text
    assert "backward h at t=2 has seen t=2 alone" in text


def test_an_equality_that_fails_is_shown_as_failing_and_nowhere_else() -> None:
    every, hidden, cell = (array.values for array in fixed_run(BOTH).outputs)
    text = text_of(with_outputs(fixed_run(BOTH), every, hidden + 1, cell))
    assert "✗ hidden_state equals all_hidden_states[:, -1]  (max difference 1)" in text
    assert "= hidden_state" not in text
    assert text.count("all_hidden_states[:, -1]") == 1


def test_what_is_the_same_for_this_input_alone_is_said_to_be() -> None:
    run = fixed_run(BOTH_DIRECTIONS)
    text = text_of(with_outputs(run, *(np.zeros_like(array.values) for array in run.outputs)))
    assert "backward_hidden_state equals all_hidden_states[:, -1, 5:]" in text
    assert "with this input, not with any" in text
    assert text.count("✓") == 3


def test_an_input_of_ones_own_is_named_with_what_is_not_finite() -> None:
    run = fixed_run(replace(BOTH, batch_size=3))
    assert not text_of(run).strip().startswith("Input")
    values = run.input.values.copy()
    values[1, 1, 1], values[1, 2, 0] = np.nan, np.inf
    run = replace(run, input=replace(run.input, values=values), input_file=Path("x.npy"))
    first = text_of(run).strip().splitlines()[0]
    assert "x.npy" in first
    assert "1 of 3 samples" in first
    assert "not finite" in first


def test_without_attempts_nothing_is_said_of_a_next_layer() -> None:
    run = fixed_run(BOTH)
    assert "Next layer" in text_of(run)
    assert "Next layer" not in text_of(replace(run, next_layers=None))


def test_the_sections_stand_in_their_order() -> None:
    text = screen(Request(Grid.of(BOTH), repeat=["lstm-shapes"]))
    pieces = ["Keras", "Next layer", "sample 0", "seed 1729 · lstm_shapes", "repeat with"]
    places = [text.index(piece) for piece in pieces]
    assert places == sorted(places)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_what_repeats_the_screen_breaks_where_a_shell_lets_it(width: int) -> None:
    repeat = ["lstm-shapes", "-t 100 -b 9999", "-u 64,32", "--show 'output[0, 1]'", "--seed 1729"]
    text = screen(Request(Grid.of(BOTH), repeat=repeat[:-1]), width)
    pasted = text.split("repeat with\n")[1]
    assert max(map(len, pasted.splitlines())) <= width
    (joined,) = pasted.replace("\\\n", "").splitlines()
    assert " ".join(joined.split()) == " ".join(repeat)
    assert all(option in pasted for option in repeat)
