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

# Keras 2 had another function of this name: clip(0.2a + 0.5, 0, 1), and not clip(a/6 + 0.5,
# 0, 1). No Keras has this name; a layer out of a file of Keras 2 has it.
KERAS_2_HARD_SIGMOID = "keras_2_hard_sigmoid"

# Keras' policies of numbers: mixed ones keep the weights in float32.
DTYPES = (
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "mixed_float16",
    "mixed_bfloat16",
)
DTYPE_BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
# Numbers count as equal within it: the same sums, in another order.
TOLERANCES = {"float16": 1e-3, "bfloat16": 1e-2, "float32": 1e-6, "float64": 1e-12}

# Keras' names of what starts, keeps small and bounds weights, by the last word of the
# argument. It takes them in capitals as well.
NAMES_BY_SUFFIX: Mapping[str, tuple[str, ...]] = {
    "initializer": (
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "identity",
        "lecun_normal",
        "lecun_uniform",
        "ones",
        "orthogonal",
        "random_normal",
        "random_uniform",
        "truncated_normal",
        "uniform",
        "normal",
        "one",
        "variance_scaling",
        "zero",
        "zeros",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "Identity",
        "IdentityInitializer",
        "LecunNormal",
        "LecunUniform",
        "Ones",
        "Orthogonal",
        "OrthogonalInitializer",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "Zeros",
    ),
    "regularizer": ("l1", "l2", "l1l2", "orthogonal_regularizer", "L1", "L2", "L1L2"),
    "constraint": (
        "max_norm",
        "min_max_norm",
        "non_neg",
        "unit_norm",
        "MaxNorm",
        "MinMaxNorm",
        "NonNeg",
        "UnitNorm",
    ),
}

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
    "autocast",
)
# The arguments of Bidirectional that change no array. Its `trainable` changes nothing
# at all: Keras counts what its layers say of themselves.
WRAPPER_ARGUMENTS = ("trainable", "autocast", "name")
BIDIRECTIONAL_ARGUMENTS = (
    "layer",
    "merge_mode",
    "backward_layer",
    "dtype",
    *WRAPPER_ARGUMENTS,
)

