"""Say the same in PyTorch: the modules, what they return, where their weights come from.

As https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers has it: the same
equations with transposed weights and two biases, of which Keras sums those of LSTM and
SimpleRNN to one. A GRU's gates stand in another order there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from math import prod
from typing import NamedTuple

from lstm_shapes.shapes.cell import Cell
from lstm_shapes.shapes.layer import Layer, literal
from lstm_shapes.shapes.returned import LayerSpec, WeightSpec
from lstm_shapes.shapes.spec import Spec

# Layers that PyTorch's one module holds, one on the other.
Module = Sequence[LayerSpec]


class Output(NamedTuple):
    """An array that a module returns.

    Attributes:
        name: Its name.
        axes: The names of its axes.
        shape: Its shape.
        equals: The names of Keras' arrays by expressions of it: `hidden_state` by
            `h_n[-1]`.
        equals_where_masked: Whether they are equal at masked timesteps too: there
            PyTorch has zeros, and Keras repeats h in a layer of one direction.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    equals: Mapping[str, str]
    equals_where_masked: bool = True


class Weight(NamedTuple):
    """A parameter of a module, and how it is made of Keras': `kernel.T`, or `zeros`."""

    name: str
    shape: tuple[int, ...]
    origin: str


class PyTorch(NamedTuple):
    """Layers of a spec in PyTorch.

    Attributes:
        call: The modules as one writes them.
        code: The lines that make and call them.
        outputs: What the last module returns.
        weights: What the modules hold, in PyTorch's order.
        parameters: How many numbers that are.
        state_order: The layer and direction of h_n[0], of h_n[1] and so on.
        keras_weights: What Keras' weights are of PyTorch's: the way back.
        convert: The lines that define what both ways use.
    """

    call: str
    code: tuple[str, ...]
    outputs: tuple[Output, ...]
    weights: tuple[Weight, ...]
    parameters: int
    state_order: tuple[str, ...]
    keras_weights: Mapping[str, str]
    convert: tuple[str, ...]


def untranslatable(spec: Spec) -> tuple[str, ...]:
    """Return what of the layers, as written in Keras, has no counterpart in PyTorch.

    Example:
        >>> from lstm_shapes.shapes.cell import LSTM
        >>> untranslatable(Spec(layers=(Layer(cell=LSTM, units=5, go_backwards=True),)))
        ('LSTM(go_backwards=True)',)
    """
    lacking: dict[str, None] = {}
    for layer in spec.layers:
        if layer.bidirectional and layer.merge_mode != "concat":
            lacking[f"Bidirectional(merge_mode={literal(layer.merge_mode)})"] = None
        if layer.backward_layer is not None:
            lacking["Bidirectional(backward_layer=)"] = None
        if layer.bidirectional and layer.wrapper_dtype != layer.dtype:
            dtypes = [literal(layer.wrapper_dtype), literal(layer.dtype)]
            lacking[f"Bidirectional(dtype={dtypes[0]}) around dtype={dtypes[1]}"] = None
        for argument in untranslatable_arguments(layer):
            lacking[f"{layer.cell.name}({argument})"] = None
    if spec.padding == "pre" and spec.is_masked:
        # torch.nn.utils.rnn.pack_padded_sequence takes padding at the end alone.
        lacking['padding="pre"'] = None
    return tuple(lacking)


def untranslatable_arguments(layer: Layer) -> list[str]:
    """Return the arguments of Keras' recurrent class that PyTorch has not."""
    arguments = []
    for name in ("go_backwards", "stateful", "zero_output_for_mask"):
        if getattr(layer, name):
            arguments.append(f"{name}=True")
    if not layer.reset_after:
        arguments.append("reset_after=False")
    if layer.dtype.startswith("mixed_"):
        arguments.append(f"dtype={literal(layer.dtype)}")
    # torch.nn.RNN alone has a choice of functions.
    has_relu = layer.cell.torch_name == "RNN" and layer.activation == "relu"
    if layer.activation != "tanh" and not has_relu:
        arguments.append(f"activation={literal(layer.activation)}")
    if layer.recurrent_activation != "sigmoid":
        arguments.append(f"recurrent_activation={literal(layer.recurrent_activation)}")
    return arguments


