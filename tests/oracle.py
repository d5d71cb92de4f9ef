"""An LSTM in NumPy, written from its equations and not from Keras: the independent check.

Equations (1) to (6) of the LSTM as given by Zaremba, Sutskever and Vinyals, "Recurrent Neural
Network Regularization" (2014, https://arxiv.org/abs/1409.2329, section 3.1); the order of the
gates within a weight (input, forget, cell, output) is Keras'.
"""

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


def expected_outputs(states: States, *, return_sequences: bool, return_state: bool) -> list[Floats]:
    """What Keras documents that a layer with these flags returns, in its order."""
    first = states.h if return_sequences else states.h[:, -1]
    return [first, states.h[:, -1], states.c[:, -1]] if return_state else [first]


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))
