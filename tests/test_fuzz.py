"""Whole calls, drawn at random: the README's promises hold whatever the options are.

`pytest tests/test_fuzz.py --fuzz 10000` makes that many calls on Keras. Without the
option, the same few calls are made each time, without Keras.
"""

import json
import os
import re
import shlex
import subprocess
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
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lstm_shapes.cli import run
from lstm_shapes.view.picture import png_problem

Part = tuple[str, ...]  # an option with its value, or one word of any kind
Document = dict[str, Any]


class Kind(NamedTuple):
    """What the promises need to know of a kind of layer."""

    gate_count: int
    bias_rows: int
    bias_rows_reset_before: int
    states: tuple[str, ...]


class Stage(NamedTuple):
    """Where an answer is shown."""

    encoding: str  # of stdout
    columns: str  # as the variable COLUMNS says it


class Answer(NamedTuple):
    """What a call has said, and all that is in its folder after it."""

    status: int
    stdout: bytes
    stderr: str
    files: dict[str, bytes]


KINDS = {
    "LSTM": Kind(4, 1, 1, ("hidden_state", "cell_state")),
    "GRU": Kind(3, 2, 1, ("hidden_state",)),
    "SimpleRNN": Kind(1, 1, 1, ("hidden_state",)),
}
KEYS_OF_ALL_DOCUMENTS = {
    "schema_version",
    "measured",
    "call",
    "code",
    "sizes",
    "layer",
    "layers",
    "input",
    "parameters",
    "cost",
    "outputs",
    "identities",
    "open_axes",
    "lengths",
    "padding",
    "warnings",
    "remarks",
    "next_layers",
    "two_calls",
    "two_calls_reason",
    "rewritten",
    "odd_batch",
    "weights_of",
    "versions",
    "repeat",
}
KEYS_OF_SOME_DOCUMENTS = {
    "seed",
    "shown",
    "groups",
    "pytorch",
    "pytorch_lacks",
    "line",
}

# Code says these itself, and is refused beside them.
SAID_IN_CODE = ("-u", "--units", "--layer", "--bidirectional")

# What is drawn: options with usual values, with unusual ones, and words of any kind.

SIZE = st.integers(1, 6).map(str)
LAYERS = st.lists(SIZE, min_size=1, max_size=3).map(",".join)
ARRAY = st.sampled_from(
    [
        "input",
        "output",
        "all_hidden_states",
        "all_cell_states",
        "hidden_state",
        "cell_state",
    ]
)
INDEX = st.sampled_from(
    ["", "[0]", "[-1:]", "[..., 0]", "[:, ::-2]", "[:0]", " [ 0,\n... ]"]
)
SUFFIXES = [".npz", ".json", ".jsonl", ".svg", ".html", ".steps.html", ".py"]
if not png_problem():
    SUFFIXES.append(".png")
SUFFIX = st.sampled_from(SUFFIXES)
# A layer as written in Keras, with a value for the name in it.
CODES: list[Part] = [
    ("LSTM(3, go_backwards=True, return_sequences=True)",),
    ('Bidirectional(GRU(2), merge_mode="sum")',),
    ("Bidirectional(LSTM(3, return_sequences=True), merge_mode=None)",),
    ("Bidirectional(LSTM(2), backward_layer=GRU(3, go_backwards=True))",),
    (
        "LSTM(4, return_sequences=True), Bidirectional(GRU(3, return_sequences=True,"
        ' reset_after=False), "mul"), SimpleRNN(2, use_bias=False)',
    ),
    ('GRU(3, stateful=True, dropout=0.5, activation="relu")',),
    ('LSTM(2, dtype="mixed_float16", trainable=False)',),
    ("LSTM(5), Dropout(0.2), Dense(2)",),
    ("model = Sequential()\nmodel.add(LSTM(3))\nmodel.add(Dense(2))",),
    ("model.add(Embedding(9, 4))\nmodel.add(SimpleRNN(n))", "-D", "n=3"),
    ("x = Input((n, 4))\nx, h, c = LSTM(3, return_state=True)(x)", "-Dn=3"),
]
USUAL_VALUES: dict[str, st.SearchStrategy[str]] = {
    "-t": SIZE | st.just("None"),
    "--features": SIZE,
    "--batch-size": SIZE,
    "--precision": SIZE,
    "-u": LAYERS,
    "--units": LAYERS,
    "--layer": st.sampled_from(["gru", "SimpleRNN"]),
    "--lengths": st.just("1"),
    "--padding": st.sampled_from(["post", "pre"]),
    "-D": st.just("n=3"),
    "--next": st.sampled_from(
        [
            "Dense(2)",
            "Bidirectional(GRU(1))",
            "Add()",
            "Dense(n), Flatten(), Dense(1)",
            "x = RepeatVector(2)(x)\nx = LSTM(1)(x)",
        ]
    ),
    "--show": st.builds("{}{}".format, ARRAY, INDEX),
    "--input": st.sampled_from(["2-3-4.npy", "./1-1-1.npy", "nan.npy", "2-3.npy"]),
    "--window": st.sampled_from(["1", "2"]),
    "--seed": st.sampled_from(["0", "+7", "4294967295"]),
    "--max-memory": st.just("2.5"),
}
MODES = [
    [],
    ["--json"],
    ["--json"],
    ["--json", "-n"],
    ["-n"],
]
FLAGS = [
    "--return-sequences",
    "--return-sequences",
    "--return-state",
    "--return-state",
    "--compare",
    "--bidirectional",
    "--pytorch",
    "--force",
    "--arrays",
    "--no-arrays",
]

