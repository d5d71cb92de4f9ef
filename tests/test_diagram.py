import pytest

from lstm_shapes.diagram import ASCII, Role, draw
from lstm_shapes.spec import LSTMSpec


def text_of(spec: LSTMSpec, width: int) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in draw(spec, width)]


@pytest.mark.parametrize("width", [10, 20, 30, 40, 60, 80, 120])
@pytest.mark.parametrize("timesteps", [1, 2, 3, 4, 1000])
@pytest.mark.parametrize("return_state", [False, True])
def test_every_returned_array_is_named_with_its_shape(
    timesteps: int, width: int, return_state: bool
) -> None:
    spec = LSTMSpec(timesteps=timesteps, return_sequences=True, return_state=return_state)
    drawing = " ".join(" ".join(text_of(spec, width)).split())
    for array in spec.outputs:
        assert f"{array.name} {array.shape}" in drawing


@pytest.mark.parametrize("timesteps", [1, 3, 4, 1000])
@pytest.mark.parametrize("width", [30, 40, 80])
def test_the_cells_fit_the_width(timesteps: int, width: int) -> None:
    drawing = text_of(LSTMSpec(timesteps=timesteps, return_state=True), width)
    assert max(len(line) for line in drawing[:8]) <= width


def test_a_long_sequence_is_elided_in_the_middle() -> None:
    first = text_of(LSTMSpec(timesteps=1000), 80)[0].split()
    assert first == ["t=0", "t=1", "…", "t=999"]


@pytest.mark.parametrize(
    ("flags", "bright"),
    [
        ({}, ["↓", "h", "──▶ output (1, 5)"]),
        (
            {"return_sequences": True},
            ["↓", "↓", "↓", "h", "h", "h", "──▶ all_hidden_states (1, 3, 5)"],
        ),
        (
            {"return_state": True},
            [
                *("╭─▶ h = hidden_state (1, 5)", "─┤", "╰─▶ c = cell_state (1, 5)"),
                *("↓", "h", "──▶ output (1, 5)"),
            ],
        ),
    ],
    ids=["neither", "sequences", "state"],
)
def test_what_leaves_the_layer_is_bright_and_the_rest_is_not(
    flags: dict[str, bool], bright: list[str]
) -> None:
    lines = draw(LSTMSpec(**flags), 80)
    pieces = [text.strip() for line in lines for text, role in line if role is Role.RETURNED]
    assert [piece for piece in pieces if piece] == bright


def test_ascii_strokes_are_ascii() -> None:
    lines = draw(LSTMSpec(timesteps=9, return_sequences=True, return_state=True), 80, ASCII)
    assert "".join(text for line in lines for text, _ in line).isascii()
