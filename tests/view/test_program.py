"""The saved program: it is the run, as one would write it by hand."""

import ast
import io
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes import LSTMSpec, explore
from lstm_shapes.errors import CallError
from lstm_shapes.run.input import OwnInput
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.equality import equalities
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.program import write_program
from tests.conftest import FLAGS, LAYERS, Command
from tests.run.written import TOLERANCES
from tests.view.runs import keras_run, spec_of


def execute(text: str, path: Path = Path("lstm.py")) -> dict[str, Any]:
    """Run a program that stands in a file, in this process; return its variables."""
    variables: dict[str, object] = {"__file__": str(path)}
    exec(compile(text, "lstm.py", "exec"), variables)
    return variables


def run_in_a_process(text: str, folder: Path) -> list[str]:
    """Run a program in a folder, and return the lines that it prints."""
    (folder / "lstm.py").write_text(text)
    process = subprocess.run(
        [sys.executable, "lstm.py"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return process.stdout.splitlines()


STACK_IN_BOTH_DIRECTIONS = LSTMSpec(
    batch_size=2,
    timesteps=4,
    units=(6, 5),
    return_sequences=True,
    return_state=True,
    bidirectional=True,
)


def test_a_program_prints_and_holds_what_the_run_does(tmp_path: Path) -> None:
    """Make the arrays again from the seed alone, in a process of its own."""
    spec = STACK_IN_BOTH_DIRECTIONS
    names = [array.name for array in spec.outputs]
    arrays = ", ".join(f"{name}={name}" for name in names)
    save = f'np.savez("arrays.npz", input=x, {arrays})'
    lines = run_in_a_process(write_program(spec, seed=7) + save, tmp_path)

    shapes = [f"{array.name} {array.shape}" for array in spec.outputs]
    assert lines[-len(shapes) :] == shapes
    assert f"Total params: {spec.parameters:,} (" in "\n".join(lines)

    run = explore(spec, seed=7, try_next_layers=False)
    with np.load(tmp_path / "arrays.npz") as saved:
        for name, values in run.arrays.items():
            np.testing.assert_allclose(saved[name], values, atol=1e-6)


FOUR_LAYERS = pytest.param({"units": (2, 2, 2, 3)}, id="four layers")
MANY_LENGTHS = pytest.param(
    {"timesteps": 40, "lengths": tuple(range(1, 41))}, id="many lengths"
)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", [*LAYERS, FOUR_LAYERS, MANY_LENGTHS])
def test_programs_stand_alone_and_say_what_each_array_is(
    layers: dict[str, Any], flags: dict[str, Any]
) -> None:
    spec = LSTMSpec(**layers, **flags)
    text = write_program(spec, seed=4294967295)
    compile(text, "lstm.py", "exec")
    assert "lstm_shapes" not in text
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "seed = 4294967295\n" in text

    for layer in spec.layers:
        assert f" = {layer.code()}" in text
    for array in spec.outputs:
        assert f"# ({', '.join(array.axes)}): " in text
    unbroken = text.replace("\n# ", " ")
    for equality in equalities(spec.last):
        assert equality.claim in unbroken


GRU_WITH_ITS_STATE = LSTMSpec(
    batch_size=2,
    timesteps=4,
    layer="GRU",
    return_state=True,
)
STACK_WITH_LENGTHS = LSTMSpec(
    batch_size=2,
    timesteps=4,
    units=(6, 5),
    lengths=(4, 2),
    return_sequences=True,
    return_state=True,
    bidirectional=True,
)
SEQUENCES = LSTMSpec(batch_size=2, timesteps=4, return_sequences=True)
STATES = LSTMSpec(batch_size=2, timesteps=4, return_state=True)


@pytest.mark.parametrize(
    ("spec", "next_layers"),
    [
        pytest.param(GRU_WITH_ITS_STATE, [], id="two calls"),
        pytest.param(STACK_WITH_LENGTHS, [], id="lengths"),
        pytest.param(
            SEQUENCES,
            [
                "TimeDistributed(Dense(2))",
                "RepeatVector(2)",
                "Bidirectional(GRU(4))",
            ],
            id="next layers",
        ),
        pytest.param(STATES, ["Concatenate()"], id="a list of arrays"),
        pytest.param(
            SEQUENCES,
            ["Dense(8), Flatten(), Dense(1)", "Flatten(), LSTM(2), Dense(3)"],
            id="chains",
        ),
    ],
)
def test_a_program_does_what_was_asked_for_and_no_more(
    spec: LSTMSpec,
    next_layers: Sequence[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = explore(spec, seed=7, next_layers=next_layers)
    # Without `next_layers`, a run tries Dense and LSTM, which no program does.
    trials = run.next_layers or ()
    if not next_layers:
        trials = ()
    text = write_program(spec, seed=7, next_layers=trials)
    variables = execute(text)

    np.testing.assert_allclose(variables["x"], run.input.values, atol=1e-6)
    for array in run.outputs:
        values = variables[array.name]
        np.testing.assert_allclose(values, array.values, atol=1e-6)

    lines = capsys.readouterr().out.splitlines()
    makes_two_calls = spec.return_state and not spec.is_stack
    assert ("in two calls True" in lines) is makes_two_calls
    assert "in two calls False" not in lines
    accepted = [trial for trial in trials if not trial.error]
    for trial in accepted:
        assert trial.output_shape
        shape = (2, *trial.output_shape[1:])
        assert f"{trial.layer} {shape}" in lines
    assert text.count("behind = ") == len(accepted)
    assert ("mask" in text) is bool(spec.lengths)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_the_two_calls_of_a_program_are_compared_by_every_state(
    dtype: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layer = Layer(cell=LSTM, units=5, return_state=True, dtype=dtype)
    text = write_program(spec_of(layer), seed=7)
    execute(text)
    assert capsys.readouterr().out.endswith("in two calls True\n")
    comparison = 'print("in two calls"'
    execute(text.replace(comparison, f"cell_state = cell_state + 1\n{comparison}"))
    assert capsys.readouterr().out.endswith("in two calls False\n")


def test_a_program_goes_on_with_the_first_of_several_arrays_or_with_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    states = "GRU(3, return_state=True)"
    codes = [f"{states}, Dense(2)", f"{states}, Concatenate()"]
    run = explore(SEQUENCES, seed=7, next_layers=codes)
    execute(write_program(SEQUENCES, seed=7, next_layers=run.next_layers or ()))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4:] == [
        f"{states} ((2, 3), (2, 3))",
        "Dense(2) (2, 2)",
        f"{states} ((2, 3), (2, 3))",
        "Concatenate() (2, 6)",
    ]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("x.npy", id="ASCII"),
        pytest.param('it\'s "x" ünd\\\n.npy', id="quotes and a line break"),
        pytest.param("\udcff.npy", id="bytes in no encoding"),
    ],
)
def test_a_program_loads_the_input_it_is_given_whatever_its_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(name, np.zeros((1, 3, 4)))
    text = write_program(LSTMSpec(), 7, OwnInput(Path(name)).code)
    constants = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant):
            constants.append(node.value)
    assert name in constants
    assert "x = np.load(" in text
    assert "batch_size, timesteps, features = x.shape\n" in text
    assert "rng" not in text


TABLES = {
    "x.csv": "0,1\n2,3\n4,5\n",
    "titled.csv": "a,b\n0,1\n2,3\n4,5\n",
    "marked.csv": "\ufeff0,1\n2,3\n4,5\n",
    "umlauts.csv": "\ufeffgröße,maß\r\n0,1\r\n2,3\r\n4,5\r\n",
    "quoted.csv": '"a, or\nb","c"\n"0","1"\n2, 3\n"4",5\n',
    "blank.csv": "\n\na,b\n\n0,1\n\n2,3\n4,5\n\n",
}


@pytest.mark.parametrize(
    "name", [*TABLES, "x.npz[y]", "one.npz", "-", "- with an archive"]
)
def test_a_program_loads_the_numbers_that_the_run_had(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.arange(6.0).reshape(1, 3, 2)
    for table, text in TABLES.items():
        Path(table).write_text(text, encoding="utf-8", newline="")
    np.savez("x.npz", y=x, z=x + 1)
    np.savez("one.npz", x)
    np.save("x.npy", x)
    name, _, is_archive = name.partition(" with ")
    file_on_stdin = "one.npz" if is_archive else "x.npy"

    def put_x_on_stdin() -> None:
        data = Path(file_on_stdin).read_bytes()
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))

    put_x_on_stdin()
    own_input = OwnInput(Path(name))
    np.testing.assert_array_equal(own_input.values(), x)

    put_x_on_stdin()
    loaded = eval(own_input.code, {"np": np, "io": io, "sys": sys})
    np.testing.assert_array_equal(loaded, x)

    imports = "import io\nimport sys\n"
    assert (imports in write_program(LSTMSpec(), 7, own_input.code)) is (name == "-")


