"""Spec → Keras model → predict → Run: the only module that builds Keras' layers."""

import ctypes
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

import lstm_shapes
from lstm_shapes.errors import DisagreementError, TensorFlowError, option, whole_number
from lstm_shapes.run.input_file import as_input
from lstm_shapes.run.interrupts import interruptible
from lstm_shapes.run.next_layer import next_layers
from lstm_shapes.run.tensorflow import load_keras, quiet_retracing
from lstm_shapes.run.values import Array, Layer, NextLayer, Parameters, Run, Values, Weight
from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import MAX_SEED, LSTMSpec, draw_seed

_RUNS_TO_CLEAR_AFTER = 50


def _unheard(phase: str) -> None:
    """Tells nobody what begins."""
    del phase


def explore(
    spec: LSTMSpec,
    *,
    seed: int | None = None,
    x: Any = None,
    try_next_layers: bool = True,
    on_phase: Callable[[str], None] = _unheard,
) -> Run:
    """Build the layers, predict once, and read everything off.

    The input (batch, timesteps, features) is `x`, or standard normal; the weights are drawn as
    Keras draws an LSTM's. The seed, from 0 to 4294967295 and random if None, gives both: the same
    spec and seed are the same numbers in every process. `on_phase` is told what begins.

    Raises:
        CallError: the seed is out of range, or `x` is not what the spec says.
        TensorFlowError: TensorFlow cannot be imported, or ran out of memory.
        DisagreementError: Keras' facts are not those of the spec.
    """
    seed = draw_seed() if seed is None else whole_number("seed", seed, 0, MAX_SEED)
    on_phase("importing TensorFlow")
    with interruptible():
        keras = load_keras()
        import tensorflow as tf

        try:
            on_phase("building the model")
            model, returned = _build(keras, spec, seed)
            model.run_eagerly = _is_small(spec)
            inputs = _random(spec, seed) if x is None else as_input(x, spec)
            on_phase("predicting")
            # One element that is the whole batch: nothing to shuffle, slice or join.
            with quiet_retracing():
                results = model.predict(tf.data.Dataset.from_tensors(inputs), verbose=0)
            tried = tuple(next_layers(keras, returned)) if try_next_layers else None
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
    run = _read(keras, spec, seed, model, inputs, results, tried, versions)
    return replace(run, has_own_input=x is not None)


def explore_many(
    specs: Iterable[LSTMSpec],
    *,
    seed: int | None = None,
    x: Any = None,
    try_next_layers: bool = False,
    on_phase: Callable[[str], None] = _unheard,
) -> Iterator[Run]:
    """One run for each spec, made when it is asked for, all with one seed.

    Now and then it clears Keras' session, so that memory does not grow with the runs.

    Raises:
        LSTMShapesError: as `explore` does.
    """
    seed = draw_seed() if seed is None else seed
    for spec in specs:
        yield explore(spec, seed=seed, x=x, try_next_layers=try_next_layers, on_phase=on_phase)
        tidy()


_made = 0


def tidy() -> None:
    """Release what a run has left: a model holds itself in cycles, and Keras holds on to traces."""
    global _made  # noqa: PLW0603  # Keras' session is the process' as well
    _made += 1
    if _made % _RUNS_TO_CLEAR_AFTER == 0:
        load_keras().utils.clear_session()
    gc.collect()
    # glibc keeps what is freed; elsewhere there is no such function.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _random(spec: LSTMSpec, seed: int) -> Values:
    return np.random.default_rng(seed).standard_normal(spec.input.shape, dtype=np.float32)


def _is_small(spec: LSTMSpec) -> bool:
    """Whether tracing a graph takes longer than the run: the numbers are the same to the bit."""
    largest = max(layer.all_hidden_states.nbytes for layer in spec.layers)
    return spec.timesteps <= 10 and largest <= 2**20


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


def _build(keras: Any, spec: LSTMSpec, seed: int) -> tuple[Any, dict[str, Any]]:
    """The model, and the symbolic tensors it returns by name."""
    inputs = keras.Input(spec.input.shape[1:], name="input", dtype="float32")
    # Two seeds for each direction of each layer, whether there are two directions or one.
    seeds = np.random.SeedSequence(seed).generate_state(4 * len(spec.layers)).reshape(-1, 2, 2)
    returned = [inputs]
    for layer, of_layer in zip(spec.layers, seeds, strict=True):
        returned = keras.tree.flatten(_layer(keras, layer, of_layer)(returned[0]))
    names = [array.name for array in spec.outputs]
    _agree(spec, "number of outputs", len(names), len(returned))
    by_name = dict(zip(names, returned, strict=True))
    return keras.Model(inputs, by_name, name="lstm_shapes"), by_name


def _layer(keras: Any, spec: LayerSpec, seeds: Any) -> Any:
    lstm = keras.layers.LSTM(
        spec.units,
        return_sequences=spec.return_sequences,
        return_state=spec.return_state,
        name=spec.name,
        dtype="float32",
    )
    layer, cells = lstm, [lstm.cell]
    if spec.bidirectional:
        layer = keras.layers.Bidirectional(lstm, name=spec.name, dtype="float32")
        cells = [layer.forward_layer.cell, layer.backward_layer.cell]
    # Bidirectional makes both directions from one configuration: initializers with a seed would
    # draw the same weights twice, so each cell gets its own before it is built.
    for cell, (kernel_seed, recurrent_seed) in zip(cells, seeds, strict=False):
        cell.kernel_initializer = keras.initializers.GlorotUniform(seed=int(kernel_seed))
        cell.recurrent_initializer = _orthogonal(keras, spec.units, int(recurrent_seed))
    return layer


def _read(
    keras: Any,
    spec: LSTMSpec,
    seed: int,
    model: Any,
    x: Values,
    results: Mapping[str, Values],
    tried: tuple[NextLayer, ...] | None,
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
    expected = [("input", [spec.input.model_shape], 0)] + [
        (layer.name, [array.model_shape for array in layer.outputs], layer.parameters)
        for layer in spec.layers
    ]
    found = [(layer.name, list(layer.output_shapes), layer.parameters) for layer in layers]
    _agree(spec, "layers", expected, found)
    _agree(
        spec,
        "weights",
        [(weight.name.rsplit("/")[-1], weight.shape) for weight in spec.weights],
        [(weight.name, tuple(weight.shape)) for weight in model.weights],
    )
    total = model.count_params()
    _agree(spec, "parameter count", spec.parameters, total)
    for array in spec.outputs:
        _agree(spec, f"shape of {array.name}", array.shape, results[array.name].shape)
    weights = tuple(
        Weight(weight.name, _frozen(variable.value.numpy()))
        for weight, variable in zip(spec.weights, model.weights, strict=True)
    )
    trainable = sum(prod(weight.shape) for weight in model.trainable_weights)
    return Run(
        spec=spec,
        seed=seed,
        model=model.name,
        input=Array.whole(spec.input, _frozen(x)),
        outputs=tuple(Array.whole(array, _frozen(results[array.name])) for array in spec.outputs),
        weights=weights,
        layers=layers,
        parameters=Parameters(total, trainable, total - trainable),
        versions=versions,
        next_layers=tried,
    )


def _frozen(values: Values) -> Values:
    values = values.view()
    values.flags.writeable = False
    return values


def _agree(spec: LSTMSpec, fact: str, expected: object, got: object) -> None:
    if expected != got:
        raise DisagreementError(f"{spec.call}: expected the {fact} {expected}, Keras has {got}")
