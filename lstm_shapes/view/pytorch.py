"""The layers in PyTorch's terms: the call, what it returns, and where its weights come from."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.pytorch import Output, in_pytorch
from lstm_shapes.view import style
from lstm_shapes.view.layout import EDGE_ITEMS, Facts, Flow, elided
from lstm_shapes.view.style import Glyphs

MOST_WEIGHTS = 16


def terms(spec: LSTMSpec, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The section of `--pytorch`."""
    found = in_pytorch(spec)
    yield Text("In PyTorch", style.HEADING)
    codes = elided(len(found.code), EDGE_ITEMS)
    yield from (Flow([glyphs.gap if at is None else found.code[at]]) for at in codes)
    rows = [[Text(o.name, style.RETURNED), style.shape(o.shape, o.axes)] for o in found.outputs]
    yield Facts(["array", "shape"], rows, list(map(_equals, found.outputs)), "what it is here")
    states = found.outputs[-1]
    yield Flow([f"h_n and c_n are ({', '.join(states.axes)}), never batch first"])
    more = f"{found.parameters - spec.parameters:,} more than Keras' {spec.parameters:,}"
    two = "bias_ih and bias_hh where Keras has one bias"
    yield Flow([f"{found.parameters:,} parameters, {more}:", two])
    weights = [
        [Text(glyphs.gap)] * 3
        if at is None
        else [
            Text(found.weights[at].name),
            style.shape(found.weights[at].shape),
            Text(found.weights[at].origin),
        ]
        for at in elided(len(found.weights), MOST_WEIGHTS // 2)
    ]
    yield Facts(["weight", "shape", "from"], weights)


def _equals(output: Output) -> str:
    return ", ".join(
        array if expression == output.name else f"{expression} is {array}"
        for expression, array in output.equals.items()
    )
