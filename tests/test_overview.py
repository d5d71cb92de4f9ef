from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Group

from lstm_shapes.grid import Grid
from lstm_shapes.overview import CompareScreen, SweepTable
from lstm_shapes.run import Run
from tests.conftest import fixed_run, rendered

Golden = Callable[[str, str], None]

COMPARED = Grid(return_sequences=[False, True], return_state=[False, True])
SWEPT = Grid(units=[8, 16, 128], timesteps=[3, 100], return_sequences=[True], return_state=[True])


def compared(runs: list[Run]) -> CompareScreen:
    return CompareScreen(runs, [run.outputs for run in runs])


@pytest.mark.parametrize(("name", "width"), [("compare.txt", 80), ("compare-40-columns.txt", 40)])
def test_golden_comparisons(name: str, width: int, golden: Golden) -> None:
    golden(name, rendered(compared([fixed_run(spec) for spec in COMPARED]), width))


@pytest.mark.parametrize(("name", "width"), [("sweep.txt", 80), ("sweep-40-columns.txt", 40)])
def test_golden_sweeps(name: str, width: int, golden: Golden) -> None:
    table = SweepTable(SWEPT, seed=1729)
    rows = [table.row(fixed_run(spec)) for spec in SWEPT]
    golden(name, rendered(Group(table.header, *rows), width))


def test_rows_that_come_one_by_one_stand_in_columns() -> None:
    table = SweepTable(SWEPT, seed=1729)
    header = rendered(table.header).splitlines()[-1]
    for spec in SWEPT:
        row = rendered(table.row(fixed_run(spec)))
        assert row.index("(1,") == header.index("all_hidden_states")


def test_a_sweep_of_all_flags_says_what_is_not_returned() -> None:
    grid = replace(COMPARED, units=[5, 6])
    table = SweepTable(grid, seed=1)
    rows = [rendered(table.row(fixed_run(spec)), 120).split("  ") for spec in grid]
    assert all(sum(cell.strip() == "-" for cell in row) in {1, 2, 3} for row in rows)


def test_six_places_hold_h_and_two_hold_c() -> None:
    text = rendered(compared([fixed_run(spec) for spec in COMPARED]))
    assert "✓ h at the last timestep: the same values in 6 places" in text
    assert "✓ c at the last timestep: the same values in 2 places" in text


def test_a_vector_that_differs_between_runs_is_found() -> None:
    runs = [fixed_run(spec) for spec in COMPARED]
    other = replace(runs[0].outputs[0], values=runs[0].outputs[0].values + 1)
    runs[0] = replace(runs[0], outputs=(other,))
    assert "✗ h at the last timestep" in rendered(compared(runs))
