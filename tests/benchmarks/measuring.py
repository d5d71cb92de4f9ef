"""Measure commands in turns: each turn of each side is a fresh process that writes into a pipe."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = str(Path(__file__).with_name("programs.py"))
SCRIPT = Path(sys.executable).with_name("lstm-shapes")
COMMAND = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "lstm_shapes"]
OURS = [*COMMAND, "--return-sequences", "--return-state"]
# Of the first output, as all sides print it.
SHAPE = "(1, 3, 5)"


@dataclass(frozen=True)
class Setting:
    """What the benchmark was asked for; `torch_python` is None where there is no PyTorch."""

    repetitions: int
    small: bool
    torch_python: str | None


@dataclass(frozen=True)
class Side:
    """A command to measure, what it reads, the status it ends with and a text it has to print."""

    name: str
    command: Sequence[str]
    status: int = 0
    expects: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""


@dataclass(frozen=True)
class Sample:
    """What one process took: wall seconds, CPU seconds of user and system, peak MiB.

    `first_seconds` are those until the line with the expected text was through; all of them where
    none is expected.
    """

    seconds: float
    first_seconds: float
    cpu_seconds: float
    peak_mib: float


Samples = Mapping[str, Sequence[Sample]]


def measure(side: Side) -> Sample:
    """Run the side in a process of its own.

    Raises:
        SystemExit: it ended or answered otherwise than it has to.
    """
    command = [sys.executable, "-I", "-S", PROGRAMS, "measured", side.expects, *side.command]
    environment = {**os.environ, "COLUMNS": "80", **side.environment}
    said = subprocess.check_output(command, env=environment, input=side.stdin, text=True)
    status, answer, figures = json.loads(said)
    if status != side.status or figures["first_seconds"] is None:
        expected = f"{side.status} and {side.expects!r} in a line of what it prints"
        raise SystemExit(f"{side.name} ended with {status}, expected {expected}:\n{answer}")
    return Sample(**figures)


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


def program(name: str, *arguments: str, python: str = sys.executable) -> list[str]:
    """The command that runs one of `programs.py`."""
    return [python, PROGRAMS, name, *arguments]


def shapes(sizes: Mapping[str, int], *options: str) -> list[str]:
    """The command with both flags, these sizes and no limit that matters."""
    of_sizes = [f"--{name}={size}" for name, size in sizes.items()]
    return [*OURS, "--max-memory", "64", *of_sizes, *options]


NOTEBOOK = Side("notebook", program("notebook"), expects=SHAPE)
