from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lstm_shapes.arrays import ArrayTables, Notation
from lstm_shapes.run import Run
from lstm_shapes.screen import RunScreen
from lstm_shapes.selection import parse
from lstm_shapes.spec import LSTMSpec
from tests.conftest import fixed_run, rendered

Golden = Callable[[str, str], None]

BOTH = LSTMSpec(return_sequences=True, return_state=True)
LARGE = replace(BOTH, timesteps=20, units=300, batch_size=9)


def screen(run: Run) -> RunScreen:
    return RunScreen(run, run.outputs)


@pytest.mark.parametrize(
    ("name", "spec", "width", "encoding"),
    [
        pytest.param("neither.txt", LSTMSpec(), 80, "utf-8", id="neither"),
        pytest.param("sequences.txt", LSTMSpec(return_sequences=True), 80, "utf-8", id="sequences"),
        pytest.param("state.txt", LSTMSpec(return_state=True), 80, "utf-8", id="state"),
        pytest.param("both.txt", BOTH, 80, "utf-8", id="both"),
        pytest.param("both-40-columns.txt", BOTH, 40, "utf-8", id="40 columns"),
        pytest.param("both-ascii.txt", BOTH, 80, "ascii", id="ASCII"),
        pytest.param("large-elided.txt", LARGE, 80, "utf-8", id="large"),
    ],
)
def test_golden_screens(
    name: str, spec: LSTMSpec, width: int, encoding: str, golden: Golden
) -> None:
    golden(name, rendered(screen(fixed_run(spec)), width, encoding))


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "latin-1"])
def test_any_encoding_can_write_it(encoding: str) -> None:
    assert "all_hidden_states" in rendered(screen(fixed_run(LARGE)), 80, encoding)


@pytest.mark.parametrize("width", [27, 40, 60, 80, 120, 1000])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = rendered(screen(fixed_run(LARGE)), width).splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_shape_is_whole(width: int) -> None:
    run = fixed_run(LARGE)
    text = rendered(screen(run), width)
    for array in run.outputs:
        for shape in (array.shape, array.model_shape):
            assert str(shape) in text
    for weight in run.weights:
        assert f"{weight.name} {weight.values.shape}" in text


def test_wide_terminals_show_more_columns() -> None:
    run = fixed_run(replace(LARGE, units=7))
    assert "…" not in rendered(ArrayTables(run.outputs[1:2], Notation(edge_items=5)), 120)


def test_an_identity_that_fails_is_shown_as_failing() -> None:
    run = fixed_run(BOTH)
    broken = replace(run.outputs[1], values=run.outputs[1].values + 1)
    text = rendered(screen(replace(run, outputs=(run.outputs[0], broken, run.outputs[2]))))
    assert "✗ hidden_state equals all_hidden_states[:, -1]  (max difference 1)" in text
    assert "same as" not in text


def test_values_that_are_not_finite_are_shown() -> None:
    run = fixed_run(LSTMSpec())
    values = np.array([[np.nan, np.inf, -np.inf, 0, 1]], np.float32)
    text = rendered(ArrayTables([replace(run.outputs[0], values=values)], Notation()))
    assert text.splitlines()[-1].split() == [
        "sample",
        "0",
        "nan",
        "inf",
        "-inf",
        "0.0000",
        "1.0000",
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("all_hidden_states[0, 1, 2]", ["all_hidden_states[0, 1, 2] ()", "-0.0267"]),
        ("cell_state[:0]", ["cell_state[:0] (0, 5) = (batch, units)", "u0 u1 u2 u3 u4"]),
        ("input[0, 1:, 3]", ["input[0, 1:, 3] (2,) = (timesteps,)", "t=1 t=2"]),
        ("input[0, 1:, 2:]", ["(2, 2) = (timesteps, features)", "f2 f3", "t=1", "t=2"]),
    ],
)
def test_selections_keep_their_labels(expression: str, expected: list[str]) -> None:
    run = fixed_run(BOTH)
    array = run.select(parse(expression))
    text = " ".join(rendered(ArrayTables([array], Notation())).split())
    for piece in expected:
        assert piece in text


def test_rendering_reads_the_cells_shown_and_no_others() -> None:
    """A zero-stride array of a terabyte is rendered as if it were small."""
    run = fixed_run(BOTH)
    shape = (10**4, 10**4, 10**4)
    huge = replace(
        run.outputs[0],
        values=np.broadcast_to(np.float32(0.5), shape),
        positions=tuple(range(size) for size in shape),
    )
    text = rendered(ArrayTables([huge], Notation()), 80)
    assert text.count("t=9999") == 6
    assert "u9999" in text


def test_titles_wider_than_numbers_stand_over_them() -> None:
    run = fixed_run(LSTMSpec(units=1000))
    notation = Notation(precision=0, edge_items=20)
    _, titles, values = rendered(ArrayTables(run.outputs, notation)).splitlines()
    assert "u999" in titles
    assert titles.rindex("u999") + len("u999") == len(values)


@pytest.mark.parametrize(
    ("size", "edge_items", "shown"),
    [
        (7, 3, [0, 1, 2, 3, 4, 5, 6]),
        (8, 3, [0, 1, 2, None, 5, 6, 7]),
        (1, 1, [0]),
        (0, 3, []),
    ],
)
def test_axes_are_elided_as_in_numpy(size: int, edge_items: int, shown: list[int | None]) -> None:
    assert Notation(edge_items=edge_items).shown(size) == shown
