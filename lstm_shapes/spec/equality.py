"""Say which arrays hold the same numbers, and where; runs check it, views show it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lstm_shapes.spec.layer import ArraySpec, LayerSpec, Vector
from lstm_shapes.spec.selection import Selection

# The number of a run, and a part of one of its arrays.
Place = tuple[int, Selection]


class Equality(NamedTuple):
    """A claim that two selections are equal, or with `equal=False` differ; `right` has `vector`."""

    left: Selection
    right: Selection
    vector: Vector | None
    equal: bool = True

    @property
    def claim(self) -> str:
        """The claim as Python writes it: `hidden_state == all_hidden_states[:, -1]`."""
        return f"{self.left} {'==' if self.equal else '!='} {self.right}"


def find_places(several: Iterable[Iterable[ArraySpec]]) -> Mapping[Vector, Sequence[Place]]:
    """Map each vector to its places in the arrays of several runs, whole arrays first."""
    found: dict[Vector, list[Place]] = {}
    for number, arrays in enumerate(several):
        for array in arrays:
            for vector, index in array.holds:
                if index is not None:
                    found.setdefault(vector, []).append((number, Selection(array.name, index)))
    for places in found.values():
        places.sort(key=lambda place: (place[0], bool(place[1].index)))
    return found


def equalities(layer: LayerSpec, more: Sequence[ArraySpec] = ()) -> tuple[Equality, ...]:
    """Pair each vector's first place with its others; add the likely mistake, with equal=False.

    The places are those in the outputs, and in `more` arrays.
    """
    places = find_places([[*layer.outputs, *more]])
    found = [
        Equality(first, other, vector)
        for vector, ((_, first), *others) in places.items()
        for _, other in others
    ]
    every, last = layer.all_hidden_states, layer.timesteps - 1
    if layer.is_masked and layer.return_sequences and layer.return_state:
        found += _by_sample(layer)
    if layer.bidirectional and layer.return_sequences and last > 0:
        vector, _ = every.holds[-1]
        _, backward = places[vector][0]
        # The backward layer reads the last timestep first.
        right = Selection(every.name, (slice(None), -1, *layer.units_of("backward")))
        found.append(Equality(backward, right, vector._replace(step=last), equal=False))
    return tuple(found)


def _by_sample(layer: LayerSpec) -> Iterator[Equality]:
    """Say where each sample's last h stands in every h: a mask ends each at another timestep."""
    every, state, *_ = (array.name for array in (layer.all_hidden_states, *layer.outputs[1:]))
    letter, direction, units = layer.cell.letters[0], layer.directions[0], layer.units_of
    for sample, length in enumerate(layer.lengths or ()):
        index = (sample, length - 1, *units(direction))
        vector = Vector(letter, direction, length - 1)
        yield Equality(Selection(state, (sample,)), Selection(every, index), vector)
    if layer.bidirectional:
        last = Selection(every, (slice(None), -1, *units(direction)))
        vector = Vector(letter, direction, layer.timesteps - 1)
        yield Equality(Selection(state), last, vector, equal=False)


def contrast_of_calls(layer: LayerSpec) -> Equality | None:
    """Claim, in both directions, that `output` is not `all_hidden_states[:, -1]`."""
    if not (layer.bidirectional and layer.timesteps > 1):
        return None
    every = Selection(layer.all_hidden_states.name, (slice(None), -1))
    return Equality(Selection(layer.output.name), every, None, equal=False)
