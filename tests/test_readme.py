"""What the README shows is what the tool does: each command, block of Python and picture."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import jq
import numpy as np
import pytest
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from lstm_shapes.run import explore as measuring
from lstm_shapes.run.values import Run
from tests.conftest import VERSIONS, Command
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
]
COMMANDS = [line for line in LINES if line.startswith("lstm-shapes ")]
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
CALLS = "# one a line\n-u 8\n--units 16 --return-state\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README's commands read."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.ones((2, 3, 4)))
    Path("calls.txt").write_text(CALLS)
    return tmp_path


def test_the_commands_that_set_up_are_two_lines() -> None:
    """They take a minute each, so that .ci/run runs them and not this test."""
    others = [line for line in LINES if line not in COMMANDS]
    assert [line.rsplit("&& ", 1)[1] for line in others if "venv" in line] == [
        ".venv/bin/lstm-shapes --return-sequences --return-state",
        ".venv/bin/pytest",
    ]


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_does_its_job(
    line: str, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name for path in folder.iterdir()}
    call, _, pipe = line.partition(" | ")
    call, _, stdin = call.partition(" < ")
    with open(stdin or "calls.txt", encoding="utf-8") as calls:
        monkeypatch.setattr(sys, "stdin", calls)
        answer = command(*shlex.split(call)[1:])
    assert (answer.status, answer.stderr) == (0, "")
    saved = {path.name for path in folder.iterdir()} - before
    assert saved == set(re.findall(r"--save (\S+)", call))
    if pipe:
        program = shlex.split(pipe)[-1]
        assert jq.compile(program).input_text(answer.stdout).all()


@pytest.mark.parametrize("tool", ["xargs", "parallel"])
def test_a_list_of_calls_spreads_over_processes(tool: str, folder: Path) -> None:
    """Each of the processes is real, but does what takes no Keras."""
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    (line,) = [line for line in LINES if f"{tool} " in line]
    stand_in = folder / "bin" / "lstm-shapes"
    stand_in.parent.mkdir()
    stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} -m lstm_shapes -n "$@"\n')
    stand_in.chmod(0o755)
    script = f'PATH="{stand_in.parent}:$PATH"; {line.replace(" 100 ", " 2 ")}'
    Path("calls.txt").write_text("-u 1\n-u '2'\n-u 3 --return-state\n")
    subprocess.run(["sh", "-c", script], check=True, cwd=folder)
    answers = "".join(path.read_text() for path in sorted(folder.glob("*.jsonl")))
    units = [json.loads(line)["sizes"]["units"] for line in answers.splitlines()]
    assert units == [[1], [2], [3]]


def test_the_blocks_of_python_run(folder: Path, command: Command) -> None:
    assert command("--return-state", "--seed", "1", "--save", "run.npz").status == 0
    for block in PYTHON:
        exec(compile(block, "README.md", "exec"), {})
    assert (folder / "run.svg").exists()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("screen.svg", "--return-sequences --return-state"),
        ("bidirectional.svg", "--bidirectional --return-sequences --return-state"),
        ("compare.svg", "--compare"),
        ("sweep.svg", "-u 8 -u 16 -u 64,32 -t 3 -t 10 --return-sequences --return-state"),
    ],
)
def test_the_pictures_are_what_the_commands_show(
    name: str,
    call: str,
    folder: Path,
    command: Command,
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert f"lstm-shapes {call}\n" in README
    assert f"(tests/golden/{name})" in README
    explore_many = measuring.explore_many

    def of_fixed_versions(*arguments: Any, **how: Any) -> Iterator[Run]:
        return (replace(run, versions=VERSIONS) for run in explore_many(*arguments, **how))

    monkeypatch.setattr(measuring, "explore_many", of_fixed_versions)
    command(*call.split(), "--seed", "1729", "--save", name)
    golden(name, (folder / name).read_text(encoding="utf-8"))


SITTING = """
from lstm_shapes.__main__ import main
from lstm_shapes.run import explore, tensorflow
from tests.conftest import fixed_run

tensorflow.load_keras = explore.load_keras = lambda: None
explore.tidy = lambda: None
explore.explore_many = lambda specs, **how: map(fixed_run, specs)
main()
"""


def test_the_picture_of_a_sitting_is_one(
    golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real terminal, on which runs are made without Keras."""
    monkeypatch.chdir(ROOT)
    terminal = Terminal(
        *("-i", "--seed", "1729"),
        command=[sys.executable, "-c", SITTING],
        environment={"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "80"},
    )
    terminal.wait_for("lstm-shapes> ")
    for line in ("--return-state --show hidden_state", "-u 8 -u 64,32 -t 3 -t 50", "exit"):
        before = len(terminal.shown)
        terminal.type(f"{line}\r")
        if line != "exit":
            terminal.wait_for("lstm-shapes> ", before)
    assert terminal.finish() == 0
    shown = re.sub(r"\x1b\[\?2004[hl]|\r", "", terminal.shown)
    console = Console(file=StringIO(), width=80, record=True, legacy_windows=False)
    console.print(Text.from_ansi(shown))
    svg = console.export_svg(title="lstm-shapes -i", theme=SVG_EXPORT_THEME)
    golden("sitting.svg", re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


def test_the_keys_of_the_json_are_all_documented(command: Command) -> None:
    calls = ("--show output --pytorch --no-arrays --json", "-n --compare --json")
    printed = "".join(command(*call.split()).stdout for call in calls)
    keys = {key for line in printed.splitlines() for key in json.loads(line)}
    table = README.split("| key |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == keys


def test_the_table_of_rooms_names_every_module() -> None:
    package = ROOT / "lstm_shapes"
    modules = {path.stem for path in package.rglob("*.py")} - {"__init__"}
    table = README.split("| room |")[1].split("\n\n")[0]
    rows = [row.split("|")[2] for row in table.splitlines()[2:]]
    assert set(re.findall(r"`(\w+)`", "\n".join(rows))) == modules
