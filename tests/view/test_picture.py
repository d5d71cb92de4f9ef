import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.request import Request
from lstm_shapes.view.picture import Picture
from tests.conftest import screen, seeded, show_all

BOTH = Grid(return_sequences=[True], return_state=[True])
EVERY_CALL = Grid(return_sequences=[False, True], return_state=[False, True])


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    # What is saved does not depend on where the command runs.
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")


def saved(path: Path, request: Request) -> str:
    show_all(Picture(seeded(request), path), request)
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    "asked",
    [
        Request(BOTH),
        Request(BOTH, dry_run=True),
        Request(Grid(units=[2, 3])),
        Request(EVERY_CALL),
    ],
    ids=["one run", "dry run", "sweep", "comparison"],
)
def test_text_is_the_screen(asked: Request, tmp_path: Path) -> None:
    assert saved(tmp_path / "x.txt", asked) == screen(asked)


@pytest.mark.parametrize("suffix", [".svg", ".html", ".SVG"])
def test_a_picture_is_self_contained_and_in_colour(suffix: str, tmp_path: Path) -> None:
    picture = saved(tmp_path / f"x{suffix}", Request(BOTH))
    assert "all_hidden_states" in picture
    assert "url(" not in re.sub(r"url\(#", "", picture)
    assert "src=" not in picture
    assert "#ef8a62" in picture or "rgb(239,138,98)" in picture  # the greatest value's tint
    assert "tint" in picture


def test_an_svg_is_well_formed(tmp_path: Path) -> None:
    root = ElementTree.fromstring(saved(tmp_path / "x.svg", Request(BOTH)))
    assert root.tag.endswith("svg")


def test_nothing_is_saved_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    Picture(Request(BOTH), path).begin()
    assert not list(tmp_path.iterdir())
