"""The estimate of the memory is an upper bound of what a process of its own really takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from lstm_shapes.call import Call
from lstm_shapes.grid import Grid
from lstm_shapes.spec import LSTMSpec

PROGRAM = """
import re
from lstm_shapes import LSTMSpec, explore
explore({spec}, seed=1)
# Not getrusage, which starts at the peak of the process that has started this one.
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024)
"""

BOTH = {"return_sequences": True, "return_state": True}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(LSTMSpec(units=1500, **BOTH), id="wide"),
        pytest.param(LSTMSpec(timesteps=4000, batch_size=64, units=200, **BOTH), id="long"),
        pytest.param(LSTMSpec(batch_size=50_000, timesteps=8, units=64, **BOTH), id="many samples"),
    ],
)
def test_the_estimate_is_an_upper_bound_and_not_a_wild_one(spec: LSTMSpec) -> None:
    program = PROGRAM.format(spec=spec)
    measured = int(subprocess.check_output([sys.executable, "-c", program], text=True))
    assert measured <= spec.memory <= 3 * measured


def test_a_comparison_keeps_its_four_runs() -> None:
    flags = [False, True]
    grid = Grid([1000], [4], [100], [1000], return_state=flags, return_sequences=flags)
    alone, together = Call(grid), Call(grid, compare=True)
    arrays = 1000 * 1000 * 100 * 4
    assert together.memory >= alone.memory + 2 * arrays


def test_a_streamed_sweep_needs_what_its_largest_run_needs() -> None:
    grid = Grid(units=[5, 500], timesteps=range(1, 1000))
    assert Call(grid).memory == grid.largest.memory


def test_a_picture_of_many_runs_counts_what_it_remembers() -> None:
    grid = Grid(units=range(1, 1001), timesteps=range(1, 1001))
    streamed, drawn = (Call(grid, saves=[Path(name)]).memory for name in ("x.jsonl", "x.svg"))
    assert drawn > 10 * streamed