@pytest.mark.parametrize("name", ["titled.csv", "x.npy", "x.npz", "series.npy", "-"])
def test_a_program_cuts_the_windows_that_the_run_had(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = np.arange(10.0).reshape(5, 2)
    np.savetxt("titled.csv", table, delimiter=",", header="a,b", comments="")
    np.save("x.npy", table)
    np.savez("x.npz", table=table)
    np.save("series.npy", np.arange(7.0))

    def put_table_on_stdin() -> None:
        data = Path("x.npy").read_bytes()
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))

    put_table_on_stdin()
    own_input = OwnInput(Path(name), window=3)
    sizes = own_input.sizes._asdict()
    spec = LSTMSpec(return_state=True, **sizes)
    run = explore(spec, seed=7, input=own_input.values())
    text = write_program(spec, 7, own_input.code, window=own_input.window)
    assert max(len(line) for line in text.splitlines()) <= 100

    put_table_on_stdin()
    variables = execute(text)
    np.testing.assert_array_equal(variables["x"], own_input.values())
    for array in run.outputs:
        values = variables[array.name]
        np.testing.assert_allclose(values, array.values, atol=1e-6)


@pytest.mark.parametrize("lengths", [None, (3, 1)], ids=["no lengths", "lengths"])
def test_a_program_leaves_open_what_the_spec_leaves_open(
    lengths: tuple[int, ...] | None,
) -> None:
    spec = LSTMSpec(lengths=lengths, has_open_timesteps=True, return_sequences=True)
    run = explore(spec, seed=7)
    variables = execute(write_program(spec, seed=7))
    shapes = [tensor.shape for tensor in variables["model"].inputs]
    assert shapes == [array.model_shape for array in spec.inputs]
    values = variables["all_hidden_states"]
    np.testing.assert_allclose(values, run.outputs[0].values, atol=1e-6)


