import html
import os
import re
import resource
from pathlib import Path

import pytest

from lstm_shapes.errors import CallError, OutputError
from lstm_shapes.files import check_target, whole_file
from tests.conftest import Command


@pytest.fixture(params=["unnamed", "named"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a system that has files without a name, and one on a system that has none."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    return tmp_path


def test_a_file_appears_once_it_is_whole(folder: Path) -> None:
    target = folder / "x.txt"
    with whole_file(target, force=False) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(folder.iterdir()) == [target]


def test_permissions_are_those_of_any_new_file(folder: Path) -> None:
    ordinary = folder / "ordinary"
    ordinary.touch()
    with whole_file(folder / "x.txt", force=False):
        pass
    assert (folder / "x.txt").stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_leaves_all_as_it_was(force: bool, folder: Path) -> None:
    target = folder / "x.txt"
    target.write_bytes(b"old")

    def fail_halfway() -> None:
        with whole_file(target, force=force) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert target.read_bytes() == b"old"
    assert list(folder.iterdir()) == [target]


def test_force_replaces(folder: Path) -> None:
    target = folder / "x.txt"
    target.write_bytes(b"old")
    with whole_file(target, force=True) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"
    assert list(folder.iterdir()) == [target]


def test_force_replaces_what_a_link_leads_to(folder: Path) -> None:
    target, link = folder / "x.txt", folder / "link.txt"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with whole_file(link, force=True) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_file_that_came_in_the_meantime_is_not_replaced(folder: Path) -> None:
    target = folder / "x.txt"

    def save_while_another_does() -> None:
        with whole_file(target, force=False) as file:
            file.write(b"new")
            target.write_bytes(b"another's")

    with pytest.raises(OutputError, match="File exists"):
        save_while_another_does()
    assert target.read_bytes() == b"another's"


def test_without_hard_links_files_are_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    monkeypatch.setattr(os, "link", refuse)
    with whole_file(tmp_path / "x.txt", force=False) as file:
        file.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_a_full_disk_is_an_error_and_no_file(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for the disk: writing past it fails as it does there."""
    monkeypatch.chdir(tmp_path)
    old = Path("x.npz")
    old.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        answer = command("--save", str(old), "--force", "-u", "50")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.status == 1
    assert answer.stderr.startswith("lstm-shapes: 'x.npz' could not be written: File too large")
    assert old.read_bytes() == b"old"
    assert os.listdir() == ["x.npz"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x", "has no known suffix"),
        ("x.pickle", "has no known suffix"),
        (".npz", "has no known suffix"),
        ("old.npz", "exists, expected a new file: --force replaces it"),
        ("dangling.npz", "exists, expected a new file: --force replaces it"),
        ("folder.npz", "is a folder, expected a file"),
        ("missing/x.npz", "is no folder, expected one that exists"),
        ("old.npz/x.npz", "cannot be a file"),
        (f"{'x' * 300}.npz", "cannot be a file"),
        ("\0.npz", "cannot be a file"),
    ],
)
def test_what_could_not_be_saved_is_found_before_there_is_anything_to_save(
    name: str, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "old.npz").touch()
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "dangling.npz").symlink_to("nowhere")
    with pytest.raises(CallError, match=problem):
        check_target(tmp_path / name, force=False, several_runs=False)


def test_a_folder_closed_to_writing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An administrator may write anywhere, so the answer of the system is made.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CallError, match="is closed to writing"):
        check_target(tmp_path / "x.npz", force=False, several_runs=False)


@pytest.mark.parametrize("name", ["a b.txt", "[bold].svg", "ünï.html", "new\nline.json", "a;b.npz"])
def test_any_name_is_a_name(name: str, command: Command, tmp_path: Path) -> None:
    assert command("--save", str(tmp_path / name)).status == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("suffix", [".svg", ".html", ".txt"])
@pytest.mark.parametrize(
    "arguments", [["--return-state"], ["--compare"], ["-u", "6", "-u", "7"]], ids=" ".join
)
def test_pictures_hold_the_screen_and_need_nothing_else(
    suffix: str, arguments: list[str], command: Command, tmp_path: Path
) -> None:
    target = tmp_path / f"x{suffix}"
    answer = command(*arguments, "--seed", "1", "--save", str(target))
    text = target.read_text(encoding="utf-8")
    if suffix == ".txt":
        assert text == answer.stdout
    shown = re.sub(r"<[^>]*>", "", html.unescape(text)).replace("\xa0", " ")
    for line in answer.stdout.splitlines():
        for word in line.split():
            assert word in shown
    assert "@font-face" not in text
    assert "<link" not in text


def test_pictures_are_in_colour_whatever_the_terminal_is(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    command("--seed", "1", "--save", str(tmp_path / "x.svg"))
    assert "#2f7fd0" in (tmp_path / "x.svg").read_text(encoding="utf-8")


def test_the_file_that_cannot_be_written_is_the_one_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        answer = command("--save", "large.json", "--save", "small.txt", "-u", "2000", "-t", "2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.stderr.startswith("lstm-shapes: 'large.json' could not be written: File too")
    assert os.listdir() == []


def test_several_files_and_json_go_together(command: Command, tmp_path: Path) -> None:
    saves = [tmp_path / f"x.{suffix}" for suffix in ("npz", "json", "jsonl", "svg", "html", "txt")]
    answer = command("--json", *(word for path in saves for word in ("--save", str(path))))
    assert answer.status == 0
    assert saves[1].read_text() == saves[2].read_text() == answer.stdout
    assert all(path.stat().st_size for path in saves)
