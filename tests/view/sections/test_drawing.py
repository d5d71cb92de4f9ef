"""The drawing: what goes in, what passes on, what leaves under which name."""

import re
from typing import Any

import pytest
from rich.text import Text

from lstm_shapes.shapes.cell import GRU, LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from lstm_shapes.view.sections import drawing
from lstm_shapes.view.sections.drawing import draw
from lstm_shapes.view.style import RETURNED, ASCIIGlyphs, Look
from tests.conftest import FLAGS, screen
from tests.view.runs import answer_to, spec_of, texts


def drawing_of(spec: Spec) -> list[str]:
    """Return the lines of the drawing on 80 columns."""
    return texts(drawing.one_call(answer_to(spec)))


@pytest.mark.parametrize(
    ("timesteps", "labels"),
    [
        pytest.param(1, ["t=0"], id="one timestep"),
        pytest.param(3, ["t=0", "t=1", "t=2"], id="three"),
        pytest.param(4, ["t=0", "t=1", "…", "t=3"], id="four"),
        pytest.param(9999, ["t=0", "t=1", "…", "t=9998"], id="many"),
    ],
)
def test_timesteps_are_labelled_and_the_middle_is_left_out(
    timesteps: int, labels: list[str]
) -> None:
    line_of_timesteps = drawing_of(LSTMSpec(timesteps=timesteps))[0]
    assert re.findall(r"t=\d+|…", line_of_timesteps) == labels


def test_each_direction_has_its_arrows_and_ends_at_another_timestep() -> None:
    forward, backward, leaving = drawing_of(LSTMSpec(bidirectional=True))[2:]
    assert forward.startswith("0─▶[LSTM]─h, c─▶[LSTM]─h, c─▶[LSTM]───▶ forward")
    assert backward.startswith(" ◀─[LSTM]◀─h, c─[LSTM]◀─h, c─[LSTM]◀──0 backward")
    assert leaving.split() == ["↓←h", "↓→h", "──▶", "output", "(1,", "10)"]


def test_masked_timesteps_in_front_are_passed_by_from_the_start() -> None:
    spec = LSTMSpec(
        lengths=(3, 1), padding="pre", bidirectional=True, return_sequences=True
    )
    _, x, forward, backward, leaving = drawing_of(spec)
    assert x.split() == [
        "masked",
        "masked",
        "↓",
        "x",
        "sample",
        "1",
        "drawn:",
        *["1", "of", "3", "timesteps"],
    ]
    assert forward.startswith("0─▶───────h, c─▶───────h, c─▶[LSTM]───▶ forward")
    assert backward.startswith(" ◀───────◀─h, c───────◀─h, c─[LSTM]◀──0 backward")
    assert leaving.split()[:6] == ["↓", "0", "↓", "0", "↓→h", "←h"]


def highlighted(line: Text) -> str:
    """Return the words of a line that are in the colour of what is returned."""
    pieces = []
    for span in line.spans:
        if span.style is RETURNED:
            pieces.append(line.plain[span.start : span.end])
    words = re.sub("[─▶◀╭╰┤↓]", " ", "".join(pieces))
    return " ".join(words.split())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(
            LSTMSpec(),
            ["h output (1, 5)"],
            id="neither",
        ),
        pytest.param(
            LSTMSpec(return_sequences=True),
            ["h h h all_hidden_states (1, 3, 5)"],
            id="sequences",
        ),
        pytest.param(
            LSTMSpec(return_state=True),
            [
                "h = hidden_state (1, 5)",
                "c = cell_state (1, 5)",
                "h output (1, 5)",
            ],
            id="state",
        ),
        pytest.param(
            LSTMSpec(units=(64, 5), return_state=True),
            ["h, c at t=2 (1, 5)", "h output (1, 5)"],
            id="stack",
        ),
        pytest.param(
            LSTMSpec(bidirectional=True, timesteps=1),
            ["→h ←h output (1, 10)"],
            id="one timestep",
        ),
        pytest.param(
            LSTMSpec(bidirectional=True, return_state=True),
            [
                "forward h, c at t=2 (1, 5)",
                "backward h, c at t=0 (1, 5)",
                "←h →h output (1, 10)",
            ],
            id="both directions",
        ),
    ],
)
def test_only_returned_letters_are_highlighted(spec: Spec, words: list[str]) -> None:
    lines = [highlighted(line) for line in draw(spec, Look())]
    assert [line for line in lines if line] == words


