"""The estimate counts what a call asks for; that it bounds the peak, the benchmark measures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_shapes.errors import CallError
from lstm_shapes.spec import memory
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.memory import BASE_BYTES, GIB, text_bytes
from lstm_shapes.spec.model import SIZES, LSTMSpec
from lstm_shapes.spec.request import PrintOptions, Request
from lstm_shapes.spec.selection import parse
from lstm_shapes.view.arrays import ArrayTables
from tests.conftest import constant_run, rendered, specs

BOTH: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}
LONG = Grid(timesteps=[1000], batch_size=[1000], return_sequences=[True])
COMPARED = Grid(timesteps=[1000], batch_size=[1000], **BOTH)
EVERY_CELL = PrintOptions(edge_items=1000, whole_batch=True)
MANY_SHOWN = tuple(map(parse, ["all_hidden_states"] * 1000))


@pytest.fixture(autouse=True)
def _in_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@given(specs(50), st.sampled_from(SIZES), st.integers(2, 100))
def test_a_run_takes_more_the_larger_a_size_is(spec: LSTMSpec, name: str, times: int) -> None:
    size = getattr(spec, name)
    more = tuple(times * units for units in size) if isinstance(size, tuple) else times * size
    larger: dict[str, Any] = {name: more}
    assert replace(spec, **larger).run_bytes() > spec.run_bytes()


@pytest.mark.parametrize(
    ("more", "bytes_at_least"),
    [
        pytest.param({"return_sequences": True}, 4 * 1000 * 1000 * 5, id="sequences"),
        pytest.param({"bidirectional": True}, 4 * 1000 * 1000 * 4, id="both directions"),
        pytest.param({"units": (5, 5)}, 4 * 1000 * 1000 * 5, id="stack"),
        pytest.param({"units": (1,) * 100}, 280 * 2**20, id="deep stack"),
    ],
)
def test_what_is_asked_of_a_run_counts(more: dict[str, Any], bytes_at_least: int) -> None:
    spec = LSTMSpec(timesteps=1000, batch_size=1000)
    assert replace(spec, **more).run_bytes() > spec.run_bytes() + bytes_at_least


@pytest.mark.parametrize(
    ("without", "more", "bytes_at_least"),
    [
        pytest.param(Request(LONG), {"json": True}, 9 * 10 * 10**6, id="JSON"),
        pytest.param(Request(LONG), {"saves": [Path("x.jsonl")]}, 9 * 10 * 10**6, id="JSON file"),
        pytest.param(
            Request(LONG, json=True),
            {"selections": MANY_SHOWN[:9]},
            30 * 10**7,
            id="JSON of --show",
        ),
        pytest.param(Request(LONG), {"print_options": EVERY_CELL}, 6 * 10**9, id="edge items"),
        pytest.param(
            Request(LONG, print_options=EVERY_CELL), {"saves": [Path("x.svg")]}, 9 * 10**9, id="svg"
        ),
        pytest.param(
            Request(LONG, print_options=EVERY_CELL, json=True),
            {"saves": [Path("x.html")]},
            6 * 10**9,
            id="picture beside JSON",
        ),
        pytest.param(Request(LONG), {"selections": MANY_SHOWN}, 10**8, id="many --show"),
        pytest.param(
            Request(Grid(units=range(1, 1000))), {"saves": [Path("x.svg")]}, 10**7, id="kept rows"
        ),
        pytest.param(
            Request(COMPARED, arrays=False),
            {"arrays": None},
            4 * 2 * 5 * 10**6,
            id="comparison",
        ),
        pytest.param(
            Request(COMPARED),
            {"grid": replace(COMPARED, units=[4, 5])},
            4 * 4 * 10**6,
            id="comparisons in a row",
        ),
        pytest.param(Request(LONG), {"input": Path("x.npy")}, 4 * 5 * 10**6, id="NaN"),
    ],
)
def test_what_is_shown_and_kept_counts(
    without: Request, more: dict[str, Any], bytes_at_least: int
) -> None:
    assert replace(without, **more).memory > without.memory + bytes_at_least


def test_what_is_not_shown_does_not_count() -> None:
    silent = Request(LONG, print_options=EVERY_CELL, json=True, arrays=False)
    assert silent.memory < Request(LONG).memory + 10**6


@pytest.mark.parametrize(
    ("request_", "advice"),
    [
        pytest.param(Request(Grid(units=[20_000])), "reduce --units, which dominates", id="size"),
        pytest.param(
            Request(replace(COMPARED, batch_size=[1], units=[(1,) * 99], bidirectional=True)),
            "reduce the layers of --units, which dominate",
            id="deep stack",
        ),
        pytest.param(
            Request(LONG, print_options=EVERY_CELL), "reduce --edge-items, which", id="edge items"
        ),
        pytest.param(
            Request(LONG, selections=MANY_SHOWN * 3), "reduce --show, which", id="many --show"
        ),
        pytest.param(
            Request(LONG, selections=MANY_SHOWN[:99], json=True), "reduce --show, which", id="JSON"
        ),
        pytest.param(
            Request(Grid(batch_size=[10**7], features=[1], timesteps=[1], units=[1]), json=True),
            "add --no-arrays, as the arrays dominate",
            id="JSON of arrays",
        ),
        pytest.param(
            Request(
                Grid(timesteps=[9, 8], batch_size=range(1, 10**5)),
                arrays=True,
                saves=[Path("x.txt")],
            ),
            "add --no-arrays, as the arrays dominate",
            id="arrays of a sweep",
        ),
        pytest.param(
            Request(Grid(timesteps=range(1, 10**4), units=range(1, 100)), saves=[Path("x.svg")]),
            "save .jsonl in place of pictures, as the rows they keep dominate",
            id="rows of a sweep",
        ),
    ],
)
def test_the_sentence_names_what_costs_most(request_: Request, advice: str) -> None:
    limited = replace(request_, max_memory=1.0)
    with pytest.raises(CallError, match=f"expected at most 1: {advice}.*, or raise --max-memory"):
        limited.check_memory()


@pytest.mark.parametrize("limit", [0.1, 0.785, 0.85])
def test_hardly_more_than_tensorflow_takes_is_no_matter_of_sizes(limit: float) -> None:
    request = Request(Grid(timesteps=[300_000]), max_memory=limit)
    with pytest.raises(CallError, match="TensorFlow alone takes most of it, raise --max-memory"):
        request.check_memory()


def test_a_line_counts_what_the_lines_before_it_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm_shapes.spec.request.taken_bytes", lambda: BASE_BYTES + 3 * GIB)
    Request(max_memory=2.0).check_memory()
    Request(max_memory=4.0, interactive=True).check_memory()
    with pytest.raises(CallError, match=r"about 3\.79 GiB"):
        Request(max_memory=2.0, interactive=True).check_memory()


def test_this_process_takes_something() -> None:
    assert 2**20 < memory.taken_bytes() < 2**40


@pytest.mark.parametrize("columns", [40, 300])
@pytest.mark.parametrize(
    "shape", [(1, 3, 5), (3, 12, 2), (2, 9, 40), (2, 20, 1)], ids=lambda shape: f"{shape}"
)
@pytest.mark.parametrize("edge_items", [None, 1, 9])
@pytest.mark.parametrize("precision", [1, 4])
def test_a_table_has_no_more_cells_than_are_counted(
    shape: Sequence[int], edge_items: int | None, precision: int, columns: int
) -> None:
    batch, timesteps, units = shape
    spec = LSTMSpec(
        timesteps=timesteps, units=units, batch_size=batch, return_sequences=True, features=1
    )
    outputs = constant_run(spec).outputs
    options = PrintOptions(precision, edge_items, whole_batch=True)
    lines = rendered(ArrayTables(outputs, options), columns).splitlines()
    shown = [line.count(" 0.5") for line in lines if " 0.5" in line]
    assert sum(shown) + len(shown) <= memory.cells(shape, edge_items, precision, columns)


def test_text_is_longer_the_more_values_and_rows_there_are() -> None:
    values = text_bytes([(10**6,)], [])
    assert values > 12 * 10**6
    assert text_bytes([(10**6, 1)], []) > values + 100 * 10**6
    assert text_bytes([], [(10**6,)]) > values + 4 * 10**6 - 1
    assert text_bytes([(10**6,)] * 2, []) > 1.9 * values
