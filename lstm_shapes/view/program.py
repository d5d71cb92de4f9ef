"""Spec → the short Keras program that one would write by hand, to keep and to change."""

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

from lstm_shapes.run.tried import NextLayer
from lstm_shapes.spec.equality import equalities
from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.words import difference, listed, meaning

WIDTH = 100
PROGRAM = '''"""Show what a Keras {cell} returns: the axes and the shape of each array."""

{imports}import keras
import numpy as np
from keras.layers import {classes}

seed = {seed}
keras.utils.set_random_seed(seed)  # the same weights every time

{x}

inputs = keras.Input(shape=(timesteps, features))  # of any batch size
{layers}
model.summary()

# The arrays that the layer returns, in Keras' order.
{arrays}
'''
RANDOM = """# Random numbers in place of data: features at every timestep of every sample.
batch_size, timesteps, features = {}, {}, {}
rng = np.random.default_rng(seed)
x = rng.standard_normal((batch_size, timesteps, features), dtype="float32")"""
LOADED = """x = {}.astype("float32")
batch_size, timesteps, features = x.shape"""
MASK = """
# How many timesteps of each sample are real; where the mask is False, a timestep is left out.
mask = np.arange(timesteps) < np.array({})[:, np.newaxis]"""
TWO_CALLS = """
# In two calls, with the states handed on, the sequence gives the same.
_, *states = {layer}(x[:, :{at}])
_, *states = {layer}(x[:, {at}:], initial_state=states)
print("in two calls", np.allclose(states[0], hidden_state, atol=1e-6))"""


def program(
    spec: LSTMSpec, seed: int, loaded: str = "", next_layers: Sequence[NextLayer] = ()
) -> str:
    """Return a program whose arrays are those of a run with this seed.

    The input is random, or what the Python of `loaded` loads; `next_layers` are called as well.
    """
    x = LOADED.format(loaded) if loaded else RANDOM.format(*spec.input.shape)
    if spec.lengths:
        x += MASK.format([*spec.lengths]) + ("" if loaded else "\nx *= mask[..., np.newaxis]")
    tried = [attempt for attempt in next_layers if not (attempt.error or attempt.initial_state)]
    codes = [spec.last.code(), *(attempt.layer for attempt in tried)]
    classes = sorted({name for code in codes for name in re.findall(r"\b[A-Z]\w*(?=\()", code)})
    lines = [*_arrays(spec), *(line for attempt in tried for line in _behind(attempt))]
    if spec.hands_on:
        at = spec.timesteps // 2
        lines.append(TWO_CALLS.format(layer=spec.layers[0].name, at=at))
    return PROGRAM.format(
        cell=spec.cell.name,
        imports="import io\nimport sys\n\n" if "stdin" in loaded else "",
        classes=", ".join(classes),
        seed=seed,
        x=x,
        layers="\n".join(_layers(spec)),
        arrays="\n".join(lines),
    )


def _behind(attempt: NextLayer) -> Iterator[str]:
    """Call a layer on the arrays that came back, as it was tried."""
    takes = ", ".join(attempt.takes)
    given = f"[{takes}]" if len(attempt.takes) > 1 else takes
    yield from ("", f"behind = {attempt.layer}({given})")
    yield f"print({attempt.layer!r}, behind.shape)"


def _layers(spec: LSTMSpec) -> Iterator[str]:
    (*lower, last), letters, below = spec.layers, spec.cell.letters, "inputs"
    masked = ", mask=masks" if spec.lengths else ""
    if masked:
        yield 'masks = keras.Input(shape=(timesteps,), dtype="bool")'
    for layer in lower:
        yield f"hidden_states = {layer.code()}({below}{masked})"
        below = "hidden_states"
    if last.return_sequences:
        yield f"# return_sequences=True: {letters[0]} at every timestep, not at the last one alone."
    if last.return_state:
        yield f"# return_state=True: also the states that the layer ends with, {listed(letters)}."
    if not (last.return_sequences or last.return_state):
        yield f"# Without {listed(FLAGS)}: {letters[0]} at the last timestep alone."
    name = spec.layers[0].name
    yield from (f"{name} = {last.code()}", f"outputs = {name}({below}{masked})")
    yield f"model = keras.Model({'[inputs, masks]' if masked else 'inputs'}, outputs)"


def _arrays(spec: LSTMSpec) -> Iterator[str]:
    names = [array.name for array in spec.outputs]
    unpacked = ", ".join(names)
    predict = f"model.predict({'[x, mask]' if spec.lengths else 'x'}, verbose=0)"
    if len(unpacked) > WIDTH - len(f" = {predict}"):
        unpacked = "(\n    " + ",\n    ".join(names) + ",\n)"
    yield f"{unpacked} = {predict}"
    for array in spec.outputs:
        yield f"# ({', '.join(array.axes)}): {meaning(array)}."
        for equality in equalities(spec.last):
            if equality.left.name == array.name:
                why = "" if equality.equal else f": {difference(equality, spec.last)}"
                yield from (f"# {text}" for text in wrap(equality.claim + why, WIDTH - 2))
        yield f'print("{array.name}", {array.name}.shape)'
