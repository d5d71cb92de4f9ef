"""Many calls in one process (`-i`): each line of standard input is one, quoted as in a shell.

The options beside `-i` stand before those of every line. At a terminal there is a prompt;
everywhere else it is silent but for the answers, and an error names its line.
"""

import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from glob import escape, glob
from io import TextIOWrapper
from itertools import count
from threading import Event, Thread
from typing import Any

from lstm_shapes.app import execute
from lstm_shapes.errors import CallError, LSTMShapesError, quoted
from lstm_shapes.spec.check import flags_by_array
from lstm_shapes.spec.model import LSTMSpec, draw_seed
from lstm_shapes.spec.request import Request

Call = Callable[..., Any]

HELP = """\
  -t 10 -f 8 -u 16 -b 32    timesteps, features, units, batch; -u 64,32 stacks
  -u 8 -u 16                a table with a row for each; so do -t, -f and -b
  --return-sequences  --return-state  --bidirectional  --compare  --pytorch
  --layer GRU  --lengths 3,1  --next 'Dense(2)'  --only drawing  -n: no Keras
  --show 'output[0, 1:]'    some numbers   --input x.npy   your numbers
  --save x.svg              a picture; .npz .json .html .py as well
Tab completes, Up recalls, Ctrl-C drops a line or stops its run, Ctrl-D ends.
All options: lstm-shapes --help, in a shell."""
ALONE = {"-i", "--interactive", "-h", "--help", "--version", "--show-completion"}


def run_prompt(base: Request, parse: Call, attempt: Call, options: Sequence[str]) -> int:
    """Carry out each line of stdin; return the highest status, or 0 at a terminal.

    The seed of `base`, or one drawn now, serves all lines that give none.
    """
    if not isinstance(sys.stdin, TextIOWrapper):
        raise CallError("standard input is closed, expected a call on each of its lines")
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    seed = draw_seed() if base.seed is None else base.seed

    def answer(line: str, number: int, where: str = "") -> int:
        return int(attempt(lambda: _execute(line, number, parse, seed), where))

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return run_batch(answer)
    print(f"Type options, as --return-state: help lists them, Ctrl-D ends. Seed {seed}", flush=True)
    if not base.dry_run:
        # Not in two threads: they import what TensorFlow imports as well.
        import lstm_shapes.run.explore
        import lstm_shapes.view.screen  # noqa: F401

        Thread(target=_load_keras, daemon=True).start()
    run_terminal(answer, options)
    return 0


def _execute(line: str, number: int, parse: Call, seed: int) -> int:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise CallError(f"got a line that cannot be read ({error}), expected options") from error
    if alone := ALONE.intersection(words):
        raise CallError(f"{alone.pop()} came inside a line, expected it alone")
    if words and not words[0].startswith(("-", "lstm-shapes")):
        raise CallError(f"got {quoted(line)}, expected options: -u 5 --return-state")
    if words:
        request = parse(words[1:] if words[0] == "lstm-shapes" else words)
        seed = seed if request.seed is None else request.seed
        execute(replace(request, seed=seed, line=number))
    return 0


def _load_keras() -> None:
    from lstm_shapes.run.tensorflow import load_keras

    with suppress(LSTMShapesError):  # the first line that needs it says why as well
        load_keras()


def run_batch(answer: Callable[[str, int, str], int]) -> int:
    """Answer the lines of a file or a pipe; a backslash at the end joins the next line."""
    status, text, number = 0, "", 0
    for number, line in enumerate(sys.stdin, 1):
        text += line.rstrip("\r\n")
        if text.endswith("\\"):
            text = text[:-1]
        elif text:
            status, text = max(status, answer(text, number, f"line {number}: ")), ""
        if status == 130:  # Ctrl-C has ended it
            return status
    return max(status, answer(text, number, f"line {number}: "))


def run_terminal(answer: Call, options: Sequence[str]) -> None:
    """Answer what is typed; Ctrl-C drops the line, or the run being made, and Ctrl-D ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signals, wakeup, busy = *os.pipe(), Event()
    os.set_blocking(wakeup, False)
    Thread(target=say_stopping, args=(signals, busy), daemon=True).start()
    with suppress(ImportError):  # without readline, there is no editing
        _complete_with_tab(options)
    for number in count(1):
        try:
            busy.clear()
            signal.set_wakeup_fd(-1)
            line = input("lstm-shapes> ")
            while line.endswith("\\"):
                line = line[:-1] + input("> ")
            if line.strip() in ("exit", "quit"):
                return
            signal.set_wakeup_fd(wakeup)
            busy.set()
            print(HELP, flush=True) if line.strip() in ("help", "?") else answer(line, number)
        except (KeyboardInterrupt, EOFError) as pressed:
            busy.clear()
            print(flush=True)
            if isinstance(pressed, EOFError):
                return


def say_stopping(signals: int, busy: Event) -> None:
    """Say that a call is stopping, for each signal that comes while it is busy and stays so."""
    while os.read(signals, 1):
        time.sleep(0.2)  # Python itself heeds Ctrl-C, but only when native code has returned
        if busy.is_set():
            print("stopping...", file=sys.stderr, flush=True)


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
    """Return what Tab offers: array names after --show, files as they are, otherwise options."""
    if re.search(r"--(input|save)[ =]+$", before):
        paths = [f"{path}/" if os.path.isdir(path) else path for path in glob(f"{escape(word)}*")]
        return [path for path in paths if shlex.quote(path) == path]
    if not re.search(r"--show[ =]+$", before):
        return [f"{name} " for name in options if name.startswith(word)]
    quote = word[:1] if word.startswith(("'", '"')) else ""
    names = flags_by_array(LSTMSpec())
    return [quote + name for name in names if name.startswith(word[len(quote) :])]
