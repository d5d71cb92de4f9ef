"""The command: what its words ask for, which calls it refuses, and what it answers."""

import inspect
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock

import numpy as np
import pytest
from rich.text import Text

import lstm_shapes
from lstm_shapes import cli
from lstm_shapes.app import has_reader_left
from lstm_shapes.options import MEANINGS
from lstm_shapes.request import SECTION_NAMES, Request
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.selection import Selection
from lstm_shapes.shapes.spec import SIZES, LSTMSpec, Spec
from tests.conftest import Answer, Command, fixed_run, pasted_words

Call = Callable[[str], Answer]
Refusal = Callable[[str], str]


@pytest.fixture
def call(command: Command) -> Call:
    """Make calls whose words are quoted as in a shell."""

    def make(words: str) -> Answer:
        return command(*shlex.split(words))

    return make


@pytest.fixture
def no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if TensorFlow is imported."""
    failing = Mock(side_effect=AssertionError("TensorFlow was imported"))
    monkeypatch.setattr("lstm_shapes.run.tensorflow.import_keras", failing)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with right and wrong input files and an old picture."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(24.0).reshape(2, 3, 4))
    np.save("empty.npy", np.ones((2, 0, 4)))
    np.save("objects.npy", np.array([[[None]]]), allow_pickle=True)
    np.save("series.npy", np.zeros(40_000, np.float32))
    Path("text.npy").write_text("1,2\n3,4\n")
    Path("old.svg").write_text("old")
    return tmp_path


# The words become a request: its specs, and a field for each option that shows them.


class Shape(NamedTuple):
    """The input's shape and the layers of a spec, as a call asks for them."""

    input: tuple[int, ...]
    code: str


SPECS = {
    "": [Shape((1, 3, 4), "LSTM(5)")],
    "-t 7 -f 8 -u 9 -b 2": [Shape((2, 7, 8), "LSTM(9)")],
    "--timesteps 7 --features 8 --units=9 --batch-size 2": [
        Shape((2, 7, 8), "LSTM(9)"),
    ],
    "-u 8 -u 64,32 --units 8": [
        Shape((1, 3, 4), "LSTM(8)"),
        Shape((1, 3, 4), "LSTM(64, return_sequences=True), LSTM(32)"),
    ],
    "--return-sequences": [Shape((1, 3, 4), "LSTM(5, return_sequences=True)")],
    "--return-state --bidirectional": [
        Shape((1, 3, 4), "Bidirectional(LSTM(5, return_state=True))"),
    ],
    "--layer gru --lengths 3,1": [Shape((2, 3, 4), "GRU(5)")],
    "--layer lstm --layer LSTM": [Shape((1, 3, 4), "LSTM(5)")],
    "--input x.npy": [Shape((2, 3, 4), "LSTM(5)")],
}


@pytest.fixture
def requested(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,  # noqa: ARG001  # the files that calls read
) -> Callable[[str], Request]:
    """Return what makes a call and gives back the request that it became."""
    execute = Mock()
    monkeypatch.setattr("lstm_shapes.app.execute", execute)

    def request_of_call(words: str) -> Request:
        assert command(*shlex.split(words)).status == 0
        request: Request = execute.call_args.args[0]
        return request

    return request_of_call


@pytest.mark.parametrize(
    ("words", "shapes"),
    SPECS.items(),
    ids=[words or "no words" for words in SPECS],
)
def test_sizes_and_layers_become_the_specs_of_a_request(
    words: str, shapes: list[Shape], requested: Callable[[str], Request]
) -> None:
    request = requested(words)
    specs = [Shape(spec.input.shape, spec.code) for spec in request.specs]
    assert specs == shapes


CHANGED_FIELDS: dict[str, dict[str, Any]] = {
    "": {},
    "-t 7 -t 8 --layer LSTM --layer GRU": {
        "varying": ("timesteps", "layer"),
    },
    "--compare --pytorch --json": {
        "compare": True,
        "pytorch": True,
        "json": True,
    },
    "--seed 0": {
        "seed": 0,
    },
    "--show input --show output[0]": {
        "show": (Selection("input"), Selection("output", (0,))),
    },
    "--next Dense(2) --next Flatten()": {
        "next": ("Dense(2)", "Flatten()"),
    },
    "--only next --only outputs": {
        "only": ("next", "outputs"),
    },
    "--only Next,OUTPUTS --only arrays,next": {
        "only": ("next", "outputs", "arrays"),
    },
    "--arrays": {
        "arrays": True,
    },
    "--no-arrays --precision 2": {
        "arrays": False,
        "precision": 2,
    },
    "-n": {
        "dry_run": True,
    },
    "--dry-run --max-memory 0.9": {
        "dry_run": True,
        "max_memory": 0.9,
    },
    "--save x.npz --save y.svg --force": {
        "save": (Path("x.npz"), Path("y.svg")),
        "force": True,
    },
}


