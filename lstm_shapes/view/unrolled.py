"""The rows of the drawing: what stands at each timestep, between two, and at both ends."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.style import Style

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view import words
from lstm_shapes.view.style import AXIS, LABEL, PLAIN, RETURNED, Glyphs
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


def rows_of(spec: LSTMSpec, glyphs: Glyphs) -> list[Row]:
    """Return the rows from the timesteps down to what leaves."""
    first, layer = spec.outputs[0], spec.last
    letters = ", ".join(f"{letter}: {meaning}" for letter, _, meaning in spec.cell.states)
    letters += "" if len(spec.cell.states) > 1 else ", no c"
    leaves = (f" {glyphs.across * 2}{glyphs.right} ", RETURNED)

    def leaving(t: int) -> Piece:
        if layer.return_sequences:
            return _every_h(spec, layer, glyphs, RETURNED)(t)
        # Each direction ends at another timestep, and passes through those that are masked.
        ends = {"backward": 0}
        last = [d for d in layer.directions if t == ends.get(d, spec.timesteps - 1)]
        return (_down(layer, glyphs, last), RETURNED)

    return [
        Row(lambda t: (f"t={t}", AXIS["timesteps"]), gap=True, behind=(letters, LABEL)),
        Row(
            _unless_masked(spec, (f"{glyphs.down} x", _INPUT), ("masked", LABEL)),
            behind=(_note(spec), LABEL),
        ),
        *(_stacked if spec.is_stack or spec.bidirectional else _boxes)(spec, glyphs),
        Row(
            leaving,
            gap=spec.return_sequences,
            arrow=leaves,
            behind=(f"{first.name} {first.shape}", RETURNED),
        ),
    ]


def _note(spec: LSTMSpec) -> str:
    """Say what 0 means, or if timesteps are masked, that the shortest sample is drawn."""
    if spec.lengths and spec.last.is_masked:
        length = min(spec.lengths)
        return f"sample {spec.lengths.index(length)}: {length} of {spec.timesteps} timesteps"
    return "0: zeros, unless stateful=True"


def _unless_masked(spec: LSTMSpec, piece: Piece, masked: Piece) -> Callable[[int], Piece]:
    """Return what stands at the timesteps of the shortest sample: another piece where masked."""
    length = min(spec.lengths or (spec.timesteps,))
    return lambda t: piece if t < length else masked


def _every_h(
    spec: LSTMSpec, layer: LayerSpec, glyphs: Glyphs, style: Style
) -> Callable[[int], Piece]:
    """Return the h that leaves at each timestep; both directions give zeros where it is masked."""
    hidden = _down(layer, glyphs, layer.directions)
    masked = f"{glyphs.down} 0" if layer.bidirectional else hidden
    return _unless_masked(spec, (hidden, style), (masked, LABEL))


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
    # The states pass by a masked timestep, where there is no box.
    top = _unless_masked(spec, (top_left + edge + top_right, PLAIN), _NOTHING)
    cells = _unless_masked(spec, (box, PLAIN), (glyphs.across * len(box), LABEL))
    bottom = _unless_masked(spec, (bottom_left + edge + bottom_right, PLAIN), _NOTHING)
    return [
        Row(top, handed_on, False, "", _NOTHING, *above),
        Row(cells, line, True, line[-3:], zeros, *at),
        Row(bottom, "", False, "", _NOTHING, *below),
    ]


def _stacked(spec: LSTMSpec, glyphs: Glyphs) -> list[Row]:
    """Draw a row of cells for each direction of each layer."""
    rows: list[Row] = []
    names = [layer.name if spec.is_stack else layer.cell.name for layer in spec.layers]
    for layer, name in zip(spec.layers, names, strict=True):
        box = f"[{name.center(max(map(len, names)))}]"
        rows += [_cells(spec, layer, direction, box, glyphs) for direction in layer.directions]
        if layer is not spec.last:
            every = f"{layer.cell.letters[0]} at every t, {layer.all_hidden_states.shape}"
            rows.append(Row(_every_h(spec, layer, glyphs, _INPUT), behind=(every, LABEL)))
    return rows


def _cells(spec: LSTMSpec, layer: LayerSpec, direction: str, box: str, glyphs: Glyphs) -> Row:
    letters, kept = ", ".join(layer.cell.letters), listed(layer.cell.letters[1:] or ("",))
    said, style = f"{direction} {layer.units} units", LABEL
    if layer is spec.last and layer.return_state:
        shape = layer.input.shape[0], layer.units
        step = layer.last_step(direction)
        at = "" if step is None else f"{words.at(step)} "
        said, style = f"{direction} {letters} {at}{shape}", RETURNED
    elif layer is spec.last:
        said = f"{direction} {kept} is not returned" if kept else direction
    behind, across = (said.strip(), style), glyphs.across
    cells = _unless_masked(spec, (box, PLAIN), (across * len(box), LABEL))
    if direction == "backward":
        line, last = f"{glyphs.left}{across * 2}", (f" {glyphs.left}{across}", style)
        passes = f"{glyphs.left}{across}{letters}{across}"
        return Row(cells, passes, True, line, last, (f"{line}0 ", LABEL), behind)
    line, last = f"{across * 2}{glyphs.right}", (f"{across * 3}{glyphs.right} ", style)
    passes = f"{across}{letters}{across}{glyphs.right}"
    return Row(cells, passes, True, line, (f"0{across}{glyphs.right}", LABEL), last, behind)
