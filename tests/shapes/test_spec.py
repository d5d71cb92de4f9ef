"""A spec: layers on an input, their names, weights and cost, and what it refuses."""

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.cli import in_command
from lstm_shapes.errors import CallError
from lstm_shapes.shapes.equality import equalities
from lstm_shapes.shapes.layer import MAX_SIZE, Layer
from lstm_shapes.shapes.selection import parse_selection
from lstm_shapes.shapes.spec import SIZES, LSTMSpec, Spec

SPEC_OF_STATES = LSTMSpec(return_sequences=True, return_state=True)


@pytest.mark.parametrize(
    ("bidirectional", "features"),
    [
        pytest.param(False, [4, 64, 32], id="one direction"),
        pytest.param(True, [4, 128, 64], id="both directions"),
    ],
)
def test_each_layer_takes_every_h_of_the_one_before(
    bidirectional: bool, features: list[int]
) -> None:
    spec = LSTMSpec(units=(64, 32, 16), bidirectional=bidirectional)
    assert [layer_spec.features for layer_spec in spec.layer_specs] == features


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
def test_the_flags_of_a_stack_are_those_of_its_last_layer(bidirectional: bool) -> None:
    spec = LSTMSpec(units=(64, 32, 16), bidirectional=bidirectional, return_state=True)
    assert [layer.return_sequences for layer in spec.layers] == [True, True, False]
    assert [layer.return_state for layer in spec.layers] == [False, False, True]
    assert spec.arrays == (spec.input, *spec.last.outputs)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
def test_the_layers_of_a_stack_have_keras_names_and_code(bidirectional: bool) -> None:
    spec = LSTMSpec(units=(64, 32, 16), bidirectional=bidirectional, return_state=True)
    names = [layer_spec.name for layer_spec in spec.layer_specs]
    assert names == ["lstm", "lstm_1", "lstm_2"]
    assert spec.code == ", ".join(layer.code() for layer in spec.layers)


def test_the_weights_of_one_layer_have_plain_names() -> None:
    spec = LSTMSpec()
    assert [(weight.name, weight.shape) for weight in spec.weights] == [
        ("kernel", (4, 20)),
        ("recurrent_kernel", (5, 20)),
        ("bias", (20,)),
    ]
    assert spec.parameters == 200


def test_the_weights_of_a_stack_are_named_by_layer_and_direction() -> None:
    spec = LSTMSpec(units=(5, 3), bidirectional=True)
    assert [weight.name for weight in spec.weights] == [
        "lstm/forward/kernel",
        "lstm/forward/recurrent_kernel",
        "lstm/forward/bias",
        "lstm/backward/kernel",
        "lstm/backward/recurrent_kernel",
        "lstm/backward/bias",
        "lstm_1/forward/kernel",
        "lstm_1/forward/recurrent_kernel",
        "lstm_1/forward/bias",
        "lstm_1/backward/kernel",
        "lstm_1/backward/recurrent_kernel",
        "lstm_1/backward/bias",
    ]
    last_shapes = [weight.shape for weight in spec.weights[-3:]]
    assert last_shapes == [(10, 12), (3, 12), (12,)]
    lower_parameters = 2 * 4 * 5 * (4 + 5 + 1)
    upper_parameters = 2 * 4 * 3 * (10 + 3 + 1)
    assert spec.parameters == lower_parameters + upper_parameters


@pytest.mark.parametrize("units", [5, (64, 32)], ids=["one layer", "stack"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])
def test_the_cost_is_counted_over_layers_and_directions(
    units: int | tuple[int, ...], bidirectional: bool
) -> None:
    spec = LSTMSpec(
        units=units,
        bidirectional=bidirectional,
        timesteps=7,
        features=3,
        batch_size=2,
        return_state=True,
    )
    direction_count = 2 if bidirectional else 1
    multiply_adds = 0
    for layer_spec in spec.layer_specs:
        layer_units = layer_spec.layer.units
        columns = 4 * layer_units
        rows = layer_spec.features + layer_units
        multiply_adds += 7 * direction_count * columns * rows
    input_numbers = 2 * 7 * 3
    output_numbers = 2 * (1 + 2) * direction_count * spec.last.layer.units
    assert spec.cost == {
        "multiply_adds": multiply_adds,
        "weight_bytes": 4 * spec.parameters,
        "array_bytes": 4 * (input_numbers + output_numbers),
    }


def test_layers_of_a_stack_that_read_one_timestep_are_idle_in_part_each() -> None:
    spec = LSTMSpec(units=(6, 5), timesteps=1)
    lower = 24 * 6 + 6 * (4 + 1)
    upper = 20 * 5 + 5 * (6 + 1)
    assert spec.idle_parameters == lower + upper


def test_a_stateful_layer_has_no_idle_parameters() -> None:
    layer = Layer.from_keras("LSTM", {"units": 5, "stateful": True})
    assert Spec(layers=(layer,), timesteps=1).idle_parameters == 0


