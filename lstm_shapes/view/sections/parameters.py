"""Show how many parameters there are and why, and their weights."""

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import LayerSpec, WeightSpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    Lines,
    elided,
    fits,
    flow,
    flow_words,
    table,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look


def one_call(answer: Answer) -> Lines:
    """Show the count and its formula, the blocks of columns, and the weights."""
    spec = answer.row[0]
    look = answer.look
    if spec.is_stack:
        lines = count_of_stack(spec, look)
        lines.extend(weights_by_layer(spec.layer_specs, look))
    else:
        lines = count_of_layer(spec.last, look)
        blocks = blocks_of_layer(spec.last.layer, look)
        if has_new_bias(spec.last.layer, answer):
            remark = "the bias starts at 0, its forget block at 1"
            blocks = with_remark(blocks, remark, look)
        lines.extend(blocks)
        lines.extend(weights_of_layer(spec.last, look))
        lines.extend(way_of_resetting(spec.last, look))
    lines.extend(idle_at_one_timestep(spec, look))
    return lines


def title(parameters: int, trainable_parameters: int) -> Text:
    """Write the heading with the count: `Parameters  200, none of them trainable`."""
    heading = Text.assemble(("Parameters", HEADING), f"  {parameters:,}")
    if trainable_parameters == 0:
        heading.append(", none of them trainable")
    elif trainable_parameters < parameters:
        heading.append(f", {trainable_parameters:,} of them trainable")
    return heading


def bias_count(layer: Layer) -> str:
    """Write how many biases a column has: `1 bias`."""
    if layer.bias_rows == 1:
        return "1 bias"
    return f"{layer.bias_rows} biases"


def count_of_layer(layer_spec: LayerSpec, look: Look) -> Lines:
    """Write `200 = 20 × (4 features + 5 units + 1 bias)`.

    The numbers make way for names where the line is too wide. Directions of unlike
    weights have a product each.
    """
    layer = layer_spec.layer
    times = look.glyphs.times
    heading = title(layer_spec.parameters, layer_spec.trainable_parameters)
    if layer.has_unlike_weights:
        products = []
        named_products = []
        for half in layer.direction_layers:
            products.append(product_of(half, layer_spec.features, look))
            named_products.append(named_product(half, look))
        line = Text.assemble(heading, " = ", Text(" + ").join(products))
        named_line = f"= {' + '.join(named_products)}"
    else:
        product = product_of(layer, layer_spec.features, look)
        named_line = f"= {named_product(layer, look)}"
        directions = ""
        if layer.bidirectional:
            directions = f"2 directions {times} "
            named_line = f"= 2 {times} {named_product(layer, look)}"
        line = Text.assemble(heading, f" = {directions}", product)
    lines = [line]
    if line.cell_len > look.width:
        lines = flow([heading, named_line], look, indent=0, blanks=1)
    return lines + wrapper_remark(layer, look)


def product_of(layer: Layer, features: int, look: Look) -> Text:
    """Write the count of one direction: `20 × (4 features + 5 units + 1 bias)`."""
    product = Text.assemble(
        f"{layer.column_count:,} {look.glyphs.times} (",
        style.counted(features, "features"),
        " + ",
        style.counted(layer.units, "units"),
    )
    if layer.use_bias:
        product.append(f" + {bias_count(layer)}")
    return product.append(")")


def named_product(layer: Layer, look: Look) -> str:
    """Write it with names for the sizes: `20 × (features + units + 1 bias)`."""
    terms = "features + units"
    if layer.use_bias:
        terms += f" + {bias_count(layer)}"
    return f"{layer.column_count:,} {look.glyphs.times} ({terms})"


def wrapper_remark(layer: Layer, look: Look) -> Lines:
    """Say that Bidirectional's own `trainable` freezes nothing in a model."""
    if dict(layer.wrapper_arguments).get("trainable") is not False:
        return []
    sentence = (
        f"Bidirectional's own trainable=False freezes nothing in a model: give it to"
        f" {layer.cell.name}"
    )
    return flow_words(sentence, look)


def count_of_stack(spec: Spec, look: Look) -> Lines:
    """Write the formula that all layers share, or each with the layers that share it."""
    heading = title(spec.parameters, spec.trainable_parameters)
    heading.append(", in each layer")
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
    layers_by_kind: dict[str, Layer] = {}
    for layer in spec.layers:
        lines.extend(wrapper_remark(layer, look))
        for half in layer.direction_layers:
            layers_by_kind[half.cell.name] = half
    for kind, layer in layers_by_kind.items():
        label = f"{kind}: " if len(layers_by_kind) > 1 else ""
        lines.extend(blocks_of_any_units(layer, label, look))
    return lines


