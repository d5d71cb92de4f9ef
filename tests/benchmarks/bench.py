"""Measure the command beside what people use today: seconds, CPU seconds and peak memory.

All sides of a comparison take turns, each turn in a fresh process, so that whatever else the
machine does meets all of them alike. Asserts no time. Needs os.wait4: Linux or macOS.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import linear_regression, median
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import rich
from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

PROGRAMS = str(Path(__file__).with_name("programs.py"))
SCRIPT = Path(sys.executable).with_name("lstm-shapes")
COMMAND = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "lstm_shapes"]
BOTH_FLAGS = ["--return-sequences", "--return-state"]
DISTRIBUTIONS = ("lstm-shapes", "numpy", "tensorflow", "keras", "typer", "rich")
TAIL_BYTES = 100_000

DEFAULT_SIZES = {"timesteps": 3, "features": 4, "units": 5, "batch-size": 1}
AXES = {
    "batch-size": (1, 10, 100, 1000, 10_000),
    "timesteps": (1, 10, 100, 1000, 10_000),
    "units": (1, 32, 128, 512, 2048),
    "features": (1, 8, 64, 512, 4096),
}
SMALL_AXES = {"timesteps": (1, 10, 100)}

# The numbers of runs, by the fewest timesteps: the command runs short sequences in another way.
SWEEPS = {1: (1, 8, 64), 11: (1, 8)}
SMALL_SWEEPS = {1: (1, 2)}
MOST_TIMED_PROCESSES = 4

Row = Mapping[str, str | float | None]


@dataclass(frozen=True)
class Setting:
    """What the benchmark was asked for; `torch_python` is None where there is no PyTorch."""

    repetitions: int
    small: bool
    torch_python: str | None


@dataclass(frozen=True)
class Side:
    """A command to measure, the exit status it has to end with and a text it has to print."""

    name: str
    command: Sequence[str]
    status: int = 0
    expects: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """What one process took: wall seconds, CPU seconds of user and system, peak MiB."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


QUANTITIES = ("seconds", "cpu_seconds", "peak_mib")
Samples = Mapping[str, list[Sample]]


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


def measure(side: Side) -> Sample:
    """Run the side in a process of its own, whose output goes to a file.

    Raises:
        SystemExit: it ended or answered otherwise than it has to.
    """
    command = [sys.executable, "-I", "-S", PROGRAMS, "measured", *side.command]
    environment = {**os.environ, "COLUMNS": "80", **side.environment}
    with TemporaryFile() as file:
        subprocess.run(command, env=environment, stdout=file, stderr=subprocess.STDOUT, check=True)
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        answer, figures = file.read().decode(errors="replace").rstrip().rsplit("\n", 1)
    status, seconds, cpu_seconds, peak_kib = map(float, figures.split())
    if status != side.status or side.expects not in answer:
        expected = f"{side.status} and {side.expects!r} in what it prints"
        raise SystemExit(f"{side.name} ended with {status:g}, expected {expected}:\n{answer}")
    return Sample(seconds, cpu_seconds, peak_kib / 1024)


def in_turns(title: str, sides: Sequence[Side], setting: Setting) -> dict[str, list[Sample]]:
    """Measure all sides in each round, in rotating order, and forget the round that warms up."""
    warm_up = 0 if setting.small else 1
    samples: dict[str, list[Sample]] = {side.name: [] for side in sides}
    for turn in range(warm_up + setting.repetitions):
        print(f"{title}: round {turn + 1} of {warm_up + setting.repetitions}", file=sys.stderr)
        first = turn % len(sides)
        for side in (*sides[first:], *sides[:first]):
            samples[side.name].append(measure(side))
    return {name: taken[warm_up:] for name, taken in samples.items()}


def values(samples: Sequence[Sample], quantity: str = "seconds") -> list[float]:
    """One number of each sample."""
    return [getattr(sample, quantity) for sample in samples]


def rows_of(samples: Samples, *references: str) -> list[Row]:
    """A row for each side, with its median seconds divided by those of each reference."""
    seconds = {name: median(values(taken)) for name, taken in samples.items()}
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


def program(name: str, *arguments: str, python: str = sys.executable) -> list[str]:
    """The command that runs one of `programs.py`."""
    return [python, PROGRAMS, name, *arguments]


NOTEBOOK = Side("notebook", program("notebook"), expects="(1, 3, 5)")


def first_screen(setting: Setting) -> Report:
    """One call that shows everything, beside the other ways to see it."""
    sides = [
        Side("lstm-shapes", [*COMMAND, *BOTH_FLAGS], expects="(1, 3, 5)"),
        NOTEBOOK,
        Side("import tensorflow", [sys.executable, "-c", "import tensorflow"]),
    ]
    note = "PyTorch is left out: torch and torchinfo are not installed, see --torch-python"
    if setting.torch_python:
        note = ""
        command = program("pytorch", python=setting.torch_python)
        sides.append(Side("PyTorch + torchinfo", command, expects="(1, 3, 5)"))
    samples = in_turns("first-screen", sides, setting)
    return Report(samples, [Table("The first screen", rows_of(samples, "lstm-shapes"), note)])


