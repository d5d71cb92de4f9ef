import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lstm_shapes.export import json_line, write_npz
from lstm_shapes.run import Values
from lstm_shapes.selection import parse
from lstm_shapes.spec import LSTMSpec
from tests.conftest import fixed_run

BOTH = fixed_run(LSTMSpec(return_sequences=True, return_state=True, batch_size=2))


def strictly_parsed(line: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(line, parse_constant=refuse)


def test_the_document_says_what_the_run_holds() -> None:
    line = "".join(json_line(BOTH))
    assert line.count("\n") == 1
    document = strictly_parsed(line)
    assert document["schema_version"] == 1
    assert document["layer"] == {
        "class": "LSTM",
        "units": 5,
        "return_sequences": True,
        "return_state": True,
    }
    assert [output["name"] for output in document["outputs"]] == [
        "all_hidden_states",
        "hidden_state",
        "cell_state",
    ]
    assert document["outputs"][0]["axes"] == ["batch", "timesteps", "units"]
    assert document["outputs"][0]["shape"] == [2, 3, 5]
    assert document["outputs"][0]["model_shape"] == [None, 3, 5]
    assert document["input"]["dtype"] == "float32"
    assert document["parameters"]["weights"][2] == {"name": "bias", "shape": [20], "count": 20}
    assert document["identities"] == [
        {"claim": "hidden_state == all_hidden_states[:, -1]", "holds": True, "max_difference": 0.0}
    ]


def test_values_nest_as_the_axes_do() -> None:
    document = strictly_parsed("".join(json_line(BOTH)))
    for array, expected in zip(document["outputs"], BOTH.outputs, strict=True):
        np.testing.assert_array_equal(np.array(array["values"], np.float32), expected.values)


def values_of(values: Values) -> Any:
    run = fixed_run(LSTMSpec())
    positions = tuple(range(size) for size in values.shape)
    output = replace(run.outputs[0], values=values, positions=positions)
    line = "".join(json_line(replace(run, outputs=(output,))))
    return strictly_parsed(line)["outputs"][0]["values"]


@given(
    hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(width=32))
)
def test_every_float32_reads_back_and_what_is_not_finite_is_null(values: Values) -> None:
    read = np.array(values_of(values), dtype=object)
    finite = np.isfinite(values)
    assert all(value is None for value in read[~finite])
    np.testing.assert_array_equal(read[finite].astype(np.float32), values[finite])


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (2, 3, 0)])
def test_empty_arrays_stay_empty(shape: tuple[int, ...]) -> None:
    assert values_of(np.zeros(shape, np.float32)) == np.zeros(shape).tolist()


def test_numbers_are_no_longer_than_float32_needs() -> None:
    values = np.full((1, 1, 1), 0.30890232, np.float32)
    line = "".join(json_line(replace(BOTH, input=replace(BOTH.input, values=values))))
    assert '"values": [[[0.30890232]]]' in line


def test_a_large_array_goes_out_in_pieces() -> None:
    values = np.zeros((200, 10, 100), np.float32)
    run = replace(BOTH, input=replace(BOTH.input, values=values))
    pieces = list(json_line(run))
    assert max(map(len, pieces)) < len("".join(pieces)) / 2
    assert strictly_parsed("".join(pieces))["input"]["values"] == values.tolist()


def test_selections_stand_under_shown() -> None:
    shown = [BOTH.select(parse("all_hidden_states[1, 2]")), BOTH.select(parse("input[0, 0, 0]"))]
    document = strictly_parsed("".join(json_line(BOTH, arrays=False, shown=shown)))
    assert "values" not in document["outputs"][0]
    assert [array["name"] for array in document["shown"]] == [
        "all_hidden_states[1, 2]",
        "input[0, 0, 0]",
    ]
    assert document["shown"][0]["axes"] == ["units"]
    np.testing.assert_allclose(document["shown"][0]["values"], BOTH.outputs[0].values[1, 2])
    assert isinstance(document["shown"][1]["values"], float)


def test_npz_is_enough_to_do_the_run_by_hand() -> None:
    file = BytesIO()
    write_npz(BOTH, file)
    file.seek(0)
    with np.load(file, allow_pickle=False) as saved:
        assert set(saved) == {
            *("input", "all_hidden_states", "hidden_state", "cell_state"),
            *("kernel", "recurrent_kernel", "bias", "spec"),
        }
        spec = json.loads(saved["spec"].item())
        seed = spec.pop("seed")
        assert (LSTMSpec(**spec), seed) == (BOTH.spec, BOTH.seed)
        np.testing.assert_array_equal(saved["cell_state"], BOTH.outputs[2].values)
