"""A layer as one writes it in Keras, `TimeDistributed(Dense(2))`: parsed, never evaluated."""

import ast
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.spec.selection import UNREADABLE

# These take a list of arrays, and not one.
TAKE_SEVERAL = (
    *("Attention", "AdditiveAttention", "Add", "Average", "Concatenate", "Dot"),
    *("Maximum", "Minimum", "Multiply", "Subtract"),
)
_PREFIX = re.compile(r"\b((tf|tensorflow)\.)?(keras\.)?layers\.(?=[A-Z])")


class LayerCall(NamedTuple):
    """A class of Keras by its name, and its arguments: literals, and calls of such classes."""

    name: str
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    text: str


def parse_layer(text: str) -> LayerCall:
    """Read a layer, or raise a CallError if there is more in it than classes and literals.

    Example:
        >>> parse_layer("keras.layers.LSTM(4, return_state=True)")[:3]
        ('LSTM', (4,), {'return_state': True})
    """
    short = " ".join(_PREFIX.sub("", str(text)).split())
    if code := re.search(r"\b(Lambda|TFSMLayer)\(", short):
        raise CallError(f"{code[1]} brings code, which is not run here, expected another layer")
    with suppress(*UNREADABLE), catch_warnings():
        simplefilter("ignore")
        call = _value(ast.parse(short, mode="eval").body)
        if isinstance(call, LayerCall):
            return call._replace(text=short)
    layer = "expected a layer of Keras with literals and layers as arguments"
    raise CallError(f"{quoted(text)} cannot be read, {layer}, as in 'TimeDistributed(Dense(2))'")


def _value(node: ast.expr) -> object:
    match node:
        case ast.Call(ast.Name(name), args, keywords):
            kwargs = {str(of.arg): _value(of.value) for of in keywords}
            return LayerCall(name, tuple(map(_value, args)), kwargs, ast.unparse(node))
        case ast.List(items) | ast.Tuple(items):
            return (list if isinstance(node, ast.List) else tuple)(map(_value, items))
    value = ast.literal_eval(node)
    if not isinstance(value, bool | int | float | str | None):
        raise ValueError  # Keras makes objects of a dict, of whatever class it names
    return value
