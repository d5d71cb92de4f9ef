"""Read Python's code of Keras layers, `TimeDistributed(Dense(2))`: parsed, never run."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.selection import UNREADABLE

# These take a list of arrays, and not one.
TAKES_SEVERAL = (
    "Attention",
    "AdditiveAttention",
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
)
# The layers of Keras that take what a recurrent layer returns, for completion. Aliases
# are left out, and so are layers for images, for text, with code of their own, and
# AdaptiveMaxPooling1D: with an output size of 1, TensorFlow 2.21 ends the process.
LAYER_NAMES = (
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "AveragePooling1D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Cropping1D",
    "Dense",
    "DepthwiseConv1D",
    "Dot",
    "Dropout",
    "ELU",
    "EinsumDense",
    "Flatten",
    "GRU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling1D",
    "GroupNormalization",
    "Identity",
    "LSTM",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "SeparableConv1D",
    "SimpleRNN",
    "Softmax",
    "SpatialDropout1D",
    "SpectralNormalization",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "ZeroPadding1D",
)
# These bring code of their own, or load it.
BRINGS_CODE = re.compile(
    r"\b(Lambda|TFSMLayer|TorchModuleWrapper|JaxLayer|FlaxLayer)\("
)
# The words before the name of a class that say where it comes from.
PREFIX = re.compile(r"\b((tf|tensorflow)\.)?(keras\.)?layers\.(?=[A-Z])")

# The arithmetic that is done with numbers of the code; a power could take for ever.
OPERATIONS: Mapping[type[ast.operator], Callable[..., int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


@dataclass(frozen=True)
class LayerCall:
    """A class of Keras by its name, and its arguments: literals, and such calls.

    `text` is the call as it was typed.
    """

    name: str
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    text: str

    @property
    def takes_several(self) -> bool:
        """Return True if the layer takes a list of arrays."""
        return self.name in TAKES_SEVERAL


@dataclass(frozen=True)
class OpenValue:
    """A value that the code leaves open: `units`, or `self.units * 2`.

    `names` are those in it that have no value.
    """

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class OtherCode:
    """Code that is no layer, number, text or name: `l2(0.01)`. It is never evaluated."""

    text: str


# The values of names, as `-D` gives them.
Definitions = Mapping[str, object]
NO_DEFINITIONS: Definitions = {}


def parse_layer(text: str) -> LayerCall:
    """Read a layer.

    Raises:
        CallError: there is more in the text than classes and literals.

    Example:
        >>> call = parse_layer("keras.layers.LSTM(4, return_state=True)")
        >>> call.name, call.args, call.kwargs
        ('LSTM', (4,), {'return_state': True})
    """
    code = " ".join(PREFIX.sub("", str(text)).split())
    brings_code = BRINGS_CODE.search(code)
    if brings_code:
        raise CallError(
            f"{brings_code[1]} brings code, which is not run here, expected another layer"
        )
    call = None
    try:
        with catch_warnings():
            simplefilter("ignore")
            call = value_of(ast.parse(code, mode="eval").body)
    except UNREADABLE:
        pass
    if not isinstance(call, LayerCall) or not is_literal(call):
        raise CallError(
            f"{quoted(text)} cannot be read, expected a layer of Keras with literals and"
            " layers as arguments, as in 'TimeDistributed(Dense(2))'"
        )
    return LayerCall(call.name, call.args, call.kwargs, code)


def is_literal(value: object) -> bool:
    """Return True if nothing in a value is open, or code that is not read."""
    if isinstance(value, OpenValue | OtherCode):
        return False
    if isinstance(value, LayerCall):
        arguments = [*value.args, *value.kwargs.values()]
        return all(is_literal(argument) for argument in arguments)
    if isinstance(value, list | tuple):
        return all(is_literal(item) for item in value)
    return True


def value_of(node: ast.expr, definitions: Definitions = NO_DEFINITIONS) -> object:
    """Return the value of a syntax tree.

    It is a number, a text, True, False or None, a list or tuple of values, a LayerCall,
    an OpenValue, or OtherCode.
    """
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool | int | float | str | None):
            return node.value
        return OtherCode(ast.unparse(node))
    if isinstance(node, ast.List):
        return [value_of(item, definitions) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(value_of(item, definitions) for item in node.elts)
    if isinstance(node, ast.Call):
        return value_of_call(node, definitions)
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        text = ast.unparse(node)
        if text in definitions:
            return definitions[text]
        return OpenValue(text, (text,))
    if isinstance(node, ast.UnaryOp | ast.BinOp):
        return result_of(node, definitions)
    return OtherCode(ast.unparse(node))


def value_of_call(node: ast.Call, definitions: Definitions) -> LayerCall | OtherCode:
    """Return a call of a class as a LayerCall, and any other as OtherCode."""
    class_name = name_of_class(node.func)
    has_splat = any(keyword.arg is None for keyword in node.keywords)
    if not class_name or has_splat:
        return OtherCode(ast.unparse(node))
    kwargs = {}
    for keyword in node.keywords:
        kwargs[str(keyword.arg)] = value_of(keyword.value, definitions)
    args = tuple(value_of(argument, definitions) for argument in node.args)
    text = PREFIX.sub("", ast.unparse(node))
    return LayerCall(class_name, args, kwargs, text)


def name_of_class(node: ast.expr) -> str:
    """Return the name of a class, without the modules before it; "" if it is none.

    `tf.keras.layers.LSTM` and `LSTM` are; `l2`, `self.dense` and `torch.nn.LSTM` are not.
    """
    if isinstance(node, ast.Name):
        name = node.id
    elif isinstance(node, ast.Attribute):
        name = node.attr
        modules = ast.unparse(node.value).split(".")
        if "layers" not in modules and modules[-1] not in ("L", "kl", "keras"):
            return ""
    else:
        return ""
    if name[:1].isupper():
        return name
    return ""


def result_of(node: ast.UnaryOp | ast.BinOp, definitions: Definitions) -> object:
    """Return the result of arithmetic on numbers; what is open stays open."""
    text = ast.unparse(node)
    if isinstance(node, ast.UnaryOp):
        operation: Callable[..., int | float] | None = None
        if isinstance(node.op, ast.USub):
            operation = operator.neg
        operands = [value_of(node.operand, definitions)]
    else:
        operation = OPERATIONS.get(type(node.op))
        left = value_of(node.left, definitions)
        right = value_of(node.right, definitions)
        operands = [left, right]
    if operation is None:
        return OtherCode(text)
    names: list[str] = []
    for operand in operands:
        if isinstance(operand, OpenValue):
            names.extend(operand.names)
        elif isinstance(operand, bool) or not isinstance(operand, int | float):
            return OtherCode(text)
    if names:
        return OpenValue(text, tuple(names))
    try:
        return operation(*operands)
    except (ArithmeticError, ValueError):
        # A division by zero, or a number beyond all bounds.
        return OtherCode(text)


def parse_definition(text: str) -> tuple[str, object]:
    """Read `units=64`: a name of the code, and its value.

    A word that is no number, True, False or None is a text, with or without quotes.

    Raises:
        CallError: there is no name or no value.

    Example:
        >>> parse_definition("self.units=64 // 2"), parse_definition("mode=sum")
        (('self.units', 32), ('mode', 'sum'))
    """
    name, equals, value_text = text.partition("=")
    node = expression_of(name)
    if not equals or not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        raise CallError(
            f"{quoted(text)} is no definition, expected a name of the code and its value,"
            " as units=64"
        )
    value_node = expression_of(value_text)
    value: object = value_text.strip()
    if value_node is not None:
        read_value = value_of(value_node)
        if is_literal(read_value) and not isinstance(read_value, LayerCall):
            value = read_value
    return ast.unparse(node), value


def expression_of(text: str) -> ast.expr | None:
    """Return the syntax tree of an expression, None if the text is none."""
    try:
        with catch_warnings():
            simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except UNREADABLE:
        return None
