"""Keras: its summary, and a verdict on every claim."""

import re

import numpy as np
import pytest

from lstm_shapes import Run
from lstm_shapes.run.values import Array, Values
from lstm_shapes.shapes.cell import GRU, LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.sections import keras
from tests.conftest import fixed_run, screen
from tests.view.runs import (
    MakeRun,
    answer_to,
    changed,
    keras_run,
    spec_of,
    texts,
    without_gaps,
)

BOTH_FLAGS = "--return-sequences --return-state"


def measured(call: str, run: MakeRun = fixed_run) -> str:
    """Return the half of the screen that is measured, with single blanks."""
    text = screen(call, run=run)
    return re.sub(" +", " ", text[text.index("\nKeras") :])


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        pytest.param(
            "--return-state",
            "output equals hidden_state\n",
            id="output",
        ),
        pytest.param(
            BOTH_FLAGS,
            "hidden_state equals all_hidden_states[:, -1]\n",
            id="every h",
        ),
        pytest.param(
            "--bidirectional --return-sequences",
            "all_hidden_states[:, 0, 5:] is not all_hidden_states[:, -1, 5:]\n"
            " as backward h at t=2 has seen t=2 alone\n",
            id="backward",
        ),
    ],
)
def test_a_verdict_says_which_arrays_hold_the_same(call: str, verdict: str) -> None:
    assert f"\n ✓ {verdict}" in measured(call)


@pytest.mark.parametrize(
    ("batch_size", "stateful", "remark"),
    [
        pytest.param(
            1, False, "None = any batch size and any timesteps", id="one sample"
        ),
        pytest.param(
            2,
            False,
            "None = any batch size and any timesteps; no sample changes the result of another",
            id="two samples",
        ),
        pytest.param(
            1,
            True,
            "stateful=True fixes the batch, None = any timesteps",
            id="stateful",
        ),
    ],
)
def test_none_stands_for_open_timesteps_too(
    batch_size: int, stateful: bool, remark: str
) -> None:
    layer = Layer(cell=LSTM, units=5, stateful=stateful, return_sequences=True)
    spec = spec_of(layer, batch_size=batch_size, has_open_timesteps=True)
    text = without_gaps(
        " ".join(texts(keras.one_call(answer_to(spec, run=fixed_run(spec)))))
    )
    batch = batch_size if stateful else None
    assert remark in text
    assert f"input (InputLayer) ({batch}, None, 4)" in text
    assert f"lstm (LSTM) ({batch}, None, 5)" in text


def raised_hidden_state(array: Array) -> Values:
    """Return the values of an array, of the hidden state 1 more than they are."""
    if array.name == "hidden_state":
        return array.values + 1
    return array.values


def test_a_verdict_that_fails_says_by_how_much() -> None:
    text = measured(BOTH_FLAGS, changed(raised_hidden_state))
    claim = "hidden_state equals all_hidden_states[:, -1]"
    assert f" ✗ {claim} (max difference 1)\n" in text
    # Neither its row nor its name says that they are equal.
    assert not re.search("= (all_)?hidden_state", text)


def test_arrays_that_are_equal_for_zeros_alone_are_named() -> None:
    zeros = changed(lambda array: array.values * 0)
    text = measured(f"--bidirectional {BOTH_FLAGS}", zeros)
    equal = "backward_hidden_state equals all_hidden_states[:, -1, 5:]"
    assert f"\n {equal}\n with this input, not with any\n" in text


def input_not_finite(array: Array) -> Values:
    """Return the values of an array, of the input NaN and infinity in two samples."""
    if array.name == "input":
        added = np.array([0, np.nan, np.inf], np.float32)
        return array.values + added[:, np.newaxis, np.newaxis]
    return array.values


