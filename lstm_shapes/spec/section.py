"""The sections of the screen, as `--only` names them, and which options leave them out."""

from enum import Enum


class Section(str, Enum):
    """A section of the screen, in its order."""

    DRAWING, OUTPUTS, PARAMETERS, PYTORCH = "drawing", "outputs", "parameters", "pytorch"
    KERAS, NEXT, ARRAYS = "keras", "next", "arrays"


MEASURED = ("keras", "next", "arrays")
HIDDEN = {"json": tuple(Section), "dry_run": MEASURED}
HIDDEN |= {"compare": ("drawing", "parameters", "pytorch", "next")}
