"""Arrays as tables: labels, elision, remarks and tints."""

import re
from collections.abc import Sequence

import numpy as np
import pytest
from rich.style import Style
from rich.text import Text

from lstm_shapes.view.layout import Lines
from lstm_shapes.view.measured import tables
from lstm_shapes.view.style import NEGATIVE, POSITIVE, ZERO, Look
from tests.conftest import fixed_run, request_of, screen
from tests.view.runs import MakeRun, holding

BOTH_FLAGS = "--return-sequences --return-state"
NAN, INF = float("nan"), float("inf")


def shown(call: str, width: int = 80, run: MakeRun = fixed_run, colours: str = "") -> Lines:
    """Return the lines of the arrays that a call shows."""
    request = request_of(call)
    ((spec,),) = request.rows
    return tables([run(spec)], request, Look(width, colours=colours))


def lines_of(call: str, width: int = 80, run: MakeRun = fixed_run) -> list[str]:
    """Return the same as texts."""
    return [line.plain for line in shown(call, width, run)]


@pytest.mark.parametrize(
    ("call", "label", "numbers", "gaps"),
    [
        ("-t 7", "t=", range(7), 0),
        ("-t 8", "t=", [0, 1, 2, 5, 6, 7], 1),
        ("-u 16", "u", [0, 1, 2, 13, 14, 15], 0),
        ("-b 9", "sample ", [0, 0], 0),
        pytest.param("-b 9 --arrays -t 1", "sample ", [0, 1, 2, 6, 7, 8], 1),
    ],
    ids=["seven timesteps", "eight", "as many units as fit", "sample 0 and a note", "nine samples"],
)
def test_long_axes_are_elided_as_in_numpy(
    call: str, label: str, numbers: Sequence[int], gaps: int
) -> None:
    text = "\n".join(lines_of(f"{call} --return-sequences"))
    assert [*map(int, re.findall(rf"(?<!\S){label}(\d+)(?!\S)", text))] == [*numbers]
    assert len(re.findall(r"^[ …]*…$", text, flags=re.MULTILINE)) == gaps
    assert ("…" in text) == (len(numbers) == 6)


def test_a_note_says_that_one_sample_stands_for_the_batch() -> None:
    note = "sample 0 of 2: --arrays shows more, --show one"
    assert note in " ".join(" ".join(lines_of("-b 2")).split())
    assert [line.split()[1] for line in lines_of("-b 2 --arrays")[2:4]] == ["0", "1"]


@pytest.mark.parametrize(
    ("call", "legend"),
    [
        ("", "  u0: unit 0  untrained: random weights"),
        ("--bidirectional", "  →u forward, ←u backward  untrained: random weights"),
        ("--show input", None),
    ],
    ids=["units", "both directions", "input alone"],
)
def test_a_legend_below_says_what_labels_and_numbers_are(call: str, legend: str | None) -> None:
    *above, last = lines_of(call)
    assert last == legend if legend else ("u0" not in last and "random" not in last)
    assert (above[-1] == "") == bool(legend)


def test_what_is_picked_is_shown_whole_in_blocks_as_wide_as_the_screen() -> None:
    call = f"-t 9 -u 12 -b 2 {BOTH_FLAGS} --show all_hidden_states"
    heading, titles, *rows = lines_of(call)
    assert heading == "all_hidden_states  (2, 9, 12) = (batch, timesteps, units)"
    assert titles.split() == [f"u{unit}" for unit in range(7)]
    assert rows[18].split() == [f"u{unit}" for unit in range(7, 12)]
    numbers = [re.findall(r"-?\d\.\d{4}", row) for row in (*rows[:18], *rows[19:37])]
    together = [left + right for left, right in zip(numbers[:18], numbers[18:], strict=True)]
    ((spec,),) = request_of(call).rows
    values = fixed_run(spec)["all_hidden_states"].reshape(18, 12)
    np.testing.assert_allclose(np.array(together, float), values, atol=1e-4)
    assert [row.split("  = ")[1] for row in rows if "  = " in row] == ["hidden_state"] * 2
    assert max(map(len, rows)) <= 80


@pytest.mark.parametrize(
    ("size", "rows", "said"),
    [(100, 1_500, ""), (101, 1, "10,100 numbers, shown whole up to 10,000")],
)
def test_more_than_ten_thousand_numbers_are_elided_and_counted(
    size: int, rows: int, said: str
) -> None:
    lines = lines_of(f"-t 100 -u {size} --return-sequences --show all_hidden_states")
    assert said in " ".join(lines[:2])
    assert ("…" in " ".join(lines)) == bool(said)
    assert len(lines) > rows


def test_an_array_tells_its_range_and_what_is_not_finite_unless_it_is_whole() -> None:
    values = np.linspace(-1, 1, 300)[None]
    values[0, 100:102] = NAN, -INF
    heading, *_ = lines_of("-u 300 --precision 1", run=holding(output=values))
    assert heading == "output  (1, 300) = (batch, units)  values -1.0 to 1.0  2 not finite"
    heading, titles, *_ = lines_of("-u 16", 200)
    assert heading == "output  (1, 16) = (batch, units)"
    assert titles.split() == [f"u{unit}" for unit in range(16)]


