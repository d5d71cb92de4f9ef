"""Describe the kinds of recurrent cell: the values that tell one kind from another."""

from collections.abc import Mapping
from dataclasses import dataclass

from lstm_shapes.errors import CallError, quoted


@dataclass(frozen=True)
class State:
    """A vector of (batch, units) that a cell hands on to the next timestep."""

    letter: str
    name: str
    meaning: str


@dataclass(frozen=True, repr=False)
class Cell:
    """A kind of layer, named as its class in Keras.

    Attributes:
        name: The name of Keras' class.
        layer_name: What Keras calls a layer of this kind.
        gates: Letter and name of each block of `units` columns in each weight, in
            Keras' order.
        states: What the cell hands on; the first of them is what a layer returns.
        equations: The assignments of a timestep, in their order, as Python takes them
            with NumPy's `split` and `*` for `·`. W, R and b are kernel,
            recurrent_kernel and bias; x is (batch, features), h and c (batch, units).
            `{activation}` and `{recurrent_activation}` are the functions of the layer;
            what stands with a bias, as `{+ b}`, is left out without one.
        equations_reset_before: The equations under `reset_after=False`; empty for
            kinds that have no such argument.
        lacking: Arguments of the rest of the kinds that Keras' class does not take.
        torch_name: The name of its class in `torch.nn`.
        torch_gates: The letters of `gates`, in PyTorch's order.
    """

    name: str
    layer_name: str
    gates: Mapping[str, str]
    states: tuple[State, ...]
    equations: tuple[str, ...]
    torch_name: str
    torch_gates: str
    equations_reset_before: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"cell_named({self.name!r})"

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the states, such as h and c."""
        return tuple(state.letter for state in self.states)

    @property
    def gate_names(self) -> tuple[str, ...]:
        """The names of the gates and the candidate as arrays: `forget_gate`.

        A SimpleRNN has none: its candidate is h itself.
        """
        if len(self.gates) == 1:
            return ()
        return tuple(GATE_NAMES[letter] for letter in self.gates)

    def takes(self, argument: str) -> bool:
        """Return True if Keras' class takes an argument that some kind takes."""
        return argument not in self.lacking


HIDDEN_STATE = State("h", "hidden_state", "hidden state")
CELL_STATE = State("c", "cell_state", "cell state")

# The gates of Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000).
LSTM = Cell(
    name="LSTM",
    layer_name="lstm",
    gates={"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"},
    states=(HIDDEN_STATE, CELL_STATE),
    equations=(
        "i, f, g, o = split(x @ W + h @ R{+ b}, 4, axis=-1)",
        "i, f, o = {recurrent_activation}(i), {recurrent_activation}(f), "
        "{recurrent_activation}(o)",
        "g = {activation}(g)",
        "c = f·c + i·g",
        "h = o·{activation}(c)",
    ),
    lacking=("reset_after",),
    torch_name="LSTM",
    torch_gates="ifgo",
)
# Cho et al. (2014). By default Keras and cuDNN apply r after the product with h.
GRU = Cell(
    name="GRU",
    layer_name="gru",
    gates={"z": "update gate", "r": "reset gate", "g": "candidate"},
    states=(HIDDEN_STATE,),
    equations=(
        "xz, xr, xg = split(x @ W{+ b[0]}, 3, axis=-1)",
        "hz, hr, hg = split(h @ R{+ b[1]}, 3, axis=-1)",
        "z = {recurrent_activation}(xz + hz)",
        "r = {recurrent_activation}(xr + hr)",
        "g = {activation}(xg + r·hg)",
        "h = z·h + (1 - z)·g",
    ),
    equations_reset_before=(
        "xz, xr, xg = split(x @ W{+ b}, 3, axis=-1)",
        "Rz, Rr, Rg = split(R, 3, axis=-1)",
        "z = {recurrent_activation}(xz + h @ Rz)",
        "r = {recurrent_activation}(xr + h @ Rr)",
        "g = {activation}(xg + (r·h) @ Rg)",
        "h = z·h + (1 - z)·g",
    ),
    lacking=("unit_forget_bias",),
    torch_name="GRU",
    torch_gates="rzg",
)
# Elman (1990).
SIMPLE_RNN = Cell(
    name="SimpleRNN",
    layer_name="simple_rnn",
    gates={"g": "candidate"},
    states=(HIDDEN_STATE,),
    equations=("h = {activation}(x @ W + h @ R{+ b})",),
    lacking=(
        "recurrent_activation",
        "reset_after",
        "unit_forget_bias",
        "implementation",
    ),
    torch_name="RNN",
    torch_gates="g",
)

CELLS = {cell.name: cell for cell in (LSTM, GRU, SIMPLE_RNN)}
# The names of gates as arrays, by the letters of their blocks of columns.
GATE_NAMES: dict[str, str] = {}
for known_cell in CELLS.values():
    for gate_letter, gate_name in known_cell.gates.items():
        GATE_NAMES[gate_letter] = gate_name.replace(" ", "_")


def cell_named(name: object) -> Cell:
    """Return a kind by its name, in letters of any case, or raise a CallError."""
    for cell in CELLS.values():
        if cell.name.lower() == str(name).lower():
            return cell
    raise CallError(f"`layer`: got {quoted(name)}, expected one of {', '.join(CELLS)}")
