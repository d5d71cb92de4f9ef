"""A layer as written in Keras: its code, its equations, and what Keras refuses."""

from collections.abc import Mapping
from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.chain import read_chain
from lstm_shapes.shapes.keras_code import LayerCall
from lstm_shapes.shapes.layer import Direction, Layer
from lstm_shapes.shapes.spec import Spec

Arguments = Mapping[str, object]


def bidirectional(class_name: str, arguments: Arguments, merge_mode: object) -> Layer:
    layer = Layer.from_keras(class_name, arguments)
    wrapper_arguments = {"layer": layer, "merge_mode": merge_mode}
    return Layer.from_keras("Bidirectional", wrapper_arguments)


def read_back(code: str) -> Layer:
    """Return the layer that a line of code says, whose one argument by place is first."""
    return layer_of(read_chain(code)[0])


def layer_of(call: LayerCall) -> Layer:
    arguments = dict(call.kwargs)
    if call.name == "Bidirectional":
        arguments["layer"] = call.args[0]
        for name, value in arguments.items():
            if isinstance(value, LayerCall):
                arguments[name] = layer_of(value)
    else:
        arguments["units"] = call.args[0]
    return Layer.from_keras(call.name, arguments)


WRITTEN_LAYERS = [
    "LSTM(5)",
    "LSTM(5, return_sequences=True)",
    "LSTM(5, return_sequences=True, return_state=True)",
    "LSTM(5, go_backwards=True)",
    "LSTM(5, use_bias=False)",
    'LSTM(5, activation="relu")',
    'LSTM(5, recurrent_activation="hard_sigmoid")',
    "LSTM(5, stateful=True)",
    "LSTM(5, zero_output_for_mask=True)",
    "LSTM(5, dropout=0.2, recurrent_dropout=0.1)",
    'LSTM(5, bias_initializer="ones", unit_forget_bias=False)',
    "LSTM(5, seed=None)",
    "GRU(5, reset_after=False)",
    'GRU(5, recurrent_activation="relu")',
    'SimpleRNN(5, activation="linear")',
    "Bidirectional(LSTM(5))",
    "Bidirectional(GRU(5, return_state=True, reset_after=False))",
    'Bidirectional(LSTM(5), merge_mode="sum")',
    'Bidirectional(LSTM(5), merge_mode="mul")',
    'Bidirectional(LSTM(5), merge_mode="ave")',
    "Bidirectional(LSTM(5), merge_mode=None)",
    "Bidirectional(SimpleRNN(5, return_sequences=True, stateful=True))",
    'LSTM(5, trainable=False, dtype="mixed_float16", name="an encoder")',
    'Bidirectional(LSTM(5, dtype="float64"), dtype="float16", name="both")',
    "Bidirectional(LSTM(5), backward_layer=GRU(3, go_backwards=True))",
    'Bidirectional(LSTM(5), merge_mode="sum",'
    ' backward_layer=LSTM(5, activation="relu", go_backwards=True), trainable=False)',
]


@pytest.mark.parametrize("code", WRITTEN_LAYERS)
def test_what_is_written_comes_back_by_code(code: str) -> None:
    layer = read_back(code)
    assert layer.code() == code


@pytest.mark.parametrize("code", WRITTEN_LAYERS)
def test_code_is_read_back_as_the_same_layer(code: str) -> None:
    layer = read_back(code)
    assert read_back(layer.code()) == layer
    assert hash(read_back(layer.code())) == hash(layer)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_arguments_at_their_defaults_are_not_written(kind: str) -> None:
    arguments = {
        "units": 5,
        "activation": "tanh",
        "use_bias": True,
        "return_sequences": False,
        "return_state": False,
        "go_backwards": False,
        "stateful": False,
        "zero_output_for_mask": False,
    }
    assert Layer.from_keras(kind, arguments).code() == f"{kind}(5)"


