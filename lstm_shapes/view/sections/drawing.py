"""Draw the layers over the timesteps: what goes in, what passes on, what leaves."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.layout import Lines, fits
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import LABEL, Look
from lstm_shapes.view.unrolled import Piece, Row, rows_of_drawing

# A timestep, or None where some are left out.
TimestepOrGap = int | None


def one_call(answer: Answer) -> Lines:
    """Show the drawing of one call."""
    return draw(answer.row[0], answer.look)


def draw(spec: Spec, look: Look) -> Lines:
    """Draw the layers over the timesteps, of long sequences the ends.

    Example:
        >>> from lstm_shapes.shapes.spec import LSTMSpec
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), Look()):
        ...     print(line.plain)
             t=0           t=1        h: hidden state, c: cell state
             ↓ x           ↓ x        0: zeros or your initial_state
           ╭──────╮ h, c ╭──────╮
        0─▶│ LSTM │─────▶│ LSTM │───▶ c is not returned
           ╰──────╯      ╰──────╯
             ↓ h           ↓ h    ──▶ all_hidden_states (1, 2, 5)
    """
    lines: Lines = []
    gap = f" {look.glyphs.gap} "
    for timesteps in choices_of_timesteps(spec.timesteps):
        for has_tight_boxes in (False, True):
            rows = rows_of_drawing(spec, look.glyphs, has_tight_boxes=has_tight_boxes)
            lines = side_by_side(rows, timesteps, gap)
            if fits(lines, look):
                return lines
    fitting_lines: Lines = []
    for line in lines:
        fitting_lines.extend(broken_before_shape(line, look))
    return fitting_lines


def broken_before_shape(line: Text, look: Look) -> Lines:
    """Put the shape at the end of a line below it, at the right, if it is too wide.

    Even the narrowest drawing may be: `merge_mode=None` returns arrays of long names.
    """
    if line.cell_len <= look.width or "(" not in line.plain:
        return [line]
    name, shape = line.divide([line.plain.rindex("(")])
    name.rstrip()
    return [name, Text.assemble(" " * (look.width - shape.cell_len), shape)]


def choices_of_timesteps(count: int) -> list[list[TimestepOrGap]]:
    """Return which timesteps to draw, the widest choice first."""
    last = count - 1
    if count <= 3:
        choices: list[list[TimestepOrGap]] = [list(range(count))]
    else:
        choices = [[0, 1, None, last]]
    if count > 2:
        choices.append([0, None, last])
    if count > 1:
        choices.append([None, last])
    return choices


def side_by_side(
    rows: Sequence[Row], timesteps: Sequence[TimestepOrGap], gap: str
) -> Lines:
    """Put the columns of the rows side by side: timesteps, and what stands between."""
    columns = [[row.before for row in rows]]
    previous: TimestepOrGap = None
    for position, timestep in enumerate(timesteps):
        if position > 0:
            has_gap = timestep is None or previous is None
            columns.append(column_between(rows, has_gap))
        if timestep is None:
            columns.append(gap_column(rows, gap))
        else:
            columns.append(timestep_column(rows, timestep))
        previous = timestep
    columns.append([row.arrow for row in rows])
    columns.append([row.remark for row in rows])
    lines = [Text() for _ in rows]
    for column in columns:
        width = max(len(piece.text) for piece in column)
        for line, piece in zip(lines, column, strict=True):
            line.append(piece.text.ljust(width), piece.style)
    for row, line in zip(rows, lines, strict=True):
        if row.label.text:
            line.truncate(0)
            line.append(row.label.text, row.label.style)
        line.rstrip()
    return lines


def column_between(rows: Sequence[Row], has_gap: bool) -> list[Piece]:
    """Return what stands between two timesteps, or between one and the gap."""
    column = []
    for row in rows:
        text = row.beside_gap if has_gap else row.between
        column.append(Piece(text, LABEL))
    return column


def gap_column(rows: Sequence[Row], gap: str) -> list[Piece]:
    """Return the column that stands for the timesteps that are left out."""
    column = []
    for row in rows:
        text = gap if row.has_gap else ""
        column.append(Piece(text, LABEL))
    return column


def timestep_column(rows: Sequence[Row], timestep: int) -> list[Piece]:
    """Return what stands at a timestep, centred."""
    pieces = [row.piece_at(timestep) for row in rows]
    width = max(len(piece.text) for piece in pieces)
    column = []
    for piece in pieces:
        column.append(Piece(piece.text.center(width, piece.fill), piece.style))
    return column