def test_samples_of_the_input_that_are_not_finite_are_counted() -> None:
    text = measured("-b 3", changed(input_not_finite))
    assert " 2 of 3 samples of the input hold values that are not finite\n" in text
    assert "not finite" not in measured("-b 3")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("--return-state", id="one direction"),
        pytest.param(f"--bidirectional {BOTH_FLAGS}", id="both directions"),
        pytest.param("--compare", id="comparison"),
    ],
)
def test_arrays_of_nan_alone_are_no_proof(call: str) -> None:
    text = measured(call, changed(lambda array: array.values * np.nan))
    claims = re.findall("equals|is not all|the same values in", text)
    assert claims
    assert text.count("nothing finite to compare") == len(claims)
    # The shapes are confirmed, and that two calls hold, which was not changed.
    confirmed_count = 1
    if "in two calls" in text:
        confirmed_count += 1
    assert text.count("✓") == confirmed_count


def differing_run(spec: Spec) -> Run:
    """Make a run whose numbers are 1 more in the calls without states."""
    if spec.return_state:
        return fixed_run(spec)
    return changed(lambda array: array.values + 1)(spec)


def test_calls_of_a_comparison_that_differ_have_a_cross() -> None:
    assert "✗ h at the last timestep" in measured("--compare", differing_run)


def lines_of(spec: Spec) -> list[str]:
    """Return the section of a run by Keras, with single blanks."""
    lines = texts(keras.one_call(answer_to(spec, run=keras_run(spec))))
    return [without_gaps(line) for line in lines]


def test_a_comparison_warns_of_its_input_once() -> None:
    text = measured("-b 3 --compare", changed(input_not_finite))
    assert text.count("hold values that are not finite") == 1


@pytest.mark.parametrize(
    ("merge_mode", "claim"),
    [
        pytest.param(
            "concat",
            "forward_hidden_state equals output[:, :5]",
            id="concat",
        ),
        pytest.param(
            "sum",
            "output equals forward_hidden_state + backward_hidden_state",
            id="sum",
        ),
        pytest.param(
            "mul",
            "output equals forward_hidden_state * backward_hidden_state",
            id="mul",
        ),
        pytest.param(
            "ave",
            "output equals (forward_hidden_state + backward_hidden_state) / 2",
            id="ave",
        ),
        pytest.param(
            None,
            "backward_output equals backward_hidden_state",
            id="None",
        ),
    ],
)
def test_keras_confirms_how_both_directions_are_merged(
    merge_mode: str | None, claim: str
) -> None:
    layer = Layer(
        cell=LSTM,
        units=5,
        return_state=True,
        bidirectional=True,
        merge_mode=merge_mode,
    )
    claims = [re.sub("^✓ ", "", line) for line in lines_of(spec_of(layer))]
    sides = set(claim.split(" equals "))
    assert sides in [set(line.split(" equals ")) for line in claims]


def test_keras_confirms_where_a_layer_that_goes_backwards_ends() -> None:
    layer = Layer(
        cell=GRU,
        units=5,
        return_sequences=True,
        return_state=True,
        go_backwards=True,
    )
    lines = lines_of(spec_of(layer))
    assert lines[-1] == "✓ hidden_state equals all_hidden_states[:, -1]"


def test_the_summary_of_a_stateful_layer_has_no_open_batch() -> None:
    layer = Layer(cell=GRU, units=5, stateful=True, return_state=True)
    assert lines_of(spec_of(layer, batch_size=2)) == [
        "Keras ✓ the shapes and the 165 parameters as computed",
        "stateful=True fixes the batch",
        "layer (type) output shape parameters",
        "input (InputLayer) (2, 3, 4) 0",
        "gru (GRU) (2, 5) 165",
        "(2, 5)",
        "✓ output equals hidden_state",
    ]


def test_the_summary_of_a_mixed_stack_names_each_class() -> None:
    lower = Layer(
        cell=LSTM,
        units=6,
        return_sequences=True,
        bidirectional=True,
        merge_mode="sum",
    )
    upper = Layer(cell=GRU, units=5, use_bias=False)
    assert lines_of(spec_of(lower, upper))[1:] == [
        "layer (type) output shape parameters",
        "input (InputLayer) (None, 3, 4) 0",
        "lstm (Bidirectional) (None, 3, 6) 528",
        "gru (GRU) (None, 5) 165",
    ]
