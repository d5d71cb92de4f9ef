"""The whole screen: golden files of it, and what holds at every width and in every encoding."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes.run.values import Run
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import run_of, screen

BOTH_FLAGS = "--return-sequences --return-state"
FLAGS = ["", "--return-sequences", "--return-state", BOTH_FLAGS]
GOLDENS = {
    "neither": "",
    "both": BOTH_FLAGS,
    "both-ascii": BOTH_FLAGS,
    "bidirectional": f"--bidirectional {BOTH_FLAGS}",
    "stack": f"-u 64,32 {BOTH_FLAGS}",
    "deep": "-u 9,8,7,6,5,4,3,2 --bidirectional --return-state --no-arrays",
    "large-elided": f"-t 20 -u 300 -b 9 {BOTH_FLAGS}",
    "pytorch": f"{BOTH_FLAGS} --pytorch --no-arrays",
    "compare": "--compare",
    "compare-bidirectional": "--compare --bidirectional --no-arrays",
    "compare-stack-dry-run": "--compare -u 6,5 -n",
    "sweep": f"-u 8 -u 16 -u 128 -t 3 -t 100 {BOTH_FLAGS}",
    "sweep-stacks": "-u 8 -u 64,32 --bidirectional --return-state -n",
    "sweep-arrays": "-u 2 -u 3 --return-state --arrays",
    "sweep-compare": "--compare -u 8 -u 16 -t 3 -t 100",
}
ONE_LAYER, BOTH_DIRECTIONS, STACK = "-u {u}", "-u {u} --bidirectional", "-u {u},{u}"


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_screens(name: str, golden: Callable[[str, str], None]) -> None:
    encoding = "ascii" if name == "both-ascii" else "utf-8"
    golden(f"{name}.txt", screen(GOLDENS[name], encoding=encoding))


@pytest.mark.parametrize("call", [*GOLDENS.values(), "--pytorch --bidirectional"])
def test_a_terminal_without_unicode_gets_ascii_and_no_question_marks(call: str) -> None:
    assert "?" not in screen(call, encoding="ascii", colours=True)


def constant_run(spec: LSTMSpec) -> Run:
    """Make a run of one number, which costs no arithmetic at any size."""
    x, *outputs = (np.broadcast_to(np.float32(0.5), array.shape) for array in spec.arrays)
    return run_of(spec, x, [], outputs)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize(
    ("layers", "narrowest"), [(ONE_LAYER, 60), (BOTH_DIRECTIONS, 60), (STACK, 60)]
)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_lines_fit_and_end_without_blanks(
    layers: str, narrowest: int, flags: str, data: st.DataObject
) -> None:
    t, f, u, b = data.draw(st.tuples(*[st.sampled_from([1, 12, 123, 9999])] * 4))
    width = data.draw(st.sampled_from([narrowest, 80, 120]) | st.integers(narrowest, 120))
    call = f"-t {t} -f {f} {layers.format(u=u)} -b {b} {flags}"
    if max(t * u * b, t * f * b) > 10**6:
        call += " --dry-run"
    lines = screen(call, width, run=constant_run).splitlines()
    assert max(map(len, lines)) <= width
    assert lines == [line.rstrip() for line in lines]
    assert all(map(any, pairwise(["", *lines, ""])))  # no two lines that are empty


@pytest.mark.parametrize(
    ("width", "call"),
    [
        *((60, f"--bidirectional {BOTH_FLAGS}"), (60, "-u 9999,9999")),
        *((80, "--compare -u 123,123"), (80, "--compare --bidirectional -u 8 -u 16")),
    ],
)
def test_wide_calls_fit_too(width: int, call: str) -> None:
    assert max(map(len, screen(f"{call} -n", width).splitlines())) <= width


@pytest.mark.parametrize(("layers", "rows"), [(ONE_LAYER, 22), (BOTH_DIRECTIONS, 22), (STACK, 24)])
@pytest.mark.parametrize("size", [1, 9999])
def test_the_known_half_fits_24_rows(layers: str, rows: int, size: int) -> None:
    sizes = f"-t {size} -f {size} -b {size} {layers.format(u=size)}"
    for flags in FLAGS:
        known, _ = screen(f"{sizes} {flags} -n").rsplit("\n\n", 1)
        assert len(known.splitlines()) <= rows


@pytest.mark.parametrize("name", ["both", "stack", "pytorch", "compare", "compare-bidirectional"])
def test_a_dry_run_is_the_screen_as_far_as_it_is_computed(name: str) -> None:
    known, last = screen(f"{GOLDENS[name]} -n").rsplit("\n\n", 1)
    assert screen(GOLDENS[name]).startswith(f"{known}\n\nKeras")
    assert last == "computed, without Keras: leave out --dry-run to have Keras confirm it\n"
