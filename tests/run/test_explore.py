"""Runs, compared with the equations and with Keras by hand: each costs 25 to 300 ms."""

import pickle
from dataclasses import replace
from itertools import repeat
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from lstm_shapes.errors import CallError, TensorFlowError
from lstm_shapes.run.explore import explore, explore_many
from lstm_shapes.run.input_checks import MaskedNumbers
from lstm_shapes.run.tensorflow import Keras, load_keras
from lstm_shapes.run.values import Run, Values
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from tests.conftest import FLAGS, KINDS, LAYERS, oracle_outputs, states_of
from tests.oracle import Floats, sigmoid
from tests.run.comparing import assert_close, every_c_of

# Above 10 timesteps, Keras runs a graph.
EAGER_AND_TRACED = pytest.mark.parametrize(
    "timesteps",
    [
        pytest.param(3, id="eager"),
        pytest.param(11, id="traced"),
    ],
)


@pytest.fixture
def keras() -> Keras:
    return load_keras()


def standard_normal(shape: tuple[int, ...], seed: int) -> Values:
    """Draw numbers as a run draws its input."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape, dtype=np.float32)


def numbers(run: Run) -> dict[str, Values]:
    """Return every array and weight of a run by its name."""
    return {**run.arrays, **run.weights}


def assert_equal(left: Run, right: Run) -> None:
    assert left.spec == right.spec
    assert left.seed == right.seed
    np.testing.assert_equal(numbers(left), numbers(right))


def assert_as_the_equations_say(run: Run) -> None:
    weights = [weight.astype(np.float64) for weight in run.weights.values()]
    x = run.input.values.astype(np.float64)
    expected_outputs = oracle_outputs(run.spec, x, weights)
    assert_close(run.outputs, expected_outputs, tolerance=1e-5)


def assert_all_hold(run: Run) -> None:
    assert all(identity.holds for identity in run.identities)


@EAGER_AND_TRACED
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_every_array_is_what_the_equations_and_the_spec_say(
    flags: dict[str, bool], layers: dict[str, object], timesteps: int
) -> None:
    spec = LSTMSpec(timesteps=timesteps, batch_size=2, **layers, **flags)  # type: ignore[arg-type]
    run = explore(spec, seed=5, try_next_layers=False)
    assert_as_the_equations_say(run)
    assert_all_hold(run)

    shapes = [(array.name, array.shape) for array in run.outputs]
    assert shapes == [(array.name, array.shape) for array in spec.outputs]
    weight_shapes = {name: weight.shape for name, weight in run.weights.items()}
    assert weight_shapes == {weight.name: weight.shape for weight in spec.weights}
    dtypes = {values.dtype for values in numbers(run).values()}
    assert dtypes == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("timesteps", "lengths", "padding"),
    [
        pytest.param(3, None, "post", id="all"),
        pytest.param(3, (3, 1), "post", id="eager"),
        pytest.param(3, (3, 1), "pre", id="eager, padding in front"),
        pytest.param(11, (4, 11), "post", id="traced"),
        pytest.param(11, (4, 11), "pre", id="traced, padding in front"),
    ],
)
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_length_is_what_the_equations_say(
    kind: str,
    layers: dict[str, object],
    timesteps: int,
    lengths: tuple[int, ...] | None,
    padding: str,
) -> None:
    spec = LSTMSpec(
        layer=kind,
        batch_size=2,
        timesteps=timesteps,
        lengths=lengths,
        padding=padding,
        return_sequences=True,
        return_state=True,
        **layers,  # type: ignore[arg-type]
    )
    run = explore(spec, seed=5, try_next_layers=False)
    assert_as_the_equations_say(run)
    assert_all_hold(run)
    assert_zeros_at_masked_alone(run)
    assert_cell_states_as_the_equations_say(run)


@EAGER_AND_TRACED
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_open_timesteps_are_none_in_keras_and_change_no_number(
    kind: str,
    layers: dict[str, object],
    timesteps: int,
    keras: Keras,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Look at the model that was built: `check_model` compares it with the spec alone."""
    models = []
    build = keras.Model.__init__

    def remember(model: Any, *arguments: Any, **keywords: Any) -> None:
        models.append(model)
        build(model, *arguments, **keywords)

    monkeypatch.setattr(keras.Model, "__init__", remember)
    spec = LSTMSpec(
        layer=kind,
        batch_size=2,
        timesteps=timesteps,
        has_open_timesteps=True,
        return_sequences=True,
        return_state=True,
        **layers,  # type: ignore[arg-type]
    )
    run = explore(spec, seed=5, try_next_layers=False)
    assert_as_the_equations_say(run)
    model = models[0]
    assert model.input["input"].shape == (None, None, 4)
    shapes = {name: tensor.shape for name, tensor in model.output.items()}
    assert shapes == {array.name: array.model_shape for array in spec.outputs}
    assert shapes["all_hidden_states"][:2] == (None, None)


