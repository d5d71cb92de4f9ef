from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from rich.console import Group, RenderableType

from lstm_shapes.parsing import read
from lstm_shapes.run.values import Array, Range
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.screen import Screen
from tests.conftest import FLAGS, LAYERS, constant_run, rendered, screen

Golden = Callable[[str, str], None]

BOTH_FLAGS = "--return-sequences --return-state"
GOLDENS = {
    "neither": "",
    "sequences": "--return-sequences",
    "state": "--return-state",
    "both": BOTH_FLAGS,
    "bidirectional": f"--bidirectional {BOTH_FLAGS}",
    "bidirectional-neither": "--bidirectional",
    "stack": f"-u 64,32 {BOTH_FLAGS}",
    "deep": "-u 9,8,7,6,5,4,3,2 --bidirectional --return-state --no-arrays",
    "large-elided": f"-t 20 -u 300 -b 9 {BOTH_FLAGS}",
    "show": f"{BOTH_FLAGS} -b 2 --show all_hidden_states[1,1:] --show cell_state[...,::2]",
    "pytorch": f"{BOTH_FLAGS} --pytorch --no-arrays",
    "dry-run": f"{BOTH_FLAGS} --dry-run",
    "compare": "--compare",
    "compare-bidirectional": "--compare --bidirectional --no-arrays",
    "compare-stack-dry-run": "--compare -u 6,5 -n",
    "sweep": f"-u 8 -u 16 -u 128 -t 3 -t 100 {BOTH_FLAGS}",
    "sweep-stacks": "-u 8 -u 64,32 --bidirectional --return-state -n",
    "sweep-arrays": "-u 2 -u 3 --return-state --arrays",
    "sweep-compare": "--compare -u 8 -u 16 -t 3 -t 100",
}
NARROW = {"both": [40, 60], "bidirectional": [40, 60], "compare": [40], "sweep": [40]}
EXTREMES = [
    pytest.param({"timesteps": 1, "features": 1, "units": 1}, id="smallest"),
    pytest.param({"timesteps": 9999, "units": 9999}, id="long and wide"),
    pytest.param({"batch_size": 9999, "features": 99}, id="many samples"),
    pytest.param({"features": 9999, "timesteps": 999}, id="many features"),
]


@cache
def asked(arguments: str) -> Request:
    request = read(arguments.split())
    assert isinstance(request, Request)
    return request


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_screens(name: str, golden: Golden) -> None:
    golden(f"{name}.txt", screen(asked(GOLDENS[name])))


@pytest.mark.parametrize(
    ("name", "width"), [(name, width) for name, widths in NARROW.items() for width in widths]
)
def test_golden_screens_on_narrow_terminals(name: str, width: int, golden: Golden) -> None:
    golden(f"{name}-{width}-columns.txt", screen(asked(GOLDENS[name]), width))


@pytest.mark.parametrize("name", ["both", "bidirectional"])
def test_golden_screens_in_ascii(name: str, golden: Golden) -> None:
    golden(f"{name}-ascii.txt", screen(asked(GOLDENS[name]), encoding="ascii"))


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "latin-1"])
@pytest.mark.parametrize("name", ["large-elided", "deep", "compare", "sweep-compare", "pytorch"])
def test_any_encoding_can_write_any_screen(name: str, encoding: str) -> None:
    for direction in ("", " --bidirectional"):
        text = screen(asked(GOLDENS[name] + direction), encoding=encoding)
        assert "all_hidden_states" in text or name == "deep"


@pytest.mark.parametrize("name", GOLDENS)
@pytest.mark.parametrize("width", [40, 60, 120])
def test_sections_are_one_blank_line_apart_and_fit(name: str, width: int) -> None:
    lines = screen(asked(GOLDENS[name]), width).splitlines()
    assert ("", "") not in pairwise(lines)
    assert "" not in (lines[0], lines[-1])
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("sizes", EXTREMES)
@pytest.mark.parametrize("layers", LAYERS[:2])
@pytest.mark.parametrize("flags", FLAGS)
def test_large_sizes_fit_and_every_shape_is_whole(
    sizes: dict[str, Any],
    layers: dict[str, Any],
    flags: dict[str, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Array, "range", Range(-0.5, 0.5, 9999))
    spec = LSTMSpec(**sizes, **layers, **flags)
    for width in (60, 80):
        lines = screen(Request(Grid.of(spec)), width, run=constant_run).splitlines()
        assert max(map(len, lines)) <= width
        for array in spec.arrays:
            for shape in (array.shape, array.model_shape):
                assert any(str(shape) in line for line in lines)
        for titles in (["array", "shape"], ["layer", "(type)", "output", "shape", "parameters"]):
            assert any(" ".join(titles) in " ".join(line.split()) for line in lines)


def test_the_arrays_never_bury_the_answer() -> None:
    request = asked(f"-t 10 -f 8 -u 16 -b 32 {BOTH_FLAGS}")
    assert len(screen(request).splitlines()) <= 60


def test_a_wide_terminal_shows_all_units() -> None:
    lines = screen(asked(f"-u 16 {BOTH_FLAGS}"), 200).splitlines()
    assert any([f"u{unit}" for unit in range(16)] == line.split() for line in lines)


@pytest.mark.parametrize("name", ["both", "stack", "compare", "compare-bidirectional"])
def test_what_is_known_is_shown_before_any_run_is_made(name: str) -> None:
    shown: list[RenderableType] = []
    Screen(asked(GOLDENS[name]), shown.append).begin()
    dry_run = screen(asked(f"{GOLDENS[name]} --dry-run"))
    assert dry_run.startswith(rendered(Group(*shown)))
    assert dry_run.count("\n\n") == rendered(Group(*shown)).count("\n\n") + 1
