"""The benchmark itself: what it measures, and that it measures nothing wrong."""

import sys
from shlex import quote

import pytest

from tests.benchmarks.bench import Side, measure

PYTHON = f"{quote(sys.executable)} -I -S -c"


def test_the_first_answer_comes_before_the_end() -> None:
    echo = Side(
        name="side",
        command=f"{PYTHON} 'print(input())'",
        expected_text="1, 3",
        stdin="1, 3\n",
    )
    figures = measure(echo)
    assert 0 < figures["first_seconds"] < figures["seconds"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("print('1, 3', end='')", id="the line does not end"),
        pytest.param("print('1, 3'); 1 / 0", id="the status is 1"),
    ],
)
def test_a_side_that_answers_otherwise_ends_the_benchmark(code: str) -> None:
    side = Side(
        name="side",
        command=f"{PYTHON} {quote(code)}",
        expected_text="1, 3",
    )
    sentence = r"(?s)^side ended with .*, expected 0 and .*\n1, 3"
    with pytest.raises(SystemExit, match=sentence):
        measure(side)
