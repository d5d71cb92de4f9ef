"""Next layers: what they make of the arrays, and what the states are for."""

import re
from dataclasses import replace

import pytest

from lstm_shapes import Run
from lstm_shapes.run.trials import TriedLayer, TwoCalls
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from lstm_shapes.view.sections import next_layer
from lstm_shapes.view.style import Look
from tests.conftest import fixed_run, screen
from tests.view.runs import answer_to, keras_run, spec_of, texts, without_gaps


def section(call: str, width: int = 80, *, two_calls: TwoCalls | None = None) -> str:
    """Return the section with single blanks; `two_calls` replace those of the run."""

    def run(spec: Spec) -> Run:
        if two_calls is None:
            return fixed_run(spec)
        return replace(fixed_run(spec), two_calls=two_calls)

    text = screen(f"--no-arrays {call}", width, run=run)
    title = "\nNext layer  what it makes"
    return re.sub(" +", " ", text.partition(title)[2])


def test_a_refusal_has_its_cures_and_keras_own_sentence() -> None:
    text = section("--return-state -t 7")
    refusal = " LSTM(1) output ✗ refused\n"
    assert f"{refusal} return_sequences=True gives all timesteps, " in text
    cure = "RepeatVector(7) this one 7 times,\n as in an autoencoder\n"
    assert f"{cure} Keras: Input 0" in text


def test_layers_that_take_one_array_share_a_row() -> None:
    text = section("--return-state -t 7")
    row = " Dense or LSTM all 3 arrays ✗ refused takes one: hand on output alone\n"
    assert row in text
    assert "either" not in text


def test_without_trials_there_is_no_section() -> None:
    spec = LSTMSpec()
    run = replace(fixed_run(spec), next_layers=None)
    assert next_layer.one_call(answer_to(spec, run=run)) == []
    assert "Next layer" not in screen("--no-arrays", run=lambda _: run)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        pytest.param(
            "-b 3",
            "Dense(1) output → (None, 1) one number for each sample\n",
            id="Dense on an output",
        ),
        pytest.param(
            "--return-sequences",
            "one number at every timestep, as TimeDistributed(Dense(1)) does",
            id="Dense on every h",
        ),
        pytest.param(
            "",
            "the next call begins at zeros again:"
            " return_state=True returns what to hand on",
            id="no states",
        ),
        pytest.param(
            "--return-state",
            "LSTM(5)(x, initial_state=[hidden_state, cell_state]) → (None, 5)\n a",
            id="a decoder",
        ),
        pytest.param(
            "--return-state",
            "✓ in two calls, t=0 and t=1, t=2, with the states handed on: the same",
            id="two calls",
        ),
        pytest.param(
            "--return-state -t 9",
            "in two calls, t=0 to t=3 and t=4 to t=8, with",
            id="two long calls",
        ),
        pytest.param(
            "--return-state -t 2",
            "in two calls, t=0 and t=1, with the states handed on: the same",
            id="two short calls",
        ),
        pytest.param(
            "--return-state --bidirectional",
            "LSTM(10)(x, initial_state=[h, c]) → (None, 10)\n a dec",
            id="a decoder in one direction",
        ),
    ],
)
def test_the_section_says_what_the_arrays_are_for(call: str, line: str) -> None:
    assert f" {line}" in section(call)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("--return-state -t 1", id="one timestep"),
        pytest.param("--return-state -u 6,5", id="stack"),
        pytest.param("-t 3", id="no states"),
    ],
)
def test_nothing_is_claimed_of_two_calls_where_nothing_was_split(call: str) -> None:
    assert "two calls" not in section(call)


def test_two_calls_that_differ_are_told() -> None:
    two_calls = TwoCalls((1, 2), holds=False, max_difference=0.5)
    text = section("--return-state", two_calls=two_calls)
    assert "with the states handed on: apart" in text


TRIALS = (
    TriedLayer(
        layer="LSTM(2, return_state=True)",
        takes=("h",),
        output_shape=((None, 2), (None, 2)),
        parameters=1,
    ),
    TriedLayer(
        layer="Add()",
        takes=("h", "c"),
        output_shape=(None, 5),
        parameters=0,
        mixes_samples=True,
    ),
    TriedLayer(
        layer="RepeatVector(4)",
        takes=("h",),
        error="of 2 axes",
        cure="vector",
    ),
    TriedLayer(
        layer="Dot()",
        takes=("h",),
        error="of a list",
        cure="several",
    ),
    TriedLayer(
        layer="Reshape((4,))",
        takes=("h",),
        error="of another size",
    ),
)


def test_each_layer_that_was_asked_for_has_what_it_gives_or_what_helps() -> None:
    spec = LSTMSpec()
    run = replace(fixed_run(spec), next_layers=TRIALS)
    lines = texts(next_layer.one_call(answer_to(spec, Look(120), run)))
    assert [without_gaps(line) for line in lines[1:9]] == [
        "LSTM(2, return_state=True) h → ((None, 2), (None, 2)) 1 parameter",
        "Add() all 2 arrays → (None, 5) mixes the samples of a batch",
        "RepeatVector(4) h ✗ refused takes one vector: leave out return_sequences=True",
        "Keras: of 2 axes",
        "Dot() h ✗ refused takes a list of arrays: [x, x] for one with itself",
        "Keras: of a list",
        "Reshape((4,)) h ✗ refused",
        "Keras: of another size",
    ]


def lines_behind(layer: Layer, **sizes: int) -> list[str]:
    """Return the section of a run by Keras, with single blanks."""
    spec = spec_of(layer, **sizes)
    lines = texts(next_layer.one_call(answer_to(spec, run=keras_run(spec))))
    return [without_gaps(line) for line in lines]


def test_the_sum_of_both_directions_is_one_vector_for_the_next_layer() -> None:
    layer = Layer(cell=LSTM, units=5, bidirectional=True, merge_mode="sum")
    assert lines_behind(layer)[1] == (
        "Dense(1) output → (None, 1) one number for each sample"
    )


def test_of_arrays_that_are_not_merged_the_forward_one_is_tried() -> None:
    layer = Layer(cell=LSTM, units=5, bidirectional=True, merge_mode=None)
    text = " ".join(lines_behind(layer))
    assert " Dense(1) forward_output → (None, 1) " in text
    takes_one = "takes one: hand on forward_output alone"
    assert f" Dense or LSTM all 2 arrays ✗ refused {takes_one}" in text


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(
            Layer(cell=LSTM, units=5, return_state=True, go_backwards=True),
            id="backwards",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, return_state=True, stateful=True),
            id="stateful",
        ),
    ],
)
def test_a_sequence_that_cannot_come_in_two_calls_is_not_said_to(layer: Layer) -> None:
    text = " ".join(lines_behind(layer))
    batch_size = 1 if layer.stateful else None
    shape = f"({batch_size}, 5)"
    assert f"LSTM(5)(x, initial_state=[hidden_state, cell_state]) → {shape}" in text
    assert "two calls" not in text


def test_the_next_call_of_a_stateful_layer_goes_on_from_here() -> None:
    layer = Layer(cell=LSTM, units=5, stateful=True)
    assert lines_behind(layer)[-1] == (
        "the next call goes on from here, as stateful=True keeps the states"
    )
