"""The interface for Python and notebooks."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

import lstm_shapes
from lstm_shapes import LSTMShapesError, LSTMSpec, Run, explore, show
from tests.conftest import SEED, Command, fixed_run

STATE = LSTMSpec(return_state=True)


@pytest.fixture
def run() -> Run:
    return fixed_run(STATE)


def test_a_spec_shows_what_a_dry_run_does(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    known, _ = command("-n", "--return-state").stdout.split("computed, without Keras")
    show(STATE)
    assert capsys.readouterr() == (known, "")


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("shown", [show, Run.show], ids=["show(run)", "run.show()"])
def test_a_run_shows_the_screen_of_the_command_and_how_python_repeats_it(
    shown: Callable[[Run], None], run: Run, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = command("--return-state", "--seed", f"{SEED}").stdout
    shown(run)
    *screen, repeat = capsys.readouterr().out.splitlines()
    assert screen == expected.splitlines()[:-1]
    assert repeat == f"  explore({STATE!r}, seed={SEED})"


def test_an_array_is_a_line(run: Run) -> None:
    assert repr(run.outputs[1]) == "hidden_state (batch, units) (1, 5) float32"


FLAG: Any = "yes"
WRONG: dict[str, Callable[[Run], object]] = {
    "units= must be .*, got 0": lambda _: LSTMSpec(units=0),
    "return_state= must be True or False, got 'yes'": lambda _: LSTMSpec(return_state=FLAG),
    "seed= must be .*, got -1": lambda _: explore(STATE, seed=-1),
    "input has the shape .*LSTMSpec.for_input": lambda _: explore(STATE, input=[[[1]]]),
    "'kernel' is no array of this call, ": lambda run: run["kernel"],
    "'README.md' has no known suffix": lambda run: run.save("README.md"),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_an_error_speaks_python(sentence: str, run: Run) -> None:
    with pytest.raises(LSTMShapesError, match=f"^{sentence}") as caught:
        WRONG[sentence](run)
    assert "--" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", sorted({*lstm_shapes.__all__} - {"__version__"}))
def test_an_export_and_its_methods_are_documented(name: str) -> None:
    export = getattr(lstm_shapes, name)
    methods = (value for key, value in vars(export).items() if not key.startswith("_"))
    for documented in (export, *filter(callable, methods)):
        assert len(inspect.getdoc(documented) or "") > 20, documented


def test_a_notebook_shows_the_screen_as_html() -> None:
    """A real kernel, which shows a run made without Keras."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    source = """
from lstm_shapes import LSTMSpec
from tests.conftest import fixed_run

fixed_run(LSTMSpec(units=64, batch_size=3, return_state=True)).show()
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    resources = {"metadata": {"path": str(Path(__file__).parent.parent)}}
    nbclient.NotebookClient(notebook, resources=resources, timeout=60).execute()
    data = [output["data"] for output in notebook.cells[0].outputs]
    html, text = ("".join(of[kind] for of in data) for kind in ("text/html", "text/plain"))
    assert "<pre" in html
    assert "background-color" in html
    plain = Text.from_ansi(text).plain
    for line in ("LSTM(64, return_state=True)", "sample 0 of 3\n", "repeat with"):
        assert line in plain
    assert max(map(len, plain.splitlines())) <= 88
    assert "--" not in plain  # no advice about options
