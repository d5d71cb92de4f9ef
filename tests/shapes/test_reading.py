"""Layers as people write them in Keras: what is read of a line, a list, or a script."""

from collections.abc import Mapping
from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.keras_code import parse_definition
from lstm_shapes.shapes.reading import Reading, RemarkKind, read_code


def read(text: str, **definitions: object) -> Reading:
    return read_code(text, definitions)


def codes(reading: Reading) -> list[str]:
    return [layer.code() for layer in reading.layers]


FORMS = {
    # A layer alone, with whatever stands before and behind it.
    "LSTM(64)": ["LSTM(64)"],
    "LSTM(64),": ["LSTM(64)"],
    "LSTM(units=64)": ["LSTM(64)"],
    " LSTM( 64 ) ": ["LSTM(64)"],
    "LSTM(64)  # the encoder": ["LSTM(64)"],
    "layers.LSTM(64)": ["LSTM(64)"],
    "keras.layers.LSTM(64)": ["LSTM(64)"],
    "tf.keras.layers.LSTM(64)": ["LSTM(64)"],
    "tensorflow.keras.layers.GRU(64)": ["GRU(64)"],
    "L.SimpleRNN(64)": ["SimpleRNN(64)"],
    "lstm = LSTM(64)": ["LSTM(64)"],
    "self.lstm = LSTM(64, return_state=True)": ["LSTM(64, return_state=True)"],
    "self.rnn: Layer = GRU(64)": ["GRU(64)"],
    "LSTM(64)(x)": ["LSTM(64)"],
    "x = LSTM(64)(x, mask=m)": ["LSTM(64)"],
    "x = LSTM(64)(inputs, initial_state=[h, c])": ["LSTM(64)"],
    "_, h, c = LSTM(256, return_state=True)(inputs)": ["LSTM(256, return_state=True)"],
    "out, *states = GRU(256, return_state=True)(x)": ["GRU(256, return_state=True)"],
    "h = LSTM(8, return_state=True)(x)[1]": ["LSTM(8, return_state=True)"],
    "return LSTM(64)(x)": ["LSTM(64)"],
    "model.add(LSTM(64))": ["LSTM(64)"],
    "model.add(layers.Bidirectional(layers.LSTM(64)))": ["Bidirectional(LSTM(64))"],
    "LSTM(\n    64,\n    return_sequences=True,\n)": [
        "LSTM(64, return_sequences=True)"
    ],
    "LSTM(64, \n  # every h\n  return_sequences=True)": [
        "LSTM(64, return_sequences=True)"
    ],
    # Arguments, by name and by place.
    "LSTM(64, 'relu')": ['LSTM(64, activation="relu")'],
    "LSTM(64, 'tanh', 'hard_sigmoid', False)": [
        'LSTM(64, recurrent_activation="hard_sigmoid", use_bias=False)'
    ],
    "SimpleRNN(64, 'relu', False)": [
        'SimpleRNN(64, activation="relu", use_bias=False)'
    ],
    "LSTM(64, activation=None)": ['LSTM(64, activation="linear")'],
    "LSTM(64, activation=tf.nn.relu)": ['LSTM(64, activation="relu")'],
    "LSTM(64, activation=keras.activations.tanh)": ["LSTM(64)"],
    "GRU(32, reset_after=False)": ["GRU(32, reset_after=False)"],
    "LSTM(64, go_backwards=True)": ["LSTM(64, go_backwards=True)"],
    "LSTM(64, stateful=True)": ["LSTM(64, stateful=True)"],
    "LSTM(8 * 8)": ["LSTM(64)"],
    "LSTM(128 // 2 - 1)": ["LSTM(63)"],
    "Bidirectional(LSTM(64), merge_mode='sum')": [
        'Bidirectional(LSTM(64), merge_mode="sum")'
    ],
    "Bidirectional(LSTM(64), 'ave')": ['Bidirectional(LSTM(64), merge_mode="ave")'],
    "Bidirectional(layer=GRU(64), merge_mode=None)": [
        "Bidirectional(GRU(64), merge_mode=None)"
    ],
    # Several layers: between commas, in a list, one a line, of mixed kinds.
    "LSTM(64, return_sequences=True), GRU(32)": [
        "LSTM(64, return_sequences=True)",
        "GRU(32)",
    ],
    "[LSTM(64, return_sequences=True), LSTM(32)]": [
        "LSTM(64, return_sequences=True)",
        "LSTM(32)",
    ],
    "LSTM(64, return_sequences=True)\nLSTM(32)": [
        "LSTM(64, return_sequences=True)",
        "LSTM(32)",
    ],
    "LSTM(64, return_sequences=True),\n    Dropout(0.2),\n    LSTM(32),\n    Dense(1)\n])": [
        "LSTM(64, return_sequences=True)",
        "LSTM(32)",
    ],
    "Sequential([LSTM(64), Dense(1)])": ["LSTM(64)"],
    "model = keras.Sequential([keras.Input((3, 4)), layers.LSTM(64)])": ["LSTM(64)"],
    "model = Sequential(layers=[LSTM(64)])": ["LSTM(64)"],
    # Whole scripts.
    ">>> model = Sequential()\n>>> model.add(LSTM(64))\n>>> model.summary()": [
        "LSTM(64)"
    ],
    "In [3]: model.add(LSTM(64))": ["LSTM(64)"],
    "```python\nLSTM(64)\n```": ["LSTM(64)"],
    "    x = LSTM(64)(x)\n    y = Dense(1)(x)": ["LSTM(64)"],
    (
        "from keras.layers import LSTM\nimport numpy as np\nmodel = Sequential()\n"
        "model.add(LSTM(64, return_sequences=True))\nmodel.add(LSTM(32))\n"
        "model.compile(loss='mse', optimizer=Adam(0.001))\nmodel.fit(x, y, epochs=3)"
    ): ["LSTM(64, return_sequences=True)", "LSTM(32)"],
    (
        "inputs = keras.Input(shape=(None, 8))\n"
        "x = Bidirectional(LSTM(64, return_sequences=True))(inputs)\n"
        "x = Dropout(0.2)(x)\nx = Bidirectional(LSTM(32))(x)\n"
        "outputs = Dense(1)(x)\nmodel = keras.Model(inputs, outputs)"
    ): ["Bidirectional(LSTM(64, return_sequences=True))", "Bidirectional(LSTM(32))"],
    (
        "class Tagger(keras.Model):\n    def __init__(self):\n"
        "        self.lstm = LSTM(64, return_sequences=True)\n        self.out = Dense(9)\n"
        "    def call(self, x):\n        x = self.lstm(x)\n        return self.out(x)"
    ): ["LSTM(64, return_sequences=True)"],
    ("a = LSTM(64, return_sequences=True)\nb = GRU(32)\ny = b(a(x))"): [
        "LSTM(64, return_sequences=True)",
        "GRU(32)",
    ],
    "if deep:\n    model.add(LSTM(64))": ["LSTM(64)"],
    "model = keras.models.Sequential([layers.LSTM(64)])": ["LSTM(64)"],
    "stack = [LSTM(64), Dense(1)]\nmodel = Sequential(stack)": ["LSTM(64)"],
    "print(LSTM(64)(x).shape)": ["LSTM(64)"],
    "x = LSTM(64, return_sequences=True)(x)\ny = Dense(1)(x[:, -1])": [
        "LSTM(64, return_sequences=True)"
    ],
    # Names that the script itself gives a value.
    "units = 64\nmodel.add(LSTM(units))": ["LSTM(64)"],
    "self.units, rate = 32, 0.2\nLSTM(self.units * 2)": ["LSTM(64)"],
    # Loops, as often as they turn.
    "for _ in range(2):\n    model.add(LSTM(64, return_sequences=True))\nmodel.add(LSTM(32))": [
        "LSTM(64, return_sequences=True)",
        "LSTM(64, return_sequences=True)",
        "LSTM(32)",
    ],
    "for units in [64, 32]:\n    x = GRU(units, return_sequences=True)(x)": [
        "GRU(64, return_sequences=True)",
        "GRU(32, return_sequences=True)",
    ],
    "for fold in folds:\n    model = Sequential()\n    model.add(LSTM(64))": [
        "LSTM(64)"
    ],
    # What comes along with a paste.
    "model = Sequential()\n    model.add(LSTM(64))": ["LSTM(64)"],
    "My model:\n\n```python\nLSTM(64)\n```\nWhy?": ["LSTM(64)"],
    "In [1]: x = LSTM(\n   ...:     64)\nOut[1]: <LSTM at 0x7f>": ["LSTM(64)"],
    ">>> LSTM(64)\n<LSTM name=lstm>": ["LSTM(64)"],
    "> model.add(LSTM(64))\n> model.summary()": ["LSTM(64)"],
    "1. model = Sequential()\n2. model.add(LSTM(64))": ["LSTM(64)"],
    "%matplotlib inline\n!pip install keras\nprint 'go'\nLSTM(64)": ["LSTM(64)"],
    "LSTM(64, activation=“relu”)\xa0": ['LSTM(64, activation="relu")'],
    "\ufeffLSTM(64)": ["LSTM(64)"],
    # Older Keras.
    "LSTM(output_dim=64, inner_activation='relu')": [
        'LSTM(64, recurrent_activation="relu")'
    ],
    "CuDNNLSTM(64)": ["LSTM(64)"],
    "Bidirectional(CuDNNGRU(64))": ["Bidirectional(GRU(64))"],
    "LSTM(64, time_major=False, weights=None)": ["LSTM(64)"],
    "LSTM(64, use_cudnn=True)": ["LSTM(64)"],
    # Layers around the recurrent ones.
    "Embedding(5000, 32), LSTM(64), Dense(1)": ["LSTM(64)"],
    "Masking(mask_value=0.0), LSTM(64)": ["LSTM(64)"],
    "TimeDistributed(Dense(8)), LSTM(64), Flatten()": ["LSTM(64)"],
    "SpatialDropout1D(0.2), LSTM(64)": ["LSTM(64)"],
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items(), ids=FORMS)
def test_layers_are_read_as_people_write_them(text: str, expected: list[str]) -> None:
    assert codes(read(text)) == expected


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("LSTM(8)", {}),
        ("LSTM(8, input_shape=(29, 24))", {"timesteps": 29, "features": 24}),
        (
            "LSTM(8, input_shape=(None, 24))",
            {"features": 24, "has_open_timesteps": True},
        ),
        (
            "LSTM(8, batch_input_shape=(2, 29, 24))",
            {"batch_size": 2, "timesteps": 29, "features": 24},
        ),
        ("LSTM(8, input_dim=24, input_length=29)", {"timesteps": 29, "features": 24}),
        (
            "LSTM(8, input_shape=[29, 24], batch_size=2)",
            {"timesteps": 29, "features": 24, "batch_size": 2},
        ),
        (
            "Bidirectional(LSTM(8), input_shape=(29, 24))",
            {"timesteps": 29, "features": 24},
        ),
        (
            "Bidirectional(LSTM(8, input_shape=(29, 24)))",
            {"timesteps": 29, "features": 24},
        ),
        ("Input(shape=(29, 24)), LSTM(8)", {"timesteps": 29, "features": 24}),
        (
            "Input((29, 24), 2), LSTM(8)",
            {"timesteps": 29, "features": 24, "batch_size": 2},
        ),
        (
            "Input(batch_shape=(2, 29, 24)), LSTM(8)",
            {"timesteps": 29, "features": 24, "batch_size": 2},
        ),
        (
            "InputLayer(input_shape=(29, 24)), LSTM(8)",
            {"timesteps": 29, "features": 24},
        ),
        ("x = Input(shape=(29, 24))\nLSTM(8)(x)", {"timesteps": 29, "features": 24}),
        (
            "Embedding(50, 24, input_length=29), LSTM(8)",
            {"timesteps": 29, "features": 24},
        ),
        ("Embedding(input_dim=50, output_dim=24), LSTM(8)", {"features": 24}),
        ("Input((29,)), Embedding(50, 24), LSTM(8)", {"timesteps": 29, "features": 24}),
        ("Dense(24, input_shape=(29, 7)), LSTM(8)", {"timesteps": 29, "features": 24}),
        ("LSTM(8, input_shape=(x.shape[1], 24))", {"features": 24}),
    ],
)
def test_sizes_of_the_input_are_read_where_the_code_names_them(
    text: str, sizes: Mapping[str, Any]
) -> None:
    input_in_code = read(text).input
    expected: dict[str, object] = {
        "timesteps": None,
        "features": None,
        "batch_size": None,
        "has_open_timesteps": False,
    }
    expected.update(sizes)
    assert vars(input_in_code) == expected