def no_tensorflow(setting: Setting) -> Report:
    """The answers that need no TensorFlow, beside the least that they could take."""
    words = {
        "_LSTM_SHAPES_COMPLETE": "complete_bash",
        "COMP_WORDS": "lstm-shapes --ret",
        "COMP_CWORD": "1",
    }
    sides = [
        Side("--help", [*COMMAND, "--help"], expects="--return-state"),
        Side("--version", [*COMMAND, "--version"], expects="lstm-shapes"),
        Side("--units 0", [*COMMAND, "--units", "0"], status=2, expects="--units"),
        Side("--show nonsense", [*COMMAND, "--show", "nonsense"], status=2, expects="nonsense"),
        Side("completion", COMMAND, expects="--return-state", environment=words),
        Side("pass", [sys.executable, "-c", "pass"]),
        Side("typer, rich", [sys.executable, "-c", "import typer, rich"]),
        NOTEBOOK,
    ]
    samples = in_turns("no-tensorflow", sides, setting)
    rows = rows_of(samples, "pass", "typer, rich", "notebook")
    return Report(samples, [Table("Without TensorFlow", rows)])


def shapes(sizes: Mapping[str, int], *options: str) -> list[str]:
    """The command with both flags, these sizes and no limit that matters."""
    of_sizes = [f"--{name}={size}" for name, size in sizes.items()]
    return [*COMMAND, *BOTH_FLAGS, "--max-memory", "64", *of_sizes, *options]


def scale(setting: Setting) -> Report:
    """One size after the other from 1 up, the other sizes at their defaults, beside bare Keras."""
    report = Report()
    growths: list[Row] = []
    for axis, sizes in (SMALL_AXES if setting.small else AXES).items():
        samples = in_turns(f"scale, {axis}", list(scale_sides(axis, sizes)), setting)
        report.samples.update(samples)
        points = {
            name: [samples[f"{axis} {size}: {name}"] for size in sizes]
            for name in ("lstm-shapes", "Keras")
        }
        rows: list[Row] = []
        for at, size in enumerate(sizes):
            pair = {name: taken[at] for name, taken in points.items()}
            rows += [{axis: size, **row} for row in rows_of(pair, "Keras")]
        report.tables.append(Table(f"Scale of {axis}", rows))
        growths += [growth(axis, quantity, sizes, points) for quantity in QUANTITIES]
    note = (
        "added: the median at the largest size minus that at the smallest. exponent: the slope of "
        "log(added) over log(size) in the upper half of the sizes, where all samples are above "
        "all of the smallest size's; – where fewer than two sizes are."
    )
    report.tables.append(Table("Growth", growths, note))
    return report


def scale_sides(axis: str, sizes: Sequence[int]) -> Iterator[Side]:
    """The command and bare Keras for each size of one axis."""
    for size in sizes:
        run = {**DEFAULT_SIZES, axis: size}
        keras = program("bare_keras", ",".join(map(str, run.values())))
        yield Side(f"{axis} {size}: lstm-shapes", shapes(run, "--no-arrays"))
        yield Side(f"{axis} {size}: Keras", keras)


def growth(
    axis: str, quantity: str, sizes: Sequence[int], points: Mapping[str, list[list[Sample]]]
) -> Row:
    """How much of a quantity an axis adds, and with which power of the size."""
    row: dict[str, str | float | None] = {"axis": axis, "quantity": quantity}
    for name, by_size in points.items():
        numbers = [values(taken, quantity) for taken in by_size]
        row[f"{name} added"] = median(numbers[-1]) - median(numbers[0])
        row[f"{name} exponent"] = exponent(sizes, numbers)
    return row


def exponent(sizes: Sequence[int], numbers: Sequence[Sequence[float]]) -> float | None:
    """The p of `smallest + c · size**p`, or None where growth cannot be told from noise."""
    smallest, half = numbers[0], len(sizes) // 2
    risen = [
        (math.log(size), math.log(median(at_size) - median(smallest)))
        for size, at_size in zip(sizes[half:], numbers[half:], strict=True)
        if min(at_size) > max(smallest)
    ]
    return linear_regression(*zip(*risen, strict=True)).slope if len(risen) > 1 else None


def output(setting: Setting) -> Report:
    """What showing and writing ten million values adds to the run that made them."""
    sizes = {"batch-size": 10 if setting.small else 1000, "timesteps": 100, "units": 100}
    with TemporaryDirectory() as folder:
        save = ["--force", "--save", str(Path(folder, "run.npz"))]
        sides = [
            Side("plain", shapes(sizes, "--no-arrays")),
            Side("--arrays", shapes(sizes, "--arrays")),
            Side("--json --no-arrays", shapes(sizes, "--json", "--no-arrays")),
            Side("--save run.npz", shapes(sizes, "--no-arrays", *save)),
            Side("--json", shapes(sizes, "--json")),
        ]
        samples = in_turns("output", sides, setting)
    rows = [
        {**row, "added s": median(values(taken)) - median(values(samples["plain"]))}
        for row, taken in zip(rows_of(samples, "plain"), samples.values(), strict=True)
    ]
    note = "plain: --no-arrays, as is --save. added: to plain."
    return Report(samples, [Table(f"Output of {math.prod(sizes.values()):,} values", rows, note)])


