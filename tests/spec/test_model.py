from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.model import MAX_SIZE, SIZES, LSTMSpec

WEIGHTS = ("kernel", "recurrent_kernel", "bias")


@pytest.mark.parametrize(
    ("bidirectional", "features"), [(False, [4, 64, 32]), (True, [4, 128, 64])], ids=["one", "both"]
)
def test_each_layer_takes_every_h_of_the_one_before(
    bidirectional: bool, features: list[int]
) -> None:
    spec = LSTMSpec(units=(64, 32, 16), bidirectional=bidirectional, return_state=True)
    assert [layer.name for layer in spec.layers] == ["lstm", "lstm_1", "lstm_2"]
    assert [layer.features for layer in spec.layers] == features
    assert [layer.return_sequences for layer in spec.layers] == [True, True, False]
    assert [layer.return_state for layer in spec.layers] == [False, False, True]
    assert spec.code == ", ".join(layer.code() for layer in spec.layers)
    assert spec.arrays == (spec.input, *spec.last.outputs)


def test_weights_are_named_by_what_distinguishes_them() -> None:
    one = LSTMSpec()
    assert one.weights == (("kernel", (4, 20)), ("recurrent_kernel", (5, 20)), ("bias", (20,)))
    assert one.parameters == 200
    stack = LSTMSpec(units=(5, 3), bidirectional=True)
    sides = [f"lstm{at}/{side}" for at in ("", "_1") for side in ("forward", "backward")]
    assert [weight.name for weight in stack.weights] == [f"{s}/{w}" for s in sides for w in WEIGHTS]
    assert [w.shape for w in stack.weights[-3:]] == [(10, 12), (3, 12), (12,)]
    assert stack.parameters == 2 * 4 * 5 * (4 + 5 + 1) + 2 * 4 * 3 * (10 + 3 + 1)


@pytest.mark.parametrize("units", [5, (64, 32)], ids=["one layer", "stack"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])
def test_the_cost_is_counted_over_layers_and_directions(units: Any, bidirectional: bool) -> None:
    sizes: Any = {"timesteps": 7, "features": 3, "batch_size": 2, "return_state": True}
    spec = LSTMSpec(units=units, bidirectional=bidirectional, **sizes)
    directions, count = 2 if bidirectional else 1, 0
    for layer in spec.layers:
        count += 7 * directions * 4 * layer.units * (layer.features + layer.units)
    numbers = 2 * 7 * 3 + 2 * (1 + 2) * directions * spec.last.units
    expected = {"multiply_adds": count, "weight_bytes": 4 * spec.parameters}
    assert spec.cost == {**expected, "array_bytes": 4 * numbers}


def test_units_of_one_layer_are_a_number_and_of_several_a_tuple() -> None:
    assert LSTMSpec(units=(7,)) == LSTMSpec(units=7)
    several: Any = [64, 32]
    assert repr(LSTMSpec(units=several)) == "LSTMSpec(units=(64, 32))"


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1, 1.5, "5", True], ids=repr)
def test_a_bad_size_is_refused_by_the_name_it_has_in_python_and_in_the_command(
    name: str, size: object
) -> None:
    wrong: dict[str, Any] = {name: size}
    with pytest.raises(CallError) as caught:
        LSTMSpec(**wrong)
    expected = f"must be a whole number from 1 to 2147483647, got {size!r}"
    assert str(caught.value) == f"{name}= {expected}"
    assert caught.value.for_command() == f"--{name.replace('_', '-')} {expected}"


@pytest.mark.parametrize("units", [(64, 0), ()], ids=repr)
def test_a_bad_size_within_a_stack_is_refused(units: tuple[int, ...]) -> None:
    with pytest.raises(CallError, match=r"^units= must be a whole number .* got 0$"):
        LSTMSpec(units=units)


@pytest.mark.parametrize("x", [np.ones((2, 6, 1)), [[[0.5]] * 6] * 2], ids=["array", "lists"])
def test_the_sizes_of_an_input_become_those_of_the_spec(x: Any) -> None:
    spec = LSTMSpec.for_input(x, units=8)
    assert spec == LSTMSpec(batch_size=2, timesteps=6, features=1, units=8)


@pytest.mark.parametrize(
    ("x", "problem"),
    [
        ([[[1, 2], [3]]], "expected numbers in rows of one length"),
        (np.ones((2, 0, 4)), r"has the shape \(2, 0, 4\), which is empty"),
        (np.ones(7), r"\(7,\), .*: x.reshape\(1, 7, 1\) makes it one sample$"),
        (np.ones((9, 2)), r"\(9, 2\), expected three axes .*: x\[None\] is one sample, "),
        (np.ones((2, 3, 4, 1)), r"expected three axes \(batch, timesteps, features\)$"),
    ],
    ids=["ragged", "empty", "one axis", "two axes", "four axes"],
)
def test_an_input_without_three_axes_is_refused_with_a_cure(x: Any, problem: str) -> None:
    with pytest.raises(CallError, match=problem):
        LSTMSpec.for_input(x)


@pytest.mark.parametrize("kind", ["GRU", "gru", "Gru"])
def test_a_kind_of_layer_is_named_in_letters_of_any_case(kind: str) -> None:
    spec = LSTMSpec(layer=kind, units=(5, 6))
    assert spec == LSTMSpec(layer="GRU", units=(5, 6))
    assert [layer.name for layer in spec.layers] == ["gru", "gru_1"]
    assert LSTMSpec(layer="simplernn").last.name == "simple_rnn"


def test_an_unknown_kind_of_layer_is_refused_with_those_there_are() -> None:
    with pytest.raises(CallError, match=r"^layer= must be one of LSTM, GRU, SimpleRNN, got 'RNN'$"):
        LSTMSpec(layer="RNN")


def test_lengths_give_the_batch_size_and_mask_what_is_beyond_them() -> None:
    spec = LSTMSpec(lengths=(3, 1))
    assert (spec.batch_size, spec.last.is_masked) == (2, True)
    assert repr(spec) == "LSTMSpec(lengths=(3, 1))"
    assert [array.shape for array in spec.inputs] == [(2, 3, 4), (2, 3)]
    assert not LSTMSpec(lengths=(3, 3)).last.is_masked


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"lengths": (3, 0)}, "^lengths= must be a whole number from 1 to 3, got 0$"),
        ({"lengths": (4,)}, "^lengths= must be a whole number from 1 to 3, got 4$"),
        ({"lengths": (1, True)}, "^lengths= must be .*, got True$"),
        (
            {"lengths": (3, 1), "batch_size": 3},
            "^lengths= has 2 numbers for 3 samples, expected a number for each$",
        ),
    ],
    ids=["none", "too long", "no number", "for other samples"],
)
def test_lengths_that_keras_would_take_in_silence_are_refused(
    given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        LSTMSpec(**given)


def test_timesteps_of_none_are_told_that_any_length_has_the_same_weights() -> None:
    given: dict[str, Any] = {"timesteps": None}
    with pytest.raises(
        CallError, match=r"^timesteps= is None, expected a number: the same weights"
    ):
        LSTMSpec(**given)
