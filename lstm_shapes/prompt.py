"""Make many calls in one process (`-i`): each line of standard input is one.

The options beside `-i` are the defaults of every line. At a terminal there is a prompt;
everywhere else it is silent but for the answers, and an error names its line.
"""

import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from glob import escape, glob
from io import TextIOWrapper
from threading import Thread

from lstm_shapes.app import execute, has_reader_left, list_layers, show_call
from lstm_shapes.completion import (
    COMPLETIONS,
    complete_layer_path,
    complete_model,
)
from lstm_shapes.errors import (
    INTERRUPTED_STATUS,
    CallError,
    LSTMShapesError,
    plain,
    quoted,
)
from lstm_shapes.request import ListRequest, Request
from lstm_shapes.shapes.spec import draw_seed
from lstm_shapes.typed_call import TypedCall

# Reads the words of a line; Typer may answer them itself, and returns a status then.
Parse = Callable[[Sequence[str]], Request | ListRequest | int | None]
# Does something behind a place, and returns the exit status.
Attempt = Callable[[Callable[[], int], str], int]

PROMPT = "lstm-shapes> "
HELP = """\
  -t 10 -f 8 -u 16 -b 32    timesteps, features, units, batch; -u 64,32 stacks
  -u 8 -u 16                a table with a row for each; so do -t, -f and -b
  --return-sequences  --return-state  --bidirectional  --compare  --pytorch
  LSTM(64), GRU(8) -t 10    as written in Keras   model.keras lstm_1  a file's
  --layer GRU  --lengths 3,1  --next 'Dense(2)'  --only drawing  -n: no Keras
  --show 'output[0, 1:]'    some numbers   --input x.npy   your numbers
  --save x.svg              a picture; .npz .json .html .steps.html .py as well
  repeat                    the last call for a shell   --no-compare  a flag off
Tab completes, Up recalls, Ctrl-C drops a line or stops its run, Ctrl-D ends.
All options: lstm-shapes --help, in a shell."""
HELP_WORDS = ("help", "?", "-h", "--help")
END_WORDS = ("quit", "exit")
# An error quotes so much of its line.
QUOTED_LENGTH = 100
PROMPT_WORDS = ("help", "repeat", "quit")


class Answerer:
    """Answers lines: with what reads them, and a seed for those that give none.

    A footer is shown once in a sitting: below the first screen that has it.

    Args:
        parse: What reads the words of a line.
        attempt: What says an error, and returns the exit status.
        seed: The seed of lines that give none.
        is_batch: Whether nobody types the lines: then none may replace the file of
            another.
        is_json: Whether the answers are JSON, among which no other text may stand.
    """

    def __init__(
        self,
        parse: Parse,
        attempt: Attempt,
        seed: int,
        *,
        is_batch: bool,
        is_json: bool,
    ) -> None:
        self._parse = parse
        self._attempt = attempt
        self._seed = seed
        self._is_batch = is_batch
        self._is_json = is_json
        self._line_by_file: dict[str, int] = {}
        self._last_request: Request | ListRequest | None = None
        # The footer of runs and that of dry runs are not the same.
        self._has_shown_footer = {True: False, False: False}

    def answer(self, call: TypedCall, place: str = "") -> int:
        """Carry out a call and return its exit status; its error stands behind `place`."""
        return self._attempt(lambda: self._answer(call), place)

    def _answer(self, call: TypedCall) -> int:
        """Do what a word of the prompt says, or carry out the call."""
        if call.is_joined:
            raise CallError(
                "the call ends in a backslash, which joins the next line, expected that"
                " line too"
            )
        if call.quote:
            raise CallError(
                f"the quote {call.quote} is not closed, expected {call.quote[-1]} behind"
                " the word"
            )
        word = " ".join(call.words)
        is_word = word == "repeat" or word in HELP_WORDS
        if is_word and self._is_batch and self._is_json:
            raise CallError(
                f"{word} shows text among answers in JSON, expected no `json` beside"
                " `interactive`"
            )
        if word in HELP_WORDS:
            print(HELP, flush=True)
            return 0
        if word == "repeat":
            self._repeat()
            return 0
        if call.words or call.is_named:
            return self._execute(call)
        return 0

    def _repeat(self) -> None:
        """Show the last call, or raise a CallError if there is none."""
        if self._last_request is None:
            raise CallError("there is no call to repeat yet, expected options")
        show_call(self._last_request.repeat)

    def _execute(self, call: TypedCall) -> int:
        """Carry out a call of options, or raise a CallError."""
        request = self._parse(call.words)
        if not isinstance(request, Request | ListRequest):
            return request or 0
        self._check_files(request)
        if isinstance(request, ListRequest):
            list_layers(replace(request, line=call.line_number))
            self._last_request = request
        else:
            self._explore(replace(request, line=call.line_number))
        for path in request.saved_paths:
            self._line_by_file[os.path.realpath(path)] = call.line_number
        return 0

    def _check_files(self, request: Request | ListRequest) -> None:
        """Raise a CallError if an earlier line has saved to a file of this one."""
        if not self._is_batch:
            return
        for path in request.saved_paths:
            # A link may lead to the same file.
            target = os.path.realpath(path)
            if target in self._line_by_file and os.path.exists(target):
                raise CallError(
                    f"{quoted(str(path))} is what line {self._line_by_file[target]} has"
                    " saved, expected another name: `force=True` replaces files that"
                    " were there before"
                )

    def _explore(self, request: Request) -> None:
        """Carry out the call for layers, on the seed of the sitting."""
        seed = self._seed if request.seed is None else request.seed
        has_footer = not self._has_shown_footer[request.dry_run]
        self._last_request = execute(replace(request, seed=seed, has_footer=has_footer))
        if not request.json and not request.only:
            self._has_shown_footer[request.dry_run] = True


