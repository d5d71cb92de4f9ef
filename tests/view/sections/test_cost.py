"""Cost: multiply-adds and bytes, in units that people read."""

import re

import pytest

from tests.conftest import screen
from tests.view.runs import without_gaps


def section(call: str) -> str:
    """Return the only section of a screen, with single blanks."""
    return without_gaps(screen(f"{call} --only cost -n").split("\n\n")[1])


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        pytest.param(
            "-t 3 -f 4 -u 5",
            "540 multiply-adds for each sample weights 800 B input and outputs 68 B",
            id="bytes",
        ),
        pytest.param(
            "-t 1000 -f 1000 -u 1000",
            "8 billion .* weights 30.5 MiB input and outputs 3.8 MiB",
            id="MiB",
        ),
        pytest.param(
            "-t 9999 -f 9999 -u 9999 -b 9999",
            "8.0 trillion .* weights 3.0 GiB input and outputs 3.6 TiB",
            id="TiB",
        ),
    ],
)
def test_the_cost_is_told_in_units_that_people_read(call: str, cost: str) -> None:
    assert re.fullmatch(f"Cost {cost}", section(call))


def test_the_cost_of_a_comparison_is_that_of_the_call_that_returns_most() -> None:
    both_flags = section("--return-sequences --return-state")
    assert section("--compare") == both_flags
    assert section("") != both_flags


def test_the_cost_is_shown_where_it_is_asked_for_alone() -> None:
    assert "multiply-adds" not in screen("-n")
