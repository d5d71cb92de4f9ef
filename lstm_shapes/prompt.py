"""Many calls in one process (`-i`): each line of standard input is one.

A line is read as a shell reads it, and never evaluated: quotes and backslashes, a `#` where a word
could begin starts a comment, and a backslash at the end joins the next line to it. A leading
`lstm-shapes` is dropped. The options beside `-i` stand before those of every line: one that may be
repeated is then repeated.

Where standard input and standard output are both a terminal, there is a prompt. Everywhere else,
and so if only one of them is, it is silent but for the answers, and an error names its line.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import StringIO, TextIOWrapper
from itertools import product
from shlex import shlex
from threading import Thread

from lstm_shapes.errors import CallError, LSTMShapesError
from lstm_shapes.run.interrupts import (
    Interrupt,
    interruptible,
    interrupts_heeded,
    postpone_interrupts,
)
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.spec.model import LSTMSpec, draw_seed
from lstm_shapes.spec.request import Request

_LONGEST = 2**16
_PROMPT, _PROMPT_OF_MORE = "lstm-shapes> ", "> "
_ENDS, _HELPS = ("exit", "quit"), ("help", "--help", "-h")


@dataclass(frozen=True)
class Calls:
    """What the lines need of the command.

    `read` makes a request of a line's words; `attempt` returns the exit status of what it is given
    to do, for which it puts an error into a sentence that names where. `options` are all that a
    line may have, and `show_help` prints them.
    """

    read: Callable[[Sequence[str]], Request]
    attempt: Callable[[Callable[[], int], str], int]
    options: Sequence[str]
    show_help: Callable[[], object]


def sit(base: Request, calls: Calls) -> int:
    """Answer every line of standard input, and return the exit status.

    `base` is what the options beside `-i` ask for; its seed, or one drawn now, is that of all lines
    that give none. The status is the highest of all lines, and 0 after a terminal's.

    Raises:
        CallError: standard input is closed or cannot be read.
    """
    if sys.stdin is None:
        raise CallError("standard input is closed, expected a call on each of its lines")
    seed = draw_seed() if base.seed is None else base.seed

    def answer(text: str, where: str = "") -> int:
        return calls.attempt(lambda: _execute(split(text), calls.read, seed), where)

    if sys.stdin.isatty() and sys.stdout.isatty():
        return _converse(answer, calls, seed, dry_run=base.dry_run)
    return _work_off(answer)


def _execute(words: list[str], read: Callable[[Sequence[str]], Request], seed: int) -> int:
    if not words:
        return 0
    from lstm_shapes.app import execute

    request = read(words[1:] if words[0] == "lstm-shapes" else words)
    if request.seed is None:
        request = replace(request, seed=seed)
    try:
        execute(request)
    finally:
        # Where no line has come to a run yet, there is nothing to tidy and much to import.
        explore = sys.modules.get("lstm_shapes.run.explore")
        if explore and not request.dry_run:
            explore.tidy()
    return 0


def split(text: str) -> list[str]:
    r"""The words of a line, without its comment.

    Raises:
        CallError: it is too long, is no text, or ends within a quote.

    Example:
        >>> split(r"--show 'output[0, 1]' --save a#b\ c.npz  # a comment")
        ['--show', 'output[0, 1]', '--save', 'a#b c.npz']
    """
    if len(text) >= _LONGEST:
        raise CallError(f"got {_LONGEST} characters or more, expected a shorter line")
    if re.search("[\0\ud800-\udfff]", text):
        raise CallError("got bytes that are no text in UTF-8, expected options")
    stream = StringIO(text)
    lexer = shlex(stream, posix=True)
    lexer.whitespace_split = True
    # shlex would take a # within a word for one as well.
    lexer.commenters = ""
    words: list[str] = []
    try:
        while not text[stream.tell() :].lstrip().startswith("#"):
            word = lexer.get_token()
            if word is None:
                break
            words.append(word)
    except ValueError as error:
        raise CallError(f"got a line that cannot be read ({error}), expected options") from error
    return words


def _joined(line: str, next_line: Callable[[], str]) -> str:
    """The line, with those that a backslash at its end joins to it."""
    text = ""
    while (len(line) - len(line.rstrip("\\"))) % 2 and not line.lstrip().startswith("#"):
        if len(text) < _LONGEST:
            text += line[:-1]
        line = next_line()
    return text + line


def _work_off(answer: Callable[[str, str], int]) -> int:
    """Answers the lines of a file or a pipe, as long as the answers have a reader."""
    status = 0
    lines = enumerate(_lines(), 1)
    for number, line in lines:
        text = _joined(line, lambda: next(lines, (0, ""))[1])
        status = max(status, answer(text, f"line {number}: "))
        from lstm_shapes.view.terminal import reader_is_gone

        if reader_is_gone():
            break
    return status


def _lines() -> Iterator[str]:
    """The lines of standard input; one that is too long is cut, and takes no more memory."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    try:
        while line := sys.stdin.readline(_LONGEST):
            end = line
            while end and not end.endswith("\n"):
                end = sys.stdin.readline(_LONGEST)
            yield line.removesuffix("\n")
    except OSError as error:
        raise CallError(
            f"standard input could not be read ({error.strerror}), expected calls on its lines"
        ) from error


