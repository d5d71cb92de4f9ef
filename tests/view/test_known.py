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
    """Remarks stand beside an array, or below it."""
    ((spec,),) = request_of(f"{layers} {BOTH_FLAGS}").rows
    text = known(f"{layers} {BOTH_FLAGS}", width)
    found = re.findall(r"^ (\d) (\w+) (\(.*?\))\s+([a-z]+ .*)$", text, flags=re.MULTILINE)
    arrays = [(str(at), array.name, str(array.shape)) for at, array in enumerate(spec.outputs)]
    assert [tuple(row) for *row, _ in found] == arrays


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


@pytest.mark.parametrize("width", [60, 80, 9999], ids="{} columns".format)
@pytest.mark.parametrize("flags", ["", "--return-sequences", "--return-state", BOTH_FLAGS])
@pytest.mark.parametrize("layers", LAYERS)
def test_a_line_of_python_unpacks_the_arrays(layers: str, flags: str, width: int) -> None:
    ((spec,),) = request_of(f"{layers} {flags}").rows
    text = screen(f"{layers} {flags} -n --only outputs", width)
    last = text[text.rindex(re.findall(r"^  [(a-z_]+,? .*=|^  \(.*", text, re.MULTILINE)[-1]) :]
    names = [array.name for array in spec.outputs]
    given = {layer.name: lambda x: x for layer in spec.layers}
    found = {**given, "x": names if len(names) > 1 else names[0]}
    exec("\n".join(line.strip() for line in last.splitlines()), found)
    assert [found[name] for name in names] == names


@pytest.mark.parametrize("call", ["", "--bidirectional", "-u 64,32", "-u 9999 -f 9999"])
def test_the_blocks_of_the_columns_are_said_in_order(call: str) -> None:
    gates = "i (input), f (forget), g (candidate), o (output)\n"
    columns = {"-u 64,32": "4 gates × units columns", "": "20 = 4 gates × 5 units"}
    columns["-u 9999 -f 9999"] = "39996 = 4 gates × 9999 units"
    assert f" {columns.get(call, columns[''])}: {gates}" in known(call)


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        ("-t 3 -f 4 -u 5", "540 multiply-adds for each sample weights 800 B arrays 68 B"),
        ("-t 1000 -f 1000 -u 1000", "8 billion .* weights 30.5 MiB arrays 3.8 MiB"),
        ("-t 9999 -f 9999 -u 9999 -b 9999", "8.0 trillion .* weights 3.0 GiB arrays 3.6 TiB"),
    ],
)
def test_the_cost_is_told_in_units_that_people_read(call: str, cost: str) -> None:
    assert re.search(f"\n {cost}\n", known(call))


@pytest.mark.parametrize(
    ("flags", "purpose"),
    [
        ("", "one vector for each sample, to classify or forecast"),
        ("--return-sequences", "a vector at every timestep, to stack or to tag"),
        ("--return-state", "to hand on what the layer remembers, as an encoder does"),
        (BOTH_FLAGS, "for a decoder or attention"),
    ],
)
def test_the_flags_have_a_purpose(flags: str, purpose: str) -> None:
    assert f"\nOutputs {purpose}\n" in known(flags)
    assert f" {purpose}\n" in known("--compare")


def test_states_are_called_as_in_tutorials_too() -> None:
    assert known("--return-state").count("# also state_h, state_c\n") == 1
    assert "state_h" not in known("--return-sequences")


@pytest.mark.parametrize("call", ["", "--bidirectional"])
def test_a_comparison_says_which_expressions_are_equal_and_where(call: str) -> None:
    text = known(f"--compare {call}")
    sides = ("forward_", "backward_") if call else ("",)
    for at, side in enumerate(sides):
        part = (":5", "5:")[at]
        output = f"output[:, {part}]" if call else "output"
        every = f"all_hidden_states[:, {0 if at else -1}{f', {part}' if call else ''}]"
        equal = {f"{side}hidden_state", output, every}
        assert equal in [{*line.strip().split(" = ")} for line in text.splitlines()]
    in_calls = re.findall(r"^ (\w+) \(.*?\) (\d, \d) ", text, re.MULTILINE)
    first = [("output", "0, 2"), ("all_hidden_states", "1, 3")]
    states = [f"{side}{state}" for side in sides for state in ("hidden_state", "cell_state")]
    assert in_calls == [*first, *((state, "2, 3") for state in states)]


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    text = known("--pytorch --bidirectional")
    assert " lstm = torch.nn.LSTM(4, 5, batch_first=True, bidirectional=True)\n" in text
    assert " 440 parameters, 40 more than Keras' 400:" in text
    assert " output[:, -1] is Keras' output\n" in known("--pytorch")
    assert "torch" not in known("--bidirectional")
