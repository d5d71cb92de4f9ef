"""The JSON: every fact of the screen, in the keys that the README documents."""

import json
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from lstm_shapes import Run, __version__
from lstm_shapes.request import Request
from lstm_shapes.run.input import OwnInput
from lstm_shapes.run.trials import TriedLayer
from lstm_shapes.run.values import Values
from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from lstm_shapes.view.document import JSONLines, installed_versions
from tests.conftest import VERSIONS, fixed_run, request_of, screen
from tests.view.runs import MakeRun, holding, keras_run, spec_of

Document = dict[str, Any]

CALL = "-b 2 --return-sequences --return-state"
BOTH_FLAGS = LSTMSpec(batch_size=2, return_sequences=True, return_state=True)
LAYER = {
    "class": "LSTM",
    "name": "lstm",
    "code": BOTH_FLAGS.code,
    "features": 4,
    "units": 5,
    "return_sequences": True,
    "return_state": True,
    "bidirectional": False,
    "parameters": 200,
    "merge_mode": None,
    "arguments": {"return_sequences": True, "return_state": True},
    "backward_layer": None,
    "wrapper_dtype": None,
    "wrapper_arguments": {},
    "summary_shapes": [[None, 3, 5], [None, 5], [None, 5]],
}
INPUT = {
    "name": "input",
    "axes": ["batch", "timesteps", "features"],
    "model_shape": [None, 3, 4],
    "shape": [2, 3, 4],
    "dtype": "float32",
}
ALL_HIDDEN_STATES = {
    "name": "all_hidden_states",
    "axes": ["batch", "timesteps", "units"],
    "model_shape": [None, 3, 5],
    "shape": [2, 3, 5],
    "dtype": "float32",
}
HIDDEN_STATE = {
    "name": "hidden_state",
    "axes": ["batch", "units"],
    "model_shape": [None, 5],
    "shape": [2, 5],
    "dtype": "float32",
}
CELL_STATE = {
    "name": "cell_state",
    "axes": ["batch", "units"],
    "model_shape": [None, 5],
    "shape": [2, 5],
    "dtype": "float32",
}
PARAMETERS = {
    "total": 200,
    "weights": [
        {"name": "kernel", "shape": [4, 20], "count": 80, "dtype": "float32"},
        {
            "name": "recurrent_kernel",
            "shape": [5, 20],
            "count": 100,
            "dtype": "float32",
        },
        {"name": "bias", "shape": [20], "count": 20, "dtype": "float32"},
    ],
    "idle": 0,
    "trainable": 200,
    "non_trainable": 0,
}
CLAIM = "hidden_state == all_hidden_states[:, -1]"
COMPUTED = {
    "schema_version": 1,
    "measured": False,
    "code": BOTH_FLAGS.code,
    "sizes": {"timesteps": 3, "features": 4, "units": [5], "batch_size": 2},
    "open_axes": [],
    "lengths": None,
    "padding": None,
    "layer": LAYER,
    "layers": [LAYER],
    "input": INPUT,
    "parameters": PARAMETERS,
    "cost": {
        "multiply_adds": 540,
        "weight_bytes": 800,
        "array_bytes": 4 * 2 * (12 + 15 + 5 + 5),
    },
    "outputs": [ALL_HIDDEN_STATES, HIDDEN_STATE, CELL_STATE],
    "identities": [{"claim": CLAIM, "holds": None, "max_difference": None}],
    "warnings": None,
    "next_layers": None,
    "remarks": [],
    "two_calls": None,
    "two_calls_reason": "nothing was run",
    "rewritten": None,
    "odd_batch": None,
    "weights_of": None,
    "versions": {
        "lstm_shapes": __version__,
        "keras": version("keras"),
        "numpy": version("numpy"),
    },
    "call": 0,
    "repeat": f"lstm-shapes {CALL} -n",
}


NAN = [[float("nan")] * 5]


def run_of_several(spec: Spec) -> Run:
    """Return a run of a sweep: the sequence does not come in two calls."""
    return replace(fixed_run(spec), two_calls=None)


def documents_of(request: Request, run: MakeRun = fixed_run) -> list[Document]:
    """Return the documents of a request, each of which is a line of strict JSON."""
    lines: list[bytes] = []
    view = JSONLines(
        request,
        lines.append,
        with_arrays=request.shows_whole_arrays,
    )
    for row in request.rows:
        runs = [] if request.dry_run else [run(spec) for spec in row]
        view.add(row, runs)
    documents = []
    for line in lines:
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        documents.append(json.loads(line, parse_constant=pytest.fail))
    return documents


