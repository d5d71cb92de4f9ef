"""Show that Keras confirms what was computed: its summary, and which arrays are equal."""

from rich.text import Text

from lstm_shapes.run.values import Group, Identity, Run, check_equality, check_places
from lstm_shapes.shapes.equality import contrast_of_calls
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style, words
from lstm_shapes.view.input_warnings import input_warnings
from lstm_shapes.view.layout import EDGE_ITEMS, Lines, flow, table
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look


def one_call(answer: Answer) -> Lines:
    """Show Keras' summary and a mark for each claim."""
    run = answer.runs[0]
    look = answer.look
    claim = f"the shapes and the {run.spec.parameters:,} parameters as computed"
    none = Text("None = any batch", LABEL)
    if run.spec.has_static_batch:
        none = Text("stateful=True fixes the batch", LABEL)
    lines = confirmed(claim, look, none)
    lines.extend(summary(run.spec))
    lines.extend(input_warnings(run, answer.request, look))
    lines.extend(identities(run, look))
    return lines


def confirmed(claim: str, look: Look, remark: Text | None = None) -> Lines:
    """Write the heading with what Keras confirms.

    A run whose facts are not those of its spec is an error, and never comes here.
    """
    mark = style.verdict(True, look.glyphs)
    chunks = [Text("Keras", HEADING), Text.assemble(mark, f" {claim}")]
    if remark:
        chunks.append(remark)
    return flow(chunks, look, indent=0)


def summary(spec: Spec) -> Lines:
    """List the layers with their output shapes and parameters, as Keras' summary does."""
    rows = []
    for array in spec.inputs:
        row = [
            Text(f"{array.name} (InputLayer)"),
            style.shape(array.model_shape, array.axes),
            Text("0", justify="right"),
        ]
        rows.append(row)
    for layer_spec in spec.layer_specs:
        shapes = []
        for array in layer_spec.outputs:
            shapes.append(style.shape(array.model_shape, array.axes))
        row = [
            Text(f"{layer_spec.name} ({layer_spec.layer.class_name})"),
            Text("\n").join(shapes),
            Text(f"{layer_spec.parameters:,}", justify="right"),
        ]
        rows.append(row)
    return table(["layer (type)", "output shape", "parameters"], rows)


def identities(run: Run, look: Look) -> Lines:
    """Write a line for each claim; of many samples, for the first ones and what fails."""
    lines: Lines = []
    sample_count = 0
    hidden_count = 0
    for identity in run.identities:
        if identity.equality.sample is not None:
            sample_count += 1
            if sample_count > EDGE_ITEMS and identity.holds:
                hidden_count += 1
                continue
        lines.extend(verdict(identity, run.spec, look))
    if hidden_count:
        lines.append(Text(f"  and so for {hidden_count:,} more samples"))
    return lines


def verdict(identity: Identity, spec: Spec, look: Look) -> Lines:
    """Write a claim with its mark, and why arrays that look alike differ."""
    equality = identity.equality
    mark = style.verdict(identity.holds, look.glyphs)
    equals = f"{equality.left} equals {equality.right}"
    if equality.is_equal:
        return flow([Text.assemble(mark, " ", equals), apart(identity)], look)
    if identity.holds is False:
        # An input of zeros leaves every state at zero.
        return flow([equals, "with this input, not with any"], look)
    claim = Text.assemble(mark, f" {equality.left} is not {equality.right}")
    if identity.holds is None:
        return flow([claim, apart(identity)], look)
    return flow([claim, f"as {words.difference(equality, spec.last)}"], look)


def apart(checked: Identity | Group) -> str:
    """Say how far apart the numbers of a claim are, where they are not the same."""
    if checked.holds is None:
        return "nothing finite to compare"
    if checked.max_difference:
        return f"(max difference {checked.max_difference:g})"
    return ""


def comparison(answer: Answer) -> Lines:
    """Show that Keras confirms every call of a comparison, and which arrays are equal."""
    runs = answer.runs
    look = answer.look
    spec = runs[0].spec
    claim = (
        f"all shapes, and the {spec.parameters:,} parameters of each call, as computed"
    )
    lines = confirmed(claim, look)
    lines.extend(input_warnings(runs[0], answer.request, look))
    for group in check_places(runs):
        mark = style.verdict(group.holds, look.glyphs)
        vector = words.vector_name(group.vector)
        places = f" {vector}: the same values in {len(group.places)} places"
        lines.extend(flow([Text.assemble(mark, places), apart(group)], look))
    contrast = contrast_of_calls(spec.last)
    if contrast:
        # The left side is of the call without flags, the right of return_sequences.
        identity = check_equality(contrast, runs[0], runs[1])
        lines.extend(verdict(identity, spec, look))
    return lines
