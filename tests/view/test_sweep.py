"""The table of a sweep: a row for each run, or for each comparison of four."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Command, request_of, screen

BOTH_FLAGS = "--return-sequences --return-state"
CELL = r"\S+(?: \S+)*"  # words with single blanks between them


def rows_of(table: str) -> list[list[re.Match[str]]]:
    """Return the cells of each row from that of the titles on, with their places."""
    lines = table.splitlines()
    while not lines[0].startswith(("  timesteps", "  units")):
        del lines[0]
    return [list(re.finditer(CELL, line)) for line in lines]


def test_a_sweep_says_that_timesteps_are_open_and_how_many_a_run_has() -> None:
    heading = screen("-t None -u 8 -u 16 -n").partition("\n\n")[0]
    assert "timesteps 3 " in heading
    assert "timesteps are open (None in Keras)" in heading


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
            f"--only outputs -u 8 -u 16 {BOTH_FLAGS}",
            "units all_hidden_states hidden_state cell_state",
            2,
            id="outputs alone",
        ),
        pytest.param(
            "--only parameters -u 8 -u 16 -t 3 -t 4",
            "timesteps units parameters",
            4,
            id="parameters alone",
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
    table = screen(f"{call} -n").split("\n\n")[1]
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


def test_numbers_are_shown_where_arrays_alone_are_asked_for() -> None:
    text = screen("-u 2 -u 3 --only arrays --return-state")
    assert text.count("hidden_state  (1, ") == 2
    assert "parameters" not in text
    assert "repeat with" not in text


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        pytest.param(
            "-u 2 -u 3 --only drawing,outputs",
            "a sweep has no drawing",
            id="sweep",
        ),
        pytest.param(
            "-u 2 -u 3 --compare --only keras,parameters,drawing",
            "a sweep has no drawing or keras",
            id="sweep of comparisons",
        ),
        pytest.param(
            "--compare --only next,outputs",
            "a comparison has no next",
            id="comparison",
        ),
    ],
)
def test_what_is_missing_is_said_once_at_the_end(call: str, sentence: str) -> None:
    lines = screen(call).splitlines()
    assert lines[-2:] == ["", sentence]


SIZES_OF_FOUR_DIGITS = "-t 1000 -t 2000 -u 1000 -u 2000 -b 1000 -b 2000"


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize(
    "call",
    [
        pytest.param("-u 1000 -u 2000 -t 1000", id="one array"),
        pytest.param(f"{SIZES_OF_FOUR_DIGITS} {BOTH_FLAGS}", id="three arrays"),
        pytest.param(
            f"{SIZES_OF_FOUR_DIGITS} -f 1000 -f 2000 {BOTH_FLAGS} --bidirectional"
            " --layer LSTM --layer GRU",
            id="all that varies",
        ),
        pytest.param(
            f"{SIZES_OF_FOUR_DIGITS} --compare --layer LSTM --layer SimpleRNN",
            id="comparisons",
        ),
    ],
)
def test_a_table_keeps_within_the_width(call: str, width: int) -> None:
    """No name or shape is broken by the terminal, and every row has its facts."""
    lines = screen(f"{call} -n", width).splitlines()
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    row_count = len(request_of(call).rows)
    assert len(re.findall(r" [\d,]+,000(?= |$)", text)) == row_count


def test_a_table_of_own_data_warns_of_what_is_wrong_with_it(
    tmp_path: Path, command: Command
) -> None:
    x = np.ones((2, 3, 4))
    x[0, 0, 0] = np.nan
    np.save(tmp_path / "x.npy", x)
    words = f"--input {tmp_path}/x.npy --lengths 3,1 -u 3 -u 4".split()
    text = command(*words).stdout
    assert text.count("1 of 2 samples of the input hold values that are not") == 1
    assert text.count("2 masked timesteps of the input hold numbers") == 1


def test_arrays_of_each_direction_are_no_states() -> None:
    table = screen(
        "Bidirectional(LSTM(3),merge_mode=None) -t 3 -t 5 -n"
        f" {BOTH_FLAGS} --only outputs",
        width=100,
    )
    titles, row, _ = rows_of(table)
    assert [cell[0] for cell in titles][-1] == "each state"
    assert [cell[0] for cell in row] == ["3", "(1, 3, 3)", "(1, 3, 3)", "(1, 3)"]


def test_a_sweep_says_what_of_the_code_it_has_not() -> None:
    assert "not tried here, as that is for one run of Keras: Dense(2)" in screen(
        "LSTM(3),Dense(2) -t 3 -t 5 -n"
    )
