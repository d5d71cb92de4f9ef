"""Whole calls, drawn: whatever the options are, the README's promises hold.

`pytest tests/test_fuzz.py --fuzz 10000` makes as many on Keras; without it, few, and without Keras.
"""

import json
import os
import re
import shlex
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from io import BytesIO, TextIOWrapper
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_shapes.cli import run

QUIET: Any = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
Part = tuple[str, ...]  # an option with its value, or one word of any kind
Stage = tuple[str, str]  # the encoding of stdout, and COLUMNS
STATES = ("hidden_state", "cell_state")
KINDS = {"LSTM": (4, 1, STATES), "GRU": (3, 2, STATES[:1]), "SimpleRNN": (1, 1, STATES[:1])}
ALWAYS = {
    *("schema_version", "measured", "code", "sizes", "layer", "layers", "input", "parameters"),
    *("cost", "outputs", "identities", "lengths", "next_layers", "two_calls", "versions"),
    "repeat",
}
SOMETIMES = {"seed", "shown", "groups", "pytorch", "line"}

SIZE = st.integers(1, 6).map(str)
LAYERS = st.lists(SIZE, min_size=1, max_size=3).map(",".join)
ARRAY = st.sampled_from(("input", "output", "all_hidden_states", "all_cell_states", *STATES))
INDEX = st.sampled_from(("", "[0]", "[-1:]", "[..., 0]", "[:, ::-2]", "[:0]", " [ 0,\n... ]"))
SUFFIX = st.sampled_from((".npz", ".json", ".jsonl", ".svg", ".html", ".py"))
USUAL: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("-t", "--features", "--batch-size", "--precision"), SIZE),
    **{"--layer": st.sampled_from(("gru", "SimpleRNN")), "--lengths": st.just("1")},
    "--next": st.sampled_from(("Dense(2)", "Bidirectional(GRU(1))", "Add()")),
    **{"-u": LAYERS, "--units": LAYERS, "--show": st.builds("{}{}".format, ARRAY, INDEX)},
    "--input": st.sampled_from(("2-3-4.npy", "./1-1-1.npy", "nan.npy")),
    **{"--seed": st.sampled_from(("0", "+7", "4294967295")), "--max-memory": st.just("2.5")},
}
MODES = ((), ("--json",), ("--json",), ("--json", "-n"), ("-n",))
FLAGS = ["--return-sequences", "--return-state"] * 2 + ["--compare", "--bidirectional", "--pytorch"]
FLAGS += ["--force", "--arrays", "--no-arrays"]

# Without -n, only the memory check stands between the first two and the machine.
SIZES = ["2147483647", "1000000000", "2147483648", "0", "-1", "1e3", "", " ", "x", "1_0", "\u0663"]
SIZES += ["9" * 5000, "5,", "5,,5", "\n5", "64,0", "3,1000000000", "1," * 100 + "1", "2," * 9 + "2"]
SHOWS = ["", "[0]", "input[0", "input[]", "input[None]", "input[1.0]", "input[::0]", "input.T"]
SHOWS += ["output[0, 9]", "__import__('os')", "\x1b[2J", "\u00ednput", f"input[{'0,' * 900}]"]
SAVES = ["old.svg", "old.json", "link.html", "dangling.svg", "loop.svg", "pipe.svg", "folder", ""]
SAVES += ["folder/a.py", "folder/../a.svg", "none/a.svg", "old.svg/a.svg", "a.json/", "a", "a.txt"]
SAVES += ["A.NPZ", ".svg", ".", "-n.py", "'.jsonl", "\u00fc.json", "\u202e.html", "new\nline.py"]
SAVES += ["\x1b.svg", "\udcff.jsonl", "x\0y.svg", f"{'a' * 300}.svg"]
ODD: dict[str, Sequence[str]] = {
    **dict.fromkeys(("-t", "--features", "-u", "-b"), SIZES),
    **{"--show": SHOWS, "--save": SAVES, "--layer": ("rnn", ""), "--lengths": ("2,1", "0", "x")},
    "--next": ("Dense", "Lambda(1)", "Dense(__import__('os'))", "\x1b[2J(1)", "Dens(1)"),
    "--input": ("2-3.npy", "cut.npy", "none.npy", "old.svg", "folder", "pipe.svg", "x\0y"),
    **{"--seed": ("-1", "4294967296", "1.5", ""), "--precision": ("10", "-1", "4.0", "")},
    "--max-memory": ("0", "0.1", "-4", "nan", "4GiB", ""),
}
# Of these, the last three are answered whatever else is in a right call.
WORDS = ["", "5", "--", "-x", "a" * 10_000, "--\x1b[31m", "--json=1", "--no-json", "--return_state"]
WORDS += ["-t", "--seed", "--save", "-h", "--help", "--version"]
LINES = ["", "  ", "# -u 0", "-u 6 # x", "lstm-shapes -n", "-i", "--help", "--version", "-u 'x"]
ENCODINGS = st.sampled_from(("utf-8", "ascii", "latin-1", "cp437"))
COLUMNS = st.sampled_from(("80", "40", "59", "203", "0", "7", "5000", "many", ""))
USUAL_PART = st.one_of([st.tuples(st.just(option), value) for option, value in USUAL.items()])
ODD_PART = st.one_of([st.tuples(st.just(option), st.sampled_from(ODD[option])) for option in ODD])
WORD = st.sampled_from(WORDS).map(lambda word: (word,))


