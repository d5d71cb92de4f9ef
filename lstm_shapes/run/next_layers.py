"""Try layers on the arrays that came back: what they give, or why Keras refuses them."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from lstm_shapes.run.build import build_layer, reason_of
from lstm_shapes.run.masks import MaskUse, behind_mask
from lstm_shapes.run.tensorflow import Keras, KerasLayer, Tensor
from lstm_shapes.run.trials import ModelShape, TriedLayer
from lstm_shapes.run.values import Results, Values
from lstm_shapes.shapes.keras_code import LayerCall, parse_layer
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.spec import Spec

# These are tried where nobody has asked for others.
DEFAULT_LAYERS = ("Dense(1)", "LSTM(1)")
# A loop over fewer timesteps is quicker than tracing, which takes 0.2 s.
TRACED_TIMESTEPS = 100


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
        yield try_layer(keras, spec, trial, symbolic(keras, trial.arrays))


def symbolic(keras: Keras, arrays: Sequence[ArraySpec]) -> list[Tensor]:
    """Return arrays without numbers, of the shapes that they have in the model."""
    return [keras.Input(batch_shape=array.model_shape) for array in arrays]


def try_layers(
    keras: Keras, spec: Spec, calls: Sequence[LayerCall], results: Results
) -> Iterator[TriedLayer]:
    """Run layers on the first array, or on all arrays if they take several.

    The numbers are needed: Keras checks some arguments only when a layer runs.
    """
    for call in calls:
        arrays = spec.outputs[:1]
        if call.takes_several:
            arrays = spec.outputs
        pairs = [pair_of_samples(results[array.name]) for array in arrays]
        yield try_layer(keras, spec, Trial(call, arrays), pairs)


def pair_of_samples(values: Values) -> Values:
    """Return the first sample beside one made up of other numbers.

    If a layer mixes the samples of a batch, what it makes of the first one changes with
    its neighbour.
    """
    sample = values[:1]
    return np.concatenate([sample, 1 - sample])


def try_layer(
    keras: Keras, spec: Spec, trial: Trial, tensors: Sequence[Tensor]
) -> TriedLayer:
    """Call a layer on the tensors of the trial's arrays, and say what came of it.

    The tensors are symbolic, or numbers of two samples.
    """
    layer = build_layer(keras, trial.call)
    array_names = tuple(array.name for array in trial.arrays)
    try:
        model_tensors = []
        if spec.has_open_timesteps:
            # Some layers refuse an open axis, or have another shape behind it.
            model_tensors = call_layer(keras, layer, symbolic(keras, trial.arrays))
        returned = call_layer(keras, layer, tensors)
        mixes_samples = has_mixed_samples(keras, layer, tensors, returned)
    except Exception as error:
        # Keras refuses by many types: ValueError, TypeError, AttributeError, IndexError.
        return TriedLayer(
            layer=trial.call.text,
            takes=array_names,
            error=reason_of(error, trial.call.text),
            cure=find_cure(keras, trial.call, tensors, spec),
        )
    mask_use = MaskUse()  # there is no mask
    if spec.is_masked and spec.return_sequences and len(tensors) == 1:
        mask_use = find_mask_use(keras, layer, spec)
    return TriedLayer(
        layer=trial.call.text,
        takes=array_names,
        output_shape=shape_in_model(
            model_tensors or returned,
            spec.outputs[0].model_shape[0],
        ),
        parameters=sum(prod(weight.shape) for weight in layer.weights),
        mixes_samples=mixes_samples,
        mixes_states=holds_unlike_vectors(trial.arrays),
        uses_mask=mask_use.uses_mask,
        passes_mask=mask_use.passes_mask,
    )


def holds_unlike_vectors(arrays: Sequence[ArraySpec]) -> bool:
    """Return True if arrays hold h and c, or every h beside the last one.

    A layer that adds them, or looks from one to another, mixes what does not belong
    together. Forward and backward h may stand side by side.
    """
    letters = set()
    for array in arrays:
        for holding in array.holdings:
            letters.add(holding.vector.letter)
    ranks = {len(array.axes) for array in arrays}
    return len(letters) > 1 or len(ranks) > 1


def find_mask_use(keras: Keras, layer: KerasLayer, spec: Spec) -> MaskUse:
    """Return what a layer does with the mask of the last layer, where that is known."""
    try:
        return behind_mask(keras, layer, spec.outputs[0].shape[1:])
    except Exception:
        # Some layers, as Softmax, take no mask of (batch, timesteps): Keras fails.
        return MaskUse()


def call_layer(
    keras: Keras, layer: KerasLayer, tensors: Sequence[Tensor]
) -> list[Tensor]:
    """Call a layer on a tensor, or on the list of several, and return a flat list."""
    import tensorflow as tf

    x = tensors[0]
    if isinstance(x, np.ndarray) and x.ndim > 2 and x.shape[1] > TRACED_TIMESTEPS:
        layer = tf.function(layer)
    with catch_warnings():
        simplefilter("ignore")
        if len(tensors) > 1:
            returned = layer(list(tensors))
        else:
            returned = layer(x)
    return list(keras.tree.flatten(returned))


def shape_in_model(returned: Sequence[Tensor], batch_size: int | None) -> ModelShape:
    """Return the shape of what a layer gave; several arrays have a tuple of shapes."""
    shapes = tuple((batch_size, *tensor.shape[1:]) for tensor in returned)
    if len(shapes) == 1:
        return shapes[0]
    return shapes


def has_mixed_samples(
    keras: Keras,
    layer: KerasLayer,
    tensors: Sequence[Tensor],
    returned: Sequence[Tensor],
) -> bool:
    """Return True if the first sample gives other numbers alone than beside another.

    The tolerances leave room for sums in another order, as Conv1D has them.
    """
    if not isinstance(tensors[0], np.ndarray) or getattr(layer, "stateful", False):
        return False
    lone_samples = [tensor[:1] for tensor in tensors]
    returned_alone = call_layer(keras, layer, lone_samples)
    for together, alone_values in zip(returned, returned_alone, strict=True):
        if len(together) != len(tensors[0]):
            return True
        is_close = np.allclose(
            together[:1],
            alone_values,
            rtol=1e-4,
            atol=1e-5,
            equal_nan=True,
        )
        if not is_close:
            return True
    return False


def find_cure(
    keras: Keras, call: LayerCall, tensors: Sequence[Tensor], spec: Spec
) -> str:
    """Return what a refused layer takes instead: a value of `TriedLayer.cure`.

    That is "first", "several", "sequence", "vector" or "timesteps", or "" if nothing is
    found.
    """
    if call.takes_several:
        return "several" if len(tensors) == 1 else ""
    if len(tensors) > 1:
        return "first"
    if spec.has_open_timesteps and takes(keras, call, spec.outputs[0].shape[1:]):
        return "timesteps"
    units = tensors[0].shape[-1]
    cure = "vector"
    shape: tuple[int, ...] = (units,)
    if len(tensors[0].shape) == 2:
        cure = "sequence"
        shape = (spec.timesteps, units)
    if takes(keras, call, shape):
        return cure
    return ""


def takes(keras: Keras, call: LayerCall, shape: tuple[int, ...]) -> bool:
    """Return True if a layer takes samples of a shape; Keras refuses by many types."""
    try:
        build_layer(keras, call)(keras.Input(shape))
    except Exception:
        return False
    return True
