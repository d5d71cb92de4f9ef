"""Selections: `all_hidden_states[0, 1:]` as text, as an index, and as what it picks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.selection import Selection, parse_selection
from lstm_shapes.shapes.spec import LSTMSpec


@pytest.mark.parametrize(
    ("text", "selection"),
    [
        ("output", Selection("output")),
        ("all_hidden_states[0,1,]", Selection("all_hidden_states", (0, 1))),
        ("cell_state[:, -1]", Selection("cell_state", (slice(None), -1))),
        ("input[..., ::2]", Selection("input", (..., slice(None, None, 2)))),
        ("input[1 : +3 : -1]", Selection("input", (slice(1, 3, -1),))),
        ("lstm_1/forward/kernel[0]", Selection("lstm_1/forward/kernel", (0,))),
        ("backward/bias", Selection("backward/bias")),
    ],
    ids=str,
)
def test_a_name_and_an_index_are_read_and_written_back(
    text: str, selection: Selection
) -> None:
    parsed = parse_selection(f" {text}\n")
    assert parsed == selection
    assert str(parsed) == text


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("state_h", "hidden_state"),
        ("state_c[0, :2]", "cell_state[0, :2]"),
        ("forward_state_h", "forward_hidden_state"),
        ("backward_state_c[0]", "backward_cell_state[0]"),
        ("state_x", "state_x"),
    ],
)
def test_a_state_has_the_names_of_tutorials_too(alias: str, name: str) -> None:
    """It is written back with the name that the screen gives it."""
    selection = parse_selection(alias)
    assert selection == parse_selection(name)
    assert str(selection) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/kernel",
        "forward/",
        "forward//kernel",
        "forward/kernel/2",
        "kernel[0]/bias",
        "2/kernel",
        "0",
        "a.b",
        "[0]",
        "output()",
        "output[]",
        "output[a]",
        "output[0",
        "output[0]\n[1]",
        "output[0][1]",
        "output[[0, 1]]",
        "output[(0, 1), 2]",
        "output[None]",
        "output[True]",
        "output[1.5]",
        "output[1.5:]",
        "output['a']",
        "output[..., ...]",
        "output[::0]",
    ],
    ids=repr,
)
def test_anything_else_is_refused(text: str) -> None:
    problem = "cannot be read, expected a name with integers, slices"
    with pytest.raises(CallError, match=problem):
        parse_selection(text)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("output[open({!r}, 'w')]", id="within an index"),
        pytest.param("open({!r}, 'w')", id="as a name"),
    ],
)
def test_an_expression_is_never_evaluated(template: str, tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(CallError):
        parse_selection(template.format(str(file)))
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "cell_state[2]",
            r"index 2 is out of bounds for batch, expected .* of shape \(2, 5\)",
            id="batch",
        ),
        pytest.param(
            "cell_state[0, -6]",
            "index -6 is out of bounds for units",
            id="units",
        ),
        pytest.param(
            "cell_state[0, 0, 0]",
            r"3 indices for 2 axes, expected .* = \(batch, units\)",
            id="axes",
        ),
        pytest.param(
            "output",
            "is no array of this call, expected one of: input, all_hidden_states,"
            " hidden",
            id="name",
        ),
    ],
)
def test_a_selection_that_fits_no_array_is_refused(text: str, problem: str) -> None:
    spec = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)
    with pytest.raises(CallError, match=problem):
        parse_selection(text).find(spec.arrays)


BOUNDS = st.one_of(st.just(""), st.integers(-5, 5).map(str))
STEPS = st.sampled_from(["", ":", ":-2", ":-1", ":3"])
SLICES = st.builds("{}:{}{}".format, BOUNDS, BOUNDS, STEPS)
ITEMS = st.one_of(st.just("..."), st.integers(-4, 3).map(str), SLICES)
INDICES = st.lists(ITEMS, min_size=1, max_size=4).map(", ".join)

VALUES = np.arange(24).reshape(2, 3, 4)
VALUES_SPEC = ArraySpec("x", ("batch", "timesteps", "features"), VALUES.shape)


@settings(deadline=None)
@given(INDICES)
def test_an_index_means_what_numpy_means_by_it(index: str) -> None:
    try:
        expected = eval(f"VALUES[{index}]")
    except IndexError:
        with pytest.raises(CallError):
            parse_selection(f"x[{index}]").positions(VALUES_SPEC)
        return
    positions = parse_selection(f"x[{index}]").positions(VALUES_SPEC)

    remaining_sizes = []
    indices_by_axis = []
    for position in positions:
        if isinstance(position, range):
            remaining_sizes.append(len(position))
            indices_by_axis.append(list(position))
        else:
            indices_by_axis.append([position])
    assert tuple(remaining_sizes) == expected.shape
    selected = VALUES[np.ix_(*indices_by_axis)]
    np.testing.assert_array_equal(selected.reshape(expected.shape), expected)
