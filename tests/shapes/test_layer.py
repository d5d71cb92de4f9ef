"""A layer on an input: its arrays, in Keras' order, and its weights."""

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.shapes.spec import LSTMSpec
from tests.conftest import FLAGS, LAYERS

Shapes = dict[str, tuple[int, ...]]

STATES: Shapes = {
    "hidden_state": (2, 5),
    "cell_state": (2, 5),
}
STATES_OF_BOTH_DIRECTIONS: Shapes = {
    "forward_hidden_state": (2, 5),
    "forward_cell_state": (2, 5),
    "backward_hidden_state": (2, 5),
    "backward_cell_state": (2, 5),
}
# What Keras' documentation says of 2 samples of 3 timesteps and a last layer of 5 units.
OUTPUTS: dict[str, Shapes] = {
    "LSTM(5)": {
        "output": (2, 5),
    },
    "LSTM(5, return_sequences=True)": {
        "all_hidden_states": (2, 3, 5),
    },
    "LSTM(5, return_state=True)": {
        "output": (2, 5),
        **STATES,
    },
    "LSTM(5, return_sequences=True, return_state=True)": {
        "all_hidden_states": (2, 3, 5),
        **STATES,
    },
    "Bidirectional(LSTM(5))": {
        "output": (2, 10),
    },
    "Bidirectional(LSTM(5, return_sequences=True))": {
        "all_hidden_states": (2, 3, 10),
    },
    "Bidirectional(LSTM(5, return_state=True))": {
        "output": (2, 10),
        **STATES_OF_BOTH_DIRECTIONS,
    },
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": {
        "all_hidden_states": (2, 3, 10),
        **STATES_OF_BOTH_DIRECTIONS,
    },
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_the_flags_decide_which_arrays_come_back_in_which_order(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(batch_size=2, **layers, **flags)  # type: ignore[arg-type]
    # The key is the code, so the code is written as in Keras.
    expected_shapes = OUTPUTS[spec.last.layer.code()]
    shapes = [(array.name, array.shape) for array in spec.outputs]
    assert shapes == list(expected_shapes.items())


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_axes_are_named_and_the_model_leaves_the_batch_open(
    flags: dict[str, bool], layers: dict[str, object]
) -> None:
    spec = LSTMSpec(batch_size=2, **layers, **flags)  # type: ignore[arg-type]
    axes_of_rank = {2: ("batch", "units"), 3: ("batch", "timesteps", "units")}
    for array in spec.outputs:
        assert array.axes == axes_of_rank[len(array.shape)]
        assert array.model_shape == (None, *array.shape[1:])


@pytest.mark.parametrize("flag", ["return_sequences", "return_state", "bidirectional"])
@pytest.mark.parametrize("value", [1, "yes", None], ids=repr)
def test_a_flag_that_is_no_bool_is_refused(flag: str, value: object) -> None:
    with pytest.raises(CallError) as caught:
        LSTMSpec(**{flag: value})  # type: ignore[arg-type]
    assert str(caught.value) == f"`{flag}`: got {value!r}, expected True or False"


WEIGHT_SHAPES = {
    "GRU": [(4, 15), (5, 15), (2, 15)],
    "SimpleRNN": [(4, 5), (5, 5), (5,)],
}
PARAMETERS = {"GRU": 165, "SimpleRNN": 50}


def layer_without_c(kind: str, bidirectional: bool) -> LayerSpec:
    spec = LSTMSpec(
        layer=kind,
        batch_size=2,
        return_state=True,
        bidirectional=bidirectional,
    )
    return spec.last


@pytest.mark.parametrize("kind", PARAMETERS)
def test_a_kind_without_c_returns_one_state(kind: str) -> None:
    layer_spec = layer_without_c(kind, bidirectional=False)
    assert layer_spec.layer.code() == f"{kind}(5, return_state=True)"
    shapes = {array.name: array.shape for array in layer_spec.outputs}
    assert shapes == {
        "output": (2, 5),
        "hidden_state": (2, 5),
    }


@pytest.mark.parametrize("kind", PARAMETERS)
def test_a_kind_without_c_returns_one_state_of_each_direction(kind: str) -> None:
    layer_spec = layer_without_c(kind, bidirectional=True)
    assert layer_spec.layer.code() == f"Bidirectional({kind}(5, return_state=True))"
    shapes = {array.name: array.shape for array in layer_spec.outputs}
    assert shapes == {
        "output": (2, 10),
        "forward_hidden_state": (2, 5),
        "backward_hidden_state": (2, 5),
    }


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
@pytest.mark.parametrize("kind", PARAMETERS)
def test_a_kind_without_c_has_no_c_at_every_timestep(
    kind: str, bidirectional: bool
) -> None:
    assert layer_without_c(kind, bidirectional).all_other_states == ()


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
@pytest.mark.parametrize("kind", PARAMETERS)
def test_the_weights_have_a_block_of_columns_for_each_gate(
    kind: str, bidirectional: bool
) -> None:
    layer_spec = layer_without_c(kind, bidirectional)
    shapes = [
        weight.shape for weight in layer_spec.weights_of(layer_spec.directions[0])
    ]
    assert shapes == WEIGHT_SHAPES[kind]
    direction_count = 2 if bidirectional else 1
    assert layer_spec.parameters == direction_count * PARAMETERS[kind]
