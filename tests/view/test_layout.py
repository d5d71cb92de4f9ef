"""Layout: chunks on lines, tables, and remarks that have room or have none."""

import pytest
from rich.text import Text

from lstm_shapes.view.layout import (
    flow,
    flow_words,
    separated,
    table,
    table_with_remarks,
)
from lstm_shapes.view.style import Look
from tests.view.runs import texts


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        pytest.param(20, ["  one two  three"], id="wide"),
        pytest.param(14, ["  one two", "  three"], id="narrow"),
        pytest.param(6, ["  one", "  two", "  three"], id="narrower than a chunk"),
    ],
)
def test_chunks_stand_side_by_side_as_far_as_there_is_room(
    width: int, lines: list[str]
) -> None:
    assert texts(flow(["one two", "three"], Look(width))) == lines


def test_an_empty_chunk_takes_no_room() -> None:
    assert texts(flow(["one", "", Text(), "two"], Look(20))) == ["  one  two"]


def test_a_sentence_breaks_between_its_words_as_late_as_it_can() -> None:
    lines = texts(flow_words("to hand on what it remembers", Look(14)))
    assert lines == ["  to hand on", "  what it", "  remembers"]


def test_cells_stand_under_their_titles_and_numbers_at_the_right() -> None:
    rows = [
        [Text("lstm"), Text("64", justify="right")],
        [Text("gru"), Text("9,408", justify="right")],
    ]
    assert texts(table(["layer", "parameters"], rows)) == [
        "  layer  parameters",
        "  lstm           64",
        "  gru         9,408",
    ]


def test_a_cell_of_several_lines_makes_its_row_as_tall() -> None:
    rows = [[Text("lstm"), Text("(3, 5)\n(5,)")], [Text("gru"), Text("(5,)")]]
    assert texts(table(["", ""], rows)) == [
        "  lstm  (3, 5)",
        "        (5,)",
        "  gru   (5,)",
    ]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        pytest.param(
            40,
            ["  output  h at the last timestep", "    and no c"],
            id="behind its row",
        ),
        pytest.param(
            20,
            ["  output", "    h at the last", "    timestep", "    and no c"],
            id="below its row",
        ),
    ],
)
def test_a_remark_stands_behind_its_row_or_below_it(
    width: int, lines: list[str]
) -> None:
    rows = [[Text("output")]]
    remarks = [["h at the last timestep", "and no c"]]
    assert texts(table_with_remarks(["", ""], rows, remarks, Look(width))) == lines


def test_sections_are_a_blank_line_apart_and_empty_ones_leave_none() -> None:
    sections = [[], [Text("one")], [], [Text("two")], []]
    assert texts(separated(sections)) == ["one", "", "two"]
