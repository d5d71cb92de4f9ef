"""Nothing heavy is imported before it is needed: start-up is the command's speed."""

import json
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import lstm_shapes

HEAVY_MODULES = ["tensorflow", "keras", "numpy", "h5py", "rich.console"]
MODEL = Path(__file__).parent / "models" / "model.keras"

# Each call, its status, and the heavy modules that are loaded by then.
CALLS = [
    ["--version", 0, []],
    ["-n --json -u 128", 0, []],
    [f"{MODEL} --json", 0, []],
    [f"{MODEL} lstm -n --json", 0, []],
    [f"{MODEL} nonsense", 2, []],
    ["--units 0", 2, []],
    ["--no-such-option", 2, []],
    ["--show output[9]", 2, []],
    ["--save /nowhere/x.npz", 2, []],
    ["--units 99999999", 2, ["rich.console"]],
    ["--help", 0, ["rich.console"]],
    [f"{MODEL}", 0, ["rich.console"]],
    ["-n --return-state --pytorch", 0, ["rich.console"]],
    ["-n --compare", 0, ["rich.console"]],
    ["-n -u 3 -u 4", 0, ["rich.console"]],
    ["--input nowhere.npy", 2, ["numpy", "rich.console"]],
]

# This makes all calls in one fresh process and prints what CALLS expects of each.
PROGRAM = """
import contextlib, io, json, sys
import lstm_shapes
from lstm_shapes.cli import run

lstm_shapes.LSTMSpec()
heavy_modules, calls = json.loads(sys.argv[1])
for call in calls:
    stdout = io.TextIOWrapper(io.BytesIO())
    stderr = io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        status = run(call.split())
    loaded = [name for name in heavy_modules if name in sys.modules]
    print(json.dumps([call, status, loaded]))
"""


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    calls = [call for call, status, modules in CALLS]
    argument = json.dumps([HEAVY_MODULES, calls])
    printed = subprocess.check_output(
        [sys.executable, "-c", PROGRAM, argument],
        text=True,
    )
    answers = [json.loads(line) for line in printed.splitlines()]
    assert answers == CALLS


@pytest.mark.parametrize("name", lstm_shapes.__all__)
def test_a_public_name_is_imported_when_it_is_used(name: str) -> None:
    assert hasattr(lstm_shapes, name)


def test_a_name_that_the_package_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        lstm_shapes.nonsense  # noqa: B018  # looking it up is the test


def test_tab_offers_what_the_package_is_for_and_no_module_of_it() -> None:
    assert dir(lstm_shapes) == sorted(lstm_shapes.__all__)


def test_help_shows_what_the_package_is_for() -> None:
    text = pydoc.plain(pydoc.render_doc(lstm_shapes))
    for name in ("class LSTMSpec(", "class Run(", "explore(", "show("):
        assert name in text, name
