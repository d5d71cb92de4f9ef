"""Try layers on the arrays that came back: what they give, or why Keras refuses them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from itertools import pairwise
from math import prod
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from lstm_shapes.run.build import build_layer, traced_if_long
from lstm_shapes.run.masks import MaskUse, behind_mask
from lstm_shapes.run.reasons import reason_of
from lstm_shapes.run.tensorflow import Keras, KerasLayer, Tensor
from lstm_shapes.run.trials import ModelShape, TriedLayer
from lstm_shapes.run.tried_memory import Memory, check_call
from lstm_shapes.run.values import Results, Values
from lstm_shapes.shapes.keras_code import LayerCall
from lstm_shapes.shapes.memory import GIB
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.spec import Spec

# These are tried where nobody has asked for others.
DEFAULT_LAYERS = ("Dense(1)", "LSTM(1)")
# These take two arrays, each as an argument: what asks, and what it looks at.
TAKES_QUERY_AND_VALUE = ("MultiHeadAttention", "GroupQueryAttention")
# So many timesteps are enough to tell what most layers do with a mask.
PART_TIMESTEPS = 4


class Trial(NamedTuple):
    """A layer to try on tensors, and where it stands.

    Attributes:
        call: The layer.
        tensors: What it is called on: symbolic, or numbers of two samples.
        arrays: The arrays that the tensors are, () if another layer gave them.
        chain: The number of its chain, from 1.
        previous_call: The layer before it in its chain.
        has_mask: Whether a mask comes with the tensors.
        open_tensors: The same as they are in a model with open timesteps, symbolic; ()
            in one whose timesteps are a number.
    """

    call: LayerCall
    tensors: Sequence[Tensor]
    arrays: tuple[ArraySpec, ...] = ()
    chain: int = 1
    previous_call: LayerCall | None = None
    has_mask: bool = False
    open_tensors: Sequence[Tensor] = ()

    def outcome(self) -> TriedLayer:
        """Return what is known before the layer is tried."""
        previous_layer = None
        if self.previous_call:
            previous_layer = self.previous_call.text
        return TriedLayer(
            layer=self.call.text,
            takes=tuple(array.name for array in self.arrays),
            chain=self.chain,
            previous_layer=previous_layer,
        )


def try_default_layers(keras: Keras, spec: Spec) -> Iterator[TriedLayer]:
    """Try Dense and LSTM on the first array, and on all arrays if there are several.

    They are called on symbolic arrays: their shapes need no numbers.
    """
    targets = [spec.outputs[:1]]
    if len(spec.outputs) > 1:
        targets.append(spec.outputs)
    chain = 0
    for arrays in targets:
        for text in DEFAULT_LAYERS:
            chain += 1
            tensors = symbolic(keras, arrays)
            call = LayerCall(text.removesuffix("(1)"), (1,), {}, text)
            trial = Trial(
                call,
                tensors,
                arrays,
                chain=chain,
                has_mask=comes_with_mask(spec),
            )
            yield try_layer(keras, spec, trial, Memory()).outcome


def comes_with_mask(spec: Spec) -> bool:
    """Return True if a mask stands beside the first array: one of each timestep."""
    return spec.is_masked and spec.return_sequences


def try_chains(
    keras: Keras,
    spec: Spec,
    chains: Sequence[Sequence[LayerCall]],
    results: Results,
    byte_limit: float | None = None,
) -> Iterator[TriedLayer]:
    """Run chains of layers, the first of each on the arrays that came back.

    The numbers are needed: Keras checks some arguments only when a layer runs.

    Args:
        keras: Keras.
        spec: The layers before.
        chains: The layers to try, each on what the one before it in its chain gives.
        results: The arrays that came back, by name.
        byte_limit: The memory that the layers of a chain may take; None is no limit.
    """
    for number, calls in enumerate(chains, 1):
        yield from try_chain(keras, spec, calls, number, results, Memory(byte_limit))


def try_chain(
    keras: Keras,
    spec: Spec,
    calls: Sequence[LayerCall],
    number: int,
    results: Results,
    memory: Memory,
) -> Iterator[TriedLayer]:
    """Run the layers of a chain; those behind one that is refused are not tried."""
    trial = first_trial(keras, spec, calls[0], number, results)
    attempt = try_layer(keras, spec, trial, memory)
    yield attempt.outcome
    refused_call = calls[0] if attempt.outcome.error else None
    for previous_call, call in pairwise(calls):
        tensors = attempt.returned[:1]
        open_tensors = attempt.open_tensors[:1]
        if call.takes_several:
            tensors = attempt.returned
            open_tensors = attempt.open_tensors
        trial = Trial(
            call,
            tensors,
            chain=number,
            previous_call=previous_call,
            has_mask=bool(attempt.outcome.passes_mask),
            open_tensors=open_tensors,
        )
        if refused_call:
            yield trial.outcome()._replace(
                error=f"not tried, as {refused_call.text} before it is refused",
                cure="before",
            )
            continue
        attempt = try_layer(keras, spec, trial, memory)
        yield attempt.outcome
        if attempt.outcome.error:
            refused_call = call


def first_trial(
    keras: Keras, spec: Spec, call: LayerCall, number: int, results: Results
) -> Trial:
    """Return the trial of the first layer of a chain, on numbers of two samples."""
    arrays = spec.outputs[:1]
    if call.takes_several:
        arrays = spec.outputs
    open_tensors = []
    if spec.has_open_timesteps:
        # Some layers refuse an open axis, or have another shape behind it.
        open_tensors = symbolic(keras, arrays)
    return Trial(
        call,
        [pair_of_samples(results[array.name]) for array in arrays],
        arrays,
        chain=number,
        has_mask=comes_with_mask(spec),
        open_tensors=open_tensors,
    )


def symbolic(keras: Keras, arrays: Sequence[ArraySpec]) -> list[Tensor]:
    """Return arrays without numbers, of the shapes that they have in the model."""
    return [keras.Input(batch_shape=array.model_shape) for array in arrays]


def pair_of_samples(values: Values) -> Values:
    """Return the first sample beside one made up of other numbers.

    If a layer mixes the samples of a batch, what it makes of the first one changes with
    its neighbour.
    """
    sample = values[:1]
    return np.concatenate([sample, 1 - sample])


class Attempt(NamedTuple):
    """The outcome of a trial, and the arrays that the layer gave, if any.

    `open_tensors` are those of a model with open timesteps.
    """

    outcome: TriedLayer
    returned: list[Tensor]
    open_tensors: list[Tensor]


def try_layer(keras: Keras, spec: Spec, trial: Trial, memory: Memory) -> Attempt:
    """Call a layer on the tensors of a trial, and say what came of it."""
    outcome = trial.outcome()
    try:
        layer = layer_within(keras, trial, memory)
        in_model = None
        if trial.open_tensors:
            # A layer of its own: one that has been built takes an open axis unseen.
            open_layer = build_layer(keras, trial.call)
            in_model = call_layer(open_layer, trial.open_tensors)
        returned = call_layer(layer, trial.tensors)
        arrays = list(keras.tree.flatten(returned))
        if in_model is None:
            in_model = returned
        output_shape = shape_in_model(in_model, spec.outputs[0].model_shape[0])
    except Exception as error:
        # Keras refuses by many types: ValueError, TypeError, AttributeError, IndexError.
        if memory.is_exceeded:
            needed_gib = memory.needed_bytes / GIB
            return Attempt(
                outcome._replace(
                    error=f"it needs about {needed_gib:,.2f} GiB beside the run",
                    cure="memory",
                ),
                [],
                [],
            )
        return Attempt(
            outcome._replace(
                error=reason_of(error, trial.call.text),
                cure=find_cure(keras, trial, spec, memory),
            ),
            [],
            [],
        )
    try:
        mixes_samples = has_mixed_samples(keras, layer, trial.tensors, arrays)
    except Exception:
        # Its weights may stand on the axis of the samples: Keras refuses by any type.
        error_text = "it takes two samples, and fails on one of them alone"
        return Attempt(outcome._replace(error=error_text), [], [])
    mask_use = MaskUse()  # there is no mask
    if trial.has_mask and len(trial.tensors) == 1:
        mask_use = find_mask_use(keras, layer, trial)
    outcome = outcome._replace(
        output_shape=output_shape,
        parameters=sum(prod(weight.shape) for weight in layer.weights),
        mixes_samples=mixes_samples,
        mixes_states=holds_unlike_vectors(trial.arrays),
        uses_mask=mask_use.uses_mask,
        passes_mask=mask_use.passes_mask,
    )
    open_tensors = []
    if trial.open_tensors:
        open_tensors = list(keras.tree.flatten(in_model))
    return Attempt(outcome, arrays, open_tensors)


def layer_within(keras: Keras, trial: Trial, memory: Memory) -> KerasLayer:
    """Return the layer of a trial, checked to stay within the memory that it may take.

    Raises:
        TooLargeError: it would take more.
    """
    layer = build_layer(keras, trial.call)
    if memory.byte_limit is None:
        return layer
    weight_count = memory.weight_count
    try:
        check_call(keras, layer, trial.tensors, memory)
    except Exception:
        if memory.is_exceeded:
            raise
        # Keras may refuse symbolic arrays and take numbers: a new layer has no weights.
        memory.weight_count = weight_count
        layer = build_layer(keras, trial.call)
    return layer


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


def find_mask_use(keras: Keras, layer: KerasLayer, trial: Trial) -> MaskUse:
    """Return what a layer does with a mask of timesteps, where that is known."""
    shape = trial.tensors[0].shape[1:]
    if trial.arrays:
        shape = trial.arrays[0].shape[1:]
    shapes = [tuple(shape)]
    if len(shape) > 1 and shape[0] > PART_TIMESTEPS:
        # A part of a long sequence is quicker, but a layer may need all of it.
        shapes.insert(0, (PART_TIMESTEPS, *shape[1:]))
    for tried_shape in shapes:
        # Some layers, as Softmax, take no mask of (batch, timesteps): Keras fails.
        with suppress(Exception):
            return behind_mask(keras, layer, tried_shape)
    return MaskUse()


def call_layer(layer: KerasLayer, tensors: Sequence[Tensor]) -> Tensor:
    """Call a layer on a tensor, or on the list of several."""
    import tensorflow as tf

    x = tensors[0]
    has_numbers = isinstance(x, np.ndarray) or tf.is_tensor(x)
    if has_numbers and len(x.shape) > 2:
        layer = traced_if_long(layer, x.shape[1])
    with catch_warnings():
        simplefilter("ignore")
        if len(tensors) > 1:
            return layer(list(tensors))
        return layer(x)


def shape_in_model(returned: Tensor, batch_size: int | None) -> ModelShape:
    """Return the shape of what a layer gave; several arrays have a tuple of shapes.

    Those of a stack of cells are nested. A model takes a list of one array for the array.
    """
    if not isinstance(returned, list | tuple):
        return (batch_size, *returned.shape[1:])
    shapes = [shape_in_model(item, batch_size) for item in returned]
    if len(shapes) == 1:
        return shapes[0]
    return tuple(shapes)


def has_mixed_samples(
    keras: Keras,
    layer: KerasLayer,
    tensors: Sequence[Tensor],
    returned: Sequence[Tensor],
) -> bool:
    """Return True if the first sample gives other numbers alone than beside another.

    The tolerances leave room for sums in another order, as Conv1D has them.
    """
    is_symbolic = isinstance(tensors[0], keras.KerasTensor)
    if is_symbolic or getattr(layer, "stateful", False):
        return False
    lone_samples = [tensor[:1] for tensor in tensors]
    returned_alone = keras.tree.flatten(call_layer(layer, lone_samples))
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


def find_cure(keras: Keras, trial: Trial, spec: Spec, memory: Memory) -> str:
    """Return what a refused layer takes instead: a value of `TriedLayer.cure`.

    That is "first", "several", "pair", "sequence", "vector" or "timesteps". It is "" if
    nothing is found that the layer takes sample by sample: one for images takes two
    vectors for an image.
    """
    x = trial.tensors[0]
    if len(trial.tensors) > 1:
        return "" if trial.call.takes_several else "first"
    if trial.call.takes_several:
        cure = "several"
        tensors = [x, x]
    elif trial.call.name in TAKES_QUERY_AND_VALUE:
        cure = "pair"
        tensors = [x, x]
    elif len(x.shape) == 2:
        cure = "sequence"
        tensors = [like(keras, x, (spec.timesteps, x.shape[-1]))]
    elif trial.open_tensors and takes(keras, trial, memory):
        return "timesteps"
    elif len(x.shape) == 3:
        cure = "vector"
        tensors = [like(keras, x, (x.shape[-1],))]
    else:
        return ""
    trial = trial._replace(tensors=tensors)
    try:
        layer = layer_within(keras, trial, copy(memory))
        if cure == "pair":
            layer(*tensors)
            return cure
        arrays = keras.tree.flatten(call_layer(layer, tensors))
        mixes_samples = has_mixed_samples(keras, layer, tensors, arrays)
    except Exception:
        # Keras refuses that as well, by whatever type.
        return ""
    if mixes_samples:
        return ""
    return cure


def takes(keras: Keras, trial: Trial, memory: Memory) -> bool:
    """Return True if a layer takes the numbers of a trial; Keras refuses by many types."""
    try:
        call_layer(layer_within(keras, trial, copy(memory)), trial.tensors)
    except Exception:
        return False
    return True


def like(keras: Keras, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return two samples of another shape, of numbers if x has numbers."""
    if isinstance(x, keras.KerasTensor):
        return keras.Input(shape)
    rng = np.random.default_rng(0)
    return rng.standard_normal((len(x), *shape), dtype=np.float32)
