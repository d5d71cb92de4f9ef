from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.pytorch import in_pytorch
from tests.conftest import fixed_run


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both directions"])
@pytest.mark.parametrize("units", [5, (6, 6, 3)], ids=["one layer", "unequal units"])
def test_pytorch_returns_the_same_numbers(units: Any, bidirectional: bool) -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
    spec = LSTMSpec(batch_size=2, units=units, bidirectional=bidirectional)
    every = fixed_run(replace(spec, return_sequences=True, return_state=True))
    keras = {**every.arrays, **fixed_run(spec).arrays}
    found = in_pytorch(spec)

    # The lines of code run as they stand on the screen.
    scope = {"torch": torch, "x": torch.tensor(keras.pop("input"))}
    modules = [line.partition(" ")[0] for line in found.code if "torch.nn" in line]
    exec("\n".join(found.code[: len(modules)]), scope)
    assert len(modules) == (1 if units == 5 else 2)
    parameters = {
        f"{module}.{name}" if len(modules) > 1 else name: parameter
        for module in modules
        for name, parameter in scope[module].named_parameters()
    }
    assert {w.name: w.shape for w in found.weights} == {n: p.shape for n, p in parameters.items()}
    assert found.parameters == sum(parameter.numel() for parameter in parameters.values())
    weights = {**every.weights, **{f"{name}.T": of.T for name, of in every.weights.items()}}
    with torch.no_grad():
        for name, shape, origin in found.weights:
            value = np.zeros(shape, np.float32) if origin == "zeros" else weights[origin]
            parameters[name].copy_(torch.tensor(value))
        exec("\n".join(found.code[len(modules) :]), scope)
        for output in found.outputs:
            assert scope[output.name].shape == output.shape
            for expression, name in output.equals.items():
                values = eval(expression, scope).numpy()
                np.testing.assert_allclose(values, keras[name], atol=1e-5, err_msg=expression)
    assert {name for output in found.outputs for name in output.equals.values()} == {*keras}
