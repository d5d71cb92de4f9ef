"""The arrays of a run or of a comparison, with what the claims say of their rows."""

import re

import numpy as np
import pytest

from lstm_shapes import Run
from lstm_shapes.shapes.cell import GRU, LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.sections import arrays
from lstm_shapes.view.style import ASCIIGlyphs, Look
from tests.conftest import fixed_run, request_of, screen
from tests.oracle import unroll_backward
from tests.view.runs import (
    answer_to,
    changed,
    keras_run,
    spec_of,
    texts,
    without_gaps,
)

BOTH_FLAGS = "--return-sequences --return-state"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "layers",
    [
        pytest.param("-t 4", id="one layer"),
        pytest.param("-t 4 --bidirectional", id="both directions"),
        pytest.param("-u 6,5", id="stack"),
        pytest.param("-t 1 -u 2", id="one timestep"),
    ],
)
def test_remarks_on_rows_are_true_to_the_arrays(layers: str, width: int) -> None:
    """A remark stands beside its row or below all of them."""
    call = f"{layers} {BOTH_FLAGS}"
    ((spec,),) = request_of(call).rows
    run = fixed_run(spec)
    remark = r"t=(\d+) .*?([→←]?)u? ?= (\w+)$"
    remarks = re.findall(remark, screen(call, width), re.MULTILINE)

    states = [name for name in run.arrays if name.endswith("hidden_state")]
    assert {name for _, _, name in remarks} == set(states)
    units_of_arrow = {"": slice(None), "→": slice(5), "←": slice(5, None)}
    for timestep, arrow, name in remarks:
        units = units_of_arrow[arrow]
        row = run["all_hidden_states"][:, int(timestep), units]
        np.testing.assert_allclose(row, run[name], atol=1e-6)


def arrays_in_calls(text: str) -> list[tuple[str, str]]:
    """Return the name of each array with the calls that it is of."""
    return re.findall(r"^(\w+) .*\) +(calls [\d, ]*\d)", text, re.MULTILINE)


def test_a_comparison_names_the_calls_that_an_array_is_the_same_in() -> None:
    assert arrays_in_calls(screen("--compare"))[:2] == [
        ("all_hidden_states", "calls 1, 3"),
        ("output", "calls 0, 2"),
    ]


def test_a_part_of_an_array_has_the_calls_that_it_is_in() -> None:
    text = screen("--compare --show cell_state[0]")
    assert "\ncell_state[0]  (5,) = (units,)  calls 2, 3  u0: unit 0" in text


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        pytest.param(
            "all_hidden_states[1]",
            ["t=0 # # = hidden_state[1]", "t=1 # # repeats t=0", "t=2 # # repeats t=0"],
            id="a sample",
        ),
        pytest.param(
            "all_hidden_states[:,-1]",
            ["sample 0 # # = hidden_state[0]", "sample 1 # # repeats t=0"],
            id="a timestep",
        ),
        pytest.param(
            "all_hidden_states[1,1]",
            ["# # repeats t=0"],
            id="a timestep of a sample",
        ),
        pytest.param(
            "all_hidden_states[::-1,::2]",
            [
                "sample 1 t=0 # # = hidden_state[1]",
                "t=2 # # repeats t=0",
                "sample 0 t=0 # #",
                "t=2 # # = hidden_state[0]",
            ],
            id="steps",
        ),
        pytest.param(
            "all_hidden_states[1,:,:1]",
            ["t=0 #", "t=1 # repeats t=0", "t=2 # repeats t=0"],
            id="a part of each row, which is no state",
        ),
        pytest.param("all_hidden_states[1,:,0]", ["# # #"], id="along the timesteps"),
    ],
)
def test_rows_of_a_part_have_the_remarks_that_are_true_of_them(
    expression: str, rows: list[str]
) -> None:
    call = f"-u 2 --lengths 3,1 {BOTH_FLAGS} --only arrays --show {expression}"
    assert rows_in(screen(call).splitlines()) == rows


def test_a_row_of_a_sample_is_a_state_of_that_sample() -> None:
    call = f"-u 2 -b 2 {BOTH_FLAGS} --only arrays --show all_hidden_states[1,1:]"
    assert rows_in(screen(call).splitlines()) == [
        "t=1 # #",
        "t=2 # # = hidden_state[1]",
    ]