@pytest.mark.parametrize(
    ("words", "expected"),
    CHANGED_FIELDS.items(),
    ids=[words or "no words" for words in CHANGED_FIELDS],
)
def test_words_become_the_fields_of_a_request(
    words: str, expected: dict[str, Any], requested: Callable[[str], Request]
) -> None:
    request = requested(words)
    assert request.repeat[0] == "lstm-shapes"
    default = Request(rows=request.rows, repeat=request.repeat)
    changed = {}
    for field in fields(Request):
        value = getattr(request, field.name)
        if value != getattr(default, field.name):
            changed[field.name] = value
    assert changed == expected


def test_an_input_is_opened_for_the_request(
    requested: Callable[[str], Request],
) -> None:
    own_input = requested("--input x.npy").own_input
    assert own_input is not None
    assert own_input.path == Path("x.npy")


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        pytest.param("-t None -f 8", (1, 3, 8), id="3"),
        pytest.param("-t None --lengths 2,6", (2, 6, 4), id="longest length"),
        pytest.param("-t None --input long.npy", (2, 7, 4), id="own input"),
        pytest.param("'LSTM(5, input_shape=(None, 8))'", (1, 3, 8), id="code"),
        pytest.param("'LSTM(5, input_shape=(None, 8))' -t 6", (1, 6, 8), id="-t 6"),
    ],
)
def test_open_timesteps_take_a_number_for_the_run(
    words: str,
    shape: tuple[int, ...],
    requested: Callable[[str], Request],
) -> None:
    np.save("long.npy", np.ones((2, 7, 4)))
    (spec,) = requested(words).specs
    assert spec.has_open_timesteps
    assert spec.input.shape == shape


def test_a_window_cuts_a_table_and_is_repeated(
    requested: Callable[[str], Request],
) -> None:
    np.save("table.npy", np.ones((500, 6)))
    request = requested("--input table.npy --window 24")
    assert [spec.input.shape for spec in request.specs] == [(477, 24, 6)]
    assert request.repeat == ("lstm-shapes", "--input table.npy", "--window 24")


# These options say what the specs are.
OPTIONS_OF_SPECS = {
    "subject",
    "layer_path",
    "define",
    "timesteps",
    "features",
    "units",
    "batch_size",
    "lengths",
    "padding",
    "layer",
    "input",
    "window",
    "return_sequences",
    "return_state",
    "bidirectional",
}


def test_every_option_that_says_no_spec_is_a_field_of_the_request() -> None:
    options = set(inspect.signature(cli.command).parameters)
    options -= {"context", "version"}
    names = {field.name for field in fields(Request)}
    names -= {"rows", "varying", "own_input", "repeat", "line", "has_footer"}
    names -= {
        "weights_owner",
        "own_weights",
        "has_array_as_input",
        "file_words",
        "read_files",
        "shell_words",
    }
    assert options - OPTIONS_OF_SPECS == names


# A wrong call is refused: each stands beside a pattern of the sentence that it gets.


@pytest.fixture
def refusal(no_keras: None, call: Call, folder: Path) -> Refusal:
    """Make a call that is refused, see that it did nothing, and return its sentence."""
    del no_keras

    def refuse(words: str) -> str:
        before = sorted(folder.iterdir())
        answer = call(words)
        assert (answer.status, answer.stdout) == (2, "")
        assert re.fullmatch("lstm-shapes: .+\n", answer.stderr)
        assert sorted(folder.iterdir()) == before
        assert Path("old.svg").read_text() == "old"
        return answer.stderr

    return refuse


def parametrize_refused(sentences: Mapping[str, str]) -> pytest.MarkDecorator:
    """Give a test each call and the pattern of its sentence."""
    ids = [words[:40] for words in sentences]
    return pytest.mark.parametrize(("words", "sentence"), sentences.items(), ids=ids)


