"""The interface for Python and notebooks."""

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lstm_shapes
from lstm_shapes import (
    Layer,
    LSTMShapesError,
    LSTMSpec,
    Run,
    Runs,
    Spec,
    compare,
    explore,
    explore_many,
    layers,
    show,
    sweep,
)
from lstm_shapes.errors import CallError
from tests.conftest import SEED, Command, fixed_run
from tests.terminal import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent
SPEC = LSTMSpec(return_state=True)
CLASSES_AND_FUNCTIONS = sorted(set(lstm_shapes.__all__) - {"__version__"})


@pytest.fixture
def run() -> Run:
    return fixed_run(SPEC)


def test_a_spec_shows_what_a_dry_run_does(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    dry_run = command("-n", "--return-state").stdout
    known_half, _ = dry_run.split("computed, without Keras")
    show(SPEC)
    assert capsys.readouterr() == (known_half.rstrip() + "\n", "")


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    "show_run",
    [
        pytest.param(show, id="show(run)"),
        pytest.param(Run.show, id="run.show()"),
    ],
)
def test_a_run_shows_the_screen_of_the_command_and_how_python_repeats_it(
    show_run: Callable[[Run], None],
    run: Run,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = command("--return-state", "--seed", str(SEED)).stdout.splitlines()
    show_run(run)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:-2] == screen[:-2]
    in_python = "more: only=['gates', 'cost', 'pytorch']"
    assert printed[-2] == screen[-2].replace(
        "more: --only gates,cost,pytorch", in_python
    )
    assert printed[-1] == f"repeat with explore({SPEC!r}, seed={SEED})"


def test_an_array_is_a_line(run: Run) -> None:
    hidden_state = run.outputs[1]
    assert repr(hidden_state) == "hidden_state (batch, units) (1, 5) float32"


@pytest.mark.parametrize(
    ("wrong_call", "sentence"),
    [
        pytest.param(
            lambda _: LSTMSpec(units=0),
            "`units`: got 0, expected .*",
            id="size",
        ),
        pytest.param(
            lambda _: LSTMSpec(return_state="yes"),  # type: ignore[arg-type]
            "`return_state`: got 'yes', expected True or False",
            id="flag",
        ),
        pytest.param(
            lambda _: explore(SPEC, seed=-1),
            "`seed`: got -1, expected .*",
            id="seed",
        ),
        pytest.param(
            lambda _: explore(SPEC, input=[[[1]]]),
            "input has the shape .*LSTMSpec.for_input",
            id="shape of the input",
        ),
        pytest.param(
            lambda run: run["nonsense"],
            "'nonsense' is no array of this call, ",
            id="name of an array",
        ),
        pytest.param(
            lambda run: run.show(only=["drawing", "picture"]),
            "`only` has no section 'picture', expected one of drawing, outputs, ",
            id="name of a section",
        ),
        pytest.param(
            lambda _: show(SPEC, only=["outputs", "keras"]),
            "`only` has keras, which shows what Keras has measured: expected a Run",
            id="measured section of a spec",
        ),
        pytest.param(
            lambda run: comparison_of(run).show(only="drawing"),
            "a comparison has no drawing, expected `only` with outputs, ",
            id="section that a comparison lacks",
        ),
        pytest.param(
            lambda run: run.show(precision=10),
            "`precision`: got 10, expected a whole number from 0 to 9",
            id="precision",
        ),
        pytest.param(
            lambda run: run.show(width="wide"),
            "`width`: got 'wide', expected a whole number from 20 to 1000",
            id="width",
        ),
        pytest.param(
            lambda run: run.show(theme="blue"),
            "`theme` is 'blue', expected 'light', 'dark' or None",
            id="theme",
        ),
        pytest.param(
            lambda _: sweep(units=[8, 0]),
            "`units`: got 0, expected .*",
            id="size in a sweep",
        ),
        pytest.param(
            lambda _: sweep(timesteps=[]),
            "`timesteps` is empty, expected a value or several",
            id="nothing in a sweep",
        ),
        pytest.param(
            lambda _: sweep([8, 16], layer="lstn"),
            "`layer`: got 'lstn', expected one of LSTM, GRU, SimpleRNN",
            id="kind in a sweep",
        ),
        pytest.param(
            lambda run: run.save("README.md"),
            "'README.md' has no known suffix",
            id="suffix of a file",
        ),
    ],
)
def test_an_error_names_arguments_and_no_options(
    wrong_call: Callable[[Run], object], sentence: str, run: Run
) -> None:
    with pytest.raises(LSTMShapesError, match=f"^{sentence}") as caught:
        wrong_call(run)
    assert isinstance(caught.value, ValueError)
    assert "--" not in str(caught.value)


