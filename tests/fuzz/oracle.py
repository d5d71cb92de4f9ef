"""What a call comes to, told from its parts without the package: by NumPy, the disk and README."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.calls import NO_OPTIONS, SIZES, WRONG_SHOWS, Call
from tests.fuzz.folder import SUFFIXES

DEFAULTS = {"--timesteps": 3, "--features": 4, "--units": (5,), "--batch-size": 1}
ANSWERED = ("-h", "--help", "--version")


class WrongError(Exception):
    """The call is wrong."""


@dataclass(frozen=True)
class Layers:
    """The sizes and flags of one run."""

    timesteps: int
    features: int
    units: tuple[int, ...]
    batch: int
    sequences: bool
    state: bool
    both: bool

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of the input and of every output, as the README's tables have it."""
        wide = self.units[-1] * (2 if self.both else 1)
        found: dict[str, tuple[int, ...]] = {"input": (self.batch, self.timesteps, self.features)}
        if self.sequences:
            found["all_hidden_states"] = (self.batch, self.timesteps, wide)
        else:
            found["output"] = (self.batch, wide)
        directions = ("forward_", "backward_") if self.both else ("",)
        if self.state:
            for direction in directions:
                for name in ("hidden_state", "cell_state"):
                    found[direction + name] = (self.batch, self.units[-1])
        return found

    @property
    def largest_array(self) -> int:
        """The bytes of the largest array, those between the layers among them."""
        widest = max(self.features, *self.units) * (2 if self.both else 1)
        return 4 * self.batch * self.timesteps * widest


@dataclass(frozen=True)
class Facts:
    """What the parts of a call say together."""

    given: Mapping[str, list[str]]
    flags: frozenset[str]
    arrays: bool | None

    @classmethod
    def of(cls, call: Call) -> "Facts":
        given: dict[str, list[str]] = {}
        arrays = None
        for part in call:
            given.setdefault(part.option, []).append(part.value or "")
            if part.option in ("--arrays", "--no-arrays"):
                arrays = part.option == "--arrays"
        return cls(given, frozenset(given), arrays)

    @property
    def dry_run(self) -> bool:
        return bool(self.flags & {"-n", "--dry-run"})

    @property
    def runs(self) -> list[Layers]:
        """The runs in the order of the README: later options change faster."""
        sizes = [list(dict.fromkeys(self._sizes(option))) for option in SIZES]
        compare = "--compare" in self.flags
        both = (False, True)
        state, sequences = (
            both if compare else (option in self.flags,)
            for option in ("--return-state", "--return-sequences")
        )
        return [
            Layers(t, f, u, b, h, s, "--bidirectional" in self.flags)
            for t, f, u, b, s, h in product(*sizes, state, sequences)
        ]

    def _sizes(self, option: str) -> Iterator[Any]:
        for text in self.given.get(option, []):
            numbers = text.split(",") if option == "--units" else [text]
            if len(numbers) > 100:
                raise WrongError(option)
            layers = tuple(_number(number, 1, 2**31 - 1) for number in numbers)
            yield layers if option == "--units" else layers[0]
        if option not in self.given:
            yield DEFAULTS[option]

    @property
    def is_one_screen(self) -> bool:
        """Whether there is one run, or one comparison, and not a table."""
        return len(self.runs) == (4 if "--compare" in self.flags else 1)

    @property
    def shows_values(self) -> bool:
        """Whether stdout has whole arrays."""
        return self.saves_values and ("--show" not in self.flags or self.arrays is True)

    @property
    def saves_values(self) -> bool:
        """Whether files have whole arrays."""
        return self.is_one_screen if self.arrays is None else self.arrays


def status(call: Call, folder: Path) -> int:
    """The exit status: 0 where it can be done, 2 where the call is wrong."""
    if any(list(part.words) in NO_OPTIONS for part in call):
        return 2
    if any(part.option in ANSWERED for part in call):
        return 0
    try:
        _check(call, folder)
    except WrongError:
        return 2
    return 0


