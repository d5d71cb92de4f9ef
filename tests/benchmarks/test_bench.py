import sys

import pytest

from tests.benchmarks.bench import Side, measure

PYTHON = [sys.executable, "-I", "-S", "-c"]


def test_the_first_answer_comes_before_the_end() -> None:
    took = measure(Side("side", [*PYTHON, "print(input())"], "1, 3", stdin="1, 3\n"))
    assert 0 < took["first_seconds"] < took["seconds"]


@pytest.mark.parametrize("code", ["print('1, 3', end='')", "print('1, 3'); 1 / 0"])
def test_a_side_that_answers_otherwise_ends_the_benchmark(code: str) -> None:
    with pytest.raises(SystemExit, match=r"(?s)^side ended with .*, expected 0 and .*\n1, 3"):
        measure(Side("side", [*PYTHON, code], "1, 3"))