# The options that take a whole number, and the smallest and largest of them.
WHOLE_NUMBERS = {
    "--timesteps": (1, 2147483647),
    "--features": (1, 2147483647),
    "--units": (1, 2147483647),
    "--batch-size": (1, 2147483647),
    "--lengths": (1, 2147483647),
    "--window": (1, 2147483647),
    "--seed": (0, 4294967295),
    "--precision": (0, 9),
}
NO_NUMBERS = [
    "5.0",
    "5.5",
    "٥",
    " 5",
    "5_0",
    "0x5",
    "",
    "1e3",
    "five",
    "-3",
    "9" * 5000,
]


@pytest.mark.parametrize("option", WHOLE_NUMBERS)
def test_all_options_read_whole_numbers_alike(
    option: str, command: Command, no_keras: None
) -> None:
    del no_keras
    low, high = WHOLE_NUMBERS[option]
    for text in NO_NUMBERS:
        answer = command("-n", option, text)
        assert (answer.status, answer.stdout) == (2, "")
        sentence = re.fullmatch(
            r"lstm-shapes: (\S+): got (.*), expected (.*)\n", answer.stderr
        )
        assert sentence is not None, answer.stderr
        assert sentence[1] == option
        assert sentence[2].strip("'")[:90] == text[:90]
        assert sentence[3] == f"a whole number from {low} to {high}"


@pytest.mark.usefixtures("no_keras")
@pytest.mark.parametrize("option", WHOLE_NUMBERS)
def test_a_number_may_have_a_sign(option: str, command: Command, folder: Path) -> None:
    del folder
    words = ["-n", option, "+2"]
    if option == "--window":
        words += ["--input", "series.npy"]
    assert command(*words).status == 0


WHOLE_NUMBER = "expected a whole number from 1 to 2147483647$"