# Keras takes this too; nothing is shown of it.
UNEXPLORED_ARGUMENTS = ("use_cudnn",)


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

    `bidirectional` puts it into Keras' Bidirectional. Its arguments are `merge_mode`,
    `backward_layer`, which is the backward direction where that is written by itself,
    `wrapper_dtype` and `wrapper_arguments`. All else is said of the layer inside.

    `other_arguments` and `wrapper_arguments` are passed on to Keras; once the weights
    are given, they change no array. `name` is shown, and never given to Keras.

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
    backward_layer: "Layer | None" = None
    zero_output_for_mask: bool = False
    trainable: bool = True
    dtype: str = "float32"
    wrapper_dtype: str = "float32"
    name: str = ""
    # A value can be unhashable, such as a dict from a saved model.
    other_arguments: tuple[tuple[str, object], ...] = field(default=(), hash=False)
    wrapper_arguments: tuple[tuple[str, object], ...] = field(default=(), hash=False)

    def __post_init__(self) -> None:
        if not isinstance(self.cell, Cell):
            raise CallError(
                f"`cell`: got {quoted(self.cell)}, expected a Cell, as"
                " Layer.from_keras('LSTM', {'units': 5}) finds it"
            )
        units = whole_number("units", self.units, 1, MAX_SIZE)
        object.__setattr__(self, "units", units)
        for argument in fields(self):
            if argument.type is bool:
                check_bool(argument.name, getattr(self, argument.name))
        check_activation("activation", self.activation)
        check_activation("recurrent_activation", self.recurrent_activation)
        check_dtype(self.dtype)
        check_dtype(self.wrapper_dtype)
        check_bfloat16(self)
        check_name(self.name)
        for other_name, value in self.other_arguments:
            check_other_argument(other_name, value)
        check_kind(self)
        check_bidirectional(self)

    def __repr__(self) -> str:
        arguments = {"units": self.units, **self.arguments}
        call = f"Layer.from_keras({self.cell.name!r}, {arguments})"
        if not self.bidirectional:
            return call
        words = [f"'layer': {call}"]
        for name, value in self.bidirectional_arguments.items():
            words.append(f"{name!r}: {value!r}")
        return f"Layer.from_keras('Bidirectional', {{{', '.join(words)}}})"

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
        if not isinstance(arguments, Mapping):
            raise CallError(
                f"the arguments of {quoted(class_name)} are {quoted(arguments)}, expected"
                " a dict of them by name"
            )
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
            else:
                fields_given[name] = field_value(name, value)
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

    def of_direction(self, direction: Direction) -> "Layer":
        """Return the layer whose units, functions and weights a direction has.

        That is this one, or `backward_layer` where it is given.
        """
        if direction.name == "backward" and self.backward_layer is not None:
            return self.backward_layer
        return self

    @property
    def direction_layers(self) -> tuple["Layer", ...]:
        """The layer of each direction, as `of_direction` has it."""
        return tuple(self.of_direction(direction) for direction in self.directions)

    @property
    def output_units(self) -> int:
        """The units of the first array that comes back: of both directions side by side."""
        if self.bidirectional and self.merge_mode == "concat":
            return sum(layer.units for layer in self.direction_layers)
        return self.units

    @property
    def has_unlike_units(self) -> bool:
        """Return True if the backward direction has another number of units."""
        return len({layer.units for layer in self.direction_layers}) > 1

    @property
    def has_unlike_weights(self) -> bool:
        """Return True if the weights of both directions differ in number or shape."""
        sizes = set()
        for layer in self.direction_layers:
            sizes.add((layer.cell.name, layer.units, layer.bias_rows))
        return len(sizes) > 1

    @property
    def compute_dtype(self) -> str:
        """The dtype of the states, in which the layer computes."""
        return self.dtype.removeprefix("mixed_")

    @property
    def weight_dtype(self) -> str:
        """The dtype of the weights: under a mixed policy, float32."""
        if self.dtype.startswith("mixed_"):
            return "float32"
        return self.dtype

    @property
    def output_dtype(self) -> str:
        """The dtype of the output, which is Bidirectional's own where that is around it."""
        if self.bidirectional:
            return self.wrapper_dtype.removeprefix("mixed_")
        return self.compute_dtype

    @property
    def bias_rows(self) -> int:
        """The biases of a column: two in a GRU with `reset_after`, none without bias."""
        if not self.use_bias:
            return 0
        if self.cell.takes("reset_after") and self.reset_after:
            return 2
        return 1

    @property
    def starts_with_open_forget_gate(self) -> bool:
        """Return True if the forget block of a new bias is 1, and the rest of it 0.

        Keras has it so in an LSTM, unless an argument says otherwise.
        """
        names = {name for name, _ in self.other_arguments}
        if names & {"bias_initializer", "unit_forget_bias"}:
            return False
        return self.use_bias and self.cell.takes("unit_forget_bias")

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
        Those of Bidirectional are not among them.
        """
        arguments: dict[str, object] = {}
        for name in SIGNATURE:
            value = getattr(self, name)
            if value != getattr(type(self), name):
                arguments[name] = value
        arguments.update(self.other_arguments)
        return arguments

    @property
    def bidirectional_arguments(self) -> dict[str, object]:
        """The arguments of Bidirectional that are not at their defaults, but the layer."""
        arguments: dict[str, object] = {}
        if self.merge_mode != "concat":
            arguments["merge_mode"] = self.merge_mode
        if self.backward_layer is not None:
            arguments["backward_layer"] = self.backward_layer
        if self.wrapper_dtype != "float32":
            arguments["dtype"] = self.wrapper_dtype
        arguments.update(self.wrapper_arguments)
        return arguments

    def without_names(self) -> "Layer":
        """Return the same layer without `name`, as Keras' predict takes not every name."""
        wrapper_arguments = dict(self.wrapper_arguments)
        wrapper_arguments.pop("name", None)
        backward_layer = self.backward_layer
        if backward_layer is not None:
            backward_layer = backward_layer.without_names()
        return replace(
            self,
            name="",
            backward_layer=backward_layer,
            wrapper_arguments=tuple(wrapper_arguments.items()),
        )

    def with_flags(self, flags: Mapping[str, bool]) -> "Layer":
        """Return the same layer with other flags, which both directions have.

        Args:
            flags: Values of `return_sequences`, `return_state` and `bidirectional`.

        Example:
            >>> from lstm_shapes.shapes.cell import LSTM
            >>> Layer(cell=LSTM, units=5).with_flags({"return_state": True}).code()
            'LSTM(5, return_state=True)'
        """
        layer = self
        if not flags.get("bidirectional", self.bidirectional):
            layer = replace(
                self,
                bidirectional=False,
                merge_mode="concat",
                backward_layer=None,
                wrapper_dtype="float32",
                wrapper_arguments=(),
            )
        return_sequences = flags.get("return_sequences", self.return_sequences)
        return_state = flags.get("return_state", self.return_state)
        backward_layer = layer.backward_layer
        if backward_layer is not None:
            backward_layer = replace(
                backward_layer,
                return_sequences=return_sequences,
                return_state=return_state,
            )
        return replace(
            layer,
            return_sequences=return_sequences,
            return_state=return_state,
            bidirectional=flags.get("bidirectional", self.bidirectional),
            backward_layer=backward_layer,
        )

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
        words = [call]
        for name, value in self.bidirectional_arguments.items():
            text = value.code() if isinstance(value, Layer) else literal(value)
            words.append(f"{name}={text}")
        return f"Bidirectional({', '.join(words)})"


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
    "trainable",
    "dtype",
    "name",
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
    if function == KERAS_2_HARD_SIGMOID:
        return "hard_sigmoid"
    return function


