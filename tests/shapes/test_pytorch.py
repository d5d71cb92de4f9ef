"""The same in PyTorch: its lines, run as they stand on the screen, give Keras' numbers."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.run.values import Run, Values
from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.pytorch import PyTorch, in_pytorch, untranslatable
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from tests.conftest import KINDS, fixed_run

# The names of the lines: modules, arrays and functions.
Scope = dict[str, Any]
Parameters = dict[str, Any]

SPECS = []
for kind in KINDS:
    for units in (5, (6, 6, 3)):
        for bidirectional in (False, True):
            for lengths in (None, (3, 1)):
                spec = LSTMSpec(
                    layer=kind,
                    units=units,
                    bidirectional=bidirectional,
                    lengths=lengths,
                    batch_size=2,
                )
                SPECS.append(pytest.param(spec, id=repr(spec)))


@dataclass
class Translated:
    """A spec in PyTorch, with the modules that its first lines have made.

    `run` is of the same layers with both flags, and `keras_arrays` are all arrays that
    the flags can return.
    """

    spec: LSTMSpec
    pytorch: PyTorch
    run: Run
    keras_arrays: dict[str, Values]
    module_names: list[str]
    scope: Scope

    @property
    def call_lines(self) -> tuple[str, ...]:
        return self.pytorch.code[len(self.module_names) :]

    def parameters(self) -> Parameters:
        """Return PyTorch's parameters by the names that the translation has for them."""
        parameters = {}
        for module_name in self.module_names:
            module = self.scope[module_name]
            prefix = ""
            if len(self.module_names) > 1:
                prefix = f"{module_name}."
            for name, parameter in module.named_parameters():
                parameters[prefix + name] = parameter
        return parameters

    def set_parameters(self) -> None:
        """Set PyTorch's parameters to Keras' weights, by the expressions on the screen."""
        names = dict(self.scope)
        for name, values in self.run.weights.items():
            names[python_name(name)] = values
        for name, shape, origin in self.pytorch.weights:
            names["zeros"] = np.zeros(shape, np.float32)
            values = eval(python_name(origin), names)
            self.parameters()[name].data.copy_(self.scope["torch"].tensor(values))

    def call(self) -> None:
        """Run the lines that call the modules."""
        with self.scope["torch"].no_grad():
            exec("\n".join(self.call_lines), self.scope)


def python_name(path: str) -> str:
    """Write the path of a weight, `lstm_1/kernel`, as a name of Python."""
    return path.replace("/", "_")


@pytest.fixture(params=SPECS)
def translated(request: pytest.FixtureRequest) -> Translated:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    spec: LSTMSpec = request.param
    run = fixed_run(replace(spec, return_sequences=True, return_state=True))
    keras_arrays = {**run.arrays, **fixed_run(spec).arrays}
    pytorch = in_pytorch(spec)
    module_names = []
    for line in pytorch.code:
        if " = torch.nn." in line:
            module_names.append(line.partition(" = ")[0])
    scope = {
        "torch": torch,
        "np": np,
        "x": torch.tensor(keras_arrays.pop("input")),
    }
    lines = [*pytorch.code[: len(module_names)], *pytorch.convert]
    exec("\n".join(lines), scope)
    return Translated(spec, pytorch, run, keras_arrays, module_names, scope)


def test_layers_of_equal_units_are_one_module(translated: Translated) -> None:
    module_count = 1 if translated.spec.units == 5 else 2
    assert len(translated.module_names) == module_count


def test_the_parameters_are_those_of_the_modules(translated: Translated) -> None:
    shapes = {}
    parameter_count = 0
    for name, parameter in translated.parameters().items():
        shapes[name] = parameter.shape
        parameter_count += parameter.numel()
    weights = translated.pytorch.weights
    assert {weight.name: weight.shape for weight in weights} == shapes
    assert translated.pytorch.parameters == parameter_count