@parametrize_refused(
    {
        "--units 0": f"--units: got 0, {WHOLE_NUMBER}",
        "-u 64, 32": "--units: got '64,', expected whole numbers with commas and no blank",
        "--lengths 3,,1": "--lengths: got '3,,1', expected whole numbers with commas",
        "--units 64,0": f"--units: got 0, {WHOLE_NUMBER}",
        "-u 5 -t 0": f"--timesteps: got 0, {WHOLE_NUMBER}",
        "-t None -t 4": (
            "--timesteps is None and 4, expected None alone, which leaves them open,"
        ),
        "-t 10,20": "--timesteps: got '10,20', expected one number: the option is repeated for a sweep",
        f"-b {'9' * 40}": f"--batch-size: got 9+, {WHOLE_NUMBER}",
        "--batch-size=": f"--batch-size: got '', {WHOLE_NUMBER}",
        "--lengths 3": "--lengths: got 1 length for 2 samples, expected one for each",
    }
)
def test_a_wrong_size_is_refused(words: str, sentence: str, refusal: Refusal) -> None:
    if words == "--lengths 3":
        words += " --input x.npy"
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--seed -1": "--seed: got -1, expected a whole number from 0 to 4294967295$",
        "--precision 10": "--precision: got 10, expected a whole number from 0 to 9$",
        "--max-memory nan": "--max-memory: got 'nan', expected GiB from 0 on, as 4 or 0.5$",
        "--max-memory -1": "--max-memory: got '-1', expected GiB from 0 on",
        "--max-memory 1e3": "--max-memory: got '1e3', expected GiB from 0 on",
    }
)
def test_a_wrong_number_is_refused(words: str, sentence: str, refusal: Refusal) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "-t 10 20": "'20' holds no layer, expected LSTM",
        "--units": "--units: got no value, expected --units N$",
        "--return-state=yes": "--return-state: got a value, expected none, as it is a flag$",
        "--no-compare=yes": "--no-compare: got a value, expected none, as it is a flag$",
        "LSTM(5) lstm more": "'more' came behind 'LSTM\\(5\\)' and 'lstm', expected a model",
    }
)
def test_words_that_are_no_options_are_refused(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


@pytest.mark.parametrize(
    ("option", "meaning"),
    [
        ("--unit", "--units"),
        ("--batch", "--batch-size"),
        ("--return_sequences", "--return-sequences"),
        ("--return", "--return-sequences or --return-state"),
        ("--dryrun", "--dry-run"),
        ("--Json", "--json"),
        ("--gru", "--layer GRU"),
        ("--stateful", "lstm-shapes 'LSTM(5, stateful=True)'"),
        ("--activation", "lstm-shapes 'LSTM(5, activation=\"relu\")'"),
        ("--epochs", "one of lstm-shapes --help"),
        ("-x", "one of lstm-shapes --help"),
    ],
)
def test_an_unknown_option_gets_what_was_meant_or_no_suggestion(
    option: str, meaning: str, refusal: Refusal
) -> None:
    sentence = f"lstm-shapes: {option} is no option, expected {meaning}\n"
    assert refusal(option) == sentence


@pytest.mark.usefixtures("no_keras")
@pytest.mark.parametrize(
    "meaning",
    [meaning for meaning in MEANINGS.values() if meaning.startswith("lstm-shapes")],
)
def test_the_code_that_was_meant_is_read(meaning: str, call: Call) -> None:
    words = meaning.removeprefix("lstm-shapes")
    assert call(f"{words} -n").status == 0


TOO_LARGE = "this needs about .* at most 4: reduce the sizes or raise --max-memory$"


@parametrize_refused(
    {
        "--max-memory 0.1": (
            "this needs about .* at most 0.1: TensorFlow alone takes about .*, raise"
        ),
        "-u 99999999": TOO_LARGE,
        "-f 100000000": TOO_LARGE,
        "-t 5 -t 99999999": TOO_LARGE,
        # 20,001 windows of 20,000 rows: 1.6 GB, five times.
        "--input series.npy --window 20000": TOO_LARGE,
    }
)
def test_a_call_that_needs_too_much_memory_is_refused(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--compare --return-state": (
            "--compare sets --return-sequences and --return-state, expected"
        ),
        "--pytorch -u 1 -u 2": (
            "--pytorch shows one call, and this is a sweep, expected --json beside it,"
            " without a picture, or one call$"
        ),
        "--pytorch --compare --save x.jsonl": "--pytorch shows one call",
        "--pytorch --compare --json --save x.svg": "--pytorch shows one call",
        "-n --show input": "--show needs a run, expected no --dry-run beside it$",
        "-n --arrays": "--arrays needs a run, expected no --dry-run beside it$",
        "-n --next Dense(1)": "--next needs a run, expected no --dry-run beside it$",
        "-n --save x.npz": "'x.npz' needs a run, expected no --dry-run beside it$",
        "-u 3 -u 4 --next Dense(1)": (
            "--next is for one call, and this is a sweep, expected one call$"
        ),
        "--padding pre": (
            "--padding says where masked timesteps stand, expected --lengths beside it$"
        ),
        "--force": (
            "--force lets files be replaced, expected --save with a file beside it$"
        ),
        "LSTM(a) -D a=5 -D b=4": "--define 'b=4' names nothing that stands in the code,",
        "LSTM(a) -D a=5 -D a=4": (
            "--define 'a=4' is another value of a, expected one of each name$"
        ),
        "LSTM(self.a) -D a=5": "--define 'a=5' names nothing that stands in the code,",
        "--next Dense(a) -D a=5 -D b=4": "--define 'b=4' names nothing that stands in",
    }
)
def test_options_that_exclude_one_another_are_refused(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


TEXT_OPTIONS = ["input", "save", "layer", "padding", "define", "next", "only", "show"]


@pytest.mark.parametrize("name", TEXT_OPTIONS)
def test_a_variable_of_the_shell_that_is_not_set_is_refused(
    name: str, refusal: Refusal
) -> None:
    assert refusal(f"--{name} '' --lengths 3,1") == (
        f"lstm-shapes: --{name}: got '', which is empty, expected a value: is a variable"
        " of the shell not set?\n"
    )


@parametrize_refused(
    {
        "pipe": "'pipe' is a pipe, expected a model file, or - for code or a model's JSON",
        "/dev/zero -n": "'/dev/zero' is a device, expected a model file",
    }
)
def test_what_could_be_read_for_ever_is_no_model_file(
    words: str, sentence: str, refusal: Refusal
) -> None:
    os.mkfifo("pipe")
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "''": "got '' as the layer, which is empty, expected code, .* or a model file:",
        "model.keras ''": "got '' behind 'model.keras', which is empty, expected the path",
    }
)
def test_an_empty_layer_is_refused(words: str, sentence: str, refusal: Refusal) -> None:
    assert re.search(sentence, refusal(words))


