"""The command as a process: settings, streams, Ctrl-C and the exit status."""

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

from lstm_shapes import LSTMSpec, explore
from lstm_shapes.view import document
from tests.terminal import COMMAND, Terminal, in_a_shell

MODEL = Path(__file__).parent / "models" / "model.keras"
STREAM_FAILED = "standard input or output failed"
COLOUR = r"\x1b\[[0-9;]*3[0-9;]+m"
HIDE_CURSOR = "\x1b[?25l"


def run_with_setup(
    setup: str,
    arguments: str = "",
    shell_setup: str = "true",
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run the command in a shell, behind a line of bash and some lines of Python."""
    program = f"""
import atexit, os, signal
from lstm_shapes import __main__, cli
{setup}
__main__.main()
"""
    return in_a_shell(
        f'{shell_setup}; {sys.executable} -c "$PROGRAM" {arguments}',
        PROGRAM=program,
        **variables,
    )


# Settings of the environment change no answer.


def test_settings_of_other_work_change_nothing(tmp_path: Path) -> None:
    """They would change the numbers, or print on stdout; JAX is not even installed."""
    keras_json = tmp_path / ".keras" / "keras.json"
    keras_json.parent.mkdir()
    keras_json.write_text('{"floatx": "float64", "backend": "jax"}')
    finished = in_a_shell(
        "$L --seed 1 --json",
        HOME=str(tmp_path),
        KERAS_BACKEND="jax",
        TF_CPP_MIN_LOG_LEVEL="0",
        TF_ENABLE_ONEDNN_OPTS="0",
        TF_XLA_FLAGS="--nonsense",
        ONEDNN_VERBOSE="1",
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    expected = document.document_of_run(explore(LSTMSpec(), seed=1))
    expected.update(call=0, repeat="lstm-shapes --seed 1")
    assert finished.stdout.encode() == document.encode_line(expected)


@pytest.mark.parametrize("setting", ["default", "error"])
def test_a_warning_of_keras_leaves_stderr_empty(setting: str) -> None:
    """Keras warns of a softmax over one unit, wherever it computes one."""
    call = """$L 'LSTM(1, activation="softmax")' --show forget_gate --json"""
    finished = in_a_shell(call, PYTHONWARNINGS=setting)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize(
    "name", ["TF_FORCE_GPU_ALLOW_GROWTH", "TF_NUM_INTRAOP_THREADS"]
)
def test_a_setting_that_shares_out_the_machine_stays(name: str) -> None:
    """Without it, TensorFlow takes all of a machine that is used for other work too."""
    setup = f"cli.run = lambda _: print(os.getenv({name!r}), flush=True) or 0"
    finished = run_with_setup(setup, **{name: "1"})
    assert finished.stdout == "1\n"


# Streams fail, are full, or cannot write a letter.


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param(
            "$L -n -u 3 -u 4 -u 5 | head -1", 0, id="reader of an answer left"
        ),
        pytest.param("$L --help | sleep 0", 0, id="reader of the help left"),
        pytest.param("$L -n <&- 2>&-", 0, id="closed stdin and stderr"),
        pytest.param("$L --units 0 2>&-", 2, id="wrong call, closed stderr"),
        pytest.param("$L --units 0 2>/dev/full", 2, id="wrong call, full stderr"),
    ],
)
def test_a_stream_that_fails_is_not_spoken_of(script: str, status: int) -> None:
    """A reader that leaves has what it wanted."""
    finished = in_a_shell(script)
    assert (finished.returncode, finished.stderr) == (status, "")


@pytest.mark.parametrize("script", ["$L -n >&-", "$L --help >&-"])
def test_a_closed_stdout_is_a_failure_in_one_sentence(script: str) -> None:
    finished = in_a_shell(script)
    assert finished.returncode == 1
    assert finished.stderr.startswith("lstm-shapes: standard output is closed")
    assert finished.stderr.count("\n") == 1


LONG_ANSWERS = [
    "-n --compare --bidirectional",
    "-n --compare --json",
    "--help",
]


@pytest.mark.parametrize("words", LONG_ANSWERS)
def test_a_full_disk_is_a_failure(words: str) -> None:
    finished = in_a_shell(f"$L {words} > /dev/full")
    assert finished.returncode == 1
    sentence = f"lstm-shapes: {STREAM_FAILED}: No space.*\n"
    assert re.fullmatch(sentence, finished.stderr)


@pytest.mark.parametrize("words", LONG_ANSWERS)
def test_a_disk_that_fills_up_is_a_failure(words: str, tmp_path: Path) -> None:
    """An unbuffered Python does not notice that the end of an answer is missing."""
    finished = in_a_shell(
        f"ulimit -f 1; $L {words} > {tmp_path}/x",
        PYTHONUNBUFFERED="1",
    )
    assert finished.returncode == 1
    sentence = f"lstm-shapes: {STREAM_FAILED}: File too.*\n"
    assert re.fullmatch(sentence, finished.stderr)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("-n --compare --save x.jsonl", id="lines"),
        pytest.param("-n --save x.svg", id="picture"),
        pytest.param(f"{MODEL} --save x.json", id="list"),
    ],
)
def test_a_disk_that_fills_up_with_a_saved_file_keeps_nothing_of_it(
    words: str, tmp_path: Path
) -> None:
    finished = in_a_shell(f"cd {tmp_path}; ulimit -f 1; $L {words} | cat")
    assert finished.stderr.endswith(" could not be written: File too large\n")
    assert finished.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flags", ["", "--json"], ids=["screen", "document"])
def test_a_full_disk_is_a_sentence_for_each_line_and_loses_no_file(
    flags: str, tmp_path: Path
) -> None:
    json_path = tmp_path / "a.json"
    svg_path = tmp_path / "b.svg"
    lines = f"-u 1 --save {json_path}\\n-u 2\\n-u 3 --save {svg_path}\\n"
    finished = in_a_shell(f"printf -- '{lines}' | $L -i -n {flags} >/dev/full")
    assert finished.returncode == 1
    assert re.findall(r"line (\d) \(-u \d.*\): (.*)\n", finished.stderr) == [
        ("1", f"{STREAM_FAILED}: No space left on device"),
        ("2", f"{STREAM_FAILED}: No space left on device"),
        ("3", f"{STREAM_FAILED}: No space left on device"),
    ]
    assert json.loads(json_path.read_text())["code"] == "LSTM(1)"
    assert "LSTM(3)" in svg_path.read_text("utf-8")


def test_files_are_saved_though_the_reader_left(tmp_path: Path) -> None:
    """People look with `| head -1`, and they want to have what they save."""
    path = tmp_path / "x.jsonl"
    finished = in_a_shell(f"$L -n -u 3 -u 4 -u 5 --json --save {path} | head -1")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert len(path.read_text().splitlines()) == 3


def test_a_stdout_that_does_not_wait_gets_everything() -> None:
    """Node.js leaves a pipe like that, and Python would raise BlockingIOError."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    sizes = [f"--units={units}" for units in range(1, 101)]
    with (
        open(reader) as answer,
        subprocess.Popen([*COMMAND, "-n", "--json", *sizes], stdout=writer) as process,
    ):
        wait_until_full(writer)
        os.close(writer)
        documents = [json.loads(line) for line in answer]
    assert len(documents) == 100
    assert process.returncode == 0


def wait_until_full(pipe: int) -> None:
    """Wait until nothing more can be written to a pipe."""
    while True:
        _, writable, _ = select.select([], [pipe], [], 0)
        if not writable:
            return
        time.sleep(0.01)


def test_the_screen_and_the_help_can_be_written_in_ascii() -> None:
    finished = in_a_shell(
        "$L -n --return-state && $L -h",
        PYTHONIOENCODING="ascii",
        LC_ALL="C",
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "hidden_state" in finished.stdout
    assert "output (1, 5)" in finished.stdout
    assert "--units" in finished.stdout
    assert "?" not in finished.stdout


@pytest.mark.parametrize("words", ["--help", "-n"])
def test_python_without_docstrings_says_the_same(words: str) -> None:
    python = f"{sys.executable} -OO -m lstm_shapes"
    assert in_a_shell(f"{python} {words}").stdout == in_a_shell(f"$L {words}").stdout


def test_letters_of_a_users_name_become_question_marks_in_ascii() -> None:
    setup = "cli.run = lambda _: print('ünï', flush=True) or 0"
    finished = run_with_setup(setup, PYTHONIOENCODING="ascii")
    assert (finished.stdout, finished.stderr) == ("?n?\n", "")


# The process ends.


def test_the_process_ends_at_once_with_its_answer_written() -> None:
    """Taking TensorFlow down in order takes time and can print."""
    setup = "atexit.register(print, 'late', flush=True)"
    finished = run_with_setup(setup, "--version")
    assert re.fullmatch(r"lstm-shapes \d+\.\d+\.\d+\n", finished.stdout)


BROKEN_TENSORFLOW = """
import os

os.write(1, b"importing")
os.write(2, b"wrong CPU\\n")
1 / 0
"""


def test_a_failed_import_shows_what_was_computed_and_what_it_printed(
    tmp_path: Path,
) -> None:
    """Native code alone can tell why it does not run on a CPU."""
    (tmp_path / "tensorflow.py").write_text(BROKEN_TENSORFLOW)
    finished = in_a_shell("$L --return-state", PYTHONPATH=str(tmp_path))
    assert finished.returncode == 1
    assert re.fullmatch(
        r"LSTM\(5, .* = lstm\(x\)\n.*\nParameters .*importing",
        finished.stdout,
        re.DOTALL,
    )
    printed, sentence = finished.stderr.splitlines()
    assert printed == "wrong CPU"
    assert sentence.startswith(
        "lstm-shapes: TensorFlow cannot be imported (ZeroDivisionError"
    )


NOT_INSTALLED = """
import sys
for name in ["h5py", "numpy", "orjson", "tensorflow"]:
    sys.modules[name] = None
"""


@pytest.mark.parametrize(
    ("arguments", "computed"),
    [
        pytest.param("--return-state", "Parameters  200", id="a run"),
        pytest.param("--json", "", id="its JSON"),
        pytest.param("-n --input x.npy", "", id="an input"),
    ],
)
def test_without_numpy_and_tensorflow_one_sentence_says_what_to_install(
    arguments: str, computed: str
) -> None:
    finished = run_with_setup(NOT_INSTALLED, arguments)
    assert finished.returncode == 1
    assert computed in finished.stdout
    assert finished.stderr == (
        "lstm-shapes: this call needs numpy, which is not installed: install all that"
        f" runs need with '{sys.executable} -m pip install h5py numpy orjson"
        " tensorflow'\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "-n",
        "-n --json --compare",
        "-n --save $FOLDER/run.json --save $FOLDER/run.svg --save $FOLDER/run.py",
        f"{MODEL}",
        f"{MODEL} lstm -n --json",
    ],
)
def test_shapes_need_neither_numpy_nor_tensorflow(
    arguments: str, tmp_path: Path
) -> None:
    finished = run_with_setup(NOT_INSTALLED, arguments, FOLDER=str(tmp_path))
    assert (finished.returncode, finished.stderr) == (0, "")


# Ctrl-C ends it.


@pytest.mark.parametrize(
    ("shell_setup", "status"),
    [
        pytest.param("true", 130, id="heeded"),
        pytest.param("trap '' INT", 0, id="ignored"),
    ],
)
def test_ctrl_c_ends_the_process_unless_it_was_ignored(
    shell_setup: str, status: int
) -> None:
    """A shell lets its background jobs ignore it."""
    setup = "cli.run = lambda _: signal.raise_signal(signal.SIGINT) or 0"
    finished = run_with_setup(setup, shell_setup=shell_setup)
    assert finished.returncode == status
    assert (finished.stdout, finished.stderr) == ("", "")


def test_ctrl_c_while_a_file_is_written_leaves_none(tmp_path: Path) -> None:
    """Press it before the last step, which gives the file its name."""
    setup = "os.link = lambda *_: signal.raise_signal(signal.SIGINT)"
    finished = run_with_setup(setup, f"-n --json --save {tmp_path}/x.jsonl")
    assert (finished.returncode, finished.stderr) == (130, "")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_a_run_and_leaves_the_cursor(tmp_path: Path) -> None:
    """In native code, Python would not heed it; a hidden cursor would stay hidden."""
    path = tmp_path / "x.npz"
    terminal = Terminal("-t", "50000", "-u", "64", "--save", str(path))
    terminal.wait_for("importing TensorFlow")
    terminal.wait_for("building the model")
    terminal.wait_for("predicting")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert "Traceback" not in terminal.shown
    assert HIDE_CURSOR not in terminal.shown
    assert list(tmp_path.iterdir()) == []


# A terminal shows colours, what was saved, and whole words.


def test_a_terminal_gets_colours() -> None:
    terminal = Terminal("-n")
    assert terminal.finish() == 0
    assert re.search(COLOUR, terminal.shown)
    assert "output" in terminal.shown


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"NO_COLOR": "1"}, id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, id="dumb"),
    ],
)
def test_a_terminal_that_wants_no_colours_gets_none(
    environment: dict[str, str],
) -> None:
    """See no-color.org."""
    terminal = Terminal("-n", environment=environment)
    assert terminal.finish() == 0
    assert not re.search(COLOUR, terminal.shown)
    assert "output" in terminal.shown


def test_a_terminal_is_told_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    terminal = Terminal("-n", "--save", str(path))
    assert terminal.finish() == 0
    assert terminal.shown.endswith(f"\nsaved {path}\r\n")


def test_a_sentence_is_wrapped_at_words_on_a_terminal_and_one_line_in_a_pipe() -> None:
    terminal = Terminal("--only", "x")
    assert terminal.finish() == 2
    lines = terminal.shown.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80
    pipe = in_a_shell("$L --only x")
    assert pipe.stderr == " ".join(lines) + "\n"