OPEN_SPECS = [
    pytest.param(
        LSTMSpec(timesteps=None, lengths=(5, 2), bidirectional=True),  # type: ignore[arg-type]
        [(None, None, 4), (None, None)],
        id="lengths",
    ),
    pytest.param(
        Spec(
            layers=(Layer(cell=LSTM, units=5, stateful=True, return_sequences=True),),
            timesteps=None,  # type: ignore[arg-type]
            batch_size=2,
        ),
        [(2, None, 4)],
        id="stateful",
    ),
    pytest.param(
        Spec(
            layers=(
                Layer(cell=LSTM, units=3, go_backwards=True, return_sequences=True),
                Layer(
                    cell=LSTM,
                    units=5,
                    bidirectional=True,
                    merge_mode=None,
                    return_sequences=True,
                ),
            ),
            timesteps=None,  # type: ignore[arg-type]
        ),
        [(None, None, 4)],
        id="backwards, then two arrays",
    ),
    pytest.param(
        Spec(
            layers=(Layer(cell=LSTM, units=5, other_arguments=(("unroll", True),)),),
            timesteps=12,
            has_open_timesteps=True,
        ),
        [(None, None, 4)],
        id="unrolled",
    ),
]


@pytest.mark.parametrize(("spec", "input_shapes"), OPEN_SPECS)
def test_what_else_a_layer_does_goes_with_open_timesteps(
    spec: Spec, input_shapes: list[tuple[int | None, ...]]
) -> None:
    run = explore(spec, seed=5)
    assert [array.model_shape for array in spec.inputs] == input_shapes
    fixed = replace(spec, has_open_timesteps=False)
    fixed_run = explore(fixed, seed=5)
    np.testing.assert_equal(numbers(run), numbers(fixed_run))
    assert_all_hold(run)


def test_open_timesteps_are_as_many_as_those_of_an_input() -> None:
    x = standard_normal((2, 7, 4), seed=3)
    spec = LSTMSpec(timesteps=None, batch_size=2, return_sequences=True)  # type: ignore[arg-type]
    run = explore(spec, seed=5, input=x)
    assert run.spec == replace(spec, timesteps=7)
    assert run.outputs[0].values.shape == (2, 7, 5)
    with pytest.raises(CallError, match=r"\(2, 7, 4\), expected \(2, 3, 4\)"):
        explore(replace(spec, has_open_timesteps=False), seed=5, input=x)


def assert_zeros_at_masked_alone(run: Run) -> None:
    """Check that the random input is zeros at masked timesteps, and nowhere else."""
    timesteps = run.spec.timesteps
    lengths = run.spec.lengths or (timesteps,) * run.spec.batch_size
    for values, length in zip(run.input.values, lengths, strict=True):
        real = values[:length]
        masked = values[length:]
        if run.spec.padding == "pre":
            real = values[timesteps - length :]
            masked = values[: timesteps - length]
        assert real.all()
        assert not masked.any()


