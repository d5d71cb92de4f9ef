"""The kinds of recurrent cell: what tells one kind from another, as values."""

from collections.abc import Mapping
from typing import NamedTuple


class State(NamedTuple):
    """A vector of (batch, units) that a cell hands on to the next timestep."""

    letter: str
    name: str
    meaning: str


class Cell(NamedTuple):
    """A kind of layer, named as its class in Keras; Keras calls a layer of it `layer_name`.

    `gates` are letters and names, in the order of the blocks of `units` columns in each weight. The
    first of `states` is what the layer returns. `bias_rows` is how many biases a column has: with
    two, the first is added to the input's part and the second to that of h. `torch` is its class in
    `torch.nn`, and `torch_gates` the letters in the order of the blocks there.
    """

    name: str
    layer_name: str
    gates: Mapping[str, str]
    states: tuple[State, ...]
    bias_rows: int
    torch: str
    torch_gates: str

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the states, such as h and c."""
        return tuple(state.letter for state in self.states)


_H = State("h", "hidden_state", "hidden state")

# The four gates of Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000).
LSTM = Cell(
    name="LSTM",
    layer_name="lstm",
    gates={"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"},
    states=(_H, State("c", "cell_state", "cell state, the memory that goes on to t+1")),
    bias_rows=1,
    torch="LSTM",
    torch_gates="ifgo",
)
# Cho et al. (2014), with r behind the product with h, as Keras' reset_after=True and cuDNN have it.
GRU = Cell(
    name="GRU",
    layer_name="gru",
    gates={"z": "update gate", "r": "reset gate", "g": "candidate"},
    states=(_H,),
    bias_rows=2,
    torch="GRU",
    torch_gates="rzg",
)
# Elman (1990).
SIMPLE_RNN = Cell(
    name="SimpleRNN",
    layer_name="simple_rnn",
    gates={"g": "candidate"},
    states=(_H,),
    bias_rows=1,
    torch="RNN",
    torch_gates="g",
)

CELLS = {cell.name: cell for cell in (LSTM, GRU, SIMPLE_RNN)}
