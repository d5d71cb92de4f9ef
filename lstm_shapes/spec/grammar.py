"""What the words of a command write: ASCII digits, where Python and Typer take any script's.

What writes no number stays the text it is, and the spec it is meant for refuses it by its name.
"""

import re
from typing import Any


def number(text: object) -> Any:
    """The integer that the text writes.

    Example:
        >>> number("12"), number("1_2")
        (12, '1_2')
    """
    return int(str(text)) if re.fullmatch(r"[+-]?[0-9]{1,500}", str(text)) else text


def units(text: object) -> Any:
    """The units of one layer, or with commas those of several.

    Example:
        >>> units("5"), units("64,32")
        (5, (64, 32))
    """
    parts = str(text).split(",")
    return tuple(map(number, parts)) if len(parts) > 1 else number(text)


def gib(text: object) -> Any:
    """The number of GiB that the text writes.

    Example:
        >>> gib("0.5"), gib("1_0"), gib("nan")
        (0.5, '1_0', 'nan')
    """
    written = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    return float(str(text)) if re.fullmatch(written, str(text)) else text
