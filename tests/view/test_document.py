import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lstm_shapes.run.values import Run, Values
from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.spec.selection import parse
from lstm_shapes.view.document import Lines, LinesFile, line, of_run, of_spec
from lstm_shapes.view.npz import Archive, write_npz
from tests.conftest import FLAGS, LAYERS, fixed_run, show_all

BOTH = LSTMSpec(return_sequences=True, return_state=True, batch_size=2)
COMPARED: dict[str, Any] = {"return_sequences": [False, True], "return_state": [False, True]}


def strictly_parsed(text: bytes | str) -> Any:
    """The document, in which no NaN and no Infinity stands, as neither is JSON."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def document_of(run: Run, **options: Any) -> Any:
    return strictly_parsed(line(of_run(run, **options)))


def lines_of(request: Request, *, arrays: bool = True) -> list[Any]:
    written: list[bytes] = []
    show_all(Lines(request, written.append, arrays=arrays), request)
    assert all(text.endswith(b"\n") and text.count(b"\n") == 1 for text in written)
    return [strictly_parsed(text) for text in written]


def with_values(values: Values) -> Run:
    run = fixed_run(LSTMSpec())
    return replace(run, outputs=(replace(run.outputs[0], values=values),))


def read_back(values: Values) -> Any:
    return document_of(with_values(values))["outputs"][0]["values"]


def test_the_document_says_what_the_run_holds() -> None:
    run = fixed_run(BOTH)
    document = document_of(run)
    layer = {
        "class": "LSTM",
        "name": "lstm",
        "code": "LSTM(5, return_sequences=True, return_state=True)",
        "features": 4,
        "units": 5,
        "return_sequences": True,
        "return_state": True,
        "bidirectional": False,
        "parameters": 200,
    }
    facts = {
        "schema_version": 1,
        "measured": True,
        "seed": 1729,
        "code": layer["code"],
        "sizes": {"timesteps": 3, "features": 4, "units": [5], "batch_size": 2},
        "layer": layer,
        "layers": [layer],
        "versions": dict(run.versions),
        "identities": [
            {
                "claim": "hidden_state == all_hidden_states[:, -1]",
                "holds": True,
                "max_difference": 0.0,
            }
        ],
    }
    assert {key: document[key] for key in facts} == facts
    assert {key: value for key, value in document["input"].items() if key != "values"} == {
        "name": "input",
        "axes": ["batch", "timesteps", "features"],
        "shape": [2, 3, 4],
        "model_shape": [None, 3, 4],
        "dtype": "float32",
    }
    counts = {"total": 200, "trainable": 200, "non_trainable": 0}
    assert {key: document["parameters"][key] for key in counts} == counts
    assert document["parameters"]["weights"][2] == {"name": "bias", "shape": [20], "count": 20}
    assert document["next_layers"][0] == {
        "layer": "Dense(1)",
        "takes": ["all_hidden_states"],
        "output_shape": [None, 3, 1],
        "error": None,
    }


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", LAYERS)
def test_a_dry_run_has_the_same_document_without_what_is_measured(
    flags: dict[str, bool], layers: dict[str, Any]
) -> None:
    spec = LSTMSpec(**layers, **flags)
    dry, measured = strictly_parsed(line(of_spec(spec))), document_of(fixed_run(spec))
    assert dry["measured"] is False
    assert list(dry["versions"]) == ["lstm_shapes"]
    assert "seed" not in dry
    assert dry["next_layers"] is None
    assert [found["claim"] for found in dry["identities"]] == [e.claim for e in spec.equalities]
    for found in dry["identities"]:
        assert (found["holds"], found["max_difference"]) == (None, None)
    assert "trainable" not in dry["parameters"]
    for before, after in zip(
        [dry["input"], *dry["outputs"]], [measured["input"], *measured["outputs"]], strict=True
    ):
        after.pop("values")
        assert before == after
    for key in ("code", "sizes", "layer", "layers", "schema_version"):
        assert dry[key] == measured[key]
    assert dry["parameters"]["weights"] == measured["parameters"]["weights"]


def test_a_stack_has_all_its_layers() -> None:
    document = document_of(fixed_run(LSTMSpec(units=(6, 5), bidirectional=True)))
    assert document["sizes"]["units"] == [6, 5]
    assert [layer["features"] for layer in document["layers"]] == [4, 12]
    assert document["layer"] == document["layers"][1]
    assert document["parameters"]["weights"][-1]["name"] == "lstm_1/backward/bias"


def test_values_nest_as_the_axes_do() -> None:
    run = fixed_run(BOTH)
    document = document_of(run)
    for array, expected in zip(
        [document["input"], *document["outputs"]], [run.input, *run.outputs], strict=True
    ):
        np.testing.assert_array_equal(np.array(array["values"], np.float32), expected.values)
    without = document_of(run, arrays=False)
    assert not any("values" in array for array in [without["input"], *without["outputs"]])


@given(
    hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(width=32))
)
def test_every_float32_reads_back_and_what_is_not_finite_is_null(values: Values) -> None:
    read = np.array(read_back(values), dtype=object)
    finite = np.isfinite(values)
    assert all(value is None for value in read[~finite])
    np.testing.assert_array_equal(read[finite].astype(np.float32), values[finite])


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (2, 3, 0)])
def test_empty_arrays_stay_empty(shape: tuple[int, ...]) -> None:
    assert read_back(np.zeros(shape, np.float32)) == np.zeros(shape).tolist()


@pytest.mark.parametrize("index", [..., (slice(None), slice(None, None, -2)), (0, 0)])
def test_numbers_are_no_longer_than_float32_needs(index: Any) -> None:
    values = np.full((1, 3), 0.30890232, np.float32)[index]
    text = json.dumps(np.full(values.shape, 0.30890232).tolist(), separators=(",", ":"))
    assert f'"values":{text}'.encode() in line(of_run(with_values(values)))


@pytest.mark.parametrize(
    "expression",
    [
        *("all_hidden_states[1, 2]", "input[0, 0, 0]", "cell_state[:, ::-2]", "input[::-1, 1:, 2]"),
        *("all_hidden_states[:0, ::2]", "cell_state[..., 3]", "hidden_state[0, :0]"),
    ],
)
def test_selections_stand_under_shown(expression: str) -> None:
    run = fixed_run(BOTH)
    picked = run.select(parse(expression))
    (shown,) = document_of(run, arrays=False, shown=[picked])["shown"]
    assert shown == {
        "name": expression,
        "axes": list(picked.axes),
        "shape": list(picked.shape),
        "dtype": "float32",
        "values": shown["values"],
    }
    np.testing.assert_array_equal(
        np.array(shown["values"], np.float32).reshape(picked.shape), picked.values
    )


def test_differences_that_are_no_numbers_are_null() -> None:
    run = fixed_run(BOTH)
    values = run.outputs[1].values * np.float32("nan")
    outputs = (run.outputs[0], replace(run.outputs[1], values=values), run.outputs[2])
    (found,) = document_of(replace(run, outputs=outputs))["identities"]
    assert (found["holds"], found["max_difference"]) == (False, None)


@pytest.mark.parametrize("dry_run", [False, True], ids=["measured", "dry run"])
@pytest.mark.parametrize("units", [[5], [5, 6]], ids=["comparison", "sweep of comparisons"])
def test_a_comparison_says_what_stands_across_its_calls(units: list[int], dry_run: bool) -> None:
    request = Request(Grid(units=units, **COMPARED), dry_run=dry_run)
    documents = lines_of(request, arrays=False)
    assert len(documents) == 4 * len(units)
    apart = None if dry_run else 0.0
    for document in documents:
        assert document["groups"][1] == {
            "vector": "c at the last timestep",
            "places": [{"call": 2, "array": "cell_state"}, {"call": 3, "array": "cell_state"}],
            "holds": None if dry_run else True,
            "max_difference": apart,
        }
        assert len(document["groups"][0]["places"]) == 6
    assert "groups" not in lines_of(Request(Grid(units=[5, 6]), dry_run=dry_run))[0]


def test_lines_hold_what_is_asked_for() -> None:
    request = Request(Grid(**COMPARED), selections=[parse("cell_state")])
    documents = lines_of(request, arrays=False)
    assert [len(document["shown"]) for document in documents] == [0, 0, 1, 1]
    assert "values" not in documents[0]["outputs"][0]
    assert "shown" not in lines_of(Request())[0]
    assert "values" in lines_of(Request())[0]["outputs"][0]


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    assert "pytorch" not in lines_of(Request())[0]
    (document,) = lines_of(Request(pytorch=True))
    assert document["pytorch"]["parameters"]["total"] == 220


@pytest.mark.parametrize("dry_run", [False, True], ids=["measured", "dry run"])
@pytest.mark.parametrize(("name", "text"), [("x.npy", "x.npy"), ("\udcff.npy", "�.npy")])
def test_the_file_of_the_input_is_named(name: str, text: str, dry_run: bool) -> None:
    request = Request(input=Path(name), dry_run=dry_run)
    written: list[bytes] = []
    show_all(
        Lines(request, written.append, arrays=False),
        request,
        lambda spec: replace(fixed_run(spec), input_file=Path(name)),
    )
    assert strictly_parsed(written[0])["input"]["file"] == text


def test_a_file_has_the_values_that_the_screen_may_leave_out(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    request = Request(Grid(return_state=[True]), selections=[parse("output[0, 0]")], saves=[path])
    show_all(LinesFile(request, path), request)
    (document,) = map(strictly_parsed, path.read_text().splitlines())
    assert "values" in document["outputs"][0]
    assert document["shown"][0]["name"] == "output[0, 0]"


@pytest.mark.parametrize("layers", LAYERS)
def test_npz_is_enough_to_do_the_run_by_hand(layers: dict[str, Any]) -> None:
    run = fixed_run(replace(BOTH, **layers))
    file = BytesIO()
    write_npz(run, file)
    file.seek(0)
    with np.load(file, allow_pickle=False) as saved:
        arrays = {name: saved[name] for name in saved}
    spec = json.loads(arrays.pop("spec").item())
    seed = spec.pop("seed")
    assert (LSTMSpec(**spec), seed) == (run.spec, run.seed)
    expected = {**run.arrays, **{weight.name: weight.values for weight in run.weights}}
    assert arrays.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(arrays[name], values)


def test_an_archive_is_a_file_of_one_run(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    request = Request(saves=[path])
    show_all(Archive(request, path), request)
    with np.load(path, allow_pickle=False) as saved:
        assert saved["output"].shape == (1, 5)
