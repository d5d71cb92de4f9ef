"""The half of the screen that specs know, printed before there is any TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.text import Text

from lstm_shapes.spec.equality import contrast_of_calls, find_places
from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.pytorch import in_pytorch
from lstm_shapes.spec.request import Row
from lstm_shapes.view import layout, style, words
from lstm_shapes.view.drawing import draw
from lstm_shapes.view.layout import EDGE_ITEMS, Lines, elided, flow, table
from lstm_shapes.view.style import HEADING, LABEL, RETURNED, TITLE, Look


def call(spec: LSTMSpec, look: Look) -> Lines:
    """Show the layers as written in Keras, their input, and what the letters mean."""
    calls: list[Text | str] = []
    for layer in elided(spec.layers, 1):
        code = layer.code() if layer else f"{len(spec.layers) - 2} more layers"
        calls.append(Text(f"{look.glyphs.forward} {code}" if calls else code, TITLE))
    states = "".join(f", {letter}: {meaning}" for letter, _, meaning in spec.cell.states)
    letters = layout.words(f"x: input at t{states}", look, indent=0)
    return [*flow(calls, look, indent=0), *_introduction(spec, look), *letters]


def _introduction(spec: LSTMSpec, look: Look) -> Lines:
    shape = style.shape(spec.input.shape, spec.input.axes)
    chunks = [Text.assemble("input ", shape, " = ", style.shape(spec.input.axes, spec.input.axes))]
    if not spec.is_stack:
        letters = f"{words.listed(spec.cell.letters)} have "
        chunks.append(Text.assemble(letters, style.counted(spec.last.units, "units")))
    return flow(chunks, look, indent=0)


def outputs(spec: LSTMSpec, look: Look) -> Lines:
    """Show the arrays that come back, in Keras' order."""
    arrays = spec.outputs
    rows = [
        [Text(str(at), justify="right"), Text(a.name, RETURNED), style.shape(a.shape, a.axes)]
        for at, a in enumerate(arrays)
    ]
    meanings = [words.meaning(array, arrays) for array in arrays]
    titles = (Text("Outputs", HEADING), "array", "shape", "what it holds")
    lines = layout.table_with_remarks(titles, rows, meanings, look, indent=0)
    applied = "x"
    for layer in elided(spec.layers, 1):
        applied = f"{layer.name if layer else look.glyphs.gap}({applied})"
    unpacked = f"         {', '.join(array.name for array in arrays)} = {applied}"
    return [*lines, Text(unpacked)] if len(unpacked) <= look.width else lines


def parameters(spec: LSTMSpec, look: Look) -> Lines:
    """Show how many parameters there are, why, and in which weights."""
    layer, cell, times = spec.last, spec.cell, f" {look.glyphs.times} "
    gates, directions = len(cell.gates), len(layer.directions)
    biases = f"{cell.bias_rows} bias{'' if cell.bias_rows == 1 else 'es'}"
    both = f"{directions}{times}" if layer.bidirectional else ""
    formula = f"{both}{gates}{times}units{times}(features + units + {biases})"
    title = Text.assemble(("Parameters", HEADING), f"  {spec.parameters:,}")
    if spec.is_stack:
        each = Text.assemble(title, ", in each layer")
        return [*flow([each, formula], look, 0, blanks=1), *_by_layer(spec.layers, look)]
    units, features = style.counted(layer.units, "units"), style.counted(spec.features, "features")
    first = f" = {both.replace(times, f' directions{times}')}{gates}{times}"
    count = Text.assemble(title, first, units, f"{times}(", features, " + ", units, f" + {biases})")
    lines = [count] if count.cell_len <= look.width else flow([title, f"= {formula}"], look, 0, 1)
    named = ", ".join(f"{letter} ({name})" for letter, name in cell.gates.items())
    operations = ("x @", f"+ {cell.letters[0]} @", "+")
    sums = [
        Text.assemble(f"{operation} {weight.name} ", style.shape(weight.shape))
        for operation, weight in zip(operations, layer.direction_weights, strict=True)
    ]
    lines += flow(f"{gates} gates: {named}".split(), look, blanks=1)
    return [*lines, *flow(sums, look, blanks=1)]


