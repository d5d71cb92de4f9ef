"""The options, each declared once as Typer has it, and the request that they make."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

import lstm_shapes
from lstm_shapes.errors import CallError, shortened
from lstm_shapes.spec.grammar import gib, number
from lstm_shapes.spec.grammar import units as units_of
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import SIZES as SIZE_NAMES
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import PrintOptions, Request
from lstm_shapes.spec.selection import parse

# What makes the same screen again needs neither the files nor the way it was asked for.
NOT_REPEATED = ("save", "force", "seed", "json", "interactive")


class _Command(typer.core.TyperCommand):
    """Plain help in named groups: Typer's own, by Rich, takes twice as long."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record:
                group = getattr(parameter, "rich_help_panel", None) or "Process"
                groups.setdefault(group, []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records, col_max=24)


app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"lstm-shapes {lstm_shapes.__version__}")
        raise typer.Exit


SIZES, LAYER = "Sizes: each may be repeated, every combination is run", "Layer"
SHOW, OUTPUT, PROCESS = "Show", "Output", "Process"


def _option(  # as many as Typer's
    group: str,
    names: str,
    what: str,
    metavar: str | None = None,
    default: object = None,
    **how: Any,
) -> Any:
    """An option with a value if it has a metavar, and a flag if it has none."""
    told = "" if default is None else f"  [default: {default}]"
    how |= {"metavar": metavar, "help": what + told, "rich_help_panel": group}
    return typer.Option(*names.split(), show_default=False, **how)


def _size(names: str, what: str, default: object, parser: Any = number) -> Any:
    return _option(SIZES, names, what, "N", default, parser=parser)


Values = list[Any] | None
Timesteps = Annotated[Values, _size("-t --timesteps", "Timesteps of the input", LSTMSpec.timesteps)]
Features = Annotated[Values, _size("-f --features", "Features of a timestep", LSTMSpec.features)]
UNITS = "Units of the layer; 64,32 stacks two"
Units = Annotated[Values, _size("-u --units", UNITS, LSTMSpec.units, units_of)]
BatchSize = Annotated[Values, _size("-b --batch-size", "Samples in the batch", LSTMSpec.batch_size)]
INPUT = "Own input (batch, timesteps, features)"
Input = Annotated[Path | None, _option(SIZES, "--input", INPUT, "FILE.npy")]
SEQUENCES = "Return all_hidden_states (batch, timesteps, units)"
ReturnSequences = Annotated[bool, _option(LAYER, "--return-sequences", SEQUENCES)]
STATE = "Also return hidden_state and cell_state (batch, units)"
ReturnState = Annotated[bool, _option(LAYER, "--return-state", STATE)]
Bidirectional = Annotated[bool, _option(LAYER, "--bidirectional", "Each layer in both directions")]
Compare = Annotated[bool, _option(LAYER, "--compare", "All four combinations of the two flags")]
SEED = "Seed of weights and input"
Seed = Annotated[Any, _option(LAYER, "--seed", SEED, "N", "random", parser=number)]
SHOWN = "One array: 'all_hidden_states[0, 1]'"
Show = Annotated[list[str] | None, _option(SHOW, "--show", SHOWN, "EXPR")]
ARRAYS = "The arrays with every sample, or none"
Arrays = Annotated[bool | None, _option(SHOW, "--arrays/--no-arrays", ARRAYS)]
Precision = Annotated[
    Any, _option(SHOW, "--precision", "Decimals", "N", PrintOptions.precision, parser=number)
]
EDGE_ITEMS = "Items at each end of a long axis"
EdgeItems = Annotated[Any, _option(SHOW, "--edge-items", EDGE_ITEMS, "N", parser=number)]
PyTorch = Annotated[bool, _option(SHOW, "--pytorch", "Say what torch.nn.LSTM calls it all")]
DryRun = Annotated[bool, _option(SHOW, "-n --dry-run", "What is known without Keras, at once")]
Json = Annotated[bool, _option(OUTPUT, "--json", "One JSON object on one line for each run")]
SAVE = "Save as .npz .json .jsonl .svg .html .txt .py"
Save = Annotated[list[Path] | None, _option(OUTPUT, "--save", SAVE, "FILE")]
Force = Annotated[bool, _option(OUTPUT, "--force", "Let --save replace files")]
LINES = "Read calls from stdin, one a line"
Interactive = Annotated[int, _option(PROCESS, "-i --interactive", LINES, count=True)]
LIMIT = "Refuse what may take more"
MaxMemory = Annotated[
    Any, _option(PROCESS, "--max-memory", LIMIT, "GIB", f"{Request.max_memory:g}", parser=gib)
]
ASKED: dict[str, Any] = {"is_eager": True, "callback": _version}
Version = Annotated[bool, _option(PROCESS, "--version", "Show the version", **ASKED)]