UNUSUAL_SIZES = [
    # Of these two, only the check of memory keeps Keras from building a layer.
    "2147483647",
    "1000000000",
    "2147483648",
    "0",
    "-1",
    "1e3",
    "",
    " ",
    "x",
    "1_0",
    "\u0663",
    "9" * 5000,
    "5,",
    "5,,5",
    "\n5",
    "64,0",
    "3,1000000000",
    "1," * 100 + "1",
    "2," * 9 + "2",
]
UNUSUAL_EXPRESSIONS = [
    "",
    "[0]",
    "input[0",
    "input[]",
    "input[None]",
    "input[1.0]",
    "input[::0]",
    "input.T",
    "output[0, 9]",
    "__import__('os')",
    "\x1b[2J",
    "\u00ednput",
    f"input[{'0,' * 900}]",
]
UNUSUAL_FILES = [
    "old.svg",
    "old.json",
    "link.html",
    "dangling.svg",
    "loop.svg",
    "pipe.svg",
    "folder",
    "",
    "folder/a.py",
    "folder/../a.svg",
    "none/a.svg",
    "old.svg/a.svg",
    "a.json/",
    "a",
    "a.txt",
    "A.NPZ",
    ".svg",
    ".",
    "-n.py",
    "'.jsonl",
    "\u00fc.json",
    "\u202e.html",
    "new\nline.py",
    "\x1b.svg",
    "\udcff.jsonl",
    "x\0y.svg",
    f"{'a' * 300}.svg",
]
UNUSUAL_INPUTS = [
    "2-3.npy",
    "cut.npy",
    "none.npy",
    "old.svg",
    "folder",
    "pipe.svg",
    "x\0y",
]
UNUSUAL_LAYERS_BEHIND = [
    "Dense",
    "Lambda(1)",
    "Dense(__import__('os'))",
    "\x1b[2J(1)",
    "Dens(1)",
    "Dense(2),",
    "Dense(2), Nope(1)",
    "Dense(1000000000), Dense(1000000000)",
    "x = Dense(2)(x)\nbreak",
]
# As wide and as deep as somebody may paste it, wrong, or meant to do harm.
UNUSUAL_CODES = [
    "LSTM",
    "LSTM()",
    "LSTM(",
    "LSTM(0)",
    "LSTM(x)",
    "LSTM(1000000000)",
    f"LSTM({'9' * 5000})",
    "LSTM(10**10**10)",
    f"LSTM({'-' * 10_000}1)",
    f"{'(' * 10_000}",
    f"LSTM(5){'.a' * 10_000}",
    f"{'Bidirectional(' * 200}LSTM(1){')' * 200}",
    f"[{'LSTM(1, return_sequences=True), ' * 60}LSTM(1)]",
    "__import__('os').mkdir('harm')",
    "LSTM(__import__('os').mkdir('harm'))",
    "LSTM(5)(open('harm', 'w'))",
    "LSTM(units=5, units=6)",
    "LSTM(5, **arguments)",
    "LSTM(5, name='\x1b[2J')",
    "LSTM(5, name='\\x1b[2J')",
    "LSTM(5, name='\u202e')",
    "LSTM(5, name='\udcff')",
    "LSTM(5)\0",
    "L\u017fTM(5)",
    "GRU(5, activation=lambda x: x)",
    "GRU(5, dropout=1e999)",
    "Bidirectional(Dense(5))",
    "nn.LSTM(4, 5, batch_first=True)",
    "Dense(5)",
    "model.keras",
    "old.json",
    "folder",
]
UNUSUAL_VALUES = {
    "-t": UNUSUAL_SIZES,
    "--features": UNUSUAL_SIZES,
    "-u": UNUSUAL_SIZES,
    "-b": UNUSUAL_SIZES,
    "--show": UNUSUAL_EXPRESSIONS,
    "--save": UNUSUAL_FILES,
    "--layer": ["rnn", ""],
    "--lengths": ["2,1", "0", "x"],
    "--padding": ["front", ""],
    "--window": UNUSUAL_SIZES,
    "--next": UNUSUAL_LAYERS_BEHIND,
    "-D": ["n", "n=", "=3", "n=0", "n=x", "n=[", "LSTM=3", "n=" + "9" * 5000],
    "--input": UNUSUAL_INPUTS,
    "--seed": ["-1", "4294967296", "1.5", ""],
    "--precision": ["10", "-1", "4.0", ""],
    "--max-memory": ["0", "0.1", "-4", "nan", "4GiB", ""],
}
# These are answered whatever else is in a right call, and nothing else is done.
INFORMATION = ["-h", "--help", "--version"]
WORDS = [
    "",
    "5",
    "--",
    "-x",
    "a" * 10_000,
    "--\x1b[31m",
    "--json=1",
    "--no-json",
    "--return_state",
    "-t",
    "--seed",
    "--save",
]
# The first screen of each kind has a footer, and no other one.
WITH_FOOTERS = "-u 1 -n\n-u 1\n"
LINES_OF_A_SITTING = [
    "",
    "  ",
    "# -u 0",
    "-u 6 # x",
    "lstm-shapes -n",
    "-i",
    "--help",
    "--version",
    "-u 'x",
    "GRU(3)",
    'lstm = LSTM(2, activation="relu") -n --return-state',
    "GRU(3",
    "GRU(3) -u 4",
    "GRU('\0') # x",
]
STAGE = st.builds(
    Stage,
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1", "cp437"]),
    columns=st.sampled_from(
        ["80", "40", "59", "203", "0", "7", "5000", "many", ""],
    ),
)


