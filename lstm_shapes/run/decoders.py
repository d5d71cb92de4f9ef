"""Begin a decoder at the states that came back."""

from collections.abc import Mapping

import numpy as np

from lstm_shapes.run.dtypes import widened
from lstm_shapes.run.tensorflow import Keras
from lstm_shapes.run.trials import Decoder
from lstm_shapes.run.values import Results, Values
from lstm_shapes.shapes.spec import Spec

# So many samples, timesteps and features are enough to tell a shape.
PART = 2


def try_decoder(keras: Keras, spec: Spec, results: Results) -> Decoder | None:
    """Run a decoder that begins at the states, if they came back.

    It has an input of its own, as the words written so far, and returns every h. It reads
    forward, as only such a layer can go on by itself: the states of both directions go
    to it side by side, and it has the units of both.
    """
    if not spec.return_state:
        return None
    states = {}
    for array in spec.last.states:
        states[array.name] = results[array.name][:PART]
    units = sum(layer.units for layer in spec.last.layer.direction_layers)
    if spec.bidirectional:
        states = side_by_side(spec, states)
    layer_class = getattr(keras.layers, spec.cell.name)
    # The numbers do not matter, and zeros are quick to make.
    layer = layer_class(
        units,
        return_sequences=True,
        kernel_initializer="zeros",
        recurrent_initializer="zeros",
    )
    sample_count = len(next(iter(states.values())))
    y = np.zeros((sample_count, PART, PART), np.float32)
    output = layer(y, initial_state=list(states.values()))
    batch_size = spec.input.model_shape[0]
    return Decoder(
        layer=f"{spec.cell.name}({units}, return_sequences=True)",
        initial_state=tuple(states),
        output_shape=(batch_size, None, *output.shape[2:]),
        units=units,
    )


def side_by_side(spec: Spec, states: Mapping[str, Values]) -> dict[str, Values]:
    """Put the states of both directions side by side, as Concatenate does."""
    joined = {}
    for state in spec.cell.states:
        names = [direction.prefixed(state.name) for direction in spec.last.directions]
        code = f"Concatenate()([{', '.join(names)}])"
        parts = [widened(states[name]) for name in names]
        joined[code] = np.concatenate(parts, axis=1)
    return joined
