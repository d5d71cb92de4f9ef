"""The half of the screen that specs know, in order: printed before there is any TensorFlow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.spec.equality import contrast_of_calls, standing
from lstm_shapes.spec.layer import FLAGS, GATES, LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view import style
from lstm_shapes.view.drawing import draw
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    Facts,
    FirstFitting,
    Flow,
    Hanging,
    elided,
    separated,
)
from lstm_shapes.view.style import Glyphs
from lstm_shapes.view.view import Specs

MOST_WEIGHTS = 16


@dataclass(frozen=True)
class Known:
    """The known half of the screen, of one call or of the four of a comparison."""

    specs: Specs
    pytorch: bool = False

    @property
    def spec(self) -> LSTMSpec:
        """That of the only call, or of the one without flags."""
        return self.specs[0]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        glyphs = style.glyphs(options)
        sections = SECTIONS if len(self.specs) == 1 else COMPARED
        yield from separated(section(self, glyphs) for section in sections)


Section = Callable[[Known, Glyphs], Iterator[RenderableType]]


def call(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The layers as written in Keras, their input, and what the letters mean."""
    layers = known.spec.layers
    calls: list[Text] = []
    for layer in elided(layers, 1):
        text = layer.call if layer else f"{len(layers) - 2} more layers"
        calls.append(Text(f"{glyphs.forward} {text}" if calls else text, style.TITLE))
    yield Flow(calls, indent=0)
    yield _introduction(known.spec)
    letters = "x: input at t, h: hidden state, c: cell state, the memory that goes on to t+1"
    yield Text(letters, style.LABEL)


def _introduction(spec: LSTMSpec) -> Flow:
    """The input's shape, what its axes are, and the units."""
    shape = style.shape(spec.input.shape, spec.input.axes)
    chunks = [Text.assemble("input ", shape, " = ", style.named_axes(spec.input.axes))]
    if not spec.is_stack:
        chunks.append(Text.assemble("h and c have ", style.counted(spec.last.units, "unit")))
    return Flow(chunks, indent=0)


@dataclass(frozen=True)
class _Drawing:
    spec: LSTMSpec

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from draw(self.spec, options.max_width, style.glyphs(options))


def drawing(known: Known, _: Glyphs) -> Iterator[RenderableType]:
    """The layers unrolled over the timesteps."""
    yield _Drawing(known.spec)


