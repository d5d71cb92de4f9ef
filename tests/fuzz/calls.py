"""Calls and sittings drawn by Hypothesis: options with their values, and words that write them."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from hypothesis import strategies as st

from tests.fuzz.folder import INPUTS, RIGHT_INPUTS, SUFFIXES, TARGETS

SIZES = {
    "--timesteps": "-t",
    "--features": "-f",
    "--units": "-u",
    "--batch-size": "-b",
}
SEQUENCES, STATE, COMPARE = "--return-sequences", "--return-state", "--compare"
# The more often a flag stands here, the more often it is drawn.
OTHER_FLAGS = (
    *("--json", "--bidirectional", "--json", "--force", "--json", "--pytorch", "--bidirectional"),
    *("--arrays", "--json", "--no-arrays", "--bidirectional"),
)
STATES = ("hidden_state", "cell_state")
ARRAYS = (
    *("input", "output", "all_hidden_states", *STATES),
    *(f"{direction}_{state}" for direction in ("forward", "backward") for state in STATES),
)
ENCODINGS = ("utf-8", "ascii", "latin-1", "cp437")
COLUMNS = ("80", "40", "59", "100", "203", "0", "7", "5000", "many", "")

HUGE = ("1000000000", "2147483647")
WRONG_SIZES = (
    *("0", "-1", "2147483648", "1e3", "3.0", "", " ", "x", "1_0", "\u0663", "\u00b2", "0x3", "nan"),
    *("--", "-u", "True", "9" * 501, "9" * 5000, "5,", ",5", "5,,5", "5;5", "5 ", "\n5", "64,0"),
)
ODD_SIZES = ("+2", "007", "12", "70", *HUGE, *WRONG_SIZES)
DEEP = (",".join("2" * 30), ",".join("1" * 101), "3,1000000000")
WRONG_SHOWS = (
    *(
        "",
        " ",
        "0",
        "[0]",
        "input[0",
        "input]",
        "input[]",
        "input[,]",
        "input[0][0]",
        "input[0] + 1",
    ),
    *("input[None]", "input[[0]]", "input[True]", "input[1_0]", "input[0x1]", "input[1.0]"),
    *("input[a]", "input[::0]", "input[0:1:1:1]", "input[..., ...]", f"input[{'0,' * 900}]"),
    *("input.T", "input;", "Input", "hidden_states", "__import__('os')", "\x1b[2J", "\u202e"),
    *("\u00ednput", "input[\uff10]"),
)
# An index at each end of what there is, and beyond.
EDGES = (
    *("output[0, 4]", "output[0, -5]", "output[0, 5]", "output[0, -6]", "output[0, 0, 0]"),
    *("output[0, :0]", "output[5:]", "output[..., 0]", "output[0, 0, ...]", "output[0,]"),
    *("input[..., 0, 0, 0, 0]", "input[:, ::-2, 1:]", "input [ 0 ]", "hidden_state", "output\n[0]"),
)
NUMBERS = {
    "--seed": (("0", "1", "+7", "4294967295"), ("-1", "4294967296", "1.5", "", "x", "\u0663")),
    "--precision": (("0", "2", "9"), ("10", "-1", "4.0", "")),
    "--edge-items": (("1", "2", "1000"), ("0", "1001", "x")),
    "--max-memory": (
        ("4", "2.5", "1e2", "64."),
        ("0.1", "0.5", "0", "-4", "nan", "inf", "1e999", "", "1_0", "4GiB", "\u0663"),
    ),
}
# What is told apart from options, and what Typer's parser refuses before anything is answered.
ARGUMENTS = (["5"], ["input"], ["-"], [""], ["--", "-t"], ["\u202e"], ["a" * 10_000])
NO_OPTIONS = (
    *(
        ["--time", "3"],
        ["--unit"],
        ["-x"],
        ["--no-json"],
        ["--json=1"],
        ["-nx"],
        ["--return_state"],
    ),
    *([f"--{'a' * 10_000}"], ["--\x1b[31m"], ["-\u2028"], ["--seed"], ["-t"], ["--save"]),
)


@dataclass(frozen=True)
class Part:
    """An option, the value behind it if it takes one, and the words that write both."""

    words: tuple[str, ...]
    option: str = ""
    value: str | None = None


Call = tuple[Part, ...]


def words_of(call: Call) -> list[str]:
    """What a shell would hand over."""
    return [word for part in call for word in part.words]


def _flag(option: str) -> Part:
    return Part((option,), option)


@st.composite
def _valued(draw: st.DrawFn, option: str, values: st.SearchStrategy[str], short: str = "") -> Part:
    value = draw(values)
    spellings = [(option, value), (f"{option}={value}",)]
    if short:
        spellings.append((short, value))
        spellings += [(f"{short}{value}",)] if value[:1] not in ("", "=") else []
    return Part(draw(st.sampled_from(spellings)), option, value)


# Of each kind there are parts that every call may have, and with `odd` those that few may.
def _sizes(odd: bool) -> st.SearchStrategy[Part]:
    size = st.integers(1, 5).map(str)
    stack = st.lists(size, min_size=2, max_size=4).map(",".join)
    some = st.sampled_from(ODD_SIZES)
    usual = dict.fromkeys(SIZES, some if odd else size)
    usual["--units"] = st.one_of(some, st.sampled_from(DEEP)) if odd else st.one_of(size, stack)
    return st.one_of([_valued(option, usual[option], SIZES[option]) for option in SIZES])


def _shows(odd: bool, names: Sequence[str]) -> st.SearchStrategy[Part]:
    number = st.integers(-6, 6) if odd else st.integers(-1, 0)
    bound = st.one_of(st.just(""), number.map(str))
    step = st.sampled_from(("", ":", ":1", ":2", ":-1", ":-3", ":100000000000000000000"))
    piece = st.builds("{}:{}{}".format, bound, bound, step)
    item = st.one_of(number.map(str), piece, st.just("..."), st.just(":"), st.just(" 0 "))
    index = st.lists(item, min_size=1, max_size=4 if odd else 2).map(",".join)
    bracket = st.builds("[{}{}]".format, index, st.sampled_from(("", "", ",", " ", "\n")))
    some = st.one_of(st.sampled_from(names), st.sampled_from(ARRAYS if odd else names))
    expression = st.builds("{}{}".format, some, st.one_of(st.just(""), bracket, bracket))
    wrong = st.sampled_from(WRONG_SHOWS)
    return _valued("--show", st.one_of(expression, wrong) if odd else expression)


def _numbers(odd: bool) -> st.SearchStrategy[Part]:
    return st.one_of(
        [
            _valued(option, st.sampled_from(wrong if odd else right))
            for option, (right, wrong) in NUMBERS.items()
        ]
    )


def _files(odd: bool) -> st.SearchStrategy[Part]:
    new = st.builds("{}{}".format, st.sampled_from(("a", "b")), st.sampled_from(SUFFIXES))
    save = _valued("--save", st.sampled_from(TARGETS) if odd else new)
    inputs = st.sampled_from(INPUTS if odd else RIGHT_INPUTS)
    return st.one_of(save, save, _valued("--input", inputs))


def _oddities(names: Sequence[str]) -> st.SearchStrategy[Part]:
    noise = st.sampled_from((*ARGUMENTS, *NO_OPTIONS)).map(lambda words: Part(tuple(words)))
    flags = st.sampled_from((SEQUENCES, COMPARE, "-h", "--help", "--version")).map(_flag)
    sizes, shows, files = _sizes(True), _shows(True, names), _files(True)
    return st.one_of(files, shows, sizes, files, shows, _numbers(True), noise, sizes, flags)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Options in any order, in half of the calls with one or two odd ones among them."""
    flags = draw(st.sampled_from(((), (SEQUENCES,), (STATE,), (SEQUENCES, STATE), (COMPARE,))))
    flags += tuple(draw(st.lists(st.sampled_from(OTHER_FLAGS), max_size=3)))
    names = _names(flags)
    shows, files = _shows(False, names), _files(False)
    kinds = [_sizes(False), shows, files, _sizes(False), shows, files, _numbers(False)]
    usual = draw(st.lists(st.one_of(kinds), max_size=6))
    dry = draw(st.sampled_from(((), (), (), (), (), (), ("-n",), ("--dry-run",))))
    odd = draw(st.sampled_from((0, 1, 0, 1, 0, 2)))
    oddities = [draw(_oddities(names)) for _ in range(odd)]
    parts = draw(st.permutations([*map(_flag, (*flags, *dry)), *usual, *oddities]))
    # An option that lacks its value would take the next word for it.
    return tuple(sorted(parts, key=lambda part: list(part.words) in NO_OPTIONS))


