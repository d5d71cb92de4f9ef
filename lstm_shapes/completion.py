"""Complete the values of options, in a shell as on a line of `-i`."""

import os
import re
import shlex
from collections.abc import Callable, Iterable
from glob import escape, glob

from lstm_shapes.errors import LSTMShapesError
from lstm_shapes.request import SECTION_NAMES
from lstm_shapes.shapes.cell import CELLS
from lstm_shapes.shapes.selection import STATE_NAMES
from lstm_shapes.shapes.spec import FLAG_COMBINATIONS, PADDINGS, LSTMSpec


def complete_kind(incomplete: str) -> list[str]:
    """Return the kinds of layer that begin so."""
    return names_that_begin(incomplete, CELLS)


def complete_padding(incomplete: str) -> list[str]:
    """Return the ends for padding that begin so."""
    return names_that_begin(incomplete, PADDINGS)


def complete_sections(incomplete: str) -> list[str]:
    """Return the sections whose name begins as the text behind the last comma does.

    Example:
        >>> complete_sections("outputs,dr")
        ['outputs,drawing']
    """
    head, comma, name = incomplete.rpartition(",")
    chosen_names = head.lower().split(",")
    names = [name for name in SECTION_NAMES if name not in chosen_names]
    return [head + comma + section for section in names_that_begin(name, names)]


def complete_layer(incomplete: str) -> list[str]:
    """Return the layers of Keras whose name begins as the last word of the text does.

    Example:
        >>> complete_layer("TimeDistributed(Den")
        ['TimeDistributed(Dense']
    """
    from lstm_shapes.shapes.keras_code import LAYER_NAMES  # late: few calls need it

    name = re.split(r"\W", incomplete)[-1]
    head = incomplete.removesuffix(name)
    return [head + layer for layer in names_that_begin(name, LAYER_NAMES)]


def complete_model(incomplete: str) -> list[str]:
    """Return the model files, and the folders, that begin so and need no quotes."""
    from lstm_shapes.subject import MODEL_SUFFIXES  # late: few calls need it

    names = []
    for path in glob(f"{escape(incomplete)}*"):
        name = path
        if os.path.isdir(path):
            name = f"{path}/"
        is_model = name.endswith("/") or name.lower().endswith(MODEL_SUFFIXES)
        if is_model and shlex.quote(name) == name:
            names.append(name)
    return sorted(names)


def complete_layer_path(file: str, incomplete: str) -> list[str]:
    """Return the layers of a model file that begin so, can be explored, and need no quotes."""
    from lstm_shapes.subject import is_model_name, read_model  # late: few calls need it

    if not is_model_name(file):
        return []
    try:
        model = read_model(file)
    except LSTMShapesError:
        return []
    paths = []
    for layer in model.layers:
        if layer.layer is not None and shlex.quote(layer.path) == layer.path:
            paths.append(layer.path)
    return names_that_begin(incomplete, paths)


def complete_array(incomplete: str) -> list[str]:
    """Return the arrays and weights that begin so."""
    return names_that_begin(incomplete, array_names())


# Completes the value of each of these options.
COMPLETIONS: dict[str, Callable[[str], list[str]]] = {
    "--layer": complete_kind,
    "--padding": complete_padding,
    "--only": complete_sections,
    "--next": complete_layer,
    "--show": complete_array,
}


def names_that_begin(incomplete: str, names: Iterable[str]) -> list[str]:
    """Return the names that begin as a text does, in letters of any case."""
    start = incomplete.lower()
    return [name for name in names if name.lower().startswith(start)]


def array_names() -> list[str]:
    """Return the names of the arrays and weights of an LSTM with any flags.

    Among them are the names that tutorials give the states.
    """
    names: dict[str, None] = {}
    for bidirectional in (False, True):
        spec = LSTMSpec(bidirectional=bidirectional)
        for flags in FLAG_COMBINATIONS:
            for array in spec.with_flags(flags).selectable_arrays:
                names[array.name] = None
        for direction in spec.last.directions:
            for letter in STATE_NAMES:
                names[direction.prefixed(f"state_{letter}")] = None
    return list(names)
