"""The half of the screen that a run has measured, in order: Keras' word, and the arrays."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.run.input_file import samples_not_finite
from lstm_shapes.run.values import (
    TOLERANCE,
    Array,
    Identity,
    NextLayer,
    Run,
    contrast,
    difference,
    groups,
)
from lstm_shapes.spec.request import PrintOptions
from lstm_shapes.view import style
from lstm_shapes.view.arrays import ArrayTables
from lstm_shapes.view.layout import Facts, Flow, separated
from lstm_shapes.view.style import Glyphs


@dataclass(frozen=True)
class Measured:
    """The measured half of the screen, of one run or of the four of a comparison.

    `arrays` are those of each run to show.
    """

    runs: Sequence[Run]
    arrays: Sequence[Sequence[Array]]
    options: PrintOptions = field(default_factory=PrintOptions)

    @property
    def run(self) -> Run:
        """The only one, or the one without flags."""
        return self.runs[0]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        glyphs = style.glyphs(options)
        sections = SECTIONS if len(self.runs) == 1 else COMPARED
        yield from separated(section(self, glyphs) for section in sections)


Section = Callable[[Measured, Glyphs], Iterator[RenderableType]]


def own_input(measured: Measured, _: Glyphs) -> Iterator[RenderableType]:
    """Where the input came from, and in how many samples a value is not finite."""
    run = measured.run
    odd = samples_not_finite(run.input.values)
    if run.input_file or odd:
        chunks: list[Text | str] = [Text("Input", style.HEADING)]
        chunks += [f"from {run.input_file}"] if run.input_file else []
        if odd:
            of = f"{odd:,} of {run.spec.batch_size:,} samples"
            chunks.append(Text(f"{of} hold values that are not finite", style.BAD))
        yield Flow(chunks, indent=0)


def keras(measured: Measured, glyphs: Glyphs) -> Iterator[RenderableType]:
    """That Keras has confirmed what was computed, its summary, and what stands twice."""
    run = measured.run
    yield _confirmed(f"the shapes and the {run.parameters.total:,} parameters as computed", glyphs)
    axes = [[run.input.axes], *([a.axes for a in layer.outputs] for layer in run.spec.layers)]
    rows = [
        [
            Text(f"{layer.name} ({layer.type})"),
            Text("\n").join(map(style.shape, layer.output_shapes, of_layer)),
            Text(f"{layer.parameters:,}", justify="right"),
        ]
        for layer, of_layer in zip(run.layers, axes, strict=True)
    ]
    yield Facts(["layer (type)", "output shape", "parameters"], rows)
    counts = run.parameters
    trained = f"trainable {counts.trainable:,}  non-trainable {counts.non_trainable:,}"
    yield Flow([f"total {counts.total:,}  {trained}", Text("None = any batch", style.LABEL)])
    for identity in run.identities:
        yield _verdict(identity, glyphs)


def _confirmed(what: str, glyphs: Glyphs) -> Flow:
    # A run whose facts are not those of its spec is an error, and never comes here.
    mark = style.verdict(True, glyphs)
    return Flow([Text("Keras", style.HEADING), Text.assemble(mark, f" {what}")], indent=0)


def _verdict(identity: Identity, glyphs: Glyphs) -> Flow:
    """What was expected to stand twice, or not to, and whether it does."""
    equality, mark = identity.equality, style.verdict(identity.holds, glyphs)
    if equality.equal:
        claim = Text.assemble(mark, f" {equality.left} equals {equality.right}")
        return Flow([claim, f"(max difference {identity.max_difference:g})"])
    if identity.holds:
        claim = Text.assemble(mark, f" {equality.left} is not {equality.right}")
        return Flow([claim, f"as {equality.meaning}"])
    # As with an input of zeros, which leaves every h at zero.
    return Flow([f"{equality.left} equals {equality.right}", "with this input, not with any"])


def next_layer(measured: Measured, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What the next layer made of the outputs, and Keras' own sentence about what it refused."""
    alike: dict[tuple[tuple[str, ...], str], list[NextLayer]] = {}
    for attempt in measured.run.next_layers or ():
        reason = _meaning(attempt) if attempt.error else attempt.layer
        alike.setdefault((attempt.takes, reason), []).append(attempt)
    if not alike:
        return
    rows, remarks, sentences = [], [], []
    for attempt, *others in alike.values():
        taken = attempt.takes[0] if len(attempt.takes) == 1 else f"all {len(attempt.takes)} arrays"
        if attempt.output_shape is None:
            gives = Text.assemble(style.verdict(False, glyphs), " refused")
        else:
            gives = Text.assemble(f"{glyphs.forward} ", style.shape(attempt.output_shape))
        layer = "either" if others else attempt.layer
        rows.append([Text(layer), Text(taken, style.RETURNED), gives])
        remarks.append(_meaning(attempt))
        if attempt.error:
            sentences.append(Flow([Text(f"Keras: {attempt.error}", style.LABEL)]))
    yield Text.assemble(("Next layer", style.HEADING), "  what it makes of them")
    yield Facts(["layer", "takes", "gives"], rows, remarks, "what it means", show_titles=False)
    yield from sentences


