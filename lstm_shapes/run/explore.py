"""Take a spec through Keras: build the model, predict, check, and keep it as a Run."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import prod

import numpy as np

from lstm_shapes.errors import TensorFlowError, whole_number
from lstm_shapes.run.build import build_layer, build_model
from lstm_shapes.run.caller_state import caller_state_kept, keras_state_kept
from lstm_shapes.run.decoders import try_decoder
from lstm_shapes.run.input import as_input, with_timesteps_of
from lstm_shapes.run.next_layers import try_chains, try_default_layers
from lstm_shapes.run.tensorflow import Keras, KerasModel, hidden_stderr, load_keras
from lstm_shapes.run.trials import (
    Decoder,
    OddBatch,
    Rewritten,
    TriedLayer,
    TwoCalls,
)
from lstm_shapes.run.two_calls import in_two_calls
from lstm_shapes.run.values import (
    Mask,
    Run,
    Values,
    read_only,
    real_timesteps,
    whole_array,
)
from lstm_shapes.shapes.chain import chain_code, read_chain
from lstm_shapes.shapes.keras_code import LayerCall
from lstm_shapes.shapes.layer import DTYPE_BYTES
from lstm_shapes.shapes.spec import MAX_SEED, Spec, draw_seed
from lstm_shapes.version import __version__

# Tracing a graph takes longer than a run below these limits. The numbers are the same,
# but for the last digit or two of a SimpleRNN.
EAGER_TIMESTEPS = 10
EAGER_NUMBERS = 2**18
# Keras keeps what it has traced: so many runs are made before it is told to forget.
RUNS_IN_SESSION = 50


def ignore_phase(_: str) -> None:
    """Take the name of a phase, and do nothing."""


def explore(
    spec: Spec,
    *,
    weights: Sequence[Values] | None = None,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = True,
    next_layers: Sequence[str] = (),
    max_next_layer_bytes: float | None = None,
    compare_calls: bool = True,
    on_phase: Callable[[str], None] = ignore_phase,
) -> Run:
    """Build the layers with Keras, predict once, and collect the results.

    `lstm_shapes.api.explore`, the door for Python, says what the arguments are.

    Raises:
        LSTMShapesError: an argument is wrong, or TensorFlow fails or disagrees.
    """
    if seed is None:
        seed = draw_seed()
    seed = whole_number("seed", seed, 0, MAX_SEED)
    own_input = None
    spec = with_timesteps_of(input, spec)
    if input is not None:
        own_input = as_input(input, spec)
    chains = read_chains(next_layers)
    on_phase("importing TensorFlow")
    keras = load_keras()
    with caller_state_kept(), native_errors_told(spec):
        for calls in chains:
            for call in calls:
                build_layer(keras, call)  # what cannot be built is told before the run
        return make_run(
            keras,
            spec,
            own_weights=weights,
            seed=seed,
            own_input=own_input,
            try_next_layers=try_next_layers,
            chains=chains,
            max_next_layer_bytes=max_next_layer_bytes,
            compare_calls=compare_calls,
            on_phase=on_phase,
        )


def explore_many(
    specs: Iterable[Spec],
    *,
    weights: Sequence[Values] | None = None,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = False,
    next_layers: Sequence[str] = (),
    max_next_layer_bytes: float | None = None,
    compare_calls: bool = False,
    on_phase: Callable[[str], None] = ignore_phase,
) -> Iterator[Run]:
    """Make the runs of the specs lazily, all with one seed; see `explore`."""
    if seed is None:
        seed = draw_seed()
    for number, spec in enumerate(specs, 1):
        yield explore(
            spec,
            weights=weights,
            seed=seed,
            input=input,
            try_next_layers=try_next_layers,
            next_layers=next_layers,
            max_next_layer_bytes=max_next_layer_bytes,
            compare_calls=compare_calls,
            on_phase=on_phase,
        )
        if number % RUNS_IN_SESSION == 0:
            with keras_state_kept():
                load_keras().utils.clear_session()


def read_chains(texts: Sequence[str]) -> list[list[LayerCall]]:
    """Read chains of layers as they are written in Keras, each once; a text is one."""
    if isinstance(texts, str):
        texts = [texts]
    return [read_chain(text) for text in dict.fromkeys(texts)]


def make_run(
    keras: Keras,
    spec: Spec,
    *,
    own_weights: Sequence[Values] | None,
    seed: int,
    own_input: Values | None,
    try_next_layers: bool,
    chains: Sequence[Sequence[LayerCall]],
    max_next_layer_bytes: float | None,
    compare_calls: bool,
    on_phase: Callable[[str], None],
) -> Run:
    """Build, predict, try what comes next, and check all of it; see `explore`."""
    import tensorflow as tf

    mask = real_timesteps(spec)
    x = own_input
    if x is None:
        x = random_input(spec, seed, mask)
    keras.utils.set_random_seed(seed)
    on_phase("building the model")
    with native_warnings_hidden(spec):
        model = build_model(keras, spec)
    if own_weights is not None:
        model.set_weights(list(own_weights))
    model.run_eagerly = is_small(spec)
    on_phase("predicting")
    results = predict(model, spec, x, mask)

    outputs = []
    for array in spec.outputs:
        outputs.append(whole_array(array, results[array.name]))
    next_layers: tuple[TriedLayer, ...] | None = None
    decoder: Decoder | None = None
    if try_next_layers:
        with hidden_stderr():  # TensorFlow logs there what it refuses
            if chains:
                tried_layers = try_chains(
                    keras,
                    spec,
                    chains,
                    results,
                    max_next_layer_bytes,
                )
                next_layers = tuple(tried_layers)
            else:
                next_layers = tuple(try_default_layers(keras, spec))
            decoder = try_decoder(keras, spec, results)
    two_calls: TwoCalls | None = None
    if compare_calls:
        two_calls = in_two_calls(spec, model, x, results)
    rewritten: tuple[Rewritten, ...] = ()
    odd_batch: OddBatch | None = None
    if compare_calls and is_written_specially(spec):
        from lstm_shapes.run import rewritten as rewriting

        with hidden_stderr():  # TensorFlow logs there what it refuses
            runs = rewriting.rewritten_runs(keras, spec, model, x, mask, results)
            rewritten = tuple(runs)
            odd_batch = rewriting.find_odd_batch(spec, model, x)

    check_model(keras, spec, model)
    check_results(spec, results)
    weights = {}
    for weight, variable in zip(spec.weights, model.weights, strict=True):
        weights[weight.name] = read_only(variable.value.numpy())
    return Run(
        spec=spec,
        seed=seed,
        input=whole_array(spec.input, x),
        outputs=tuple(outputs),
        weights=weights,
        versions={
            "lstm_shapes": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        next_layers=next_layers,
        decoder=decoder,
        two_calls=two_calls,
        rewritten=rewritten,
        odd_batch=odd_batch,
        has_own_input=own_input is not None,
        has_own_weights=own_weights is not None,
        next_layer_codes=tuple(chain_code(calls) for calls in chains),
    )


def is_written_specially(spec: Spec) -> bool:
    """Return True if a layer has arguments whose effect another run shows."""
    for layer in spec.layers:
        if layer.stateful or layer.go_backwards or layer.other_arguments:
            return True
        if layer.bidirectional and layer.merge_mode not in ("concat", None):
            return True
    return False


def random_input(spec: Spec, seed: int, mask: Mask) -> Values:
    """Draw standard normal numbers (batch, timesteps, features), zeros where masked."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(spec.input.shape, dtype=np.float32)
    x *= mask[..., np.newaxis]
    return x


