"""Show the recurrent layers of a saved model as a table, with the line to type for one."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from rich.text import Text

from lstm_shapes.errors import plain
from lstm_shapes.request import ListRequest
from lstm_shapes.shapes.model_shapes import ModelShape
from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel, Unknown
from lstm_shapes.view import style
from lstm_shapes.view.layout import (
    INDENT,
    Lines,
    TextRow,
    column_widths,
    fits,
    flow,
    small_print,
    table_lines,
)
from lstm_shapes.view.style import LABEL, RETURNED, TITLE, WIDEST_PICTURE, Look

TITLES = ("path", "input", "output", "parameters")
TITLES_WITH_CODE = ("path", "layer", "input", "output", "parameters")
# A name longer than this is cut in its middle: a file may hold any.
LONGEST_NAME = 200

REASONS = {
    Unknown.NOT_BUILT: "never built: its features, shapes and weights are not known",
    Unknown.BEHIND_UNKNOWN_LAYER: "behind a layer whose shape the file does not say",
    Unknown.INSIDE_OWN_CODE: "known by its weights alone: the code that calls it is not"
    " in the file",
    Unknown.OWN_CLASS: "a class of its own, whose code is not in the file",
    Unknown.STACK_OF_CELLS: "of several cells, and not explored as one layer",
    Unknown.CONVOLUTIONAL: "of images, and not explored here",
    Unknown.NOT_EXPLORED: "has an argument that is not explored here",
}


def list_lines(request: ListRequest, look: Look) -> Lines:
    """Return the model, a row for each recurrent layer, and the line to type for one."""
    model = request.model
    lines = introduce_model(model, look)
    lines.append(Text())
    if model.layers:
        lines.extend(layer_lines(model.layers, look))
    else:
        lines.extend(flow(["no recurrent layer"], look))
    lines.extend(other_layers(model, look))
    if request.layer_words and not look.is_picture:
        lines.append(Text())
        lines.extend(words_to_type(request, look))
    return lines


def introduce_model(model: SavedModel, look: Look) -> Lines:
    """Show the file, what wrote it, and the model's own input, output and parameters."""
    chunks = [Text(short(Path(model.file).name), TITLE)]
    if model.keras_version:
        chunks.append(Text(f"Keras {short(model.keras_version)}", LABEL))
    if not model.has_config:
        chunks.append(Text("weights alone: flags and timesteps unknown", LABEL))
    lines = flow(chunks, look, indent=0)
    facts = []
    for title, shapes in (
        ("input", model.input_shapes),
        ("output", model.output_shapes),
    ):
        if shapes:
            facts.append(Text.assemble(f"{title} ", joined_shapes(shapes, look)))
    if model.parameters is not None:
        facts.append(Text(counted_parameters(model.parameters)))
    lines.extend(flow(facts, look, indent=0))
    return lines


def counted_parameters(count: int) -> str:
    """Write a number of parameters."""
    if count == 1:
        return "1 parameter"
    return f"{count:,} parameters"


def layer_lines(layers: Sequence[SavedLayer], look: Look) -> Lines:
    """Return a row for each layer, in the widest form that the screen has room for.

    The code stands in a column, or below its row; on a narrow screen, or behind long
    names, all facts of a layer stand below its path.
    """
    for make_lines in (table_with_code, table_above_code):
        lines = make_lines(layers, look)
        if fits(lines, look):
            return lines
    lines = []
    for layer in layers:
        lines.extend(layer_in_flow(layer, look))
    return lines


def table_with_code(layers: Sequence[SavedLayer], look: Look) -> Lines:
    """Put all of a layer on a row."""
    rows = []
    for layer in layers:
        path, *cells = cells_of(layer, look)
        rows.append([path, Text(code_of(layer)), *cells])
    return table_of_layers(TITLES_WITH_CODE, rows, layers, look)


def table_above_code(layers: Sequence[SavedLayer], look: Look) -> Lines:
    """Put the shapes of a layer on a row, and its code below it."""
    rows = [cells_of(layer, look) for layer in layers]
    return table_of_layers(TITLES, rows, layers, look)


def table_of_layers(
    titles: Sequence[str],
    rows: Sequence[TextRow],
    layers: Sequence[SavedLayer],
    look: Look,
) -> Lines:
    """Put rows under their titles, and below each row what its columns have no place for."""
    header = [Text(title, LABEL) for title in titles]
    header[-1].justify = "right"
    widths = column_widths([header, *rows])
    second_column = INDENT + widths[0] + INDENT
    lines = table_lines(header, widths, INDENT)
    for layer, row in zip(layers, rows, strict=True):
        lines.extend(table_lines(row, widths, INDENT))
        if "layer" not in titles:
            lines.extend(flow([code_of(layer)], look, second_column))
        lines.extend(remarks_on(layer, look, second_column))
    return lines


