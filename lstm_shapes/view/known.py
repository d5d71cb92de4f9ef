"""The half of the screen that a spec knows, in order: printed before there is any TensorFlow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.spec.layer import GATES, LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view import style
from lstm_shapes.view.drawing import draw
from lstm_shapes.view.footer import COMPUTED
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    Facts,
    FirstFitting,
    Flow,
    Hanging,
    IfItFits,
    Sections,
    elided,
)
from lstm_shapes.view.style import Glyphs


@dataclass(frozen=True)
class Known:
    """The known half of the screen: what each section of it is about."""

    spec: LSTMSpec
    pytorch: bool = False
    dry_run: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        glyphs = style.glyphs(options)
        yield Sections([list(section(self, glyphs)) for section in SECTIONS])


Section = Callable[[Known, Glyphs], Iterator[RenderableType]]


def call(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The layers as written in Keras, their input, and what the letters mean."""
    layers = known.spec.layers
    calls: list[Text] = []
    for at in elided(len(layers), 1):
        text = f"{len(layers) - 2} more layers" if at is None else layers[at].call
        calls.append(Text(f"{glyphs.forward} {text}" if calls else text, style.TITLE))
    yield Flow(calls, indent=0)
    yield introduction(known.spec)
    letters = "x: input at t, h: hidden state, c: cell state, the memory that goes on to t+1"
    yield Text(letters, style.LABEL)


def introduction(spec: LSTMSpec) -> Flow:
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


def drawing(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The layers unrolled over the timesteps."""
    del glyphs
    yield _Drawing(known.spec)


def outputs(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The arrays that come back, in Keras' order."""
    arrays, layers = known.spec.outputs, known.spec.layers
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
    for at in elided(len(layers), 1):
        applied = f"{glyphs.gap}({applied})" if at is None else f"{layers[at].name}({applied})"
    names = ", ".join(array.name for array in arrays)
    yield IfItFits(f"{' ' * len('Outputs  ')}{names} = {applied}")


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
    units, features = (
        style.counted(size, of)
        for size, of in ((spec.last.units, "unit"), (spec.features, "feature"))
    )
    count = f"  {spec.parameters:,} = {twice}{len(GATES)} {times} "
    terms = (count, units, f" {times} (", features, " + ", units, " + 1 bias)")
    yield IfItFits(
        Text.assemble(heading, *terms),
        Hanging(Text.assemble(heading, f"  {spec.parameters:,} = {formula}")),
    )
    gates = ", ".join(f"{letter} ({name})" for letter, name in GATES.items())
    yield Flow([f"{len(GATES)} gates: {gates}"])
    kernel, recurrent_kernel, bias = (
        Text.assemble(f"{weight.name} ", style.shape(weight.shape))
        for weight in spec.last.direction_weights
    )
    sums = [("x @ ", kernel), ("+ h @ ", recurrent_kernel), ("+ ", bias)]
    yield Flow([Text.assemble(*summand) for summand in sums], blanks=1)


def _by_layer(layers: Sequence[LayerSpec], glyphs: Glyphs) -> FirstFitting:
    """A row for each layer, of those at both ends where there are many."""
    gap = Text(glyphs.gap)
    rows = [
        [gap] * 5
        if at is None
        else [
            Text(layers[at].name),
            Text(f"{layers[at].parameters:,}", justify="right"),
            *(style.shape(weight.shape) for weight in layers[at].direction_weights),
        ]
        for at in elided(len(layers), EDGE_ITEMS)
    ]
    each = " each" if layers[0].bidirectional else ""
    weights = [weight.name + each for weight in layers[0].direction_weights]
    titles = ["layer", "parameters", *weights]
    # Without its bias where room is short: that is as long as the last axis of the others.
    return FirstFitting([Facts(titles, rows), Facts(titles[:-1], [row[:-1] for row in rows])])


def pytorch(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The same in PyTorch's terms, where they are asked for."""
    if known.pytorch:
        from lstm_shapes.view.pytorch import terms

        yield from terms(known.spec, glyphs)


def confirmation(known: Known, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Where there is no run: that all of it is computed, and how Keras would confirm it."""
    del glyphs
    if known.dry_run:
        yield COMPUTED


SECTIONS: list[Section] = [call, drawing, outputs, parameters, pytorch, confirmation]
