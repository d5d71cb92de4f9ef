"""One array by name, NumPy-indexed if wished: `input[0, 1]`, parsed, never evaluated."""

import ast
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.spec.layer import ArraySpec, Index

UNREADABLE = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


@dataclass(frozen=True)
class Selection:
    """The name of an array and the index into it, () for the whole; `typed`, a user's spelling."""

    name: str
    index: Index = ()
    typed: str = field(default="", compare=False)

    def __str__(self) -> str:
        items = ", ".join(map(_written, self.index))
        return self.typed or (f"{self.name}[{items}]" if items else self.name)

    def find(self, arrays: Sequence[ArraySpec]) -> ArraySpec:
        """Return the array of that name, or raise a CallError that names those there are."""
        for array in arrays:
            if array.name == self.name:
                self.positions(array)
                return array
        names = ", ".join(array.name for array in arrays)
        raise CallError(f"{quoted(str(self))} is no array of this call, expected one of: {names}")

    def positions(self, array: ArraySpec) -> tuple[int | range, ...]:
        """Return the indices picked on each axis; an int drops the axis, as in NumPy."""
        rank, found = len(array.shape), list[int | range]()
        at = self.index.index(...) if ... in self.index else len(self.index)
        before, behind = self.index[:at], self.index[at + 1 :]
        given = len(before) + len(behind)
        items: list[Any] = [*before, *[slice(None)] * (rank - given), *behind]
        problem = f"{given} indices for {rank} axes" if given > rank else ""
        for axis, size, item in zip(array.axes, array.shape, items, strict=False):
            try:
                found.append(range(size)[item])
            except IndexError:
                problem = f"index {item} is out of bounds for {axis}"
        if problem:
            expected = f"expected an index into {array.name} of shape {array.shape}"
            axes = ", ".join(array.axes)
            raise CallError(f"{quoted(str(self))}: {problem}, {expected} = ({axes})")
        return tuple(found)


def parse(text: str) -> Selection:
    """Read a name with or without an index, or raise a CallError if there is more in it."""
    text = " ".join(text.split())
    with suppress(*UNREADABLE), catch_warnings():
        simplefilter("ignore")
        match ast.parse(text, mode="eval").body:
            case ast.Name(name):
                return Selection(name, (), text)
            case ast.Subscript(ast.Name(name), items):
                index = tuple(map(_item, items.elts if isinstance(items, ast.Tuple) else [items]))
                if index and index.count(...) <= 1:
                    return Selection(name, index, text)
    raise CallError(
        f"{quoted(text)} cannot be read, expected a name with integers, slices (of no step 0) "
        "and at most one ... in brackets, as in 'all_hidden_states[0, 1:]'"
    )


def _item(node: ast.expr) -> object:
    if isinstance(node, ast.Slice):
        bounds: Any = [bound and _item(bound) for bound in (node.lower, node.upper, node.step)]
        range(1)[slice(*bounds)]  # raises a ValueError at a step of 0, as below
        return slice(*bounds)
    item = ast.literal_eval(node)
    if type(item) is not int and item is not ...:
        raise ValueError
    return item


def _written(item: object) -> str:
    if not isinstance(item, slice):
        return "..." if item is ... else str(item)
    bounds = (item.start, item.stop, *([] if item.step is None else [item.step]))
    return ":".join("" if bound is None else str(bound) for bound in bounds)