def document_of(call: str, run: MakeRun = fixed_run) -> Document:
    """Return the only document of a call."""
    (document,) = documents_of(request_of(call), run)
    return document


def arrays_in(document: Document) -> list[Document]:
    """Return the input and the outputs of a document."""
    outputs: list[Document] = document["outputs"]
    return [document["input"], *outputs]


def test_a_dry_run_has_every_fact_that_is_computed_and_no_value() -> None:
    assert document_of(f"{CALL} -n") == COMPUTED


def test_a_run_has_the_values_nested_as_the_axes_are() -> None:
    run = fixed_run(BOTH_FLAGS)
    for array in arrays_in(document_of(CALL)):
        values = np.asarray(array["values"], np.float32)
        np.testing.assert_array_equal(values, run.arrays[array["name"]])


def test_no_arrays_leaves_out_the_values_and_nothing_else() -> None:
    document = document_of(CALL)
    for array in arrays_in(document):
        del array["values"]
    document["repeat"] = f"lstm-shapes {CALL} --no-arrays --seed 1729"
    assert document_of(f"{CALL} --no-arrays") == document


def test_a_run_adds_what_is_measured() -> None:
    document = document_of(f"{CALL} --no-arrays")
    del document["next_layers"]
    expected = {
        **COMPUTED,
        "measured": True,
        "seed": 1729,
        "warnings": [],
        "identities": [{"claim": CLAIM, "holds": True, "max_difference": 0.0}],
        "two_calls": {
            "timesteps": [1, 2],
            "holds": True,
            "max_difference": 0.0,
            "sample_count": 2,
        },
        "two_calls_reason": None,
        "rewritten": [],
        "versions": VERSIONS,
        "repeat": f"lstm-shapes {CALL} --no-arrays --seed 1729",
    }
    del expected["next_layers"]
    assert document == expected


def test_a_run_says_how_to_repeat_it() -> None:
    assert document_of(CALL)["repeat"] == f"lstm-shapes {CALL} --seed 1729"


def test_parameters_that_do_nothing_at_one_timestep_are_counted() -> None:
    assert document_of("-t 1 -n")["parameters"]["idle"] == 125


def test_a_run_tries_layers_and_a_decoder_behind_it() -> None:
    layers = document_of(CALL)["next_layers"]
    dense = layers[0]
    assert list(dense.items())[:4] == [
        ("layer", "Dense(1)"),
        ("takes", ["all_hidden_states"]),
        ("output_shape", [None, 3, 1]),
        ("error", None),
    ]
    assert dense["parameters"] == 6
    assert dense["mixes_samples"] is False
    assert dense["mixes_states"] is False
    assert [layer["chain"] for layer in layers] == [1, 2, 3, 4, None]
    assert {layer["behind"] for layer in layers} == {None}
    refused = layers[-2]
    assert refused["error"].startswith("the layer expects 1 input(s), but")
    decoder = layers[-1]
    assert decoder["layer"] == "LSTM(5, return_sequences=True)"
    assert decoder["takes"] == ["y"]
    assert decoder["initial_state"] == ["hidden_state", "cell_state"]
    assert decoder["output_shape"] == [None, None, 5]
    # They depend on the features of y, which are the decoder's own.
    assert decoder["parameters"] is None
    assert list(decoder) == list(dense)


def test_a_refused_layer_has_the_sentence_of_the_screen_and_its_code() -> None:
    vector = document_of("")["next_layers"]
    sentences = {layer["layer"]: layer["cure"] for layer in vector}
    codes = {layer["layer"]: layer["cure_code"] for layer in vector}
    sentence = "needs return_sequences=True here, or RepeatVector(3)"
    assert sentences == {"Dense(1)": "", "LSTM(1)": sentence}
    assert codes == {"Dense(1)": "", "LSTM(1)": "sequence"}
    assert sentence in screen("")


def test_a_layer_that_mixes_h_and_c_is_marked() -> None:
    mixing_layer = TriedLayer(
        layer="Attention()",
        takes=("all_hidden_states", "hidden_state", "cell_state"),
        output_shape=(None, 3, 5),
        mixes_states=True,
    )

    def run(spec: Spec) -> Run:
        return replace(fixed_run(spec), next_layers=(mixing_layer,))

    assert document_of(CALL, run)["next_layers"][0]["mixes_states"] is True


