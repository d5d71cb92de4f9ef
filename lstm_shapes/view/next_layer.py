"""What the next layer made of the outputs: its shape and what that means, or why not and a cure."""

import re
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from lstm_shapes.run.values import NextLayer
from lstm_shapes.view import style
from lstm_shapes.view.layout import INDENT, Facts
from lstm_shapes.view.style import Glyphs


def attempts(tried: Sequence[NextLayer], glyphs: Glyphs) -> Iterator[RenderableType]:
    """A row for each attempt, and below them Keras' own sentence about what it has refused."""
    rows, remarks, sentences = [], [], []
    for layers, attempt in _alike(tried):
        taken = attempt.takes[0] if len(attempt.takes) == 1 else f"all {len(attempt.takes)} arrays"
        rows.append(
            [
                Text("either" if len(layers) > 1 else layers[0]),
                Text(taken, style.RETURNED),
                _gives(attempt, glyphs),
            ]
        )
        remarks.append(_meaning(attempt))
        sentences += [attempt.error] if attempt.error else []
    yield Text.assemble(("Next layer", style.HEADING), "  what it makes of them")
    yield Facts(["layer", "takes", "gives"], rows, remarks, "what it means", show_titles=False)
    for sentence in sentences:
        yield Padding(Text(f"Keras: {sentence}", style.LABEL), (0, 0, 0, INDENT), expand=False)


def _alike(tried: Sequence[NextLayer]) -> Iterator[tuple[list[str], NextLayer]]:
    """The attempts, and once only what was refused for the same reason."""
    found: dict[tuple[tuple[str, ...], str], tuple[list[str], NextLayer]] = {}
    for attempt in tried:
        reason = _meaning(attempt) if attempt.error else attempt.layer
        found.setdefault((attempt.takes, reason), ([], attempt))[0].append(attempt.layer)
    yield from found.values()


def _gives(attempt: NextLayer, glyphs: Glyphs) -> Text:
    if attempt.output_shape is None:
        return Text.assemble(style.verdict(False, glyphs), " refused")
    return Text.assemble(f"{glyphs.forward} ", style.shape(attempt.output_shape))


def _meaning(attempt: NextLayer) -> str:
    """What a shape means, or what helps against Keras' refusal: read off what Keras did."""
    if attempt.output_shape is not None:
        numbers = "at every timestep" if len(attempt.output_shape) > 2 else "for the sample"
        return f"one number {numbers}"
    dimensions = re.search(r"expected ndim=(\d+), found ndim=(\d+)", attempt.error or "")
    if dimensions and int(dimensions[2]) < int(dimensions[1]):
        return "return_sequences=True gives all timesteps"
    if len(attempt.takes) > 1:
        return f"hand on {attempt.takes[0]} alone"
    return "refused by Keras"
