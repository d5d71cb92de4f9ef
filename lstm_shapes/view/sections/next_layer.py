"""Show what layers make of the arrays that came back, and what the states are for."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.run.next_layers import DEFAULT_LAYERS
from lstm_shapes.run.trials import Decoder, ModelShape, TriedLayer, TwoCalls
from lstm_shapes.run.values import Run
from lstm_shapes.view import style
from lstm_shapes.view.layout import (
    INDENT,
    Lines,
    flow,
    flow_words,
    table_with_remarks,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, RETURNED, Look


def one_call(answer: Answer) -> Lines:
    """Show what the next layers gave, with Keras' reason where it refused."""
    run = answer.runs[0]
    if run.next_layers is None:
        return []
    title = Text.assemble(("Next layer", HEADING), "  what it makes of them")
    lines = [title]
    lines.extend(tried_layers(run, run.next_layers, answer.look))
    lines.extend(states(run, answer.look))
    return lines


def tried_layers(run: Run, trials: Sequence[TriedLayer], look: Look) -> Lines:
    """List the layers with what they took and gave; alike refusals share a row."""
    rows = []
    remarks = []
    for names, trial in joined_refusals(trials):
        arrays = trial.takes[0]
        if len(trial.takes) > 1:
            arrays = f"all {len(trial.takes)} arrays"
        rows.append([Text(names), Text(arrays, RETURNED), result(trial, look)])
        remarks.append(remarks_on(trial, run))
    return table_with_remarks([""] * 4, rows, remarks, look)


def joined_refusals(trials: Sequence[TriedLayer]) -> list[tuple[str, TriedLayer]]:
    """Return the trials with their names; those that take one array alone share one.

    That Dense takes no list is as true of LSTM: `Dense or LSTM`.
    """
    joined: list[tuple[str, TriedLayer]] = []
    for trial in trials:
        previous = joined[-1][1] if joined else None
        is_alike = (
            previous is not None
            and trial.cure == "first"
            and previous.cure == "first"
            and trial.takes == previous.takes
        )
        if is_alike:
            names = f"{class_names(joined[-1][0])} or {class_names(trial.layer)}"
            joined[-1] = (names, joined[-1][1])
        else:
            joined.append((trial.layer, trial))
    return joined


def class_names(code: str) -> str:
    """Return the class of a layer without its arguments."""
    return code.partition("(")[0]


def result(trial: TriedLayer, look: Look) -> Text:
    """Write the shape that a layer gave, or that Keras refused."""
    if trial.output_shape is None:
        return Text.assemble(style.verdict(False, look.glyphs), " refused")
    return gives(trial.output_shape, look)


def gives(shape: ModelShape, look: Look) -> Text:
    """Write an arrow to a shape."""
    return Text.assemble(f"{look.glyphs.forward} ", style.shape(shape))


def remarks_on(trial: TriedLayer, run: Run) -> list[str]:
    """Say what a shape means, what becomes of a mask, or what helps against a refusal."""
    remarks = [remark_on(trial, run), mask_remark(trial)]
    sentences = [", ".join(remark for remark in remarks if remark)]
    if trial.error and trial.cure != "first":
        # That several arrays are not one needs no sentence of Keras.
        sentences.append(f"Keras: {trial.error}")
    return sentences


def remark_on(trial: TriedLayer, run: Run) -> str:
    """Say what the shape that a layer gave means, or what it takes instead."""
    if trial.error:
        return cure(trial, run.spec.timesteps)
    if trial.mixes_samples:
        return "mixes the samples of a batch"
    if trial.layer not in DEFAULT_LAYERS:
        return parameter_count(trial)
    if trial.output_shape is None or len(trial.output_shape) < 3:
        return "one number for each sample"
    if trial.passes_mask:
        return "one number at every timestep"
    return "one number at every timestep, as TimeDistributed(Dense(1)) does"


def parameter_count(trial: TriedLayer) -> str:
    """Write how many parameters a layer has: `1 parameter`, `no parameters`."""
    if trial.parameters == 1:
        return "1 parameter"
    return f"{trial.parameters or 'no'} parameters"


def cure(trial: TriedLayer, timesteps: int) -> str:
    """Say what a layer that was refused takes instead, "" where nothing was found."""
    if trial.cure == "first":
        return f"takes one: hand on {trial.takes[0]} alone"
    if trial.cure == "several":
        return "takes a list of arrays: [x, x] for one with itself"
    if trial.cure == "vector":
        return "takes one vector: leave out return_sequences=True"
    if trial.cure == "sequence":
        return (
            "return_sequences=True gives all timesteps,"
            f" RepeatVector({timesteps}) this one {timesteps} times, as in an autoencoder"
        )
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


def states(run: Run, look: Look) -> Lines:
    """Show decoders that begin at the states, and the sequence in two calls."""
    if not run.spec.return_state:
        sentence = (
            "the next call begins at zeros again: return_state=True returns what to"
            " hand on"
        )
        if run.spec.layers[-1].stateful:
            sentence = (
                "the next call goes on from here, as stateful=True keeps the states"
            )
        return flow_words(sentence, look)
    lines: Lines = []
    for decoder in run.decoders:
        lines.extend(decoder_lines(decoder, run.spec.cell.letters, look))
    if run.two_calls:
        lines.extend(two_calls(run.two_calls, look))
    return lines


def decoder_lines(decoder: Decoder, letters: Sequence[str], look: Look) -> Lines:
    """Write the call of a decoder, and what it gives."""
    lines: Lines = []
    names: Sequence[str] = decoder.initial_state
    remark = "a decoder goes on from here"
    if decoder.is_joined:
        for letter, code in zip(letters, decoder.initial_state, strict=True):
            lines.extend(flow_words(f"{letter} = {code}", look))
        names = letters
        remark = "a decoder in one direction has twice the units"
    call = f"{decoder.layer}(x, initial_state=[{', '.join(names)}])"
    chunks = [Text(word) for word in call.split()]
    chunks.append(gives(decoder.output_shape, look))
    lines.extend(flow(chunks, look, blanks=1))
    lines.extend(flow([remark], look, 2 * INDENT))
    return lines


def two_calls(comparison: TwoCalls, look: Look) -> Lines:
    """Say whether the sequence in two calls gives what one call gives."""
    head, tail = comparison.timesteps
    calls = f"{timesteps(range(head))} and {timesteps(range(head, head + tail))}"
    outcome = "the same"
    if not comparison.holds:
        outcome = f"apart by up to {comparison.max_difference:g}"
    claim = f"in two calls, {calls}, with the states handed on: {outcome}"
    mark = style.verdict(comparison.holds, look.glyphs)
    lines = flow([mark, *claim.split()], look, blanks=1)
    remark = "stateful=True hands them on by itself, from batch to batch"
    lines.extend(flow([remark], look, 2 * INDENT))
    return lines


def timesteps(steps: range) -> str:
    """Name a few timesteps: `t=0`, `t=1, t=2`, or `t=1 to t=4`."""
    if len(steps) == 1:
        return f"t={steps[0]}"
    if len(steps) == 2:
        return f"t={steps[0]}, t={steps[1]}"
    return f"t={steps[0]} to t={steps[-1]}"
