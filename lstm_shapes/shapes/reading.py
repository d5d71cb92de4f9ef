"""Turn layers as they are written in Keras into a Spec: what is explored, and on what input.

Positional arguments stand in the order of Keras' signatures, which are the same from 3.5
to 3.15: https://keras.io/api/layers/recurrent_layers/.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from lstm_shapes.errors import CallError, OpenNamesError, plain, quoted
from lstm_shapes.shapes.cell import CELLS
from lstm_shapes.shapes.chain import filled_value
from lstm_shapes.shapes.keras_code import (
    CELL_NAMES,
    LAYER_NAMES,
    Definitions,
    LayerCall,
    OpenValue,
    OtherCode,
)
from lstm_shapes.shapes.keras_script import INPUT_CLASSES, is_recurrent, read_script
from lstm_shapes.shapes.layer import (
    ACTIVATIONS,
    DTYPES,
    KERAS_2_HARD_SIGMOID,
    OTHER_ARGUMENTS,
    Layer,
)

if TYPE_CHECKING:
    from typing import TypeGuard

    from lstm_shapes.shapes.saved_layer import WeightsInFile

POSITIONS: Mapping[str, tuple[str, ...]] = {
    "LSTM": (
        "units",
        "activation",
        "recurrent_activation",
        "use_bias",
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
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "unroll",
        "use_cudnn",
    ),
    "GRU": (
        "units",
        "activation",
        "recurrent_activation",
        "use_bias",
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
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
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "unroll",
        "reset_after",
        "use_cudnn",
    ),
    "SimpleRNN": (
        "units",
        "activation",
        "use_bias",
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "recurrent_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "recurrent_constraint",
        "bias_constraint",
        "dropout",
        "recurrent_dropout",
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "unroll",
        "seed",
    ),
    "Bidirectional": ("layer", "merge_mode", "weights", "backward_layer"),
}
SIZE_ARGUMENTS = (
    "input_shape",
    "batch_input_shape",
    "batch_shape",
    "shape",
    "input_dim",
    "input_length",
    "batch_size",
)
# Keras 2 and 1 had these; none of them changes an array.
OLD_ARGUMENTS = ("time_major", "consume_less", "weights")
OLD_CLASSES = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
# Keras 1 had these names.
OLD_NAMES = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
}
# What a layer starts with; a given weight takes their place.
STARTING_ARGUMENTS = (
    "kernel_initializer",
    "recurrent_initializer",
    "bias_initializer",
    "unit_forget_bias",
    "seed",
)
# These layers change no shape in predict, and but for Masking no number.
LEFT_OUT_CLASSES = (
    "Dropout",
    "SpatialDropout1D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
    "Masking",
)
# These stand between two recurrent layers and leave the features as many as they were.
SAME_FEATURES_CLASSES = (
    "RepeatVector",
    "BatchNormalization",
    "LayerNormalization",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "MaxPooling1D",
    "AveragePooling1D",
)
# Arguments of the layers behind whose code is dropped.
DROPPED_ENDINGS = ("_regularizer", "_constraint", "_initializer", "weights", "name")
# These stand before the first recurrent layer and say how many features it has.
FEATURE_CLASSES = ("Embedding", "Dense")


class RemarkKind(Enum):
    """A way in which a part of the code is not explored as it stands."""

    PASSED_ON = "arguments that change no number in predict"
    STARTING = "arguments that change the weights a layer starts with"
    DROPPED = "arguments whose values are code, which is never run"
    OLD_ARGUMENT = "arguments of an older Keras, which are left out"
    OLD_CLASS = "names of an older Keras, read as what took their place"
    NO_CUDNN = "use_cudnn=True, which fails on a CPU"
    LEFT_OUT = "layers that change no shape in predict"
    MASK = "a Masking layer, whose mask is not made here"
    FEATURES = "layers in front, read as the features they give"
    OPEN_SIZE = "sizes that the code leaves to names"
    NOT_BUILT = "layers behind the last one that only code could build"
    NOT_TRIED = "layers behind the last one, which are not tried here"
    SAVED = "a layer of a saved model: its path, the file, and what wrote it"
    NO_FLAGS = "a layer whose flags the file does not say"
    NO_WEIGHTS = "a layer whose weights the file does not hold"


class Remark(NamedTuple):
    """A remark on parts of the code: its kind, and those parts as they are written."""

    kind: RemarkKind
    parts: tuple[str, ...]


@dataclass
class InputInCode:
    """The sizes of the input that the code names; None where it names none.

    `has_open_timesteps` is True where it writes None for the timesteps, which leaves the
    axis open.
    """

    timesteps: int | None = None
    features: int | None = None
    batch_size: int | None = None
    has_open_timesteps: bool = False


@dataclass(frozen=True)
class Reading:
    """Layers as they are written, the sizes of their input, and what stands around them.

    Attributes:
        layers: The recurrent layers, the lowest first.
        input: The sizes that the code names.
        next_layers: The layers behind the last one, between commas; "" if none are.
        remarks: What became of the rest of the code.
        free_sizes: The sizes that are usual, and give way to those of a call.
    """

    layers: tuple[Layer, ...]
    input: InputInCode
    next_layers: str = ""
    remarks: tuple[Remark, ...] = ()
    free_sizes: tuple[str, ...] = ()

    def remarks_beside(self, sizes: Collection[str]) -> tuple[Remark, ...]:
        """Return the remarks that hold where the call itself names these sizes."""
        remarks = []
        for remark in self.remarks:
            parts = remark.parts
            if remark.kind is RemarkKind.OPEN_SIZE:
                parts = tuple(part for part in parts if part.split()[0] not in sizes)
            if parts:
                remarks.append(Remark(remark.kind, parts))
        return tuple(remarks)

    @property
    def owner(self) -> str:
        """The name of what says the layers, for an error."""
        return "the code"

    @property
    def weights_owner(self) -> str:
        """The name of what the weights are of, "" if they are random."""
        return ""

    @property
    def read_files(self) -> tuple[str, ...]:
        """The files that the layers were read from."""
        return ()

    @property
    def own_weights(self) -> "WeightsInFile | None":
        """The place of the weights, None if they are random."""
        return None

    @property
    def code(self) -> str:
        """The layers and those behind them, with the values of names filled in."""
        codes = [layer.code() for layer in self.layers]
        if self.next_layers:
            codes.append(self.next_layers)
        return ", ".join(codes)


@dataclass
class Notes:
    """Notes taken while layers are read: remarks, sizes, and names without value."""

    input: InputInCode = field(default_factory=InputInCode)
    # Keras takes sizes from the first layer alone, or from an Input before it.
    takes_sizes: bool = True
    parts: dict[RemarkKind, dict[str, None]] = field(default_factory=dict)
    open_names: dict[str, None] = field(default_factory=dict)
    # A shape of one axis, as it is written: token ids have it, and no recurrent layer.
    flat_shape: str = ""

    def add(self, kind: RemarkKind, part: str) -> None:
        """Note a part of the code, each once."""
        self.parts.setdefault(kind, {})[part] = None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The remarks, by kind."""
        remarks = []
        for kind in RemarkKind:
            if kind in self.parts:
                remarks.append(Remark(kind, tuple(self.parts[kind])))
        return tuple(remarks)


