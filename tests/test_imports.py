"""Nothing heavy is imported before it is needed, and modules import in one direction."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lstm_shapes"
HEAVY = ("tensorflow", "keras", "numpy", "rich.console")

# Every module may import those that come before it.
ORDER = [
    *("errors", "spec", "grid", "selection", "diagram", "files", "call", "progress", "run"),
    *("backend", "measure", "style", "arrays", "screen", "overview", "picture", "export"),
    *("session", "cli", "__main__"),
]

PROGRAM = """
import sys
try:
    {program}
finally:
    loaded = [name for name in {heavy} if name in sys.modules]
    print("loaded:", *loaded, file=sys.stderr)
"""


def heavy_modules_of(program: str) -> list[str]:
    """The heavy modules that a fresh process has loaded once the program is done."""
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(program=program, heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stderr.splitlines()[-1].split()[1:]


def calling(*arguments: str) -> str:
    return f"from lstm_shapes.cli import run; run({list(arguments)})"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import lstm_shapes; lstm_shapes.LSTMSpec()", id="import"),
        pytest.param(calling("--help"), id="help"),
        pytest.param(calling("--version"), id="version"),
        pytest.param(calling("--units", "0"), id="bad size"),
        pytest.param(calling("--show", "output[9]"), id="bad show"),
        pytest.param(calling("--units", "99999999"), id="too large"),
        pytest.param(calling("--save", "/nowhere/x.npz"), id="bad file"),
        pytest.param(calling("--no-such-option"), id="unknown option"),
    ],
)
def test_nothing_heavy_is_loaded(program: str) -> None:
    assert heavy_modules_of(program) == []


def test_what_is_loaded_would_be_seen() -> None:
    assert heavy_modules_of("import tensorflow, keras") == list(HEAVY)


def imports_of(path: Path) -> set[str]:
    """The modules of this package that a module imports, at its top or later."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {f"{alias.name}." for alias in node.names}
    names = [name.split(".") for name in found]
    return {name[1] for name in names if name[0] == "lstm_shapes"} & set(ORDER)


@pytest.mark.parametrize("module", ORDER)
def test_modules_import_in_one_direction(module: str) -> None:
    assert imports_of(PACKAGE / f"{module}.py") <= set(ORDER[: ORDER.index(module)])


@pytest.mark.parametrize(
    "line",
    [
        "from lstm_shapes import screen",
        "from lstm_shapes.screen import RunScreen",
        "import lstm_shapes.screen",
        "def late():\n    from lstm_shapes.screen import RunScreen",
    ],
)
def test_an_import_is_seen_however_it_is_written(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(line)
    assert imports_of(tmp_path / "x.py") == {"screen"}


def test_every_module_has_its_place_in_the_order() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*ORDER, "__init__"}


def test_no_module_is_long() -> None:
    for path in PACKAGE.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path


def test_names_that_come_late_are_there() -> None:
    import lstm_shapes

    assert all(hasattr(lstm_shapes, name) for name in lstm_shapes.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        lstm_shapes.nonsense  # noqa: B018  # looking it up is the test
