"""Compare runs with the equations and with Keras by hand: every run here costs 25 to 300 ms."""

import pickle
import random
from dataclasses import replace
from itertools import repeat
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from lstm_shapes.errors import CallError, TensorFlowError
from lstm_shapes.run.cell_states import all_cell_states
from lstm_shapes.run.explore import explore, explore_many
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.run.values import Run, Values
from lstm_shapes.spec.cell import LSTM
from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import FLAGS, KINDS, LAYERS, oracle_outputs, states_of

BOTH_FLAGS: dict[str, Any] = {"return_sequences": True, "return_state": True}


def numbers(run: Run) -> dict[str, Values]:
    return {**run.arrays, **run.weights}


def assert_equal(left: Run, right: Run) -> None:
    assert (left.spec, left.seed) == (right.spec, right.seed)
    np.testing.assert_equal(numbers(left), numbers(right))


def assert_as_the_equations_say(run: Run) -> None:
    weights = [weight.astype(np.float64) for weight in run.weights.values()]
    expected = oracle_outputs(run.spec, run.input.values.astype(np.float64), weights)
    for output, values in zip(run.outputs, expected, strict=True):
        np.testing.assert_allclose(output.values, values, atol=1e-5, err_msg=output.name)


@pytest.mark.parametrize("timesteps", [3, 11], ids=["eager", "traced"])
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_every_array_is_what_the_equations_and_the_spec_say(
    flags: dict[str, Any], layers: dict[str, Any], timesteps: int
) -> None:
    spec = LSTMSpec(timesteps=timesteps, batch_size=2, **layers, **flags)
    run = explore(spec, seed=5, try_next_layers=False)
    assert_as_the_equations_say(run)
    assert [(array.name, array.shape) for array in run.outputs] == [
        (array.name, array.shape) for array in spec.outputs
    ]
    assert {name: weight.shape for name, weight in run.weights.items()} == dict(spec.weights)
    assert {values.dtype for values in numbers(run).values()} == {np.dtype(np.float32)}
    assert all(identity.holds for identity in run.identities)


@pytest.mark.parametrize(
    ("timesteps", "lengths"),
    [(3, None), (3, (3, 1)), (11, (4, 11))],
    ids=["all", "eager", "traced"],
)
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_length_is_what_the_equations_say(
    kind: str, layers: dict[str, Any], timesteps: int, lengths: Any
) -> None:
    how: dict[str, Any] = {"batch_size": 2, "timesteps": timesteps, "lengths": lengths}
    spec = LSTMSpec(layer=kind, **how, **layers, **BOTH_FLAGS)
    run = explore(spec, seed=5, try_next_layers=False, all_cell_states=kind == "LSTM")
    assert_as_the_equations_say(run)
    assert all(identity.holds for identity in run.identities)
    masked = np.arange(timesteps) >= np.array(lengths or [timesteps] * 2)[:, None]
    assert not run.input.values[masked].any()
    assert run.input.values[~masked].all()
    states = states_of(spec, run.input.values, [*run.weights.values()])
    for array, of in zip(run.more, states, strict=False):
        np.testing.assert_allclose(array.values, of.c, atol=1e-5, err_msg=array.name)
    assert bool(run.more) is (kind == "LSTM")


