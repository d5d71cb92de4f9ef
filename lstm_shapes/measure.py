"""Spec → Keras model → predict → Run: the only module that names Keras' layers."""

import gc
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

import lstm_shapes
from lstm_shapes.backend import load_keras, quiet_retracing
from lstm_shapes.errors import DisagreementError, TensorFlowError, option, whole_number
from lstm_shapes.run import Layer, Parameters, Run, RunArray, Values, Weight
from lstm_shapes.spec import MAX_SEED, ArraySpec, LSTMSpec, WeightSpec


def draw_seed() -> int:
    """A random seed, short enough to be typed again."""
    return secrets.randbelow(100_000)


_RUNS_TO_CLEAR_AFTER = 50


def _unheard(phase: str) -> None:
    """Tells nobody what begins."""
    del phase


def explore(
    spec: LSTMSpec, *, seed: int | None = None, on_phase: Callable[[str], None] = _unheard
) -> Run:
    """Build the layer, predict once on random input, and read everything off.

    The input (batch, timesteps, features) is standard normal; the weights are drawn as Keras
    draws an LSTM's. The seed, from 0 to 4294967295 and random if None, gives both: the same
    spec and seed are the same numbers in every process. `on_phase` is told what begins.

    Raises:
        CallError: the seed is out of range.
        TensorFlowError: TensorFlow cannot be imported, or ran out of memory.
        DisagreementError: Keras' facts are not those of the spec.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore
        >>> explore(LSTMSpec(batch_size=2, return_sequences=True), seed=1).outputs[0].shape
        (2, 3, 5)
    """
    seed = draw_seed() if seed is None else whole_number("seed", seed, 0, MAX_SEED)
    on_phase("importing TensorFlow")
    keras = load_keras()
    import tensorflow as tf

    try:
        on_phase("building the model")
        model = _build(keras, spec, seed)
        model.run_eagerly = _is_small(spec)
        x = np.random.default_rng(seed).standard_normal(spec.input.shape, dtype=np.float32)
        on_phase("predicting")
        # One element that is the whole batch: nothing to shuffle, slice or join.
        with quiet_retracing():
            results = model.predict(tf.data.Dataset.from_tensors(x), verbose=0)
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise TensorFlowError(
            f"memory ran out while Keras ran {spec.call} on an input of shape "
            f"{spec.input.shape}: reduce {option(spec.largest_size)}"
        ) from error
    versions = {
        "lstm_shapes": lstm_shapes.__version__,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    return _read(keras, spec, seed, model, x, results, versions)


def explore_many(
    specs: Iterable[LSTMSpec],
    *,
    seed: int | None = None,
    on_phase: Callable[[str], None] = _unheard,
) -> Iterator[Run]:
    """One run for each spec, made when it is asked for, all with one seed.

    Now and then it clears Keras' session, so that memory does not grow with the runs.

    Raises:
        LSTMShapesError: as `explore` does.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore_many
        >>> specs = [LSTMSpec(units=units) for units in (8, 16)]
        >>> [run.outputs[0].shape for run in explore_many(specs, seed=1)]
        [(1, 8), (1, 16)]
    """
    seed = draw_seed() if seed is None else seed
    for made, spec in enumerate(specs, 1):
        yield explore(spec, seed=seed, on_phase=on_phase)
        # A model holds itself in cycles, and Keras and TensorFlow hold on to traces of it.
        if made % _RUNS_TO_CLEAR_AFTER == 0:
            load_keras().utils.clear_session()
        gc.collect()


def _is_small(spec: LSTMSpec) -> bool:
    """Whether tracing a graph takes longer than the run: the numbers are the same to the bit."""
    return spec.timesteps <= 10 and spec.all_hidden_states.nbytes <= 2**20


def _orthogonal(keras: Any, units: int, seed: int) -> Any:
    """Keras' orthogonal initializer, or for many units a shorter way to the same matrix.

    Keras draws a normal matrix and takes the Q of its QR decomposition with positive diagonal.
    The transposed R of that is the Cholesky factor of the matrix' product with itself, which
    gives the same Q in a quarter of the time at 2048 units. The matrix is four times as high as
    wide, so it is always well conditioned.
    """
    if units < 512:
        return keras.initializers.Orthogonal(seed=seed)

    def draw(shape: tuple[int, int], dtype: str | None = None) -> Any:
        tall = keras.random.normal(shape[::-1], seed=seed, dtype=dtype)
        wide = keras.ops.transpose(tall)
        lower = keras.ops.cholesky(keras.ops.matmul(wide, tall))
        return keras.ops.solve_triangular(lower, wide, lower=True)

    return draw


def _build(keras: Any, spec: LSTMSpec, seed: int) -> Any:
    kernel_seed, recurrent_seed = map(int, np.random.SeedSequence(seed).generate_state(2))
    layer = keras.layers.LSTM(
        spec.units,
        return_sequences=spec.return_sequences,
        return_state=spec.return_state,
        kernel_initializer=keras.initializers.GlorotUniform(seed=kernel_seed),
        recurrent_initializer=_orthogonal(keras, spec.units, recurrent_seed),
        name="lstm",
        dtype="float32",
    )
    inputs = keras.Input(spec.input.shape[1:], name="input", dtype="float32")
    returned = keras.tree.flatten(layer(inputs))
    names = [array.name for array in spec.outputs]
    _agree(spec, "number of outputs", len(names), len(returned))
    return keras.Model(inputs, dict(zip(names, returned, strict=True)), name="lstm_shapes")


def _read(
    keras: Any,
    spec: LSTMSpec,
    seed: int,
    model: Any,
    x: Values,
    results: Mapping[str, Values],
    versions: Mapping[str, str],
) -> Run:
    layers = tuple(
        Layer(
            layer.name,
            type(layer).__name__,
            tuple(tuple(tensor.shape) for tensor in keras.tree.flatten(layer.output)),
            layer.count_params(),
        )
        for layer in model.layers
    )
    weights = tuple(Weight(weight.name, weight.value.numpy()) for weight in model.weights)
    trainable = sum(prod(weight.shape) for weight in model.trainable_weights)
    for weight in weights:
        weight.values.flags.writeable = False
    total = model.count_params()
    model_shapes = layers[-1].output_shapes
    _agree(spec, "model shapes", [array.model_shape for array in spec.outputs], list(model_shapes))
    _agree(
        spec, "weights", spec.weights, tuple(WeightSpec(w.name, w.values.shape) for w in weights)
    )
    _agree(spec, "parameter count", spec.parameters, total)
    for array in spec.outputs:
        _agree(spec, f"shape of {array.name}", array.shape, results[array.name].shape)
    return Run(
        spec=spec,
        seed=seed,
        model=model.name,
        input=_whole(spec.input, x, layers[0].output_shapes[0]),
        outputs=tuple(
            _whole(array, results[array.name], model_shape)
            for array, model_shape in zip(spec.outputs, model_shapes, strict=True)
        ),
        weights=weights,
        layers=layers,
        parameters=Parameters(total, trainable, total - trainable),
        versions=versions,
    )


def _whole(array: ArraySpec, values: Values, model_shape: tuple[int | None, ...]) -> RunArray:
    values.flags.writeable = False
    positions = tuple(range(size) for size in array.shape)
    return RunArray(array.name, array.axes, positions, values, model_shape, array.meaning)


def _agree(spec: LSTMSpec, fact: str, expected: object, got: object) -> None:
    if expected != got:
        raise DisagreementError(f"{spec.call}: expected the {fact} {expected}, Keras has {got}")
