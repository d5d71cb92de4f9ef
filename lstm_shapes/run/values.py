"""What Keras did: frozen values read off the model and its arrays, ready to be shown or pickled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lstm_shapes.spec.equality import Equality, Place, contrast_of_calls, standing
from lstm_shapes.spec.layer import ArraySpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.selection import Selection, parse

TOLERANCE = 1e-6

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Range:
    """The least and the greatest finite value of an array, and how many values are not finite."""

    low: float
    high: float
    not_finite: int


@dataclass(frozen=True, eq=False, repr=False)
class Array:
    """The whole of an array or a part of it, with its axes and where in the whole each stands.

    `values` has one axis for each of `axes` and `positions`: `all_hidden_states[0, 1:]` of a
    (1, 3, 5) array has the axes `(timesteps, units)`, the positions `(range(1, 3), range(0, 5))`
    and the shape (2, 5). `spec` is that of the whole array.
    """

    name: str
    axes: tuple[str, ...]
    positions: tuple[range, ...]
    values: Values
    spec: ArraySpec

    @classmethod
    def whole(cls, spec: ArraySpec, values: Values) -> "Array":
        """All of the array that `spec` describes."""
        return cls(spec.name, spec.axes, tuple(map(range, spec.shape)), values, spec)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""
        return self.values.shape

    @property
    def range(self) -> Range | None:
        """The range of the values, found in one pass; None where there is none."""
        if not self.values.size:
            return None
        low, high = float(self.values.min()), float(self.values.max())
        if np.isfinite([low, high]).all():
            return Range(low, high, 0)
        finite = self.values[np.isfinite(self.values)]
        not_finite = self.values.size - finite.size
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)
        return Range(low, high, not_finite)

    def __repr__(self) -> str:
        axes = ", ".join(self.axes)
        found = self.range
        span = f" from {found.low:.4g} to {found.high:.4g}" if found else ""
        odd = f", {found.not_finite} not finite" if found and found.not_finite else ""
        return f"{self.name} ({axes}) {self.shape} {self.values.dtype}{span}{odd}"


@dataclass(frozen=True, eq=False)
class Weight:
    """One weight of a layer."""

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
class NextLayer:
    """What became of handing the arrays named `takes` to a layer: a shape, or Keras' refusal."""

    layer: str
    takes: tuple[str, ...]
    output_shape: tuple[int | None, ...] | None
    error: str | None


@dataclass(frozen=True)
class Identity:
    """An equality of the spec, and how far apart its two sides were, at most."""

    equality: Equality
    holds: bool
    max_difference: float


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One spec, built and predicted once by Keras; every array is float32.

    `input` is (batch, timesteps, features), `outputs` are in Keras' order, `model` and `layers`
    are Keras' model summary: its name and its rows. `next_layers` is None where none was tried.
    `has_own_input` says that the input is not random, and `input_file` where it came from.
    """

    spec: LSTMSpec
    seed: int
    model: str
    input: Array
    outputs: tuple[Array, ...]
    weights: tuple[Weight, ...]
    layers: tuple[Layer, ...]
    parameters: Parameters
    versions: Mapping[str, str]
    next_layers: tuple[NextLayer, ...] | None = None
    has_own_input: bool = False
    input_file: Path | None = None

    def __repr__(self) -> str:
        outputs = ", ".join(f"{array.name} {array.shape}" for array in self.outputs)
        return f"Run({self.spec.call}, seed={self.seed}: {outputs})"

    def __getitem__(self, expression: str) -> Values:
        """The values that the expression picks: `run["all_hidden_states[:, -1]"]`.

        Raises:
            CallError: it is no expression, or fits no array of this run.
        """
        return self.select(parse(expression)).values

    @property
    def arrays(self) -> Mapping[str, Values]:
        """The values of the input and of every output, by name."""
        return {array.name: array.values for array in (self.input, *self.outputs)}

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The spec's equalities, verified on the arrays of this run."""
        return tuple(
            verify(equality, self.select(equality.left), self.select(equality.right))
            for equality in self.spec.equalities
        )

    def select(self, selection: Selection) -> Array:
        """The array that `selection` picks, which must be one this run has.

        Raises:
            CallError: the name or the index fits no array of this run.

        Example:
            >>> from lstm_shapes import LSTMSpec, explore
            >>> from lstm_shapes.spec.selection import parse
            >>> run = explore(LSTMSpec(return_sequences=True), seed=1)
            >>> run.select(parse("all_hidden_states[:, -1]")).shape
            (1, 5)
        """
        spec = selection.find(self.spec.arrays)
        kept = {
            axis: where
            for axis, where in zip(spec.axes, selection.positions(spec), strict=True)
            if isinstance(where, range)
        }
        values = np.asarray(self.arrays[spec.name][selection.index])
        return Array(selection.text, tuple(kept), tuple(kept.values()), values, spec)


def difference(left: Array, right: Array) -> float:
    """How far the values of two arrays of one shape are apart, at most; NaN is equal to NaN."""
    if np.array_equal(left.values, right.values, equal_nan=True):
        return 0.0
    both_nan = np.isnan(left.values) & np.isnan(right.values)
    return float(np.max(np.abs(left.values - right.values), initial=0.0, where=~both_nan))


def verify(equality: Equality, left: Array, right: Array) -> Identity:
    """Whether two arrays stand to each other as the equality says.

    They count as the same within TOLERANCE: the same sums in float32, in another order.
    """
    apart = difference(left, right)
    return Identity(equality, (apart <= TOLERANCE) is equality.equal, apart)


@dataclass(frozen=True)
class Group:
    """Where one vector stands in several runs, compared."""

    vector: str
    places: Sequence[Place]
    holds: bool
    max_difference: float


def groups(runs: Sequence[Run]) -> Iterator[Group]:
    """Every vector that the specs know, compared in all the places it stands in."""
    for vector, places in standing(run.spec.outputs for run in runs).items():
        first, *others = (runs[at].select(selection) for at, selection in places)
        apart = max((difference(first, other) for other in others), default=0.0)
        yield Group(vector, places, apart <= TOLERANCE, apart)


def contrast(runs: Sequence[Run]) -> Identity | None:
    """In both directions: that the output is not every h at the last timestep."""
    equality = contrast_of_calls(runs[0].spec.last)
    if equality is None:
        return None
    left, right = (
        next(run for run in runs if side.name in run.arrays).select(side)
        for side in (equality.left, equality.right)
    )
    return verify(equality, left, right)