BACKWARDS = spec_of(
    Layer(
        cell=GRU,
        units=5,
        return_sequences=True,
        return_state=True,
        go_backwards=True,
        reset_after=False,
    )
)
SUM = spec_of(
    Layer(
        cell=LSTM,
        units=5,
        return_state=True,
        bidirectional=True,
        merge_mode="sum",
    )
)
NOT_MERGED = spec_of(
    Layer(
        cell=LSTM,
        units=5,
        return_sequences=True,
        bidirectional=True,
        merge_mode=None,
    )
)
MIXED_STACK = spec_of(
    Layer(cell=LSTM, units=6, return_sequences=True, return_state=True),
    Layer(cell=GRU, units=5, return_sequences=True, use_bias=False),
    Layer(cell=SIMPLE_RNN, units=4, activation="relu"),
)
STATEFUL = spec_of(
    Layer(cell=LSTM, units=5, return_state=True, stateful=True),
    batch_size=2,
)
STATEFUL_WITH_LENGTHS = spec_of(
    Layer(cell=GRU, units=6, return_sequences=True, stateful=True),
    Layer(cell=LSTM, units=5),
    lengths=(3, 1),
)
PADDED_IN_FRONT = spec_of(
    Layer(cell=LSTM, units=5, return_sequences=True),
    lengths=(3, 1),
    padding="pre",
)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(BACKWARDS, id="backwards"),
        pytest.param(SUM, id="sum"),
        pytest.param(NOT_MERGED, id="not merged"),
        pytest.param(MIXED_STACK, id="mixed stack"),
        pytest.param(STATEFUL, id="stateful"),
        pytest.param(STATEFUL_WITH_LENGTHS, id="stateful with lengths"),
        pytest.param(PADDED_IN_FRONT, id="padded in front"),
    ],
)
def test_a_program_of_layers_as_written_makes_the_arrays_of_the_run(spec: Spec) -> None:
    run = keras_run(spec)
    text = write_program(spec, run.seed)
    assert max(len(line) for line in text.splitlines()) <= 100
    variables = execute(text)
    for array in run.outputs:
        values = variables[array.name]
        np.testing.assert_allclose(values, array.values, atol=1e-6)


