"""Parameters: their count and formula, blocks of columns, weights, equations and cost."""

import re

import pytest

from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.view.sections import parameters
from lstm_shapes.view.style import ASCIIGlyphs, Look
from tests.conftest import request_of, screen
from tests.view.runs import answer_to, spec_of, texts

LAYERS = [
    pytest.param("", id="one layer"),
    pytest.param("--bidirectional", id="both directions"),
    pytest.param("-u 6,5", id="stack"),
    pytest.param("-u 6,5 --bidirectional", id="stack in both directions"),
    pytest.param("-t 9999 -b 9999 -u 9999", id="large"),
    pytest.param("-u 1 -f 1", id="small"),
]


def known(call: str, width: int = 80) -> str:
    """Return the half of the screen that is known, with single blanks."""
    return re.sub(" +", " ", screen(f"{call} -n", width))


def evaluated(formula: str, layer_spec: LayerSpec) -> int:
    """Compute a formula, in which a stack has the names of sizes, for a layer."""
    without_names = re.sub(r"(\d) [a-z]+", r"\1", formula)
    product = without_names.replace("×", "*")
    sizes = {"units": layer_spec.layer.units, "features": layer_spec.features}
    count: int = eval(product, sizes)
    return count


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("layers", LAYERS)
def test_the_formula_makes_the_parameters(layers: str, width: int) -> None:
    ((spec,),) = request_of(layers).rows
    count_and_formula = r"([\d,]*\d)(?:, in each layer|\s=)\s(.*\))\n"
    match = re.search(count_and_formula, known(layers, width))
    assert match
    count, formula = match.groups()
    assert count == f"{spec.parameters:,}"
    counts = [evaluated(formula, layer_spec) for layer_spec in spec.layer_specs]
    assert sum(counts) == spec.parameters


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("layers", ["-u 6,5", "-u 6,5 --bidirectional"])
def test_each_layer_of_a_stack_has_its_count_and_weights(
    layers: str, width: int
) -> None:
    ((spec,),) = request_of(layers).rows
    text = known(layers, width)
    for layer_spec in spec.layer_specs:
        kernel = layer_spec.direction_weights[0]
        row = f" {layer_spec.name} {layer_spec.parameters:,} {kernel.shape} "
        assert row in text


@pytest.mark.parametrize(
    ("call", "product"),
    [
        pytest.param("", "20 = 4 gates × 5 units", id="one layer"),
        pytest.param("--bidirectional", "20 = 4 gates × 5 units", id="both directions"),
        pytest.param("-u 64,32", "4 gates × units columns", id="stack"),
        pytest.param("-u 9999 -f 9999", "39996 = 4 gates × 9999 units", id="large"),
    ],
)
def test_the_blocks_of_the_columns_are_said_in_order(call: str, product: str) -> None:
    gates = "i (input), f (forget), g (candidate), o (output)\n"
    assert f" {product}: {gates}" in known(call)


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        pytest.param(
            "-t 3 -f 4 -u 5",
            "540 multiply-adds for each sample weights 800 B arrays 68 B",
            id="bytes",
        ),
        pytest.param(
            "-t 1000 -f 1000 -u 1000",
            "8 billion .* weights 30.5 MiB arrays 3.8 MiB",
            id="MiB",
        ),
        pytest.param(
            "-t 9999 -f 9999 -u 9999 -b 9999",
            "8.0 trillion .* weights 3.0 GiB arrays 3.6 TiB",
            id="TiB",
        ),
    ],
)
def test_the_cost_is_told_in_units_that_people_read(call: str, cost: str) -> None:
    assert re.search(f"\n {cost}\n", known(call))


def lines_of(*layers: Layer, look: Look | None = None) -> list[str]:
    """Return the section of layers as written, without indents and without its cost."""
    lines = texts(parameters.one_call(answer_to(spec_of(*layers), look)))
    return [line.strip() for line in lines[:-1]]


def test_a_layer_without_bias_has_two_weights_and_no_bias_in_any_formula() -> None:
    layer = Layer(cell=LSTM, units=5, use_bias=False)
    lines = lines_of(layer)
    assert lines == [
        "Parameters  180 = 20 × (4 features + 5 units)",
        "20 = 4 gates × 5 units: i (input), f (forget), g (candidate), o (output)",
        "W: kernel (4, 20)  R: recurrent_kernel (5, 20)",
        "i, f, o = σ(x @ W + h @ R)  g = tanh(x @ W + h @ R)",
        "c = f·c + i·g  h = o·tanh(c)  the same W and R at every timestep",
    ]


def test_a_gru_without_bias_has_none_within_its_reset_gate() -> None:
    lines = lines_of(Layer(cell=GRU, units=5, use_bias=False))
    assert lines[0] == "Parameters  135 = 15 × (4 features + 5 units)"
    assert lines[2:] == [
        "W: kernel (4, 15)  R: recurrent_kernel (5, 15)",
        "z, r = σ(x @ W + h @ R)  g = tanh(x @ W + r·(h @ R))",
        "h = z·h + (1 - z)·g  the same W and R at every timestep",
    ]


