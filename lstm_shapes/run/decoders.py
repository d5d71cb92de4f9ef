"""Begin decoders at the states that came back."""

from collections.abc import Iterator, Mapping

import numpy as np

from lstm_shapes.run.tensorflow import Keras, KerasLayer
from lstm_shapes.run.trials import Decoder
from lstm_shapes.run.values import Results, Values
from lstm_shapes.shapes.spec import Spec

# So many samples and timesteps are enough to tell a shape.
PART = 2


def try_decoders(
    keras: Keras, spec: Spec, x: Values, results: Results
) -> Iterator[Decoder]:
    """Run decoders that begin at the states that came back, on a part of the input.

    The states of both directions go to a decoder in both directions. They also go side
    by side to a decoder in one direction, which has twice the units.
    """
    if not spec.return_state:
        return
    part = x[:PART, :PART]
    states = {}
    for array in spec.last.states:
        states[array.name] = results[array.name][:PART]
    units = spec.last.layer.units
    kind = spec.cell.name
    batch_size = spec.input.model_shape[0]
    if not spec.bidirectional:
        layer = decoder_layer(keras, spec, units)
        yield run_decoder(layer, f"{kind}({units})", part, states, batch_size)
        return
    layer = keras.layers.Bidirectional(decoder_layer(keras, spec, units))
    yield run_decoder(
        layer, f"Bidirectional({kind}({units}))", part, states, batch_size
    )
    joined = joined_states(spec, states)
    layer = decoder_layer(keras, spec, 2 * units)
    decoder = run_decoder(layer, f"{kind}({2 * units})", part, joined, batch_size)
    yield decoder._replace(is_joined=True)


def decoder_layer(keras: Keras, spec: Spec, units: int) -> KerasLayer:
    """Return Keras' default layer of the spec's kind, with weights of zeros.

    The numbers do not matter, and zeros are quick to make.
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
    layer: KerasLayer,
    code: str,
    x: Values,
    states: Mapping[str, Values],
    batch_size: int | None,
) -> Decoder:
    """Run a decoder on x (batch, timesteps, features), beginning at these states.

    `code` is how it is written in Keras; the states are named as Python writes them.
    `batch_size` is the batch in the model, None where it is open.
    """
    output = layer(x, initial_state=list(states.values()))
    return Decoder(
        layer=code,
        initial_state=tuple(states),
        output_shape=(batch_size, *output.shape[1:]),
        parameters=layer.count_params(),
    )