def _by_layer(layers: Sequence[LayerSpec], look: Look) -> Lines:
    rows = []
    for layer in elided(layers, EDGE_ITEMS):
        row = [Text(look.glyphs.gap)] * 5
        if layer:
            shapes = [style.shape(of.shape) for of in layer.direction_weights]
            row = [Text(layer.name), Text(f"{layer.parameters:,}", justify="right"), *shapes]
        rows.append(row)
    each = " each" if layers[0].bidirectional else ""
    names = [weight.name + each for weight in layers[0].direction_weights]
    titles = ["layer", "parameters", *names]
    lines = table(titles, rows)
    # Without its bias on a narrow screen: that is as long as the last axis of the others.
    is_wide = max(map(len, lines)) > look.width
    return table(titles[:-1], [row[:-1] for row in rows]) if is_wide else lines


def pytorch(spec: LSTMSpec, look: Look) -> Lines:
    """Show the same in PyTorch: the call, what it returns, and where its weights come from."""
    found, gap = in_pytorch(spec), look.glyphs.gap
    lines = [Text("In PyTorch", HEADING)]
    lines += [Text(f"  {line or gap}") for line in elided(found.code, EDGE_ITEMS)]
    rows, remarks = [], []
    for output in found.outputs:
        rows.append([Text(output.name, RETURNED), style.shape(output.shape, output.axes)])
        same = (
            array if expression == output.name else f"{expression} is {array}"
            for expression, array in output.equals.items()
        )
        remarks.append(", ".join(same))
    titles = ["array", "shape", "what it is here"]
    lines += layout.table_with_remarks(titles, rows, remarks, look)
    states = found.outputs[1:]
    axes = ", ".join(states[0].axes).replace("×", look.glyphs.times)
    names = words.listed([output.name for output in states])
    lines += flow([f"{names} are ({axes}), never batch first"], look)
    more = f"{found.parameters - spec.parameters:,} more than Keras' {spec.parameters:,}:"
    two = "bias_ih and bias_hh where Keras has one bias"
    lines += flow([f"{found.parameters:,} parameters, {more}", two], look)
    weights = [
        [Text(w.name), style.shape(w.shape), Text(w.origin)] if w else [Text(gap)] * 3
        for w in elided(found.weights, 8)
    ]
    return [*lines, *table(["weight", "shape", "from"], weights)]


def four_calls(specs: Row, look: Look) -> Lines:
    """Show what the calls of a comparison have in common."""
    title = Text(f"{specs[0].code} with each combination of the two flags", TITLE)
    same = Text("the same weights and the same input in all four calls", LABEL)
    return [*flow([title], look, indent=0), *_introduction(specs[0], look), same]


def outputs_by_call(specs: Row, look: Look) -> Lines:
    """Show the arrays that each call returns."""
    beside, line_break = "True, ", f"True,\n{' ' * len(f'{specs[0].cell.name}(')}"
    for _ in range(2):
        rows = []
        for number, spec in enumerate(specs):
            names = Text("\n").join(Text(a.name, RETURNED) for a in spec.outputs)
            shapes = Text("\n").join(style.shape(a.shape, a.axes) for a in spec.outputs)
            code = Text(spec.last.code().replace(beside, line_break))
            rows.append([Text(str(number)), code, names, shapes])
        lines = table(["#", "call", "array", "shape"], rows)
        if max(map(len, lines)) <= look.width:
            break
        beside, line_break = ", ", ",\n  "  # for a narrower screen
    return lines


def places(specs: Row, look: Look) -> Lines:
    """Show where each vector stands in the arrays of all calls."""
    lines = [Text("Where the same values stand", HEADING)]
    for vector, found in find_places(spec.outputs for spec in specs).items():
        lines += flow([f"{words.vector(vector)}: in {len(found)} places"], look)
        for number in range(len(specs)):
            texts = [str(selection) for at, selection in found if at == number]
            if texts:
                lines += flow([Text(str(number), LABEL), *texts], look, indent=4)
    contrast = contrast_of_calls(specs[0].last)
    if contrast:
        why = f"as {words.difference(contrast, specs[0].last)}"
        lines += flow([f"{contrast.left} is not {contrast.right}", why], look)
    return lines


Section = Callable[[Any, Look], Lines]

SECTIONS: dict[str, Section] = {"call": call, "drawing": draw, "outputs": outputs}
SECTIONS |= {"parameters": parameters, "pytorch": pytorch}
COMPARED: dict[str, Section] = {"call": four_calls, "outputs": outputs_by_call, "places": places}
