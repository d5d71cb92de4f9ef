"""Layers as they are written in Keras: read, never run."""

from pathlib import Path

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.keras_code import LayerCall, parse_layer

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
            "TD(tf.keras.layers.Dense(2))",
            LayerCall("TD", (DENSE,), {}, "TD(Dense(2))"),
            id="inner prefix",
        ),
        pytest.param(
            " TD(\n layer=Dense(2) )",
            LayerCall("TD", (), {"layer": DENSE}, "TD( layer=Dense(2) )"),
            id="by name",
        ),
        pytest.param(
            "RNN([Dense(2), -1.5])",
            LayerCall("RNN", ([DENSE, -1.5],), {}, "RNN([Dense(2), -1.5])"),
            id="list",
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
    ],
)
def test_a_layer_is_read_as_one_writes_it(text: str, call: LayerCall) -> None:
    assert parse_layer(text) == call


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dense",
        "2",
        "Dense(1",
        "Dense(1)(2)",
        "os.system('a')",
        "Dense(n)",
        "Dense(2**9)",
        "Dense(*[1])",
        "Dense(**{})",
        "Dense({'class_name': 'x'})",
        "Dense({1})",
        "Dense(b'')",
        "Dense(1j)",
        "Dense([])[0]",
        "Dense(lambda x: x)",
        "Dense(f'{1}')",
        "Dense(keras.x(1))",
        pytest.param(f"Dense({'(' * 999}", id="999 brackets"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    problem = "cannot be read, expected a layer of Keras with literals"
    with pytest.raises(CallError, match=problem):
        parse_layer(text)


@pytest.mark.parametrize(
    ("text", "class_name"),
    [
        ("Lambda(lambda x: x)", "Lambda"),
        ("TimeDistributed(TFSMLayer('x'))", "TFSMLayer"),
    ],
)
def test_a_layer_that_brings_code_is_refused(text: str, class_name: str) -> None:
    problem = f"^{class_name} brings code, which is not run here"
    with pytest.raises(CallError, match=problem):
        parse_layer(text)


def test_a_call_of_open_is_read_as_a_class_and_not_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "made"
    parse_layer(f"open({str(file)!r}, 'w')")
    assert not file.exists()


def test_an_argument_is_never_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(CallError):
        parse_layer(f"Dense(print(open({str(file)!r}, 'w').name))")
    assert not file.exists()
