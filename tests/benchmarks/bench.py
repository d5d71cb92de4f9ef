"""Measure the command beside what people use today: seconds, CPU seconds and peak memory.

All sides of a comparison take turns, each turn in a fresh process, so that whatever else the
machine does meets all of them alike. Asserts no time. Needs os.wait4: Linux or macOS.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import rich

from tests.benchmarks.calls import first_answer, no_tensorflow, output
from tests.benchmarks.measuring import Setting
from tests.benchmarks.memory import memory
from tests.benchmarks.scale import scale
from tests.benchmarks.sweeps import sweeps
from tests.benchmarks.tables import show

DISTRIBUTIONS = ("lstm-shapes", "numpy", "orjson", "tensorflow", "keras", "typer", "rich")
SECTIONS = {
    "first-answer": first_answer,
    "no-tensorflow": no_tensorflow,
    "scale": scale,
    "output": output,
    "sweeps": sweeps,
    "memory": memory,
}


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
    add("--json", type=os.path.abspath, metavar="FILE", help="write all samples and tables to it")
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
            Path(asked.json).write_text(json.dumps(document, indent=1))
    rich.print(", ".join(f"{name} {of}" for name, of in (versions | torch).items()))


if __name__ == "__main__":
    main()
