"""Hold what Keras did: frozen values, read off the model and its arrays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_shapes.run.tried import NextLayer, TwoCalls
from lstm_shapes.spec.equality import Equality, Place, equalities, find_places
from lstm_shapes.spec.layer import ArraySpec, Vector
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.selection import Selection, parse

# Two arrays count as the same within it: the same sums in float32, in another order.
TOLERANCE = 1e-6

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Array:
    """An array or a part of one: `positions` are its indices on each axis of the whole, `spec`.

    `all_hidden_states[0, 1:]` of a (1, 3, 5) array has the axes (timesteps, units), the positions
    (range(1, 3), range(0, 5)) and `values` of shape (2, 5).
    """

    name: str
    axes: tuple[str, ...]
    positions: tuple[range, ...]
    values: Values
    spec: ArraySpec

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""
        return self.values.shape

    def __repr__(self) -> str:
        return f"{self.name} ({', '.join(self.axes)}) {self.shape} {self.values.dtype}"


def read_only(values: Values) -> Values:
    """Return a view of an array that cannot be written to."""
    values = values.view()
    values.flags.writeable = False
    return values


def whole(spec: ArraySpec, values: Values) -> Array:
    """Return all of the array that a spec describes."""
    positions = tuple(map(range, spec.shape))
    return Array(spec.name, spec.axes, positions, read_only(values), spec)


def real_timesteps(spec: LSTMSpec) -> npt.NDArray[np.bool_]:
    """Return Keras' mask, (batch, timesteps): False is a masked timestep."""
    lengths = spec.lengths or [spec.timesteps] * spec.batch_size
    return np.arange(spec.timesteps) < np.array(lengths)[:, None]


class Identity(NamedTuple):
    """An Equality checked on arrays; `holds` is None if no number in them is finite."""

    equality: Equality
    holds: bool | None
    max_difference: float


class Group(NamedTuple):
    """One vector's places in several runs, and whether all hold the same, as in an Identity."""

    vector: Vector
    places: Sequence[Place]
    holds: bool | None
    max_difference: float


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One spec, built and predicted once by Keras; every array is float32.

    `input` is (batch, timesteps, features), `outputs` are in Keras' order, `more` was asked for
    beside them. `next_layers` is None where none was tried, `two_calls` where there is nothing to
    hand on. `own_input` is False where the input is random.
    """

    spec: LSTMSpec
    seed: int
    input: Array
    outputs: tuple[Array, ...]
    weights: Mapping[str, Values]
    versions: Mapping[str, str]
    next_layers: tuple[NextLayer, ...] | None = None
    two_calls: TwoCalls | None = None
    own_input: bool = False
    more: tuple[Array, ...] = ()

    def __repr__(self) -> str:
        outputs = ", ".join(f"{array.name} {array.shape}" for array in self.outputs)
        return f"Run({self.spec.code}, seed={self.seed}: {outputs})"

    def __getitem__(self, expression: str) -> Values:
        """Return what an expression picks, `run["output[0]"]`; a CallError if it fits no array."""
        return self.select(parse(expression)).values

    def show(self) -> None:
        """Print the screen: in a terminal as the command does, in a notebook as HTML."""
        from lstm_shapes.view.screen import show

        show(self)

    def save(self, path: str | PathLike[str], *, force: bool = False, light: bool = False) -> None:
        """Write what the command's `--save` writes, by suffix, or raise an LSTMShapesError."""
        from lstm_shapes.view.save import save_run

        save_run(self, Path(path), force=force, light=light)

    @property
    def arrays(self) -> Mapping[str, Values]:
        """The values of the input, of every output and of `more`, by name."""
        return {array.name: array.values for array in (self.input, *self.outputs, *self.more)}

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The spec's equalities, verified on the arrays of this run."""
        claims = equalities(self.spec.last, [array.spec for array in self.more])
        return tuple(verify(claim, self, self) for claim in claims)

    @property
    def not_finite(self) -> tuple[int, int, int] | None:
        """Count samples with NaN or infinity; name the first sample and timestep of them."""
        odd = ~np.isfinite(self.input.values).all(axis=2) & real_timesteps(self.spec)
        found = np.argwhere(odd)
        return (len({*found[:, 0]}), int(found[0, 0]), int(found[0, 1])) if len(found) else None

    def select(self, selection: Selection) -> Array:
        """Return what a selection picks of the arrays of this run, or raise a CallError."""
        spec = selection.find([*self.spec.arrays, *(array.spec for array in self.more)])
        positions = zip(spec.axes, selection.positions(spec), strict=True)
        kept = {axis: where for axis, where in positions if isinstance(where, range)}
        index: tuple[object, ...] = selection.index
        values = np.asarray(self.arrays[spec.name][index])  # type: ignore[index]  # checked above
        return Array(str(selection), tuple(kept), tuple(kept.values()), values, spec)


def difference(left: Array, right: Array) -> float:
    """Return the largest difference between two arrays of one shape; NaN equals NaN."""
    if np.array_equal(left.values, right.values, equal_nan=True):
        return 0.0
    both_nan = np.isnan(left.values) & np.isnan(right.values)
    return float(np.max(np.abs(left.values - right.values), initial=0.0, where=~both_nan))


def verify(equality: Equality, left: Run, right: Run) -> Identity:
    """Check an equality on the arrays of two runs."""
    sides = left.select(equality.left), right.select(equality.right)
    apart = difference(*sides)
    holds = (apart <= TOLERANCE) is equality.equal if _any_finite(sides) else None
    return Identity(equality, holds, apart)


def _any_finite(arrays: Iterable[Array]) -> bool:
    return any(np.isfinite(array.values).any() for array in arrays)


def groups(runs: Sequence[Run]) -> Iterator[Group]:
    """Compare every vector that the specs know in all the places it stands in."""
    for vector, places in find_places(run.spec.outputs for run in runs).items():
        first, *others = arrays = [runs[at].select(selection) for at, selection in places]
        apart = max((difference(first, other) for other in others), default=0.0)
        yield Group(vector, places, apart <= TOLERANCE if _any_finite(arrays) else None, apart)
