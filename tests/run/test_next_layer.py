"""What is said of next layers is what Keras does with them, and what states do."""

import re
from typing import Any, NamedTuple

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.explore import explore
from lstm_shapes.run.tensorflow import Keras, KerasLayer, load_keras
from lstm_shapes.run.trials import ModelShape, TriedLayer
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from tests.conftest import FLAGS, FROM_KERAS_3_10, LAYERS, fixed_run
from tests.memory import growth_limited_to

VECTOR_SPEC = LSTMSpec()
SEQUENCE_SPEC = LSTMSpec(return_sequences=True)
STATE_SPEC = LSTMSpec(return_state=True)
BOTH_SPEC = LSTMSpec(return_sequences=True, return_state=True)
GRU_SPEC = LSTMSpec(layer="GRU", return_state=True)
NOT_MERGED = Layer(
    cell=LSTM,
    units=5,
    return_sequences=True,
    bidirectional=True,
    merge_mode=None,
)
NOT_MERGED_SPEC = Spec(layers=(NOT_MERGED,))

VECTOR = (None, 5)
SEQUENCE = (None, 3, 5)


@pytest.fixture
def keras() -> Keras:
    return load_keras()


def try_one(spec: Spec, layer: str) -> TriedLayer:
    """Try one layer behind a spec's."""
    next_layers = explore(spec, seed=1, next_layers=[layer]).next_layers
    assert next_layers
    assert len(next_layers) == 1
    return next_layers[0]


