import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lstm_shapes.run.interrupts import (
    SIGNALS,
    end_on_signals,
    interruptible,
    unfinished,
)

pytestmark = pytest.mark.usefixtures("default_signals")


def actions() -> list[object]:
    return [signal.getsignal(signum) for signum in SIGNALS]


ENDED = """
import signal
from lstm_shapes.run.interrupts import cleaned_up, end_on_signals
end_on_signals()
with cleaned_up(lambda: print("first")), cleaned_up(lambda: 1 / 0):
    with cleaned_up(lambda: print("second")):
        pass
    with cleaned_up(lambda: print("third", flush=True)):
        signal.raise_signal(signal.{name})
"""


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_cleans_up_and_ends_the_process(signum: signal.Signals) -> None:
    program = ENDED.format(name=signum.name)
    command = [sys.executable, "-u", "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (-signum, "")
    assert finished.stdout.split() == ["second", "third", "first"]


def test_what_is_ignored_or_handled_by_others_stays_so() -> None:
    def others(*_: object) -> None:
        """Belongs to somebody else."""

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, others)
    end_on_signals()
    for _ in range(2):
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is others
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is others


def test_native_code_is_interrupted_at_once() -> None:
    end_on_signals()
    ending = actions()
    with interruptible():
        with interruptible():
            assert actions() == [signal.SIG_DFL] * len(SIGNALS)
        assert actions() == [signal.SIG_DFL] * len(SIGNALS)
    assert actions() == ending


def test_a_notebook_keeps_its_interrupts() -> None:
    with interruptible(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_thread_leaves_signals_to_the_main_one() -> None:
    end_on_signals()
    ending, seen = actions(), []

    def work() -> None:
        with interruptible():
            seen.extend(actions())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == ending


@pytest.mark.parametrize("exists", [True, False])
def test_what_is_unfinished_goes(exists: bool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    with unfinished(path):
        if exists:
            path.touch()
    assert not path.exists()
