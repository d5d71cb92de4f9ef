"""Show what layers make of the arrays that came back, and what the states are for."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.run.trials import Decoder, ModelShape, TriedLayer
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.keras_code import classes_in
from lstm_shapes.shapes.keras_script import RECURRENT_CLASSES
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.layout import (
    INDENT,
    Lines,
    flow,
    flow_titled,
    flow_words,
    small_print,
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
    """List the layers that were asked for, with what they took and gave.

    A layer that stands on the one above it begins with "then". Where a table of all is
    too wide for the screen, each chain is a table, or has its cells below each other.
    """
    lines = asked_table(run, trials, look)
    if fits(lines, look):
        return lines
    lines = []
    for _, chain in groupby(trials, lambda trial: trial.chain):
        trials_of_chain = list(chain)
        chain_lines = asked_table(run, trials_of_chain, look)
        if not fits(chain_lines, look):
            chain_lines = asked_list(run, trials_of_chain, look)
        lines.extend(chain_lines)
    return lines


def fits(lines: Lines, look: Look) -> bool:
    """Return True if no line is wider than the screen."""
    return all(line.cell_len <= look.width for line in lines)


def asked_table(run: Run, trials: Sequence[TriedLayer], look: Look) -> Lines:
    """Put each layer on a row."""
    rows = []
    remarks = []
    for cells, sentences in rows_of(run, trials, look):
        rows.append(cells)
        remarks.append(sentences)
    return table_with_remarks([""] * 4, rows, remarks, look)


def asked_list(run: Run, trials: Sequence[TriedLayer], look: Look) -> Lines:
    """Put each layer on a row, and what it took and gave below it."""
    lines: Lines = []
    for (code, *cells), sentences in rows_of(run, trials, look):
        lines.extend(flow_words(code, look))
        facts = [cell for cell in (*cells, Text(sentences[0])) if cell]
        lines.extend(flow(facts, look, 2 * INDENT))
        for sentence in sentences[1:]:
            lines.extend(small_print(sentence, look, 2 * INDENT))
    return lines


def rows_of(
    run: Run, trials: Sequence[TriedLayer], look: Look
) -> Iterator[tuple[list[Text], list[str]]]:
    """Yield the cells of each layer (code, what it took, what it gave), and remarks."""
    trial_before: TriedLayer | None = None
    for trial in trials:
        code = trial.layer
        if trial.previous_layer:
            code = f"then {code}"
        source = Text(what_it_takes(trial, trial_before), RETURNED)
        yield [Text(code), source, result(trial, look)], remarks_on_asked(trial, run)
        trial_before = trial


def what_it_takes(trial: TriedLayer, trial_before: TriedLayer | None) -> str:
    """Say which arrays a layer was called on; "" for the one of the row above."""
    if len(trial.takes) > 1:
        return f"all {len(trial.takes)} arrays"
    if trial.takes:
        return trial.takes[0]
    if trial_before is None or not trial_before.gives_several:
        return ""
    if trial.takes_several:
        return "all of its arrays"
    return "its first array"


def remarks_on_asked(trial: TriedLayer, run: Run) -> list[str]:
    """Return what stands behind the row of a layer that was asked for, and below it."""
    sentences = [remark_on(trial, run)]
    if trial.mixes_states:
        sentences.append(f"right: {right_call(trial, run)}")
    if trial.cure == "memory":
        sentences.append(str(trial.error))
    elif trial.error and trial.cure != "before":
        sentences.append(f"Keras: {trial.error}")
    return sentences


def result(trial: TriedLayer, look: Look) -> Text:
    """Write the shape that a layer gave, or that Keras refused.

    A cross stands before a shape that means nothing, too.
    """
    if trial.cure == "before":
        return Text.assemble(style.verdict(None, look.glyphs), " not tried")
    cross = style.verdict(False, look.glyphs)
    if trial.output_shape is None:
        return Text.assemble(cross, " refused")
    if trial.mixes_states:
        return Text.assemble(cross, " wrong ", gives(trial.output_shape, look))
    return gives(trial.output_shape, look)


def gives(shape: ModelShape, look: Look) -> Text:
    """Write an arrow to a shape."""
    return Text.assemble(f"{look.glyphs.forward} ", written_shape(shape))


def written_shape(shape: ModelShape) -> Text:
    """Write a shape, or those of several arrays: the states of a cell in a stack nested.

    Example:
        >>> written_shape(((None, 4), ((None, 6), (None, 6)), (None, 4))).plain
        '((None, 4), [(None, 6), (None, 6)], (None, 4))'
    """
    items = []
    for item in shape:
        if isinstance(item, tuple) and isinstance(item[0], tuple):
            inner_shapes = ", ".join(written_shape(inner).plain for inner in item)
            items.append(f"[{inner_shapes}]")
        else:
            items.append(str(item))
    return style.shape(items)


def remark_on(trial: TriedLayer, run: Run) -> str:
    """Say what a shape means, what becomes of a mask, or what helps against a refusal."""
    if trial.error:
        return cure(trial, run.spec.timesteps)
    if trial.mixes_states:
        return f"no error, but it mixes {contents(run.spec)}"
    first_remark = meaning(trial)
    if run.next_layer_codes and not trial.mixes_samples:
        first_remark = parameter_count(trial)
    remarks = [first_remark, mask_remark(trial)]
    return ", ".join(remark for remark in remarks if remark)


def meaning(trial: TriedLayer) -> str:
    """Say what the shape that Dense(1) or LSTM(1) gave means."""
    if trial.mixes_samples:
        return "mixes the samples of a batch"
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
    if trial.cure == "pair":
        return "takes a query and a value: call it on (x, x)"
    if trial.cure == "timesteps":
        return f"takes no open axis: give timesteps a number, as {timesteps}"
    if trial.cure == "memory":
        return "too large: raise --max-memory"
    if trial.previous_layer:
        return cure_in_chain(trial, timesteps)
    if trial.cure == "vector":
        return "takes one vector: leave out return_sequences=True"
    if trial.cure == "sequence":
        return f"needs return_sequences=True here, or RepeatVector({timesteps})"
    return ""


def cure_in_chain(trial: TriedLayer, timesteps: int) -> str:
    """Say which layer, put before a refused one, gives what that takes."""
    if trial.cure == "vector":
        return "takes one vector, as GlobalAveragePooling1D() gives it"
    if trial.cure == "sequence" and is_recurrent_code(str(trial.previous_layer)):
        return f"needs return_sequences=True before it, or RepeatVector({timesteps})"
    if trial.cure == "sequence":
        return f"takes a sequence, as RepeatVector({timesteps}) gives it"
    return ""


def is_recurrent_code(code: str) -> bool:
    """Return True if the code of a layer is that of a recurrent one."""
    outer_class, *_ = classes_in(code)
    return outer_class == "Bidirectional" or outer_class in RECURRENT_CLASSES


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
        if spec.last.layer.has_unlike_units:
            forward, backward = spec.last.layer.direction_layers
            units = f"{forward.units:,} + {backward.units:,} units"
        for letter, code in zip(names, decoder.initial_state, strict=True):
            lines.extend(flow_words(f"{letter} = {code}", look))
    call = f"{decoder.layer}(y, initial_state=[{', '.join(names)}])"
    lines.extend(flow_words(call, look))
    remark = f"decoder: {units}, own weights, y is its input"
    lines.extend(flow([gives(decoder.output_shape, look), remark], look, 2 * INDENT))
    return lines
