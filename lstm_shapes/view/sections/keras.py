"""Show that Keras confirms what was computed: its summary, and which arrays are equal."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.run.trials import OddBatch, Rewriting, Rewritten, TwoCalls
from lstm_shapes.run.values import Group, Identity, Run, check_equality, check_places
from lstm_shapes.shapes.equality import contrast_of_calls
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style, words
from lstm_shapes.view.input_warnings import input_warnings
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    INDENT,
    Lines,
    fits,
    flow,
    flow_words,
    small_print,
    table,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look


def one_call(answer: Answer) -> Lines:
    """Show Keras' summary and a mark for each claim."""
    run = answer.runs[0]
    look = answer.look
    claim = f"the shapes and the {run.spec.parameters:,} parameters as computed"
    lines = confirmed(claim, look, open_axes(run.spec))
    lines.extend(summary(run.spec, look))
    lines.extend(wrong_summary(run.spec, look))
    lines.extend(input_warnings(run, answer.request, look))
    lines.extend(identities(run, look))
    if run.two_calls:
        lines.extend(two_calls(run.two_calls, run.spec, look))
    for rewritten in run.rewritten:
        lines.extend(written_otherwise(rewritten, look))
    if run.odd_batch:
        lines.extend(batch_that_is_not_full(run.odd_batch, run.spec, look))
    return lines


def open_axes(spec: Spec) -> str:
    """Say what None stands for in the shapes, and what keeps samples apart."""
    remark = "None = any batch size"
    if spec.has_static_batch:
        remark = "stateful=True fixes the batch"
        if spec.has_open_timesteps:
            remark += ", None = any timesteps"
    elif spec.has_open_timesteps:
        remark += " and any timesteps"
    if spec.batch_size > 1:
        remark += "; no sample changes the result of another"
    return remark


def confirmed(claim: str, look: Look, remark: str = "") -> Lines:
    """Write the heading with what Keras confirms.

    A run whose facts are not those of its spec is an error, and never comes here.
    """
    mark = style.verdict(True, look.glyphs)
    heading: list[Text] = [
        Text("Keras", HEADING),
        Text.assemble(mark, f" {claim}"),
    ]
    lines = flow([*heading, Text(remark, LABEL)], look, indent=0)
    if len(lines) > 1:
        return flow(heading, look, indent=0) + small_print(remark, look)
    return lines


def summary(spec: Spec, look: Look) -> Lines:
    """List the layers with their output shapes and parameters, as Keras' summary does.

    Shapes stand below each other where the screen is too narrow for them.
    """
    titles = ["layer (type)", "output shape", "parameters"]
    lines = table(titles, rows_of_layers(spec, ", ", look))
    if not fits(lines, look):
        titles[-1] = "Param #"  # as in Keras' own summary
        return table(titles, rows_of_layers(spec, ",\n", look))
    return lines


def rows_of_layers(spec: Spec, separator: str, look: Look) -> list[list[Text]]:
    """Return a row for each layer, its shapes apart by the separator."""
    rows = []
    for array in spec.inputs:
        row = [
            Text(f"{array.name} (InputLayer)"),
            style.shape(array.model_shape, array.axes),
            Text("0", justify="right"),
        ]
        rows.append(row)
    for layer_spec in spec.layer_specs:
        row = [
            Text(f"{layer_spec.name} ({layer_spec.layer.class_name})"),
            shapes_of(layer_spec.outputs, separator, look),
            Text(f"{layer_spec.parameters:,}", justify="right"),
        ]
        rows.append(row)
    return rows


def wrong_summary(spec: Spec, look: Look) -> Lines:
    """Say where Keras' own summary has other shapes than the arrays that come back."""
    # A layer below another one cannot have them.
    if not spec.last.has_wrong_summary:
        return []
    forward, backward = spec.last.layer.direction_layers
    sentence = (
        f"these are the shapes of the arrays: Keras' own summary has"
        f" {spec.last.summary_shapes[0]} first, as it takes both directions for"
        f" {forward.units} units, and backward has {backward.units}; a layer behind"
        " this one in the same model may be built for the wrong shape, and fail"
    )
    return flow_words(sentence, look)


