"""Call layers on the arrays that came back, and begin layers at the states that did."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from math import prod
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.run.masks import behind_mask
from lstm_shapes.run.tried import NextLayer, TwoCalls
from lstm_shapes.run.values import TOLERANCE, Values
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.next import TAKE_SEVERAL, LayerCall, parse_layer

Results = Mapping[str, Values]


def build(keras: Any, value: Any) -> Any:
    """Build the layers of a LayerCall, or raise a CallError that says what is wrong."""
    if isinstance(value, list | tuple) and not isinstance(value, LayerCall):
        return type(value)(build(keras, one) for one in value)
    if not isinstance(value, LayerCall):
        return value
    args, kwargs = build(keras, value.args), {n: build(keras, v) for n, v in value.kwargs.items()}
    named = vars(keras.layers).items()
    kinds = {n: k for n, k in named if isinstance(k, type) and issubclass(k, keras.layers.Layer)}
    if value.name not in kinds:
        by_lower = {name.lower(): name for name in kinds}
        near = [by_lower[n] for n in get_close_matches(value.name.lower(), by_lower)] or ["Dense"]
        like = f"expected one like {', '.join(near)}"
        raise CallError(f"Keras has no layer {quoted(value.name)}, {like}")
    try:
        return kinds[value.name](*args, **kwargs)
    except Exception as error:  # of any kind, as Keras raises what it comes across
        wrong = f"{value.text} cannot be built ({_sentence(error, value.text)})"
        raise CallError(f"{wrong}, expected arguments as Keras takes them") from error


def try_layers(
    keras: Any, spec: LSTMSpec, calls: Sequence[LayerCall], x: Values, results: Results
) -> Iterator[NextLayer]:
    """Run layers on two samples of the first array, or of all if they take several.

    Without any, call `Dense(1)` and `LSTM(1)`: on the first array, then on all. States that came
    back are handed to decoders.
    """
    arrays: Mapping[str, Any]
    if calls:
        two = {of.name: results[of.name][:1] for of in spec.outputs}
        arrays = {name: np.concatenate([x, 1 - x]) for name, x in two.items()}
    else:
        arrays = {of.name: keras.Input(of.shape[1:]) for of in spec.outputs}
    first = dict([next(iter(arrays.items()))])
    for call in calls:
        takes = arrays if call.name in TAKE_SEVERAL else first
        yield _attempt(keras, call, takes, spec)
    for takes in () if calls else (first, arrays) if len(arrays) > 1 else (first,):
        for text in ("Dense(1)", "LSTM(1)"):
            yield _attempt(keras, parse_layer(text), takes, spec)
    if spec.return_state:
        yield from _decoders(keras, spec, x, results)


def _attempt(keras: Any, call: LayerCall, arrays: Mapping[str, Any], spec: LSTMSpec) -> NextLayer:
    layer, given, mixes = build(keras, call), list(arrays.values()), False
    try:
        made = _call(keras, layer, given)
        if isinstance(given[0], np.ndarray) and not getattr(layer, "stateful", False):
            alone = _call(keras, layer, [x[:1] for x in given])
            pairs = ((np.asarray(a), np.asarray(b)) for a, b in zip(made, alone, strict=True))
            close: Any = {"rtol": 1e-4, "atol": 1e-5, "equal_nan": True}
            mixes = not all(len(a) == 2 and np.allclose(a[:1], b, **close) for a, b in pairs)
    except Exception as refusal:  # of any kind, as Keras raises what it comes across
        error, cure = _sentence(refusal, call.text), _cure(keras, call, given, spec.timesteps)
        return NextLayer(call.text, tuple(arrays), None, error, cure=cure)
    shapes = tuple((None, *of.shape[1:]) for of in made)
    parameters = sum(prod(weight.shape) for weight in layer.weights)
    shape = shapes if len(shapes) > 1 else shapes[0]
    mask: tuple[bool, ...] = ()
    if spec.last.is_masked and len(given) == 1 and spec.return_sequences:
        mask = behind_mask(keras, layer, spec.outputs[0].shape[1:])
    return NextLayer(call.text, tuple(arrays), shape, None, parameters, mixes, "", (), *mask)


def _call(keras: Any, layer: Any, given: Sequence[Any]) -> list[Any]:
    import tensorflow as tf

    # Tracing takes 0.2 s, which a loop over a few timesteps does not.
    is_long = isinstance(given[0], np.ndarray) and given[0].ndim > 2 and given[0].shape[1] > 100
    call = tf.function(layer) if is_long else layer
    with catch_warnings():
        simplefilter("ignore")
        return list(keras.tree.flatten(call(given if len(given) > 1 else given[0])))


def _cure(keras: Any, call: LayerCall, given: Sequence[Any], timesteps: int) -> str:
    """Return what the layer takes instead: "first", "several", "sequence" or "vector"."""
    if call.name in TAKE_SEVERAL:
        return "several" if len(given) == 1 else ""
    if len(given) > 1:
        return "first"
    units, is_vector = given[0].shape[-1], len(given[0].shape) == 2
    with suppress(Exception):
        build(keras, call)(keras.Input((timesteps, units) if is_vector else (units,)))
        return "sequence" if is_vector else "vector"
    return ""


def _sentence(error: Exception, typed: str) -> str:
    """Return Keras' first telling sentence, without bold type and layers' names nobody typed."""
    text = re.sub(r"\x1b\[[0-9;]*m|\{\{.*?\}\}| with name 'None'|\[Op:.*", "", str(error))
    text = " ".join(text.split()).partition(" Arguments received by ")[0] or type(error).__name__
    layers = r"""\b[Ll]ayer ["'](\w+)["']"""
    text = re.sub(layers, lambda found: found[0] if found[1] in typed else "the layer", text)
    where, *sentences = re.split(r"(?<=[\w)`'])\.\s", text)
    says_where = where.startswith("Exception encountered when calling")
    return (sentences[0] if says_where and sentences else where).rstrip(". ")


def _decoders(keras: Any, spec: LSTMSpec, x: Values, results: Results) -> Iterator[NextLayer]:
    """Run decoders that begin at the states that came back, on a part of the input.

    States of both directions go to a layer in both, and side by side to one of twice the units.
    """
    layer, cell = spec.last, spec.last.cell
    states = {array.name: results[array.name][:2] for array in layer.outputs[1:]}
    side_by_side = {}
    for state in cell.states if layer.bidirectional else ():
        names = [f"{direction}_{state.name}" for direction in layer.directions]
        both = np.concatenate([states[name] for name in names], axis=1)
        side_by_side[f"Concatenate()([{', '.join(names)}])"] = both
    for handed, is_both in (states, layer.bidirectional), (side_by_side, False):
        for units in {of.shape[1] for of in handed.values()}:
            # The weights make no difference to a shape; zeros cost no time, of whatever size.
            zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
            decoder = getattr(keras.layers, cell.name)(units, **zeros)
            code = f"{cell.name}({units})"
            if is_both:
                decoder, code = keras.layers.Bidirectional(decoder), f"Bidirectional({code})"
            shape = decoder(x[:2, :2], initial_state=list(handed.values())).shape
            facts: Any = {"parameters": decoder.count_params(), "initial_state": tuple(handed)}
            yield NextLayer(code, ("input",), (None, *shape[1:]), None, **facts)


def in_two_calls(spec: LSTMSpec, model: Any, x: Values, results: Results) -> TwoCalls | None:
    """Split the sequence, hand the states on, and compare; None where that says nothing."""
    layer = spec.last
    if not (spec.hands_on and np.isfinite(results[layer.outputs[0].name]).any()):
        return None  # NaN proves nothing
    call, whole = model.get_layer(layer.name), [results[array.name] for array in layer.outputs]
    if not model.run_eagerly:  # a part of what is long or large
        x = x[:2, :4]
        whole = call(x)
    at = x.shape[1] // 2
    head, *states = call(x[:, :at])
    tail, *states = call(x[:, at:], initial_state=states)
    halves = [np.concatenate([head, tail], axis=1) if layer.return_sequences else tail, *states]
    both = [[np.nan_to_num(of) for of in each] for each in (halves, whole)]
    largest = max(float(np.abs(a - b).max()) for a, b in zip(*both, strict=True))
    return TwoCalls((at, x.shape[1] - at), largest <= TOLERANCE, largest)