def test_arguments_come_back_in_the_order_of_keras_signature() -> None:
    arguments = {
        "return_state": True,
        "reset_after": False,
        "activation": "relu",
        "dropout": 0.5,
        "use_bias": False,
        "units": 5,
    }
    assert Layer.from_keras("GRU", arguments).code() == (
        'GRU(5, activation="relu", use_bias=False, return_state=True,'
        " reset_after=False, dropout=0.5)"
    )


@pytest.mark.parametrize("name", ["activation", "recurrent_activation"])
def test_no_activation_is_linear(name: str) -> None:
    layer = Layer.from_keras("LSTM", {"units": 5, name: None})
    assert layer.code() == f'LSTM(5, {name}="linear")'


@pytest.mark.parametrize("kind", ["lstm", "Lstm", "LSTM"])
def test_a_kind_is_written_in_letters_of_any_case(kind: str) -> None:
    assert Layer.from_keras(kind, {"units": 5}) == Layer(cell=LSTM, units=5)


def test_a_quotation_mark_in_an_argument_is_escaped() -> None:
    layer = Layer.from_keras("LSTM", {"units": 5, "name": 'a"b'})
    assert layer.code() == r'LSTM(5, name="a\"b")'


@pytest.mark.parametrize("text", ["a\"b'c", "a'b", "a\\", "a\nb", "größe"], ids=ascii)
def test_any_text_in_an_argument_is_read_back(text: str) -> None:
    layer = Layer.from_keras("LSTM", {"units": 5, "name": text})
    assert read_back(layer.code()) == layer


def test_a_name_is_written_in_place_of_units_and_of_the_class() -> None:
    layer = bidirectional("LSTM", {"units": 5, "return_state": True}, "sum")
    code = layer.code(units="UNITS", class_name="layers.LSTM")
    assert code == (
        'Bidirectional(layers.LSTM(UNITS, return_state=True), merge_mode="sum")'
    )


@pytest.mark.parametrize(
    ("class_name", "arguments", "sentence"),
    [
        pytest.param(
            "LSTM",
            {"units": 5, "return_sequence": True},
            "LSTM has no argument 'return_sequence', expected one like"
            " return_sequences",
            id="return_sequence",
        ),
        pytest.param(
            "LSTM",
            {"units": 5, "activation": "tanhh"},
            "`activation` is 'tanhh', expected a function of Keras like tanh",
            id="tanhh",
        ),
        pytest.param(
            "GRU",
            {"units": 5, "recurrent_activation": "sigmiod"},
            "`recurrent_activation` is 'sigmiod', expected a function of Keras like"
            " sigmoid",
            id="sigmiod",
        ),
        pytest.param(
            "LSTM",
            {"units": 5, "activation": 3},
            "`activation` is 3, expected a function of Keras like tanh, sigmoid, relu",
            id="activation of another type",
        ),
        pytest.param(
            "LSTM",
            {"units": 5, "reset_after": True},
            "LSTM has no argument 'reset_after', expected one like ",
            id="reset_after on an LSTM",
        ),
        pytest.param(
            "SimpleRNN",
            {"units": 5, "recurrent_activation": "relu"},
            "SimpleRNN has no argument 'recurrent_activation', expected one like"
            " recurrent_",
            id="recurrent_activation on a SimpleRNN",
        ),
        pytest.param(
            "LSTM",
            {"units": 5, "zzz": 1},
            "LSTM has no argument 'zzz', expected one like units, activation",
            id="no near name",
        ),
        pytest.param(
            "LSTM",
            {},
            "LSTM has no `units`, expected a number of them",
            id="no units",
        ),
        pytest.param(
            "LSTM",
            {"units": 0},
            "`units`: got 0, expected a whole number from 1 to 2147483647",
            id="units of 0",
        ),
        pytest.param(
            "LSTM",
            {"units": 5, "return_state": 1},
            "`return_state`: got 1, expected True or False",
            id="flag of 1",
        ),
        pytest.param(
            "Dense",
            {"units": 5},
            "`layer`: got 'Dense', expected one of LSTM, GRU, SimpleRNN",
            id="no recurrent layer",
        ),
        pytest.param(
            "Bidirectional",
            {"layer": 5},
            "Bidirectional has the layer 5, expected a recurrent layer in one"
            " direction",
            id="Bidirectional(5)",
        ),
        pytest.param(
            "Bidirectional",
            {},
            "Bidirectional has the layer None, expected a recurrent layer in one"
            " direction",
            id="Bidirectional()",
        ),
        pytest.param(
            "Bidirectional",
            {"layer": Layer(cell=LSTM, units=5), "merge_mod": "sum"},
            "Bidirectional has no argument 'merge_mod', expected one like merge_mode",
            id="merge_mod",
        ),
    ],
)
def test_an_argument_that_keras_has_not_is_refused_with_a_near_name(
    class_name: str, arguments: Arguments, sentence: str
) -> None:
    with pytest.raises(CallError) as caught:
        Layer.from_keras(class_name, arguments)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("merge_mode", ["avg", "Concat", "", 1], ids=repr)
