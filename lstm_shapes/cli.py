"""The options, and the one place where errors become a sentence and a status."""

import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main

import lstm_shapes
from lstm_shapes.errors import LSTMShapesError, plain, quoted
from lstm_shapes.spec.request import Request, Section

# Not needed to make the same screen again; `execute` adds the seed, be it given or drawn.
NOT_REPEATED = ("save", "force", "light", "seed", "json", "interactive")

app = typer.Typer(pretty_exceptions_enable=False)
size = partial(typer.Option, metavar="N", rich_help_panel="Sizes: repeat one for a sweep")
layer = partial(typer.Option, rich_help_panel="Layer")
shown = partial(typer.Option, rich_help_panel="Show")
output = partial(typer.Option, rich_help_panel="Output")
process = partial(typer.Option, rich_help_panel="Process")
TIMESTEPS = "Timesteps, 3 by default"
INPUT = "Own .npy .npz .csv; - is stdin"
UNITS = "Units, 5 by default; 64,32 stacks two layers"
NEXT = "Try behind it, like 'Dense(2)'"
SAVE = "Write .npz .json .jsonl .svg .html .py"
LAYER = "LSTM by default; repeatable"
LENGTHS = "Real timesteps of samples: 3,1"
ONLY = "Only drawing, outputs, parameters, pytorch, keras, next or arrays; repeatable"
Sizes = list[int] | None


