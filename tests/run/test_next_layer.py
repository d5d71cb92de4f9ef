from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.run.next_layer import first_sentence, next_layers
from lstm_shapes.run.values import NextLayer
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.measured import Measured, next_layer
from lstm_shapes.view.style import UNICODE
from tests.conftest import FLAGS, LAYERS, fixed_run, rendered


def built_anew(spec: LSTMSpec) -> dict[tuple[str, bool], Any]:
    """Keras' own verdicts on Dense(3) and LSTM(7): by layer and whether it gets all outputs."""
    import keras

    x = keras.Input(spec.input.shape[1:])
    for layer in spec.layers:
        lstm = keras.layers.LSTM(
            layer.units, return_sequences=layer.return_sequences, return_state=layer.return_state
        )
        returned = (keras.layers.Bidirectional(lstm) if layer.bidirectional else lstm)(x)
        x = returned[0] if isinstance(returned, list | tuple) else returned
    verdicts: dict[tuple[str, bool], Any] = {}
    for following in (keras.layers.Dense(3), keras.layers.LSTM(7)):
        for given, several in ((x, False), (returned, True)):
            try:
                found = following(given).shape
            except ValueError as refusal:
                found = str(refusal)
            verdicts[type(following).__name__, several] = found
    return verdicts


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", [LAYERS[0], LAYERS[-1]])
def test_the_verdicts_are_those_of_other_layers_built_anew(
    flags: dict[str, bool], layers: dict[str, Any]
) -> None:
    spec = LSTMSpec(**layers, **flags)
    tried = explore(spec, seed=1).next_layers
    verdicts = built_anew(spec)
    assert tried is not None
    assert {attempt.takes for attempt in tried} == {
        (spec.outputs[0].name,),
        tuple(array.name for array in spec.outputs),
    }
    for attempt in tried:
        name = attempt.layer.removesuffix("(1)")
        verdict = verdicts[name, len(attempt.takes) > 1]
        if attempt.output_shape is None:
            assert attempt.error is not None
            assert attempt.error[-20:] in verdict
            assert "\x1b" not in attempt.error
        else:
            assert attempt.error is None
            assert (*attempt.output_shape[:-1], {"Dense": 3, "LSTM": 7}[name]) == verdict
            assert attempt.output_shape[-1] == 1
    # What the screens of the other tests show is no invention.
    fixed = fixed_run(spec).next_layers or ()
    assert [(a.layer, a.takes, a.output_shape) for a in tried] == [
        (a.layer, a.takes, a.output_shape) for a in fixed
    ]


def section(tried: Sequence[NextLayer]) -> str:
    """What the screen says of these attempts."""
    run = replace(fixed_run(LSTMSpec()), next_layers=tuple(tried))
    parts = next_layer(Measured([run], [run.outputs]), UNICODE)
    return " ".join("".join(map(rendered, parts)).split())


def screen_of(answer: tuple[int | None, ...] | Exception) -> str:
    """What the screen says of a Keras whose layers all give that shape, or raise that error."""

    class Dense:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __call__(self, _: object) -> object:
            if isinstance(answer, Exception):
                raise answer
            return SimpleNamespace(shape=answer)

    class LSTM(Dense):
        pass

    keras = SimpleNamespace(layers=SimpleNamespace(Dense=Dense, LSTM=LSTM))
    tried = list(next_layers(keras, {"output": None}))
    assert [attempt.layer for attempt in tried] == ["Dense(1)", "LSTM(1)"]
    return section(tried)


def test_the_screen_says_what_keras_did_and_not_what_the_flags_promise() -> None:
    assert screen_of((None, 9, 1)).count("→ (None, 9, 1) one number at every timestep") == 2
    assert screen_of((None, 1)).count("→ (None, 1) one number for the sample") == 2
    flat = screen_of(ValueError("Bad \x1b[1mndim\x1b[0m: expected ndim=3, found ndim=2. Or else."))
    assert flat.count("✗ refused return_sequences=True") == 1
    assert flat.endswith("Keras: Bad ndim: expected ndim=3, found ndim=2")
    deep = screen_of(ValueError("expected ndim=2, found ndim=3"))
    assert "✗ refused" in deep
    assert "return_sequences" not in deep


def test_what_is_not_a_refusal_is_not_taken_for_one() -> None:
    with pytest.raises(RuntimeError):
        screen_of(RuntimeError("a defect"))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("\x1b[1mInput 0 is bad: found ndim=2. Full shape.\x1b[0m", "Input 0 is bad: found ndim=2"),
        ("keras.layers.LSTM takes\nfloat 1.5 only.", "keras.layers.LSTM takes float 1.5 only"),
    ],
)
def test_the_first_sentence_is_plain(message: str, sentence: str) -> None:
    assert first_sentence(ValueError(message)) == sentence


def test_all_arrays_that_are_refused_have_a_cure() -> None:
    many = NextLayer("Dense(1)", ("output", "hidden_state"), None, "one input expected")
    text = section([many])
    assert "all 2 arrays" in text
    assert "hand on output alone" in text
