"""Make the rows of the drawing: what stands at each timestep, between two, at both ends.

Where timesteps are masked, the sample that is drawn is the shortest.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.style import Style

from lstm_shapes.errors import listed
from lstm_shapes.shapes.cell import Cell
from lstm_shapes.shapes.layer import Direction, Layer
from lstm_shapes.shapes.returned import ArraySpec, LayerSpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import words
from lstm_shapes.view.style import AXIS, LABEL, PLAIN, RETURNED, Glyphs


class Piece(NamedTuple):
    """A text in one style; `fill` stands on both sides of it in a wider column."""

    text: str
    style: Style = PLAIN
    fill: str = " "


# What stands at a timestep.
PieceAt = Callable[[int], Piece]

NOTHING = Piece("")
INPUT = AXIS["features"]


class Row(NamedTuple):
    """A row of the drawing.

    Attributes:
        piece_at: What stands at each timestep.
        between: The text between two timesteps.
        has_gap: Whether the row shows that timesteps are left out.
        beside_gap: The text between a timestep and the gap.
        before: What stands before the first timestep.
        arrow: What stands behind the last timestep.
        remark: What stands behind the arrow.
        label: What stands alone in the row, from its left end on.
    """

    piece_at: PieceAt
    between: str = ""
    has_gap: bool = False
    beside_gap: str = ""
    before: Piece = NOTHING
    arrow: Piece = NOTHING
    remark: Piece = NOTHING
    label: Piece = NOTHING


def nothing_at(_: int) -> Piece:
    """Return nothing, at any timestep."""
    return NOTHING


def rows_of_drawing(
    spec: Spec, glyphs: Glyphs, *, has_tight_boxes: bool = False
) -> list[Row]:
    """Return the rows from the timesteps down to what leaves.

    Tight boxes have no blanks inside: three of a SimpleRNN fit 80 columns then.
    """
    rows = [timestep_row(spec), input_row(spec, glyphs)]
    goes_back = spec.last.goes_back(spec.last.directions[0])
    if spec.is_stack or spec.bidirectional or goes_back:
        rows.extend(cell_rows(spec, glyphs))
    else:
        rows.extend(box_rows(spec.last, glyphs, has_tight_boxes))
    rows.extend(leaving_rows(spec, glyphs))
    return rows


def timestep_row(spec: Spec) -> Row:
    """Return the row of the timesteps; at its end, the letters are explained."""
    cells: list[Cell] = []
    for layer in spec.layers:
        cells.extend(half.cell for half in layer.direction_layers)
    cell = max(cells, key=lambda cell: len(cell.states))
    letters = [f"{state.letter}: {state.meaning}" for state in cell.states]
    if len(letters) == 1:
        letters.append("no c")

    def timestep_at(timestep: int) -> Piece:
        return Piece(f"t={timestep}", AXIS["timesteps"])

    return Row(timestep_at, has_gap=True, remark=Piece(", ".join(letters), LABEL))


def input_row(spec: Spec, glyphs: Glyphs) -> Row:
    """Return the row of x, which goes in at each timestep."""
    x = Piece(f"{glyphs.down} x", INPUT)
    masked = Piece("masked", LABEL)
    return Row(unless_masked(spec.last, x, masked), remark=Piece(note(spec), LABEL))


def note(spec: Spec) -> str:
    """Say what the drawing cannot show by itself."""
    if spec.is_masked:
        sample = shortest_sample(spec.last)
        length = len(spec.last.real_timesteps(sample))
        return f"sample {sample} drawn: {length:,} of {spec.timesteps:,} timesteps"
    if spec.outputs[0].is_time_reversed and spec.timesteps > 1:
        return f"row 0 belongs to t={spec.timesteps - 1}"
    if all(layer.stateful for layer in spec.layers):
        return "0: zeros in the first batch"
    return "0: zeros or your initial_state"


def shortest_sample(layer_spec: LayerSpec) -> int:
    """Return the sample that is drawn: the first of those with most masked timesteps."""
    lengths = layer_spec.lengths or (layer_spec.timesteps,)
    return lengths.index(min(lengths))


def unless_masked(layer_spec: LayerSpec, piece: Piece, masked: Piece) -> PieceAt:
    """Return the one piece at the real timesteps of the shortest sample, or the other."""
    real_timesteps = layer_spec.real_timesteps(shortest_sample(layer_spec))

    def piece_at(timestep: int) -> Piece:
        if timestep in real_timesteps:
            return piece
        return masked

    return piece_at


def leaving_rows(spec: Spec, glyphs: Glyphs) -> list[Row]:
    """Return a row for each array that the last layer returns before its states."""
    rows = []
    for array in spec.last.leading_outputs:
        row = Row(
            leaving_piece(spec.last, array, glyphs),
            has_gap=spec.return_sequences,
            arrow=Piece(f" {glyphs.across * 2}{glyphs.right} ", RETURNED),
            remark=Piece(f"{array.name} {array.shape}", RETURNED),
        )
        rows.append(row)
    return rows


def leaving_piece(layer_spec: LayerSpec, array: ArraySpec, glyphs: Glyphs) -> PieceAt:
    """Return what leaves at each timestep: every h, or the last one of each direction."""
    if array.has_timesteps:
        return every_hidden_state(layer_spec, array, glyphs, RETURNED)
    directions = [holding.vector.direction for holding in array.holdings]

    def last_hidden_states(timestep: int) -> Piece:
        leaving = []
        for direction in directions:
            # Each direction passes through the timesteps that are masked.
            last_timestep = layer_spec.timesteps - 1
            if layer_spec.goes_back(direction):
                last_timestep = 0
            if timestep == last_timestep:
                leaving.append(direction)
        if leaving and array.is_zeroed_by_mask:
            return Piece(f"{glyphs.down} 0", LABEL)
        return Piece(down_arrow(layer_spec, leaving, glyphs), RETURNED)

    return last_hidden_states


def every_hidden_state(
    layer_spec: LayerSpec, array: ArraySpec, glyphs: Glyphs, style: Style
) -> PieceAt:
    """Return what leaves at each timestep: h, or zeros where it is masked."""
    directions = [holding.vector.direction for holding in array.holdings]
    hidden = down_arrow(layer_spec, directions, glyphs)
    if array.merge_mode not in ("", "concat"):
        letter = layer_spec.layer.cell.letters[0]
        hidden = f"{glyphs.down}{array.merge_mode} {letter}"
    masked = hidden
    if array.masked_rows == "zeros":
        masked = f"{glyphs.down} 0"
    return unless_masked(layer_spec, Piece(hidden, style), Piece(masked, LABEL))


def down_arrow(
    layer_spec: LayerSpec, directions: Sequence[Direction], glyphs: Glyphs
) -> str:
    """Return an arrow down with the h of each direction: `↓ h`, or `↓→h ←h`."""
    if not directions:
        return ""
    letter = layer_spec.layer.cell.letters[0]
    hidden_states = []
    for direction in directions:
        way = " "
        if direction.name:
            way = glyphs.backward if direction.is_backward else glyphs.forward
        hidden_states.append(f"{way}{letter}")
    return glyphs.down + " ".join(hidden_states)


def box_rows(layer_spec: LayerSpec, glyphs: Glyphs, has_tight_boxes: bool) -> list[Row]:
    """Draw one layer that reads forward as boxes, its states behind the last of them."""
    cell = layer_spec.layer.cell
    longest_label = f"t={layer_spec.timesteps - 1}"
    inner_width = max(len(cell.name), len(longest_label))
    between = f" {letters_of(layer_spec.layer)} "
    line_between = glyphs.across * 5 + glyphs.right
    if has_tight_boxes:
        line_between = glyphs.across * len(between) + glyphs.right
    else:
        inner_width = max(len(cell.name) + 2, len(longest_label))
    edge = glyphs.across * inner_width
    box_top = glyphs.top_left + edge + glyphs.top_right
    box_bottom = glyphs.bottom_left + edge + glyphs.bottom_right
    box = glyphs.along + cell.name.center(inner_width) + glyphs.along
    ends = box_ends(layer_spec, glyphs)
    return [
        Row(
            unless_masked(layer_spec, Piece(box_top), NOTHING),
            between=between,
            arrow=ends.top_arrow,
            remark=ends.top_remark,
        ),
        Row(
            box_unless_masked(layer_spec, box, glyphs),
            between=line_between,
            has_gap=True,
            beside_gap=glyphs.across * 2 + glyphs.right,
            before=Piece(f"0{glyphs.across}{glyphs.right}", LABEL),
            arrow=ends.middle_arrow,
            remark=ends.middle_remark,
        ),
        Row(
            unless_masked(layer_spec, Piece(box_bottom), NOTHING),
            arrow=ends.bottom_arrow,
            remark=ends.bottom_remark,
        ),
    ]


class BoxEnds(NamedTuple):
    """The pieces behind the last box, on each of its three rows."""

    top_arrow: Piece = NOTHING
    top_remark: Piece = NOTHING
    middle_arrow: Piece = NOTHING
    middle_remark: Piece = NOTHING
    bottom_arrow: Piece = NOTHING
    bottom_remark: Piece = NOTHING


def box_ends(layer_spec: LayerSpec, glyphs: Glyphs) -> BoxEnds:
    """Return arrows to the states that come back; of c, say if it does not."""
    layer = layer_spec.layer
    head = glyphs.across + glyphs.right
    arrow = glyphs.across * 2 + head
    if not layer.return_state:
        letters = layer.cell.letters[1:]
        if not letters:
            return BoxEnds()
        return BoxEnds(
            middle_arrow=Piece(f"{arrow} ", LABEL),
            middle_remark=Piece(f"{listed(letters)} is not returned", LABEL),
        )
    remarks = []
    for letter, state in zip(layer.cell.letters, layer_spec.states, strict=True):
        remarks.append(f"{letter} = {state.name} {state.shape}")
    if len(remarks) == 1:
        return BoxEnds(
            middle_arrow=Piece(f"{arrow} ", RETURNED),
            middle_remark=Piece(remarks[0], RETURNED),
        )
    return BoxEnds(
        top_arrow=Piece(f" {glyphs.top_left}{head} ", RETURNED),
        top_remark=Piece(remarks[0], RETURNED),
        middle_arrow=Piece(glyphs.across + glyphs.fork, RETURNED),
        bottom_arrow=Piece(f" {glyphs.bottom_left}{head} ", RETURNED),
        bottom_remark=Piece(", ".join(remarks[1:]), RETURNED),
    )


def cell_rows(spec: Spec, glyphs: Glyphs) -> list[Row]:
    """Draw a row of cells for each direction of each layer.

    Between two layers stands a row of the h's that one hands to the other.
    """
    name_width = 0
    letter_width = 0
    for layer_spec in spec.layer_specs:
        for layer in layer_spec.layer.direction_layers:
            name_width = max(name_width, len(box_name(spec, layer_spec, layer)))
            letter_width = max(letter_width, len(letters_of(layer)))
    if spec.bidirectional:
        # What leaves below a box, such as `↓→h ←h`, is no wider than the box.
        name_width = max(name_width, len("LSTM"))
    rows: list[Row] = []
    for layer_spec in spec.layer_specs:
        is_last = layer_spec is spec.last
        for direction in layer_spec.directions:
            layer = layer_spec.layer.of_direction(direction)
            box = f"[{box_name(spec, layer_spec, layer).center(name_width)}]"
            remark = remark_of_direction(layer_spec, direction, is_last)
            # The lines between the boxes of all layers are equally long.
            letters = letters_of(layer).ljust(letter_width, glyphs.across)
            piece_at = box_unless_masked(layer_spec, box, glyphs)
            if not layer_spec.goes_back(direction):
                rows.append(row_forward(piece_at, letters, remark, glyphs))
            elif is_last and layer_spec.layer.return_state:
                reads = NOTHING
                if layer_spec.layer.bidirectional:
                    letter = "h" if spec.is_stack else "x"
                    reads = Piece(f"reads the same {letter}", LABEL)
                rows.extend(rows_backward(piece_at, letters, remark, reads, glyphs))
            else:
                rows.append(row_backward(piece_at, letters, remark, glyphs))
        if not is_last:
            rows.append(hand_on_row(layer_spec, glyphs))
    return rows


def box_name(spec: Spec, layer_spec: LayerSpec, layer: Layer) -> str:
    """Return what stands in the boxes of a direction: its kind, or the name of its layer."""
    if spec.is_stack:
        return layer_spec.name
    return layer.cell.name


def hand_on_row(layer_spec: LayerSpec, glyphs: Glyphs) -> Row:
    """Return the row between two layers: every h is handed on to the next one."""
    array = layer_spec.arrays_of_every_h[0]
    letter = layer_spec.layer.cell.letters[0]
    return Row(
        every_hidden_state(layer_spec, array, glyphs, INPUT),
        remark=Piece(f"{letter} at every t, {array.shape}", LABEL),
    )


def remark_of_direction(
    layer_spec: LayerSpec, direction: Direction, is_last: bool
) -> Piece:
    """Say which states of a direction come back, or how many units it has."""
    layer = layer_spec.layer.of_direction(direction)
    if not is_last:
        return Piece(f"{direction.name} {layer.units} units".strip(), LABEL)
    if layer.return_state:
        remark = f"{direction.name} {letters_of(layer)}"
        timestep = layer_spec.last_timestep(direction)
        if timestep is not None:
            remark += f" {words.at_timestep(timestep, direction)}"
        shape = (layer_spec.batch_size, layer.units)
        return Piece(f"{remark} {shape}".strip(), RETURNED)
    letters = layer.cell.letters[1:]
    if not letters:
        return Piece(direction.name, LABEL)
    remark = f"{direction.name} {listed(letters)} is not returned"
    return Piece(remark.strip(), LABEL)


def letters_of(layer: Layer) -> str:
    """Write the states that pass on from one timestep to the next: `h, c`."""
    return ", ".join(layer.cell.letters)


def box_unless_masked(layer_spec: LayerSpec, box: str, glyphs: Glyphs) -> PieceAt:
    """Return a box at each timestep; the states pass by those that are masked."""
    line = Piece(glyphs.across * len(box), LABEL, fill=glyphs.across)
    return unless_masked(layer_spec, Piece(box), line)


def row_forward(piece_at: PieceAt, letters: str, remark: Piece, glyphs: Glyphs) -> Row:
    """Return the row of cells that hand on their states in time."""
    return Row(
        piece_at,
        between=f"{glyphs.across}{letters}{glyphs.across}{glyphs.right}",
        has_gap=True,
        beside_gap=glyphs.across * 2 + glyphs.right,
        before=Piece(f"0{glyphs.across}{glyphs.right}", LABEL),
        arrow=Piece(f"{glyphs.across * 3}{glyphs.right} ", remark.style),
        remark=remark,
    )


def row_backward(piece_at: PieceAt, letters: str, remark: Piece, glyphs: Glyphs) -> Row:
    """Return the row of cells that hand on their states back in time."""
    arrow = glyphs.left + glyphs.across * 2
    return Row(
        piece_at,
        between=f"{glyphs.left}{glyphs.across}{letters}{glyphs.across}",
        has_gap=True,
        beside_gap=arrow,
        before=Piece(f" {glyphs.left}{glyphs.across}", remark.style),
        arrow=Piece(f"{arrow}0 ", LABEL),
        remark=remark,
    )


def rows_backward(
    piece_at: PieceAt, letters: str, remark: Piece, reads: Piece, glyphs: Glyphs
) -> list[Row]:
    """Return such a row, and below its left end the states that leave there.

    `reads` says what the row reads, beside it.
    """
    row = row_backward(piece_at, letters, reads, glyphs)
    before = Piece(glyphs.top_left + glyphs.across * 2, remark.style)
    arrow = glyphs.bottom_left + glyphs.across + glyphs.right
    label = Piece(f"{arrow} {remark.text}", remark.style)
    return [row._replace(before=before), Row(nothing_at, label=label)]
