import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_shapes.errors import CallError
from lstm_shapes.spec.layer import ArraySpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.selection import parse

SPEC = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)


@pytest.mark.parametrize(
    ("text", "name", "index"),
    [
        ("output", "output", ()),
        (" output ", "output", ()),
        ("all_hidden_states[0, 1]", "all_hidden_states", (0, 1)),
        ("all_hidden_states[0,1,]", "all_hidden_states", (0, 1)),
        ("cell_state[:, -1]", "cell_state", (slice(None), -1)),
        ("input[..., ::2]", "input", (..., slice(None, None, 2))),
        ("input[ 1 : +3 : -1 ]", "input", (slice(1, 3, -1),)),
    ],
)
def test_a_name_and_an_index_are_read(text: str, name: str, index: tuple[object, ...]) -> None:
    selection = parse(text)
    assert (selection.name, selection.index) == (name, index)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "a.b", "[0]", "[/]", "output()", "__import__('os')"),
        *("output[]", "output[,]", "output[a]", "output[0", "output[0][1]", "output[0]\n[1]"),
        *("output[1.5]", "output[None]", "output[[0, 1]]", "output[..., ...]", "output[::0]"),
        pytest.param(f"output[{' : : ,' * 1000}!]", id="one that must not be tried in many ways"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CallError, match=r"^--show .* cannot be read, expected"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cell_state[2]", "index 2 is out of bounds for batch, expected .* of shape \\(2, 5\\)"),
        ("cell_state[0, -6]", "index -6 is out of bounds for units"),
        ("cell_state[0, 0, 0]", "3 indices for 2 axes, expected .* = \\(batch, units\\)"),
        ("output", "names no array of this call, expected one of: input, all_hidden_states"),
    ],
)
def test_what_fits_no_array_is_refused_with_what_would(text: str, problem: str) -> None:
    with pytest.raises(CallError, match=problem):
        parse(text).find(SPEC.arrays)


integers = st.integers(-9, 9).map(str)
bounds = st.one_of(st.just(""), integers)
steps = st.sampled_from(["-2", "-1", "", "1", "3"])
items = st.one_of(
    st.just("..."),
    integers,
    st.tuples(bounds, bounds).map(":".join),
    st.tuples(bounds, bounds, steps).map(":".join),
)


@given(st.lists(items, min_size=1, max_size=4).map(", ".join))
def test_an_index_means_what_numpy_means_by_it(inside: str) -> None:
    values = np.arange(24).reshape(2, 3, 4)
    array = ArraySpec("x", ("batch", "timesteps", "features"), values.shape, "")
    try:
        expected = eval(f"values[{inside}]")
    except IndexError:
        with pytest.raises(CallError):
            parse(f"x[{inside}]").positions(array)
        return
    positions = parse(f"x[{inside}]").positions(array)
    assert tuple(len(p) for p in positions if isinstance(p, range)) == expected.shape
    whole = np.ix_(*([p] if isinstance(p, int) else list(p) for p in positions))
    np.testing.assert_array_equal(values[whole].reshape(expected.shape), expected)
