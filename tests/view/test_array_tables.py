"""Arrays as tables: labels, elision, remarks and tints."""

import re

import numpy as np
import pytest
from rich.style import Style
from rich.text import Text

from lstm_shapes.run.values import Array, whole_array
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.view.array_tables import array_tables
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.sections import Answer, arrays
from lstm_shapes.view.style import NEGATIVE, POSITIVE, ZERO, Look
from tests.conftest import fixed_run, request_of, screen
from tests.view.runs import MakeRun, holding, texts, without_gaps

BOTH_FLAGS = "--return-sequences --return-state"
NAN = float("nan")
INFINITY = float("inf")
NUMBER = r"-?\d\.\d{4}"


def section(
    call: str, width: int = 80, run: MakeRun = fixed_run, colours: str = ""
) -> Lines:
    """Return the lines of the arrays that a call shows."""
    request = request_of(call)
    ((spec,),) = request.rows
    look = Look(width, colours=colours)
    return arrays.one_call(Answer((spec,), [run(spec)], request, look))


def lines_of(call: str, width: int = 80, run: MakeRun = fixed_run) -> list[str]:
    """Return the same without colours."""
    return texts(section(call, width, run))


@pytest.mark.parametrize(
    ("call", "label", "numbers", "gap_count", "has_gap"),
    [
        pytest.param(
            "-t 7",
            "t=",
            [0, 1, 2, 3, 4, 5, 6],
            0,
            False,
            id="seven timesteps",
        ),
        pytest.param(
            "-t 8",
            "t=",
            [0, 1, 2, 5, 6, 7],
            1,
            True,
            id="eight",
        ),
        pytest.param(
            "-u 16",
            "u",
            [0, 1, 2, 13, 14, 15],
            0,
            True,
            id="as many units as fit",
        ),
        pytest.param(
            "-b 9",
            "sample ",
            [0, 0],
            0,
            False,
            id="sample 0 and a note",
        ),
        pytest.param(
            "-b 9 --arrays -t 1",
            "sample ",
            [0, 1, 2, 6, 7, 8],
            1,
            True,
            id="nine samples",
        ),
    ],
)
def test_long_axes_are_elided_as_in_numpy(
    call: str, label: str, numbers: list[int], gap_count: int, has_gap: bool
) -> None:
    text = "\n".join(lines_of(f"{call} --return-sequences"))
    labels = re.findall(rf"(?<!\S){label}(\d+)(?!\S)", text)
    assert [int(number) for number in labels] == numbers
    rows_of_gaps = re.findall(r"^[ …]*…$", text, re.MULTILINE)
    assert len(rows_of_gaps) == gap_count
    assert ("…" in text) is has_gap


def test_a_note_says_that_one_sample_stands_for_the_batch() -> None:
    note = "sample 0 of 2, more with --arrays"
    assert note in without_gaps(" ".join(lines_of("-b 2")))


def test_with_arrays_every_sample_has_its_row() -> None:
    rows = lines_of("-b 2 --arrays")[-2:]
    assert [row.split()[:2] for row in rows] == [["sample", "0"], ["sample", "1"]]


@pytest.mark.parametrize(
    ("call", "units"),
    [
        pytest.param("", "units)  u0: unit 0", id="units"),
        pytest.param(
            "--bidirectional",
            "2 × units)  →u forward, ←u backward",
            id="both directions",
        ),
    ],
)
def test_the_first_heading_says_what_labels_and_numbers_are(
    call: str, units: str
) -> None:
    lines = lines_of(f"{call} --return-state", 200)
    assert lines[0].endswith(f"(batch, {units}  untrained: random weights")
    assert "unit 0" not in " ".join(lines[1:])
    assert "random" not in " ".join(lines[1:])
    assert re.fullmatch(rf"  sample 0 ( +{NUMBER})+", lines[-1])


def test_a_heading_that_needs_two_lines_is_indented_below_its_name() -> None:
    lines = lines_of(BOTH_FLAGS)
    shape = "(1, 3, 5) = (batch, timesteps, units)"
    assert lines[0] == f"all_hidden_states  {shape}  u0: unit 0"
    assert lines[1] == "  untrained: random weights"


def test_the_input_alone_needs_no_legend() -> None:
    (heading, *_) = lines_of("--show input")
    assert heading == "input  (1, 3, 4) = (batch, timesteps, features)"


