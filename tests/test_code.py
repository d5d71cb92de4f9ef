"""A layer as written in Keras on the command line: what is answered, what is refused."""

import io
import json
import sys
from typing import Any

import pytest

from tests.conftest import Command

BIDIRECTIONAL = 'Bidirectional(LSTM(64, return_sequences=True), merge_mode="sum")'


def facts(command: Command, *arguments: str) -> Any:
    """Return the JSON of a call without Keras."""
    answer = command(*arguments, "-n", "--json")
    assert answer.stderr == ""
    return json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "shapes", "parameters"),
    [
        ([BIDIRECTIONAL], BIDIRECTIONAL, [[1, 3, 64]], 35328),
        (
            [
                "model.add(keras.layers.GRU(32, input_shape=(29, 24), reset_after=False))"
            ],
            "GRU(32, reset_after=False)",
            [[1, 32]],
            5472,
        ),
        (["GRU(32, input_shape=(29, 24))"], "GRU(32)", [[1, 32]], 5568),
        (
            ["LSTM(64, return_sequences=True), Dropout(0.2), GRU(32)", "-f", "8"],
            "LSTM(64, return_sequences=True), GRU(32)",
            [[1, 32]],
            28096,
        ),
        (
            ['Bidirectional(LSTM(16, return_sequences=True), "mul")', "-t75", "-f40"],
            'Bidirectional(LSTM(16, return_sequences=True), merge_mode="mul")',
            [[1, 75, 16]],
            7296,
        ),
        (["LSTM(u)", "-D", "u=5"], "LSTM(5)", [[1, 5]], 200),
    ],
    ids=["sum", "reset before", "reset after", "stack", "mul", "name"],
)
def test_code_is_answered_as_the_options_are(
    command: Command,
    arguments: list[str],
    code: str,
    shapes: list[list[int]],
    parameters: int,
) -> None:
    document = facts(command, *arguments)
    assert document["code"] == code
    assert [output["shape"] for output in document["outputs"]] == shapes
    assert document["parameters"]["total"] == parameters


def test_code_and_options_that_say_the_same_give_the_same_screen(
    command: Command,
) -> None:
    by_code = command("LSTM(64, return_state=True)", "-n").stdout
    assert by_code == command("-u", "64", "--return-state", "-n").stdout


def test_a_model_file_on_standard_input_is_to_be_given_by_its_path(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for encoding in ("utf-8", "latin-1"):
        stream = io.TextIOWrapper(io.BytesIO(b"PK\x03\x04\x00\xff"), encoding)
        monkeypatch.setattr(sys, "stdin", stream)
        answer = command("-", "-n")
        assert (answer.status, answer.stdout) == (2, "")
        assert answer.stderr.endswith(
            "is given by its path, as lstm-shapes model.keras\n"
        )


def test_standard_input_holds_one_thing(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("LSTM(3)"))
    answer = command("-", "--input", "-", "-n")
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr == (
        "lstm-shapes: --input - is standard input, from which - has read the code,"
        " expected a file\n"
    )


def test_code_comes_from_standard_input_too(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "x = LSTM(units, input_shape=(7, 2))(x)\ny = Dense(1)(x)\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(script))
    document = facts(command, "-", "-D", "units=6")
    assert document["sizes"] == {
        "timesteps": 7,
        "features": 2,
        "units": [6],
        "batch_size": 1,
    }
    assert document["repeat"] == "lstm-shapes 'LSTM(6), Dense(1)' -t 7 -f 2 -n"


@pytest.mark.parametrize(
    ("arguments", "repeat"),
    [
        (["LSTM(n)", "-D", "n=3"], "'LSTM(n)' -D n=3"),
        (
            ["x = Input((7, 2))\nx = LSTM(5)(x)"],
            "$'x = Input((7, 2))\\nx = LSTM(5)(x)'",
        ),
    ],
    ids=["name", "lines"],
)
def test_code_is_repeated_as_it_is_written(
    command: Command, arguments: list[str], repeat: str
) -> None:
    assert facts(command, *arguments)["repeat"] == f"lstm-shapes {repeat} -n"


@pytest.mark.usefixtures("without_keras")
def test_names_in_the_layers_behind_have_values_too(command: Command) -> None:
    words = ["--next", "Dense(n)", "-D", "n=3", "--json", "--seed", "1"]
    answer = command(*words)
    document = json.loads(answer.stdout)
    assert document["repeat"] == "lstm-shapes -D n=3 --next 'Dense(n)' --seed 1"


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--return-state"], "LSTM(5, return_sequences=True, return_state=True)"),
        (["--no-return-sequences"], "LSTM(5)"),
        ([], "LSTM(5, return_sequences=True)"),
    ],
    ids=["on", "off", "as written"],
)
def test_flags_beside_code_set_those_of_the_last_layer(
    command: Command, flags: list[str], code: str
) -> None:
    assert facts(command, "LSTM(5, return_sequences=True)", *flags)["code"] == code


