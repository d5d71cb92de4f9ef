"""What is said of next layers is what Keras does with them, and what states do."""

from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.explore import explore
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import FLAGS, LAYERS, fixed_run

SEQUENCES: dict[str, Any] = {"return_sequences": True}
STATE: dict[str, Any] = {"return_state": True}
BOTH = SEQUENCES | STATE
VECTOR, SEQUENCE = (None, 5), (None, 3, 5)


@pytest.mark.parametrize("layers", [*LAYERS, {"layer": "GRU", "lengths": (3, 1)}])
@pytest.mark.parametrize("flags", FLAGS)
def test_what_the_screens_of_other_tests_show_is_what_keras_says(
    flags: dict[str, Any], layers: dict[str, Any]
) -> None:
    spec = LSTMSpec(**layers, **flags)
    run, fixed = explore(spec, seed=1), fixed_run(spec)
    assert (run.next_layers, run.two_calls) == (fixed.next_layers, fixed.two_calls)


# What each gives behind a vector and behind a sequence: a shape, or the cure of the refusal.
GIVES: dict[str, tuple[Any, Any, int]] = {
    'Dense(10, activation="softmax")': ((None, 10), (None, 3, 10), 60),
    "TimeDistributed(Dense(2))": ("sequence", (None, 3, 2), 12),
    "RepeatVector(4)": ((None, 4, 5), "vector", 0),
    "Flatten()": (VECTOR, (None, 15), 0),
    "GlobalMaxPooling1D()": ("sequence", VECTOR, 0),
    "GlobalAveragePooling1D()": ("sequence", VECTOR, 0),
    "GRU(1)": ("sequence", (None, 1), 24),
    "SimpleRNN(1, return_sequences=True)": ("sequence", (None, 3, 1), 7),
    "Bidirectional(GRU(4))": ("sequence", (None, 8), 264),
    "RNN([LSTMCell(2), GRUCell(3)])": ("sequence", (None, 3), 127),
    "Conv1D(2, 2)": ("sequence", (None, 2, 2), 22),
    "LayerNormalization()": (VECTOR, SEQUENCE, 10),
    "Dropout(0.5)": (VECTOR, SEQUENCE, 0),
    "Reshape((5, 3))": ("sequence", (None, 5, 3), 0),
    "Conv1D(2, 9)": ("", "", 0),
    "MultiHeadAttention(2, 4)": ("", "", 0),
    "Attention()": ("several", "several", 0),
    "Concatenate()": ("several", "several", 0),
}


@pytest.mark.parametrize("layer", GIVES)
def test_a_next_layer_gives_or_refuses_what_keras_gives_or_refuses(layer: str) -> None:
    keras, parameters = load_keras(), GIVES[layer][2]
    for flags, expected in zip(({}, SEQUENCES), GIVES[layer], strict=False):
        spec = LSTMSpec(**flags)
        (found,) = explore(spec, seed=1, next_layers=[layer]).next_layers or ()
        assert (found.layer, found.takes) == (layer, (spec.outputs[0].name,))
        assert (found.output_shape or found.cure) == expected
        inputs = keras.Input(spec.outputs[0].shape[1:])
        by_hand = eval(layer, vars(keras.layers))
        if found.error is None:
            model = keras.Model(inputs, by_hand(inputs))
            shape = model.predict(np.ones((2, *inputs.shape[1:])), verbose=0).shape
            assert (found.output_shape, found.parameters) == ((None, *shape[1:]), parameters)
            assert (model.count_params(), found.mixes_samples) == (parameters, False)
        else:
            with pytest.raises((ValueError, TypeError)):
                by_hand(inputs)


