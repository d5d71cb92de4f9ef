"""Hold the README to its word: each command, block of Python, table and picture."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from itertools import chain
from pathlib import Path

import jq
import numpy as np
import pytest
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from lstm_shapes.run.explore import explore
from lstm_shapes.view.style import in_picture
from tests.conftest import SEED, VERSIONS, Command
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
LINES = [*chain(*map(str.splitlines, re.findall(r"```sh\n(.*?)```", README, re.DOTALL)))]
# Each with the command above it.
PICTURES = re.findall(r"\nlstm-shapes (.*)\n```\n\n!\[.*\]\(tests/golden/(.*)\)", README)
Golden = Callable[[str, str], None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go to a folder with what the README's commands read: an input, and calls on stdin too."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.ones((2, 3, 4)))
    Path("calls.txt").write_text("-u 1\n-u '2' # of three\n-u 3 --return-state\n")
    with open("calls.txt", encoding="utf-8") as calls:
        monkeypatch.setattr(sys, "stdin", calls)
        yield tmp_path


def table(title: str) -> dict[str, list[str]]:
    """Return the names in each row of a table by what stands first in the row."""
    _, *rows = README.split(f"\n| {title} |")[1].split("\n\n")[0].splitlines()[1:]
    cells = (row.strip("| ").partition(" | ") for row in rows)
    return {first.strip("`/"): re.findall(r"`([a-z_]+)`", others) for first, _, others in cells}


def test_one_line_sets_up_and_shows_the_screen_and_one_runs_the_tests() -> None:
    """They take a minute each, so that .ci/run runs them and not this test."""
    ends = [line.rsplit(" && ", 1)[1] for line in LINES if "-m venv" in line]
    assert ends == [".venv/bin/lstm-shapes --return-sequences --return-state", ".venv/bin/pytest"]


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("lstm-shapes ")])
def test_every_command_does_its_job(line: str, folder: Path, command: Command) -> None:
    before = {*folder.iterdir()}
    call, _, pipe = line.partition(" | ")
    answer = command(*shlex.split(call.removesuffix(" < calls.txt"))[1:])
    assert (answer.status, answer.stderr) == (0, "")
    assert {*folder.iterdir()} - before == {folder / x for x in re.findall(r"--save (\S+)", call)}
    if pipe:
        assert jq.compile(shlex.split(pipe)[-1]).input_text(answer.stdout).all()


@pytest.mark.parametrize("tool", ["xargs", "parallel"])
def test_a_list_of_calls_spreads_over_processes(tool: str, folder: Path) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    (line,) = (line for line in LINES if f"{tool} " in line)
    stand_in = folder / "lstm-shapes"
    stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} -m lstm_shapes -n "$@"\n')
    stand_in.chmod(0o755)
    script = f'PATH="{folder}:$PATH"; {line.replace(" 100 ", " 2 ")}'
    subprocess.run(["sh", "-c", script], check=True)
    answers = "".join(path.read_text() for path in sorted(folder.glob("*.jsonl")))
    assert re.findall(r'"units":\[(\d+)\]', answers) == ["1", "2", "3"]


def test_the_blocks_of_python_run(folder: Path, command: Command) -> None:
    assert command("--return-state", "--seed", "1", "--save", "run.npz").status == 0
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})
    assert (folder / "run.svg").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("call", "name"), PICTURES)
def test_a_picture_is_what_the_command_above_it_shows(
    call: str, name: str, command: Command, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = "lstm_shapes.run.explore.explore"
    monkeypatch.setattr(made, lambda spec, **how: replace(explore(spec, **how), versions=VERSIONS))
    assert command(*call.split(), "--seed", f"{SEED}", "--save", name).status == 0
    golden(name, Path(name).read_text("utf-8"))


SITTING = """
from lstm_shapes.__main__ import main
from lstm_shapes.run import explore, tensorflow
from tests.conftest import fixed_run
tensorflow.load_keras = lambda: None
explore.explore_many = lambda specs, **how: map(fixed_run, specs)
main()
"""


def test_the_picture_of_a_sitting_is_one(golden: Golden) -> None:
    """A real terminal, on which runs are made without Keras."""
    program = [sys.executable, "-c", SITTING]
    environment = {"COLORTERM": "truecolor", "COLUMNS": "80", "PYTHONPATH": f"{ROOT}"}
    terminal = Terminal("-i", f"--seed={SEED}", command=program, environment=environment)
    terminal.wait_for("lstm-shapes> ")
    for line in ("--return-state --show hidden_state", "-u 8 -u 64,32 -t 3 -t 50"):
        before = len(terminal.shown)
        terminal.type(f"{line}\r")
        terminal.wait_for("lstm-shapes> ", before)
    terminal.type("exit\r")
    assert terminal.finish() == 0
    console = Console(file=StringIO(), width=80, record=True, legacy_windows=False)
    text = Text.from_ansi(re.sub(r"\x1b\[\?2004[hl]|\r", "", terminal.shown))
    for at, span in enumerate(text.spans):
        if isinstance(span.style, Style):
            text.spans[at] = span._replace(style=in_picture(span.style, light=False))
    console.print(text)
    svg = console.export_svg(title="lstm-shapes -i", theme=SVG_EXPORT_THEME)
    golden("sitting.svg", re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


def test_no_picture_goes_unchecked() -> None:
    checked = {"sitting.svg", *(name for _, name in PICTURES)}
    assert checked == {*re.findall(r"\(tests/golden/(.*)\)", README)}


@pytest.mark.usefixtures("folder", "without_keras")
def test_the_keys_of_the_json_are_all_documented(command: Command) -> None:
    calls = ("--input x.npy --show output --pytorch --json", "-n --compare --json", "-i -n --json")
    lines = [line for call in calls for line in command(*call.split()).stdout.splitlines()]
    documented = table("key")
    assert documented.keys() == {*chain(*map(json.loads, lines))}
    within = {*re.findall(r'"([a-z_]+)":', "".join(lines))} - {"output"}  # of PyTorch
    assert within <= {*documented, *chain(*documented.values())}


def test_the_table_of_rooms_names_every_module() -> None:
    package, rooms = ROOT / "lstm_shapes", table("room")
    assert len(rooms) == len([*package.rglob("__init__.py")])
    for room, names in rooms.items():
        modules = {path.stem for path in (package / room.replace("top level", "")).glob("*.py")}
        assert {*names, "__init__"} == modules, room
