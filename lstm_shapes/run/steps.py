"""Hold what a layer does at each timestep: its gates and states, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lstm_shapes.run.dtypes import Numbers, widened
from lstm_shapes.shapes.cell import GATE_NAMES
from lstm_shapes.shapes.layer import Direction, Layer
from lstm_shapes.shapes.returned import LayerSpec

# A gate beyond these is nearly shut, or nearly open.
SHUT = 0.1
OPEN = 0.9


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of a direction of a layer, in the order of its reading.

    Attributes:
        layer_spec: The layer on its input.
        direction: The direction.
        timesteps: The timestep that each step reads: (0, 1, 2), or (2, 1, 0).
        inputs: What it reads, (batch, steps, features).
        is_real: False where that is masked, (batch, steps).
        gates: The gates and the candidate by name, (batch, steps, units); NaN where the
            timestep is masked, as none is used there.
        states: The states after each step by letter, (batch, steps, units).
    """

    layer_spec: LayerSpec
    direction: Direction
    timesteps: tuple[int, ...]
    inputs: Numbers
    is_real: Numbers
    gates: Mapping[str, Numbers]
    states: Mapping[str, Numbers]

    @property
    def layer(self) -> Layer:
        """The layer as written: its kind, units and functions."""
        return self.layer_spec.layer.of_direction(self.direction)

    @property
    def gates_by_letter(self) -> dict[str, Numbers]:
        """The gates and the candidate by their letters in the equations."""
        by_letter = {}
        for letter in self.layer.cell.gates:
            if GATE_NAMES[letter] in self.gates:
                by_letter[letter] = self.gates[GATE_NAMES[letter]]
        return by_letter

    def before(self, letter: str) -> Numbers:
        """Return a state before each step, (batch, steps, units): zeros at first."""
        return states_before(self.states[letter])

    def in_rows(self, values: Numbers) -> Numbers:
        """Return numbers of each step in the rows in which Keras returns them.

        The rows of the backward direction of two are turned: they stand in time.
        """
        if self.direction.is_turned:
            return values[:, ::-1]
        return values

    def steps_of_sample(self, sample: int) -> list[int]:
        """Return the steps of a sample whose timestep is not masked."""
        return [int(step) for step in np.flatnonzero(self.is_real[sample])]

    def old_and_new_parts(self) -> tuple[Numbers, Numbers]:
        """Return the old part of the memory and the new one, (batch, steps, units).

        In an LSTM that is f·c and i·g, and in a GRU z·h and (1 - z)·g.
        """
        gates = {name: widened(values) for name, values in self.gates.items()}
        candidate = gates["candidate"]
        if self.layer.cell.name == "LSTM":
            old_part = gates["forget_gate"] * widened(self.before("c"))
            return old_part, gates["input_gate"] * candidate
        update_gate = gates["update_gate"]
        old_part = update_gate * widened(self.before("h"))
        return old_part, (1 - update_gate) * candidate

    def kept_shares(self) -> Numbers:
        """Return how much of the memory is old after each step, (batch, steps).

        It is the mean over the units of |old part| / (|old part| + |new part|), and NaN where the
        timestep is masked.
        """
        old_part, new_part = self.old_and_new_parts()
        sizes = np.abs(old_part) + np.abs(new_part)
        with np.errstate(invalid="ignore"):
            shares = np.where(sizes == 0, 0, np.abs(old_part) / sizes)
        shares = np.where(np.isnan(sizes), np.nan, shares)
        means: Numbers = shares.mean(axis=2)
        return means

    def survival(self, sample: int) -> Numbers:
        """Return what is left at the end of c after the first step, (units,).

        Each later step multiplies it by f, so that it is the product of those.
        """
        later_steps = self.steps_of_sample(sample)[1:]
        forget_gates = widened(self.gates["forget_gate"])[sample, later_steps]
        product: Numbers = forget_gates.prod(axis=0)
        return product

    def decided_share(self, sample: int) -> float:
        """Return the share of gates below 0.1 or above 0.9: nearly shut, or nearly open.

        It is NaN if the gates are NaN, as they are behind an input of NaN.
        """
        real_steps = self.steps_of_sample(sample)
        shares = []
        for name, values in self.gates.items():
            if name != "candidate":
                gate = widened(values)[sample, real_steps]
                is_decided = (gate < SHUT) | (gate > OPEN)
                shares.append(np.where(np.isnan(gate), np.nan, is_decided))
        return float(np.mean(shares))


def states_before(states: Numbers) -> Numbers:
    """Return the states before each step, (batch, steps, units): zeros at first."""
    before = np.zeros_like(states)
    before[:, 1:] = states[:, :-1]
    return before


def sums_of_simple_rnn(
    steps: Steps, weights: Sequence[Numbers]
) -> tuple[Numbers, Numbers]:
    """Return x @ W + b and h @ R at each step of a SimpleRNN, (batch, steps, units).

    h is the activation of their sum. They are NaN where the timestep is masked.

    Args:
        steps: The steps of a direction of a SimpleRNN.
        weights: Its weights, in Keras' order.
    """
    kernel, recurrent_kernel, *biases = [widened(weight) for weight in weights]
    sums_of_x = widened(steps.inputs) @ kernel
    for bias in biases:
        sums_of_x = sums_of_x + bias
    sums_of_h = widened(steps.before("h")) @ recurrent_kernel
    is_real = steps.is_real[..., np.newaxis]
    return np.where(is_real, sums_of_x, np.nan), np.where(is_real, sums_of_h, np.nan)