@pytest.mark.parametrize(
    ("layer", "flags", "shape", "mixes"),
    [
        ("Add()", STATE, VECTOR, False),
        ("Concatenate()", STATE, (None, 15), False),
        ("Concatenate(axis=0)", STATE, VECTOR, True),
        ("Softmax(axis=0)", {}, VECTOR, True),
        ("GRU(2, stateful=True)", SEQUENCES, (None, 2), False),
        ("Concatenate()", BOTH, None, False),
    ],
)
def test_several_arrays_are_taken_and_samples_that_mix_are_told(
    layer: str, flags: dict[str, Any], shape: Any, mixes: bool
) -> None:
    found, *_ = explore(LSTMSpec(**flags), seed=1, next_layers=[layer]).next_layers or ()
    assert (found.output_shape, found.mixes_samples) == (shape, mixes)


@pytest.mark.parametrize(
    ("layer", "flags", "sentence"),
    [
        ("Reshape((4, 5))", {}, "The total size of the tensor must be unchanged"),
        ("Embedding(3, 2)", STATE, ""),
        ("Masking()", BOTH, ""),
        ('LSTM(1, name="mine")', {}, "Input 0 of layer 'mine' is incompatible with the layer: "),
        ("Dot(axes=1)", STATE, "A `Dot` layer should be called on a list of 2 inputs"),
    ],
)
def test_a_refusal_is_keras_first_telling_sentence(
    layer: str, flags: dict[str, Any], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found, *_ = explore(LSTMSpec(**flags), seed=1, next_layers=[layer]).next_layers or ()
    if sentence:
        assert (found.error or "").replace('"', "'").startswith(sentence)
        assert "\x1b" not in (found.error or "")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("TimeDistributed(dense(1))", "Keras has no layer 'dense', expected one like Dense"),
        ("Input((3,))", "Keras has no layer 'Input', expected one like .*InputLayer"),
        ("Dense()", r"Dense\(\) cannot be built \(.* missing 1 required .* 'units'., expected"),
        ("TimeDistributed(2)", r"TimeDistributed\(2\) cannot be built .Please initialize"),
    ],
)
def test_what_keras_cannot_build_is_refused_before_the_run(layer: str, sentence: str) -> None:
    with pytest.raises(CallError, match=f"^{sentence}"):
        explore(LSTMSpec(), seed=1, next_layers=[layer])


@pytest.mark.parametrize("timesteps", [2, 11])
def test_stateful_hands_the_states_on_by_itself_as_the_screen_says(timesteps: int) -> None:
    run = explore(LSTMSpec(timesteps=timesteps, batch_size=2, **STATE), seed=1)
    keras, x = load_keras(), run.input.values
    inputs = keras.Input(batch_shape=(2, None, 4))
    layer = keras.layers.LSTM(5, stateful=True)
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([*run.weights.values()])
    model.predict(x[:, :1], verbose=0)
    np.testing.assert_allclose(model.predict(x[:, 1:], verbose=0), run["output"], atol=1e-6)
    assert run.two_calls
    assert run.two_calls[1:] == (True, 0.0)


MASKS = {
    "LSTM(1)": (True, False),
    "GRU(2, return_sequences=True)": (True, True),
    "Bidirectional(LSTM(1))": (True, False),
    "GlobalAveragePooling1D()": (True, False),
    "Dense(1)": (False, True),
    "TimeDistributed(Dense(2))": (False, True),
    "Dropout(0.5)": (False, True),
    "GlobalMaxPooling1D()": (False, False),
    "Flatten()": (False, False),
    "Conv1D(2, 2)": (False, False),
}


@pytest.mark.filterwarnings("default")  # Keras warns of a mask that is lost: not on the screen
def test_layers_behind_a_mask_use_it_pass_it_on_or_lose_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    spec = LSTMSpec(lengths=(3, 1), **SEQUENCES)
    tried = explore(spec, seed=1, next_layers=[*MASKS]).next_layers or ()
    assert {of.layer: (of.uses_mask, of.passes_mask) for of in tried} == MASKS
    assert capfd.readouterr() == ("", "")
    # States and a lone output carry no mask.
    (found,) = explore(LSTMSpec(lengths=(3, 1)), seed=1, next_layers=["Dense(1)"]).next_layers or ()
    assert found.uses_mask is None
