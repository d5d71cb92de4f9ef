"""Take the options, and turn errors into a sentence and an exit status."""

import os
import re
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, cast

import typer
import typer.core
import typer.main

from lstm_shapes.combinations import rows_of, sizes_in_call, sweep_of
from lstm_shapes.completion import (
    complete_array,
    complete_kind,
    complete_layer,
    complete_layer_path,
    complete_model,
    complete_padding,
    complete_sections,
)
from lstm_shapes.errors import (
    INTERRUPTED_STATUS,
    CallError,
    LSTMShapesError,
    plain,
    quoted,
)
from lstm_shapes.options import (
    ANSWERED_AT_ONCE,
    read_kind,
    read_memory,
    read_path,
    read_precision,
    read_seed,
    read_size,
    read_sizes,
    read_swept_size,
    read_text,
    read_timesteps,
    usage_sentence,
)
from lstm_shapes.repeat import quoted_for_bash, words_of_file
from lstm_shapes.request import (
    DEFAULT_MEMORY,
    DEFAULT_PRECISION,
    SECTION_NAMES,
    ListRequest,
    Request,
    read_sections,
)
from lstm_shapes.shapes.cell import cell_named
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.selection import parse_selection
from lstm_shapes.shapes.spec import Units, stack, units_of_layers
from lstm_shapes.version import __version__

if TYPE_CHECKING:
    from lstm_shapes.run.input import OwnInput
    from lstm_shapes.shapes.reading import Reading, Remark
    from lstm_shapes.shapes.saved_model import SavedModel

# Not needed to make the same screen again; `execute` adds the seed, be it given or drawn.
NOT_REPEATED = ("save", "force", "light", "seed", "json", "interactive")
# What a list of layers takes; the other options are for one layer.
OPTIONS_OF_LIST = (
    "subject",
    "json",
    "save",
    "force",
    "light",
    "dry_run",
    "max_memory",
)
# Typer's names for where a value comes from: the call, or what stands beside `-i`.
GIVEN_SOURCES = ("COMMANDLINE", "DEFAULT_MAP")
# A line of `-i` can switch these flags off: `--no-return-state`.
SWITCHES = (
    "return_sequences",
    "return_state",
    "bidirectional",
    "compare",
    "pytorch",
    "dry_run",
)
# What only runs and arrays need: shapes are known without them.
PACKAGES_OF_RUNS = ("h5py", "numpy", "orjson", "tensorflow")
SIZES = "Sizes and input"
LAYER = "Layer"
NEXT = "Next layer"
SHOW = "Show"
OUTPUT = "Output"
PROCESS = "Process"

REPEATABLE = "; repeatable"
EPILOG = """\
A size or kind that is repeated makes a sweep: a table with a row for each.

Of an option that is not repeatable, the last one counts.

--seed --precision --max-memory --no-arrays may stay beside -n and --json.

On a line of -i, --no-return-state and its like switch off a flag beside -i.
"""

# What words make: Typer may answer them itself, and returns a status then.
Parsed: TypeAlias = Request | ListRequest | int | None
Parse = Callable[[Sequence[str], Mapping[str, object] | None], Parsed]

# The value that an option holds.
Value = TypeVar("Value")

app = typer.Typer(pretty_exceptions_enable=False)


def value_reader(
    name: str, read: Callable[[str, str], Value]
) -> Callable[[str], Value]:
    """Return what reads the value of the option `name`, and tells Typer what is wrong."""

    def read_value(text: str) -> Value:
        try:
            return read(name, text)
        except CallError as error:
            # Typer lets its own errors pass alone, and this one is their cause.
            raise typer.BadParameter(str(error)) from error

    return read_value


def print_version(is_asked: bool) -> None:
    """Print the version and end the call."""
    if is_asked:
        typer.echo(f"lstm-shapes {__version__}")
        raise typer.Exit


