"""The drawing: what goes in, what passes on, what leaves under which name."""

import re
from math import prod
from typing import Any

import pytest

from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.drawing import draw
from lstm_shapes.view.style import RETURNED, Look
from tests.conftest import FLAGS, LAYERS


def drawn(**what: Any) -> list[str]:
    return [line.plain for line in draw(LSTMSpec(**what), Look())]


@pytest.mark.parametrize(
    ("timesteps", "labels"),
    [(1, "t=0"), (3, "t=0 t=1 t=2"), (4, "t=0 t=1 … t=3"), (9999, "t=0 t=1 … t=9998")],
)
def test_timesteps_are_labelled_and_the_middle_is_left_out(timesteps: int, labels: str) -> None:
    first, *_ = drawn(timesteps=timesteps)
    assert re.findall(r"t=\d+|…", first) == labels.split()


def test_each_direction_has_its_arrows_and_ends_at_another_timestep() -> None:
    forward, backward, leaves = drawn(bidirectional=True)[2:]
    assert forward.startswith("0─▶[LSTM]─h, c─▶[LSTM]─h, c─▶[LSTM]───▶ forward")
    assert backward.startswith(" ◀─[LSTM]◀─h, c─[LSTM]◀─h, c─[LSTM]◀──0 backward")
    assert leaves.split() == ["↓←h", "↓→h", "──▶", "output", "(1,", "10)"]


BOX = ["h = hidden_state (1, 5)", "c = cell_state (1, 5)", "h output (1, 5)"]
BOTH = ["forward h, c at t=2 (1, 5)", "backward h, c at t=0 (1, 5)", "←h →h output (1, 10)"]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({}, ["h output (1, 5)"]),
        ({"return_sequences": True}, ["h h h all_hidden_states (1, 3, 5)"]),
        ({"return_state": True}, BOX),
        ({"units": (64, 5), "return_state": True}, ["h, c at t=2 (1, 5)", "h output (1, 5)"]),
        ({"bidirectional": True, "timesteps": 1}, ["→h ←h output (1, 10)"]),
        ({"bidirectional": True, "return_state": True}, BOTH),
    ],
    ids=["neither", "sequences", "state", "stack", "one timestep", "both directions"],
)
def test_only_returned_letters_are_highlighted(what: dict[str, Any], expected: list[str]) -> None:
    lines = draw(LSTMSpec(**what), Look())
    pieces = ([of.plain[s.start : s.end] for s in of.spans if s.style is RETURNED] for of in lines)
    words = [" ".join(re.sub("[─▶◀╭╰┤↓]", " ", "".join(of)).split()) for of in pieces]
    assert [word for word in words if word] == expected


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_the_states_pass_on_between_timesteps_and_begin_as_zeros(
    layers: dict[str, Any], flags: dict[str, Any]
) -> None:
    lines = drawn(**layers, **flags)
    several = [line for line in lines if "h, c─" in line]
    assert all(line.count("h, c─") == 2 for line in several)
    rows = {"units": 2, "bidirectional": 2}
    assert len(several) == prod(rows[name] for name in layers) if layers else " h, c " in lines[2]
    assert "h: hidden state, c: cell state" in lines[0]
    assert "0: zeros, unless stateful=True" in lines[1]
