"""The words of a call, or of a line of `-i` → Request, by Typer."""

from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from typing import Any

import typer
import typer.main

from lstm_shapes.errors import CallError, OutputError, plain
from lstm_shapes.options import app
from lstm_shapes.spec.request import Request


def read(arguments: Sequence[str]) -> Request | int:
    """The request that the arguments write, or the exit status where Typer has answered it.

    Raises:
        CallError: the call is wrong.
        OutputError: Typer's answer could not be written.
    """
    of_call: Any = typer.main.get_command(app)
    for parameter in of_call.params:
        if str(parameter.name).endswith("_completion"):
            parameter.callback = partial(_of_completion, parameter.callback)
    request = _parsed(of_call, arguments)
    return request if isinstance(request, Request) else int(request or 0)


def reader_of_lines(
    arguments: Sequence[str],
) -> tuple[Callable[[Sequence[str]], Request], list[str]]:
    """What reads the words of a line behind the arguments, and the options a line may have."""
    of_lines: Any = typer.main.get_command(app)
    parameters = of_lines.get_params(typer.Context(of_lines, **of_lines.context_settings))
    for parameter in parameters:
        if parameter.callback:
            parameter.callback = _refuse
    offered = [of for of in parameters if not of.callback and of.name != "interactive"]
    names = [name for of in offered for name in (*of.opts, *of.secondary_opts)]
    return lambda words: _parsed(of_lines, [*arguments, *words]), names


def _of_completion(typers: Callable[..., Any], context: Any, parameter: Any, value: Any) -> Any:
    """What Typer does, but for a shell it does not know: of that it speaks in a way of its own."""
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            return typers(context, parameter, value)
    except (SystemExit, typer.Exit) as done:
        if getattr(done, "code", getattr(done, "exit_code", 0)):
            reason = said.getvalue().strip().rstrip(".")
            raise OutputError(
                f"{parameter.opts[0]} found no shell it knows ({reason}), "
                "expected to be called from bash, zsh, fish or PowerShell"
            ) from done
        typer.echo(said.getvalue(), nl=False)
        raise


def _refuse(context: object, parameter: Any, value: object) -> None:
    """Inside a line, of what Typer answers without a run: it would print, or install completion."""
    del context
    if value:
        name = max(parameter.opts, key=len)
        raise CallError(f"{name} came inside a line, expected it alone: lstm-shapes {name}")


def _parsed(of: Any, arguments: Sequence[str]) -> Any:
    try:
        return of.main(list(arguments), prog_name="lstm-shapes", standalone_mode=False)
    except typer.TyperException as error:
        said = plain(error.format_message().rstrip("."))
        raise CallError(f"{said}: see lstm-shapes --help") from error
    except OSError as error:
        raise OutputError(f"the answer could not be written: {error.strerror}") from error