def is_small(spec: Spec) -> bool:
    """Return True if a run takes less time than tracing the model's graph."""
    if spec.timesteps > EAGER_TIMESTEPS:
        return False
    for layer_spec in spec.layer_specs:
        units = sum(layer.units for layer in layer_spec.layer.direction_layers)
        if spec.batch_size * spec.timesteps * units > EAGER_NUMBERS:
            return False
    return True


def predict(
    model: KerasModel, spec: Spec, x: Values, mask: Mask
) -> Mapping[str, Values]:
    """Return what predict gives for the whole batch, by the names of the outputs."""
    import tensorflow as tf

    inputs: dict[str, Values | Mask] = {"input": x}
    if spec.lengths is not None:
        inputs["mask"] = mask
    # One element that is the whole batch leaves nothing to shuffle, slice or join.
    dataset = tf.data.Dataset.from_tensors(inputs)
    with native_warnings_hidden(spec):
        results: Mapping[str, Values] = model.predict(dataset, verbose=0)
    return results


def native_warnings_hidden(spec: Spec) -> AbstractContextManager[None]:
    """Hide what native code says on descriptor 2: that it is slower with this spec.

    It may say so of a mask, and of numbers of two bytes.
    """
    if spec.lengths is not None:
        return hidden_stderr()
    for layer in spec.layers:
        for half in layer.direction_layers:
            if DTYPE_BYTES[half.compute_dtype] == 2:
                return hidden_stderr()
    return nullcontext()