def assert_cell_states_as_the_equations_say(run: Run) -> None:
    weights = list(run.weights.values())
    states_of_directions = states_of(run.spec, run.input.values, weights)
    cell_states = []
    if run.spec.layer == "LSTM":
        cell_states = [states.c for states in states_of_directions]
    assert_close(every_c_of(run), cell_states, tolerance=1e-5)


@pytest.fixture(params=LAYERS)
def layers(request: pytest.FixtureRequest) -> dict[str, object]:
    """Return the arguments of a layer, of one in both directions, and of a stack."""
    arguments: dict[str, object] = request.param
    return arguments


@pytest.fixture(params=["post", "pre"])
def run_on_padded_input(
    request: pytest.FixtureRequest, layers: dict[str, object]
) -> Run:
    """Return a run on samples of 4 and 2 timesteps, the second one padded with 99."""
    x = standard_normal((2, 4, 3), seed=1)
    # A mask_value of 0 would take this real timestep for a masked one.
    x[0, 0] = 0
    padding: str = request.param
    (x[1, :2] if padding == "pre" else x[1, 2:]).fill(99)
    spec = LSTMSpec.for_input(
        x,
        lengths=(4, 2),
        padding=padding,
        return_sequences=True,
        return_state=True,
        **layers,
    )
    return explore(spec, seed=5, input=x)


def test_lengths_are_the_mask_that_people_give_keras(
    run_on_padded_input: Run, keras: Keras
) -> None:
    keras.utils.set_random_seed(5)
    inputs = keras.Input((4, 3))
    sequence = keras.layers.Masking(99.0)(inputs)
    for layer in run_on_padded_input.spec.layers:
        keras_layer = keras.layers.LSTM(
            layer.units,
            return_sequences=True,
            return_state=layer.return_state,
        )
        if layer.bidirectional:
            keras_layer = keras.layers.Bidirectional(keras_layer)
        outputs = keras.tree.flatten(keras_layer(sequence))
        sequence = outputs[0]
    model = keras.Model(inputs, outputs)
    expected_outputs = model.predict(run_on_padded_input.input.values, verbose=0)
    assert_close(run_on_padded_input.outputs, expected_outputs, tolerance=1e-6)


def test_a_padded_sample_has_the_states_that_it_has_without_padding(
    run_on_padded_input: Run,
) -> None:
    spec = replace(
        run_on_padded_input.spec,
        lengths=(2,),
        batch_size=1,
        timesteps=2,
    )
    sample = run_on_padded_input.input.values[1:]
    short_sample = sample[sample != 99].reshape(1, 2, 3)
    short_run = explore(spec, seed=5, input=short_sample)
    states = [array.values[1:] for array in run_on_padded_input.outputs[1:]]
    assert_close(short_run.outputs[1:], states, tolerance=1e-6)


def test_what_stands_at_masked_timesteps_does_not_matter() -> None:
    x = np.ones((2, 3, 4))
    x_with_nan = x.copy()
    x_with_nan[1, 1:] = np.nan
    spec = LSTMSpec.for_input(
        x,
        lengths=(3, 1),
        return_sequences=True,
        return_state=True,
    )
    run = explore(spec, seed=5, input=x)
    run_with_nan = explore(spec, seed=5, input=x_with_nan)
    for output in run.outputs:
        np.testing.assert_array_equal(run_with_nan[output.name], output.values)
    assert run_with_nan.not_finite is None


def run_on_own_input(x: Floats, **arguments: Any) -> Run:
    spec = LSTMSpec.for_input(x, **arguments)
    return explore(spec, seed=5, input=x, try_next_layers=False)


