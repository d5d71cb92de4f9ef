"""Describe a call: the specs to run, and how to show them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lstm_shapes.errors import CallError, near_names, quoted
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.selection import Selection
from lstm_shapes.shapes.spec import Spec

if TYPE_CHECKING:
    from lstm_shapes.run.input import OwnInput
    from lstm_shapes.shapes.saved_layer import WeightsInFile
    from lstm_shapes.shapes.saved_model import SavedModel

PICTURES = (".svg", ".png", ".html")
# A page on which one steps through a run: `.html` alone is the screen.
STEPS_PAGE = ".steps.html"
# Decimals of the numbers that are shown.
DEFAULT_PRECISION = 4
MAX_PRECISION = 9
# The memory that a run may take, in GiB.
DEFAULT_MEMORY = 4.0

# The specs of one row of a sweep: one, or the four of a comparison.
Row = tuple[Spec, ...]


class Section(NamedTuple):
    """A section of the screen.

    Attributes:
        name: The name that `--only` takes.
        module: The module of view/sections that shows it.
        needs_run: Whether it shows what a run has measured.
        is_in_comparison: Whether a comparison has it too.
        is_extra: Whether it is shown only where it is asked for.
        measured_module: The module that adds what a run of one call has measured, "" if
            there is nothing to add.
    """

    name: str
    module: str
    needs_run: bool
    is_in_comparison: bool
    is_extra: bool = False
    measured_module: str = ""


# The sections in the order of the screen. Help, completion and errors name these.
SECTIONS = (
    Section("drawing", "drawing", needs_run=False, is_in_comparison=False),
    Section("outputs", "outputs", needs_run=False, is_in_comparison=True),
    Section("parameters", "parameters", needs_run=False, is_in_comparison=False),
    Section(
        "gates",
        "gates",
        needs_run=False,
        is_in_comparison=True,
        is_extra=True,
        measured_module="gate_numbers",
    ),
    Section(
        "cost",
        "cost",
        needs_run=False,
        is_in_comparison=True,
        is_extra=True,
    ),
    Section("keras", "keras", needs_run=True, is_in_comparison=True),
    Section("next", "next_layer", needs_run=True, is_in_comparison=False),
    Section(
        "pytorch",
        "pytorch",
        needs_run=False,
        is_in_comparison=False,
        is_extra=True,
    ),
    Section("arrays", "arrays", needs_run=True, is_in_comparison=True),
)
SECTION_NAMES = tuple(section.name for section in SECTIONS)
# A sweep is a table: it has columns of these, and numbers below its rows.
SECTIONS_OF_SWEEP = ("outputs", "parameters", "arrays")


def read_sections(texts: Iterable[str]) -> tuple[str, ...]:
    """Read the names of sections, which have commas between them.

    Raises:
        CallError: there is no such section.

    Example:
        >>> read_sections(["drawing,Outputs", "keras"])
        ('drawing', 'outputs', 'keras')
    """
    sections: dict[str, None] = {}
    for text in texts:
        for name in text.split(","):
            sections[section_named(name)] = None
    return tuple(sections)


def section_named(text: str) -> str:
    """Return the name of a section, which may be written in letters of any case."""
    name = text.strip().lower()
    if name in SECTION_NAMES:
        return name
    expected = f"of {', '.join(SECTION_NAMES)}"
    similar_names = near_names(name, SECTION_NAMES)
    if similar_names:
        expected = f"like {' or '.join(similar_names)}"
    raise CallError(f"`only` has no section {quoted(text)}, expected one {expected}")


def suffix_of(path: Path) -> str:
    """Return what the name of a file ends in, which says how it is written.

    Example:
        >>> suffix_of(Path("a.b.HTML")), suffix_of(Path("a.steps.html"))
        ('.html', '.steps.html')
    """
    if path.name.lower().endswith(STEPS_PAGE):
        return STEPS_PAGE
    return path.suffix.lower()


def pictures_of(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are pictures."""
    return [path for path in paths if suffix_of(path) in PICTURES]


@dataclass(frozen=True, kw_only=True)
class ListRequest:
    """A call for the list of the recurrent layers of a model.

    Attributes:
        model: The model, as it was read.
        json: Whether the answer is JSON.
        save: The files to write.
        force: Whether they may replace files.
        light: Whether pictures are for a white page.
        repeat: The words that make the same list again.
        layer_words: The words of the call for one of the layers, () where there is none.
        line: The number of the line of standard input that the call came on.
    """

    model: "SavedModel"
    json: bool = False
    save: tuple[Path, ...] = ()
    force: bool = False
    light: bool = False
    repeat: tuple[str, ...] = ()
    layer_words: tuple[str, ...] = ()
    line: int | None = None

    @property
    def read_files(self) -> tuple[Path, ...]:
        """The files that the call reads."""
        return (Path(self.model.file),)

    @property
    def picture_paths(self) -> list[Path]:
        """The files to write that are pictures."""
        return pictures_of(self.save)

    @property
    def saved_paths(self) -> list[Path]:
        """The files that are written."""
        return list(self.save)


def path_of_weights(program: Path) -> Path:
    """Return the file that holds the weights of a saved program, beside it."""
    return program.with_suffix(".weights.npz")


