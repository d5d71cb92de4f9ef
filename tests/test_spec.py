from dataclasses import replace

import pytest

from lstm_shapes.errors import CallError, option
from lstm_shapes.spec import MAX_SIZE, SIZES, LSTMSpec

NEITHER = LSTMSpec()
SEQUENCES = LSTMSpec(return_sequences=True)
STATE = LSTMSpec(return_state=True)
BOTH = LSTMSpec(return_sequences=True, return_state=True)

combinations = pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(NEITHER, {"output": (1, 5)}, id="neither"),
        pytest.param(SEQUENCES, {"all_hidden_states": (1, 3, 5)}, id="sequences"),
        pytest.param(
            STATE, {"output": (1, 5), "hidden_state": (1, 5), "cell_state": (1, 5)}, id="state"
        ),
        pytest.param(
            BOTH,
            {"all_hidden_states": (1, 3, 5), "hidden_state": (1, 5), "cell_state": (1, 5)},
            id="both",
        ),
    ],
)


@combinations
def test_outputs_are_named_and_shaped_in_keras_order(
    spec: LSTMSpec, expected: dict[str, tuple[int, ...]]
) -> None:
    assert [(array.name, array.shape) for array in spec.outputs] == list(expected.items())


@combinations
def test_only_the_batch_is_open_in_the_model(
    spec: LSTMSpec, expected: dict[str, tuple[int, ...]]
) -> None:
    shapes = [(None, *shape[1:]) for shape in expected.values()]
    assert [array.model_shape for array in spec.outputs] == shapes


def test_axes_say_what_each_size_is() -> None:
    spec = LSTMSpec(
        timesteps=7, features=2, units=3, batch_size=9, return_sequences=True, return_state=True
    )
    sizes = {"batch": 9, "timesteps": 7, "features": 2, "units": 3}
    for array in spec.arrays:
        assert array.shape == tuple(sizes[axis] for axis in array.axes)


@pytest.mark.parametrize(
    ("spec", "call"),
    [
        (NEITHER, "LSTM(5)"),
        (SEQUENCES, "LSTM(5, return_sequences=True)"),
        (STATE, "LSTM(5, return_state=True)"),
        (BOTH, "LSTM(5, return_sequences=True, return_state=True)"),
    ],
)
def test_the_call_is_written_as_in_keras(spec: LSTMSpec, call: str) -> None:
    assert spec.call == call


def test_parameters_of_the_notebook() -> None:
    assert LSTMSpec(features=4, units=5).parameters == 200


def test_weights_add_up_to_the_parameters() -> None:
    spec = LSTMSpec(features=7, units=11)
    assert sum(weight.count for weight in spec.weights) == spec.parameters


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1, 10**40, 1.5, "5", None, True])
def test_a_bad_size_is_refused_by_name(name: str, size: object) -> None:
    with pytest.raises(CallError, match=f"^{option(name)} must be a whole number from 1 to "):
        LSTMSpec(**{name: size})  # type: ignore[arg-type]  # the point of the test


def test_an_array_beyond_any_index_is_refused() -> None:
    with pytest.raises(CallError, match="reduce --"):
        LSTMSpec(timesteps=MAX_SIZE, features=MAX_SIZE, batch_size=MAX_SIZE)


@pytest.mark.parametrize(
    ("spec", "dominant"),
    [
        pytest.param(LSTMSpec(units=10**6), "units", id="wide"),
        pytest.param(
            LSTMSpec(features=10**8, timesteps=50, batch_size=9), "features", id="many features"
        ),
        pytest.param(LSTMSpec(timesteps=10**6, batch_size=2, units=2), "timesteps", id="long"),
    ],
)
def test_the_dominant_size_is_the_one_to_reduce(spec: LSTMSpec, dominant: str) -> None:
    assert spec.largest_size == dominant


@pytest.mark.parametrize("name", SIZES)
def test_memory_grows_with_every_size(name: str) -> None:
    spec = LSTMSpec(timesteps=100, features=100, units=100, batch_size=100)
    assert replace(spec, **{name: 200}).memory > spec.memory  # type: ignore[arg-type]  # a size


def test_the_command_repeats_what_is_not_the_default() -> None:
    spec = LSTMSpec(batch_size=2, timesteps=9, return_sequences=True)
    assert spec.command(7) == "lstm-shapes -t 9 -b 2 --return-sequences --seed 7"
