"""Measure the command beside what people use today: seconds and peak memory.

All sides of a section take turns, each turn in a fresh process that writes into a pipe,
so that whatever else the machine does meets all of them equally. No time is asserted.
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
from shlex import quote, split
from statistics import median
from tempfile import TemporaryDirectory

import rich
from rich.box import SIMPLE_HEAD
from rich.table import Table

PROGRAMS = Path(__file__).with_name("programs.py")
LSTM_SHAPES = Path(sys.executable).with_name("lstm-shapes")

# Commands are texts, as in a shell.
PYTHON = quote(sys.executable)
COMMAND = quote(str(LSTM_SHAPES))
WITH_BOTH_FLAGS = f"{COMMAND} --return-sequences --return-state"
RUN_PROGRAM = f"{PYTHON} {quote(str(PROGRAMS))}"

HAS_PYTORCH = bool(find_spec("torch") and find_spec("torchinfo"))
SECTIONS = ["first-answer", "sitting", "output"]
TITLES = [
    "first\nanswer s",
    "×",
    "end s",
    "×",
    "added per\ncall s",
    "×",
    "peak\nMiB",
]

Figures = dict[str, float]  # first_seconds, seconds, peak_mib
Samples = dict[str, list[Figures]]  # of each side, by its name


@dataclass(frozen=True, kw_only=True)
class Side:
    """Describe a command to measure, and what it has to answer.

    Attributes:
        expected_text: is in the line that is its first answer.
        base: names the side that does the same but for some calls.
        added_call_count: says how many more calls than its base this side makes.
    """

    name: str
    command: str
    expected_text: str = ""
    expected_status: int = 0
    stdin: str = ""
    base: str = ""
    added_call_count: int = 1


NOTEBOOK = Side(
    name="notebook",
    command=f"{RUN_PROGRAM} notebook",
    expected_text="(1, 3, 5)",
)


def first_answer_sides() -> list[Side]:
    """List the ways to the first answer, and what they are made of."""
    sides = [
        NOTEBOOK,
        Side(
            name="lstm-shapes",
            command=WITH_BOTH_FLAGS,
            expected_text="(1, 3, 5)",
        ),
        Side(
            name="--dry-run",
            command=f"{WITH_BOTH_FLAGS} --dry-run",
            expected_text="(1, 3, 5)",
        ),
        Side(
            name="--dry-run --json",
            command=f"{WITH_BOTH_FLAGS} --dry-run --json",
            expected_text='"shape":[1,3,5]',
        ),
        Side(
            name="import tensorflow",
            command=f"{PYTHON} -c 'import tensorflow'",
        ),
        Side(
            name="--help",
            command=f"{COMMAND} --help",
        ),
        Side(
            name="--units 0",
            command=f"{COMMAND} --units 0",
            expected_status=2,
        ),
    ]
    if HAS_PYTORCH:
        pytorch = Side(
            name="pytorch",
            command=f"{RUN_PROGRAM} pytorch",
            expected_text="(1, 3, 5)",
        )
        sides.append(pytorch)
    return sides


def sitting_sides() -> list[Side]:
    """List ways to make nine calls in one process, each beside the same with one."""
    command = f"{WITH_BOTH_FLAGS} --json"
    nine = [f"--units={units}" for units in range(2, 11)]
    return [
        NOTEBOOK,
        Side(
            name="-i, 1 line",
            command=f"{command} -i",
            stdin="--units=1",
            expected_text='"shape":[1,3,1]',
        ),
        Side(
            name="-i, 9 lines",
            command=f"{command} -i",
            stdin="\n".join(nine),
            expected_text='"shape":[1,3,2]',
            base="-i, 1 line",
            added_call_count=8,
        ),
        Side(
            name="sweep of 1",
            command=f"{command} --units=1",
            expected_text='"shape":[1,3,1]',
        ),
        Side(
            name="sweep of 9",
            command=f"{command} {' '.join(nine)}",
            expected_text='"shape":[1,3,2]',
            base="sweep of 1",
            added_call_count=8,
        ),
    ]


def output_sides(batch_size: int, folder: str) -> list[Side]:
    """List ways to write a large run, beside the run that writes none of its arrays."""
    large_run = f"{COMMAND} -b{batch_size} -t100 -u100 --return-sequences"
    save = f"--force --save={quote(folder)}/run.npz"
    return [
        Side(
            name="--no-arrays",
            command=f"{large_run} --no-arrays",
        ),
        Side(
            name="--arrays",
            command=f"{large_run} --arrays",
            base="--no-arrays",
        ),
        Side(
            name="--json",
            command=f"{large_run} --json",
            base="--no-arrays",
        ),
        Side(
            name="--save run.npz",
            command=f"{large_run} --no-arrays {save}",
            base="--no-arrays",
        ),
    ]


def measure(side: Side) -> Figures:
    """Measure a side in a process of its own.

    Raises:
        SystemExit: the side answers otherwise than expected, so nothing is measured.
    """
    # Without site-packages, so that the program itself needs little memory.
    program = f"{PYTHON} -I -S {quote(str(PROGRAMS))} measure"
    command = f"{program} {quote(side.expected_text)} {side.command}"
    output = subprocess.check_output(
        split(command),
        env={**os.environ, "COLUMNS": "80"},
        input=side.stdin,
        text=True,
    )
    status, answer, figures = json.loads(output)
    if status != side.expected_status or figures["first_seconds"] is None:
        raise SystemExit(
            f"{side.name} ended with {status},"
            f" expected {side.expected_status}"
            f" and a line with {side.expected_text!r}:\n{answer}"
        )
    return dict(figures)


def measure_in_turns(
    sides: Sequence[Side], rounds: int, warm_up_rounds: int
) -> Samples:
    """Measure all sides in every round, and forget the rounds that warm up.

    Each round begins with another side.
    """
    samples: Samples = {side.name: [] for side in sides}
    round_count = warm_up_rounds + rounds
    for number in range(round_count):
        print(f"round {number + 1} of {round_count}", file=sys.stderr)
        for turn in range(len(sides)):
            side = sides[(number + turn) % len(sides)]
            figures = measure(side)
            if number >= warm_up_rounds:
                samples[side.name].append(figures)
    return samples


def medians(samples: Samples) -> dict[str, Figures]:
    """Return the median of each figure of each side."""
    medians = {}
    for name, rounds in samples.items():
        figures = {}
        for quantity in rounds[0]:
            figures[quantity] = median(sample[quantity] for sample in rounds)
        medians[name] = figures
    return medians


def table_of(section: str, sides: Sequence[Side], samples: Samples) -> Table:
    """Make a table of medians, and of their ratios to the end of the first side."""
    figures_by_side = medians(samples)
    unit = figures_by_side[sides[0].name]["seconds"]
    table = Table(
        title=f"{section} (×: of the end of {sides[0].name})",
        box=SIMPLE_HEAD,
    )
    table.add_column("side", no_wrap=True)
    for title in TITLES:
        table.add_column(title, justify="right")

    for side in sides:
        figures = figures_by_side[side.name]
        seconds = figures["seconds"]
        cells = [side.name]
        if side.expected_text:
            cells += seconds_and_ratio(figures["first_seconds"], unit)
        else:
            cells += ["", ""]
        cells += seconds_and_ratio(seconds, unit)
        if side.base:
            added = seconds - figures_by_side[side.base]["seconds"]
            cells += seconds_and_ratio(added / side.added_call_count, unit)
        else:
            cells += ["", ""]
        cells.append(f"{figures['peak_mib']:.0f}")
        table.add_row(*cells)
    return table


def seconds_and_ratio(seconds: float, unit: float) -> list[str]:
    """Write seconds, and their ratio to other seconds, as two cells."""
    return [f"{seconds:.3f}", f"{seconds / unit:.3f}"]


def versions() -> dict[str, str]:
    """Return the versions of Python and of all that is measured."""
    versions = {"python": platform.python_version()}
    names = ["lstm-shapes", "numpy", "orjson", "tensorflow", "keras", "typer", "rich"]
    if HAS_PYTORCH:
        names += ["torch", "torchinfo"]
    for name in names:
        versions[name] = version(name)
    return versions


def parse_arguments() -> argparse.Namespace:
    """Read what to measure from the command line, or end the process with an error."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.bench",
        description=__doc__,
    )
    parser.add_argument(
        "sections",
        nargs="*",
        choices=[*SECTIONS, "all"],
        default="all",
        help="default: all",
    )
    parser.add_argument(
        "--repetitions",
        type=int,
        default=5,
        metavar="N",
        help="default: 5",
    )
    parser.add_argument(
        "--small",
        action="store_true",
        help="small sizes, no warming up: a trial",
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write all samples to it",
    )
    arguments = parser.parse_args()
    if arguments.repetitions < 1:
        parser.error("--repetitions must be 1 or more")
    if "all" in arguments.sections:
        arguments.sections = SECTIONS
    return arguments


def main() -> None:
    """Measure the chosen sections, and show and write each as soon as it is done."""
    arguments = parse_arguments()
    batch_size = 10 if arguments.small else 1000
    warm_up_rounds = 0 if arguments.small else 1
    samples: dict[str, Samples] = {}
    with TemporaryDirectory() as folder:
        sides_by_section = {
            "first-answer": first_answer_sides(),
            "sitting": sitting_sides(),
            "output": output_sides(batch_size, folder),
        }
        for section in arguments.sections:
            sides = sides_by_section[section]
            samples[section] = measure_in_turns(
                sides,
                arguments.repetitions,
                warm_up_rounds,
            )
            rich.print(table_of(section, sides, samples[section]))
            if arguments.json:
                document = {"versions": versions(), "samples": samples}
                arguments.json.write_text(json.dumps(document))
    texts = [f"{name} {number}" for name, number in versions().items()]
    rich.print(", ".join(texts))


if __name__ == "__main__":
    main()
