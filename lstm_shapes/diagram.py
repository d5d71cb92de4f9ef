"""The unrolled layer as a drawing: what goes in, what passes on, what leaves under which name."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lstm_shapes.spec import LSTMSpec


class Role(Enum):
    """What a piece of the drawing stands for; a view gives each its style."""

    TIMESTEP = "timestep"
    INPUT = "input"
    CELL = "cell"
    INSIDE = "inside"
    RETURNED = "returned"


Line = list[tuple[str, Role]]


@dataclass(frozen=True)
class Strokes:
    """The characters of a drawing; corners are top left, top right, bottom left, bottom right."""

    corners: str
    across: str
    along: str
    down: str
    right: str
    fork: str
    gap: str


UNICODE = Strokes("╭╮╰╯", "─", "│", "↓", "▶", "┤", "…")
ASCII = Strokes("++++", "-", "|", "v", ">", "+", "...")


def draw(spec: LSTMSpec, width: int, strokes: Strokes = UNICODE) -> list[Line]:
    """The drawing in at most `width` columns, or the names alone where no cell fits.

    The names stand beside the last cell where there is room, else below; a long sequence is
    elided in the middle.

    Example:
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), 70):
        ...     print("".join(text for text, role in line).rstrip())
            t=0           t=1
             x             x
             ↓             ↓
          ╭──────╮ h, c ╭──────╮
          │ LSTM │─────▶│ LSTM │──▶ h, c not returned
          ╰──────╯      ╰──────╯
             ↓             ↓
             h             h    ──▶ all_hidden_states (1, 2, 5)
    """
    for steps in _choices(spec.timesteps):
        for beside in (True, False):
            lines = _drawing(spec, steps, beside, strokes)
            if max(sum(len(text) for text, _ in line) for line in lines) <= width:
                return lines if beside else [*lines, [], *_names(spec, width)]
    return _names(spec, width)


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


def _drawing(spec: LSTMSpec, steps: list[int | None], beside: bool, strokes: Strokes) -> list[Line]:
    lines: list[Line] = [[("  ", Role.INSIDE)] for _ in range(8)]

    def append(column: Line) -> None:
        width = max(len(text) for text, _ in column)
        for line, (text, role) in zip(lines, column, strict=True):
            line.append((text.ljust(width), role))

    for step, following in zip(steps, [*steps[1:], None], strict=True):
        append(_gap(spec, strokes) if step is None else _cell(spec, step, strokes))
        if step != spec.timesteps - 1:
            append(_arrow(strokes, whole=step is not None and following is not None))
    append(_exits(spec, beside, strokes))
    return lines


def _inside(*texts: str) -> Line:
    return [(text, Role.INSIDE) for text in texts]


def _gap(spec: LSTMSpec, strokes: Strokes) -> Line:
    gap = f" {strokes.gap} "
    return _inside(gap, "", "", "", gap, "", "", gap if spec.return_sequences else "")


def _arrow(strokes: Strokes, whole: bool) -> Line:
    line = strokes.across * (5 if whole else 2) + strokes.right
    return _inside("", "", "", " h, c " if whole else "", line, "", "", "")


def _cell(spec: LSTMSpec, step: int, strokes: Strokes) -> Line:
    top_left, top_right, bottom_left, bottom_right = tuple(strokes.corners)
    inner = max(6, len(f"t={spec.timesteps - 1}"))
    leaves = spec.return_sequences or step == spec.timesteps - 1
    column = [
        (f"t={step}", Role.TIMESTEP),
        ("x", Role.INPUT),
        (strokes.down, Role.INPUT),
        (top_left + strokes.across * inner + top_right, Role.CELL),
        (strokes.along + "LSTM".center(inner) + strokes.along, Role.CELL),
        (bottom_left + strokes.across * inner + bottom_right, Role.CELL),
        (strokes.down if leaves else "", Role.RETURNED),
        ("h" if leaves else "", Role.RETURNED),
    ]
    return [(text.center(inner + 2), role) for text, role in column]


def _exits(spec: LSTMSpec, beside: bool, strokes: Strokes) -> Line:
    """The column behind the last cell: its h and c, and the name of what leaves below the cells."""
    top_left, _, bottom_left, _ = tuple(strokes.corners)
    tip = strokes.across + strokes.right
    first, *states = _returned(spec)
    column = _inside("", "", "", "", "", "", "", "")
    if states:
        h, c = states if beside else ("h", "c")
        column[3] = (f" {top_left}{tip} {h}", Role.RETURNED)
        column[4] = (strokes.across + strokes.fork, Role.RETURNED)
        column[5] = (f" {bottom_left}{tip} {c}", Role.RETURNED)
    else:
        fate = " not returned" if beside else ""
        column[4] = (f"{strokes.across}{tip} h, c{fate}", Role.INSIDE)
    if beside:
        column[7] = (f"{strokes.across}{tip} {first}", Role.RETURNED)
    return column


def _returned(spec: LSTMSpec) -> list[str]:
    """The outputs as the drawing names them, the states after the letter they hold."""
    first, *states = (f"{array.name} {array.shape}" for array in spec.outputs)
    return [first, *(f"{letter} = {state}" for letter, state in zip("hc", states, strict=False))]


def _names(spec: LSTMSpec, width: int) -> list[Line]:
    """The outputs by letter and name, each shape on a line of its own where it does not fit."""
    first, *states = _returned(spec)
    every = "every h" if spec.return_sequences else f"h at t={spec.timesteps - 1}"
    lines = []
    for text in (f"  {every} = {first}", *(f"  {state}" for state in states)):
        fits = len(text) <= width
        lines += [text] if fits else text.replace(" (", "\n    (").split("\n")
    return [[(line, Role.RETURNED)] for line in lines]
