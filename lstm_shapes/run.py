"""What Keras did: frozen values read off the model and its arrays, ready to be shown or pickled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_shapes.selection import Selection, parse
from lstm_shapes.spec import LSTMSpec

TOLERANCE = 1e-6

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Array:
    """An array with a name, its axes, and where in the whole array each of its axes stands.

    `values` has one axis for each of `axes` and `positions`: `all_hidden_states[0, 1:]` of a
    (1, 3, 5) array has the axes `(timesteps, units)`, the positions `(range(1, 3), range(0, 5))`
    and the shape (2, 5).
    """

    name: str
    axes: tuple[str, ...]
    positions: tuple[range, ...]
    values: Values

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""
        return self.values.shape


@dataclass(frozen=True, eq=False)
class RunArray(Array):
    """The whole input or a whole output, with its shape in the model and what it holds."""

    model_shape: tuple[int | None, ...]
    meaning: str


@dataclass(frozen=True, eq=False)
class Weight:
    """One weight of the layer."""

    name: str
    values: Values


@dataclass(frozen=True)
class Layer:
    """One row of Keras' model summary."""

    name: str
    type: str
    output_shapes: tuple[tuple[int | None, ...], ...]
    parameters: int


@dataclass(frozen=True)
class Parameters:
    """Keras' own parameter counts."""

    total: int
    trainable: int
    non_trainable: int


@dataclass(frozen=True)
class Identity:
    """Two expressions that should hold the same numbers, and how far apart they were."""

    left: str
    right: str
    holds: bool
    max_difference: float

    @property
    def claim(self) -> str:
        """The claim as Python writes it: `hidden_state == all_hidden_states[:, -1]`."""
        return f"{self.left} == {self.right}"


@dataclass(frozen=True, eq=False)
class Run:
    """One spec, built and predicted once by Keras; every array is float32.

    `input` is (batch, timesteps, features), `outputs` are in Keras' order, and `model` and
    `layers` are Keras' model summary: its name and its rows.
    """

    spec: LSTMSpec
    seed: int
    model: str
    input: RunArray
    outputs: tuple[RunArray, ...]
    weights: tuple[Weight, ...]
    layers: tuple[Layer, ...]
    parameters: Parameters
    versions: Mapping[str, str]

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The spec's identities, verified on the arrays of this run."""
        return tuple(
            compare(self.select(parse(left)), self.select(parse(right)))
            for left, right in self.spec.identities
        )

    def select(self, selection: Selection) -> Array:
        """The array that `selection` picks, which must be one this run has.

        Raises:
            CallError: the name or the index fits no array of this run.

        Example:
            >>> from lstm_shapes import LSTMSpec, explore
            >>> from lstm_shapes.selection import parse
            >>> run = explore(LSTMSpec(return_sequences=True), seed=1)
            >>> run.select(parse("all_hidden_states[:, -1]")).shape
            (1, 5)
        """
        spec = selection.find(self.spec.arrays)
        positions = selection.positions(spec)
        arrays = {array.name: array for array in (self.input, *self.outputs)}
        values = arrays[spec.name].values[selection.index]
        kept = [
            (axis, where)
            for axis, where in zip(spec.axes, positions, strict=True)
            if isinstance(where, range)
        ]
        return Array(
            selection.text,
            tuple(axis for axis, _ in kept),
            tuple(where for _, where in kept),
            np.asarray(values),
        )


def compare(left: Array, right: Array) -> Identity:
    """How far the values of two arrays of one shape are apart, at most.

    They count as the same within TOLERANCE: the same sums in float32, in another order.
    """
    difference = float(np.max(np.abs(left.values - right.values), initial=0.0))
    return Identity(left.name, right.name, difference <= TOLERANCE, difference)


@dataclass(frozen=True)
class Places:
    """Where one vector stands in several runs: (index of the run, expression), compared."""

    expressions: tuple[tuple[int, str], ...]
    holds: bool
    max_difference: float


def places(runs: Sequence[Run], expressions: Sequence[Sequence[str]]) -> Places:
    """Compare what the expressions, some for each run, pick: with the first of them."""
    found = [(at, text) for at, texts in enumerate(expressions) for text in texts]
    arrays = [runs[at].select(parse(text)) for at, text in found]
    identities = [compare(arrays[0], array) for array in arrays[1:]]
    return Places(
        tuple(found),
        all(identity.holds for identity in identities),
        max(identity.max_difference for identity in identities),
    )
