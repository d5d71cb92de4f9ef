"""Introduce a call: the layers as written in Keras, and their input."""

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.request import Request, Row
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, elided, flow
from lstm_shapes.view.style import LABEL, TITLE, Look

# So many lengths are shown at each end where some are left out.
EDGE_LENGTHS = 6


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
    if spec.has_open_timesteps:
        text = f"timesteps are open (None in Keras), here {spec.timesteps:,}"
        chunks.append(Text(text, LABEL))
    if spec.lengths:
        text = f"{lengths_text(spec.lengths, look)}, the rest masked"
        if spec.padding == "pre":
            text += " in front"
        chunks.append(Text(text, LABEL))
    chunks.append(Text(introduce_dtypes(spec), LABEL))
    return flow(chunks, look, indent=0)


def lengths_text(lengths: tuple[int, ...], look: Look) -> str:
    """Write the lengths of the samples, those in the middle left out where they are many.

    Example:
        >>> lengths_text(tuple(range(1, 301)), Look())
        'lengths (1, 2, 3, 4, 5, 6, …, 295, 296, 297, 298, 299, 300)'
    """
    texts = []
    for length in elided(lengths, EDGE_LENGTHS):
        texts.append(look.glyphs.gap if length is None else str(length))
    if len(texts) == 1:
        return f"lengths ({texts[0]},)"
    return f"lengths ({', '.join(texts)})"


def introduce_windows(request: Request, look: Look) -> Lines:
    """Say how many windows an own input is cut into, where it is."""
    own_input = request.own_input
    if own_input is None or own_input.window is None:
        return []
    count = style.counted(own_input.sizes.batch_size, "batch", "windows")
    timesteps = style.counted(own_input.window, "timesteps")
    chunks = [Text.assemble(count, " of ", timesteps)]
    if own_input.sizes.batch_size > 1:
        chunks.append(Text("each begins a row later", LABEL))
    return flow(chunks, look, indent=0)


def introduce_dtypes(spec: Spec) -> str:
    """Write in which dtypes arrays and weights are, "" where all are float32.

    Example:
        >>> from lstm_shapes.shapes.cell import LSTM
        >>> from lstm_shapes.shapes.layer import Layer
        >>> layer = Layer(cell=LSTM, units=5, dtype="mixed_float16")
        >>> introduce_dtypes(Spec(layers=(layer,)))
        'outputs in float16, weights in float32'
    """
    dtypes = {
        "outputs": [array.dtype for array in spec.last.leading_outputs],
        "states": [array.dtype for array in spec.last.states],
        "weights": [weight.dtype for weight in spec.weights],
    }
    if not spec.return_state or set(dtypes["states"]) == set(dtypes["outputs"]):
        del dtypes["states"]
    owners: dict[str, list[str]] = {}
    for name, names in dtypes.items():
        text = listed(list(dict.fromkeys(names)))
        owners.setdefault(text, []).append(name)
    if list(owners) == ["float32"]:
        return ""
    parts = [f"{listed(names)} in {text}" for text, names in owners.items()]
    return ", ".join(parts)


def introduce_states(spec: Spec, look: Look) -> Text:
    """Write how large the states are: `h and c have 5 units`."""
    letters = listed(spec.cell.letters)
    units = style.counted(spec.last.layer.units, "units")
    has_one_state = len(spec.cell.states) == 1
    if spec.last.layer.backward_layer is not None:
        return introduce_unlike_states(spec.last)
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


def introduce_unlike_states(layer_spec: LayerSpec) -> Text:
    """Write how large the states of each direction are: `forward h and c: 5 units`."""
    texts = []
    for direction in layer_spec.directions:
        layer = layer_spec.layer.of_direction(direction)
        units = style.counted(layer.units, "units")
        letters = listed(layer.cell.letters)
        texts.append(Text.assemble(f"{direction.name} {letters}: ", units))
    return Text(", ").join(texts)
