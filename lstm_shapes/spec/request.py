"""Describe a call: the runs to make, and how to show them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import cached_property
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from lstm_shapes.errors import CallError, Option
from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.model import SIZES, LSTMSpec, Units
from lstm_shapes.spec.next import LayerCall, parse_layer
from lstm_shapes.spec.selection import Selection, parse

PICTURES = (".svg", ".html")

# What may be given several times, to run every combination.
SWEPT = (*SIZES, "layer")


class Section(str, Enum):
    """A section of the screen, in its order, as `--only` names it."""

    DRAWING, OUTPUTS, PARAMETERS, PYTORCH = "drawing", "outputs", "parameters", "pytorch"
    KERAS, NEXT, ARRAYS = "keras", "next", "arrays"


MEASURED = (Section.KERAS, Section.NEXT, Section.ARRAYS)

# The specs of one row of a sweep: one run, or the four of a comparison.
Row = tuple[LSTMSpec, ...]


@dataclass(frozen=True)
class Request:
    """A call of the command: a field for each option, under its name.

    A size or kind of layer is None where it was not given, or all that are to be combined. `arrays`
    is None where the call leaves it open: one run and a comparison show their arrays unless `show`
    picks some, a sweep does not. `only` are the sections to show, if not all. `max_memory` is in
    GiB. `repeat` are the words that make the same screen again, `line` the number of theirs.
    """

    timesteps: Sequence[int] | None = None
    features: Sequence[int] | None = None
    units: Sequence[Units] | None = None
    batch_size: Sequence[int] | None = None
    layer: Sequence[str] | None = None
    lengths: Sequence[int] | None = None
    input: Path | None = None
    return_sequences: bool = False
    return_state: bool = False
    bidirectional: bool = False
    compare: bool = False
    seed: int | None = None
    next: Sequence[str] = ()
    only: Sequence[Section] = ()
    show: Sequence[str] = ()
    arrays: bool | None = None
    precision: int = 4
    pytorch: bool = False
    dry_run: bool = False
    json: bool = False
    save: Sequence[Path] = ()
    force: bool = False
    light: bool = False
    interactive: bool = False
    max_memory: float = 4.0
    repeat: Sequence[str] = ()
    line: int | None = None

    @classmethod
    def of(cls, spec: LSTMSpec, **others: Any) -> "Request":
        """Return the request of one spec."""
        given: Any = {name: (v,) if name in SWEPT else v for name, v in asdict(spec).items()}
        return cls(**given, **others)

    @cached_property
    def swept(self) -> Mapping[str, Sequence[Any]]:
        """The values of each size and the kinds of layer, each once; the default if not given."""
        given = {name: getattr(self, name) or (getattr(LSTMSpec, name),) for name in SWEPT}
        return {name: tuple(dict.fromkeys(values)) for name, values in given.items()}

    @property
    def runs(self) -> int:
        """The number of runs."""
        return prod(map(len, self.swept.values())) * (4 if self.compare else 1)

    @cached_property
    def rows(self) -> Sequence[Row]:
        """The specs by row: every combination of sizes and kinds, the kind changing fastest."""
        # return_sequences changes faster, as in Keras' documentation.
        four = [(sequences, state) for state in (False, True) for sequences in (False, True)]
        flags = four if self.compare else [(self.return_sequences, self.return_state)]
        names = (*self.swept, *FLAGS)
        both: Any = {"bidirectional": self.bidirectional, "lengths": self.lengths}
        return [
            tuple(
                LSTMSpec(**dict(zip(names, (*sizes, *of_call), strict=True)), **both)
                for of_call in flags
            )
            for sizes in product(*self.swept.values())
        ]

    @cached_property
    def selections(self) -> Sequence[Selection]:
        """The expressions of `show`, parsed."""
        return [parse(text) for text in self.show]

    @cached_property
    def next_calls(self) -> Sequence[LayerCall]:
        """The layers of `next`, parsed."""
        return [parse_layer(text) for text in self.next]

    def selected(self, spec: LSTMSpec) -> Sequence[Selection]:
        """Return the selections from arrays that this spec has."""
        names = [array.name for array in (*spec.arrays, *spec.last.all_other_states)]
        return [selection for selection in self.selections if selection.name in names]

    @property
    def shows_all_cell_states(self) -> bool:
        """Return True where c at every timestep is picked, which is made only then."""
        names = {array.name for row in self.rows for array in row[0].last.all_other_states}
        return any(selection.name in names for selection in self.selections)

    @property
    def shows_arrays(self) -> bool:
        """Return True where whole arrays are shown, and not selections or shapes alone."""
        return self.saves_arrays and (not self.show or self.arrays is True)

    @property
    def shows_batch(self) -> bool:
        """Return True where arrays are shown with all samples, and not the first alone."""
        return bool(self.arrays or self.show or self.lengths)

    @property
    def saves_arrays(self) -> bool:
        """Return True where a saved document holds whole arrays."""
        return len(self.rows) == 1 if self.arrays is None else self.arrays

    @property
    def chosen(self) -> Sequence[str]:
        """The sections to show alone, of `only` and what other options name; none for all."""
        named = {"arrays": self.show or self.arrays, "pytorch": self.pytorch}
        return [*self.only, *filter(named.get, named)] if self.only or self.show else []

    def shows(self, section: str) -> bool:
        """Return True if a section of one call or a comparison is shown."""
        return section in self.chosen if self.chosen else section != "pytorch" or self.pytorch

    @property
    def needs_runs(self) -> bool:
        """Return True if a section to show or a file to save, other than a picture, needs Keras."""
        files = {path.suffix.lower() for path in self.save}.difference(PICTURES)
        return not self.dry_run and bool(files or any(map(self.shows, MEASURED)))

    def with_sizes(self, name: str, sizes: Mapping[str, int]) -> "Request":
        """Take the sizes of the input `name`, or raise a CallError if others were asked for."""
        for size, found in sizes.items():
            for asked in getattr(self, size) or ():
                if asked != found:
                    expected = f" is {asked} and that of {name} {found}, expected that or none"
                    raise CallError(Option(size), expected)
        given: dict[str, Any] = {size: (found,) for size, found in sizes.items()}
        return replace(self, **given)
