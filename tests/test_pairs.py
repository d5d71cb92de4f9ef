"""All pairs of options: each of the two changes the answer, or the call is refused."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import typer.main

from lstm_shapes import cli
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.spec import Spec
from tests.conftest import SEED, Command, explore_without_keras

# Each option with a value that is not its default; what needs another has it beside it.
OPTIONS = [
    "-t 4",
    "-t 3 -t 5",
    "-t None",
    "-f 6",
    "-f 4 -f 6",
    "-u 7",
    "-u 5 -u 7",
    "-u 6,5",
    "-b 3",
    "-b 1 -b 3",
    "--lengths 3,1",
    "--lengths 3,1 --padding pre",
    "--layer GRU",
    "--layer LSTM --layer GRU",
    "--input x.npy",
    "--input table.csv --window 2",
    "--return-sequences",
    "--return-state",
    "--bidirectional",
    "--compare",
    "--seed 7",
    "--next 'Dense(2)'",
    "--next 'Dense(d)' -D d=3",
    "--only drawing",
    "--only outputs,arrays",
    "--only gates",
    "--only next",
    "--show 'input[0]'",
    "--show kernel",
    "--arrays",
    "--no-arrays",
    "--precision 2",
    "--pytorch",
    "-n",
    "--json",
    "--save new.json",
    "--save new.svg",
    "--save new.svg --light",
    "--save new.npz",
    "--save new.py",
    "--force",
    "--padding pre",
    "--window 2",
    "--light",
    "-D d=3",
    "--max-memory 5",
    "'LSTM(8)'",
    "'LSTM(d)' -D d=8",
]
# They set up a run, and stay where nothing shows their numbers.
SETTINGS = ["--seed 7", "--precision 2", "--no-arrays", "--max-memory 5"]


class Told(NamedTuple):
    """What a call has told: its status, what it printed, and the files it has saved."""

    status: int
    text: str
    files: dict[str, str]


Tell = Callable[..., Told]


def explore_with_next_layers(
    specs: Sequence[Spec], *, next_layers: Sequence[str] = (), **arguments: Any
) -> Iterator[Run]:
    """Make runs by the equations, in which the layers to try are as if they fitted."""
    for run in explore_without_keras(specs, **arguments):
        if run.next_layers and next_layers:
            trials = [run.next_layers[0]._replace(layer=code) for code in next_layers]
            yield replace(
                run,
                next_layers=tuple(trials),
                next_layer_codes=tuple(next_layers),
            )
        else:
            yield run


@pytest.fixture
def tell(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tell:
    """Make calls of two samples, in a folder with input; each call is made once."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(72.0).reshape(4, 6, 3) / 72)
    np.savetxt("table.csv", np.arange(20.0).reshape(5, 4) / 20, delimiter=",")
    monkeypatch.setattr(
        "lstm_shapes.run.explore.explore_many", explore_with_next_layers
    )
    monkeypatch.setattr("lstm_shapes.app.draw_seed", lambda: SEED)
    parser = typer.main.get_command(cli.app)
    monkeypatch.setattr("typer.main.get_command", lambda _: parser)
    told_by_words: dict[str, Told] = {}

    def tell_once(*parts: str) -> Told:
        words = " ".join(parts)
        if not re.search("-b |--lengths|--input", words):
            words += " -b 2"
        if words not in told_by_words:
            told_by_words[words] = call(words)
        return told_by_words[words]

    def call(words: str) -> Told:
        answer = command(*shlex.split(words))
        files = {}
        for path in sorted(tmp_path.glob("new.*")):
            files[path.name] = content_of(path)
            path.unlink()
        return Told(answer.status, without_repeat(answer.stdout), files)

    return tell_once


def content_of(path: Path) -> str:
    """Return what is in a saved file, but for the call that makes it again."""
    if path.suffix == ".npz":
        arrays = np.load(path)
        return repr([(name, arrays[name].tolist()) for name in arrays.files])
    return without_repeat(path.read_text("utf-8"))


def without_repeat(text: str) -> str:
    """Leave out the call that makes the same again, which names all options."""
    text = re.sub("repeat with .*", "", text, flags=re.DOTALL)
    return re.sub('"repeat": ?"[^"]*"|# Made by .*|lstm-shapes .*', "", text)


def may_change_nothing(option: str, partner: str) -> bool:
    """Return True if an option may stay beside its partner, though it changes nothing."""
    if option in SETTINGS or option in partner:
        return True
    if option == "-n":
        # Nothing is run for this section in any case.
        return partner == "--only drawing"
    if option == "--arrays":
        # Beside these, arrays are shown whole in any case; or the last one counts.
        return partner in ("--json", "--no-arrays") or "--lengths" in partner
    if option == "--force":
        # There is no file to replace.
        return "--save" in partner
    # Of several inputs, the last one counts.
    return "--input" in option and "--input" in partner


def test_each_of_two_options_changes_the_answer_or_is_refused(tell: Tell) -> None:
    silent = []
    for option_a, option_b in combinations(OPTIONS, 2):
        told = tell(option_a, option_b)
        if told.status == 2:
            assert told.text == ""
            assert told.files == {}
            continue
        assert told.status == 0, f"{option_a} {option_b}"
        for option, partner in permutations((option_a, option_b)):
            if told == tell(partner) and not may_change_nothing(option, partner):
                silent.append(f"{option} beside {partner}")
    assert silent == []
