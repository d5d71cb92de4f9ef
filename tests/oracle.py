"""The three cells in NumPy, written from their equations and not from Keras.

They are the independent check of what Keras returns.

LSTM: equations (1) to (6) of Zaremba, Sutskever and Vinyals, "Recurrent Neural Network
Regularization" (2014, https://arxiv.org/abs/1409.2329, section 3.1). GRU: Cho et al.
(2014, https://arxiv.org/abs/1406.1078), with the reset gate behind the product with h,
as in cuDNN. SimpleRNN: Elman (1990). The order of the gates within a weight is Keras'.

Both directions and stacks as described by Graves, Mohamed and Hinton, "Speech
Recognition with Deep Recurrent Neural Networks" (2013, https://arxiv.org/abs/1303.5778,
section 2): one cell reads the timesteps forward, another one backward, and the next
layer takes the h of both at each timestep. That the two stand side by side, forward
first, is Keras' default.

Lengths: each sample is run alone, over its real timesteps, and nothing is masked here.
What stands at the timesteps behind them, or in front, which Keras masks, is Keras'
choice.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Weights = Sequence[Floats]  # kernel, recurrent kernel and bias
State = tuple[Floats, ...]  # what a cell hands on, (batch, units) each: h, or h and c


class States(NamedTuple):
    """Every h and every c, both (batch, timesteps, units), and the last of each.

    A cell without c has its h in both places, and only h in `last`.
    """

    h: Floats
    c: Floats
    last: State


def lstm(x: Floats, state: State, weights: Weights) -> State:
    """Compute the next h and c from x, (batch, features), and from h and c."""
    h, c = state
    kernel, recurrent_kernel, bias = weights
    columns = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(columns, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c


def gru(x: Floats, state: State, weights: Weights) -> State:
    """Compute the next h from x, (batch, features), and from h."""
    (h,) = state
    kernel, recurrent_kernel, bias = weights
    x_columns = x @ kernel + bias[0]
    h_columns = h @ recurrent_kernel + bias[1]
    x_z, x_r, x_g = np.split(x_columns, 3, axis=1)
    h_z, h_r, h_g = np.split(h_columns, 3, axis=1)
    z = sigmoid(x_z + h_z)
    r = sigmoid(x_r + h_r)
    g = np.tanh(x_g + r * h_g)
    h = z * h + (1 - z) * g
    return (h,)


def simple_rnn(x: Floats, state: State, weights: Weights) -> State:
    """Compute the next h from x, (batch, features), and from h."""
    (h,) = state
    kernel, recurrent_kernel, bias = weights
    h = np.tanh(x @ kernel + h @ recurrent_kernel + bias)
    return (h,)


def sigmoid(x: Floats) -> Floats:
    """Compute the logistic function of each number."""
    return 1 / (1 + np.exp(-x))


Step = Callable[[Floats, State, Weights], State]
STEPS: dict[str, Step] = {
    "LSTM": lstm,
    "GRU": gru,
    "SimpleRNN": simple_rnn,
}


def unroll(kind: str, x: Floats, weights: Weights) -> States:
    """Step a cell through x, (batch, timesteps, features), from a state of zeros."""
    step = STEPS[kind]
    _, recurrent_kernel, _ = weights
    units = len(recurrent_kernel)
    zeros: Floats = np.zeros((len(x), units))
    state: State = (zeros, zeros) if kind == "LSTM" else (zeros,)
    every_h = []
    every_c = []
    for t in range(x.shape[1]):
        state = step(x[:, t], state, weights)
        every_h.append(state[0])
        every_c.append(state[-1])
    return States(
        h=np.stack(every_h, axis=1),
        c=np.stack(every_c, axis=1),
        last=state,
    )


def unroll_backward(kind: str, x: Floats, weights: Weights) -> States:
    """Step a cell through x from its last timestep to t=0, where it ends.

    Every h and every c stand at the timestep that they belong to.
    """
    states = unroll(kind, np.flip(x, axis=1), weights)
    return States(
        h=np.flip(states.h, axis=1),
        c=np.flip(states.c, axis=1),
        last=states.last,
    )


class Real(NamedTuple):
    """The real timesteps of a sample, and how many masked ones stand on each side."""

    length: int
    masked_in_front: int
    masked_behind: int

    def part(self, x: Floats) -> Floats:
        """Return the real timesteps of x, (1, timesteps, features)."""
        start = self.masked_in_front
        return x[:, start : start + self.length]

    def with_zeros(self, states: Floats) -> Floats:
        """Put zeros at the masked timesteps around (1, length, units)."""
        widths = ((0, 0), (self.masked_in_front, self.masked_behind), (0, 0))
        return np.pad(states, widths)

    def with_states_kept(self, states: Floats, *, is_backward: bool = False) -> Floats:
        """Put in what a mask does: a state stays as it is, and it begins with zeros."""
        padded = self.with_zeros(states)
        if is_backward and self.masked_in_front:
            padded[:, : self.masked_in_front] = states[:, :1]
        if not is_backward and self.masked_behind:
            padded[:, -self.masked_behind :] = states[:, -1:]
        return padded


def real_part(timesteps: int, length: int, padding: str) -> Real:
    """Return which timesteps of a sample of that length are real."""
    if padding == "pre":
        return Real(length, masked_in_front=timesteps - length, masked_behind=0)
    return Real(length, masked_in_front=0, masked_behind=timesteps - length)


def run_single(
    kind: str,
    x: Floats,
    weights: Weights,
    real: Real,
) -> States:
    """Run one sample of x through the only direction of a layer."""
    states = unroll(kind, real.part(x), weights)
    return States(
        h=real.with_states_kept(states.h),
        c=real.with_states_kept(states.c),
        last=states.last,
    )


def run_forward(
    kind: str,
    x: Floats,
    weights: Weights,
    real: Real,
) -> States:
    """Run one sample of x through the forward one of two directions.

    At masked timesteps, Keras puts zeros in place of h where there are two directions.
    """
    states = unroll(kind, real.part(x), weights)
    return States(
        h=real.with_zeros(states.h),
        c=real.with_states_kept(states.c),
        last=states.last,
    )


def run_backward(
    kind: str,
    x: Floats,
    weights: Weights,
    real: Real,
) -> States:
    """Run one sample of x through the backward one of two directions."""
    states = unroll_backward(kind, real.part(x), weights)
    return States(
        h=real.with_zeros(states.h),
        c=real.with_states_kept(states.c, is_backward=True),
        last=states.last,
    )


RunSample = Callable[[str, Floats, Weights, Real], States]


def run_batch(
    run_sample: RunSample,
    kind: str,
    x: Floats,
    weights: Weights,
    lengths: Sequence[int],
    padding: str,
) -> States:
    """Run each sample of x, (batch, timesteps, features), and join their states."""
    every_h = []
    every_c = []
    lasts = []
    for sample, length in zip(x, lengths, strict=True):
        real = real_part(x.shape[1], length, padding)
        states = run_sample(kind, sample[np.newaxis], weights, real)
        every_h.append(states.h)
        every_c.append(states.c)
        lasts.append(states.last)
    last = [np.concatenate(state) for state in zip(*lasts, strict=True)]
    return States(
        h=np.concatenate(every_h),
        c=np.concatenate(every_c),
        last=tuple(last),
    )


def layer(
    kind: str,
    x: Floats,
    weights: Sequence[Floats],
    lengths: Sequence[int],
    padding: str,
) -> tuple[States, ...]:
    """Compute the states of each direction: of one by three weights, of two by six."""
    if len(weights) == 3:
        return (run_batch(run_single, kind, x, weights, lengths, padding),)
    forward = run_batch(run_forward, kind, x, weights[:3], lengths, padding)
    backward = run_batch(run_backward, kind, x, weights[3:], lengths, padding)
    return forward, backward


def stack(
    x: Floats,
    weights: Sequence[Floats],
    *,
    kind: str = "LSTM",
    directions: int = 1,
    lengths: Sequence[int] | None = None,
    padding: str = "post",
) -> tuple[States, ...]:
    """Compute the states of each direction of the last layer.

    There are three weights for each layer and direction. Their order is that of the
    layers, within a layer forward before backward, and kernel, recurrent kernel, bias.
    The lowest layer reads x, (batch, timesteps, features), and each layer above it
    every h of the one below.
    """
    if not lengths:
        lengths = [x.shape[1]] * x.shape[0]
    states: tuple[States, ...] = ()
    weight_count = 3 * directions
    for start in range(0, len(weights), weight_count):
        layer_weights = weights[start : start + weight_count]
        if states:
            x = side_by_side([direction.h for direction in states])
        states = layer(kind, x, layer_weights, lengths, padding)
    return states


def expected_outputs(
    *directions: States, return_sequences: bool, return_state: bool
) -> list[Floats]:
    """Return the arrays that Keras documents for these flags, in its order."""
    if return_sequences:
        hidden_states = [direction.h for direction in directions]
    else:
        hidden_states = [direction.last[0] for direction in directions]
    outputs = [side_by_side(hidden_states)]
    if return_state:
        for direction in directions:
            outputs.extend(direction.last)
    return outputs


def side_by_side(states: Sequence[Floats]) -> Floats:
    """Join the states of each direction along their last axis, units."""
    return np.concatenate(states, axis=-1)
