"""The unrolled layers as a drawing: what goes in, what passes on, what leaves under which name."""

import textwrap
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
    """One row: what stands at a timestep, between two, and on either side of them all."""

    at: Callable[[int], Piece]
    between: str = ""
    gap: str = ""
    before: Piece = _NOTHING
    arrow: Piece = _NOTHING
    behind: Piece = _NOTHING


def draw(spec: LSTMSpec, width: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """The drawing in `width` columns: a long sequence is elided in the middle, and a deep stack.

    The names of what leaves stand beside the last cell where there is room, and nowhere else.

    Example:
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), 80):
        ...     print("".join(text for text, role in line).rstrip())
              t=0           t=1        one layer: the same weights
               x             x         for any timesteps and samples;
               ↓             ↓         h and c begin as zeros
            ╭──────╮ h, c ╭──────╮
        0──▶│ LSTM │─────▶│ LSTM │───▶ c is not returned
            ╰──────╯      ╰──────╯
               ↓             ↓
               h             h    ───▶ all_hidden_states (1, 2, 5)
    """
    choices = list(_choices(spec.timesteps))
    # Names beside the cells are worth more than a third cell, and less than a second.
    ways = [(steps, True) for steps in choices if steps[0] == 0]
    lines: list[Line] = []
    for steps, beside in [*ways, *((steps, False) for steps in choices)]:
        lines = _assembled(_rows(spec, glyphs, beside), steps, glyphs)
        if max(sum(len(text) for text, _ in line) for line in lines) <= width:
            break
    if not beside:
        notes = textwrap.wrap(" ".join(_notes(spec)), width)
        lines += [[(note, Role.INSIDE)] for note in notes]
    return lines


def _notes(spec: LSTMSpec) -> tuple[str, str, str]:
    """What the drawing says of the layers in words."""
    if spec.is_stack:
        lines = ("each layer but the last returns", "sequences, as the next takes them;")
    elif spec.bidirectional:
        lines = ("the layer twice, each direction with", "weights of its own;")
    else:
        lines = ("one layer: the same weights", "for any timesteps and samples;")
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

    append([row.before for row in rows])
    for at, step in enumerate(steps):
        if step is None:
            append([(row.gap, Role.INSIDE) for row in rows])
        else:
            append([row.at(step) for row in rows], centred=True)
        if at < len(steps) - 1:
            whole = step is not None and steps[at + 1] is not None
            append([(_shortened(row.between, whole, glyphs), Role.INSIDE) for row in rows])
    append([row.arrow for row in rows])
    append([row.behind for row in rows])
    return lines


def _shortened(between: str, whole: bool, glyphs: Glyphs) -> str:
    """An arrow, or half of it beside timesteps that are left out, without what it carries."""
    if whole or not between:
        return between
    return between[-3:] if glyphs.across in between else ""


def _rows(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    gap = f" {glyphs.gap} "
    first, *others = [(note if beside else "", Role.INSIDE) for note in _notes(spec)]
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
    rows += [
        Row(lambda t: (glyphs.down if leaves(t) else "", Role.RETURNED)),
        Row(
            lambda t: (leaves(t), Role.RETURNED),
            gap=gap if spec.return_sequences else "",
            arrow=(f"{glyphs.across * 3}{glyphs.right} " if beside else "", Role.RETURNED),
            behind=(f"{name.name} {name.shape}" if beside else "", Role.RETURNED),
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
        named = [f"{letter} = {state}" for letter, state in zip("hc", states, strict=True)]
        arrows = [f" {top_left}{tip} ", glyphs.across + glyphs.fork, f" {bottom_left}{tip} "]
        h, c = named if beside else "hc"
        said, role = [h, "", c], Role.RETURNED
    else:
        arrows = ["", f"{glyphs.across * 2}{tip} ", ""]
        said, role = ["", "c is not returned" if beside else "c", ""], Role.INSIDE
    ends = [((arrow, role), (text, role)) for arrow, text in zip(arrows, said, strict=True)]
    line = glyphs.across * 5 + glyphs.right
    middle = f"{glyphs.along}{'LSTM'.center(inner)}{glyphs.along}"
    return [
        Row(lambda _: (top_left + edge + top_right, Role.CELL), " h, c ", "", _NOTHING, *ends[0]),
        Row(
            lambda _: (middle, Role.CELL),
            line,
            f" {glyphs.gap} ",
            (f"0{glyphs.across * 2}{glyphs.right}", Role.INSIDE),
            *ends[1],
        ),
        Row(lambda _: (bottom_left + edge + bottom_right, Role.CELL), "", "", _NOTHING, *ends[2]),
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
    between = f"{glyphs.left}{line}" if is_backward else f"{line}{glyphs.right}"
    name = layer.name if spec.is_stack else "LSTM"
    said, role = _fate(spec, layer, direction)
    zeros = (f"{glyphs.left}{line}0 " if is_backward else f"0{between}", Role.INSIDE)
    last = (f" {between}" if is_backward else f"{glyphs.across}{between} ", role)
    return Row(
        lambda _: (f"[{name.center(width)}]", Role.CELL),
        between,
        gap=f" {glyphs.gap} ",
        before=last if is_backward else zeros,
        arrow=zeros if is_backward else last,
        behind=(said if beside else "", role),
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
    said = f"{letters} {layer.all_hidden_states.shape}" if beside else ""
    return Row(lambda _: (f"{glyphs.down} {letters}", Role.INPUT), behind=(said, Role.INSIDE))
