"""The unrolled layer as a drawing: what goes in, what passes on, what leaves under which name."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lstm_shapes.spec import LSTMSpec


class Role(Enum):
    """What a piece of the drawing stands for; a view gives each its style."""

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
            x[0]          x[1]
             ↓             ↓
          ╭──────╮ h, c ╭──────╮ ╭─▶ h[1]
          │ LSTM │─────▶│ LSTM │─┤
          ╰──────╯      ╰──────╯ ╰─▶ c[1]
             ↓             ↓
            h[0]          h[1]   ──▶ all_hidden_states (1, 2, 5)
    """
    for steps in _choices(spec.timesteps):
        for beside in (True, False):
            lines = _drawing(spec, steps, beside, strokes)
            if max(sum(len(text) for text, _ in line) for line in lines) <= width:
                return lines if beside else [*lines, [], *_names(spec)]
    return _names(spec)


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
    lines: list[Line] = [[("  ", Role.INSIDE)] for _ in range(7)]

    def append(column: Line) -> None:
        width = max(len(text) for text, _ in column)
        for line, (text, role) in zip(lines, column, strict=True):
            line.append((text.ljust(width), role))

    for step, following in zip(steps, [*steps[1:], None], strict=True):
        append(_gap(strokes) if step is None else _cell(spec, step, strokes))
        if step != spec.timesteps - 1:
            append(_arrow(strokes, whole=step is not None and following is not None))
    append(_exits(spec, beside, strokes))
    return lines


def _inside(*texts: str) -> Line:
    return [(text, Role.INSIDE) for text in texts]


def _gap(strokes: Strokes) -> Line:
    gap = f" {strokes.gap} "
    return _inside(gap, "", "", gap, "", "", gap)


def _arrow(strokes: Strokes, whole: bool) -> Line:
    line = strokes.across * (5 if whole else 2) + strokes.right
    return _inside("", "", " h, c " if whole else "", line, "", "", "")


def _cell(spec: LSTMSpec, step: int, strokes: Strokes) -> Line:
    top_left, top_right, bottom_left, bottom_right = tuple(strokes.corners)
    inner = max(6, len(f"x[{spec.timesteps - 1}]"))
    leaves = spec.return_sequences or step == spec.timesteps - 1
    below = Role.RETURNED if leaves else Role.INSIDE
    column = [
        (f"x[{step}]", Role.INPUT),
        (strokes.down, Role.INPUT),
        (top_left + strokes.across * inner + top_right, Role.CELL),
        (strokes.along + "LSTM".center(inner) + strokes.along, Role.CELL),
        (bottom_left + strokes.across * inner + bottom_right, Role.CELL),
        (strokes.down, below),
        (f"h[{step}]", below),
    ]
    return [(text.center(inner + 2), role) for text, role in column]


def _exits(spec: LSTMSpec, beside: bool, strokes: Strokes) -> Line:
    """The column behind the last cell: its h and c fork off, and the first output leaves below."""
    top_left, _, bottom_left, _ = tuple(strokes.corners)
    tip = strokes.across + strokes.right
    states = Role.RETURNED if spec.return_state else Role.INSIDE
    h, c, first = _returned(spec) if beside else (*_letters(spec), "")
    below = f" {strokes.across}{tip} {first}" if first else ""
    return [
        ("", Role.INSIDE),
        ("", Role.INSIDE),
        (f" {top_left}{tip} {h}", states),
        (f"{strokes.across}{strokes.fork}", states),
        (f" {bottom_left}{tip} {c}", states),
        ("", Role.INSIDE),
        (below, Role.RETURNED),
    ]


def _letters(spec: LSTMSpec) -> tuple[str, str]:
    return f"h[{spec.timesteps - 1}]", f"c[{spec.timesteps - 1}]"


def _returned(spec: LSTMSpec) -> tuple[str, str, str]:
    """What becomes of the last h, of the last c, and of the h below the cells."""
    h, c = _letters(spec)
    first, *states = (f"{array.name} {array.shape}" for array in spec.outputs)
    if states:
        h, c = (f"{letter} = {state}" for letter, state in zip((h, c), states, strict=True))
    return h, c, first


def _names(spec: LSTMSpec) -> list[Line]:
    h, c, first = _returned(spec)
    every = "every h" if spec.return_sequences else _letters(spec)[0]
    states = [h, c] if spec.return_state else []
    return [[(f"  {text}", Role.RETURNED)] for text in (f"{every} = {first}", *states)]
