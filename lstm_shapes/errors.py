"""Errors raised on purpose: one sentence for the user, and the exit status it leads to."""

import operator
from typing import NamedTuple


class Option(NamedTuple):
    """An option of the command, which in Python is an argument: `--force`, `force=True`."""

    name: str
    value: str = ""


class LSTMShapesError(Exception):
    """The base of all errors; an Option in one is written as `units=` or `--units`."""

    exit_status = 1

    def __str__(self) -> str:
        return "".join(p if isinstance(p, str) else f"{p.name}={p.value}" for p in self.args)

    def for_command(self) -> str:
        """Return the sentence as the command says it, on one line without control characters."""
        parts = (p if isinstance(p, str) else f"--{p.name}".replace("_", "-") for p in self.args)
        return plain("".join(parts))


class CallError(LSTMShapesError, ValueError):
    """The call was wrong: what came, what was expected, and what to change."""

    exit_status = 2


class TensorFlowError(LSTMShapesError):
    """TensorFlow cannot be imported, ran out of memory, or disagrees with a spec."""


def plain(text: str, longest: int = 600) -> str:
    """Escape what does not print, and cut the middle of a long text."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    half = (longest - 3) // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"


def quoted(value: object) -> str:
    """Return the repr of a value, on one line and never long."""
    return plain(repr(value), 200)


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return the value of an option as an int from `low` to `high`, or raise a CallError."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # its TypeError is the answer
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or not low <= number <= high:
        expected = f" must be a whole number from {low} to {high}, got {quoted(value)}"
        raise CallError(Option(name), expected)
    return number