def facts_with_input(call: Call) -> Facts:
    """The facts, where a right --input gives three of the sizes."""
    facts = Facts.of(call)
    if "--input" not in facts.flags:
        return facts
    shape = _input_shape(facts.given["--input"][-1])
    given = {**facts.given}
    for option, size in zip(("--batch-size", "--timesteps", "--features"), shape, strict=True):
        if any(_number(text, 1, 2**31 - 1) != size for text in facts.given.get(option, [])):
            raise WrongError(option)
        given[option] = [str(size)]
    return Facts(given, facts.flags, facts.arrays)


def _check(call: Call, folder: Path) -> None:
    if any(not part.option for part in call):
        raise WrongError("an argument")
    facts = facts_with_input(call)
    runs = facts.runs
    compare = "--compare" in facts.flags
    if compare and facts.flags & {"--return-sequences", "--return-state"}:
        raise WrongError("both")
    last = {option: values[-1] for option, values in facts.given.items()}
    for option, low, high in (
        *(("--seed", 0, 2**32 - 1), ("--precision", 0, 9), ("--edge-items", 1, 1000)),
    ):
        if option in last:
            _number(last[option], low, high)
    gib = _gib(last.get("--max-memory", "4"))
    if max(run.largest_array for run in runs) >= 2**63:
        raise WrongError("no index")
    _check_shows(facts)
    _check_saves(facts, folder)
    # Small runs take some hundred MiB, and one of the huge sizes alone takes tens of GiB.
    largest = max(max(run.timesteps, run.features, run.batch, *run.units) for run in runs)
    if not facts.dry_run and (gib < 0.7 or largest > 10**6):
        raise WrongError("--max-memory")


def _check_shows(facts: Facts) -> None:
    for text in facts.given.get("--show", []):
        if facts.dry_run or text in WRONG_SHOWS:
            raise WrongError(text)
        name = re.match(r"\w*", text.strip())
        if not name or not any(name[0] in run.shapes for run in facts.runs):
            raise WrongError(text)
        for run in facts.runs:
            if name[0] in run.shapes:
                picked(text, run)


def picked(text: str, run: Layers) -> "np.ndarray[Any, Any]":
    """What NumPy makes of the expression: where each value that it picks stands in its array."""
    arrays = {name: np.broadcast_to(np.float32(0), shape) for name, shape in run.shapes.items()}
    try:
        return np.asarray(eval(" ".join(text.split()), {"__builtins__": {}}, arrays))
    except (SyntaxError, IndexError, ValueError, TypeError) as error:
        raise WrongError(text) from error


def _check_saves(facts: Facts, folder: Path) -> None:
    targets = []
    for name in facts.given.get("--save", []):
        suffix = Path(name).suffix.lower()
        holds_one_run = suffix in (".npz", ".json", ".py")
        if suffix not in SUFFIXES or "\0" in name:
            raise WrongError(name)
        if (holds_one_run and len(facts.runs) > 1) or (suffix == ".npz" and facts.dry_run):
            raise WrongError(name)
        targets.append(_target(folder / name, force="--force" in facts.flags))
    if len(targets) > len(set(targets)):
        raise WrongError("twice")


def _target(path: Path, *, force: bool) -> Path:
    """The file that is written: a new one, or with --force a regular one, in a folder."""
    final = Path(os.path.realpath(path))
    try:
        exists = stat.S_ISLNK(os.lstat(path).st_mode) or stat.S_ISREG(os.lstat(path).st_mode)
        if not (exists and force and (final.is_file() or not os.path.lexists(final))):
            raise WrongError(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise WrongError(path) from error
    if not final.parent.is_dir():
        raise WrongError(path)
    return final


def _number(text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,500}", text) or not low <= int(text) <= high:
        raise WrongError(text)
    return int(text)


def _gib(text: str) -> float:
    try:
        gib = float(text) if text.isascii() and "_" not in text else -1
    except ValueError as error:
        raise WrongError(text) from error
    if not isfinite(gib) or gib <= 0:
        raise WrongError(text)
    return gib


def _input_shape(name: str) -> tuple[int, int, int]:
    shape = re.search(r"\b([1-9])-([1-9])-([1-9])\.npy$", name)
    if not shape:
        raise WrongError(name)
    batch, timesteps, features = map(int, shape.groups())
    return batch, timesteps, features
