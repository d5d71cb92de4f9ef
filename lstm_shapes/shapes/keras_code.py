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
# The layers that may stand behind this one: all public ones of Keras 3.5 to 3.15, by every
# name they have, which neither bring code nor load it. They complete in a shell, too.
LAYER_NAMES = (
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CutMix",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "ELU",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "GRU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "IntegerLookup",
    "LSTM",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxNumBoundingBoxes",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "MelSpectrogram",
    "Minimum",
    "MixUp",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RNN",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "ReversibleEmbedding",
    "STFTSpectrogram",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
)
# A layer makes its steps with these: they stand in its arguments, never alone.
CELL_NAMES = ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")
# These are classes of Keras as well, and are not tried.
REFUSED_CLASSES: Mapping[str, str] = {
    "AdaptiveMaxPooling1D": "can end the process, as TensorFlow divides by zero in it",
    "AdaptiveMaxPooling2D": "can end the process, as TensorFlow divides by zero in it",
    "AdaptiveMaxPooling3D": "can end the process, as TensorFlow divides by zero in it",
    "FlaxLayer": "brings code, which is not run here",
    "JaxLayer": "brings code, which is not run here",
    "Lambda": "brings code, which is not run here",
    "TFSMLayer": "brings code, which is not run here",
    "TorchModuleWrapper": "brings code, which is not run here",
    "Layer": "is a class to derive from, which does nothing by itself",
    "Wrapper": "is a class to derive from, which does nothing by itself",
    "Input": "makes an input, and takes no array",
    "InputLayer": "makes an input, and takes no array",
}
# The words before the name of a class that say where it comes from.
PREFIX = re.compile(r"\b((tf|tensorflow)\.)?(keras\.)?layers\.(?=[A-Z])")

# What is beyond is no code of layers, and Python could not write it back as a text.
DEEPEST_CODE = 150
MOST_BITS = 10_000

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
        if modules[-1] == "models" and name in ("Sequential", "Model"):
            return name
        if "layers" not in modules and modules[-1] not in ("L", "kl", "keras"):
            return ""
    else:
        return ""
    if name[:1].isupper():
        return name
    return ""


def classes_in(code: str) -> list[str]:
    """Return the names of the classes that a piece of code calls, outer ones first.

    Example:
        >>> classes_in("TimeDistributed (Dense(2, name='LSTM(1)'))")
        ['TimeDistributed', 'Dense']
    """
    names = []
    for node in ast.walk(parsed(code)):
        if isinstance(node, ast.Call):
            name = name_of_class(node.func)
            if name:
                names.append(name)
    return names


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
        result = operation(*operands)
    except (ArithmeticError, ValueError):
        # A division by zero, or a number beyond all bounds.
        return OtherCode(text)
    if isinstance(result, int) and result.bit_length() > MOST_BITS:
        return OtherCode(text)
    return result


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
        statements = parsed(text.strip()).body
    except UNREADABLE:
        return None
    if len(statements) == 1 and isinstance(statements[0], ast.Expr):
        return statements[0].value
    return None


def parsed(text: str) -> ast.Module:
    """Return the syntax tree of code, or raise one of UNREADABLE.

    One that is nested very deep, or holds a number that Python does not write, is none.
    """
    with catch_warnings():
        simplefilter("ignore")
        tree = ast.parse(text)
    nodes: list[ast.AST] = [tree]
    for _ in range(DEEPEST_CODE):
        inner_nodes: list[ast.AST] = []
        for node in nodes:
            inner_nodes.extend(ast.iter_child_nodes(node))
            value = getattr(node, "value", None)
            if isinstance(value, int) and value.bit_length() > MOST_BITS:
                raise ValueError("a number is too large")
        if not inner_nodes:
            return tree
        nodes = inner_nodes
    raise RecursionError("it is nested too deep")