def test_a_merge_mode_that_keras_has_not_is_refused(merge_mode: object) -> None:
    with pytest.raises(CallError) as caught:
        bidirectional("LSTM", {"units": 5}, merge_mode)
    assert str(caught.value) == (
        f"`merge_mode` is {merge_mode!r}, expected one of"
        " 'concat', 'sum', 'mul', 'ave' or None"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            {"units": 5, "go_backwards": True},
            "`go_backwards` is True within Bidirectional, expected False",
            id="go_backwards",
        ),
        pytest.param(
            {"units": 5, "stateful": True, "return_state": True},
            "`stateful` and `return_state` fail together in Keras' Bidirectional,"
            " expected one of them",
            id="stateful and return_state",
        ),
    ],
)
def test_what_fails_in_bidirectional_is_refused(
    arguments: Arguments, sentence: str
) -> None:
    with pytest.raises(CallError) as caught:
        bidirectional("LSTM", arguments, "concat")
    assert str(caught.value).startswith(sentence)


def test_bidirectional_of_both_directions_is_refused() -> None:
    layer = bidirectional("LSTM", {"units": 5}, "concat")
    problem = "expected a recurrent layer in one direction$"
    with pytest.raises(CallError, match=problem):
        Layer.from_keras("Bidirectional", {"layer": layer})


def test_a_merge_mode_needs_two_directions() -> None:
    problem = "^`merge_mode` merges two directions, expected `bidirectional=True`"
    with pytest.raises(CallError, match=problem):
        Layer(cell=LSTM, units=5, merge_mode="sum")


def test_reset_after_belongs_to_a_gru() -> None:
    problem = "^`reset_after` belongs to a GRU, expected none in LSTM$"
    with pytest.raises(CallError, match=problem):
        Layer(cell=LSTM, units=5, reset_after=False)


def test_recurrent_activation_belongs_to_gates() -> None:
    problem = "^`recurrent_activation` belongs to gates, expected none in SimpleRNN"
    with pytest.raises(CallError, match=problem):
        Layer(cell=SIMPLE_RNN, units=5, recurrent_activation="relu")


UPPER = Layer(cell=GRU, units=5)


def test_a_lower_layer_has_to_return_every_timestep() -> None:
    with pytest.raises(CallError) as caught:
        Spec(layers=(Layer(cell=LSTM, units=5), UPPER))
    assert str(caught.value) == (
        "LSTM(5) hands on its last timestep alone, and the layer above it takes all of"
        " them: give it return_sequences=True"
    )


def test_a_lower_layer_has_to_return_one_array() -> None:
    lower = Layer(
        cell=LSTM,
        units=5,
        return_sequences=True,
        bidirectional=True,
        merge_mode=None,
    )
    with pytest.raises(CallError) as caught:
        Spec(layers=(lower, UPPER))
    assert str(caught.value) == (
        "Bidirectional(LSTM(5, return_sequences=True), merge_mode=None) returns two"
        " arrays, and the layer above it takes one: give it another merge_mode, such as"
        ' "concat"'
    )


