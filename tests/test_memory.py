"""The estimate of the memory is an upper bound of what a process of its own really takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from lstm_shapes.call import Call
from lstm_shapes.cli import read
from lstm_shapes.grid import Grid

PROGRAM = """
import re
from lstm_shapes.cli import run
assert run({arguments}) == 0
# Not getrusage, which starts at the peak of the process that has started this one.
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024)
"""


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param("-u 1500", id="wide"),
        pytest.param("-t 4000 -b 64 -u 200", id="long"),
        pytest.param("-b 50000 -t 8 -u 64", id="many samples"),
        pytest.param("-f 200000 -u 64 -b 10 -t 11", id="many features"),
        pytest.param("-f 100000 -f 100001 -f 100002 -u 64", id="sweep"),
    ],
)
def test_the_estimate_is_an_upper_bound_and_not_a_wild_one(sizes: str) -> None:
    arguments = [*sizes.split(), "--return-sequences", "--return-state", "--json", "--no-arrays"]
    call = read(arguments)
    assert isinstance(call, Call)
    program = PROGRAM.format(arguments=arguments)
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    measured = int(printed.splitlines()[-1])
    assert measured <= call.memory <= 3 * measured


def test_a_comparison_keeps_its_four_runs() -> None:
    flags = [False, True]
    grid = Grid([1000], [4], [100], [1000], return_state=flags, return_sequences=flags)
    alone, together = Call(grid), Call(grid, compare=True)
    arrays = 1000 * 1000 * 100 * 4
    assert together.memory >= alone.memory + 2 * arrays


def test_a_streamed_sweep_needs_its_largest_run_and_the_one_before() -> None:
    grid = Grid(units=[5, 500], timesteps=range(1, 1000))
    assert Call(grid).memory == grid.largest.memory + grid.largest.kept_bytes


def test_a_picture_of_many_runs_counts_what_it_remembers() -> None:
    grid = Grid(units=range(1, 1001), timesteps=range(1, 1001))
    streamed, drawn = (Call(grid, saves=[Path(name)]).memory for name in ("x.jsonl", "x.svg"))
    assert drawn > 10 * streamed
