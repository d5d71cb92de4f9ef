"""Show how many parameters there are and why, and their weights."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import LayerSpec
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
        lines.extend(blocks_of_columns(spec.last.layer, look))
        lines.extend(weights_of_layer(spec.last, look))
    lines.extend(idle_at_one_timestep(spec, look))
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
    product = f"{layer.column_count:,} {times} ("
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


def blocks_of_columns(layer: Layer, look: Look) -> Lines:
    """Write `4 blocks of 5 columns: i (input gate), f (forget gate), …`.

    On a crowded screen the names of the gates are shorter.
    """
    blocks = layer.cell.gates
    columns = f"{layer.units:,} columns"
    if layer.units == 1:
        columns = "1 column"
    if len(blocks) == 1:
        sentence = f"{columns}, one for each unit: a {layer.cell.name} has no gate"
        return flow_words(sentence, look)
    sentence = f"{len(blocks)} blocks of {columns}:"
    return flow([*sentence.split(), *block_names(layer, look)], look, blanks=1)


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
    chunks = []
    for weight in layer_spec.direction_weights:
        chunks.append(Text.assemble(f"{weight.name} ", style.shape(weight.shape)))
    remark = "same at every timestep"
    if layer_spec.layer.bidirectional:
        remark = "in each direction"
    lines = flow([*chunks, Text(remark, LABEL)], look)
    if len(lines) > 1:
        # It is nice to have, and no row of its own.
        return flow(chunks, look)
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
        letters.update(dict.fromkeys(layer.cell.letters))
        for letter in layer.idle_blocks:
            owners[f"the {layer.cell.gates[letter]}"] = None
    sentence = (
        f"the only timestep begins with {listed(list(letters))} of zeros:"
        f" {counts} do nothing, those of {' and of '.join(owners)}"
    )
    if look.is_roomy:
        sentence = f"without an initial_state, {sentence}"
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
        shapes = {weight.name: weight.shape for weight in layer_spec.direction_weights}
        count = f"{layer_spec.parameters:,}"
        row = [Text(layer_spec.name), Text(count, justify="right")]
        for name in names:
            cell = Text("-", LABEL)
            if name in shapes:
                cell = style.shape(shapes[name])
            row.append(cell)
        rows.append(row)
    titles = ["layer", "parameters"]
    for name in names:
        titles.append(f"{name}{suffix}")
    return table(titles, rows)