def formula(layer: Layer, look: Look) -> str:
    """Write the count of a layer of any size: `4 × units × (features + units + 1 bias)`."""
    if layer.has_unlike_weights:
        products = []
        for direction in layer.directions:
            half = layer.of_direction(direction)
            products.append(f"{direction.name} {formula_of_direction(half, look)}")
        return ", ".join(products)
    product = formula_of_direction(layer, look)
    if layer.bidirectional:
        return f"2 {look.glyphs.times} {product}"
    return product


def formula_of_direction(layer: Layer, look: Look) -> str:
    """Write the count of one direction of any size."""
    times = look.glyphs.times
    terms = "features + units"
    if layer.use_bias:
        terms += f" + {bias_count(layer)}"
    return f"{len(layer.cell.gates)} {times} units {times} ({terms})"


def blocks_of_layer(layer: Layer, look: Look) -> Lines:
    """Write the blocks of columns, of each direction where the weights are unlike."""
    if not layer.has_unlike_weights:
        return blocks_of_columns(layer, "", look)
    lines: Lines = []
    for direction in layer.directions:
        half = layer.of_direction(direction)
        lines.extend(blocks_of_columns(half, f"{direction.name}: ", look))
    return lines


def blocks_of_columns(layer: Layer, label: str, look: Look) -> Lines:
    """Write `4 blocks of 5 columns: i (input gate), f (forget gate), …` behind a label.

    On a crowded screen the names of the gates are shorter.
    """
    blocks = layer.cell.gates
    columns = f"{layer.units:,} columns"
    if layer.units == 1:
        columns = "1 column"
    if len(blocks) == 1:
        sentence = (
            f"{label}{columns}, one for each unit: a {layer.cell.name} has no gate"
        )
        return flow_words(sentence, look)
    sentence = f"{label}{len(blocks)} blocks of {columns}:"
    return flow([*sentence.split(), *block_names(layer, look)], look, blanks=1)


def has_new_bias(layer: Layer, answer: Answer) -> bool:
    """Return True if the bias is a new LSTM's, in both directions."""
    if answer.request.weights_owner:
        return False
    return all(half.starts_with_open_forget_gate for half in layer.direction_layers)


def with_remark(lines: Lines, remark: str, look: Look) -> Lines:
    """Put a remark behind the last line if it has room: it is worth no row of its own."""
    line = Text.assemble(lines[-1], "  ", (remark, LABEL))
    if line.cell_len > look.width:
        return lines
    return [*lines[:-1], line]


def blocks_of_any_units(layer: Layer, label: str, look: Look) -> Lines:
    """Write `4 blocks of columns: i (input gate), …` behind a label."""
    blocks = layer.cell.gates
    if len(blocks) == 1:
        sentence = f"{label}a column for each unit: a {layer.cell.name} has no gate"
        return flow_words(sentence, look)
    sentence = f"{label}{len(blocks)} blocks of columns:"
    return flow([*sentence.split(), *block_names(layer, look)], look, blanks=1)


def block_names(layer: Layer, look: Look) -> list[str]:
    """Name the blocks of columns in their order: `i (input gate),`."""
    names = []
    for letter, name in layer.cell.gates.items():
        written_name = name
        if not look.is_roomy:
            written_name = name.removesuffix(" gate")
        names.append(f"{letter} ({written_name})")
    return [f"{name}," for name in names[:-1]] + names[-1:]


def weights_of_layer(layer_spec: LayerSpec, look: Look) -> Lines:
    """Show the names and shapes of the weights."""
    if layer_spec.layer.has_unlike_weights:
        return weights_of_directions(layer_spec, look)
    chunks = []
    for weight in layer_spec.weights_of(layer_spec.directions[0]):
        chunks.append(Text.assemble(f"{weight.name} ", style.shape(weight.shape)))
    remark = "same at every timestep"
    if layer_spec.layer.bidirectional:
        remark = "in each direction"
    lines = flow([*chunks, Text(remark, LABEL)], look)
    if len(lines) > 1:
        # It is nice to have, and no row of its own.
        return flow(chunks, look)
    return lines


def weights_of_directions(layer_spec: LayerSpec, look: Look) -> Lines:
    """Show the weights of each direction: `forward/kernel (4, 20)`."""
    lines: Lines = []
    for direction in layer_spec.directions:
        chunks = []
        for weight in layer_spec.weights_of(direction):
            name = f"{direction.name}/{weight.name} "
            chunks.append(Text.assemble(name, style.shape(weight.shape)))
        lines.extend(flow(chunks, look))
    return lines


