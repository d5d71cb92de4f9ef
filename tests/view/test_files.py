import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from lstm_shapes.errors import CallError, OutputError
from lstm_shapes.run import interrupts
from lstm_shapes.run.interrupts import SIGNALS, Interrupt, end_on_signals
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.request import Request
from lstm_shapes.view.files import Spool, check_targets, whole_file

Save = Callable[..., None]


def at_once(path: Path, content: bytes, *, force: bool = False) -> None:
    with whole_file(path, force=force) as file:
        file.write(content)


def bit_by_bit(path: Path, content: bytes, *, force: bool = False) -> None:
    spool = Spool(path, force=force)
    for at in range(len(content)):
        spool.write(content[at : at + 1])
    spool.save()


@pytest.fixture(params=[at_once, bit_by_bit])
def save(request: pytest.FixtureRequest) -> Save:
    """Each of the two ways to write a file."""
    way: Save = request.param
    return way


def test_a_file_appears_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    with whole_file(target, force=False) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


def test_what_comes_bit_by_bit_has_no_name_until_the_end(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "x.txt", force=False)
    spool.write(b"who")
    spool.write(b"le")
    assert list(tmp_path.iterdir()) == []
    spool.save()
    assert (tmp_path / "x.txt").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_permissions_are_those_of_any_new_file(save: Save, tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    save(tmp_path / "x.txt", b"")
    assert (tmp_path / "x.txt").stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755], ids=oct)
