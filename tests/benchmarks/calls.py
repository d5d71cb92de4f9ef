"""Single calls: the first answer, the answers without TensorFlow, and large outputs."""

import math
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import (
    COMMAND,
    NOTEBOOK,
    OURS,
    SHAPE,
    Setting,
    Side,
    in_turns,
    program,
    shapes,
)
from tests.benchmarks.tables import Report, Row, Table, medians, rows_of, values


def first_answer(setting: Setting) -> Report:
    """Seconds until the first output's shape has come through a pipe, and until the end."""
    in_json = '"shape":[1,3,5]'
    sides = [
        Side("lstm-shapes", OURS, expects=SHAPE),
        Side("--dry-run", [*OURS, "--dry-run"], expects=SHAPE),
        Side("--dry-run --json", [*OURS, "--dry-run", "--json"], expects=in_json),
        NOTEBOOK,
        Side("import tensorflow", [sys.executable, "-c", "import tensorflow"]),
    ]
    note = (
        "first answer: the line with the first output's shape, of an import its end. "
        "× notebook: of the seconds until the notebook's end. × ours: of lstm-shapes' first answer."
    )
    if setting.torch_python:
        command = program("pytorch", python=setting.torch_python)
        sides.append(Side("PyTorch + torchinfo", command, expects=SHAPE))
    else:
        note += " PyTorch is left out: torch and torchinfo are not installed, see --torch-python"
    samples = in_turns("first-answer", sides, setting)
    first, whole = medians(samples, "first_seconds"), medians(samples)
    rows: list[Row] = [
        {
            "side": name,
            "first answer s": first[name],
            "× notebook": first[name] / whole["notebook"],
            "× ours": first[name] / first["lstm-shapes"],
            "min s": min(values(taken, "first_seconds")),
            "max s": max(values(taken, "first_seconds")),
            "end s": whole[name],
            "end × notebook": whole[name] / whole["notebook"],
        }
        for name, taken in samples.items()
    ]
    of_whole = rows_of(samples, "lstm-shapes", "import tensorflow")
    tables = [Table("The first answer", rows, note), Table("The whole screen", of_whole)]
    return Report(samples, tables)


def no_tensorflow(setting: Setting) -> Report:
    """The answers that need no TensorFlow, beside the least that they could take."""
    words = {
        "_LSTM_SHAPES_COMPLETE": "complete_bash",
        "COMP_WORDS": "lstm-shapes --ret",
        "COMP_CWORD": "1",
    }
    sides = [
        Side("--help", [*COMMAND, "--help"], expects="--return-state"),
        Side("--version", [*COMMAND, "--version"], expects="lstm-shapes"),
        Side("--units 0", [*COMMAND, "--units", "0"], status=2, expects="--units"),
        Side("--show nonsense", [*COMMAND, "--show", "nonsense"], status=2, expects="nonsense"),
        Side("completion", COMMAND, expects="--return-state", environment=words),
        Side("pass", [sys.executable, "-c", "pass"]),
        Side("typer, rich", [sys.executable, "-c", "import typer, rich"]),
        NOTEBOOK,
    ]
    samples = in_turns("no-tensorflow", sides, setting)
    rows = rows_of(samples, "pass", "typer, rich", "notebook")
    return Report(samples, [Table("Without TensorFlow", rows)])


def output(setting: Setting) -> Report:
    """What showing and writing ten million values adds to the run that made them."""
    sizes = {"batch-size": 10 if setting.small else 1000, "timesteps": 100, "units": 100}
    with TemporaryDirectory() as folder:
        save = ["--force", "--save", str(Path(folder, "run.npz"))]
        sides = [
            Side("plain", shapes(sizes, "--no-arrays")),
            Side("--arrays", shapes(sizes, "--arrays")),
            Side("--json --no-arrays", shapes(sizes, "--json", "--no-arrays")),
            Side("--save run.npz", shapes(sizes, "--no-arrays", *save)),
            Side("--json", shapes(sizes, "--json")),
        ]
        samples = in_turns("output", sides, setting)
    seconds = medians(samples)
    rows = [
        {**row, "added s": seconds[name] - seconds["plain"]}
        for name, row in zip(samples, rows_of(samples, "plain"), strict=True)
    ]
    note = "plain: --no-arrays, as is --save. added: to plain."
    return Report(samples, [Table(f"Output of {math.prod(sizes.values()):,} values", rows, note)])
