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
from tests.conftest import KINDS, pasted_words, screen
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
    call = "-t 100 -f 7 -u 64,32 -b 99 --return-sequences --no-arrays --precision 2"
    footer = screen(call, width).split("\n\n")[-1]
    assert width_of(footer) <= width
    facts, pasted = footer.split("repeat with")
    assert facts == "seed 1729 · keras 3.15.1 · more: --only gates,cost,pytorch\n"

    joined = " ".join(pasted.replace("\\\n", "").split())
    assert joined == f"lstm-shapes {call} --seed 1729"
    for option in ("-t 100", "-u 64,32", "-b 99", "--precision 2", "--no-arrays"):
        # An option and its value stand on one line.
        assert option in pasted


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_hundreds_of_lengths_fill_no_screen_and_no_line(encoding: str) -> None:
    lengths = ",".join(str(length) for length in range(1, 101))
    text = screen(f"-t 100 --lengths {lengths} --no-arrays", encoding=encoding)
    gap = "…" if encoding == "utf-8" else "..."
    assert f"\nlengths (1, 2, 3, 4, 5, 6, {gap}, 95, 96, 97, 98, 99, 100)," in text
    assert width_of(text) <= 80
    words = pasted_words(text)
    assert words[words.index("--lengths") + 1] == lengths


@pytest.mark.parametrize(
    ("call", "row_count"),
    [
        pytest.param("", 2, id="one row"),
        pytest.param(BOTH_FLAGS, 2, id="one row that just fits"),
        pytest.param(f"--bidirectional {BOTH_FLAGS}", 3, id="a row below"),
    ],
)
def test_the_call_stands_behind_repeat_with_where_it_fits(
    call: str, row_count: int
) -> None:
    footer = screen(call).split("\n\n")[-1]
    assert len(footer.splitlines()) == row_count
    if row_count == 2:
        assert "\nrepeat with lstm-shapes " in footer
    else:
        assert "\nrepeat with\n  lstm-shapes " in footer


def test_the_footer_names_the_sections_that_a_call_can_have_and_has_not() -> None:
    for name in ("gates", "cost", "pytorch"):
        assert sections_of(screen(f"--only {name} -n")) == [name]
        assert name not in sections_of(screen("-n"))
    assert "more: --only gates,cost\n" in screen("--compare")


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


def rows_of_computed(call: str) -> int:
    """Count the rows of the half of a screen that is known, with its footer."""
    return len(screen(f"{call} -n").splitlines())


@pytest.mark.parametrize("size", [1, 5, 123, 9999])
@pytest.mark.parametrize("flags", [*FLAGS, "--compare"])
@pytest.mark.parametrize(
    ("layers", "row_count"),
    [
        pytest.param(one_layer, 22, id="one layer"),
        pytest.param(both_directions, 23, id="both directions"),
        pytest.param(stack, 25, id="stack"),
    ],
)
def test_what_is_known_its_footer_and_the_prompt_fit_24_rows(
    layers: Callable[[int], str], row_count: int, flags: str, size: int
) -> None:
    for kind in KINDS:
        call = f"--layer {kind} -t {size} -f {size} -b {size} {layers(size)} {flags}"
        assert rows_of_computed(call) <= row_count


@pytest.mark.parametrize(
    "sizes", ["-t 1 -f 9999 -u 9999", "-t 9999 -u 1", "-t 1 -u 123"]
)
@pytest.mark.parametrize("flags", [*FLAGS, "--compare"])
def test_unequal_sizes_fit_24_rows_too(sizes: str, flags: str) -> None:
    for kind in KINDS:
        call = f"--layer {kind} {sizes} -b 9999 {flags}"
        assert rows_of_computed(call) <= 22
        assert rows_of_computed(f"{call} --bidirectional") <= 23


@pytest.mark.parametrize(
    ("call", "row_count"),
    [
        pytest.param("", 40, id="bare"),
        pytest.param(BOTH_FLAGS, 53, id="both flags"),
        pytest.param(f"-t 10 -f 8 -u 16 -b 32 {BOTH_FLAGS}", 62, id="other sizes"),
        pytest.param(f"--bidirectional {BOTH_FLAGS}", 66, id="both directions"),
    ],
)
def test_every_row_of_the_whole_screen_earns_its_place(
    call: str, row_count: int
) -> None:
    for kind in KINDS:
        assert len(screen(f"--layer {kind} {call}").splitlines()) <= row_count


def test_a_screen_with_no_room_for_it_leaves_out_why_h_comes_twice() -> None:
    call = "--bidirectional --return-state"
    assert "h twice" in screen(f"{call} -n")
    assert "h twice" not in screen(f"{call} -t 9999 -f 9999 -u 9999 -b 9999 -n")
    # Where sections are chosen, there is room.
    large = f"{call} -t 9999 -f 9999 -u 9999 -b 9999"
    assert "h twice" in screen(f"{large} --only outputs -n")


# How the sections begin, in the order of the screen.
BEGINNINGS = {
    "drawing": "     t=0 ",
    "outputs": "Outputs  ",
    "parameters": "Parameters  ",
    "gates": "Gates  ",
    "cost": "Cost  ",
    "keras": "Keras  ✓",
    "next": "Next layer  ",
    "pytorch": "In PyTorch",
    "arrays": "output  (1, 5) = (batch, units)",
}
INTRODUCTION = (
    "LSTM(5)\ninput (1, 3, 4) = (batch, timesteps, features)  h and c have 5 units\n"
)


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
        ("--only drawing --next Dense(1)", ["drawing", "next"]),
        ("--show output --next Dense(1)", ["next", "arrays"]),
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
            ["outputs", "keras", "pytorch"],
        ),
        (
            "--only pytorch,next,cost,gates,drawing",
            ["drawing", "gates", "cost", "next", "pytorch"],
        ),
        ("--only cost,gates --compare", ["gates", "cost"]),
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
    if "--compare" in call:
        assert text.startswith("LSTM(5) in four calls")
    else:
        assert text.startswith(INTRODUCTION)
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


@pytest.mark.parametrize("name", ["both", "stack", "compare", "compare-bidirectional"])
def test_a_dry_run_is_the_screen_as_far_as_it_is_computed(name: str) -> None:
    computed, footer = screen(f"{GOLDENS[name]} -n").split("\ncomputed, ")
    assert screen(GOLDENS[name]).startswith(f"{computed.rstrip()}\n\nKeras")
    assert footer == ("without Keras: leave out --dry-run to have Keras confirm it\n")


def test_pytorch_stands_behind_the_next_layer_and_without_a_run_at_once() -> None:
    sections = sections_of(screen("--pytorch"))
    assert sections[-4:] == ["keras", "next", "pytorch", "arrays"]
    assert sections_of(screen("--pytorch -n")) == [*sections[:3], "pytorch"]
    # Both say the same, and nothing that is known stands twice.
    pytorch = screen("--pytorch").partition("In PyTorch")[2].partition("\n\n")[0]
    assert f"In PyTorch{pytorch}\n" in screen("--pytorch -n")
    assert screen("--pytorch").count("In PyTorch") == 1


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
