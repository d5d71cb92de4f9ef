from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes.errors import CallError
from lstm_shapes.spec.layer import ArraySpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.selection import Selection, parse


@pytest.mark.parametrize(
    ("text", "selection"),
    [
        ("output", Selection("output")),
        ("all_hidden_states[0,1,]", Selection("all_hidden_states", (0, 1))),
        ("cell_state[:, -1]", Selection("cell_state", (slice(None), -1))),
        ("input[..., ::2]", Selection("input", (..., slice(None, None, 2)))),
        ("input[1 : +3 : -1]", Selection("input", (slice(1, 3, -1),))),
    ],
    ids=str,
)
def test_a_name_and_an_index_are_read_and_written_back(text: str, selection: Selection) -> None:
    assert parse(f" {text}\n") == selection
    assert str(parse(f" {text}\n")) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "a.b", "[0]", "output()", "output[]", "output[a]", "output[0", "output[0]\n[1]"),
        *("output[0][1]", "output[[0, 1]]", "output[(0, 1), 2]", "output[None]", "output[True]"),
        *("output[1.5]", "output[1.5:]", "output['a']", "output[..., ...]", "output[::0]"),
    ],
    ids=repr,
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CallError, match=r"cannot be read, expected a name with integers, slices"):
        parse(text)


def test_an_expression_is_never_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "made"
    for text in (f"output[open({str(file)!r}, 'w')]", f"open({str(file)!r}, 'w')"):
        with pytest.raises(CallError):
            parse(text)
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cell_state[2]", r"index 2 is out of bounds for batch, expected .* of shape \(2, 5\)"),
        ("cell_state[0, -6]", "index -6 is out of bounds for units"),
        ("cell_state[0, 0, 0]", r"3 indices for 2 axes, expected .* = \(batch, units\)"),
        ("output", "is no array of this call, expected one of: input, all_hidden_states, hidden"),
    ],
    ids=["batch", "units", "axes", "name"],
)
def test_a_selection_that_fits_no_array_is_refused(text: str, problem: str) -> None:
    spec = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)
    with pytest.raises(CallError, match=problem):
        parse(text).find(spec.arrays)


bounds = st.one_of(st.just(""), st.integers(-5, 5).map(str))
steps = st.sampled_from(["", ":", ":-2", ":-1", ":3"])
slices = st.builds("{}:{}{}".format, bounds, bounds, steps)
items = st.one_of(st.just("..."), st.integers(-4, 3).map(str), slices)


@settings(deadline=None)
@given(st.lists(items, min_size=1, max_size=4).map(", ".join))
def test_an_index_means_what_numpy_means_by_it(index: str) -> None:
    values = np.arange(24).reshape(2, 3, 4)
    spec = ArraySpec("x", ("batch", "timesteps", "features"), values.shape)
    try:
        expected = eval(f"values[{index}]")
    except IndexError:
        with pytest.raises(CallError):
            parse(f"x[{index}]").positions(spec)
        return
    positions = parse(f"x[{index}]").positions(spec)
    assert tuple(len(axis) for axis in positions if isinstance(axis, range)) == expected.shape
    whole = np.ix_(*([axis] if isinstance(axis, int) else list(axis) for axis in positions))
    np.testing.assert_array_equal(values[whole].reshape(expected.shape), expected)
