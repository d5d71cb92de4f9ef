"""The half of the screen that runs have measured: Keras' summary and the arrays."""

from collections.abc import Callable

from rich.text import Text

from lstm_shapes.run import values
from lstm_shapes.run.values import TOLERANCE, Array, Identity, Run
from lstm_shapes.spec.equality import contrast_of_calls
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view import Runs, layout, style, words
from lstm_shapes.view.arrays import array_tables
from lstm_shapes.view.labels import RowRemark, RowRemarks
from lstm_shapes.view.layout import EDGE_ITEMS, Lines, flow
from lstm_shapes.view.next import next_layer
from lstm_shapes.view.style import HEADING, LABEL, Look


def keras(runs: Runs, _: Request, look: Look) -> Lines:
    """Show that Keras confirms what was computed, its summary, and which arrays are equal."""
    (run,) = runs
    confirmed = f"the shapes and the {run.spec.parameters:,} parameters as computed"
    lines = _confirmed(look, confirmed, Text("None = any batch", LABEL))
    rows = []
    for of in run.spec.inputs:
        shape = style.shape(of.model_shape, of.axes)
        rows.append([Text(f"{of.name} (InputLayer)"), shape, Text("0", justify="right")])
    for layer in run.spec.layers:
        shapes = Text("\n").join(style.shape(a.model_shape, a.axes) for a in layer.outputs)
        count = Text(f"{layer.parameters:,}", justify="right")
        rows.append([Text(f"{layer.name} ({layer.type})"), shapes, count])
    lines += layout.table(["layer (type)", "output shape", "parameters"], rows)
    if run.not_finite:
        samples, sample, step = run.not_finite
        odd = f"{samples:,} of {run.spec.batch_size:,} samples of the input hold values"
        first = Text(f"first in sample {sample} at t={step}", style.BAD)
        lines += flow([Text(f"{odd} that are not finite", style.BAD), first], look)
    identities = [(identity, identity.equality.left.index) for identity in run.identities]
    of_samples = [one for one, index in identities if index and isinstance(index[0], int)]
    likewise = [one for one in of_samples[EDGE_ITEMS:] if one.holds]
    for identity, _index in identities:
        lines += [] if identity in likewise else _verdict(identity, run, look)
    return [*lines, *([Text(f"  and so for {len(likewise):,} more samples")] if likewise else [])]


def keras_of_calls(runs: Runs, _: Request, look: Look) -> Lines:
    """Show that Keras confirms every call of a comparison, and which arrays are equal."""
    total = runs[0].spec.parameters
    lines = _confirmed(look, f"all shapes, and the {total:,} parameters of each call, as computed")
    for group in values.groups(runs):
        vector = words.vector(group.vector)
        same = f" {vector}: the same values in {len(group.places)} places"
        claim = Text.assemble(style.verdict(group.holds, look.glyphs), same)
        lines += flow([claim, _apart(group)], look)
    if contrast := contrast_of_calls(runs[0].spec.last):
        # Of the call without flags, and of the one with return_sequences alone.
        lines += _verdict(values.verify(contrast, *runs[:2]), runs[0], look)
    return lines


def _confirmed(look: Look, what: str, *others: Text) -> Lines:
    # A run whose facts are not those of its spec is an error, and never comes here.
    confirmed = Text.assemble(style.verdict(True, look.glyphs), f" {what}")
    return flow([Text("Keras", HEADING), confirmed, *others], look, indent=0)


def _verdict(identity: Identity, run: Run, look: Look) -> Lines:
    equality, mark = identity.equality, style.verdict(identity.holds, look.glyphs)
    equals = f"{equality.left} equals {equality.right}"
    if equality.equal:
        return flow([Text.assemble(mark, " ", equals), _apart(identity)], look)
    if identity.holds is not False:
        claim = Text.assemble(mark, f" {equality.left} is not {equality.right}")
        why = f"as {words.difference(equality, run.spec.last)}"
        return flow([claim, _apart(identity) if identity.holds is None else why], look)
    # As with an input of zeros, which leaves every state at zero.
    return flow([equals, "with this input, not with any"], look)


