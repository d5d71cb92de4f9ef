import sys

import pytest

from tests.benchmarks.measuring import Side, measure

PYTHON = [sys.executable, "-I", "-S", "-c"]


def test_a_side_answers_before_it_ends() -> None:
    sample = measure(Side("side", [*PYTHON, "print('1, 3')"], expects="1, 3"))
    assert 0 < sample.first_seconds < sample.seconds


def test_a_side_that_has_to_say_nothing_answers_by_ending() -> None:
    sample = measure(Side("reader", [*PYTHON, "assert input() == 'a line'"], stdin="a line\n"))
    assert sample.first_seconds == sample.seconds


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('1, 3', end='')", "ended with 0, expected 0 and '1, 3' in a line"),
        ("print('1, 3'); raise SystemExit('sorry')", "ended with 1, .*\nsorry"),
    ],
    ids=["no whole line", "another status"],
)
def test_a_side_that_answers_otherwise_ends_the_benchmark(code: str, said: str) -> None:
    with pytest.raises(SystemExit, match=f"(?s)^side {said}"):
        measure(Side("side", [*PYTHON, code], expects="1, 3"))