@pytest.mark.parametrize(
    ("text", "next_layers"),
    [
        ("LSTM(8)", ""),
        ("LSTM(8), Dense(1, activation='sigmoid')", "Dense(1, activation='sigmoid')"),
        ("LSTM(8), Dropout(0.2), layers.Dense(n)", "Dropout(0.2), Dense(3)"),
        ("LSTM(8), TimeDistributed(Dense(2))", "TimeDistributed(Dense(2))"),
        ("LSTM(8), Dense(1, kernel_regularizer=l2(0.1))", "Dense(1)"),
        (
            "LSTM(8), Dense(2, activation=tf.nn.softmax)",
            "Dense(2, activation='softmax')",
        ),
        # What only code could build is no reason to refuse the layer before it.
        ("LSTM(8), Dropout(0.2), Dense(len(words)), ReLU()", "Dropout(0.2)"),
        ("LSTM(8), Lambda(lambda x: x)", ""),
        ("LSTM(8), MyAttention(3), Dense(1)", ""),
    ],
)
def test_layers_behind_the_last_recurrent_one_are_next_layers(
    text: str, next_layers: str
) -> None:
    assert read(text, n=3).next_layers == next_layers


@pytest.mark.parametrize(
    ("text", "kind", "parts"),
    [
        (
            "LSTM(8, dropout=0.2, unroll=True)",
            RemarkKind.PASSED_ON,
            ("dropout", "unroll"),
        ),
        ("LSTM(8, unit_forget_bias=False)", RemarkKind.STARTING, ("unit_forget_bias",)),
        (
            "LSTM(8, kernel_regularizer=l2(0.01))",
            RemarkKind.DROPPED,
            ("kernel_regularizer=l2(0.01)",),
        ),
        ("LSTM(8, time_major=False)", RemarkKind.OLD_ARGUMENT, ("time_major",)),
        (
            "LSTM(8), Dense(len(words)), ReLU()",
            RemarkKind.NOT_BUILT,
            ("Dense(len(words)), ReLU()",),
        ),
        ("CuDNNGRU(8)", RemarkKind.OLD_CLASS, ("CuDNNGRU as GRU",)),
        ("LSTM(8, use_cudnn=True)", RemarkKind.NO_CUDNN, ("use_cudnn=True",)),
        (
            "LSTM(8, return_sequences=True), Dropout(0.5), LSTM(8)",
            RemarkKind.LEFT_OUT,
            ("Dropout(0.5)",),
        ),
        ("Masking(0.0), LSTM(8)", RemarkKind.MASK, ("Masking(0.0)",)),
        ("Embedding(50, 24), LSTM(8)", RemarkKind.FEATURES, ("Embedding(50, 24)",)),
        (
            "LSTM(8, input_shape=(n, 24))",
            RemarkKind.OPEN_SIZE,
            ("timesteps (input_shape: n)",),
        ),
    ],
)
def test_what_is_not_explored_as_it_stands_is_remarked(
    text: str, kind: RemarkKind, parts: tuple[str, ...]
) -> None:
    assert read(text).remarks == ((kind, parts),)


