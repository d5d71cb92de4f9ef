"""Read the subject of a call: a layer as written in Keras, on the command line or stdin."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.keras_code import parse_definition
from lstm_shapes.shapes.reading import Reading, read_code

# A word that ends so is the name of a model file, and no code.
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
STDIN = "-"


def read_subject(
    subject: str | None, definitions: Sequence[str], *, is_interactive: bool = False
) -> Reading | None:
    """Return the layers of a subject, None where there is none.

    Args:
        subject: Code of Keras, or `-` for code on standard input.
        definitions: Values of names in it, as `units=64`.
        is_interactive: Whether standard input holds the lines of `interactive`.

    Raises:
        CallError: it cannot be read, or is no code.
    """
    if subject is None:
        if definitions:
            raise CallError(
                "`define` gives values to names in code, expected a layer as written in"
                " Keras beside it"
            )
        return None
    text = subject
    if subject == STDIN:
        text = code_on_stdin(is_interactive)
    elif Path(subject).suffix.lower() in MODEL_SUFFIXES or (
        subject and is_file(subject)
    ):
        raise CallError(
            f"{quoted(subject)} is the name of a file, expected a layer as written in"
            " Keras, as 'LSTM(64)': a model's layer can be written so"
        )
    values = dict(parse_definition(definition) for definition in definitions)
    try:
        return read_code(text, values)
    except CallError as error:
        # These are the code's, and no options.
        sentence = str(error)
        for name in ("units", "return_sequences", "return_state", "seed"):
            sentence = sentence.replace(f"`{name}`", name)
        raise CallError(sentence) from error


def is_file(subject: str) -> bool:
    """Return True if there is such a file or folder; code may be no name of one."""
    try:
        return Path(subject).exists()
    except (OSError, ValueError):
        return False


def code_on_stdin(is_interactive: bool) -> str:
    """Read code from standard input; at a terminal, say how it ends."""
    if is_interactive:
        raise CallError(
            "- is standard input, which holds the lines of `interactive`, expected the"
            " code itself"
        )
    if sys.stdin is None:
        raise CallError("standard input is closed, expected code of Keras on it")
    if sys.stdin.isatty():
        print("paste, then Ctrl-D", file=sys.stderr, flush=True)
    return sys.stdin.read()


def code_and_options(line: str) -> tuple[str, str]:
    """Split a line into Python's code and the options behind it.

    The code ends where a blank and an option follow, outside of brackets and quotes.

    Example:
        >>> code_and_options("LSTM(3 - 1), GRU(2) -t 4 --return-state")
        ('LSTM(3 - 1), GRU(2)', '-t 4 --return-state')
    """
    depth = 0
    quote = ""
    for position, character in enumerate(line):
        if quote:
            if character == quote and line[position - 1] != "\\":
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth <= 0 and re.match(r"\s+--?[a-zA-Z]", line[position:]):
            return line[:position], line[position:].strip()
    return line, ""


def has_open_bracket(code: str) -> bool:
    """Return True if code ends inside of brackets: more of it follows.

    Example:
        >>> has_open_bracket("LSTM("), has_open_bracket("LSTM(64, name='(')")
        (True, False)
    """
    depth = 0
    quote = ""
    for character in code:
        if quote:
            if character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
    return depth > 0
