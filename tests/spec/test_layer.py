from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import FLAGS, LAYERS

Shapes = dict[str, tuple[int, ...]]
STATES: Shapes = {"hidden_state": (2, 5), "cell_state": (2, 5)}
SIDES: Shapes = {f"{side}_{name}": (2, 5) for side in ("forward", "backward") for name in STATES}
# What Keras' documentation says, for 2 samples of 3 timesteps and a last layer of 5 units.
OUTPUTS: dict[str, Shapes] = {
    "LSTM(5)": {"output": (2, 5)},
    "LSTM(5, return_sequences=True)": {"all_hidden_states": (2, 3, 5)},
    "LSTM(5, return_state=True)": {"output": (2, 5)} | STATES,
    "LSTM(5, return_sequences=True, return_state=True)": {"all_hidden_states": (2, 3, 5)} | STATES,
    "Bidirectional(LSTM(5))": {"output": (2, 10)},
    "Bidirectional(LSTM(5, return_sequences=True))": {"all_hidden_states": (2, 3, 10)},
    "Bidirectional(LSTM(5, return_state=True))": {"output": (2, 10)} | SIDES,
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": (
        {"all_hidden_states": (2, 3, 10)} | SIDES
    ),
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("flags", FLAGS)
def test_the_flags_decide_which_arrays_come_back_in_which_order(
    flags: dict[str, Any], layers: dict[str, Any]
) -> None:
    spec = LSTMSpec(batch_size=2, **layers, **flags)
    expected = OUTPUTS[spec.last.code()]  # so the code is written as in Keras
    assert [(array.name, array.shape) for array in spec.outputs] == [*expected.items()]
    for array in spec.outputs:
        axes = ("batch", "timesteps", "units") if len(array.shape) == 3 else ("batch", "units")
        assert (array.axes, array.model_shape) == (axes, (None, *array.shape[1:]))


@pytest.mark.parametrize("flag", ["return_sequences", "return_state", "bidirectional"])
@pytest.mark.parametrize("value", [1, "yes", None], ids=repr)
def test_a_flag_that_is_no_bool_is_refused(flag: str, value: object) -> None:
    wrong: dict[str, Any] = {flag: value}
    with pytest.raises(CallError, match=f"^{flag}= must be True or False, got {value!r}$"):
        LSTMSpec(**wrong)


KINDS = {"GRU": ((4, 15), (5, 15), (2, 15), 165), "SimpleRNN": ((4, 5), (5, 5), (5,), 50)}


@pytest.mark.parametrize("both", [False, True], ids=["one direction", "both directions"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_c_returns_a_state_less(kind: str, both: bool) -> None:
    layer = LSTMSpec(layer=kind, batch_size=2, return_state=True, bidirectional=both).last
    assert layer.code() == (
        f"Bidirectional({kind}(5, return_state=True))" if both else f"{kind}(5, return_state=True)"
    )
    assert {array.name: array.shape for array in layer.outputs} == (
        {"output": (2, 10), "forward_hidden_state": (2, 5), "backward_hidden_state": (2, 5)}
        if both
        else {"output": (2, 5), "hidden_state": (2, 5)}
    )
    *shapes, parameters = KINDS[kind]
    assert [weight.shape for weight in layer.direction_weights] == shapes
    assert layer.parameters == (2 * parameters if both else parameters)
    assert layer.all_other_states == ()
