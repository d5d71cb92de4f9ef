"""Errors: one sentence on one line, for the command and for Python."""

import pytest

from lstm_shapes.errors import CallError, Option, plain, quoted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("größe ✓", "'größe ✓'", id="letters"),
        pytest.param("a\nb\u2028c", r"'a\nb\u2028c'", id="lines"),
        pytest.param("\x1b[31m\u202e\udcff", r"'\x1b[31m\u202e\udcff'", id="control characters"),
        pytest.param([1, None], "[1, None]", id="list"),
    ],
)
def test_a_value_is_quoted_on_one_line(value: object, text: str) -> None:
    assert quoted(value) == text


@pytest.mark.parametrize(
    "value", ["x" * 10_000, b"\n" * 10_000, 10**1000, [["x" * 100] * 10] * 10], ids=type
)
def test_a_quotation_is_short(value: object) -> None:
    assert 20 < len(quoted(value)) <= 200


def test_a_sentence_names_options_as_it_is_done_where_it_is_read() -> None:
    error = CallError(Option("dry_run"), " came\n, expected ", Option("max_memory", "2"), "\x1b")
    assert str(error) == "dry_run= came\n, expected max_memory=2\x1b"
    assert error.for_command() == r"--dry-run came\n, expected --max-memory\x1b"


def test_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    sentence = plain(f"No such option: --{'x' * 100_000}: see lstm-shapes --help")
    assert len(sentence) <= 600
    assert sentence.startswith("No such option: --xxx")
    assert sentence.endswith("xxx: see lstm-shapes --help")
