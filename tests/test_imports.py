"""Nothing heavy is imported before it is needed: start-up is the command's speed."""

import json
import subprocess
import sys

import pytest

HEAVY = ["tensorflow", "keras", "numpy", "rich.console"]

PROGRAM = """
import contextlib, io, json, sys
import lstm_shapes
from lstm_shapes.cli import run

lstm_shapes.LSTMSpec()
heavy, calls = json.loads(sys.argv[1])
for call in calls:
    nowhere = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(io.StringIO()):
        status = run(call.split())
    print(json.dumps([call, status, [name for name in heavy if name in sys.modules]]))
"""

# Each call with its status, and what has been loaded until then.
CALLS = [
    ["--version", 0, []],
    ["-n --json -u 128", 0, []],
    ["--units 0", 2, []],
    ["--no-such-option", 2, []],
    ["--show output[9]", 2, []],
    ["--units 99999999", 2, []],
    ["--save /nowhere/x.npz", 2, []],
    ["--help", 0, ["rich.console"]],
    ["-n --return-state --pytorch", 0, ["rich.console"]],
    ["-n --compare", 0, ["rich.console"]],
    ["-n -u 3 -u 4", 0, ["rich.console"]],
    ["--input nowhere.npy", 2, ["numpy", "rich.console"]],
]


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    arguments = json.dumps([HEAVY, [call for call, *_ in CALLS]])
    printed = subprocess.check_output([sys.executable, "-c", PROGRAM, arguments], text=True)
    assert [json.loads(line) for line in printed.splitlines()] == CALLS


def test_names_that_come_late_are_there() -> None:
    import lstm_shapes

    assert all(hasattr(lstm_shapes, name) for name in lstm_shapes.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        lstm_shapes.nonsense  # noqa: B018  # looking it up is the test