def test_units_of_one_layer_are_a_number() -> None:
    assert LSTMSpec(units=(7,)) == LSTMSpec(units=7)


def test_units_of_several_layers_are_a_tuple() -> None:
    assert repr(LSTMSpec(units=[64, 32])) == "LSTMSpec(units=(64, 32))"


def test_units_come_first_as_in_keras() -> None:
    spec = LSTMSpec(64, return_state=True, batch_size=2)
    assert spec == LSTMSpec(units=64, return_state=True, batch_size=2)
    assert repr(spec) == "LSTMSpec(units=64, batch_size=2, return_state=True)"
    assert replace(spec, units=[64, 32]).units == (64, 32)
    assert pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param(
            SPEC_OF_STATES.outputs[1],
            "ArraySpec('hidden_state', ('batch', 'units'), (1, 5))",
            id="array",
        ),
        pytest.param(
            equalities(SPEC_OF_STATES.last)[0],
            "Equality(hidden_state == all_hidden_states[:, -1])",
            id="equality",
        ),
        pytest.param(
            SPEC_OF_STATES.outputs[1].holdings[0].vector,
            "Vector(h at t=2)",
            id="vector",
        ),
        pytest.param(
            parse_selection("output[0, 1:]"),
            "parse_selection('output[0, 1:]')",
            id="selection",
        ),
    ],
)
def test_a_fact_is_a_short_line(value: object, line: str) -> None:
    assert repr(value) == line


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1, 1.5, "5", True], ids=repr)
def test_a_bad_size_is_refused_by_the_name_it_has_in_python_and_in_the_command(
    name: str, size: object
) -> None:
    with pytest.raises(CallError) as caught:
        LSTMSpec(**{name: size})  # type: ignore[arg-type]
    sentence = str(caught.value)
    expected = f": got {size!r}, expected a whole number from 1 to 2147483647"
    option = "--" + name.replace("_", "-")
    assert sentence == f"`{name}`{expected}"
    assert in_command(sentence) == f"{option}{expected}"


def test_a_bad_size_within_a_stack_is_refused() -> None:
    with pytest.raises(CallError, match=r"^`units`: got 0, expected a whole number"):
        LSTMSpec(units=(64, 0))


def test_a_stack_of_no_layer_is_refused() -> None:
    with pytest.raises(CallError, match=r"^`units`: got \(\), expected a whole number"):
        LSTMSpec(units=())


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(np.ones((2, 6, 1)), id="array"),
        pytest.param([[[0.5]] * 6] * 2, id="lists"),
    ],
)
def test_the_sizes_of_an_input_become_those_of_the_spec(x: object) -> None:
    spec = LSTMSpec.for_input(x, units=8)
    assert spec == LSTMSpec(batch_size=2, timesteps=6, features=1, units=8)


@pytest.mark.parametrize(
    ("x", "problem"),
    [
        pytest.param(
            [[[1, 2], [3]]],
            "expected numbers in rows of one length",
            id="ragged",
        ),
        pytest.param(
            np.ones((2, 0, 4)),
            r"has the shape \(2, 0, 4\), which is empty",
            id="empty",
        ),
    ],
)
def test_an_input_that_is_ragged_or_empty_is_refused(x: object, problem: str) -> None:
    with pytest.raises(CallError, match=problem):
        LSTMSpec.for_input(x)


@pytest.mark.parametrize("x", ["x.npy", b"x.npy", None, 3.0], ids=repr)
def test_what_has_no_axes_is_refused_in_one_sentence(x: object) -> None:
    with pytest.raises(CallError) as caught:
        LSTMSpec.for_input(x)
    assert str(caught.value) == (
        f"x is {x!r}, expected an array or lists (batch, timesteps, features):"
        " np.load reads a file into one"
    )


@pytest.mark.parametrize("kind", ["GRU", "gru", "Gru"])
def test_a_kind_of_layer_is_named_in_letters_of_any_case(kind: str) -> None:
    spec = LSTMSpec(layer=kind, units=(5, 6))
    assert spec == LSTMSpec(layer="GRU", units=(5, 6))


def test_the_layers_of_a_kind_are_named_as_in_keras() -> None:
    spec = LSTMSpec(layer="gru", units=(5, 6))
    assert [layer_spec.name for layer_spec in spec.layer_specs] == ["gru", "gru_1"]
    assert LSTMSpec(layer="simplernn").last.name == "simple_rnn"


def test_an_unknown_kind_of_layer_is_refused_with_those_there_are() -> None:
    with pytest.raises(CallError) as caught:
        LSTMSpec(layer="RNN")
    sentence = "`layer`: got 'RNN', expected one of LSTM, GRU, SimpleRNN"
    assert str(caught.value) == sentence


def test_lengths_give_the_batch_size_and_a_mask() -> None:
    spec = LSTMSpec(lengths=(3, 1))
    assert spec.batch_size == 2
    assert repr(spec) == "LSTMSpec(lengths=(3, 1))"
    assert [array.shape for array in spec.inputs] == [(2, 3, 4), (2, 3)]