@settings(max_examples=50, derandomize=True, deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, max_side=4)))
def test_every_float32_reads_back_and_what_is_not_finite_is_null(
    values: Values,
) -> None:
    document = document_of("", holding(output=values))
    numbers = np.array(document["outputs"][0]["values"], dtype=object)
    is_finite = np.isfinite(values)
    assert all(number is None for number in numbers[~is_finite])
    finite_numbers = numbers[is_finite].astype(np.float32)
    np.testing.assert_array_equal(finite_numbers, values[is_finite])


def test_numbers_are_no_longer_than_float32_needs() -> None:
    document = document_of("", holding(output=[[0.1, 0.30890232]]))
    assert document["outputs"][0]["values"] == [[0.1, 0.30890232]]


@pytest.mark.parametrize(
    "expression",
    [
        "input[0,0,0]",
        "cell_state[:,::-2]",
        "input[::-1,1:,2]",
        "all_hidden_states[:0,::2]",
    ],
)
def test_selections_stand_under_shown(expression: str) -> None:
    document = document_of(f"{CALL} --show {expression}")
    selected = fixed_run(BOTH_FLAGS)[expression]
    (array,) = document["shown"]
    values = np.asarray(array.pop("values"), np.float32)
    np.testing.assert_array_equal(values.reshape(selected.shape), selected)
    assert len(array.pop("axes")) == selected.ndim
    assert array == {
        "name": expression,
        "shape": list(selected.shape),
        "dtype": "float32",
    }
    assert not any("values" in output for output in document["outputs"])


@pytest.mark.parametrize(
    ("flag", "holds", "max_difference"),
    [
        pytest.param("", True, 0.0, id="measured"),
        pytest.param("-n", None, None, id="computed"),
    ],
)
def test_every_call_of_a_comparison_has_the_groups(
    flag: str, holds: bool | None, max_difference: float | None
) -> None:
    documents = documents_of(request_of(f"--compare -u 5 -u 6 {flag}"))
    returns_sequences = [
        document["layer"]["return_sequences"] for document in documents
    ]
    assert returns_sequences == [False, True] * 4
    cell_state = {
        "vector": "c at the last timestep",
        "places": [
            {"call": 2, "array": "cell_state"},
            {"call": 3, "array": "cell_state"},
        ],
        "holds": holds,
        "max_difference": max_difference,
    }
    for document in documents:
        hidden_state = document["groups"][0]
        assert len(hidden_state["places"]) == 6
        assert document["groups"][1:] == [cell_state]


@pytest.mark.parametrize(
    ("call", "numbers"),
    [
        pytest.param("", [0], id="one call"),
        pytest.param("--compare", [0, 1, 2, 3], id="comparison"),
        pytest.param("-u 5 -u 6 -u 7", [0, 1, 2], id="sweep"),
        pytest.param("-u 5 -u 6 --compare", [0, 1, 2, 3] * 2, id="comparisons"),
    ],
)
def test_each_object_says_which_call_it_is(call: str, numbers: list[int]) -> None:
    documents = documents_of(request_of(f"{call} -n"))
    assert [document["call"] for document in documents] == numbers


def test_the_places_of_a_comparison_are_found_by_the_number_of_the_call() -> None:
    documents = documents_of(request_of("--compare -n"))
    names_by_call = {}
    for document in documents:
        names_by_call[document["call"]] = [
            output["name"] for output in document["outputs"]
        ]
    for group in documents[0]["groups"]:
        for place in group["places"]:
            name = place["array"].partition("[")[0]
            assert name in names_by_call[place["call"]]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        pytest.param("", "return_state is off: no states come back to hand on", id="h"),
        pytest.param(
            "--return-state --bidirectional",
            "the backward direction begins at the end of the whole sequence",
            id="both directions",
        ),
        pytest.param(
            "--return-state -u 6,5",
            "the layers below the last one do not return their states",
            id="stack",
        ),
        pytest.param(
            "--return-state -t 1", "there is one timestep alone", id="one timestep"
        ),
        pytest.param(
            "--return-state --lengths 3,1",
            "samples of different lengths end in different calls",
            id="lengths",
        ),
    ],
)
@pytest.mark.parametrize("flag", ["", "-n"])
def test_it_is_said_why_the_sequence_does_not_come_in_two_calls(
    call: str, reason: str, flag: str
) -> None:
    document = document_of(f"{call} {flag}")
    assert document["two_calls"] is None
    assert document["two_calls_reason"] == reason


