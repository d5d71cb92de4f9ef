"""Peaks of calls of 1 to 4 GiB beside the estimate by which `--max-memory` refuses a call.

`python -m tests.benchmarks.bench memory` ends with status 1 if a peak is not below its estimate, or
not above half of it where that is more than 1.5 GiB: then the model in `lstm_shapes/spec/memory.py`
has to be fitted again. Needs Linux, for the peak as /proc tells it.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lstm_shapes.parsing import read
from lstm_shapes.spec.memory import GIB
from lstm_shapes.spec.request import Request
from tests.benchmarks.measuring import Setting
from tests.benchmarks.tables import Report, Row, Table

LEAST = 1.5
LONGEST = 80
# Not getrusage, which starts at the peak of the process that has started this one.
PROGRAM = """
import gc, re, sys
gc.disable()
from lstm_shapes.cli import run
status = run(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
print(peak, file=sys.stderr)
sys.exit(status)
"""

RUNS = (
    "-u 3300",
    "-f 3000000 -u 4",
    "-f 30000 -u 500 -b 50",
    "-u 800,800 --bidirectional -f 20000",
    "-t 4000 -b 64 -u 200 --return-sequences --return-state",
    "-t 9000 -b 100 -u 23 -f 2 --return-sequences --bidirectional",
    "-t 1000 -b 300 -f 200 -u 12 --bidirectional",
    "-t 1000 -b 200 -u 128,64 --return-sequences",
    "-t 100 -b 20000 -u 32",
    "-b 200000 -u 32",
    f"-u {'16,' * 99}16 -t 50",
)
CELLS = "--edge-items 1000 --return-sequences --show all_hidden_states"
WITH_OUTPUT = (
    "-t 1 -f 20000000 -u 1 --json",
    "-b 4000000 -t 1 -f 1 -u 1 --json",
    "-b 2000 -t 1000 -u 10 --return-sequences --json --save run.json --save run.npz",
    "-b 1000 -t 1000 --json --show input[:,::-1] --show input[...,::-1] --show input",
    "-b 1500 -t 1000 -u 12 --bidirectional --compare",
    "-b 1000 -t 500 -u 12 -u 13 --compare --json --arrays",
    "-f 2000000 -f 2000001 -f 2000002 -u 4 --save table.svg",
    "--input double.npy --return-sequences --show input --save run.html",
    f"-t 1000 -b 30 -f 1200 {CELLS}",
    f"-t 1000 -b 30 -f 1200 --json --no-arrays --save run.svg {CELLS}",
    f"-f 1500000 -u 5 --json --save run.svg {'--show input[...,:5] ' * 1500}",
)
SMALL = ("-u 3300", "-b 500000 -t 2 -f 1 -u 8 --json")
# The lines of one sitting, none of which may take the process above the limit.
LINES = (*RUNS[:8], "-t 1000 -b 10 --arrays --edge-items 1000 --return-sequences", *RUNS[:8])


def memory(setting: Setting) -> Report:
    """A row for each call: what it took at its peak, what was estimated, and the ratio.

    Raises:
        SystemExit: an estimate is not what it promises to be.
    """
    with TemporaryDirectory() as folder:
        np.save(Path(folder, "double.npy"), np.zeros((100, 1000, 200)))
        calls = SMALL if setting.small else (*RUNS, *WITH_OUTPUT)
        rows = [_row(call, Path(folder)) for call in calls]
        if not setting.small:
            rows.append(_sitting(Path(folder)))
    wrong = [row for row in rows if not bounds(row)]
    if wrong:
        raise SystemExit(f"{len(wrong)} of {len(rows)} estimates are wrong: {wrong}")
    note = f"every ratio is below 1, and above 0.5 where more than {LEAST} GiB are estimated"
    return Report(tables=[Table("Peak memory beside its estimate", rows, note)])


def _row(call: str, folder: Path) -> Row:
    arguments = ["--max-memory", "64", "--force", *shlex.split(call)]
    os.chdir(folder)
    request = read(arguments)
    if not isinstance(request, Request):
        raise SystemExit(f"{call}: expected a request, got the status {request}")
    return _compared(call, _peak(arguments, folder), request.memory / GIB)


def _sitting(folder: Path) -> Row:
    arguments = ["-i", "--json", "--no-arrays"]
    peak = _peak(arguments, folder, LINES)
    return _compared(f"-i, {len(LINES)} lines, and the limit", peak, Request.max_memory)


def _compared(call: str, peak: float, estimate: float) -> Row:
    sizes = {"peak GiB": peak, "estimate GiB": estimate, "ratio": peak / estimate}
    return {"call": call[:LONGEST], **sizes}


def _peak(arguments: Sequence[str], folder: Path, lines: Sequence[str] = ()) -> float:
    """The GiB that a process of its own takes at its peak."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80"},
        input="".join(f"{line}\n" for line in lines),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    *said, peak = done.stderr.splitlines()
    if done.returncode or said:
        call = shlex.join(arguments)[:LONGEST]
        raise SystemExit(f"{call} ended with {done.returncode}: {done.stderr}")
    return int(peak) * 1024 / GIB


def bounds(row: Row) -> bool:
    """Whether the estimate is what it promises to be."""
    ratio, estimate = (float(row[name] or 0) for name in ("ratio", "estimate GiB"))
    return ratio < 1 and (ratio > 0.5 or estimate <= LEAST)