@pytest.mark.parametrize(
    "layers",
    [
        *LAYERS,
        pytest.param({"layer": "GRU", "lengths": (3, 1)}, id="GRU with lengths"),
    ],
)
@pytest.mark.parametrize("flags", FLAGS)
def test_what_the_screens_of_other_tests_show_is_what_keras_says(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(**layers, **flags)  # type: ignore[arg-type]
    run = explore(spec, seed=1)
    run_of_other_tests = fixed_run(spec)
    assert run.next_layers == run_of_other_tests.next_layers
    assert run.decoder == run_of_other_tests.decoder
    assert run.two_calls == run_of_other_tests.two_calls


class Gives(NamedTuple):
    """What a layer gives behind a vector and behind a sequence.

    That is the shape of what it returns, or the cure where Keras refuses.
    """

    from_vector: ModelShape | str
    from_sequence: ModelShape | str
    parameters: int


LAYERS_BEHIND = {
    'Dense(10, activation="softmax")': Gives((None, 10), (None, 3, 10), 60),
    "TimeDistributed(Dense(2))": Gives("sequence", (None, 3, 2), 12),
    "RepeatVector(4)": Gives((None, 4, 5), "vector", 0),
    "Flatten()": Gives(VECTOR, (None, 15), 0),
    "GlobalMaxPooling1D()": Gives("sequence", VECTOR, 0),
    "GlobalAveragePooling1D()": Gives("sequence", VECTOR, 0),
    "GRU(1)": Gives("sequence", (None, 1), 24),
    "SimpleRNN(1, return_sequences=True)": Gives("sequence", (None, 3, 1), 7),
    "Bidirectional(GRU(4))": Gives("sequence", (None, 8), 264),
    "RNN([LSTMCell(2), GRUCell(3)])": Gives("sequence", (None, 3), 127),
    "Conv1D(2, 2)": Gives("sequence", (None, 2, 2), 22),
    "LayerNormalization()": Gives(VECTOR, SEQUENCE, 10),
    "Dropout(0.5)": Gives(VECTOR, SEQUENCE, 0),
    "Reshape((5, 3))": Gives("sequence", (None, 5, 3), 0),
    "Conv1D(2, 9)": Gives("", "", 0),
    "MultiHeadAttention(2, 4)": Gives("", "pair", 0),
    "Attention()": Gives("", "several", 0),
    "Concatenate()": Gives("several", "several", 0),
}
TRIALS = []
for layer, gives in LAYERS_BEHIND.items():
    for spec, result in (
        (VECTOR_SPEC, gives.from_vector),
        (SEQUENCE_SPEC, gives.from_sequence),
    ):
        parameters = None
        if isinstance(result, tuple):
            parameters = gives.parameters
        name = f"{layer} behind {spec.outputs[0].name}"
        TRIALS.append(pytest.param(spec, layer, result, parameters, id=name))


OPEN_SPEC = LSTMSpec(has_open_timesteps=True, return_sequences=True)


@pytest.mark.parametrize(
    ("layer", "result"),
    [
        pytest.param("Flatten()", (None, None), id="open too"),
        pytest.param("Conv1D(2, 2)", (None, None, 2), id="open still"),
        pytest.param("Reshape((5, 3))", (None, 5, 3), id="a number"),
        pytest.param("GlobalMaxPooling1D()", (None, 5), id="none left"),
        pytest.param("RepeatVector(4)", "vector", id="a vector"),
        pytest.param("PReLU()", "timesteps", id="a weight for each timestep"),
    ],
)
def test_a_layer_behind_an_open_axis_gives_or_refuses_what_keras_does(
    layer: str, result: ModelShape | str, keras: Keras
) -> None:
    tried_layer = try_one(OPEN_SPEC, layer)
    assert (tried_layer.output_shape or tried_layer.cure) == result
    axis = keras.Input((None, 5))
    try:
        shape = built_by_keras(keras, layer)(axis).shape
    except ValueError:
        shape = None
    assert tried_layer.output_shape == shape


def built_by_keras(keras: Keras, code: str) -> KerasLayer:
    return eval(code, dict(vars(keras.layers)))


@pytest.mark.parametrize(("spec", "layer", "result", "parameters"), TRIALS)
def test_a_next_layer_gives_or_refuses_what_is_expected(
    spec: LSTMSpec, layer: str, result: ModelShape | str, parameters: int | None
) -> None:
    tried_layer = try_one(spec, layer)
    assert tried_layer.layer == layer
    assert tried_layer.takes == (spec.outputs[0].name,)
    assert (tried_layer.output_shape or tried_layer.cure) == result
    assert (tried_layer.error is None) is (parameters is not None)
    assert tried_layer.parameters == parameters
    assert not tried_layer.mixes_samples


@pytest.mark.parametrize(("spec", "layer", "result", "parameters"), TRIALS)
def test_a_next_layer_gives_or_refuses_what_keras_gives_or_refuses(
    spec: LSTMSpec,
    layer: str,
    result: ModelShape | str,
    parameters: int | None,
    keras: Keras,
) -> None:
    shape = spec.outputs[0].shape[1:]
    inputs = keras.Input(shape)
    keras_layer = built_by_keras(keras, layer)
    if parameters is None:
        with pytest.raises((ValueError, TypeError)):
            keras_layer(inputs)
        return
    model = keras.Model(inputs, keras_layer(inputs))
    output = model.predict(np.ones((2, *shape)), verbose=0)
    assert (None, *output.shape[1:]) == result
    assert model.count_params() == parameters


@pytest.mark.parametrize(
    ("spec", "layer", "mixes_states"),
    [
        pytest.param(
            BOTH_SPEC,
            "Attention()",
            True,
            id="every h, h and c",
            marks=FROM_KERAS_3_10,
        ),
        pytest.param(STATE_SPEC, "Concatenate()", True, id="h and c"),
        pytest.param(GRU_SPEC, "Concatenate()", False, id="h twice"),
        pytest.param(NOT_MERGED_SPEC, "Concatenate()", False, id="both directions"),
        pytest.param(STATE_SPEC, "Dense(1)", False, id="one array"),
    ],
)
def test_a_layer_that_takes_unlike_vectors_as_equals_is_told(
    spec: Spec, layer: str, mixes_states: bool
) -> None:
    tried_layer = try_one(spec, layer)
    assert tried_layer.output_shape
    assert tried_layer.mixes_states is mixes_states


@pytest.mark.parametrize(
    ("spec", "layer", "shape"),
    [
        pytest.param(STATE_SPEC, "Add()", VECTOR, id="Add"),
        pytest.param(STATE_SPEC, "Concatenate()", (None, 15), id="Concatenate"),
        pytest.param(BOTH_SPEC, "Concatenate()", None, id="of unequal shapes"),
    ],
)
def test_several_arrays_are_taken(
    spec: LSTMSpec, layer: str, shape: ModelShape | None
) -> None:
    tried_layer = try_one(spec, layer)
    assert tried_layer.output_shape == shape
    assert not tried_layer.mixes_samples


@pytest.mark.parametrize(
    ("spec", "layer", "mixes_samples"),
    [
        pytest.param(STATE_SPEC, "Concatenate(axis=0)", True, id="Concatenate"),
        pytest.param(VECTOR_SPEC, "Softmax(axis=0)", True, id="Softmax"),
        pytest.param(SEQUENCE_SPEC, "GRU(2, stateful=True)", False, id="stateful"),
    ],
)
def test_a_layer_that_mixes_samples_is_told(
    spec: LSTMSpec, layer: str, mixes_samples: bool
) -> None:
    assert try_one(spec, layer).mixes_samples is mixes_samples


@pytest.mark.parametrize(
    ("spec", "layer", "shape"),
    [
        pytest.param(STATE_SPEC, "Concatenate(axis=0)", VECTOR, id="Concatenate"),
        pytest.param(VECTOR_SPEC, "Softmax(axis=0)", VECTOR, id="Softmax"),
        pytest.param(SEQUENCE_SPEC, "GRU(2, stateful=True)", (None, 2), id="stateful"),
    ],
)
def test_the_shape_is_that_of_one_sample_where_samples_mix(
    spec: LSTMSpec, layer: str, shape: ModelShape
) -> None:
    assert try_one(spec, layer).output_shape == shape


@pytest.mark.parametrize(
    ("spec", "layer", "sentence"),
    [
        pytest.param(
            VECTOR_SPEC,
            "Reshape((4, 5))",
            "The total size of the tensor must be unchanged",
            id="Reshape",
        ),
        pytest.param(
            VECTOR_SPEC,
            'LSTM(1, name="mine")',
            "Input 0 of layer 'mine' is incompatible with the layer: ",
            id="a name that was typed",
        ),
        pytest.param(
            STATE_SPEC,
            "Dot(axes=1)",
            "A `Dot` layer should be called on a list of 2 inputs",
            id="Dot",
        ),
    ],
)
def test_a_refusal_is_keras_first_telling_sentence(
    spec: LSTMSpec, layer: str, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    error = try_one(spec, layer).error
    assert error
    assert error.replace('"', "'").startswith(sentence)
    assert "\x1b" not in error
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("spec", "layer"),
    [
        pytest.param(STATE_SPEC, "Embedding(3, 2)", id="Embedding"),
        pytest.param(BOTH_SPEC, "Masking()", id="Masking"),
    ],
)
def test_a_layer_that_is_tried_prints_nothing(
    spec: LSTMSpec, layer: str, capfd: pytest.CaptureFixture[str]
) -> None:
    try_one(spec, layer)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        pytest.param(
            "Dense()",
            r"Dense\(\) cannot be built \(.* missing 1 required .* 'units'., expected",
            id="no units",
        ),
        pytest.param(
            "TimeDistributed(2)",
            r"TimeDistributed\(2\) cannot be built .Please initialize",
            id="no layer within",
        ),
    ],
)
def test_what_keras_cannot_build_is_refused_before_the_run(
    layer: str, sentence: str
) -> None:
    with pytest.raises(CallError, match=f"^{sentence}"):
        explore(LSTMSpec(), seed=1, next_layers=[layer])