def test_rows_in_a_sweep_have_their_remarks() -> None:
    call = f"-u 2 -u 3 --lengths 2,1 -t 2 {BOTH_FLAGS} --show all_hidden_states"
    assert rows_in(screen(call).splitlines()) == [
        "sample 0 t=0 # #",
        "t=1 # # = hidden_state[0]",
        "sample 1 t=0 # # = hidden_state[1]",
        "t=1 # # repeats t=0",
        "sample 0 t=0 # # #",
        "t=1 # # # = hidden_state[0]",
        "sample 1 t=0 # # # = hidden_state[1]",
        "t=1 # # # repeats t=0",
    ]


def differing_run(spec: Spec) -> Run:
    """Make a run whose numbers are 1 more in the calls without states."""
    if spec.return_state:
        return fixed_run(spec)
    return changed(lambda array: array.values + 1)(spec)


def test_arrays_of_calls_that_differ_are_shown_apart() -> None:
    text = screen("--compare", run=differing_run)
    calls_of_output = []
    for name, calls in arrays_in_calls(text):
        if name == "output":
            calls_of_output.append(calls)
    assert calls_of_output == ["calls 0", "calls 2"]


def lines_of(spec: Spec, look: Look | None = None) -> list[str]:
    """Return the section of a run by Keras."""
    return texts(arrays.one_call(answer_to(spec, look, keras_run(spec))))


def heading_of(name: str, lines: list[str]) -> str:
    """Return the line that names an array."""
    (heading,) = (line for line in lines if line.startswith(f"{name}  "))
    return heading


def table_of(name: str, lines: list[str]) -> list[str]:
    """Return the lines of an array's table, its heading first."""
    start = lines.index(heading_of(name, lines))
    table = [lines[start]]
    for line in lines[start + 1 :]:
        if not line.startswith(" "):
            break
        table.append(line)
    return table


def rows_of(name: str, lines: list[str]) -> list[str]:
    """Return the rows of an array with # for a number, and with single blanks."""
    return rows_in(table_of(name, lines))


def rows_in(lines: list[str]) -> list[str]:
    """Return the rows of all tables in these lines, as `rows_of` does."""
    rows = []
    for line in lines:
        if " to " in line or " = (" in line:
            # The heading may tell the range of all numbers.
            continue
        row = re.sub(r"(?<!\S)-?\d\.\d{4}", "#", line)
        if "#" in row:
            rows.append(without_gaps(row))
    return rows


BACKWARDS = Layer(
    cell=LSTM,
    units=2,
    return_sequences=True,
    return_state=True,
    go_backwards=True,
)


def test_rows_of_a_layer_that_goes_backwards_run_from_the_last_timestep_down() -> None:
    lines = lines_of(spec_of(BACKWARDS))
    assert rows_of("all_hidden_states", lines) == [
        "sample 0 t=2 # #",
        "t=1 # #",
        "t=0 # # = hidden_state",
    ]


def test_the_rows_of_a_long_sequence_backwards_are_elided_at_its_middle() -> None:
    lines = lines_of(spec_of(BACKWARDS, timesteps=9))
    labels = re.findall(r"t=\d", " ".join(rows_of("all_hidden_states", lines)))
    assert labels == ["t=8", "t=7", "t=6", "t=2", "t=1", "t=0"]


def test_masked_timesteps_come_first_where_the_last_one_is_read_first() -> None:
    lines = lines_of(spec_of(BACKWARDS, lengths=(3, 1)))
    spec = spec_of(BACKWARDS, lengths=(3, 1))
    assert rows_of("all_hidden_states", lines) == [
        "sample 0 t=2 # #",
        "t=1 # #",
        "t=0 # # = hidden_state[0]",
        "sample 1 t=2 # # zeros",
        "t=1 # # zeros",
        "t=0 # # = hidden_state[1]",
    ]
    np.testing.assert_array_equal(keras_run(spec)["all_hidden_states[1, :2]"], 0)


def test_masked_timesteps_in_front_repeat_what_is_read_before_them() -> None:
    spec = spec_of(BACKWARDS, lengths=(3, 2), padding="pre")
    assert rows_of("all_hidden_states", lines_of(spec)) == [
        "sample 0 t=2 # #",
        "t=1 # #",
        "t=0 # # = hidden_state[0]",
        "sample 1 t=2 # #",
        "t=1 # # = hidden_state[1]",
        "t=0 # # repeats t=1",
    ]
    rows = keras_run(spec)["all_hidden_states[1]"]
    np.testing.assert_array_equal(rows[2], rows[1])