def _apart(found: Identity | values.Group) -> str:
    if found.holds is None:
        return "nothing finite to compare"
    return f"(max difference {found.max_difference:g})" if found.max_difference else ""


def arrays_to_show(run: Run, request: Request) -> list[Array]:
    """Return the arrays of a run that a request shows."""
    whole = run.outputs if request.shows_arrays else ()
    return [*whole, *(run.select(picked) for picked in request.selected(run.spec))]


def tables_of_row(run: Run, request: Request, look: Look) -> Lines:
    """Show the arrays of one run of a sweep, if any are asked for."""
    remark = f"of {run.spec.code} on {run.spec.input.shape}"
    lines = array_tables(dict.fromkeys(arrays_to_show(run, request), remark), request, look, {})
    return [Text(), *lines] if lines else []


def tables(runs: Runs, request: Request, look: Look) -> Lines:
    """Show the arrays with what the identities say of them; of several calls, each array once."""
    calls: dict[Array, list[str]] = {}
    remarks: dict[str, str] = {}
    row_remarks: RowRemarks = {}
    for number, run in enumerate(runs):
        of_arrays, of_rows = _remarks(run, look)
        remarks, row_remarks = remarks | of_arrays, row_remarks | of_rows
        for array in arrays_to_show(run, request):
            alike = [known for known in calls if known.name == array.name]
            same = [known for known in alike if values.difference(known, array) <= TOLERANCE]
            calls.setdefault((same or [array])[0], []).append(str(number))
    if len(runs) == 1:
        shown = {array: remarks.get(array.name, "") for array in calls}
    else:
        # The longest first, so that the vectors its last row equals stand next to it.
        longest_first = sorted(calls, key=lambda array: -len(array.axes))
        shown = {array: f"in {', '.join(calls[array])}" for array in longest_first}
    return array_tables(shown, request, look, row_remarks)


def _remarks(run: Run, look: Look) -> tuple[dict[str, str], RowRemarks]:
    """Say of whole arrays, and of the rows of their timesteps, what the identities say."""
    remarks = {array.name: "which no flag returns" for array in run.spec.last.all_other_states}
    rows = _masked_rows(run.spec)
    arrows = {"forward": f"{look.glyphs.forward}u ", "backward": f"{look.glyphs.backward}u "}
    for identity in run.identities:
        left, right, vector, equal = identity.equality
        if not (identity.holds and equal):
            continue
        if not right.index:
            remarks[right.name] = f"= {left}"
            continue
        if not left.index:
            remarks[left.name] = f"= {right}"
        sample, step, *_ = right.index
        if vector and isinstance(step, int):
            of_sample = sample if isinstance(sample, int) else None
            remark = f"{arrows.get(vector.direction, '')}= {left}"
            of_array = rows.setdefault(right.name, {})
            of_array[of_sample, step % run.spec.timesteps] = RowRemark(remark)
    return remarks, rows


def _masked_rows(spec: LSTMSpec) -> RowRemarks:
    """Say of each array that has timesteps what stands at those that are masked."""
    rows: RowRemarks = {}
    for array in (*spec.arrays, *spec.last.all_other_states):
        # A state repeats, but both directions give zeros, and backward has not begun there.
        zeros = len(array.holds) > 1 or any(vector.step == 0 for vector, _ in array.holds)
        for sample, length in enumerate(spec.lengths or () if "timesteps" in array.axes else ()):
            text = "zeros" if zeros else f"repeats t={length - 1}" if array.holds else "masked"
            for t in range(length, spec.timesteps):
                rows.setdefault(array.name, {})[sample, t] = RowRemark(text, is_masked=True)
    return rows


Section = Callable[[Runs, Request, Look], Lines]

SECTIONS: dict[str, Section] = {"keras": keras, "next": next_layer, "arrays": tables}
COMPARED: dict[str, Section] = {"keras": keras_of_calls, "arrays": tables}
