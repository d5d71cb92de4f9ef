"""A file is published whole, and nobody's file is lost by it."""

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from lstm_shapes.errors import LSTMShapesError
from lstm_shapes.view.whole_file import target_of, whole_file


def refuse(*_: object) -> None:
    """Refuse to make a link."""
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "no links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a file system with links, and on one without them."""
    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


def written(target: Path, text: str, before_the_end: Callable[[], object]) -> bool:
    """Write a new file, and return whether it was published."""
    try:
        with whole_file(target, may_replace=False) as file:
            file.write(text.encode())
            before_the_end()
    except LSTMShapesError:
        return False
    return True


@pytest.mark.usefixtures("links")
def test_of_two_who_write_one_file_at_once_one_is_told_and_none_is_lost(
    tmp_path: Path,
) -> None:
    for number in range(50):
        target = tmp_path / f"{number}.json"
        both_have_written = Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            one = threads.submit(written, target, "one", both_have_written.wait)
            two = threads.submit(written, target, "two", both_have_written.wait)
        assert one.result() is not two.result()
        winner = "one" if one.result() else "two"
        assert target.read_text() == winner
    assert len(list(tmp_path.iterdir())) == 50


@pytest.mark.usefixtures("links")
def test_a_link_that_is_planted_meanwhile_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "x.json"
    victim = tmp_path / "victim"
    for text in (None, "precious"):
        if text:
            victim.write_text(text)
        assert not written(target, "mine", lambda: target.symlink_to(victim))
        assert target.is_symlink()
        target.unlink()
    assert victim.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [victim]


def test_force_replaces_a_link_that_is_planted_meanwhile(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    target = target_of(tmp_path / "x.json", may_replace=True)
    with whole_file(target, may_replace=True) as file:
        file.write(b"mine")
        target.symlink_to(victim)
    assert victim.read_text() == "precious"
    assert not target.is_symlink()
    assert target.read_text() == "mine"


def interrupt(*_: object) -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "function", ["link", "replace"], ids=["with links", "without links"]
)
def test_ctrl_c_at_the_last_step_leaves_no_file(
    function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, function, interrupt)
    with (
        pytest.raises(KeyboardInterrupt),
        whole_file(tmp_path / "x.json", may_replace=False) as file,
    ):
        file.write(b"mine")
    assert list(tmp_path.iterdir()) == []
