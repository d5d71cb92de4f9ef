"""What the README promises of every answer, checked on the bytes and the files of one."""

import json
import os
import re
import shlex
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from lstm_shapes.cli import run
from tests.fuzz.oracle import Facts, Layers, picked

KEYS = {
    *("schema_version", "measured", "code", "sizes", "layer", "layers", "seed", "input", "shown"),
    *("parameters", "outputs", "identities", "next_layers", "groups", "pytorch", "versions"),
}


@dataclass(frozen=True)
class Answer:
    """What a call came to; `screen` is stdout as its encoding writes it."""

    status: int
    stdout: bytes
    stderr: str
    files: dict[str, bytes]


@dataclass(frozen=True)
class Stage:
    """Where a call is made: the encoding of stdout and COLUMNS."""

    encoding: str = "utf-8"
    columns: str = "80"


def answer(words: Sequence[str], folder: Path, stage: Stage, lines: Sequence[str] = ()) -> Answer:
    """Make the call in the folder, as the process around it would; `lines` are its stdin."""
    text = "".join(f"{line}\n" for line in lines)
    stdin = TextIOWrapper(BytesIO(text.encode()), "utf-8")
    stdout = TextIOWrapper(BytesIO(), stage.encoding, errors="replace")
    stderr = TextIOWrapper(BytesIO(), "utf-8", errors="backslashreplace")
    with _changed(folder, stage):
        sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
        status = run(words)
    said = _written(stderr).decode()
    return Answer(status, _written(stdout), said, files(folder))


def _written(stream: TextIOWrapper) -> bytes:
    stream.flush()
    buffer: BytesIO = stream.buffer  # type: ignore[assignment]  # as made above
    return buffer.getvalue()


@contextmanager
def _changed(folder: Path, stage: Stage) -> Iterator[None]:
    streams = sys.stdin, sys.stdout, sys.stderr
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    os.chdir(folder)
    os.environ["COLUMNS"] = stage.columns
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        os.chdir(before)
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns


def files(folder: Path) -> dict[str, bytes]:
    """Everything in the folder by its name: what a file holds, where a link leads."""
    found = {}
    for path in folder.rglob("*"):
        name = os.fsencode(path.relative_to(folder)).decode("utf-8", "surrogateescape")
        if path.is_symlink():
            found[name] = os.fsencode(os.readlink(path))
        else:
            found[name] = path.read_bytes() if path.is_file() else b""
    return found


def check_sentences(said: str, count: int) -> None:
    """One sentence on a line of its own for each thing that was wrong, and no other word."""
    assert said.count("\n") == count, said
    for line in said.splitlines():
        assert line.startswith("lstm-shapes: "), line
        assert len(line) < 1200, line
        assert line.isprintable(), line


def check_saved(facts: Facts, before: dict[str, bytes], done: Answer, stage: Stage) -> None:
    """The files asked for are there and no other, and each says what stdout says."""
    names = {os.path.normpath(name) for name in facts.given.get("--save", [])}
    targets = {before.get(name, b"").decode() or name if name in LINKS else name for name in names}
    assert set(done.files) == {*before, *targets}
    for name in set(done.files) - targets:
        assert done.files[name] == before[name], name
    for name in targets:
        _check_file(facts, name, done, stage)


LINKS = ("link.txt", "dangling.html")


def _check_file(facts: Facts, name: str, done: Answer, stage: Stage) -> None:
    data, suffix = done.files[name], Path(name).suffix.lower()
    if suffix in (".json", ".jsonl"):
        check_documents(facts, data, values=facts.saves_values)
    elif suffix == ".npz":
        with np.load(BytesIO(data), allow_pickle=False) as saved:
            shapes = {name: saved[name].shape for name in facts.runs[0].shapes}
            spec = json.loads(saved["spec"].item())
            assert spec["batch_size"] == facts.runs[0].batch
        assert shapes == facts.runs[0].shapes
    elif suffix == ".svg":
        ET.fromstring(data)
    elif suffix == ".html":
        assert data.startswith(b"<!DOCTYPE html>")
    elif suffix == ".py":
        compile(data, name, "exec")
    elif "--json" not in facts.flags and stage.encoding == "utf-8":
        assert data == done.stdout, "the text is not what the screen shows"


def check_documents(facts: Facts, data: bytes, *, values: bool) -> list[dict[str, Any]]:
    """Strict JSON, a line for each run in order, of the shapes that NumPy has."""
    lines = data.decode("utf-8").splitlines()
    documents = [json.loads(line, parse_constant=_refuse) for line in lines]
    assert data.count(b"\n") == len(documents) == len(facts.runs)
    for document, layers in zip(documents, facts.runs, strict=True):
        _check_document(facts, document, layers, values=values and not facts.dry_run)
    return documents


def _check_document(facts: Facts, of: dict[str, Any], layers: Layers, *, values: bool) -> None:
    assert set(of) <= KEYS, set(of) - KEYS
    assert (of["schema_version"], of["measured"]) == (1, not facts.dry_run)
    assert ("seed" in of) is not facts.dry_run
    arrays = [of["input"], *of["outputs"]]
    assert {array["name"]: tuple(array["shape"]) for array in arrays} == layers.shapes
    for array in arrays:
        assert ("values" in array) is values
        if values:
            assert np.shape(array["values"]) == tuple(array["shape"])
    for identity in of["identities"]:
        if facts.dry_run:
            assert identity["holds"] is None
        elif "nan" not in str(facts.given.get("--input")):  # among NaN, all is equal
            assert identity["holds"] is True, identity
    texts = [
        text
        for text in facts.given.get("--show", [])
        if str(re.match(r"\s*(\w*)", text)[1]) in layers.shapes  # type: ignore[index]
    ]
    shown = of.get("shown", [])
    assert [entry["name"] for entry in shown] == [" ".join(text.split()) for text in texts]
    for entry, text in zip(shown, texts, strict=True):
        part = picked(text, layers)
        assert tuple(entry["shape"]) == part.shape
        # Of an array without elements, lists can tell the first axes only.
        assert np.shape(entry["values"]) == np.shape(part.tolist())
    assert ("groups" in of) is ("--compare" in facts.flags)
    assert ("pytorch" in of) is ("--pytorch" in facts.flags)


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def check_screen(text: str, columns: str) -> None:
    """No line ends in blanks, and in 80 columns or more none is longer but for words to repeat."""
    lines = text.splitlines()
    assert text.endswith("\n")
    assert [line for line in lines if line.endswith(" ")] == []
    width = int(columns) if columns.isdecimal() and int(columns) else 80
    before = lines[: lines.index("repeat with")] if "repeat with" in lines else lines
    long = [line for line in before if len(line) > max(width, 80)]
    assert long == []


def repeated(text: str) -> list[str] | None:
    """The words behind `repeat with`, as a shell reads them."""
    parts = text.split("repeat with\n")
    # Unlike a shell, shlex would not join lines.
    return shlex.split(parts[-1].replace("\\\n", ""))[1:] if len(parts) > 1 else None