def test_states_stand_close_below_each_other_and_apart_from_a_sequence() -> None:
    lines = lines_of(f"{BOTH_FLAGS} --bidirectional", 160)
    blank_lines = [number for number, line in enumerate(lines) if not line]
    all_hidden_states = 2 + 3
    assert blank_lines == [all_hidden_states]
    # A heading and a row for each of the four states, and titles for the first.
    assert len(lines) == all_hidden_states + 1 + 4 * 2 + 1


def test_labels_stand_in_the_order_of_the_axes_whatever_comes_first() -> None:
    call = f"{BOTH_FLAGS} --show all_hidden_states[0] --show all_hidden_states"
    lines = lines_of(call)
    rows = [line for line in lines if "t=0" in line]
    assert rows[0].startswith("           t=0 ")
    assert rows[1].startswith("  sample 0 t=0 ")


@pytest.mark.parametrize("expression", ["output", "output --show output"])
def test_an_array_that_is_picked_beside_all_is_shown_once(expression: str) -> None:
    lines = lines_of(f"--return-state --arrays --show {expression}")
    headings = [line.split()[0] for line in lines if " = (" in line]
    assert headings == ["output", "hidden_state", "cell_state"]


def test_samples_are_counted_with_commas_and_shapes_written_as_python_does() -> None:
    text = " ".join(lines_of("-b 10000 -u 1 -t 1"))
    assert "(10000, 1) = (batch, units)" in text
    assert "sample 0 of 10,000, more with --arrays" in text


@pytest.mark.parametrize("precision", [0, 1])
def test_numbers_that_round_to_zero_have_no_sign(precision: int) -> None:
    values = [[-0.04, 0.04, -0.0, *[-0.004] * 300]]
    run = holding(output=values)
    call = f"-u 303 --precision {precision}"
    text = "\n".join(texts(section(call, run=run, colours="truecolor")))
    assert re.search(r"values 0(\.0)? to 0(\.0)?  u0", text)
    assert not re.search(r"-0(\.0)?(?!\S)", text)


def test_numbers_that_do_not_round_to_zero_keep_their_sign() -> None:
    (*_, row) = lines_of("-u 2 --precision 1", run=holding(output=[[-0.06, -1]]))
    assert row.split() == ["sample", "0", "-0.1", "-1.0"]


def weight(
    name: str, axes: tuple[str, ...], letters: str, shape: tuple[int, ...]
) -> Array:
    """Return a weight of a layer as an array to show."""
    spec = ArraySpec(name, axes, shape, block_letters=tuple(letters))
    return whole_array(spec, np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("array", "titles", "labels"),
    [
        pytest.param(
            weight("kernel", ("features", "columns"), "ifgo", (3, 8)),
            "i u0 i u1 f u0 f u1 g u0 g u1 o u0 o u1",
            ["f0", "f1", "f2"],
            id="kernel",
        ),
        pytest.param(
            weight("forward/recurrent_kernel", ("units", "columns"), "ifgo", (2, 8)),
            "i u0 i u1 f u0 f u1 g u0 g u1 o u0 o u1",
            ["u0", "u1"],
            id="recurrent kernel of a direction",
        ),
        pytest.param(
            weight("bias", ("rows", "columns"), "zrg", (2, 6)),
            "z u0 z u1 r u0 r u1 g u0 g u1",
            ["input", "recurrent"],
            id="bias of a GRU",
        ),
        pytest.param(
            weight("bias", ("columns",), "h", (3,)),
            "u0 u1 u2",
            ["0.0000"],
            id="bias of a SimpleRNN",
        ),
    ],
)
def test_weights_are_labelled_by_block_and_unit(
    array: Array, titles: str, labels: list[str]
) -> None:
    lines = texts(array_tables({array: ""}, request_of(""), Look(100)))
    assert lines[0].startswith(f"{array.name}  ({array.shape[0]},")
    assert "untrained: random weights" in lines[0]
    assert without_gaps(lines[1]) == titles
    assert [line.split()[0] for line in lines[2:]] == labels


