from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.memory import GIB
from lstm_shapes.spec.request import PrintOptions, Request
from lstm_shapes.spec.selection import parse

FLAGS: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}
COMPARED = Grid(**FLAGS)
SWEPT = Grid(units=[2, 3])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"precision": -1}, "--precision must be a whole number from 0 to 9, got -1"),
        ({"precision": 10}, "--precision must be a whole number from 0 to 9, got 10"),
        ({"edge_items": 0}, "--edge-items must be a whole number from 1 to 1000, got 0"),
        ({"edge_items": 1.5}, "--edge-items must be a whole number from 1 to 1000, got 1.5"),
    ],
)
def test_print_options_out_of_range_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(CallError, match=problem):
        PrintOptions(**options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"seed": -1}, "--seed must be a whole number from 0 to 4294967295, got -1"),
        ({"seed": 2**32}, "--seed must be a whole number from 0 to 4294967295"),
        ({"seed": True}, "--seed must be a whole number from 0 to 4294967295, got True"),
        *(
            ({"max_memory": value}, "--max-memory must be a finite number of GiB above 0, got ")
            for value in (0.0, -1.0, float("nan"), float("inf"), "much")
        ),
        ({"selections": [parse("cell_state")]}, "names no array of this call, .*: input, output"),
        ({"selections": [parse("output[1]")]}, "index 1 is out of bounds for batch"),
        ({"selections": [parse("output[0, 2]")], "grid": SWEPT}, "out of bounds for units"),
        ({"selections": [parse("output")], "dry_run": True}, "--show 'output' needs a run"),
    ],
)
def test_what_cannot_be_done_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(CallError, match=problem):
        Request(**options)


@pytest.mark.parametrize(
    ("options", "shows"),
    [
        ({}, True),
        ({"grid": COMPARED}, True),
        ({"grid": SWEPT}, False),
        ({"grid": Grid(units=[2, 3], **FLAGS)}, False),
        ({"selections": [parse("output")]}, False),
        ({"selections": [parse("output")], "arrays": True}, True),
        ({"grid": SWEPT, "arrays": True}, True),
        ({"arrays": False}, False),
    ],
    ids=[
        *("one run", "comparison", "sweep", "sweep of comparisons"),
        *("show", "show and arrays", "sweep with arrays", "no arrays"),
    ],
)
def test_one_run_and_a_comparison_show_their_arrays_unless_something_is_selected(
    options: dict[str, Any], shows: bool
) -> None:
    assert Request(**options).shows_arrays is shows


def test_a_selection_concerns_the_runs_that_have_its_array() -> None:
    request = Request(COMPARED, selections=[parse("cell_state"), parse("input[0]")])
    selected = [[s.text for s in request.selected(spec)] for spec in request.grid]
    assert selected == [["input[0]"], ["input[0]"], *[["cell_state", "input[0]"]] * 2]


def test_a_comparison_keeps_its_four_runs() -> None:
    grid = Grid([1000], [4], [100], [1000], **FLAGS)
    arrays = 1000 * 1000 * 100 * 4
    assert Request(grid).memory >= grid.largest[0][-1].memory + 2 * arrays


def test_a_sweep_keeps_the_run_before() -> None:
    request = Request(Grid(units=[5, 500], timesteps=range(1, 1000)))
    largest = request.grid.largest[0][0]
    assert request.memory >= largest.memory + largest.kept_bytes


@pytest.mark.parametrize(
    ("sizes", "advice"),
    [
        ({"units": [20_000]}, "reduce --units, which dominates, or raise --max-memory"),
        ({"units": [(2, 3), (20_000, 2)]}, "reduce --units, which dominates"),
        ({"timesteps": [10**8]}, "reduce --timesteps, which dominates"),
    ],
    ids=["wide", "wide stack", "long"],
)
def test_too_much_memory_is_refused_with_the_size_to_reduce(
    sizes: dict[str, Any], advice: str
) -> None:
    grid = Grid(**sizes)
    with pytest.raises(CallError, match=f"this needs about .* GiB, expected at most 4: {advice}"):
        Request(grid).check_memory()
    Request(grid, max_memory=1e6).check_memory()
    Request(grid, dry_run=True).check_memory()


def test_less_than_tensorflow_takes_is_no_matter_of_sizes() -> None:
    with pytest.raises(CallError, match="TensorFlow alone takes most of it, raise --max-memory"):
        Request(max_memory=0.5).check_memory()


def test_the_estimate_is_rounded_up_to_what_would_do() -> None:
    needed = Request().memory / GIB
    with pytest.raises(CallError, match=rf"about {needed + 0.005:.2f} GiB"):
        Request(max_memory=needed / 2).check_memory()
