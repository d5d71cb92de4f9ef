"""The unrolled layers as a drawing: what goes in, what passes on, what leaves under which name."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view.style import AXIS, LABEL, PLAIN, RETURNED, UNICODE, Glyphs

Piece = tuple[str, Style]

_TIMESTEP, _INPUT, _CELL, _INSIDE = AXIS["timesteps"], AXIS["features"], PLAIN, LABEL
_NOTHING: Piece = ("", _INSIDE)


@dataclass(frozen=True)
class Row:
    """One row: what stands at a timestep, between two, and on either side of them all.

    Where timesteps are left out, there is `gap` in their place, and `half` on either side of it.
    """

    at: Callable[[int], Piece]
    between: str = ""
    half: str = ""
    gap: str = ""
    before: Piece = _NOTHING
    arrow: Piece = _NOTHING
    behind: Piece = _NOTHING


def draw(spec: LSTMSpec, width: int, glyphs: Glyphs = UNICODE) -> list[Text]:
    """The drawing in `width` columns: a long sequence is elided in the middle, and a deep stack.

    The names of what leaves stand beside the last cell where there is room, and nowhere else.

    Example:
        >>> for line in draw(LSTMSpec(timesteps=2, return_sequences=True), 80):
        ...     print(line.plain.rstrip())
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
    for steps, beside in [*ways, *((steps, False) for steps in choices)]:
        lines = _assembled(_rows(spec, glyphs, beside), steps)
        if max(len(line) for line in lines) <= width:
            break
    if not beside:
        lines += [Text(note, _INSIDE) for note in textwrap.wrap(" ".join(_notes(spec)), width)]
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


def _assembled(rows: Sequence[Row], steps: list[int | None]) -> list[Text]:
    lines: list[list[Piece]] = [[] for _ in rows]

    def append(column: Sequence[Piece], centred: bool = False) -> None:
        width = max(len(text) for text, _ in column)
        for line, (text, style) in zip(lines, column, strict=True):
            line.append((text.center(width) if centred else text.ljust(width), style))

    append([row.before for row in rows])
    for at, step in enumerate(steps):
        if at:
            whole = None not in (steps[at - 1], step)
            append([(row.between if whole else row.half, _INSIDE) for row in rows])
        if step is None:
            append([(row.gap, _INSIDE) for row in rows])
        else:
            append([row.at(step) for row in rows], centred=True)
    append([row.arrow for row in rows])
    append([row.behind for row in rows])
    return [Text.assemble(*line) for line in lines]


def _rows(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    gap = f" {glyphs.gap} "
    first, *others = [(note if beside else "", _INSIDE) for note in _notes(spec)]
    rows = [
        Row(lambda t: (f"t={t}", _TIMESTEP), gap=gap, behind=first),
        Row(lambda _: ("x", _INPUT), behind=others[0]),
        Row(lambda _: (glyphs.down, _INPUT), behind=others[1]),
    ]
    if spec.is_stack or spec.bidirectional:
        rows += _stacked(spec, glyphs, beside)
    else:
        rows += _boxes(spec, glyphs, beside)
    name = spec.outputs[0]
    rows += [
        Row(lambda t: (glyphs.down if _leaving(spec.last, t) else "", RETURNED)),
        Row(
            lambda t: (_leaving(spec.last, t), RETURNED),
            gap=gap if spec.return_sequences else "",
            arrow=(f"{glyphs.across * 3}{glyphs.right} " if beside else "", RETURNED),
            behind=(f"{name.name} {name.shape}" if beside else "", RETURNED),
        ),
    ]
    return rows


def _leaving(layer: LayerSpec, t: int) -> str:
    """The letters of what leaves below a timestep: each direction ends at another one."""
    ends = (layer.input.shape[1] - 1, 0)[: len(layer.directions)]
    letters = ["h" if layer.return_sequences or t == end else "-" for end in ends]
    return " ".join(letters) if "h" in letters else ""


def _boxes(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    """The cells of one layer in one direction, and its h and c behind the last of them."""
    top_left, top_right, bottom_left, bottom_right = tuple(glyphs.corners)
    inner = max(6, len(f"t={spec.timesteps - 1}"))
    edge, line = glyphs.across * inner, glyphs.across * 5 + glyphs.right
    half, tip = line[-3:], line[-2:]
    if spec.return_state:
        states = ((vector[0], a) for a in spec.outputs[1:] for vector, _ in a.holds)
        first, *others = (f"{letter} = {state.name} {state.shape}" for letter, state in states)
        arrows = [f" {top_left}{tip} ", glyphs.across + glyphs.fork, f" {bottom_left}{tip} "]
        said, style = [first, "", ", ".join(others)], RETURNED
    else:
        arrows = ["", f"{glyphs.across}{half} ", ""]
        said, style = ["", "c is not returned", ""], _INSIDE
    if not beside:
        said = [text[:1] for text in said]  # the letter alone
    above, at, below = (
        ((arrow, style), (text, style)) for arrow, text in zip(arrows, said, strict=True)
    )
    middle = f"{glyphs.along}{'LSTM'.center(inner)}{glyphs.along}"
    zeros, gap = (f"0{half}", _INSIDE), f" {glyphs.gap} "
    return [
        Row(lambda _: (top_left + edge + top_right, _CELL), " h, c ", "", "", _NOTHING, *above),
        Row(lambda _: (middle, _CELL), line, half, gap, zeros, *at),
        Row(lambda _: (bottom_left + edge + bottom_right, _CELL), "", "", "", _NOTHING, *below),
    ]


def _stacked(spec: LSTMSpec, glyphs: Glyphs, beside: bool) -> list[Row]:
    """A row of cells for each direction of each layer; a deep stack is elided in the middle."""
    rows: list[Row] = []
    most = 2 if spec.bidirectional else 3
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
            rows.append(Row(lambda _: (glyphs.gap, _INSIDE), behind=(left_out, _INSIDE)))
    return rows


def _cells(
    spec: LSTMSpec, layer: LayerSpec, direction: str, width: int, glyphs: Glyphs, beside: bool
) -> Row:
    line, is_backward = glyphs.across * 2, direction == "backward"
    between = f"{glyphs.left}{line}" if is_backward else f"{line}{glyphs.right}"
    name = layer.name if spec.is_stack else "LSTM"
    said, style = _fate(spec, layer, direction)
    zeros = (f"{glyphs.left}{line}0 " if is_backward else f"0{between}", _INSIDE)
    last = (f" {between}" if is_backward else f"{glyphs.across}{between} ", style)
    return Row(
        lambda _: (f"[{name.center(width)}]", _CELL),
        between,
        half=between,
        gap=f" {glyphs.gap} ",
        before=last if is_backward else zeros,
        arrow=zeros if is_backward else last,
        behind=(said if beside else "", style),
    )


def _fate(spec: LSTMSpec, layer: LayerSpec, direction: str) -> Piece:
    """What becomes of the last h and c of one direction of a layer."""
    if layer is not spec.last:
        return f"{layer.units} units", _INSIDE
    if not layer.return_state:
        return f"{direction} c is not returned".strip(), _INSIDE
    batch = layer.input.shape[0]
    where = ", on the left" if direction == "backward" else ""
    return f"{direction} h, c {(batch, layer.units)}{where}".strip(), RETURNED


def _handing_on(layer: LayerSpec, glyphs: Glyphs, beside: bool) -> Row:
    letters = " ".join("h" for _ in layer.directions)
    said = f"{letters} {layer.all_hidden_states.shape}" if beside else ""
    return Row(lambda _: (f"{glyphs.down} {letters}", _INPUT), behind=(said, _INSIDE))
