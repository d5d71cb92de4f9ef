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
        status = run(call)
    print(json.dumps([status, [name for name in heavy if name in sys.modules]]))
"""

CALLS = {
    "help": (["--help"], 0, []),
    "version": (["--version"], 0, []),
    "bad size": (["--units", "0"], 2, []),
    "bad show": (["--show", "output[9]"], 2, []),
    "too large": (["--units", "99999999"], 2, []),
    "bad file": (["--save", "/nowhere/x.npz"], 2, []),
    "unknown option": (["--no-such-option"], 2, []),
    "dry run as JSON": (["-n", "--json", "-u", "128"], 0, []),
    "dry run": (["-n", "--return-state", "--pytorch"], 0, ["rich.console"]),
    "dry comparison": (["-n", "--compare"], 0, ["rich.console"]),
    "dry sweep": (["-n", "-u", "3", "-u", "4"], 0, ["rich.console"]),
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[object]]:
    """The status of each call, and which heavy modules have been loaded until then."""
    arguments = json.dumps([HEAVY, [call for call, *_ in CALLS.values()]])
    printed = subprocess.check_output([sys.executable, "-c", PROGRAM, arguments], text=True)
    return dict(zip(CALLS, map(json.loads, printed.splitlines()), strict=True))


@pytest.mark.parametrize("name", CALLS)
def test_nothing_heavy_is_loaded(name: str, found: dict[str, list[object]]) -> None:
    _, status, allowed = CALLS[name]
    assert found[name] == [status, allowed]


def test_names_that_come_late_are_there() -> None:
    import lstm_shapes

    assert all(hasattr(lstm_shapes, name) for name in lstm_shapes.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        lstm_shapes.nonsense  # noqa: B018  # looking it up is the test
