"""Write a file whole or not at all, and never over one that somebody else has made."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lstm_shapes.errors import LSTMShapesError, quoted


def target_of(path: Path, *, may_replace: bool) -> Path:
    """Return the absolute path of the file to write.

    Where a file may be replaced, a link is followed: the file that it leads to is the one
    to replace. A new file has to be where nothing is, not even a link.
    """
    if may_replace:
        return Path(os.path.realpath(path))
    return path.absolute()


@contextmanager
def whole_file(target: Path, *, may_replace: bool) -> Iterator[IO[bytes]]:
    """Write to a temporary file, which gets the name of the target at the end.

    On an error, the temporary file is removed.

    Args:
        target: The file, as `target_of` returns it.
        may_replace: Whether it may replace a file; if not, it has to be a new one.

    Raises:
        LSTMShapesError: the file cannot be written, or somebody has made it meanwhile.
    """
    unfinished = target.with_name(f".lstm-shapes-{os.urandom(8).hex()}")
    try:
        with unfinished.open("xb") as file:
            yield file
        if may_replace:
            replace_file(unfinished, target)
        else:
            publish_new_file(unfinished, target)
    except (OSError, ValueError) as error:
        raise cannot_be_written(target, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def cannot_be_written(target: Path, error: OSError | ValueError) -> LSTMShapesError:
    """Return the error for a file that cannot be written."""
    reason = str(error)
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    return LSTMShapesError(f"{quoted(str(target))} could not be written: {reason}")


def replace_file(unfinished: Path, target: Path) -> None:
    """Put a file in the place of another, whose permissions it takes on."""
    if target.exists():
        shutil.copymode(target, unfinished)
    os.replace(unfinished, target)


def publish_new_file(unfinished: Path, target: Path) -> None:
    """Give a file its name, unless something else has that name by now.

    Raises:
        LSTMShapesError: something else has it.
    """
    try:
        link_or_move(unfinished, target)
    except FileExistsError as error:
        raise LSTMShapesError(
            f"{quoted(str(target))} was made by somebody else meanwhile, and stays as"
            " it is: save to another name, or `force=True` replaces it"
        ) from error


def link_or_move(unfinished: Path, target: Path) -> None:
    """Link a file to a new name, or move it where the file system has no links.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        os.link(unfinished, target)
    except FileExistsError:
        raise
    except OSError:
        # Many memory sticks have a file system without links. There a move would replace
        # what has the name, so the name is reserved first.
        reserve_name(target)
        replace_own_file(unfinished, target)


def reserve_name(target: Path) -> None:
    """Make an empty file; raise a FileExistsError if the name is taken."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def replace_own_file(unfinished: Path, target: Path) -> None:
    """Put a file in the place of an empty one; on an error, remove the empty one."""
    try:
        os.replace(unfinished, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
