"""The interface for Python and notebooks."""

from pathlib import Path

import numpy as np
import pytest

from lstm_shapes import LSTMShapesError, LSTMSpec, Run, explore, explore_many, show
from lstm_shapes.errors import CallError
from tests.conftest import Command, fixed_run

STATE = LSTMSpec(return_state=True)


@pytest.fixture(scope="module")
def run() -> Run:
    return explore(STATE, seed=1)


def test_a_run_is_a_line(run: Run) -> None:
    outputs = "output (1, 5), hidden_state (1, 5), cell_state (1, 5)"
    assert repr(run) == f"Run(LSTM(5, return_state=True), seed=1: {outputs})"


def test_an_array_is_a_line_with_its_range(run: Run) -> None:
    values = run.outputs[0].values
    span = f"from {values.min():.4g} to {values.max():.4g}"
    assert repr(run.outputs[0]) == f"output (batch, units) (1, 5) float32 {span}"


def test_a_spec_is_what_one_writes() -> None:
    assert repr(LSTMSpec(units=(64, 32), return_state=True)) == (
        "LSTMSpec(units=(64, 32), return_state=True)"
    )


def test_arrays_are_had_by_name_and_by_expression(run: Run) -> None:
    assert list(run.arrays) == ["input", "output", "hidden_state", "cell_state"]
    np.testing.assert_array_equal(run["hidden_state"], run.arrays["hidden_state"])
    np.testing.assert_array_equal(run["input[0, 1:]"], run.input.values[0, 1:])
    with pytest.raises(CallError, match="names no array"):
        run["all_hidden_states"]


def test_the_screen_is_that_of_the_command_but_for_how_to_repeat_it(
    run: Run, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = command("--return-state", "--seed", "1").stdout
    show(run)
    shown = "".join(f"{line.rstrip()}\n" for line in capsys.readouterr().out.splitlines())
    assert shown.splitlines()[:-1] == expected.splitlines()[:-1]
    assert shown.splitlines()[-1] == f"  explore({STATE!r}, seed=1)"


@pytest.mark.parametrize("suffix", ["npz", "json", "jsonl", "svg", "html", "txt", "py"])
def test_what_the_command_saves_a_run_saves(
    suffix: str, run: Run, command: Command, tmp_path: Path
) -> None:
    run.save(tmp_path / f"ours.{suffix}")
    theirs = tmp_path / f"theirs.{suffix}"
    command("--return-state", "--seed", "1", "--save", str(theirs))
    if suffix in ("npz", "json", "jsonl", "py"):
        assert (tmp_path / f"ours.{suffix}").read_bytes() == theirs.read_bytes()
    with pytest.raises(CallError, match="exists, expected a new file"):
        run.save(theirs)
    run.save(str(theirs), force=True)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("x.csv", "has no known suffix"), ("no/x.npz", "is no folder"), (".npz", "no known suffix")],
)
def test_what_cannot_be_saved_is_an_error(
    name: str, problem: str, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(LSTMShapesError, match=problem):
        run.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_input_of_ones_own() -> None:
    x = np.arange(24).reshape(2, 3, 4)
    spec = LSTMSpec.for_input(x, units=2)
    run = explore(spec, seed=1, input=x)
    assert (spec.batch_size, spec.timesteps, spec.features) == (2, 3, 4)
    np.testing.assert_array_equal(run.input.values, x.astype(np.float32))
    assert not np.shares_memory(run.input.values, x)
    with pytest.raises(CallError, match=r"\(2, 3, 4\), expected that of the spec, \(1, 3, 4\)"):
        explore(LSTMSpec(), input=x)


def test_values_that_are_not_finite_are_run_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x = np.ones((3, 2, 4))
    x[1, 0, 0] = np.nan
    run = explore(LSTMSpec.for_input(x, return_state=True), seed=1, input=x)
    assert np.isnan(run["output"][1]).all()
    assert np.isfinite(run["output"][[0, 2]]).all()
    assert all(identity.holds for identity in run.identities)
    show(run)
    assert "1 of 3 samples hold values that are not finite" in capsys.readouterr().out


def test_several_runs_come_one_by_one() -> None:
    runs = explore_many((LSTMSpec(units=units) for units in (2, 3)), seed=1)
    assert [run.spec.units for run in runs] == [2, 3]


def test_a_notebook_shows_the_screen_as_html() -> None:
    """A real kernel, which shows a run made without Keras."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    source = """
from lstm_shapes import LSTMSpec, show
from tests.conftest import fixed_run

show(fixed_run(LSTMSpec(return_state=True)))
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    resources = {"metadata": {"path": str(Path(__file__).parent.parent)}}
    nbclient.NotebookClient(notebook, resources=resources, timeout=60).execute()
    outputs = notebook.cells[0].outputs
    assert len(outputs) == 1
    html = "".join(output["data"]["text/html"] for output in outputs)
    plain = "".join(output["data"]["text/plain"] for output in outputs)
    assert "<pre" in html
    assert "background-color" in html
    for text in ("LSTM(5, return_state=True)", "hidden_state (1, 5)", "seed 1729"):
        assert text in plain
    assert fixed_run(STATE).seed == 1729