def in_pytorch(spec: Spec) -> PyTorch:
    """Translate a spec of which nothing is `untranslatable`.

    Example:
        >>> from lstm_shapes.shapes.spec import LSTMSpec
        >>> in_pytorch(LSTMSpec(features=4, units=5)).code
        ('lstm = torch.nn.LSTM(4, 5, batch_first=True)', 'output, (h_n, c_n) = lstm(x)')
    """
    modules = modules_of(spec)
    calls = [module_call(module) for module in modules]
    outputs = outputs_of(modules[-1])
    weights: list[Weight] = []
    keras_weights: dict[str, str] = {}
    remaining = iter(spec.weights)
    for module in modules:
        prefix = ""
        if len(modules) > 1:
            prefix = f"{module[0].name}."
        for number, layer_spec in enumerate(module):
            for direction in layer_spec.directions:
                suffix = f"_l{number}"
                if direction.is_backward:
                    suffix += "_reverse"
                count = len(layer_spec.weights_of(direction))
                keras_weight_specs = list(islice(remaining, count))
                pair = WeightPair(layer_spec.layer, prefix, suffix, keras_weight_specs)
                weights.extend(pair.pytorch_weights())
                keras_weights.update(pair.keras_weights())
    return PyTorch(
        call=", ".join(calls),
        code=tuple(code_lines(spec, modules, outputs)),
        outputs=outputs,
        weights=tuple(weights),
        parameters=sum(prod(weight.shape) for weight in weights),
        state_order=state_order(modules[-1]),
        keras_weights=keras_weights,
        convert=conversion_lines(spec),
    )


def modules_of(spec: Spec) -> list[Module]:
    """Split a stack into modules: a module's layers are of one kind and size."""
    groups = groupby(spec.layer_specs, key=module_key)
    return [list(layer_specs) for _, layer_specs in groups]


def module_key(layer_spec: LayerSpec) -> tuple[object, ...]:
    """Return what the layers of one module have in common."""
    layer = layer_spec.layer
    return (
        layer.cell.name,
        layer.units,
        layer.use_bias,
        layer.activation,
        layer.bidirectional,
        layer.dtype,
    )


def module_call(module: Module) -> str:
    """Write a module: `torch.nn.LSTM(4, 5, batch_first=True)`."""
    layer = module[0].layer
    arguments = [str(module[0].features), str(layer.units)]
    if len(module) > 1:
        arguments.append(f"num_layers={len(module)}")
    if layer.activation != "tanh":
        arguments.append(f"nonlinearity={literal(layer.activation)}")
    if not layer.use_bias:
        arguments.append("bias=False")
    arguments.append("batch_first=True")
    if layer.bidirectional:
        arguments.append("bidirectional=True")
    if layer.dtype != "float32":
        arguments.append(f"dtype=torch.{layer.dtype}")
    return f"torch.nn.{layer.cell.torch_name}({', '.join(arguments)})"


def code_lines(
    spec: Spec, modules: Sequence[Module], outputs: Sequence[Output]
) -> list[str]:
    """Write the lines that make the modules, and hand x from one to the next."""
    names = [module[0].name for module in modules]
    lines = []
    for name, module in zip(names, modules, strict=True):
        lines.append(f"{name} = {module_call(module)}")
    dtype = "float32"
    if modules[0][0].layer.dtype != dtype:
        dtype = modules[0][0].layer.dtype
        lines.append(f"x = x.to(torch.{dtype})")
    if spec.lengths:
        lines.append(
            "from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence"
        )
        lines.append(
            f"x = pack_padded_sequence(x, {list(spec.lengths)}, batch_first=True,"
            " enforce_sorted=False)"
        )
    for name, next_module in zip(names[:-1], modules[1:], strict=True):
        lines.append(f"x, _ = {name}(x)")
        if next_module[0].layer.dtype != dtype:
            # Keras casts by itself what a layer takes.
            dtype = next_module[0].layer.dtype
            lines.append(f"x = x.to(torch.{dtype})")
    output_name = outputs[0].name
    state_names = ", ".join(output.name for output in outputs[1:])
    if len(outputs) > 2:
        state_names = f"({state_names})"
    lines.append(f"{output_name}, {state_names} = {names[-1]}(x)")
    if spec.lengths:
        lines.append(
            f"{output_name}, _ = pad_packed_sequence({output_name}, batch_first=True,"
            f" total_length={spec.timesteps})"
        )
    return lines


def state_order(module: Module) -> tuple[str, ...]:
    """Return the layer and direction of each row of h_n: `l0 forward`."""
    order = []
    for number, layer_spec in enumerate(module):
        for direction in layer_spec.directions:
            order.append(f"l{number} {direction.name}".strip())
    return tuple(order)


def conversion_lines(spec: Spec) -> tuple[str, ...]:
    """Write the function that puts blocks of columns into PyTorch's order and back."""
    for layer in spec.layers:
        if needs_swap(layer.cell):
            letters = list(layer.cell.gates)
            torch_letters = list(layer.cell.torch_gates)
            order = tuple(letters.index(letter) for letter in torch_letters)
            before = ", ".join(letters)
            after = ", ".join(torch_letters)
            return (
                f"def swap(w):  # the order {before} to {after}",
                f"    blocks = np.split(w, {len(order)}, axis=-1)",
                f"    return np.concatenate([blocks[i] for i in {order}], axis=-1)",
            )
    return ()


def needs_swap(cell: Cell) -> bool:
    """Return True if PyTorch has a kind's blocks of columns in another order."""
    return list(cell.torch_gates) != list(cell.gates)