def outputs(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The arrays that come back, in Keras' order."""
    arrays = known.spec.outputs
    rows = [
        [
            Text(str(at), justify="right"),
            Text(array.name, style.RETURNED),
            style.shape(array.shape, array.axes),
        ]
        for at, array in enumerate(arrays)
    ]
    meanings = [array.meaning for array in arrays]
    titles = ["Outputs", "array", "shape"]
    yield Facts(titles, rows, meanings, "what it holds", key=1, heading="Outputs")
    applied = "x"
    for layer in elided(known.spec.layers, 1):
        applied = f"{layer.name if layer else glyphs.gap}({applied})"
    names = ", ".join(array.name for array in arrays)
    yield FirstFitting([Text(f"{' ' * len('Outputs  ')}{names} = {applied}")], Group())


def parameters(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """How many parameters there are, why, and in which weights."""
    spec, times = known.spec, glyphs.times
    heading = Text("Parameters", style.HEADING)
    short, twice = (f"2 {times} ", f"2 directions {times} ") if spec.bidirectional else ("", "")
    formula = f"{short}{len(GATES)} {times} units {times} (features + units + 1 bias)"
    if spec.is_stack:
        yield Hanging(Text.assemble(heading, f"  {spec.parameters:,}, in each layer {formula}"))
        yield _by_layer(spec.layers, glyphs)
        return
    units = style.counted(spec.last.units, "unit")
    features = style.counted(spec.features, "feature")
    count = f"  {spec.parameters:,} = {twice}{len(GATES)} {times} "
    terms = (count, units, f" {times} (", features, " + ", units, " + 1 bias)")
    yield FirstFitting(
        [Text.assemble(heading, *terms)],
        Hanging(Text.assemble(heading, f"  {spec.parameters:,} = {formula}")),
    )
    gates = ", ".join(f"{letter} ({name})" for letter, name in GATES.items())
    yield Flow([f"{len(GATES)} gates: {gates}"])
    weights = spec.last.direction_weights
    sums = [
        Text.assemble(f"{operation} {weight.name} ", style.shape(weight.shape))
        for operation, weight in zip(("x @", "+ h @", "+"), weights, strict=True)
    ]
    yield Flow(sums, blanks=1)


def _by_layer(layers: Sequence[LayerSpec], glyphs: Glyphs) -> FirstFitting:
    """A row for each layer, of those at both ends where there are many."""
    rows = [
        [
            Text(layer.name),
            Text(f"{layer.parameters:,}", justify="right"),
            *(style.shape(weight.shape) for weight in layer.direction_weights),
        ]
        if layer
        else [Text(glyphs.gap)] * 5
        for layer in elided(layers, EDGE_ITEMS)
    ]
    each = " each" if layers[0].bidirectional else ""
    weights = [weight.name + each for weight in layers[0].direction_weights]
    titles = ["layer", "parameters", *weights]
    # Without its bias where room is short: that is as long as the last axis of the others.
    return FirstFitting([Facts(titles, rows)], Facts(titles[:-1], [row[:-1] for row in rows]))


def pytorch(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The same in PyTorch's terms: the call, what it returns, and where its weights come from."""
    if not known.pytorch:
        return
    from lstm_shapes.spec.pytorch import in_pytorch

    found = in_pytorch(known.spec)
    yield Text("In PyTorch", style.HEADING)
    yield from (Flow([line or glyphs.gap]) for line in elided(found.code, EDGE_ITEMS))
    rows, meanings = [], []
    for output in found.outputs:
        rows.append([Text(output.name, style.RETURNED), style.shape(output.shape, output.axes)])
        equals = (
            array if expression == output.name else f"{expression} is {array}"
            for expression, array in output.equals.items()
        )
        meanings.append(", ".join(equals))
    yield Facts(["array", "shape"], rows, meanings, "what it is here")
    axes = ", ".join(found.outputs[-1].axes).replace("×", glyphs.times)
    yield Flow([f"h_n and c_n are ({axes}), never batch first"])
    fewer = known.spec.parameters
    more = f"{found.parameters - fewer:,} more than Keras' {fewer:,}"
    two = "bias_ih and bias_hh where Keras has one bias"
    yield Flow([f"{found.parameters:,} parameters, {more}:", two])
    weights = [
        [Text(weight.name), style.shape(weight.shape), Text(weight.origin)]
        if weight
        else [Text(glyphs.gap)] * 3
        for weight in elided(found.weights, MOST_WEIGHTS // 2)
    ]
    yield Facts(["weight", "shape", "from"], weights)


def four_calls(known: Known, _: Glyphs) -> Iterator[RenderableType]:
    """What the calls of a comparison have in common."""
    yield Text(f"{known.spec.call} with each combination of the two flags", style.TITLE)
    yield _introduction(known.spec)
    yield Text("the same weights and the same input in all four calls", style.LABEL)


def outputs_by_call(known: Known, _: Glyphs) -> Iterator[RenderableType]:
    """The arrays that each call returns."""
    wide, narrow, flags, above = [], [], [], []
    for number, spec in enumerate(known.specs):
        at, call = Text(str(number)), spec.last.call
        names = Text("\n").join(Text(a.name, style.RETURNED) for a in spec.outputs)
        shapes = Text("\n").join(style.shape(a.shape, a.axes) for a in spec.outputs)
        given = [name for name in FLAGS if getattr(spec, name)] or ["neither"]
        wide.append([at, Text(call.replace("True, ", "True,\n     ")), names, shapes])
        narrow.append([at, Text(call.replace(", ", ",\n  ")), names, shapes])
        flags.append([at, Text("\n".join(given)), names, shapes])
        heading = Text(", ".join(given), style.LABEL)
        above.append([at, Text("\n").join([heading, names]), Text("\n").join([Text(), shapes])])
    titles = ["#", "call", "array", "shape"]
    ways = [Facts(titles, wide), Facts(titles, narrow)]
    ways.append(Facts(["#", "flags, array", "shape"], above))
    yield FirstFitting(ways, Facts(titles, flags))


def places(known: Known, _: Glyphs) -> Iterator[RenderableType]:
    """Where each vector stands in the arrays of all calls."""
    yield Text("Where the same values stand", style.HEADING)
    for vector, found in standing(spec.outputs for spec in known.specs).items():
        yield Flow([f"{vector}: in {len(found)} places"])
        for number in range(len(known.specs)):
            texts = [selection.text for at, selection in found if at == number]
            if texts:
                yield Flow([Text(str(number), style.LABEL), *texts], indent=4)
    contrast = contrast_of_calls(known.spec.last)
    if contrast:
        yield Flow([f"{contrast.left} is not {contrast.right}", f"as {contrast.meaning}"])


SECTIONS: list[Section] = [call, drawing, outputs, parameters, pytorch]
COMPARED: list[Section] = [four_calls, outputs_by_call, places]
