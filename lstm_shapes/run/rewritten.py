"""Run a layer as it is written beside one that is written otherwise, and compare.

So a screen can say what an argument does: that predict ignores dropout, that
`go_backwards` is a forward layer on the input turned round, that `stateful` goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lstm_shapes.run.build import build_model, traced_if_long
from lstm_shapes.run.dtypes import tolerance_of
from lstm_shapes.run.tensorflow import Keras, KerasModel
from lstm_shapes.run.trials import OddBatch, Rewriting, Rewritten
from lstm_shapes.run.values import Mask, Results, Values, difference
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec

DROPOUTS = ("dropout", "recurrent_dropout")
# Sums in another order: `recurrent_dropout` makes Keras take another implementation.
TIMES_TOLERANCE = 10
# So many timesteps are enough to tell whether states are kept.
PART_TIMESTEPS = 4


def rewritten_runs(
    keras: Keras,
    spec: Spec,
    model: KerasModel,
    x: Values,
    mask: Mask,
    results: Results,
) -> Iterator[Rewritten]:
    """Yield what comes of the layers written otherwise, where that can be done.

    Args:
        keras: Keras.
        spec: What was run.
        model: The model that was built of it.
        x: The input (batch, timesteps, features).
        mask: False where a timestep is masked, (batch, timesteps).
        results: What predict returned.
    """
    expected = [results[array.name] for array in spec.outputs]
    if any(has_dropout(layer) for layer in spec.layers):
        layers = tuple(without_dropout(layer) for layer in spec.layers)
        returned = run_otherwise(keras, spec.with_layers(layers), model, x, mask)
        yield compared(Rewriting.WITHOUT_DROPOUT, returned, expected)
    last = spec.layers[-1]
    if last.go_backwards and not spec.is_stack and not spec.is_masked:
        forward = spec.with_layers((replace(last, go_backwards=False),))
        returned = run_otherwise(keras, forward, model, x[:, ::-1], mask)
        yield compared(Rewriting.FORWARD_ON_TURNED_INPUT, returned, expected)
    if has_merged_sequences(spec):
        merged = merged_halves(spec, model, x)
        yield compared(Rewriting.MERGED_HALVES, [merged], expected[:1])
    if keeps_states(spec):
        yield from stateful_runs(spec, model, x)


def has_dropout(layer: Layer) -> bool:
    """Return True if a layer drops some of its numbers in training."""
    return any(name in DROPOUTS and value for name, value in layer.other_arguments)


def without_dropout(layer: Layer) -> Layer:
    """Return a layer without dropout."""
    arguments = []
    for name, value in layer.other_arguments:
        if name not in DROPOUTS:
            arguments.append((name, value))
    return replace(layer, other_arguments=tuple(arguments))


def run_otherwise(
    keras: Keras, spec: Spec, model: KerasModel, x: Values, mask: Mask
) -> list[Values]:
    """Return the arrays of a spec with the weights of a model."""
    other_model = build_model(keras, spec)
    other_model.set_weights(model.get_weights())
    other_model.run_eagerly = model.run_eagerly
    inputs: dict[str, Values | Mask] = {"input": x}
    if spec.lengths is not None:
        inputs["mask"] = mask
    returned = other_model.predict(inputs, batch_size=spec.batch_size, verbose=0)
    return [returned[array.name] for array in spec.outputs]


def compared(
    rewriting: Rewriting, returned: Sequence[Values], expected: Sequence[Values]
) -> Rewritten:
    """Return how far arrays are from those of the run."""
    max_difference = 0.0
    for values, expected_values in zip(returned, expected, strict=True):
        max_difference = max(max_difference, difference(values, expected_values))
    holds = max_difference <= TIMES_TOLERANCE * tolerance_of(expected)
    return Rewritten(rewriting, holds, max_difference)


def has_merged_sequences(spec: Spec) -> bool:
    """Return True if every h of both directions is merged, number by number."""
    layer = spec.layers[-1]
    is_merged = layer.bidirectional and layer.merge_mode in ("sum", "mul", "ave")
    return is_merged and layer.return_sequences and not (spec.is_stack or spec.lengths)


def merged_halves(spec: Spec, model: KerasModel, x: Values) -> Values:
    """Run each direction by itself, and merge every h as `merge_mode` says."""
    layer = model.get_layer(spec.last.name)
    halves = []
    for half in (layer.forward_layer, layer.backward_layer):
        returned = traced_if_long(half, spec.timesteps)(x)
        if spec.return_state:
            returned = returned[0]
        halves.append(np.asarray(returned))
    forward, backward = halves
    backward = backward[:, ::-1]
    merge_mode = spec.layers[-1].merge_mode
    if merge_mode == "mul":
        return np.asarray(forward * backward)
    if merge_mode == "ave":
        return np.asarray((forward + backward) / 2)
    return np.asarray(forward + backward)


def keeps_states(spec: Spec) -> bool:
    """Return True if a further call goes on where this one has ended.

    All layers keep their states then, and read forward.
    """
    if spec.timesteps == 1 or spec.lengths is not None:
        return False
    for layer in spec.layers:
        if not layer.stateful or layer.bidirectional or layer.go_backwards:
            return False
    return True


def stateful_runs(spec: Spec, model: KerasModel, x: Values) -> Iterator[Rewritten]:
    """Call the layers on two parts of the input, one after the other, and compare."""
    x = x[:, :PART_TIMESTEPS]
    middle = x.shape[1] // 2
    reset_states(spec, model)
    full = call_layers(spec, model, x)
    reset_states(spec, model)
    head = call_layers(spec, model, x[:, :middle])
    tail = call_layers(spec, model, x[:, middle:])
    if spec.return_sequences:
        full = full[:, middle:]
    yield compared(Rewriting.GOES_ON, [tail], [full])
    reset_states(spec, model)
    head_again = call_layers(spec, model, x[:, :middle])
    yield compared(Rewriting.BEGINS_AGAIN, [head_again], [head])


def reset_states(spec: Spec, model: KerasModel) -> None:
    """Let each layer begin at zeros again."""
    for layer_spec in spec.layer_specs:
        model.get_layer(layer_spec.name).reset_state()


def call_layers(spec: Spec, model: KerasModel, x: Values) -> Values:
    """Return the first array of the last layer, called on the one below it."""
    sequence = x
    for layer_spec in spec.layer_specs:
        returned = model.get_layer(layer_spec.name)(sequence)
        if layer_spec.layer.return_state:
            returned = returned[0]
        sequence = np.asarray(returned)
    return sequence


def find_odd_batch(spec: Spec, model: KerasModel, x: Values) -> OddBatch | None:
    """Predict one sample more than fill a batch, under `stateful`; None without it."""
    if not spec.has_static_batch or spec.batch_size == 1 or spec.lengths is not None:
        return None
    samples = np.concatenate([x, x[:1]])
    row_count = None
    try:
        returned = model.predict(
            {"input": samples}, batch_size=spec.batch_size, verbose=0
        )
        row_count = len(returned[spec.outputs[0].name])
    except Exception:
        # Keras refuses by several types, and TensorFlow by its own.
        row_count = None
    return OddBatch(len(samples), row_count)