@pytest.mark.parametrize(
    ("layers", "row_count"),
    [
        pytest.param({"bidirectional": True}, 2, id="both directions"),
        pytest.param({"units": (6, 5)}, 2, id="stack"),
        pytest.param(
            {"units": (6, 5), "bidirectional": True},
            4,
            id="stack in both directions",
        ),
    ],
)
@pytest.mark.parametrize("flags", FLAGS)
def test_the_states_of_every_row_of_cells_pass_on_twice(
    layers: dict[str, Any], row_count: int, flags: dict[str, Any]
) -> None:
    lines = drawing_of(LSTMSpec(**layers, **flags))
    rows_of_cells = [line for line in lines if "h, c─" in line]
    assert len(rows_of_cells) == row_count
    for row in rows_of_cells:
        assert row.count("h, c─") == 2
    assert_letters_and_zeros_are_explained(lines)


@pytest.mark.parametrize("flags", FLAGS)
def test_the_states_of_one_layer_pass_on_between_its_boxes(
    flags: dict[str, Any],
) -> None:
    lines = drawing_of(LSTMSpec(**flags))
    assert " h, c " in lines[2]
    assert not any("h, c─" in line for line in lines)
    assert_letters_and_zeros_are_explained(lines)


def assert_letters_and_zeros_are_explained(lines: list[str]) -> None:
    """Check what stands behind the rows of the timesteps and of x."""
    assert "h: hidden state, c: cell state" in lines[0]
    assert "0: zeros or your initial_state" in lines[1]


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("flags", FLAGS)
def test_what_leaves_a_backward_layer_is_named_where_its_arrow_ends(
    kind: str, flags: dict[str, Any]
) -> None:
    lines = drawing_of(LSTMSpec(layer=kind, bidirectional=True, **flags))
    backward = lines[3]
    assert backward.count("[") == 3
    if not flags.get("return_state"):
        assert backward.startswith(" ◀─[")
        assert "t=" not in backward
        return
    # The arrow of the states turns below the first box, at the left.
    assert backward.startswith("╭──[")
    assert backward.endswith("]◀──0 reads the same x")
    letters = "h, c" if kind == "LSTM" else "h"
    assert lines[4] == f"╰─▶ backward {letters} at t=0 (1, 5)"


@pytest.mark.parametrize(
    ("units", "letter"),
    [
        pytest.param(5, "x", id="one layer"),
        pytest.param((6, 5), "h", id="above another layer"),
    ],
)
def test_the_backward_direction_reads_what_the_forward_one_reads(
    units: int | tuple[int, ...], letter: str
) -> None:
    lines = drawing_of(LSTMSpec(units=units, bidirectional=True, return_state=True))
    (line,) = [line for line in lines if "reads the same" in line]
    assert line.endswith(f"]◀──0 reads the same {letter}")
    # What both read stands on the way down to them.
    lines_above = lines[: lines.index(line) - 1]
    assert f"{letter} " in lines_above[-1]


@pytest.mark.parametrize("flags", FLAGS)
def test_no_line_between_boxes_has_a_gap(flags: dict[str, Any]) -> None:
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        spec = LSTMSpec(layer=kind, bidirectional=True, timesteps=2, **flags)
        for line in drawing_of(spec)[2:4]:
            between_boxes = re.sub(r"\[.*?\]", "", line.partition("◀──0")[0])
            chain = between_boxes.partition("───▶")[0].strip()
            assert " " not in chain.replace("h, c", "h")


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_the_line_of_masked_timesteps_has_no_gap(
    kind: str, return_sequences: bool
) -> None:
    spec = LSTMSpec(
        layer=kind,
        lengths=(3, 1),
        return_sequences=return_sequences,
    )
    line_of_boxes = drawing_of(spec)[3]
    behind_box = line_of_boxes.rpartition("│")[2]
    assert set(behind_box.partition("  ")[0].split(" ")[0]) == {"─", "▶"}
    assert behind_box.count("▶") >= 2
    assert "─ ─" not in behind_box
    assert "▶ ─" not in behind_box


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_three_timesteps_have_three_boxes(kind: str, flags: dict[str, Any]) -> None:
    lines = drawing_of(LSTMSpec(layer=kind, **flags))
    assert max(len(line) for line in lines) <= 80
    assert lines[0].split()[:3] == ["t=0", "t=1", "t=2"]
    (line_of_boxes,) = [line for line in lines if f"│ {kind} │" in line] or [lines[3]]
    assert line_of_boxes.count(kind) == 3


