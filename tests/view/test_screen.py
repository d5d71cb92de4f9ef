"""The whole screen: golden files, and what holds at every width and encoding."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes import show
from lstm_shapes.request import Request
from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.screen import Printer, Screen
from lstm_shapes.view.style import ASCIIGlyphs, Glyphs, Look
from tests.conftest import VERSIONS, screen
from tests.view.runs import constant_run, spec_of, texts

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


def one_layer(units: int) -> str:
    """Return the options of one layer of so many units."""
    return f"-u {units}"


def both_directions(units: int) -> str:
    """Return the options of one layer in both directions."""
    return f"-u {units} --bidirectional"


def stack(units: int) -> str:
    """Return the options of two layers."""
    return f"-u {units},{units}"


def width_of(text: str) -> int:
    """Return the length of the longest line."""
    return max(len(line) for line in text.splitlines())


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_screens(name: str, golden: Callable[[str, str], None]) -> None:
    encoding = "ascii" if name == "both-ascii" else "utf-8"
    golden(f"{name}.txt", screen(GOLDENS[name], encoding=encoding))


@pytest.mark.parametrize("call", [*GOLDENS.values(), "--pytorch --bidirectional"])
def test_a_terminal_without_unicode_gets_ascii_and_no_question_marks(
    call: str,
) -> None:
    assert "?" not in screen(call, encoding="ascii", colours=True)


SIZE = st.sampled_from([1, 12, 123, 9999])
WIDTH = st.sampled_from([60, 80, 120]) | st.integers(60, 120)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", [one_layer, both_directions, stack])
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    timesteps=SIZE,
    features=SIZE,
    units=SIZE,
    batch_size=SIZE,
    width=WIDTH,
)
def test_lines_fit_and_end_without_blanks(
    layers: Callable[[int], str],
    flags: str,
    timesteps: int,
    features: int,
    units: int,
    batch_size: int,
    width: int,
) -> None:
    call = f"-t {timesteps} -f {features} {layers(units)} -b {batch_size} {flags}"
    numbers_in_an_array = timesteps * batch_size * max(units, features)
    if numbers_in_an_array > 10**6:
        call += " --dry-run"
    text = screen(call, width, run=constant_run)
    assert width_of(text) <= width
    lines = text.splitlines()
    assert lines == [line.rstrip() for line in lines]
    # No empty line stands at an end of the screen or beside another one.
    for line, next_line in pairwise(["", *lines, ""]):
        assert line or next_line


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_footer_repeats_the_call_in_lines_that_a_shell_joins(width: int) -> None:
    call = "-t 100 -u 64,32 -b 99 --show output[0,1] --no-arrays"
    footer = screen(call, width).split("\n\n")[-1]
    assert width_of(footer) <= width
    facts, pasted = footer.split("repeat with\n")
    versions = [f"{name} {version}" for name, version in VERSIONS.items()]
    assert " ".join(facts.split()).split(" · ") == ["seed 1729", *versions]

    joined = " ".join(pasted.replace("\\\n", "").split())
    assert joined == (
        "lstm-shapes -t 100 -u 64,32 -b 99 --show 'output[0,1]' --no-arrays --seed 1729"
    )
    for option in ("-t 100", "-u 64,32", "-b 99", "--show 'output[0,1]'"):
        # An option and its value stand on one line.
        assert option in pasted
    assert "--no-arrays" in pasted


@pytest.mark.parametrize(
    ("width", "call"),
    [
        (60, f"--bidirectional {BOTH_FLAGS}"),
        (60, "-u 9999,9999"),
        (80, "--compare -u 123,123"),
        (80, "--compare --bidirectional -u 8 -u 16"),
    ],
)
def test_wide_calls_fit_too(width: int, call: str) -> None:
    assert width_of(screen(f"{call} -n", width)) <= width


@pytest.mark.parametrize("size", [1, 5, 123, 9999])
@pytest.mark.parametrize("flags", [*FLAGS, "--compare"])
@pytest.mark.parametrize(
    ("layers", "row_count"),
    [
        (one_layer, 22),
        (both_directions, 22),
        (stack, 25),
    ],
)
def test_a_dry_run_and_two_prompts_fit_24_rows(
    layers: Callable[[int], str], row_count: int, flags: str, size: int
) -> None:
    call = f"-t {size} -f {size} -b {size} {layers(size)} {flags} -n"
    assert len(screen(call).splitlines()) <= row_count


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("sizes", ["", "-t 10 -f 8 -u 16 -b 32"])
def test_one_layer_has_room_for_the_equations_of_a_step(sizes: str, flags: str) -> None:
    assert "c = f·c + i·g  h = o·tanh(c)  " in screen(f"{sizes} {flags} -n")


# How the sections begin, in the order of the screen.
BEGINNINGS = {
    "drawing": "     t=0 ",
    "outputs": "Outputs  ",
    "parameters": "Parameters  ",
    "pytorch": "In PyTorch",
    "keras": "Keras  ✓",
    "next": "Next layer  ",
    "arrays": "output  (1, 5) = (batch, units)",
}


def sections_of(text: str) -> list[str]:
    """Return the names of the sections that a screen shows, in its order."""
    names = []
    for line in text.splitlines():
        for name, beginning in BEGINNINGS.items():
            if line.startswith(beginning):
                names.append(name)
    return names


@pytest.mark.parametrize(
    ("call", "sections"),
    [
        ("--only drawing", ["drawing"]),
        ("--only outputs", ["outputs"]),
        ("--only parameters", ["parameters"]),
        ("--only pytorch", ["pytorch"]),
        ("--only keras", ["keras"]),
        ("--only next", ["next"]),
        ("--only arrays", ["arrays"]),
        (
            "--only arrays --only drawing --only next",
            ["drawing", "next", "arrays"],
        ),
        ("--only outputs --only parameters -n", ["outputs", "parameters"]),
        (
            "--only keras --only outputs --pytorch",
            ["outputs", "pytorch", "keras"],
        ),
        ("--only keras --only outputs --compare", ["outputs", "keras"]),
        ("--show output", ["arrays"]),
        ("--show output --only drawing", ["drawing", "arrays"]),
    ],
)
def test_chosen_sections_stand_alone_in_the_order_of_the_screen(
    call: str, sections: list[str]
) -> None:
    text = screen(call)
    assert sections_of(text) == sections
    assert text.startswith(BEGINNINGS[sections[0]])  # and not with the layer
    has_footer = "\nseed" in text
    assert has_footer is ("--only" not in call)
    assert "computed, without" not in text


@pytest.mark.parametrize(
    ("chosen", "call"),
    [
        ("--only parameters", ""),
        ("--only outputs", "--compare --bidirectional"),
    ],
)
def test_a_section_is_that_of_the_whole_screen(chosen: str, call: str) -> None:
    lines = screen(call).splitlines()
    for line in screen(f"{chosen} {call}").splitlines():
        assert line in lines


@pytest.mark.parametrize(
    "name", ["both", "stack", "pytorch", "compare", "compare-bidirectional"]
)
def test_a_dry_run_is_the_screen_as_far_as_it_is_computed(name: str) -> None:
    computed, footer = screen(f"{GOLDENS[name]} -n").split("\ncomputed, ")
    assert screen(GOLDENS[name]).startswith(f"{computed.rstrip()}\n\nKeras")
    assert footer == ("without Keras: leave out --dry-run to have Keras confirm it\n")


def lines_of(spec: Spec, look: Look) -> list[str]:
    """Return the half of the screen of layers as written that is known."""
    lines: Lines = []
    view = Screen(Request(rows=((spec,),)), Printer(lines.extend, look))
    view.begin()
    return texts(lines)


GOES_BACKWARDS = Layer(
    cell=LSTM,
    units=123,
    return_sequences=True,
    return_state=True,
    go_backwards=True,
)
MERGED = Layer(
    cell=LSTM,
    units=123,
    return_sequences=True,
    return_state=True,
    bidirectional=True,
    merge_mode="ave",
)
NOT_MERGED = Layer(
    cell=GRU,
    units=123,
    return_sequences=True,
    return_state=True,
    bidirectional=True,
    merge_mode=None,
)
FUNCTIONS = Layer(
    cell=LSTM,
    units=123,
    activation="leaky_relu",
    recurrent_activation="hard_sigmoid",
    use_bias=False,
)
RESETS_BEFORE = Layer(cell=GRU, units=123, reset_after=False, stateful=True)
LOWER = Layer(
    cell=GRU,
    units=123,
    return_sequences=True,
    bidirectional=True,
    merge_mode="sum",
)
UPPER = Layer(cell=LSTM, units=123, return_sequences=True, return_state=True)
TOP = Layer(cell=SIMPLE_RNN, units=123, activation="relu")

AS_WRITTEN = [
    pytest.param((GOES_BACKWARDS,), id="backwards"),
    pytest.param((MERGED,), id="merged"),
    pytest.param((NOT_MERGED,), id="not merged"),
    pytest.param((FUNCTIONS,), id="functions"),
    pytest.param((RESETS_BEFORE,), id="resets before, stateful"),
    pytest.param((LOWER, UPPER, TOP), id="mixed stack"),
]


@pytest.mark.parametrize("glyphs", [Glyphs(), ASCIIGlyphs()], ids=["Unicode", "ASCII"])
@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("layers", AS_WRITTEN)
def test_layers_as_written_fit_and_lines_end_without_blanks(
    layers: tuple[Layer, ...], width: int, glyphs: Glyphs
) -> None:
    spec = spec_of(*layers, timesteps=123, features=123, batch_size=123)
    for line in lines_of(spec, Look(width, glyphs)):
        assert len(line) <= width
        assert line == line.rstrip()
        if isinstance(glyphs, ASCIIGlyphs):
            assert line.isascii()


def test_a_mixed_stack_is_titled_by_each_of_its_layers_as_written() -> None:
    lower = Layer(
        cell=LSTM,
        units=64,
        return_sequences=True,
        bidirectional=True,
        merge_mode="sum",
    )
    upper = Layer(cell=GRU, units=32, use_bias=False)
    assert lines_of(spec_of(lower, upper), Look())[:3] == [
        'Bidirectional(LSTM(64, return_sequences=True), merge_mode="sum")',
        "→ GRU(32, use_bias=False)",
        "input (1, 3, 4) = (batch, timesteps, features)",
    ]


@pytest.mark.parametrize("layers", AS_WRITTEN)
def test_show_prints_the_known_half_of_layers_as_written(
    layers: tuple[Layer, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    spec = spec_of(*layers)
    show(spec)
    assert capsys.readouterr().out.splitlines() == lines_of(spec, Look())
