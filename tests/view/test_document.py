"""The JSON: every fact of the screen, in the keys that the README documents."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from lstm_shapes.run.values import Values
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.document import JSONLines
from tests.conftest import VERSIONS, fixed_run, request_of
from tests.view.runs import MakeRun, holding

CALL = "-b 2 --return-sequences --return-state"
BOTH = LSTMSpec(batch_size=2, return_sequences=True, return_state=True)
KEYS = "class name code features units return_sequences return_state bidirectional parameters"
FACTS = ("LSTM", "lstm", BOTH.code, 4, 5, True, True, False, 200)
LAYER = dict(zip(KEYS.split(), FACTS, strict=True))
INPUT, *OUTPUTS = (
    {"name": name, "axes": axes, "model_shape": [None, *of], "shape": [2, *of], "dtype": "float32"}
    for name, axes, of in (
        ("input", ["batch", "timesteps", "features"], [3, 4]),
        ("all_hidden_states", ["batch", "timesteps", "units"], [3, 5]),
        ("hidden_state", ["batch", "units"], [5]),
        ("cell_state", ["batch", "units"], [5]),
    )
)
WEIGHTS = [("kernel", [4, 20], 80), ("recurrent_kernel", [5, 20], 100), ("bias", [20], 20)]
IDENTITY = {"claim": "hidden_state == all_hidden_states[:, -1]"}
COMPUTED = {
    "schema_version": 1,
    "measured": False,
    "code": BOTH.code,
    "sizes": {"timesteps": 3, "features": 4, "units": [5], "batch_size": 2},
    "lengths": None,
    "layer": LAYER,
    "layers": [LAYER],
    "input": INPUT,
    "parameters": {
        "total": 200,
        "weights": [dict(zip(("name", "shape", "count"), of, strict=True)) for of in WEIGHTS],
    },
    "cost": {"multiply_adds": 540, "weight_bytes": 800, "array_bytes": 4 * 2 * (12 + 15 + 5 + 5)},
    "outputs": OUTPUTS,
    "identities": [{**IDENTITY, "holds": None, "max_difference": None}],
    "next_layers": None,
    "two_calls": None,
    "versions": {"lstm_shapes": "0.3.0"},
    "repeat": f"lstm-shapes {CALL} -n",
}


def documents(call: str | Request, run: MakeRun = fixed_run) -> list[Any]:
    """Return the documents of a call, each of which is a line, without NaN or Infinity."""
    request = request_of(call) if isinstance(call, str) else call
    written: list[bytes] = []
    view = JSONLines(request, written.append, arrays=request.shows_arrays)
    for row in request.rows:
        view.add(row, [] if request.dry_run else list(map(run, row)))
    assert all(text.endswith(b"\n") and text.count(b"\n") == 1 for text in written)
    refuse: Any = {}.__getitem__  # raises a KeyError
    return [json.loads(text, parse_constant=refuse) for text in written]


def test_a_dry_run_has_every_fact_that_is_computed_and_no_value() -> None:
    assert documents(f"{CALL} -n") == [COMPUTED]


def test_a_run_adds_what_is_measured_with_values_nested_as_the_axes_are() -> None:
    (document,), (bare,) = documents(CALL), documents(f"{CALL} --no-arrays")
    repeats = [of.pop("repeat") for of in (document, bare)]
    assert repeats == [f"lstm-shapes {CALL} {flag}--seed 1729" for flag in ("", "--no-arrays ")]
    for of in (document["input"], *document["outputs"]):
        values = np.asarray(of.pop("values"), np.float32)
        np.testing.assert_array_equal(values, fixed_run(BOTH).arrays[of["name"]])
    assert document == bare
    counts = {key: document["parameters"].pop(key) for key in ("trainable", "non_trainable")}
    assert counts == {"trainable": 200, "non_trainable": 0}
    first, *_, refused, last = document.pop("next_layers")
    assert document.pop("two_calls") == {"timesteps": [1, 2], "holds": True, "max_difference": 0.0}
    identities = [{**IDENTITY, "holds": True, "max_difference": 0.0}]
    measured = {"measured": True, "seed": 1729, "identities": identities, "versions": VERSIONS}
    computed = {name: fact for name, fact in COMPUTED.items() if name != "repeat"}
    assert {**document, "next_layers": None, "two_calls": None} == {**computed, **measured}
    facts = ["Dense(1)", ["all_hidden_states"], [None, 3, 1], None]
    assert list(first.items())[:4] == [
        *zip(("layer", "takes", "output_shape", "error"), facts, strict=True)
    ]
    assert (first["parameters"], first["mixes_samples"]) == (6, False)
    assert refused["error"].startswith("the layer expects 1 input(s), but")
    assert (last["layer"], last["initial_state"]) == ("LSTM(5)", ["hidden_state", "cell_state"])


@settings(max_examples=50, derandomize=True, deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, max_side=4)))
def test_every_float32_reads_back_and_what_is_not_finite_is_null(values: Values) -> None:
    (document,) = documents("", holding(output=values))
    read = np.array(document["outputs"][0]["values"], dtype=object)
    finite = np.isfinite(values)
    assert all(value is None for value in read[~finite])
    np.testing.assert_array_equal(read[finite].astype(np.float32), values[finite])


def test_numbers_are_no_longer_than_float32_needs() -> None:
    (document,) = documents("", holding(output=[[0.1, 0.30890232]]))
    assert document["outputs"][0]["values"] == [[0.1, 0.30890232]]


@pytest.mark.parametrize(
    "expression",
    ["input[0,0,0]", "cell_state[:,::-2]", "input[::-1,1:,2]", "all_hidden_states[:0,::2]"],
)
def test_selections_stand_under_shown(expression: str) -> None:
    (document,) = documents(f"{CALL} --show {expression}")
    assert not any("values" in of for of in document["outputs"])
    (shown,), picked = document["shown"], fixed_run(BOTH)[expression]
    values = np.asarray(shown.pop("values"), np.float32).reshape(picked.shape)
    np.testing.assert_array_equal(values, picked)
    assert len(shown.pop("axes")) == picked.ndim
    assert shown == {"name": expression, "shape": list(picked.shape), "dtype": "float32"}


@pytest.mark.parametrize(("flag", "holds", "apart"), [("", True, 0.0), ("-n", None, None)])
def test_every_call_of_a_comparison_has_the_groups(flag: str, holds: object, apart: object) -> None:
    found = documents(f"--compare -u 5 -u 6 {flag}")
    assert [of["layer"]["return_sequences"] for of in found] == [False, True] * 4
    places = [{"call": call, "array": "cell_state"} for call in (2, 3)]
    cell = {"vector": "c at the last timestep", "places": places}
    for of in found:
        assert len(of["groups"][0]["places"]) == 6
        assert of["groups"][1:] == [{**cell, "holds": holds, "max_difference": apart}]


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    (document,) = documents("--return-state --pytorch -n")
    found, call = document["pytorch"], "torch.nn.LSTM(4, 5, batch_first=True)"
    code = [f"lstm = {call}", "output, (h_n, c_n) = lstm(x)"]
    assert (found["call"], found["code"], found["parameters"]["total"]) == (call, code, 220)
    assert list(found["outputs"][2].values()) == ["c_n", [1, 1, 5], {"c_n[-1]": "cell_state"}]
    assert list(found["parameters"]["weights"][0].values()) == ["weight_ih_l0", [20, 4], "kernel.T"]


@pytest.mark.parametrize(("name", "text"), [("x.npy", "x.npy"), ("\udcff.npy", "�.npy")])
def test_the_file_of_the_input_is_named_whatever_its_bytes(name: str, text: str) -> None:
    (document,) = documents(replace(request_of("-n"), input=Path(name)))
    assert document["input"]["file"] == text