@pytest.mark.parametrize("layers", LAYERS)
def test_lengths_are_the_mask_that_people_give_keras(layers: dict[str, Any]) -> None:
    x = np.random.default_rng(1).standard_normal((2, 4, 3), dtype=np.float32)
    x[0, 0] = 0  # a real timestep, which a mask_value of 0 would take for a masked one
    x[1, 2:] = 99
    spec = LSTMSpec.for_input(x, lengths=(4, 2), **layers, **BOTH_FLAGS)
    run = explore(spec, seed=5, input=x)

    keras = load_keras()
    keras.utils.set_random_seed(5)
    of = inputs = keras.Input((4, 3))
    of = keras.layers.Masking(99.0)(of)
    for layer in spec.layers:
        flags = {flag: getattr(layer, flag) for flag in BOTH_FLAGS}
        new = keras.layers.LSTM(layer.units, **flags)
        outputs = (keras.layers.Bidirectional(new) if spec.bidirectional else new)(of)
        of = outputs[0] if isinstance(outputs, list | tuple) else outputs
    expected = keras.Model(inputs, outputs).predict(x, verbose=0)
    for output, values in zip(run.outputs, expected, strict=True):
        np.testing.assert_allclose(output.values, values, atol=1e-6, err_msg=output.name)

    alone = explore(replace(spec, lengths=(2,), batch_size=1, timesteps=2), seed=5, input=x[1:, :2])
    for output, shorter in zip(run.outputs[1:], alone.outputs[1:], strict=True):
        np.testing.assert_allclose(output.values[1:], shorter.values, atol=1e-6)


def test_what_stands_at_masked_timesteps_does_not_matter() -> None:
    x = np.ones((2, 3, 4))
    with_nan = x.copy()
    with_nan[1, 1:] = np.nan
    spec = LSTMSpec.for_input(x, lengths=(3, 1), **BOTH_FLAGS)
    run, other = (explore(spec, seed=5, input=given) for given in (x, with_nan))
    for output, same in zip(run.outputs, other.outputs, strict=True):
        np.testing.assert_array_equal(output.values, same.values)
    assert other.not_finite is None


def test_every_c_of_a_kind_without_is_refused() -> None:
    with pytest.raises(CallError, match=r"^a GRU has no all_cell_states: h is all that it"):
        explore(LSTMSpec(layer="GRU"), all_cell_states=True)


def test_every_c_is_checked_against_the_run() -> None:
    keras = load_keras()
    output = explore(LSTMSpec(), seed=1).outputs[0]
    layer = keras.layers.LSTM(5, name="lstm")
    inputs = keras.Input((3, 4))
    model, mask = keras.Model(inputs, layer(inputs)), np.ones((1, 3), bool)
    with pytest.raises(TensorFlowError, match=r"^LSTM\(5\): h step by step is .* off output$"):
        all_cell_states(LSTMSpec(), model, np.ones((1, 3, 4), np.float32), mask, output)


def test_the_numbers_are_those_of_keras_own_seed_and_initializers() -> None:
    keras = load_keras()
    keras.utils.set_random_seed(1729)
    x = inputs = keras.Input((3, 4))
    for units, flags in (6, {"return_sequences": True}), (5, BOTH_FLAGS):
        outputs = keras.layers.Bidirectional(keras.layers.LSTM(units, **flags))(x)
        x = outputs[0] if isinstance(outputs, list | tuple) else outputs
    model = keras.Model(inputs, outputs)
    x = np.random.default_rng(1729).standard_normal((2, 3, 4), dtype=np.float32)
    expected = [x, *model.predict(x, verbose=0), *model.get_weights()]

    spec = LSTMSpec(batch_size=2, units=(6, 5), bidirectional=True, **BOTH_FLAGS)
    found = numbers(explore(spec, seed=1729))
    for (name, values), by_hand in zip(found.items(), expected, strict=True):
        np.testing.assert_array_equal(values, by_hand, err_msg=name)


def test_the_forget_gate_alone_has_a_bias_of_ones_where_the_cell_has_it() -> None:
    bias = explore(LSTMSpec(), seed=1).weights["bias"].reshape(4, 5)
    np.testing.assert_array_equal(bias.T, [[letter == "f" for letter in LSTM.gates]] * 5)