def test_a_lower_layer_that_goes_backwards_has_no_lengths() -> None:
    lower = Layer(cell=LSTM, units=5, return_sequences=True, go_backwards=True)
    with pytest.raises(CallError) as caught:
        Spec(layers=(lower, UPPER), lengths=(3, 1))
    assert str(caught.value) == (
        "LSTM(5, return_sequences=True, go_backwards=True) returns the last timestep"
        " first, and Keras hands the mask on as it was: give no `lengths`, or put this"
        " layer last"
    )


def test_a_spec_of_no_layer_is_refused() -> None:
    problem = r"^`layers` is \(\), expected a tuple of one or more$"
    with pytest.raises(CallError, match=problem):
        Spec(layers=())


def test_layers_of_several_kinds_are_named_and_numbered_as_in_keras() -> None:
    layers = (
        Layer(cell=LSTM, units=5, return_sequences=True),
        Layer(cell=GRU, units=5, return_sequences=True),
        Layer(cell=LSTM, units=5),
    )
    names = [layer_spec.name for layer_spec in Spec(layers=layers).layer_specs]
    assert names == ["lstm", "gru", "lstm_1"]


@pytest.mark.parametrize(
    ("layer", "equations"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5),
            (
                "i, f, g, o = split(x @ W + h @ R + b, 4, axis=-1)",
                "i, f, o = σ(i), σ(f), σ(o)",
                "g = tanh(g)",
                "c = f·c + i·g",
                "h = o·tanh(c)",
            ),
            id="LSTM",
        ),
        pytest.param(
            Layer(
                cell=LSTM,
                units=5,
                use_bias=False,
                activation="relu",
                recurrent_activation="hard_sigmoid",
            ),
            (
                "i, f, g, o = split(x @ W + h @ R, 4, axis=-1)",
                "i, f, o = hard_sigmoid(i), hard_sigmoid(f), hard_sigmoid(o)",
                "g = relu(g)",
                "c = f·c + i·g",
                "h = o·relu(c)",
            ),
            id="LSTM of other functions without bias",
        ),
        pytest.param(
            Layer(cell=GRU, units=5),
            (
                "xz, xr, xg = split(x @ W + b[0], 3, axis=-1)",
                "hz, hr, hg = split(h @ R + b[1], 3, axis=-1)",
                "z = σ(xz + hz)",
                "r = σ(xr + hr)",
                "g = tanh(xg + r·hg)",
                "h = z·h + (1 - z)·g",
            ),
            id="GRU",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, reset_after=False),
            (
                "xz, xr, xg = split(x @ W + b, 3, axis=-1)",
                "Rz, Rr, Rg = split(R, 3, axis=-1)",
                "z = σ(xz + h @ Rz)",
                "r = σ(xr + h @ Rr)",
                "g = tanh(xg + (r·h) @ Rg)",
                "h = z·h + (1 - z)·g",
            ),
            id="GRU with reset before",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, use_bias=False),
            (
                "xz, xr, xg = split(x @ W, 3, axis=-1)",
                "hz, hr, hg = split(h @ R, 3, axis=-1)",
                "z = σ(xz + hz)",
                "r = σ(xr + hr)",
                "g = tanh(xg + r·hg)",
                "h = z·h + (1 - z)·g",
            ),
            id="GRU without bias",
        ),
        pytest.param(
            Layer(cell=SIMPLE_RNN, units=5, activation="linear"),
            ("h = linear(x @ W + h @ R + b)",),
            id="SimpleRNN",
        ),
    ],
)
def test_the_equations_are_those_of_the_layer_as_written(
    layer: Layer, equations: tuple[str, ...]
) -> None:
    assert layer.equations == equations


@pytest.mark.parametrize(
    ("layer", "bias_rows"),
    [
        pytest.param(Layer(cell=LSTM, units=5), 1, id="LSTM"),
        pytest.param(Layer(cell=GRU, units=5), 2, id="GRU"),
        pytest.param(Layer(cell=GRU, units=5, reset_after=False), 1, id="reset before"),
        pytest.param(Layer(cell=GRU, units=5, use_bias=False), 0, id="no bias"),
    ],
)
def test_a_column_has_so_many_biases(layer: Layer, bias_rows: int) -> None:
    assert layer.bias_rows == bias_rows


