"""How wide an answer may be: how much is shown, and what that costs, depends on it."""

import shutil

_LEAST, _MOST = 40, 1000


def width() -> int:
    """The columns of the terminal or of COLUMNS: Rich alone would print nothing for COLUMNS=0."""
    return min(max(shutil.get_terminal_size().columns, _LEAST), _MOST)