@pytest.mark.parametrize(
    ("expression", "shape", "words"),
    [
        ("all_hidden_states[1,1:,:2]", "(2, 2) = (timesteps, units)", "→u0 →u1 t=1 # # t=2 # #"),
        ("all_hidden_states[0,0,4:6]", "(2,) = (units,)", "→u4 ←u0 # #"),
        ("backward_cell_state[1:,::-2]", "(1, 3) = (batch, units)", "u4 u2 u0 sample 1 # # #"),
        ("input[0,1:,3]", "(2,) = (timesteps,)", "t=1 t=2 # #"),
        ("input[1,:1,2:]", "(1, 2) = (timesteps, features)", "f2 f3 t=0 # #"),
        ("all_hidden_states[0,1,2]", "()", "#"),
        ("forward_cell_state[:0]", "(0, 5) = (batch, units)", "u0 u1 u2 u3 u4"),
        ("forward_cell_state[0,:0]", "(0,) = (units,)", ""),
    ],
)
def test_selections_are_labelled_by_where_they_stand_in_the_whole(
    expression: str, shape: str, words: str
) -> None:
    heading, *rows = lines_of(f"--bidirectional {BOTH_FLAGS} -b 2 --show {expression}")
    assert heading == f"{expression}  {shape}"
    table = rows[: rows.index("")] if "" in rows else rows  # above the legend
    assert re.sub(r"(?<!\S)-?\d\.\d{4}", "#", " ".join(" ".join(table).split())) == words


def test_equal_rows_stand_in_the_same_columns() -> None:
    text = "\n".join(lines_of(f"-t 12 {BOTH_FLAGS}", 120))
    assert re.search(r" t=11(.*)   = hidden_state\n\nhidden_.*\n  sample 0     \1\n", text)


@pytest.mark.parametrize("width", [60, 80, 120], ids="{} columns".format)
@pytest.mark.parametrize("layers", ["-t 4", "-t 4 --bidirectional", "-u 6,5", "-t 1 -u 2"])
def test_remarks_on_rows_are_true_to_the_arrays(layers: str, width: int) -> None:
    """Each stands beside its row or below all of them."""
    ((spec,),) = request_of(f"{layers} {BOTH_FLAGS}").rows
    run, text = fixed_run(spec), screen(f"{layers} {BOTH_FLAGS}", width)
    found = re.findall(r"t=(\d+) .*?([→←]?)u? ?= (\w+)$", text, flags=re.MULTILINE)
    assert {name for *_, name in found} == {a for a in run.arrays if a.endswith("hidden_state")}
    for step, arrow, name in found:
        units = {"": slice(None), "→": slice(5), "←": slice(5, None)}[arrow]
        row = run["all_hidden_states"][:, int(step), units]
        np.testing.assert_allclose(row, run[name], atol=1e-6)


def tints(line: Text) -> dict[str, tuple[int, ...] | None]:
    """Return the numbers of a line with their backgrounds."""
    return {
        line.plain[at:end].strip(): style.bgcolor and style.bgcolor.triplet
        for at, end, style in line.spans
        if isinstance(style, Style) and not style.dim
    }


def test_tints_are_blue_below_0_red_above_and_shared_by_all_arrays() -> None:
    run = holding(output=[[-2, 0, 1]], hidden_state=[[-1, 0, 1]], cell_state=[[0, 0, 2]])
    lines = shown("-u 3 --return-state --precision 0", run=run, colours="truecolor")
    first, second, third = (tints(line) for line in lines if "sample 0" in line.plain)
    half = tuple((zero + end) // 2 for zero, end in zip(ZERO, POSITIVE, strict=True))
    assert first == {"-2": NEGATIVE, "0": ZERO, "1": half}
    assert (second["1"], third["2"]) == (half, POSITIVE)
    assert lines[-1].plain.startswith("  tint  -2  0  2   u0: unit 0")
    assert tints(lines[-1]) == {"-2": NEGATIVE, "0": ZERO, "2": POSITIVE}


def test_only_with_colours_there_are_tints_and_a_legend() -> None:
    plain, coloured = (screen(BOTH_FLAGS, colours=colours) for colours in (False, True))
    assert ("\x1b" in plain, "tint" in plain) == (False, False)
    assert ("\x1b" in coloured, "tint" in coloured) == (True, True)


def test_numbers_that_are_not_finite_are_readable() -> None:
    run = holding(output=[[NAN, INF, -INF, 1]])
    *_, row, _, _ = shown("-u 4 --precision 1", run=run, colours="truecolor")
    assert tints(row) == {"nan": None, "inf": POSITIVE, "-inf": NEGATIVE, "1.0": POSITIVE}