def run_prompt(
    request: Request, parse: Parse, attempt: Attempt, options: Sequence[str]
) -> int:
    """Carry out each line of stdin; return the highest status, or 0 at a terminal.

    The seed of the request, or one drawn now, serves all lines that give none.
    """
    if not isinstance(sys.stdin, TextIOWrapper):
        raise CallError(
            "standard input is closed, expected a call on each of its lines"
        )
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    seed = draw_seed() if request.seed is None else request.seed
    is_batch = not sys.stdin.isatty() or not sys.stdout.isatty()
    answerer = Answerer(
        parse,
        attempt,
        seed,
        is_batch=is_batch,
        is_json=request.json,
    )
    if is_batch:
        return run_batch(answerer)
    # Ctrl-C drops what is typed, and nothing is typed yet: it would end the process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(
        f"Type options, as --return-state: help lists them, Ctrl-D ends. Seed {seed}",
        flush=True,
    )
    if not request.dry_run:
        load_keras_meanwhile()
    run_terminal(answerer, options)
    return 0


def load_keras_meanwhile() -> None:
    """Import TensorFlow in the background, while somebody types."""
    # They import what TensorFlow imports as well: not in two threads.
    import lstm_shapes.run.explore
    import lstm_shapes.view.screen  # noqa: F401

    Thread(target=load_keras_quietly, daemon=True).start()


def load_keras_quietly() -> None:
    """Import TensorFlow; if that fails, the first line that needs it says why as well."""
    from lstm_shapes.run.tensorflow import load_keras

    try:
        load_keras()
    except LSTMShapesError:
        return


def run_batch(answerer: Answerer) -> int:
    """Answer the lines of a file or a pipe, and return the highest status.

    They end early where nobody reads the answers any more, as behind `head`.
    """
    status = 0
    for call in typed_calls(sys.stdin):
        if " ".join(call.words) in END_WORDS:
            break
        status = max(status, answerer.answer(call, place_of(call)))
        if status == INTERRUPTED_STATUS or has_reader_left():
            break
    return status


def typed_calls(lines: Iterable[str]) -> Iterator[TypedCall]:
    """Return the calls on lines, each as soon as its last line is there."""
    call: TypedCall | None = None
    for number, line in enumerate(lines, 1):
        if call is None:
            call = TypedCall(number)
        if not call.add(line.rstrip("\r\n")):
            yield call
            call = None
    if call is not None:
        yield call


def place_of(call: TypedCall) -> str:
    """Return what stands in front of an error: the number of its line, and the line."""
    text = plain(call.text.strip(), QUOTED_LENGTH)
    return f"line {call.line_number} ({text}): "


def run_terminal(answerer: Answerer, options: Sequence[str]) -> None:
    """Answer what is typed; Ctrl-C drops the line or stops its run, and Ctrl-D ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(ImportError):
        # Without readline, lines are typed with no completion and no history.
        complete_with_tab(options)
    number = 0
    while True:
        number += 1
        try:
            call = read_call(number)
            if " ".join(call.words) in END_WORDS:
                return
            answerer.answer(call)
        except KeyboardInterrupt:
            print(flush=True)
        except EOFError:
            print(flush=True)
            return


def read_call(number: int) -> TypedCall:
    """Read a call from the terminal.

    A backslash at the end of a line asks for more of it, and so does an open bracket of
    code.
    """
    call = TypedCall(number)
    call.add(input(PROMPT))
    while call.is_joined or call.has_open_bracket:
        call.add(input("> "))
    return call


def complete_with_tab(options: Sequence[str]) -> None:
    """Let Tab complete what stands before the cursor."""
    import readline

    def complete(word: str, number: int) -> str | None:
        before = readline.get_line_buffer()[: readline.get_begidx()]
        candidates = completions(before, word, options)
        if number < len(candidates):
            return candidates[number]
        return None

    # Without quotes among them: readline would close one behind a name, where an index
    # is to follow.
    readline.set_completer_delims(" \t\n=")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


def completions(before: str, word: str, options: Sequence[str]) -> list[str]:
    """Return what Tab offers for a word: the values of the option before it, or options."""
    option = ""
    match = re.search(r"(--\w+)[ =]+$", before)
    if match:
        option = match[1]
    if option in ("--input", "--save"):
        return file_names(word)
    if option not in COMPLETIONS:
        candidates = list(options)
        words_before = before.split()
        if not words_before:
            candidates.extend(PROMPT_WORDS)
            candidates.extend(complete_model(word))
        elif len(words_before) == 1:
            candidates.extend(complete_layer_path(words_before[0], word))
        return [f"{name} " for name in candidates if name.startswith(word)]
    quote = ""
    if word.startswith(("'", '"')):
        quote = word[0]
    values = COMPLETIONS[option](word.removeprefix(quote))
    # The arguments of a layer follow.
    end = "(" if option == "--next" else ""
    return [f"{quote}{value}{end}" for value in values]


def file_names(start: str) -> list[str]:
    """Return the files and folders that begin so and need no quotes."""
    names = []
    for path in glob(f"{escape(start)}*"):
        name = f"{path}/" if os.path.isdir(path) else path
        if shlex.quote(name) == name:
            names.append(name)
    return names
