"""Show the known half: outputs, parameters, PyTorch's terms, the calls of a comparison."""

import re

import pytest

from tests.conftest import request_of, screen

BOTH_FLAGS = "--return-sequences --return-state"
LAYERS = ["", "--bidirectional", "-u 6,5", "-u 6,5 --bidirectional", "-t 9999 -b 9999 -u 9999"]


def known(call: str, width: int = 80) -> str:
    """Return the half of the screen that is known, with single blanks."""
    return re.sub(" +", " ", screen(f"{call} -n", width))


@pytest.mark.parametrize("width", [60, 80], ids="{} columns".format)
@pytest.mark.parametrize("layers", LAYERS)
def test_every_array_stands_there_in_order_with_what_it_holds(layers: str, width: int) -> None:
    """Remarks stand beside an array, or below behind its name."""
    ((spec,),) = request_of(f"{layers} {BOTH_FLAGS}").rows
    text = known(f"{layers} {BOTH_FLAGS}", width)
    found = re.findall(r"^ (\d) (\w+) (\(.*?\)) ?(.*)$", text, flags=re.MULTILINE)
    arrays = [(str(at), array.name, str(array.shape)) for at, array in enumerate(spec.outputs)]
    assert [tuple(row) for *row, _ in found] == arrays
    assert all(holds or f" {name}: " in text for _, name, _, holds in found)


@pytest.mark.parametrize("width", [60, 80], ids="{} columns".format)
@pytest.mark.parametrize("layers", [*LAYERS, "-u 1 -f 1"])
def test_the_formula_makes_the_parameters(layers: str, width: int) -> None:
    text = known(layers, width)
    ((spec,),) = request_of(layers).rows
    count, formula = re.findall(r"([\d,]*\d)(?:, in each layer|\s=)\s(.*\))\n", text)[0]
    formula = re.sub(r"(\d) [a-z]+", r"\1", formula).replace("×", "*")
    sizes = [{"units": layer.units, "features": layer.features} for layer in spec.layers]
    assert sum(eval(formula, of_layer) for of_layer in sizes) == spec.parameters
    assert count == f"{spec.parameters:,}"
    for layer in spec.layers if spec.is_stack else ():
        assert f" {layer.name} {layer.parameters:,} {layer.direction_weights[0].shape} " in text


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    text = known("--pytorch --bidirectional")
    assert " lstm = torch.nn.LSTM(4, 5, batch_first=True, bidirectional=True)\n" in text
    assert " 440 parameters, 40 more than Keras' 400:" in text
    assert "torch" not in known("--bidirectional")