@pytest.mark.parametrize(
    ("padding", "real", "expected"),
    [
        pytest.param("post", [True, False, False], None, id="post as masked"),
        pytest.param("pre", [False, False, True], None, id="pre as masked"),
        pytest.param(
            "post",
            [False, False, True],
            MaskedNumbers(1, 1, 2, "pre", is_other_fitting=True),
            id="post, padded in front",
        ),
        pytest.param(
            "pre",
            [True, False, False],
            MaskedNumbers(1, 1, 0, "post", is_other_fitting=True),
            id="pre, padded at the end",
        ),
        pytest.param(
            "post",
            [True, True, True],
            MaskedNumbers(2, 1, 1, "pre", is_other_fitting=False),
            id="not padded",
        ),
    ],
)
def test_masked_numbers_are_found_and_the_padding_that_fits(
    padding: str, real: list[bool], expected: MaskedNumbers | None
) -> None:
    x = np.ones((2, 3, 4))
    x[1, np.logical_not(real)] = 0
    run = run_on_own_input(x, lengths=(3, 1), padding=padding)
    assert run.masked_numbers == expected


def test_a_random_input_holds_no_masked_numbers() -> None:
    run = explore(LSTMSpec(lengths=(3, 1)), seed=5, try_next_layers=False)
    assert run.masked_numbers is None
    assert run.saturation is None


