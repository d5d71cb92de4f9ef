"""Describe a recurrent layer as it is written in Keras, on no input yet.

What its arguments do is documented at
https://keras.io/api/layers/recurrent_layers/lstm/ and
https://keras.io/api/layers/recurrent_layers/bidirectional/.
"""

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from lstm_shapes.errors import CallError, near_names, quoted, whole_number
from lstm_shapes.shapes.cell import Cell, cell_named

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_SIZE = 2**31 - 1
NO_DEFAULTS: Mapping[str, object] = MappingProxyType({})
FLAGS = ("return_sequences", "return_state")
MERGE_MODES = ("concat", "sum", "mul", "ave", None)

# Keras 3.15 takes these names; 3.5 lacks some of them.
ACTIVATIONS = (
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
)

# Keras takes these as well; with the weights given, no array that predict returns
# changes. Their values are names and numbers, and no objects of Keras.
OTHER_ARGUMENTS = (
    "kernel_initializer",
    "recurrent_initializer",
    "bias_initializer",
    "unit_forget_bias",
    "kernel_regularizer",
    "recurrent_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "kernel_constraint",
    "recurrent_constraint",
    "bias_constraint",
    "dropout",
    "recurrent_dropout",
    "seed",
    "unroll",
    "implementation",
)

# Keras takes these too; nothing is shown of them.
UNEXPLORED_ARGUMENTS = (
    "autocast",
    "backward_layer",
    "dtype",
    "name",
    "trainable",
    "use_cudnn",
)


class Direction(NamedTuple):
    """A way through the rows of an input, which are its timesteps.

    Attributes:
        name: "forward" or "backward", and "" for the only direction of a layer.
        is_backward: Whether it reads the last row first, as `go_backwards` does.
        is_turned: Whether Keras turns its sequence round afterwards. Bidirectional does
            so with the backward one: its rows stand as those of the input again.
    """

    name: str
    is_backward: bool
    is_turned: bool = False

    @property
    def reverses_rows(self) -> bool:
        """Return True if its sequence stands the other way round than its input."""
        return self.is_backward and not self.is_turned

    @property
    def last_index(self) -> int:
        """The index of its last h on the axis of timesteps, as NumPy takes it: 0 or -1."""
        if self.is_turned:
            return 0
        return -1

    def last_row(self, timesteps: int) -> int:
        """Return the row of its last h on an axis of that many timesteps."""
        return range(timesteps)[self.last_index]

    def output_row(self, input_row: int, timesteps: int) -> int:
        """Return the row in which the h of a row of the input stands."""
        if self.reverses_rows:
            return timesteps - 1 - input_row
        return input_row

    def prefixed(self, name: str) -> str:
        """Return the name of an array of this direction: `forward_hidden_state`."""
        if self.name:
            return f"{self.name}_{name}"
        return name


