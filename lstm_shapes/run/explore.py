"""Take a spec through Keras: build the model, predict, check, and keep it as a Run."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np

from lstm_shapes.errors import CallError, TensorFlowError, whole_number
from lstm_shapes.run.build import build_layer, build_model
from lstm_shapes.run.caller_state import caller_state_kept, keras_state_kept
from lstm_shapes.run.decoders import try_decoder
from lstm_shapes.run.input import as_input
from lstm_shapes.run.next_layers import try_chains, try_default_layers
from lstm_shapes.run.tensorflow import Keras, KerasModel, hidden_stderr, load_keras
from lstm_shapes.run.trials import Decoder, TriedLayer, TwoCalls
from lstm_shapes.run.two_calls import in_two_calls
from lstm_shapes.run.values import (
    Array,
    Mask,
    Run,
    Values,
    read_only,
    real_timesteps,
    whole_array,
)
from lstm_shapes.shapes.chain import chain_code, read_chain
from lstm_shapes.shapes.keras_code import LayerCall
from lstm_shapes.shapes.returned import WeightSpec
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
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = True,
    next_layers: Sequence[str] = (),
    max_next_layer_bytes: float | None = None,
    all_cell_states: bool = False,
    check_two_calls: bool = True,
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
    if all_cell_states and not spec.last.all_other_states:
        raise CallError(
            f"a {spec.layer} has no all_cell_states: h is all that it hands on"
        )
    own_input = None
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
            seed=seed,
            own_input=own_input,
            try_next_layers=try_next_layers,
            chains=chains,
            max_next_layer_bytes=max_next_layer_bytes,
            all_cell_states=all_cell_states,
            check_two_calls=check_two_calls,
            on_phase=on_phase,
        )


def explore_many(
    specs: Iterable[Spec],
    *,
    seed: int | None = None,
    input: object = None,  # noqa: A002  # the subject's word
    try_next_layers: bool = False,
    next_layers: Sequence[str] = (),
    max_next_layer_bytes: float | None = None,
    all_cell_states: bool = False,
    check_two_calls: bool = False,
    on_phase: Callable[[str], None] = ignore_phase,
) -> Iterator[Run]:
    """Make the runs of the specs lazily, all with one seed; see `explore`."""
    if seed is None:
        seed = draw_seed()
    for number, spec in enumerate(specs, 1):
        yield explore(
            spec,
            seed=seed,
            input=input,
            try_next_layers=try_next_layers,
            next_layers=next_layers,
            max_next_layer_bytes=max_next_layer_bytes,
            all_cell_states=all_cell_states,
            check_two_calls=check_two_calls,
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
    seed: int,
    own_input: Values | None,
    try_next_layers: bool,
    chains: Sequence[Sequence[LayerCall]],
    max_next_layer_bytes: float | None,
    all_cell_states: bool,
    check_two_calls: bool,
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
    model = build_model(keras, spec)
    model.run_eagerly = is_small(spec)
    on_phase("predicting")
    results = predict(model, spec, x, mask)

    outputs = []
    for array in spec.outputs:
        outputs.append(whole_array(array, results[array.name]))
    extra_arrays: tuple[Array, ...] = ()
    if all_cell_states:
        from lstm_shapes.run import cell_states

        extra_arrays = cell_states.all_cell_states(spec, model, x, mask, outputs)

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
    if check_two_calls:
        two_calls = in_two_calls(spec, model, x, results)

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
        has_own_input=own_input is not None,
        extra_arrays=extra_arrays,
        next_layer_codes=tuple(chain_code(calls) for calls in chains),
    )


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
        units = len(layer_spec.directions) * layer_spec.layer.units
        if spec.batch_size * spec.timesteps * units > EAGER_NUMBERS:
            return False
    return True


def predict(
    model: KerasModel, spec: Spec, x: Values, mask: Mask
) -> Mapping[str, Values]:
    """Return what predict gives for the whole batch, by the names of the outputs."""
    import tensorflow as tf

    inputs: dict[str, Values | Mask] = {"input": x}
    hidden: AbstractContextManager[None] = nullcontext()
    if spec.lengths is not None:
        inputs["mask"] = mask
        # Native code may say on descriptor 2 that it is slower with a mask.
        hidden = hidden_stderr()
    # One element that is the whole batch leaves nothing to shuffle, slice or join.
    dataset = tf.data.Dataset.from_tensors(inputs)
    with hidden:
        results: Mapping[str, Values] = model.predict(dataset, verbose=0)
    return results


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
    expected_weights: list[WeightSpec] = []
    for array in spec.inputs:
        expected_layers.append((array.name, "InputLayer", [array.model_shape], 0))
    for layer_spec in spec.layer_specs:
        shapes = [array.model_shape for array in layer_spec.outputs]
        class_name = layer_spec.layer.class_name
        facts = (layer_spec.name, class_name, shapes, layer_spec.parameters)
        expected_layers.append(facts)
        for _ in layer_spec.directions:
            expected_weights.extend(layer_spec.direction_weights)

    layers = []
    for layer in model.layers:
        tensors = keras.tree.flatten(layer.output)
        shapes = [tuple(tensor.shape) for tensor in tensors]
        class_name = type(layer).__name__
        layers.append((layer.name, class_name, shapes, layer.count_params()))
    weights = []
    for variable in model.weights:
        weights.append((variable.name, tuple(variable.shape)))
    check_fact(spec, "layers", expected_layers, layers)
    check_fact(spec, "weights", expected_weights, weights)
    check_fact(spec, "parameters", spec.parameters, model.count_params())


def check_results(spec: Spec, results: Mapping[str, Values]) -> None:
    """Compare the shapes that the spec knows with those of the arrays that came back."""
    expected = {array.name: array.shape for array in spec.outputs}
    shapes = {name: values.shape for name, values in results.items()}
    check_fact(spec, "arrays", expected, shapes)


def check_fact(spec: Spec, name: str, expected: object, actual: object) -> None:
    """Raise a TensorFlowError if Keras has something else than the spec."""
    if expected != actual:
        raise TensorFlowError(
            f"{spec.code}: expected the {name} {expected}, Keras has {actual}"
        )