def try_chain(spec: LSTMSpec, code: str) -> list[TriedLayer]:
    """Try the layers of a chain behind a spec's."""
    return list(explore(spec, seed=1, next_layers=[code]).next_layers or ())


def test_each_layer_of_a_chain_stands_on_what_the_one_before_it_gives() -> None:
    chain = try_chain(SEQUENCE_SPEC, "Dense(8), Flatten(), Dense(1)")
    assert [(trial.layer, trial.previous_layer, trial.takes) for trial in chain] == [
        ("Dense(8)", None, ("all_hidden_states",)),
        ("Flatten()", "Dense(8)", ()),
        ("Dense(1)", "Flatten()", ()),
    ]
    shapes = [trial.output_shape for trial in chain]
    assert shapes == [(None, 3, 8), (None, 24), (None, 1)]
    assert [trial.parameters for trial in chain] == [48, 0, 25]


def test_chains_are_numbered_and_all_begin_at_the_arrays_that_came_back() -> None:
    codes = ["Dense(8), Dense(1)", "Flatten()"]
    trials = explore(SEQUENCE_SPEC, seed=1, next_layers=codes).next_layers or ()
    assert [trial.chain for trial in trials] == [1, 1, 2]
    assert trials[2].takes == ("all_hidden_states",)
    assert trials[2].output_shape == (None, 15)


def test_a_refusal_in_a_chain_shows_what_came_before_it_and_ends_it() -> None:
    before, refused, after = try_chain(SEQUENCE_SPEC, "Flatten(), LSTM(2), Dense(1)")
    assert before.output_shape == (None, 15)
    assert refused.error
    assert refused.error.endswith("expected ndim=3, found ndim=2")
    assert refused.cure == "sequence"
    assert after.error == "not tried, as LSTM(2) before it is refused"
    assert (after.output_shape, after.cure) == (None, "before")


