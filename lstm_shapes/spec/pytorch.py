"""The same layers in PyTorch: the modules, what they return, where their weights come from.

As https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers has it: the same equations with
transposed weights and two biases, of which Keras sums those of LSTM and SimpleRNN to one. A GRU's
gates stand in another order there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from math import prod
from typing import NamedTuple

from lstm_shapes.spec.cell import Cell
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
    """The modules as one writes them, the lines that call them, what they return and hold.

    `state_order` says of which layer and direction h_n[0] is, h_n[1] and so on. `keras_weights` map
    Keras' weights to what they are here. `convert` are the lines that define what both use.
    """

    call: str
    code: tuple[str, ...]
    outputs: tuple[Output, ...]
    weights: tuple[Weight, ...]
    parameters: int
    state_order: tuple[str, ...]
    keras_weights: Mapping[str, str]
    convert: tuple[str, ...]


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
        call = f"torch.nn.{spec.cell.torch}({sizes}, batch_first=True{both})"
        modules[layers[0].name] = call
    outputs, weights = _outputs(stacks[-1]), tuple(_weights(spec, stacks))
    *lower, last = modules
    first, *states = (output.name for output in outputs)
    returned = f"{first}, ({', '.join(states)})" if len(states) > 1 else f"{first}, {states[0]}"
    code = [f"{name} = {call}" for name, call in modules.items()]
    if spec.lengths:
        code += ["from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence"]
        how = "batch_first=True, enforce_sorted=False"
        code += [f"x = pack_padded_sequence(x, {[*spec.lengths]}, {how})"]
    code += [*(f"x, _ = {name}(x)" for name in lower), f"{returned} = {last}(x)"]
    if spec.lengths:
        how = f"batch_first=True, total_length={spec.timesteps}"
        code += [f"{first}, _ = pad_packed_sequence({first}, {how})"]
    return PyTorch(
        call=", ".join(modules.values()),
        code=tuple(code),
        outputs=outputs,
        weights=weights,
        parameters=sum(prod(weight.shape) for weight in weights),
        state_order=tuple(
            f"l{at} {direction}".strip()
            for at, layer in enumerate(stacks[-1])
            for direction in layer.directions
        ),
        keras_weights=_keras_weights(spec, [weight.name for weight in weights]),
        convert=tuple(_convert(spec.cell)),
    )


def _keras_weights(spec: LSTMSpec, names: Sequence[str]) -> Mapping[str, str]:
    """Return the expression for each weight of Keras, of the four that a direction has here."""
    swap = "swap({})" if any(_convert(spec.cell)) else "{}"
    found = list[str]()
    for at in range(0, len(names), 4):
        kernel, recurrent_kernel, *biases = names[at : at + 4]
        bias = " + ".join(biases)
        if spec.cell.bias_rows > 1:
            bias = f"np.stack([{', '.join(map(swap.format, biases))}])"
        found += [swap.format(f"{kernel}.T"), swap.format(f"{recurrent_kernel}.T"), bias]
    return dict(zip((weight.name for weight in spec.weights), found, strict=True))


def _convert(cell: Cell) -> Iterator[str]:
    """Yield the function that puts the blocks of columns into PyTorch's order and back."""
    if [*cell.torch_gates] != [*cell.gates]:
        order = tuple([*cell.gates].index(letter) for letter in cell.torch_gates)
        yield f"def swap(w):  # the order {', '.join(cell.gates)} to {', '.join(cell.torch_gates)}"
        yield f"    blocks = np.split(w, {len(order)}, axis=-1)"
        yield f"    return np.concatenate([blocks[i] for i in {order}], axis=-1)"


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
    elif not layer.return_sequences and not layer.is_masked:
        output["output[:, -1]"] = layer.output.name
    elif not (
        layer.return_sequences or layer.return_state
    ):  # `output` has zeros where it is masked
        last[0] = last[0]._replace(equals={"h_n[-1]": layer.output.name})
    return (Output("output", every.axes, every.shape, output), *last)


def _weights(spec: LSTMSpec, stacks: Sequence[Sequence[LayerSpec]]) -> Iterator[Weight]:
    ours, swap = iter(spec.weights), "swap({})" if any(_convert(spec.cell)) else "{}"
    for layers in stacks:
        prefix = f"{layers[0].name}." if len(stacks) > 1 else ""
        for at, layer in enumerate(layers):
            for direction in layer.directions:
                suffix = f"l{at}_reverse" if direction == "backward" else f"l{at}"
                kernel, recurrent, bias = islice(ours, len(layer.direction_weights))
                biases = swap.format(bias.name), "zeros"
                if len(bias.shape) > 1:  # a row for each of the two
                    biases = swap.format(f"{bias.name}[0]"), swap.format(f"{bias.name}[1]")
                for name, shape, origin in (
                    ("weight_ih", kernel.shape[::-1], swap.format(kernel.name) + ".T"),
                    ("weight_hh", recurrent.shape[::-1], swap.format(recurrent.name) + ".T"),
                    ("bias_ih", bias.shape[-1:], biases[0]),
                    ("bias_hh", bias.shape[-1:], biases[1]),
                ):
                    yield Weight(f"{prefix}{name}_{suffix}", shape, origin)
