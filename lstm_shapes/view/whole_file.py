"""Write a file whole or not at all, and never over one that somebody else has made."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lstm_shapes.errors import LSTMShapesError, quoted


def target_of(path: Path, *, may_replace: bool) -> Path:
    """Return the file that a path names, which stays the same whatever is done later.

    To replace a link would leave the file that it leads to as it was: it is followed.
    A new file has to be where nothing is, and there no link is followed.
    """
    if may_replace:
        return Path(os.path.realpath(path))
    return path.absolute()


@contextmanager
def whole_file(target: Path, *, may_replace: bool) -> Iterator[IO[bytes]]:
    """Write to a temporary file, which gets the name of the target at the end.

    It is removed on an error.

    Args:
        target: The file, see `target_of`.
        may_replace: Whether it replaces a file, or has to be a new one.

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
    reason = getattr(error, "strerror", None) or error
    return LSTMShapesError(f"{quoted(str(target))} could not be written: {reason}")


def replace_file(unfinished: Path, target: Path) -> None:
    """Put a file in the place of another, whose permissions it takes on."""
    if target.exists():
        shutil.copymode(target, unfinished)
    os.replace(unfinished, target)


def publish_new_file(unfinished: Path, target: Path) -> None:
    """Give a file its name, unless something else has that name by now.

    Raises:
        LSTMShapesError: it has.
    """
    try:
        try:
            os.link(unfinished, target)
        except FileExistsError:
            raise
        except OSError:
            # The file system has no links, as that of many memory sticks.
            reserve_name(target)
            replace_own_file(unfinished, target)
    except FileExistsError as error:
        raise LSTMShapesError(
            f"{quoted(str(target))} was made by somebody else meanwhile, and stays as"
            " it is: save to another name, or `force=True` replaces it"
        ) from error


def reserve_name(target: Path) -> None:
    """Make an empty file, or raise a FileExistsError where there is anything."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def replace_own_file(unfinished: Path, target: Path) -> None:
    """Put a file in the place of an empty one, or remove that on an error."""
    try:
        os.replace(unfinished, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
