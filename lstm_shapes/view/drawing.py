"""The unrolled layers as a drawing: what goes in, what passes on, what leaves under which name."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.style import AXIS, LABEL, PLAIN, RETURNED, Glyphs, Look
from lstm_shapes.view.words import listed

Piece = tuple[str, Style]

_NOTHING: Piece = ("", PLAIN)
_INPUT = AXIS["features"]


class Row(NamedTuple):
    """A row of the drawing: its text at each timestep, between two, and at both ends.

    `beside_gap` is the text between a timestep and the gap, where `gap` is True.
    """

    at: Piece | Callable[[int], Piece]
    between: str = ""
    gap: bool = False
    beside_gap: str = ""
    before: Piece = _NOTHING
    arrow: Piece = _NOTHING
    behind: Piece = _NOTHING


def draw(spec: LSTMSpec, look: Look) -> Lines:
    """Draw the layers over the timesteps: long sequences and deep stacks are elided.

    Example:
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), Look()):
        ...     print(line.plain)
             t=0           t=1        h: hidden state, c: cell state
             ↓ x           ↓ x        0: each call unless stateful=True
           ╭──────╮ h, c ╭──────╮
        0─▶│ LSTM │─────▶│ LSTM │───▶ c is not returned
           ╰──────╯      ╰──────╯
             ↓ h           ↓ h    ──▶ all_hidden_states (1, 2, 5)
    """
    last = spec.timesteps - 1
    choices: list[list[int | None]] = [list(range(last + 1)) if last < 3 else [0, 1, None, last]]
    choices += [[0, None, last]] * (last > 1) + [[None, last]] * (last > 0)
    for steps in choices:
        lines = _assembled(_rows(spec, look.glyphs), steps, f" {look.glyphs.gap} ")
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


def _rows(spec: LSTMSpec, glyphs: Glyphs) -> list[Row]:
    first, layer = spec.outputs[0], spec.last
    letters = ", ".join(f"{letter}: {meaning}" for letter, _, meaning in spec.cell.states)
    leaves = (f" {glyphs.across * 2}{glyphs.right} ", RETURNED)

    def leaving(t: int) -> Piece:
        # Each direction ends at another timestep.
        ends = [d for d in layer.directions if layer.return_sequences or t == layer.last_step(d)]
        return (_down(layer, glyphs, ends), RETURNED)

    return [
        Row(lambda t: (f"t={t}", AXIS["timesteps"]), gap=True, behind=(letters, LABEL)),
        Row((f"{glyphs.down} x", _INPUT), behind=("0: each call unless stateful=True", LABEL)),
        *(_stacked if spec.is_stack or spec.bidirectional else _boxes)(spec, glyphs),
        Row(
            leaving,
            gap=spec.return_sequences,
            arrow=leaves,
            behind=(f"{first.name} {first.shape}", RETURNED),
        ),
    ]


def _down(layer: LayerSpec, glyphs: Glyphs, directions: Sequence[str]) -> str:
    """Return an arrow down with the h of each direction, behind which way it goes if of two."""
    ways = {"": " ", "forward": glyphs.forward, "backward": glyphs.backward}
    hidden = " ".join(ways[direction] + layer.cell.letters[0] for direction in directions)
    return glyphs.down + hidden if directions else ""


def _boxes(spec: LSTMSpec, glyphs: Glyphs) -> list[Row]:
    """Draw one layer in one direction as boxes, with its states behind the last of them."""
    top_left, top_right, bottom_left, bottom_right = tuple(glyphs.corners)
    cell, line = spec.cell, glyphs.across * 5 + glyphs.right
    inner = max(len(cell.name) + 2, len(f"t={spec.timesteps - 1}"))
    edge, middle = glyphs.across * inner, cell.name.center(inner)
    returned = zip(cell.letters, spec.outputs[1:], strict=False)
    states = [f"{letter} = {array.name} {array.shape}" for letter, array in returned]
    style, kept = RETURNED if states else LABEL, cell.letters[1:]
    arrows, said = ["", "", ""], ["", "", ""]
    if len(states) > 1:
        arrows = [f" {top_left}{line[-2:]} ", line[0] + glyphs.fork, f" {bottom_left}{line[-2:]} "]
        said = [states[0], "", ", ".join(states[1:])]
    elif states or kept:
        arrows[1] = f"{line[-4:]} "
        said[1] = "".join(states) or f"{listed(kept)} is not returned"
    above, at, below = (
        ((arrow, style), (text, style)) for arrow, text in zip(arrows, said, strict=True)
    )
    box, zeros = glyphs.along + middle + glyphs.along, (f"0{line[-2:]}", LABEL)
    handed_on = f" {', '.join(cell.letters)} "
    return [
        Row((top_left + edge + top_right, PLAIN), handed_on, False, "", _NOTHING, *above),
        Row((box, PLAIN), line, True, line[-3:], zeros, *at),
        Row((bottom_left + edge + bottom_right, PLAIN), "", False, "", _NOTHING, *below),
    ]


def _stacked(spec: LSTMSpec, glyphs: Glyphs) -> list[Row]:
    """Draw a row of cells for each direction of each layer; a deep stack is elided."""
    rows: list[Row] = []
    most = 2 if spec.bidirectional else 3
    layers = spec.layers if len(spec.layers) <= most else (spec.layers[0], spec.last)
    names = [layer.name if spec.is_stack else layer.cell.name for layer in layers]
    for layer, name in zip(layers, names, strict=True):
        box = f"[{name.center(max(map(len, names)))}]"
        rows += [_cells(spec, layer, direction, box, glyphs) for direction in layer.directions]
        if layer is not spec.last:
            every = f"{layer.cell.letters[0]} at every t, {layer.all_hidden_states.shape}"
            rows.append(
                Row((_down(layer, glyphs, layer.directions), _INPUT), behind=(every, LABEL))
            )
        if layer is layers[0] and len(layers) < len(spec.layers):
            left_out = f"{glyphs.gap} {len(spec.layers) - 2} more layers"
            rows.append(Row((glyphs.gap, LABEL), behind=(left_out, LABEL)))
    return rows


def _cells(spec: LSTMSpec, layer: LayerSpec, direction: str, box: str, glyphs: Glyphs) -> Row:
    letters, kept = ", ".join(layer.cell.letters), listed(layer.cell.letters[1:] or ("",))
    said, style = f"{direction} {layer.units} units", LABEL
    if layer is spec.last and layer.return_state:
        shape = layer.input.shape[0], layer.units
        said, style = f"{direction} {letters} at t={layer.last_step(direction)} {shape}", RETURNED
    elif layer is spec.last:
        said = f"{direction} {kept} is not returned" if kept else direction
    behind, across = (said.strip(), style), glyphs.across
    if direction == "backward":
        line, last = f"{glyphs.left}{across * 2}", (f" {glyphs.left}{across}", style)
        passes = f"{glyphs.left}{across}{letters}{across}"
        return Row((box, PLAIN), passes, True, line, last, (f"{line}0 ", LABEL), behind)
    line, last = f"{across * 2}{glyphs.right}", (f"{across * 3}{glyphs.right} ", style)
    passes = f"{across}{letters}{across}{glyphs.right}"
    return Row((box, PLAIN), passes, True, line, (f"0{across}{glyphs.right}", LABEL), last, behind)
