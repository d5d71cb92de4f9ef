"""Put the options of a line of `-i` together with those that stand beside `-i`.

What stands beside `-i` is the default of every line. A line overrides a default with a
value of its own, or with an option that contradicts it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

from lstm_shapes.errors import CallError
from lstm_shapes.options import ANSWERED_AT_ONCE
from lstm_shapes.request import pictures_of
from lstm_shapes.shapes.keras_code import parse_definition
from lstm_shapes.shapes.spec import LSTMSpec
from lstm_shapes.subject import is_model_name

# The text of each option by its name, a list of texts if it can be repeated; flags are
# True or False.
Options = Mapping[str, object]

# Each of these is a call of its own, and stands on no line.
STANDALONE_OPTIONS = ("interactive", *ANSWERED_AT_ONCE)
# An option of a line, and the defaults that contradict it.
OVERRULED_OPTIONS = {
    "compare": ("return_sequences", "return_state", "next", "pytorch"),
    "return_sequences": ("compare",),
    "return_state": ("compare",),
    "next": ("compare",),
    "input": ("timesteps", "features", "batch_size", "lengths"),
    "lengths": ("batch_size",),
    "dry_run": ("show", "arrays", "next"),
    "json": ("only",),
    "subject": ("layer_path", "units", "layer", "bidirectional"),
    "units": ("subject", "layer_path"),
    "layer": ("subject", "layer_path"),
    "bidirectional": ("subject", "layer_path"),
}
# Several values of one of these make a sweep.
SWEPT_OPTIONS = ("timesteps", "features", "units", "batch_size", "layer")
# These defaults are for one call, and a sweep on a line overrides them.
OPTIONS_OF_ONE_CALL = ("next", "pytorch")
# A default, and the options of which it needs one to have a use.
NEEDED_OPTIONS = {
    "padding": ("lengths",),
    "window": ("input",),
    "define": ("subject", "next"),
    "force": ("save",),
}
# The code or the file of a line may say these sizes too, and contradict the defaults.
SIZE_OPTIONS = ("timesteps", "features", "batch_size", "lengths")


def check_beside(options_beside: Options) -> None:
    """Raise a CallError for a default that would be wrong on every line.

    A line checks the options that it has. These wait for a line that needs them.
    """
    padding = options_beside.get("padding")
    if isinstance(padding, str):
        # A spec checks the padding, and only beside lengths.
        LSTMSpec(lengths=(1,), padding=padding)
    for definition in texts_of_option(options_beside, "define"):
        parse_definition(definition)


def texts_of_option(options: Options, name: str) -> list[str]:
    """Return the texts of an option that can be repeated, [] if it is not there."""
    texts = options.get(name)
    if isinstance(texts, list):
        return texts
    return []


def check_line(line_options: Options) -> None:
    """Raise a CallError if a line has an option that is a call of its own."""
    for name in STANDALONE_OPTIONS:
        if name in line_options:
            option = f"--{name.replace('_', '-')}"
            raise CallError(f"{option} came inside a line, expected it alone")


def defaults_of_line(
    options_beside: Options, line_options: Options
) -> dict[str, object]:
    """Return the options beside `-i` that a line does not override.

    Example:
        >>> defaults_of_line({"compare": True, "units": ["8"]}, {"return_state": True})
        {'units': ['8']}
        >>> defaults_of_line({"padding": "pre"}, {"units": ["8"]})
        {}
    """
    overruled_names = list(line_options)
    for name, value in line_options.items():
        # A flag that is switched off contradicts nothing else.
        if value is not False:
            overruled_names.extend(OVERRULED_OPTIONS.get(name, ()))
        if name in SWEPT_OPTIONS and isinstance(value, list) and len(value) > 1:
            overruled_names.extend(OPTIONS_OF_ONE_CALL)
    if "input" in options_beside and "input" in line_options:
        # The window beside `-i` is for the table there, and not for the line's.
        overruled_names.append("window")
    return remaining_defaults(overruled_names, options_beside, line_options)


def defaults_without_sizes(
    defaults: Options, line_options: Options
) -> Iterator[dict[str, object]]:
    """Yield the defaults without one of their sizes, then without two of them, and so on.

    Example:
        >>> list(defaults_without_sizes({"features": ["8"], "batch_size": ["2"]}, {}))
        [{'batch_size': ['2']}, {'features': ['8']}, {}]
    """
    names = [name for name in SIZE_OPTIONS if name in defaults]
    for count in range(1, len(names) + 1):
        for overruled_names in combinations(names, count):
            yield remaining_defaults(overruled_names, defaults, line_options)


def remaining_defaults(
    overruled_names: Iterable[str], defaults: Options, line_options: Options
) -> dict[str, object]:
    """Return the defaults that are not overruled, and that still have a use on a line."""
    remaining = dict(defaults)
    for name in overruled_names:
        remaining.pop(name, None)
    options = {**remaining, **line_options}
    for name, needed_names in NEEDED_OPTIONS.items():
        if not any(needed_name in options for needed_name in needed_names):
            remaining.pop(name, None)
    if "next" not in options and is_model_name(str(options.get("subject", ""))):
        # `define` gives values to names in code, and a model file has no code.
        remaining.pop("define", None)
    if not pictures_of(Path(path) for path in texts_of_option(options, "save")):
        # `light` is for pictures alone.
        remaining.pop("light", None)
    return remaining