@st.composite
def calls(draw: st.DrawFn) -> list[Part]:
    """Draw options in any order, some of them repeated, and in half of the calls an odd one."""
    words = [*draw(st.sampled_from(MODES)), *draw(st.lists(st.sampled_from(FLAGS), max_size=3))]
    saves = draw(st.lists(SUFFIX.map("a{}".format), max_size=2))
    parts: list[Part] = [*((word,) for word in words), *(("--save", name) for name in saves)]
    parts += draw(st.lists(USUAL_PART, max_size=5)) + draw(st.lists(ODD_PART | WORD, max_size=1))
    return draw(st.permutations(parts))


class Answer(NamedTuple):
    status: int
    stdout: bytes
    stderr: str
    files: dict[str, bytes]  # all that is in the folder after it


def answer(words: Sequence[str], folder: Path, stage: Stage, stdin: str = "") -> Answer:
    """Make the call in the folder, as the process around it would."""
    read, written, said = BytesIO(stdin.encode(errors="surrogateescape")), BytesIO(), BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", stage[1])
        patch.setattr(sys, "stdin", TextIOWrapper(read, "utf-8"))
        patch.setattr(sys, "stdout", TextIOWrapper(written, stage[0], "replace"))
        patch.setattr(sys, "stderr", TextIOWrapper(said, "utf-8", "backslashreplace"))
        status = run(words)
        sys.stdout.flush()
        sys.stderr.flush()
        return Answer(status, written.getvalue(), said.getvalue().decode(), files(folder))


def files(folder: Path) -> dict[str, bytes]:
    """Return all that is in the folder: what a file holds, and where a link leads."""
    found = {}
    for path in folder.rglob("*"):
        link = os.readlink(path) if path.is_symlink() else ""
        held = path.read_bytes() if path.is_file() and not link else b""
        found[str(path.relative_to(folder))] = os.fsencode(link) or held
    return found


def filled(name: str) -> Path:
    """Return the folder, with files that calls read, find in their way, or may replace."""
    folder = Path(name)
    for shape in ((2, 3, 4), (1, 1, 1), (2, 3)):
        np.save(folder / "-".join(map(str, shape)), np.ones(shape, np.float32))
    np.save(folder / "nan", np.full((1, 3, 4), [np.nan, 1e38, -np.inf, 0]))
    (folder / "cut.npy").write_bytes((folder / "2-3-4.npy").read_bytes()[:-4])
    (folder / "old.svg").write_text("old")
    (folder / "old.json").write_text("old")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.svg")
    for link, target in (("link.html", "old.svg"), ("dangling.svg", "b.svg"), ("loop.svg",) * 2):
        (folder / link).symlink_to(target)
    return folder


def check_sentences(said: str, starts: Sequence[str]) -> None:
    """Check that stderr is as many sentences, each on a line, as there are starts."""
    assert said.count("\n") == len(starts), said
    for sentence, start in zip(said.splitlines(), starts, strict=True):
        assert (sentence[: len(start)], sentence.isprintable()) == (start, True)
        assert len(sentence) < 1200


def check_documents(data: bytes) -> list[dict[str, Any]]:
    """Check that every line is strict JSON, with facts that follow from each other."""
    documents = [json.loads(line, parse_constant=pytest.fail) for line in data.splitlines()]
    for document in documents:
        assert document["schema_version"] == 1
        assert set(document) - SOMETIMES == ALWAYS
        assert document["measured"] is ("seed" in document)
        check_document(document, document["sizes"], document["layer"])
    return documents