def sweeps(setting: Setting) -> Report:
    """Many runs in one process, beside as many processes and beside Keras in a loop."""
    report = Report()
    for first, counts in (SMALL_SWEEPS if setting.small else SWEEPS).items():
        timed = min(MOST_TIMED_PROCESSES, counts[-1])
        sides = [Side(f"{timed} processes", one_by_one(first, timed))]
        for count in counts:
            sides += sweep_sides(first, count)
        samples = in_turns(f"sweeps from {first} timesteps", sides, setting)
        report.samples.update({f"from {first}: {name}": side for name, side in samples.items()})
        rows = rows_of(samples, "1: lstm-shapes")
        report.tables.append(Table(f"Sweeps from {first} timesteps, by number of runs", rows))
        apart = median(values(samples[f"{timed} processes"])) / timed
        rows = [sweep_row(samples, count, apart * count) for count in counts]
        note = (
            f"as many processes: {timed} timed one after the other, then multiplied. added per "
            "run: the seconds beyond those of one run, divided by the runs beyond one."
        )
        report.tables.append(Table(f"Sweeps from {first} timesteps, per run", rows, note))
    return report


def sweep_sides(first: int, count: int) -> list[Side]:
    """The command and Keras in a loop, on the same sizes: up to 8 units, then more timesteps."""
    units = range(1, min(count, 8) + 1)
    timesteps = range(first, first + count // len(units))
    options = [f"--timesteps={size}" for size in timesteps] + [f"--units={size}" for size in units]
    runs = [f"{steps},4,{size},1" for steps, size in product(timesteps, units)]
    ours = [*COMMAND, *BOTH_FLAGS, "--json", "--no-arrays", *options]
    return [
        Side(f"{count}: lstm-shapes", ours),
        Side(f"{count}: Keras", program("bare_keras", *runs)),
    ]


def one_by_one(timesteps: int, count: int) -> list[str]:
    """A shell that makes each run in a process of its own."""
    units = " ".join(map(str, range(1, count + 1)))
    loop = f'for units in {units}; do "$@" --units "$units" || exit; done'
    return ["sh", "-c", loop, "sh", *shapes({"timesteps": timesteps}, "--json", "--no-arrays")]


def sweep_row(samples: Samples, count: int, apart: float) -> Row:
    """A sweep in one process beside `apart`, the seconds of as many processes."""
    together = median(values(samples[f"{count}: lstm-shapes"]))
    row: dict[str, str | float | None] = {
        "runs": count,
        "one process s": together,
        "as many processes s": apart,
        "× one process": apart / together,
    }
    for name in ("lstm-shapes", "Keras"):
        one, many = (median(values(samples[f"{runs}: {name}"])) for runs in (1, count))
        row[f"{name}: added per run s"] = (many - one) / (count - 1) if count > 1 else None
    return row


SECTIONS = {
    "first-screen": first_screen,
    "no-tensorflow": no_tensorflow,
    "scale": scale,
    "output": output,
    "sweeps": sweeps,
}


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


def torch_versions(python: str) -> dict[str, str]:
    """The versions of PyTorch and torchinfo in that interpreter, none if it lacks one of them."""
    names = ("torch", "torchinfo")
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return dict(zip(names, found.stdout.split(), strict=False))


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench", description=__doc__)
    choices = [*SECTIONS, "all"]
    add = parser.add_argument
    add("sections", nargs="*", choices=choices, default="all", help="default: all")
    add("--repetitions", type=int, default=5, metavar="N", help="measured rounds, default 5")
    add("--json", type=Path, metavar="FILE", help="write all samples and tables to it")
    add("--torch-python", default=sys.executable, metavar="PATH", help="Python that has PyTorch")
    add("--small", action="store_true", help="few and small sizes, no warming up: a trial")
    asked = parser.parse_args()
    if asked.repetitions < 1:
        parser.error("--repetitions must be 1 or more")
    return asked


def main() -> None:
    """Measure the sections asked for, and show and write each when it is done."""
    asked = arguments()
    torch = torch_versions(asked.torch_python)
    setting = Setting(asked.repetitions, asked.small, asked.torch_python if torch else None)
    versions = {"python": platform.python_version(), **{n: version(n) for n in DISTRIBUTIONS}}
    document: dict[str, Any] = {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "repetitions": setting.repetitions,
        "small": setting.small,
        "versions": versions | torch,
        "sections": {},
    }
    for name in SECTIONS if "all" in asked.sections else asked.sections:
        report = SECTIONS[name](setting)
        document["sections"][name] = asdict(report)
        for table in report.tables:
            show(table)
        if asked.json:
            asked.json.write_text(json.dumps(document, indent=1))
    rich.print(", ".join(f"{name} {of}" for name, of in (versions | torch).items()))


if __name__ == "__main__":
    main()
