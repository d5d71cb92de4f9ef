"""What the next layer makes of what this one returns: Keras is asked, on the symbolic outputs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lstm_shapes.run.values import NextLayer

_BOLD = re.compile(r"\x1b\[[0-9;]*m")


def next_layers(keras: Any, returned: Mapping[str, Any]) -> Iterator[NextLayer]:
    """Hand the first symbolic output to `Dense(1)` and `LSTM(1)`, then all of them if several.

    The layers are really called: Keras' ways of computing a shape alone skip its own checks.
    """
    first, *others = returned
    for takes in [(first,), (first, *others)] if others else [(first,)]:
        for call in (keras.layers.Dense, keras.layers.LSTM):
            given = [returned[name] for name in takes]
            shape, error = None, None
            try:
                after = call(1, name="next")(given if len(given) > 1 else given[0])
                shape = tuple(after.shape)
            except ValueError as refusal:
                error = first_sentence(refusal)
            yield NextLayer(f"{call.__name__}(1)", takes, shape, error)


def first_sentence(error: Exception) -> str:
    """Keras' first sentence, without the bold type of its terminals."""
    text = " ".join(_BOLD.sub("", str(error)).split())
    return re.split(r"(?<=[a-z0-9)])\.\s", text)[0].rstrip(".")