def read_code(text: str, definitions: Definitions) -> Reading:
    """Read the recurrent layers of a piece of Keras code, and what stands around them.

    Args:
        text: A line, several between commas, or a script.
        definitions: Values of names in it.

    Raises:
        CallError: it cannot be read, or holds what cannot be explored; the sentence says
            what can.

    Example:
        >>> reading = read_code("Embedding(5000, 32), LSTM(64), Dense(1)", {})
        >>> reading.layers[0].code(), reading.input.features, reading.next_layers
        ('LSTM(64)', 32, 'Dense(1)')
    """
    calls = read_script(text, definitions)
    positions = [number for number, call in enumerate(calls) if is_recurrent(call)]
    notes = Notes()
    front = calls[: positions[0]]
    middle = calls[positions[0] : positions[-1] + 1]
    upper_calls = calls[positions[-1] + 1 :]
    for call in front:
        read_front_layer(call, calls[positions[0]], notes)
        notes.takes_sizes = notes.takes_sizes and call.name in INPUT_CLASSES
        if call.name == "Embedding":
            notes.flat_shape = ""
    layers = []
    for number, call in enumerate(middle):
        if is_recurrent(call):
            layers.append(read_recurrent_layer(call, notes))
            notes.takes_sizes = False
        elif call.name in LEFT_OUT_CLASSES:
            note_left_out(call, notes)
        else:
            if notes.open_names:
                raise open_names_error(notes)
            raise between_layers(call, middle, number, layers[-1])
    next_texts = []
    for number, call in enumerate(upper_calls):
        if not can_be_built(call):
            # What stands behind it takes what it gives.
            parts = [upper_call.text for upper_call in upper_calls[number:]]
            notes.add(RemarkKind.NOT_BUILT, ", ".join(parts))
            break
        next_texts.append(text_of_next(call, notes))
    if notes.open_names:
        raise open_names_error(notes)
    return Reading(
        layers=tuple(layers),
        input=notes.input,
        next_layers=", ".join(next_texts),
        remarks=notes.remarks,
    )


