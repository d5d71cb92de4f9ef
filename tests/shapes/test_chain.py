"""Layers behind this one, as they are written in Keras: read, never run."""

import re
from pathlib import Path

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.chain import chain_code, read_chain
from lstm_shapes.shapes.keras_code import LayerCall

DENSE = LayerCall("Dense", (2,), {}, "Dense(2)")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        pytest.param(
            "Flatten()",
            LayerCall("Flatten", (), {}, "Flatten()"),
            id="no argument",
        ),
        pytest.param(
            "keras.layers.Dense(2)",
            DENSE,
            id="prefix",
        ),
        pytest.param(
            "TimeDistributed(tf.keras.layers.Dense(2))",
            LayerCall("TimeDistributed", (DENSE,), {}, "TimeDistributed(Dense(2))"),
            id="inner prefix",
        ),
        pytest.param(
            " TimeDistributed(\n layer=Dense(2) )",
            LayerCall(
                "TimeDistributed",
                (),
                {"layer": DENSE},
                "TimeDistributed( layer=Dense(2) )",
            ),
            id="by name",
        ),
        pytest.param(
            "RNN([LSTMCell(2), -1.5])",
            LayerCall(
                "RNN",
                ([LayerCall("LSTMCell", (2,), {}, "LSTMCell(2)"), -1.5],),
                {},
                "RNN([LSTMCell(2), -1.5])",
            ),
            id="list with a cell",
        ),
        pytest.param(
            "Permute((2, 1))",
            LayerCall("Permute", ((2, 1),), {}, "Permute((2, 1))"),
            id="tuple",
        ),
        pytest.param(
            "GRU(4, name=None)",
            LayerCall("GRU", (4,), {"name": None}, "GRU(4, name=None)"),
            id="None",
        ),
        pytest.param(
            "Dense(2, activation=tf.nn.relu)",
            LayerCall(
                "Dense", (2,), {"activation": "relu"}, "Dense(2, activation='relu')"
            ),
            id="name of an activation",
        ),
    ],
)
def test_a_layer_is_read_as_one_writes_it(text: str, call: LayerCall) -> None:
    assert read_chain(text) == [call]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            'Dense(8), Flatten(), Dense(1, activation="softmax")',
            'Dense(8), Flatten(), Dense(1, activation="softmax")',
        ),
        ("layers.Dense(1)(x)", "Dense(1)"),
        ("Dense(8),", "Dense(8)"),
        ("[Dense(8), Dense(1)]", "Dense(8), Dense(1)"),
        ("Dense(8)  # wide\nDense(1)", "Dense(8), Dense(1)"),
        ("x = Dense(8)(x)\nout = layers.Flatten()(x)", "Dense(8), Flatten()"),
        ("Dense(1)(Flatten()(x))", "Flatten(), Dense(1)"),
        ("model.add(Dense(3))\nmodel.add(Dense(2))", "Dense(3), Dense(2)"),
        ("Sequential([Dense(8), Dense(1)])", "Dense(8), Dense(1)"),
        ("Add()([x, y])", "Add()"),
        ("RepeatVector(2), LSTM(64)", "RepeatVector(2), LSTM(64)"),
    ],
)
def test_layers_are_a_chain_however_they_are_written(text: str, code: str) -> None:
    assert chain_code(read_chain(text)) == code


def test_the_code_of_a_chain_reads_back_as_the_chain() -> None:
    calls = read_chain("x = Dense(8, 'relu')(x)\nx = Dense(1, use_bias=False)(x)")
    assert read_chain(chain_code(calls)) == calls