@pytest.mark.parametrize(
    ("text", "definitions", "code"),
    [
        ("LSTM(units)", {"units": 64}, "LSTM(64)"),
        ("LSTM(self.hidden_dim * 2)", {"self.hidden_dim": 32}, "LSTM(64)"),
        ('LSTM(cfg["units"])', {"cfg['units']": 64}, "LSTM(64)"),
        ("LSTM(n // 2 - -2)", {"n": 124}, "LSTM(64)"),
        ("LSTM(64, activation=a)", {"a": "relu"}, 'LSTM(64, activation="relu")'),
        ("LSTM(64, return_state=flag)", {"flag": True}, "LSTM(64, return_state=True)"),
    ],
)
def test_names_have_the_values_that_are_given(
    text: str, definitions: Mapping[str, object], code: str
) -> None:
    assert codes(read_code(text, definitions)) == [code]


@pytest.mark.parametrize(
    ("text", "definition"),
    [
        ("units=64", ("units", 64)),
        ("self.hidden_dim=32 * 2", ("self.hidden_dim", 64)),
        ('cfg["u"]=-3', ("cfg['u']", -3)),
        ("rate=0.5", ("rate", 0.5)),
        ("flag=True", ("flag", True)),
        ("none=None", ("none", None)),
        ("mode=sum", ("mode", "sum")),
        ("mode='sum'", ("mode", "sum")),
    ],
)
def test_a_definition_gives_a_name_a_value(
    text: str, definition: tuple[str, object]
) -> None:
    assert parse_definition(text) == definition


