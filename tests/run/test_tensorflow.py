"""Importing Keras, with stand-ins for TensorFlow and Keras: the real ones take seconds."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from threading import Event, Thread
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.run.tensorflow import _import, load_keras


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a TensorFlow that does something while it is imported, and a Keras on it."""

    def install(importing: Callable[[], object], backend: str = "tensorflow") -> None:
        config = SimpleNamespace(list_physical_devices=importing)
        monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
        keras = SimpleNamespace(config=SimpleNamespace(backend=lambda: backend))
        monkeypatch.setitem(sys.modules, "keras", keras)
        _import.cache_clear()

    yield install
    _import.cache_clear()
    gc.unfreeze()


def test_threads_wait_for_one_import_that_is_quiet_and_pauses_the_collector(
    install: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    seen = Mock()
    install(lambda: (seen(gc.isenabled()), os.write(2, b"chatter\n"), Event().wait(0.05)))
    thread = Thread(target=load_keras)
    thread.start()
    assert load_keras() is sys.modules["keras"]
    thread.join()
    seen.assert_called_once_with(False)
    assert gc.isenabled()
    assert capfd.readouterr().err == ""


def test_a_failed_import_is_not_tried_again(install: Callable[..., None]) -> None:
    failing = Mock(side_effect=ImportError("no such\nlibrary"))
    install(failing)
    for _ in range(2):
        with pytest.raises(TensorFlowError, match=r"\(ImportError: no such\): install it with '"):
            load_keras()
    assert (failing.call_count, gc.isenabled()) == (1, True)


def test_another_backend_is_refused(install: Callable[..., None]) -> None:
    install(list, backend="jax")
    with pytest.raises(TensorFlowError, match="Keras runs on jax in this process, expected tensor"):
        load_keras()
