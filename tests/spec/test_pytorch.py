from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.pytorch import PyTorch, document, in_pytorch
from tests.oracle import Floats, expected_outputs, stack

SHAPES = [
    pytest.param(LSTMSpec(batch_size=2), id="one layer"),
    pytest.param(LSTMSpec(batch_size=2, bidirectional=True), id="both directions"),
    pytest.param(LSTMSpec(batch_size=2, units=(5, 5, 5)), id="equal units"),
    pytest.param(LSTMSpec(batch_size=2, units=(6, 3)), id="unequal units"),
    pytest.param(
        LSTMSpec(batch_size=2, units=(6, 6, 3, 3, 6), bidirectional=True),
        id="three modules in both directions",
    ),
    pytest.param(
        LSTMSpec(timesteps=1, features=1, units=(1, 1), bidirectional=True), id="nothing but ones"
    ),
]
FLAGS = [
    pytest.param({}, id="neither"),
    pytest.param({"return_sequences": True}, id="sequences"),
    pytest.param({"return_state": True}, id="state"),
    pytest.param({"return_sequences": True, "return_state": True}, id="both"),
]


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")


def modules_of(torch: Any, found: PyTorch) -> dict[str, Any]:
    """The real modules by name, made by the calls that stand on the screen."""
    return {name: eval(call, {"torch": torch}) for name, call in found.modules.items()}


def parameters_of(modules: dict[str, Any]) -> dict[str, Any]:
    """The real parameters, under the names PyTorch gives them in a model of these modules."""
    return {
        f"{module}.{name}" if len(modules) > 1 else name: parameter
        for module in modules
        for name, parameter in modules[module].named_parameters()
    }


def drawn_weights(spec: LSTMSpec) -> dict[str, Floats]:
    rng = np.random.default_rng(5)
    return {weight.name: rng.uniform(-0.7, 0.7, weight.shape) for weight in spec.weights}


def converted(origin: str, shape: tuple[int, ...], weights: dict[str, Floats]) -> Floats:
    if origin == "zeros":
        return np.zeros(shape)
    name = origin.removesuffix(".T")
    return weights[name] if name == origin else weights[name].T


@pytest.mark.parametrize("spec", SHAPES)
def test_weights_and_count_are_pytorch_s(spec: LSTMSpec, torch: Any) -> None:
    found = in_pytorch(spec)
    parameters = parameters_of(modules_of(torch, found))
    assert [(weight.name, weight.shape) for weight in found.weights] == [
        (name, tuple(parameter.shape)) for name, parameter in parameters.items()
    ]
    assert found.parameters == sum(parameter.numel() for parameter in parameters.values())


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("spec", SHAPES)
def test_the_same_weights_give_the_same_arrays(
    spec: LSTMSpec, flags: dict[str, bool], torch: Any
) -> None:
    """The lines of code run as they are, on weights converted as `from` says."""
    spec = replace(spec, **flags)
    found, weights = in_pytorch(spec), drawn_weights(spec)
    x = np.random.default_rng(6).standard_normal(spec.input.shape)
    states = stack(x, list(weights.values()), directions=len(spec.last.directions))
    every = replace(spec, return_sequences=True, return_state=True)
    expected: dict[str, Floats] = {}
    for each in (every, spec):
        values = expected_outputs(
            *states, return_sequences=each.return_sequences, return_state=each.return_state
        )
        expected |= {array.name: value for array, value in zip(each.outputs, values, strict=True)}

    scope = {"torch": torch, **modules_of(torch, found), "x": torch.tensor(x, dtype=torch.float32)}
    parameters = parameters_of({name: scope[name] for name in found.modules})
    with torch.no_grad():
        for weight in found.weights:
            value = converted(weight.origin, weight.shape, weights)
            parameters[weight.name].copy_(torch.tensor(value))
        exec("\n".join(line for line in found.code if "torch.nn" not in line), scope)
        compared = set()
        for output in found.outputs:
            assert tuple(scope[output.name].shape) == output.shape
            assert len(output.axes) == len(output.shape)
            for expression, name in output.equals.items():
                values = eval(expression, scope).numpy()
                np.testing.assert_allclose(values, expected[name], atol=1e-5, err_msg=expression)
                compared.add(name)
    assert compared == set(expected)


@pytest.mark.parametrize("spec", SHAPES)
def test_every_weight_comes_from_one_here(spec: LSTMSpec) -> None:
    origins = [weight.origin.removesuffix(".T") for weight in in_pytorch(spec).weights]
    assert [name for name in origins if name != "zeros"] == [w.name for w in spec.weights]


@pytest.mark.parametrize(
    ("spec", "parameters", "in_keras"),
    [
        (LSTMSpec(), 220, 200),
        (LSTMSpec(units=(5, 5)), 460, 420),
        (LSTMSpec(bidirectional=True), 440, 400),
        (LSTMSpec(units=(5, 5), bidirectional=True), 1120, 1040),
    ],
    ids=["one layer", "two layers", "both directions", "two layers in both directions"],
)
def test_the_second_biases_are_the_difference(
    spec: LSTMSpec, parameters: int, in_keras: int
) -> None:
    found = in_pytorch(spec)
    assert (found.parameters, spec.parameters) == (parameters, in_keras)
    second_biases = [weight for weight in found.weights if weight.origin == "zeros"]
    assert sum(weight.count for weight in second_biases) == parameters - in_keras


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (
            LSTMSpec(units=(64, 64, 32), bidirectional=True),
            (
                "lstm = torch.nn.LSTM(4, 64, num_layers=2, batch_first=True, bidirectional=True)",
                "lstm_2 = torch.nn.LSTM(128, 32, batch_first=True, bidirectional=True)",
                "x, _ = lstm(x)",
                "output, (h_n, c_n) = lstm_2(x)",
            ),
        ),
        (
            LSTMSpec(units=(5,) * 100),
            (
                "lstm = torch.nn.LSTM(4, 5, num_layers=100, batch_first=True)",
                "output, (h_n, c_n) = lstm(x)",
            ),
        ),
    ],
    ids=["two modules", "a hundred layers"],
)
def test_layers_of_equal_units_are_one_module(spec: LSTMSpec, code: tuple[str, ...]) -> None:
    assert in_pytorch(spec).code == code


def test_the_document_says_it_all() -> None:
    assert document(LSTMSpec(batch_size=2)) == {
        "call": "torch.nn.LSTM(4, 5, batch_first=True)",
        "code": ("lstm = torch.nn.LSTM(4, 5, batch_first=True)", "output, (h_n, c_n) = lstm(x)"),
        "outputs": [
            {
                "name": "output",
                "shape": (2, 3, 5),
                "equals": {"output": "all_hidden_states", "output[:, -1]": "output"},
            },
            {"name": "h_n", "shape": (1, 2, 5), "equals": {"h_n[-1]": "hidden_state"}},
            {"name": "c_n", "shape": (1, 2, 5), "equals": {"c_n[-1]": "cell_state"}},
        ],
        "parameters": {
            "total": 220,
            "weights": [
                {"name": "weight_ih_l0", "shape": (20, 4), "from": "kernel.T"},
                {"name": "weight_hh_l0", "shape": (20, 5), "from": "recurrent_kernel.T"},
                {"name": "bias_ih_l0", "shape": (20,), "from": "bias"},
                {"name": "bias_hh_l0", "shape": (20,), "from": "zeros"},
            ],
        },
    }