@dataclass(frozen=True, kw_only=True, repr=False)
class Layer:
    """A layer as written in Keras, on no input; fields are named as Keras' arguments.

    `bidirectional` puts it into Keras' Bidirectional, of which `merge_mode` is an
    argument. `other_arguments` are passed on to Keras; once the weights are given, they
    change no array.

    Raises:
        CallError: an argument has a value that Keras refuses.

    Example:
        >>> from lstm_shapes.shapes.cell import GRU
        >>> Layer(cell=GRU, units=32, reset_after=False, bidirectional=True).code()
        'Bidirectional(GRU(32, reset_after=False))'
    """

    cell: Cell
    units: int
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    use_bias: bool = True
    reset_after: bool = True
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    stateful: bool = False
    bidirectional: bool = False
    merge_mode: str | None = "concat"
    zero_output_for_mask: bool = False
    # A value can be unhashable, such as a dict from a saved model.
    other_arguments: tuple[tuple[str, object], ...] = field(default=(), hash=False)

    def __post_init__(self) -> None:
        units = whole_number("units", self.units, 1, MAX_SIZE)
        object.__setattr__(self, "units", units)
        for argument in fields(self):
            if argument.type is bool:
                check_bool(argument.name, getattr(self, argument.name))
        check_activation("activation", self.activation)
        check_activation("recurrent_activation", self.recurrent_activation)
        check_kind(self)
        check_bidirectional(self)

    def __repr__(self) -> str:
        arguments = {"units": self.units, **self.arguments}
        call = f"Layer.from_keras({self.cell.name!r}, {arguments})"
        if not self.bidirectional:
            return call
        merge_mode = ""
        if self.merge_mode != "concat":
            merge_mode = f", 'merge_mode': {self.merge_mode!r}"
        return f"Layer.from_keras('Bidirectional', {{'layer': {call}{merge_mode}}})"

    @classmethod
    def from_keras(cls, class_name: str, arguments: Mapping[str, object]) -> "Layer":
        """Return the layer of a class of Keras and its arguments by name.

        `Bidirectional` has the layer it wraps as its argument `layer`.

        Raises:
            CallError: the class is no recurrent layer, or Keras has no such argument.

        Example:
            >>> lstm = Layer.from_keras("LSTM", {"units": 64, "activation": None})
            >>> Layer.from_keras("Bidirectional", {"layer": lstm, "merge_mode": "sum"}).code()
            'Bidirectional(LSTM(64, activation="linear"), merge_mode="sum")'
        """
        if class_name == "Bidirectional":
            return bidirectional_from_keras(arguments)
        cell = cell_named(class_name)
        known_names = keras_arguments(cell)
        fields_given: dict[str, object] = {}
        other_arguments: list[tuple[str, object]] = []
        for name, value in arguments.items():
            if name in other_arguments_of(cell):
                other_arguments.append((name, value))
            elif name not in known_names:
                raise unknown_argument(
                    cell.name, name, known_names + other_arguments_of(cell)
                )
            elif value is None and name in ("activation", "recurrent_activation"):
                fields_given[name] = "linear"
            else:
                fields_given[name] = value
        if "units" not in fields_given:
            raise CallError(f"{cell.name} has no `units`, expected a number of them")
        return cls(
            cell=cell,
            other_arguments=tuple(other_arguments),
            **fields_given,  # type: ignore[arg-type]  # __post_init__ checks each value
        )

    @property
    def class_name(self) -> str:
        """The name of Keras' class, which is Bidirectional around both directions."""
        if self.bidirectional:
            return "Bidirectional"
        return self.cell.name

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The ways through the timesteps, in the order in which Keras returns them."""
        if self.bidirectional:
            return (
                Direction("forward", is_backward=False),
                Direction("backward", is_backward=True, is_turned=True),
            )
        return (Direction("", is_backward=self.go_backwards),)

    @property
    def bias_rows(self) -> int:
        """The biases of a column: two in a GRU with `reset_after`, none without bias."""
        if not self.use_bias:
            return 0
        if self.cell.takes("reset_after") and self.reset_after:
            return 2
        return 1

    @property
    def column_count(self) -> int:
        """The columns of each weight: a block of `units` for each gate."""
        return len(self.cell.gates) * self.units

    @property
    def idle_blocks(self) -> str:
        """The letters of the blocks that change nothing while h and c are zeros.

        The forget gate is multiplied by c. So is the reset gate by h, unless the second
        row of a GRU's biases is added to h first.
        """
        if self.cell.takes("unit_forget_bias"):
            return "f"
        if self.cell.takes("reset_after") and self.bias_rows < 2:
            return "r"
        return ""

    @property
    def equations(self) -> tuple[str, ...]:
        """The equations of a timestep, as this layer is written."""
        templates = self.cell.equations
        if not self.reset_after:
            templates = self.cell.equations_reset_before
        return tuple(self._filled(template) for template in templates)

    def _filled(self, template: str) -> str:
        """Fill in the functions, and the biases if there are any."""
        bias = ""
        if self.use_bias:
            bias = r" + \1"
        equation = re.sub(r"\{\+ (.+?)\}", bias, template)
        return equation.format(
            activation=symbol(self.activation),
            recurrent_activation=symbol(self.recurrent_activation),
        )

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments of Keras' recurrent class that are not at their defaults.

        The fields come in the order of SIGNATURE, and the other arguments after them.
        `bidirectional` and `merge_mode` are no arguments of that class.
        """
        arguments: dict[str, object] = {}
        for name in SIGNATURE:
            value = getattr(self, name)
            if value != getattr(type(self), name):
                arguments[name] = value
        arguments.update(self.other_arguments)
        return arguments

    def code(self, units: str = "", class_name: str = "") -> str:
        """Write the layer as in Keras: `LSTM(5, return_state=True)`.

        Args:
            units: A name to write in place of the number of units.
            class_name: A name to write in place of the class.
        """
        words = [units or str(self.units)]
        for name, value in self.arguments.items():
            words.append(f"{name}={literal(value)}")
        call = f"{class_name or self.cell.name}({', '.join(words)})"
        if not self.bidirectional:
            return call
        if self.merge_mode == "concat":
            return f"Bidirectional({call})"
        return f"Bidirectional({call}, merge_mode={literal(self.merge_mode)})"


# The fields that are arguments of Keras' recurrent classes, in the order of Keras'
# signature, in which people write them.
SIGNATURE = (
    "activation",
    "recurrent_activation",
    "use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "zero_output_for_mask",
    "reset_after",
)


