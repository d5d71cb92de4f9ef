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
    outputs, (weights, keras_weights) = _outputs(stacks[-1]), _weights(spec, stacks)
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
        weights=tuple(weights),
        parameters=sum(prod(weight.shape) for weight in weights),
        state_order=tuple(
            f"l{at} {direction}".strip()
            for at, layer in enumerate(stacks[-1])
            for direction in layer.directions
        ),
        keras_weights=keras_weights,
        convert=tuple(_convert(spec.cell)),
    )


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


def _weights(
    spec: LSTMSpec, stacks: Sequence[Sequence[LayerSpec]]
) -> tuple[list[Weight], dict[str, str]]:
    """Return the weights, four for each direction, and what Keras' three are of them."""
    weights, keras_weights = list[Weight](), dict[str, str]()
    ours, swap = iter(spec.weights), "swap({})" if any(_convert(spec.cell)) else "{}"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    each = [(of, at, d) for of in stacks for at, layer in enumerate(of) for d in layer.directions]
    for layers, at, direction in each:
        module = f"{layers[0].name}." if len(stacks) > 1 else ""
        of = f"_l{at}_reverse" if direction == "backward" else f"_l{at}"
        ih, hh, *biases = (f"{module}{name}{of}" for name in names)
        kernel, recurrent, bias = islice(ours, 3)
        shapes = kernel.shape[::-1], recurrent.shape[::-1], bias.shape[-1:], bias.shape[-1:]
        rows, both = [bias.name, "zeros"], " + ".join(biases)
        if len(bias.shape) > 1:
            rows = [swap.format(f"{bias.name}[{row}]") for row in (0, 1)]
            both = f"np.stack([{', '.join(map(swap.format, biases))}])"
        origins = [f"{swap.format(of.name)}.T" for of in (kernel, recurrent)] + rows
        weights += map(Weight, (ih, hh, *biases), shapes, origins)
        expressions = swap.format(f"{ih}.T"), swap.format(f"{hh}.T"), both
        keras_weights |= zip((kernel.name, recurrent.name, bias.name), expressions, strict=True)
    return weights, keras_weights
