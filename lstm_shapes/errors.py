"""Every error raised on purpose, and how its message, one sentence for the user, is written."""

import operator
import reprlib


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


def shortened(value: object) -> str:
    """`value` as a message quotes it: on one line and never long."""
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxlong = shortener.maxother = 200
    try:
        return shortener.repr(value)
    except ValueError:  # Python writes no int of more than some thousand digits
        return "a number of very many digits"


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
        raise CallError(
            f"{option(name)} must be a whole number from {low} to {high}, got {shortened(value)}"
        )
    return number