def _converse(answer: Callable[[str], int], calls: Calls, seed: int, *, dry_run: bool) -> int:
    """Answers what is typed at a terminal; an interrupt drops the line, or the run being made."""
    print(f"Type options, as --return-state: help lists them, Ctrl-D ends. Seed {seed}", flush=True)
    # What TensorFlow imports as well: modules that import each other are not for two threads.
    import lstm_shapes.run.explore
    import lstm_shapes.view.screen  # noqa: F401

    if not dry_run:
        Thread(target=_load, daemon=True).start()
    ask = _asker(calls.options)
    postpone_interrupts()
    while True:
        try:
            text = _typed(ask).strip()
            if text in _ENDS:
                return 0
            if text in _HELPS:
                calls.show_help()
            else:
                answer(text)
        except Interrupt:
            print(flush=True)


def _load() -> None:
    """Imports TensorFlow; why that is impossible, the first line that needs it tells as well."""
    with suppress(LSTMShapesError):
        load_keras()


def _typed(ask: Callable[[str], str]) -> str:
    """What is typed at a prompt; after Ctrl-C it is nothing, and after Ctrl-D it is `exit`."""
    try:
        with interruptible(), interrupts_heeded():
            return _joined(ask(_PROMPT), lambda: ask(_PROMPT_OF_MORE))
    except (EOFError, Interrupt) as error:
        print(flush=True)
        return _ENDS[0] if isinstance(error, EOFError) else ""


def _asker(options: Sequence[str]) -> Callable[[str], str]:
    """What asks for a line: with editing, history and completion, where Python has readline."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    try:
        import readline
    except ImportError:
        return _ask_plainly

    def complete(word: str, at: int) -> str | None:
        found = completions(readline.get_line_buffer()[: readline.get_begidx()], word, options)
        return found[at] if at < len(found) else None

    # Not quotes: readline would close one behind a name, where an index is to follow.
    readline.set_completer_delims(" \t\n=")
    readline.set_completer(complete)
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    return input


def _ask_plainly(prompt: str) -> str:
    """Without readline, `input` prints its prompt on descriptor 2, which may be hidden."""
    print(prompt, end="", flush=True)
    return input()


def completions(before: str, word: str, options: Sequence[str]) -> list[str]:
    """What may become of the word behind `before`: the name of an array after --show, or an option.

    Example:
        >>> completions("--show ", "all", ["--all"]), completions("-u 5 ", "--a", ["--all"])
        (['all_hidden_states'], ['--all '])
    """
    if re.search(r"--show[ =]+$", before):
        quote = word[:1] if word.startswith(("'", '"')) else ""
        return [quote + name for name in _array_names() if name.startswith(word[len(quote) :])]
    return [f"{name} " for name in options if name.startswith(word)]


def _array_names() -> list[str]:
    specs = (
        LSTMSpec(return_sequences=sequences, return_state=True, bidirectional=both)
        for both, sequences in product((False, True), repeat=2)
    )
    return list(dict.fromkeys(array.name for spec in specs for array in spec.arrays))
