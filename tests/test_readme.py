"""Hold the README to its word: each command, block of Python, table and picture."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jq
import numpy as np
import pytest
from rich.text import Text

from lstm_shapes.request import SECTIONS
from lstm_shapes.run.explore import explore
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.picture import svg_picture
from tests.conftest import SEED, VERSIONS, Command
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
Golden = Callable[[str, str], None]


def blocks(language: str) -> list[str]:
    """Return the README's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def table(title: str) -> dict[str, list[str]]:
    """Return a table of the README, which is named by the title of its first column.

    A row is the names in backticks behind its first cell, by that cell.
    """
    text = README.split(f"\n| {title} |")[1].split("\n\n")[0]
    rows = text.splitlines()[2:]  # without the titles and the line below them
    names_by_cell = {}
    for row in rows:
        cell, _, description = row.strip("| ").partition(" | ")
        names = re.findall(r"`([a-z_]+)`", description)
        names_by_cell[cell.strip("`/")] = names
    return names_by_cell


SHELL_LINES = "".join(blocks("sh")).splitlines()
COMMANDS = [line for line in SHELL_LINES if line.startswith("lstm-shapes ")]
# A picture stands below the command that makes it.
PICTURES = re.findall(
    r"\nlstm-shapes (.*)\n```\n\n!\[.*\]\(tests/golden/(.*)\)",
    README,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go to a folder with what the README's commands read: an input, a model, and calls.

    The calls are on stdin too.
    """
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.ones((2, 3, 4)))
    np.savetxt("prices.csv", np.ones((30, 3)), delimiter=",")
    shutil.copy(ROOT / "tests" / "models" / "model.keras", tmp_path)
    calls = [
        "-u 1\n",
        "-u '2' # of three\n",
        "-u 3 --return-state\n",
    ]
    Path("calls.txt").write_text("".join(calls))
    with open("calls.txt", encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield tmp_path


def test_one_line_sets_up_and_shows_the_screen_and_one_runs_the_tests() -> None:
    """Check how the lines end: .ci/run runs them, as each takes a minute."""
    last_commands = []
    for line in SHELL_LINES:
        if "-m venv" in line:
            last_commands.append(line.rsplit(" && ", 1)[1])
    assert last_commands == [
        ".venv/bin/lstm-shapes --return-sequences --return-state",
        ".venv/bin/pytest",
    ]


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_does_its_job(line: str, folder: Path, command: Command) -> None:
    files_before = set(folder.iterdir())
    call, _, pipe = line.partition(" | ")
    words = shlex.split(call.removesuffix(" < calls.txt"))

    answer = command(*words[1:])

    assert answer.status == 0
    assert answer.stderr == ""
    saved = {folder / name for name in re.findall(r"--save (\S+)", call)}
    assert set(folder.iterdir()) - files_before == saved
    if pipe:
        # `jq -n` reads nothing by itself: `input` is the answer.
        filter_of_jq = shlex.split(pipe)[-1].removeprefix("input | ")
        results = jq.compile(filter_of_jq).input_text(answer.stdout).all()
        assert results
        assert False not in results


CHECKS = [line for line in COMMANDS if "jq -e" in line]
STEPS = [line.removeprefix("- run: ") for line in blocks("yaml")[0].splitlines()]


def test_the_workflow_makes_the_same_check_in_an_installation_without_tensorflow() -> (
    None
):
    assert STEPS[-1:] == CHECKS
    in_the_text = re.findall(r"`(pip install [^`]*)`", README)
    assert STEPS[-3] in in_the_text
    assert STEPS[-2].replace("./lstm-shapes", ".") in in_the_text


@pytest.mark.parametrize(
    ("right", "wrong", "fails"),
    [
        pytest.param("", "", False, id="right figures"),
        pytest.param("98816", "98817", True, id="wrong count"),
        pytest.param("[null, 128]", "[null, 3, 128]", True, id="wrong shape"),
        pytest.param("-u 128", "-u 0", True, id="no answer"),
    ],
)
def test_the_check_for_ci_fails_where_a_figure_is_wrong(
    right: str, wrong: str, fails: bool, tmp_path: Path
) -> None:
    """A step of a workflow has no pipefail: jq alone decides."""
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    (check,) = CHECKS
    finished = run_in_shell(check.replace(right, wrong), tmp_path)
    assert (finished.returncode != 0) is fails
    assert (finished.returncode == 1) is (finished.stdout == "false\n")


def run_in_shell(
    line: str, folder: Path, option: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a line of the README in a folder; `option` stands in each call."""
    command = folder / "lstm-shapes"
    words = f'{sys.executable} -m lstm_shapes {option} "$@"'
    command.write_text(f"#!/bin/sh\nexec {words}\n")
    command.chmod(0o755)
    script = f'PATH="{folder}:$PATH"; {line}'
    return subprocess.run(
        ["sh", "-c", script], check=False, text=True, stdout=subprocess.PIPE
    )


@pytest.mark.parametrize("tool", ["xargs", "parallel"])
def test_a_list_of_calls_spreads_over_processes(tool: str, folder: Path) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    (line,) = [line for line in SHELL_LINES if f"{tool} " in line]
    two_calls_each = line.replace(" 100 ", " 2 ")
    # The second time, the folder holds what the first has written.
    for _ in range(2):
        finished = run_in_shell(two_calls_each, folder, "-n")
        assert finished.returncode == 0
        documents = ""
        for path in sorted(folder.glob("*.jsonl")):
            documents += path.read_text()
        assert re.findall(r'"units":\[(\d+)\]', documents) == ["1", "2", "3"]
        assert re.findall(r'"line":(\d+)', documents) == ["1", "2", "1"]


def test_the_blocks_of_python_run_where_the_commands_have_saved_their_files(
    folder: Path, command: Command
) -> None:
    for line in COMMANDS:
        if "--save" in line:
            assert command(*shlex.split(line)[1:]).status == 0
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    assert (folder / "run.svg").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("call", "name"), PICTURES)
def test_a_picture_is_what_the_command_above_it_shows(
    call: str,
    name: str,
    command: Command,
    golden: Golden,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explore_with_fixed_versions(spec: Spec, **options: Any) -> Run:
        run = explore(spec, **options)
        return replace(run, versions=VERSIONS)

    monkeypatch.setattr(
        "lstm_shapes.run.explore.explore",
        explore_with_fixed_versions,
    )
    answer = command(*call.split(), "--seed", f"{SEED}", "--save", name)
    assert answer.status == 0
    golden(name, Path(name).read_text("utf-8"))


SITTING_WITHOUT_KERAS = """
from lstm_shapes.__main__ import main
from lstm_shapes.run import explore, tensorflow
from tests.conftest import fixed_run
tensorflow.load_keras = lambda: None
explore.explore_many = lambda specs, **options: map(fixed_run, specs)
main()
"""
LINES_OF_THE_SITTING = [
    "--return-state --show hidden_state",
    "-u 8 -u 64,32 -t 3 -t 50",
]


def sit_at_a_terminal() -> str:
    """Return what a real terminal shows of a sitting, with its colours."""
    terminal = Terminal(
        "-i",
        f"--seed={SEED}",
        command=[sys.executable, "-c", SITTING_WITHOUT_KERAS],
        environment={
            "COLORTERM": "truecolor",
            "COLUMNS": "80",
            "PYTHONPATH": f"{ROOT}",
        },
    )
    terminal.wait_for("lstm-shapes> ")
    for line in LINES_OF_THE_SITTING:
        length = len(terminal.shown)
        terminal.type(f"{line}\r")
        terminal.wait_for("lstm-shapes> ", length)
    terminal.type("exit\r")
    assert terminal.finish() == 0
    return terminal.shown


def draw(ansi: str) -> str:
    """Draw what a terminal has shown, in the colours of this project's pictures."""
    # Leave out what readline writes around a prompt: it is neither text nor colour.
    text = Text.from_ansi(re.sub(r"\x1b\[\?2004[hl]|\r", "", ansi))
    lines = list(text.split("\n"))
    return svg_picture(lines, is_light=False, title="lstm-shapes -i")


def test_the_picture_of_a_sitting_is_one(golden: Golden) -> None:
    golden("sitting.svg", draw(sit_at_a_terminal()))


def test_no_picture_goes_unchecked() -> None:
    checked = {name for _, name in PICTURES}
    checked.add("sitting.svg")
    in_readme = re.findall(r"\(tests/golden/(.*)\)", README)
    assert checked == set(in_readme)


@pytest.mark.usefixtures("folder", "without_keras")
def test_the_keys_of_the_json_are_all_documented(command: Command) -> None:
    calls = [
        "--input x.npy --show output --pytorch --json",
        "-n --compare --json",
        "-i -n --json",
    ]
    text = ""
    for call in calls:
        text += command(*call.split()).stdout
    keys: set[str] = set()
    for line in text.splitlines():
        keys.update(json.loads(line))
    documented = table("key")
    assert documented.keys() == keys

    keys_within = set(re.findall(r'"([a-z_]+)":', text))
    keys_within.discard("output")  # an array of PyTorch, and no key
    documented_within = set(documented)
    for names in documented.values():
        documented_within.update(names)
    assert keys_within <= documented_within


@pytest.mark.usefixtures("folder")
def test_the_keys_of_a_listed_layer_are_all_documented(command: Command) -> None:
    text = command("model.keras", "--json").stdout
    rows = README.split("\n| of a listed layer |")[1].split("\n\n")[0]
    documented = set(re.findall(r"`([a-z_]+)`", rows)) | {*table("key")}
    assert set(json.loads(text.splitlines()[0])) <= documented


def test_the_table_of_rooms_names_every_module() -> None:
    package = ROOT / "lstm_shapes"
    rooms = table("room")
    assert len(rooms) == len(list(package.rglob("__init__.py")))
    for room, names in rooms.items():
        folder = package if room == "top level" else package / room
        modules = {path.stem for path in folder.glob("*.py")}
        assert modules - {"__init__"} <= set(names), room


def test_every_file_that_is_named_exists() -> None:
    named = re.findall(r"`(lstm_shapes/[\w/.]*|tests/[\w/.]*|\.ci/\w+)`", README)
    assert len(set(named)) > 15
    for name in named:
        assert (ROOT / name).exists(), name


def test_every_name_of_the_code_that_is_named_exists() -> None:
    text = README.split("### Where to put what")[1].split("### What looks odd")[0]
    for line in text.splitlines():
        files = re.findall(r"`(lstm_shapes/[\w/]+\.py)`", line)
        code = "".join((ROOT / file).read_text("utf-8") for file in files)
        for name in re.findall(r"`([A-Z_]{3,})`", line):
            assert f"{name} = " in code or f"{name}: " in code, name


def test_the_table_of_sections_is_the_list_of_them() -> None:
    rows = README.split("\n| section |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [row.strip("| ").split(" | ")[:3] for row in rows]
    expected = []
    for section in SECTIONS:
        needs_run = "yes" if section.needs_run else "no"
        in_comparison = "yes" if section.is_in_comparison else "no"
        expected.append([f"`{section.name}`", needs_run, in_comparison])
    assert cells == expected
