import re
from dataclasses import replace
from typing import Any

import pytest

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.drawing import draw
from lstm_shapes.view.style import ASCII, RETURNED
from tests.conftest import FLAGS, LAYERS

EVERY_H = {"return_sequences": True}
STATES = {"return_state": True}
DEEP = LSTMSpec(units=tuple(range(9, 0, -1)), **EVERY_H, **STATES)


def drawn(spec: LSTMSpec, width: int = 80) -> list[str]:
    return [line.plain.rstrip() for line in draw(spec, width)]


def bright(spec: LSTMSpec) -> list[str]:
    """What leaves the last layer, line by line and without the strokes."""
    lines = [
        "".join(line.plain[span.start : span.end] for span in line.spans if span.style is RETURNED)
        for line in draw(spec, 80)
    ]
    words = [" ".join(re.sub("[─▶◀╭╰┤]", " ", line).split()) for line in lines]
    return [word for word in words if word]


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("timesteps", [1, 2, 3, 4, 9999])
def test_the_drawing_fits_and_names_what_leaves_where_there_is_room(
    flags: dict[str, bool], layers: dict[str, Any], timesteps: int
) -> None:
    spec = LSTMSpec(timesteps=timesteps, batch_size=9999, **layers, **flags)
    for width in (40, 60, 80, 120):
        lines = drawn(spec, width)
        assert max(map(len, lines)) <= width
        if width >= 80:
            assert f"{spec.outputs[0].name} {spec.outputs[0].shape}" in lines[-1]
            assert all(str(array.shape) in " ".join(lines) for array in spec.outputs)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_long_sequence_is_elided_in_the_middle(width: int) -> None:
    steps = re.findall(r"t=\d+|…", drawn(LSTMSpec(timesteps=1000), width)[0])
    assert (steps[0], *steps[-2:]) == ("t=0", "…", "t=999")


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])
def test_a_deep_stack_is_elided_in_the_middle(bidirectional: bool) -> None:
    lines = drawn(LSTMSpec(units=DEEP.units, bidirectional=bidirectional))
    assert len(lines) <= 12
    assert any("7 more layers" in line for line in lines)
    names = [line.split("[")[1].split("]")[0].strip() for line in lines if "[" in line]
    assert names == (["lstm"] * 2 + ["lstm_8"] * 2 if bidirectional else ["lstm", "lstm_8"])


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (LSTMSpec(), ["↓", "h output (1, 5)"]),
        (LSTMSpec(**EVERY_H), ["↓ ↓ ↓", "h h h all_hidden_states (1, 3, 5)"]),
        (
            LSTMSpec(**STATES),
            ["h = hidden_state (1, 5)", "c = cell_state (1, 5)", "↓", "h output (1, 5)"],
        ),
        (LSTMSpec(bidirectional=True), ["↓ ↓", "- h h - output (1, 10)"]),
        (
            LSTMSpec(bidirectional=True, **EVERY_H),
            ["↓ ↓ ↓", "h h h h h h all_hidden_states (1, 3, 10)"],
        ),
        (LSTMSpec(bidirectional=True, timesteps=1), ["↓", "h h output (1, 10)"]),
        (LSTMSpec(units=(64, 5)), ["↓", "h output (1, 5)"]),
        (LSTMSpec(units=(64, 5), **STATES), ["h, c (1, 5)", "↓", "h output (1, 5)"]),
    ],
    ids=[
        *("neither", "sequences", "state", "both directions", "both directions, sequences"),
        *("both directions, one timestep", "stack", "stack, state"),
    ],
)
def test_what_leaves_the_layers_is_bright_and_the_rest_is_not(
    spec: LSTMSpec, expected: list[str]
) -> None:
    assert bright(spec) == expected


def test_states_are_drawn_by_what_they_hold_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    h, c = LSTMSpec(**STATES).outputs[1:]
    n = replace(h, name="norm_state", holds=(("n at the last timestep", ""),))
    monkeypatch.setattr(LayerSpec, "_states", lambda *_: [c, h, n])
    assert bright(LSTMSpec(**STATES))[:2] == [
        "c = cell_state (1, 5)",
        "h = hidden_state (1, 5), n = norm_state (1, 5)",
    ]


def test_the_second_direction_runs_from_the_last_timestep_to_the_first() -> None:
    forward, backward = (line for line in drawn(LSTMSpec(bidirectional=True)) if "LSTM" in line)
    assert re.match(r"0─+▶\[LSTM\]─+▶\[LSTM\]─+▶\[LSTM\]─+▶ forward", forward)
    assert re.match(r" *◀─+\[LSTM\]◀─+\[LSTM\]◀─+\[LSTM\]◀─+0 backward", backward)


def test_between_layers_stands_what_goes_on() -> None:
    (between,) = (line for line in drawn(LSTMSpec(units=(64, 32))) if "64)" in line)
    assert between.split() == ["↓", "h", "↓", "h", "↓", "h", "h", "(1,", "3,", "64)"]


@pytest.mark.parametrize("layers", LAYERS)
def test_words_say_what_stays_inside(layers: dict[str, Any]) -> None:
    without, returned = (
        " ".join(drawn(LSTMSpec(**layers, return_state=state))) for state in (False, True)
    )
    assert "c is not returned" in without
    assert "not returned" not in returned
    assert "h is not returned" not in without
    for text in (without, returned):
        assert "h and c begin as zeros" in text


@pytest.mark.parametrize("spec", [LSTMSpec(timesteps=9, **EVERY_H, **STATES), DEEP])
def test_ascii_strokes_are_ascii(spec: LSTMSpec) -> None:
    assert all(line.plain.isascii() for line in draw(spec, 80, ASCII))
