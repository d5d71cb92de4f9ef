"""Run → the full screen: the call, drawing, model, outputs, parameters and arrays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes import style
from lstm_shapes.arrays import ArrayTables, Notation
from lstm_shapes.diagram import Role, draw
from lstm_shapes.run import Array, Run
from lstm_shapes.style import Facts, Flow, Glyphs

_DRAWING = {
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
            [Text(run.spec.call, style.TITLE), style.input_line(run.spec)],
            _drawing(run, options.max_width, glyphs),
        ]
        sections += [_model(run), _outputs(run, glyphs)]
        sections += [_parameters(run, glyphs)]
        if self.arrays:
            sections.append([ArrayTables(self.arrays, self.notation, *same_numbers(run))])
        repeat = Flow([Text("repeat with", style.LABEL), run.spec.command(run.seed)], indent=0)
        sections.append([style.footer(run.seed, run.versions, glyphs), repeat])
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
    if len(run.outputs) > 1:
        names = ", ".join(output.name for output in run.outputs)
        yield Flow([f"in this order: {names} = lstm(x)"])
    yield Flow(
        [
            f"{glyphs.leads_to} the next layer receives {first.name}",
            style.shape(first.model_shape, first.axes),
        ]
    )
    if run.spec.return_state:
        states = "hidden_state and cell_state are what another LSTM takes as initial_state"
        yield Flow([f"{glyphs.leads_to} {states}"])
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
    spec, units = run.spec, style.AXIS["units"]
    yield Text("Parameters", style.HEADING)
    yield Flow(
        [
            Text.assemble(
                f"{spec.parameters:,} = 4 gates {glyphs.times} ",
                (f"{spec.units} units", units),
                f" {glyphs.times} (",
                (f"{spec.features} features", style.AXIS["features"]),
                " + ",
                (f"{spec.units} units", units),
                " + 1 bias)",
            ),
            Text.assemble(style.verdict(True, glyphs), " as Keras counts"),
        ]
    )
    yield Flow(
        [
            Text.assemble(weight.name, " ", style.shape(weight.values.shape))
            for weight in run.weights
        ]
    )


def same_numbers(run: Run) -> tuple[dict[str, str], dict[str, str]]:
    """What the run's identities say of its arrays, and of the last timestep of one."""
    arrays, rows = {}, {}
    for identity in run.identities:
        if identity.holds:
            other = identity.left if identity.right == "hidden_state" else identity.right
            arrays["hidden_state"] = f"same as {other}"
            rows["all_hidden_states"] = "= hidden_state"
    return arrays, rows