def test_of_several_runs_and_of_no_finite_number_it_is_said_too() -> None:
    runs = documents_of(request_of("--return-state -u 5 -u 6"), run_of_several)
    assert {run["two_calls_reason"] for run in runs} == {
        "this is done for one call alone, not for one of several"
    }
    document = document_of(
        "--return-state",
        lambda spec: replace(holding(output=NAN)(spec), two_calls=None),
    )
    assert document["two_calls_reason"] == "no number that came back is finite"


def test_without_keras_no_version_of_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", no_version)
    # They are looked up once in a process.
    name = "lstm_shapes.view.document.installed_versions"
    monkeypatch.setattr(name, installed_versions.__wrapped__)
    assert document_of("-n")["versions"] == {"lstm_shapes": __version__}


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    pytorch = document_of("--return-state --pytorch -n")["pytorch"]
    call = "torch.nn.LSTM(4, 5, batch_first=True)"
    assert pytorch["call"] == call
    assert pytorch["code"] == [f"lstm = {call}", "output, (h_n, c_n) = lstm(x)"]
    assert pytorch["parameters"]["total"] == 220
    assert list(pytorch["outputs"][2].items()) == [
        ("name", "c_n"),
        ("shape", [1, 1, 5]),
        ("equals", {"c_n[-1]": "cell_state"}),
        ("equals_where_masked", True),
    ]
    assert list(pytorch["parameters"]["weights"][0].items()) == [
        ("name", "weight_ih_l0"),
        ("shape", [20, 4]),
        ("from", "kernel.T"),
    ]


@pytest.mark.parametrize(
    ("options", "equals"),
    [
        pytest.param("", True, id="no mask"),
        pytest.param("--lengths 3,3", True, id="nothing masked"),
        pytest.param("--lengths 3,1", False, id="one direction, which Keras repeats"),
        pytest.param("--lengths 3,1 --bidirectional", True, id="zeros in both"),
    ],
)
def test_pytorch_s_output_is_keras_at_masked_timesteps_or_not(
    options: str, equals: bool
) -> None:
    document = document_of(f"--pytorch --return-sequences -n {options}")
    output, *states = document["pytorch"]["outputs"]
    assert output["equals_where_masked"] is equals
    assert all(state["equals_where_masked"] for state in states)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("x.npy", "x.npy", id="ASCII"),
        pytest.param("\udcff.npy", "�.npy", id="bytes in no encoding"),
    ],
)
def test_the_file_of_the_input_is_named_whatever_its_bytes(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(name, np.zeros((1, 3, 4)))
    request = replace(request_of("-n"), own_input=OwnInput(Path(name)))
    (document,) = documents_of(request)
    assert document["input"]["file"] == text


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param("", None, id="no header"),
        pytest.param("price,\x1b[31m\n", ["price", "\x1b[31m"], id="header"),
    ],
)
def test_the_features_have_the_names_that_a_table_has(
    header: str, names: list[str] | None, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{header}1,2\n")
    request = replace(request_of("-n"), own_input=OwnInput(path))
    (document,) = documents_of(request)
    assert document["input"]["feature_names"] == names


@pytest.mark.parametrize("window", [None, 2])
def test_the_windows_stand_beside_the_file_that_they_are_cut_from(
    window: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("price\n1\n2\n3\n")
    own_input = OwnInput(path, window)
    request = replace(request_of("-n"), own_input=own_input)
    (document,) = documents_of(request)
    assert document["input"]["window"] == window
    assert document["input"]["feature_names"] == ["price"]


def test_an_open_axis_is_null_in_the_model_and_a_size_in_the_run() -> None:
    document = document_of("-t None --return-sequences -n")
    assert document["open_axes"] == ["timesteps"]
    assert document["sizes"]["timesteps"] == 3
    for array, last_size in ((document["input"], 4), (document["outputs"][0], 5)):
        assert array["model_shape"] == [None, None, last_size]
        assert array["shape"] == [1, 3, last_size]


@pytest.mark.parametrize("padding", ["post", "pre"])
def test_the_padding_stands_beside_the_lengths(padding: str) -> None:
    spec = LSTMSpec(lengths=(3, 1), padding=padding)
    (document,) = documents_of(Request(rows=((spec,),), dry_run=True))
    assert document["lengths"] == [3, 1]
    assert document["padding"] == padding


def document_as_written(*layers: Layer, pytorch: bool = False) -> Document:
    """Return the document of layers as written, without a run."""
    request = Request(rows=((spec_of(*layers),),), dry_run=True, pytorch=pytorch)
    (document,) = documents_of(request)
    return document


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5),
            {},
            id="defaults",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, go_backwards=True, stateful=True),
            {"go_backwards": True, "stateful": True},
            id="flags",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, reset_after=False, use_bias=False),
            {"use_bias": False, "reset_after": False},
            id="weights",
        ),
        pytest.param(
            Layer(
                cell=LSTM,
                units=5,
                activation="relu",
                recurrent_activation="linear",
            ),
            {"activation": "relu", "recurrent_activation": "linear"},
            id="functions",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, other_arguments=(("dropout", 0.5),)),
            {"dropout": 0.5},
            id="what changes no array",
        ),
    ],
)
def test_a_layer_has_the_arguments_that_are_not_at_their_defaults(
    layer: Layer, arguments: Document
) -> None:
    document = document_as_written(layer)
    assert document["layer"]["arguments"] == arguments
    assert document["layers"] == [document["layer"]]


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
def test_a_layer_in_both_directions_has_its_merge_mode(merge_mode: str | None) -> None:
    layer = Layer(cell=LSTM, units=5, bidirectional=True, merge_mode=merge_mode)
    document = document_as_written(layer)
    assert document["layer"]["merge_mode"] == merge_mode
    assert document["layer"]["bidirectional"] is True


