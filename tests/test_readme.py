"""What the README shows is what the tool does: each command, block of Python and picture."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import jq
import pytest
from rich.console import RenderableType

from lstm_shapes import LSTMSpec, explore, explore_many
from lstm_shapes.grid import Grid
from lstm_shapes.overview import CompareScreen, SweepTable
from lstm_shapes.picture import Picture
from lstm_shapes.run import Run
from lstm_shapes.screen import RunScreen
from tests.conftest import VERSIONS, Command

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
]
COMMANDS = [line for line in LINES if line.startswith("lstm-shapes ")]
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_commands_that_set_up_are_two_lines() -> None:
    """They take a minute each, so that .ci/run runs them and not this test."""
    others = [line for line in LINES if line not in COMMANDS]
    assert [line.rsplit("&& ", 1)[1] for line in others if "venv" in line] == [
        ".venv/bin/lstm-shapes --return-sequences --return-state",
        ".venv/bin/pytest",
    ]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_does_its_job(
    line: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call, _, pipe = line.partition(" | ")
    answer = command(*shlex.split(call)[1:])
    assert (answer.status, answer.stderr) == (0, "")
    saved = {path.name for path in tmp_path.iterdir()}
    assert saved == set(re.findall(r"--save (\S+)", call))
    if pipe:
        program = shlex.split(pipe)[-1]
        assert jq.compile(program).input_text(answer.stdout).all()


def test_the_benchmark_runs(tmp_path: Path) -> None:
    (line,) = [line for line in LINES if "benchmarks" in line]
    _, *arguments = shlex.split(line)
    trial = ["first-screen", "--small", "--repetitions", "1", "--json", str(tmp_path / "x.json")]
    subprocess.run([sys.executable, *arguments, *trial], cwd=ROOT, check=True, capture_output=True)
    samples = json.loads((tmp_path / "x.json").read_text())["sections"]["first-screen"]["samples"]
    assert {"lstm-shapes", "notebook", "import tensorflow"} <= set(samples)


def test_the_recipes_for_jq_say_what_they_seem_to(command: Command) -> None:
    recipes = [line.split(" | jq ") for line in COMMANDS if " | jq " in line]
    found = [
        jq.compile(shlex.split(recipe)[-1]).input_text(command(*shlex.split(call)[1:]).stdout).all()
        for call, recipe in recipes
    ]
    assert found == [
        [[1, 5], [1, 5], [1, 5]],
        ["all_hidden_states: batch, timesteps, units"],
        [[8, 416], [16, 1344], [32, 4736]],
    ]


@pytest.mark.parametrize("block", PYTHON, ids=["npz by hand", "in Python"])
def test_every_block_of_python_runs(
    block: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command("--return-state", "--save", "run.npz")
    exec(block, {})


def picture(*renderables: RenderableType, title: str) -> str:
    drawn = Picture(width=80)
    for renderable in renderables:
        drawn.print(renderable)
    file = BytesIO()
    drawn.save(file, ".svg", title)
    return file.getvalue().decode()


def of_fixed_versions(run: Run) -> Run:
    return replace(run, versions=VERSIONS)


@pytest.mark.parametrize("name", ["screen.svg", "compare.svg", "sweep.svg"])
def test_every_picture_is_the_tools_own(name: str, golden: Callable[[str, str], None]) -> None:
    assert f"(tests/golden/{name})" in README
    both = LSTMSpec(return_sequences=True, return_state=True)
    if name == "screen.svg":
        run = of_fixed_versions(explore(both, seed=1729))
        drawn = picture(RunScreen(run, run.outputs), title=both.command(1729))
    elif name == "compare.svg":
        grid = Grid(return_sequences=[False, True], return_state=[False, True])
        runs = [of_fixed_versions(run) for run in explore_many(grid, seed=1729)]
        drawn = picture(
            CompareScreen(runs, [run.outputs for run in runs]),
            title="lstm-shapes --compare --seed 1729",
        )
    else:
        grid = Grid([3, 10], units=[8, 16, 32], return_sequences=[True], return_state=[True])
        table = SweepTable(grid, seed=1729)
        rows = [table.row(run) for run in explore_many(grid, seed=1729)]
        drawn = picture(table.header, *rows, table.footer(VERSIONS), title=grid.command(1729))
    golden(name, drawn)


def test_the_keys_of_the_json_are_all_documented(command: Command) -> None:
    line = command("--json", "--show", "output").stdout
    keys = jq.compile("keys[]").input_text(line).all()
    documented = re.findall(r"^\| `(\w+)` \|", README.split("| key |")[1], flags=re.MULTILINE)
    assert sorted(documented[: len(keys)]) == keys


def test_the_module_table_names_every_module() -> None:
    modules = {path.stem for path in (ROOT / "lstm_shapes").glob("*.py")} - {"__init__"}
    table = README.split("| module |")[1].split("\n\n")[0]
    named = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:]))
    assert set(named) == modules
