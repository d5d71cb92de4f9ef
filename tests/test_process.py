"""The command as a process of its own: streams, settings, Ctrl-C and the exit status."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.terminal import COMMAND, Terminal, in_a_shell

OF_OTHER_WORK = {
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--nonsense",
    "ONEDNN_VERBOSE": "1",
}


def with_setup(
    setup: str, arguments: str = "", before: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command after some Python, in a shell that has run something before."""
    imports = "import atexit, os, signal; from lstm_shapes import __main__, cli"
    script = f'{before}{sys.executable} -c "$P" {arguments}'
    return in_a_shell(script, P=f"{imports}; {setup}; __main__.main()", **environment)


def test_settings_of_other_work_change_nothing(tmp_path: Path) -> None:
    """They have other numbers computed, or print on stdout; no backend but TensorFlow is here."""
    from lstm_shapes import LSTMSpec, explore
    from lstm_shapes.view.document import line, of_run

    keras_json = tmp_path / ".keras" / "keras.json"
    keras_json.parent.mkdir()
    keras_json.write_text(json.dumps({"floatx": "float64", "backend": "jax"}))
    finished = in_a_shell("$L --seed 1 --json", **OF_OTHER_WORK, HOME=str(tmp_path))
    assert (finished.returncode, finished.stderr) == (0, "")
    expected = {**of_run(explore(LSTMSpec(), seed=1)), "repeat": "lstm-shapes --seed 1"}
    assert finished.stdout.encode() == line(expected)


def test_settings_that_share_out_the_machine_are_kept() -> None:
    """On a machine that others use as well, TensorFlow takes all of it otherwise."""
    names = "TF_FORCE_GPU_ALLOW_GROWTH", "TF_NUM_INTRAOP_THREADS"
    setup = f"cli.run = lambda _: print(*map(os.getenv, {names}), flush=True) or 0"
    kept = dict.fromkeys(names, "1")
    assert with_setup(setup, **kept).stdout == "1 1\n"


@pytest.mark.parametrize(
    ("script", "status", "sentence"),
    [
        ("$L -n -u 3 -u 4 -u 5 | head -1", 0, ""),
        ("$L --help | sleep 0", 0, ""),
        ("$L -n >&-", 1, "standard output is closed"),
        ("$L --help >&-", 1, "standard output is closed"),
        ("$L -n <&- 2>&-", 0, ""),
        ("$L --units 0 2>&-", 2, ""),
        ("$L --units 0 2>/dev/full", 2, ""),
    ],
)
def test_streams_that_fail_get_a_status_and_at_most_a_sentence(
    script: str, status: int, sentence: str
) -> None:
    """A reader that leaves has what it wanted; an answer that nobody gets is a failure."""
    finished = in_a_shell(script)
    assert finished.returncode == status
    assert finished.stderr.startswith(f"lstm-shapes: {sentence}" if sentence else "")
    assert finished.stderr.count("\n") == bool(sentence)


@pytest.mark.parametrize("call", ["-n --compare --bidirectional", "-n --compare --json", "--help"])
def test_a_full_disk_is_a_failure(call: str, tmp_path: Path) -> None:
    """If it fills up, as with a limit, an unbuffered Python does not notice what is missing."""
    full = in_a_shell(f"$L {call} > /dev/full")
    filling = in_a_shell(f"ulimit -f 1; $L {call} > {tmp_path}/x", PYTHONUNBUFFERED="1")
    assert (full.returncode, filling.returncode) == (1, 1)
    sentence = "lstm-shapes: standard input or output failed: (No space|File too).*\n"
    assert re.fullmatch(sentence * 2, full.stderr + filling.stderr)


@pytest.mark.parametrize("flags", ["", "--json"])
def test_a_full_disk_is_a_sentence_for_each_line_and_loses_no_file(
    flags: str, tmp_path: Path
) -> None:
    lines = f"-u 1 --save {tmp_path}/a.json\\n-u 2\\n-u 3 --save {tmp_path}/b.svg\\n"
    finished = in_a_shell(f"printf -- '{lines}' | $L -i -n {flags} >/dev/full")
    sentence = "lstm-shapes: line {}: standard input or output failed: No space left on device\n"
    assert finished.returncode == 1
    assert finished.stderr == "".join(map(sentence.format, (1, 2, 3)))
    assert json.loads((tmp_path / "a.json").read_text())["code"] == "LSTM(1)"
    assert "LSTM(3)" in (tmp_path / "b.svg").read_text("utf-8")


def test_files_are_saved_though_the_reader_left(tmp_path: Path) -> None:
    """`| head -1` is for a look, `--save` for keeping."""
    finished = in_a_shell(f"$L -n -u 3 -u 4 -u 5 --json --save {tmp_path}/x.jsonl | head -1")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 3


