"""Importing Keras, with stand-ins for TensorFlow and Keras: the real ones take seconds."""

import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from lstm_shapes.errors import TensorFlowError
from lstm_shapes.run import tensorflow
from lstm_shapes.run.tensorflow import load_keras, needed_address_space

Importing = Callable[[], object]


@pytest.fixture(autouse=True)
def _not_loaded() -> Iterator[None]:
    tensorflow._imported.cache_clear()
    yield
    tensorflow._imported.cache_clear()
    gc.unfreeze()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs a TensorFlow that does something while it is imported, and a Keras on it."""

    def install(importing: Importing = lambda: None, backend: str = "tensorflow") -> None:
        config = SimpleNamespace(list_physical_devices=importing)
        monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
        keras = SimpleNamespace(config=SimpleNamespace(backend=lambda: backend))
        monkeypatch.setitem(sys.modules, "keras", keras)

    return install


def chatter() -> None:
    os.write(2, b"native: chatter\n")
    warnings.warn("Python's chatter", stacklevel=1)


def chatter_and_fail() -> None:
    chatter()
    raise ImportError(f"no such\nlibrary{'x' * 1000}")


def refuse(*_: object, **__: object) -> None:
    raise FileNotFoundError(2, "No usable temporary directory found")


@pytest.fixture(params=["memory", "disk", "nothing"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the chatter can be kept: some systems have no files in memory, some no disk."""
    where: str = request.param
    if where != "memory":
        monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    if where != "disk":
        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    return where


@pytest.mark.usefixtures("place")
def test_the_import_is_quiet_wherever_its_chatter_can_be_kept(
    install: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    install(chatter)
    assert load_keras() is sys.modules["keras"]
    print("shown again", file=sys.stderr)
    assert capfd.readouterr().err == "shown again\n"


def test_a_failed_import_is_told_with_what_was_printed(
    place: str, install: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    install(chatter_and_fail)
    with pytest.raises(TensorFlowError, match="cannot be imported") as caught:
        load_keras()
    assert capfd.readouterr().err == ("" if place == "nothing" else "native: chatter\n")
    assert "(ImportError: no such): install it with '" in str(caught.value)


def test_no_temporary_folder_is_needed(
    install: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", refuse)
    found: list[str] = []
    install(lambda: found.append(tempfile.gettempdir()))
    load_keras()
    assert found == [os.curdir]
    assert tempfile.tempdir is None


WITNESSED = """
import os, signal, time
from lstm_shapes.run import chatter
with chatter.witnessed():
    with chatter.hidden_chatter():
        os.write(2, b"native: wrong CPU\\n")
        time.sleep(0.1)
        os.kill(chatter._witness.process, signal.SIGINT)
        os._exit(3)
"""


def test_an_interrupt_of_all_that_a_terminal_runs_does_not_end_the_witness() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WITNESSED], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 3
    native, sentence = finished.stderr.splitlines()
    assert native == "native: wrong CPU"
    assert sentence.startswith("lstm-shapes: TensorFlow ended the process while it was imported")


def test_an_import_that_failed_is_not_tried_again(install: Callable[..., None]) -> None:
    tried: list[None] = []

    def fail() -> None:
        tried.append(None)
        raise ImportError("x" * 10_000)

    install(fail)
    for _ in range(2):
        with pytest.raises(TensorFlowError, match="ImportError") as caught:
            load_keras()
        assert len(str(caught.value)) < 1000
    assert len(tried) == 1


def test_threads_wait_for_the_one_import(install: Callable[..., None]) -> None:
    imports: list[None] = []

    def importing() -> None:
        imports.append(None)
        time.sleep(0.05)

    install(importing)
    threads = [threading.Thread(target=load_keras) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(imports) == 1


def test_an_interrupted_import_may_be_tried_again(
    install: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        chatter()
        raise KeyboardInterrupt

    install(interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_keras()
    install()
    assert load_keras() is sys.modules["keras"]
    assert capfd.readouterr().err == ""


def test_another_backend_is_refused(install: Callable[..., None]) -> None:
    install(backend="jax")
    with pytest.raises(TensorFlowError, match="Keras runs on jax in this process, expected tensor"):
        load_keras()


def test_the_collector_rests_meanwhile(install: Callable[..., None]) -> None:
    seen: list[bool] = []
    install(lambda: seen.append(gc.isenabled()))
    assert gc.isenabled()
    load_keras()
    assert seen == [False]
    assert gc.isenabled()
    assert gc.get_freeze_count()


@pytest.mark.parametrize(("missing", "works"), [(1, False), (0, True)], ids=["less", "enough"])
def test_too_small_an_address_space_is_found_before_the_import(
    missing: int, works: bool, install: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    limit = needed_address_space() - missing
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, resource.RLIM_INFINITY))
    imports: list[None] = []
    install(lambda: imports.append(None))
    if works:
        load_keras()
    else:
        with pytest.raises(TensorFlowError, match=r"limited to \S+ GiB, .* with 'ulimit -v'"):
            load_keras()
    assert bool(imports) is works
