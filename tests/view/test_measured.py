"""Show the measured half: Keras' summary, verdicts, the next layer, and the footer."""

import re

import numpy as np
import pytest

from tests.conftest import VERSIONS, fixed_run, screen
from tests.view.runs import MakeRun, changed

BOTH_FLAGS = "--return-sequences --return-state"


def measured(call: str, run: MakeRun = fixed_run) -> str:
    """Return the half of the screen that is measured, with single blanks."""
    text = screen(call, run=run)
    return re.sub(" +", " ", text[text.index("\nKeras") :])


IS_NOT = "is not all_hidden_states[:, -1, 5:]\n as backward h at t=2 has seen t=2 alone\n"


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("--return-state", "output equals hidden_state\n"),
        (BOTH_FLAGS, "hidden_state equals all_hidden_states[:, -1]\n"),
        ("--bidirectional --return-sequences", f"all_hidden_states[:, 0, 5:] {IS_NOT}"),
    ],
)
def test_a_verdict_says_which_arrays_hold_the_same(call: str, verdict: str) -> None:
    assert f"\n ✓ {verdict}" in measured(call)


def test_a_verdict_that_fails_says_by_how_much() -> None:
    text = measured(BOTH_FLAGS, changed(lambda of: of.values + (of.name == "hidden_state")))
    assert " ✗ hidden_state equals all_hidden_states[:, -1] (max difference 1)\n" in text
    assert not re.search("= (all_)?hidden_state", text)  # neither beside its row nor its name


def test_arrays_that_are_equal_for_zeros_alone_are_named() -> None:
    text = measured(f"--bidirectional {BOTH_FLAGS}", changed(lambda of: of.values * 0))
    equal = "backward_hidden_state equals all_hidden_states[:, -1, 5:]"
    assert f"\n {equal}\n with this input, not with any\n" in text


def test_samples_of_the_input_that_are_not_finite_are_counted() -> None:
    odd = np.array([0, np.nan, np.inf])[:, None, None]
    text = measured("-b 3", changed(lambda of: of.values + (odd if of.name == "input" else 0)))
    assert " 2 of 3 samples of the input hold values that are not finite\n" in text
    assert "not finite" not in measured("-b 3")


@pytest.mark.parametrize("call", ["--return-state", "--bidirectional " + BOTH_FLAGS, "--compare"])
def test_arrays_of_nan_alone_are_no_proof(call: str) -> None:
    text = measured(call, changed(lambda of: of.values * np.nan))
    claims = re.findall("equals|is not all|the same values in", text)
    assert text.count("nothing finite to compare") == len(claims) > 0
    assert text.count("✓") == 1 + ("in two calls" in text)  # the shapes, and what was not changed


def test_a_comparison_names_the_calls_that_an_array_is_the_same_in() -> None:
    found = re.findall(r"^(\w+) .* (in .*)", measured("--compare"), flags=re.MULTILINE)
    assert found[:2] == [("all_hidden_states", "in 1, 3"), ("output", "in 0, 2")]
    picked = screen("--compare --show cell_state[0]")
    assert re.match(r"cell_state\[0\]  \(5,\) = \(units,\)  in 2, 3\n", picked)


def test_arrays_of_calls_that_differ_are_shown_apart() -> None:
    other = changed(lambda of: of.values + 1)
    text = measured("--compare", lambda spec: (fixed_run if spec.return_state else other)(spec))
    assert "✗ h at the last timestep" in text
    assert re.findall(r"^output .*\) (in .*)", text, flags=re.MULTILINE) == ["in 0", "in 2"]


@pytest.mark.parametrize("width", [60, 80, 120], ids="{} columns".format)
def test_the_footer_repeats_the_call_in_lines_that_a_shell_joins(width: int) -> None:
    options = ["-t 100", "-u 64,32", "-b 99", "--show 'output[0,1]'", "--no-arrays"]
    footer = screen(" ".join(options).replace("'", ""), width).split("\n\n")[-1]
    facts, pasted = footer.split("repeat with\n")
    versions = [f"{name} {version}" for name, version in VERSIONS.items()]
    assert " ".join(facts.split()).split(" · ") == ["seed 1729", *versions]
    assert max(map(len, footer.splitlines())) <= width
    joined = " ".join(pasted.replace("\\\n", "").split())
    assert joined == " ".join(["lstm-shapes", *options, "--seed 1729"])
    assert all(option in pasted for option in options)
