import concurrent.futures
import multiprocessing
import pickle
import weakref
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes import LSTMSpec, Run, explore, explore_many, measure
from lstm_shapes.errors import CallError, DisagreementError
from lstm_shapes.measure import _build
from lstm_shapes.run import Values
from tests.oracle import expected_outputs, lstm

sizes = st.integers(1, 9)
specs = st.builds(
    LSTMSpec,
    timesteps=sizes,
    features=sizes,
    units=sizes,
    batch_size=sizes,
    return_sequences=st.booleans(),
    return_state=st.booleans(),
)
seeds = st.integers(0, 2**32 - 1)


def arrays_of(run: Run) -> dict[str, Values]:
    named = {array.name: array.values for array in (run.input, *run.outputs)}
    return named | {weight.name: weight.values for weight in run.weights}


def assert_same(left: Run, right: Run) -> None:
    assert (left.spec, left.seed, left.layers) == (right.spec, right.seed, right.layers)
    assert arrays_of(left).keys() == arrays_of(right).keys()
    for name, values in arrays_of(left).items():
        np.testing.assert_array_equal(values, arrays_of(right)[name])


@settings(max_examples=25, deadline=None)
@given(spec=specs, seed=seeds)
def test_every_array_is_what_the_equations_say(spec: LSTMSpec, seed: int) -> None:
    run = explore(spec, seed=seed)
    states = lstm(
        run.input.values.astype(np.float64),
        *(weight.values.astype(np.float64) for weight in run.weights),
    )
    expected = expected_outputs(
        states, return_sequences=spec.return_sequences, return_state=spec.return_state
    )
    for output, values in zip(run.outputs, expected, strict=True):
        np.testing.assert_allclose(output.values, values, rtol=1e-4, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(spec=specs, seed=seeds)
def test_the_spec_predicts_shapes_and_counts(spec: LSTMSpec, seed: int) -> None:
    run = explore(spec, seed=seed)
    assert run.input.values.shape == spec.input.shape
    assert [output.values.shape for output in run.outputs] == [a.shape for a in spec.outputs]
    assert [output.model_shape for output in run.outputs] == [a.model_shape for a in spec.outputs]
    assert {array.values.dtype for array in run.outputs} == {np.dtype(np.float32)}
    assert [(w.name, w.values.shape) for w in run.weights] == [
        (w.name, w.shape) for w in spec.weights
    ]
    assert run.parameters.total == run.parameters.trainable == spec.parameters
    assert all(identity.holds for identity in run.identities)


def test_disagreement_with_keras_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LSTMSpec, "parameters", 199)
    with pytest.raises(DisagreementError, match="expected the parameter count 199, Keras has 200"):
        explore(LSTMSpec(), seed=1)


def test_a_random_seed_is_told_and_repeats_the_run() -> None:
    first = explore(LSTMSpec())
    assert_same(first, explore(LSTMSpec(), seed=first.seed))


def test_different_seeds_give_different_numbers() -> None:
    first, second = (arrays_of(explore(LSTMSpec(), seed=seed)) for seed in (1, 2))
    for name in ("input", "kernel", "recurrent_kernel", "output"):
        assert not np.allclose(first[name], second[name])


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1"])
def test_a_bad_seed_is_refused(seed: object) -> None:
    with pytest.raises(CallError, match=r"^--seed must be a whole number from 0 to 4294967295"):
        explore(LSTMSpec(), seed=seed)  # type: ignore[arg-type]  # the point of the test


def test_a_run_survives_pickling() -> None:
    run = explore(LSTMSpec(return_state=True), seed=1)
    assert_same(run, pickle.loads(pickle.dumps(run)))


def test_a_run_is_frozen() -> None:
    run = explore(LSTMSpec(), seed=1)
    with pytest.raises(AttributeError):
        run.seed = 2  # type: ignore[misc]  # the point of the test
    with pytest.raises(ValueError, match="read-only"):
        run.outputs[0].values[:] = 0


def test_runs_are_made_when_they_are_asked_for() -> None:
    def endless() -> object:
        while True:
            yield LSTMSpec()

    runs = explore_many(endless(), seed=1)  # type: ignore[arg-type]  # it is iterable
    assert_same(next(runs), next(runs))


def test_the_same_runs_come_from_other_processes() -> None:
    """A pool of processes is how Dask or Ray would fan runs out."""
    grid = [LSTMSpec(units=units, return_state=True) for units in (2, 3)]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        elsewhere = list(pool.map(partial(explore, seed=7), grid))
    for one, other in zip(elsewhere, explore_many(grid, seed=7), strict=True):
        assert_same(one, other)


def test_the_four_combinations_have_bit_equal_weights_and_input() -> None:
    runs = [
        arrays_of(explore(LSTMSpec(return_sequences=sequences, return_state=state), seed=3))
        for sequences in (False, True)
        for state in (False, True)
    ]
    for run in runs[1:]:
        for name in ("input", "kernel", "recurrent_kernel", "bias"):
            np.testing.assert_array_equal(run[name], runs[0][name])


@pytest.mark.parametrize("units", [511, 512], ids=["by Keras", "by Cholesky"])
def test_the_recurrent_kernel_is_keras_orthogonal_matrix(units: int) -> None:
    import keras

    run = explore(LSTMSpec(units=units), seed=5)
    _, recurrent_seed = np.random.SeedSequence(5).generate_state(2)
    initializer = keras.initializers.Orthogonal(seed=int(recurrent_seed))
    expected = keras.ops.convert_to_numpy(initializer((units, 4 * units)))
    recurrent_kernel = run.weights[1].values
    np.testing.assert_allclose(recurrent_kernel, expected, atol=1e-5)
    np.testing.assert_allclose(recurrent_kernel @ recurrent_kernel.T, np.eye(units), atol=1e-5)


@pytest.mark.parametrize("timesteps", [10, 11], ids=["run eagerly", "traced"])
def test_short_and_long_sequences_agree_with_the_equations(timesteps: int) -> None:
    run = explore(LSTMSpec(timesteps=timesteps, return_sequences=True), seed=5)
    states = lstm(run.input.values, *(weight.values for weight in run.weights))
    np.testing.assert_allclose(run.outputs[0].values, states.h, rtol=1e-4, atol=1e-5)


def test_many_models_set_off_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    list(explore_many([LSTMSpec(timesteps=12)] * 7, seed=1))
    assert not caplog.records


def test_models_are_released_before_the_next_but_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    models: list[weakref.ref[object]] = []

    def remembered(*arguments: Any) -> object:
        model = _build(*arguments)
        models.append(weakref.ref(model))
        return model

    monkeypatch.setattr(measure, "_build", remembered)
    runs = explore_many([LSTMSpec(timesteps=steps) for steps in (3, 12, 3, 12)], seed=1)
    for _ in runs:
        assert sum(model() is not None for model in models) <= 1


def test_a_session_is_cleared_before_runs_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    cleared = []
    monkeypatch.setattr("lstm_shapes.measure._RUNS_TO_CLEAR_AFTER", 2)
    monkeypatch.setattr(keras.utils, "clear_session", lambda: cleared.append(True))
    list(explore_many([LSTMSpec()] * 5, seed=1))
    assert len(cleared) == 2
