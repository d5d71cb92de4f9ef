"""Hold what Keras did: frozen values, read off the model and its arrays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, NoReturn, overload

import numpy as np
import numpy.typing as npt

from lstm_shapes.errors import (
    CallError,
    NotOneArrayError,
    PositionError,
    listed,
    quoted,
)
from lstm_shapes.run.dtypes import Numbers, tolerance_of, widened
from lstm_shapes.run.input_checks import (
    MaskedNumbers,
    NotFinite,
    Saturation,
    find_masked_numbers,
    find_not_finite,
    find_saturation,
    mask_of,
)
from lstm_shapes.run.trials import (
    Decoder,
    OddBatch,
    Rewritten,
    TriedLayer,
    TwoCalls,
)
from lstm_shapes.shapes.equality import (
    Equality,
    Merged,
    Place,
    equalities,
    find_places,
)
from lstm_shapes.shapes.layer import Direction
from lstm_shapes.shapes.returned import ArraySpec, LayerSpec, Vector
from lstm_shapes.shapes.selection import Selection, parse_selection
from lstm_shapes.shapes.spec import Spec

if TYPE_CHECKING:
    from lstm_shapes.run.steps import Steps

# Numbers in float32, or in the dtype of the layer that gave them.
Values = Numbers
Mask = npt.NDArray[np.bool_]
# What predict returned, by the names of the arrays.
Results = Mapping[str, Values]


@dataclass(frozen=True, eq=False, repr=False)
class Array:
    """An array or a part of one.

    `positions` are its indices on each axis of the whole array, which `spec` describes:
    `all_hidden_states[0, 1:]` of a (1, 3, 5) array has the axes (timesteps, units), the
    positions (range(1, 3), range(0, 5)) and `values` of shape (2, 5).
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

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[np.generic]:
        if copy is None:
            return np.asarray(self.values, dtype=dtype)
        return np.array(self.values, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        axes = ", ".join(self.axes)
        return f"{self.name} ({axes}) {self.shape} {self.values.dtype}"


class Identity(NamedTuple):
    """An Equality checked on arrays; `holds` is None if no number in them is finite."""

    equality: Equality
    holds: bool | None
    max_difference: float


class Group(NamedTuple):
    """The places of one vector in several runs, and whether all hold the same numbers.

    `holds` is None if no number in them is finite.
    """

    vector: Vector
    places: Sequence[Place]
    holds: bool | None
    max_difference: float


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One spec, built and predicted once by Keras.

    The arrays are float32, or of the dtype that their layer has.

    It unpacks into NumPy's arrays of the outputs as Keras' call does, in Keras' order:
    `all_hidden_states, h, c = run`. `run[0]` and `run[1:]` pick of them by position,
    and `run["hidden_state"]` and `run["kernel"]` by name.

    Attributes:
        spec: What was run.
        seed: The seed of the weights and of a random input.
        input: The input (batch, timesteps, features).
        outputs: What the last layer returned, in Keras' order.
        weights: All weights by their names, as `spec.weights` has them.
        versions: The versions of TensorFlow, Keras, NumPy and this package.
        next_layers: Layers tried behind this one; None where none was.
        decoder: A layer that began at the states; None without `return_state`.
        two_calls: The sequence in two calls; None where it cannot come so.
        rewritten: The layers written otherwise, and whether the numbers are the same.
        odd_batch: What a batch that is not full gave, under `stateful`.
        has_own_input: Whether the input was given, and is not random.
        has_own_weights: Whether the weights were given, and are not random.
        next_layer_codes: The layers that were asked for, as written in Keras.
    """

    spec: Spec
    seed: int
    input: Array
    outputs: tuple[Array, ...]
    weights: Mapping[str, Values]
    versions: Mapping[str, str]
    next_layers: tuple[TriedLayer, ...] | None = None
    decoder: Decoder | None = None
    two_calls: TwoCalls | None = None
    rewritten: tuple[Rewritten, ...] = ()
    odd_batch: OddBatch | None = None
    has_own_input: bool = False
    has_own_weights: bool = False
    next_layer_codes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shapes = [f"{array.name} {array.shape}" for array in self.outputs]
        return f"Run({self.spec.code}, seed={self.seed}: {', '.join(shapes)})"

    @overload
    def __getitem__(self, key: int | str) -> Values: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Values, ...]: ...
    def __getitem__(self, key: int | str | slice) -> Values | tuple[Values, ...]:
        """Return an output by its position, or any array by its name.

        A slice picks several outputs, as `run[1:]` does the states. A name may have an
        index behind it, as in `run["output[0]"]`.

        Raises:
            PositionError: there is no output at that position; it is an IndexError.
            CallError: the name or its index fits no array of this run.
        """
        if isinstance(key, str):
            return self.select(parse_selection(key)).values
        values = tuple(self)
        try:
            return values[key]
        except IndexError:
            raise self._no_output(key) from None
        except TypeError:
            raise NotOneArrayError(
                f"run[{quoted(key)}] picks no array, expected a position or a name, as"
                f' in run[0] or run["{self.outputs[0].name}"]'
            ) from None

    def _no_output(self, position: object) -> PositionError:
        """Return the error for a position beyond the outputs."""
        names = [f"{number} {array.name}" for number, array in enumerate(self.outputs)]
        arrays = "one array" if len(names) == 1 else f"{len(names)} arrays"
        return PositionError(
            f"run[{position}] does not exist: {self.spec.code} returns {arrays},"
            f" {listed(names)}"
        )

    def __len__(self) -> int:
        return len(self.outputs)

    def __iter__(self) -> Iterator[Values]:
        return iter([array.values for array in self.outputs])

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        try:
            self[name]
        except CallError:
            return False
        return True

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> NoReturn:
        # Without this method, NumPy would stack arrays of one shape without a word.
        names = [f'run["{array.name}"]' for array in self.outputs]
        expected = names[0]
        if len(names) > 1:
            expected = f"one of {', '.join(names)}"
        raise NotOneArrayError(f"a Run is no array, expected {expected}")

    @property
    def arrays(self) -> Mapping[str, Values]:
        """The values of the input and of the outputs, by name."""
        values = {self.input.name: self.input.values}
        for array in self.outputs:
            values[array.name] = array.values
        return values

    @cached_property
    def steps(self) -> "tuple[Steps, ...]":
        """The steps of each direction of each layer: gates and states at each timestep.

        They are made, and checked against Keras, when they are first asked for. The
        layers come in their order from the input on.

        Raises:
            TensorFlowError: the gates do not give Keras' states.
        """
        from lstm_shapes.run.stepping import steps_of  # late: it runs Keras again

        return steps_of(self)

    @cached_property
    def first_input_effects(self) -> tuple[Values, ...]:
        """The distances that the last h moves if the first x is turned to -x, each (batch,).

        There is an array for each direction of the last layer, of the unit that moves
        most.
        """
        from lstm_shapes.run.stepping import first_input_effects

        return first_input_effects(self)

    @cached_property
    def step_values(self) -> Mapping[str, Values]:
        """The values of `spec.step_arrays` by name; see `steps`."""
        values = {}
        for steps in self.steps:
            array_specs = self.spec.step_arrays_of(steps.layer_spec, steps.direction)
            sources = {**steps.states, **steps.gates}
            for key, array in array_specs.items():
                values[array.name] = read_only(steps.in_rows(sources[key]))
        return values

    @cached_property
    def identities(self) -> tuple[Identity, ...]:
        """The spec's equalities, checked on the arrays of this run."""
        return self.identities_beside(())

    def identities_beside(self, arrays: Iterable[ArraySpec]) -> tuple[Identity, ...]:
        """Return the checked equalities of the outputs, and of every c with them.

        `arrays` are of `spec.last.all_other_states`.
        """
        identities = []
        for equality in equalities(self.spec.last, tuple(arrays)):
            identities.append(check_equality(equality, self, self))
        return tuple(identities)

    @property
    def not_finite(self) -> NotFinite | None:
        """The real timesteps of the input that are NaN or infinite; None if there are none."""
        return find_not_finite(self)

    @cached_property
    def masked_numbers(self) -> MaskedNumbers | None:
        """The masked timesteps of an own input that are not zeros; None if there are none."""
        return find_masked_numbers(self)

    @cached_property
    def saturation(self) -> Saturation | None:
        """The saturated gates of the lowest layer on an own input; None if they are few."""
        return find_saturation(self)

    def select(self, selection: Selection) -> Array:
        """Return what a selection picks of the arrays and weights of this run.

        Raises:
            CallError: there is no such array, or the index does not fit it.
        """
        spec = selection.find_in(self.spec)
        axes = []
        positions = []
        for axis, position in zip(spec.axes, selection.positions(spec), strict=True):
            if isinstance(position, range):
                axes.append(axis)
                positions.append(position)
        index: tuple[object, ...] = selection.index
        values = self.values_of(spec)[index]  # type: ignore[index]  # it was checked
        return Array(
            name=str(selection),
            axes=tuple(axes),
            positions=tuple(positions),
            values=np.asarray(values),
            spec=spec,
        )

    def weights_of(self, layer_spec: LayerSpec, direction: Direction) -> list[Values]:
        """Return the weights of a direction of a layer of this run, in Keras' order."""
        start = 0
        for other_spec in self.spec.layer_specs:
            for other_direction in other_spec.directions:
                end = start + len(other_spec.weights_of(other_direction))
                if other_spec is layer_spec and other_direction == direction:
                    return list(self.weights.values())[start:end]
                start = end
        raise CallError(f"{layer_spec.name} is no layer of {self.spec.code}")

    def values_of(self, array: ArraySpec) -> Values:
        """Return the numbers of an array that `spec.selectable_arrays` has."""
        if array.is_weight_block:
            weight_name = array.name.rpartition("/")[0]
            (weight,) = [
                weight
                for weight in self.spec.weight_arrays
                if weight.name == weight_name
            ]
            blocks = np.split(
                self.weights[weight_name], len(weight.block_letters), axis=-1
            )
            position = weight.block_letters.index(array.block_letters[0])
            return blocks[position]
        for values_by_name in (self.arrays, self.weights):
            if array.name in values_by_name:
                return values_by_name[array.name]
        return self.step_values[array.name]

    def side_values(self, side: Selection | Merged) -> Values:
        """Return the values of a side of an equality."""
        if isinstance(side, Selection):
            return self.select(side).values
        # Keras casts what it merges to the dtype of Bidirectional.
        dtype = self.outputs[0].values.dtype
        forward = self.select(side.forward).values.astype(dtype)
        backward = self.select(side.backward).values.astype(dtype)
        merged: Values = forward + backward
        if side.merge_mode == "mul":
            merged = forward * backward
        if side.merge_mode == "ave":
            merged = merged / dtype.type(2)
        return merged


def read_only(values: Values) -> Values:
    """Return a view of an array that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def whole_array(spec: ArraySpec, values: Values) -> Array:
    """Return all of the array that a spec describes."""
    positions = tuple(range(size) for size in spec.shape)
    return Array(spec.name, spec.axes, positions, read_only(values), spec)


def real_timesteps(spec: Spec) -> Mask:
    """Return Keras' mask, (batch, timesteps): False is a masked timestep."""
    return mask_of(spec.last, spec.padding)


def difference(left: Values, right: Values) -> float:
    """Return the largest difference between arrays of one shape.

    NaN equals NaN and is infinitely far from a number; an infinity equals itself.
    """
    left = widened(left)
    right = widened(right)
    are_same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        distances = np.abs(left - right)
    distances = np.where(np.isnan(distances), np.inf, distances)
    return float(np.max(distances, initial=0.0, where=~are_same))


def has_finite(arrays: Iterable[Values]) -> bool:
    """Return True if a number in any of the arrays is finite."""
    return any(bool(np.isfinite(values).any()) for values in arrays)


def check_equality(equality: Equality, left_run: Run, right_run: Run) -> Identity:
    """Check an equality, each side on the arrays of a run."""
    left = left_run.side_values(equality.left)
    right = right_run.side_values(equality.right)
    max_difference = difference(left, right)
    holds = None
    if has_finite([left, right]):
        are_equal = max_difference <= tolerance_of([left, right])
        holds = are_equal is equality.is_equal
    return Identity(equality, holds, max_difference)


def check_places(runs: Sequence[Run]) -> Iterator[Group]:
    """Compare each vector that the specs know in all the places where it stands."""
    outputs_of_runs = [run.spec.outputs for run in runs]
    for vector, places in find_places(outputs_of_runs).items():
        arrays = []
        for place in places:
            run = runs[place.run_number]
            arrays.append(run.select(place.selection).values)
        max_difference = 0.0
        for array in arrays[1:]:
            max_difference = max(max_difference, difference(arrays[0], array))
        holds = None
        if has_finite(arrays):
            holds = max_difference <= tolerance_of(arrays)
        yield Group(vector, places, holds, max_difference)
