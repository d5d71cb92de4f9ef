"""The same layers in PyTorch: the modules, what they return, where their weights come from.

As https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html has it: the same equations
with the gates in the same order as in Keras, transposed weights, and two biases that are summed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from math import prod
from typing import NamedTuple

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec


class Output(NamedTuple):
    """An array that a module returns; `equals` maps expressions of it to the arrays of Keras."""

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    equals: Mapping[str, str]


class Weight(NamedTuple):
    """A parameter of a module, and the weight of Keras it comes from: `kernel.T`, or `zeros`."""

    name: str
    shape: tuple[int, ...]
    origin: str


class PyTorch(NamedTuple):
    """The modules as one writes them, the lines that call them, what they return and hold."""

    call: str
    code: tuple[str, ...]
    outputs: tuple[Output, ...]
    weights: tuple[Weight, ...]
    parameters: int


def in_pytorch(spec: LSTMSpec) -> PyTorch:
    """Translate a spec; layers of unequal units are several modules.

    Example:
        >>> in_pytorch(LSTMSpec(features=4, units=5)).code
        ('lstm = torch.nn.LSTM(4, 5, batch_first=True)', 'output, (h_n, c_n) = lstm(x)')
    """
    stacks = [list(layers) for _, layers in groupby(spec.layers, key=lambda layer: layer.units)]
    modules = {}
    for layers in stacks:
        depth = f", num_layers={len(layers)}" if len(layers) > 1 else ""
        both = ", bidirectional=True" if spec.bidirectional else ""
        sizes = f"{layers[0].features}, {layers[0].units}{depth}"
        call = f"torch.nn.{spec.cell.name}({sizes}, batch_first=True{both})"
        modules[layers[0].name] = call
    outputs, weights = _outputs(stacks[-1]), tuple(_weights(spec, stacks))
    *lower, last = modules
    first, *states = (output.name for output in outputs)
    returned = f"{first}, ({', '.join(states)})" if len(states) > 1 else f"{first}, {states[0]}"
    made = (f"{name} = {call}" for name, call in modules.items())
    code = (*made, *(f"x, _ = {name}(x)" for name in lower), f"{returned} = {last}(x)")
    parameters = sum(prod(weight.shape) for weight in weights)
    return PyTorch(", ".join(modules.values()), code, outputs, weights, parameters)


def _outputs(layers: Sequence[LayerSpec]) -> tuple[Output, ...]:
    layer = layers[-1]
    directions, letters = len(layer.directions), layer.cell.letters
    every, *states = replace(layer, return_sequences=True, return_state=True).outputs
    axes = ("layers × directions" if layer.bidirectional else "layers", *states[0].axes)
    shape = (len(layers) * directions, *states[0].shape)
    last = []
    for number, letter in enumerate(letters):
        of_letter = enumerate(states[number :: len(letters)])
        equals = {f"{letter}_n[{at - directions}]": state.name for at, state in of_letter}
        last.append(Output(f"{letter}_n", axes, shape, equals))
    output = {"output": every.name}
    if not layer.return_sequences and layer.bidirectional:
        both = f"torch.cat(({', '.join(last[0].equals)}), dim=1)"
        last[0] = last[0]._replace(equals={**last[0].equals, both: layer.output.name})
    elif not layer.return_sequences:
        output["output[:, -1]"] = layer.output.name
    return (Output("output", every.axes, every.shape, output), *last)


def _weights(spec: LSTMSpec, stacks: Sequence[Sequence[LayerSpec]]) -> Iterator[Weight]:
    ours = iter(spec.weights)
    for layers in stacks:
        prefix = f"{layers[0].name}." if len(stacks) > 1 else ""
        for at, layer in enumerate(layers):
            for direction in layer.directions:
                suffix = f"l{at}_reverse" if direction == "backward" else f"l{at}"
                kernel, recurrent_kernel, bias = islice(ours, len(layer.direction_weights))
                for name, shape, origin in (
                    ("weight_ih", kernel.shape[::-1], f"{kernel.name}.T"),
                    ("weight_hh", recurrent_kernel.shape[::-1], f"{recurrent_kernel.name}.T"),
                    ("bias_ih", bias.shape, bias.name),
                    ("bias_hh", bias.shape, "zeros"),
                ):
                    yield Weight(f"{prefix}{name}_{suffix}", shape, origin)
