"""An LSTM in NumPy, written from its equations and not from Keras: the independent check.

Equations (1) to (6) of the LSTM as given by Zaremba, Sutskever and Vinyals, "Recurrent Neural
Network Regularization" (2014, https://arxiv.org/abs/1409.2329, section 3.1); the order of the
gates within a weight (input, forget, cell, output) is Keras'.

Both directions and stacks as described by Graves, Mohamed and Hinton, "Speech Recognition with Deep
Recurrent Neural Networks" (2013, https://arxiv.org/abs/1303.5778, section 2): one LSTM reads the
timesteps forward, another one backward, and the next layer takes the h of both at each timestep.
That the two stand side by side, forward first, is Keras' default.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


class States(NamedTuple):
    """Every h and every c, both (batch, timesteps, units)."""

    h: Floats
    c: Floats


def lstm(x: Floats, kernel: Floats, recurrent_kernel: Floats, bias: Floats) -> States:
    """All states of an LSTM that starts from zeros; x is (batch, timesteps, features)."""
    batch, timesteps, _ = x.shape
    units = recurrent_kernel.shape[0]
    h: Floats = np.zeros((batch, units))
    c: Floats = np.zeros((batch, units))
    every_h, every_c = [], []
    for t in range(timesteps):
        gates = x[:, t] @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(gates, 4, axis=1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        every_h.append(h)
        every_c.append(c)
    return States(np.stack(every_h, axis=1), np.stack(every_c, axis=1))


def bidirectional(
    x: Floats, forward: Sequence[Floats], backward: Sequence[Floats]
) -> tuple[States, States]:
    """The states of both directions, each with its own weights; backward ends at timestep 0."""
    reversed_h, reversed_c = lstm(x[:, ::-1], *backward)
    return lstm(x, *forward), States(reversed_h[:, ::-1], reversed_c[:, ::-1])


def stack(x: Floats, weights: Sequence[Floats], *, directions: int = 1) -> tuple[States, ...]:
    """The states of each direction of the last layer; three weights for each layer and direction.

    Their order is that of the layers, within a layer forward before backward, and kernel,
    recurrent kernel, bias. Every layer but the first reads every h of the one below it.
    """
    states: tuple[States, ...] = ()
    triples = [weights[at : at + 3] for at in range(0, len(weights), 3)]
    for at in range(0, len(triples), directions):
        if states:
            x = np.concatenate([direction.h for direction in states], axis=-1)
        layer = triples[at : at + directions]
        states = (lstm(x, *layer[0]),) if directions == 1 else bidirectional(x, *layer)
    return states


def expected_outputs(
    forward: States, backward: States | None = None, *, return_sequences: bool, return_state: bool
) -> list[Floats]:
    """Return the arrays that Keras documents for these flags, in its order."""
    last = [forward.h[:, -1], forward.c[:, -1]]
    every_h, last_h = [forward.h], [forward.h[:, -1]]
    if backward:
        last += [backward.h[:, 0], backward.c[:, 0]]
        every_h, last_h = [*every_h, backward.h], [*last_h, backward.h[:, 0]]
    first = np.concatenate(every_h if return_sequences else last_h, axis=-1)
    return [first, *last] if return_state else [first]


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))