def idle_at_one_timestep(spec: Spec, look: Look) -> Lines:
    """Say which parameters do nothing where there is one timestep alone.

    Example:
        >>> from lstm_shapes.shapes.spec import LSTMSpec
        >>> for line in idle_at_one_timestep(LSTMSpec(timesteps=1), Look()):
        ...     print(line.plain)
          without an initial_state, the only timestep begins with h and c of zeros: 125
          of the 200 parameters do nothing, those of recurrent_kernel and of the forget
          gate
    """
    if not spec.idle_parameters:
        return []
    counts = f"{spec.idle_parameters:,} of the {spec.parameters:,} parameters"
    if look.is_cramped:
        return flow_words(f"t=0 begins at zeros: {counts} do nothing", look)
    letters: dict[str, None] = {}
    owners = {"recurrent_kernel": None}
    for layer in spec.layers:
        for half in layer.direction_layers:
            letters.update(dict.fromkeys(half.cell.letters))
            for letter in half.idle_blocks:
                owners[f"the {half.cell.gates[letter]}"] = None
    sentence = (
        f"the only timestep begins with {listed(list(letters))} of zeros:"
        f" {counts} do nothing, those of {' and of '.join(owners)}"
    )
    if look.is_roomy:
        sentence = f"without an initial_state, {sentence}"
    return flow_words(sentence, look)


def way_of_resetting(layer_spec: LayerSpec, look: Look) -> Lines:
    """Say of a GRU where it resets h, and how many parameters it has the other way.

    A file of an older Keras may hold the other count. A crowded screen has no row for it.
    """
    layer = layer_spec.layer
    if not look.is_roomy or not layer.cell.takes("reset_after") or not layer.use_bias:
        return []
    other_layer = replace(layer, reset_after=not layer.reset_after)
    other_count = replace(layer_spec, layer=other_layer).parameters
    if layer.reset_after:
        sentence = (
            f"reset_after=True; {other_count:,} with reset_after=False, as in Keras 1 and"
            " TF 1"
        )
    else:
        sentence = (
            "reset_after=False, as in Keras 1 and TF 1;"
            f" {other_count:,} with reset_after=True"
        )
    return flow_words(sentence, look)


def weights_by_layer(layer_specs: Sequence[LayerSpec], look: Look) -> Lines:
    """Show the weights of each layer of a stack; of a deep one, the ends."""
    names = ["kernel", "recurrent_kernel", "bias"]
    # The weights are those of one direction, and the parameters of both.
    suffix = ""
    if any(layer_spec.layer.bidirectional for layer_spec in layer_specs):
        suffix = " each"
    lines = table_of_weights(layer_specs, names, suffix, look)
    if not fits(lines, look):
        # The bias repeats the kernel's last axis.
        lines = table_of_weights(layer_specs, names[:2], suffix, look)
    if not fits(lines, look):
        lines = table_of_weights(layer_specs, names[:2], "", look)
    return lines


def table_of_weights(
    layer_specs: Sequence[LayerSpec], names: Sequence[str], suffix: str, look: Look
) -> Lines:
    """Return a table with a row for each layer and a column for each weight.

    `suffix` stands behind the title of each weight.
    """
    rows = []
    for layer_spec in elided(layer_specs, EDGE_ITEMS):
        if layer_spec is None:
            rows.append([Text(look.glyphs.gap)] * (2 + len(names)))
            continue
        if not layer_spec.layer.has_unlike_weights:
            weights = layer_spec.weights_of(layer_spec.directions[0])
            count = layer_spec.parameters
            rows.append(row_of_weights(layer_spec.name, count, weights, names))
            continue
        for direction in layer_spec.directions:
            weights = layer_spec.weights_of(direction)
            label = f"{layer_spec.name} {direction.name}"
            count = layer_spec.parameters_of(direction)
            rows.append(row_of_weights(label, count, weights, names))
    titles = ["layer", "parameters"]
    for name in names:
        titles.append(f"{name}{suffix}")
    return table(titles, rows)


def row_of_weights(
    label: str, parameters: int, weights: Sequence[WeightSpec], names: Sequence[str]
) -> list[Text]:
    """Return the label, the count and the shape of each weight that is named."""
    shapes = {weight.name: weight.shape for weight in weights}
    row = [Text(label), Text(f"{parameters:,}", justify="right")]
    for name in names:
        cell = Text("-", LABEL)
        if name in shapes:
            cell = style.shape(shapes[name])
        row.append(cell)
    return row
