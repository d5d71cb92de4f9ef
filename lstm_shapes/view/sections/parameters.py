"""Show how many parameters there are and why, their weights, and what they cost."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style, words
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    Lines,
    elided,
    flow,
    flow_words,
    small_print,
    table,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look


def one_call(answer: Answer) -> Lines:
    """Show the count and its formula, the blocks of columns, weights and equations."""
    spec = answer.row[0]
    look = answer.look
    if spec.is_stack:
        lines = count_of_stack(spec, look)
        lines.extend(weights_by_layer(spec.layer_specs, look))
    else:
        lines = count_of_layer(spec.last, look)
        lines.extend(blocks_of_columns(spec.last.layer, look))
        lines.extend(weights_of_layer(spec.last, look))
    lines.extend(equations(spec, look))
    lines.extend(flow(words.cost(spec), look))
    return lines


def title(spec_parameters: int) -> Text:
    """Write the heading with the count: `Parameters  200`."""
    return Text.assemble(("Parameters", HEADING), f"  {spec_parameters:,}")


def bias_count(layer: Layer) -> str:
    """Write how many biases a column has: `1 bias`."""
    if layer.bias_rows == 1:
        return "1 bias"
    return f"{layer.bias_rows} biases"


def count_of_layer(layer_spec: LayerSpec, look: Look) -> Lines:
    """Write `200 = 20 × (4 features + 5 units + 1 bias)`.

    The numbers make way for names where the line is too wide.
    """
    layer = layer_spec.layer
    times = look.glyphs.times
    terms = Text.assemble(
        style.counted(layer_spec.features, "features"),
        " + ",
        style.counted(layer.units, "units"),
    )
    named_terms = "features + units"
    if layer.use_bias:
        terms.append(f" + {bias_count(layer)}")
        named_terms += f" + {bias_count(layer)}"
    product = f"{layer.column_count} {times} ("
    long_product = product
    if layer.bidirectional:
        long_product = f"2 directions {times} {product}"
        product = f"2 {times} {product}"
    heading = title(layer_spec.parameters)
    line = Text.assemble(heading, f" = {long_product}", terms, ")")
    if line.cell_len <= look.width:
        return [line]
    return flow([heading, f"= {product}{named_terms})"], look, indent=0, blanks=1)


def count_of_stack(spec: Spec, look: Look) -> Lines:
    """Write the formula that all layers share, or each with the layers that share it."""
    heading = Text.assemble(title(spec.parameters), ", in each layer")
    names_by_formula: dict[str, list[str]] = {}
    for layer_spec in spec.layer_specs:
        text = formula(layer_spec.layer, look)
        names_by_formula.setdefault(text, []).append(layer_spec.name)
    if len(names_by_formula) == 1:
        text = formula(spec.layers[0], look)
        lines = flow([heading, text], look, indent=0, blanks=1)
    else:
        lines = [heading]
        for text, names in names_by_formula.items():
            lines.extend(flow_words(f"{', '.join(names)}: {text}", look))
    layers_by_kind = {layer.cell.name: layer for layer in spec.layers}
    for kind, layer in layers_by_kind.items():
        label = f"{kind}: " if len(layers_by_kind) > 1 else ""
        lines.extend(blocks_of_any_units(layer, label, look))
    return lines


def formula(layer: Layer, look: Look) -> str:
    """Write the count of a layer of any size: `4 × units × (features + units + 1 bias)`."""
    times = look.glyphs.times
    terms = "features + units"
    if layer.use_bias:
        terms += f" + {bias_count(layer)}"
    product = f"{len(layer.cell.gates)} {times} units {times} ({terms})"
    if layer.bidirectional:
        return f"2 {times} {product}"
    return product


def gate_count(layer: Layer) -> str:
    """Write how many blocks of columns there are: `4 gates`."""
    count = len(layer.cell.gates)
    if count == 1:
        return "1 gate"
    return f"{count} gates"


def gate_names(layer: Layer) -> list[str]:
    """Write the blocks of columns in their order: `i (input),`, `f (forget),`."""
    names = []
    for letter, name in layer.cell.gates.items():
        names.append(f"{letter} ({name.removesuffix(' gate')})")
    return [f"{name}," for name in names[:-1]] + names[-1:]


def blocks_of_columns(layer: Layer, look: Look) -> Lines:
    """Write `20 = 4 gates × 5 units: i (input), f (forget), …`."""
    units = style.counted(layer.units, "units").plain
    equation = (
        f"{layer.column_count} = {gate_count(layer)} {look.glyphs.times} {units}:"
    )
    return flow([*equation.split(), *gate_names(layer)], look, blanks=1)


def blocks_of_any_units(layer: Layer, label: str, look: Look) -> Lines:
    """Write `4 gates × units columns: i (input), f (forget), …` behind a label."""
    product = f"{label}{gate_count(layer)} {look.glyphs.times} units columns:"
    return flow([*product.split(), *gate_names(layer)], look, blanks=1)


def weights_of_layer(layer_spec: LayerSpec, look: Look) -> Lines:
    """Show the weights by the letters of the equations, or as the sum that uses them."""
    letter = layer_spec.layer.cell.letters[0]
    signs = ["x @ ", f"+ {letter} @ ", "+ "]
    blanks = 1
    if look.is_roomy:
        signs = ["W: ", "R: ", "b: "]
        blanks = 2
    chunks = []
    for sign, weight in zip(signs, layer_spec.direction_weights, strict=False):
        chunks.append(Text.assemble(f"{sign}{weight.name} ", style.shape(weight.shape)))
    return flow(chunks, look, blanks=blanks)


def weights_by_layer(layer_specs: Sequence[LayerSpec], look: Look) -> Lines:
    """Show the weights of each layer of a stack; of a deep one, the ends."""
    names = ["kernel", "recurrent_kernel", "bias"]
    lines = table_of_weights(layer_specs, names, look)
    if max(line.cell_len for line in lines) > look.width:
        # The bias repeats the kernel's last axis.
        lines = table_of_weights(layer_specs, names[:2], look)
    return lines


def table_of_weights(
    layer_specs: Sequence[LayerSpec], names: Sequence[str], look: Look
) -> Lines:
    """Return a table with a row for each layer and a column for each weight."""
    rows = []
    for layer_spec in elided(layer_specs, EDGE_ITEMS):
        if layer_spec is None:
            rows.append([Text(look.glyphs.gap)] * (2 + len(names)))
            continue
        shapes = {weight.name: weight.shape for weight in layer_spec.direction_weights}
        count = f"{layer_spec.parameters:,}"
        row = [Text(layer_spec.name), Text(count, justify="right")]
        for name in names:
            cell = Text("-", LABEL)
            if name in shapes:
                cell = style.shape(shapes[name])
            row.append(cell)
        rows.append(row)
    # The weights are those of one direction, and the parameters of both.
    suffix = ""
    if any(layer_spec.layer.bidirectional for layer_spec in layer_specs):
        suffix = " each"
    titles = ["layer", "parameters"]
    for name in names:
        titles.append(f"{name}{suffix}")
    return table(titles, rows)


def equations(spec: Spec, look: Look) -> Lines:
    """Show what a layer does at a timestep, where there is room."""
    if not look.is_roomy:
        return []
    layers: dict[tuple[str, ...], Layer] = {}
    names: dict[tuple[str, ...], list[str]] = {}
    for layer_spec in spec.layer_specs:
        layers[layer_spec.layer.equations] = layer_spec.layer
        names.setdefault(layer_spec.layer.equations, []).append(layer_spec.name)
    lines: Lines = []
    for texts, layer in layers.items():
        if len(layers) > 1:
            lines.extend(small_print(f"{', '.join(names[texts])}:", look))
        lines.extend(equations_of(layer, look))
    return lines


def equations_of(layer: Layer, look: Look) -> Lines:
    """Write the equations of one layer: those of the gates, then those of the states."""
    texts = []
    for equation in layer.equations:
        text = equation.replace("·", look.glyphs.product)
        texts.append(text.replace("σ", look.glyphs.sigmoid))
    state_count = len(layer.cell.states)
    gate_texts = texts[:-state_count]
    state_texts = texts[-state_count:]
    used_weights = "W, R and b" if layer.use_bias else "W and R"
    remark = Text(f"the same {used_weights} at every timestep", LABEL)
    return flow(gate_texts, look) + flow([*state_texts, remark], look)