@pytest.mark.usefixtures("no_keras")
def test_a_name_in_brackets_may_have_either_quotes(call: Call) -> None:
    answer = call("""'LSTM(sizes["a"])' -D "sizes['a']=6" -n""")
    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout.startswith("LSTM(6)")


@pytest.mark.parametrize("words", ["--only foo", "--only drawing,foo", "--only=foo"])
def test_an_unknown_section_is_said_once(words: str, refusal: Refusal) -> None:
    names = ", ".join(SECTION_NAMES)
    assert refusal(words) == (
        f"lstm-shapes: --only has no section 'foo', expected one of {names}\n"
    )


@parametrize_refused(
    {
        "--only outptus": "--only has no section 'outptus', expected one like outputs$",
        "--only Paramters": "'Paramters', expected one like parameters$",
        "--lengths 3,1 --padding front": '--padding: got \'front\', expected "post" or "pre"$',
    }
)
def test_a_wrong_word_gets_the_nearest_names(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--show hidden": (
            "'hidden' is no array of this call,"
            " expected one of: input, output, all_cell_states"
        ),
        "--show hidden_state": "'hidden_state' is not returned: add --return-state$",
        "--show all_hidden_states[0]": (
            r"'all_hidden_states\[0\]' is not returned: add --return-sequences"
        ),
        "--show forward_hidden_state --return-state": (
            "is not returned: add --bidirectional$"
        ),
        "--show backward_cell_state": (
            "is not returned: add --return-state and --bidirectional$"
        ),
        "--show hidden_state --bidirectional": (
            "'hidden_state' is not returned: add --return-state$"
        ),
        "--compare --show backward_cell_state": "is not returned: add --bidirectional$",
        "--show cell_state --layer gru": (
            "'cell_state' is of LSTM alone: h is all that a GRU hands on$"
        ),
        "--show all_cell_states --layer gru": (
            "'all_cell_states' is of LSTM alone: h is all that a GRU"
        ),
        "--show forget_gate --layer gru": (
            "'forget_gate' is of LSTM alone:"
            " a GRU has update_gate, reset_gate and candidate$"
        ),
        "--show update_gate": (
            "'update_gate' is of GRU alone: an LSTM has input_gate, forget_gate, candidate"
        ),
        "--show candidate --layer simplernn": (
            "'candidate' is of LSTM and GRU alone:"
            " a SimpleRNN has no gate, and its candidate is h itself$"
        ),
        "--show forward_forget_gate": "is not returned: add --bidirectional$",
        "--show lstm_1/forget_gate": "is no array of this call, expected one of: input,",
        "--show forget_gate[1] --bidirectional": (
            r"'forward_forget_gate\[1\]': index 1 is out of bounds for batch"
        ),
        "--show state_h": "'hidden_state' is not returned: add --return-state$",
        "--show bia -u 3,4,5": (
            "expected one of: input, output, all_cell_states, input_gate, forget_gate,"
            " candidate, output_gate, a weight, lstm/kernel to lstm_2/bias$"
        ),
        "--show bias[20]": r"'bias\[20\]': index 20 is out of bounds for columns",
    }
)
def test_an_array_that_is_not_there_is_refused_with_what_returns_it(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--show output[9]": (
            r"'output\[9\]': index 9 is out of bounds for batch, expected an index"
        ),
        "--show output[": (
            r"'output\[' cannot be read, expected a name with integers, slices"
        ),
    }
)
def test_a_wrong_index_is_refused(words: str, sentence: str, refusal: Refusal) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--next Dense": (
            "'Dense' cannot be read,"
            " expected layers of Keras with literals and layers as arguments"
        ),
        "--next Nonsense(3)": "Keras has no layer 'Nonsense', expected one like .*Dense",
        "--next open('x')": "Keras has no layer 'open', expected one like Dense$",
        "--next Dense(8),Dens(1)": "Keras has no layer 'Dens', expected one like Dense",
        "--next Dense({})": "holds '{}', which is never run, expected literals",
        "--next AdaptiveMaxPooling1D(1)": "can end the process, as TensorFlow divides",
        "--next Lambda(1)": (
            "Lambda brings code, which is not run here, expected another layer$"
        ),
        "--next dense(2)": "Keras has no layer 'dense', expected one like Dense$",
    }
)
def test_a_wrong_next_layer_is_refused(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--input no.npy": (
            r"'no.npy' cannot be read \(No such file or directory\), expected a .npy"
        ),
        "--input series.npy -u 7": r"--window 24 makes windows \(39977, 24, 1\)",
        "--input x.npy --window 2": (
            r"'x.npy' has the shape \(2, 3, 4\), expected a table .* beside --window,"
        ),
        "--input series.npy --window 9 -t 3": (
            "--timesteps is 3 and that of 'series.npy' 9, expected that or none$"
        ),
        "--window 24": (
            "--window cuts a table of your own into samples, expected --input beside it$"
        ),
        "--input text.npy": r"'text.npy' cannot be read \(it is no .npy file",
        "--input empty.npy": (
            r"'empty.npy' has the shape \(2, 0, 4\), which is empty, expected"
        ),
        "--input objects.npy": (
            "'objects.npy' holds objects, .* keras.utils.pad_sequences.* --lengths with"
        ),
        "--input x.npy -t 3 -b 5": (
            "--batch-size is 5 and that of 'x.npy' 2, expected that or none$"
        ),
    }
)
def test_a_wrong_input_is_refused(words: str, sentence: str, refusal: Refusal) -> None:
    assert re.search(sentence, refusal(words))


