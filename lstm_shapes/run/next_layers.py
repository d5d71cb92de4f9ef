"""Call layers on the arrays that came back, and begin decoders at the states that did."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from lstm_shapes.run.build import build_layer, reason_of
from lstm_shapes.run.masks import MaskUse, behind_mask
from lstm_shapes.run.tensorflow import Keras, KerasLayer, KerasModel, Tensor
from lstm_shapes.run.trials import Decoder, ModelShape, TriedLayer, TwoCalls
from lstm_shapes.run.values import TOLERANCE, Values, difference
from lstm_shapes.shapes.keras_code import LayerCall, parse_layer
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.spec import Spec

# What predict returned, by the names of the arrays.
Results = Mapping[str, Values]

# Without a layer to try, these are tried.
DEFAULT_LAYERS = ("Dense(1)", "LSTM(1)")
# Tracing takes 0.2 s, which a loop over fewer timesteps does not.
TRACED_TIMESTEPS = 100
# A part of a long or large input is enough to compare two calls with one.
PART_SAMPLES = 2
PART_TIMESTEPS = 4


class Trial(NamedTuple):
    """A layer to try, and the arrays to try it on."""

    call: LayerCall
    arrays: tuple[ArraySpec, ...]


def default_trials(spec: Spec) -> list[Trial]:
    """Try Dense and LSTM on the first array, and on all arrays if there are several."""
    targets = [spec.outputs[:1]]
    if len(spec.outputs) > 1:
        targets.append(spec.outputs)
    trials = []
    for arrays in targets:
        for text in DEFAULT_LAYERS:
            trials.append(Trial(parse_layer(text), arrays))
    return trials


def try_default_layers(keras: Keras, spec: Spec) -> Iterator[TriedLayer]:
    """Call the default layers on symbolic arrays: their shapes need no numbers."""
    for trial in default_trials(spec):
        tensors = []
        for array in trial.arrays:
            tensors.append(keras.Input(batch_shape=array.model_shape))
        yield try_layer(keras, spec, trial, tensors)


def try_layers(
    keras: Keras, spec: Spec, calls: Sequence[LayerCall], results: Results
) -> Iterator[TriedLayer]:
    """Run layers on two samples of the first array, or of all if they take several.

    The numbers are needed: Keras checks some arguments only when a layer runs.
    """
    for call in calls:
        arrays = spec.outputs[:1]
        if call.takes_several:
            arrays = spec.outputs
        samples = []
        for array in arrays:
            sample = results[array.name][:1]
            samples.append(np.concatenate([sample, 1 - sample]))
        yield try_layer(keras, spec, Trial(call, arrays), samples)


def try_layer(
    keras: Keras, spec: Spec, trial: Trial, arrays: Sequence[Tensor]
) -> TriedLayer:
    """Call a layer on arrays, symbolic or not, and say what came of it."""
    layer = build_layer(keras, trial.call)
    array_names = tuple(array.name for array in trial.arrays)
    try:
        returned = call_layer(keras, layer, arrays)
        mixes_samples = does_mix_samples(keras, layer, arrays, returned)
    except Exception as error:
        # Keras refuses by many types: ValueError, TypeError, AttributeError, IndexError.
        return TriedLayer(
            layer=trial.call.text,
            takes=array_names,
            error=reason_of(error, trial.call.text),
            cure=find_cure(keras, trial.call, arrays, spec.timesteps),
        )
    mask_use = MaskUse()
    if spec.is_masked and spec.return_sequences and len(arrays) == 1:
        mask_use = behind_mask(keras, layer, spec.outputs[0].shape[1:])
    return TriedLayer(
        layer=trial.call.text,
        takes=array_names,
        output_shape=model_shape(returned, spec.outputs[0].model_shape[0]),
        parameters=sum(prod(weight.shape) for weight in layer.weights),
        mixes_samples=mixes_samples,
        uses_mask=mask_use.uses_mask,
        passes_mask=mask_use.passes_mask,
    )


def call_layer(
    keras: Keras, layer: KerasLayer, arrays: Sequence[Tensor]
) -> list[Tensor]:
    """Call a layer on an array, or on the list of several, and return a flat list."""
    import tensorflow as tf

    x = arrays[0]
    if isinstance(x, np.ndarray) and x.ndim > 2 and x.shape[1] > TRACED_TIMESTEPS:
        layer = tf.function(layer)
    with catch_warnings():
        simplefilter("ignore")
        returned = layer(list(arrays) if len(arrays) > 1 else x)
    return list(keras.tree.flatten(returned))


def model_shape(returned: Sequence[Tensor], batch_size: int | None) -> ModelShape:
    """Return the shape of an array in the model, of several arrays a tuple of shapes."""
    shapes = tuple((batch_size, *tensor.shape[1:]) for tensor in returned)
    if len(shapes) == 1:
        return shapes[0]
    return shapes


def does_mix_samples(
    keras: Keras,
    layer: KerasLayer,
    arrays: Sequence[Tensor],
    returned: Sequence[Tensor],
) -> bool:
    """Return True if a sample gives other numbers alone than beside another one."""
    if not isinstance(arrays[0], np.ndarray) or getattr(layer, "stateful", False):
        return False
    lone_arrays = [array[:1] for array in arrays]
    lone_returned = call_layer(keras, layer, lone_arrays)
    for together, lone in zip(returned, lone_returned, strict=True):
        if len(together) != 2:
            return True
        if not np.allclose(together[:1], lone, rtol=1e-4, atol=1e-5, equal_nan=True):
            return True
    return False


def find_cure(
    keras: Keras, call: LayerCall, arrays: Sequence[Tensor], timesteps: int
) -> str:
    """Return what a layer that was refused takes instead, "" if nothing is found."""
    if call.takes_several:
        return "several" if len(arrays) == 1 else ""
    if len(arrays) > 1:
        return "first"
    units = arrays[0].shape[-1]
    cure = "vector"
    shape: tuple[int, ...] = (units,)
    if len(arrays[0].shape) == 2:
        cure = "sequence"
        shape = (timesteps, units)
    try:
        build_layer(keras, call)(keras.Input(shape))
    except Exception:
        # Keras refuses the other shape as well, by whatever type.
        return ""
    return cure


def try_decoders(
    keras: Keras, spec: Spec, x: Values, results: Results
) -> Iterator[Decoder]:
    """Run decoders that begin at the states that came back, on a part of the input.

    The states of both directions go to a decoder in both, and side by side to one of
    twice the units.
    """
    if not spec.return_state:
        return
    part = x[:2, :2]
    states = {}
    for array in spec.last.states:
        states[array.name] = results[array.name][:2]
    units = spec.last.layer.units
    kind = spec.cell.name
    if not spec.bidirectional:
        decoder = decoder_layer(keras, spec, units)
        yield run_decoder(decoder, f"{kind}({units})", part, states)
        return
    decoder = keras.layers.Bidirectional(decoder_layer(keras, spec, units))
    yield run_decoder(decoder, f"Bidirectional({kind}({units}))", part, states)
    joined = joined_states(spec, states)
    decoder = decoder_layer(keras, spec, 2 * units)
    joined_decoder = run_decoder(decoder, f"{kind}({2 * units})", part, joined)
    yield joined_decoder._replace(is_joined=True)


def decoder_layer(keras: Keras, spec: Spec, units: int) -> KerasLayer:
    """Return a layer of the spec's kind; its weights make no difference to a shape.

    Zeros cost no time, whatever the size.
    """
    layer_class = getattr(keras.layers, spec.cell.name)
    return layer_class(
        units,
        kernel_initializer="zeros",
        recurrent_initializer="zeros",
    )


def joined_states(spec: Spec, states: Mapping[str, Values]) -> dict[str, Values]:
    """Put the states of both directions side by side, as Concatenate does."""
    joined = {}
    for state in spec.cell.states:
        names = [direction.prefixed(state.name) for direction in spec.last.directions]
        code = f"Concatenate()([{', '.join(names)}])"
        joined[code] = np.concatenate([states[name] for name in names], axis=1)
    return joined


def run_decoder(
    decoder: KerasLayer, code: str, x: Values, states: Mapping[str, Values]
) -> Decoder:
    """Run a decoder on x (batch, timesteps, features) from the states of that name."""
    output = decoder(x, initial_state=list(states.values()))
    return Decoder(
        layer=code,
        initial_state=tuple(states),
        output_shape=(None, *output.shape[1:]),
        parameters=decoder.count_params(),
    )


def in_two_calls(
    spec: Spec, model: KerasModel, x: Values, results: Results
) -> TwoCalls | None:
    """Split the sequence, hand the states on, and compare with one call.

    It is None where the states cannot be handed on so, and where nothing is finite.
    """
    first_array = results[spec.outputs[0].name]
    if not spec.can_hand_on or not np.isfinite(first_array).any():
        return None
    layer = model.get_layer(spec.last.name)
    expected = [results[array.name] for array in spec.outputs]
    if not model.run_eagerly:
        x = x[:PART_SAMPLES, :PART_TIMESTEPS]
        expected = [np.asarray(array) for array in layer(x)]
    middle = x.shape[1] // 2
    head, *states = layer(x[:, :middle])
    tail, *states = layer(x[:, middle:], initial_state=states)
    array = np.asarray(tail)
    if spec.return_sequences:
        array = np.concatenate([head, tail], axis=1)
    arrays = [array] + [np.asarray(state) for state in states]
    max_difference = 0.0
    for array, expected_array in zip(arrays, expected, strict=True):
        distance = difference(np.nan_to_num(array), np.nan_to_num(expected_array))
        max_difference = max(max_difference, distance)
    return TwoCalls(
        timesteps=(middle, x.shape[1] - middle),
        holds=max_difference <= TOLERANCE,
        max_difference=max_difference,
    )
