"""The table of a sweep: a row for each run, or for each comparison of four."""

import re

import pytest

from tests.conftest import screen

BOTH_FLAGS = "--return-sequences --return-state"
STATE = "return_state=True"
CELL = r"\S+(?: \S+)*"


@pytest.mark.parametrize(
    ("call", "title"),
    [
        (f"-t 3 -t 1000 -u 8 -u 64,32 {BOTH_FLAGS}", "timesteps units all_hidden_states hid"),
        ("-t 3 -t 1000 -f 1 -f 99 -u 8 -u 1000 -b 9 -b 10", "timesteps features units batch out"),
        ("--compare -u 8 -u 16 -t 3 -t 100", "timesteps units 0 1 2 3 parameters"),
        (f"--bidirectional -u 8 -u 64,32 {BOTH_FLAGS}", "units all_hidden_states each state par"),
    ],
    ids=["stacks", "all sizes", "comparisons", "both directions"],
)
def test_rows_stand_under_their_titles(call: str, title: str) -> None:
    """Shapes begin where their title begins, and numbers end where theirs does."""
    *_, table, _ = screen(f"{call} -n").split("\n\n")
    lines = table.splitlines()
    titles, *rows = lines[next(at for at, line in enumerate(lines) if "  parameters" in line) :]
    assert " ".join(titles.split()).startswith(title)
    assert len(rows) == 2 ** len(re.findall(r"(?=(?:^|\s)-(\w) .*-\1 )", call))
    for row in rows:
        for cell, of in zip(re.finditer(CELL, row), re.finditer(CELL, titles), strict=True):
            side = 0 if cell.group().startswith("(") else 1
            assert cell.span()[side] == of.span()[side]


@pytest.mark.parametrize(
    ("call", "flags"),
    [
        ("--return-state --arrays", [STATE] * 3),
        ("--compare --show cell_state[0]", [STATE, f"return_sequences=True, {STATE}"]),
    ],
)
def test_arrays_are_shown_below_their_row_with_their_call(call: str, flags: list[str]) -> None:
    text = " ".join(screen(f"-u 2 -u 3 {call}").split())
    expected = [f"LSTM({units}, {of_call})" for units in (2, 3) for of_call in flags]
    assert re.findall(r" of (LSTM\(\d[^()]*\)) on \(1, 3, 4\)", text) == expected
    assert len(re.findall(r" units [^()]* parameters [23] \(", text)) == 2
