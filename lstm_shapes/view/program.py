"""Spec → the short Keras program that one would write by hand, to keep and to change."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from lstm_shapes.spec.equality import equalities
from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.words import difference, listed, meaning

WIDTH = 100
PROGRAM = '''"""Show what a Keras {cell} returns: the axes and the shape of each array."""

import keras
import numpy as np
from keras.layers import {classes}

seed = {seed}
keras.utils.set_random_seed(seed)  # the same weights every time

{x}

inputs = keras.Input(shape=(timesteps, features))  # of any batch size
{layers}
model = keras.Model(inputs, outputs)
model.summary()

# The arrays that the layer returns, in Keras' order.
{arrays}
'''
RANDOM = """# Random numbers in place of data: features at every timestep of every sample.
batch_size, timesteps, features = {}, {}, {}
rng = np.random.default_rng(seed)
x = rng.standard_normal((batch_size, timesteps, features), dtype="float32")"""
LOADED = """x = np.load({!a}).astype("float32")
batch_size, timesteps, features = x.shape"""


def program(spec: LSTMSpec, seed: int, input_file: Path | None = None) -> str:
    """Return a program whose arrays are those of a run with this seed, or of the input file."""
    return PROGRAM.format(
        cell=spec.cell.name,
        classes=f"{spec.cell.name}, Bidirectional" if spec.bidirectional else spec.cell.name,
        seed=seed,
        x=LOADED.format(str(input_file)) if input_file else RANDOM.format(*spec.input.shape),
        layers="\n".join(_layers(spec)),
        arrays="\n".join(_arrays(spec)),
    )


def _layers(spec: LSTMSpec) -> Iterator[str]:
    (*lower, last), letters, below = spec.layers, spec.cell.letters, "inputs"
    if spec.bidirectional:
        yield f"# Bidirectional has a second {spec.cell.name} read from the last timestep to the"
        yield "# first, and puts the units of both side by side."
    if lower:
        yield "# Each layer below the last returns every timestep to the next."
    for layer in lower:
        yield f"hidden_states = {layer.code()}({below})"
        below = "hidden_states"
    if last.return_sequences:
        yield f"# return_sequences=True: {letters[0]} at every timestep, not at the last one alone."
    if last.return_state:
        yield f"# return_state=True: also the states that the layer ends with, {listed(letters)}."
    if not (last.return_sequences or last.return_state):
        yield f"# Without {listed(FLAGS)}: {letters[0]} at the last timestep alone."
    name = spec.layers[0].name
    yield from (f"{name} = {last.code()}", f"outputs = {name}({below})")


def _arrays(spec: LSTMSpec) -> Iterator[str]:
    names = [array.name for array in spec.outputs]
    unpacked = ", ".join(names)
    if len(unpacked) > WIDTH - len(" = model.predict(x, verbose=0)"):
        unpacked = "(\n    " + ",\n    ".join(names) + ",\n)"
    yield f"{unpacked} = model.predict(x, verbose=0)"
    for array in spec.outputs:
        yield f"# ({', '.join(array.axes)}): {meaning(array)}."
        for equality in equalities(spec.last):
            if equality.left.name == array.name:
                why = "" if equality.equal else f": {difference(equality, spec.last)}"
                yield from (f"# {text}" for text in wrap(equality.claim + why, WIDTH - 2))
        yield f'print("{array.name}", {array.name}.shape)'