class Command(typer.core.TyperCommand):
    """A command that takes `--no-return-state` and its like.

    They serve the lines of `-i`, and would fill the help: its last line names them. The
    types of what its methods take and give are private to Typer: Any stands for them.
    """

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters as the help shows them."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if isinstance(parameter, typer.core.TyperOption):
                describe(parameter)
        return parameters

    def make_parser(self, ctx: Any) -> Any:
        """Return Typer's parser, which knows these options too."""
        parser = super().make_parser(ctx)
        for parameter in self.params:
            if not isinstance(parameter, typer.core.TyperOption):
                continue
            if parameter.name in SWITCHES:
                parser.add_option(
                    obj=parameter,
                    opts=[off_option(parameter.name)],
                    dest=parameter.name,
                    action="store_const",
                    const=False,
                )
        return parser


def describe(option: typer.core.TyperOption) -> None:
    """Complete what the help says of an option, by what it is."""
    if option.rich_help_panel is None:
        # Typer's own options come last.
        option.rich_help_panel = PROCESS
    if option.is_flag:
        # Without a word here, Typer writes <bool>.
        option.metavar = ""
    if option.multiple and not str(option.help).endswith(REPEATABLE):
        option.help = f"{option.help}{REPEATABLE}"


def off_option(name: str) -> str:
    """Return the option that switches a flag off: `--no-return-state`."""
    return f"--no-{name.replace('_', '-')}"


def complete_path(context: typer.Context, incomplete: str) -> list[str]:
    """Return the layers of the model file on the command line that begin so."""
    return complete_layer_path(context.params.get("subject") or "", incomplete)


# A docstring would not be there where Python leaves them out, as -OO makes it do.
DESCRIPTION = """\
Show what a Keras LSTM, GRU or SimpleRNN returns: which arrays, of which shape.

Example: lstm-shapes --return-sequences --return-state

Example: lstm-shapes 'GRU(5, reset_after=False)'

Example: lstm-shapes model.keras lstm_1
"""