@parametrize_refused(
    {
        "--save x.csv": (
            "'x.csv' has no known suffix, expected one of .npz .json .jsonl .svg .png .html"
        ),
        "--save no/x.npz": (
            "'no/x.npz' is in '.*/no', expected a folder that is open to writing$"
        ),
        "--save x.py --save old.svg": (
            "'old.svg' exists, expected a new file: --force replaces it$"
        ),
        "--save x.svg --save x.svg": "'x.svg' came twice, expected each file once$",
        "--save x.npz -u 1 -u 2": (
            "'x.npz' holds one run, and this is a sweep, expected one"
        ),
    }
)
def test_a_file_that_cannot_be_saved_is_refused(
    words: str, sentence: str, refusal: Refusal
) -> None:
    assert re.search(sentence, refusal(words))


def test_a_layer_that_keras_has_not_is_refused_with_the_nearest_names(
    call: Call,
) -> None:
    answer = call("--next 'TimeDistributed(dens(1))' --json")
    assert (answer.status, answer.stdout) == (2, "")
    sentence = "lstm-shapes: Keras has no layer 'dens', expected one like De"
    assert answer.stderr.startswith(sentence)


# A right call is answered.


@pytest.fixture
def help_lines(call: Call) -> list[str]:
    """Return the lines of the help, without colours."""
    return Text.from_ansi(call("--help").stdout).plain.splitlines()


def test_help_has_two_names(call: Call) -> None:
    answer = call("--help")
    assert (answer.status, answer.stderr) == (0, "")
    assert call("-h") == answer


def test_help_fits_80_columns(help_lines: list[str]) -> None:
    assert max(map(len, help_lines)) <= 80


def test_help_says_how_a_flag_is_switched_off(help_lines: list[str]) -> None:
    """It doesn't list a `--no-…` for each, which would need half of the width."""
    text = "\n".join(help_lines)
    assert text.count("--no-return-state") == 1
    assert "--no-compare" not in text


def test_help_has_its_groups_in_order_and_completion_last(
    help_lines: list[str],
) -> None:
    titles = re.findall("╭─ (.*?) ─", "\n".join(help_lines))
    assert titles == [
        "Arguments",
        "Sizes and input",
        "Layer",
        "Next layer",
        "Show",
        "Output",
        "Process",
    ]
    options = re.findall(r"^│ (--\S+)", "\n".join(help_lines), re.MULTILINE)
    assert options[-4:] == [
        "--version",
        "--install-completion",
        "--show-completion",
        "--help",
    ]


def test_help_says_what_is_repeatable(help_lines: list[str]) -> None:
    repeatable = set()
    option = ""
    for line in help_lines:
        match = re.match("│ --([a-z-]+)", line)
        if match:
            option = match[1]
        if "repeatable " in line and line.startswith("│"):
            repeatable.add(option)
    assert repeatable == {
        "timesteps",
        "features",
        "units",
        "batch-size",
        "layer",
        "define",
        "next",
        "only",
        "show",
        "save",
    }


def test_help_names_no_type_of_a_flag(help_lines: list[str]) -> None:
    assert "<bool>" not in "\n".join(help_lines)