BACKWARD_GRU = (
    "Bidirectional(LSTM(4, return_sequences=True),"
    " backward_layer=GRU(3, return_sequences=True, go_backwards=True))"
)
OWN_FUNCTIONS = (
    "LSTM(4, activation='relu', recurrent_activation=tf.nn.sigmoid,"
    " kernel_initializer=RandomNormal(seed=3), kernel_regularizer=l2(0.01))"
)
STATES_IN_FRONT = "--return-sequences --return-state --next"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["Embedding(50, 8, mask_zero=True), LSTM(4)"], id="Embedding"),
        pytest.param(["Input((5, 3)), GRU(4, return_state=True)"], id="Input"),
        pytest.param(["LSTM(4, dtype='mixed_float16')"], id="mixed dtype"),
        pytest.param(["LSTM(4, dtype='float64', return_state=True)"], id="float64"),
        pytest.param([BACKWARD_GRU], id="backward_layer"),
        pytest.param([OWN_FUNCTIONS], id="functions"),
        pytest.param(["-t", "None", "--return-sequences"], id="open axis"),
        pytest.param(["-t", "30", "--return-state"], id="traced"),
        pytest.param(["-u", "4,3", "--bidirectional", "-t", "1"], id="stack"),
        pytest.param(
            ["--input", "x.npy", "--lengths", "3,1", "--return-state"],
            id="lengths of an input",
        ),
        pytest.param(
            [*STATES_IN_FRONT.split(), "Bidirectional (GRU(4, return_state=True))"],
            id="a layer that gives several arrays",
        ),
        pytest.param(
            ["--return-state", "--next", "Concatenate (), keras.layers.Dense (2)"],
            id="a blank before the bracket",
        ),
        pytest.param(
            [*STATES_IN_FRONT.split(), "RNN([LSTMCell(3), GRUCell(2)]), Ｄense(2)"],
            id="cells, and a fullwidth letter",
        ),
    ],
)
def test_the_program_of_a_call_has_the_numbers_of_its_run(
    words: Sequence[str],
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.sin(np.arange(24.0)).reshape(2, 3, 4))
    saved = ["--seed", "7", "--save", "lstm.py", "--save", "lstm.npz"]
    answer = command(*words, *saved)
    assert (answer.status, answer.stderr) == (0, "")
    variables = execute(Path("lstm.py").read_text())

    variables["input"] = variables["x"]
    with np.load("lstm.npz") as arrays:
        names = [name for name in arrays.files if name in variables]
        assert len(names) > 1
        for name in names:
            # The program traces its model, a small run does not: some processors
            # round float16 in other places then.
            tolerance = TOLERANCES.get(arrays[name].dtype.name, 1e-6)
            np.testing.assert_allclose(variables[name], arrays[name], atol=tolerance)
    if "--next" in words:
        assert "behind" in variables


@pytest.mark.parametrize("layer_kind", ["a spec", "a layer with weights"])
def test_the_program_of_an_input_in_python_loads_it_from_beside_it(
    layer_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.sin(np.arange(24.0)).reshape(2, 3, 4)
    subject: Any = LSTMSpec(batch_size=2)
    if layer_kind == "a layer with weights":
        subject = load_keras().layers.LSTM(5)
        subject(x)
    run = explore(subject, input=x, seed=7)
    run.save("lstm.py")
    Path("other.input.npy").touch()
    with pytest.raises(CallError, match=r"'other\.input\.npy' exists"):
        run.save("other.py")
    variables = execute(Path("lstm.py").read_text(), tmp_path / "lstm.py")
    np.testing.assert_array_equal(variables["x"], run.input.values)
    np.testing.assert_allclose(variables["output"], run[0], atol=1e-6)


def test_the_program_of_a_stateful_layer_fixes_the_batch() -> None:
    text = write_program(STATEFUL, seed=7)
    assert (
        "# stateful=True needs a batch of a fixed size.\n"
        "inputs = keras.Input(batch_shape=(batch_size, timesteps, features))\n"
    ) in text
    assert "keras.Input(shape=" not in text
    # The layer hands its states on by itself.
    assert "in two calls" not in text


def test_the_mask_of_a_stateful_layer_has_a_fixed_batch_too() -> None:
    text = write_program(STATEFUL_WITH_LENGTHS, seed=7)
    shape = "batch_shape=(batch_size, timesteps)"
    assert f'masks = keras.Input({shape}, dtype="bool")\n' in text
    assert "keras.Input(shape=" not in text


def test_the_program_of_a_sum_says_what_it_is_the_sum_of() -> None:
    text = write_program(SUM, seed=7)
    assert "# (batch, units): the sum of forward h at t=2 and backward h at t=0.\n" in (
        text
    )
    assert "# output == forward_hidden_state + backward_hidden_state\n" in text


def test_the_program_of_a_mixed_stack_imports_each_class() -> None:
    text = write_program(MIXED_STACK, seed=7)
    assert "from keras.layers import GRU, LSTM, SimpleRNN\n" in text
    assert (
        "hidden_states, *_ ="
        " LSTM(6, return_sequences=True, return_state=True)(inputs)\n"
    ) in text