def each_alone() -> Iterator[Call]:
    """Calls with one odd option and hardly another."""
    values = [*zip(cycle(SIZES), (*ODD_SIZES, *DEEP), strict=False)]
    values += [("--units", units) for units in DEEP]
    values += [("--show", expression) for expression in (*WRONG_SHOWS, *EDGES)]
    values += [("--input", name) for name in INPUTS]
    values += [(option, value) for option, of in NUMBERS.items() for value in (*of[0], *of[1])]
    yield from ((Part((option, value), option, value),) for option, value in values)
    for name in TARGETS:
        part = Part(("--save", name), "--save", name)
        yield from ((part, _flag("-n")), (part, _flag("-n"), _flag("--force")), (part, part))
    yield from ((Part(tuple(words)),) for words in (*ARGUMENTS, *NO_OPTIONS))


def _names(flags: Sequence[str]) -> list[str]:
    """The arrays that a call with these flags has."""
    if COMPARE in flags:
        first = ["output", "all_hidden_states"]
    else:
        first = ["all_hidden_states" if SEQUENCES in flags else "output"]
    directions = ("forward_", "backward_") if "--bidirectional" in flags else ("",)
    states = [f"{way}{state}" for way in directions for state in STATES]
    return ["input", *first, *(states if {STATE, COMPARE} & set(flags) else [])]


