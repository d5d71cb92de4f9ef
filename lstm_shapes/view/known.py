"""The half of the screen that specs know, printed before there is any TensorFlow."""

from collections.abc import Callable, Sequence

from rich.text import Text

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.pytorch import in_pytorch
from lstm_shapes.view import layout, style, words
from lstm_shapes.view.drawing import draw
from lstm_shapes.view.layout import EDGE_ITEMS, Lines, elided, flow, table
from lstm_shapes.view.style import HEADING, LABEL, RETURNED, TITLE, Look

# What equations call the weights.
SYMBOLS = ("W: ", "R: ", "b: ")


def call(spec: LSTMSpec, look: Look) -> Lines:
    """Show the layers as written in Keras, and their input."""
    first, *others = (layer.code() for layer in spec.layers)
    calls = [first, *(f"{look.glyphs.forward} {code}" for code in others)]
    titles = flow([Text(code, TITLE) for code in calls], look, indent=0)
    return [*titles, *introduction(spec, look)]


def introduction(spec: LSTMSpec, look: Look) -> Lines:
    """Show the sizes: of the input, and if there is one layer, of its states."""
    shape = style.shape(spec.input.shape, spec.input.axes)
    chunks = [Text.assemble("input ", shape, " = ", style.shape(spec.input.axes, spec.input.axes))]
    if not spec.is_stack:
        have = " have " if len(spec.cell.states) > 1 else " has "
        both = f": 2 {look.glyphs.times} " if spec.bidirectional else have
        states = words.listed(spec.cell.letters) + both
        alone = ", all it hands on" if len(spec.cell.states) == 1 else ""
        chunks.append(Text.assemble(states, style.counted(spec.last.units, "units"), alone))
    if spec.lengths:
        chunks.append(Text(f"lengths {spec.lengths}, the rest masked", LABEL))
    return flow(chunks, look, indent=0)


def outputs(spec: LSTMSpec, look: Look) -> Lines:
    """Show what these flags are for, and the arrays that come back, in Keras' order."""
    arrays, purpose = spec.outputs, words.PURPOSES[spec.return_sequences, spec.return_state]
    rows = [
        [Text(str(at), justify="right"), Text(a.name, RETURNED), style.shape(a.shape, a.axes)]
        for at, a in enumerate(arrays)
    ]
    lines = flow([Text("Outputs", HEADING), purpose], look, indent=0)
    lines += layout.table_with_remarks([""] * 4, rows, [[words.meaning(a)] for a in arrays], look)
    return [*lines, *_unpacked(spec, look)]


def _unpacked(spec: LSTMSpec, look: Look) -> Lines:
    """Write the line of Python that takes the arrays apart, in parentheses if it is several."""
    names, applied, also = ", ".join(array.name for array in spec.outputs), "x", Text()
    for layer in spec.layers:
        applied = f"{layer.name}({applied})"
    if spec.return_state and not spec.bidirectional:
        # The names that many tutorials give the states.
        states = (f"state_{letter}" for letter in spec.cell.letters)
        also = Text(f"# also {', '.join(states)}", LABEL)
    line = f"{names} = {applied}"
    if layout.INDENT + len(line) <= look.width:
        return flow([line, also], look)
    *parts, last = names.split()
    lines = flow([*parts, f"{last}) = {applied}"], look, layout.INDENT + 1, blanks=1)
    lines[0] = Text(f"{' ' * layout.INDENT}({lines[0].plain.lstrip()}")
    return [*lines, *flow([also], look)]


def parameters(spec: LSTMSpec, look: Look) -> Lines:
    """Show how many parameters there are and why, their weights, equations, and what they cost."""
    layer, cell, times = spec.last, spec.cell, f" {look.glyphs.times} "
    named = [f"{at} ({name.removesuffix(' gate')})," for at, name in cell.gates.items()]
    gates = f"{len(cell.gates)} gate{'s' if len(cell.gates) > 1 else ''}"
    biases = f"{cell.bias_rows} bias{'' if cell.bias_rows == 1 else 'es'}"
    both = f"2{times}" if layer.bidirectional else ""
    title = Text.assemble(("Parameters", HEADING), f"  {spec.parameters:,}")
    columns = str(len(cell.gates) * layer.units)
    if spec.is_stack:
        each = Text.assemble(title, ", in each layer")
        formula = f"{both}{len(cell.gates)}{times}units{times}(features + units + {biases})"
        lines = flow([each, formula], look, 0, blanks=1)
        joined = f"{gates}{times}units columns:"
    else:
        units = style.counted(layer.units, "units")
        sizes = style.counted(spec.features, "features"), " + ", units, f" + {biases})"
        directions = both.replace(times, f" directions{times}")
        count = Text.assemble(title, f" = {directions}{columns}{times}(", *sizes)
        formula = f"= {both}{columns}{times}(features + units + {biases})"
        lines = [count] if count.cell_len <= look.width else flow([title, formula], look, 0, 1)
        joined = f"{columns} = {gates}{times}{units.plain}:"
    lines += flow([*joined.split(), *named[:-1], named[-1].rstrip(",")], look, blanks=1)
    return [*lines, *_weights(spec, look), *_equations(spec, look), *flow(words.cost(spec), look)]