def open_names_error(notes: Notes) -> OpenNamesError:
    """Return the error for names without a value."""
    names = list(notes.open_names)
    return OpenNamesError(
        f"the code leaves open {', '.join(names)}: give each a value by `define`,"
        f" as {names[0]}=64",
        names,
    )


def check_axes(notes: Notes) -> None:
    """Raise a CallError if a recurrent layer is given a shape of one axis."""
    if notes.flat_shape:
        raise CallError(
            f"{notes.flat_shape} is one axis, and a recurrent layer takes two, expected"
            " (timesteps, features): features are 1 where each timestep is one number"
        )


def read_front_layer(call: LayerCall, recurrent_call: LayerCall, notes: Notes) -> None:
    """Note what a layer before the first recurrent one says of its input.

    Raises:
        CallError: its output cannot be told from how it is written.
    """
    if call.name in INPUT_CLASSES:
        read_input(call, notes)
        return
    layer = call
    if call.name == "TimeDistributed" and call.args:
        inner = call.args[0]
        if isinstance(inner, LayerCall):
            layer = inner
    if layer.name not in (*FEATURE_CLASSES, *LEFT_OUT_CLASSES):
        raise CallError(
            f"{call.text} stands in front of {recurrent_call.text}, expected the"
            " recurrent layers alone, with the sizes that they get as `timesteps` and"
            " `features`"
        )
    read_sizes(dict(call.kwargs), call, notes)
    if call.name in LEFT_OUT_CLASSES:
        note_left_out(call, notes)
        return
    names: tuple[str, ...] = ("units",)
    if layer.name == "Embedding":
        names = ("input_dim", "output_dim")
        # Token ids have no features: what stands in input_shape is their number.
        if notes.input.features is not None and notes.input.timesteps is None:
            notes.input.timesteps = notes.input.features
    values = dict(zip(names, layer.args, strict=False))
    values.update(layer.kwargs)
    features = values.get(names[-1])
    if isinstance(features, OpenValue):
        notes.open_names.update(dict.fromkeys(features.names))
    elif is_whole(features):
        notes.input.features = features
    else:
        raise CallError(
            f"{call.text} does not say how many features it gives, expected a whole"
            f" number of `{names[-1]}`"
        )
    notes.add(RemarkKind.FEATURES, call.text)


def note_left_out(call: LayerCall, notes: Notes) -> None:
    """Note a layer that changes no shape."""
    if call.name == "Masking":
        notes.add(RemarkKind.MASK, call.text)
    else:
        notes.add(RemarkKind.LEFT_OUT, call.text)