def test_a_layer_alone_is_one_direction() -> None:
    layer = Layer(cell=LSTM, units=5)
    assert layer.directions == (Direction("", is_backward=False),)
    assert layer.directions[0].last_row(3) == 2
    assert layer.directions[0].output_row(0, 3) == 0


def test_go_backwards_reads_the_last_timestep_first() -> None:
    (direction,) = Layer(cell=LSTM, units=5, go_backwards=True).directions
    assert direction.is_backward
    assert direction.last_row(3) == 2
    assert direction.output_row(0, 3) == 2


def test_bidirectional_puts_the_backward_rows_in_the_order_of_time() -> None:
    forward, backward = Layer(cell=LSTM, units=5, bidirectional=True).directions
    assert (forward.name, forward.is_backward) == ("forward", False)
    assert (backward.name, backward.is_backward) == ("backward", True)
    assert backward.last_row(3) == 0
    assert backward.output_row(0, 3) == 0


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        pytest.param("GRU", "unit_forget_bias", id="forget bias"),
        pytest.param("SimpleRNN", "implementation", id="implementation"),
        pytest.param("LSTM", "reset_after", id="reset_after"),
    ],
)
def test_an_argument_of_another_kind_is_refused(kind: str, argument: str) -> None:
    with pytest.raises(CallError, match=f"^{kind} has no argument '{argument}', "):
        Layer.from_keras(kind, {"units": 5, argument: True})


def test_an_argument_of_which_nothing_is_shown_is_refused() -> None:
    sentence = "^'use_cudnn' of LSTM is not explored here, expected it left out$"
    with pytest.raises(CallError, match=sentence):
        Layer.from_keras("LSTM", {"units": 5, "use_cudnn": True})


def test_a_layer_with_a_dict_among_its_arguments_can_be_hashed() -> None:
    initializer = {"class_name": "Ones"}
    layer = Layer.from_keras("LSTM", {"units": 5, "bias_initializer": initializer})
    assert hash(layer) == hash(Layer.from_keras("LSTM", {"units": 5}))
    assert layer != Layer.from_keras("LSTM", {"units": 5})


@pytest.mark.parametrize("argument", ["activation", "recurrent_activation"])
def test_a_function_that_is_no_name_is_refused(argument: str) -> None:
    with pytest.raises(CallError, match=f"^`{argument}` is .*, expected a function"):
        Layer.from_keras("LSTM", {"units": 5, argument: [1, 2]})


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param("LSTM(5)", id="text"),
        pytest.param((5,), id="number"),
    ],
)
def test_layers_that_are_none_are_refused(layers: Any) -> None:
    with pytest.raises(CallError, match=r"^`layers`: got .*, expected Layers"):
        Spec(layers=layers)


def test_a_layer_alone_is_refused() -> None:
    layer: Any = Layer.from_keras("LSTM", {"units": 5})
    with pytest.raises(CallError, match=r"^`layers` is Layer.*, expected a tuple of"):
        Spec(layers=layer)


def test_the_repr_of_a_layer_and_a_spec_are_the_calls_that_make_them() -> None:
    lower = Layer.from_keras("LSTM", {"units": 8, "return_sequences": True})
    gru = Layer.from_keras("GRU", {"units": 5, "reset_after": False, "dropout": 0.1})
    upper = Layer.from_keras("Bidirectional", {"layer": gru, "merge_mode": None})
    spec = Spec(layers=(lower, upper), lengths=(3, 1))
    scope = {"Layer": Layer, "Spec": Spec}
    assert eval(repr(upper), scope) == upper
    assert eval(repr(spec), scope) == spec
    assert "batch_size" not in repr(spec)


