"""What torch.nn.LSTM calls it all: the modules, what they return, where weights come from.

As https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html has it: the same equations
with the gates in the same order as in Keras, transposed weights, and two biases that are summed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Any

from lstm_shapes.spec.layer import LayerSpec, WeightSpec
from lstm_shapes.spec.model import LSTMSpec


@dataclass(frozen=True)
class Output:
    """What a module returns: `equals` has the array here that each expression of it is."""

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    equals: Mapping[str, str]


@dataclass(frozen=True)
class Weight(WeightSpec):
    """A parameter of a module, and which weight here it comes from: `kernel.T`, or `zeros`."""

    origin: str


@dataclass(frozen=True)
class PyTorch:
    """The modules that are the layers of a spec, what the last returns, and all their weights.

    `modules` have the name of their first layer, and the call as one writes it:
    `torch.nn.LSTM(4, 5, batch_first=True)`.
    """

    modules: Mapping[str, str]
    outputs: tuple[Output, ...]
    weights: tuple[Weight, ...]

    @property
    def call(self) -> str:
        """The modules as one writes them, from the input on."""
        return ", ".join(self.modules.values())

    @property
    def code(self) -> tuple[str, ...]:
        """The lines that make the modules and call them on x (batch, timesteps, features)."""
        *lower, last = self.modules
        return (
            *(f"{name} = {call}" for name, call in self.modules.items()),
            *(f"x, _ = {name}(x)" for name in lower),
            f"output, (h_n, c_n) = {last}(x)",
        )

    @property
    def parameters(self) -> int:
        """The parameter count of all modules."""
        return sum(weight.count for weight in self.weights)


def in_pytorch(spec: LSTMSpec) -> PyTorch:
    """The layers of a spec in PyTorch's terms; layers of unequal units are several modules.

    Example:
        >>> found = in_pytorch(LSTMSpec(features=4, units=5))
        >>> found.code
        ('lstm = torch.nn.LSTM(4, 5, batch_first=True)', 'output, (h_n, c_n) = lstm(x)')
        >>> [(output.name, output.shape) for output in found.outputs]
        [('output', (1, 3, 5)), ('h_n', (1, 1, 5)), ('c_n', (1, 1, 5))]
        >>> found.parameters
        220
    """
    stacks = [list(layers) for _, layers in groupby(spec.layers, key=lambda layer: layer.units)]
    modules = {layers[0].name: _call(layers) for layers in stacks}
    return PyTorch(modules, _outputs(stacks[-1]), tuple(_weights(spec, stacks)))


def document(spec: LSTMSpec) -> dict[str, Any]:
    """All of it as JSON has it.

    Example:
        >>> document(LSTMSpec())["parameters"]["weights"][0]
        {'name': 'weight_ih_l0', 'shape': (20, 4), 'from': 'kernel.T'}
    """
    found = in_pytorch(spec)
    return {
        "call": found.call,
        "code": found.code,
        "outputs": [
            {"name": output.name, "shape": output.shape, "equals": dict(output.equals)}
            for output in found.outputs
        ],
        "parameters": {
            "total": found.parameters,
            "weights": [
                {"name": weight.name, "shape": weight.shape, "from": weight.origin}
                for weight in found.weights
            ],
        },
    }


def _call(layers: Sequence[LayerSpec]) -> str:
    first = layers[0]
    depth = f", num_layers={len(layers)}" if len(layers) > 1 else ""
    both = ", bidirectional=True" if first.bidirectional else ""
    return f"torch.nn.LSTM({first.features}, {first.units}{depth}, batch_first=True{both})"


def _outputs(layers: Sequence[LayerSpec]) -> tuple[Output, ...]:
    layer = layers[-1]
    directions = len(layer.directions)
    every_h, *states = replace(layer, return_sequences=True, return_state=True).outputs
    output = {"output": every_h.name}
    h_n, c_n = (
        {f"{name}[{at - directions}]": state.name for at, state in enumerate(states[start::2])}
        for start, name in enumerate(("h_n", "c_n"))
    )
    if not layer.return_sequences:
        if layer.bidirectional:
            h_n[f"torch.cat(({', '.join(h_n)}), dim=1)"] = layer.output.name
        else:
            output["output[:, -1]"] = layer.output.name
    axes = ("layers × directions" if layer.bidirectional else "layers", *states[0].axes)
    shape = (len(layers) * directions, *states[0].shape)
    return (
        Output("output", every_h.axes, every_h.shape, output),
        Output("h_n", axes, shape, h_n),
        Output("c_n", axes, shape, c_n),
    )


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