def outputs_of(module: Module) -> tuple[Output, ...]:
    """Return what a module returns, and which of Keras' arrays that is."""
    layer_spec = module[-1]
    layer = layer_spec.layer
    with_states = replace(layer_spec, layer=replace(layer, return_state=True))
    sequence = layer_spec.arrays_of_every_h[0]
    last_states = state_outputs(module, with_states)
    output = Output(
        name="output",
        axes=sequence.axes,
        shape=sequence.shape,
        equals={"output": sequence.name},
        equals_where_masked=layer.bidirectional or not layer_spec.is_masked,
    )
    if not layer.return_sequences:
        output, last_states[0] = with_lone_output(layer_spec, output, last_states[0])
    return (output, *last_states)


def state_outputs(module: Module, with_states: LayerSpec) -> list[Output]:
    """Return h_n and c_n: each (layers × directions, batch, units)."""
    cell = with_states.layer.cell
    direction_count = len(with_states.directions)
    layer_axis = "layers"
    if direction_count > 1:
        layer_axis = "layers × directions"
    outputs = []
    for number, letter in enumerate(cell.letters):
        states = with_states.states[number :: len(cell.letters)]
        equals = {}
        for position, state in enumerate(states):
            equals[f"{letter}_n[{position - direction_count}]"] = state.name
        output = Output(
            name=f"{letter}_n",
            axes=(layer_axis, *states[0].axes),
            shape=(len(module) * direction_count, *states[0].shape),
            equals=equals,
        )
        outputs.append(output)
    return outputs


def with_lone_output(
    layer_spec: LayerSpec, output: Output, hidden: Output
) -> tuple[Output, Output]:
    """Say where Keras' `output` stands, which PyTorch has within `output` or h_n."""
    name = layer_spec.arrays_of_last_h[0].name
    if layer_spec.layer.bidirectional:
        joined = f"torch.cat(({', '.join(hidden.equals)}), dim=1)"
        return output, hidden._replace(equals={**hidden.equals, joined: name})
    if not layer_spec.is_masked:
        return output._replace(equals={**output.equals, "output[:, -1]": name}), hidden
    # PyTorch's output has zeros at masked timesteps, so its last row is not the last h.
    if not layer_spec.layer.return_state:
        return output, hidden._replace(equals={"h_n[-1]": name})
    return output, hidden


class WeightPair(NamedTuple):
    """The weights of one direction of a layer, Keras' and PyTorch's.

    `prefix` and `suffix` stand around PyTorch's names: `lstm_1.weight_ih_l0_reverse`.
    `keras_weight_specs` are Keras' kernel, recurrent_kernel and, if any, bias.
    """

    layer: Layer
    prefix: str
    suffix: str
    keras_weight_specs: Sequence[WeightSpec]

    def pytorch_name(self, name: str) -> str:
        """Return the name of PyTorch's parameter."""
        return f"{self.prefix}{name}{self.suffix}"

    def swapped(self, expression: str) -> str:
        """Write an expression with its blocks of columns in the order of the target."""
        if needs_swap(self.layer.cell):
            return f"swap({expression})"
        return expression

    def pytorch_weights(self) -> list[Weight]:
        """Return PyTorch's parameters, and what they are of Keras' weights."""
        weights = []
        for name, keras_weight in zip(
            ("weight_ih", "weight_hh"), self.keras_weight_specs[:2], strict=True
        ):
            weight = Weight(
                self.pytorch_name(name),
                keras_weight.shape[::-1],
                f"{self.swapped(keras_weight.name)}.T",
            )
            weights.append(weight)
        if self.layer.use_bias:
            bias = self.keras_weight_specs[2]
            origins = [bias.name, "zeros"]
            if self.layer.bias_rows == 2:
                origins = [
                    self.swapped(f"{bias.name}[0]"),
                    self.swapped(f"{bias.name}[1]"),
                ]
            for name, origin in zip(("bias_ih", "bias_hh"), origins, strict=True):
                shape = bias.shape[-1:]
                weights.append(Weight(self.pytorch_name(name), shape, origin))
        return weights

    def keras_weights(self) -> dict[str, str]:
        """Return what Keras' weights are of PyTorch's parameters."""
        kernel, recurrent_kernel = self.keras_weight_specs[:2]
        weight_ih = self.pytorch_name("weight_ih")
        weight_hh = self.pytorch_name("weight_hh")
        expressions = {
            kernel.name: self.swapped(f"{weight_ih}.T"),
            recurrent_kernel.name: self.swapped(f"{weight_hh}.T"),
        }
        if self.layer.use_bias:
            bias_ih = self.pytorch_name("bias_ih")
            bias_hh = self.pytorch_name("bias_hh")
            bias = f"{bias_ih} + {bias_hh}"
            if self.layer.bias_rows == 2:
                rows = f"{self.swapped(bias_ih)}, {self.swapped(bias_hh)}"
                bias = f"np.stack([{rows}])"
            expressions[self.keras_weight_specs[2].name] = bias
        return expressions
