"""Many calls in one process (`-i`): each line of standard input is one, quoted as in a shell.

The options beside `-i` stand before those of every line. At a terminal there is a prompt;
everywhere else it is silent but for the answers, and an error names its line.
"""

import re
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from io import TextIOWrapper
from threading import Thread
from typing import Any

from lstm_shapes.app import execute
from lstm_shapes.errors import CallError, LSTMShapesError
from lstm_shapes.spec.model import LSTMSpec, draw_seed
from lstm_shapes.spec.request import Request

Call = Callable[..., Any]

ALONE = {"-i", "--interactive", "-h", "--help", "--version", "--show-completion"}


def run_prompt(base: Request, parse: Call, attempt: Call, options: Sequence[str]) -> int:
    """Carry out each line of stdin; return the highest status, or 0 at a terminal.

    The seed of `base`, or one drawn now, serves all lines that give none.
    """
    if not isinstance(sys.stdin, TextIOWrapper):
        raise CallError("standard input is closed, expected a call on each of its lines")
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    seed = draw_seed() if base.seed is None else base.seed

    def answer(line: str, where: str = "") -> int:
        return int(attempt(lambda: _execute(line, parse, seed), where))

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return run_batch(answer)
    print(f"Type options, as --return-state: help lists them, Ctrl-D ends. Seed {seed}", flush=True)
    if not base.dry_run:
        # Not in two threads: they import what TensorFlow imports as well.
        import lstm_shapes.run.explore
        import lstm_shapes.view.screen  # noqa: F401

        Thread(target=_load_keras, daemon=True).start()
    run_terminal(answer, lambda: attempt(lambda: parse(["--help"]), ""), options)
    return 0


def _execute(line: str, parse: Call, seed: int) -> int:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise CallError(f"got a line that cannot be read ({error}), expected options") from error
    if alone := ALONE.intersection(words):
        raise CallError(f"{alone.pop()} came inside a line, expected it alone")
    if words:
        request = parse(words[1:] if words[0] == "lstm-shapes" else words)
        execute(request if request.seed is not None else replace(request, seed=seed))
    return 0


def _load_keras() -> None:
    from lstm_shapes.run.tensorflow import load_keras

    with suppress(LSTMShapesError):  # the first line that needs it says why as well
        load_keras()


def run_batch(answer: Callable[[str, str], int]) -> int:
    """Answer the lines of a file or a pipe; a backslash at the end joins the next line."""
    status, text, number = 0, "", 0
    for number, line in enumerate(sys.stdin, 1):
        text += line.rstrip("\r\n")
        if text.endswith("\\"):
            text = text[:-1]
        elif text:
            status, text = max(status, answer(text, f"line {number}: ")), ""
        if status == 130:  # Ctrl-C has ended it
            return status
    return max(status, answer(text, f"line {number}: "))


def run_terminal(answer: Call, show_help: Call, options: Sequence[str]) -> None:
    """Answer what is typed; Ctrl-C drops the line, or the run being made, and Ctrl-D ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(ImportError):  # without readline, there is no editing
        _complete_with_tab(options)
    while True:
        try:
            line = input("lstm-shapes> ")
            while line.endswith("\\"):
                line = line[:-1] + input("> ")
            if line.strip() in ("exit", "quit"):
                return
            show_help() if line.strip() == "help" else answer(line)
        except (KeyboardInterrupt, EOFError) as pressed:
            print(flush=True)
            if isinstance(pressed, EOFError):
                return


def _complete_with_tab(options: Sequence[str]) -> None:
    import readline

    def complete(word: str, at: int) -> str | None:
        found = completions(readline.get_line_buffer()[: readline.get_begidx()], word, options)
        return found[at] if at < len(found) else None

    # Not quotes: readline would close one behind a name, where an index is to follow.
    readline.set_completer_delims(" \t\n=")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


def completions(before: str, word: str, options: Sequence[str]) -> list[str]:
    """Return what Tab offers: array names after --show, otherwise options."""
    if not re.search(r"--show[ =]+$", before):
        return [f"{name} " for name in options if name.startswith(word)]
    quote = word[:1] if word.startswith(("'", '"')) else ""
    specs = [LSTMSpec(return_state=True, bidirectional=both) for both in (False, True)]
    arrays = [a for spec in specs for a in (*spec.arrays, spec.last.all_hidden_states)]
    names = dict.fromkeys(array.name for array in arrays)
    return [quote + name for name in names if name.startswith(word[len(quote) :])]
