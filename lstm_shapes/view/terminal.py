"""Standard output: whether somebody still reads it, and printing on it."""

import re
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from lstm_shapes.errors import OutputError
from lstm_shapes.spec.width import width

if TYPE_CHECKING:
    from rich.console import RenderableType


def without_blanks(text: str) -> str:
    """The text with no blanks at the ends of its lines."""
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


def printer(
    hidden: Callable[[], AbstractContextManager[None]],
) -> "Callable[[RenderableType], None]":
    """What prints on standard output, at once; `hidden` keeps the terminal free meanwhile.

    Raises:
        BrokenPipeError: nobody reads any more.
        OutputError: it cannot be written.
    """
    from rich.console import Console

    console = Console(file=sys.stdout, width=width(), highlight=False, markup=False, emoji=False)

    def show(renderable: "RenderableType") -> None:
        with console.capture() as captured:
            # What is too narrow for a number runs over, as none is ever cut.
            console.print(renderable, crop=False)
        text = captured.get()
        with hidden(), standard_output():
            sys.stdout.write(text if console.is_terminal else without_blanks(text))

    return show


@contextmanager
def standard_output() -> Iterator[None]:
    """Flushes what the block has written, and names standard output where that fails.

    Raises:
        BrokenPipeError: nobody reads any more.
        OutputError: it cannot be written.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output could not be written: {error.strerror}") from error


def reader_is_gone() -> bool:
    """Whether standard output is a pipe that nobody reads any more, as after `| head -3`."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (AttributeError, OSError, ValueError):  # no such system call, or no such descriptor
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))
