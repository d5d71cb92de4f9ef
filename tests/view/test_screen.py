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
    "gru": f"--layer GRU {BOTH_FLAGS}",
    "lengths": f"--lengths 3,1 {BOTH_FLAGS}",
    "lengths-bidirectional": f"--lengths 3,1 --bidirectional {BOTH_FLAGS}",
    "deep": "-u 9,8,7,6,5,4,3,2 --bidirectional --return-state --no-arrays",
    "large-elided": f"-t 20 -u 300 -b 9 {BOTH_FLAGS}",
    "pytorch": f"{BOTH_FLAGS} --pytorch --no-arrays",
    "compare": "--compare",
    "compare-bidirectional": "--compare --bidirectional --no-arrays",
    "compare-stack-dry-run": "--compare -u 6,5 -n",
    "sweep": f"-u 8 -u 16 -u 128 -t 3 -t 100 {BOTH_FLAGS}",
    "sweep-stacks": "-u 8 -u 64,32 --bidirectional --return-state -n",
    "sweep-arrays": "-u 2 -u 3 --return-state --arrays",
    "sweep-kinds": "--layer LSTM --layer GRU --layer SimpleRNN -u 64 --return-state",
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


@pytest.mark.parametrize("size", [1, 5, 123, 9999])
@pytest.mark.parametrize("flags", [*FLAGS, "--compare"])
@pytest.mark.parametrize(("layers", "rows"), [(ONE_LAYER, 22), (BOTH_DIRECTIONS, 22), (STACK, 25)])
def test_a_dry_run_and_two_prompts_fit_24_rows(
    layers: str, rows: int, flags: str, size: int
) -> None:
    sizes = f"-t {size} -f {size} -b {size} {layers.format(u=size)}"
    assert len(screen(f"{sizes} {flags} -n").splitlines()) <= rows


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", ["", "-t 10 -f 8 -u 16 -b 32"])
def test_one_layer_has_room_for_the_equations_of_a_step(layers: str, flags: str) -> None:
    assert "c = f·c + i·g  h = o·tanh(c)  " in screen(f"{layers} {flags} -n")


SHOWN = {
    "drawing": "     t=0 ",
    "outputs": "Outputs  ",
    "parameters": "Parameters  ",
    "pytorch": "In PyTorch",
    "keras": "Keras  ✓",
    "next": "Next layer  ",
    "arrays": "output  (1, 5) = (batch, units)",
}


@pytest.mark.parametrize(
    ("call", "sections"),
    [
        *((f"--only {name}", [name]) for name in SHOWN),
        ("--only arrays --only drawing --only next", ["drawing", "next", "arrays"]),
        ("--only outputs --only parameters -n", ["outputs", "parameters"]),
        ("--only keras --only outputs --pytorch", ["outputs", "pytorch", "keras"]),
        ("--only keras --only outputs --compare", ["outputs", "keras"]),
        ("--show output", ["arrays"]),
        ("--show output --only drawing", ["drawing", "arrays"]),
    ],
)
def test_chosen_sections_stand_alone_in_the_order_of_the_screen(
    call: str, sections: list[str]
) -> None:
    text = screen(call)
    starts = [f"\n{text}".find(f"\n{SHOWN[name]}") for name in SHOWN]
    found = sorted((at, name) for at, name in zip(starts, SHOWN, strict=True) if at >= 0)
    assert [name for _, name in found] == sections
    assert found[0][0] == 0  # nothing above it, as the call
    assert ("\nseed" in text) is ("--only" not in call)  # the footer
    assert "computed, without" not in text


@pytest.mark.parametrize("call", ["--only parameters", "--only outputs --compare --bidirectional"])
def test_a_section_is_that_of_the_whole_screen(call: str) -> None:
    whole = screen(call.replace("--only parameters", "").replace("--only outputs", ""))
    assert all(line in whole.splitlines() for line in screen(call).splitlines())


@pytest.mark.parametrize("name", ["both", "stack", "pytorch", "compare", "compare-bidirectional"])
def test_a_dry_run_is_the_screen_as_far_as_it_is_computed(name: str) -> None:
    known, last = screen(f"{GOLDENS[name]} -n").split("\ncomputed, ")
    assert screen(GOLDENS[name]).startswith(f"{known.rstrip()}\n\nKeras")
    assert last == "without Keras: leave out --dry-run to have Keras confirm it\n"