@contextmanager
def native_errors_told(spec: Spec) -> Iterator[None]:
    """Say what errors of native code mean: memory ran out, or Ctrl-C was pressed."""
    import tensorflow as tf

    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise TensorFlowError(
            f"memory ran out while Keras ran {spec.code} on an input of shape"
            f" {spec.input.shape}: reduce its sizes"
        ) from error
    except RuntimeError as error:
        # If Ctrl-C comes while native code raises an error, it raises this one.
        if "REPLACED BY KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from error
        raise


def check_model(keras: Keras, spec: Spec, model: KerasModel) -> None:
    """Compare what the spec knows of layers and weights with what Keras says of them.

    Raises:
        TensorFlowError: they disagree.
    """
    expected_layers = []
    expected_weights = []
    for array in spec.inputs:
        expected_layers.append((array.name, "InputLayer", [array.model_shape], 0))
    for layer_spec in spec.layer_specs:
        shapes = list(layer_spec.summary_shapes)
        class_name = layer_spec.layer.class_name
        facts = (layer_spec.name, class_name, shapes, layer_spec.parameters)
        expected_layers.append(facts)
        for direction in layer_spec.directions:
            for weight in layer_spec.weights_of(direction):
                expected_weights.append((weight.name, weight.shape, weight.dtype))

    layers = []
    for layer in model.layers:
        tensors = keras.tree.flatten(layer.output)
        shapes = [tuple(tensor.shape) for tensor in tensors]
        class_name = type(layer).__name__
        layers.append((layer.name, class_name, shapes, layer.count_params()))
    weights = []
    for variable in model.weights:
        weights.append((variable.name, tuple(variable.shape), variable.dtype))
    check_fact(spec, "layers", expected_layers, layers)
    check_fact(spec, "weights", expected_weights, weights)
    check_fact(spec, "parameters", spec.parameters, model.count_params())
    trainable = sum(prod(variable.shape) for variable in model.trainable_weights)
    check_fact(spec, "trainable parameters", spec.trainable_parameters, trainable)


def check_results(spec: Spec, results: Mapping[str, Values]) -> None:
    """Compare what the spec knows of the arrays with those that came back."""
    expected = {array.name: (array.shape, array.dtype) for array in spec.outputs}
    arrays = {}
    for name, values in results.items():
        arrays[name] = (values.shape, values.dtype.name)
    check_fact(spec, "arrays", expected, arrays)


def check_fact(spec: Spec, name: str, expected: object, actual: object) -> None:
    """Raise a TensorFlowError if Keras has something else than the spec."""
    if expected != actual:
        raise TensorFlowError(
            f"{spec.code}: expected the {name} {expected}, Keras has {actual}"
        )