def test_of_several_arrays_the_first_goes_on_or_all_to_what_takes_a_list() -> None:
    chain = try_chain(SEQUENCE_SPEC, "LSTM(3, return_state=True), Dense(2)")
    assert chain[1].parameters == 2 * (3 + 1)
    chain = try_chain(SEQUENCE_SPEC, "LSTM(3, return_state=True), Concatenate()")
    assert chain[1].output_shape == (None, 9)


def test_a_mask_goes_as_far_in_a_chain_as_layers_pass_it_on() -> None:
    spec = LSTMSpec(lengths=(3, 1), return_sequences=True)
    chain = try_chain(spec, "Dense(2), GRU(4), Dense(1)")
    masks = [(trial.uses_mask, trial.passes_mask) for trial in chain]
    assert masks == [(False, True), (True, False), (None, None)]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        pytest.param(
            "RNN([LSTMCell(6), GRUCell(4)], return_state=True)",
            ((None, 4), ((None, 6), (None, 6)), (None, 4)),
            id="a stack of cells",
        ),
        pytest.param(
            "RNN([LSTMCell(6)], return_state=True)",
            ((None, 6), ((None, 6), (None, 6))),
            id="a stack of one cell",
        ),
        pytest.param(
            "LSTM(2, return_state=True)",
            ((None, 2), (None, 2), (None, 2)),
            id="one cell",
        ),
    ],
)
def test_nested_arrays_have_nested_shapes_as_in_a_model(
    layer: str, shape: ModelShape, keras: Keras
) -> None:
    assert try_one(SEQUENCE_SPEC, layer).output_shape == shape
    inputs = keras.Input(SEQUENCE[1:])
    returned = built_by_keras(keras, layer)(inputs)
    shapes = [tensor.shape for tensor in keras.tree.flatten(returned)]
    assert keras.tree.flatten(shapes) == keras.tree.flatten(shape)
    assert len(returned) == len(shape)


def test_a_layer_that_only_two_samples_fit_is_refused() -> None:
    trial = try_one(SEQUENCE_SPEC, "LayerNormalization(axis=0)")
    assert trial.error == "it takes two samples, and fails on one of them alone"
    assert trial.cure == ""


REASONS = {
    "TimeDistributed(LSTM(3))": "Index out of range using input dim 2; input has only 2",
    "Embedding(1, 2)": "1 is not in [0, 1)",
    "Reshape((7,))": "The total size of the tensor must be unchanged",
    "Attention()": "must be called on a list of inputs, namely [query, value]",
    "MultiHeadAttention(2, 2)": "missing a required argument: 'value'",
    "ConvLSTM1D(2, 2)": "expected ndim=4, found ndim=3",
    "Conv1D(2, 999)": "Computed output size would be ",
    "Concatenate(0.5)": "A `Concatenate` layer should be called on a list of",
    "LayerNormalization(7)": "something does not fit, and Keras does not say what",
}


# Above 100 timesteps TensorFlow traces the layer, and says where in its code it failed.
@pytest.mark.parametrize("timesteps", [3, 120])
@pytest.mark.parametrize(("layer", "words"), REASONS.items(), ids=REASONS)
def test_a_reason_is_one_sentence_without_code_paths_or_types_of_python(
    layer: str, words: str, timesteps: int
) -> None:
    spec = LSTMSpec(timesteps=timesteps, return_sequences=True)
    error = try_one(spec, layer).error
    assert error
    assert words in error
    assert not re.search(r"/|\n|\x1b|NoneType|keras\.src|File|node|, line", error)


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(
            "AutoContrast()",
            id="an image of two samples",
            marks=FROM_KERAS_3_10,
        ),
        pytest.param("Discretization(3)", id="the other rank fails on numbers alone"),
        pytest.param('Concatenate("relu")', id="a list fails as well"),
        pytest.param("ConvLSTM1D(2, 2)", id="neither rank"),
    ],
)
def test_no_cure_is_named_that_does_not_help(layer: str) -> None:
    trial = try_one(VECTOR_SPEC, layer)
    assert trial.error
    assert trial.cure == ""


@pytest.mark.parametrize(
    "layer",
    [
        "Dense(60000000)",
        "TimeDistributed(Dense(60000000))",
        "RNN(LSTMCell(20000))",
        "Conv1D(60000000, 1)",
        "ZeroPadding1D(500000000)",
        "Flatten(), RepeatVector(1000000000)",
        "Flatten(), Dense(2, name='a'), Embedding(900000000, 9)",
    ],
)
def test_a_layer_that_would_take_too_much_memory_is_refused_before_it_takes_it(
    layer: str,
) -> None:
    with growth_limited_to(2048):
        run = explore(
            SEQUENCE_SPEC,
            seed=1,
            next_layers=[layer],
            max_next_layer_bytes=2**29,
        )
    trial = (run.next_layers or ())[-1]
    assert trial.error
    assert re.fullmatch(r"it needs about [\d,.]+ GiB beside the run", trial.error)
    assert trial.cure == "memory"


