import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.pytorch import in_pytorch
from tests.conftest import KINDS, fixed_run


@pytest.mark.parametrize("lengths", [None, (3, 1)], ids=["all", "lengths"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both directions"])
@pytest.mark.parametrize("units", [5, (6, 6, 3)], ids=["one layer", "unequal units"])
@pytest.mark.parametrize("kind", KINDS)
def test_pytorch_returns_the_same_numbers(
    kind: str, units: Any, bidirectional: bool, lengths: Any
) -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
    how: dict[str, Any] = {"units": units, "bidirectional": bidirectional, "lengths": lengths}
    spec = LSTMSpec(batch_size=2, layer=kind, **how)
    every = fixed_run(replace(spec, return_sequences=True, return_state=True))
    keras = {**every.arrays, **fixed_run(spec).arrays}
    found = in_pytorch(spec)

    # The lines of code and of conversion run as they stand on the screen.
    scope = {"torch": torch, "np": np, "x": torch.tensor(keras.pop("input"))}
    modules = [line.partition(" ")[0] for line in found.code if "torch.nn." in line]
    modules = [name for name in modules if name != "from"]
    exec("\n".join((*found.code[: len(modules)], *found.convert)), scope)
    assert len(modules) == (1 if units == 5 else 2)
    parameters = {
        f"{module}.{name}" if len(modules) > 1 else name: parameter
        for module in modules
        for name, parameter in scope[module].named_parameters()
    }
    assert {w.name: w.shape for w in found.weights} == {n: p.shape for n, p in parameters.items()}
    assert found.parameters == sum(parameter.numel() for parameter in parameters.values())
    # A name such as lstm_1/kernel is no name of Python.
    weights = {name.replace("/", "_"): of for name, of in every.weights.items()}
    with torch.no_grad():
        for name, shape, origin in found.weights:
            zeros = {"zeros": np.zeros(shape, np.float32)}
            value = eval(origin.replace("/", "_"), {**scope, **weights, **zeros})
            parameters[name].copy_(torch.tensor(value))
        arrays = {name: parameter.numpy() for name, parameter in parameters.items()}
        for name, code in found.keras_weights.items():
            value = eval(
                re.sub(r"\b[\w.]+_l\d\w*", r'arrays["\g<0>"]', code), scope, {"arrays": arrays}
            )
            np.testing.assert_array_equal(value, every.weights[name], err_msg=code)
        exec("\n".join(found.code[len(modules) :]), scope)
        for output in found.outputs:
            assert scope[output.name].shape == output.shape
            for expression, name in output.equals.items():
                values = eval(expression, scope).numpy()
                if lengths and values.ndim == 3:  # zeros there, where Keras may repeat
                    assert not values[1, 1:].any()
                    keras[name] = keras[name] * np.array([[[1]] * 3, [[1], [0], [0]]])
                np.testing.assert_allclose(values, keras[name], atol=1e-5, err_msg=expression)
    names = {name for output in found.outputs for name in output.equals.values()}
    # Under a mask, the lone output has no other place than the hidden state's.
    assert {*keras} - names <= ({"hidden_state"} if lengths else set())
    # Of the last module, as layers of unequal units are several.
    order = ["l0 forward", "l0 backward"] if bidirectional else ["l0"]
    assert [*found.state_order] == order
    two = in_pytorch(replace(spec, units=(6, 6)))
    assert len(two.state_order) == 2 * len(order) == two.outputs[1].shape[0]