def test_each_layer_of_a_mixed_stack_has_its_kind_and_arguments() -> None:
    lower = Layer(
        cell=LSTM,
        units=6,
        return_sequences=True,
        bidirectional=True,
        merge_mode="sum",
    )
    upper = Layer(cell=SIMPLE_RNN, units=5, activation="relu")
    layers = document_as_written(lower, upper)["layers"]
    assert [layer["class"] for layer in layers] == ["LSTM", "SimpleRNN"]
    assert [layer["merge_mode"] for layer in layers] == ["sum", None]
    assert [layer["arguments"] for layer in layers] == [
        {"return_sequences": True},
        {"activation": "relu"},
    ]


def test_a_layer_and_its_arguments_make_the_layer_again() -> None:
    layer = Layer(
        cell=GRU,
        units=5,
        reset_after=False,
        activation="relu",
        other_arguments=(("dropout", 0.5),),
    )
    facts = document_as_written(layer)["layer"]
    arguments = {"units": facts["units"], **facts["arguments"]}
    assert Layer.from_keras(facts["class"], arguments) == layer


def test_a_stateful_layer_has_a_batch_of_its_size_in_the_model() -> None:
    spec = spec_of(Layer(cell=LSTM, units=5, stateful=True), batch_size=2)
    (document,) = documents_of(Request(rows=((spec,),), dry_run=True))
    assert document["input"]["model_shape"] == [2, 3, 4]
    assert document["outputs"][0]["model_shape"] == [2, 5]


SUM = Layer(
    cell=LSTM,
    units=5,
    return_state=True,
    bidirectional=True,
    merge_mode="sum",
)


def test_a_run_confirms_that_an_output_is_the_sum_of_both_states() -> None:
    spec: Spec = spec_of(SUM)
    (document,) = documents_of(Request(rows=((spec,),)), keras_run)
    (identity,) = document["identities"]
    assert identity["claim"] == "output == forward_hidden_state + backward_hidden_state"
    assert identity["holds"] is True


@pytest.mark.parametrize(
    ("layer", "lacks"),
    [
        pytest.param(SUM, ['Bidirectional(merge_mode="sum")'], id="merge_mode"),
        pytest.param(
            Layer(cell=LSTM, units=5, go_backwards=True, activation="relu"),
            ["LSTM(go_backwards=True)", 'LSTM(activation="relu")'],
            id="two arguments",
        ),
    ],
)
def test_what_pytorch_lacks_is_named_in_place_of_a_translation(
    layer: Layer, lacks: list[str]
) -> None:
    document = document_as_written(layer, pytorch=True)
    assert document["pytorch"] is None
    assert document["pytorch_lacks"] == lacks


def test_pytorch_lacks_nothing_of_what_is_translated() -> None:
    layer = Layer(cell=SIMPLE_RNN, units=5, activation="relu", use_bias=False)
    document = document_as_written(layer, pytorch=True)
    assert document["pytorch_lacks"] == []
    assert document["pytorch"]["call"] == (
        'torch.nn.RNN(4, 5, nonlinearity="relu", bias=False, batch_first=True)'
    )
    assert document["pytorch"]["parameters"]["total"] == 45


def test_without_the_option_nothing_is_said_of_pytorch() -> None:
    document = document_as_written(SUM)
    assert "pytorch" not in document
    assert "pytorch_lacks" not in document
