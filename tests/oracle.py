"""The three cells in NumPy, written from their equations and not from Keras: the independent check.

LSTM: equations (1) to (6) of Zaremba, Sutskever and Vinyals, "Recurrent Neural Network
Regularization" (2014, https://arxiv.org/abs/1409.2329, section 3.1). GRU: Cho et al. (2014,
https://arxiv.org/abs/1406.1078), with the reset gate behind the product with h, as in cuDNN.
SimpleRNN: Elman (1990). The order of the gates within a weight is Keras'.

Both directions and stacks as described by Graves, Mohamed and Hinton, "Speech Recognition with Deep
Recurrent Neural Networks" (2013, https://arxiv.org/abs/1303.5778, section 2): one cell reads the
timesteps forward, another one backward, and the next layer takes the h of both at each timestep.
That the two stand side by side, forward first, is Keras' default, and so are the zeros that both
directions have in every h where a timestep is masked.

Lengths: each sample is run alone, over its real timesteps; nothing is masked here.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


class States(NamedTuple):
    """Every h and every c, both (batch, timesteps, units), and the last of each."""

    h: Floats
    c: Floats
    last: tuple[Floats, ...]


def lstm(x: Floats, h: Floats, c: Floats, k: Floats, r: Floats, b: Floats) -> tuple[Floats, ...]:
    """The next h and c."""
    i, f, g, o = np.split(x @ k + h @ r + b, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def gru(x: Floats, h: Floats, k: Floats, r: Floats, b: Floats) -> tuple[Floats, ...]:
    """The next h."""
    xz, xr, xg = np.split(x @ k + b[0], 3, axis=1)
    hz, hr, hg = np.split(h @ r + b[1], 3, axis=1)
    z = _sigmoid(xz + hz)
    return (z * h + (1 - z) * np.tanh(xg + _sigmoid(xr + hr) * hg),)


def simple_rnn(x: Floats, h: Floats, k: Floats, r: Floats, b: Floats) -> tuple[Floats, ...]:
    """The next h."""
    return (np.tanh(x @ k + h @ r + b),)


# Each takes x and its states at a timestep, (batch, ...), and the three weights.
STEPS: dict[str, Callable[..., tuple[Floats, ...]]] = {
    "LSTM": lstm,
    "GRU": gru,
    "SimpleRNN": simple_rnn,
}


def unroll(kind: str, x: Floats, weights: Sequence[Floats]) -> States:
    """All states of a cell that starts from zeros; x is (batch, timesteps, features)."""
    zeros: Floats = np.zeros((len(x), len(weights[1])))
    states = (zeros,) * (2 if kind == "LSTM" else 1)
    every = []
    for t in range(x.shape[1]):
        states = STEPS[kind](x[:, t], *states, *weights)
        every.append((states[0], states[-1]))
    h, c = (np.stack(of, axis=1) for of in zip(*every, strict=True))
    return States(h, c, states)


def direction(
    kind: str, x: Floats, weights: Sequence[Floats], lengths: Sequence[int], way: str
) -> States:
    """The states of a direction that reads the real timesteps alone; backward ends at t=0."""
    found = []
    for sample, length in zip(x, lengths, strict=True):
        turn = slice(None, None, -1 if way == "backward" else 1)
        h, c, last = unroll(kind, sample[None, :length][:, turn], weights)
        masked = ((0, 0), (0, len(sample) - length), (0, 0))
        every_h = np.pad(h[:, turn], masked, mode="constant" if way else "edge")
        every_c = np.pad(c[:, turn], masked, mode="constant" if way == "backward" else "edge")
        found.append((every_h, every_c, *last))
    h, c, *states = (np.concatenate(of) for of in zip(*found, strict=True))
    return States(h, c, tuple(states))


def stack(
    x: Floats,
    weights: Sequence[Floats],
    *,
    kind: str = "LSTM",
    directions: int = 1,
    lengths: Sequence[int] | None = None,
) -> tuple[States, ...]:
    """The states of each direction of the last layer; three weights for each layer and direction.

    Their order is that of the layers, within a layer forward before backward, and kernel,
    recurrent kernel, bias. Every layer but the first reads every h of the one below it.
    """
    states: list[States] = []
    lengths = lengths or [x.shape[1]] * len(x)
    triples = [weights[at : at + 3] for at in range(0, len(weights), 3)]
    for at in range(0, len(triples), directions):
        if states:
            x = np.concatenate([of.h for of in states], axis=-1)
        ways = ("forward", "backward") if directions > 1 else ("",)
        layer = zip(triples[at : at + directions], ways, strict=True)
        states = [direction(kind, x, triple, lengths, way) for triple, way in layer]
    return tuple(states)


def expected_outputs(*states: States, return_sequences: bool, return_state: bool) -> list[Floats]:
    """Return the arrays that Keras documents for these flags, in its order."""
    first = np.concatenate([of.h if return_sequences else of.last[0] for of in states], axis=-1)
    return [first, *(one for of in states for one in of.last if return_state)]


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))
