"""Options → Call, and the one place where errors become a sentence and an exit status."""

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

import lstm_shapes
from lstm_shapes.call import Call
from lstm_shapes.errors import CallError, LSTMShapesError, OutputError, shortened, whole_number
from lstm_shapes.grid import Grid
from lstm_shapes.selection import parse
from lstm_shapes.spec import MAX_SEED, SIZES, LSTMSpec

MAX_PRECISION = 9
MAX_EDGE_ITEMS = 1000

# Typer exports no other of its usage errors, all of which are BadParameter's kin.
TyperUsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    # Plain help needs a third of the time of Typer's Rich help, and prints on any terminal.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _taking(metavar: str, what: str, *names: str, default: object = None) -> Any:
    """An option with a value, which `command` reads itself, so that all errors speak alike."""
    told = "" if default is None else f"  [default: {default}]"
    return typer.Option(*names, metavar=metavar, help=what + told, show_default=False)


def _flag(name: str, what: str) -> Any:
    return typer.Option(name, help=what, show_default=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"lstm-shapes {lstm_shapes.__version__}")
        raise typer.Exit


OptionText = str | None
OptionTexts = list[str] | None

Timesteps = Annotated[
    OptionTexts,
    _taking("N", "Timesteps of the input.", "-t", "--timesteps", default=LSTMSpec.timesteps),
]
Features = Annotated[
    OptionTexts,
    _taking("N", "Features of a timestep.", "-f", "--features", default=LSTMSpec.features),
]
Units = Annotated[
    OptionTexts, _taking("N", "Units of the layer.", "-u", "--units", default=LSTMSpec.units)
]
BatchSize = Annotated[
    OptionTexts,
    _taking("N", "Samples in the batch.", "-b", "--batch-size", default=LSTMSpec.batch_size),
]
ReturnSequences = Annotated[
    bool, _flag("--return-sequences", "Return all_hidden_states (batch, timesteps, units).")
]
ReturnState = Annotated[
    bool, _flag("--return-state", "Also return hidden_state and cell_state (batch, units).")
]
Compare = Annotated[bool, _flag("--compare", "Run all four combinations of the two flags.")]
Seed = Annotated[OptionText, _taking("N", "Seed of weights and input.", "--seed", default="random")]
Show = Annotated[
    OptionTexts, _taking("EXPR", "Show one array: 'all_hidden_states[0, 1]'.", "--show")
]
Arrays = Annotated[
    bool | None,
    _flag("--arrays/--no-arrays", "Show the arrays; off by default for sweeps and --show."),
]
Precision = Annotated[
    OptionText, _taking("N", "Decimals of the values shown.", "--precision", default=Call.precision)
]
EdgeItems = Annotated[
    OptionText,
    _taking("N", "Items at each end of a long axis.", "--edge-items", default=Call.edge_items),
]
Json = Annotated[bool, _flag("--json", "Print one line of JSON for each run.")]
Save = Annotated[
    OptionTexts, _taking("FILE", "Save as .npz .json .jsonl .svg .html .txt", "--save")
]
Force = Annotated[bool, _flag("--force", "Let --save replace files.")]
MaxMemory = Annotated[
    OptionText,
    _taking("GIB", "Refuse what may take more.", "--max-memory", default=f"{Call.max_memory:g}"),
]
Version = Annotated[
    bool,
    typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version),
]


@app.command(
    context_settings={"help_option_names": ["-h", "--help"], "allow_extra_args": True},
    epilog="Example: lstm-shapes --return-sequences --return-state",
)
def command(
    context: typer.Context,
    timesteps: Timesteps = None,
    features: Features = None,
    units: Units = None,
    batch_size: BatchSize = None,
    return_sequences: ReturnSequences = False,
    return_state: ReturnState = False,
    compare: Compare = False,
    seed: Seed = None,
    show: Show = None,
    arrays: Arrays = None,
    precision: Precision = None,
    edge_items: EdgeItems = None,
    json: Json = False,
    save: Save = None,
    force: Force = False,
    max_memory: MaxMemory = None,
    version: Version = False,  # noqa: ARG001  # its callback has answered
) -> Call:
    """Show what a Keras LSTM returns: which arrays, in which order, of which shape.

    Builds the real model, predicts once on random input, shows what came back.

    A size, --show and --save may be repeated; every combination of sizes is run.
    """
    if context.args:
        raise CallError(
            f"got {shortened(context.args[0])}, expected options only, such as --units 5"
        )
    if compare and (return_sequences or return_state):
        raise CallError(
            "--compare runs every combination of --return-sequences and --return-state, "
            "expected neither of them beside it"
        )
    repeated = (timesteps, features, units, batch_size)
    sizes = {
        name: [_number(text) for text in texts]
        for name, texts in zip(SIZES, repeated, strict=True)
        if texts
    }
    flags = {
        "return_sequences": [False, True] if compare else [return_sequences],
        "return_state": [False, True] if compare else [return_state],
    }
    limits = {
        "seed": (seed, 0, MAX_SEED),
        "precision": (precision, 0, MAX_PRECISION),
        "edge_items": (edge_items, 1, MAX_EDGE_ITEMS),
    }
    numbers = {
        name: whole_number(name, _number(text), low, high)
        for name, (text, low, high) in limits.items()
        if text is not None
    }
    call = Call(
        grid=Grid(**sizes, **flags),
        compare=compare,
        selections=[parse(text) for text in show or ()],
        arrays=arrays,
        json=json,
        saves=[Path(text) for text in save or ()],
        force=force,
        max_memory=Call.max_memory if max_memory is None else _gib(max_memory),
        **numbers,
    )
    call.check()
    return call


def _number(text: str) -> Any:
    """The integer that `text` writes, or the text itself, for the message to quote."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,1000}", text) else text


def _gib(text: str) -> float:
    try:
        gib = float(text)
    except ValueError:
        gib = 0.0
    if not 0 < gib < float("inf"):
        raise CallError(
            f"--max-memory must be a finite number of GiB above 0, got {shortened(text)}"
        )
    return gib


def read(arguments: Sequence[str]) -> Call | int:
    """The call that the arguments write, or the exit status where Typer has answered it.

    Raises:
        CallError: the call is wrong.
    """
    try:
        call = typer.main.get_command(app).main(
            list(arguments), prog_name="lstm-shapes", standalone_mode=False
        )
    except TyperUsageError as error:
        message = getattr(error, "format_message", error.__str__)().rstrip(".")
        raise CallError(f"{message}: see lstm-shapes --help") from error
    except OSError as error:
        raise OutputError(f"the answer could not be written: {error.strerror}") from error
    return call if isinstance(call, Call) else int(call or 0)


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit status; errors are a sentence on stderr."""
    try:
        call = read(arguments)
        if sys.stdout is None:
            raise OutputError("standard output is closed, expected it to be open")
        if isinstance(call, int):
            return call
        from lstm_shapes.session import execute

        execute(call)
        return 0
    except SystemExit as done:  # Typer's, after completion or for a reader that is gone
        return 0 if isinstance(done.__context__, BrokenPipeError) else int(done.code or 0)
    except MemoryError:
        return _fail(OutputError("memory ran out while the answer was written: reduce the sizes"))
    except LSTMShapesError as error:
        return _fail(error)


def _fail(error: LSTMShapesError) -> int:
    with suppress(OSError):
        print(f"lstm-shapes: {error}", file=sys.stderr, flush=True)
    return error.exit_status
