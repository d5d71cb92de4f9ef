"""Show the equations of a timestep, as they can be typed in NumPy."""

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.request import Row
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, flow, flow_titled, flow_words, small_print
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look

# What the equations call the weights, in Keras' order.
WEIGHT_LETTERS = "WRb"


def one_call(answer: Answer) -> Lines:
    """Show the equations of each layer; layers that share them share a title."""
    layers: dict[tuple[str, ...], list[LayerSpec]] = {}
    for layer_spec in answer.row[0].layer_specs:
        layers.setdefault(layer_spec.layer.equations, []).append(layer_spec)
    lines: Lines = []
    for layer_specs in layers.values():
        if lines:
            lines.append(Text())
        lines.extend(equations_of(layer_specs, answer))
    return lines


def comparison(answer: Answer) -> Lines:
    """Show the same: the flags change what comes back, and no equation."""
    row: Row = answer.row[-1:]
    return one_call(answer._replace(row=row))


def equations_of(layer_specs: list[LayerSpec], answer: Answer) -> Lines:
    """Write what the letters are, and the equations that these layers share."""
    look = answer.look
    layer_spec = layer_specs[0]
    layer = layer_spec.layer
    title = Text("Gates", HEADING)
    if len(layer.cell.gates) == 1:
        title = Text("Equation", HEADING)
    subject = "at each timestep"
    if answer.row[0].is_stack:
        names = ", ".join(spec.name for spec in layer_specs)
        subject = f"of {names} {subject}"
    lines = flow_titled([title, subject, sizes(layer_specs)], look)
    lines.extend(letters_of_weights(layer_specs, look))
    for equation in layer.equations:
        text = equation.replace("·", look.glyphs.product)
        text = text.replace("σ", look.glyphs.sigmoid)
        lines.extend(flow_words(text, look))
    lines.extend(explanations(layer_spec, look))
    return lines


def sizes(layer_specs: list[LayerSpec]) -> Text:
    """Write the shapes of what goes in: `x (1, 4)  h, c (1, 5)`."""
    if len(layer_specs) > 1:
        return Text()
    layer_spec = layer_specs[0]
    batch_size = layer_spec.batch_size
    letters = ", ".join(layer_spec.layer.cell.letters)
    x_shape = style.shape((batch_size, layer_spec.features), ("batch", "features"))
    state_shape = style.shape((batch_size, layer_spec.layer.units), ("batch", "units"))
    return Text.assemble("x ", x_shape, f"  {letters} ", state_shape)


def letters_of_weights(layer_specs: list[LayerSpec], look: Look) -> Lines:
    """Write which weight each letter is: `W = kernel (4, 20)`.

    Several layers have weights of several shapes, which Parameters lists.
    """
    chunks = []
    weights = layer_specs[0].direction_weights
    for letter, weight in zip(WEIGHT_LETTERS, weights, strict=False):
        chunk = Text(f"{letter} = {weight.name}")
        if len(layer_specs) == 1:
            chunk = Text.assemble(chunk, " ", style.shape(weight.shape))
        chunks.append(chunk)
    return flow(chunks, look)


def explanations(layer_spec: LayerSpec, look: Look) -> Lines:
    """Say what the signs mean, and which weights all timesteps share."""
    layer = layer_spec.layer
    lines: Lines = []
    signs = []
    if "σ" in "".join(layer.equations):
        sigmoid = look.glyphs.sigmoid
        signs.append(f"{sigmoid}(a) = 1 / (1 + exp(-a))")
    if "·" in "".join(layer.equations):
        signs.append(f"{look.glyphs.product} multiplies number by number")
    lines.extend(flow([Text(sign, LABEL) for sign in signs], look))
    states = listed(layer.cell.letters)
    sentence = (
        f"{states} begin as those of the timestep before, and end as those of this"
    )
    if len(layer.cell.letters) == 1:
        sentence = (
            f"{states} begins as that of the timestep before, and ends as this one's"
        )
    lines.extend(small_print(sentence, look))
    if len(layer.cell.gates) > 1:
        names = []
        for letter, name in layer.cell.gates.items():
            names.append(f"{letter}: {name}")
        lines.extend(small_print(", ".join(names), look))
    used_letters = "W, R and b" if layer.use_bias else "W and R"
    sentence = f"the same {used_letters} at every timestep"
    if layer.bidirectional:
        sentence += "; each direction has its own"
    lines.extend(small_print(sentence, look))
    return lines
