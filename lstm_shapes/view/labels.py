"""The labels of an array's rows and columns, and what labels, tints and numbers mean."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

from lstm_shapes.run.values import Array
from lstm_shapes.spec.request import Request
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, flow
from lstm_shapes.view.style import LABEL, TINTED, Glyphs, Look

_LABELS = {"batch": "sample {}", "timesteps": "t={}", "features": "f{}", "units": "u{}"}


class RowRemark(NamedTuple):
    """A remark beside a row."""

    text: str
    is_masked: bool = False


# By the array's name, then by sample, None for all, and timestep.
RowRemarks = dict[str, dict[tuple[int | None, int], RowRemark]]


def label(array: Array, axis: int, index: int, glyphs: Glyphs) -> str:
    """Return the label of an index on an axis: `sample 0`, `t=1`, `u4`, `→u4` or `←u0`."""
    position, name = array.positions[axis][index], array.axes[axis]
    if name != "units" or len(array.spec.holds) == 1:  # one direction
        return _LABELS[name].format(position)
    direction, unit = divmod(position, array.spec.shape[-1] // 2)
    return (glyphs.forward, glyphs.backward)[direction] + _LABELS[name].format(unit)


def notes(arrays: Sequence[Array], scale: float, request: Request, look: Look) -> Lines:
    """Say what tints, labels and numbers mean, and how many samples are not shown."""
    chunks, glyphs = [Text("tint ", LABEL)] if look.colours in TINTED and scale else [], look.glyphs
    for value in (-scale, 0.0, scale) if chunks else ():
        text = f" {value:.{request.precision if value else 0}f} "
        chunks[0] = Text.assemble(chunks[0], (text, style.tint(value, scale, look)))
    directions = {len(array.spec.holds) for array in arrays if "units" in array.axes}
    if directions:
        both = f"{glyphs.forward}u forward, {glyphs.backward}u backward"
        chunks.append(Text(both if 2 in directions else "u0: unit 0", LABEL))
    if any(array.spec.name != "input" for array in arrays):
        chunks.append(Text("untrained: random weights", LABEL))
    samples = max((array.shape[0] for array in arrays if array.axes[:1] == ("batch",)), default=1)
    if samples > 1 and not request.shows_batch:
        # Python has no such options.
        advice = (
            ": --arrays shows more, --show one" if request.repeat[:1] == ["lstm-shapes"] else ""
        )
        chunks.append(Text(f"sample 0 of {samples}{advice}", LABEL))
    return flow(chunks, look)
