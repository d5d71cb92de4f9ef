import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.run.values import Run
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.request import Request
from lstm_shapes.spec.selection import parse
from lstm_shapes.view.known import Known
from lstm_shapes.view.measured import Measured
from tests.conftest import fixed_run, rendered, screen

FLAGS: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}
ONE = Grid(**FLAGS)
BOTH_DIRECTIONS = Grid(**FLAGS, bidirectional=True)


def measured(runs: list[Run], width: int = 80) -> str:
    return rendered(Measured(runs, [run.outputs for run in runs]), width)


def runs_of(grid: Grid) -> list[Run]:
    return [fixed_run(spec) for spec in grid]


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (ONE, ["LSTM(5) with each", "h at the last timestep: in 6 places", "c at the last"]),
        (
            BOTH_DIRECTIONS,
            [
                "forward h at t=2: in 6 places",
                "backward h at t=0: in 6",
                "output is not all_hidden",
            ],
        ),
    ],
    ids=["one direction", "both directions"],
)
def test_it_is_known_without_a_run_what_stands_where(grid: Grid, words: list[str]) -> None:
    text = rendered(Known(list(grid)))
    for word in words:
        assert word in text
    assert "✓" not in text


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])
@pytest.mark.parametrize("units", [1, 9999, (9999, 9999)])
@pytest.mark.parametrize("size", [1, 9999])
def test_it_is_a_table_that_fits(bidirectional: bool, units: Any, size: int) -> None:
    grid = Grid([size], [size], [units], [size], bidirectional=bidirectional, **FLAGS)
    for width in (40, 60, 80, 120):
        lines = rendered(Known(list(grid)), width).splitlines()
        assert max(map(len, lines)) <= width
        if width >= 60:
            assert any(re.fullmatch(r" *#  .*array +shape", line) for line in lines)
        for spec in grid:
            for array in spec.outputs:
                assert any(array.name in line for line in lines)
                assert any(str(array.shape) in line for line in lines)


@pytest.mark.parametrize(
    ("grid", "groups"), [(ONE, 2), (BOTH_DIRECTIONS, 4)], ids=["one direction", "both"]
)
def test_keras_confirms_every_group(grid: Grid, groups: int) -> None:
    text = measured(runs_of(grid))
    assert text.count("the same values in") == groups
    assert "✗" not in text
    assert ("✓ output is not all_hidden_states[:, -1]" in text) is grid.bidirectional


def test_a_vector_that_differs_between_runs_is_found_and_shown_apart() -> None:
    runs = runs_of(ONE)
    other = replace(runs[0].outputs[0], values=runs[0].outputs[0].values + np.float32(1))
    runs[0] = replace(runs[0], outputs=(other,))
    text = measured(runs)
    assert "✗ h at the last timestep" in text
    assert "✓ c at the last timestep" in text
    headings = [line.split("  ")[-1] for line in text.splitlines() if line.startswith("output ")]
    assert headings == ["in 0", "in 2"]


def test_each_array_stands_there_once_the_longest_first() -> None:
    text = measured(runs_of(ONE))
    headings = [line for line in text.splitlines() if " = (batch" in line]
    assert [(line.split()[0], line.split("  ")[-1]) for line in headings] == [
        ("all_hidden_states", "in 1, 3"),
        ("output", "in 0, 2"),
        ("hidden_state", "in 2, 3"),
        ("cell_state", "in 2, 3"),
    ]
    assert "= hidden_state" in text


def test_selections_are_shown_of_the_runs_that_have_them() -> None:
    request = Request(ONE, selections=[parse("cell_state[0]"), parse("input[0, 0]")])
    text = screen(request)
    assert "cell_state[0]  (5,) = (units,)  in 2, 3" in text
    assert "input[0, 0]  (4,) = (features,)  in 0, 1, 2, 3" in text
    assert text.count(" = (") == 3  # and the input's axes
