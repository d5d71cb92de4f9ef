"""What sections report: the samples of all sides, and tables made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import rich
from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

from tests.benchmarks.measuring import Sample, Samples

Row = Mapping[str, str | float | None]


@dataclass(frozen=True)
class Table:
    """Rows that all have the same columns."""

    title: str
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """What a section found: the samples of every side by its name, and tables made of them."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)


def values(samples: Sequence[Sample], quantity: str = "seconds") -> list[float]:
    """One number of each sample."""
    return [getattr(sample, quantity) for sample in samples]


def medians(samples: Samples, quantity: str = "seconds") -> dict[str, float]:
    """The median of each side."""
    return {name: median(values(taken, quantity)) for name, taken in samples.items()}


def rows_of(samples: Samples, *references: str) -> list[Row]:
    """A row for each side, with its median seconds divided by those of each reference."""
    seconds = medians(samples)
    return [
        {
            "side": name,
            "median s": seconds[name],
            **{f"× {other}": seconds[name] / seconds[other] for other in references},
            "min s": min(values(taken)),
            "max s": max(values(taken)),
            "CPU s": median(values(taken, "cpu_seconds")),
            "peak MiB": median(values(taken, "peak_mib")),
        }
        for name, taken in samples.items()
    ]


def show(table: Table) -> None:
    """Print the table."""
    shown = RichTable(
        title=table.title, caption=table.note, caption_justify="left", box=SIMPLE_HEAD, padding=0
    )
    for title, value in table.rows[0].items():
        is_text = isinstance(value, str)
        shown.add_column(title, justify="left" if is_text else "right", no_wrap=is_text)
    for row in table.rows:
        shown.add_row(*map(as_text, row.values()))
    rich.print(shown)


def as_text(value: str | float | None) -> str:
    """A number with a sensible number of decimals, – for none."""
    if not isinstance(value, float):
        return "–" if value is None else str(value)
    return f"{value:.{3 if abs(value) < 1 else 2 if abs(value) < 100 else 0}f}"