@app.command(
    cls=_Command,
    context_settings={"help_option_names": ["-h", "--help"], "allow_extra_args": True},
)
def command(
    context: typer.Context,
    timesteps: Timesteps = None,
    features: Features = None,
    units: Units = None,
    batch_size: BatchSize = None,
    input: Input = None,  # noqa: A002  # the option's name
    return_sequences: ReturnSequences = False,
    return_state: ReturnState = False,
    bidirectional: Bidirectional = False,
    compare: Compare = False,
    seed: Seed = None,
    show: Show = None,
    arrays: Arrays = None,
    precision: Precision = None,
    edge_items: EdgeItems = None,
    pytorch: PyTorch = False,
    dry_run: DryRun = False,
    json: Json = False,
    save: Save = None,
    force: Force = False,
    interactive: Interactive = 0,
    max_memory: MaxMemory = None,
    version: Version = False,  # noqa: ARG001  # its callback has answered
) -> Request:
    """Show what a Keras LSTM returns: which arrays, in which order, of which shape.

    Example: lstm-shapes --return-sequences --return-state
    """
    if context.args:
        raise CallError(
            f"got {shortened(context.args[0])}, expected options only, such as --units 5: "
            "to run several values repeat the option, -t 10 -t 20"
        )
    if compare and (return_sequences or return_state):
        raise CallError(
            "--compare runs every combination of --return-sequences and --return-state, "
            "expected neither of them beside it"
        )
    if interactive > 1:
        raise CallError("-i came twice, expected it once and not inside a line")
    repeated = (timesteps, features, units, batch_size)
    sizes: dict[str, Any] = {
        name: values for name, values in zip(SIZE_NAMES, repeated, strict=True) if values
    }
    if input is not None:
        from lstm_shapes.run.input_file import sizes_with

        sizes = sizes_with(input, sizes)
    numbers = {"precision": precision, "edge_items": edge_items}
    return Request(
        grid=Grid(
            **sizes,
            return_sequences=[False, True] if compare else [return_sequences],
            return_state=[False, True] if compare else [return_state],
            bidirectional=bidirectional,
        ),
        seed=seed,
        input=input,
        selections=tuple(parse(text) for text in show or ()),
        arrays=arrays,
        print_options=PrintOptions(
            **{name: value for name, value in numbers.items() if value is not None},
            whole_batch=bool(arrays or show),
        ),
        pytorch=pytorch,
        dry_run=dry_run,
        json=json,
        saves=tuple(save or ()),
        force=force,
        interactive=bool(interactive),
        max_memory=Request.max_memory if max_memory is None else max_memory,
        repeat=["lstm-shapes", *_words(context)],
    )


def _words(context: typer.Context) -> Iterator[str]:
    """The options of the call, each with its value, that make the same screen again."""
    for parameter in context.command.params:
        name, value = str(parameter.name), context.params.get(str(parameter.name))
        off = parameter.secondary_opts
        if name in NOT_REPEATED or value is None or value == () or (value is False and not off):
            continue
        said = min(parameter.opts, key=len)
        if isinstance(value, bool):
            yield said if value else off[0]
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            text = ",".join(map(str, one)) if isinstance(one, tuple) else str(one)
            if name == "show":  # on one line, as it is read and shown
                text = " ".join(text.split())
            yield f"{said} {shlex.quote(text)}"
