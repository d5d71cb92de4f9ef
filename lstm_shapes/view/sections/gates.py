"""Show the equations of a timestep, as they can be typed in NumPy."""

from typing import NamedTuple

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.request import Row
from lstm_shapes.shapes.layer import KERAS_2_HARD_SIGMOID, Direction, Layer
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, flow, flow_titled, flow_words, small_print
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look

# What the equations call the weights, in Keras' order.
WEIGHT_LETTERS = "WRb"


def one_call(answer: Answer) -> Lines:
    """Show the equations of each layer; layers that share them share a title."""
    halves: dict[tuple[str, ...], list[Half]] = {}
    for layer_spec in answer.row[0].layer_specs:
        for half in halves_of(layer_spec):
            halves.setdefault(half.layer.equations, []).append(half)
    lines: Lines = []
    for sharing_halves in halves.values():
        if lines:
            lines.append(Text())
        lines.extend(equations_of(sharing_halves, answer))
    return lines


class Half(NamedTuple):
    """A layer on its input, or one direction of it where that is another layer."""

    layer_spec: LayerSpec
    direction: Direction

    @property
    def layer(self) -> Layer:
        """The layer whose equations these are."""
        return self.layer_spec.layer.of_direction(self.direction)

    @property
    def name(self) -> str:
        """The name of the layer, or of the direction where there are two of them."""
        if self.layer_spec.layer.backward_layer is None:
            return self.layer_spec.name
        return f"{self.layer_spec.name} {self.direction.name}"


def halves_of(layer_spec: LayerSpec) -> list[Half]:
    """Return both directions of a layer if they are written apart, or the layer."""
    directions = layer_spec.directions
    if layer_spec.layer.backward_layer is None:
        directions = directions[:1]
    return [Half(layer_spec, direction) for direction in directions]


def comparison(answer: Answer) -> Lines:
    """Show the same: the flags change what comes back, and no equation."""
    row: Row = answer.row[-1:]
    return one_call(answer._replace(row=row))


def equations_of(halves: list[Half], answer: Answer) -> Lines:
    """Write what the letters are, and the equations that these layers share."""
    look = answer.look
    half = halves[0]
    layer = half.layer
    title = Text("Gates", HEADING)
    if len(layer.cell.gates) == 1:
        title = Text("Equation", HEADING)
    subject = "at each timestep"
    if answer.row[0].is_stack or half.layer_spec.layer.backward_layer is not None:
        names = ", ".join(half.name for half in halves)
        subject = f"of {names} {subject}"
    lines = flow_titled([title, subject, sizes(halves)], look)
    lines.extend(letters_of_weights(halves, look))
    for equation in layer.equations:
        text = equation.replace("·", look.glyphs.product)
        text = text.replace("σ", look.glyphs.sigmoid)
        lines.extend(flow_words(text, look))
    lines.extend(explanations(half, look))
    return lines


def sizes(halves: list[Half]) -> Text:
    """Write the shapes of what goes in: `x (1, 4)  h, c (1, 5)`."""
    if len(halves) > 1:
        return Text()
    layer_spec = halves[0].layer_spec
    layer = halves[0].layer
    batch_size = layer_spec.batch_size
    letters = ", ".join(layer.cell.letters)
    x_shape = style.shape((batch_size, layer_spec.features), ("batch", "features"))
    state_shape = style.shape((batch_size, layer.units), ("batch", "units"))
    return Text.assemble("x ", x_shape, f"  {letters} ", state_shape)


def letters_of_weights(halves: list[Half], look: Look) -> Lines:
    """Write which weight each letter is: `W = kernel (4, 20)`.

    Several layers have weights of several shapes, which Parameters lists.
    """
    chunks = []
    weights = halves[0].layer_spec.weights_of(halves[0].direction)
    for letter, weight in zip(WEIGHT_LETTERS, weights, strict=False):
        chunk = Text(f"{letter} = {weight.name}")
        if len(halves) == 1:
            chunk = Text.assemble(chunk, " ", style.shape(weight.shape))
        chunks.append(chunk)
    return flow(chunks, look)


def hard_sigmoid(layer: Layer) -> str:
    """Say what hard_sigmoid is: Keras 2 and Keras 3 have two functions of this name."""
    functions = (layer.activation, layer.recurrent_activation)
    if KERAS_2_HARD_SIGMOID in functions:
        return "hard_sigmoid(a) = clip(0.2 a + 0.5, 0, 1), as in Keras 2"
    if "hard_sigmoid" in functions:
        return "hard_sigmoid(a) = clip(a / 6 + 0.5, 0, 1), as in Keras 3"
    return ""


def explanations(half: Half, look: Look) -> Lines:
    """Say what the signs mean, and which weights all timesteps share."""
    layer = half.layer
    lines: Lines = []
    signs = []
    if "σ" in "".join(layer.equations):
        sigmoid = look.glyphs.sigmoid
        signs.append(f"{sigmoid}(a) = 1 / (1 + exp(-a))")
    if "·" in "".join(layer.equations):
        signs.append(f"{look.glyphs.product} multiplies number by number")
    sign = hard_sigmoid(layer)
    if sign:
        signs.append(sign)
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
    if half.layer_spec.layer.bidirectional:
        sentence += "; each direction has its own"
    lines.extend(small_print(sentence, look))
    return lines
