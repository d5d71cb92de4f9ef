"""Every error raised on purpose, and how its message, one sentence for the user, is written."""

import operator
import reprlib

_LONGEST_QUOTE = 200
_LONGEST_SENTENCE = 500


class LSTMShapesError(Exception):
    """The base of all of them; `exit_status` is what the command ends with."""

    exit_status = 1


class CallError(LSTMShapesError, ValueError):
    """The call was wrong: what came, what was expected, and which option to change."""

    exit_status = 2


class DisagreementError(LSTMShapesError):
    """Keras returned something other than the arithmetic of the spec predicts."""


class TensorFlowError(LSTMShapesError):
    """TensorFlow cannot be imported, or gave up while it ran."""


class OutputError(LSTMShapesError):
    """The answer could not be written where it was asked for."""


def option(name: str) -> str:
    """The command's option for a size, a flag or the seed: `batch_size` is `--batch-size`."""
    return "--" + name.replace("_", "-")


def plain(text: str, longest: int = _LONGEST_SENTENCE) -> str:
    r"""`text` on one line, never long, and with nothing in it that a terminal would obey.

    Example:
        >>> plain("no such option: --a\u202eb\n")
        'no such option: --a\\u202eb\\n'
    """
    characters = (c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return _cut("".join(characters), longest)


def shortened(value: object) -> str:
    """`value` as a message quotes it: on one line and never long."""
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxlong = shortener.maxother = _LONGEST_QUOTE
    try:
        return plain(shortener.repr(value), _LONGEST_QUOTE)
    except ValueError:  # Python writes no int of more than some thousand digits
        return "a number of very many digits"


def _cut(text: str, longest: int) -> str:
    """`text` without its middle, if it is too long: what follows it, such as advice, stays."""
    half = (longest - 3) // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """`value` as an int from `low` to `high`.

    Raises:
        CallError: it is none; the message names the option of that name.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # its TypeError is the question asked
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or not low <= number <= high:
        is_list = isinstance(value, str) and "," in value
        got = shortened(value)
        several = f": to run several values repeat {option(name)}" if is_list else ""
        raise CallError(
            f"{option(name)} must be a whole number from {low} to {high}, got {got}{several}"
        )
    return number
