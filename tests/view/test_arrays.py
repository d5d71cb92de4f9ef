import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.run.values import Array, Range
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import PrintOptions
from lstm_shapes.spec.selection import parse
from lstm_shapes.view.arrays import ArrayTables
from tests.conftest import constant_run, fixed_run, rendered

BOTH = LSTMSpec(return_sequences=True, return_state=True)
NAN, INF = float("nan"), float("inf")


def tables(*arrays: Array, width: int = 80, **options: Any) -> str:
    return rendered(ArrayTables(arrays, PrintOptions(**options)), width)


def outputs(**sizes: Any) -> tuple[Array, ...]:
    return fixed_run(LSTMSpec(return_sequences=True, return_state=True, **sizes)).outputs


def filled(values: Any) -> Array:
    """An output of these numbers."""
    array = np.array(values, np.float32)
    positions = tuple(range(size) for size in array.shape)
    return replace(fixed_run(LSTMSpec()).outputs[0], values=array, positions=positions)


@pytest.mark.parametrize(
    ("width", "edge_items", "titles"),
    [
        pytest.param(200, None, [f"u{unit}" for unit in range(16)], id="all where there is room"),
        pytest.param(
            80, None, ["u0", "u1", "u2", "…", "u13", "u14", "u15"], id="as many as there is room"
        ),
        pytest.param(200, 2, ["u0", "u1", "…", "u14", "u15"], id="limited by edge items"),
        pytest.param(40, 5, ["u0", "…", "u15"], id="no more than there is room for"),
    ],
)
def test_columns_are_those_that_there_is_room_for(
    width: int, edge_items: int | None, titles: list[str]
) -> None:
    (found,) = (
        line.split()
        for line in tables(*outputs(units=16)[:1], width=width, edge_items=edge_items).splitlines()
        if " u0 " in line
    )
    assert found == titles


@pytest.mark.parametrize(
    ("edge_items", "rows"), [(None, ["0", "1", "2", "17", "18", "19"]), (1, ["0", "19"])]
)
def test_long_axes_show_three_rows_at_each_end_or_as_many_as_asked_for(
    edge_items: int | None, rows: list[str]
) -> None:
    text = tables(*outputs(timesteps=20)[:1], edge_items=edge_items)
    labels = [word for line in text.splitlines() for word in line.split() if word.startswith("t=")]
    assert labels == [f"t={row}" for row in rows]
    assert any(set(line.split()) == {"…"} for line in text.splitlines())


@pytest.mark.parametrize(
    ("whole_batch", "samples"), [(False, ["0"]), (True, ["0", "1", "2", "6", "7", "8"])]
)
def test_sample_0_stands_for_the_batch_and_a_line_says_so(
    whole_batch: bool, samples: list[str]
) -> None:
    text = tables(*outputs(batch_size=9), whole_batch=whole_batch)
    *_, note = text.splitlines()
    for table in text.split("\n\n")[:3]:
        labels = re.findall(r"sample (\d+) (?!of)", table)
        assert labels == samples
    assert ("of 9" in note and "--arrays" in note and "--show" in note) is not whole_batch


def test_nothing_is_said_of_a_batch_of_one() -> None:
    assert "--arrays" not in tables(*outputs())


def test_only_an_elided_array_tells_its_range_and_what_is_not_finite() -> None:
    whole = filled([[-0.5, NAN, 2]])
    assert "to" not in tables(whole).splitlines()[0].split()
    values = np.linspace(-1, 1, 300, dtype=np.float32)[None]
    elided_array = filled(values)
    assert tables(elided_array).splitlines()[0].endswith("-1.0000 to 1.0000")
    assert "-1.0 to 1.0" in tables(elided_array, precision=1)
    odd = values.copy()
    odd[0, 100:102] = NAN, INF
    assert tables(filled(odd)).splitlines()[0].endswith("-1.0000 to 1.0000  2 not finite")
    hidden = filled(np.repeat(values, 2, axis=0))
    assert " to " in tables(hidden, width=4000).splitlines()[0]
    assert " to " not in tables(hidden, width=4000, whole_batch=True).splitlines()[0]


def test_values_that_are_not_finite_are_shown() -> None:
    last = tables(filled([[NAN, INF, -INF, 0, 1]])).splitlines()[-1]
    assert last.split() == ["sample", "0", "nan", "inf", "-inf", "0.0000", "1.0000"]


