import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.layer import LayerSpec
from lstm_shapes.spec.model import LSTMSpec

AXES = {
    "all_hidden_states": ("batch", "timesteps", "units"),
    "output": ("batch", "units"),
    **{
        f"{direction}{state}": ("batch", "units")
        for direction in ("", "forward_", "backward_")
        for state in ("hidden_state", "cell_state")
    },
}
# Which arrays come back, as the vocabulary of the documentation has them, for batch 2,
# timesteps 3, features 4 and units 5.
STATES = {"hidden_state": (2, 5), "cell_state": (2, 5)}
BOTH_STATES = {
    "forward_hidden_state": (2, 5),
    "forward_cell_state": (2, 5),
    "backward_hidden_state": (2, 5),
    "backward_cell_state": (2, 5),
}
TABLE: dict[str, dict[str, tuple[int, ...]]] = {
    "LSTM(5)": {"output": (2, 5)},
    "LSTM(5, return_sequences=True)": {"all_hidden_states": (2, 3, 5)},
    "LSTM(5, return_state=True)": {"output": (2, 5), **STATES},
    "LSTM(5, return_sequences=True, return_state=True)": {"all_hidden_states": (2, 3, 5), **STATES},
    "Bidirectional(LSTM(5))": {"output": (2, 10)},
    "Bidirectional(LSTM(5, return_sequences=True))": {"all_hidden_states": (2, 3, 10)},
    "Bidirectional(LSTM(5, return_state=True))": {"output": (2, 10), **BOTH_STATES},
    "Bidirectional(LSTM(5, return_sequences=True, return_state=True))": {
        "all_hidden_states": (2, 3, 10),
        **BOTH_STATES,
    },
}
SIDES = ("forward", "backward")
WEIGHTS = {"kernel": (4, 20), "recurrent_kernel": (5, 20), "bias": (20,)}
every_call = pytest.mark.parametrize("call", TABLE)


def layer_of(call: str) -> LayerSpec:
    spec = LSTMSpec(
        batch_size=2,
        bidirectional="Bidirectional" in call,
        return_sequences="return_sequences" in call,
        return_state="return_state" in call,
    )
    (layer,) = spec.layers
    return layer


@every_call
def test_outputs_have_the_names_order_axes_and_shapes_of_the_vocabulary(call: str) -> None:
    outputs = layer_of(call).outputs
    assert [(a.name, a.axes, a.shape) for a in outputs] == [
        (name, AXES[name], shape) for name, shape in TABLE[call].items()
    ]
    assert [a.model_shape for a in outputs] == [(None, *s[1:]) for s in TABLE[call].values()]


@every_call
def test_the_call_is_written_as_in_keras(call: str) -> None:
    assert layer_of(call).call == call


@every_call
def test_units_of_both_directions_stand_side_by_side(call: str) -> None:
    for array in layer_of(call).outputs:
        sides = SIDES if array.shape[-1] == 10 else (array.name.split("_")[0],)
        assert array.directions == (sides if "Bidirectional" in call else ("",))


@every_call
def test_every_array_says_what_it_holds(call: str) -> None:
    meanings = [array.meaning for array in layer_of(call).outputs]
    assert all(meanings)
    assert len(set(meanings)) == len(meanings)


@pytest.mark.parametrize(
    ("call", "weights"),
    [
        pytest.param("LSTM(5)", WEIGHTS, id="one direction"),
        pytest.param(
            "Bidirectional(LSTM(5))",
            {
                f"{side}/{name}": WEIGHTS[name]
                for side in ("forward", "backward")
                for name in WEIGHTS
            },
            id="both directions",
        ),
    ],
)
def test_weights_are_named_and_add_up_to_the_parameters(
    call: str, weights: dict[str, tuple[int, ...]]
) -> None:
    layer = layer_of(call)
    assert [(weight.name, weight.shape) for weight in layer.weights] == list(weights.items())
    assert sum(weight.count for weight in layer.weights) == layer.parameters


def test_the_count_is_that_of_the_formula() -> None:
    x = LSTMSpec(features=7, timesteps=99, batch_size=99).input
    assert LayerSpec("lstm", x, 11).parameters == 4 * 11 * (7 + 11 + 1)
    assert LayerSpec("lstm", x, 11, bidirectional=True).parameters == 2 * 4 * 11 * (7 + 11 + 1)


@pytest.mark.parametrize("flag", ["return_sequences", "return_state", "bidirectional"])
@pytest.mark.parametrize("value", [1, "yes", None])
def test_a_flag_is_true_or_false(flag: str, value: object) -> None:
    option = "--" + flag.replace("_", "-")
    with pytest.raises(CallError, match=f"^{option} must be True or False, got {value!r}"):
        LSTMSpec(**{flag: value})  # type: ignore[arg-type]  # the point of the test