@pytest.mark.parametrize("class_name", ["GRU", "SimpleRNN"])
def test_nothing_that_is_refused_is_suggested(class_name: str) -> None:
    with pytest.raises(CallError) as caught:
        Layer.from_keras(class_name, {"units": 5, "unit_forget_bias": True})
    suggestions = str(caught.value).partition("expected one like ")[2]
    assert "unit_forget_bias" not in suggestions


def backward_written(
    forward: Arguments, backward: Arguments, **wrapper: object
) -> Layer:
    """Return Bidirectional around two LSTMs, of which the second goes backwards."""
    layer = Layer.from_keras("LSTM", {"units": 5, **forward})
    backward_layer = Layer.from_keras(
        "LSTM", {"units": 3, "go_backwards": True, **backward}
    )
    return Layer.from_keras(
        "Bidirectional",
        {"layer": layer, "backward_layer": backward_layer, **wrapper},
    )


def test_each_direction_has_the_units_and_weights_of_its_own_layer() -> None:
    flags = {"return_sequences": True, "return_state": True}
    layer = backward_written(flags, {**flags, "use_bias": False})
    (layer_spec,) = Spec(layers=(layer,)).layer_specs
    shapes = {array.name: array.shape for array in layer_spec.outputs}
    assert shapes == {
        "all_hidden_states": (1, 3, 8),
        "forward_hidden_state": (1, 5),
        "forward_cell_state": (1, 5),
        "backward_hidden_state": (1, 3),
        "backward_cell_state": (1, 3),
    }
    assert layer_spec.summary_shapes[0] == (None, 3, 10)
    assert layer_spec.parameters == 20 * (4 + 5 + 1) + 12 * (4 + 3)
    weights = Spec(layers=(layer,)).weights
    assert [(weight.name, weight.shape) for weight in weights[2:4]] == [
        ("forward/bias", (20,)),
        ("backward/kernel", (4, 12)),
    ]


def test_flags_are_changed_in_both_directions() -> None:
    layer = backward_written({}, {}).with_flags({"return_state": True})
    assert layer.code() == (
        "Bidirectional(LSTM(5, return_state=True),"
        " backward_layer=LSTM(3, return_state=True, go_backwards=True))"
    )
    assert layer.with_flags({"bidirectional": False}).code() == (
        "LSTM(5, return_state=True)"
    )


@pytest.mark.parametrize(
    ("forward", "backward", "wrapper", "sentence"),
    [
        pytest.param(
            {},
            {"go_backwards": False},
            {},
            "`go_backwards` is False in the layer and in `backward_layer`, expected it"
            " in `backward_layer` alone",
            id="both forward",
        ),
        pytest.param(
            {"go_backwards": True},
            {"go_backwards": False},
            {},
            "`go_backwards` is True in the layer and False in `backward_layer`, which"
            " Keras accepts and then turns both wrongly in time",
            id="turned wrongly",
        ),
        pytest.param(
            {"return_state": True},
            {},
            {},
            "`return_state` is True in the layer and False in `backward_layer`,"
            " expected the same in both",
            id="unlike flags",
        ),
        pytest.param(
            {},
            {},
            {"merge_mode": "sum"},
            "`merge_mode` is 'sum' for 5 units forward and 3 backward, expected as many"
            " in both",
            id="sum of unlike units",
        ),
    ],
)
def test_a_backward_layer_that_keras_refuses_is_refused(
    forward: Arguments, backward: Arguments, wrapper: dict[str, object], sentence: str
) -> None:
    with pytest.raises(CallError) as caught:
        backward_written(forward, backward, **wrapper)
    assert str(caught.value).startswith(sentence)


def test_states_of_unlike_kinds_cannot_be_returned() -> None:
    gru = Layer(cell=GRU, units=5, return_state=True, go_backwards=True)
    problem = "^`return_state` is True for LSTM and GRU, one of which has no c"
    with pytest.raises(CallError, match=problem):
        Layer(
            cell=LSTM,
            units=5,
            return_state=True,
            bidirectional=True,
            backward_layer=gru,
        )


