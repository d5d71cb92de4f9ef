"""Show what layers make of the arrays that came back, and what the states are for."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.run.next_layers import DEFAULT_LAYERS
from lstm_shapes.run.trials import Decoder, ModelShape, TriedLayer
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.layout import (
    INDENT,
    Lines,
    flow,
    flow_titled,
    flow_words,
    table_with_remarks,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, RETURNED, Look


def one_call(answer: Answer) -> Lines:
    """Show what the next layers gave, and a decoder that begins at the states.

    Keras' own reason for refusing is shown of layers that somebody has asked for.
    """
    run = answer.runs[0]
    if run.next_layers is None:
        return []
    if run.next_layer_codes:
        title = Text.assemble(
            ("Next layer", HEADING), "  what it does with these outputs"
        )
        lines = [title, *asked_layers(run, run.next_layers, answer.look)]
    else:
        lines = default_layers(run, run.next_layers, answer.look)
    if run.decoder:
        lines.extend(decoder_lines(run.decoder, run.spec, answer.look))
    else:
        lines.extend(flow_words(next_call(run.spec), answer.look))
    return lines


def default_layers(run: Run, trials: Sequence[TriedLayer], look: Look) -> Lines:
    """List what Dense and LSTM make of the first array; they refuse all at once."""
    heading = [
        Text("Next layer", HEADING),
        Text.assemble("on ", (run.outputs[0].name, RETURNED)),
    ]
    rows = []
    remarks = []
    is_list_refused = False
    for trial in trials:
        if len(trial.takes) == 1:
            rows.append([Text(trial.layer), result(trial, look)])
            remarks.append([remark_on(trial, run)])
        elif trial.cure == "first":
            is_list_refused = True
    if is_list_refused:
        mark = style.verdict(False, look.glyphs)
        refusal = f" {list_of_outputs(run)}: pass one of them"
        heading.append(Text.assemble(mark, refusal))
    lines = flow_titled(heading, look)
    lines.extend(table_with_remarks([""] * 3, rows, remarks, look))
    return lines


def list_of_outputs(run: Run) -> str:
    """Write `both outputs in a list`, or `the 3 outputs in a list`."""
    count = len(run.outputs)
    if count == 2:
        return "both outputs in a list"
    return f"the {count} outputs in a list"


def asked_layers(run: Run, trials: Sequence[TriedLayer], look: Look) -> Lines:
    """List the layers that were asked for, with what they took and gave."""
    rows = []
    remarks = []
    for trial in trials:
        arrays = trial.takes[0]
        if len(trial.takes) > 1:
            arrays = f"all {len(trial.takes)} arrays"
        rows.append([Text(trial.layer), Text(arrays, RETURNED), result(trial, look)])
        sentences = [remark_on(trial, run)]
        if trial.mixes_states:
            sentences.append(f"right: {right_call(trial, run)}")
        if trial.error:
            sentences.append(f"Keras: {trial.error}")
        remarks.append(sentences)
    return table_with_remarks([""] * 4, rows, remarks, look)


def result(trial: TriedLayer, look: Look) -> Text:
    """Write the shape that a layer gave, or that Keras refused.

    A cross stands before a shape that means nothing, too.
    """
    cross = style.verdict(False, look.glyphs)
    if trial.output_shape is None:
        return Text.assemble(cross, " refused")
    if trial.mixes_states:
        return Text.assemble(cross, " wrong ", gives(trial.output_shape, look))
    return gives(trial.output_shape, look)


def gives(shape: ModelShape, look: Look) -> Text:
    """Write an arrow to a shape."""
    return Text.assemble(f"{look.glyphs.forward} ", style.shape(shape))


def remark_on(trial: TriedLayer, run: Run) -> str:
    """Say what a shape means, what becomes of a mask, or what helps against a refusal."""
    if trial.error:
        return cure(trial, run.spec.timesteps)
    if trial.mixes_states:
        return f"no error, but it mixes {contents(run.spec)}"
    remarks = [meaning(trial), mask_remark(trial)]
    return ", ".join(remark for remark in remarks if remark)


def meaning(trial: TriedLayer) -> str:
    """Say what the shape that a layer gave means, or how many parameters it has."""
    if trial.mixes_samples:
        return "mixes the samples of a batch"
    if trial.layer not in DEFAULT_LAYERS:
        return parameter_count(trial)
    if trial.output_shape is None or len(trial.output_shape) < 3:
        return "a number for each sample"
    if trial.passes_mask:
        return "a number at every timestep"
    return "a number at every timestep, as in TimeDistributed"


def contents(spec: Spec) -> str:
    """Say what the arrays of a call hold, which do not belong together."""
    contents = ["the last h"]
    if spec.return_sequences:
        contents.insert(0, "every h")
    contents.extend(spec.cell.letters[1:])
    return listed(contents)


def right_call(trial: TriedLayer, run: Run) -> str:
    """Write the call that is right in place of one on all arrays."""
    name = run.outputs[0].name
    if "Attention" not in trial.layer:
        return f"{trial.layer}([{name}, a]), a: an array of the same shape"
    if not run.spec.return_sequences:
        return "return_sequences=True returns every h, to look at"
    return f"{trial.layer}([d, {name}]), d: every h of a decoder"


def parameter_count(trial: TriedLayer) -> str:
    """Write how many parameters a layer has: `1 parameter`, `no parameters`."""
    if trial.parameters == 1:
        return "1 parameter"
    if not trial.parameters:
        return "no parameters"
    return f"{trial.parameters:,} parameters"


def cure(trial: TriedLayer, timesteps: int) -> str:
    """Say what a layer that was refused takes instead, "" where nothing was found."""
    if trial.cure == "first":
        return f"takes one: hand on {trial.takes[0]} alone"
    if trial.cure == "several":
        return "takes a list of arrays: [x, x] for one with itself"
    if trial.cure == "vector":
        return "takes one vector: leave out return_sequences=True"
    if trial.cure == "sequence":
        return f"needs return_sequences=True here, or RepeatVector({timesteps})"
    return ""


def mask_remark(trial: TriedLayer) -> str:
    """Say what a layer does with a mask, "" where there is none."""
    if trial.uses_mask is None:
        return ""
    if trial.uses_mask and trial.passes_mask:
        return "uses the mask and passes it on"
    if trial.uses_mask:
        return "uses the mask"
    if trial.passes_mask:
        return "passes the mask on"
    return "loses the mask"


def next_call(spec: Spec) -> str:
    """Say where the next call begins, as no states came back."""
    if spec.layers[-1].stateful:
        return "the next call goes on from here, as stateful=True keeps the states"
    return (
        "the next call begins at zeros again: return_state=True returns what to hand on,"
        " and stateful=True keeps it from batch to batch"
    )


def decoder_lines(decoder: Decoder, spec: Spec, look: Look) -> Lines:
    """Write the call of a decoder on an input of its own, and what it gives."""
    lines: Lines = []
    names: Sequence[str] = decoder.initial_state
    units = f"{style.counted(decoder.units, 'units')} too"
    if spec.bidirectional:
        names = spec.cell.letters
        units = f"2 {look.glyphs.times} {style.counted(spec.last.layer.units, 'units')}"
        for letter, code in zip(names, decoder.initial_state, strict=True):
            lines.extend(flow_words(f"{letter} = {code}", look))
    call = f"{decoder.layer}(y, initial_state=[{', '.join(names)}])"
    lines.extend(flow_words(call, look))
    remark = f"decoder: {units}, own weights, y is its input"
    lines.extend(flow([gives(decoder.output_shape, look), remark], look, 2 * INDENT))
    return lines
