"""The table of a sweep: a row for each run, or for each comparison of four."""

import re

import pytest

from tests.conftest import screen

BOTH_FLAGS = "--return-sequences --return-state"
CELL = r"\S+(?: \S+)*"  # words with single blanks between them


def rows_of(table: str) -> list[list[re.Match[str]]]:
    """Return the cells of each row from that of the titles on, with their places."""
    lines = table.splitlines()
    while "  parameters" not in lines[0]:
        del lines[0]
    return [list(re.finditer(CELL, line)) for line in lines]


@pytest.mark.parametrize(
    ("call", "first_titles", "row_count"),
    [
        pytest.param(
            f"-t 3 -t 1000 -u 8 -u 64,32 {BOTH_FLAGS}",
            "timesteps units all_hidden_states hid",
            4,
            id="stacks",
        ),
        pytest.param(
            "-t 3 -t 1000 -f 1 -f 99 -u 8 -u 1000 -b 9 -b 10",
            "timesteps features units batch out",
            16,
            id="all sizes",
        ),
        pytest.param(
            "--compare -u 8 -u 16 -t 3 -t 100",
            "timesteps units 0 1 2 3 parameters",
            4,
            id="comparisons",
        ),
        pytest.param(
            f"--bidirectional -u 8 -u 64,32 {BOTH_FLAGS}",
            "units all_hidden_states each state par",
            2,
            id="both directions",
        ),
    ],
)
def test_rows_stand_under_their_titles(
    call: str, first_titles: str, row_count: int
) -> None:
    """Shapes begin where their title begins, and numbers end where theirs does."""
    table = screen(f"{call} -n").split("\n\n")[-2]
    titles, *rows = rows_of(table)
    line_of_titles = " ".join(title.group() for title in titles)
    assert line_of_titles.startswith(first_titles)
    assert len(rows) == row_count
    for row in rows:
        for cell, title in zip(row, titles, strict=True):
            if cell.group().startswith("("):
                assert cell.start() == title.start()
            else:
                assert cell.end() == title.end()


@pytest.mark.parametrize(
    ("call", "layers"),
    [
        pytest.param(
            "--return-state --arrays",
            [
                "LSTM(2, return_state=True)",
                "LSTM(2, return_state=True)",
                "LSTM(2, return_state=True)",
                "LSTM(3, return_state=True)",
                "LSTM(3, return_state=True)",
                "LSTM(3, return_state=True)",
            ],
            id="three arrays of each call",
        ),
        pytest.param(
            "--compare --show cell_state[0]",
            [
                "LSTM(2, return_state=True)",
                "LSTM(2, return_sequences=True, return_state=True)",
                "LSTM(3, return_state=True)",
                "LSTM(3, return_sequences=True, return_state=True)",
            ],
            id="an array of two calls in each comparison",
        ),
    ],
)
def test_arrays_are_shown_below_their_row_with_their_call(
    call: str, layers: list[str]
) -> None:
    text = " ".join(screen(f"-u 2 -u 3 {call}").split())
    assert re.findall(r" of (LSTM\(\d[^()]*\)) on \(1, 3, 4\)", text) == layers
    titles_and_row = r" units [^()]* parameters [23] \("
    assert len(re.findall(titles_and_row, text)) == 2
