"""What ends a screen: what the numbers depend on, and how to make them again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from lstm_shapes.view import style
from lstm_shapes.view.layout import Hanging

COMPUTED = Hanging(
    Text("computed, without Keras: leave out --dry-run to have Keras confirm it", style.LABEL)
)


@dataclass(frozen=True)
class Footer:
    """Seed and versions, and the words that repeat the screen, if there are any."""

    seed: int
    versions: Mapping[str, str]
    repeat: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        facts = [f"seed {self.seed}", *(" ".join(item) for item in self.versions.items())]
        yield Text(f" {style.glyphs(options).dot} ".join(facts), style.LABEL)
        if self.repeat:
            yield Text("repeat with", style.LABEL)
            yield from self._pasteable(options.max_width)

    def _pasteable(self, width: int) -> Iterator[Text]:
        """The words in a shell's way of breaking lines, never between an option and its value."""
        lines = [" "]
        for at, word in enumerate(self.repeat):
            behind = 0 if at == len(self.repeat) - 1 else len(" \\")
            if lines[-1].strip() and len(lines[-1]) + 1 + len(word) + behind > width:
                lines[-1] += " \\"
                lines.append("   ")
            lines[-1] += f" {word}"
        for line in lines:
            yield Text(line, no_wrap=True, overflow="ignore")
