"""Errors raised on purpose: one sentence for the user, and the exit status it leads to.

A sentence names an argument as Python does, in backticks: `` `batch_size` is 2 ``. The
command, which alone knows options, writes it as `--batch-size`.
"""

import operator
import os
import re
import stat

# What a shell expects of a process that Ctrl-C has ended.
INTERRUPTED_STATUS = 130
# Python reads no number of more than 4,300 digits, and no size has so many.
TYPED_NUMBER = re.compile("[+-]?[0-9]{1,100}")


class LSTMShapesError(Exception):
    """The base of all errors that are raised on purpose."""

    exit_status = 1


class CallError(LSTMShapesError, ValueError):
    """The call was wrong: what came, what was expected, and what to change."""

    exit_status = 2


class PositionError(CallError, IndexError):
    """There is no array at a position: an IndexError, as a list would raise it."""


class NotOneArrayError(CallError, TypeError):
    """Several arrays came where one is taken: a TypeError, as NumPy would raise it."""


class OpenNamesError(CallError):
    """The code has names without a value; a call in Python says otherwise how to give it."""

    def __init__(self, sentence: str, names: "list[str]") -> None:
        super().__init__(sentence)
        self.names = names


class TensorFlowError(LSTMShapesError):
    """TensorFlow cannot be imported, ran out of memory, or disagrees with a spec."""


def plain(text: str, longest: int = 600) -> str:
    """Escape the characters that do not print, and cut the middle of a long text."""
    if len(text) > 2 * longest:
        # What is cut in any case need not be escaped, be it a megabyte.
        text = text[:longest] + text[-longest:]
    text = "".join(escaped(character) for character in text)
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def escaped(character: str) -> str:
    """Return a character that prints as it is, and any other as its escape."""
    if character.isprintable():
        return character
    return ascii(character)[1:-1]


def quoted(value: object) -> str:
    """Return the repr of a value, on one line and never long.

    A backtick is escaped: those of a sentence stand around the names of arguments.
    """
    try:
        text = repr(value)
    except Exception:
        # An object may raise anything here, and so does an int of 5,000 digits.
        text = f"a value of the type {type(value).__name__}"
    return plain(text, 200).replace("`", r"\x60")


def listed(names: "list[str] | tuple[str, ...]") -> str:
    """Join names by commas and a last "and": `h and c`."""
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def number_of(count: int, noun: str, plural: str = "") -> str:
    """Return a number of things: `1 sample`, `2 axes`.

    Example:
        >>> number_of(1, "sample"), number_of(2000, "sample"), number_of(2, "axis", "axes")
        ('1 sample', '2,000 samples', '2 axes')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {plural or noun + 's'}"


def kind_of_file(file: "str | os.PathLike[str]") -> str:
    """Return what stands in place of an ordinary file: `a folder`, `a pipe`."""
    mode = os.stat(file).st_mode
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "a device"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "empty"


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return the value of the argument `name` as an int from `low` to `high`.

    Raises:
        CallError: it is no whole number, or beyond these limits.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # its TypeError tells
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or not low <= number <= high:
        raise CallError(
            f"`{name}`: got {quoted(value)}, expected a whole number from {low} to {high}"
        )
    return number


def read_whole_number(name: str, text: str, low: int, high: int) -> int:
    """Read the value of the argument `name` where it is typed: digits, and a sign.

    Python's `int` reads more than that, such as `5_0` and ` 5`.

    Raises:
        CallError: it is no whole number, or beyond the limits.

    Example:
        >>> read_whole_number("units", "64", 1, 100)
        64
    """
    if TYPED_NUMBER.fullmatch(text):
        return whole_number(name, int(text), low, high)
    return whole_number(name, text, low, high)


def near_names(name: str, names: "list[str] | tuple[str, ...]") -> list[str]:
    """Return the names that are spelled most like `name`, in letters of any case."""
    from difflib import get_close_matches  # late, as only a wrong name needs it

    by_lower_case = {candidate.lower(): candidate for candidate in names}
    if name.lower() in by_lower_case:
        return [by_lower_case[name.lower()]]
    matches = get_close_matches(name.lower(), by_lower_case)
    return [by_lower_case[match] for match in matches]
