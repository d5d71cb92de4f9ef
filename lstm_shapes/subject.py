"""Read the subject of a call: a layer as written in Keras, or of a model file."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_shapes.errors import CallError, kind_of_file, quoted
from lstm_shapes.shapes.keras_code import parse_definition
from lstm_shapes.shapes.reading import Reading, read_code

if TYPE_CHECKING:
    from lstm_shapes.shapes.saved_model import SavedModel

# A word that ends so is the name of a model file, and no code.
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
# These hold what another option takes.
NUMBER_SUFFIXES = (".npy", ".npz", ".csv")
STDIN = "-"


def read_subject(
    subject: str | None,
    layer_path: str | None,
    definitions: Sequence[str],
    next_codes: Sequence[str] = (),
    *,
    has_to_use_all: bool = False,
    is_interactive: bool = False,
) -> "Reading | SavedModel | None":
    """Return the layers of a subject: a model for a file alone, None without a subject.

    Args:
        subject: Code of Keras, a model file, or `-` for either on standard input.
        layer_path: The path of a layer of the file.
        definitions: Values of names in code, as `units=64`.
        next_codes: The layers to try behind it, whose names they may be as well.
        has_to_use_all: Whether a name that stands in no code is refused.
        is_interactive: Whether standard input holds the lines of `interactive`.

    Raises:
        CallError: it cannot be read, or is neither code nor a model.
    """
    if subject is None:
        if definitions and not next_codes:
            raise CallError(
                "`define` gives values to names in code, expected a layer as written in"
                " Keras beside it"
            )
        if has_to_use_all:
            check_definitions(definitions, next_codes)
        return None
    check_not_empty(subject, layer_path)
    text = subject
    model = None
    if subject == STDIN:
        text = text_on_stdin(is_interactive)
        if text.lstrip().startswith("{"):
            model = read_model_text(text)
    elif is_model_name(subject):
        model = read_model(subject)
    if model is None:
        if has_to_use_all:
            check_definitions(definitions, [text, *next_codes])
        return read_layers(text, layer_path, definitions)
    if definitions and not next_codes:
        raise CallError(
            "`define` gives values to names in code, expected none beside a model"
        )
    if has_to_use_all:
        check_definitions(definitions, next_codes)
    if layer_path is None:
        return model
    from lstm_shapes.shapes.saved_layer import read_saved_layer  # late: few need it

    return read_saved_layer(model, layer_path)


def check_not_empty(subject: str, layer_path: str | None) -> None:
    """Raise a CallError for a word without a character, as of a variable not set."""
    if not subject.strip():
        raise CallError(
            f"got {quoted(subject)} as the layer, which is empty, expected code, as"
            " 'LSTM(64)', or a model file: is a variable of the shell not set?"
        )
    if layer_path is not None and not layer_path.strip():
        raise CallError(
            f"got {quoted(layer_path)} behind {quoted(subject)}, which is empty, expected"
            " the path of a layer: is a variable of the shell not set?"
        )


def check_definitions(definitions: Sequence[str], codes: Sequence[str]) -> None:
    """Raise a CallError for a name with two values, or that stands in none of the codes."""
    names: set[str] = set()
    for definition in definitions:
        name, _ = parse_definition(definition)
        if name in names:
            raise CallError(
                f"`define` {quoted(definition)} is another value of {name}, expected one"
                " of each name"
            )
        names.add(name)
        # A name is unparsed with the quotes that Python prefers: d['units'].
        pattern = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
        if not any(pattern.search(code.replace('"', "'")) for code in codes):
            raise CallError(
                f"`define` {quoted(definition)} names nothing that stands in the code,"
                " expected a name in it"
            )


def read_layers(
    text: str, layer_path: str | None, definitions: Sequence[str]
) -> Reading:
    """Return the layers of code."""
    if layer_path is not None:
        raise CallError(
            f"{quoted(layer_path)} came behind {quoted(text)}, which is no model file,"
            " expected code in quotes as one word, as 'LSTM(64)', or a file"
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


def is_model_name(subject: str) -> bool:
    """Return True if a word is the name of a model file, there or not, and no code."""
    if not subject:
        return False
    return Path(subject).suffix.lower() in MODEL_SUFFIXES or is_file(subject)


def read_model(file: str) -> "SavedModel":
    """Read the recurrent layers of a model file.

    Raises:
        CallError: there is no such file, or it is no model, or damaged.
    """
    suffix = Path(file).suffix.lower()
    if suffix in NUMBER_SUFFIXES:
        raise CallError(
            f"{quoted(file)} holds numbers, expected a model or code: `input` reads"
            " numbers"
        )
    if suffix == ".py":
        raise CallError(
            f"{quoted(file)} is a program, expected it on standard input, as - < FILE,"
            " or a model file"
        )
    is_file_or_folder = os.path.isfile(file) or os.path.isdir(file)
    if os.path.exists(file) and not is_file_or_folder:
        # To read it could take for ever.
        raise CallError(
            f"{quoted(file)} is {kind_of_file(file)}, expected a model file, or - for code"
            " or a model's JSON on standard input"
        )
    from lstm_shapes.run.weights import read_model_file  # late: few calls need it

    return read_model_file(Path(file))


def read_model_text(text: str) -> "SavedModel":
    """Read the recurrent layers of a model in JSON, as `to_json()` writes it."""
    from lstm_shapes.shapes.keras_file import read_saved_text  # late: few need it

    return read_saved_text(text, STDIN)


def is_file(subject: str) -> bool:
    """Return True if there is such a file or folder; code may be no name of one."""
    try:
        return Path(subject).exists()
    except (OSError, ValueError):
        return False


def text_on_stdin(is_interactive: bool) -> str:
    """Read code or JSON from standard input; at a terminal, say how it ends."""
    if is_interactive:
        raise CallError(
            "- is standard input, which holds the lines of `interactive`, expected the"
            " code itself"
        )
    if sys.stdin is None:
        raise CallError(
            "standard input is closed, expected code of Keras on it, or a model's JSON"
        )
    if sys.stdin.isatty():
        print("paste, then Ctrl-D", file=sys.stderr, flush=True)
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise CallError(
            "standard input holds no text, expected code of Keras, or a model's JSON: a"
            " model file is given by its path, as lstm-shapes model.keras"
        )
    return text
