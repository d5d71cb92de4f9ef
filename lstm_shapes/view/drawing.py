"""The unrolled layers as a drawing: what goes in, what passes on, what leaves under which name."""

from collections.abc import Sequence

from rich.text import Text

from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.style import LABEL, Look
from lstm_shapes.view.unrolled import Row, rows_of


def draw(spec: LSTMSpec, look: Look) -> Lines:
    """Draw the layers over the timesteps: long sequences are elided.

    Example:
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), Look()):
        ...     print(line.plain)
             t=0           t=1        h: hidden state, c: cell state
             ↓ x           ↓ x        0: zeros, unless stateful=True
           ╭──────╮ h, c ╭──────╮
        0─▶│ LSTM │─────▶│ LSTM │───▶ c is not returned
           ╰──────╯      ╰──────╯
             ↓ h           ↓ h    ──▶ all_hidden_states (1, 2, 5)
    """
    last = spec.timesteps - 1
    choices: list[list[int | None]] = [list(range(last + 1)) if last < 3 else [0, 1, None, last]]
    choices += [[0, None, last]] * (last > 1) + [[None, last]] * (last > 0)
    for steps in choices:
        lines = _assembled(rows_of(spec, look.glyphs), steps, f" {look.glyphs.gap} ")
        if max(line.cell_len for line in lines) <= look.width:
            break
    return lines


def _assembled(rows: Sequence[Row], steps: Sequence[int | None], gap: str) -> Lines:
    """Put the columns of the rows side by side."""
    columns = [[row.before for row in rows]]
    for at, step in enumerate(steps):
        if at and None not in (steps[at - 1], step):
            columns.append([(row.between, LABEL) for row in rows])
        elif at:
            columns.append([(row.beside_gap, LABEL) for row in rows])
        if step is None:
            columns.append([(gap if row.gap else "", LABEL) for row in rows])
        else:
            cells = [row.at(step) if callable(row.at) else row.at for row in rows]
            width = max(len(text) for text, _ in cells)
            columns.append([(text.center(width), style) for text, style in cells])
    columns += [[row.arrow for row in rows], [row.behind for row in rows]]
    lines = [Text() for _ in rows]
    for column in columns:
        width = max(len(text) for text, _ in column)
        for line, (text, style) in zip(lines, column, strict=True):
            line.append(text.ljust(width), style)
    for line in lines:
        line.rstrip()
    return lines
