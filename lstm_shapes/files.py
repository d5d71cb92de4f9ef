"""Files to save to: checked before there is anything to write, then whole or not there at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lstm_shapes.errors import CallError, OutputError, shortened

SUFFIXES = (".npz", ".json", ".jsonl", ".svg", ".html", ".txt")
ONE_RUN_ONLY = (".npz", ".json")
PICTURES = (".svg", ".html", ".txt")


def check_target(path: Path, *, force: bool, several_runs: bool) -> None:
    """Find out whether `path` could be saved to, without writing anything.

    Raises:
        CallError: its suffix is unknown or holds one run only, it exists and `force` is not
            given, it is a folder, or its folder is missing or closed to writing.
    """
    name, folder = shortened(str(path)), shortened(str(path.parent))
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CallError(f"--save {name} has no known suffix, expected one of {' '.join(SUFFIXES)}")
    if several_runs and suffix in ONE_RUN_ONLY:
        raise CallError(
            f"--save {name}: {suffix} holds one run and this call makes several, "
            "expected .jsonl, .svg, .html or .txt"
        )
    try:
        os.lstat(path)
    except FileNotFoundError:
        exists = False
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CallError(
            f"--save {name} cannot be a file ({reason}), expected another name"
        ) from error
    else:
        exists = True
    if os.path.isdir(path):
        raise CallError(f"--save {name} is a folder, expected a file")
    if exists and not force:
        raise CallError(f"--save {name} exists, expected a new file: --force replaces it")
    if not os.path.isdir(path.parent):
        raise CallError(f"--save {name}: {folder} is no folder, expected one that exists")
    if not os.access(path.parent, os.W_OK):
        raise CallError(f"--save {name}: {folder} is closed to writing, expected an open folder")


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file to write, which becomes `path` once the block has ended well and never otherwise.

    Until then it has no name where the system allows it, so that not even a process that is
    killed leaves anything behind.

    Raises:
        OutputError: it cannot be written, or `path` has come to exist and `force` is not given.
    """
    # Replacing a link would leave the file it leads to as it was.
    final = Path(os.path.realpath(path)) if force else path
    named = final.with_name(f".lstm-shapes-{secrets.token_hex(8)}")
    try:
        with writing(path):
            with _open(named) as file:
                yield file
                file.flush()
                if not named.exists():
                    # The descriptor is not used, as the path is absolute, but has link follow it.
                    os.link(f"/proc/self/fd/{file.fileno()}", named, src_dir_fd=file.fileno())
            _rename(named, final, force=force)
    finally:
        named.unlink(missing_ok=True)


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


def _open(named: Path) -> IO[bytes]:
    try:
        descriptor = os.open(named.parent, os.O_TMPFILE | os.O_RDWR, 0o666)
    except (AttributeError, OSError):
        descriptor = os.open(named, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
    return os.fdopen(descriptor, "w+b")


def _rename(named: Path, path: Path, *, force: bool) -> None:
    if not force:
        try:
            # Unlike renaming, linking refuses a file that has come to exist in the meantime.
            os.link(named, path)
            return
        except FileExistsError:
            raise
        except OSError:
            if os.path.lexists(path):
                raise
    os.replace(named, path)
