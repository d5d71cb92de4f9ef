"""Pick an array by name, NumPy-indexed if wished: `input[0, 1]`, parsed, never evaluated."""

import ast
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from lstm_shapes.errors import CallError, number_of, quoted
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.returned import ArraySpec, Index

if TYPE_CHECKING:
    from lstm_shapes.shapes.spec import Spec

# A name as Python has it, or several with / between them, as Keras names weights.
NAME = re.compile(r"[^\W\d]\w*(/[^\W\d]\w*)*")
# The names of the states in most tutorials.
STATE_ALIAS = re.compile(r"(forward_|backward_)?state_(\w+)")
STATE_NAMES = {state.letter: state.name for state in LSTM.states}
# An error lists up to so many weights, and the first and last of more.
LISTED_WEIGHT_COUNT = 3
# What Python's parser raises for text that is no expression.
UNREADABLE = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


@dataclass(frozen=True, repr=False)
class Selection:
    """The name of an array and the index into it, () for the whole.

    `typed` is a user's own spelling, where there is one.
    """

    name: str
    index: Index = ()
    typed: str = field(default="", compare=False)

    def __repr__(self) -> str:
        return f"parse_selection({str(self)!r})"

    def __str__(self) -> str:
        if self.typed:
            return self.typed
        if not self.index:
            return self.name
        items = ", ".join(item_as_typed(item) for item in self.index)
        return f"{self.name}[{items}]"

    def meant_in(self, spec: "Spec") -> list["Selection"]:
        """Return the selections that this is of a spec: of both directions, if need be.

        `forget_gate[0]` of two directions is `forward_forget_gate[0]` and
        `backward_forget_gate[0]`. There are none if the spec has no such array.
        """
        names = spec.names_meant(self.name)
        if names == (self.name,):
            return [self]
        return [Selection(name, self.index) for name in names]

    def find_in(self, spec: "Spec") -> ArraySpec:
        """Return the one array of a spec that has that name.

        Raises:
            CallError: there is none, there are several, or the index does not fit it.
        """
        names = spec.names_meant(self.name)
        if len(names) > 1:
            raise CallError(
                f"{quoted(str(self))} is several arrays, expected one of:"
                f" {', '.join(names)}"
            )
        for selection in self.meant_in(spec):
            return selection.find(spec.selectable_arrays)
        return self.find(spec.selectable_arrays)

    def find(self, arrays: Sequence[ArraySpec]) -> ArraySpec:
        """Return the array of that name.

        Raises:
            CallError: there is none, or the index does not fit it.
        """
        for array in arrays:
            if array.name == self.name:
                self.positions(array)
                return array
        names = selectable_names(arrays)
        raise CallError(
            f"{quoted(str(self))} is no array of this call, expected one of: {names}"
        )

    def positions(self, array: ArraySpec) -> tuple[int | range, ...]:
        """Return the indices picked on each axis; an int drops the axis, as in NumPy.

        Example:
            >>> x = ArraySpec("input", ("batch", "timesteps", "features"), (1, 3, 4))
            >>> Selection("input", (0, slice(1, None))).positions(x)
            (0, range(1, 3), range(0, 4))
        """
        items = self._items(array)
        positions: list[int | range] = []
        for axis, size, item in zip(array.axes, array.shape, items, strict=True):
            try:
                positions.append(pick(range(size), item))
            except IndexError:
                problem = f"index {item} is out of bounds for {axis}"
                raise self._misfit(array, problem) from None
        return tuple(positions)

    def _items(self, array: ArraySpec) -> list[object]:
        """Return an item of the index for each axis, slice(None) where there is none."""
        items = [item for item in self.index if item is not ...]
        rank = len(array.shape)
        if len(items) > rank:
            axes = number_of(rank, "axis", "axes")
            problem = f"{len(items)} indices for {axes}"
            raise self._misfit(array, problem)
        gap = len(items)
        if ... in self.index:
            gap = self.index.index(...)
        whole_axes: list[object] = [slice(None)] * (rank - len(items))
        return items[:gap] + whole_axes + items[gap:]

    def _misfit(self, array: ArraySpec, problem: str) -> CallError:
        """Return the error for an index that does not fit an array."""
        axes = ", ".join(array.axes)
        return CallError(
            f"{quoted(str(self))}: {problem}, expected an index into {array.name} of"
            f" shape {array.shape} = ({axes})"
        )