def test_help_names_every_option(help_lines: list[str]) -> None:
    names = list(inspect.signature(cli.command).parameters)
    names.remove("context")
    names.remove("subject")  # the argument, named WHAT there
    names.remove("layer_path")  # the argument, named LAYER there
    names += ["no-arrays", "install-completion"]
    for name in names:
        option = f"--{name.replace('_', '-')} "
        assert any(option in line for line in help_lines), option


@pytest.mark.parametrize("name", SIZES)
def test_help_names_the_default_of_a_size(name: str, help_lines: list[str]) -> None:
    option = f"--{name.replace('_', '-')} "
    lines = [line for line in help_lines if option in line]
    assert len(lines) == 1
    assert f" {getattr(LSTMSpec(), name)} by default" in lines[0]


def test_the_version_is_that_of_the_package(call: Call) -> None:
    assert call("--version").stdout == f"lstm-shapes {lstm_shapes.__version__}\n"


@pytest.mark.usefixtures("without_keras", "folder")
@pytest.mark.parametrize(
    "words",
    [
        "-t 100 -u 300 -b 9 -f 7 --return-sequences --return-state --no-arrays",
        "-u 3 -u 4,5 --seed 8",
        "-u 6,5 --bidirectional --precision 0 --arrays --pytorch --max-memory 3.5",
        "--return-state --show 'input[ 0,\n:1]' --show output --save new.svg --force",
        "--compare --input '{a folder}/x.npy'",
    ],
)
def test_the_words_below_repeat_with_make_the_same_screen(
    words: str, call: Call, command: Command
) -> None:
    """The words leave `--save` out, so that nothing is saved again."""
    Path("{a folder}").mkdir()
    Path("x.npy").rename("{a folder}/x.npy")
    answer = call(words)
    Path("new.svg").unlink(missing_ok=True)
    assert command(*pasted_words(answer.stdout)) == answer
    assert not Path("new.svg").exists()


def test_a_document_has_the_shapes_and_claims_of_a_run_of_keras(call: Call) -> None:
    answer = call("--return-sequences --return-state --json")
    assert (answer.status, answer.stderr) == (0, "")
    document = json.loads(answer.stdout)
    shapes = [array["shape"] for array in document["outputs"]]
    assert shapes == [[1, 3, 5], [1, 5], [1, 5]]
    assert all(identity["holds"] for identity in document["identities"])


def test_a_run_of_keras_is_made_again_by_its_seed(call: Call) -> None:
    words = "--return-sequences --return-state --json"
    answer = call(words)
    document = json.loads(answer.stdout)
    seed = document["seed"]
    assert call(f"{words} --seed {seed}") == answer
    answer_to_next_seed = call(f"{words} --seed {seed + 1}")
    assert json.loads(answer_to_next_seed.stdout)["outputs"] != document["outputs"]


@pytest.mark.usefixtures("without_keras", "folder")
def test_a_document_holds_the_numbers_of_the_input(call: Call) -> None:
    answer = call("--input x.npy --json")
    array = json.loads(answer.stdout)["input"]
    assert array["file"] == "x.npy"
    assert array["shape"] == [2, 3, 4]
    np.testing.assert_array_equal(array["values"], np.load("x.npy"))


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    ("words", "names"),
    [
        pytest.param(
            "--show kernel[0] --show state_h --return-state",
            ["kernel[0]", "hidden_state"],
            id="one direction",
        ),
        pytest.param(
            "--show forward_state_c --show backward/bias --return-state --bidirectional",
            ["forward_cell_state", "backward/bias"],
            id="both directions",
        ),
        pytest.param(
            "--show lstm_1/recurrent_kernel -u 3,2",
            ["lstm_1/recurrent_kernel"],
            id="stack",
        ),
    ],
)
def test_weights_and_states_of_tutorials_are_shown(
    words: str, names: list[str], call: Call
) -> None:
    screen = call(words)
    document = json.loads(call(f"{words} --json").stdout)
    assert [array["name"] for array in document["shown"]] == names
    for name in names:
        assert f"\n{name}  (" in f"\n{screen.stdout}"


@pytest.mark.usefixtures("without_keras")
def test_a_comparison_shows_weights_once(call: Call) -> None:
    """All four calls have the same."""
    screen = call("--compare --show recurrent_kernel").stdout
    assert screen.count("recurrent_kernel  (5, 20)") == 1
    assert "calls 0, 1, 2, 3" in screen


