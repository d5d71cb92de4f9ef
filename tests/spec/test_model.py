from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError, option
from lstm_shapes.spec.model import MAX_SIZE, LSTMSpec
from tests.conftest import FLAGS

SIZES = ["timesteps", "features", "units", "batch_size"]
MIDDLING = LSTMSpec(timesteps=100, features=100, units=100, batch_size=100)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize(
    ("bidirectional", "features"), [(False, [4, 64, 32]), (True, [4, 128, 64])], ids=["one", "both"]
)
def test_each_layer_takes_every_h_of_the_one_before(
    flags: dict[str, bool], bidirectional: bool, features: list[int]
) -> None:
    spec = LSTMSpec(units=(64, 32, 16), bidirectional=bidirectional, **flags)
    assert [layer.name for layer in spec.layers] == ["lstm", "lstm_1", "lstm_2"]
    assert [layer.features for layer in spec.layers] == features
    assert [layer.units for layer in spec.layers] == [64, 32, 16]
    assert {layer.bidirectional for layer in spec.layers} == {bidirectional}
    for layer in spec.layers[:-1]:
        assert (layer.return_sequences, layer.return_state) == (True, False)
    alone = LSTMSpec(features=features[-1], units=16, bidirectional=bidirectional, **flags)
    assert spec.outputs == alone.outputs
    assert [array.name for array in spec.arrays] == ["input", *(a.name for a in spec.outputs)]


def test_the_layers_are_written_one_behind_the_other() -> None:
    spec = LSTMSpec(units=(64, 32), return_state=True)
    assert spec.call == "LSTM(64, return_sequences=True), LSTM(32, return_state=True)"


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (LSTMSpec(), ["kernel", "recurrent_kernel", "bias"]),
        (
            LSTMSpec(units=(2, 3)),
            [
                *("lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"),
                *("lstm_1/kernel", "lstm_1/recurrent_kernel", "lstm_1/bias"),
            ],
        ),
        (
            LSTMSpec(units=(2, 3), bidirectional=True),
            [
                f"{layer}/{side}/{weight}"
                for layer in ("lstm", "lstm_1")
                for side in ("forward", "backward")
                for weight in ("kernel", "recurrent_kernel", "bias")
            ],
        ),
    ],
    ids=["one layer", "stack", "stack in both directions"],
)
def test_weights_of_a_stack_name_their_layer(spec: LSTMSpec, names: list[str]) -> None:
    assert [weight.name for weight in spec.weights] == names
    assert sum(weight.count for weight in spec.weights) == spec.parameters


@pytest.mark.parametrize(
    ("units", "bidirectional", "parameters"),
    [(5, False, 200), ((5, 5), False, 420), (5, True, 400), ((5, 5), True, 1040)],
    ids=["one layer", "two layers", "both directions", "two layers in both directions"],
)
def test_parameters_are_those_that_keras_was_seen_to_count(
    units: Any, bidirectional: bool, parameters: int
) -> None:
    assert LSTMSpec(units=units, bidirectional=bidirectional).parameters == parameters


def test_one_layer_is_a_stack_of_one() -> None:
    assert LSTMSpec(units=(7,)) == LSTMSpec(units=7)
    assert LSTMSpec(units=[7, 8]) == LSTMSpec(units=(7, 8))  # type: ignore[arg-type]  # a list will do
    assert LSTMSpec().sizes == {"timesteps": 3, "features": 4, "units": [5], "batch_size": 1}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (LSTMSpec(), "LSTMSpec()"),
        (
            LSTMSpec(units=(64, 32), return_state=True),
            "LSTMSpec(units=(64, 32), return_state=True)",
        ),
    ],
)
def test_a_spec_is_written_as_it_was_called(spec: LSTMSpec, text: str) -> None:
    assert repr(spec) == text


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize(
    "size",
    [0, -1, MAX_SIZE + 1, pytest.param(10**5000, id="beyond Python's str"), 1.5, "5", None, True],
)
def test_a_bad_size_is_refused_by_name(name: str, size: object) -> None:
    with pytest.raises(CallError, match=f"^{option(name)} must be a whole number from 1 to "):
        LSTMSpec(**{name: size})  # type: ignore[arg-type]  # the point of the test


def test_a_bad_size_within_a_stack_is_refused() -> None:
    with pytest.raises(CallError, match=r"^--units must be a whole number from 1 to .* got 0$"):
        LSTMSpec(units=(64, 0))


@pytest.mark.parametrize(("depth", "fits"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_stack_has_1_to_100_layers(depth: int, fits: bool) -> None:
    if fits:
        assert len(LSTMSpec(units=(2,) * depth).layers) == depth
    else:
        with pytest.raises(CallError, match=f"^--units .* 1 to 100 layers, got {depth}"):
            LSTMSpec(units=(2,) * depth)


@pytest.mark.parametrize(
    "sizes",
    [
        {"timesteps": MAX_SIZE, "features": MAX_SIZE},
        {"timesteps": MAX_SIZE, "units": MAX_SIZE},
        {"batch_size": MAX_SIZE, "units": (5, MAX_SIZE)},
        {"batch_size": MAX_SIZE, "units": (MAX_SIZE, 5)},
        {"timesteps": 2**20, "units": 2**30 + 1, "batch_size": 2**10, "bidirectional": True},
    ],
    ids=["input", "output", "last layer", "layer before", "both directions"],
)
def test_an_array_beyond_any_index_is_refused(sizes: dict[str, Any]) -> None:
    with pytest.raises(CallError, match=r"has .* bytes, expected at most .*: reduce --"):
        LSTMSpec(**sizes)


def test_the_spec_of_an_input_takes_its_sizes() -> None:
    x = np.zeros((2, 6, 1))
    spec = LSTMSpec.for_input(x, units=8, return_sequences=True)
    assert (spec.input.shape, spec.outputs[0].shape) == (x.shape, (2, 6, 8))


@pytest.mark.parametrize(
    ("spec", "dominant"),
    [
        pytest.param(LSTMSpec(units=10**6), "units", id="wide"),
        pytest.param(LSTMSpec(units=(2, 10**6)), "units", id="wide on top"),
        pytest.param(
            LSTMSpec(features=10**8, timesteps=50, batch_size=9), "features", id="many features"
        ),
        pytest.param(LSTMSpec(timesteps=10**6, batch_size=2, units=2), "timesteps", id="long"),
        pytest.param(LSTMSpec(batch_size=10**6, bidirectional=True), "batch_size", id="samples"),
    ],
)
def test_the_dominant_size_is_the_one_to_reduce(spec: LSTMSpec, dominant: str) -> None:
    assert spec.largest_size == dominant


@pytest.mark.parametrize(
    "more",
    [*({name: 200} for name in SIZES), {"units": (100, 100)}, {"bidirectional": True}],
    ids=[*SIZES, "depth", "both directions"],
)
def test_memory_grows_with_whatever_grows(more: dict[str, Any]) -> None:
    assert replace(MIDDLING, **more).memory > MIDDLING.memory


def test_what_a_run_holds_is_its_arrays_and_weights() -> None:
    spec = LSTMSpec(return_state=True)
    assert spec.kept_bytes == 4 * (3 * 4 + 3 * 5 + 200)
