"""The section of the next layer: what layers make of the arrays, and what the states are for."""

from itertools import groupby

from rich.text import Text

from lstm_shapes.run.tried import NextLayer
from lstm_shapes.run.values import Run
from lstm_shapes.spec.request import Request
from lstm_shapes.view import Runs, style
from lstm_shapes.view.layout import INDENT, Lines, flow, table_with_remarks
from lstm_shapes.view.style import HEADING, RETURNED, Look

CURES = {
    "first": "takes one: hand on {first} alone",
    "several": "takes a list of arrays: [x, x] for one with itself",
    "vector": "takes one vector: leave out return_sequences=True",
    "sequence": "return_sequences=True gives all timesteps, "
    "RepeatVector({steps}) this one {steps} times, as in an autoencoder",
}


# By whether it uses the mask, and whether it passes it on.
MASKS: dict[tuple[bool | None, ...], str] = {
    (True, True): "uses the mask and passes it on",
    (True, False): "uses the mask",
    (False, True): "passes the mask on",
    (False, False): "loses the mask",
}


def next_layer(runs: Runs, _: Request, look: Look) -> Lines:
    """Show what the next layers made of the outputs, with Keras' sentence where they refused."""
    (run,) = runs
    if run.next_layers is None:
        return []
    rows, remarks = [], []
    tried = [attempt for attempt in run.next_layers if not attempt.initial_state]
    for _key, alike in groupby(tried, lambda of: (of.takes, of.cure == "first" or of.layer)):
        attempt, *others = alike
        names = [of.layer.partition("(")[0] for of in (attempt, *others)]
        taken = attempt.takes[0] if len(attempt.takes) == 1 else f"all {len(attempt.takes)} arrays"
        code = Text(" or ".join(names) if others else attempt.layer)
        rows.append([code, Text(taken, RETURNED), _gives(attempt, look)])
        mask = MASKS.get((attempt.uses_mask, attempt.passes_mask), "")
        remarks.append([", ".join(filter(None, (_remark(attempt, run), mask)))])
        if attempt.error and attempt.cure != "first":  # that several are not one needs no sentence
            remarks[-1].append(f"Keras: {attempt.error}")
    title = Text.assemble(("Next layer", HEADING), "  what it makes of them")
    return [title, *table_with_remarks([""] * 4, rows, remarks, look), *_states(run, look)]


def _gives(attempt: NextLayer, look: Look) -> Text:
    if not attempt.output_shape:
        return Text.assemble(style.verdict(False, look.glyphs), " refused")
    return Text.assemble(f"{look.glyphs.forward} ", style.shape(attempt.output_shape))


def _remark(attempt: NextLayer, run: Run) -> str:
    """Say what a shape means, or what helps against a refusal."""
    if attempt.error:
        of_run = {"first": attempt.takes[0], "steps": run.spec.timesteps}
        return CURES.get(attempt.cure, "").format(**of_run)
    if attempt.mixes_samples:
        return "mixes the samples of a batch"
    if attempt.layer not in ("Dense(1)", "LSTM(1)"):
        return f"{attempt.parameters or 'no'} parameter{'s' * (attempt.parameters != 1)}"
    if len(attempt.output_shape or ()) > 2:
        also = "" if attempt.passes_mask else ", as TimeDistributed(Dense(1)) does"
        return f"one number at every timestep{also}"
    return "one number for each sample"


def _states(run: Run, look: Look) -> Lines:
    """Show decoders that begin at the states, and the sequence in two calls."""
    lines, letters, inner = list[Text](), run.spec.last.cell.letters, 2 * INDENT
    if not run.spec.return_state:
        zeros = "the next call begins at zeros again: return_state=True returns what to hand on"
        return flow(zeros.split(), look, blanks=1)
    for attempt in run.next_layers or ():
        handed, goes_on = attempt.initial_state, "a decoder goes on from here"
        if handed and not handed[0].isidentifier():  # Concatenate()([…, …])
            for letter, code in zip(letters, handed, strict=True):
                lines += flow(f"{letter} = {code}".split(), look, blanks=1)
            handed, goes_on = letters, "a decoder in one direction has twice the units"
        if handed:
            code = f"{attempt.layer}(x, initial_state=[{', '.join(handed)}])"
            lines += flow([*map(Text, code.split()), _gives(attempt, look)], look, blanks=1)
            lines += flow([goes_on], look, inner)
    if run.two_calls:
        (first, second), holds, apart = run.two_calls
        calls = " and ".join((_steps(range(first)), _steps(range(first, first + second))))
        same = "the same" if holds else f"apart by up to {apart:g}"
        claim = f"in two calls, {calls}, with the states handed on: {same}"
        lines += flow([style.verdict(holds, look.glyphs), *claim.split()], look, blanks=1)
        lines += flow(["stateful=True hands them on by itself, from batch to batch"], look, inner)
    return lines


def _steps(steps: range) -> str:
    ends = [f"t={step}" for step in dict.fromkeys((steps[0], steps[-1]))]
    return (" to " if len(steps) > 2 else ", ").join(ends)