@pytest.mark.parametrize("timesteps", [3, 11], ids=["eager", "traced"])
def test_a_seed_repeats_a_run_and_another_changes_every_number(timesteps: int) -> None:
    spec = LSTMSpec(timesteps=timesteps, bidirectional=True)
    first, again, other = (explore(spec, seed=seed) for seed in (1, 1, 2))
    assert_equal(first, again)
    for name, values in numbers(first).items():
        assert np.isclose(values, numbers(other)[name]).all() == ("bias" in name), name
    for name in ("kernel", "recurrent_kernel"):
        sides = first.weights[f"forward/{name}"], first.weights[f"backward/{name}"]
        assert not np.isclose(*sides).any()


def test_a_bad_seed_is_refused() -> None:
    with pytest.raises(CallError, match=r"^seed= must be a whole number from 0 to 4294967295, got"):
        explore(LSTMSpec(), seed=-1)


def test_the_random_numbers_of_the_caller_go_on_as_before() -> None:
    drawn = []
    for between in (lambda: None, lambda: explore(LSTMSpec(), seed=1)):
        random.seed(5)
        np.random.seed(5)
        between()
        drawn.append((random.random(), np.random.random()))
    assert drawn[0] == drawn[1]


def test_runs_are_made_when_they_are_asked_for_and_share_the_seed_that_was_drawn() -> None:
    endless = explore_many(repeat(LSTMSpec()))
    first = next(endless)
    assert_equal(first, next(endless))
    assert_equal(first, explore(LSTMSpec(), seed=first.seed))


def test_an_own_input_meets_the_weights_of_the_seed() -> None:
    x = np.arange(12.0).reshape(1, 3, 4)
    own, drawn = (explore(LSTMSpec(**BOTH_FLAGS), seed=3, input=given) for given in (x, None))
    np.testing.assert_array_equal(own.input.values, x)
    np.testing.assert_equal({**own.weights}, {**drawn.weights})
    assert_as_the_equations_say(own)
    assert (own.own_input, drawn.own_input) == (True, False)


@pytest.mark.parametrize(
    ("number", "holds"), [(0.0, [True, True, False]), (np.nan, [None, None, None])]
)
def test_zeros_make_equal_what_is_denied_and_nan_proves_nothing(
    number: float, holds: list[bool | None]
) -> None:
    spec = LSTMSpec(batch_size=2, bidirectional=True, **BOTH_FLAGS)
    run = explore(spec, seed=3, input=np.full((2, 3, 4), number))
    assert [identity.holds for identity in run.identities] == holds
    assert run.not_finite == ((2, 0, 0) if np.isnan(number) else None)


@pytest.mark.parametrize(
    ("where", "name", "wrong", "problem"),
    [
        (LSTMSpec, "parameters", 199, "the parameters 199, Keras has 200"),
        (
            LayerSpec,
            "outputs",
            (LSTMSpec().input,),
            r"the layers .*3, 4.*, Keras has .*\(None, 5\)",
        ),
        (LayerSpec, "direction_weights", LSTMSpec().weights[::-1], "the weights .*, Keras has"),
    ],
    ids=["count", "outputs", "weights"],
)
def test_a_disagreement_with_keras_is_an_error(
    where: type, name: str, wrong: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(TensorFlowError, match=rf"^LSTM\(5\): expected {problem}"):
        explore(LSTMSpec(), seed=1)


def test_memory_that_runs_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    keras = load_keras()
    import tensorflow as tf

    for error in (MemoryError(), tf.errors.ResourceExhaustedError(None, None, "")):
        monkeypatch.setattr(keras.Model, "predict", Mock(side_effect=error))
        with pytest.raises(
            TensorFlowError, match=r"^memory ran out .*\(1, 3, 4\): reduce its sizes$"
        ):
            explore(LSTMSpec(units=50), seed=1)


def test_a_run_is_read_only_and_survives_pickling() -> None:
    run = explore(LSTMSpec(**BOTH_FLAGS), seed=1)
    for values in run.arrays.values():
        with pytest.raises(ValueError, match="read-only"):
            values[:] = 0
    assert_equal(pickle.loads(pickle.dumps(run)), run)