def test_weights_are_made_as_ever_after_a_layer_that_was_too_large() -> None:
    keras = load_keras()
    add_weight = keras.layers.Layer.add_weight
    explore(VECTOR_SPEC, seed=1, next_layers=["Dense(999)"], max_next_layer_bytes=99)
    assert keras.layers.Layer.add_weight is add_weight


@pytest.mark.parametrize("timesteps", [2, 11])
def test_stateful_hands_the_states_on_by_itself_as_the_screen_says(
    timesteps: int, keras: Keras
) -> None:
    spec = LSTMSpec(timesteps=timesteps, batch_size=2, return_state=True)
    run = explore(spec, seed=1)
    inputs = keras.Input(batch_shape=(2, None, 4))
    layer = keras.layers.LSTM(5, stateful=True)
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights(list(run.weights.values()))
    model.predict(run.input.values[:, :1], verbose=0)
    output = model.predict(run.input.values[:, 1:], verbose=0)
    np.testing.assert_allclose(output, run["output"], atol=1e-6)


@pytest.mark.parametrize(
    ("timesteps", "batch_size", "compared_timesteps", "sample_count"),
    [
        pytest.param(2, 2, (1, 1), 2, id="short"),
        pytest.param(10, 3, (5, 5), 3, id="ten timesteps"),
        pytest.param(11, 3, (2, 2), 2, id="long"),
        pytest.param(3, 20000, (1, 2), 2, id="large"),
    ],
)
def test_two_calls_give_what_one_call_gives_on_the_part_that_is_told(
    timesteps: int,
    batch_size: int,
    compared_timesteps: tuple[int, int],
    sample_count: int,
) -> None:
    spec = LSTMSpec(timesteps=timesteps, batch_size=batch_size, return_state=True)
    two_calls = explore(spec, seed=1).two_calls
    assert two_calls
    assert two_calls.holds
    assert two_calls.max_difference == 0.0
    assert two_calls.timesteps == compared_timesteps
    assert two_calls.sample_count == sample_count


class Mask(NamedTuple):
    """What a layer does with the mask of the layer before it."""

    is_used: bool
    is_passed: bool


MASKS = {
    "LSTM(1)": Mask(is_used=True, is_passed=False),
    "GRU(2, return_sequences=True)": Mask(is_used=True, is_passed=True),
    "Bidirectional(LSTM(1))": Mask(is_used=True, is_passed=False),
    "GRU(2, return_state=True)": Mask(is_used=True, is_passed=False),
    "LSTM(2, return_sequences=True, return_state=True)": Mask(
        is_used=True, is_passed=True
    ),
    "GlobalAveragePooling1D()": Mask(is_used=True, is_passed=False),
    "Dense(1)": Mask(is_used=False, is_passed=True),
    "TimeDistributed(Dense(2))": Mask(is_used=False, is_passed=True),
    "Dropout(0.5)": Mask(is_used=False, is_passed=True),
    "GlobalMaxPooling1D()": Mask(is_used=False, is_passed=False),
    "Flatten()": Mask(is_used=False, is_passed=False),
    "Conv1D(2, 2)": Mask(is_used=False, is_passed=False),
}


# Keras warns of a mask that is lost, and would write it on the screen.
@pytest.mark.filterwarnings("default")
def test_layers_behind_a_mask_use_it_pass_it_on_or_lose_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    spec = LSTMSpec(lengths=(3, 1), return_sequences=True)
    next_layers = explore(spec, seed=1, next_layers=list(MASKS)).next_layers
    assert next_layers
    masks: dict[str, Any] = {}
    for tried_layer in next_layers:
        masks[tried_layer.layer] = (tried_layer.uses_mask, tried_layer.passes_mask)
    assert masks == MASKS
    assert capfd.readouterr() == ("", "")


def test_a_lone_output_carries_no_mask() -> None:
    spec = LSTMSpec(lengths=(3, 1))
    assert try_one(spec, "Dense(1)").uses_mask is None


def test_a_layer_that_takes_no_mask_of_timesteps_gives_its_shape_all_the_same() -> None:
    spec = LSTMSpec(units=1, lengths=(2, 1), return_sequences=True)
    run = explore(spec, seed=1, next_layers=["Softmax()"])
    assert run.next_layers is not None
    trial = run.next_layers[0]
    assert trial.output_shape == (None, 3, 1)
