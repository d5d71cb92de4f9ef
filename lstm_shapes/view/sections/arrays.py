"""Show the arrays that came back as tables, with what the claims say of their rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.text import Text

from lstm_shapes.request import Request
from lstm_shapes.run.dtypes import tolerance_of
from lstm_shapes.run.values import Array, Run, difference
from lstm_shapes.shapes.equality import Equality
from lstm_shapes.shapes.layer import Direction
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.selection import Selection
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import array_tables
from lstm_shapes.view.array_grid import RowRemark
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import Look


class ShownArrays(NamedTuple):
    """The arrays to show.

    Attributes:
        remarks: What is said of each of them, by array.
        row_remarks: What is said of their rows.
    """

    remarks: dict[Array, str]
    row_remarks: list[RowRemark]

    def lines(self, request: Request, look: Look) -> Lines:
        """Return the tables of the arrays."""
        return array_tables.array_tables(self.remarks, request, look, self.row_remarks)


def one_call(answer: Answer) -> Lines:
    """Show the arrays of a run, with what its claims say of them."""
    return arrays_of_call(answer).lines(answer.request, answer.look)


def arrays_of_call(answer: Answer) -> ShownArrays:
    """Return the arrays of a run, with what its claims say of them."""
    run = answer.runs[0]
    shown_arrays = arrays_to_show(run, answer.request)
    equalities = confirmed_equalities(run, shown_arrays)
    remarks = array_remarks(run, equalities)
    remarks_by_array = {}
    for array in shown_arrays:
        remark = ""
        if is_whole(array):
            remark = remarks.get(array.spec.name, "")
        remarks_by_array[array] = remark
    row_remarks = remarks_on_rows(run, equalities, answer.look)
    return ShownArrays(remarks_by_array, row_remarks)


def comparison(answer: Answer) -> Lines:
    """Show each array of the four runs once, with the calls that return it."""
    return arrays_of_comparison(answer).lines(answer.request, answer.look)


def arrays_of_comparison(answer: Answer) -> ShownArrays:
    """Return each array of the four runs once, with the calls that return it."""
    calls: dict[Array, list[str]] = {}
    row_remarks: list[RowRemark] = []
    for number, run in enumerate(answer.runs):
        shown_arrays = arrays_to_show(run, answer.request)
        equalities = confirmed_equalities(run, shown_arrays)
        row_remarks.extend(remarks_on_rows(run, equalities, answer.look))
        for array in shown_arrays:
            known_array = find_same(array, calls)
            calls.setdefault(known_array, []).append(str(number))
    # Arrays with timesteps come first: what equals one of their rows stands below it.
    ordered_arrays = sorted(calls, key=lambda array: -len(array.axes))
    remarks_by_array = {}
    for array in ordered_arrays:
        remarks_by_array[array] = f"calls {', '.join(calls[array])}"
    return ShownArrays(remarks_by_array, row_remarks)


def row_of_sweep(run: Run, request: Request, look: Look) -> Lines:
    """Show the arrays of one run of a sweep, if any are asked for."""
    lines = arrays_of_sweep(run, request, look).lines(request, look)
    if lines:
        lines.insert(0, Text())
    return lines


def arrays_of_sweep(run: Run, request: Request, look: Look) -> ShownArrays:
    """Return the arrays of one run of a sweep, none where none are asked for."""
    remark = f"of {run.spec.code} on {run.spec.input.shape}"
    shown_arrays = arrays_to_show(run, request)
    if not shown_arrays:
        return ShownArrays({}, [])
    equalities = confirmed_equalities(run, shown_arrays)
    remarks_by_array = dict.fromkeys(shown_arrays, remark)
    return ShownArrays(remarks_by_array, remarks_on_rows(run, equalities, look))


def width_in_picture(answer: Answer) -> int:
    """Return the columns that a picture is laid out for, so that its arrays are whole."""
    request = answer.request
    if request.is_sweep:
        choices = [arrays_of_sweep(run, request, answer.look) for run in answer.runs]
    elif request.compare:
        choices = [arrays_of_comparison(answer)]
    else:
        choices = [arrays_of_call(answer)]
    widths = []
    for choice in choices:
        remarks = choice.remarks
        widths.append(array_tables.width_in_picture(remarks, request, answer.look))
    return max(widths)


def arrays_to_show(run: Run, request: Request) -> list[Array]:
    """Return the arrays of a run that a request shows, each once."""
    arrays: list[Array] = []
    if request.shows_whole_arrays:
        arrays.extend(run.outputs)
    names = {array.name for array in arrays}
    for selection in request.selections_in(run.spec):
        name = str(selection)
        if not selection.index:
            name = selection.name
        if name not in names:
            arrays.append(run.select(selection))
            names.add(name)
    return arrays


def remarks_on_rows(
    run: Run, equalities: Sequence[Equality], look: Look
) -> list[RowRemark]:
    """Say of the rows of timesteps which are masked, and which arrays they equal."""
    return [*masked_rows(run.spec), *equal_rows(run, equalities, look)]


def is_whole(array: Array) -> bool:
    """Return True for a whole array, False for a part of one."""
    return array.positions == tuple(range(size) for size in array.spec.shape)


def find_same(array: Array, known_arrays: dict[Array, list[str]]) -> Array:
    """Return the array of the same name and numbers that is known, or this one."""
    for known_array in known_arrays:
        if known_array.name == array.name:
            pair = [known_array.values, array.values]
            if difference(*pair) <= tolerance_of(pair):
                return known_array
    return array


def array_remarks(run: Run, equalities: Sequence[Equality]) -> dict[str, str]:
    """Say of whole arrays what they equal, and which of them no flag returns."""
    remarks = {}
    for array in run.spec.step_arrays:
        remarks[array.name] = "which no flag returns"
    for equality in equalities:
        right = equality.right
        if not isinstance(right, Selection):
            remarks[equality.left.name] = f"= {right}"
        elif not right.index:
            remarks[right.name] = f"= {equality.left}"
        elif not equality.left.index:
            remarks[equality.left.name] = f"= {right}"
    return remarks


def confirmed_equalities(run: Run, shown_arrays: Sequence[Array]) -> list[Equality]:
    """Return the equalities that hold in a run, of the arrays that are shown."""
    shown_specs = [array.spec for array in shown_arrays]
    every_c = [
        array for array in run.spec.last.all_other_states if array in shown_specs
    ]
    equalities = []
    for identity in run.identities_beside(every_c):
        if identity.holds and identity.equality.is_equal:
            equalities.append(identity.equality)
    return equalities


def equal_rows(
    run: Run, equalities: Sequence[Equality], look: Look
) -> Iterator[RowRemark]:
    """Say of the rows of timesteps which arrays they equal."""
    side_by_side = {array.name for array in run.spec.outputs if array.is_side_by_side}
    for equality in equalities:
        if equality.row is None or equality.vector is None:
            continue
        right = equality.right
        if isinstance(right, Selection):
            arrow = ""
            if right.name in side_by_side:
                arrow = direction_arrow(equality.vector.direction, look)
            yield RowRemark(
                array=right.name,
                sample=equality.sample,
                row=equality.row,
                text=f"{arrow}= {equality.left}",
            )


def direction_arrow(direction: Direction, look: Look) -> str:
    """Return the mark of a direction's units where both stand side by side."""
    glyph = look.glyphs.backward if direction.is_backward else look.glyphs.forward
    return f"{glyph}u "


def masked_rows(spec: Spec) -> Iterator[RowRemark]:
    """Say of each array that has timesteps what stands at those that are masked."""
    for array in spec.all_arrays:
        if not array.has_timesteps:
            continue
        for sample in range(spec.batch_size):
            for timestep in spec.last.masked_timesteps(sample):
                yield RowRemark(
                    array=array.name,
                    sample=sample,
                    # The row of a timestep is the timestep of that row.
                    row=array.timestep_of_row(timestep),
                    text=masked_text(array, spec.last.real_timesteps(sample)),
                    is_masked=True,
                )


def masked_text(array: ArraySpec, real_timesteps: range) -> str:
    """Say what stands at the masked timesteps of a sample, beside the real ones."""
    if array.masked_rows == "zeros":
        return "zeros"
    if array.masked_rows == "repeats":
        is_padded_in_front = real_timesteps.start > 0
        nearest = real_timesteps[0] if is_padded_in_front else real_timesteps[-1]
        return f"repeats t={nearest}"
    return "masked"