def _meaning(attempt: NextLayer) -> str:
    """What a shape means, or what helps against Keras' refusal: read off what Keras did."""
    if attempt.output_shape is not None:
        numbers = "at every timestep" if len(attempt.output_shape) > 2 else "for the sample"
        return f"one number {numbers}"
    dimensions = re.search(r"expected ndim=(\d+), found ndim=(\d+)", attempt.error or "")
    if dimensions and int(dimensions[2]) < int(dimensions[1]):
        return "return_sequences=True gives all timesteps"
    if len(attempt.takes) > 1:
        return f"hand on {attempt.takes[0]} alone"
    return "refused by Keras"


def tables(measured: Measured, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The arrays, with what the run's identities say of them."""
    (arrays,) = measured.arrays
    if arrays:
        remarks, row_remarks = _remarks(measured.run, glyphs)
        of_arrays = [remarks.get(array.name, "") for array in arrays]
        yield ArrayTables(arrays, measured.options, of_arrays, row_remarks)


def _remarks(run: Run, glyphs: Glyphs) -> tuple[Mapping[str, str], Mapping[str, Mapping[int, str]]]:
    """What the identities that hold say of whole arrays, and of the rows of their timesteps."""
    remarks: dict[str, str] = {}
    row_remarks: dict[str, dict[int, str]] = {}
    for identity in run.identities:
        left, right = identity.equality.left, identity.equality.right
        if not (identity.holds and identity.equality.equal):
            continue
        if not right.index:
            remarks[right.text] = f"= {left}"
            continue
        remarks[left.text] = f"= {right}"
        of = right.find(run.spec.outputs)
        *_, t, units = right.positions(of)
        if isinstance(t, int) and isinstance(units, range):
            arrow = glyphs.backward if units.start else glyphs.forward
            part = f"{arrow}u " if len(units) < of.shape[-1] else ""
            row_remarks.setdefault(of.name, {})[t] = f"{part}= {left}"
    return remarks, row_remarks


def keras_of_calls(measured: Measured, glyphs: Glyphs) -> Iterator[RenderableType]:
    """That Keras has confirmed every call of a comparison, and what stands in several."""
    total = measured.run.parameters.total
    yield _confirmed(f"all shapes, and the {total:,} parameters of each call, as computed", glyphs)
    for group in groups(measured.runs):
        mark = style.verdict(group.holds, glyphs)
        same = f" {group.vector}: the same values in {len(group.places)} places"
        yield Flow([Text.assemble(mark, same), f"(max difference {group.max_difference:g})"])
    identity = contrast(measured.runs)
    if identity:
        yield _verdict(identity, glyphs)


def tables_of_calls(measured: Measured, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Each array once, with the calls it is the same in."""
    found: list[tuple[Array, list[str]]] = []
    for number, arrays in enumerate(measured.arrays):
        for array in arrays:
            for known, calls in found:
                if known.name == array.name and difference(known, array) <= TOLERANCE:
                    calls.append(str(number))
                    break
            else:
                found.append((array, [str(number)]))
    if not found:
        return
    # The longest first, so that the vectors its last row equals stand next to it.
    found.sort(key=lambda pair: -len(pair[0].axes))
    row_remarks: dict[str, Mapping[int, str]] = {}
    for run in measured.runs:
        row_remarks |= _remarks(run, glyphs)[1]
    remarks = [f"in {', '.join(calls)}" for _, calls in found]
    yield ArrayTables([array for array, _ in found], measured.options, remarks, row_remarks)


SECTIONS: list[Section] = [own_input, keras, next_layer, tables]
COMPARED: list[Section] = [keras_of_calls, tables_of_calls]