ARRAY: Any = np.array([1, 2])
# Arguments of another type than the function takes.
WRONG_TYPES: dict[str, Callable[[Any], object]] = {
    "`lengths` is 3, expected": lambda _: sweep(lengths=3),  # type: ignore[arg-type]
    "`timesteps`: got [3], expected": lambda _: sweep(timesteps=[[3]]),  # type: ignore[list-item]
    "`units`: got {}, expected": lambda _: sweep(units=[{}]),  # type: ignore[list-item]
    "`compare`: got 'no', expected": lambda _: sweep(compare="no"),  # type: ignore[arg-type]
    "`define`: got 3, expected a dict": lambda _: Spec.from_code("LSTM(u)", define=3),  # type: ignore[arg-type]
    "`next_layers`: got 3, expected": lambda _: explore(SPEC, next_layers=3),  # type: ignore[arg-type]
    "`try_next_layers`: got 3,": lambda _: explore(SPEC, try_next_layers=3),  # type: ignore[arg-type]
    "`weights`: got 3, expected": lambda _: next(explore_many([SPEC], weights=3)),  # type: ignore[arg-type]
    "`on_phase`: got 3, expected": lambda _: explore(SPEC, on_phase=3),  # type: ignore[arg-type]
    "`on_phase`: got 'x', expected": lambda _: explore_many([SPEC], on_phase="x"),  # type: ignore[arg-type]
    "`units`: got b'xy', expected": lambda _: sweep(units=b"xy"),
    "`padding`: got array([1, 2]),": lambda _: LSTMSpec(padding=ARRAY),
    "`theme` is array([1, 2]),": lambda _: show(SPEC, theme=ARRAY),
    "`only`: got 3.0, expected": lambda _: show(SPEC, only=np.array(3.0)),  # type: ignore[arg-type]
    "explore_many takes several Specs,": lambda _: explore_many(SPEC),  # type: ignore[arg-type]
    "input is 'x.npy', expected": lambda _: explore(SPEC, input="x.npy"),
    "`only`: got [3], expected": lambda _: show(SPEC, only=[3]),  # type: ignore[list-item]
    "`theme` is [], expected": lambda _: show(SPEC, theme=[]),  # type: ignore[arg-type]
    "`show`: got 3, expected": lambda run: run.save("x.npz", show=3),
    "`force`: got 'no', expected": lambda run: run.save("x.npz", force="no"),
    "`path`: got 3, expected": lambda run: run.save(3),
    "`path`: got '', expected": lambda run: run.save(""),
    "the arguments of 'LSTM' are 3,": lambda _: Layer.from_keras("LSTM", 3),  # type: ignore[arg-type]
    "`cell`: got 3, expected": lambda _: Layer(cell=3, units=3),  # type: ignore[arg-type]
    "layers takes a model file": lambda _: layers(""),
}


@pytest.mark.parametrize("sentence", WRONG_TYPES)
def test_a_wrong_type_is_a_wrong_call_as_others(sentence: str, run: Run) -> None:
    with pytest.raises(CallError) as caught:
        WRONG_TYPES[sentence](run)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("function", [explore, show, compare])
def test_a_name_without_a_value_is_told_what_gives_it_one_in_python(
    function: Callable[[str], object],
) -> None:
    with pytest.raises(CallError) as caught:
        function("LSTM(units)")
    cure = "Spec.from_code(code, define={'units': 64})"
    assert str(caught.value) == (
        "the code leaves open units: write each value in its place, or explore " + cure
    )
    spec = eval(cure, {"Spec": Spec, "code": "LSTM(units)"})
    assert spec.parameters == 4 * 64 * (4 + 64 + 1)


def test_colours_for_a_white_page_need_a_picture(run: Run, tmp_path: Path) -> None:
    """The command refuses them in the same words."""
    with pytest.raises(CallError, match=r"^`light` is for pictures, expected a file"):
        run.save(tmp_path / "x.npz", light=True)
    assert not list(tmp_path.iterdir())