def test_names_that_have_a_value_are_filled_in() -> None:
    calls = read_chain("Dense(units // 2, activation=a)", {"units": 64, "a": "relu"})
    assert chain_code(calls) == "Dense(32, activation='relu')"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' cannot be read, expected layers of Keras with literals"),
        ("Dense", "'Dense' cannot be read, expected layers of Keras"),
        ("2", "'2' cannot be read, expected layers of Keras"),
        ("Dense(1), 3", "'3' cannot be read, expected layers of Keras"),
        ("os.system('a')", "cannot be read, expected layers of Keras"),
        ("os.system('a'), Dense(1)", "cannot be read, expected layers of Keras"),
        ("Dense(1", "cannot be read as Python at line 1 .* was never closed"),
        pytest.param(f"Dense({'(' * 999}", "cannot be read", id="999 brackets"),
        ("Dense(n, k)", "^the code leaves open n, k: give each a value"),
        ("Dense(2**9)", r"holds '2 \*\* 9', which is never run, expected literals"),
        ("Dense(*[1])", r"holds '\*\[1\]', which is never run"),
        ("Dense(**{})", "has arguments that only Python could unpack"),
        ("Dense({'class_name': 'x'})", "holds .*class_name.*, which is never run"),
        ("Dense(1j)", "holds '1j', which is never run"),
        ("Dense(f'{1}')", "which is never run"),
        ("Dense(lambda x: x)", "holds 'lambda x: x', which is never run"),
        ("Dense(1, kernel_regularizer=l2(0.01))", r"holds 'l2\(0.01\)', which is"),
        ("Dense(1)(x), Dense(2)(x)", "do not stand on one another, expected each"),
        ("Nonsense(3)", "^Keras has no layer 'Nonsense', expected one like .*Dense"),
        ("TimeDistributed(dens(1))", "^Keras has no layer 'dens', expected one like"),
        ("Softmx()", "^Keras has no layer 'Softmx', expected one like Softmax"),
        ("x = dense(8)(x)", "^Keras has no layer 'dense', expected one like Dense"),
        ("__import__('os')", "^Keras has no layer '__import__', expected one like"),
        ("Dense(8); open('x')", "^Keras has no layer 'open', expected one like"),
        ("LSTMCell(3)", r"is a cell, .* expected a layer around it, as RNN\(LSTMCell"),
        ("Input((3,)), Dense(1)", "^Input makes an input, and takes no array"),
        ("Wrapper(Dense(1))", "^Wrapper is a class to derive from"),
        ("Lambda(lambda x: x)", "^Lambda brings code, which is not run here"),
        ("TimeDistributed(TFSMLayer('x'))", "^TFSMLayer brings code"),
        ("AdaptiveMaxPooling1D(1)", "^AdaptiveMaxPooling1D can end the process, as"),
    ],
)
def test_anything_else_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(CallError) as caught:
        read_chain(text)
    assert re.search(sentence, str(caught.value))
    assert "\n" not in str(caught.value)


CODE_BRINGERS = ["FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"]


@pytest.mark.parametrize("name", CODE_BRINGERS)
@pytest.mark.parametrize(
    "form",
    [
        "{} ('model')",
        "({})('model')",
        "keras . layers . {}('model')",
        "from keras.layers import {} as layer\nlayer('model')",
        "getattr(keras.layers, '{}')('model')",
        "[{}][0]('model')",
        "Dense(1), {}('model')",
        "Dense(1) if False else {}('model')",
        "Dense(1, kernel_regularizer={}('model'))",
        "Dense(1, activation=[{}('model')])",
        "TimeDistributed(layer={} ('model'))",
        "SpectralNormalization(({})('model'))",
        "RNN([LSTMCell(2), {}('model')])",
        "Sequential([Dense(1), {}('model')])",
        "model.add({}('model'))",
        "x = {}('model')(x)",
        "def call(x):\n    return {}('model')(x)",
    ],
)
def test_a_layer_that_brings_code_is_refused_however_it_is_written(
    form: str, name: str
) -> None:
    # Python takes fullwidth letters in names for the usual ones.
    fullwidth_name = chr(ord(name[0]) + 0xFEE0) + name[1:]
    for written_name in (name, fullwidth_name):
        with pytest.raises(CallError):
            read_chain(form.format(written_name))


def test_a_call_of_open_is_refused_and_not_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(CallError, match=r"^Keras has no layer 'open'"):
        read_chain(f"open({str(file)!r}, 'w')")
    assert not file.exists()


def test_an_argument_is_never_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(CallError):
        read_chain(f"Dense(print(open({str(file)!r}, 'w').name))")
    assert not file.exists()