def test_what_is_picked_is_shown_whole_in_blocks_as_wide_as_the_screen() -> None:
    call = f"-t 9 -u 12 -b 2 {BOTH_FLAGS} --show all_hidden_states"
    lines = lines_of(call)
    shape = "(2, 9, 12) = (batch, timesteps, units)"
    assert lines[0] == f"all_hidden_states  {shape}  u0: unit 0"
    del lines[1]
    assert lines[1].split() == ["u0", "u1", "u2", "u3", "u4", "u5", "u6"]
    assert lines[20].split() == ["u7", "u8", "u9", "u10", "u11"]
    assert max(len(line) for line in lines[1:]) <= 80

    left_block = lines[2:20]
    right_block = lines[21:39]
    numbers = []
    for left, right in zip(left_block, right_block, strict=True):
        numbers.append(re.findall(NUMBER, left) + re.findall(NUMBER, right))
    ((spec,),) = request_of(call).rows
    values = fixed_run(spec)["all_hidden_states"].reshape(18, 12)
    np.testing.assert_allclose(np.array(numbers, float), values, atol=1e-4)


def test_remarks_stand_behind_the_last_block_of_columns() -> None:
    lines = lines_of(f"-t 9 -u 12 -b 2 {BOTH_FLAGS} --show all_hidden_states")
    remarks = [line.partition("  = ")[2] for line in lines[1:] if "  = " in line]
    assert remarks == ["hidden_state[0]", "hidden_state[1]"]
    assert not any("  = " in line for line in lines[1:20])


def test_ten_thousand_numbers_are_shown_whole() -> None:
    call = "-t 100 -u 100 --return-sequences --show all_hidden_states"
    lines = lines_of(call)
    assert "…" not in " ".join(lines)
    assert len(lines) > 1_500


def test_more_than_ten_thousand_numbers_are_elided_and_counted() -> None:
    call = "-t 100 -u 101 --return-sequences --show all_hidden_states"
    lines = lines_of(call)
    assert "10,100 numbers, shown whole up to 10,000" in " ".join(lines[:2])
    assert "…" in " ".join(lines)
    assert len(lines) > 1


def test_an_array_that_is_not_whole_tells_its_range_and_what_is_not_finite() -> None:
    values = np.linspace(-1, 1, 300)[np.newaxis]
    values[0, 100] = NAN
    values[0, 101] = -INFINITY
    lines = lines_of("-u 300 --precision 1", run=holding(output=values))
    shape = "output  (1, 300) = (batch, units)"
    assert lines[0].startswith(f"{shape}  values -1.0 to 1.0  2 not finite")


def test_an_array_that_is_whole_tells_no_range() -> None:
    lines = lines_of("-u 16", 200)
    assert lines[0].startswith("output  (1, 16) = (batch, units)  u0: unit 0")
    assert lines[1].split() == [f"u{unit}" for unit in range(16)]


@pytest.mark.parametrize(
    ("expression", "shape", "words"),
    [
        pytest.param(
            "all_hidden_states[1,1:,:2]",
            "(2, 2) = (timesteps, units)",
            "→u0 →u1 t=1 # # t=2 # #",
            id="timesteps and units",
        ),
        pytest.param(
            "all_hidden_states[0,0,4:6]",
            "(2,) = (units,)",
            "→u4 ←u0 # #",
            id="units of both directions",
        ),
        pytest.param(
            "backward_cell_state[1:,::-2]",
            "(1, 3) = (batch, units)",
            "u4 u2 u0 sample 1 # # #",
            id="units in steps of -2",
        ),
        pytest.param(
            "input[0,1:,3]",
            "(2,) = (timesteps,)",
            "t=1 t=2 # #",
            id="timesteps",
        ),
        pytest.param(
            "input[1,:1,2:]",
            "(1, 2) = (timesteps, features)",
            "f2 f3 t=0 # #",
            id="features",
        ),
        pytest.param(
            "all_hidden_states[0,1,2]",
            "()",
            "#",
            id="a number",
        ),
        pytest.param(
            "forward_cell_state[:0]",
            "(0, 5) = (batch, units)",
            "u0 u1 u2 u3 u4",
            id="no sample",
        ),
        pytest.param(
            "forward_cell_state[0,:0]",
            "(0,) = (units,)",
            "",
            id="no unit",
        ),
    ],
)
def test_selections_are_labelled_by_where_they_stand_in_the_whole(
    expression: str, shape: str, words: str
) -> None:
    lines = lines_of(f"--bidirectional {BOTH_FLAGS} -b 2 --show {expression}")
    assert lines[0].startswith(f"{expression}  {shape}")
    table = lines[1:]
    if table[:1] and table[0].endswith("untrained: random weights"):
        # The heading goes on.
        del table[0]
    text = without_gaps(" ".join(table))
    assert re.sub(rf"(?<!\S){NUMBER}", "#", text) == words


