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
from lstm_shapes.run.tensorflow import hidden_stderr, import_keras, load_keras

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a TensorFlow that calls `importing` while it is imported, and a Keras."""

    def install(importing: Callable[[], object], backend: str = "tensorflow") -> None:
        tensorflow_config = SimpleNamespace(list_physical_devices=importing)
        tensorflow = SimpleNamespace(config=tensorflow_config)
        keras_config = SimpleNamespace(backend=lambda: backend)
        keras = SimpleNamespace(config=keras_config)
        monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
        monkeypatch.setitem(sys.modules, "keras", keras)
        import_keras.cache_clear()

    yield install
    import_keras.cache_clear()
    gc.unfreeze()


def test_threads_wait_for_one_import(install: Install) -> None:
    importing = Mock(side_effect=lambda: Event().wait(0.05))
    install(importing)
    thread = Thread(target=load_keras)
    thread.start()
    assert load_keras() is sys.modules["keras"]
    thread.join()
    importing.assert_called_once_with()


def test_the_import_is_quiet(
    install: Install, capfd: pytest.CaptureFixture[str]
) -> None:
    install(lambda: os.write(2, b"chatter\n"))
    load_keras()
    assert capfd.readouterr().err == ""


NO_FOLDER = FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")


def test_a_machine_without_a_temporary_folder_is_told_so(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", Mock(side_effect=NO_FOLDER))
    importing = Mock()
    install(importing)
    with pytest.raises(TensorFlowError, match=r"expected one .* variable TMPDIR"):
        load_keras()
    importing.assert_not_called()


def test_a_temporary_folder_that_is_gone_meanwhile_is_not_missed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", Mock(side_effect=NO_FOLDER))
    with hidden_stderr():
        os.write(2, b"chatter\n")
    os.write(2, b"an error\n")
    assert capfd.readouterr().err == "an error\n"


def test_the_import_pauses_the_garbage_collector(install: Install) -> None:
    is_enabled = []
    install(lambda: is_enabled.append(gc.isenabled()))
    load_keras()
    assert is_enabled == [False]
    assert gc.isenabled()


def test_a_failed_import_is_not_tried_again(install: Install) -> None:
    failing_import = Mock(side_effect=ImportError("no such\nlibrary"))
    install(failing_import)
    problem = r"\(ImportError: no such\): install it with '"
    for _ in range(2):
        with pytest.raises(TensorFlowError, match=problem):
            load_keras()
    assert failing_import.call_count == 1


def test_a_failed_import_resumes_the_garbage_collector(install: Install) -> None:
    install(Mock(side_effect=ImportError))
    with pytest.raises(TensorFlowError):
        load_keras()
    assert gc.isenabled()


def test_another_backend_is_refused(install: Install) -> None:
    install(list, backend="jax")
    problem = "Keras runs on jax in this process, expected tensor"
    with pytest.raises(TensorFlowError, match=problem):
        load_keras()