@pytest.mark.usefixtures("without_keras", "folder")
def test_a_call_may_repeat_the_sizes_of_its_input(call: Call) -> None:
    answer = call("--input x.npy --json --seed 1")
    answer_with_sizes = call("--input x.npy --json --seed 1 -b 2 -t 3 -t 3")
    document = json.loads(answer.stdout)
    document_with_sizes = json.loads(answer_with_sizes.stdout)
    repeat = document_with_sizes.pop("repeat")
    assert repeat == "lstm-shapes -t 3 -t 3 -b 2 --input x.npy --seed 1"
    del document["repeat"]
    assert document_with_sizes == document


@pytest.mark.parametrize(
    ("flags", "sign_of_units"),
    [
        pytest.param("", "(1, {})", id="screen"),
        pytest.param("--json", '"units":[{}]', id="document"),
    ],
)
def test_a_sweep_answers_each_run_before_it_makes_the_next(
    flags: str,
    sign_of_units: str,
    call: Call,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed: list[str] = []

    def explore_and_watch(specs: Iterable[LSTMSpec], **_: object) -> Iterator[Run]:
        for spec in specs:
            yield fixed_run(spec)
            printed.append(capsys.readouterr().out)

    def printed_units(text: str) -> list[int]:
        return [units for units in (2, 3, 4) if sign_of_units.format(units) in text]

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_and_watch)
    answer = call(f"-u 4 -u 2 -u 3 {flags}")
    before_second_run, before_third_run = printed
    assert printed_units(before_second_run) == [4]
    assert printed_units(before_third_run) == [2]
    assert printed_units(answer.stdout) == [3]


@pytest.mark.usefixtures("without_keras", "folder")
def test_files_are_saved_beside_json(call: Call) -> None:
    answer = call("-u 2 -u 3 --json --save x.jsonl --save x.svg")
    assert (answer.status, answer.stderr) == (0, "")
    documents = [json.loads(line) for line in answer.stdout.splitlines()]
    units = [document["sizes"]["units"] for document in documents]
    assert units == [[2], [3]]
    assert Path("x.jsonl").read_text() == answer.stdout
    assert Path("x.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.usefixtures("no_keras", "folder")
def test_a_program_of_sections_that_need_no_run_needs_none_either(call: Call) -> None:
    answer = call("--only drawing --seed 5 --save x.py")
    assert (answer.status, answer.stderr) == (0, "")
    assert "seed = 5\n" in Path("x.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "are_tried"),
    [
        pytest.param("", True, id="the whole screen"),
        pytest.param("--only next", True, id="their section"),
        pytest.param("--json", True, id="JSON of one run"),
        pytest.param("--only arrays --save x.json", True, id="saved JSON of one run"),
        pytest.param("--only arrays", False, id="other sections"),
        pytest.param("--only arrays --save x.npz", False, id="saved arrays"),
        pytest.param("--compare", False, id="a comparison"),
        pytest.param("-u 3 -u 4 --json", False, id="a sweep"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_next_layers_are_tried_only_where_they_are_shown(
    words: str, are_tried: bool, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = []

    def explore_and_note(
        specs: Iterable[Spec], *, try_next_layers: bool, **_: object
    ) -> Iterator[Run]:
        asked_for.append(try_next_layers)
        for spec in specs:
            yield fixed_run(spec)

    monkeypatch.setattr("lstm_shapes.run.explore.explore_many", explore_and_note)
    assert call(words).status == 0
    assert asked_for == [are_tried]


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "left"])
def test_a_pipe_tells_whether_its_reader_has_left(
    is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        if not is_read:
            os.close(reader)
        assert has_reader_left() is not is_read
    if is_read:
        os.close(reader)


@pytest.mark.usefixtures("no_keras", "folder")
def test_settings_of_a_run_are_accepted_beside_a_dry_run(call: Call) -> None:
    answer = call("-n --no-arrays --seed 3 --precision 2 --max-memory 0")
    assert (answer.status, answer.stderr) == (0, "")


@pytest.mark.usefixtures("no_keras", "folder")
def test_counts_of_any_size_are_exact(call: Call) -> None:
    size = 2147483647
    answer = call(f"-n --json --save x.json -u {size} -f {size}")
    parameter_count = json.loads(answer.stdout)["parameters"]["total"]
    assert parameter_count == 4 * size * (2 * size + 1)
    assert parameter_count > 2**64
    assert Path("x.json").read_text() == answer.stdout
