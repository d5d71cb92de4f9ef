"""Read the values of options, and say what is wrong with one that the parser refuses."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from lstm_shapes.errors import (
    TYPED_NUMBER,
    CallError,
    plain,
    quoted,
    read_whole_number,
)
from lstm_shapes.request import MAX_PRECISION
from lstm_shapes.shapes.cell import cell_named
from lstm_shapes.shapes.layer import MAX_SIZE
from lstm_shapes.shapes.spec import MAX_SEED

# These are answered at once, whatever stands beside them.
ANSWERED_AT_ONCE = ("help", "version", "install_completion", "show_completion")
# GiB, as `--max-memory` takes them.
TYPED_MEMORY = re.compile(r"\+?[0-9]{1,20}(\.[0-9]{1,20})?")
# What somebody types who means a sweep.
SEVERAL_NUMBERS = re.compile(r"[0-9]+([ ,]+[0-9]+)+")
# What people may type as an option, and what they mean by it here.
MEANINGS = {
    "--lstm": "--layer LSTM",
    "--gru": "--layer GRU",
    "--rnn": "--layer SimpleRNN",
    "--simplernn": "--layer SimpleRNN",
    "--simple-rnn": "--layer SimpleRNN",
    "--hidden": "--units",
    "--hidden-size": "--units",
    "--num-layers": "-u 64,32, which stacks two layers",
    "--stateful": "lstm-shapes 'LSTM(5, stateful=True)'",
    "--go-backwards": "lstm-shapes 'LSTM(5, go_backwards=True)'",
    "--activation": "lstm-shapes 'LSTM(5, activation=\"relu\")'",
    "--recurrent-activation": "lstm-shapes 'LSTM(5, recurrent_activation=\"tanh\")'",
    "--use-bias": "lstm-shapes 'LSTM(5, use_bias=False)'",
    "--dropout": "lstm-shapes 'LSTM(5, dropout=0.2)'",
    "--recurrent-dropout": "lstm-shapes 'LSTM(5, recurrent_dropout=0.2)'",
    "--reset-after": "lstm-shapes 'GRU(5, reset_after=False)'",
    "--dtype": "lstm-shapes 'LSTM(5, dtype=\"float16\")'",
    "--merge-mode": "lstm-shapes 'Bidirectional(LSTM(5), merge_mode=\"sum\")'",
    "--model": "the file as the first word, as lstm-shapes model.keras",
    "--file": "the file as the first word, as lstm-shapes model.keras",
    "--output": "--save FILE",
}
# An option is taken for a misspelling of another from this share of equal letters on.
LIKENESS = 0.8


class ParserError(Protocol):
    """An error of the parser, which has more attributes where an option is to blame."""

    def format_message(self) -> str:
        """Return the sentence of the parser."""


def read_size(name: str, text: str) -> int:
    """Read the size of an axis, or of a window."""
    return read_whole_number(name, text, 1, MAX_SIZE)


def read_swept_size(name: str, text: str) -> int:
    """Read one of the sizes of an axis, which make a sweep if there are several.

    Raises:
        CallError: it is no whole number, out of range, or several numbers.
    """
    if SEVERAL_NUMBERS.fullmatch(text):
        raise CallError(
            f"`{name}`: got {quoted(text)}, expected one number: the option is repeated"
            " for a sweep"
        )
    return read_size(name, text)


def read_sizes(name: str, text: str) -> tuple[int, ...]:
    """Read sizes with commas between them: the units of layers, or lengths.

    Raises:
        CallError: one of them is no whole number, or out of range.

    Example:
        >>> read_sizes("units", "64,32")
        (64, 32)
    """
    parts = text.split(",")
    is_list = len(parts) > 1 or SEVERAL_NUMBERS.fullmatch(text) is not None
    if is_list and not all(map(TYPED_NUMBER.fullmatch, parts)):
        raise CallError(
            f"`{name}`: got {quoted(text)}, expected whole numbers with commas and no"
            " blank between them"
        )
    return tuple(read_size(name, part) for part in parts)


def read_timesteps(name: str, text: str) -> int | None:
    """Read a size, or the None that Keras writes for an open axis."""
    if text.lower() == "none":
        return None
    return read_swept_size(name, text)


def read_seed(name: str, text: str) -> int:
    """Read a seed."""
    return read_whole_number(name, text, 0, MAX_SEED)


def read_precision(name: str, text: str) -> int:
    """Read a number of decimals."""
    return read_whole_number(name, text, 0, MAX_PRECISION)


def read_text(name: str, text: str) -> str:
    """Read a text, and refuse one without a character.

    Raises:
        CallError: it is empty, as a variable of the shell is that nobody has set.
    """
    if not text:
        raise CallError(
            f"`{name}`: got '', which is empty, expected a value: is a variable of the"
            " shell not set?"
        )
    return text


def read_path(name: str, text: str) -> Path:
    """Read the path of a file."""
    return Path(read_text(name, text))


def read_kind(name: str, text: str) -> str:
    """Read a kind of layer, and return it as Keras spells it."""
    return cell_named(read_text(name, text)).name


def read_memory(name: str, text: str) -> float:
    """Read a number of GiB, which may have decimals.

    Raises:
        CallError: it is no such number, or negative.
    """
    if not TYPED_MEMORY.fullmatch(text):
        raise CallError(
            f"`{name}`: got {quoted(text)}, expected GiB from 0 on, as 4 or 0.5"
        )
    return float(text)


def usage_sentence(error: ParserError, options: Mapping[str, str]) -> str:
    """Return what is wrong with an option that the parser has refused.

    Args:
        error: The error of the parser.
        options: All options, each with what stands for its value in the help, "" for a
            flag.
    """
    option = getattr(error, "option_name", "")
    if not option:
        return plain(error.format_message().rstrip("."))
    if hasattr(error, "possibilities"):
        return unknown_sentence(option, options)
    metavar = options.get(option)
    if metavar:
        return f"{option}: got no value, expected {option} {metavar}"
    return f"{option}: got a value, expected none, as it is a flag"


def unknown_sentence(option: str, options: Iterable[str]) -> str:
    """Say that there is no such option, and which one may have been meant.

    Example:
        >>> unknown_sentence("--unit", ["-u", "--units", "--light"])
        '--unit is no option, expected --units'
    """
    meaning = meaning_of(option.replace("_", "-").lower(), options)
    if not meaning:
        return f"{plain(option)} is no option, expected one of lstm-shapes --help"
    return f"{plain(option)} is no option, expected {meaning}"


def meaning_of(option: str, options: Iterable[str]) -> str:
    """Return what an unknown option was meant to be, "" if no option is like it."""
    from difflib import get_close_matches  # late, as only a wrong option needs it

    if option in MEANINGS:
        return MEANINGS[option]
    long_options = [name for name in options if name.startswith("--")]
    names = [name for name in long_options if name.startswith(option)]
    if not names:
        names = get_close_matches(option, long_options, n=1, cutoff=LIKENESS)
    return " or ".join(names)