def test_one_line_says_what_the_tint_means_where_there_is_any() -> None:
    array = ArrayTables([filled([[-0.5, 0, 0.25]])], PrintOptions(precision=2))
    assert "tint" not in rendered(array)
    *_, last = rendered(array, colours=True).splitlines()
    for piece in ("tint", " -0.50 ", " 0 ", " 0.50 ", "\x1b["):
        assert piece in last
    zeros = ArrayTables([filled([[0, 0]])], PrintOptions())
    assert "tint" not in rendered(zeros, colours=True)


def test_equal_numbers_have_equal_tints_in_all_tables() -> None:
    """The background of -0.5 and 1 where the scale is 1: half of blue, and all of red."""
    text = rendered(
        ArrayTables([filled([[-0.5, 1]]), filled([[-0.5]])], PrintOptions()), colours=True
    )
    assert text.count("48;2;175;208;227m -0.5000 ") == 2
    assert text.count("48;2;239;138;98m  1.0000 ") == 1


@pytest.mark.parametrize(
    ("encoding", "forward", "backward"), [("utf-8", "→", "←"), ("ascii", ">", "<")]
)
def test_units_tell_forward_from_backward(encoding: str, forward: str, backward: str) -> None:
    every, *states = outputs(units=2, bidirectional=True)
    text = rendered(ArrayTables([every, *states], PrintOptions()), 80, encoding)
    titles = [line.split() for line in text.splitlines() if "u0" in line]
    assert titles[:2] == [
        [f"{forward}u0", f"{forward}u1", f"{backward}u0", f"{backward}u1"],
        ["u0", "u1"],
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("all_hidden_states[0, 1, 2]", ["all_hidden_states[0, 1, 2] ()"]),
        ("cell_state[:0]", ["cell_state[:0] (0, 5) = (batch, units)", "u0 u1 u2 u3 u4"]),
        ("cell_state[0, :0]", ["cell_state[0, :0] (0,) = (units,)"]),
        ("input[0, 1:, 3]", ["input[0, 1:, 3] (2,) = (timesteps,)", "t=1 t=2"]),
        ("input[0, 1:, 2:]", ["(2, 2) = (timesteps, features)", "f2 f3", "t=1", "t=2"]),
        ("cell_state[:, ::-2]", ["u4 u2 u0"]),
        ("input[1, 0]", ["(4,) = (features,)", "f0 f1 f2 f3"]),
    ],
)
def test_selections_keep_their_labels(expression: str, expected: list[str]) -> None:
    run = fixed_run(replace(BOTH, batch_size=2))
    array = run.select(parse(expression))
    text = " ".join(tables(array, whole_batch=True).split())
    for piece in expected:
        assert piece in text
    if array.values.size == 1:
        assert text.endswith(f"{array.values:.4f}")


def test_titles_wider_than_numbers_stand_over_them() -> None:
    array = fixed_run(LSTMSpec(units=1000)).outputs[0]
    _, titles, values = tables(array, precision=0, edge_items=20).splitlines()
    assert titles.rindex("u999") + len("u999") == len(values)


def test_all_tables_share_their_columns() -> None:
    lines = tables(*outputs(timesteps=12)).splitlines()
    assert len({line.rindex("u4") for line in lines if "u4" in line}) == 1


@pytest.mark.parametrize("width", [27, 40, 60, 80, 120, 1000])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])
def test_no_line_is_wider_than_the_terminal(width: int, bidirectional: bool) -> None:
    spec = replace(BOTH, timesteps=20, units=300, batch_size=9, bidirectional=bidirectional)
    lines = tables(*constant_run(spec).outputs, width=width).splitlines()
    assert max(map(len, lines)) <= max(width, 40)


def test_no_number_is_cut_where_not_even_one_fits() -> None:
    assert "0.123456791" in tables(filled([[0.123456791, 1]]), width=5, precision=9)


def test_rendering_reads_the_cells_shown_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from the pass for its range, a terabyte is rendered as if it were small."""
    monkeypatch.setattr(Array, "range", Range(0.5, 0.5, 0))
    run = constant_run(replace(BOTH, timesteps=10**4, units=10**4, batch_size=10**4))
    text = tables(run.outputs[0], whole_batch=True)
    assert text.count("t=9999") == 6
    assert "u9999" in text


def test_a_single_number_stands_at_once_below_its_name() -> None:
    run = fixed_run(LSTMSpec())
    whole, one = (run.select(parse(text)) for text in ("output", "output[0, 1]"))
    for shown in (tables(one), tables(whole, one)):
        name, number = shown.splitlines()[-2:]
        assert name.startswith("output[0, 1]")
        assert float(number) == pytest.approx(one.values, abs=1e-4)