def shapes_of(arrays: Sequence[ArraySpec], separator: str, look: Look) -> Text:
    """Write the shapes of arrays, equal ones counted: `(None, 3, 5), 2 × (None, 5)`."""
    counts: dict[tuple[int | None, ...], int] = {}
    axes: dict[tuple[int | None, ...], tuple[str, ...]] = {}
    for array in arrays:
        counts[array.model_shape] = counts.get(array.model_shape, 0) + 1
        axes[array.model_shape] = array.axes
    texts = []
    for model_shape, count in counts.items():
        text = style.shape(model_shape, axes[model_shape])
        if count > 1:
            text = Text.assemble(f"{count} {look.glyphs.times} ", text)
        texts.append(text)
    return Text(separator).join(texts)


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
        chunks = [Text.assemble(mark, " ", equals), Text(apart(identity))]
        if equality.is_without_sequences:
            chunks.append(Text("as return_sequences is off", LABEL))
        return flow(chunks, look)
    if identity.holds is False:
        # An input of zeros leaves every state at zero.
        return flow([equals, "with this input, not with any"], look)
    claim = Text.assemble(mark, f" {equality.left} is not {equality.right}")
    if identity.holds is None:
        return flow([claim, apart(identity)], look)
    reason = f"as {words.difference(equality, spec.last)}"
    lines = flow([claim, reason], look)
    if len(lines) > 1:
        return flow([claim], look) + flow_words(reason, look, 2 * INDENT)
    return lines


def apart(checked: Identity | Group) -> str:
    """Say how far apart the numbers of a claim are, where they are not the same."""
    if checked.holds is None:
        return "nothing finite to compare"
    if checked.max_difference:
        return f"(max difference {checked.max_difference:g})"
    return ""


def two_calls(calls: TwoCalls, spec: Spec, look: Look) -> Lines:
    """Say whether a call on each half of the sequence gives what one call gives."""
    head, tail = calls.timesteps
    states = listed(spec.cell.letters)
    outcome = "the same as one"
    if not calls.holds:
        outcome = f"apart by up to {calls.max_difference:g}"
    claim = (
        f"two calls, {timesteps(0, head)}, then {timesteps(head, head + tail)}"
        f" from its {states}: {outcome}"
    )
    mark = style.verdict(calls.holds, look.glyphs)
    words_of_claim = [Text(word) for word in claim.split()]
    lines = flow([mark, *words_of_claim], look, blanks=1)
    remarks = ["stateful=True does so from each call to the next"]
    is_part = head + tail < spec.timesteps or calls.sample_count < spec.batch_size
    if is_part:
        remarks.insert(0, part_of_input(calls, spec))
    lines.extend(flow([Text(remark, LABEL) for remark in remarks], look, 2 * INDENT))
    return lines


REWRITINGS = {
    Rewriting.WITHOUT_DROPOUT: "predict ignores dropout: without it",
    Rewriting.FORWARD_ON_TURNED_INPUT: "as a forward layer on x[:, ::-1]",
    Rewriting.MERGED_HALVES: "every h of both directions, run alone and merged",
    Rewriting.GOES_ON: "stateful=True: a further call goes on, as if both were one",
    Rewriting.BEGINS_AGAIN: "reset_state() begins at zeros again",
}


def written_otherwise(rewritten: Rewritten, look: Look) -> Lines:
    """Say whether the layer written otherwise gives the same numbers."""
    outcome = "the same"
    if not rewritten.holds:
        outcome = f"apart by up to {rewritten.max_difference:g}"
    mark = style.verdict(rewritten.holds, look.glyphs)
    claim = Text.assemble(mark, f" {REWRITINGS[rewritten.rewriting]}: {outcome}")
    return flow([claim], look)


def batch_that_is_not_full(odd_batch: OddBatch, spec: Spec, look: Look) -> Lines:
    """Say what becomes of samples that do not fill a batch."""
    count = odd_batch.sample_count
    sentence = (
        f"batches have to be full: of {count:,} samples, predict with"
        f" batch_size={spec.batch_size} "
    )
    if odd_batch.row_count is None:
        sentence += "fails"
    else:
        sentence += f"makes {odd_batch.row_count:,} rows"
    return flow_words(sentence, look)


def part_of_input(calls: TwoCalls, spec: Spec) -> str:
    """Say which part of a long or large input was compared."""
    parts = []
    if sum(calls.timesteps) < spec.timesteps:
        parts.append(f"the first {sum(calls.timesteps)} timesteps")
    if calls.sample_count < spec.batch_size:
        parts.append(f"the first {calls.sample_count} samples")
    return f"checked on {' of '.join(parts)}"


def timesteps(start: int, stop: int) -> str:
    """Name timesteps: `t=0`, or `t=1 to t=4`."""
    if stop - start == 1:
        return f"t={start}"
    return f"t={start} to t={stop - 1}"


def comparison(answer: Answer) -> Lines:
    """Show that Keras confirms every call of a comparison, and which arrays are equal."""
    runs = answer.runs
    look = answer.look
    spec = runs[0].spec
    claim = f"all shapes, and the same {spec.parameters:,} parameters in each call, as computed"
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
