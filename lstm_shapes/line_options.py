"""Put the options of a line of `-i` together with those that stand beside it.

Those are the defaults of every line, and a line overrides them: with its own value, or
with an option that does not go with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from lstm_shapes.errors import CallError
from lstm_shapes.request import pictures_of
from lstm_shapes.shapes.keras_code import parse_definition
from lstm_shapes.shapes.spec import LSTMSpec
from lstm_shapes.subject import is_model_name

# The text of each option by its name, a list of texts if it can be repeated; flags are
# True or False.
Options = Mapping[str, Any]

# These are a call of their own.
OPTIONS_OUTSIDE = (
    "interactive",
    "help",
    "version",
    "install_completion",
    "show_completion",
)
# An option of a line makes others go that stand beside `-i` and contradict it.
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
# These make a sweep, if they have several values.
SWEPT_OPTIONS = ("timesteps", "features", "units", "batch_size", "layer")
# A sweep on a line makes these go, which are for one call.
OPTIONS_OF_ONE_CALL = ("next", "pytorch")
# Beside `-i`, these count on lines that have one of the others.
NEEDED_OPTIONS = {
    "padding": ("lengths",),
    "window": ("input",),
    "define": ("subject", "next"),
    "force": ("save",),
}
# A line may contradict these by what it reads, as by the sizes in its code.
SIZES_BESIDE = ("timesteps", "features", "batch_size", "lengths")


def check_beside(options_beside: Options) -> None:
    """Raise a CallError for a value that waits for a line, and is wrong on any."""
    if "padding" in options_beside:
        # A spec judges it, beside lengths.
        LSTMSpec(lengths=(1,), padding=options_beside["padding"])
    for definition in options_beside.get("define", ()):
        parse_definition(definition)


def check_line(line_options: Options) -> None:
    """Raise a CallError if a line holds what is a call of its own."""
    for name in OPTIONS_OUTSIDE:
        if name in line_options:
            option = f"--{name.replace('_', '-')}"
            raise CallError(f"{option} came inside a line, expected it alone")


def defaults_of_line(options_beside: Options, line_options: Options) -> dict[str, Any]:
    """Return what stands beside `-i` and goes with a line.

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
        # The window beside `-i` is for the table beside it.
        overruled_names.append("window")
    return without(overruled_names, options_beside, line_options)


def defaults_without_sizes(
    defaults: Options, line_options: Options
) -> Iterator[dict[str, Any]]:
    """Return the defaults without one of their sizes, without two of them, and so on.

    Example:
        >>> list(defaults_without_sizes({"features": ["8"], "batch_size": ["2"]}, {}))
        [{'batch_size': ['2']}, {'features': ['8']}, {}]
    """
    names = [name for name in SIZES_BESIDE if name in defaults]
    for count in range(1, len(names) + 1):
        for names_left_out in combinations(names, count):
            yield without(names_left_out, defaults, line_options)


def without(
    names_left_out: Iterable[str], defaults: Options, line_options: Options
) -> dict[str, Any]:
    """Return the defaults without some of them, and without those that lose their use."""
    remaining = dict(defaults)
    for name in names_left_out:
        remaining.pop(name, None)
    options = {**remaining, **line_options}
    for name, needed_names in NEEDED_OPTIONS.items():
        if not any(needed_name in options for needed_name in needed_names):
            remaining.pop(name, None)
    if "next" not in options and is_model_name(str(options.get("subject", ""))):
        # It gives values to names in code, and a model file has none.
        remaining.pop("define", None)
    if not pictures_of(Path(path) for path in options.get("save", ())):
        remaining.pop("light", None)
    return remaining
