import re
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from rich.console import Group

from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import SIZES
from lstm_shapes.spec.request import Request
from lstm_shapes.spec.selection import parse
from lstm_shapes.view.sweep import SweepTable
from tests.conftest import rendered, screen

COMPARED: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}
SOME_SIZES = [SIZES[:count] for count in (1, 2, 3, 4)]


def lines_of(grid: Grid, width: int = 80) -> list[str]:
    table, calls = SweepTable(grid, seed=None), len(grid.calls)
    specs = list(grid)
    rows = [table.row(specs[at : at + calls]) for at in range(0, len(specs), calls)]
    return rendered(Group(table.header, *rows), width).splitlines()


def assert_is_one_table(grid: Grid, width: int) -> None:
    """Every row stands below the titles, in columns that begin or end where the others do."""
    lines = lines_of(grid, width)
    rows = grid.count // len(grid.calls)
    *_, titles = lines[:-rows]
    assert max(map(len, lines)) <= width
    assert re.match(r" *(timesteps|features|units|batch|[tfub]) ", titles)
    assert "(" not in titles
    for row in lines[-rows:]:
        assert re.match(r" *\d", row)
        shapes = [match.start() for match in re.finditer(r"\(", row)]
        for start in shapes:
            assert titles[start - 2 : start].isspace()
            assert not titles[start].isspace()


@pytest.mark.parametrize("names", SOME_SIZES, ids="-".join)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])
def test_sweeps_and_sweeps_of_comparisons_are_tables_from_60_columns_on(
    names: Sequence[str], bidirectional: bool
) -> None:
    sizes: dict[str, Any] = {name: [1, 9999] for name in names}
    alone = [
        {"return_sequences": [sequences], "return_state": [state]}
        for sequences, state in product([False, True], repeat=2)
    ]
    for flags in (*alone, COMPARED):
        grid = Grid(**sizes, **flags, bidirectional=bidirectional)
        for width in (60, 80):
            assert_is_one_table(grid, width)


def test_stacks_are_a_column_like_any_other() -> None:
    grid = Grid(units=[8, (64, 32), (1, 2, 3)], timesteps=[3, 100], return_state=[True])
    assert_is_one_table(grid, 80)
    rows = [line.split()[:2] for line in lines_of(grid)[-6:]]
    assert rows[:3] == [["3", "8"], ["3", "64,32"], ["3", "1,2,3"]]


def test_a_row_has_every_shape_and_the_count() -> None:
    (*_, row) = lines_of(Grid(units=[8, 1000], return_sequences=[True], return_state=[True]))
    assert row.split("  ")[-1].strip() == "4,020,000"
    assert re.findall(r"\(.*?\)", row) == ["(1, 3, 1000)", "(1, 1000)", "(1, 1000)"]


def test_what_does_not_vary_is_said_once_above() -> None:
    grid = Grid(timesteps=[3, 4], features=[7], batch_size=[2], return_state=[True])
    text = " ".join(lines_of(grid))
    for piece in ("2 runs of LSTM(units, return_state=True)", "features 7", "units 5", "batch 2"):
        assert text.count(piece) == 1


def test_a_row_of_a_comparison_has_the_first_array_of_each_call() -> None:
    lines = lines_of(Grid(units=[5, 6], **COMPARED))
    text = " ".join(" ".join(lines).split())
    assert "8 runs" in text
    for number, flags in enumerate(["", ", return_sequences=True", ", return_state=True"]):
        assert f"{number} LSTM(units{flags})" in text
    assert lines[-1].split("  ")[-1].strip() == "264"
    assert re.findall(r"\(.*?\)", lines[-1]) == ["(1, 6)", "(1, 3, 6)", "(1, 6)", "(1, 3, 6)"]


@pytest.mark.parametrize("width", [60, 80])
def test_a_column_that_gave_way_is_spoken_of(width: int) -> None:
    sizes: dict[str, Any] = {name: [1, 9999] for name in SIZES}
    states = Grid(**sizes, return_sequences=[True], return_state=[True], bidirectional=True)
    text = " ".join(" ".join(lines_of(states, width)).split())
    assert "each state" in text or "each of the states has the shape (batch, units)" in text
    compared = " ".join(" ".join(lines_of(Grid(**sizes, **COMPARED), width)).split())
    assert "the states are (batch, units)" in compared
    assert ("parameters" in compared) or width == 60


def test_in_a_sweep_with_arrays_every_row_has_its_titles_and_every_array_its_call() -> None:
    request = Request(Grid(units=[2, 3], return_state=[True]), arrays=True)
    lines = screen(request).splitlines()
    titles = [at for at, line in enumerate(lines) if line.split()[:2] == ["units", "output"]]
    assert [lines[at + 1].split()[0] for at in titles] == ["2", "3"]
    text = " ".join(" ".join(lines).split())
    assert text.count("of LSTM(2, return_state=True) on (1, 3, 4)") == 3
    assert text.count("of LSTM(3, return_state=True) on (1, 3, 4)") == 3


def test_in_a_sweep_of_comparisons_selections_name_their_call() -> None:
    grid = Grid(units=[2, 3], **COMPARED)
    text = screen(Request(grid, selections=[parse("cell_state[0]")]))
    names = re.findall(r"of (LSTM\(.*?\)) on", " ".join(text.split()))
    assert names == [
        f"LSTM({units}{flag}, return_state=True)"
        for units in (2, 3)
        for flag in ("", ", return_sequences=True")
    ]
