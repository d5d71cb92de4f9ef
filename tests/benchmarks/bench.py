"""Measure the command beside what people use today: seconds and peak memory.

All sides of a section take turns, each turn in a fresh process that writes into a pipe, so that
whatever else the machine does meets all of them alike. No time is asserted.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import rich
from rich.box import SIMPLE_HEAD
from rich.table import Table

PROGRAMS = str(Path(__file__).with_name("programs.py"))
COMMAND = str(Path(sys.executable).with_name("lstm-shapes"))
OURS = [COMMAND, "--return-sequences", "--return-state"]
PYTORCH = ["torch", "torchinfo"] if find_spec("torch") and find_spec("torchinfo") else []
DISTRIBUTIONS = ["lstm-shapes", "numpy", "orjson", "tensorflow", "keras", "typer", "rich", *PYTORCH]
Samples = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Side:
    """Describe a command to measure, and the side it is measured against."""

    name: str
    command: Sequence[str]
    expects: str = ""  # a text in the line that is its first answer
    status: int = 0
    stdin: str = ""
    beyond: str = ""  # the side that does less
    further: int = 1  # by this many calls


def sections(batch_size: int, folder: str) -> dict[str, list[Side]]:
    """List the sides of every section; the ratios of a table are to the end of the first."""
    shape, one, none = "(1, 3, 5)", "--units=1", "--no-arrays"
    nine = [f"--units={units}" for units in range(2, 11)]
    in_json = [f'"shape":[1,3,{units}]' for units in range(6)]
    dry_run, ours_json = [*OURS, "--dry-run"], [*OURS, "--json"]
    large = [COMMAND, f"-b{batch_size}", "-t100", "-u100", "--return-sequences"]
    notebook = Side("notebook", [sys.executable, PROGRAMS, "notebook"], shape)
    first_answer = [
        notebook,
        Side("lstm-shapes", OURS, shape),
        Side("--dry-run", dry_run, shape),
        Side("--dry-run --json", [*dry_run, "--json"], in_json[5]),
        Side("import tensorflow", [sys.executable, "-c", "import tensorflow"]),
        Side("--help", [COMMAND, "--help"]),
        Side("--units 0", [COMMAND, "--units", "0"], status=2),
    ]
    if PYTORCH:
        first_answer.append(Side("pytorch", [sys.executable, PROGRAMS, "pytorch"], shape))
    sitting = [
        notebook,
        Side("-i, 1 line", [*ours_json, "-i"], in_json[1], stdin=one),
        Side("-i, 9 lines", [*ours_json, "-i"], in_json[2], 0, "\n".join(nine), "-i, 1 line", 8),
        Side("sweep of 1", [*ours_json, one], in_json[1]),
        Side("sweep of 9", [*ours_json, *nine], in_json[2], beyond="sweep of 1", further=8),
    ]
    output = [
        Side(none, [*large, none]),
        Side("--arrays", [*large, "--arrays"], beyond=none),
        Side("--json", [*large, "--json"], beyond=none),
        Side("--save run.npz", [*large, none, "--force", f"--save={folder}/run.npz"], beyond=none),
    ]
    return {"first-answer": first_answer, "sitting": sitting, "output": output}


def measure(side: Side) -> dict[str, float]:
    """Measure a side in a process of its own; one that answers otherwise ends the benchmark."""
    command = [sys.executable, "-I", "-S", PROGRAMS, "measure", side.expects, *side.command]
    environment = {**os.environ, "COLUMNS": "80"}
    said = subprocess.check_output(command, env=environment, input=side.stdin, text=True)
    status, answer, figures = json.loads(said)
    if status != side.status or figures["first_seconds"] is None:
        expected = f"expected {side.status} and a line with {side.expects!r}"
        raise SystemExit(f"{side.name} ended with {status}, {expected}:\n{answer}")
    return dict(figures)


def measure_in_turns(sides: Sequence[Side], rounds: int, warm_up: int) -> Samples:
    """Measure all sides in every round, in rotating order, and forget the rounds that warm up."""
    samples: Samples = {side.name: [] for side in sides}
    for first in range(warm_up + rounds):
        print(f"round {first + 1} of {warm_up + rounds}", file=sys.stderr)
        for turn in range(len(sides)):
            side = sides[(first + turn) % len(sides)]
            samples[side.name].append(measure(side))
    return {name: taken[warm_up:] for name, taken in samples.items()}


def table_of(title: str, sides: Sequence[Side], samples: Samples) -> Table:
    """Make a table of medians, and of their ratios to the end of the first side."""
    medians = {
        name: {quantity: median(sample[quantity] for sample in taken) for quantity in taken[0]}
        for name, taken in samples.items()
    }
    whole = medians[sides[0].name]["seconds"]
    table = Table(title=f"{title} (×: of the end of {sides[0].name})", box=SIMPLE_HEAD)
    table.add_column("side", no_wrap=True)
    for column in ("first\nanswer s", "×", "end s", "×", "added per\ncall s", "×", "peak\nMiB"):
        table.add_column(column, justify="right")
    for side in sides:
        first, end, peak = medians[side.name].values()
        added = (end - medians[side.beyond]["seconds"]) / side.further if side.beyond else None
        cells = []
        for seconds in (first if side.expects else None, end, added):
            cells += ["", ""] if seconds is None else [f"{seconds:.3f}", f"{seconds / whole:.3f}"]
        table.add_row(side.name, *cells, f"{peak:.0f}")
    return table


def main() -> None:
    """Measure the sections asked for, and show and write each when it is done."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench", description=__doc__)
    names, add = ("first-answer", "sitting", "output"), parser.add_argument
    add("sections", nargs="*", choices=(*names, "all"), default="all", help="default: all")
    add("--repetitions", type=int, default=5, metavar="N", help="default: 5")
    add("--small", action="store_true", help="small sizes, no warming up: a trial")
    add("--json", type=Path, metavar="FILE", help="write all samples to it")
    asked = parser.parse_args()
    if asked.repetitions < 1:
        parser.error("--repetitions must be 1 or more")
    versions = {"python": platform.python_version(), **{n: version(n) for n in DISTRIBUTIONS}}
    samples: dict[str, Samples] = {}
    with TemporaryDirectory() as folder:
        sides = sections(10 if asked.small else 1000, folder)
        for name in names if "all" in asked.sections else asked.sections:
            warm_up = 0 if asked.small else 1
            samples[name] = measure_in_turns(sides[name], asked.repetitions, warm_up)
            rich.print(table_of(name, sides[name], samples[name]))
            if asked.json:
                asked.json.write_text(json.dumps({"versions": versions, "samples": samples}))
    rich.print(", ".join(f"{name} {of}" for name, of in versions.items()))


if __name__ == "__main__":
    main()