BACKWARDS = Layer(
    cell=LSTM,
    units=5,
    return_sequences=True,
    return_state=True,
    go_backwards=True,
)


def test_a_layer_that_goes_backwards_has_arrows_to_the_left() -> None:
    assert drawing_of(spec_of(BACKWARDS)) == [
        "    t=0          t=1          t=2       h: hidden state, c: cell state",
        "    ↓ x          ↓ x          ↓ x       row 0 belongs to t=2",
        "╭──[LSTM]◀─h, c─[LSTM]◀─h, c─[LSTM]◀──0",
        "╰─▶ h, c at t=0 (1, 5)",
        "    ↓ h          ↓ h          ↓ h   ──▶ all_hidden_states (1, 3, 5)",
    ]


def test_the_output_of_a_layer_that_goes_backwards_leaves_at_t_0() -> None:
    layer = Layer(cell=LSTM, units=5, go_backwards=True)
    assert drawing_of(spec_of(layer))[2:] == [
        " ◀─[LSTM]◀─h, c─[LSTM]◀─h, c─[LSTM]◀──0 c is not returned",
        "    ↓ h                             ──▶ output (1, 5)",
    ]


def test_one_timestep_has_one_order() -> None:
    lines = drawing_of(spec_of(BACKWARDS, timesteps=1))
    assert lines[2:4] == [
        "╭──[LSTM]◀──0",
        "╰─▶ h, c at t=0 (1, 5)",
    ]
    assert "row 0" not in lines[1]


@pytest.mark.parametrize(
    ("is_upper_stateful", "note"),
    [
        pytest.param(True, "0: zeros in the first batch", id="both layers"),
        pytest.param(False, "0: zeros or your initial_state", id="the lower one"),
    ],
)
def test_states_that_are_kept_are_zeros_in_the_first_batch(
    is_upper_stateful: bool, note: str
) -> None:
    lower = Layer(cell=LSTM, units=6, return_sequences=True, stateful=True)
    upper = Layer(cell=GRU, units=3, stateful=is_upper_stateful)
    assert drawing_of(spec_of(lower, upper))[1].endswith(f"  {note}")


def test_a_layer_above_one_that_goes_backwards_goes_back_in_time_too() -> None:
    lower = Layer(cell=LSTM, units=6, return_sequences=True, go_backwards=True)
    upper = Layer(cell=GRU, units=3)
    assert drawing_of(spec_of(lower, upper, timesteps=2))[2:] == [
        " ◀─[lstm]◀─h, c─[lstm]◀──0 6 units",
        "    ↓ h          ↓ h       h at every t, (1, 2, 6)",
        " ◀─[gru ]◀─h────[gru ]◀──0",
        "    ↓ h                ──▶ output (1, 3)",
    ]


def test_each_layer_of_a_mixed_stack_passes_on_its_own_states() -> None:
    lower = Layer(cell=LSTM, units=6, return_sequences=True)
    upper = Layer(cell=GRU, units=3, return_state=True)
    assert drawing_of(spec_of(lower, upper)) == [
        "    t=0          t=1          t=2       h: hidden state, c: cell state",
        "    ↓ x          ↓ x          ↓ x       0: zeros or your initial_state",
        "0─▶[lstm]─h, c─▶[lstm]─h, c─▶[lstm]───▶ 6 units",
        "    ↓ h          ↓ h          ↓ h       h at every t, (1, 3, 6)",
        "0─▶[gru ]─h────▶[gru ]─h────▶[gru ]───▶ h at t=2 (1, 3)",
        "                              ↓ h   ──▶ output (1, 3)",
    ]