def usual_part(*, is_beside_code: bool) -> st.SearchStrategy[Part]:
    """Draw an option with one of its usual values."""
    parts = []
    for option, values in USUAL_VALUES.items():
        if is_beside_code and option in SAID_IN_CODE:
            continue
        parts.append(st.tuples(st.just(option), values))
    return st.one_of(parts)


def unusual_part() -> st.SearchStrategy[Part]:
    """Draw an option with an unusual value, most of which are wrong."""
    parts = []
    for option, values in UNUSUAL_VALUES.items():
        parts.append(st.tuples(st.just(option), st.sampled_from(values)))
    return st.one_of(parts)


def single_word(words: Sequence[str]) -> st.SearchStrategy[Part]:
    """Draw one of these words, without a value."""
    return st.tuples(st.sampled_from(words))


@st.composite
def calls(draw: st.DrawFn) -> list[Part]:
    """Draw options in any order, and in half of the calls something unusual."""
    mode = draw(st.sampled_from(MODES))
    suffixes = draw(st.lists(SUFFIX, max_size=2))
    # Without a file to save, `--force` is refused.
    usable_flags = FLAGS if suffixes else [flag for flag in FLAGS if flag != "--force"]
    flags = draw(st.lists(st.sampled_from(usable_flags), max_size=3))
    parts: list[Part] = []
    for word in mode + flags:
        parts.append((word,))
    for suffix in suffixes:
        parts.append(("--save", f"a{suffix}"))
    codes = draw(st.lists(st.sampled_from(CODES), max_size=1))
    if codes:
        parts = [part for part in parts if part[0] not in SAID_IN_CODE]
        parts += codes
    usual = usual_part(is_beside_code=bool(codes))
    parts += draw(st.lists(usual, max_size=5))
    unusual = (
        unusual_part()
        | single_word(UNUSUAL_CODES)
        | single_word(WORDS)
        | single_word(INFORMATION)
    )
    parts += draw(st.lists(unusual, max_size=1))
    return draw(st.permutations(parts))


