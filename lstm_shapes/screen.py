"""Run → the full screen: the call, drawing, model, outputs, parameters and arrays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes import style
from lstm_shapes.arrays import ArrayTables, Notation
from lstm_shapes.diagram import Role, draw
from lstm_shapes.run import Array, Run
from lstm_shapes.spec import GATES
from lstm_shapes.style import Facts, Flow, Footer, Glyphs

_DRAWING = {
    Role.TIMESTEP: style.AXIS["timesteps"],
    Role.INPUT: style.AXIS["features"],
    Role.CELL: style.PLAIN,
    Role.INSIDE: style.LABEL,
    Role.RETURNED: style.RETURNED,
}


@dataclass(frozen=True)
class RunScreen:
    """Everything there is to see of one run, and `arrays` as tables."""

    run: Run
    arrays: Sequence[Array]
    notation: Notation = field(default_factory=Notation)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        run, glyphs = self.run, style.glyphs(options)
        sections: list[Iterable[RenderableType]] = [
            [Text(run.spec.call, style.TITLE), *style.introduction(run.spec)],
            _drawing(run, options.max_width, glyphs),
        ]
        sections += [_model(run), _outputs(run, glyphs)]
        sections += [_parameters(run, glyphs)]
        if self.arrays:
            sections.append([tables(run, self.arrays, self.notation)])
        sections.append([Footer(run.seed, run.versions, run.spec.command(run.seed))])
        for at, section in enumerate(sections):
            if at:
                yield Text()
            yield from section


def _drawing(run: Run, width: int, glyphs: Glyphs) -> list[RenderableType]:
    lines = draw(run.spec, width, glyphs.strokes)
    return [Text.assemble(*((text, _DRAWING[role]) for text, role in line)) for line in lines]


def _model(run: Run) -> list[RenderableType]:
    rows = [
        [
            Text(f"{layer.name} ({layer.type})"),
            Text("\n").join(
                style.shape(sizes, axes)
                for sizes, axes in zip(layer.output_shapes, layer_axes, strict=True)
            ),
            Text(f"{layer.parameters:,}", justify="right"),
        ]
        for layer, layer_axes in zip(
            run.layers,
            [[run.input.axes], [output.axes for output in run.outputs]],
            strict=True,
        )
    ]
    counts = run.parameters
    return [
        Text(f'Model: "{run.model}"', style.HEADING),
        Facts(["layer (type)", "output shape", "parameters"], rows),
        Flow(
            [
                f"total {counts.total:,}",
                f"trainable {counts.trainable:,}",
                f"non-trainable {counts.non_trainable:,}",
                Text("None = any batch", style.LABEL),
            ]
        ),
    ]


def _outputs(run: Run, glyphs: Glyphs) -> Iterator[RenderableType]:
    rows = [
        [
            Text(str(at)),
            Text(output.name, style.RETURNED),
            style.shape(output.model_shape, output.axes),
            style.shape(output.shape, output.axes),
            Text(output.meaning),
        ]
        for at, output in enumerate(run.outputs)
    ]
    yield Text("Outputs", style.HEADING)
    yield Facts(["#", "array", "model shape", "this run", "what it holds"], rows)
    first = run.outputs[0]
    model_shape = style.shape(first.model_shape, first.axes)
    if run.spec.return_state:
        names = ", ".join(output.name for output in run.outputs)
        yield Flow([f"unpack in this order: {names} = lstm(x)"])
        passed = f"{glyphs.leads_to} pass {first.name}"
        yield Flow([passed, model_shape, "to the next layer, not all three"])
        states = "hidden_state and cell_state are what another LSTM takes as initial_state"
        yield Flow([f"{glyphs.leads_to} {states}"])
    else:
        yield Flow([f"{glyphs.leads_to} the next layer receives {first.name}", model_shape])
    for identity in run.identities:
        yield Flow(
            [
                Text.assemble(
                    style.verdict(identity.holds, glyphs),
                    f" {identity.left} equals {identity.right}",
                ),
                f"(max difference {identity.max_difference:g})",
            ]
        )


def _parameters(run: Run, glyphs: Glyphs) -> Iterator[RenderableType]:
    spec = run.spec
    units = style.counted(spec.units, "unit")
    yield Text("Parameters", style.HEADING)
    yield Flow(
        [
            Text.assemble(
                f"{spec.parameters:,} = 4 gates {glyphs.times} ",
                units,
                f" {glyphs.times} (",
                style.counted(spec.features, "feature"),
                " + ",
                units,
                " + 1 bias)",
            ),
            Text.assemble(
                style.verdict(run.parameters.total == spec.parameters, glyphs), " Keras' count"
            ),
        ]
    )
    yield Flow(
        [
            Text.assemble(weight.name, " ", style.shape(weight.values.shape))
            for weight in run.weights
        ]
    )
    columns = Text.assemble(f"{GATES * spec.units} = 4 gates {glyphs.times} ", units)
    yield Flow([Text.assemble(columns, ": input, forget, cell, output")])


def tables(run: Run, arrays: Sequence[Array], notation: Notation) -> ArrayTables:
    """The arrays with what the run's identities say of them."""
    remarks, row_remarks = {}, {}
    for identity in run.identities:
        if identity.holds:
            other = identity.left if identity.right == "hidden_state" else identity.right
            remarks["hidden_state"] = f"same as {other}"
            row_remarks["all_hidden_states"] = "= hidden_state"
    return ArrayTables(
        arrays, notation, [remarks.get(array.name, "") for array in arrays], row_remarks
    )
