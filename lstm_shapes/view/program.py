"""Spec → the short Keras program that one would write by hand, to keep and to change."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap

from rich.cells import cell_len

from lstm_shapes.spec.layer import ArraySpec, LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.files import whole_file
from lstm_shapes.view.view import View

_WIDTH = 100
_WRITTEN_OUT = 3
_FLAGS = {
    "return_sequences": "h at every timestep, not at the last one alone",
    "return_state": "also the states that the layer ends with, h and c",
}


class Program(View):
    """The program of the one call as a file; without a run, the seed is 0 if none is given."""

    def __init__(self, request: Request, path: Path) -> None:
        self._request = request
        self._path = path

    def end(self) -> None:
        request = self._request
        (spec,) = request.grid
        text = program(spec, request.seed or 0, str(request.input) if request.input else None)
        with whole_file(self._path, force=request.force) as file:
            file.write(text.encode())


def program(spec: LSTMSpec, seed: int, input_file: str | None = None) -> str:
    """A Python program that builds these layers, predicts, and prints the shape of each array.

    Its random input is that of a run with this seed, its weights are not; with `input_file`, the
    input is loaded from there. It is formatted as Ruff does it at 100 columns.

    Example:
        >>> from lstm_shapes.spec.model import LSTMSpec
        >>> lines = program(LSTMSpec(return_state=True), seed=1).splitlines()
        >>> [line for line in lines if line.startswith("lstm")]
        ['lstm = LSTM(5, return_state=True)']
    """
    classes = "LSTM, Bidirectional" if spec.last.bidirectional else "LSTM"
    paragraphs = (
        ['"""What a Keras LSTM returns: the name, the axes and the shape of each array."""'],
        ["import keras", "import numpy as np", f"from keras.layers import {classes}"],
        [f"seed = {seed}", "keras.utils.set_random_seed(seed)  # the same weights every time"],
        _random(spec) if input_file is None else _loaded(input_file),
        [*_model(spec), "model = keras.Model(inputs, outputs)", "model.summary()"],
        ["# The arrays that the layer returns, in Keras' order.", *_predict(spec.outputs)],
        [line for array in spec.outputs for line in _print(spec, array)],
    )
    return "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"


def _random(spec: LSTMSpec) -> list[str]:
    return [
        "# Random numbers in place of data: features at every timestep of every sample.",
        f"batch_size, timesteps, features = {str(spec.input.shape)[1:-1]}",
        "rng = np.random.default_rng(seed)",
        'x = rng.standard_normal((batch_size, timesteps, features), dtype="float32")',
    ]


def _loaded(input_file: str) -> list[str]:
    literal = _quoted(input_file)
    load = [f"x = np.load({literal})"]
    if cell_len(load[0]) > _WIDTH:
        load = ["x = np.load(", f"    {literal}", ")"]
    return [*load, 'x = x.astype("float32")', "batch_size, timesteps, features = x.shape"]


def _quoted(text: str) -> str:
    """`text` as a literal in the quotes that Ruff prefers, with all that does not print escaped."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = (
        f"\\{letter}" if letter == quote else letter if letter in "'\"" else repr(letter)[1:-1]
        for letter in text
    )
    return f"{quote}{''.join(body)}{quote}"


def _model(spec: LSTMSpec) -> Iterator[str]:
    yield "inputs = keras.Input(shape=(timesteps, features))  # of any batch size"
    if spec.last.bidirectional:
        yield from _comment(
            "Bidirectional has a second LSTM read from the last timestep to the first, and puts "
            "the units of both side by side."
        )
    *lower, last = spec.layers
    if lower:
        yield from _comment("Each layer below the last returns h at every timestep to the next.")
        yield from _lower(lower)
    flags = {name: meaning for name, meaning in _FLAGS.items() if getattr(last, name)}
    for name, meaning in flags.items():
        yield from _comment(f"{name}=True: {meaning}.")
    if not flags:
        yield from _comment(f"Without {' and '.join(_FLAGS)}: h at the last timestep alone.")
    yield f"lstm = {last.call}"
    yield f"outputs = lstm({'hidden_states' if lower else 'inputs'})"


def _lower(lower: Sequence[LayerSpec]) -> Iterator[str]:
    if len(lower) < _WRITTEN_OUT:
        for at, layer in enumerate(lower):
            below = "hidden_states" if at else "inputs"
            yield f"hidden_states = {layer.call}({below})"
        return
    sizes = [layer.units for layer in lower]
    if len(set(sizes)) == 1:
        yield f"units_below = [{sizes[0]}] * {len(sizes)}"
    elif len(in_a_line := f"units_below = {sizes}") <= _WIDTH:
        yield in_a_line
    else:
        rows = wrap(f"{str(sizes)[1:-1]},", _WIDTH - 4)
        yield from ("units_below = [", *(f"    {row}" for row in rows), "]  # fmt: skip")
    yield "hidden_states = inputs"
    yield "for units in units_below:"
    call = lower[0].call.replace(f"LSTM({sizes[0]}", "LSTM(units")
    yield f"    hidden_states = {call}(hidden_states)"


def _predict(outputs: Sequence[ArraySpec]) -> list[str]:
    names = [output.name for output in outputs]
    predict = "model.predict(x, verbose=0)"
    in_a_line = f"{', '.join(names)} = {predict}"
    if len(in_a_line) <= _WIDTH:
        return [in_a_line]
    return ["(", *(f"    {name}," for name in names), f") = {predict}"]


def _print(spec: LSTMSpec, array: ArraySpec) -> Iterator[str]:
    yield from _comment(f"({', '.join(array.axes)}): {array.meaning}.")
    for equality in spec.equalities:
        if equality.left.name == array.name:
            yield from _comment(
                equality.claim if equality.equal else f"{equality.claim}: {equality.meaning}"
            )
    yield f'print("{array.name}", {array.name}.shape)'


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH - 2, break_long_words=False)]