def words_of(call: Sequence[Part]) -> list[str]:
    """Return the words of a call one after the other."""
    words: list[str] = []
    for part in call:
        words.extend(part)
    return words


def line_of(call: Sequence[Part]) -> str:
    """Write a call on one line of a sitting."""
    line = shlex.join(words_of(call))
    return re.sub(r"[\r\n]", " ", line)


# How a call is made: in a folder of files, by the process that the tests run in.


def fill(folder_name: str) -> Path:
    """Put files into a folder that calls read, find in their way, or may replace."""
    folder = Path(folder_name)
    np.save(folder / "2-3-4.npy", np.ones((2, 3, 4), np.float32))
    np.save(folder / "1-1-1.npy", np.ones((1, 1, 1), np.float32))
    np.save(folder / "2-3.npy", np.ones((2, 3), np.float32))
    not_finite = [np.nan, 1e38, -np.inf, 0]
    np.save(folder / "nan.npy", np.full((1, 3, 4), not_finite))
    complete = (folder / "2-3-4.npy").read_bytes()
    (folder / "cut.npy").write_bytes(complete[:-4])

    (folder / "old.svg").write_text("old")
    (folder / "old.json").write_text("old")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.svg")
    (folder / "link.html").symlink_to("old.svg")
    (folder / "dangling.svg").symlink_to("b.svg")
    (folder / "loop.svg").symlink_to("loop.svg")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return what every file in a folder holds, and where every link leads."""
    files = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            files[name] = os.fsencode(os.readlink(path))
        elif path.is_file():
            files[name] = path.read_bytes()
        else:
            files[name] = b""
    return files


def make_call(
    words: Sequence[str], folder: Path, stage: Stage, stdin: str = ""
) -> Answer:
    """Make a call in a folder, as the process around the command would."""
    typed = BytesIO(stdin.encode(errors="surrogateescape"))
    stdout = BytesIO()
    stderr = BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", stage.columns)
        patch.setattr(sys, "stdin", TextIOWrapper(typed, "utf-8"))
        patch.setattr(sys, "stdout", TextIOWrapper(stdout, stage.encoding, "replace"))
        patch.setattr(sys, "stderr", TextIOWrapper(stderr, "utf-8", "backslashreplace"))
        status = run(words)
        sys.stdout.flush()
        sys.stderr.flush()
        return Answer(
            status=status,
            stdout=stdout.getvalue(),
            stderr=stderr.getvalue().decode(),
            files=contents(folder),
        )


# What is promised.


def check_sentences(stderr: str, beginnings: Sequence[str]) -> None:
    """Check that stderr is one sentence, on one line, for each beginning."""
    assert stderr.count("\n") == len(beginnings), stderr
    for sentence, beginning in zip(stderr.splitlines(), beginnings, strict=True):
        assert sentence.startswith(beginning)
        assert sentence.isprintable()
        assert len(sentence) < 1200


def check_documents(data: bytes) -> list[Document]:
    """Check that every line is strict JSON, with facts that follow from each other."""
    documents = []
    for line in data.splitlines():
        document = json.loads(line, parse_constant=pytest.fail)
        check_document(document)
        documents.append(document)
    return documents


def check_document(document: Document) -> None:
    """Check the keys of a document, and then every fact in it."""
    assert document["schema_version"] == 1
    assert set(document) - KEYS_OF_SOME_DOCUMENTS == KEYS_OF_ALL_DOCUMENTS
    assert document["measured"] is ("seed" in document)
    assert document["layer"] == document["layers"][-1]
    check_parameters(document)
    check_arrays(document)
    check_values(document)


def check_parameters(document: Document) -> None:
    """Check the sizes of the layers, and their parameters by arithmetic."""
    sizes = document["sizes"]
    layers = document["layers"]
    assert [layer["units"] for layer in layers] == sizes["units"]

    expected_total = 0
    features = sizes["features"]
    for layer in layers:
        assert layer["features"] == features
        for half in halves_of(layer):
            kind = KINDS[half["class"]]
            columns = kind.gate_count * half["units"]
            rows = features + half["units"] + bias_rows(half)
            expected_total += columns * rows
        (features,) = set(widths_of(layer))

    total = 0
    parameters = document["parameters"]
    assert parameters["trainable"] + parameters["non_trainable"] == expected_total
    for weight in document["parameters"]["weights"]:
        assert weight["count"] == prod(weight["shape"])
        total += weight["count"]
    assert document["parameters"]["total"] == total
    assert total == expected_total


def halves_of(layer: Document) -> list[Document]:
    """Return the layer of each direction."""
    if not layer["bidirectional"]:
        return [layer]
    return [layer, layer["backward_layer"] or layer]


def bias_rows(half: Document) -> int:
    """Return the biases of a column of the layer of a direction."""
    arguments = half["arguments"]
    if not arguments.get("use_bias", True):
        return 0
    kind = KINDS[half["class"]]
    if not arguments.get("reset_after", True):
        return kind.bias_rows_reset_before
    return kind.bias_rows


def widths_of(layer: Document) -> list[int]:
    """Return the units of each array in which h comes back, merged or not."""
    units = [half["units"] for half in halves_of(layer)]
    if layer["merge_mode"] == "concat":
        return [sum(units)]
    if layer["bidirectional"] and layer["merge_mode"] is None:
        return units
    return units[:1]


def check_arrays(document: Document) -> None:
    """Check the input and the outputs by the tables of the README."""
    sizes = document["sizes"]
    batch = sizes["batch_size"]
    timesteps = sizes["timesteps"]
    assert document["input"]["shape"] == [batch, timesteps, sizes["features"]]

    layer = document["layer"]
    directions = ["forward_", "backward_"] if layer["bidirectional"] else [""]
    widths = widths_of(layer)
    expected = []
    for direction, width in zip(directions, widths, strict=False):
        prefix = direction if len(widths) > 1 else ""
        if layer["return_sequences"]:
            name = f"{prefix}all_hidden_states"
            expected.append((name, [batch, timesteps, width]))
        else:
            expected.append((f"{prefix}output", [batch, width]))
    if layer["return_state"]:
        for direction, half in zip(directions, halves_of(layer), strict=True):
            for state in KINDS[half["class"]].states:
                expected.append((direction + state, [batch, half["units"]]))
    outputs = [(array["name"], array["shape"]) for array in document["outputs"]]
    assert outputs == expected

    is_stateful = any(part["arguments"].get("stateful") for part in document["layers"])
    for array in (document["input"], *document["outputs"]):
        model_shape = [batch if is_stateful else None, *array["shape"][1:]]
        if "timesteps" in document["open_axes"] and "timesteps" in array["axes"]:
            model_shape[1] = None
        assert array["model_shape"] == model_shape


def check_values(document: Document) -> None:
    """Check that values are nested as deeply and as widely as their shape says."""
    arrays = [document["input"]]
    arrays += document["outputs"]
    arrays += document.get("shown", [])
    for array in arrays:
        is_empty = 0 in array["shape"]
        if "values" in array and not is_empty:
            assert list(np.shape(array["values"])) == array["shape"]


def check_file(name: str, data: bytes) -> None:
    """Check that a saved file is what its suffix says."""
    suffix = Path(name).suffix.lower()
    if suffix in (".json", ".jsonl"):
        assert check_documents(data)
    elif suffix == ".npz":
        saved = np.load(BytesIO(data), allow_pickle=False)
        assert all(saved[member].size for member in saved.files)
    elif suffix == ".svg":
        ET.fromstring(data)
    elif suffix == ".png":
        assert data.startswith(b"\x89PNG")
    elif suffix == ".py":
        compile(data, "saved", "exec")
    else:
        assert data.startswith(b"<!DOCTYPE html>")


def check_saved_files(
    call: Sequence[Part],
    folder: Path,
    before: dict[str, bytes],
    after: dict[str, bytes],
) -> None:
    """Check that a call has written the files that it names, and no others."""
    names_by_target = {}
    root = os.path.realpath(folder)
    for part in call:
        if part[0] == "--save":
            name = part[1]
            target = os.path.realpath(folder / name)
            names_by_target[os.path.relpath(target, root)] = name
    assert set(after) == set(before) | set(names_by_target)
    for name, data in before.items():
        assert after[name] == data or name in names_by_target
    for target, name in names_by_target.items():
        check_file(name, after[target])


def check_stdout(call: Sequence[Part], stdout: bytes, stage: Stage) -> str | None:
    """Check the documents or the screen of a call, and return the seed in it."""
    if ("--json",) in call:
        document = check_documents(stdout)[0]
        return str(document["seed"]) if "seed" in document else None
    screen = stdout.decode(stage.encoding)
    assert "\x1b" not in screen
    assert not re.search(r"[ \t]$", screen, re.MULTILINE)
    seed = re.search(r"\bseed\s+(\d+)", screen)
    return seed.group(1) if seed else None


def check_call(
    call: Sequence[Part], stage: Stage, folder: Path, other_folder: Path
) -> None:
    """Check the promises of a call, and that its seed makes the same answer again."""
    words = words_of(call)
    files_before = contents(folder)
    answer = make_call(words, folder, stage)
    assert answer.status in (0, 1, 2)
    if answer.status:
        check_sentences(answer.stderr, ["lstm-shapes: "])
        assert not answer.stdout
        assert answer.files == files_before
        return

    check_sentences(answer.stderr, [])
    if any((word,) in call for word in INFORMATION):
        assert answer.stdout
        assert answer.files == files_before
        return

    check_saved_files(call, folder, files_before, answer.files)
    seed = check_stdout(call, answer.stdout, stage)
    if seed:
        words = [f"--seed={seed}", *words]
    assert make_call(words, other_folder, stage) == answer
    if ("--json",) in call:
        check_repeat(answer, stage, other_folder)


def check_repeat(answer: Answer, stage: Stage, folder: Path) -> None:
    """Check that what `repeat` says makes the same documents again."""
    repeat = json.loads(answer.stdout.splitlines()[0])["repeat"]
    script = repeat.replace("lstm-shapes", r"printf '%s\0'", 1)
    bash = subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    words = os.fsdecode(bash.stdout).split("\0")[:-1]
    assert make_call([*words, "--json"], folder, stage).stdout == answer.stdout


def check_sitting(
    options: Sequence[str],
    lines: Sequence[str],
    stage: Stage,
    folder: Path,
    other_folder: Path,
) -> None:
    """Check that a sitting answers its lines as sittings of one line each do."""
    words = ["-i", "--seed=7", *options]
    sitting = make_call(words, folder, stage, WITH_FOOTERS + "\n".join(lines))

    footers = make_call(words, other_folder, stage, WITH_FOOTERS).stdout
    stdout = footers
    answers = []
    beginnings = []
    for number, line in enumerate(lines, start=WITH_FOOTERS.count("\n") + 1):
        empty_lines = "\n" * (number - 3)  # so that the line keeps its number
        line_alone = WITH_FOOTERS + empty_lines + line
        answer = make_call(words, other_folder, stage, line_alone)
        stdout += answer.stdout.removeprefix(footers)
        answers.append(answer)
        if answer.status:
            beginnings.append(f"lstm-shapes: line {number} (")

    check_sentences(sitting.stderr, beginnings)
    statuses = [answer.status for answer in answers]
    assert sitting.status == max(statuses, default=0)
    assert sitting.stdout == stdout
    assert sitting.files == contents(other_folder)
    has_help = any(line.strip() in ("-h", "--help") for line in lines)
    if "--json" in options and not has_help:
        check_documents(sitting.stdout)


@pytest.fixture
def drawn(request: pytest.FixtureRequest) -> settings:
    """Return how to draw: as many calls as --fuzz says, on Keras, or a fixed few."""
    fuzz_count: int = request.config.getoption("--fuzz")
    if not fuzz_count:
        request.getfixturevalue("without_keras")
    return settings(
        max_examples=fuzz_count or 150,
        derandomize=not fuzz_count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_a_call_keeps_the_promises_of_the_readme(drawn: settings) -> None:
    @drawn
    @given(call=calls(), stage=STAGE)
    def check(call: list[Part], stage: Stage) -> None:
        with TemporaryDirectory() as name, TemporaryDirectory() as other_name:
            check_call(call, stage, fill(name), fill(other_name))

    check()


def test_a_sitting_answers_each_line_as_if_it_were_alone(drawn: settings) -> None:
    options = st.sampled_from(["--json", "--no-arrays", "--precision=2"])
    line = calls().map(line_of) | st.sampled_from(LINES_OF_A_SITTING)

    @settings(drawn, max_examples=1 + drawn.max_examples // 12)
    @given(
        options=st.lists(options, max_size=2),
        lines=st.lists(line, max_size=4),
        stage=STAGE,
    )
    def check(options: list[str], lines: list[str], stage: Stage) -> None:
        # Of two lines that save to one file, the second is refused.
        assume(sum("--save" in line for line in lines) < 2)
        with TemporaryDirectory() as name, TemporaryDirectory() as other_name:
            check_sitting(options, lines, stage, fill(name), fill(other_name))

    check()
