"""What views say of layers in other dtypes, of unlike directions, and of frozen ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from lstm_shapes import explore
from lstm_shapes.shapes.reading import read_code
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.document import document_of_run, document_of_spec, encode_line
from lstm_shapes.view.introduction import introduce_input
from lstm_shapes.view.program import write_program
from lstm_shapes.view.sections import arrays, gates, keras, next_layer, parameters
from lstm_shapes.view.style import Look
from tests.conftest import SEED
from tests.view.runs import answer_to, keras_run, spec_of, texts

UNLIKE = (
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True),"
    " backward_layer=LSTM(3, return_sequences=True, return_state=True,"
    " use_bias=False, go_backwards=True))"
)


def spec_of_code(code: str) -> Spec:
    return spec_of(*read_code(code, {}).layers)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        pytest.param("LSTM(5)", "", id="float32"),
        pytest.param(
            'LSTM(5, dtype="float16")',
            "outputs and weights in float16",
            id="float16",
        ),
        pytest.param(
            'Bidirectional(GRU(5, return_state=True, dtype="float64"))',
            "outputs in float32, states and weights in float64",
            id="Bidirectional in float32",
        ),
    ],
)
def test_the_introduction_says_dtypes_other_than_float32(
    code: str, sentence: str
) -> None:
    lines = texts(introduce_input(spec_of_code(code), Look(width=200)))
    assert lines[0].endswith(sentence)
    assert ("float" in lines[0]) is bool(sentence)


def test_the_heading_of_an_array_says_its_dtype() -> None:
    spec = spec_of_code('LSTM(5, dtype="mixed_bfloat16")')
    lines = texts(arrays.one_call(answer_to(spec, run=keras_run(spec))))
    assert lines[0].startswith("output  (1, 5) = (batch, units)  bfloat16  ")


def test_json_holds_numbers_of_two_bytes_as_they_are() -> None:
    run = explore(spec_of_code('LSTM(5, dtype="mixed_bfloat16")'), seed=SEED)
    document = json.loads(encode_line(document_of_run(run)))
    output = document["outputs"][0]
    assert output["dtype"] == "bfloat16"
    values = np.array(output["values"], np.float32)
    np.testing.assert_array_equal(values, run["output"].astype(np.float32))
    assert document["parameters"]["weights"][0]["dtype"] == "float32"


def test_npz_holds_bfloat16_as_float32_and_says_so(tmp_path: Path) -> None:
    run = explore(spec_of_code('LSTM(5, dtype="mixed_bfloat16")'), seed=SEED)
    run.save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        assert file["output"].dtype == np.float32
        np.testing.assert_array_equal(file["output"], run["output"].astype(np.float32))
        assert json.loads(str(file["spec"]))["dtypes"]["output"] == "bfloat16"


def test_unlike_directions_have_a_product_each() -> None:
    answer = answer_to(spec_of_code(UNLIKE), Look(width=200))
    lines = texts(parameters.one_call(answer))
    assert lines[0] == (
        "Parameters  284 = 20 × (4 features + 5 units + 1 bias)"
        " + 12 × (4 features + 3 units)"
    )
    assert lines[-1] == "  backward/kernel (4, 12)  backward/recurrent_kernel (3, 12)"


def test_unlike_directions_have_equations_each() -> None:
    titles = []
    for line in texts(gates.one_call(answer_to(spec_of_code(UNLIKE)))):
        if line.startswith("Gates"):
            titles.append(line)
    assert titles == [
        "Gates  of lstm forward at each timestep  x (1, 4)  h, c (1, 5)",
        "Gates  of lstm backward at each timestep  x (1, 4)  h, c (1, 3)",
    ]


def test_keras_own_summary_is_said_to_be_wrong_of_unlike_directions() -> None:
    spec = spec_of_code(UNLIKE)
    text = " ".join(texts(keras.one_call(answer_to(spec, run=keras_run(spec)))))
    assert "(None, 3, 8), 2 × (None, 5), 2 × (None, 3)" in text
    assert text.count("Keras' own summary has (None, 3, 10)") == 1
    document = document_of_spec(spec)
    assert document["layer"]["summary_shapes"][0] == (None, 3, 10)


def test_a_decoder_behind_unlike_directions_has_the_units_of_both() -> None:
    spec = spec_of_code(UNLIKE)
    text = " ".join(texts(next_layer.one_call(answer_to(spec, run=keras_run(spec)))))
    assert "LSTM(8, return_sequences=True)" in text
    assert "5 + 3 units" in text


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        pytest.param(
            "LSTM(5, trainable=False)",
            "Parameters  200, none of them trainable = 20 ×",
            id="frozen",
        ),
        pytest.param(
            "LSTM(5, return_sequences=True, trainable=False), GRU(5)",
            "Parameters  380, 180 of them trainable, in each layer",
            id="frozen below",
        ),
        pytest.param("LSTM(5)", "Parameters  200 = 20 ×", id="trainable"),
    ],
)
def test_frozen_parameters_are_said_to_be(code: str, heading: str) -> None:
    lines = texts(parameters.one_call(answer_to(spec_of_code(code))))
    assert lines[0].startswith(heading)


def test_bidirectional_itself_freezes_nothing() -> None:
    spec = spec_of_code("Bidirectional(LSTM(5), trainable=False)")
    assert spec.trainable_parameters == spec.parameters
    text = " ".join(texts(parameters.one_call(answer_to(spec))))
    assert "Bidirectional's own trainable=False freezes nothing in a model" in text
    assert explore(spec, seed=SEED).spec.trainable_parameters == spec.parameters


def test_the_saved_program_leaves_out_names_that_predict_refuses() -> None:
    program = write_program(spec_of_code('LSTM(5, name="a b", dtype="float16")'), SEED)
    assert 'lstm = LSTM(5, dtype="float16")\n' in program
