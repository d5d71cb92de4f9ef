"""The kinds of recurrent cell: what tells one kind from another, as values."""

from collections.abc import Mapping
from typing import NamedTuple


class State(NamedTuple):
    """A vector of (batch, units) that a cell hands on to the next timestep."""

    letter: str
    name: str
    meaning: str


class Cell(NamedTuple):
    """A kind of layer, named as its class in Keras.

    `gates` are letters and names, in the order of the blocks of `units` columns in each weight. The
    first of `states` is what the layer returns. `bias_rows` is how many biases a column has.
    """

    name: str
    gates: Mapping[str, str]
    states: tuple[State, ...]
    bias_rows: int

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the states, such as h and c."""
        return tuple(state.letter for state in self.states)


# The four gates of Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000).
LSTM = Cell(
    name="LSTM",
    gates={"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"},
    states=(
        State("h", "hidden_state", "hidden state"),
        State("c", "cell_state", "cell state, the memory that goes on to t+1"),
    ),
    bias_rows=1,
)
