from pathlib import Path

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.next import LayerCall, parse_layer

DENSE = LayerCall("Dense", (2,), {}, "Dense(2)")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("Flatten()", ("Flatten", (), {}, "Flatten()")),
        ("keras.layers.Dense(2)", DENSE),
        ("TD(tf.keras.layers.Dense(2))", ("TD", (DENSE,), {}, "TD(Dense(2))")),
        (" TD(\n layer=Dense(2) )", ("TD", (), {"layer": DENSE}, "TD( layer=Dense(2) )")),
        ("RNN([Dense(2), -1.5])", ("RNN", ([DENSE, -1.5],), {}, "RNN([Dense(2), -1.5])")),
        ("Permute((2, 1))", ("Permute", ((2, 1),), {}, "Permute((2, 1))")),
        ("GRU(4, name=None)", ("GRU", (4,), {"name": None}, "GRU(4, name=None)")),
    ],
    ids=["no argument", "prefix", "inner prefix", "by name", "list", "tuple", "None"],
)
def test_a_layer_is_read_as_one_writes_it(text: str, call: object) -> None:
    assert parse_layer(text) == call


@pytest.mark.parametrize(
    "text",
    [
        *("", "Dense", "2", "Dense(1", "Dense(1)(2)", "os.system('a')", "Dense(n)", "Dense(2**9)"),
        *("Dense(*[1])", "Dense(**{})", "Dense({'class_name': 'x'})", "Dense({1})", "Dense(b'')"),
        *("Dense(1j)", "Dense([])[0]", "Dense(lambda x: x)", "Dense(f'{1}')", "Dense(keras.x(1))"),
        f"Dense({'(' * 999}",
    ],
    ids=lambda text: text[:30],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CallError, match=r"cannot be read, expected a layer of Keras with literals"):
        parse_layer(text)


@pytest.mark.parametrize("text", ["Lambda(lambda x: x)", "TimeDistributed(TFSMLayer('x'))"])
def test_a_layer_that_brings_code_is_refused(text: str) -> None:
    with pytest.raises(CallError, match=r"^(Lambda|TFSMLayer) brings code, which is not run here"):
        parse_layer(text)


def test_a_layer_is_never_evaluated(tmp_path: Path) -> None:
    file = tmp_path / "made"
    parse_layer(f"open({str(file)!r}, 'w')")  # the name of a class, for all that is known here
    with pytest.raises(CallError):
        parse_layer(f"Dense(print(open({str(file)!r}, 'w').name))")
    assert not file.exists()