def in_both_directions(merge_mode: str | None, *, return_sequences: bool) -> Spec:
    """Return a layer that merges its two directions so."""
    layer = Layer(
        cell=LSTM,
        units=5,
        bidirectional=True,
        merge_mode=merge_mode,
        return_sequences=return_sequences,
    )
    return spec_of(layer)


@pytest.mark.parametrize(
    ("merge_mode", "leaving"),
    [
        pytest.param(
            "concat",
            ["   ↓→h ←h       ↓→h ←h       ↓→h ←h ──▶ all_hidden_states (1, 3, 10)"],
            id="concat",
        ),
        pytest.param(
            "sum",
            ["   ↓sum h       ↓sum h       ↓sum h ──▶ all_hidden_states (1, 3, 5)"],
            id="sum",
        ),
        pytest.param(
            "mul",
            ["   ↓mul h       ↓mul h       ↓mul h ──▶ all_hidden_states (1, 3, 5)"],
            id="mul",
        ),
        pytest.param(
            "ave",
            ["   ↓ave h       ↓ave h       ↓ave h ──▶ all_hidden_states (1, 3, 5)"],
            id="ave",
        ),
        pytest.param(
            None,
            [
                "    ↓→h          ↓→h          ↓→h   ──▶"
                " forward_all_hidden_states (1, 3, 5)",
                "    ↓←h          ↓←h          ↓←h   ──▶"
                " backward_all_hidden_states (1, 3, 5)",
            ],
            id="None",
        ),
    ],
)
def test_every_h_leaves_as_both_directions_are_merged(
    merge_mode: str | None, leaving: list[str]
) -> None:
    spec = in_both_directions(merge_mode, return_sequences=True)
    assert drawing_of(spec)[4:] == leaving


@pytest.mark.parametrize(
    ("merge_mode", "units"),
    [("concat", 10), ("sum", 5), ("mul", 5), ("ave", 5)],
)
def test_a_merged_output_is_made_of_the_ends_of_both_directions(
    merge_mode: str, units: int
) -> None:
    spec = in_both_directions(merge_mode, return_sequences=False)
    assert drawing_of(spec)[4:] == [
        f"    ↓←h                       ↓→h   ──▶ output (1, {units})"
    ]


def test_outputs_that_are_not_merged_leave_in_a_row_each() -> None:
    spec = in_both_directions(None, return_sequences=False)
    assert drawing_of(spec)[4:] == [
        "                              ↓→h   ──▶ forward_output (1, 5)",
        "    ↓←h                             ──▶ backward_output (1, 5)",
    ]


MERGED = Layer(
    cell=LSTM,
    units=5,
    return_sequences=True,
    bidirectional=True,
    merge_mode="sum",
)
NOT_MERGED = Layer(
    cell=LSTM,
    units=9999,
    return_sequences=True,
    bidirectional=True,
    merge_mode=None,
)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(BACKWARDS, id="backwards"),
        pytest.param(MERGED, id="merged"),
        pytest.param(NOT_MERGED, id="not merged"),
    ],
)
def test_the_drawing_of_a_layer_as_written_fits_and_has_an_ascii_form(
    layer: Layer, width: int
) -> None:
    spec = spec_of(layer, timesteps=9999, batch_size=9999)
    for line in texts(draw(spec, Look(width, ASCIIGlyphs()))):
        assert len(line) <= width
        assert line.isascii()


def test_a_shape_that_has_no_room_behind_its_array_stands_below_it() -> None:
    spec = spec_of(NOT_MERGED, timesteps=9999, batch_size=9999)
    assert texts(draw(spec, Look(60)))[4:] == [
        "    …     ↓→h   ──▶ forward_all_hidden_states",
        "                                          (9999, 9999, 9999)",
        "    …     ↓←h   ──▶ backward_all_hidden_states",
        "                                          (9999, 9999, 9999)",
    ]


def test_the_timesteps_of_the_sample_that_is_drawn_have_commas() -> None:
    text = screen("-t 1500 --lengths 1234 -n --only drawing")
    assert "sample 0 drawn: 1,234 of 1,500 timesteps\n" in text
