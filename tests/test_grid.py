import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.grid import Grid
from lstm_shapes.spec import LSTMSpec


def test_one_of_each_is_the_default_spec() -> None:
    assert list(Grid()) == [LSTMSpec()]


def test_every_combination_stands_in_the_order_given() -> None:
    grid = Grid(units=[8, 2], timesteps=[3, 10])
    assert [(spec.timesteps, spec.units) for spec in grid] == [(3, 8), (3, 2), (10, 8), (10, 2)]
    assert grid.count == 4


def test_flags_combine_in_the_order_of_the_docs() -> None:
    grid = Grid(return_sequences=[False, True], return_state=[False, True])
    assert [spec.call for spec in grid] == [
        "LSTM(5)",
        "LSTM(5, return_sequences=True)",
        "LSTM(5, return_state=True)",
        "LSTM(5, return_sequences=True, return_state=True)",
    ]


def test_a_huge_grid_is_counted_and_bounded_without_being_listed() -> None:
    many = range(1, 10_001)
    grid = Grid(units=many, timesteps=many, batch_size=many)
    assert grid.count == 10**12
    assert grid.largest == LSTMSpec(units=10_000, timesteps=10_000, batch_size=10_000)
    assert next(iter(grid)) == LSTMSpec(units=1, timesteps=1)


def test_bad_sizes_are_refused_before_any_spec_is_made() -> None:
    with pytest.raises(CallError, match="--units must be"):
        Grid(units=[5, 0])


def test_what_varies_is_named() -> None:
    assert Grid(units=[1, 2], features=[7, 7]).varying == ("units",)