def read_numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers that stand between commas: the units of layers, or lengths."""
    try:
        return tuple(map(int, text.split(",")))
    except ValueError:
        expected = (
            "expected a whole number, or several with commas and no blank: -u 64,32 --lengths 3,1"
        )
        raise typer.BadParameter(f"{expected}, got {quoted(text)}") from None


def read_timesteps(text: str) -> int | None:
    """Read a number, or the None that Keras writes, of which the spec says what to do."""
    try:
        return None if text == "None" else int(text)
    except ValueError:
        raise typer.BadParameter(f"expected a whole number, got {quoted(text)}") from None


def print_version(asked: bool) -> None:
    """Print the version and end the call."""
    if asked:
        typer.echo(f"lstm-shapes {lstm_shapes.__version__}")
        raise typer.Exit


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def command(
    context: typer.Context,
    timesteps: Annotated[
        list[Any] | None, size("-t", "--timesteps", parser=read_timesteps, help=TIMESTEPS)
    ] = None,
    features: Annotated[Sizes, size("-f", "--features", help="Features, 4 by default")] = None,
    units: Annotated[
        list[Any] | None, size("-u", "--units", parser=read_numbers, help=UNITS)
    ] = None,
    batch_size: Annotated[Sizes, size("-b", "--batch-size", help="Samples, 1 by default")] = None,
    lengths: Annotated[Any, layer(parser=read_numbers, metavar="N,N", help=LENGTHS)] = None,
    layer: Annotated[list[str] | None, layer(metavar="LSTM|GRU|SimpleRNN", help=LAYER)] = None,
    input: Annotated[Path | None, layer(metavar="FILE", help=INPUT)] = None,  # noqa: A002
    return_sequences: Annotated[bool, layer("--return-sequences", help="Return every h")] = False,
    return_state: Annotated[bool, layer("--return-state", help="Return the states too")] = False,
    bidirectional: Annotated[bool, layer("--bidirectional", help="Both directions")] = False,
    compare: Annotated[bool, layer("--compare", help="All combinations of the two flags")] = False,
    seed: Annotated[int | None, layer(metavar="N", help="Seed of weights and input")] = None,
    next: Annotated[list[str] | None, layer(metavar="LAYER", help=NEXT)] = None,  # noqa: A002
    only: Annotated[list[Section] | None, shown(metavar="NAME", help=ONLY)] = None,
    show: Annotated[list[str] | None, shown(metavar="EXPR", help="Like 'output[0, 1:]'")] = None,
    arrays: Annotated[bool | None, shown("--arrays/--no-arrays", help="All arrays or none")] = None,
    precision: Annotated[int, shown(metavar="N", min=0, max=9, help="Decimals")] = 4,
    pytorch: Annotated[bool, shown("--pytorch", help="Show the same in PyTorch")] = False,
    dry_run: Annotated[bool, shown("-n", "--dry-run", help="Shapes only, without Keras")] = False,
    json: Annotated[bool, output("--json", help="A JSON object on a line for each run")] = False,
    save: Annotated[list[Path] | None, output(metavar="FILE", help=SAVE)] = None,
    force: Annotated[bool, output("--force", help="Let --save replace files")] = False,
    light: Annotated[bool, output("--light", help="Pictures for a white page")] = False,
    interactive: Annotated[bool, process("-i", "--interactive", help="Calls from stdin")] = False,
    max_memory: Annotated[float, process(metavar="GIB", min=0, help="Refuse larger runs")] = 4,
    version: Annotated[
        bool, process("--version", callback=print_version, is_eager=True, help="The version")
    ] = False,
) -> Request:
    """Show what a Keras LSTM, GRU or SimpleRNN returns: which arrays, of which shape.

    Example: lstm-shapes --return-sequences --return-state
    """
    given: Any = {name: value for name, value in locals().items() if value is not None}
    fields = {name: value for name, value in given.items() if name not in ("context", "version")}
    return Request(**fields, repeat=["lstm-shapes", *_given_options(context)])


def _given_options(context: Any) -> Iterator[str]:
    """Yield each option of the command line with its value, in its shortest spelling."""
    for parameter in context.command.params:
        name, value = parameter.name, context.params.get(parameter.name)
        source = context.get_parameter_source(name)
        if name in NOT_REPEATED or source is None or source.name != "COMMANDLINE":
            continue
        option = min(parameter.opts, key=len)
        if isinstance(value, bool):
            yield option if value else parameter.secondary_opts[0]
            continue
        for one in value if parameter.multiple else [value]:
            word = str(one.value if isinstance(one, Enum) else one)
            text = ",".join(map(str, one)) if isinstance(one, tuple) else word
            # With the first quote, repr's are single, and inside it escapes as $'...' does.
            odd = "$'" + repr(b'"' + os.fsencode(text))[3:]
            yield f"{option} {shlex.quote(text) if text.isprintable() else odd}"


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit status; errors are a sentence on stderr."""
    return attempt(lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    parser: Any = typer.main.get_command(app)
    parse = partial(parser.main, prog_name="lstm-shapes", standalone_mode=False)
    request = parse([*arguments])
    if not isinstance(request, Request):  # Typer has answered, as --help, with a status
        sys.stdout.flush()
        return int(request or 0)
    if request.interactive:
        from lstm_shapes.prompt import run_prompt

        options = [name for p in parser.params for name in (*p.opts, *p.secondary_opts)]
        return run_prompt(request, lambda words: parse([*arguments, *words]), attempt, options)
    from lstm_shapes.app import execute

    execute(request)
    return 0


def attempt(action: Callable[[], int], where: str = "") -> int:
    """Return the exit status of an action; print its error as one sentence behind `where`."""
    try:
        return action()
    except LSTMShapesError as error:
        status, sentence = error.exit_status, error.for_command()
    except typer.TyperException as error:
        errors: Any = getattr(error.__cause__, "errors", None)  # Pydantic's, if it is the cause
        got = f", got {quoted(errors()[0]['input'])}" if errors else ""
        message = plain(error.format_message().rstrip(".") + got)
        status, sentence = 2, f"{message}: see lstm-shapes --help"
    except SystemExit as done:  # from Typer after completion, from Rich if the reader left
        return 0 if isinstance(done.__context__, BrokenPipeError) else int(done.code or 0)
    except BrokenPipeError:
        return 0
    except OSError as error:
        status, sentence = 1, f"standard input or output failed: {error.strerror}"
    except KeyboardInterrupt:
        return 130
    sentence = f"lstm-shapes: {where}{sentence}"
    with suppress(OSError):
        if sys.stderr.isatty():
            width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            whole_words: Any = {"break_long_words": False, "break_on_hyphens": False}
            sentence = textwrap.fill(sentence, width, **whole_words)
        print(sentence, file=sys.stderr, flush=True)
    return status