NO_SPECS = [
    pytest.param(64, id="number"),
    pytest.param(["LSTM(5)"], id="list"),
]


@pytest.mark.parametrize("value", NO_SPECS)
@pytest.mark.parametrize("function", [explore, show, compare])
def test_what_is_no_spec_is_told_what_is(
    function: Callable[[Any], object], value: object
) -> None:
    name = function.__name__
    sentence = rf"^{name} takes a Spec such as LSTMSpec\(units=5\), .* got .*$"
    with pytest.raises(CallError, match=sentence):
        function(value)
    with pytest.raises(CallError, match=r"^explore_many takes a Spec"):
        next(explore_many([value]))  # type: ignore[list-item]


def comparison_of(run: Run) -> Runs:
    """Return what `compare` makes, of fixed numbers."""
    return compare(run.spec, seed=SEED)


SCREENS = [
    pytest.param("--only drawing", {"only": ["drawing"]}, id="only"),
    pytest.param("--only keras --only arrays", {"only": ("arrays", "keras")}, id="two"),
    pytest.param("--only outputs", {"only": "outputs"}, id="one name"),
    pytest.param("--precision 2", {"precision": 2}, id="precision"),
]


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(("options", "choices"), SCREENS)
def test_a_run_shows_what_the_same_options_do(
    options: str,
    choices: dict[str, Any],
    run: Run,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--return-state", f"--seed={SEED}", *options.split()]
    screen = command(*words).stdout.partition(" · more: ")[0]
    run.show(**choices)
    assert capsys.readouterr().out.partition(" · more: ")[0] == screen


def test_a_width_is_that_of_the_page(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    widths = []
    for width in (60, 100):
        run.show(width=width)
        lines = capsys.readouterr().out.partition("repeat with")[0].splitlines()
        widths.append(max(len(line) for line in lines))
    assert widths[0] <= 60 < widths[1] <= 100


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    ("make_runs", "options", "call"),
    [
        pytest.param(
            lambda: compare(SPEC, seed=SEED),
            "--compare",
            f"compare({SPEC!r}, seed={SEED})",
            id="comparison",
        ),
        pytest.param(
            lambda: sweep([8, [6, 5]], timesteps=(10, 50), layer="gru", seed=SEED),
            "-u 8 -u 6,5 -t 10 -t 50 --layer GRU",
            f"sweep(units=[8, [6, 5]], timesteps=(10, 50), layer='gru', seed={SEED})",
            id="sweep",
        ),
        pytest.param(
            lambda: sweep(range(8, 10), compare=True, seed=SEED),
            "-u 8 -u 9 --compare",
            f"sweep(units=range(8, 10), compare=True, seed={SEED})",
            id="sweep of comparisons",
        ),
        pytest.param(
            lambda: sweep(8, return_sequences=True, seed=SEED),
            "-u 8 --return-sequences",
            f"sweep(units=8, return_sequences=True, seed={SEED})",
            id="sweep of one",
        ),
    ],
)
def test_several_runs_show_the_screen_of_the_command(
    make_runs: Callable[[], Runs],
    options: str,
    call: str,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = command(*options.split(), f"--seed={SEED}").stdout.partition("\nseed")[0]
    runs = make_runs()
    show(runs)
    screen_of_runs, _, footer = capsys.readouterr().out.partition("\nseed")
    assert screen_of_runs == screen
    assert call in " ".join(footer.replace("\\\n", "").split())
    assert repr(runs) == call
    assert runs[-1].seed == SEED
    assert list(runs) == list(runs[:])
    with pytest.raises(IndexError, match=f"^there is no run {len(runs)}: "):
        runs[len(runs)]


@pytest.mark.usefixtures("without_keras")
def test_several_runs_save_what_the_command_does(
    command: Command, tmp_path: Path
) -> None:
    by_command = tmp_path / "command.svg"
    words = ["--compare", f"--seed={SEED}", "--light", "--save", f"{by_command}"]
    assert command(*words).status == 0
    by_python = tmp_path / "python.svg"
    compare(LSTMSpec(), seed=SEED).save(by_python, light=True)
    assert by_python.read_text("utf-8") == by_command.read_text("utf-8")


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    ("make", "call"),
    [
        pytest.param(
            lambda: fixed_run(SPEC),
            "'LSTM(5, return_state=True)' -t 3 -f 4 -b 1 --seed 1729",
            id="run",
        ),
        pytest.param(
            lambda: compare("GRU(5)", seed=SEED),
            "'GRU(5)' -t 3 -f 4 -b 1 --compare --seed 1729",
            id="comparison",
        ),
        pytest.param(
            lambda: sweep(units=[8, (6, 5)], return_state=True, seed=SEED),
            "-t 3 -f 4 -u 8 -u 6,5 -b 1 --layer LSTM --return-state --seed 1729",
            id="sweep",
        ),
        pytest.param(
            lambda: replace(fixed_run(SPEC), has_own_input=True),
            None,
            id="an input in memory",
        ),
        pytest.param(
            lambda: replace(fixed_run(SPEC), has_own_weights=True),
            None,
            id="weights in memory",
        ),
        pytest.param(
            lambda: compare(SPEC, seed=SEED, input=np.ones((1, 3, 4))),
            None,
            id="comparison of an input in memory",
        ),
    ],
)
def test_json_of_python_is_repeated_in_a_shell_as_that_of_the_command_is(
    make: Callable[[], Run | Runs], call: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "runs.jsonl"
    make().save(path)
    repeat = call and f"lstm-shapes {call}"
    for line in path.read_text("utf-8").splitlines():
        assert json.loads(line)["repeat"] == repeat


@pytest.mark.usefixtures("without_keras")
def test_a_comparison_takes_an_input(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.ones((1, 3, 4))
    runs = compare(LSTMSpec(units=[6, 5]), seed=SEED, input=x)
    for run in runs:
        np.testing.assert_array_equal(run.input, x)
    runs.show()
    assert f"seed={SEED}, input=x)" in capsys.readouterr().out


@pytest.mark.parametrize("name", CLASSES_AND_FUNCTIONS)
def test_an_export_is_documented(name: str) -> None:
    export = getattr(lstm_shapes, name)
    assert len(inspect.getdoc(export) or "") > 20


@pytest.mark.parametrize("name", CLASSES_AND_FUNCTIONS)
def test_the_methods_of_an_export_are_documented(name: str) -> None:
    export = getattr(lstm_shapes, name)
    for attribute_name, attribute in vars(export).items():
        is_public = not attribute_name.startswith("_")
        if is_public and callable(attribute):
            assert len(inspect.getdoc(attribute) or "") > 20, attribute_name


SETUP_OF_NOTEBOOK = """
from lstm_shapes import LSTMSpec, show
from tests.conftest import fixed_run

spec = LSTMSpec(units=64, batch_size=3, return_state=True)
run = fixed_run(spec)
"""
CELLS = {
    "run": "run",
    "run.show()": "run.show()",
    "show(spec)": "show(spec)",
    "themes": "run.show(theme='light')",
    "save": "run.save({path!r})\nrun.save({path!r}, force=True, light=True)",
    "unpacked": "output, h, c = run\nh.shape",
}


@pytest.fixture(scope="module")
def notebook_outputs(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[dict[str, str]]]:
    """Run the cells in a real kernel; return what each displays, by media type."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    path = str(tmp_path_factory.mktemp("notebook") / "run.svg")
    cells = [nbformat.v4.new_code_cell(SETUP_OF_NOTEBOOK)]
    for code in CELLS.values():
        cells.append(nbformat.v4.new_code_cell(code.format(path=path)))
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook,
        resources={"metadata": {"path": str(ROOT)}},
        timeout=PATIENCE_SECONDS,
    )
    client.execute()
    outputs = {}
    for name, cell in zip(CELLS, notebook.cells[1:], strict=True):
        # Only displayed data has "data": a cell that prints is an error of the test.
        outputs[name] = [output["data"] for output in cell.outputs]
    return outputs


@pytest.mark.parametrize("name", ["run", "run.show()"])
def test_a_notebook_displays_a_run_as_one_screen(
    name: str, notebook_outputs: dict[str, list[dict[str, str]]]
) -> None:
    (displayed,) = notebook_outputs[name]
    html = displayed["text/html"]
    assert html.count("<pre") == 1
    assert "background-color" in html
    text = displayed["text/plain"]
    assert text.startswith("LSTM(64, return_state=True)\n")
    for title in ("Outputs", "Parameters", "Keras", "Next layer", "output  (3"):
        assert f"\n\n{title}" in text, "a blank line stands between sections"
    assert "repeat with" in text
    assert "\x1b" not in text
    assert "--" not in text
    lines = text.splitlines()
    assert max(len(line) for line in lines) <= 88
    assert [line for line in lines if line.endswith(" ")] == []


def test_a_notebook_displays_the_half_that_a_spec_knows(
    notebook_outputs: dict[str, list[dict[str, str]]],
) -> None:
    (displayed,) = notebook_outputs["show(spec)"]
    (displayed_run,) = notebook_outputs["run"]
    assert displayed_run["text/plain"].startswith(displayed["text/plain"])
    assert "Parameters" in displayed["text/html"]


def test_a_theme_sets_the_colours_of_the_page(
    notebook_outputs: dict[str, list[dict[str, str]]],
) -> None:
    (light,) = notebook_outputs["themes"]
    (own,) = notebook_outputs["run"]
    assert "background:#ffffff" in light["text/html"]
    assert "background:" not in own["text/html"]
    assert light["text/plain"] == own["text/plain"]


def test_saving_a_picture_displays_nothing(
    notebook_outputs: dict[str, list[dict[str, str]]],
) -> None:
    assert notebook_outputs["save"] == []


def test_a_run_unpacks_in_a_notebook(
    notebook_outputs: dict[str, list[dict[str, str]]],
) -> None:
    assert notebook_outputs["unpacked"] == [{"text/plain": "(3, 64)"}]


@pytest.mark.parametrize(
    "units",
    [
        pytest.param(np.array([3, 4]), id="array"),
        pytest.param(iter([3, 4]), id="iterator"),
        pytest.param([3, 4], id="list"),
    ],
)
def test_a_sweep_takes_sizes_of_numpy_and_repeats_them_as_numbers(units: Any) -> None:
    lengths: Any = np.array([3, 1])
    runs = sweep(units, lengths=lengths, seed=SEED)
    assert [run.spec.layers[0].units for run in runs] == [3, 4]
    assert repr(runs) == f"sweep(units=[3, 4], lengths=[3, 1], seed={SEED})"


def test_a_sweep_repeats_kinds_of_numpy_as_texts() -> None:
    kinds: Any = np.array(["LSTM", "GRU"])
    runs = sweep(3, layer=kinds, seed=SEED)
    assert repr(runs) == f"sweep(units=3, layer=['LSTM', 'GRU'], seed={SEED})"


@pytest.mark.parametrize("kind", ["code", "unbuilt layer", "built layer"])
def test_code_and_a_layer_take_the_sizes_of_an_input(kind: str) -> None:
    import keras

    x = np.ones((2, 5, 3), dtype="float32")
    layer = keras.layers.GRU(4, go_backwards=True)
    subject: Any = layer
    if kind == "code":
        subject = "GRU(4, go_backwards=True)"
    run = None
    if kind == "built layer":
        expected = layer(x)
        run = explore(subject, input=x, seed=SEED)
        np.testing.assert_array_equal(run["output"], expected)
    run = run or explore(subject, input=x, seed=SEED)
    assert run.input.values.shape == (2, 5, 3)


def test_an_input_of_other_sizes_than_the_code_is_refused() -> None:
    with pytest.raises(CallError, match="`timesteps` is 5 and that of the code 7"):
        explore("LSTM(4, input_shape=(7, 3))", input=np.ones((2, 5, 3)))


def test_what_is_no_layer_of_keras_is_refused() -> None:
    import keras

    with pytest.raises(CallError, match="expected one in memory"):
        explore(keras.layers.LSTM)
    with pytest.raises(CallError, match="expected one in memory"):
        Spec.from_layer("LSTM(4)")  # type: ignore[arg-type]
    with pytest.raises(CallError, match="expected a text"):
        Spec.from_code(keras.layers.LSTM(4))
    with pytest.raises(CallError, match="`activation` is a function of your own"):
        explore(keras.layers.LSTM(4, activation=own_activation))


def own_activation(x: Any) -> Any:
    return x * 2