def repr_of(
    value: "DataclassInstance", defaults: Mapping[str, object] = NO_DEFAULTS
) -> str:
    """Write the call that makes a value: its class, and what is not at its default.

    An argument that may come without its name comes first.
    """
    arguments = []
    for argument in sorted(fields(value), key=is_keyword_only):
        held_value = getattr(value, argument.name)
        default = defaults.get(argument.name, argument.default)
        if argument.init and argument.repr and held_value != default:
            arguments.append(f"{argument.name}={held_value!r}")
    return f"{type(value).__name__}({', '.join(arguments)})"


def is_keyword_only(argument: "Field[object]") -> bool:
    """Return True if a field of a dataclass has to come with its name."""
    return argument.kw_only is True


def symbol(function: str) -> str:
    """Return what equations call a function: σ for the logistic one, or its name."""
    if function == "sigmoid":
        return "σ"
    return function


def literal(value: object) -> str:
    """Write a value as Python does, with the double quotes of Keras' own examples."""
    if isinstance(value, str):
        return '"' + repr(value)[1:-1].replace('"', '\\"') + '"'
    return repr(value)


def keras_arguments(cell: Cell) -> tuple[str, ...]:
    """Return the arguments of a kind's class that a Layer has fields for."""
    return ("units", *[name for name in SIGNATURE if cell.takes(name)])


def other_arguments_of(cell: Cell) -> tuple[str, ...]:
    """Return the arguments of a kind's class that change no array."""
    return tuple(name for name in OTHER_ARGUMENTS if cell.takes(name))


def bidirectional_from_keras(arguments: Mapping[str, object]) -> Layer:
    """Return the layer of Keras' Bidirectional and its arguments by name."""
    for name in arguments:
        if name not in ("layer", "merge_mode"):
            raise unknown_argument("Bidirectional", name, ("layer", "merge_mode"))
    layer = arguments.get("layer")
    if not isinstance(layer, Layer) or layer.bidirectional:
        raise CallError(
            f"Bidirectional has the layer {quoted(layer)}, expected a recurrent layer"
            " in one direction"
        )
    merge_mode = arguments.get("merge_mode", "concat")
    return replace(
        layer,
        bidirectional=True,
        merge_mode=merge_mode,  # type: ignore[arg-type]  # __post_init__ checks it
    )


def unknown_argument(
    class_name: str, name: str, known_names: tuple[str, ...]
) -> CallError:
    """Return the error for an argument that is not taken, with the nearest names."""
    if name in UNEXPLORED_ARGUMENTS:
        return CallError(
            f"{quoted(name)} of {class_name} is not explored here, expected it left out"
        )
    candidates = near_names(name, known_names) or list(known_names)
    return CallError(
        f"{class_name} has no argument {quoted(name)}, expected one like"
        f" {', '.join(candidates)}"
    )


def check_bool(name: str, value: object) -> None:
    """Raise a CallError if a flag is neither True nor False."""
    if not isinstance(value, bool):
        raise CallError(f"`{name}` must be True or False, got {quoted(value)}")


def check_activation(name: str, value: object) -> None:
    """Raise a CallError if Keras has no activation of that name."""
    if isinstance(value, str) and value in ACTIVATIONS:
        return
    candidates = near_names(str(value), ACTIVATIONS) or ["tanh", "sigmoid", "relu"]
    raise CallError(
        f"`{name}` is {quoted(value)}, expected a function of Keras like"
        f" {', '.join(candidates)}"
    )


def check_kind(layer: Layer) -> None:
    """Raise a CallError if an argument is given that Keras' class does not have."""
    if not layer.reset_after and not layer.cell.takes("reset_after"):
        raise CallError(
            f"`reset_after` belongs to a GRU, expected none in {layer.cell.name}"
        )
    has_default = layer.recurrent_activation == "sigmoid"
    if not has_default and not layer.cell.takes("recurrent_activation"):
        raise CallError(
            f"`recurrent_activation` belongs to gates, expected none in"
            f" {layer.cell.name}, which has no gate"
        )


def check_bidirectional(layer: Layer) -> None:
    """Raise a CallError for what Keras' Bidirectional refuses."""
    is_name = layer.merge_mode is None or isinstance(layer.merge_mode, str)
    if not is_name or layer.merge_mode not in MERGE_MODES:
        raise CallError(
            f"`merge_mode` is {quoted(layer.merge_mode)}, expected one of"
            " 'concat', 'sum', 'mul', 'ave' or None"
        )
    if not layer.bidirectional:
        if layer.merge_mode != "concat":
            raise CallError(
                "`merge_mode` merges two directions, expected `bidirectional=True`"
                " beside it"
            )
        return
    if layer.go_backwards:
        raise CallError(
            "`go_backwards` is True within Bidirectional, expected False: its backward"
            " layer goes backwards by itself"
        )
    if layer.stateful and layer.return_state:
        raise CallError(
            "`stateful` and `return_state` fail together in Keras' Bidirectional,"
            " expected one of them"
        )