def test_a_stdout_that_does_not_wait_gets_everything() -> None:
    """Node.js and others leave a pipe like that; Python would raise BlockingIOError."""
    reader, stdout = os.pipe()
    os.set_blocking(stdout, False)
    sizes = [word for units in range(1, 101) for word in ("-u", str(units))]
    with (
        open(reader) as answer,
        subprocess.Popen([*COMMAND, "-n", "--json", *sizes], stdout=stdout) as process,
    ):
        while select.select([], [stdout], [], 0)[1]:  # until the pipe is full
            time.sleep(0.01)
        os.close(stdout)
        assert len([json.loads(line) for line in answer]) == 100
    assert process.returncode == 0


def test_in_ascii_nothing_but_a_users_name_has_question_marks() -> None:
    """All that is ours can be written in ASCII too."""
    finished = in_a_shell("$L -n --return-state && $L -h", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (finished.returncode, finished.stderr) == (0, "")
    for text in ("hidden_state", "output (1, 5)", "--units"):
        assert text in finished.stdout
    assert "?" not in finished.stdout
    named = with_setup(
        "cli.run = lambda _: print('ünï', flush=True) or 0", PYTHONIOENCODING="ascii"
    )
    assert (named.stdout, named.stderr) == ("?n?\n", "")


def test_the_process_ends_at_once_with_its_answer_written() -> None:
    """Taking TensorFlow down in order takes time and can print."""
    finished = with_setup("atexit.register(print, 'late', flush=True)", "--version")
    assert re.fullmatch(r"lstm-shapes \d+\.\d+\.\d+\n", finished.stdout)


def test_a_failed_import_shows_what_was_known_and_what_it_printed(tmp_path: Path) -> None:
    """The known half is there before TensorFlow, and native code alone tells of a wrong CPU."""
    steps = "os.write(1, b'importing')", "os.write(2, b'wrong CPU\\n')", "1 / 0"
    (tmp_path / "tensorflow.py").write_text("\n".join(("import os", *steps)))
    finished = in_a_shell("$L --return-state", PYTHONPATH=str(tmp_path))
    assert finished.returncode == 1
    assert re.fullmatch(r"(?s)LSTM\(5, .* = lstm\(x\)  # .*importing", finished.stdout)
    native, sentence = finished.stderr.splitlines()
    assert native == "wrong CPU"
    assert sentence.startswith("lstm-shapes: TensorFlow cannot be imported (ZeroDivisionError")


@pytest.mark.parametrize(("before", "status"), [("", 130), ("trap '' INT; ", 0)])
def test_ctrl_c_ends_the_process_unless_it_was_ignored(before: str, status: int) -> None:
    """A shell ignores it for its background jobs."""
    finished = with_setup("cli.run = lambda _: signal.raise_signal(signal.SIGINT) or 0", "", before)
    assert (finished.returncode, finished.stdout, finished.stderr) == (status, "", "")


def test_ctrl_c_while_a_file_is_written_leaves_none(tmp_path: Path) -> None:
    """It comes when all but the last step is done, which gives the file its name."""
    setup = "os.replace = lambda *_: signal.raise_signal(signal.SIGINT)"
    finished = with_setup(setup, f"-n --json --save {tmp_path}/x.jsonl")
    assert (finished.returncode, finished.stderr) == (130, "")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_a_run_and_leaves_the_cursor(tmp_path: Path) -> None:
    """Native code is where Python would not look for it; a hidden cursor would stay hidden."""
    terminal = Terminal("-t", "50000", "-u", "64", "--save", str(tmp_path / "x.npz"))
    for phase in ("importing TensorFlow", "building the model", "predicting"):
        terminal.wait_for(phase)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert "Traceback" not in terminal.shown
    assert "\x1b[?25l" not in terminal.shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_gets_colours_unless_it_wants_none(
    environment: dict[str, str], colours: bool
) -> None:
    """See no-color.org."""
    terminal = Terminal("-n", environment=environment)
    assert terminal.finish() == 0
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9;]+m", terminal.shown)) is colours
    assert "output" in terminal.shown


def test_a_terminal_is_told_what_was_saved_and_wrong_in_whole_words(tmp_path: Path) -> None:
    """A pipe gets neither: stderr stays empty, and a sentence is a line."""
    call = "-n", "--save", f"{tmp_path}/x.json"
    saved, wrong, pipe = Terminal(*call), Terminal("--units", "x"), in_a_shell("$L --units x")
    assert (saved.finish(), wrong.finish()) == (0, 2)
    assert saved.shown.endswith(f"\nsaved {tmp_path}/x.json\r\n")
    lines = wrong.shown.splitlines()
    assert len(lines) > 1 == pipe.stderr.count("\n")
    assert max(map(len, lines)) <= 80
    assert " ".join(lines) == pipe.stderr.rstrip("\n")