@pytest.mark.parametrize("scale", [1, 3, 300])
@pytest.mark.parametrize("units", [(5,), (64, 8)], ids=["one layer", "stack"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_input_saturates_if_it_is_not_scaled(
    kind: str, units: tuple[int, ...], scale: int
) -> None:
    x = standard_normal((4, 20, 4), seed=2) * scale
    run = run_on_own_input(x, layer=kind, units=units, bidirectional=True)
    if scale < 300:
        assert run.saturation is None
        return
    assert run.saturation
    assert run.saturation.share > 0.8
    ranges = [(item.low, item.high) for item in run.saturation.ranges]
    expected = zip(x.min(axis=(0, 1)), x.max(axis=(0, 1)), strict=True)
    np.testing.assert_allclose(ranges, list(expected), rtol=1e-5)


def test_the_share_is_that_of_gates_which_the_equations_have() -> None:
    x = standard_normal((2, 1, 4), seed=2) * 100
    run = run_on_own_input(x)
    assert run.saturation
    # At the first timestep h is zeros: these are the gates themselves.
    columns = run.input.values[:, 0] @ run.weights["kernel"] + run.weights["bias"]
    i, f, _, o = np.split(columns, 4, axis=1)
    gates = sigmoid(np.stack([i, f, o]).astype(np.float64))
    is_near_end = (gates < 0.05) | (gates > 0.95)
    assert run.saturation.share == pytest.approx(is_near_end.mean())


def test_masked_and_unfinished_numbers_saturate_nothing() -> None:
    x = np.ones((2, 3, 4))
    x[0, 0] = np.nan
    x[1, 1:] = 1e6
    run = run_on_own_input(x, lengths=(3, 1))
    assert run.saturation is None


def test_the_numbers_are_those_of_keras_own_seed_and_initializers(
    keras: Keras,
) -> None:
    keras.utils.set_random_seed(1729)
    inputs = keras.Input((3, 4))
    lower = keras.layers.LSTM(6, return_sequences=True)
    sequence = keras.layers.Bidirectional(lower)(inputs)
    upper = keras.layers.LSTM(5, return_sequences=True, return_state=True)
    outputs = keras.layers.Bidirectional(upper)(sequence)
    model = keras.Model(inputs, outputs)
    x = standard_normal((2, 3, 4), seed=1729)
    expected = [x]
    expected.extend(model.predict(x, verbose=0))
    expected.extend(model.get_weights())

    spec = LSTMSpec(
        batch_size=2,
        units=(6, 5),
        bidirectional=True,
        return_sequences=True,
        return_state=True,
    )
    numbers_of_run = numbers(explore(spec, seed=1729))
    for (name, values), expected_values in zip(
        numbers_of_run.items(), expected, strict=True
    ):
        np.testing.assert_array_equal(values, expected_values, err_msg=name)


def test_the_forget_gate_alone_has_a_bias_of_ones() -> None:
    bias = explore(LSTMSpec(), seed=1).weights["bias"]
    blocks = np.split(bias, len(LSTM.gates))
    for letter, block in zip(LSTM.gates, blocks, strict=True):
        expected = 1.0 if letter == "f" else 0.0
        assert block.tolist() == [expected] * 5


@EAGER_AND_TRACED
def test_a_seed_repeats_a_run(timesteps: int) -> None:
    spec = LSTMSpec(timesteps=timesteps, bidirectional=True)
    assert_equal(explore(spec, seed=1), explore(spec, seed=1))


@EAGER_AND_TRACED
def test_another_seed_changes_every_number_but_the_biases(timesteps: int) -> None:
    spec = LSTMSpec(timesteps=timesteps, bidirectional=True)
    numbers_of_seed_1 = numbers(explore(spec, seed=1))
    numbers_of_seed_2 = numbers(explore(spec, seed=2))
    for name, values in numbers_of_seed_1.items():
        are_close = np.isclose(values, numbers_of_seed_2[name])
        assert are_close.all() == ("bias" in name), name


@EAGER_AND_TRACED
@pytest.mark.parametrize("name", ["kernel", "recurrent_kernel"])
def test_the_directions_have_weights_of_their_own(name: str, timesteps: int) -> None:
    spec = LSTMSpec(timesteps=timesteps, bidirectional=True)
    weights = explore(spec, seed=1).weights
    are_close = np.isclose(weights[f"forward/{name}"], weights[f"backward/{name}"])
    assert not are_close.any()


def test_a_bad_seed_is_refused() -> None:
    problem = "^`seed`: got .*, expected a whole number from 0 to 4294967295"
    with pytest.raises(CallError, match=problem):
        explore(LSTMSpec(), seed=-1)


def test_runs_are_made_when_they_are_asked_for() -> None:
    endless_runs = explore_many(repeat(LSTMSpec()))
    assert next(endless_runs).spec == LSTMSpec()


def test_runs_share_the_seed_that_was_drawn() -> None:
    runs = explore_many(repeat(LSTMSpec()))
    first_run = next(runs)
    assert_equal(first_run, next(runs))
    assert_equal(first_run, explore(LSTMSpec(), seed=first_run.seed))


def test_an_own_input_meets_the_weights_of_the_seed() -> None:
    x = np.arange(12.0).reshape(1, 3, 4)
    spec = LSTMSpec(return_sequences=True, return_state=True)
    run_on_x = explore(spec, seed=3, input=x)
    run_on_random_input = explore(spec, seed=3)
    np.testing.assert_array_equal(run_on_x.input.values, x)
    np.testing.assert_equal(dict(run_on_x.weights), dict(run_on_random_input.weights))
    assert_as_the_equations_say(run_on_x)


def test_a_run_knows_whether_its_input_is_random() -> None:
    x = np.arange(12.0).reshape(1, 3, 4)
    assert explore(LSTMSpec(), seed=3, input=x).has_own_input
    assert not explore(LSTMSpec(), seed=3).has_own_input


def run_on_constant_input(number: float) -> Run:
    spec = LSTMSpec(
        batch_size=2,
        bidirectional=True,
        return_sequences=True,
        return_state=True,
    )
    return explore(spec, seed=3, input=np.full((2, 3, 4), number))


def test_zeros_make_equal_what_is_denied() -> None:
    run = run_on_constant_input(0.0)
    assert [identity.holds for identity in run.identities] == [True, True, False]
    assert run.not_finite is None


def test_nan_proves_nothing() -> None:
    run = run_on_constant_input(np.nan)
    assert [identity.holds for identity in run.identities] == [None, None, None]


def test_an_input_of_nan_is_counted_by_samples() -> None:
    not_finite = run_on_constant_input(np.nan).not_finite
    assert not_finite
    assert not_finite.sample_count == 2
    assert not_finite.sample == 0
    assert not_finite.timestep == 0


WRONG_WEIGHTS = LSTMSpec().weights[::-1]


@pytest.mark.parametrize(
    ("owner", "name", "wrong_value", "problem"),
    [
        pytest.param(
            Spec,
            "parameters",
            199,
            "the parameters 199, Keras has 200",
            id="count",
        ),
        pytest.param(
            LayerSpec,
            "outputs",
            (LSTMSpec().input,),
            r"the layers .*3, 4.*, Keras has .*\(None, 5\)",
            id="outputs",
        ),
        pytest.param(
            LayerSpec,
            "weights_of",
            lambda *_: WRONG_WEIGHTS,
            "the weights .*, Keras has",
            id="weights",
        ),
    ],
)
def test_a_disagreement_with_keras_is_an_error(
    owner: type,
    name: str,
    wrong_value: object,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owner, name, wrong_value)
    with pytest.raises(TensorFlowError, match=rf"^LSTM\(5\): expected {problem}"):
        explore(LSTMSpec(), seed=1)


@pytest.mark.parametrize("library", ["Python", "TensorFlow"])
def test_memory_that_runs_out_is_told(
    library: str, keras: Keras, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    error: Exception = MemoryError()
    if library == "TensorFlow":
        error = tf.errors.ResourceExhaustedError(None, None, "")
    monkeypatch.setattr(keras.Model, "predict", Mock(side_effect=error))
    problem = r"^memory ran out .*\(1, 3, 4\): reduce its sizes$"
    with pytest.raises(TensorFlowError, match=problem):
        explore(LSTMSpec(units=50), seed=1)


def test_ctrl_c_within_native_code_is_ctrl_c(
    keras: Keras, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("ORIGINAL InvalidArgumentError REPLACED BY KeyboardInterrupt")
    monkeypatch.setattr(keras.Model, "predict", Mock(side_effect=error))
    with pytest.raises(KeyboardInterrupt):
        explore(LSTMSpec(), seed=1)


@pytest.fixture
def run() -> Run:
    return explore(LSTMSpec(return_sequences=True, return_state=True), seed=1)


def test_a_run_is_read_only(run: Run) -> None:
    for values in run.arrays.values():
        with pytest.raises(ValueError, match="read-only"):
            values[:] = 0


def test_a_run_survives_pickling(run: Run) -> None:
    assert_equal(pickle.loads(pickle.dumps(run)), run)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(
            {"kernel_initializer": {"class_name": "Nonsense", "config": {}}},
            id="config of no initializer",
        ),
        pytest.param({"kernel_constraint": 5}, id="number for a constraint"),
    ],
)
def test_a_layer_that_keras_refuses_to_build_is_an_error_of_the_call(
    arguments: dict[str, object],
) -> None:
    layer = Layer.from_keras("LSTM", {"units": 5, **arguments})
    with pytest.raises(
        CallError, match=r"^LSTM\(5, .* cannot be built \(.*\), expected"
    ):
        explore(Spec(layers=(layer,)), seed=1)


@pytest.mark.parametrize(
    ("code", "lengths"),
    [
        pytest.param(
            "LSTM(2, return_sequences=True), LSTM(2, return_sequences=True)",
            (300, 5),
            id="masked",
        ),
        pytest.param(
            "Bidirectional(LSTM(2, return_sequences=True), merge_mode='sum')",
            None,
            id="merged",
        ),
    ],
)
def test_a_long_sequence_is_not_stepped_through_in_python(
    code: str,
    lengths: tuple[int, ...] | None,
    keras: Keras,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step takes some milliseconds there, and a traced loop takes none."""
    spec = Spec.from_code(code, timesteps=300, batch_size=2, lengths=lengths)
    calls = []
    call = keras.layers.LSTMCell.call

    def counted_call(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        return call(*args, **kwargs)

    monkeypatch.setattr(keras.layers.LSTMCell, "call", counted_call)
    run = explore(spec, seed=1)
    assert run.next_layers is not None
    assert run.steps
    assert len(calls) < 100
