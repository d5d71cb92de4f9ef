"""The command: its request done, and the one place where errors become a sentence and a status."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from lstm_shapes.errors import LSTMShapesError, OutputError
from lstm_shapes.parsing import read, reader_of_lines


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit status; errors are a sentence on stderr."""
    return _attempt(lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    request = read(arguments)
    if sys.stdout is None:
        raise OutputError("standard output is closed, expected it to be open")
    if isinstance(request, int):
        return request
    if request.interactive or request.several:
        from lstm_shapes.run.tensorflow import expect_many_runs

        expect_many_runs()
    if request.interactive:
        from lstm_shapes.prompt import Calls, sit

        read_line, options = reader_of_lines(arguments)
        return sit(request, Calls(read_line, _attempt, options, lambda: read(["--help"])))
    from lstm_shapes.app import execute

    execute(request)
    return 0


def _attempt(do: Callable[[], int], where: str = "") -> int:
    try:
        return do()
    except SystemExit as done:  # Typer's, after completion or for a reader that is gone
        return 0 if isinstance(done.__context__, BrokenPipeError) else int(done.code or 0)
    except MemoryError:
        sentence = "memory ran out while the answer was written: reduce the sizes"
        return _fail(OutputError(sentence), where)
    except LSTMShapesError as error:
        return _fail(error, where)


def _fail(error: LSTMShapesError, where: str) -> int:
    with suppress(OSError):
        print(f"lstm-shapes: {where}{error}", file=sys.stderr, flush=True)
    return error.exit_status
