"""What Keras really does: every run here costs 25 to 100 ms."""

import gc
import pickle
from itertools import combinations, repeat
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes.errors import CallError, DisagreementError, TensorFlowError
from lstm_shapes.run import explore as module
from lstm_shapes.run.explore import explore, explore_many
from lstm_shapes.run.values import Run, Values
from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import LAYERS, oracle_outputs, specs

BOTH = LSTMSpec(return_sequences=True, return_state=True)


def arrays_of(run: Run) -> dict[str, Values]:
    return {**run.arrays, **{weight.name: weight.values for weight in run.weights}}


def assert_same(left: Run, right: Run) -> None:
    assert (left.spec, left.seed, left.layers) == (right.spec, right.seed, right.layers)
    assert arrays_of(left).keys() == arrays_of(right).keys()
    for name, values in arrays_of(left).items():
        np.testing.assert_array_equal(values, arrays_of(right)[name])


def assert_as_the_equations_say(run: Run) -> None:
    weights = [weight.values.astype(np.float64) for weight in run.weights]
    expected = oracle_outputs(run.spec, run.input.values.astype(np.float64), weights)
    for output, values in zip(run.outputs, expected, strict=True):
        np.testing.assert_allclose(output.values, values, rtol=1e-4, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(spec=specs(6), seed=st.integers(0, 2**32 - 1))
def test_every_array_is_what_the_equations_say_and_what_the_spec_foresees(
    spec: LSTMSpec, seed: int
) -> None:
    run = explore(spec, seed=seed, try_next_layers=False)
    assert_as_the_equations_say(run)
    assert run.input.shape == spec.input.shape
    assert {values.dtype for values in arrays_of(run).values()} == {np.dtype(np.float32)}
    assert [(a.name, a.shape) for a in run.outputs] == [(a.name, a.shape) for a in spec.outputs]
    assert [(w.name, w.values.shape) for w in run.weights] == [
        (w.name, w.shape) for w in spec.weights
    ]
    assert [layer.name for layer in run.layers] == ["input", *(of.name for of in spec.layers)]
    assert [layer.parameters for layer in run.layers] == [0, *(of.parameters for of in spec.layers)]
    assert run.layers[-1].output_shapes == tuple(array.model_shape for array in spec.outputs)
    assert run.parameters.total == run.parameters.trainable == spec.parameters
    if spec.timesteps == 1 or not spec.bidirectional:
        assert all(identity.holds for identity in run.identities)


@pytest.mark.parametrize("layers", LAYERS)
def test_equalities_hold_and_inequalities_too(layers: dict[str, Any]) -> None:
    spec = LSTMSpec(return_sequences=True, return_state=True, batch_size=2, **layers)
    assert all(found.holds for found in explore(spec, seed=1).identities)


def test_the_numbers_of_a_seed_stay_as_they_were_published() -> None:
    run = explore(BOTH, seed=1729)
    published = {
        "input": [-0.71142489, -0.05675138, -0.30496824],
        "all_hidden_states": [-0.0544886, -0.13196696, 0.01897199],
        "hidden_state": [0.3724505, -0.13105297, 0.04330336],
        "cell_state": [0.5582087, -0.21279767, 0.16505176],
        "kernel": [0.186692, -0.33271623, -0.3802284],
        "recurrent_kernel": [-0.15380776, -0.28033492, 0.40529689],
    }
    for name, values in published.items():
        np.testing.assert_allclose(arrays_of(run)[name].ravel()[:3], values, atol=1e-6)


def test_all_weights_of_a_run_differ() -> None:
    """Bidirectional gives both directions one configuration, and layers may have one shape."""
    run = explore(LSTMSpec(features=6, units=(3, 3, 3), bidirectional=True), seed=1)
    kernels = [weight for weight in run.weights if "kernel" in weight.name]
    assert len(kernels) == 12
    for left, right in combinations(kernels, 2):
        if left.values.shape == right.values.shape:
            assert not np.isclose(left.values, right.values).any(), (left.name, right.name)


def test_the_forward_direction_has_the_weights_of_the_layer_alone() -> None:
    alone, both, stack = (
        arrays_of(explore(spec, seed=3))
        for spec in (LSTMSpec(), LSTMSpec(bidirectional=True), LSTMSpec(units=(5, 2)))
    )
    for name in ("kernel", "recurrent_kernel", "bias"):
        np.testing.assert_array_equal(both[f"forward/{name}"], alone[name])
        np.testing.assert_array_equal(stack[f"lstm/{name}"], alone[name])


def test_the_four_combinations_have_one_input_and_one_set_of_weights() -> None:
    flags = [(sequences, state) for sequences in (False, True) for state in (False, True)]
    first, *others = (
        arrays_of(explore(LSTMSpec(return_sequences=sequences, return_state=state), seed=3))
        for sequences, state in flags
    )
    for run in others:
        for name in ("input", "kernel", "recurrent_kernel", "bias"):
            np.testing.assert_array_equal(run[name], first[name])


@pytest.mark.parametrize(
    ("units", "bidirectional"),
    [(511, False), (512, True)],
    ids=["by Keras", "by Cholesky"],
)
def test_recurrent_kernels_are_keras_orthogonal_matrices(
    units: int, bidirectional: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    taken, cholesky = [], keras.ops.cholesky

    def shorter_way(matrix: Any) -> Any:
        taken.append(matrix.shape)
        return cholesky(matrix)

    monkeypatch.setattr(keras.ops, "cholesky", shorter_way)
    run = explore(LSTMSpec(units=units, bidirectional=bidirectional), seed=5)
    assert bool(taken) is (units >= 512)
    seeds = np.random.SeedSequence(5).generate_state(4)[1::2]
    kernels = [weight.values for weight in run.weights if "recurrent" in weight.name]
    for seed, kernel in zip(seeds, kernels, strict=False):
        expected = keras.initializers.Orthogonal(seed=int(seed))((units, 4 * units))
        np.testing.assert_allclose(kernel, keras.ops.convert_to_numpy(expected), atol=1e-5)
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(units), atol=1e-5)


@pytest.mark.parametrize(
    ("spec", "is_eager"),
    [
        (LSTMSpec(timesteps=10, units=(2, 3), bidirectional=True), True),
        (LSTMSpec(timesteps=11, units=(2, 3), bidirectional=True), False),
        (LSTMSpec(batch_size=3000, units=(40, 1), return_sequences=True), False),
    ],
    ids=["short", "long", "large"],
)
def test_only_short_and_small_runs_are_made_without_a_graph(
    spec: LSTMSpec, is_eager: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras
    import tensorflow as tf

    eagerly = []
    call = keras.layers.LSTMCell.call

    def watched(*arguments: Any, **options: Any) -> Any:
        eagerly.append(tf.executing_eagerly())
        return call(*arguments, **options)

    monkeypatch.setattr(keras.layers.LSTMCell, "call", watched)
    run = explore(spec, seed=5)
    assert any(eagerly) is is_eager
    assert_as_the_equations_say(run)


def test_an_input_of_ones_own_leaves_the_weights_of_the_seed() -> None:
    x = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    drawn, given = explore(BOTH, seed=3), explore(BOTH, seed=3, x=x)
    np.testing.assert_array_equal(given.input.values, x)
    np.testing.assert_array_equal(given.weights[0].values, drawn.weights[0].values)
    assert_as_the_equations_say(given)


def test_an_input_of_zeros_gives_zeros_everywhere() -> None:
    spec = LSTMSpec(bidirectional=True, return_sequences=True, return_state=True)
    run = explore(spec, seed=3, x=np.zeros(spec.input.shape))
    assert [(found.equality.equal, found.holds) for found in run.identities] == [
        *((True, True), (True, True), (False, False))
    ]


def test_samples_that_are_not_finite_break_no_equality() -> None:
    x = np.zeros((2, 3, 4))
    x[1, 1, 1] = np.nan
    spec = LSTMSpec(batch_size=2, bidirectional=True, return_sequences=True, return_state=True)
    run = explore(spec, seed=3, x=x)
    assert all(found.holds for found in run.identities if found.equality.equal)
    assert np.isfinite(run["all_hidden_states[0]"]).all()
    assert not np.isfinite(run["forward_hidden_state[1]"]).any()


def test_a_random_seed_is_told_and_repeats_the_run() -> None:
    first = explore(LSTMSpec())
    assert_same(first, explore(LSTMSpec(), seed=first.seed))


def test_different_seeds_give_different_numbers() -> None:
    first, second = (arrays_of(explore(LSTMSpec(), seed=seed)) for seed in (1, 2))
    for name in ("input", "kernel", "recurrent_kernel", "output"):
        assert not np.isclose(first[name], second[name]).any()


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1"])
def test_a_bad_seed_is_refused(seed: object) -> None:
    with pytest.raises(CallError, match=r"^--seed must be a whole number from 0 to 4294967295"):
        explore(LSTMSpec(), seed=seed)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize(
    ("where", "name", "wrong", "problem"),
    [
        (LSTMSpec, "parameters", 199, "expected the parameter count 199, Keras has 200"),
        (LayerSpec, "parameters", 199, r"expected the layers .*199.*, Keras has .*200"),
        (LayerSpec, "outputs", BOTH.outputs, "expected the number of outputs 3, Keras has 1"),
        (LayerSpec, "direction_weights", BOTH.weights[::-1], "expected the weights .*, Keras has"),
    ],
    ids=["count", "layers", "outputs", "weights"],
)
def test_a_disagreement_with_keras_is_an_error(
    where: type, name: str, wrong: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(DisagreementError, match=rf"^LSTM\(5\): {problem}"):
        explore(LSTMSpec(), seed=1)


def test_memory_that_runs_out_is_an_error_with_the_size_to_reduce(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras
    import tensorflow as tf

    for error in (MemoryError(), tf.errors.ResourceExhaustedError(None, None, "")):
        monkeypatch.setattr(keras.Model, "predict", Mock(side_effect=error))
        with pytest.raises(TensorFlowError, match=r"^memory ran out .*: reduce --timesteps$"):
            explore(LSTMSpec(timesteps=99), seed=1)


def test_a_run_survives_pickling() -> None:
    run = explore(LSTMSpec(return_state=True), seed=1)
    assert_same(run, pickle.loads(pickle.dumps(run)))


def test_a_run_is_frozen() -> None:
    run = explore(BOTH, seed=1)
    with pytest.raises(AttributeError):
        run.seed = 2  # type: ignore[misc]  # the point of the test
    for values in arrays_of(run).values():
        with pytest.raises(ValueError, match="read-only"):
            values[:] = 0


def test_what_happens_is_told_as_it_begins() -> None:
    phases: list[str] = []
    explore(LSTMSpec(), seed=1, on_phase=phases.append)
    assert phases == ["importing TensorFlow", "building the model", "predicting"]


def test_runs_are_made_when_they_are_asked_for() -> None:
    runs = explore_many(repeat(LSTMSpec()), seed=1)
    assert_same(next(runs), next(runs))
    assert next(runs).next_layers is None


def test_runs_without_a_seed_share_the_one_they_draw() -> None:
    first, second = explore_many([LSTMSpec(), LSTMSpec()])
    assert_same(first, second)


def test_many_models_do_not_add_up_and_set_off_no_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import keras

    cleared = []
    monkeypatch.setattr(module, "_RUNS_TO_CLEAR_AFTER", 2)
    monkeypatch.setattr(keras.utils, "clear_session", lambda: cleared.append(True))

    def models() -> int:
        return sum(issubclass(type(found), keras.Model) for found in gc.get_objects())

    gc.collect()
    before = models()
    for _ in explore_many([LSTMSpec(timesteps=12)] * 7, seed=1):
        assert models() <= before + 1
    assert len(cleared) == 3
    assert not caplog.records
