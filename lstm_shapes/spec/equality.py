"""Which vectors stand in several places: derived once, checked by a run, shown by every view."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lstm_shapes.spec.layer import ArraySpec, LayerSpec
from lstm_shapes.spec.selection import Selection, parse


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


def places(arrays: Iterable[ArraySpec]) -> Mapping[str, tuple[Selection, ...]]:
    """Where each vector stands in these arrays, whole arrays first.

    Example:
        >>> from lstm_shapes.spec.model import LSTMSpec
        >>> found = places(LSTMSpec(return_sequences=True, return_state=True).outputs)
        >>> for vector, selections in found.items():
        ...     print(vector, *selections, sep=" | ")
        h at the last timestep | hidden_state | all_hidden_states[:, -1]
        c at the last timestep | cell_state
    """
    found: dict[str, list[Selection]] = {}
    for array in arrays:
        for holding in array.holds:
            text = f"{array.name}[{holding.index}]" if holding.index else array.name
            found.setdefault(holding.vector, []).append(parse(text))
    return {
        vector: tuple(sorted(selections, key=lambda selection: bool(selection.index)))
        for vector, selections in found.items()
    }


def standing(
    several: Iterable[Iterable[ArraySpec]],
) -> Mapping[str, tuple[tuple[int, Selection], ...]]:
    """Where each vector stands in the arrays of several runs: (index of the run, selection)."""
    found: dict[str, list[tuple[int, Selection]]] = {}
    for at, arrays in enumerate(several):
        for vector, selections in places(arrays).items():
            found.setdefault(vector, []).extend((at, selection) for selection in selections)
    return {vector: tuple(where) for vector, where in found.items()}


def equalities(arrays: Iterable[ArraySpec]) -> Iterator[Equality]:
    """Each vector's first place with each of its others."""
    for vector, (first, *others) in places(arrays).items():
        for other in others:
            yield Equality(first, other, vector)


def contrasts(layer: LayerSpec) -> Iterator[Equality]:
    """What one might take for equal and is not: backward, the last timestep is the first step."""
    last = layer.input.shape[1] - 1
    if layer.bidirectional and layer.return_sequences and last:
        backward = layer.all_hidden_states.holds[-1].vector
        (place, *_) = places(layer.outputs)[backward]
        other = parse(f"{layer.all_hidden_states.name}[:, -1, {layer.units}:]")
        yield Equality(place, other, f"backward h at t={last} has seen t={last} alone", equal=False)


def contrast_of_calls(layer: LayerSpec) -> Equality | None:
    """What a call without `return_sequences` returns, and what it is not in one that has it."""
    last = layer.input.shape[1] - 1
    if not (layer.bidirectional and last):
        return None
    output, every = layer.output, layer.all_hidden_states
    why = f"it is {output.meaning}"
    return Equality(parse(output.name), parse(f"{every.name}[:, -1]"), why, equal=False)
