"""The interface for Python and notebooks."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.text import Text

import lstm_shapes
from lstm_shapes import LSTMShapesError, LSTMSpec, Run, explore, show
from tests.conftest import SEED, Command, fixed_run

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
    assert capsys.readouterr() == (known_half, "")


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
    assert printed[:-1] == screen[:-1]
    assert printed[-1] == f"  explore({SPEC!r}, seed={SEED})"


def test_an_array_is_a_line(run: Run) -> None:
    hidden_state = run.outputs[1]
    assert repr(hidden_state) == "hidden_state (batch, units) (1, 5) float32"


@pytest.mark.parametrize(
    ("wrong_call", "sentence"),
    [
        pytest.param(
            lambda _: LSTMSpec(units=0),
            "`units` must be .*, got 0",
            id="size",
        ),
        pytest.param(
            lambda _: LSTMSpec(return_state="yes"),  # type: ignore[arg-type]
            "`return_state` must be True or False, got 'yes'",
            id="flag",
        ),
        pytest.param(
            lambda _: explore(SPEC, seed=-1),
            "`seed` must be .*, got -1",
            id="seed",
        ),
        pytest.param(
            lambda _: explore(SPEC, input=[[[1]]]),
            "input has the shape .*LSTMSpec.for_input",
            id="shape of the input",
        ),
        pytest.param(
            lambda run: run["kernels"],
            "'kernels' is no array of this call, ",
            id="name of an array",
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


NOTEBOOK_CELL = """
from lstm_shapes import LSTMSpec
from tests.conftest import fixed_run

fixed_run(LSTMSpec(units=64, batch_size=3, return_state=True)).show()
"""


@pytest.fixture(scope="module")
def notebook_outputs() -> dict[str, str]:
    """Run the cell in a real kernel; return what it displays, by media type."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cell = nbformat.v4.new_code_cell(NOTEBOOK_CELL)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    client = nbclient.NotebookClient(
        notebook,
        resources={"metadata": {"path": str(ROOT)}},
        timeout=60,
    )
    client.execute()
    displayed = {"text/html": "", "text/plain": ""}
    for output in notebook.cells[0].outputs:
        for media_type in displayed:
            displayed[media_type] += output["data"][media_type]
    return displayed


def test_a_notebook_shows_the_screen_as_html(notebook_outputs: dict[str, str]) -> None:
    html = notebook_outputs["text/html"]
    assert "<pre" in html
    assert "background-color" in html


def test_a_notebook_shows_the_screen_as_text(notebook_outputs: dict[str, str]) -> None:
    text = Text.from_ansi(notebook_outputs["text/plain"]).plain
    assert "LSTM(64, return_state=True)" in text
    assert "sample 0 of 3\n" in text
    assert "repeat with" in text
    assert max(map(len, text.splitlines())) <= 88


def test_a_notebook_gets_no_advice_about_options(
    notebook_outputs: dict[str, str],
) -> None:
    text = Text.from_ansi(notebook_outputs["text/plain"]).plain
    assert "--" not in text
