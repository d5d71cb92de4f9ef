import sys
from collections.abc import Iterator

import pytest

from lstm_shapes.errors import CallError, plain, shortened, whole_number


class Lines:
    def __repr__(self) -> str:
        return "several\nlines"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        pytest.param("a b", "'a b'", id="text"),
        pytest.param("a\nb", r"'a\nb'", id="newline"),
        pytest.param("a\u2028b", r"'a\u2028b'", id="line separator"),
        pytest.param("a\u202eb", r"'a\u202eb'", id="direction"),
        pytest.param("\x1b[31mred", r"'\x1b[31mred'", id="escape"),
        pytest.param("\udcff", r"'\udcff'", id="no UTF-8"),
        pytest.param("größe ✓", "'größe ✓'", id="letters"),
        pytest.param(Lines(), r"several\nlines", id="lines"),
        pytest.param(3, "3", id="number"),
        pytest.param(None, "None", id="nothing"),
    ],
)
def test_a_value_is_quoted_on_one_line(value: object, quoted: str) -> None:
    assert shortened(value) == quoted


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 10_000, id="text"),
        pytest.param("\u202e" * 10_000, id="to be escaped"),
        pytest.param(b"x" * 10_000, id="bytes"),
        pytest.param(10**1000, id="number"),
        pytest.param([["x" * 100] * 10] * 10, id="lists"),
        pytest.param(Lines, id="class"),
    ],
)
def test_a_quotation_is_short(value: object) -> None:
    assert 0 < len(shortened(value)) <= 200


@pytest.fixture(params=[640, 4300])
def _digits(request: pytest.FixtureRequest) -> Iterator[None]:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(request.param)
    yield
    sys.set_int_max_str_digits(before)


@pytest.mark.usefixtures("_digits")
@pytest.mark.parametrize("digits", [700, 5000])
def test_a_number_that_python_will_not_write_is_quoted_all_the_same(digits: int) -> None:
    with pytest.raises(CallError, match=r"--seed must be a whole number from 0 to 9, got \S+"):
        whole_number("seed", 10**digits, 0, 9)


@pytest.mark.parametrize("value", ["5", 5.0, None, True, -1, 10, [5]])
def test_what_is_no_number_in_range_is_refused(value: object) -> None:
    with pytest.raises(CallError, match="--batch-size must be a whole number from 0 to 9, got"):
        whole_number("batch_size", value, 0, 9)


def test_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    sentence = plain(f"No such option: --{'x' * 100_000}: see lstm-shapes --help")
    assert sentence.startswith("No such option: --xxx")
    assert sentence.endswith("xxx: see lstm-shapes --help")
    assert len(sentence) <= 500


def test_a_sentence_stays_on_one_line() -> None:
    assert plain("a\u202eb\u2028c\r\n") == r"a\u202eb\u2028c\r\n"
