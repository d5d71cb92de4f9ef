"""Next layers: what they make of the arrays, and what the states are for."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes import explore
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.run.trials import TriedLayer
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from lstm_shapes.view.sections import next_layer
from lstm_shapes.view.style import Look
from tests.conftest import FLAGS, FROM_KERAS_3_10, KINDS, SEED, fixed_run, screen
from tests.view.runs import (
    answer_to,
    constant_run,
    keras_run,
    spec_of,
    texts,
    without_gaps,
)


def section(call: str) -> str:
    """Return the section, with single blanks."""
    text = screen(f"--no-arrays {call}").partition("\n\nNext layer")[2]
    return re.sub(" +", " ", text.partition("\n\n")[0] + "\n")


def test_a_refusal_has_its_cures() -> None:
    cure = "needs return_sequences=True here, or RepeatVector(7)\n"
    assert f" LSTM(1) ✗ refused {cure}" in section("--return-state -t 7")


@pytest.mark.parametrize("cure", ["return_sequences=True", "RepeatVector(3)(output)"])
def test_either_cure_makes_the_refused_layer_take_it(cure: str) -> None:
    keras = load_keras()
    lower = keras.layers.LSTM(5, return_sequences="return_sequences" in cure)
    output = lower(np.ones((1, 3, 4)))
    if "RepeatVector" in cure:
        output = keras.layers.RepeatVector(3)(output)
    assert keras.layers.LSTM(1)(output).shape == (1, 1)


@pytest.mark.parametrize(
    ("call", "count"),
    [
        pytest.param("--return-state", "the 3", id="one direction"),
        pytest.param("--return-state --layer GRU", "both", id="GRU"),
        pytest.param("--return-state --bidirectional", "the 5", id="both directions"),
    ],
)
def test_that_a_list_of_all_arrays_is_refused_stands_in_the_heading(
    call: str, count: str
) -> None:
    refusal = f"✗ {count} outputs in a list: pass one of them"
    assert section(call).startswith(f" on output {refusal}\n")
    assert section(call).count("in a list") == 1


def test_one_array_has_no_refusal_in_the_heading() -> None:
    assert section("").startswith(" on output\n")


def test_keras_own_words_are_for_those_who_asked_for_a_layer() -> None:
    assert "Keras:" not in section("--return-state")


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
            "Dense(1) → (None, 1) a number for each sample\n",
            id="Dense on an output",
        ),
        pytest.param(
            "--return-sequences",
            "a number at every timestep, as in TimeDistributed\n",
            id="Dense on every h",
        ),
        pytest.param(
            "",
            "the next call begins at zeros again:"
            " return_state=True returns what to hand\n on, and",
            id="no states",
        ),
        pytest.param(
            "--return-state",
            "LSTM(5, return_sequences=True)"
            "(y, initial_state=[hidden_state, cell_state])\n"
            " → (None, None, 5) decoder: 5 units too, own weights, y is its input\n",
            id="a decoder",
        ),
        pytest.param(
            "--return-state --layer GRU -u 1",
            "GRU(1, return_sequences=True)(y, initial_state=[hidden_state])\n"
            " → (None, None, 1) decoder: 1 unit too, own weights, y is its input\n",
            id="a decoder of one unit",
        ),
        pytest.param(
            "--return-state --bidirectional",
            "h = Concatenate()([forward_hidden_state, backward_hidden_state])\n"
            " c = Concatenate()([forward_cell_state, backward_cell_state])\n"
            " LSTM(10, return_sequences=True)(y, initial_state=[h, c])\n"
            " → (None, None, 10) decoder: 2 × 5 units, own weights, y is its input\n",
            id="a decoder behind both directions",
        ),
    ],
)
def test_the_section_says_what_the_arrays_are_for(call: str, line: str) -> None:
    assert f" {line}" in section(call)


def test_in_both_directions_the_decoder_that_can_generate_is_the_only_one() -> None:
    text = section("--return-state --bidirectional")
    assert text.count("initial_state=") == 1
    assert "Bidirectional" not in text


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_call_of_the_decoder_runs_as_it_is_written(
    kind: str, bidirectional: bool
) -> None:
    spec = LSTMSpec(layer=kind, return_state=True, bidirectional=bidirectional)
    run = keras_run(spec)
    lines = texts(next_layer.one_call(answer_to(spec, run=run)))
    statements = [line.strip() for line in lines if re.match(r"  [hc] = ", line)]
    (call,) = [line.strip() for line in lines if "initial_state=" in line]
    arrow = next(line for line in lines if "decoder: " in line)

    scope: dict[str, Any] = dict(vars(load_keras().layers))
    scope.update(run.arrays)
    # Seven words of nine features: neither is a size of the layer before it.
    scope["y"] = np.ones((1, 7, 9), np.float32)
    for statement in statements:
        exec(statement, scope)
    output = eval(call, scope)
    units = output.shape[-1]
    assert output.shape == (1, 7, units)
    assert f"→ (None, None, {units})  decoder: " in arrow


def rows_below_title(spec: Spec) -> int:
    """Count the rows of the section below its title."""
    answer = answer_to(spec, run=constant_run(spec))
    lines = texts(next_layer.one_call(answer))
    assert max(len(line) for line in lines) <= 80
    return len(lines) - 1


SMALL_AND_LARGE = [1, 5, 123, 9999]


@pytest.mark.parametrize("units", [*SMALL_AND_LARGE, (9999, 9999)])
@pytest.mark.parametrize("timesteps", SMALL_AND_LARGE)
@pytest.mark.parametrize("flags", FLAGS)
def test_the_section_has_five_rows_below_its_title_or_six_in_both_directions(
    flags: dict[str, bool], timesteps: int, units: int | tuple[int, ...]
) -> None:
    for kind in KINDS:
        for bidirectional in (False, True):
            spec = LSTMSpec(
                layer=kind,
                timesteps=timesteps,
                units=units,
                bidirectional=bidirectional,
                **flags,  # type: ignore[arg-type]
            )
            assert rows_below_title(spec) <= (6 if bidirectional else 5)


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
    codes = tuple(trial.layer for trial in TRIALS)
    run = replace(fixed_run(spec), next_layers=TRIALS, next_layer_codes=codes)
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


CHAINS = (
    TriedLayer(
        layer="Dense(8)",
        takes=("all_hidden_states",),
        output_shape=(None, 3, 8),
        parameters=48,
    ),
    TriedLayer(
        layer="LSTM(2, return_state=True)",
        takes=(),
        output_shape=((None, 2), (None, 2), (None, 2)),
        parameters=88,
        previous_layer="Dense(8)",
    ),
    TriedLayer(
        layer="LSTM(3)",
        takes=(),
        error="of 2 axes",
        cure="sequence",
        previous_layer="LSTM(2, return_state=True)",
    ),
    TriedLayer(
        layer="Flatten()",
        takes=(),
        error="not tried, as LSTM(3) before it is refused",
        cure="before",
        previous_layer="LSTM(3)",
    ),
    TriedLayer(
        layer="RNN([LSTMCell(6), GRUCell(4)], return_state=True)",
        takes=("all_hidden_states",),
        output_shape=((None, 4), ((None, 6), (None, 6)), (None, 4)),
        parameters=1432,
        chain=2,
    ),
    TriedLayer(
        layer="Dense(60000000)",
        takes=("all_hidden_states",),
        error="it needs about 3.35 GiB beside the run",
        cure="memory",
        chain=3,
    ),
    TriedLayer(
        layer="MultiHeadAttention(2, 3)",
        takes=("all_hidden_states",),
        error="missing a required argument: 'value'",
        cure="pair",
        chain=4,
    ),
)


def lines_of_chains(width: int) -> list[str]:
    """Return the lines of CHAINS below the title, at a width, with the blanks in front."""
    spec = LSTMSpec(return_sequences=True)
    run = replace(fixed_run(spec), next_layers=CHAINS, next_layer_codes=("of CHAINS",))
    lines = texts(next_layer.one_call(answer_to(spec, Look(width), run)))
    assert max(len(line) for line in lines) <= width
    end = next(number for number, line in enumerate(lines) if "next call" in line)
    return [re.sub("(?<=[^ ]) +", " ", line) for line in lines[1:end]]


def test_the_layers_of_a_chain_stand_below_each_other() -> None:
    assert lines_of_chains(200) == [
        "  Dense(8) all_hidden_states → (None, 3, 8) 48 parameters",
        "  then LSTM(2, return_state=True) → ((None, 2), (None, 2), (None, 2))"
        " 88 parameters",
        "  then LSTM(3) its first array ✗ refused"
        " needs return_sequences=True before it, or RepeatVector(3)",
        "    Keras: of 2 axes",
        "  then Flatten() · not tried",
        "  RNN([LSTMCell(6), GRUCell(4)], return_state=True) all_hidden_states"
        " → ((None, 4), [(None, 6), (None, 6)], (None, 4)) 1,432 parameters",
        "  Dense(60000000) all_hidden_states ✗ refused too large: raise --max-memory",
        "    it needs about 3.35 GiB beside the run",
        "  MultiHeadAttention(2, 3) all_hidden_states ✗ refused"
        " takes a query and a value: call it on (x, x)",
        "    Keras: missing a required argument: 'value'",
    ]


def test_the_cure_in_a_chain_is_for_the_layer_before() -> None:
    lines = lines_of_asked(LSTMSpec(return_sequences=True), "Flatten(), LSTM(3)")
    assert "takes a sequence, as RepeatVector(3) gives it" in lines[2:4]


def test_on_a_narrow_screen_what_a_layer_took_and_gave_stands_below_it() -> None:
    assert lines_of_chains(60)[:11] == [
        "  Dense(8)",
        "    all_hidden_states → (None, 3, 8) 48 parameters",
        "  then LSTM(2, return_state=True)",
        "    → ((None, 2), (None, 2), (None, 2)) 88 parameters",
        "  then LSTM(3)",
        "    its first array ✗ refused",
        "    needs return_sequences=True before it, or",
        "    RepeatVector(3)",
        "    Keras: of 2 axes",
        "  then Flatten()",
        "    · not tried",
    ]


def lines_behind(layer: Layer, **sizes: int) -> list[str]:
    """Return the section of a run by Keras, with single blanks."""
    spec = spec_of(layer, **sizes)
    lines = texts(next_layer.one_call(answer_to(spec, run=keras_run(spec))))
    return [without_gaps(line) for line in lines]


def test_the_sum_of_both_directions_is_one_vector_for_the_next_layer() -> None:
    layer = Layer(cell=LSTM, units=5, bidirectional=True, merge_mode="sum")
    assert lines_behind(layer)[:2] == [
        "Next layer on output",
        "Dense(1) → (None, 1) a number for each sample",
    ]


def test_of_arrays_that_are_not_merged_the_forward_one_is_tried() -> None:
    layer = Layer(cell=LSTM, units=5, bidirectional=True, merge_mode=None)
    assert lines_behind(layer)[:2] == [
        "Next layer on forward_output ✗ both outputs in a list: pass one of them",
        "Dense(1) → (None, 1) a number for each sample",
    ]


def test_a_decoder_behind_a_stateful_layer_has_its_batch() -> None:
    layer = Layer(cell=LSTM, units=5, return_state=True, stateful=True)
    assert "→ (1, None, 5) decoder" in " ".join(lines_behind(layer))


def test_the_next_call_of_a_stateful_layer_goes_on_from_here() -> None:
    layer = Layer(cell=LSTM, units=5, stateful=True)
    assert lines_behind(layer)[-1] == (
        "the next call goes on from here, as stateful=True keeps the states"
    )


def lines_of_asked(spec: Spec, code: str) -> list[str]:
    """Return what is said of a layer that was asked for, tried by Keras."""
    run = explore(spec, seed=SEED, next_layers=[code])
    lines = texts(next_layer.one_call(answer_to(spec, run=run)))
    return [without_gaps(line) for line in lines]


BOTH_FLAGS = LSTMSpec(return_sequences=True, return_state=True)


@pytest.mark.parametrize(
    ("spec", "code", "lines"),
    [
        pytest.param(
            BOTH_FLAGS,
            "Attention()",
            [
                "Attention() all 3 arrays ✗ wrong → (None, 3, 5)",
                "no error, but it mixes every h, the last h and c",
                "right: Attention()([d, all_hidden_states]), d: every h of a decoder",
            ],
            id="Attention",
            marks=FROM_KERAS_3_10,
        ),
        pytest.param(
            LSTMSpec(return_state=True),
            "Attention()",
            [
                "Attention() all 3 arrays ✗ wrong → (None, 5)",
                "no error, but it mixes the last h and c",
                "right: return_sequences=True returns every h, to look at",
            ],
            id="Attention without every h",
            marks=FROM_KERAS_3_10,
        ),
        pytest.param(
            LSTMSpec(return_state=True),
            "Add()",
            [
                "Add() all 3 arrays ✗ wrong → (None, 5)",
                "no error, but it mixes the last h and c",
                "right: Add()([output, a]), a: an array of the same shape",
            ],
            id="Add",
        ),
    ],
)
def test_a_layer_that_takes_h_and_c_as_equals_is_marked_with_the_right_call(
    spec: Spec, code: str, lines: list[str]
) -> None:
    assert lines_of_asked(spec, code)[1 : 1 + len(lines)] == lines


@FROM_KERAS_3_10
def test_the_right_call_of_attention_runs_as_it_is_written() -> None:
    (line,) = [
        line for line in lines_of_asked(BOTH_FLAGS, "Attention()") if "right: " in line
    ]
    call = line.removeprefix("right: ").partition(", d: ")[0]
    scope: dict[str, Any] = dict(vars(load_keras().layers))
    scope.update(keras_run(BOTH_FLAGS).arrays)
    scope["d"] = np.ones((1, 7, 5), np.float32)
    assert eval(call, scope).shape == (1, 7, 5)


def test_a_layer_that_was_asked_for_and_refused_has_keras_own_words() -> None:
    lines = lines_of_asked(LSTMSpec(), "GRU(2)")
    assert lines[1] == "GRU(2) output ✗ refused"
    assert any(line.startswith("Keras: Input 0 of the layer") for line in lines)


def test_the_parameters_of_a_layer_have_commas() -> None:
    layer = "Dense(1000)"
    run = explore(LSTMSpec(512), seed=SEED, next_layers=[layer])
    (trial,) = run.next_layers or ()
    assert next_layer.remark_on(trial, run) == "513,000 parameters"
