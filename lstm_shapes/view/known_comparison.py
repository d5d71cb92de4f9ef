"""The four combinations of the flags, as far as their specs know: what each returns, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lstm_shapes.spec.equality import contrast_of_calls, standing
from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view import style
from lstm_shapes.view.footer import COMPUTED
from lstm_shapes.view.known import introduction
from lstm_shapes.view.layout import Facts, FirstFitting, Flow, separated


@dataclass(frozen=True)
class KnownComparison:
    """What the specs of the four calls know."""

    specs: Sequence[LSTMSpec]
    dry_run: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        confirmation = [COMPUTED] if self.dry_run else []
        yield from separated([self._call(), self._calls(), self._places(), confirmation])

    def _call(self) -> Iterator[RenderableType]:
        neither = self.specs[0]
        yield Text(f"{neither.call} with each combination of the two flags", style.TITLE)
        yield introduction(neither)
        yield Text("the same weights and the same input in all four calls", style.LABEL)

    def _calls(self) -> Iterator[RenderableType]:
        titles = ["#", "call", "array", "shape"]
        wide: list[list[Text]] = []
        narrow: list[list[Text]] = []
        flags: list[list[Text]] = []
        above: list[list[Text]] = []
        for number, spec in enumerate(self.specs):
            names = Text("\n").join(Text(a.name, style.RETURNED) for a in spec.outputs)
            shapes = Text("\n").join(style.shape(a.shape, a.axes) for a in spec.outputs)
            call = spec.last.call
            short = [name for name in FLAGS if getattr(spec, name)]
            for rows, text in (
                (wide, call.replace("True, ", "True,\n     ")),
                (narrow, call.replace(", ", ",\n  ")),
                (flags, "\n".join(short) or "neither"),
            ):
                rows.append([Text(str(number)), Text(text), names, shapes])
            heading = Text(", ".join(short) or "neither", style.LABEL)
            below = [Text("\n").join([heading, names]), Text("\n").join([Text(), shapes])]
            above.append([Text(str(number)), *below])
        ways = [Facts(titles, wide), Facts(titles, narrow)]
        ways.append(Facts(["#", "flags, array", "shape"], above))
        yield FirstFitting(ways, Facts(titles, flags))

    def _places(self) -> Iterator[RenderableType]:
        yield Text("Where the same values stand", style.HEADING)
        for vector, places in standing(spec.outputs for spec in self.specs).items():
            yield Flow([f"{vector}: in {len(places)} places"])
            for number in range(len(self.specs)):
                texts = [selection.text for at, selection in places if at == number]
                if texts:
                    yield Flow([Text(str(number), style.LABEL), *texts], indent=4)
        contrast = contrast_of_calls(self.specs[0].last)
        if contrast:
            yield Flow([f"{contrast.left} is not {contrast.right}", f"as {contrast.meaning}"])