def path_of_input(program: Path) -> Path:
    """Return the file that holds the input of a saved program, beside it."""
    return program.with_suffix(".input.npy")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A call: its specs by row, and a field for each of the rest of the options.

    Attributes:
        rows: The specs; a comparison has four in a row.
        varying: The names of the sizes that a sweep varies, "layer" among them.
        compare: Whether a row is a comparison.
        own_input: The input, if it is in a file.
        has_array_as_input: Whether it is an array of Python's, which no file holds.
        weights_owner: The name of what the weights are of, "" if they are random.
        own_weights: Where the weights stand, if that is a model file.
        file_words: The file and the path of a layer that Python has opened.
        read_files: The files that the call reads: a model, and an input.
        seed: The seed of weights and input; None where none is given or drawn yet.
        next: The chains of layers to try behind this one, as written in Keras.
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
        shell_words: The words that make it again in a shell, where `repeat` is a call in
            Python; () where it takes what only that process has.
        line: The number of the line of standard input that the call came on.
        has_footer: Whether the screen ends with a footer, where it has one.
    """

    rows: tuple[Row, ...]
    varying: tuple[str, ...] = ()
    compare: bool = False
    own_input: "OwnInput | None" = None
    has_array_as_input: bool = False
    weights_owner: str = ""
    own_weights: "WeightsInFile | None" = None
    file_words: tuple[str, ...] = ()
    read_files: tuple[Path, ...] = ()
    seed: int | None = None
    next: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    show: tuple[Selection, ...] = ()
    arrays: bool | None = None
    precision: int = DEFAULT_PRECISION
    pytorch: bool = False
    dry_run: bool = False
    json: bool = False
    save: tuple[Path, ...] = ()
    force: bool = False
    light: bool = False
    interactive: bool = False
    max_memory: float = DEFAULT_MEMORY
    repeat: tuple[str, ...] = ()
    shell_words: tuple[str, ...] = ()
    line: int | None = None
    has_footer: bool = True

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
    def is_from_command(self) -> bool:
        """Return True if the command has asked, and not Python."""
        return self.repeat[:1] == ("lstm-shapes",)

    @property
    def repeat_in_shell(self) -> str | None:
        """The call that makes the same again in a shell, None where none does."""
        words = self.repeat if self.is_from_command else self.shell_words
        return " ".join(words) or None

    @property
    def picture_paths(self) -> list[Path]:
        """The files to write that are pictures."""
        return pictures_of(self.save)

    @property
    def saved_paths(self) -> list[Path]:
        """The files that are written: those to save, and what a program has beside it."""
        paths = []
        for path in self.save:
            paths.append(path)
            paths.extend(self.paths_beside(path))
        return paths

    def paths_beside(self, path: Path) -> list[Path]:
        """Return the files that a program loads from beside it; other files have none."""
        paths = []
        if suffix_of(path) == ".py" and self.weights_owner:
            paths.append(path_of_weights(path))
        if suffix_of(path) == ".py" and self.has_array_as_input:
            paths.append(path_of_input(path))
        return paths

    @property
    def shows_whole_arrays(self) -> bool:
        """Return True where whole arrays are shown, and not parts or shapes alone."""
        if self.show:
            return self.arrays is True
        if "arrays" in self.only and self.arrays is None:
            return True
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
    def has_chosen_sections(self) -> bool:
        """Return True where a few sections are chosen, and the rest is not shown."""
        return bool(self.only or self.show)

    def shows_section(self, section: Section) -> bool:
        """Return True if a section is shown."""
        if not self.has_section(section):
            return False
        if self.asks_for(section):
            return True
        return not self.has_chosen_sections and not section.is_extra

    def has_section(self, section: Section) -> bool:
        """Return True if the screen can have a section: not every one has all."""
        if self.is_sweep:
            return section.name in SECTIONS_OF_SWEEP
        return section.is_in_comparison or not self.compare

    @property
    def missing_sections(self) -> list[str]:
        """The names in `only` of sections that a sweep or a comparison has not."""
        names = []
        for section in SECTIONS:
            if section.name in self.only and not self.has_section(section):
                names.append(section.name)
        return names

    @property
    def screen_name(self) -> str:
        """The name of what the screen shows, for a sentence."""
        if self.is_sweep:
            return "a sweep"
        if self.compare:
            return "a comparison"
        return "one call"

    def asks_for(self, section: Section) -> bool:
        """Return True if an option asks for a section."""
        if section.name == "arrays" and (self.show or self.arrays):
            return True
        if section.name == "next" and self.next:
            return True
        if section.name == "pytorch" and self.pytorch:
            return True
        return section.name in self.only

    @property
    def sections(self) -> list[Section]:
        """The sections to show, in the order of the screen."""
        return [section for section in SECTIONS if self.shows_section(section)]

    @property
    def sections_to_add_to(self) -> list[Section]:
        """The sections that show something at once, and more when the run is done."""
        if self.dry_run or self.compare:
            return []
        return [section for section in self.sections if section.measured_module]

    def selections_in(self, spec: Spec) -> list[Selection]:
        """Return the parts to show of arrays that a spec has."""
        selections: list[Selection] = []
        for selection in self.show:
            selections.extend(selection.meant_in(spec))
        return selections

    def needs_steps(self, spec: Spec) -> bool:
        """Return True if gates or states of every timestep are asked for."""
        if any(suffix_of(path) == STEPS_PAGE for path in self.save):
            return True
        return "gates" in self.only or bool(self.step_arrays_in(spec))

    def step_arrays_in(self, spec: Spec) -> list[ArraySpec]:
        """Return the arrays of a spec that no flag returns and that are asked for."""
        shown_names = {selection.name for selection in self.selections_in(spec)}
        has_gates = "gates" in self.only
        arrays = []
        for array in spec.step_arrays:
            if has_gates or array.name in shown_names:
                arrays.append(array)
        return arrays

    def with_seed(self, seed: int) -> "Request":
        """Return the request with a seed, which `repeat` names as an option too."""
        return replace(self, seed=seed, repeat=(*self.repeat, f"--seed {seed}"))