def check_document(document: dict[str, Any], sizes: Any, last: Any) -> None:
    """Check parameters by arithmetic, shapes by the README's tables, and values by the shapes."""
    total, features = 0, sizes["features"]
    assert [layer["units"] for layer in document["layers"]] == sizes["units"]
    for layer in document["layers"]:
        assert layer["features"] == features
        directions, units = 1 + layer["bidirectional"], layer["units"]
        gates, biases, states = KINDS[layer["class"]]
        total += directions * gates * units * (features + units + biases)
        features = directions * units
    weights = document["parameters"]["weights"]
    assert [weight["count"] for weight in weights] == [prod(weight["shape"]) for weight in weights]
    assert document["parameters"]["total"] == sum(weight["count"] for weight in weights) == total
    batch, steps, units = sizes["batch_size"], sizes["timesteps"], last["units"]
    assert document["input"]["shape"] == [batch, steps, sizes["features"]]
    every = ("all_hidden_states", [batch, steps, features])
    expected = [every if last["return_sequences"] else ("output", [batch, features])]
    for way in ("forward_", "backward_") if last["bidirectional"] else ("",):
        ways = [(way + state, [batch, units]) for state in states]
        expected += ways if last["return_state"] else []
    assert [(array["name"], array["shape"]) for array in document["outputs"]] == expected
    for array in (document["input"], *document["outputs"], *document.get("shown", [])):
        if "values" in array and 0 not in array["shape"]:
            assert list(np.shape(array["values"])) == array["shape"]


def check_file(name: str, data: bytes) -> None:
    """Check that a saved file is what its suffix says."""
    suffix = Path(name).suffix.lower()
    if suffix in (".json", ".jsonl"):
        assert check_documents(data)
    elif suffix == ".npz":
        saved = np.load(BytesIO(data), allow_pickle=False)
        assert all(saved[name].size for name in saved.files)
    elif suffix == ".svg":
        ET.fromstring(data)
    elif suffix == ".py":
        compile(data, "saved", "exec")
    else:
        assert data.startswith(b"<!DOCTYPE html>")


def check_call(call: Sequence[Part], stage: Stage, folder: Path, again: Path) -> None:
    """Check the promises of one call, and of the same call with the seed that it told."""
    words = [word for part in call for word in part]
    before, done = files(folder), answer(words, folder, stage)
    assert done.status in (0, 1, 2)
    check_sentences(done.stderr, ["lstm-shapes: "] if done.status else [])
    if done.status or {(word,) for word in WORDS[-3:]} & set(call):
        assert (done.files, bool(done.stdout)) == (before, not done.status)
        return
    names = [part[1] for part in call if part[0] == "--save"]
    root = os.path.realpath(folder)
    saved = {os.path.relpath(os.path.realpath(folder / name), root): name for name in names}
    assert set(done.files) == set(before) | set(saved)
    assert {name for name in before if done.files[name] != before[name]} <= set(saved)
    for path, name in saved.items():
        check_file(name, done.files[path])
    if ("--json",) in call:
        seed = check_documents(done.stdout)[0].get("seed")
    else:
        text = done.stdout.decode(stage[0])
        assert not re.search(r"[ \t]$|\x1b", text, re.MULTILINE)
        seed = next(iter(re.findall(r"\bseed\s+(\d+)", text)), None)
    assert done == answer([*([] if seed is None else [f"--seed={seed}"]), *words], again, stage)


@pytest.fixture
def drawn(request: pytest.FixtureRequest) -> settings:
    """Return how to draw: as many as asked for on Keras, or the same few without it."""
    asked: int = request.config.getoption("--fuzz")
    if not asked:
        request.getfixturevalue("without_keras")
    return settings(max_examples=asked or 150, derandomize=not asked, **QUIET)


def test_a_call_keeps_the_promises_of_the_readme(drawn: settings) -> None:
    @drawn
    @given(calls(), st.tuples(ENCODINGS, COLUMNS))
    def check(call: list[Part], stage: Stage) -> None:
        with TemporaryDirectory() as folder, TemporaryDirectory() as again:
            check_call(call, stage, filled(folder), filled(again))

    check()


def test_a_sitting_answers_each_line_as_if_it_were_alone(drawn: settings) -> None:
    line = calls().map(lambda call: shlex.join(word for part in call for word in part))
    lines = st.lists(line | st.sampled_from(LINES), max_size=4)
    beside = st.lists(st.sampled_from(("--json", "--no-arrays", "--precision=2")), max_size=2)

    @settings(drawn, max_examples=1 + drawn.max_examples // 12)
    @given(beside, lines, st.tuples(ENCODINGS, COLUMNS))
    def check(beside: list[str], lines: list[str], stage: Stage) -> None:
        words = ["-i", "--seed=7", *beside]
        lines = [re.sub(r"[\r\n]", " ", line) for line in lines]
        with TemporaryDirectory() as name, TemporaryDirectory() as other:
            done, folder = answer(words, filled(name), stage, "\n".join(lines)), filled(other)
            behind = ["\n" * number + line for number, line in enumerate(lines)]
            alone = [answer(words, folder, stage, line) for line in behind]
            wrong = [number for number, one in enumerate(alone, 1) if one.status]
            check_sentences(done.stderr, [f"lstm-shapes: line {number}: " for number in wrong])
            assert done.status == max((one.status for one in alone), default=0)
            assert done.stdout == b"".join(one.stdout for one in alone)
            assert done.files == files(folder)
            check_documents(done.stdout if "--json" in beside else b"")

    check()
