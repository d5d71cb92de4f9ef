"""Which vectors stand in several places: derived once, checked by a run, shown by every view."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lstm_shapes.spec.layer import ArraySpec, LayerSpec
from lstm_shapes.spec.selection import Selection, parse

# The index of a run, and what stands in it.
Place = tuple[int, Selection]


@dataclass(frozen=True)
class Equality:
    """Two selections of one shape that hold the same numbers, or with `equal=False` do not.

    `meaning` says which vector both hold, or why the two differ.
    """

    left: Selection
    right: Selection
    meaning: str
    equal: bool = True

    @property
    def claim(self) -> str:
        """The claim as Python writes it: `hidden_state == all_hidden_states[:, -1]`."""
        return f"{self.left} {'==' if self.equal else '!='} {self.right}"


def standing(several: Iterable[Iterable[ArraySpec]]) -> Mapping[str, Sequence[Place]]:
    """Where each vector stands in the arrays of several runs, in each run whole arrays first.

    Example:
        >>> from lstm_shapes.spec.model import LSTMSpec
        >>> spec = LSTMSpec(return_sequences=True, return_state=True)
        >>> for vector, places in standing([spec.outputs]).items():
        ...     print(vector, *(selection for run, selection in places), sep=" | ")
        h at the last timestep | hidden_state | all_hidden_states[:, -1]
        c at the last timestep | cell_state
    """
    found: dict[str, list[Place]] = {}
    for at, arrays in enumerate(several):
        for array in arrays:
            for vector, index in array.holds:
                found.setdefault(vector, []).append((at, parse(array.name + index)))
    for places in found.values():
        places.sort(key=lambda place: (place[0], bool(place[1].index)))
    return found


def equalities(layer: LayerSpec) -> Iterator[Equality]:
    """Each vector's first place with each of its others, and what one might take for equal."""
    places = standing([layer.outputs])
    for vector, ((_, first), *others) in places.items():
        for _, other in others:
            yield Equality(first, other, vector)
    last = layer.input.shape[1] - 1
    if layer.bidirectional and layer.return_sequences and last:
        every = layer.all_hidden_states
        vector, _ = every.holds[-1]
        _, backward = places[vector][0]
        # Backward, the last timestep is the first step.
        other = parse(f"{every.name}[:, -1, {layer.units}:]")
        why = f"backward h at t={last} has seen t={last} alone"
        yield Equality(backward, other, why, equal=False)


def contrast_of_calls(layer: LayerSpec) -> Equality | None:
    """What a call without `return_sequences` returns, and what it is not in one that has it."""
    last = layer.input.shape[1] - 1
    if not (layer.bidirectional and last):
        return None
    output, every = layer.output, layer.all_hidden_states
    why = f"it is {output.meaning}"
    return Equality(parse(output.name), parse(f"{every.name}[:, -1]"), why, equal=False)
