"""Errors: one sentence on one line, for the command and for Python."""

import pytest

from lstm_shapes.cli import in_command
from lstm_shapes.errors import CallError, plain, quoted


@pytest.mark.parametrize(
    ("value", "quotation"),
    [
        pytest.param("größe ✓", "'größe ✓'", id="letters"),
        pytest.param("a\nb\u2028c", r"'a\nb\u2028c'", id="line ends"),
        pytest.param("\x1b[31m", r"'\x1b[31m'", id="control characters"),
        pytest.param("\u202e", r"'\u202e'", id="right to left"),
        pytest.param("\udcff", r"'\udcff'", id="surrogate"),
        pytest.param([1, None], "[1, None]", id="list"),
    ],
)
def test_a_value_is_quoted_on_one_line(value: object, quotation: str) -> None:
    assert quoted(value) == quotation


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 10_000, id="str"),
        pytest.param(b"\n" * 10_000, id="bytes"),
        pytest.param(10**1000, id="int"),
        pytest.param([["x" * 100] * 10] * 10, id="list"),
    ],
)
def test_a_quotation_is_short(value: object) -> None:
    assert 20 < len(quoted(value)) <= 200


def test_an_error_names_arguments_which_the_command_writes_as_options() -> None:
    error = CallError("`dry_run` came, expected `max_memory=2`")
    assert str(error) == "`dry_run` came, expected `max_memory=2`"
    assert in_command(str(error)) == "--dry-run came, expected --max-memory 2"


def test_what_comes_from_outside_is_never_taken_for_an_argument() -> None:
    sentence = f"{quoted('`seed`.npy')} is no file"
    assert in_command(sentence) == r"'\x60seed\x60.npy' is no file"
    assert in_command("`x` is no option") == "`x` is no option"


def test_the_command_says_an_error_on_one_line_without_control_characters() -> None:
    error = CallError("this came\n, expected that\x1b")
    assert str(error) == "this came\n, expected that\x1b"
    assert in_command(str(error)) == r"this came\n, expected that\x1b"


def test_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    long_name = "x" * 100_000
    sentence = plain(f"No such option: --{long_name}: see lstm-shapes --help")
    assert len(sentence) <= 600
    assert sentence.startswith("No such option: --xxx")
    assert sentence.endswith("xxx: see lstm-shapes --help")
