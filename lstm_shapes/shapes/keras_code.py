"""Read layers as they are written in Keras, `TimeDistributed(Dense(2))`: parsed, never run."""

import ast
import re
from collections.abc import Mapping
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
BRINGS_CODE = re.compile(r"\b(Lambda|TFSMLayer)\(")
PREFIX = re.compile(r"\b((tf|tensorflow)\.)?(keras\.)?layers\.(?=[A-Z])")


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
    if not isinstance(call, LayerCall):
        raise CallError(
            f"{quoted(text)} cannot be read, expected a layer of Keras with literals and"
            " layers as arguments, as in 'TimeDistributed(Dense(2))'"
        )
    return LayerCall(call.name, call.args, call.kwargs, code)


def value_of(node: ast.expr) -> object:
    """Return the value of a syntax tree: a literal, or a call of a class of Keras.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        kwargs = {}
        for keyword in node.keywords:
            kwargs[str(keyword.arg)] = value_of(keyword.value)
        args = tuple(value_of(argument) for argument in node.args)
        return LayerCall(node.func.id, args, kwargs, ast.unparse(node))
    if isinstance(node, ast.List):
        return [value_of(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(value_of(item) for item in node.elts)
    value = ast.literal_eval(node)
    if not isinstance(value, bool | int | float | str | None):
        # Keras makes objects of a dict, of whatever class it names.
        raise ValueError("neither a number nor a text")
    return value
