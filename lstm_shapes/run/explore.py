"""Spec → Keras model → predict → Run: the only module that builds Keras' layers."""

import ctypes
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from math import prod
from typing import Any

import numpy as np

import lstm_shapes
from lstm_shapes.errors import DisagreementError, TensorFlowError, option, whole_number
from lstm_shapes.run.input_file import as_input
from lstm_shapes.run.interrupts import interruptible
from lstm_shapes.run.next_layer import next_layers
from lstm_shapes.run.tensorflow import load_keras, quiet_retracing
from lstm_shapes.run.values import Array, Layer, Parameters, Run, Values, Weight
from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import MAX_SEED, LSTMSpec, draw_seed

_RUNS_TO_CLEAR_AFTER = 50
_runs = count(1)


def explore(
    spec: LSTMSpec,
    *,
    seed: int | None = None,
    x: Any = None,
    try_next_layers: bool = True,
    on_phase: Callable[[str], None] = lambda _: None,
) -> Run:
    """Build the layers, predict once, and read everything off.

    Seed and input `x` are those of `lstm_shapes.explore`. `on_phase` is told what begins.

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
            if x is None:
                shape, rng = spec.input.shape, np.random.default_rng(seed)
                inputs = rng.standard_normal(shape, dtype=np.float32)
            else:
                inputs = as_input(x, spec)
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
    layers = tuple(
        Layer(
            layer.name,
            type(layer).__name__,
            tuple(tuple(tensor.shape) for tensor in keras.tree.flatten(layer.output)),
            layer.count_params(),
        )
        for layer in model.layers
    )
    _check(spec, model, layers, results)
    total = model.count_params()
    trainable = sum(prod(weight.shape) for weight in model.trainable_weights)
    return Run(
        spec=spec,
        seed=seed,
        model=model.name,
        input=Array.whole(spec.input, _frozen(inputs)),
        outputs=tuple(Array.whole(array, _frozen(results[array.name])) for array in spec.outputs),
        weights=tuple(
            Weight(weight.name, _frozen(variable.value.numpy()))
            for weight, variable in zip(spec.weights, model.weights, strict=True)
        ),
        layers=layers,
        parameters=Parameters(total, trainable, total - trainable),
        versions={
            "lstm_shapes": lstm_shapes.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        next_layers=tried,
        has_own_input=x is not None,
    )


def explore_many(
    specs: Iterable[LSTMSpec],
    *,
    seed: int | None = None,
    x: Any = None,
    try_next_layers: bool = False,
    on_phase: Callable[[str], None] = lambda _: None,
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


def tidy() -> None:
    """Release what a run has left: a model holds itself in cycles, and Keras holds on to traces."""
    if next(_runs) % _RUNS_TO_CLEAR_AFTER == 0:
        load_keras().utils.clear_session()
    gc.collect()
    # glibc keeps what is freed; elsewhere there is no such function.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


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


def _check(
    spec: LSTMSpec, model: Any, layers: Sequence[Layer], results: Mapping[str, Values]
) -> None:
    """Compares all that the spec knows with what Keras says of the model and has returned."""
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
    _agree(spec, "parameter count", spec.parameters, model.count_params())
    for array in spec.outputs:
        _agree(spec, f"shape of {array.name}", array.shape, results[array.name].shape)


def _frozen(values: Values) -> Values:
    values = values.view()
    values.flags.writeable = False
    return values


def _agree(spec: LSTMSpec, fact: str, expected: object, got: object) -> None:
    if expected != got:
        raise DisagreementError(f"{spec.call}: expected the {fact} {expected}, Keras has {got}")