def literal(value: object) -> str:
    """Write a value as Python does, with the double quotes of Keras' own examples.

    The function that no Keras has is a name without quotes: a program has to define it.
    """
    if value == KERAS_2_HARD_SIGMOID:
        return KERAS_2_HARD_SIGMOID
    if isinstance(value, str):
        return '"' + repr(value)[1:-1].replace('"', '\\"') + '"'
    return repr(value)


def keras_arguments(cell: Cell) -> tuple[str, ...]:
    """Return the arguments of a kind's class that a Layer has fields for."""
    return ("units", *[name for name in SIGNATURE if cell.takes(name)])


def other_arguments_of(cell: Cell) -> tuple[str, ...]:
    """Return the arguments of a kind's class that change no array."""
    return tuple(name for name in OTHER_ARGUMENTS if cell.takes(name))


def field_value(name: str, value: object) -> object:
    """Return the value of a Layer's field for what Keras takes for that argument.

    None is Keras' default of some arguments, and a saved model holds a policy of dtypes
    as a dict.
    """
    if name in ("activation", "recurrent_activation") and value is None:
        return "linear"
    if name == "dtype" and value is None:
        return "float32"
    if name == "dtype" and isinstance(value, Mapping):
        config = value.get("config")
        if isinstance(config, Mapping):
            return config.get("name")
    if name == "name" and value is None:
        return ""
    return value


