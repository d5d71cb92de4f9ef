"""Keras: its summary, and a verdict on every claim."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstm_shapes import Run, explore
from lstm_shapes.run.trials import TwoCalls
from lstm_shapes.run.values import Array, Values
from lstm_shapes.shapes.cell import GRU, LSTM, Cell
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from lstm_shapes.view.sections import keras
from lstm_shapes.view.style import Look
from tests.conftest import SEED, fixed_run, request_of, screen
from tests.oracle import Floats
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
            "output equals hidden_state as return_sequences is off\n",
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
    if "two calls" in text:
        confirmed_count += 1
    assert text.count("✓") == confirmed_count


def differing_run(spec: Spec) -> Run:
    """Make a run whose numbers are 1 more in the calls without states."""
    if spec.return_state:
        return fixed_run(spec)
    return changed(lambda array: array.values + 1)(spec)


def test_calls_of_a_comparison_that_differ_have_a_cross() -> None:
    assert "✗ h at the last timestep" in measured("--compare", differing_run)


def lines_of(spec: Spec, width: int = 80) -> list[str]:
    """Return the section of a run by Keras, with single blanks."""
    answer = answer_to(spec, Look(width), keras_run(spec))
    return [without_gaps(line) for line in texts(keras.one_call(answer))]


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
    claims = [re.sub("^✓ | as .* off$", "", line) for line in lines_of(spec_of(layer))]
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
    assert lines[-2:] == [
        "✓ hidden_state equals all_hidden_states[:, -1]",
        "✓ as a forward layer on x[:, ::-1]: the same",
    ]


def test_the_summary_of_a_stateful_layer_has_no_open_batch() -> None:
    layer = Layer(cell=GRU, units=5, stateful=True, return_state=True)
    assert lines_of(spec_of(layer)) == [
        "Keras ✓ the shapes and the 165 parameters as computed",
        "stateful=True fixes the batch",
        "layer (type) output shape parameters",
        "input (InputLayer) (1, 3, 4) 0",
        "gru (GRU) 2 × (1, 5) 165",
        "✓ output equals hidden_state as return_sequences is off",
        "✓ stateful=True: a further call goes on, as if both were one: the same",
        "✓ reset_state() begins at zeros again: the same",
    ]


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5, return_state=True),
            "lstm (LSTM) 3 × (None, 5) 200",
            id="equal shapes",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, return_state=True, return_sequences=True),
            "lstm (LSTM) (None, 3, 5), 2 × (None, 5) 200",
            id="every h and the states",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, return_state=True, bidirectional=True),
            "gru (Bidirectional) (None, 10), 2 × (None, 5) 330",
            id="both directions",
        ),
    ],
)
def test_a_layer_of_the_summary_has_one_row(layer: Layer, shapes: str) -> None:
    assert shapes in lines_of(spec_of(layer))


def test_shapes_that_have_no_room_beside_each_other_stand_below_each_other() -> None:
    layer = Layer(
        cell=LSTM,
        units=5,
        return_sequences=True,
        return_state=True,
        bidirectional=True,
    )
    lines = lines_of(spec_of(layer), width=60)
    row = lines.index("lstm (Bidirectional) (None, 3, 10), 400")
    assert lines[row + 1] == "4 × (None, 5)"


APART = "no sample changes the result of another"


@pytest.mark.parametrize(
    ("call", "is_said"),
    [
        pytest.param("", False, id="one sample"),
        pytest.param("-b 2", True, id="two samples"),
        pytest.param("--lengths 3,1", True, id="lengths"),
    ],
)
def test_that_samples_are_apart_is_said_where_there_are_several(
    call: str, is_said: bool
) -> None:
    assert (APART in measured(call)) is is_said


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
@pytest.mark.parametrize("cell", [LSTM, GRU], ids=["LSTM", "GRU"])
def test_no_sample_changes_the_result_of_another(
    cell: Cell, bidirectional: bool
) -> None:
    layer = Layer(
        cell=cell,
        units=5,
        return_sequences=True,
        return_state=True,
        bidirectional=bidirectional,
    )
    x = np.random.default_rng(1).standard_normal((3, 3, 4))
    run = run_on(layer, x)
    x_changed_elsewhere = x.copy()
    x_changed_elsewhere[1:] = 99
    changed_run = run_on(layer, x_changed_elsewhere)
    lone_run = run_on(layer, x[:1])
    for array in run.outputs:
        sample = array.values[:1]
        np.testing.assert_allclose(changed_run[array.name][:1], sample, atol=1e-6)
        np.testing.assert_allclose(lone_run[array.name], sample, atol=1e-6)
        assert not np.allclose(changed_run[array.name][1:], array.values[1:])


def run_on(layer: Layer, x: Floats) -> Run:
    """Run a layer with Keras on an input, with the weights of one seed."""
    spec = spec_of(layer, batch_size=len(x))
    return explore(spec, seed=SEED, input=x, try_next_layers=False)


@pytest.mark.parametrize(
    ("call", "claim"),
    [
        pytest.param(
            "--return-state",
            "two calls, t=0, then t=1 to t=2 from its h and c: the same as one",
            id="three timesteps",
        ),
        pytest.param(
            "--return-state -t 2",
            "two calls, t=0, then t=1 from its h and c: the same as one",
            id="two timesteps",
        ),
        pytest.param(
            "--return-state -t 9 --layer GRU",
            "two calls, t=0 to t=3, then t=4 to t=8 from its h: the same as one",
            id="nine timesteps",
        ),
    ],
)
def test_two_calls_are_a_claim_of_their_own(call: str, claim: str) -> None:
    text = measured(call)
    in_keras = "stateful=True does so from each call to the next"
    assert f"\n ✓ {claim}\n {in_keras}\n" in text
    assert "checked on" not in text


@pytest.mark.parametrize(
    ("call", "part"),
    [
        pytest.param(
            "-t 99",
            "the first 4 timesteps",
            id="long",
        ),
        pytest.param(
            "-t 99 -b 8",
            "the first 4 timesteps of the first 2 samples",
            id="long and many",
        ),
    ],
)
def test_of_a_long_input_the_part_is_said_that_was_checked(
    call: str, part: str
) -> None:
    text = measured(f"--return-state --no-arrays {call}")
    claim = "two calls, t=0 to t=1, then t=2 to t=3 from its h and c: the same as one"
    assert f"\n ✓ {claim}\n checked on {part}" in text
    assert f"checked on {part} of" not in text


def test_of_a_large_input_the_part_is_said_that_was_checked() -> None:
    spec = LSTMSpec(timesteps=3, batch_size=64, return_state=True)
    two_calls = TwoCalls((1, 2), holds=True, max_difference=0.0, sample_count=2)
    run = replace(fixed_run(spec), two_calls=two_calls)
    lines = texts(keras.one_call(answer_to(spec, run=run)))
    assert "    checked on the first 2 samples" in [line[:34] for line in lines]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("--return-state -t 1", id="one timestep"),
        pytest.param("--return-state -u 6,5", id="stack"),
        pytest.param("--return-state --bidirectional", id="both directions"),
        pytest.param("--return-state --lengths 3,1", id="lengths"),
        pytest.param("-t 3", id="no states"),
    ],
)
def test_nothing_is_claimed_of_two_calls_where_nothing_was_split(call: str) -> None:
    assert "two calls" not in measured(call)


@pytest.mark.parametrize("argument", ["go_backwards", "stateful"])
def test_a_sequence_that_cannot_come_in_two_calls_is_not_said_to(argument: str) -> None:
    arguments = {"units": 5, "return_state": True, argument: True}
    layer = Layer.from_keras("LSTM", arguments)
    assert "two calls" not in " ".join(lines_of(spec_of(layer)))


def test_two_calls_that_differ_have_a_cross() -> None:
    two_calls = TwoCalls((1, 2), holds=False, max_difference=0.5, sample_count=1)
    text = measured(
        "--return-state",
        lambda spec: replace(fixed_run(spec), two_calls=two_calls),
    )
    claim = "two calls, t=0, then t=1 to t=2 from its h and c: apart by up to 0.5"
    assert f"\n ✗ {claim}\n" in text


def test_a_backward_h_at_a_masked_timestep_has_seen_nothing() -> None:
    call = f"--lengths 3,1 --bidirectional {BOTH_FLAGS}"
    reason = (
        "as backward h at t=2 has seen t=2 alone, or nothing where that is masked\n"
    )
    assert reason in measured(call)
    ((spec,),) = request_of(call).rows
    backward_h = keras_run(spec)["all_hidden_states"][:, -1, 5:]
    assert backward_h[0].all()
    assert not backward_h[1].any()


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
