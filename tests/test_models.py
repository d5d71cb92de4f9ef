"""A model file on the command line: its list, one of its layers, and what is refused."""

import json
import os
import shutil
import sys
import zipfile
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes.prompt import completions
from lstm_shapes.repeat import quoted_for_bash
from lstm_shapes.request import ListRequest
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel, Unknown
from lstm_shapes.view.saved_layers import list_lines
from lstm_shapes.view.screen import printable
from lstm_shapes.view.style import ASCIIGlyphs, Look
from tests.conftest import Command, pasted_words
from tests.memory import growth_limited_to

MODEL = Path(__file__).parent / "models" / "model.keras"
LIST = """\
model.keras  Keras 3.15.1
input (None, 10, 4)  output (None, 1)  510 parameters

  path    input          output         parameters
  lstm    (None, 10, 4)  (None, 10, 6)         264
          LSTM(6, return_sequences=True)
  lstm_1  (None, 10, 6)  (None, 5)             240
          LSTM(5)

1 other layer: Dense

one layer, with its weights: lstm-shapes model.keras lstm_1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with a model of two LSTMs and a Dense."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(MODEL, tmp_path)
    return tmp_path


def facts(command: Command, *arguments: str) -> list[dict[str, Any]]:
    """Return the JSON of a call, a document for each line."""
    answer = command(*arguments, "--json")
    assert (answer.stderr, answer.status) == ("", 0)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_a_file_alone_is_a_list_that_ends_with_the_line_to_type(
    command: Command,
) -> None:
    answer = command("model.keras")
    assert (answer.status, answer.stderr, answer.stdout) == (0, "", LIST)


def test_json_has_a_line_for_each_layer(command: Command) -> None:
    lower, upper = facts(command, "model.keras")
    assert (lower["path"], lower["class"], lower["parameters"]["total"]) == (
        "lstm",
        "LSTM",
        264,
    )
    assert lower["code"] == "LSTM(6, return_sequences=True)"
    assert lower["input_shape"] == [None, 10, 4]
    assert upper["outputs"] == [{"name": "output", "model_shape": [None, 5]}]
    assert upper["model"]["other_classes"] == {"Dense": 1}


def test_the_code_of_a_layer_is_the_same_in_the_list_and_on_its_own(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_model(monkeypatch, saved("second", layer=replace(STATES, name="second")))
    code = 'LSTM(5, return_sequences=True, return_state=True, name="second")'
    assert code in command("second.h5").stdout
    assert command("second.h5", "second", "-n").stdout.startswith(code)
    assert facts(command, "second.h5")[0]["code"] == code
    assert facts(command, "second.h5", "second", "-n")[0]["code"] == code


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".svg", ".html"])
def test_the_list_is_saved(command: Command, folder: Path, suffix: str) -> None:
    answer = command("model.keras", "--save", f"list{suffix}")
    assert (answer.status, answer.stderr, answer.stdout) == (0, "", LIST)
    assert "lstm_1" in (folder / f"list{suffix}").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["model.keras", "--return-state"],
            "--return-state is for one layer, expected its path behind the file, as"
            " lstm-shapes model.keras lstm_1",
        ),
        (["model.keras", "--show", "output"], "--show is for one layer"),
        (["model.keras", "--input", "x.npy"], "--input is for one layer"),
        (["model.keras", "-i"], "--interactive came beside a model file alone"),
        (["model.keras", "--save", "x.npz"], "'x.npz' cannot hold a list of layers"),
        (["model.keras", "lstm_2"], "expected one like 'lstm_1' or 'lstm'"),
        (["model.keras", "dense"], "'dense' in 'model.keras' is of the class 'Dense'"),
        (["model.keras", "lstm", "-u", "3"], "--units came beside 'lstm' in"),
        (
            ["model.keras", "lstm", "-f", "3"],
            "--features is 3 and that of 'lstm' in 'model.keras' 4",
        ),
        (["model.keras", "lstm", "-D", "u=3"], "expected none beside a model"),
        (["nowhere.keras"], "'nowhere.keras'"),
        (["LSTM(64)", "lstm"], "'lstm' came behind 'LSTM(64)', which is no model file"),
        (["x.npy"], "'x.npy' holds numbers"),
        (
            ["--input", "model.keras"],
            "'model.keras' is a model, expected numbers",
        ),
        (
            ["model.keras", "lstm_1", "--input", "x.npy"],
            "'x.npy' has 4 features and 'lstm_1' in 'model.keras' takes 6",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_contradicts_a_file_is_one_sentence(
    command: Command, arguments: list[str], sentence: str
) -> None:
    np.save("x.npy", np.ones((2, 3, 4)))
    answer = command(*arguments)
    assert (answer.status, answer.stdout) == (2, "")
    assert sentence in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "shape"),
    [
        ([], "LSTM(6, return_sequences=True)", [1, 10, 4]),
        (
            ["--return-state", "-t", "7", "-b", "2"],
            "LSTM(6, return_sequences=True, return_state=True)",
            [2, 7, 4],
        ),
        (["--no-return-sequences", "--lengths", "3,1"], "LSTM(6)", [2, 10, 4]),
        (
            ["--input", "x.npy"],
            "LSTM(6, return_sequences=True)",
            [2, 3, 4],
        ),
    ],
    ids=["as in the file", "sizes", "flag off", "own input"],
)
def test_a_layer_of_the_file_takes_sizes_and_flags(
    command: Command, arguments: list[str], code: str, shape: list[int]
) -> None:
    np.save("x.npy", np.ones((2, 3, 4)))
    (document,) = facts(command, "model.keras", "lstm", *arguments, "-n")
    assert document["code"] == code
    assert document["input"]["shape"] == shape
    assert document["weights_of"] == {"file": "model.keras", "path": "lstm"}


def test_timesteps_that_the_file_leaves_open_are_3(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_model(monkeypatch, saved("lstm", input_shape=(None, None, 8)))
    (document,) = facts(command, "model.keras", "lstm", "-n")
    assert document["input"]["model_shape"] == [None, None, 8]
    assert document["input"]["shape"] == [1, 3, 8]


@pytest.mark.parametrize(
    ("option", "is_said"), [([], True), (["-f", "5"], False)], ids=["none", "-f"]
)
def test_only_features_that_nobody_says_are_the_usual_ones(
    command: Command, monkeypatch: pytest.MonkeyPatch, option: list[str], is_said: bool
) -> None:
    layer = saved("lstm", input_shape=None, unknown=Unknown.NOT_BUILT)
    use_model(monkeypatch, layer)
    answer = command("model.keras", "lstm", "-n", *option)
    assert ("the usual size is taken: features" in answer.stdout) is is_said


def test_a_stateful_layer_keeps_its_batch(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Layer(cell=LSTM, units=5, stateful=True)
    use_model(monkeypatch, saved("lstm", layer=layer, input_shape=(4, 10, 8)))
    (document,) = facts(command, "model.keras", "lstm", "-t", "6", "-n")
    assert document["input"]["shape"] == [4, 6, 8]
    answer = command("model.keras", "lstm", "-b", "2", "-n")
    assert "--batch-size is 2 and that of 'lstm' in 'model.keras' 4" in answer.stderr
    np.save("x.npy", np.ones((2, 6, 8)))
    answer = command("model.keras", "lstm", "--input", "x.npy", "-n")
    assert "'x.npy' has 2 samples and 'lstm' in 'model.keras' takes 4" in answer.stderr


def test_the_screen_says_whose_weights_they_are_and_repeats_itself(
    command: Command,
) -> None:
    screen = command("model.keras", "lstm_1", "--return-state", "--seed", "1").stdout
    assert "lstm_1 of model.keras, saved by Keras 3.15.1" in screen
    assert "weights of model.keras, lstm_1" in screen
    assert "untrained" not in screen
    words = pasted_words(screen)
    assert words == ["model.keras", "lstm_1", "--return-state", "--seed", "1"]
    assert command(*words).stdout == screen


def test_flags_change_the_call_and_not_the_weights(command: Command) -> None:
    arrays = []
    for flag in ("--return-state", "--return-sequences"):
        (document,) = facts(command, "model.keras", "lstm_1", flag, "--seed", "1")
        arrays.append(np.array(document["outputs"][0]["values"]))
    output, all_hidden_states = arrays
    assert np.allclose(output, all_hidden_states[:, -1])


def test_the_saved_program_loads_the_weights_from_beside_it(
    command: Command, folder: Path
) -> None:
    (document,) = facts(
        command, "model.keras", "lstm_1", "--seed", "1", "--save", "lstm.py"
    )
    program = (folder / "lstm.py").read_text("utf-8")
    program += "\nnp.save('output.npy', output)\n"
    (folder / "lstm.py").write_text(program)
    variables = {"__file__": str(folder / "lstm.py")}
    exec(compile(program, "lstm.py", "exec"), variables)
    expected = np.array(document["outputs"][0]["values"])
    assert np.allclose(np.load("output.npy"), expected, atol=1e-6)
    again = command("model.keras", "lstm_1", "-n", "--save", "lstm.py")
    assert (again.status, "exists" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("model.keras", 2),
        ("model.keras lstm_1 --return-state", 1),
        ("lstm-shapes ./model.keras lstm", 1),
    ],
)
def test_a_line_of_the_prompt_may_be_a_file(
    command: Command, monkeypatch: pytest.MonkeyPatch, line: str, count: int
) -> None:
    stream = TextIOWrapper(BytesIO(f"{line}\n".encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    documents = facts(command, "-i", "-n", "-u", "8", "--return-sequences")
    assert len(documents) == count
    assert documents[0]["line"] == 1


def test_a_file_beside_the_prompt_serves_its_lines(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = TextIOWrapper(BytesIO(b"--return-state\nLSTM(9)\n-u 3\n"))
    monkeypatch.setattr(sys, "stdin", stream)
    documents = facts(command, "-i", "model.keras", "lstm_1", "-n")
    codes = [document["code"] for document in documents]
    assert codes == ["LSTM(5, return_state=True)", "LSTM(9)", "LSTM(3)"]


def test_a_model_comes_as_json_on_standard_input(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(
        {
            "class_name": "Sequential",
            "config": {
                "name": "model",
                "layers": [
                    {
                        "class_name": "LSTM",
                        "config": {"name": "lstm", "units": 7},
                        "build_config": {"input_shape": [None, 9, 3]},
                        "module": "keras.layers",
                        "registered_name": None,
                    }
                ],
            },
        }
    )
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))
    (document,) = facts(command, "-")
    assert (document["path"], document["code"]) == ("lstm", "LSTM(7)")
    assert document["weights_found"] is False
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))
    (document,) = facts(command, "-", "lstm", "-n")
    assert document["input"]["shape"] == [1, 9, 3]
    assert document["repeat"] == "lstm-shapes 'LSTM(7)' -t 9 -f 3 -n"


# Tab


def test_tab_offers_the_layers_of_a_file(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_LSTM_SHAPES_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "lstm-shapes model.keras ls")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert command().stdout.split() == ["lstm", "lstm_1"]
    monkeypatch.setenv("COMP_WORDS", "lstm-shapes mod")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert command().stdout.split() == ["model.keras"]


@pytest.mark.parametrize(
    ("before", "word", "offered"),
    [
        ("", "mod", ["model.keras "]),
        ("model.keras ", "lstm", ["lstm ", "lstm_1 "]),
        ("model.keras lstm ", "lstm", []),
    ],
)
def test_tab_offers_them_on_a_line_of_the_prompt(
    before: str, word: str, offered: list[str]
) -> None:
    assert completions(before, word, ["--layer"]) == offered


# The list, of layers that no small file has all at once


def saved(
    path: str,
    *,
    layer: Layer | None = Layer(cell=LSTM, units=5),  # noqa: B008  # it is frozen
    input_shape: tuple[int | None, ...] | None = (None, 10, 8),
    unknown: str = Unknown.NOTHING,
) -> SavedLayer:
    """Return a saved layer with a path, of a class LSTM."""
    return SavedLayer(
        path=path,
        class_name="LSTM",
        layer=layer,
        input_shape=input_shape,
        output_shapes=((None, 5),) if input_shape else None,
        parameters=280 if input_shape else None,
        unknown=unknown,
    )


def use_model(monkeypatch: pytest.MonkeyPatch, *layers: SavedLayer) -> None:
    """Let every file be a model of these layers."""
    model = SavedModel("model.keras", "3.15.1", layers, {})
    monkeypatch.setattr("lstm_shapes.run.weights.read_model_file", lambda _: model)


def lines_of(look: Look, *layers: SavedLayer) -> list[str]:
    """Return the lines of the list of a model of these layers."""
    model = SavedModel("model.keras", "3.15.1", layers, {"Dense": 2, "Lambda": 1})
    words = ("lstm-shapes", "model.keras", quoted_for_bash(layers[-1].path))
    request = ListRequest(model=model, layer_words=words)
    return [line.plain for line in printable(list_lines(request, look))]


STATES = Layer(cell=LSTM, units=5, return_sequences=True, return_state=True)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    "layers",
    [
        [saved("lstm"), saved("encoder/inner/lstm_1", layer=STATES)],
        [saved("lstm", layer=None, unknown=Unknown.OWN_CLASS), saved("gru")],
        [saved("lstm", input_shape=None, unknown=Unknown.NOT_BUILT)],
        [saved("a\x1b[31m\nb" * 9), saved("層" * 30), saved("`rm -rf ~` 'x")],
        [saved("long", layer=replace(STATES, name="long " * 30)), saved("lstm")],
    ],
    ids=["nested", "own class", "not built", "hostile names", "long name"],
)
def test_the_list_keeps_to_its_columns(width: int, layers: list[SavedLayer]) -> None:
    look = Look(width=width)
    *lines, call = lines_of(look, *layers)
    for line in lines:
        assert line.isprintable()
        assert line == line.rstrip()
        is_one_word = " " not in line.strip()
        assert len(line) <= width or is_one_word, line
    assert call.endswith(quoted_for_bash(layers[-1].path))
    ascii_look = look._replace(glyphs=ASCIIGlyphs())
    assert all(
        line.isascii() for line in lines_of(ascii_look, saved("lstm", layer=STATES))
    )


def test_half_a_character_in_a_file_ends_nothing(command: Command) -> None:
    """JSON can name one alone, and no name of a file or line of output can hold it."""
    with zipfile.ZipFile("model.keras") as archive:
        config = archive.read("config.json")
        weights = archive.read("model.weights.h5")
    config = config.replace(b'"lstm_1"', rb'"l\ud800\u001b[31m"')
    with zipfile.ZipFile("half.keras", "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", weights)
    answer = command("half.keras")
    assert (answer.status, answer.stderr) == (0, "")
    assert r"$'l?\x1b[31m'" in answer.stdout
    assert facts(command, "half.keras", "l?\x1b[31m", "--seed", "1", "--no-arrays")


def test_a_name_in_no_encoding_is_a_question_mark_in_json(
    command: Command, folder: Path
) -> None:
    name = os.fsdecode(b"\xff.keras")
    (folder / "model.keras").rename(name)
    (document,) = facts(command, name, "lstm", "--seed", "1", "--no-arrays")
    assert document["weights_of"]["file"] == "\ufffd.keras"


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is in kB there")
def test_a_text_that_says_it_is_longer_than_its_file_takes_no_memory(
    command: Command, folder: Path
) -> None:
    import h5py

    path = folder / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{" * 100  # no JSON, so that h5py is asked for it
    data = path.read_bytes()
    length = (100).to_bytes(4, "little")
    position = data.index(length, data.index(b"model_config"))
    path.write_bytes(
        data[:position] + (2**30).to_bytes(4, "little") + data[position + 4 :]
    )
    with growth_limited_to(195):
        answer = command("model.h5")
    assert answer.status == 2
    assert "damaged" in answer.stderr
