from itertools import pairwise

import pytest
from rich.console import Group
from rich.text import Text

from lstm_shapes.view.layout import Facts, FirstFitting, Flow, Hanging, elided, separated
from tests.conftest import rendered

CHUNKS = ["all_hidden_states (1, 3, 5)", "hidden_state (1, 5)", "x", "bias (20,)"]


@pytest.mark.parametrize(
    ("size", "edge_items", "shown"),
    [
        (7, 3, [0, 1, 2, 3, 4, 5, 6]),
        (8, 3, [0, 1, 2, None, 5, 6, 7]),
        (1, 1, [0]),
        (0, 3, []),
    ],
)
def test_axes_are_elided_as_in_numpy(size: int, edge_items: int, shown: list[int | None]) -> None:
    assert elided(range(size), edge_items) == shown


@pytest.mark.parametrize("width", range(30, 75))
def test_chunks_stand_side_by_side_as_far_as_there_is_room_and_whole(width: int) -> None:
    lines = rendered(Flow(CHUNKS), width).splitlines()
    assert "  ".join(line.removeprefix("  ") for line in lines) == "  ".join(CHUNKS)
    for line, following in pairwise(lines):
        assert len(line) <= width < len(line) + 2 + len(following.strip().split("  ")[0])


def test_a_long_text_breaks_between_words_and_stands_in() -> None:
    assert rendered(Hanging(Text("one two three")), 13) == "one two three\n"
    assert rendered(Hanging(Text("one two three")), 12) == "one two\n  three\n"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (31, ["  #  shape   what it is", "  0  (1, 5)  h at the last step"]),
        (30, ["  #  shape", "  0  (1, 5)", "  0: h at the last step"]),
        (11, ["  #  shape", "  0  (1, 5)", "  0: h at", "  the last", "  step"]),
    ],
)
def test_a_remark_stands_beside_its_row_or_below(width: int, expected: list[str]) -> None:
    rows = [[Text("0"), Text("(1, 5)")]]
    facts = Facts(["#", "shape"], rows, ["h at the last step"], "what it is")
    assert rendered(facts, width).splitlines() == expected


def test_a_table_that_does_not_fit_is_a_list() -> None:
    rows = [[Text(f"{cell}, {at}\nlong") for cell in "abc"] for at in range(2)]
    facts = Facts(["one", "two", "three"], rows, widths=[8] * 3)
    assert facts.width == 30
    lines = [line.split() for line in rendered(facts, 29).splitlines()]
    assert lines[:3] == [[], ["one", "a,", "0"], ["long"]]
    assert lines.count([]) == 2


def test_a_table_may_have_no_remarks_at_any_width() -> None:
    facts = Facts(["#", "shape"], [[Text("0"), Text("(1, 5)")]])
    assert [rendered(facts, width) for width in (11, 12, 13, 40)] == [rendered(facts)] * 4


def test_the_first_table_that_fits_is_taken() -> None:
    wide, narrow = Facts(["wide one"], [[Text("a")]]), Facts(["one"], [[Text("b")]])
    assert "wide one" in rendered(FirstFitting([wide], narrow), 10)
    assert rendered(FirstFitting([wide], narrow), 9) == rendered(narrow, 9)


def test_empty_sections_leave_no_blank_lines() -> None:
    sections = [[], [Text("a"), Text("b")], [], [Text("c")], []]
    assert rendered(Group(*separated(sections))) == "a\nb\n\nc\n"
