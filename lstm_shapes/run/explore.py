"""Spec → Keras model → predict → Run: the only module that builds Keras' layers."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from math import prod
from typing import Any

import numpy as np

import lstm_shapes
from lstm_shapes.errors import CallError, TensorFlowError, whole_number
from lstm_shapes.run.input import as_input
from lstm_shapes.run.next_layers import build, in_two_calls, try_layers
from lstm_shapes.run.tensorflow import hidden_stderr, load_keras
from lstm_shapes.run.values import Array, Run, Values, read_only, real_timesteps, whole
from lstm_shapes.spec.layer import FLAGS, WeightSpec
from lstm_shapes.spec.model import MAX_SEED, LSTMSpec, draw_seed
from lstm_shapes.spec.next import parse_layer


def explore(
    spec: LSTMSpec,
    *,
    seed: int | None = None,
    input: Any = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = True,
    next_layers: Sequence[str] = (),
    all_cell_states: bool = False,
    on_phase: Callable[[str], None] = lambda _: None,
) -> Run:
    """Build the layers with Keras, predict once, and collect the results.

    The input (batch, timesteps, features) is standard normal, or `input`. Weights and input follow
    from the seed, 0 to 4294967295 and random if None, as `keras.utils.set_random_seed` makes them:
    the same spec and seed are the same numbers in every process. `next_layers` are layers to try
    behind this one, as in `["TimeDistributed(Dense(2))"]`. `all_cell_states` makes c at every
    timestep as well, which Keras does not return. `on_phase` is told each phase.

    Raises:
        LSTMShapesError: `seed`, `input` or a next layer is wrong, or TensorFlow fails or disagrees.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore
        >>> explore(LSTMSpec(batch_size=2, return_sequences=True), seed=1)
        Run(LSTM(5, return_sequences=True), seed=1: all_hidden_states (2, 3, 5))
    """
    seed = draw_seed() if seed is None else whole_number("seed", seed, 0, MAX_SEED)
    if all_cell_states and not spec.last.all_other_states:
        raise CallError(f"a {spec.layer} has no all_cell_states: h is all that it hands on")
    x = None if input is None else as_input(input, spec)
    asked = [next_layers] if isinstance(next_layers, str) else next_layers
    calls = [parse_layer(text) for text in dict.fromkeys(asked)]
    on_phase("importing TensorFlow")
    keras = load_keras()
    import tensorflow as tf

    build(keras, calls)  # one that cannot be built is told before the run
    # They belong to the caller, and setting a seed changes them.
    random_states = random.getstate(), np.random.get_state()
    try:
        mask = real_timesteps(spec)
        if x is None:
            x = np.random.default_rng(seed).standard_normal(spec.input.shape, dtype=np.float32)
            x *= mask[..., None]
        keras.utils.set_random_seed(seed)
        on_phase("building the model")
        model = _build(keras, spec)
        # Tracing a graph would take longer than a small run; the numbers are the same, but for the
        # last digit or two of a SimpleRNN.
        largest = max(prod(layer.all_hidden_states.shape) for layer in spec.layers)
        model.run_eagerly = spec.timesteps <= 10 and largest <= 2**18
        on_phase("predicting")
        # One element that is the whole batch: nothing to shuffle, slice or join.
        given = dict(zip((of.name for of in spec.inputs), (x, mask), strict=False))
        # Where there is a mask, native code may say on descriptor 2 that it is slower with it.
        with hidden_stderr() if spec.lengths else nullcontext():
            results = model.predict(tf.data.Dataset.from_tensors(given), verbose=0)
        outputs = tuple(whole(array, results[array.name]) for array in spec.outputs)
        more: tuple[Array, ...] = ()
        if all_cell_states:
            from lstm_shapes.run import cell_states

            more = cell_states.all_cell_states(spec, model, x, mask, outputs[0])
        tried, two_calls = None, None
        if try_next_layers:
            with hidden_stderr():  # TensorFlow logs there what it refuses
                tried = tuple(try_layers(keras, spec, calls, x, results))
                two_calls = in_two_calls(spec, model, x, results)
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        ran = f"memory ran out while Keras ran {spec.code} on an input of shape {spec.input.shape}"
        raise TensorFlowError(f"{ran}: reduce its sizes") from error
    finally:
        random.setstate(random_states[0])
        np.random.set_state(random_states[1])
    _check(keras, spec, model, results)
    weights = [read_only(weight.value.numpy()) for weight in model.weights]
    return Run(
        spec=spec,
        seed=seed,
        input=whole(spec.input, x),
        outputs=outputs,
        more=more,
        weights=dict(zip((of.name for of in spec.weights), weights, strict=True)),
        versions={of.__name__: of.__version__ for of in (lstm_shapes, tf, keras, np)},
        next_layers=tried,
        two_calls=two_calls,
        own_input=input is not None,
    )


def explore_many(
    specs: Iterable[LSTMSpec], *, seed: int | None = None, **how: Any
) -> Iterator[Run]:
    """Make the runs of the specs lazily, all with one seed; `how` is passed on to `explore`."""
    seed = draw_seed() if seed is None else seed
    for number, spec in enumerate(specs, 1):
        yield explore(spec, seed=seed, **{"try_next_layers": False, **how})
        if number % 50 == 0:  # Keras keeps what it has traced
            load_keras().utils.clear_session()


def _build(keras: Any, spec: LSTMSpec) -> Any:
    """Build the model, which returns the spec's outputs by their names."""
    inputs = {spec.input.name: keras.Input(spec.input.shape[1:], name="input", dtype="float32")}
    # An input of its own, as Masking() would take a real timestep of zeros for a masked one.
    masks: dict[str, Any] = {}
    if spec.lengths is not None:
        masks = {"mask": keras.Input(spec.input.shape[1:2], name="mask", dtype="bool")}
    returned = [inputs[spec.input.name]]
    for of in spec.layers:
        how = {"name": of.name, "dtype": "float32"}
        flags = {flag: getattr(of, flag) for flag in FLAGS}
        layer = getattr(keras.layers, of.cell.name)(of.units, **flags, **how)
        if of.bidirectional:
            layer = keras.layers.Bidirectional(layer, **how)
        returned = keras.tree.flatten(layer(returned[0], **masks))
    by_name = dict(zip((array.name for array in spec.outputs), returned, strict=False))
    return keras.Model(inputs | masks, by_name, name="lstm_shapes")


def _check(keras: Any, spec: LSTMSpec, model: Any, results: Mapping[str, Values]) -> None:
    """Compare all that the spec knows with what Keras says of the model and has returned."""
    layers = [(of.name, "InputLayer", [of.model_shape], 0) for of in spec.inputs]
    weights: list[WeightSpec] = []
    for layer in spec.layers:
        shapes = [array.model_shape for array in layer.outputs]
        layers.append((layer.name, layer.type, shapes, layer.parameters))
        weights += layer.direction_weights * len(layer.directions)
    found = []
    for of in model.layers:
        shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(of.output)]
        found.append((of.name, type(of).__name__, shapes, of.count_params()))
    trainable = [(of.name, tuple(of.shape)) for of in model.trainable_weights]
    returned = {name: values.shape for name, values in results.items()}
    for fact, expected, got in (
        ("layers", layers, found),
        ("weights", weights, trainable),
        ("parameters", spec.parameters, model.count_params()),
        ("arrays", {array.name: array.shape for array in spec.outputs}, returned),
    ):
        if expected != got:
            raise TensorFlowError(f"{spec.code}: expected the {fact} {expected}, Keras has {got}")
