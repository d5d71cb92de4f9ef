"""The unrolled layers as a drawing: what goes in, what passes on, what leaves under which name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.style import UNICODE, Glyphs


class Role(Enum):
    """What a piece of the drawing stands for; a view gives each its style."""

    TIMESTEP = "timestep"
    INPUT = "input"
    CELL = "cell"
    INSIDE = "inside"
    RETURNED = "returned"


Piece = tuple[str, Role]
Line = list[Piece]

MOST_ROWS_OF_CELLS = 3
_NOTHING: Piece = ("", Role.INSIDE)


@dataclass(frozen=True)
class Row:
    """One row: what stands at a timestep, between two of them, and on either side of them all."""

    at: Callable[[int], Piece]
    between: str = ""
    gap: str = ""
    before: str = ""
    behind: Piece = _NOTHING


def draw(spec: LSTMSpec, width: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """The drawing in at most `width` columns, or the names alone where no cell fits.

    The names stand beside the last cell where there is room, else below; a long sequence is
    elided in the middle, and so is a deep stack.

    Example:
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), 80):
        ...     print("".join(text for text, role in line).rstrip())
              t=0           t=1       one layer: the same weights at every
               x             x        timestep; h and c begin as zeros
               ↓             ↓
            ╭──────╮ h, c ╭──────╮
        0──▶│ LSTM │─────▶│ LSTM │──▶ c is not returned
            ╰──────╯      ╰──────╯
               ↓             ↓
               h             h    ──▶ all_hidden_states (1, 2, 5)
    """
    choices = list(_choices(spec.timesteps))
    # Names beside the cells are worth more than a third cell, and less than a second.
    ways = [(steps, True) for steps in choices if steps[0] == 0]
    for steps, beside in [*ways, *((steps, False) for steps in choices)]:
        lines = _assembled(_rows(spec, glyphs, beside), steps, glyphs)
        if max(sum(len(text) for text, _ in line) for line in lines) <= width:
            return lines if beside else [*lines, [], *_names(spec, width)]
    return _names(spec, width)


def _notes(spec: LSTMSpec) -> tuple[str, str, str]:
    """What the drawing says of the layers in words."""
    if spec.is_stack:
        lines = ("each layer but the last returns", "sequences, as the next takes them;")
    elif spec.bidirectional:
        lines = ("the layer twice, each direction with", "weights of its own;")
    else:
        lines = ("one layer: however many timesteps and", "samples, the same weights for each;")
    return (*lines, "h and c begin as zeros")


def _choices(timesteps: int) -> Iterator[list[int | None]]:
    """Which timesteps to draw, the fullest choice first; None is where some are left out."""
    last = timesteps - 1
    if timesteps <= 3:
        yield list(range(timesteps))
    if timesteps > 3:
        yield [0, 1, None, last]
    if timesteps > 2:
        yield [0, None, last]
    if timesteps > 1:
        yield [None, last]


def _assembled(rows: Sequence[Row], steps: list[int | None], glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = [[] for _ in rows]

    def append(column: Sequence[Piece], centred: bool = False) -> None:
        width = max(len(text) for text, _ in column)
        for line, (text, role) in zip(lines, column, strict=True):
            line.append((text.center(width) if centred else text.ljust(width), role))

    append([(row.before, Role.INSIDE) for row in rows])
    for at, step in enumerate(steps):
        if step is None:
            append([(row.gap, Role.INSIDE) for row in rows])
        else:
            append([row.at(step) for row in rows], centred=True)
        if at < len(steps) - 1:
            whole = step is not None and steps[at + 1] is not None
            append([(_shortened(row.between, whole, glyphs), Role.INSIDE) for row in rows])
    append([row.behind for row in rows])
    return lines


def _shortened(between: str, whole: bool, glyphs: Glyphs) -> str:
    """An arrow, or half of it beside timesteps that are left out, without what it carries."""
    if whole or not between:
        return between
    return between[-3:] if glyphs.across in between else ""


def _rows(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    gap = f" {glyphs.gap} "
    first, *others = [(f"  {note}" if beside else "", Role.INSIDE) for note in _notes(spec)]
    rows = [
        Row(lambda t: (f"t={t}", Role.TIMESTEP), gap=gap, behind=first),
        Row(lambda _: ("x", Role.INPUT), behind=others[0]),
        Row(lambda _: (glyphs.down, Role.INPUT), behind=others[1]),
    ]
    if spec.is_stack or spec.bidirectional:
        rows += _stacked(spec, glyphs, beside)
    else:
        rows += _boxes(spec, glyphs, beside)
    leaves = _leaving(spec.last)
    name = spec.outputs[0]
    arrow = f"{glyphs.across * 2}{glyphs.right} {name.name} {name.shape}" if beside else ""
    rows += [
        Row(lambda t: (glyphs.down if leaves(t) else "", Role.RETURNED)),
        Row(
            lambda t: (leaves(t), Role.RETURNED),
            gap=gap if spec.return_sequences else "",
            behind=(arrow, Role.RETURNED),
        ),
    ]
    return rows


def _leaving(layer: LayerSpec) -> Callable[[int], str]:
    """The letters of what leaves below a timestep: each direction ends at another one."""
    last = layer.input.shape[1] - 1

    def letters(t: int) -> str:
        if not layer.bidirectional:
            return "h" if layer.return_sequences or t == last else ""
        both = [layer.return_sequences or t == end for end in (last, 0)]
        return " ".join("h" if leaves else "-" for leaves in both) if any(both) else ""

    return letters


def _boxes(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    """The cells of one layer in one direction, and its h and c behind the last of them."""
    top_left, top_right, bottom_left, bottom_right = tuple(glyphs.corners)
    inner = max(6, len(f"t={spec.timesteps - 1}"))
    tip, edge = glyphs.across + glyphs.right, glyphs.across * inner
    states = [f"{a.name} {a.shape}" for a in spec.outputs[1:]]
    if states:
        h, c = (f"{letter} = {state}" for letter, state in zip("hc", states, strict=True))
        behind = [
            (f" {top_left}{tip} {h if beside else 'h'}", Role.RETURNED),
            (glyphs.across + glyphs.fork, Role.RETURNED),
            (f" {bottom_left}{tip} {c if beside else 'c'}", Role.RETURNED),
        ]
    else:
        said = "c is not returned" if beside else "c"
        behind = [_NOTHING, (f"{glyphs.across}{tip} {said}", Role.INSIDE), _NOTHING]
    line = glyphs.across * 5 + glyphs.right
    middle = f"{glyphs.along}{'LSTM'.center(inner)}{glyphs.along}"
    return [
        Row(lambda _: (top_left + edge + top_right, Role.CELL), " h, c ", behind=behind[0]),
        Row(
            lambda _: (middle, Role.CELL),
            line,
            gap=f" {glyphs.gap} ",
            before=f"0{glyphs.across * 2}{glyphs.right}",
            behind=behind[1],
        ),
        Row(lambda _: (bottom_left + edge + bottom_right, Role.CELL), behind=behind[2]),
    ]


def _stacked(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    """A row of cells for each direction of each layer; a deep stack is elided in the middle."""
    rows: list[Row] = []
    most = MOST_ROWS_OF_CELLS // len(spec.last.directions) + len(spec.last.directions) // 2
    layers = spec.layers if len(spec.layers) <= most else (spec.layers[0], spec.last)
    width = max(len(layer.name) for layer in layers)
    for layer in layers:
        rows += [
            _cells(spec, layer, direction, width, glyphs, beside) for direction in layer.directions
        ]
        if layer is not spec.last:
            rows.append(_handing_on(layer, glyphs, beside))
        if layer is layers[0] and len(layers) < len(spec.layers):
            left_out = f"{glyphs.gap} {len(spec.layers) - 2} more layers"
            rows.append(Row(lambda _: (glyphs.gap, Role.INSIDE), behind=(left_out, Role.INSIDE)))
    return rows


def _cells(
    spec: LSTMSpec, layer: LayerSpec, direction: str, width: int, glyphs: Glyphs, beside: bool
) -> Row:
    line, is_backward = glyphs.across * 2, direction == "backward"
    arrow = f"{glyphs.left}{line}" if is_backward else f"{line}{glyphs.right}"
    name = layer.name if spec.is_stack else "LSTM"
    said, role = _fate(spec, layer, direction)
    tip = f"{glyphs.left}{glyphs.across}0 " if is_backward else f"{line}{glyphs.right} "
    return Row(
        lambda _: (f"[{name.center(width)}]", Role.CELL),
        arrow,
        gap=f" {glyphs.gap} ",
        before=f" {arrow}" if is_backward else f"0{arrow}",
        behind=(tip + (said if beside else ""), role),
    )


def _fate(spec: LSTMSpec, layer: LayerSpec, direction: str) -> tuple[str, Role]:
    """What becomes of the last h and c of one direction of a layer."""
    letters = f"{direction} h, c" if direction else "h, c"
    if layer is not spec.last:
        return f"{layer.units} units", Role.INSIDE
    if not layer.return_state:
        return f"{direction} c is not returned".strip(), Role.INSIDE
    batch = layer.input.shape[0]
    where = ", on the left" if direction == "backward" else ""
    return f"{letters} {(batch, layer.units)}{where}", Role.RETURNED


def _handing_on(layer: LayerSpec, glyphs: Glyphs, beside: bool) -> Row:
    letters = " ".join("h" for _ in layer.directions)
    said = f"   {letters} {layer.all_hidden_states.shape}" if beside else ""
    return Row(lambda _: (f"{glyphs.down} {letters}", Role.INPUT), behind=(said, Role.INSIDE))


def _names(spec: LSTMSpec, width: int) -> list[Line]:
    """The outputs and what they hold, each shape on a line of its own where it does not fit."""
    lines = []
    for array in spec.outputs:
        text = f"  {array.meaning} = {array.name} {array.shape}"
        lines += [text] if len(text) <= width else text.replace(" (", "\n    (").split("\n")
    return [[(line, Role.RETURNED)] for line in lines]