def test_a_comparison_of_code_has_all_four_calls(command: Command) -> None:
    lines = command("GRU(5)", "--compare", "-n", "--json").stdout.splitlines()
    assert [len(json.loads(line)["outputs"]) for line in lines] == [1, 1, 2, 2]


def test_the_screen_says_what_is_not_explored_as_it_stands(command: Command) -> None:
    code = (
        "Embedding(50, 8), LSTM(5, dropout=0.2, kernel_regularizer=l2(0.1)), Dense(1)"
    )
    screen = command(code, "-n", "--only", "outputs").stdout
    assert screen.splitlines()[2:7] == [
        "passed on, and without effect in predict: dropout",
        "left out, as code is never run here: kernel_regularizer=l2(0.1)",
        "random vectors of 8 features in place of Embedding(50, 8), whose parameters are",
        "not counted",
        "not tried here, as that is for one run of Keras: Dense(1)",
    ]
    remarks = facts(command, code)["remarks"]
    assert [remark["kind"] for remark in remarks] == [
        "passed_on",
        "dropped",
        "features",
        "not_tried",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["LSTM(64)", "-u", "3"], "--units came beside the code, which says it itself"),
        (["LSTM(64)", "--layer", "GRU"], "--layer came beside the code"),
        (["LSTM(64)", "--bidirectional"], "--bidirectional came beside the code"),
        (
            ["LSTM(64, input_shape=(3, 4))", "-t", "5"],
            "--timesteps is 5 and that of the code 3, expected that or none",
        ),
        (["LSTM(units)"], "the code leaves open units: give each a value by --define"),
        (["-D", "u=3"], "--define gives values to names in code"),
        (["LSTM(64)", "-D", "u"], "'u' is no definition"),
        (["LSTM(0)"], "units: got 0, expected a whole number"),
        (["nowhere.keras"], "there is no 'nowhere.keras'"),
        (["README.md"], "'README.md' is no saved model"),
        (["lstm(64)"], "expected Keras' spelling LSTM"),
        (
            ["nn.LSTM(10, 20, batch_first=True)"],
            "is PyTorch's, expected Keras': 'LSTM(20)' with --features 10",
        ),
        (
            ["--stateful"],
            "--stateful is no option, expected lstm-shapes 'LSTM(5, stateful=True)'",
        ),
        (["LSTM(5), LSTM(6)"], "give it return_sequences=True"),
        (["-", "-i"], "- is standard input, which holds the lines of --interactive"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_contradicts_code_is_one_sentence(
    command: Command, arguments: list[str], sentence: str
) -> None:
    answer = command(*arguments)
    assert answer.status == 2
    assert answer.stdout == ""
    assert sentence in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("LSTM(6) --return-state", "LSTM(6, return_state=True)"),
        ('GRU(3, activation="relu")', 'GRU(3, activation="relu")'),
        ("'LSTM(9)' -t 4", "LSTM(9)"),
        ("lstm-shapes 'LSTM(9)'", "LSTM(9)"),
        ("model.add(LSTM(3 - 1)) -t 4", "LSTM(2)"),
        ("-u 3", "LSTM(3)"),
        ("", None),
    ],
)
def test_a_line_of_the_prompt_may_be_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, line: str, code: str | None
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(f"{line}\n".encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    answer = command("-i", "-n", "--json", "-u", "8")
    assert answer.stderr == ""
    codes = [json.loads(answered)["code"] for answered in answer.stdout.splitlines()]
    assert codes == ([] if code is None else [code])