@dataclass(frozen=True)
class Line:
    """A line of a sitting: its text, and the call in it, if there is one."""

    text: str
    call: Call | None = None
    status: int = 0


NO_CALLS = (
    *(Line(text) for text in ("", "   ", "# -u 6", "  #-u", "\t")),
    *(
        Line(text, status=2)
        for text in ("-i", "--help", "lstm-shapes -h", "--version", "-u 'x", '"')
    ),
)


@st.composite
def _line(draw: st.DrawFn) -> Line:
    call = draw(calls())
    words = words_of(call)
    if re.search("[\0\n\r\ud800-\udfff]", "".join(words)):
        return Line("")
    # Without a word, what is left would be no call but a comment.
    start = draw(st.sampled_from(("", "", "lstm-shapes ", "  "))) if words else "lstm-shapes "
    end = draw(st.sampled_from(("", "", " ", " # -u 0 'x", "\t#")))
    text = f"{start}{shlex.join(words)}{end}"
    # Without a word it is blank, and no call.
    return Line(text, call if words or start.strip() else None)


def sittings() -> st.SearchStrategy[tuple[Call, list[Line]]]:
    """Options beside `-i`, and lines of which most are calls."""
    beside = (("--json",), ("--no-arrays",), ("--precision=2",), ("--pytorch",), ("-u", "3"))
    base = st.lists(st.sampled_from(beside), max_size=2).map(
        lambda parts: tuple(Part(words, words[0].split("=")[0]) for words in parts)
    )
    line = st.one_of(_line(), _line(), st.sampled_from(NO_CALLS))
    return st.tuples(base, st.lists(line, max_size=4))
