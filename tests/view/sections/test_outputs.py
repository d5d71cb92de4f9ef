"""Outputs: the arrays that come back, what they hold, and where the same values stand."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.shapes.cell import GRU, LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.sections import outputs
from lstm_shapes.view.style import Look
from tests.conftest import SEED, request_of, screen
from tests.view.runs import answer_to, spec_of, texts, without_gaps

BOTH_FLAGS = "--return-sequences --return-state"
FLAGS = ["", "--return-sequences", "--return-state", BOTH_FLAGS]
LAYERS = [
    pytest.param("", id="one layer"),
    pytest.param("--bidirectional", id="both directions"),
    pytest.param("-u 6,5", id="stack"),
    pytest.param("-u 6,5 --bidirectional", id="stack in both directions"),
    pytest.param("-t 9999 -b 9999 -u 9999", id="large"),
]


def known(call: str, width: int = 80) -> str:
    """Return the half of the screen that is known, with single blanks."""
    return re.sub(" +", " ", screen(f"{call} -n", width))


def spec_of_call(call: str) -> Spec:
    """Return the only spec of a call."""
    ((spec,),) = request_of(call).rows
    return spec


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("layers", LAYERS)
def test_every_array_stands_there_in_order_with_what_it_holds(
    layers: str, width: int
) -> None:
    """Remarks stand beside an array, or below it."""
    call = f"{layers} {BOTH_FLAGS}"
    row_with_remark = r"^ (\d) (\w+) (\(.*?\))\s+([a-z]+ .*)$"
    rows = []
    for number, name, shape, _ in re.findall(
        row_with_remark, known(call, width), re.MULTILINE
    ):
        rows.append((int(number), name, shape))
    expected = []
    for number, array in enumerate(spec_of_call(call).outputs):
        expected.append((number, array.name, str(array.shape)))
    assert rows == expected


def statement_in(text: str) -> str:
    """Return the statement of Python in the section, without its indent."""
    pattern = r"^  (\([a-z][^)]*\) = .*|[a-z_, ]+ = .*)$"
    match = re.search(pattern, text, re.MULTILINE)
    assert match
    lines = match[1].splitlines()
    return "\n".join(line.strip() for line in lines)


def unpacked(statement: str, spec: Spec) -> dict[str, object]:
    """Run a statement on layers that hand on their input, and return its variables.

    The input is the list of the names of the arrays, or the name of the only one.
    """

    def hand_on(x: object) -> object:
        return x

    names = [array.name for array in spec.outputs]
    variables: dict[str, object] = {"x": names}
    if len(names) == 1:
        variables["x"] = names[0]
    for layer_spec in spec.layer_specs:
        variables[layer_spec.name] = hand_on
    exec(statement, variables)
    return variables


def assert_names_are_unpacked(statement: str, spec: Spec) -> None:
    """Check that each name of the statement gets the array of that name."""
    variables = unpacked(statement, spec)
    for array in spec.outputs:
        assert variables[array.name] == array.name


@pytest.mark.parametrize("width", [60, 80, 9999])
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", LAYERS)
def test_a_line_of_python_unpacks_the_arrays(
    layers: str, flags: str, width: int
) -> None:
    call = f"{layers} {flags}"
    text = screen(f"{call} -n --only outputs", width)
    assert_names_are_unpacked(statement_in(text), spec_of_call(call))


@pytest.mark.parametrize(
    ("flags", "purpose"),
    [
        ("", "one vector for each sample, to classify or forecast"),
        ("--return-sequences", "a vector at every timestep, to stack or to tag"),
        ("--return-state", "to hand on what the layer remembers, as an encoder does"),
        (BOTH_FLAGS, "for a decoder or attention"),
    ],
)
def test_the_flags_have_a_purpose(flags: str, purpose: str) -> None:
    assert f"\nOutputs {purpose}\n" in known(flags)
    assert f" {purpose}\n" in known("--compare")


@pytest.mark.parametrize(
    ("call", "names"),
    [
        pytest.param("--return-state", "state_h and state_c", id="LSTM"),
        pytest.param("--return-state --layer GRU", "state_h", id="GRU"),
    ],
)
def test_states_are_called_as_in_tutorials_too(call: str, names: str) -> None:
    text = known(call)
    assert len(re.findall(rf"\n often called {names}\b(?! and)", text)) == 1
    # They are other names, and no other arrays: they stand below the statement.
    assert text.index("often called") > text.index(" = ")


@pytest.mark.parametrize(
    "call", ["--return-sequences", "--return-state --bidirectional"]
)
def test_without_states_of_one_direction_nobody_has_names_for_them(call: str) -> None:
    assert "state_h" not in known(call)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        pytest.param(
            "--return-state",
            "output goes to the next layer, the last h and c begin a later call",
            id="output",
        ),
        pytest.param(
            BOTH_FLAGS,
            "every h goes to the next layer, the last h and c begin a later call",
            id="every h",
        ),
        pytest.param(
            f"--layer GRU {BOTH_FLAGS}",
            "every h goes to the next layer, the last h begins a later call",
            id="GRU",
        ),
        pytest.param(
            f"--bidirectional {BOTH_FLAGS}",
            "every h goes to the next layer, the last h and c begin a later call",
            id="both directions",
        ),
    ],
)
def test_where_each_of_two_h_goes_is_said(call: str, reason: str) -> None:
    assert f"\n h twice: {reason}\n" in known(call)


@pytest.mark.parametrize("call", ["", "--return-sequences"])
def test_h_that_comes_once_needs_no_reason(call: str) -> None:
    assert "twice" not in known(call)


MEMORY = "c, the memory, can leave -1 to 1, h cannot"


def test_c_is_said_to_be_the_memory_that_may_be_large() -> None:
    assert MEMORY in known("")
    assert MEMORY in known("--return-state")
    assert "the memory" not in known("--layer GRU --return-state")


@pytest.mark.parametrize(
    ("layer", "is_said"),
    [
        pytest.param(Layer(cell=LSTM, units=5, return_state=True), True, id="tanh"),
        pytest.param(
            Layer(cell=LSTM, units=5, return_state=True, activation="relu"),
            False,
            id="relu",
        ),
        pytest.param(
            Layer(
                cell=LSTM,
                units=5,
                return_state=True,
                activation="relu",
                bidirectional=True,
            ),
            False,
            id="relu in both directions",
        ),
    ],
)
def test_h_is_bounded_where_it_is_said_to_be_and_c_is_not(
    layer: Layer, is_said: bool
) -> None:
    spec = spec_of(layer, timesteps=20, batch_size=8)
    text = "\n".join(texts(outputs.one_call(answer_to(spec))))
    assert (MEMORY in text) is is_said
    # The same vector at every timestep: what the gates keep adds up.
    rows = 10 * np.random.default_rng(1).standard_normal((8, 1, 4))
    x = np.repeat(rows, 20, axis=1)
    run = explore(spec, seed=SEED, input=x, try_next_layers=False)
    largest_h = 0.0
    largest_c = 0.0
    for array in run.outputs:
        largest_value = float(np.abs(array.values).max())
        if array.name.endswith("cell_state"):
            largest_c = max(largest_c, largest_value)
        else:
            largest_h = max(largest_h, largest_value)
    assert largest_c > 2
    assert (largest_h <= 1) is is_said


def equal_expressions(text: str) -> list[set[str]]:
    """Return the sides of each line that says what is equal."""
    return [set(line.strip().split(" = ")) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("call", "expressions"),
    [
        pytest.param(
            "",
            {"hidden_state", "output", "all_hidden_states[:, -1]"},
            id="one direction",
        ),
        pytest.param(
            "--bidirectional",
            {
                "forward_hidden_state",
                "output[:, :5]",
                "all_hidden_states[:, -1, :5]",
            },
            id="forward",
        ),
        pytest.param(
            "--bidirectional",
            {
                "backward_hidden_state",
                "output[:, 5:]",
                "all_hidden_states[:, 0, 5:]",
            },
            id="backward",
        ),
    ],
)
def test_a_comparison_says_which_expressions_are_equal(
    call: str, expressions: set[str]
) -> None:
    assert expressions in equal_expressions(known(f"--compare {call}"))


STATES = ["hidden_state", "cell_state"]
STATES_OF_BOTH = [
    "forward_hidden_state",
    "forward_cell_state",
    "backward_hidden_state",
    "backward_cell_state",
]


@pytest.mark.parametrize(
    ("call", "states"),
    [
        pytest.param("", STATES, id="one direction"),
        pytest.param("--bidirectional", STATES_OF_BOTH, id="both directions"),
    ],
)
def test_a_comparison_says_which_calls_return_an_array(
    call: str, states: Sequence[str]
) -> None:
    text = known(f"--compare {call}")
    arrays_in_calls = re.findall(r"^ (\w+) \(.*?\) (\d, \d) ", text, re.MULTILINE)
    expected = [("output", "0, 2"), ("all_hidden_states", "1, 3")]
    for state in states:
        expected.append((state, "2, 3"))
    assert arrays_in_calls == expected


def rows_of(
    layer: Layer, lengths: tuple[int, ...] | None = None, padding: str = "post"
) -> list[str]:
    """Return the rows of the arrays with single blanks, each with its remark."""
    spec = spec_of(layer, lengths=lengths, padding=padding)
    rows = []
    for line in texts(outputs.one_call(answer_to(spec, Look(200)))):
        row = without_gaps(line)
        if row[0].isdigit():
            rows.append(row)
    return rows


def backwards(*, return_sequences: bool) -> Layer:
    """Return a layer that goes backwards and returns its state."""
    return Layer(
        cell=GRU,
        units=5,
        return_sequences=return_sequences,
        return_state=True,
        go_backwards=True,
    )


@pytest.mark.parametrize(
    ("layer", "rows"),
    [
        pytest.param(
            backwards(return_sequences=False),
            [
                "0 output (1, 5) h at t=0, which is read last",
                "1 hidden_state (1, 5) h at t=0, which is read last",
            ],
            id="output",
        ),
        pytest.param(
            backwards(return_sequences=True),
            [
                "0 all_hidden_states (1, 3, 5) h at every timestep, the last one first",
                "1 hidden_state (1, 5) h at t=0, which is read last",
            ],
            id="every h",
        ),
    ],
)
def test_a_layer_that_goes_backwards_ends_at_t_0(layer: Layer, rows: list[str]) -> None:
    assert rows_of(layer) == rows


@pytest.mark.parametrize(
    ("merge_mode", "sequences", "output"),
    [
        pytest.param(
            "concat",
            ["0 all_hidden_states (1, 3, 10) both h at every timestep"],
            ["0 output (1, 10) forward h at t=2, backward h at t=0"],
            id="concat",
        ),
        pytest.param(
            "sum",
            ["0 all_hidden_states (1, 3, 5) the sum of both h at every timestep"],
            ["0 output (1, 5) the sum of forward h at t=2 and backward h at t=0"],
            id="sum",
        ),
        pytest.param(
            "mul",
            ["0 all_hidden_states (1, 3, 5) the product of both h at every timestep"],
            ["0 output (1, 5) the product of forward h at t=2 and backward h at t=0"],
            id="mul",
        ),
        pytest.param(
            "ave",
            ["0 all_hidden_states (1, 3, 5) the average of both h at every timestep"],
            ["0 output (1, 5) the average of forward h at t=2 and backward h at t=0"],
            id="ave",
        ),
        pytest.param(
            None,
            [
                "0 forward_all_hidden_states (1, 3, 5) forward h at every timestep",
                "1 backward_all_hidden_states (1, 3, 5) backward h at every timestep",
            ],
            [
                "0 forward_output (1, 5) forward h at t=2",
                "1 backward_output (1, 5) backward h at t=0",
            ],
            id="None",
        ),
    ],
)
def test_what_both_directions_return_is_said_as_they_are_merged(
    merge_mode: str | None, sequences: list[str], output: list[str]
) -> None:
    returns_output = Layer(
        cell=LSTM,
        units=5,
        bidirectional=True,
        merge_mode=merge_mode,
    )
    returns_sequences = Layer(
        cell=LSTM,
        units=5,
        bidirectional=True,
        merge_mode=merge_mode,
        return_sequences=True,
    )
    assert rows_of(returns_output) == output
    assert rows_of(returns_sequences) == sequences


@pytest.mark.parametrize(
    ("lengths", "padding", "meaning"),
    [
        pytest.param(
            (3, 3), "post", "h at the last timestep", id="no timestep is masked"
        ),
        pytest.param(
            (3, 1),
            "post",
            "h at the last timestep, zeros where that is masked",
            id="masked",
        ),
        pytest.param((3, 1), "pre", "h at the last timestep", id="masked in front"),
    ],
)
def test_zero_output_for_mask_gives_zeros_where_the_last_timestep_is_masked(
    lengths: tuple[int, ...], padding: str, meaning: str
) -> None:
    layer = Layer(cell=LSTM, units=5, zero_output_for_mask=True)
    assert rows_of(layer, lengths, padding) == [f"0 output (2, 5) {meaning}"]


def test_a_layer_that_goes_back_to_padding_ends_at_the_first_real_timestep() -> None:
    layer = Layer(cell=GRU, units=5, go_backwards=True)
    (row,) = rows_of(layer, (3, 1), "pre")
    assert row == "0 output (2, 5) h at the first real timestep, which is read last"
    zeroed = replace(layer, zero_output_for_mask=True)
    (row,) = rows_of(zeroed, (3, 1), "pre")
    assert row == "0 output (2, 5) h at t=0, zeros where that is masked"


SUM = Layer(
    cell=LSTM,
    units=5,
    return_sequences=True,
    return_state=True,
    bidirectional=True,
    merge_mode="sum",
)
NOT_MERGED = Layer(
    cell=GRU,
    units=5,
    return_sequences=True,
    return_state=True,
    bidirectional=True,
    merge_mode=None,
)
LOWER = Layer(cell=LSTM, units=64, return_sequences=True)
UPPER = Layer(cell=GRU, units=32, return_state=True)


@pytest.mark.parametrize("width", [60, 80, 9999])
@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec_of(SUM), id="sum"),
        pytest.param(spec_of(NOT_MERGED), id="not merged"),
        pytest.param(spec_of(LOWER, UPPER), id="mixed stack"),
    ],
)
def test_a_line_of_python_unpacks_the_arrays_of_layers_as_written(
    spec: Spec, width: int
) -> None:
    lines = texts(outputs.one_call(answer_to(spec, Look(width))))
    assert max(len(line) for line in lines) <= width
    assert_names_are_unpacked(statement_in("\n".join(lines)), spec)


def test_states_of_a_mixed_stack_are_those_of_its_last_layer() -> None:
    lines = texts(outputs.one_call(answer_to(spec_of(LOWER, UPPER))))
    assert "  output, hidden_state = gru(lstm(x))" in lines
    assert lines[-1] == "  often called state_h"


def test_merged_directions_do_not_return_h_twice() -> None:
    layer = Layer(
        cell=LSTM,
        units=5,
        bidirectional=True,
        merge_mode="sum",
        return_sequences=True,
        return_state=True,
    )
    text = " ".join(texts(outputs.one_call(answer_to(spec_of(layer), Look(80)))))
    assert "h twice" not in text
    assert "the sum of both h goes to the next layer" in text
