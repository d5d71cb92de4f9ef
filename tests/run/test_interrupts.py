import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lstm_shapes.run.interrupts import (
    SIGNALS,
    Interrupt,
    interruptible,
    unfinished,
    unwind_on_signals,
)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """As a process begins with; tests may themselves run where interrupts are ignored."""
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    for signum in SIGNALS:
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


def actions() -> list[object]:
    return [signal.getsignal(signum) for signum in SIGNALS]


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_unwinds_and_a_second_one_ends_the_process(signum: int) -> None:
    unwind_on_signals()
    with pytest.raises(Interrupt) as caught:
        signal.raise_signal(signum)
    assert caught.value.signum == signum
    assert actions() == [signal.SIG_DFL] * len(SIGNALS)


def test_what_is_ignored_or_handled_by_others_stays_so() -> None:
    def others(*_: object) -> None:
        """Belongs to somebody else."""

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, others)
    unwind_on_signals()
    for _ in range(2):
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is others
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is others


def test_native_code_is_interrupted_at_once() -> None:
    unwind_on_signals()
    unwinding = actions()
    with interruptible():
        with interruptible():
            assert actions() == [signal.SIG_DFL] * len(SIGNALS)
        assert actions() == [signal.SIG_DFL] * len(SIGNALS)
    assert actions() == unwinding


def test_a_notebook_keeps_its_interrupts() -> None:
    with interruptible(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_thread_leaves_signals_to_the_main_one() -> None:
    unwind_on_signals()
    unwinding, seen = actions(), []

    def work() -> None:
        with interruptible():
            seen.extend(actions())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == unwinding


def test_what_is_unfinished_goes_first(tmp_path: Path) -> None:
    """An exception may come between any two steps of a `finally`, so it is not left to one."""
    unwind_on_signals()
    path = tmp_path / "x"
    with unfinished(path):
        path.touch()
        with pytest.raises(Interrupt):
            signal.raise_signal(signal.SIGTERM)
        assert not path.exists()
