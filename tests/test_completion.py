"""Tab completes what an option takes: in a shell, and by the names that Keras has."""

import inspect
import os
import shlex
import shutil
from pathlib import Path
from unittest.mock import Mock

import pytest

from lstm_shapes.request import SECTION_NAMES
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.shapes.keras_code import CELL_NAMES, LAYER_NAMES, REFUSED_CLASSES
from tests.conftest import Command
from tests.terminal import COMMAND, Terminal

COMPLETIONS = {
    "--ret": ["--return-sequences", "--return-state"],
    "--layer ": ["LSTM", "GRU", "SimpleRNN"],
    "--layer G": ["GRU"],
    "--padding p": ["post", "pre"],
    "--only ": list(SECTION_NAMES),
    "--only dr": ["drawing"],
    "--only drawing,o": ["drawing,outputs"],
    "--only outputs,drawing,out": [],
    "--next Dens": ["Dense"],
    "--next Repeat": ["RepeatVector"],
    "--show state": ["state_h", "state_c"],
    "--show forward_s": ["forward_state_h", "forward_state_c"],
    "--show all_c": ["all_cell_states"],
    "--show ker": [
        "kernel",
        "kernel/input_gate",
        "kernel/forget_gate",
        "kernel/candidate",
        "kernel/output_gate",
    ],
    "--show backward/bias/f": ["backward/bias/forget_gate"],
    "--show forg": ["forget_gate"],
}


@pytest.mark.parametrize(("typed", "completions"), COMPLETIONS.items(), ids=COMPLETIONS)
def test_typer_is_told_what_completes(
    typed: str,
    completions: list[str],
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keras is not imported for it: nobody waits for seconds."""
    failing = Mock(side_effect=AssertionError("TensorFlow was imported"))
    monkeypatch.setattr("lstm_shapes.run.tensorflow.import_keras", failing)
    word_count = len(typed.split(" "))
    monkeypatch.setenv("_LSTM_SHAPES_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"lstm-shapes {typed}")
    monkeypatch.setenv("COMP_CWORD", str(word_count))
    answer = command()
    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout.split() == completions


SHELLS = {
    "bash": ["bash", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
BEFORE_COMPLETION = {
    "bash": "",
    "zsh": "autoload -Uz compinit; compinit -u -D; ",
}


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    ("typed", "added"),
    [
        pytest.param("--layer Sim", "pleRNN", id="kind"),
        pytest.param("--only drawing,out", "puts", id="section behind a comma"),
        pytest.param("--show backward/re", "current_kernel", id="weight"),
        pytest.param("--next 'Repe", "atVector", id="layer in quotes"),
    ],
)
def test_tab_completes_in_a_shell(
    name: str, typed: str, added: str, tmp_path: Path
) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name}")
    program = tmp_path / "lstm-shapes"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    shell = Terminal(command=SHELLS[name], environment={"PATH": path})
    source = f'eval "$(_LSTM_SHAPES_COMPLETE=source_{name} lstm-shapes)"'
    shell.type(f"{BEFORE_COMPLETION[name]}{source}; echo it is re''ady\r")
    shell.wait_for("it is ready")
    before = len(shell.shown)
    shell.type(f"lstm-shapes {typed}\t")
    shell.wait_for(added, before)
    shell.process.kill()
    shell.finish()


def test_every_public_layer_of_keras_is_one_that_may_be_tried_or_is_refused() -> None:
    """A class that a new version of Keras brings belongs to one of these tuples."""
    layers = load_keras().layers
    names = set()
    for name, layer in inspect.getmembers(layers, inspect.isclass):
        if issubclass(layer, layers.Layer):
            names.add(name)
    assert names - {*LAYER_NAMES, *CELL_NAMES, *REFUSED_CLASSES} == set()


def test_no_layer_is_tried_that_brings_code_or_ends_the_process() -> None:
    assert set(LAYER_NAMES) & {*CELL_NAMES, *REFUSED_CLASSES} == set()
    assert {"Lambda", "TFSMLayer", "AdaptiveMaxPooling1D"} <= set(REFUSED_CLASSES)