def test_a_file_that_is_replaced_keeps_its_permissions(
    mode: int, save: Save, tmp_path: Path
) -> None:
    target = tmp_path / "x.txt"
    target.write_bytes(b"old")
    target.chmod(mode)
    save(target, b"new", force=True)
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o7777 == mode
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_leaves_all_as_it_was(force: bool, tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_bytes(b"old")

    def fail_halfway() -> None:
        with whole_file(target, force=force) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_is_never_saved_is_not_there(tmp_path: Path) -> None:
    Spool(tmp_path / "x.txt", force=False).write(b"half")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exists", [True, False], ids=["file", "nothing"])
def test_force_replaces_what_a_link_leads_to(exists: bool, save: Save, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "x.txt", tmp_path / "link.txt"
    if exists:
        target.write_bytes(b"old")
    link.symlink_to(target)
    save(link, b"new", force=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_file_that_came_in_the_meantime_is_not_replaced(save: Save, tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_bytes(b"another's")
    with pytest.raises(OutputError, match=r"'.*x.txt' could not be written: File exists"):
        save(target, b"new")
    assert target.read_bytes() == b"another's"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("exists", [False, True])
def test_without_hard_links_files_are_renamed(
    exists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "x.txt"
    if exists:
        target.write_bytes(b"another's")
        with pytest.raises(OutputError, match="could not be written"):
            at_once(target, b"whole")
    else:
        at_once(target, b"whole")
    assert target.read_bytes() == (b"another's" if exists else b"whole")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("size", [1000, 50_000])
def test_a_full_disk_is_an_error_and_no_file(size: int, save: Save, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing past it fails as it does there."""
    resource = pytest.importorskip("resource")
    target = tmp_path / "x.npz"
    target.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OutputError, match=r"'.*x.npz' could not be written: File too large"):
            save(target, b"x" * size, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.fixture
def left_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Path]]:
    """Signals as the command has them, but for the end of the process, which is an exception.

    It is the temporary files that are there when the process would end.
    """
    found: list[Path] = []

    def die(signum: int) -> None:
        found.extend(tmp_path.glob(".lstm-shapes-*"))
        raise Interrupt(signum)

    monkeypatch.setattr(interrupts, "_die", die)
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    for signum in SIGNALS:
        signal.signal(signum, signal.SIG_DFL)
    end_on_signals()
    yield found
    for signum, handler in before.items():
        signal.signal(signum, handler)


def signalled_at(line: int) -> Any:
    """What has a signal come at that line of all that are run from now on."""
    lines = iter(range(line))

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        del frame, argument
        if event == "line" and next(lines, None) is None:
            sys.settrace(None)
            signal.raise_signal(signal.SIGTERM)
        return trace

    return trace


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("force", [False, True], ids=["new", "replaced"])
def test_a_signal_at_any_moment_leaves_a_whole_file_or_none(
    force: bool, save: Save, tmp_path: Path, left_over: list[Path]
) -> None:
    target = tmp_path / "x.txt"
    for line in range(1000):
        target.unlink(missing_ok=True)
        if force:
            target.write_bytes(b"old")
        coverage = sys.gettrace()
        try:
            sys.settrace(signalled_at(line))
            save(target, b"new", force=force)
        except Interrupt:
            pass
        else:
            assert line > 50
            return
        finally:
            sys.settrace(coverage)
        assert left_over == []
        contents = [b"new", b"old"] if force else [b"new"]
        assert (target.read_bytes() in contents) if target.exists() else not force
    pytest.fail("the file was never saved")


def check(
    *saves: Path, force: bool = False, several_runs: bool = False, dry_run: bool = False
) -> None:
    grid = Grid(units=[5, 6]) if several_runs else Grid()
    check_targets(Request(grid, saves=saves, force=force, dry_run=dry_run))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x", "has no known suffix, expected one of .npz .json .jsonl .svg .html .txt .py"),
        ("x.pickle", "has no known suffix"),
        (".npz", "has no known suffix"),
        ("old.npz", "exists, expected a new file: --force replaces it"),
        ("dangling.npz", "exists, expected a new file: --force replaces it"),
        ("round.npz", "cannot be a file"),
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
    (tmp_path / "round.npz").symlink_to("round.npz")
    with pytest.raises(CallError, match=problem) as caught:
        check(tmp_path / name)
    assert str(caught.value).startswith("--save ")


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("x.npz", {"several_runs": True}, "expected one of .jsonl .svg .html .txt"),
        ("x.json", {"several_runs": True}, "holds one run and this call makes several"),
        ("x.py", {"several_runs": True}, "holds one run and this call makes several"),
        ("x.jsonl", {"several_runs": True}, None),
        ("x.npz", {"dry_run": True}, "needs a run, expected no --dry-run beside it"),
        ("x.py", {"dry_run": True}, None),
        ("X.SVG", {"several_runs": True, "dry_run": True}, None),
    ],
)
def test_a_format_says_which_calls_it_holds(
    name: str, changes: dict[str, bool], problem: str | None, tmp_path: Path
) -> None:
    if problem is None:
        check(tmp_path / name, **changes)
    else:
        with pytest.raises(CallError, match=problem):
            check(tmp_path / name, **changes)


def make_device(path: Path) -> None:
    path.symlink_to(os.devnull)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


@pytest.mark.parametrize("make", [os.mkfifo, make_socket, make_device])
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "behind a link"])
def test_only_files_are_replaced(
    make: Callable[[Path], None], linked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("x.txt")
    make(path)
    if linked:
        Path("link.txt").symlink_to(path)
        path = Path("link.txt")
    with pytest.raises(CallError, match="is a device or a pipe, expected a file"):
        check(path, force=True)


def test_what_is_closed_to_writing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An administrator may write anywhere, so the answer of the system is made.
    closed: list[Path] = []
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) not in closed)
    folder, old, link = tmp_path / "folder", tmp_path / "folder" / "old.npz", tmp_path / "link.npz"
    folder.mkdir()
    old.touch()
    link.symlink_to(old)
    check(link, force=True)
    closed[:] = [folder]
    with pytest.raises(CallError, match="folder' is closed to writing, expected an open folder"):
        check(folder / "x.npz")
    with pytest.raises(CallError, match="folder' is closed to writing, expected an open folder"):
        check(link, force=True)
    closed[:] = [old]
    with pytest.raises(CallError, match=r"old.npz' is closed to writing, expected another file"):
        check(old, force=True)


def test_a_folder_that_was_deleted_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    (tmp_path / "folder").rmdir()
    for force in (False, True):
        with pytest.raises(CallError, match=r"--save 'a.npz': the current folder was deleted"):
            check(Path("a.npz"), force=force)


def test_a_file_that_came_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(Path("x.txt"), Path("y.txt"))
    with pytest.raises(CallError, match="came twice, expected each file once"):
        check(Path("x.txt"), tmp_path / "x.txt")