def test_lengths_mask_what_is_beyond_them() -> None:
    assert LSTMSpec(lengths=(3, 1)).last.is_masked
    assert not LSTMSpec(lengths=(3, 3)).last.is_masked


@pytest.mark.parametrize(
    ("lengths", "batch_size", "sentence"),
    [
        pytest.param(
            (3, 0),
            None,
            "^`lengths`: got 0, expected a whole number from 1 to 3$",
            id="none",
        ),
        pytest.param(
            (4,),
            None,
            "^`lengths`: got 4, expected a whole number from 1 to 3$",
            id="too long",
        ),
        pytest.param(
            (1, True),
            None,
            "^`lengths`: got True, expected",
            id="no number",
        ),
        pytest.param(
            (3, 1),
            3,
            "^`lengths`: got 2 lengths for 3 samples, expected one for each sample$",
            id="for other samples",
        ),
    ],
)
def test_lengths_that_keras_would_take_in_silence_are_refused(
    lengths: tuple[int, ...], batch_size: int | None, sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        LSTMSpec(lengths=lengths, batch_size=batch_size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("padding", "real_timesteps", "masked_timesteps"),
    [
        pytest.param("post", [0], [1, 2], id="post"),
        pytest.param("pre", [2], [0, 1], id="pre"),
    ],
)
def test_padding_says_at_which_end_timesteps_are_masked(
    padding: str, real_timesteps: list[int], masked_timesteps: list[int]
) -> None:
    spec = LSTMSpec(lengths=(3, 1), padding=padding)
    assert list(spec.last.real_timesteps(1)) == real_timesteps
    assert list(spec.last.masked_timesteps(1)) == masked_timesteps
    assert list(spec.last.real_timesteps(0)) == [0, 1, 2]
    assert list(spec.last.masked_timesteps(0)) == []


def test_padding_is_repeated_where_it_is_not_at_the_end() -> None:
    spec = LSTMSpec(lengths=(3, 1), padding="pre")
    assert repr(spec) == "LSTMSpec(lengths=(3, 1), padding='pre')"
    assert spec.with_flags({"return_state": True}).padding == "pre"


@pytest.mark.parametrize(
    ("padding", "lengths", "sentence"),
    [
        pytest.param(
            "front",
            (3, 1),
            """^`padding`: got 'front', expected "post" or "pre"$""",
            id="unknown",
        ),
        pytest.param(
            "pre", None, '^`padding` is "pre" without `lengths`, ', id="no lengths"
        ),
    ],
)
def test_a_padding_that_masks_nothing_known_is_refused(
    padding: str, lengths: tuple[int, ...] | None, sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        LSTMSpec(lengths=lengths, padding=padding)


@pytest.mark.parametrize("lengths", [3, ()], ids=repr)
def test_lengths_that_are_no_tuple_of_numbers_are_refused(lengths: Any) -> None:
    with pytest.raises(
        CallError, match=r"^`lengths` is .*, expected a tuple of one or"
    ):
        LSTMSpec(lengths=lengths)


def test_lengths_may_be_a_list_or_an_array() -> None:
    lengths: Any
    for lengths in ([3, 1], np.array([3, 1])):
        assert LSTMSpec(lengths=lengths).lengths == (3, 1)


@pytest.mark.parametrize(
    ("arguments", "timesteps"),
    [
        pytest.param({"timesteps": None}, 3, id="alone"),
        pytest.param({"timesteps": None, "lengths": (5, 2)}, 5, id="longest length"),
        pytest.param({"timesteps": 7, "has_open_timesteps": True}, 7, id="a number"),
    ],
)
def test_open_timesteps_are_none_in_the_model_and_a_number_in_the_run(
    arguments: dict[str, Any], timesteps: int
) -> None:
    spec = LSTMSpec(units=(6, 5), return_sequences=True, return_state=True, **arguments)
    assert spec.open_axes == ("timesteps",)
    assert spec.timesteps == timesteps
    shapes = [array.model_shape for array in (*spec.inputs, *spec.outputs)]
    inputs = [(None, None, 4), (None, None)][: len(spec.inputs)]
    assert shapes == [*inputs, (None, None, 5), (None, 5), (None, 5)]
    assert spec.outputs[0].shape == (spec.batch_size, timesteps, 5)
    assert spec.with_flags({"return_state": False}).has_open_timesteps
    assert eval(repr(spec), {"LSTMSpec": LSTMSpec}) == spec


def test_timesteps_are_not_open_beside_a_number() -> None:
    spec = LSTMSpec(timesteps=7, return_sequences=True)
    assert spec.open_axes == ()
    assert spec.outputs[0].model_shape == (None, 7, 5)
    with pytest.raises(
        CallError, match=r"^`has_open_timesteps`: got .*, expected True"
    ):
        LSTMSpec(has_open_timesteps="yes")  # type: ignore[arg-type]