def _weights(spec: LSTMSpec, look: Look) -> Lines:
    if spec.is_stack:
        return _by_layer(spec.layers, look)
    signs = SYMBOLS if look.roomy else ("x @ ", f"+ {spec.cell.letters[0]} @ ", "+ ")
    sums = [
        Text.assemble(f"{sign}{weight.name} ", style.shape(weight.shape))
        for sign, weight in zip(signs, spec.last.direction_weights, strict=True)
    ]
    return flow(sums, look, blanks=2 if look.roomy else 1)


def _equations(spec: LSTMSpec, look: Look) -> Lines:
    """Show what a layer does at a timestep, where there is room."""
    if not look.roomy:
        return []
    text = "\n".join(spec.cell.equations)
    text = text.replace("·", look.glyphs.product).replace("σ", look.glyphs.sigmoid)
    *of_gates, states = text.split("\n", len(spec.cell.equations) - len(spec.cell.states))
    same = Text("the same W, R and b at every timestep", LABEL)
    return [*flow(of_gates, look), *flow([*states.split("\n"), same], look)]


def _by_layer(layers: Sequence[LayerSpec], look: Look) -> Lines:
    rows = []
    for layer in elided(layers, EDGE_ITEMS):
        row = [Text(look.glyphs.gap)] * 5
        if layer:
            shapes = [style.shape(of.shape) for of in layer.direction_weights]
            row = [Text(layer.name), Text(f"{layer.parameters:,}", justify="right"), *shapes]
        rows.append(row)
    each, weights = " each" if layers[0].bidirectional else "", layers[0].direction_weights
    titles = ["layer", "parameters", *(f"{weight.name}{each}" for weight in weights)]
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
            array if expression == output.name else f"{expression} is Keras' {array}"
            for expression, array in output.equals.items()
        )
        remarks.append([", ".join(same)])
    titles = ["array", "shape", "what it is in Keras"]
    lines += layout.table_with_remarks(titles, rows, remarks, look)
    states = found.outputs[1:]
    axes = ", ".join(states[0].axes).replace("×", look.glyphs.times)
    names = words.listed([output.name for output in states])
    lines += flow([f"{names} are ({axes}), never batch first"], look)
    if len(found.state_order) > 1:
        order = [f"[{at}] {of}" for at, of in enumerate(found.state_order)]
        lines += flow([f"of {names}:", *order], look)
    count = f"{found.parameters:,} parameters, as many as in Keras"
    if more := found.parameters - spec.parameters:
        count = f"{found.parameters:,} parameters, {more:,} more than Keras' {spec.parameters:,}:"
        count += " bias_ih and bias_hh, as cuDNN has, where Keras has one bias"
    lines += flow(count.split(), look, blanks=1)
    if spec.last.is_masked:
        keras = "as in Keras" if spec.bidirectional else "where Keras repeats"
        lines += flow([f"output has zeros at masked timesteps, {keras}"], look)
    weights = [
        [Text(w.name), style.shape(w.shape), Text(w.origin)] if w else [Text(gap)] * 3
        for w in elided(found.weights, 8)
    ]
    convert = [Text(f"  {line}") for line in found.convert]
    back = [f"{name} = {code}" for name, code in found.keras_weights.items()][:3]
    lines += [*convert, *table(["weight", "shape", "from"], weights)]
    return [*lines, *flow(["the other way round:", *back], look)]


Section = Callable[[LSTMSpec, Look], Lines]

SECTIONS: dict[str, Section] = {"drawing": draw, "outputs": outputs, "parameters": parameters}
SECTIONS |= {"pytorch": pytorch}