def layer_in_flow(layer: SavedLayer, look: Look) -> Lines:
    """Put the path of a layer on a line, and all else below it."""
    path, input_shape, _, _ = cells_of(layer, look)
    lines = flow([path], look)
    facts = [
        Text(code_of(layer)),
        Text.assemble("input ", input_shape),
    ]
    if layer.output_shapes:
        output = joined_shapes(layer.output_shapes, look)
        facts.append(Text.assemble("output ", output))
    if layer.parameters is not None:
        facts.append(Text(counted_parameters(layer.parameters)))
    lines.extend(flow(facts, look, 2 * INDENT))
    lines.extend(remarks_on(layer, look, 2 * INDENT))
    return lines


def cells_of(layer: SavedLayer, look: Look) -> list[Text]:
    """Return the path of a layer, its shapes, and how many parameters it has."""
    parameters = "?"
    if layer.parameters is not None:
        parameters = f"{layer.parameters:,}"
    input_shape = Text("?")
    if layer.input_shape is not None:
        input_shape = style.shape(layer.input_shape, axes_of(layer.input_shape, True))
    outputs = Text("?")
    if layer.output_shapes is not None:
        outputs = Text("\n").join(grouped_shapes(layer.output_shapes, look))
    return [
        Text(short(layer.path), RETURNED),
        input_shape,
        outputs,
        Text(parameters, justify="right"),
    ]


def code_of(layer: SavedLayer) -> str:
    """Write a layer as in Keras, or its class where that is not known."""
    if layer.layer is None:
        return short(layer.class_name)
    return layer.layer.code()


def remarks_on(layer: SavedLayer, look: Look, indent: int) -> Lines:
    """Say what is around a layer, and why something of it is not known."""
    lines: Lines = []
    for wrapper in layer.wrappers:
        lines.extend(small_print(f"within {short(wrapper)}", look, indent))
    for unknown, reason in REASONS.items():
        if layer.unknown == unknown:
            lines.extend(small_print(reason, look, indent))
    return lines


def axes_of(shape: ModelShape, is_input: bool) -> list[str]:
    """Return the names of the axes of a shape, "" for those that have no colour."""
    last_axis = "features" if is_input else "units"
    names = ["batch", "timesteps", last_axis]
    if len(shape) == 2:
        names = ["batch", last_axis]
    if len(shape) > 3:
        names = [""] * len(shape)
    return names[: len(shape)]


def grouped_shapes(shapes: Sequence[ModelShape], look: Look) -> list[Text]:
    """Write shapes, those that follow each other and are the same once: `2 × (None, 6)`."""
    texts = []
    for shape, group in groupby(shapes):
        count = len(list(group))
        text = style.shape(shape, axes_of(shape, False))
        if count > 1:
            text = Text.assemble(f"{count} {look.glyphs.times} ", text)
        texts.append(text)
    return texts


def joined_shapes(shapes: Sequence[ModelShape], look: Look) -> Text:
    """Write shapes with commas between them."""
    return Text(", ").join(grouped_shapes(shapes, look))


def other_layers(model: SavedModel, look: Look) -> Lines:
    """Count the layers that are not listed: `3 other layers: Embedding, 2 Dense`."""
    count = sum(model.other_classes.values())
    if not count:
        return []
    noun = "other layer" if count == 1 else "other layers"
    names = ", ".join(counted_classes(model.other_classes))
    return [Text(), *small_print(f"{count:,} {noun}: {names}", look, indent=0)]


def counted_classes(classes: Mapping[str, int]) -> list[str]:
    """Write how many there are of each class."""
    names = []
    for name, count in classes.items():
        if count > 1:
            names.append(f"{count:,} {short(name)}")
        else:
            names.append(short(name))
    return names


def words_to_type(request: ListRequest, look: Look) -> Lines:
    """Write the call for one layer, on one line so that it can be pasted."""
    lead = "one layer:"
    is_built = request.model.layers[0].unknown != Unknown.NOT_BUILT
    if request.model.has_weights and is_built:
        lead = "one layer, with its weights:"
    call = " ".join(request.layer_words)
    if len(lead) + 1 + len(call) <= look.width:
        return [Text.assemble((lead, LABEL), f" {call}")]
    return [Text(lead, LABEL), Text(call)]


def short(name: str) -> str:
    """Escape a name out of a file, and cut a long one."""
    return plain(name, LONGEST_NAME)


def width_in_picture(request: ListRequest, look: Look) -> int:
    """Return the fewest columns from 80 to 160 on which all of a layer stands on a row."""
    for width in range(look.width, WIDEST_PICTURE + 1):
        wide_look = look._replace(width=width)
        if fits(table_with_code(request.model.layers, wide_look), wide_look):
            return width
    return look.width
