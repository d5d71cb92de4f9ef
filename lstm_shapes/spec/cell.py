"""The kinds of recurrent cell: what tells one kind from another, as values."""

from collections.abc import Mapping
from typing import NamedTuple

from lstm_shapes.errors import CallError, Option, quoted


class State(NamedTuple):
    """A vector of (batch, units) that a cell hands on to the next timestep."""

    letter: str
    name: str
    meaning: str


class Cell(NamedTuple):
    """A kind of layer, named as its class in Keras; Keras calls a layer of it `layer_name`.

    `gates` are letters and names, in the order of the blocks of `units` columns in each weight. The
    first of `states` is what the layer returns. `bias_rows` is how many biases a column has.
    `equations` are those of a timestep: W, R and b are its columns of kernel, recurrent_kernel and
    bias, σ is the logistic function, `@` a product of matrices and `·` one number by number.
    `torch` is its class in `torch.nn`, and `torch_gates` the letters in the order of the blocks
    there.
    """

    name: str
    layer_name: str
    gates: Mapping[str, str]
    states: tuple[State, ...]
    bias_rows: int
    equations: tuple[str, ...]
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
    states=(_H, State("c", "cell_state", "cell state")),
    bias_rows=1,
    equations=(
        "i, f, o = σ(x @ W + h @ R + b)",
        "g = tanh(x @ W + h @ R + b)",
        "c = f·c + i·g",
        "h = o·tanh(c)",
    ),
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
    equations=(
        "z, r = σ(x @ W + b[0] + h @ R + b[1])",
        "g = tanh(x @ W + b[0] + r·(h @ R + b[1]))",
        "h = z·h + (1 - z)·g",
    ),
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
    equations=("h = g = tanh(x @ W + h @ R + b)",),
    torch="RNN",
    torch_gates="g",
)

CELLS = {cell.name: cell for cell in (LSTM, GRU, SIMPLE_RNN)}


def cell_named(name: str) -> Cell:
    """Return a kind by its name, in letters of any case, or raise a CallError."""
    for cell in CELLS.values():
        if cell.name.lower() == str(name).lower():
            return cell
    raise CallError(Option("layer"), f" must be one of {', '.join(CELLS)}, got {quoted(name)}")