def test_keras_weights_come_back_out_of_the_modules(translated: Translated) -> None:
    translated.set_parameters()
    arrays = {}
    for name, parameter in translated.parameters().items():
        arrays[name] = parameter.detach().numpy()
    keras_weights = translated.pytorch.keras_weights
    assert list(keras_weights) == list(translated.run.weights)
    for name, expression in keras_weights.items():
        # A name such as lstm_1.weight_ih_l0 is no name of Python.
        code = re.sub(r"\b[\w.]+_l\d\w*", r'arrays["\g<0>"]', expression)
        values = eval(code, {**translated.scope, "arrays": arrays})
        expected = translated.run.weights[name]
        np.testing.assert_array_equal(values, expected, err_msg=expression)


def test_the_modules_return_the_numbers_of_keras(translated: Translated) -> None:
    translated.set_parameters()
    translated.call()
    for output in translated.pytorch.outputs:
        assert translated.scope[output.name].shape == output.shape
        for expression, name in output.equals.items():
            values = eval(expression, translated.scope).numpy()
            expected = translated.keras_arrays[name]
            if not output.equals_where_masked:
                # PyTorch has zeros at masked timesteps, where Keras repeats.
                assert not values[1, 1:].any()
                assert expected[1, 1:].any()
                expected = expected.copy()
                expected[1, 1:] = 0
            np.testing.assert_allclose(values, expected, atol=1e-5, err_msg=expression)


def test_every_array_of_keras_has_a_place(translated: Translated) -> None:
    names: set[str] = set()
    for output in translated.pytorch.outputs:
        names.update(output.equals.values())
    missing = set(translated.keras_arrays) - names
    if translated.spec.lengths:
        # Under a mask, the lone output has no other place than the hidden state's.
        missing -= {"hidden_state"}
    assert not missing


def test_states_are_of_the_directions_of_the_last_module(
    translated: Translated,
) -> None:
    order: tuple[str, ...] = ("l0",)
    if translated.spec.bidirectional:
        order = ("l0 forward", "l0 backward")
    assert translated.pytorch.state_order == order


def test_states_are_of_all_layers_of_a_module(translated: Translated) -> None:
    one_module = in_pytorch(replace(translated.spec, units=(6, 6)))
    direction_count = len(translated.pytorch.state_order)
    hidden_state = one_module.outputs[1]
    assert len(one_module.state_order) == 2 * direction_count
    assert hidden_state.shape[0] == 2 * direction_count


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        pytest.param(
            Layer(cell=GRU, units=5, reset_after=False),
            ("GRU(reset_after=False)",),
            id="reset_after",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, activation="relu"),
            ('LSTM(activation="relu")',),
            id="relu of gates",
        ),
        pytest.param(
            Layer(cell=SIMPLE_RNN, units=5, activation="linear"),
            ('SimpleRNN(activation="linear")',),
            id="linear",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, recurrent_activation="hard_sigmoid"),
            ('LSTM(recurrent_activation="hard_sigmoid")',),
            id="recurrent_activation",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, bidirectional=True, merge_mode=None),
            ("Bidirectional(merge_mode=None)",),
            id="merge_mode",
        ),
        pytest.param(
            Layer(
                cell=LSTM,
                units=5,
                go_backwards=True,
                stateful=True,
                zero_output_for_mask=True,
            ),
            (
                "LSTM(go_backwards=True)",
                "LSTM(stateful=True)",
                "LSTM(zero_output_for_mask=True)",
            ),
            id="several",
        ),
    ],
)
def test_what_pytorch_has_not_is_named_as_in_keras(
    layer: Layer, arguments: tuple[str, ...]
) -> None:
    assert untranslatable(Spec(layers=(layer,))) == arguments


def test_pytorch_packs_padding_at_the_end_alone() -> None:
    spec = LSTMSpec(lengths=(3, 1), padding="pre")
    assert untranslatable(spec) == ('padding="pre"',)
    assert untranslatable(LSTMSpec(lengths=(3, 3), padding="pre")) == ()


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(Layer(cell=LSTM, units=5), id="LSTM"),
        pytest.param(Layer(cell=GRU, units=5, use_bias=False), id="no bias"),
        pytest.param(Layer(cell=SIMPLE_RNN, units=5, activation="relu"), id="relu"),
        pytest.param(Layer(cell=LSTM, units=5, bidirectional=True), id="directions"),
    ],
)
def test_of_what_pytorch_has_nothing_is_named(layer: Layer) -> None:
    assert untranslatable(Spec(layers=(layer,))) == ()