@pytest.mark.parametrize("text", ["64", "units", "=64", "f()=3", ""])
def test_what_defines_no_name_is_refused(text: str) -> None:
    with pytest.raises(CallError, match="is no definition"):
        parse_definition(text)


REFUSED = {
    "LSTM(units), Dense(self.n)": "leaves open units, self.n: give each a value by `define`, as units=64",
    "LSTM(64, return_sequence=True)": "'return_sequence', expected one like return_sequences",
    "LSTM(64, activation='tanhh')": "is 'tanhh', expected a function of Keras like tanh",
    "Bidirectional(LSTM(5), merge_mode='avg')": "merge_mode` is 'avg', expected one of",
    "Dense(3)": "'Dense\\(3\\)' holds no recurrent layer, expected LSTM, GRU or SimpleRNN",
    "import os": "holds no layer",
    "LSTM(64": "cannot be read as Python at line 1",
    "LSTM(**cfg)": "only Python could unpack, expected each by its name",
    "LSTM(5, units=6)": "has 'units' twice",
    "LSTM()": "LSTM has no `units`",
    "LSTM(5.5)": "`units`: got 5.5, expected a whole number",
    "LSTM(5, activation=LeakyReLU())": "`activation` is 'LeakyReLU\\(\\)', expected the name",
    "LSTM(5, return_sequences=f())": "`return_sequences` is 'f\\(\\)', expected",
    "Bidirectional(Dense(3)), LSTM(4)": "Bidirectional\\(Dense\\(3\\)\\) stands in front of",
    "RNN(LSTMCell(5))": "is not explored here",
    "Conv1D(32, 3), LSTM(5)": "stands in front of LSTM\\(5\\), .* as `timesteps` and `features`",
    "LSTM(32, return_sequences=True), RepeatVector(10), LSTM(64)": (
        "RepeatVector\\(10\\) stands between .* LSTM\\(64\\) behind RepeatVector\\(10\\) with"
        " `timesteps=10` `features=32`"
    ),
    "LSTM(32, return_sequences=True), Dense(10), LSTM(64)": "with `features=10`",
    "a = LSTM(8)(x)\nb = LSTM(9)(y)": "do not stand on one another, expected one of them: LSTM\\(8\\); LSTM\\(9\\)",
    "LSTM(8, input_shape=(3, 4, 5))": "`input_shape` is \\(3, 4, 5\\), expected \\(timesteps, features\\)",
    "LSTM(8, input_shape=(0, 4))": "holds 0 for the timesteps",
    "LSTM(9 ** 9)": "`units` is '9 \\*\\* 9', expected a number",
    "LSTM(5 // 0)": "`units` is '5 // 0'",
    "Bidirectional(5)": "holds no recurrent layer",
    "Bidirectional(Bidirectional(GRU(5)))": "has the layer Bidirectional\\(GRU\\(5\\)\\), expected",
    "LSTM(4, return_sequences=True), TimeDistributed(Dense(7)), LSTM(3)": "with `features=7`",
    "LSTM(4, return_sequences=True), Conv1D(7, 2), LSTM(3)": (
        "with the `timesteps` and `features` that it gives"
    ),
    "LSTM(n, return_sequences=True), Dense(9), LSTM(3)": "leaves open n: give",
    "LSTM(8, input_shape=(10,))": "`input_shape` \\(10,\\) is one axis, .* expected \\(timesteps",
    "Input((10,)), LSTM(8)": "`shape` \\(10,\\) is one axis",
    "TimeDistributed(Conv1D(3, 1), input_shape=(2, n, 4)), LSTM(8)": "stands in front of",
    "LSTM(8, input_shape=(n, m, 4))": "is \\(n, m, 4\\), expected",
    "for i in range(n):\n    model.add(LSTM(8))": "loop over 'range\\(n\\)' stand on one another",
    "if a:\n    x = LSTM(8)(x)\nelse:\n    x = GRU(8)(x)": "stand in two branches",
    "x = LSTM(8)(x)\ny = LSTM(9)(x[:, -3:])": "do not stand on one another",
    "Sequential([LSTM(8) for _ in x])": "holds LSTM where it is not followed",
    "nn.LSTM(10, 20, 2, bidirectional=True)": (
        "'Bidirectional\\(LSTM\\(20, return_sequences=True\\)\\), Bidirectional\\(LSTM\\(20\\)\\)'"
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_explored_is_refused_with_the_way(
    text: str, sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        f"LSTM({'1+' * 600}1)",
        f"LSTM(x{'.y' * 600})",
        f"LSTM(5){'(x)' * 600}",
        f"LSTM(0x{'f' * 5000})",
        f"LSTM({'9' * 4000} * {'9' * 4000})",
        "#" * 2_000_000,
    ],
    ids=["sum", "attributes", "calls", "number", "product", "long"],
)
def test_code_beyond_all_bounds_is_refused(text: str) -> None:
    with pytest.raises(CallError, match="expected"):
        read(text)


def test_nothing_that_is_pasted_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "print('ran')\nx = LSTM(int(print('ran') or 3), kernel_initializer=exec('1/0'))"
    )
    with pytest.raises(CallError, match="`units` is"):
        read(text)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "kernel_initializer='he_norml'",
            "'he_norml', expected one of Keras like he_normal",
        ),
        ("bias_regularizer='l3'", "'l3', expected one of Keras like l"),
        ("kernel_constraint='non_negative'", "expected one of Keras like non_neg"),
        ("dropout='a'", "`dropout` is 'a', expected a number from 0 to 1"),
        ("recurrent_dropout=2", "`recurrent_dropout` is 2, expected a number"),
        ("seed='a'", "`seed`: got 'a', expected a whole number"),
        ("unroll='yes'", "`unroll`: got 'yes', expected True or False"),
    ],
)
def test_values_that_keras_would_refuse_are_refused_before_it_is_asked(
    arguments: str, sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        read(f"LSTM(5, {arguments})")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("RNN(LSTMCell(64))", "expected LSTM"),
        (
            "TimeDistributed(LSTM(32))",
            r"expected LSTM\(32\), which it calls on each item",
        ),
        ("ConvLSTM2D(8, 3)", "expected LSTM, GRU or SimpleRNN"),
    ],
)
def test_a_recurrent_layer_of_another_class_is_told_what_is_like_it(
    text: str, cure: str
) -> None:
    with pytest.raises(CallError, match=cure):
        read(text)
