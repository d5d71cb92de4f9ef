"""One array by name, NumPy-indexed if wished: `input[0, 1]`, parsed, never evaluated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType

from lstm_shapes.errors import CallError, shortened
from lstm_shapes.spec.layer import ArraySpec

Index = int | slice | EllipsisType

_INTEGER = r"[+-]?[0-9]{1,100}"
_BOUND = rf" ?(?:{_INTEGER} ?)?"
_ITEM = rf"(?: ?\.\.\. ?| ?{_INTEGER} ?|{_BOUND}:{_BOUND}(?::{_BOUND})?)"
_EXPRESSION = re.compile(rf"([A-Za-z_]\w*) ?(?:\[({_ITEM}(?:,{_ITEM})*),? ?\])?", re.ASCII)


@dataclass(frozen=True)
class Selection:
    """The name of an array and the index into it, `()` for the whole array.

    Example:
        >>> parse("output[..., -1]")
        Selection(text='output[..., -1]', name='output', index=(Ellipsis, -1))
    """

    text: str
    name: str
    index: tuple[Index, ...]

    def __str__(self) -> str:
        return self.text

    def positions(self, array: ArraySpec) -> tuple[int | range, ...]:
        """Where in each axis of `array` the selection stands: an int drops the axis, as in NumPy.

        Raises:
            CallError: the index does not fit the array's shape.

        Example:
            >>> from lstm_shapes.spec.model import LSTMSpec
            >>> parse("input[0, 1:]").positions(LSTMSpec().input)
            (0, range(1, 3), range(0, 4))
        """
        rank = len(array.shape)
        at = self.index.index(...) if ... in self.index else len(self.index)
        before, behind = self.index[:at], self.index[at + 1 :]
        left_out = rank - len(before) - len(behind)
        if left_out < 0:
            raise self._misfit(array, f"{rank - left_out} indices for {rank} axes")
        items = (*before, *[slice(None)] * left_out, *behind)
        found: list[int | range] = []
        for axis, size, item in zip(array.axes, array.shape, items, strict=True):
            try:
                found.append(range(size)[item])  # type: ignore[index]  # the one ... is taken out
            except IndexError:
                raise self._misfit(array, f"index {item} is out of bounds for {axis}") from None
        return tuple(found)

    def find(self, arrays: Sequence[ArraySpec]) -> ArraySpec:
        """The array of that name.

        Raises:
            CallError: there is none, or the index does not fit it.
        """
        for array in arrays:
            if array.name == self.name:
                self.positions(array)
                return array
        names = ", ".join(array.name for array in arrays)
        raise CallError(
            f"--show {shortened(self.text)} names no array of this call, expected one of: {names}"
        )

    def _misfit(self, array: ArraySpec, problem: str) -> CallError:
        axes = ", ".join(array.axes)
        return CallError(
            f"--show {shortened(self.text)}: {problem}, "
            f"expected an index into {array.name} of shape {array.shape} = ({axes})"
        )


def parse(text: str) -> Selection:
    """The selection that `text` writes; white space of any kind counts as one blank.

    Raises:
        CallError: it is neither a name nor a name with integers, slices and `...` in brackets.
    """
    text = " ".join(text.split())
    expression = _EXPRESSION.fullmatch(text)
    name, inside = expression.groups() if expression else ("", None)
    index = tuple(map(_item, inside.split(","))) if inside else ()
    steps = [item.step for item in index if isinstance(item, slice)]
    if not name or index.count(Ellipsis) > 1 or 0 in steps:
        raise CallError(
            f"--show {shortened(text)} cannot be read, expected a name with integers, slices (of "
            "no step 0) and at most one ... in brackets, as in 'all_hidden_states[0, 1:]'"
        )
    return Selection(text, name, index)


def _item(text: str) -> Index:
    if "..." in text:
        return Ellipsis
    bounds = [int(bound) if bound.strip() else None for bound in text.split(":")]
    return int(text) if len(bounds) == 1 else slice(*bounds)
