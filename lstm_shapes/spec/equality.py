"""Which vectors stand in several places: derived once, checked by a run, shown by every view."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lstm_shapes.spec.layer import ArraySpec, LayerSpec, Vector
from lstm_shapes.spec.selection import Selection

# The number of a run, and where in its arrays.
Place = tuple[int, Selection]


class Equality(NamedTuple):
    """Two selections that hold the same, or with `equal=False` do not; the right holds `vector`."""

    left: Selection
    right: Selection
    vector: Vector | None
    equal: bool = True

    @property
    def claim(self) -> str:
        """The claim as Python writes it: `hidden_state == all_hidden_states[:, -1]`."""
        return f"{self.left} {'==' if self.equal else '!='} {self.right}"


def standing(several: Iterable[Iterable[ArraySpec]]) -> Mapping[Vector, Sequence[Place]]:
    """Find where each vector stands in the arrays of several runs, whole arrays first."""
    found: dict[Vector, list[Place]] = {}
    for number, arrays in enumerate(several):
        for array in arrays:
            for vector, index in array.holds:
                found.setdefault(vector, []).append((number, Selection(array.name, index)))
    for places in found.values():
        places.sort(key=lambda place: (place[0], bool(place[1].index)))
    return found


def equalities(layer: LayerSpec) -> tuple[Equality, ...]:
    """Pair each vector's first place with its others, and deny what one might take for equal."""
    places = standing([layer.outputs])
    found = [
        Equality(first, other, vector)
        for vector, ((_, first), *others) in places.items()
        for _, other in others
    ]
    every, last = layer.all_hidden_states, layer.last_step("forward")
    if layer.bidirectional and layer.return_sequences and last:
        vector, _ = every.holds[-1]
        (_, backward), *_ = places[vector]
        # Backward, the last timestep is the first step.
        right = Selection(every.name, (slice(None), -1, slice(layer.units, None)))
        found.append(Equality(backward, right, vector._replace(step=last), equal=False))
    return tuple(found)


def contrast_of_calls(layer: LayerSpec) -> Equality | None:
    """Deny, in both directions, that `output` is the last timestep of `all_hidden_states`."""
    if not (layer.bidirectional and layer.last_step("forward")):
        return None
    every = Selection(layer.all_hidden_states.name, (slice(None), -1))
    return Equality(Selection(layer.output.name), every, None, equal=False)
