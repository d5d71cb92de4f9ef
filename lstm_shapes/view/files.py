"""Files to save to: checked before there is anything to write, then whole or not there at all."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lstm_shapes.errors import CallError, OutputError, shortened
from lstm_shapes.run.interrupts import unfinished
from lstm_shapes.spec.request import Request


@dataclass(frozen=True)
class Format:
    """What files of one suffix hold: `view` is the module in `view/` and the View that writes."""

    view: str
    one_run_only: bool = False
    needs_run: bool = False


FORMATS = {
    ".npz": Format("npz:Archive", one_run_only=True, needs_run=True),
    ".json": Format("document:LinesFile", one_run_only=True),
    ".jsonl": Format("document:LinesFile"),
    ".svg": Format("picture:Picture"),
    ".html": Format("picture:Picture"),
    ".txt": Format("picture:Picture"),
    ".py": Format("program:Program", one_run_only=True),
}


def check_targets(request: Request) -> None:
    """Find out whether all files of a request could be saved to, without writing anything.

    Raises:
        CallError: the suffix of one is unknown, holds one run only or needs a run; it exists and
            `force` is not given, or is not a file that may be replaced; its folder is missing or
            closed to writing; or it came twice.
    """
    seen = set()
    for path in request.saves:
        name = shortened(str(path))
        _check_format(name, path.suffix.lower(), request)
        _check_file(name, path, force=request.force)
        final = os.path.realpath(path)
        if final in seen:
            raise CallError(f"--save {name} came twice, expected each file once")
        seen.add(final)


def _check_file(name: str, path: Path, *, force: bool) -> None:
    try:
        path.absolute()
    except OSError as error:
        raise CallError(
            f"--save {name}: the current folder was deleted, expected one that exists"
        ) from error
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CallError(
            f"--save {name} cannot be a file ({reason}), expected another name"
        ) from error
    if mode is not None and stat.S_ISDIR(mode):
        raise CallError(f"--save {name} is a folder, expected a file")
    if mode is not None and not stat.S_ISREG(mode):
        raise CallError(f"--save {name} is a device or a pipe, expected a file")
    if os.path.lexists(path) and not force:
        raise CallError(f"--save {name} exists, expected a new file: --force replaces it")
    if mode is not None and not os.access(path, os.W_OK):
        raise CallError(f"--save {name} is closed to writing, expected another file")
    parent = _final(path, force=force).parent
    folder = shortened(str(parent))
    if not os.path.isdir(parent):
        raise CallError(f"--save {name}: {folder} is no folder, expected one that exists")
    if not os.access(parent, os.W_OK):
        raise CallError(f"--save {name}: {folder} is closed to writing, expected an open folder")


def _check_format(name: str, suffix: str, request: Request) -> None:
    if suffix not in FORMATS:
        raise CallError(f"--save {name} has no known suffix, expected one of {' '.join(FORMATS)}")
    if request.several and FORMATS[suffix].one_run_only:
        several = " ".join(suffix for suffix in FORMATS if not FORMATS[suffix].one_run_only)
        raise CallError(
            f"--save {name}: {suffix} holds one run and this call makes several, "
            f"expected one of {several}"
        )
    if request.dry_run and FORMATS[suffix].needs_run:
        raise CallError(f"--save {name} needs a run, expected no --dry-run beside it")


def _final(path: Path, *, force: bool) -> Path:
    """What is written: replacing a link would leave the file that it leads to as it was."""
    return Path(os.path.realpath(path)) if force else path


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file to write, which becomes `path` once the block has ended well and never otherwise.

    Until then it stands beside `path` under a name of its own. It is replaced with `force` only,
    and then keeps its permissions.

    Raises:
        OutputError: it cannot be written, or `path` has come to exist and `force` is not given.
    """
    with writing(path):
        final = _final(path, force=force)
        named = _name_beside(final)
        with unfinished(named):
            with open(named, "x+b") as file:
                if final.exists():
                    shutil.copymode(final, named)
                yield file
            _rename(named, final, force=force)


class Spool:
    """Takes bit by bit what becomes a whole file at the end.

    Until then it has no name, as between the bits TensorFlow runs, where a signal ends the process
    at once.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        self._path = path
        self._force = force
        with writing(path):
            named = _name_beside(_final(path, force=force))
            with unfinished(named):
                self._file = open(named, "x+b")  # noqa: SIM115  # it outlives its name

    def write(self, piece: bytes) -> None:
        """Keep the piece for the file."""
        with writing(self._path):
            self._file.write(piece)

    def save(self) -> None:
        """Have the file appear, with all that has been written."""
        with writing(self._path), self._file, whole_file(self._path, force=self._force) as file:
            self._file.seek(0)
            shutil.copyfileobj(self._file, file)

    def __del__(self) -> None:
        # What has failed is not saved, and there is nobody else to close it.
        with suppress(AttributeError, OSError):
            self._file.close()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Names the file in the errors of writing to it.

    Raises:
        OutputError: the block raised an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{shortened(str(path))} could not be written: {reason}") from error


def _name_beside(path: Path) -> Path:
    return path.with_name(f".lstm-shapes-{os.urandom(8).hex()}")


def _rename(named: Path, path: Path, *, force: bool) -> None:
    if not force:
        try:
            # Unlike renaming, linking refuses a file that has come to exist in the meantime.
            os.link(named, path)
            return
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise
    os.replace(named, path)