def test_equal_rows_stand_in_the_same_columns() -> None:
    text = "\n".join(lines_of(f"-t 12 {BOTH_FLAGS}", 120))
    row_of_the_last_timestep = r" t=11(.*)   = hidden_state\n"
    row_of_the_state = r"hidden_.*\n  sample 0     \1\n"
    assert re.search(rf"{row_of_the_last_timestep}\n{row_of_the_state}", text)


Tints = dict[str, tuple[int, ...] | None]


def tints(line: Text) -> Tints:
    """Return the numbers of a line with their backgrounds."""
    backgrounds: Tints = {}
    for span in line.spans:
        style = span.style
        if isinstance(style, Style) and not style.dim:
            number = line.plain[span.start : span.end].strip()
            backgrounds[number] = style.bgcolor and style.bgcolor.triplet
    return backgrounds


def test_tints_are_blue_below_0_red_above_and_shared_by_all_arrays() -> None:
    run = holding(
        output=[[-2, 0, 1]],
        hidden_state=[[-1, 0, 1]],
        cell_state=[[0, 0, 2]],
    )
    call = "-u 3 --return-state --precision 0"
    lines = section(call, run=run, colours="truecolor")
    rows = [tints(line) for line in lines if "sample 0" in line.plain]
    output, hidden_state, cell_state = rows
    half_positive = tuple(
        (zero + end) // 2 for zero, end in zip(ZERO, POSITIVE, strict=True)
    )
    assert output == {"-2": NEGATIVE, "0": ZERO, "1": half_positive}
    assert hidden_state["1"] == half_positive
    assert cell_state["2"] == POSITIVE

    legend = lines[0]
    assert "  u0: unit 0  tint  -2  0  2 " in legend.plain
    expected = {"-2": NEGATIVE, "0": ZERO, "2": POSITIVE}
    assert expected.items() <= tints(legend).items()


def tinted_end(line: Text) -> int:
    """Return where the last tint of a line ends, 0 if there is none."""
    ends = [0]
    for span in line.spans:
        if isinstance(span.style, Style) and span.style.bgcolor:
            ends.append(span.end)
    return max(ends)


@pytest.mark.parametrize("colours", ["", "standard", "256", "truecolor"])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "call",
    [
        pytest.param("", id="one layer"),
        pytest.param("--bidirectional", id="both directions"),
        pytest.param("--lengths 3,1", id="lengths"),
        pytest.param("-u 12 --show all_hidden_states", id="blocks of columns"),
    ],
)
def test_tints_are_rectangles_and_no_other_line_ends_in_blanks(
    call: str, width: int, colours: str
) -> None:
    lines = section(f"{BOTH_FLAGS} {call}", width, colours=colours)
    end_above = 0
    for line in lines:
        end = tinted_end(line)
        assert line.cell_len <= width
        if line.plain.endswith(" "):
            assert end == len(line)
        is_row = re.search(r"sample 0| t=\d", line.plain)
        if end and end_above and is_row:
            assert end == end_above
        end_above = end if is_row else 0


@pytest.mark.parametrize("has_colours", [False, True])
def test_only_with_colours_there_are_tints_and_a_legend(has_colours: bool) -> None:
    text = screen(BOTH_FLAGS, colours=has_colours)
    assert ("\x1b" in text) is has_colours
    assert ("tint" in text) is has_colours


def test_numbers_that_are_not_finite_are_readable() -> None:
    run = holding(output=[[NAN, INFINITY, -INFINITY, 1]])
    lines = section("-u 4 --precision 1", run=run, colours="truecolor")
    (row,) = (line for line in lines if "sample 0" in line.plain)
    assert tints(row) == {
        "nan": None,
        "inf": POSITIVE,
        "-inf": NEGATIVE,
        "1.0": POSITIVE,
    }
