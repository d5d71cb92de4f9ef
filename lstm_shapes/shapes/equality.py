"""Say which arrays hold the same numbers, and where; runs check it, views show it."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from lstm_shapes.shapes.layer import Direction
from lstm_shapes.shapes.returned import ArraySpec, Index, LayerSpec, Vector
from lstm_shapes.shapes.selection import Selection


class Reason(Enum):
    """Why two arrays that look alike are not equal."""

    ZEROS_AT_MASKED = "the array holds zeros at masked timesteps"
    ONE_TIMESTEP = "the backward layer has read one timestep there"
    OTHER_TIMESTEPS = "each direction ends at another timestep"


class Merged(NamedTuple):
    """The arrays of both directions, merged number by number as `merge_mode` says."""

    merge_mode: str
    forward: Selection
    backward: Selection

    def __str__(self) -> str:
        if self.merge_mode == "mul":
            return f"{self.forward} * {self.backward}"
        total = f"{self.forward} + {self.backward}"
        if self.merge_mode == "ave":
            return f"({total}) / 2"
        return total


class Equality(NamedTuple):
    """A claim that two parts of arrays are equal, or that they are not.

    A run checks it on its arrays; what comes of it is an Identity.

    Attributes:
        left: A part of an array.
        right: The part that it equals, or does not.
        vector: The vector that stands at the right side, where it is one.
        is_equal: Whether the claim is that they are equal. A claim that they are not is
            about a likely mistake.
        reason: Why they are not equal.
        row: The row of the right side on its axis of timesteps, where it is one row.
        sample: The sample that the claim is about; None for all of them.
    """

    left: Selection
    right: Selection | Merged
    vector: Vector | None = None
    is_equal: bool = True
    reason: Reason | None = None
    row: int | None = None
    sample: int | None = None

    def __repr__(self) -> str:
        return f"Equality({self.claim})"

    @property
    def is_without_sequences(self) -> bool:
        """Return True for two whole arrays: with `return_sequences` they would differ."""
        return (
            self.is_equal
            and isinstance(self.right, Selection)
            and not self.left.index
            and not self.right.index
        )

    @property
    def claim(self) -> str:
        """The claim as Python writes it: `hidden_state == all_hidden_states[:, -1]`."""
        sign = "==" if self.is_equal else "!="
        return f"{self.left} {sign} {self.right}"


class Place(NamedTuple):
    """A part of an array in which a vector stands; `array` is the spec of that array.

    `run_number` is the run's position among those that `find_places` was given.
    """

    run_number: int
    selection: Selection
    array: ArraySpec


def find_places(
    arrays_of_runs: Iterable[Sequence[ArraySpec]],
) -> dict[Vector, list[Place]]:
    """Map each vector to its places in the arrays of several runs, whole arrays first."""
    places: dict[Vector, list[Place]] = {}
    for run_number, arrays in enumerate(arrays_of_runs):
        for array in arrays:
            for vector, index in array.holdings:
                if index is not None:
                    selection = Selection(array.name, index)
                    place = Place(run_number, selection, array)
                    places.setdefault(vector, []).append(place)
    for places_of_vector in places.values():
        places_of_vector.sort(key=order_of_place)
    return places


def order_of_place(place: Place) -> tuple[int, bool]:
    """Return the key that sorts places: by run, and whole arrays before parts."""
    is_part = bool(place.selection.index)
    return place.run_number, is_part


def equalities(
    layer_spec: LayerSpec, extra_arrays: Sequence[ArraySpec] = ()
) -> tuple[Equality, ...]:
    """Return what is equal among the outputs of a layer, and the likely mistakes.

    Args:
        layer_spec: The layer on its input.
        extra_arrays: Arrays beside its outputs, such as every c.

    Example:
        >>> from lstm_shapes.shapes.spec import LSTMSpec
        >>> spec = LSTMSpec(return_sequences=True, return_state=True)
        >>> [equality.claim for equality in equalities(spec.last)]
        ['hidden_state == all_hidden_states[:, -1]']
    """
    claims = list(same_vectors([*layer_spec.outputs, *extra_arrays]))
    claims.extend(merged_states(layer_spec))
    claims.extend(claims_about_masks(layer_spec))
    claims.extend(backward_mistakes(layer_spec))
    return tuple(claims)


def same_vectors(arrays: Sequence[ArraySpec]) -> Iterator[Equality]:
    """Pair the first place of each vector with the rest of its places."""
    for vector, places in find_places([arrays]).items():
        for place in places[1:]:
            yield Equality(
                left=places[0].selection,
                right=place.selection,
                vector=vector,
                row=row_of(place, vector.direction),
            )


def row_of(place: Place, direction: Direction) -> int | None:
    """Return the row of a place on the axis of timesteps, None if it has no such axis."""
    if not place.array.has_timesteps:
        return None
    timesteps = place.array.shape[place.array.axes.index("timesteps")]
    return direction.last_row(timesteps)


def merged_states(layer_spec: LayerSpec) -> Iterator[Equality]:
    """Say that `output` is the sum, product or average of both directions' last h."""
    layer = layer_spec.layer
    output = layer_spec.outputs[0]
    if not layer.return_state or layer.return_sequences:
        return
    if output.merge_mode not in ("sum", "mul", "ave"):
        return
    letter_count = len(layer.cell.states)
    forward = Selection(layer_spec.states[0].name)
    backward = Selection(layer_spec.states[letter_count].name)
    merged = Merged(output.merge_mode, forward, backward)
    yield Equality(left=Selection(output.name), right=merged)


