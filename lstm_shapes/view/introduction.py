"""Introduce a call: the layers as written in Keras, and their input."""

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.request import Row
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, flow
from lstm_shapes.view.style import LABEL, TITLE, Look


def introduce_call(spec: Spec, look: Look) -> Lines:
    """Show the layers of one call, the lowest one first, and their input."""
    titles = []
    for number, layer in enumerate(spec.layers):
        code = layer.code()
        if number > 0:
            code = f"{look.glyphs.forward} {code}"
        titles.append(Text(code, TITLE))
    return flow(titles, look, indent=0) + introduce_input(spec, look)


def introduce_comparison(row: Row, look: Look) -> Lines:
    """Show what the four calls of a comparison have in common."""
    title = f"{row[0].code} in four calls on the same weights and the same input"
    lines = flow([Text(title, TITLE)], look, indent=0)
    lines.extend(introduce_input(row[0], look))
    return lines


def introduce_input(spec: Spec, look: Look) -> Lines:
    """Show the sizes of the input and, if there is one layer, of its states."""
    shape = style.shape(spec.input.shape, spec.input.axes)
    axes = style.shape(spec.input.axes, spec.input.axes)
    chunks = [Text.assemble("input ", shape, " = ", axes)]
    if not spec.is_stack:
        chunks.append(introduce_states(spec, look))
    if spec.lengths:
        text = f"lengths {spec.lengths}, the rest masked"
        if spec.padding == "pre":
            text += " in front"
        chunks.append(Text(text, LABEL))
    return flow(chunks, look, indent=0)


def introduce_states(spec: Spec, look: Look) -> Text:
    """Write how large the states are: `h and c have 5 units`."""
    letters = listed(spec.cell.letters)
    units = style.counted(spec.last.layer.units, "units")
    has_one_state = len(spec.cell.states) == 1
    if spec.bidirectional:
        letters = ", ".join(spec.cell.letters)
        text = Text.assemble(f"{letters}: 2 {look.glyphs.times} ", units)
    elif has_one_state:
        text = Text.assemble(f"{letters} has ", units)
    else:
        text = Text.assemble(f"{letters} have ", units)
    if has_one_state:
        text.append(", all it hands on")
    return text
