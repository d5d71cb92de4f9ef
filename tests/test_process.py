"""The command as a process of its own: streams, environment, interrupts and the exit status."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

COMMAND = [sys.executable, "-m", "lstm_shapes"]
WITHOUT_KERAS = [sys.executable, str(Path(__file__).with_name("without_keras.py"))]


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Tests may themselves run as a shell's background job, which ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def clean_environment(**changes: str) -> dict[str, str]:
    terminal = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING", "GITHUB_ACTIONS"}
    kept = {name: value for name, value in os.environ.items() if name not in terminal}
    return kept | changes


def in_a_shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of bash in which `$L` is the command and `$W` the one without Keras."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        env=clean_environment(L=" ".join(COMMAND), W=" ".join(WITHOUT_KERAS), **environment),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def test_a_pipe_gets_plain_text_and_stderr_nothing() -> None:
    finished = in_a_shell("$L --return-state --return-sequences --seed 1")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "\x1b" not in finished.stdout
    assert "all_hidden_states" in finished.stdout


@pytest.mark.parametrize(
    ("script", "status", "sentence"),
    [
        pytest.param("$W -u 3 -u 4 -u 5 | head -1", 0, "", id="head"),
        pytest.param("$W > /dev/full", 1, "standard output could not be written", id="full"),
        pytest.param("$W --help > /dev/full", 1, "the answer could not be written", id="full help"),
        pytest.param("$W --help | sleep 0", 0, "", id="help for nobody"),
        pytest.param("$W --help >&-", 1, "standard output is closed", id="help without stdout"),
        pytest.param("$W --units 0 2>/dev/full", 2, "", id="full stderr"),
        pytest.param("$W >&-", 1, "standard output is closed", id="no stdout"),
        pytest.param("$W <&- 2>&-", 0, "", id="no stdin, no stderr"),
        pytest.param("$W --units 0 2>&-", 2, "", id="no stderr for the sentence"),
    ],
)
def test_streams_that_fail_get_a_status_and_at_most_a_sentence(
    script: str, status: int, sentence: str
) -> None:
    finished = in_a_shell(script)
    assert finished.returncode == status
    assert finished.stderr.startswith(f"lstm-shapes: {sentence}" if sentence else "")
    assert finished.stderr.count("\n") == bool(sentence)


def test_files_are_saved_though_the_reader_is_gone(tmp_path: Path) -> None:
    finished = in_a_shell(f"$W -u 3 -u 4 -u 5 --json --save {tmp_path}/x.jsonl | head -1")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    "environment",
    [
        {"KERAS_BACKEND": "jax", "HOME": "/nonexistent"},
        {"KERAS_BACKEND": "nonsense", "HOME": "{home}", "TF_CPP_MIN_LOG_LEVEL": "0"},
    ],
    ids=["jax and no home", "nonsense and keras.json"],
)
def test_the_users_other_work_changes_nothing(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".keras").mkdir()
    settings = {"floatx": "float64", "backend": "jax", "epsilon": "nonsense"}
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(settings))
    changes = {name: value.format(home=tmp_path) for name, value in environment.items()}
    finished = in_a_shell("$L --seed 1 --json", **changes)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout == expected_line()
    assert [path.name for path in tmp_path.rglob("*")] == [".keras", "keras.json"]


def expected_line() -> str:
    from lstm_shapes import LSTMSpec, explore
    from lstm_shapes.export import json_line

    return "".join(json_line(explore(LSTMSpec(), seed=1)))


@pytest.mark.parametrize("encoding", ["ascii", "cp437"])
def test_any_encoding_gets_a_whole_screen_and_help(encoding: str) -> None:
    finished = in_a_shell("$W --return-state && $W -h", PYTHONIOENCODING=encoding, LC_ALL="C")
    assert (finished.returncode, finished.stderr) == (0, "")
    for text in ("ok output equals hidden_state", "(None, 5)", "--> output (1, 5)", "--units"):
        assert text in finished.stdout
    assert "?" not in finished.stdout


def test_colour_can_be_forced() -> None:
    assert "\x1b[" in in_a_shell("$W --seed 1", FORCE_COLOR="1").stdout


@pytest.fixture
def broken_tensorflow(tmp_path: Path) -> Path:
    """A folder whose `tensorflow` prints something and cannot be imported."""
    (tmp_path / "tensorflow.py").write_text(
        "import os\nos.write(2, b'native: wrong CPU\\n')\nraise ImportError('no such\\nlibrary')\n"
    )
    return tmp_path


def test_a_broken_tensorflow_is_told_with_what_it_printed(broken_tensorflow: Path) -> None:
    finished = in_a_shell("$L", PYTHONPATH=str(broken_tensorflow))
    assert (finished.returncode, finished.stdout) == (1, "")
    native, sentence = finished.stderr.splitlines()
    assert native == "native: wrong CPU"
    assert sentence.startswith("lstm-shapes: TensorFlow cannot be imported (ImportError: no such)")
    assert "pip install --upgrade tensorflow" in sentence


def test_memory_that_runs_out_is_one_sentence() -> None:
    finished = in_a_shell("ulimit -v 6000000; $L --max-memory 99 -b 30000 -t 500 -u 100 -f 99")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.startswith("lstm-shapes: memory ran out while Keras ran LSTM(100)")
    assert finished.stderr.count("\n") == 1


class Terminal:
    """The command with stderr, and stdout if asked for, on a terminal."""

    def __init__(
        self,
        *arguments: str,
        command: Sequence[str] = COMMAND,
        stdout: int | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        controller, terminal = pty.openpty()
        self._controller = controller
        self.shown = ""
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdout=terminal if stdout is None else stdout,
            stderr=terminal,
            env=clean_environment(**{"TERM": "xterm", **environment}),
        )
        os.close(terminal)

    def wait_for(self, text: str) -> None:
        """Reads until the terminal has shown the text."""
        while text not in self.shown:
            assert self._read(), f"{text!r} was never shown in {self.shown!r}"

    def finish(self) -> int:
        """Reads to the end and returns the status as a shell tells it."""
        while self._read():
            pass
        os.close(self._controller)
        status = self.process.wait()
        return 128 - status if status < 0 else status

    def _read(self) -> bool:
        try:
            data = os.read(self._controller, 2**16)
        except OSError:  # what Linux says once the last process has closed its end
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


def test_a_terminal_is_told_what_is_happening_and_then_left_clean() -> None:
    terminal = Terminal("--seed", "1", stdout=subprocess.DEVNULL)
    for phase in ("importing TensorFlow", "building the model", "predicting"):
        terminal.wait_for(phase)
    assert terminal.finish() == 0
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")
    assert terminal.shown.endswith("\x1b[2K")


def test_a_sweep_on_a_terminal_shows_rows_and_a_bar() -> None:
    terminal = Terminal("-u", "3", "-u", "4", command=WITHOUT_KERAS)
    assert terminal.finish() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.shown)
    for text in ("0/2", "1/2", "(1, 3)", "(1, 4)"):
        assert text in plain


@pytest.mark.parametrize(
    ("environment", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["colour", "NO_COLOR", "TERM=dumb"],
)
def test_a_terminal_gets_colours_unless_it_wants_none(
    environment: dict[str, str], colours: bool
) -> None:
    terminal = Terminal("--seed", "1", command=WITHOUT_KERAS, environment=environment)
    assert terminal.finish() == 0
    screen = terminal.shown[terminal.shown.rindex("LSTM(5)") :]
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9;]+m", screen)) is colours
    assert "output" in screen


def test_json_on_a_terminal_stands_on_a_line_of_its_own() -> None:
    terminal = Terminal("--json", "--no-arrays", command=WITHOUT_KERAS)
    assert terminal.finish() == 0
    before = terminal.shown[: terminal.shown.index('{"schema_version"')]
    assert before.endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("arguments", "moment"),
    [
        pytest.param([], "importing TensorFlow", id="importing"),
        pytest.param(["-t", "50000", "-u", "64"], "predicting", id="predicting"),
        pytest.param([*(["-u", "3", "-u", "4", "-t", "50000"])], "predicting", id="sweeping"),
    ],
)
def test_an_interrupt_ends_it_whatever_it_does(arguments: list[str], moment: str) -> None:
    terminal = Terminal(*arguments)
    terminal.wait_for(moment)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert "Traceback" not in terminal.shown
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")


def test_an_interrupted_sweep_leaves_whole_lines_and_no_file(tmp_path: Path) -> None:
    sizes = [word for units in range(1, 200) for word in ("-u", str(units))]
    call = [*COMMAND, *sizes, "--json", "--arrays", "--save", str(tmp_path / "x.jsonl")]
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
        assert process.stderr.read() == ""
    assert process.returncode == -signal.SIGINT
    assert [json.loads(line)["layer"]["units"] for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) < 199
    assert list(tmp_path.iterdir()) == []