def claims_about_masks(layer_spec: LayerSpec) -> Iterator[Equality]:
    """Say where each sample's last h stands: under a mask, samples end apart.

    A direction that reads the padding first ends at the same timestep in every sample,
    and needs no claim.
    """
    layer = layer_spec.layer
    if not layer_spec.is_masked or not layer.return_state:
        return
    for number, direction in enumerate(layer_spec.directions):
        if layer_spec.reads_padding_first(direction):
            continue
        # Under merge_mode=None each direction has an array.
        arrays = layer_spec.leading_outputs
        array = arrays[number] if len(arrays) > 1 else arrays[0]
        state_name = layer_spec.states[number * len(layer.cell.states)].name
        if layer.return_sequences:
            yield from claims_about_rows(layer_spec, direction, state_name, array)
        elif array.is_zeroed_by_mask:
            yield Equality(
                left=Selection(state_name),
                right=Selection(array.name),
                is_equal=False,
                reason=Reason.ZEROS_AT_MASKED,
            )


def claims_about_rows(
    layer_spec: LayerSpec, direction: Direction, state_name: str, array: ArraySpec
) -> Iterator[Equality]:
    """Say in which row of every h each sample's last h stands, and in which not.

    Args:
        layer_spec: The layer on its input.
        direction: A direction that ends at another timestep in each sample.
        state_name: The name of its last h.
        array: The array of its every h.
    """
    if array.merge_mode not in ("", "concat"):
        return
    units: Index = ()
    if array.is_side_by_side:
        units = layer_spec.units_index(direction)
    letter = layer_spec.layer.cell.letters[0]
    for sample in range(layer_spec.batch_size):
        timestep = layer_spec.real_timestep_read_last(direction, sample)
        # The timestep of a row is the row of that timestep, too.
        row = array.timestep_of_row(timestep)
        yield Equality(
            left=Selection(state_name, (sample,)),
            right=Selection(array.name, (sample, row, *units)),
            vector=Vector(letter, direction, timestep),
            row=row,
            sample=sample,
        )
    if array.masked_rows == "zeros":
        last_row = direction.last_row(layer_spec.timesteps)
        yield Equality(
            left=Selection(state_name),
            right=Selection(array.name, (slice(None), direction.last_index, *units)),
            vector=Vector(letter, direction, array.timestep_of_row(last_row)),
            is_equal=False,
            reason=Reason.ZEROS_AT_MASKED,
        )


def backward_mistakes(layer_spec: LayerSpec) -> Iterator[Equality]:
    """Say that row -1 does not hold the last h of the backward layer.

    Keras puts it where it belongs in time, at the first timestep: at the last one, the
    backward layer has read nothing else yet. Behind padding in front, the first real
    timestep is another one in each sample, and only a returned state holds that h.
    """
    layer = layer_spec.layer
    if not layer.bidirectional or not layer.return_sequences:
        return
    if layer_spec.has_one_timestep_to_go_back:
        return
    if layer.merge_mode not in ("concat", None):
        return
    backward = layer_spec.directions[1]
    vector = layer_spec.last_vector(backward, layer.cell.letters[0])
    places = find_places([layer_spec.outputs]).get(vector)
    if places is None:
        return
    array = layer_spec.arrays_of_every_h[-1]
    units: Index = ()
    if array.is_side_by_side:
        units = layer_spec.units_index(backward)
    last_timestep = layer_spec.input.timestep_of_row(layer_spec.timesteps - 1)
    yield Equality(
        left=places[0].selection,
        right=Selection(array.name, (slice(None), -1, *units)),
        vector=vector._replace(timestep=last_timestep),
        is_equal=False,
        reason=Reason.ONE_TIMESTEP,
    )


def contrast_of_calls(layer_spec: LayerSpec) -> Equality | None:
    """Claim that in both directions `output` is not `all_hidden_states[:, -1]`.

    The output is that of a call without flags, and every h that of a call with
    `return_sequences`. One direction or one timestep has no such claim: None.
    """
    if not layer_spec.layer.bidirectional or layer_spec.has_one_timestep_to_go_back:
        return None
    # Under merge_mode=None, the last arrays are those of the backward layer.
    output = layer_spec.arrays_of_last_h[-1]
    sequence = layer_spec.arrays_of_every_h[-1]
    return Equality(
        left=Selection(output.name),
        right=Selection(sequence.name, (slice(None), -1)),
        is_equal=False,
        reason=Reason.OTHER_TIMESTEPS,
    )
