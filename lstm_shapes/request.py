"""Describe a call: the specs to run, and how to show them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.cell import cell_named
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.selection import Selection
from lstm_shapes.shapes.spec import (
    FLAG_COMBINATIONS,
    Spec,
    Units,
    stack,
    units_of_layers,
)

if TYPE_CHECKING:
    from lstm_shapes.run.input import OwnInput
    from lstm_shapes.shapes.sizes import InputSizes

MAX_RUNS = 10_000
PICTURES = (".svg", ".html")

# The specs of one row of a sweep: one, or the four of a comparison.
Row = tuple[Spec, ...]


class Section(NamedTuple):
    """A section of the screen.

    Attributes:
        name: The name that `--only` takes.
        module: The module of view/sections that shows it.
        needs_run: Whether it shows what only Keras can tell.
        is_in_comparison: Whether a comparison has it too.
        is_extra: Whether it is shown only where it is asked for.
    """

    name: str
    module: str
    needs_run: bool
    is_in_comparison: bool
    is_extra: bool = False


# In the order of the screen. Help, completion, errors and the README have them from here.
SECTIONS = (
    Section("drawing", "drawing", needs_run=False, is_in_comparison=False),
    Section("outputs", "outputs", needs_run=False, is_in_comparison=True),
    Section("parameters", "parameters", needs_run=False, is_in_comparison=False),
    Section(
        "pytorch",
        "pytorch",
        needs_run=False,
        is_in_comparison=False,
        is_extra=True,
    ),
    Section("keras", "keras", needs_run=True, is_in_comparison=True),
    Section("next", "next_layer", needs_run=True, is_in_comparison=False),
    Section("arrays", "arrays", needs_run=True, is_in_comparison=True),
)
SECTION_NAMES = tuple(section.name for section in SECTIONS)


class Sweep(NamedTuple):
    """The values of each size, and the kinds of layer: every combination is a row."""

    timesteps: Sequence[int] = (3,)
    features: Sequence[int] = (4,)
    units: Sequence[Units] = (5,)
    batch_size: Sequence[int] = (1,)
    layer: Sequence[str] = ("LSTM",)

    @property
    def varying(self) -> tuple[str, ...]:
        """The names of what takes several values."""
        return tuple(name for name in self._fields if len(getattr(self, name)) > 1)

    @property
    def combination_count(self) -> int:
        """The number of combinations."""
        return prod(len(values) for values in self)


def sweep_of(
    *,
    timesteps: Sequence[int] | None = None,
    features: Sequence[int] | None = None,
    units: Sequence[Units] | None = None,
    batch_size: Sequence[int] | None = None,
    layer: Sequence[str] | None = None,
    lengths: Sequence[int] | None = None,
    own_input: "OwnInput | None" = None,
) -> Sweep:
    """Return the values to combine, each once; what is None has its default.

    Raises:
        CallError: a size is not that of the own input.
    """
    sweep = Sweep()
    if lengths is not None:
        sweep = sweep._replace(batch_size=(len(lengths),))
    if timesteps:
        sweep = sweep._replace(timesteps=without_duplicates(timesteps))
    if features:
        sweep = sweep._replace(features=without_duplicates(features))
    if units:
        sweep = sweep._replace(units=without_duplicates(units))
    if batch_size:
        sweep = sweep._replace(batch_size=without_duplicates(batch_size))
    if layer:
        sweep = sweep._replace(layer=without_duplicates(layer))
    if own_input is not None:
        check_size("batch_size", batch_size, own_input)
        check_size("timesteps", timesteps, own_input)
        check_size("features", features, own_input)
        sweep = with_input_sizes(sweep, own_input.sizes)
    return sweep


def without_duplicates(values: Sequence) -> tuple:  # type: ignore[type-arg]  # of any kind
    """Return the values in their order, each once."""
    return tuple(dict.fromkeys(values))


def check_size(name: str, sizes: Sequence[int] | None, own_input: "OwnInput") -> None:
    """Raise a CallError if a size that was asked for is not that of the own input."""
    input_size = getattr(own_input.sizes, name)
    for size in sizes or ():
        if size != input_size:
            raise CallError(
                f"`{name}` is {size} and that of {own_input.name} {input_size}, expected"
                " that or none"
            )


def with_input_sizes(sweep: Sweep, sizes: "InputSizes") -> Sweep:
    """Return the sweep with the sizes of an input."""
    return sweep._replace(
        timesteps=(sizes.timesteps,),
        features=(sizes.features,),
        batch_size=(sizes.batch_size,),
    )


def rows_of(
    sweep: Sweep,
    *,
    lengths: Sequence[int] | None = None,
    return_sequences: bool = False,
    return_state: bool = False,
    bidirectional: bool = False,
    compare: bool = False,
) -> tuple[Row, ...]:
    """Return the specs of every combination, the kind of layer changing fastest.

    Args:
        sweep: The values to combine.
        lengths: The real timesteps of each sample.
        return_sequences: Whether the last layer returns every h.
        return_state: Whether the last layer returns its states.
        bidirectional: Whether the layers run in both directions.
        compare: Whether a row has all four combinations of the two flags.

    Raises:
        CallError: these are too many, or do not go together.
    """
    if compare and (return_sequences or return_state):
        raise CallError(
            "`compare` sets `return_sequences` and `return_state`, expected neither"
            " beside it"
        )
    check_lengths(sweep, lengths)
    check_run_count(sweep, compare)
    flags = {"return_sequences": return_sequences, "return_state": return_state}
    flags_of_row = FLAG_COMBINATIONS if compare else (flags,)
    rows = []
    for timesteps, features, units, batch_size, kind in product(*sweep):
        row = []
        for flags_of_call in flags_of_row:
            layers = stack(
                cell_named(kind),
                units_of_layers(units),
                return_sequences=flags_of_call["return_sequences"],
                return_state=flags_of_call["return_state"],
                bidirectional=bidirectional,
            )
            spec = Spec(
                layers=layers,
                timesteps=timesteps,
                features=features,
                batch_size=batch_size,
                lengths=tuple(lengths) if lengths is not None else None,
            )
            row.append(spec)
        rows.append(tuple(row))
    return tuple(rows)


def check_lengths(sweep: Sweep, lengths: Sequence[int] | None) -> None:
    """Raise a CallError for lengths beside several numbers of timesteps or samples."""
    if lengths is None:
        return
    for name in ("timesteps", "batch_size"):
        if len(getattr(sweep, name)) > 1:
            raise CallError(
                f"`lengths` are of one input, expected one value of `{name}` beside it"
            )


def check_run_count(sweep: Sweep, compare: bool) -> None:
    """Raise a CallError for more runs than anybody waits for."""
    run_count = sweep.combination_count
    if compare:
        run_count *= len(FLAG_COMBINATIONS)
    if run_count > MAX_RUNS:
        raise CallError(
            f"these sizes make {run_count:,} runs, expected at most {MAX_RUNS:,}"
        )


@dataclass(frozen=True, kw_only=True)
class Request:
    """A call: its specs by row, and a field for each option that says how to show them.

    Attributes:
        rows: The specs; a comparison has four in a row.
        varying: The names of the sizes that a sweep varies, "layer" among them.
        compare: Whether a row is a comparison.
        own_input: The input, if it is not random.
        seed: The seed of weights and input; None where none is given or drawn yet.
        next: The layers to try behind this one, as written in Keras.
        only: The names of the sections to show alone.
        show: The parts of arrays to show.
        arrays: Whether whole arrays are shown. None leaves it open: one call and a
            comparison show them unless `show` picks some, a sweep does not.
        precision: The decimals of numbers.
        pytorch: Whether the same is shown in PyTorch.
        dry_run: Whether nothing is run.
        json: Whether the answer is JSON.
        save: The files to write.
        force: Whether they may replace files.
        light: Whether pictures are for a white page.
        interactive: Whether calls come from standard input.
        max_memory: The memory that a run may take, in GiB.
        repeat: The words that make the same screen again.
        line: The number of the line of standard input that the call came on.
    """

    rows: tuple[Row, ...]
    varying: tuple[str, ...] = ()
    compare: bool = False
    own_input: "OwnInput | None" = None
    seed: int | None = None
    next: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    show: tuple[Selection, ...] = ()
    arrays: bool | None = None
    precision: int = 4
    pytorch: bool = False
    dry_run: bool = False
    json: bool = False
    save: tuple[Path, ...] = ()
    force: bool = False
    light: bool = False
    interactive: bool = False
    max_memory: float = 4.0
    repeat: tuple[str, ...] = ()
    line: int | None = None

    @property
    def specs(self) -> list[Spec]:
        """The specs of all rows."""
        specs: list[Spec] = []
        for row in self.rows:
            specs.extend(row)
        return specs

    @property
    def run_count(self) -> int:
        """The number of runs."""
        return sum(len(row) for row in self.rows)

    @property
    def is_sweep(self) -> bool:
        """Return True if there are several rows, and so a table of them."""
        return len(self.rows) > 1

    @property
    def picture_paths(self) -> list[Path]:
        """The files to write that are pictures."""
        return [path for path in self.save if path.suffix.lower() in PICTURES]

    @property
    def shows_whole_arrays(self) -> bool:
        """Return True where whole arrays are shown, and not parts or shapes alone."""
        if self.show:
            return self.arrays is True
        return self.saves_whole_arrays

    @property
    def saves_whole_arrays(self) -> bool:
        """Return True where a saved document holds whole arrays."""
        if self.arrays is None:
            return not self.is_sweep
        return self.arrays

    @property
    def shows_whole_batch(self) -> bool:
        """Return True where arrays are shown with all samples, not with the first alone."""
        has_lengths = self.rows[0][0].lengths is not None
        return bool(self.arrays or self.show or has_lengths)

    @property
    def shows_some_sections(self) -> bool:
        """Return True where sections are chosen, and the rest of the screen is not shown."""
        return bool(self.only or self.show)

    def shows_section(self, section: Section) -> bool:
        """Return True if a section is shown."""
        if self.compare and not section.is_in_comparison:
            return False
        if self.asks_for(section):
            return True
        return not self.shows_some_sections and not section.is_extra

    def asks_for(self, section: Section) -> bool:
        """Return True if an option asks for a section."""
        if section.name == "arrays" and (self.show or self.arrays):
            return True
        if section.name == "pytorch" and self.pytorch:
            return True
        return section.name in self.only

    @property
    def sections(self) -> list[Section]:
        """The sections to show, in the order of the screen."""
        return [section for section in SECTIONS if self.shows_section(section)]

    def selections_in(self, spec: Spec) -> list[Selection]:
        """Return the parts to show of arrays that a spec has."""
        names = [array.name for array in spec.all_arrays]
        return [selection for selection in self.show if selection.name in names]

    @property
    def needs_all_cell_states(self) -> bool:
        """Return True where a part of every c is shown, which is made only then."""
        names = set()
        for row in self.rows:
            for array in row[0].last.all_other_states:
                names.add(array.name)
        return any(selection.name in names for selection in self.show)

    @property
    def needs_next_layers(self) -> bool:
        """Return True where layers behind this one are tried, which takes a while.

        A saved document holds all that the screen of one run does.
        """
        if self.run_count > 1:
            return False
        if self.next or self.json:
            return True
        suffixes = {path.suffix.lower() for path in self.save}
        if suffixes & {".json", ".jsonl"}:
            return True
        return any(section.name == "next" for section in self.sections)

    def with_seed(self, seed: int) -> "Request":
        """Return the request with a seed, which the words that repeat it name as well."""
        return replace(self, seed=seed, repeat=(*self.repeat, f"--seed {seed}"))


def arrays_of_row(row: Row) -> dict[str, ArraySpec]:
    """Return every array that a call of the row can show, by its name."""
    arrays: dict[str, ArraySpec] = {}
    for spec in row:
        for array in spec.all_arrays:
            arrays[array.name] = array
    return arrays