def read_input(call: LayerCall, notes: Notes) -> None:
    """Read the sizes of `Input(shape=(3, 4), batch_size=2)`, or of InputLayer."""
    names = ("shape", "batch_size")
    if call.name == "InputLayer":
        names = ("input_shape", "batch_size")
    arguments = dict(zip(names, call.args, strict=False))
    arguments.update(call.kwargs)
    read_sizes(arguments, call, notes)


def read_sizes(arguments: dict[str, object], call: LayerCall, notes: Notes) -> None:
    """Take the sizes of the input out of a layer's arguments, and note them."""
    for name in SIZE_ARGUMENTS:
        is_of_embedding = call.name == "Embedding" and name == "input_dim"
        if name not in arguments or is_of_embedding:
            continue
        value = arguments.pop(name)
        if not notes.takes_sizes:
            continue
        if name in ("input_shape", "shape"):
            note_axes(value, ("timesteps", "features"), name, notes)
        elif name in ("batch_input_shape", "batch_shape"):
            note_axes(value, ("batch_size", "timesteps", "features"), name, notes)
        elif name == "input_dim":
            note_size("features", value, name, notes)
        elif name == "input_length":
            note_size("timesteps", value, name, notes)
        else:
            note_size("batch_size", value, name, notes)


def note_axes(
    value: object, axes: tuple[str, ...], argument: str, notes: Notes
) -> None:
    """Note the sizes of a shape; that of token ids has no features."""
    if isinstance(value, OpenValue | OtherCode):
        notes.add(RemarkKind.OPEN_SIZE, f"{argument}={value.text}")
        return
    sizes = list(value) if isinstance(value, tuple | list) else [value]
    text = text_of(value)
    if len(sizes) not in (len(axes) - 1, len(axes)):
        raise CallError(f"`{argument}` is {text}, expected ({', '.join(axes)})")
    if len(sizes) < len(axes):
        notes.flat_shape = f"`{argument}` {text}"
    for axis, size in zip(axes, sizes, strict=False):
        note_size(axis, size, argument, notes)


def note_size(axis: str, value: object, argument: str, notes: Notes) -> None:
    """Note one size of the input, which None leaves open."""
    if isinstance(value, OpenValue | OtherCode):
        notes.add(RemarkKind.OPEN_SIZE, f"{axis} ({argument}: {value.text})")
        return
    if value is None:
        if axis == "timesteps":
            notes.input.has_open_timesteps = True
        return
    if not is_whole(value) or value < 1:
        raise CallError(
            f"`{argument}` holds {quoted(value)} for the {axis}, expected a whole number"
        )
    setattr(notes.input, axis, value)


def is_whole(value: object) -> "TypeGuard[int]":
    """Return True if a value is an integer, and no truth."""
    return isinstance(value, int) and not isinstance(value, bool)


def not_explored(call: LayerCall) -> CallError:
    """Return the error for a recurrent layer of another class, with what is like it."""
    inner = call.kwargs.get("cell", call.kwargs.get("layer"))
    if call.args:
        inner = call.args[0]
    cure = "LSTM, GRU or SimpleRNN, or Bidirectional around one"
    if isinstance(inner, LayerCall) and call.name == "RNN":
        cell_name = inner.name.removesuffix("Cell")
        if cell_name in CELLS:
            cure = f"{cell_name}(…), which does the same as RNN({inner.name}(…))"
    if isinstance(inner, LayerCall) and call.name == "TimeDistributed":
        cure = f"{inner.text}, which it calls on each item of axis 1"
    return CallError(f"{call.text} is not explored here, expected {cure}")