def bidirectional_from_keras(arguments: Mapping[str, object]) -> Layer:
    """Return the layer of Keras' Bidirectional and its arguments by name."""
    for name in arguments:
        if name not in BIDIRECTIONAL_ARGUMENTS:
            raise unknown_argument("Bidirectional", name, BIDIRECTIONAL_ARGUMENTS)
    layer = arguments.get("layer")
    if not isinstance(layer, Layer) or layer.bidirectional:
        inner = layer.code() if isinstance(layer, Layer) else quoted(layer)
        raise CallError(
            f"Bidirectional has the layer {inner}, expected a recurrent layer"
            " in one direction"
        )
    wrapper_arguments = {}
    for name in WRAPPER_ARGUMENTS:
        value = field_value(name, arguments.get(name))
        is_default = value in (None, "") or (name == "trainable" and value is True)
        if not is_default:
            wrapper_arguments[name] = value
    return replace(
        layer,
        bidirectional=True,
        # __post_init__ checks each value.
        merge_mode=arguments.get("merge_mode", "concat"),  # type: ignore[arg-type]
        backward_layer=arguments.get("backward_layer"),  # type: ignore[arg-type]
        wrapper_dtype=field_value("dtype", arguments.get("dtype")),  # type: ignore[arg-type]
        wrapper_arguments=tuple(wrapper_arguments.items()),
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
        raise CallError(f"`{name}`: got {quoted(value)}, expected True or False")


def check_other_argument(name: str, value: object) -> None:
    """Raise a CallError for a value that Keras refuses when it builds the layer.

    Objects of Keras, as a config has them, are Keras' to judge.
    """
    if name in ("dropout", "recurrent_dropout"):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= 1:  # type: ignore[operator]  # a number
            raise CallError(
                f"`{name}` is {quoted(value)}, expected a number from 0 to 1"
            )
    if name == "seed" and value is not None:
        whole_number(name, value, 0, 2**32 - 1)
    if name in ("unroll", "unit_forget_bias"):
        check_bool(name, value)
    if not isinstance(value, str):
        return
    for suffix, names in NAMES_BY_SUFFIX.items():
        if name.endswith(suffix) and value not in names:
            candidates = near_names(value, names) or list(names[:4])
            raise CallError(
                f"`{name}` is {quoted(value)}, expected one of Keras like"
                f" {', '.join(candidates)}"
            )


def check_activation(name: str, value: object) -> None:
    """Raise a CallError if Keras has no activation of that name."""
    if isinstance(value, str) and value in (*ACTIVATIONS, KERAS_2_HARD_SIGMOID):
        return
    candidates = near_names(str(value), ACTIVATIONS) or ["tanh", "sigmoid", "relu"]
    raise CallError(
        f"`{name}` is {quoted(value)}, expected a function of Keras like"
        f" {', '.join(candidates)}"
    )


def check_dtype(value: object) -> None:
    """Raise a CallError if Keras has no such policy for recurrent layers."""
    if isinstance(value, str) and value in DTYPES:
        return
    candidates = near_names(str(value), DTYPES) or list(DTYPES)
    raise CallError(
        f"`dtype` is {quoted(value)}, expected one of Keras like {', '.join(candidates)}"
    )


def check_bfloat16(layer: Layer) -> None:
    """Raise a CallError for weights that TensorFlow cannot draw in bfloat16."""
    initializer = dict(layer.other_arguments).get("recurrent_initializer", "orthogonal")
    if layer.dtype == "bfloat16" and initializer == "orthogonal":
        raise CallError(
            '`dtype` is "bfloat16", in which TensorFlow cannot draw the orthogonal'
            ' recurrent_kernel, expected "mixed_bfloat16", or another'
            " recurrent_initializer beside it"
        )


def check_name(value: object) -> None:
    """Raise a CallError if Keras does not take the name of a layer."""
    if not isinstance(value, str) or "/" in value:
        raise CallError(
            f'`name` is {quoted(value)}, expected a text without "/", which separates'
            " the names of Keras' weights"
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
        check_lone_direction(layer)
        return
    check_name(dict(layer.wrapper_arguments).get("name", ""))
    check_bool("trainable", dict(layer.wrapper_arguments).get("trainable", True))
    if layer.backward_layer is not None:
        check_backward_layer(layer, layer.backward_layer)
    elif layer.go_backwards:
        raise CallError(
            "`go_backwards` is True within Bidirectional, expected False: its backward"
            " layer goes backwards by itself"
        )
    if layer.stateful and layer.return_state:
        raise CallError(
            "`stateful` and `return_state` fail together in Keras' Bidirectional,"
            " expected one of them"
        )


def check_lone_direction(layer: Layer) -> None:
    """Raise a CallError if a layer of one direction has arguments of Bidirectional."""
    if layer.merge_mode != "concat":
        raise CallError(
            "`merge_mode` merges two directions, expected `bidirectional=True` beside it"
        )
    if layer.bidirectional_arguments:
        name = next(iter(layer.bidirectional_arguments))
        raise CallError(
            f"`{name}` belongs to Bidirectional, expected `bidirectional=True` beside it"
        )


def check_backward_layer(layer: Layer, backward_layer: object) -> None:
    """Raise a CallError for a `backward_layer` that Keras refuses, or turns wrongly."""
    if not isinstance(backward_layer, Layer) or backward_layer.bidirectional:
        raise CallError(
            f"Bidirectional has the backward_layer {quoted(backward_layer)}, expected a"
            " recurrent layer in one direction"
        )
    if layer.go_backwards and not backward_layer.go_backwards:
        raise CallError(
            "`go_backwards` is True in the layer and False in `backward_layer`, which"
            " Keras accepts and then turns both wrongly in time, expected them the other"
            " way round"
        )
    if layer.go_backwards or not backward_layer.go_backwards:
        raise CallError(
            f"`go_backwards` is {layer.go_backwards} in the layer and in"
            " `backward_layer`, expected it in `backward_layer` alone"
        )
    for name in ("return_sequences", "return_state", "stateful"):
        forward_value = getattr(layer, name)
        backward_value = getattr(backward_layer, name)
        if forward_value != backward_value:
            raise CallError(
                f"`{name}` is {forward_value} in the layer and {backward_value} in"
                " `backward_layer`, expected the same in both"
            )
    if layer.has_unlike_units and layer.merge_mode not in ("concat", None):
        raise CallError(
            f"`merge_mode` is {quoted(layer.merge_mode)} for {layer.units} units forward"
            f" and {backward_layer.units} backward, expected as many in both, or"
            ' "concat"'
        )
    if layer.return_state and layer.cell.letters != backward_layer.cell.letters:
        raise CallError(
            f"`return_state` is True for {layer.cell.name} and"
            f" {backward_layer.cell.name}, one of which has no c, and Keras' model fails"
            " or loses a state, expected kinds of as many states"
        )