def test_a_lower_layer_has_as_many_units_in_both_directions() -> None:
    flags = {"return_sequences": True}
    lower = backward_written(flags, flags)
    problem = "hands on 8 features, and Keras builds the layer above it for 10"
    with pytest.raises(CallError, match=problem):
        Spec(layers=(lower, UPPER))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            {"dtype": "float61"},
            "`dtype` is 'float61', expected one of Keras like float",
            id="no dtype",
        ),
        pytest.param(
            {"dtype": "bfloat16"},
            '`dtype` is "bfloat16", in which TensorFlow cannot draw the orthogonal',
            id="bfloat16",
        ),
        pytest.param(
            {"name": "a/b"},
            "`name` is 'a/b', expected a text without \"/\"",
            id="name with a slash",
        ),
        pytest.param(
            {"name": 5},
            "`name` is 5, expected a text without",
            id="name that is a number",
        ),
        pytest.param(
            {"trainable": 1},
            "`trainable`: got 1, expected True or False",
            id="trainable",
        ),
    ],
)
def test_a_dtype_or_name_that_keras_refuses_is_refused(
    arguments: Arguments, sentence: str
) -> None:
    with pytest.raises(CallError) as caught:
        Layer.from_keras("LSTM", {"units": 5, **arguments})
    assert str(caught.value).startswith(sentence)


def test_arguments_of_bidirectional_need_it() -> None:
    problem = "^`dtype` belongs to Bidirectional, expected `bidirectional=True`"
    with pytest.raises(CallError, match=problem):
        Layer(cell=LSTM, units=5, wrapper_dtype="float64")


@pytest.mark.parametrize(
    ("dtype", "wrapper_dtype", "dtypes"),
    [
        pytest.param("float64", None, ["float32", "float64", "float64"], id="inner"),
        pytest.param(None, "float64", ["float64", "float32", "float32"], id="wrapper"),
        pytest.param(
            "mixed_float16",
            "mixed_float16",
            ["float16", "float16", "float32"],
            id="mixed",
        ),
    ],
)
def test_bidirectional_has_a_dtype_of_its_own(
    dtype: str | None, wrapper_dtype: str | None, dtypes: list[str]
) -> None:
    arguments = {"units": 5, "return_state": True, "dtype": dtype}
    layer = Layer.from_keras("LSTM", arguments)
    wrapped = Layer.from_keras(
        "Bidirectional", {"layer": layer, "dtype": wrapper_dtype}
    )
    spec = Spec(layers=(wrapped,))
    output, state, *_ = spec.outputs
    assert [output.dtype, state.dtype, spec.weights[0].dtype] == dtypes


def test_bytes_are_counted_by_dtype() -> None:
    costs = {}
    for dtype in ("float16", "mixed_float16", "float32", "float64"):
        spec = Spec(layers=(Layer(cell=LSTM, units=5, dtype=dtype),))
        costs[dtype] = (spec.cost["weight_bytes"], spec.cost["array_bytes"])
    # The input stays in float32: 12 numbers, beside 5 of the output.
    assert costs == {
        "float16": (400, 58),
        "mixed_float16": (800, 58),
        "float32": (800, 68),
        "float64": (1600, 88),
    }


def test_layers_that_are_not_trainable_are_counted() -> None:
    frozen = Layer(cell=LSTM, units=5, return_sequences=True, trainable=False)
    spec = Spec(layers=(frozen, UPPER))
    assert spec.parameters == 200 + 180
    assert spec.trainable_parameters == 180


def test_names_are_shown_and_not_given_to_keras() -> None:
    arguments = {"units": 5, "name": "a b"}
    layer = Layer.from_keras("LSTM", arguments)
    wrapped = Layer.from_keras("Bidirectional", {"layer": layer, "name": "both"})
    assert wrapped.code() == 'Bidirectional(LSTM(5, name="a b"), name="both")'
    assert wrapped.without_names().code() == "Bidirectional(LSTM(5))"
    assert Spec(layers=(wrapped,)).last.name == "lstm"