def read_recurrent_layer(call: LayerCall, notes: Notes) -> Layer:
    """Return the layer of a call, and note what of it is not explored as it stands."""
    if call.name == "Bidirectional":
        return read_bidirectional(call, notes)
    kind = OLD_CLASSES.get(call.name, call.name)
    if kind not in POSITIONS:
        raise not_explored(call)
    if kind != call.name:
        notes.add(RemarkKind.OLD_CLASS, f"{call.name} as {kind}")
    arguments = {}
    for name, value in named_arguments(call, POSITIONS[kind]).items():
        if name in OLD_NAMES:
            notes.add(RemarkKind.OLD_CLASS, f"{name} as {OLD_NAMES[name]}")
        arguments[OLD_NAMES.get(name, name)] = value
    read_sizes(arguments, call, notes)
    check_axes(notes)
    return Layer.from_keras(kind, explored_arguments(arguments, notes))


def named_arguments(call: LayerCall, names: Sequence[str]) -> dict[str, object]:
    """Return the arguments of a call by their names."""
    if len(call.args) > len(names):
        raise CallError(
            f"{call.text} has {len(call.args)} arguments without a name, expected at"
            f" most {len(names)}"
        )
    arguments: dict[str, object] = dict(zip(names, call.args, strict=False))
    for name, value in call.kwargs.items():
        if name in arguments:
            raise CallError(
                f"{call.text} has {quoted(name)} twice, once by its place, expected it"
                " once"
            )
        arguments[name] = value
    return arguments


def explored_arguments(
    arguments: Mapping[str, object], notes: Notes
) -> dict[str, object]:
    """Return the arguments that a Layer takes, and note the rest."""
    explored: dict[str, object] = {}
    for name, value in arguments.items():
        if name in OLD_ARGUMENTS:
            notes.add(RemarkKind.OLD_ARGUMENT, name)
        elif name == "use_cudnn":
            if value is True:
                notes.add(RemarkKind.NO_CUDNN, "use_cudnn=True")
        elif name in ("activation", "recurrent_activation"):
            explored[name] = activation_of(name, value, notes)
        elif name == "dtype":
            explored[name] = dtype_of(value, notes)
        elif name == "name" and not isinstance(value, str | None):
            # It is shown alone, and often made by code.
            notes.add(RemarkKind.DROPPED, f"name={text_of(value)}")
        elif isinstance(value, OpenValue):
            notes.open_names.update(dict.fromkeys(value.names))
            if name == "units":
                # A stand-in: the open names are told at the end, all at once.
                explored[name] = 1
        elif isinstance(value, OtherCode | LayerCall | list | tuple):
            if name not in OTHER_ARGUMENTS:
                raise CallError(
                    f"`{name}` is {quoted(text_of(value))}, expected a number, a text,"
                    " True or False"
                )
            notes.add(RemarkKind.DROPPED, f"{name}={text_of(value)}")
        else:
            explored[name] = value
            if name in STARTING_ARGUMENTS:
                notes.add(RemarkKind.STARTING, name)
            elif name in OTHER_ARGUMENTS:
                notes.add(RemarkKind.PASSED_ON, name)
    return explored


def activation_of(name: str, value: object, notes: Notes) -> object:
    """Return the name of an activation, also of one written `tf.nn.relu`."""
    if isinstance(value, OpenValue):
        last_word = value.text.rpartition(".")[2]
        if "." in value.text and last_word in ACTIVATIONS:
            return last_word
        if value.text == KERAS_2_HARD_SIGMOID:
            return value.text
        notes.open_names.update(dict.fromkeys(value.names))
        return "tanh"
    if isinstance(value, OtherCode | LayerCall):
        raise CallError(
            f"`{name}` is {quoted(text_of(value))}, expected the name of a function, as"
            " 'relu'"
        )
    return value


def dtype_of(value: object, notes: Notes) -> object:
    """Return the name of a dtype, also of one written `tf.float16` or `Policy("float16")`."""
    if isinstance(value, OpenValue):
        last_word = value.text.rpartition(".")[2]
        if "." in value.text and last_word in DTYPES:
            return last_word
        if value.text == KERAS_2_HARD_SIGMOID:
            return value.text
        notes.open_names.update(dict.fromkeys(value.names))
        return "float32"
    if isinstance(value, OtherCode | LayerCall):
        policy = re.fullmatch(r"""[\w.]*Policy\(["'](\w+)["']\)""", text_of(value))
        return policy[1] if policy else text_of(value)
    return value


