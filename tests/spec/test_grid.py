from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec

FLAGS: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}


def test_one_of_each_is_the_default_spec() -> None:
    assert list(Grid()) == [LSTMSpec()]


def test_every_combination_stands_in_the_order_given() -> None:
    grid = Grid(units=[8, (4, 2)], timesteps=[3, 10], bidirectional=True)
    assert [(spec.timesteps, spec.units) for spec in grid] == [
        *((3, 8), (3, (4, 2)), (10, 8), (10, (4, 2)))
    ]
    assert all(spec.bidirectional for spec in grid)
    assert grid.count == 4


def test_a_value_that_comes_twice_counts_once() -> None:
    grid = Grid(units=[8, 2, (8,), 8, (2, 2), (2, 2)])
    assert [spec.units for spec in grid] == [8, 2, (2, 2)]
    assert grid.count == 3


def test_flags_combine_in_the_order_of_the_docs() -> None:
    assert [spec.call for spec in Grid(**FLAGS)] == [
        "LSTM(5)",
        "LSTM(5, return_sequences=True)",
        "LSTM(5, return_state=True)",
        "LSTM(5, return_sequences=True, return_state=True)",
    ]
    grid = Grid(units=[5, 6], **FLAGS)
    assert [len(row) for row in grid.rows] == [4, 4]
    assert [spec for row in grid.rows for spec in row] == list(grid)


def test_a_huge_grid_is_counted_and_bounded_without_being_listed() -> None:
    many = range(1, 10_001)
    grid = Grid(units=many, timesteps=many, batch_size=many)
    assert grid.count == 10**12
    assert grid.largest == ((LSTMSpec(units=10_000, timesteps=10_000, batch_size=10_000),),)
    assert next(iter(grid)) == LSTMSpec(units=1, timesteps=1)


@pytest.mark.parametrize(
    ("units", "largest"),
    [([500, (2, 3)], 500), ([5, (300, 2), (2, 300), (9, 9)], (300, 2)), ([9, (10, 2)], (10, 2))],
)
def test_the_largest_may_be_any_stack(units: list[int | tuple[int, ...]], largest: object) -> None:
    grid = Grid(units=units, features=[1, 2000])
    found = max((row[-1] for row in grid.largest), key=lambda spec: spec.memory)
    assert found.units == largest
    assert found.memory == max(spec.memory for spec in grid)


def test_what_fits_the_calls_fits_every_spec() -> None:
    grid = Grid(units=[9, (9, 4), (1, 8)], timesteps=[7, 2], **FLAGS)
    assert [call.last.units for call in grid.calls] == [4] * 4
    calls = {(c.return_sequences, c.return_state): c for c in grid.calls}
    for spec in grid:
        call = calls[spec.return_sequences, spec.return_state]
        for small, array in zip(call.arrays, spec.arrays, strict=True):
            assert small.name == array.name
            assert all(a <= b for a, b in zip(small.shape, array.shape, strict=True))


@pytest.mark.parametrize(
    "sizes", [{"units": [5, 0]}, {"units": [(5, 0)]}, {"timesteps": [2**31 - 1], "units": [2**31]}]
)
def test_bad_sizes_are_refused_before_any_spec_is_made(sizes: dict[str, list[int]]) -> None:
    with pytest.raises(CallError, match="--units must be"):
        Grid(**sizes)  # type: ignore[arg-type]  # sizes of any name


def test_sizes_too_large_together_are_refused() -> None:
    with pytest.raises(CallError, match="reduce --"):
        Grid(timesteps=[1, 2**31 - 1], units=[1, 2**31 - 1])


def test_what_varies_is_named() -> None:
    grid = Grid(units=[1, (1, 2)], features=[7, 7], return_state=[True, False])
    assert grid.varying == ("units", "return_state")