@pytest.mark.parametrize("timestep", [0, 1, 2])
def test_the_row_of_a_timestep_holds_its_h_by_the_equations(timestep: int) -> None:
    spec = spec_of(BACKWARDS)
    run = keras_run(spec)
    weights = list(run.weights.values())
    states = unroll_backward("LSTM", run.input.values, weights)
    table = table_of("all_hidden_states", lines_of(spec))
    (row,) = (line for line in table if f" t={timestep} " in line)
    numbers = [float(number) for number in re.findall(r"-?\d\.\d{4}", row)]
    np.testing.assert_allclose(numbers, states.h[0, timestep], atol=1e-4)


def in_both_directions(merge_mode: str | None, *, return_sequences: bool) -> Spec:
    """Return a layer that merges its two directions so, and returns their states."""
    layer = Layer(
        cell=GRU,
        units=2,
        return_sequences=return_sequences,
        return_state=True,
        bidirectional=True,
        merge_mode=merge_mode,
    )
    return spec_of(layer)


@pytest.mark.parametrize(
    ("merge_mode", "titles", "legend"),
    [
        pytest.param(
            "concat",
            ["→u0", "→u1", "←u0", "←u1"],
            "→u forward, ←u backward",
            id="concat",
        ),
        pytest.param("sum", ["u0", "u1"], "u0: unit 0", id="sum"),
        pytest.param("mul", ["u0", "u1"], "u0: unit 0", id="mul"),
        pytest.param("ave", ["u0", "u1"], "u0: unit 0", id="ave"),
    ],
)
@pytest.mark.parametrize("return_sequences", [False, True])
def test_the_units_of_what_is_merged_are_those_of_one_direction(
    merge_mode: str, titles: list[str], legend: str, return_sequences: bool
) -> None:
    spec = in_both_directions(merge_mode, return_sequences=return_sequences)
    lines = lines_of(spec, Look(160))
    assert lines[1].split() == titles
    assert legend in lines[0]


def test_arrays_that_are_not_merged_have_the_units_of_one_direction() -> None:
    lines = lines_of(in_both_directions(None, return_sequences=True), Look(120))
    assert lines[1].split() == ["u0", "u1"]
    assert "u0: unit 0" in lines[0]
    names = [line.split()[0] for line in lines if " = (batch, " in line]
    assert names == [
        "forward_all_hidden_states",
        "backward_all_hidden_states",
        "forward_hidden_state",
        "backward_hidden_state",
    ]


@pytest.mark.parametrize(
    ("merge_mode", "expression"),
    [
        ("sum", "forward_hidden_state + backward_hidden_state"),
        ("mul", "forward_hidden_state * backward_hidden_state"),
        ("ave", "(forward_hidden_state + backward_hidden_state) / 2"),
    ],
)
def test_a_merged_output_is_shown_as_what_it_is_made_of(
    merge_mode: str, expression: str
) -> None:
    spec = in_both_directions(merge_mode, return_sequences=False)
    lines = lines_of(spec, Look(120))
    assert f"(batch, units)  = {expression}  u0" in heading_of("output", lines)
    run = keras_run(spec)
    np.testing.assert_allclose(
        eval(expression, {name: run[name] for name in run.arrays}),
        run["output"],
        atol=1e-6,
    )


def test_every_h_of_a_sum_has_no_row_that_is_a_state() -> None:
    lines = lines_of(in_both_directions("sum", return_sequences=True))
    assert rows_of("all_hidden_states", lines) == [
        "sample 0 t=0 # #",
        "t=1 # #",
        "t=2 # #",
    ]


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec_of(BACKWARDS), id="backwards"),
        pytest.param(in_both_directions("ave", return_sequences=False), id="ave"),
        pytest.param(in_both_directions(None, return_sequences=True), id="None"),
    ],
)
def test_the_arrays_of_layers_as_written_fit_and_have_an_ascii_form(
    spec: Spec, width: int
) -> None:
    for line in lines_of(spec, Look(width, ASCIIGlyphs())):
        assert len(line) <= width
        assert line.isascii()