@app.command(
    help=DESCRIPTION,
    cls=Command,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # Words too many are refused below, in a sentence that says what they are behind.
        "allow_extra_args": True,
    },
    epilog=EPILOG,
)
def command(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(
            autocompletion=complete_model,
            metavar="WHAT",
            help="'LSTM(64)' in quotes, or a model file; - is stdin",
            show_default=False,
        ),
    ] = None,
    layer_path: Annotated[
        str | None,
        typer.Argument(
            autocompletion=complete_path,
            metavar="LAYER",
            help="A layer of the file, by its path; without it, a list",
            show_default=False,
        ),
    ] = None,
    # Typer knows no list of tuples, nor of sizes and None: there, Any stands for them.
    timesteps: Annotated[
        list[Any] | None,
        typer.Option(
            "-t",
            "--timesteps",
            parser=value_reader("timesteps", read_timesteps),
            metavar="N",
            help="Timesteps, 3 by default, or None",
            rich_help_panel=SIZES,
        ),
    ] = None,
    features: Annotated[
        list[int] | None,
        typer.Option(
            "-f",
            "--features",
            parser=value_reader("features", read_swept_size),
            metavar="N",
            help="Features, 4 by default",
            rich_help_panel=SIZES,
        ),
    ] = None,
    units: Annotated[
        list[Any] | None,
        typer.Option(
            "-u",
            "--units",
            parser=value_reader("units", read_sizes),
            metavar="N",
            help="Units, 5 by default; 64,32 stacks",
            rich_help_panel=SIZES,
        ),
    ] = None,
    batch_size: Annotated[
        list[int] | None,
        typer.Option(
            "-b",
            "--batch-size",
            parser=value_reader("batch_size", read_swept_size),
            metavar="N",
            help="Samples, 1 by default",
            rich_help_panel=SIZES,
        ),
    ] = None,
    lengths: Annotated[
        Any,
        typer.Option(
            parser=value_reader("lengths", read_sizes),
            metavar="N,N",
            help="Real timesteps of each sample: 3,1",
            rich_help_panel=SIZES,
        ),
    ] = None,
    padding: Annotated[
        str | None,
        typer.Option(
            parser=value_reader("padding", read_text),
            autocompletion=complete_padding,
            metavar="END",
            help="Where the others stand: post or pre",
            rich_help_panel=SIZES,
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            parser=value_reader("layer", read_kind),
            autocompletion=complete_kind,
            metavar="KIND",
            help="LSTM by default, GRU or SimpleRNN",
            rich_help_panel=LAYER,
        ),
    ] = None,
    input: Annotated[  # noqa: A002  # the option's name
        Path | None,
        typer.Option(
            parser=value_reader("input", read_path),
            metavar="FILE",
            # A backslash keeps brackets from being read as markup.
            help=r"Your x.npy, x.npz\[a], x.csv\[a,b] or -: stdin",
            rich_help_panel=SIZES,
        ),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(
            parser=value_reader("window", read_size),
            metavar="N",
            help="Cut the table of --input into windows",
            rich_help_panel=SIZES,
        ),
    ] = None,
    return_sequences: Annotated[
        bool | None,
        typer.Option(
            "--return-sequences",
            help="Return every h",
            rich_help_panel=LAYER,
        ),
    ] = None,
    return_state: Annotated[
        bool | None,
        typer.Option(
            "--return-state",
            help="Return the states too",
            rich_help_panel=LAYER,
        ),
    ] = None,
    bidirectional: Annotated[
        bool,
        typer.Option(
            "--bidirectional",
            help="Both directions",
            rich_help_panel=LAYER,
        ),
    ] = False,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="All combinations of the two flags",
            rich_help_panel=LAYER,
        ),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=value_reader("seed", read_seed),
            metavar="N",
            help="Seed of weights and input",
            rich_help_panel=LAYER,
        ),
    ] = None,
    define: Annotated[
        list[str] | None,
        typer.Option(
            "-D",
            "--define",
            parser=value_reader("define", read_text),
            metavar="NAME=VALUE",
            help="A value for a name in the code",
            rich_help_panel=LAYER,
        ),
    ] = None,
    next: Annotated[  # noqa: A002  # the option's name
        list[str] | None,
        typer.Option(
            parser=value_reader("next", read_text),
            autocompletion=complete_layer,
            metavar="LAYER",
            help="A layer to try behind, like 'Dense(2)'",
            rich_help_panel=NEXT,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            parser=value_reader("only", read_text),
            autocompletion=complete_sections,
            metavar="NAMES",
            help=f"Sections alone: {', '.join(SECTION_NAMES)}",
            rich_help_panel=SHOW,
        ),
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            parser=value_reader("show", read_text),
            autocompletion=complete_array,
            metavar="EXPR",
            help="An array, like 'output[0, 1:]' or kernel",
            rich_help_panel=SHOW,
        ),
    ] = None,
    arrays: Annotated[
        bool | None,
        typer.Option(
            "--arrays/--no-arrays",
            help="All arrays or none",
            rich_help_panel=SHOW,
        ),
    ] = None,
    precision: Annotated[
        int | None,
        typer.Option(
            parser=value_reader("precision", read_precision),
            metavar="N",
            help=f"Decimals, {DEFAULT_PRECISION} by default",
            rich_help_panel=SHOW,
        ),
    ] = None,
    pytorch: Annotated[
        bool,
        typer.Option(
            "--pytorch",
            help="Show the same in PyTorch",
            rich_help_panel=SHOW,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "-n",
            "--dry-run",
            help="Shapes only, without Keras",
            rich_help_panel=SHOW,
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="A JSON object on a line for each run",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            parser=value_reader("save", read_path),
            metavar="FILE",
            help="Write .npz .json .jsonl .svg .png .html .steps.html .py",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Let --save replace files",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    light: Annotated[
        bool,
        typer.Option(
            "--light",
            help="Pictures for a white page",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    interactive: Annotated[
        bool,
        typer.Option(
            "-i",
            "--interactive",
            help="A call on each line of stdin",
            rich_help_panel=PROCESS,
        ),
    ] = False,
    max_memory: Annotated[
        float | None,
        typer.Option(
            parser=value_reader("max_memory", read_memory),
            metavar="GIB",
            help=f"Refuse larger runs, {DEFAULT_MEMORY:g} by default",
            rich_help_panel=PROCESS,
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=print_version,
            is_eager=True,
            help="Show the version and exit.",
            rich_help_panel=PROCESS,
        ),
    ] = False,
) -> Request | ListRequest:
    """Return the request that the words of a call make."""
    del version  # its callback has answered
    check_extra_words(context.args, subject, layer_path)
    reading = None
    if subject is not None or define:
        from lstm_shapes.shapes.reading import Reading  # late: few calls need it
        from lstm_shapes.subject import read_subject

        read = read_subject(
            subject,
            layer_path,
            define or [],
            next or [],
            has_to_use_all=is_typed(context, "define"),
            is_interactive=interactive,
        )
        if read is not None and not isinstance(read, Reading):
            return list_request(context, read)
        reading = read
    if reading:
        check_beside_code(reading, units, layer, bidirectional)
    own_input = None
    if window is not None and input is None:
        raise CallError(
            "`window` cuts a table of your own into samples, expected `input` beside it"
        )
    if input is not None:
        lowest_layer = reader_of_input(reading, layer, units)
        if str(input) == "-" or str(input).startswith("-["):
            check_stdin_is_free(subject, interactive)
        own_input = open_input(input, window, lowest_layer)
    sweep = sweep_of(
        timesteps=timesteps,
        features=features,
        units=units,
        batch_size=batch_size,
        layer=layer,
        lengths=lengths,
        own_input=own_input,
        reading=reading,
    )
    next_codes = list(next or [])
    remarks: tuple[Remark, ...] = ()
    if reading:
        remarks = reading.remarks_beside(
            sizes_in_call(timesteps, features, batch_size, own_input)
        )
        is_one_run = sweep.combination_count == 1 and not compare and not dry_run
        if reading.next_layers and is_one_run:
            next_codes.insert(0, reading.next_layers)
        elif reading.next_layers:
            remarks += (not_tried(reading),)
    rows = rows_of(
        sweep,
        layers_in_code=reading.layers if reading else (),
        remarks=remarks,
        lengths=lengths,
        padding=padding,
        return_sequences=return_sequences,
        return_state=return_state,
        bidirectional=bidirectional,
        compare=compare,
    )
    return Request(
        rows=rows,
        varying=sweep.varying,
        compare=compare,
        own_input=own_input,
        weights_owner=reading.weights_owner if reading else "",
        own_weights=reading.own_weights if reading else None,
        read_files=files_read(reading, own_input),
        seed=seed,
        next=layers_to_try(next_codes, define or []),
        only=read_sections(only or ()),
        show=tuple(parse_selection(expression) for expression in show or ()),
        arrays=arrays,
        precision=DEFAULT_PRECISION if precision is None else precision,
        pytorch=pytorch,
        dry_run=dry_run,
        json=json,
        save=tuple(save or ()),
        force=force,
        light=light,
        interactive=interactive,
        max_memory=DEFAULT_MEMORY if max_memory is None else max_memory,
        repeat=("lstm-shapes", *words_to_repeat(context, reading)),
    )


def check_extra_words(
    extra_words: Sequence[str], subject: str | None, layer_path: str | None
) -> None:
    """Raise a CallError for words behind a file and the path of a layer in it."""
    if extra_words:
        raise CallError(
            f"{quoted(extra_words[0])} came behind {quoted(subject)} and"
            f" {quoted(layer_path)}, expected a model file and the path of a layer, or code"
            " in quotes as one word, as 'LSTM(64)'"
        )


def is_typed(context: typer.Context, name: str) -> bool:
    """Return True if an option stands in the call itself, and not beside `-i`."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def list_request(context: typer.Context, model: "SavedModel") -> ListRequest:
    """Return the request for the list of the layers of a model.

    Raises:
        CallError: an option beside it is for one layer.
    """
    subject = context.params["subject"]
    layer_words: tuple[str, ...] = ()
    explored_paths = [saved.path for saved in model.layers if saved.layer is not None]
    if explored_paths and subject != "-":
        file_words = words_of_file(subject, explored_paths[-1])
        layer_words = ("lstm-shapes", *file_words)
    for parameter in context.command.params:
        name = str(parameter.name)
        if is_typed(context, name) and name not in OPTIONS_OF_LIST:
            example = ""
            if layer_words:
                example = f", as {' '.join(layer_words)}".replace("`", r"\x60")
            raise CallError(
                f"`{name}` is for one layer, expected its path behind the file{example}"
            )
    return ListRequest(
        model=model,
        json=context.params["json"],
        save=tuple(context.params["save"] or ()),
        force=context.params["force"],
        light=context.params["light"],
        repeat=("lstm-shapes", *words_to_repeat(context, None)),
        layer_words=layer_words,
    )


def check_beside_code(
    reading: "Reading", units: object, layer: object, bidirectional: bool | None
) -> None:
    """Raise a CallError for options that say what the code or a saved layer says."""
    for name, value in (
        ("units", units),
        ("layer", layer),
        ("bidirectional", bidirectional),
    ):
        if value:
            raise CallError(
                f"`{name}` came beside {reading.owner}, which says it itself, expected"
                " one or the other"
            )


def files_read(
    reading: "Reading | None", own_input: "OwnInput | None"
) -> tuple[Path, ...]:
    """Return the files that a call reads: a model, and an input."""
    files: list[Path] = []
    if reading:
        files.extend(map(Path, reading.read_files))
    if own_input:
        files.append(own_input.file)
    return tuple(files)


def not_tried(reading: "Reading") -> "Remark":
    """Return the remark that the layers behind the last one are not tried."""
    from lstm_shapes.shapes.reading import Remark, RemarkKind  # late: few calls need it

    return Remark(RemarkKind.NOT_TRIED, (reading.next_layers,))


def layers_to_try(codes: Sequence[str], definitions: Sequence[str]) -> tuple[str, ...]:
    """Return the layers to try behind this one, as Keras' own code writes them."""
    if not codes:
        return ()
    from lstm_shapes.shapes.chain import chain_code, read_chain  # late: few need it
    from lstm_shapes.shapes.keras_code import parse_definition

    values = dict(parse_definition(definition) for definition in definitions)
    return tuple(chain_code(read_chain(code, values)) for code in codes)


def reader_of_input(
    reading: "Reading | None",
    kinds: Sequence[str] | None,
    units: Sequence[Units] | None,
) -> Layer:
    """Return the layer that is to read an own input: the last one, of several."""
    if reading:
        return reading.layers[-1]
    kind = cell_named(kinds[-1] if kinds else "LSTM")
    return stack(kind, units_of_layers(units[-1] if units else 5))[-1]


def check_stdin_is_free(subject: str | None, is_interactive: bool) -> None:
    """Raise a CallError if standard input holds something else than the own input."""
    if is_interactive:
        raise CallError(
            "`input` - is standard input, which holds the lines of `interactive`,"
            " expected a file"
        )
    if subject == "-":
        raise CallError(
            "`input` - is standard input, from which - has read the code, expected a file"
        )


def open_input(path: Path, window: int | None, layer: Layer) -> "OwnInput":
    """Open an input of one's own, which may be on standard input."""
    from lstm_shapes.run.input import OwnInput  # late: it needs NumPy

    return OwnInput(path, window, layer)


def words_to_repeat(context: typer.Context, reading: "Reading | None") -> list[str]:
    """Return each option of the command line with its value: `-u 5`, `--no-arrays`.

    Code from standard input is written out, with the values of its names.
    """
    words = []
    left_out = [*NOT_REPEATED, "subject", "layer_path"]
    file_words: list[str] = []
    subject = context.params.get("subject")
    layer_path = context.params.get("layer_path")
    is_file = layer_path is not None or reading is None
    if reading and subject == "-":
        words.append(quoted_for_bash(reading.code))
        words.extend(words_of_sizes(context, reading))
        if not context.params.get("next"):
            left_out.append("define")
    elif subject is not None and is_file:
        file_words = words_of_file(subject, layer_path)
    elif subject is not None:
        words.append(quoted_for_bash(subject))
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if name in left_out or source is None or source.name not in GIVEN_SOURCES:
            continue
        value = context.params.get(name)
        option = min(parameter.opts, key=len)
        if value is False and name in SWITCHES:
            # It is switched off, as it is without any word.
            continue
        if value is False:
            # An option that says no, such as --no-arrays.
            words.append(parameter.secondary_opts[0])
        elif value is True:
            words.append(option)
        elif parameter.multiple:
            for item in value or ():
                words.append(f"{option} {quoted_for_bash(item)}")
        else:
            words.append(f"{option} {quoted_for_bash(value)}")
    if file_words[:1] == ["--"]:
        return words + file_words
    return file_words + words


def words_of_sizes(context: typer.Context, reading: "Reading") -> list[str]:
    """Return the sizes that the code has named, where no option names them."""
    words = []
    for option, name in (
        ("-t", "timesteps"),
        ("-f", "features"),
        ("-b", "batch_size"),
    ):
        size = getattr(reading.input, name)
        is_open = name == "timesteps" and reading.input.has_open_timesteps
        has_size = size is not None or is_open
        if has_size and not context.params.get(name):
            words.append(f"{option} {size}")
    return words


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit status; errors are on stderr."""
    return attempt(lambda: carry_out(arguments))


def carry_out(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit status, or raise what is wrong."""
    parser = command_parser()

    def parse(
        words: Sequence[str], defaults: Mapping[str, object] | None = None
    ) -> Parsed:
        result: Parsed = parser.main(
            list(words),
            prog_name="lstm-shapes",
            standalone_mode=False,
            default_map=defaults,
        )
        return result

    options = options_of(parser, arguments)
    if "interactive" in options and not options.keys() & ANSWERED_AT_ONCE:
        return sit(parser, parse, options)
    parsed = parse(arguments)
    if isinstance(parsed, ListRequest):
        from lstm_shapes.app import list_layers

        list_layers(parsed)
        return 0
    if not isinstance(parsed, Request):
        # Typer has answered itself, as to --help, and returns a status.
        sys.stdout.flush()
        return parsed or 0
    from lstm_shapes.app import execute

    execute(parsed)
    return 0


def command_parser() -> Command:
    """Return Typer's parser of the command, which is of the class that `app` was told."""
    return cast(Command, typer.main.get_command(app))


def sit(parser: Command, parse: Parse, options_beside: Mapping[str, object]) -> int:
    """Carry out the calls on standard input, with options that stand beside `-i`."""
    from lstm_shapes.line_options import (  # late: few calls need it
        check_beside,
        check_line,
        defaults_of_line,
        defaults_without_sizes,
    )
    from lstm_shapes.prompt import run_prompt

    def parse_line(words: Sequence[str]) -> Parsed:
        line_options = options_of(parser, words)
        check_line(line_options)
        defaults = defaults_of_line(options_beside, line_options)
        try:
            return parse(words, defaults)
        except CallError:
            for fewer_defaults in defaults_without_sizes(defaults, line_options):
                with suppress(CallError):
                    return parse(words, fewer_defaults)
            raise

    check_beside(options_beside)
    # What stands beside `-i` is judged as on an empty line: another may bring what it needs.
    request = parse([], defaults_of_line(options_beside, {}))
    if not isinstance(request, Request):
        raise CallError(
            "`interactive` came beside a model file alone, expected the path of a layer"
            " behind the file, or the file on a line"
        )
    return run_prompt(request, parse_line, attempt, list(options_of_command(parser)))


def options_of_command(parser: Command) -> dict[str, str]:
    """Return all options of the command, each with what stands for its value in the help.

    That is "" for a flag. Those that switch a flag off are among them.
    """
    options = {"--help": ""}
    for name in SWITCHES:
        options[off_option(name)] = ""
    for parameter in parser.params:
        if isinstance(parameter, typer.core.TyperOption):
            metavar = ""
            if not parameter.is_flag:
                metavar = str(parameter.metavar)
            for option in [*parameter.opts, *parameter.secondary_opts]:
                options[option] = metavar
    return options


def options_of(parser: Command, words: Sequence[str]) -> dict[str, object]:
    """Return the text of each option in words, a list of texts if it can be repeated.

    Flags are True or False.
    """
    context = typer.Context(parser, **parser.context_settings)
    options, extra_words, _ = parser.make_parser(context).parse_args(list(words))
    check_extra_words(extra_words, options["subject"], options["layer_path"])
    # The code of a layer, which is no option, is None where there is none.
    return {name: value for name, value in options.items() if value is not None}


def attempt(action: Callable[[], int], place: str = "") -> int:
    """Return the exit status of an action; say its error in one sentence on stderr.

    The sentence stands behind `place`, such as `line 3: `.
    """
    try:
        return action()
    except LSTMShapesError as error:
        return tell(place + in_command(str(error)), error.exit_status)
    except typer.TyperException as error:
        sentence = str(error.__cause__)
        if not isinstance(error.__cause__, CallError):
            sentence = usage_sentence(error, options_of_command(command_parser()))
        return tell(place + in_command(sentence), CallError.exit_status)
    except ModuleNotFoundError as error:
        if error.name not in PACKAGES_OF_RUNS:
            raise
        sentence = missing_package_sentence(error.name)
        return tell(place + sentence, LSTMShapesError.exit_status)
    except SystemExit as error:
        # Typer ends completion by it, and Rich the process if a pipe is broken.
        if isinstance(error.__context__, BrokenPipeError):
            return 0
        return int(error.code or 0)
    except BrokenPipeError:
        return 0
    except OSError as error:
        sentence = f"standard input or output failed: {error.strerror}"
        return tell(place + sentence, LSTMShapesError.exit_status)
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS


def missing_package_sentence(name: str) -> str:
    """Say which package a call needs that an installation without TensorFlow lacks."""
    return plain(
        f"this call needs {name}, which is not installed: install all that runs need"
        f" with '{sys.executable} -m pip install {' '.join(PACKAGES_OF_RUNS)}'"
    )


def in_command(sentence: str) -> str:
    """Write the arguments of a sentence as options, and escape what does not print.

    Example:
        >>> in_command("`batch_size` is 2: `force=True` replaces `x`")
        '--batch-size is 2: --force replaces `x`'
        >>> in_command("`window=24` makes windows, `lengths=(3, 1)` masks")
        '--window 24 makes windows, --lengths 3,1 masks'
    """

    def as_option(match: re.Match[str]) -> str:
        name, value = match.groups()
        if name not in command.__annotations__ and name != "no_arrays":
            return match[0]
        option = "--" + name.replace("_", "-")
        if value in (None, "True"):
            return option
        return f"{option} {value.strip('()').replace(', ', ',')}"

    return plain(re.sub(r"`(\w+)(?:=([^`]*))?`", as_option, sentence))


def tell(sentence: str, status: int) -> int:
    """Print a sentence on stderr, if that can be done, and return the status."""
    sentence = f"lstm-shapes: {sentence}"
    try:
        if sys.stderr.isatty():
            width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            sentence = textwrap.fill(
                sentence,
                width,
                break_long_words=False,
                break_on_hyphens=False,
            )
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        # Nobody reads stderr: the status alone says that it failed.
        return status
    return status