def pick(indices: range, item: object) -> int | range:
    """Return what an integer or a slice picks; raise an IndexError beyond the ends."""
    if isinstance(item, slice):
        return indices[item]
    return indices[operator.index(item)]  # type: ignore[arg-type]  # or its TypeError


def parse_selection(text: str) -> Selection:
    """Read a name with or without an index.

    Raises:
        CallError: there is more in the text than that.

    Example:
        >>> parse_selection("all_hidden_states[0, 1:]").index
        (0, slice(1, None, None))
    """
    text = " ".join(text.split())
    match = NAME.match(text)
    try:
        if match is None:
            raise ValueError("no name")
        name = without_alias(match[0])
        index_text = text[match.end() :]
        with catch_warnings():
            simplefilter("ignore")
            # Any name stands for that of the array, which Python would read as a division.
            index = index_of(ast.parse(f"array{index_text}", mode="eval").body)
    except UNREADABLE:
        raise CallError(
            f"{quoted(text)} cannot be read, expected a name with integers, slices (of no"
            " step 0) and at most one ... in brackets, as in 'all_hidden_states[0, 1:]'"
        ) from None
    return Selection(name, index, name + index_text)


def without_alias(name: str) -> str:
    """Return the name of an array that a tutorial's name stands for.

    Example:
        >>> without_alias("state_h"), without_alias("backward_state_c")
        ('hidden_state', 'backward_cell_state')
    """
    match = STATE_ALIAS.fullmatch(name)
    if match is None or match[2] not in STATE_NAMES:
        return name
    return (match[1] or "") + STATE_NAMES[match[2]]


def selectable_names(arrays: Sequence[ArraySpec]) -> str:
    """List the names of arrays from which one is to be picked.

    Many weights are listed by the first and the last of them, and neither their blocks
    nor the arrays of lower layers are.
    """
    names = []
    weight_names = []
    for array in arrays:
        if array.is_weight_block:
            continue
        if array.block_letters:
            weight_names.append(array.name)
        elif "/" not in array.name:
            names.append(array.name)
    if len(weight_names) <= LISTED_WEIGHT_COUNT:
        return ", ".join(names + weight_names)
    weights = f"a weight, {weight_names[0]} to {weight_names[-1]}"
    return ", ".join([*names, weights])


def index_of(node: ast.expr) -> Index:
    """Return the index of a syntax tree, () for a name, or raise a ValueError."""
    if isinstance(node, ast.Name):
        return ()
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        raise ValueError("neither a name nor an index into one")
    items = [node.slice]
    if isinstance(node.slice, ast.Tuple):
        items = node.slice.elts
    index = tuple(index_item(item) for item in items)
    if not index or index.count(...) > 1:
        raise ValueError("no index, or several gaps")
    return index


def index_item(node: ast.expr) -> object:
    """Return the integer, slice or ... of a syntax tree, or raise a ValueError."""
    if isinstance(node, ast.Slice):
        step = bound_of(node.step)
        if step == 0:
            raise ValueError("a step of 0")
        return slice(bound_of(node.lower), bound_of(node.upper), step)
    item = ast.literal_eval(node)
    if type(item) is not int and item is not ...:
        raise ValueError("neither an integer nor ...")
    return item


def bound_of(node: ast.expr | None) -> int | None:
    """Return the integer of a slice's bound, None where it has none."""
    if node is None:
        return None
    bound = ast.literal_eval(node)
    if type(bound) is not int:
        raise ValueError("a bound is no integer")
    return bound


def item_as_typed(item: object) -> str:
    """Write an item of an index as one types it: `0`, `...`, `1:`, `:, ::2`."""
    if item is ...:
        return "..."
    if not isinstance(item, slice):
        return str(item)
    bounds = [item.start, item.stop]
    if item.step is not None:
        bounds.append(item.step)
    return ":".join("" if bound is None else str(bound) for bound in bounds)