def text_of(value: object) -> str:
    """Return a value as it is written."""
    if isinstance(value, OtherCode | OpenValue | LayerCall):
        return value.text
    if isinstance(value, tuple | list):
        words = ", ".join(text_of(item) for item in value)
        comma = "," if len(value) == 1 else ""
        return f"({words}{comma})"
    return plain(repr(value), 200)


def read_bidirectional(call: LayerCall, notes: Notes) -> Layer:
    """Return the layer of Bidirectional around a layer."""
    arguments = named_arguments(call, POSITIONS["Bidirectional"])
    read_sizes(arguments, call, notes)
    check_axes(notes)
    layers = {}
    for name in ("layer", "backward_layer"):
        inner = arguments.pop(name, None)
        if isinstance(inner, LayerCall):
            layers[name] = read_recurrent_layer(inner, notes)
        elif inner is not None or name == "layer":
            raise CallError(
                f"Bidirectional has the {name} {quoted(text_of(inner))}, expected a"
                " recurrent layer, as Bidirectional(LSTM(64))"
            )
    return Layer.from_keras(
        "Bidirectional", {**layers, **explored_arguments(arguments, notes)}
    )


def between_layers(
    call: LayerCall, middle: Sequence[LayerCall], number: int, lower: Layer
) -> CallError:
    """Return the error for a layer between two recurrent ones, with the call for each."""
    upper = next(layer for layer in middle[number:] if is_recurrent(layer))
    features: object = None
    sizes = ""
    first_argument = call.args[0] if call.args else None
    if call.name == "RepeatVector" and is_whole(first_argument):
        sizes = f" `timesteps={first_argument}`"
    if call.name in SAME_FEATURES_CLASSES:
        features = lower.output_units
    elif call.name == "Dense":
        features = call.kwargs.get("units", first_argument)
    elif isinstance(first_argument, LayerCall) and first_argument.name == "Dense":
        inner_arguments = [*first_argument.args, first_argument.kwargs.get("units")]
        features = inner_arguments[0]
    if is_whole(features):
        sizes += f" `features={features}`"
    else:
        sizes = " the `timesteps` and `features` that it gives"
    return CallError(
        f"{call.text} stands between two recurrent layers, expected one side of it:"
        f" explore {lower.code()} alone, and {upper.text} behind {call.text} with{sizes}"
    )


def can_be_built(call: LayerCall) -> bool:
    """Return True if a layer behind is Keras', and can be made without its code.

    Code that says what a layer starts with, or how it trains, is dropped.
    """
    if call.name not in (*LAYER_NAMES, *CELL_NAMES):
        return False
    values = list(call.args)
    for name, value in call.kwargs.items():
        if not name.endswith(DROPPED_ENDINGS):
            values.append(value)
    for value in values:
        if isinstance(value, OtherCode):
            return False
        if isinstance(value, LayerCall) and not can_be_built(value):
            return False
    return True


def text_of_next(call: LayerCall, notes: Notes) -> str:
    """Return a layer behind the last one as it is written, its names filled in."""
    words = []
    for value in call.args:
        words.append(word_of_argument("", value, notes))
    for name, value in call.kwargs.items():
        words.append(word_of_argument(f"{name}=", value, notes))
    return f"{call.name}({', '.join(word for word in words if word)})"


def word_of_argument(prefix: str, value: object, notes: Notes) -> str:
    """Return an argument as it is written; code is dropped and noted."""
    value = filled_value(value)
    if isinstance(value, OpenValue):
        notes.open_names.update(dict.fromkeys(value.names))
        return ""
    if isinstance(value, OtherCode):
        notes.add(RemarkKind.DROPPED, f"{prefix}{value.text}")
        return ""
    if isinstance(value, LayerCall):
        return f"{prefix}{text_of_next(value, notes)}"
    return f"{prefix}{value!r}"