def test_a_gru_that_resets_before_the_product_has_one_bias_and_its_own_equations() -> (
    None
):
    lines = lines_of(Layer(cell=GRU, units=5, reset_after=False))
    assert lines == [
        "Parameters  150 = 15 × (4 features + 5 units + 1 bias)",
        "15 = 3 gates × 5 units: z (update), r (reset), g (candidate)",
        "W: kernel (4, 15)  R: recurrent_kernel (5, 15)  b: bias (15,)",
        "z, r = σ(x @ W + h @ R + b)  g = tanh(x @ W + (r·h) @ R + b)",
        "h = z·h + (1 - z)·g  the same W, R and b at every timestep",
    ]


@pytest.mark.parametrize(
    ("layer", "equations"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5, activation="relu"),
            [
                "i, f, o = σ(x @ W + h @ R + b)  g = relu(x @ W + h @ R + b)",
                "c = f·c + i·g  h = o·relu(c)  the same W, R and b at every timestep",
            ],
            id="LSTM",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, activation="relu"),
            [
                "z, r = σ(x @ W + b[0] + h @ R + b[1])",
                "g = relu(x @ W + b[0] + r·(h @ R + b[1]))",
                "h = z·h + (1 - z)·g  the same W, R and b at every timestep",
            ],
            id="GRU",
        ),
        pytest.param(
            Layer(cell=SIMPLE_RNN, units=5, activation="relu"),
            [
                "h = g = relu(x @ W + h @ R + b)"
                "  the same W, R and b at every timestep",
            ],
            id="SimpleRNN",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, recurrent_activation="hard_sigmoid"),
            [
                "i, f, o = hard_sigmoid(x @ W + h @ R + b)"
                "  g = tanh(x @ W + h @ R + b)",
                "c = f·c + i·g  h = o·tanh(c)  the same W, R and b at every timestep",
            ],
            id="hard_sigmoid for the gates",
        ),
    ],
)
def test_the_equations_name_the_functions_of_the_layer(
    layer: Layer, equations: list[str]
) -> None:
    assert lines_of(layer)[3:] == equations


LOWER = Layer(cell=LSTM, units=64, return_sequences=True)
UPPER = Layer(cell=GRU, units=32, return_sequences=True, reset_after=False)
TOP = Layer(cell=SIMPLE_RNN, units=8, activation="relu", use_bias=False)


def test_a_mixed_stack_has_a_formula_and_equations_for_each_kind() -> None:
    assert lines_of(LOWER, UPPER, TOP) == [
        "Parameters  27,296, in each layer",
        "lstm: 4 × units × (features + units + 1 bias)",
        "gru: 3 × units × (features + units + 1 bias)",
        "simple_rnn: 1 × units × (features + units)",
        "LSTM: 4 gates × units columns: i (input), f (forget), g (candidate),",
        "o (output)",
        "GRU: 3 gates × units columns: z (update), r (reset), g (candidate)",
        "SimpleRNN: 1 gate × units columns: g (candidate)",
        "layer       parameters  kernel    recurrent_kernel  bias",
        "lstm            17,664  (4, 256)  (64, 256)         (256,)",
        "gru              9,312  (64, 96)  (32, 96)          (96,)",
        "simple_rnn         320  (32, 8)   (8, 8)            -",
        "lstm:",
        "i, f, o = σ(x @ W + h @ R + b)  g = tanh(x @ W + h @ R + b)",
        "c = f·c + i·g  h = o·tanh(c)  the same W, R and b at every timestep",
        "gru:",
        "z, r = σ(x @ W + h @ R + b)  g = tanh(x @ W + (r·h) @ R + b)",
        "h = z·h + (1 - z)·g  the same W, R and b at every timestep",
        "simple_rnn:",
        "h = g = relu(x @ W + h @ R)  the same W and R at every timestep",
    ]


def test_the_formulas_of_a_mixed_stack_make_its_parameters() -> None:
    spec = spec_of(LOWER, UPPER, TOP)
    formulas = lines_of(LOWER, UPPER, TOP)[1:4]
    for layer_spec, line in zip(spec.layer_specs, formulas, strict=True):
        name, formula = line.split(": ")
        assert name == layer_spec.name
        assert evaluated(formula, layer_spec) == layer_spec.parameters


def test_equations_that_layers_share_stand_once_and_without_a_title() -> None:
    lines = lines_of(LOWER, Layer(cell=LSTM, units=8))
    assert "lstm, lstm_1:" not in lines
    assert len([line for line in lines if line.startswith("c = ")]) == 1


def test_equations_are_titled_by_all_layers_that_share_them() -> None:
    lines = lines_of(LOWER, UPPER, Layer(cell=LSTM, units=8))
    assert "lstm, lstm_1:" in lines
    assert "lstm, lstm_1: 4 × units × (features + units + 1 bias)" in lines
    assert "gru:" in lines


LONG_CODE = Layer(
    cell=LSTM,
    units=8,
    activation="leaky_relu",
    recurrent_activation="hard_sigmoid",
    use_bias=False,
    return_state=True,
)


@pytest.mark.parametrize("width", [60, 80])
def test_the_section_of_a_mixed_stack_fits_and_has_an_ascii_form(width: int) -> None:
    look = Look(width, ASCIIGlyphs())
    spec = spec_of(LOWER, UPPER, LONG_CODE)
    for line in texts(parameters.one_call(answer_to(spec, look))):
        assert len(line) <= width
        assert line.isascii()
