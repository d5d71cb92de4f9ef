"""The command as a process of its own: streams, environment, signals and the exit status."""

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

from lstm_shapes.__main__ import _pin_settings
from lstm_shapes.run.tensorflow import needed_address_space
from tests.terminal import COMMAND, Terminal, clean_environment, in_a_shell

pytestmark = pytest.mark.usefixtures("default_signals")

SETTINGS_OF_OTHERS = {
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--nonsense",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "ONEDNN_VERBOSE": "1",
    "PYTHONWARNINGS": "always",
}

# The command, whose runs end in something that TensorFlow's native code warns of.
WARNED = """
import lstm_shapes.run.explore as module
from lstm_shapes.__main__ import main

def explore(*arguments, in_silence=module.explore, **options):
    run = in_silence(*arguments, **options)
    import tensorflow as tf
    try:
        tf.io.read_file("nowhere")
    except tf.errors.NotFoundError:
        return run

module.explore = explore
main()
"""


def test_the_users_other_work_changes_nothing_nor_does_a_disk_that_is_full(tmp_path: Path) -> None:
    from lstm_shapes import LSTMSpec, explore
    from lstm_shapes.view.document import line, of_run

    program = tmp_path / "warned.py"
    program.write_text(WARNED)
    settings = {"floatx": "float64", "backend": "jax", "epsilon": "nonsense"}
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(settings))
    before = sorted(tmp_path.rglob("*"))
    finished = in_a_shell(
        f"ulimit -f 0; {sys.executable} {program} --seed 1 --json",
        **SETTINGS_OF_OTHERS,
        HOME=str(tmp_path),
        TMPDIR=str(tmp_path / "nowhere"),
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.encode() == line(of_run(explore(LSTMSpec(), seed=1)))
    assert sorted(tmp_path.rglob("*")) == before


def test_settings_that_only_share_out_the_machine_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_NUM_INTRAOP_THREADS": "1", "PATH": "/bin"}
    environment = {**SETTINGS_OF_OTHERS, **kept}
    monkeypatch.setattr(os, "environ", environment)
    _pin_settings()
    assert kept.items() <= environment.items()
    assert not SETTINGS_OF_OTHERS.items() & environment.items() - {("PYTHONWARNINGS", "always")}


@pytest.mark.parametrize(
    ("script", "status", "sentence"),
    [
        pytest.param("$L -n -u 3 -u 4 -u 5 | head -1", 0, "", id="head"),
        pytest.param("$L -n > /dev/full", 1, "standard output could not be written", id="full"),
        pytest.param("$L --help > /dev/full", 1, "the answer could not be written", id="full help"),
        pytest.param("$L --help | sleep 0", 0, "", id="help for nobody"),
        pytest.param("$L --help >&-", 1, "standard output is closed", id="help without stdout"),
        pytest.param("$L --units 0 2>/dev/full", 2, "", id="full stderr"),
        pytest.param("$L -n >&-", 1, "standard output is closed", id="no stdout"),
        pytest.param("$L -n <&- 2>&-", 0, "", id="no stdin, no stderr"),
        pytest.param("$L --units 0 2>&-", 2, "", id="no stderr for the sentence"),
    ],
)
def test_streams_that_fail_get_a_status_and_at_most_a_sentence(
    script: str, status: int, sentence: str
) -> None:
    finished = in_a_shell(script)
    assert finished.returncode == status
    assert finished.stderr.startswith(f"lstm-shapes: {sentence}" if sentence else "")
    assert finished.stderr.count("\n") == bool(sentence)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_does_not_fit_its_disk_is_a_failure(unbuffered: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the beginning of the line fits."""
    script = f"ulimit -f 1; $L -n --json --pytorch --return-state > {tmp_path}/x.json"
    finished = in_a_shell(script, PYTHONUNBUFFERED=unbuffered)
    assert finished.returncode == 1
    assert finished.stderr.startswith("lstm-shapes: standard output could not be written: File too")


def test_files_are_saved_though_the_reader_is_gone(tmp_path: Path) -> None:
    finished = in_a_shell(f"$L -n -u 3 -u 4 -u 5 --json --save {tmp_path}/x.jsonl | head -1")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 3


def many_units(count: int) -> list[str]:
    return [word for units in range(1, count + 1) for word in ("-u", str(units))]


def test_a_stdout_that_does_not_wait_gets_everything_all_the_same() -> None:
    reader, stdout = os.pipe()
    os.set_blocking(stdout, False)
    call = [*COMMAND, "-n", "--json", *many_units(100)]
    with open(reader) as answer, subprocess.Popen(call, stdout=stdout) as process:
        while select.select([], [stdout], [], 0)[1]:  # until the pipe is full
            time.sleep(0.01)
        os.close(stdout)
        lines = answer.readlines()
    assert process.returncode == 0
    assert [json.loads(line)["layer"]["units"] for line in lines] == list(range(1, 101))


def test_a_stdout_is_handed_back_as_it_was() -> None:
    reader, stdout = os.pipe()
    os.set_blocking(stdout, False)
    subprocess.run([*COMMAND, "--version"], stdout=stdout, check=True)
    assert not os.get_blocking(stdout)
    os.close(reader)
    os.close(stdout)


def test_in_ascii_there_are_a_whole_screen_and_help() -> None:
    script = "$L -n --return-state && $L -h"
    finished = in_a_shell(script, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (finished.returncode, finished.stderr) == (0, "")
    for text in ("hidden_state", "output (1, 5)", "--units"):
        assert text in finished.stdout
    assert "?" not in finished.stdout


def test_what_an_encoding_lacks_is_escaped_in_a_sentence() -> None:
    finished = in_a_shell("$L --save ünï.xyz", PYTHONIOENCODING="ascii")
    assert finished.returncode == 2
    assert finished.stderr.startswith(r"lstm-shapes: --save '\xfcn\xef.xyz' has no known suffix")


def test_an_answer_takes_no_time_for_garbage_and_has_a_question_mark_for_what_is_no_ascii() -> None:
    program = (
        "import gc; from lstm_shapes import __main__, cli; "
        "cli.run = lambda _: print('ünï', gc.isenabled(), flush=True) or 0; __main__.main()"
    )
    environment = clean_environment(PYTHONIOENCODING="ascii")
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=False
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, b"?n? False\n", b"")


def test_an_address_space_too_small_for_tensorflow_is_one_sentence() -> None:
    finished = in_a_shell("ulimit -v 2000000; $L")
    assert finished.returncode == 1
    assert "LSTM(5)" in finished.stdout
    assert finished.stderr.startswith("lstm-shapes: the address space is limited to 1.9 GiB, ")
    assert finished.stderr.count("\n") == 1


def test_memory_that_runs_out_is_one_sentence() -> None:
    kib = (needed_address_space() + 3 * 2**30) // 2**10
    finished = in_a_shell(f"ulimit -v {kib}; $L --max-memory 99 -b 30000 -t 500 -u 100 -f 99")
    assert finished.returncode == 1
    assert finished.stderr.startswith("lstm-shapes: memory ran out while Keras ran LSTM(100) on")
    assert finished.stderr.count("\n") == 1


@pytest.fixture
def tensorflow(tmp_path: Path) -> Path:
    """A module that stands for TensorFlow where the folder comes first in PYTHONPATH."""
    (tmp_path / "fake").mkdir()
    return tmp_path / "fake" / "tensorflow.py"


# Unlike Python's own, calls of a PyDLL keep all else waiting, as native code does.
NATIVE = "import ctypes, os\nos.write(2, b'native: wrong CPU\\n')\nnative = ctypes.PyDLL(None)\n"


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("raise ImportError('no such\\nlibrary')", 1, "TensorFlow cannot be imported (ImportError"),
        ("native.abort()", 134, "TensorFlow ended the process while it was imported"),
    ],
    ids=["exception", "abort"],
)
def test_a_tensorflow_that_fails_is_told_with_what_it_printed(
    code: str, status: int, sentence: str, tensorflow: Path
) -> None:
    tensorflow.write_text(NATIVE + code)
    finished = in_a_shell("$L; exit $?", PYTHONPATH=str(tensorflow.parent))
    assert finished.returncode == status
    assert "LSTM(5)" in finished.stdout
    lines = [line for line in finished.stderr.splitlines() if "Aborted" not in line]
    assert lines[0] == "native: wrong CPU"
    assert lines[1].startswith(f"lstm-shapes: {sentence}")
    assert "-m pip install --upgrade tensorflow'" in lines[1]
    assert len(lines) == 2


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_import_at_once_and_in_silence(signum: int, tensorflow: Path) -> None:
    tensorflow.write_text(f"{NATIVE}os.write(1, b'importing\\n')\nnative.sleep(60)")
    environment = clean_environment(PYTHONPATH=str(tensorflow.parent))
    with subprocess.Popen(
        [*COMMAND, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signum)
        assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == -signum


def test_what_is_said_while_tensorflow_is_loaded_is_not_hidden(tensorflow: Path) -> None:
    tensorflow.write_text("import os, time\nos.write(1, b'importing')\ntime.sleep(60)")
    terminal = Terminal("-i", environment={"PYTHONPATH": str(tensorflow.parent)})
    terminal.wait_for("importing")
    terminal.type("--units 0\n")
    terminal.wait_for("lstm-shapes: --units must be")
    terminal.type("exit\n")
    assert terminal.finish() == 0
    assert "TensorFlow" not in terminal.shown


def test_an_interrupt_ends_a_run_and_leaves_the_cursor(tmp_path: Path) -> None:
    terminal = Terminal("-t", "50000", "-u", "64", "--save", str(tmp_path / "x.npz"))
    for phase in ("importing TensorFlow", "building the model", "predicting"):
        terminal.wait_for(phase)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert "Traceback" not in terminal.shown
    assert "\x1b[?25l" not in terminal.shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_elsewhere_leaves_no_file(signum: int, tmp_path: Path) -> None:
    """It is writing to a pipe that is full, while the file waits for the rest."""
    files = ["--save", str(tmp_path / "x.jsonl"), "--save", str(tmp_path / "x.svg")]
    with subprocess.Popen(
        [*COMMAND, "-n", "--json", *many_units(100), *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["layer"]["units"] == 1
        process.send_signal(signum)
        _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (-signum, "")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_that_is_ignored_to_begin_with_stays_ignored() -> None:
    """As a shell has it for background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with subprocess.Popen(
        [*COMMAND, "-n", "--json", *many_units(100)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
    assert process.returncode == 0
    assert len(lines) == 100


def test_colour_can_be_forced() -> None:
    assert "\x1b[" in in_a_shell("$L -n", FORCE_COLOR="1").stdout


@pytest.mark.parametrize(
    ("environment", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["colour", "NO_COLOR", "TERM=dumb"],
)
def test_a_terminal_gets_colours_unless_it_wants_none(
    environment: dict[str, str], colours: bool
) -> None:
    terminal = Terminal("-n", environment=environment)
    assert terminal.finish() == 0
    screen = terminal.shown[terminal.shown.rindex("LSTM(5)") :]
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9;]+m", screen)) is colours
    assert "output" in screen


def test_json_on_a_terminal_stands_on_a_line_of_its_own() -> None:
    terminal = Terminal("-n", "--json")
    assert terminal.finish() == 0
    before = terminal.shown[: terminal.shown.index('{"schema_version"')]
    assert before == "" or before.endswith("\x1b[2K")
