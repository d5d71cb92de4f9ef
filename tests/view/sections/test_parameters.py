"""Parameters: their count and formula, blocks of columns, weights, and what is idle."""

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
    without_commas = re.sub(r"(\d),(\d)", r"\1\2", formula)
    without_names = re.sub(r"(\d) [a-z]+", r"\1", without_commas)
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
        kernel = layer_spec.weights_of(layer_spec.directions[0])[0]
        row = f" {layer_spec.name} {layer_spec.parameters:,} {kernel.shape} "
        assert row in text


LONG_NAMES = "i (input gate), f (forget gate), g (candidate), o (output gate)"
SHORT_NAMES = "i (input), f (forget), g (candidate), o (output)"
CROWDED = Look(is_roomy=False)


@pytest.mark.parametrize(
    ("layer", "look", "sentence"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5),
            Look(),
            f"4 blocks of 5 columns: {LONG_NAMES}",
            id="LSTM",
        ),
        pytest.param(
            Layer(cell=LSTM, units=9999, bidirectional=True),
            Look(),
            f"4 blocks of 9,999 columns: {LONG_NAMES}",
            id="large",
        ),
        pytest.param(
            Layer(cell=LSTM, units=9999, bidirectional=True),
            CROWDED,
            f"4 blocks of 9,999 columns: {SHORT_NAMES}",
            id="crowded",
        ),
        pytest.param(
            Layer(cell=LSTM, units=1),
            CROWDED,
            f"4 blocks of 1 column: {SHORT_NAMES}",
            id="one unit",
        ),
        pytest.param(
            Layer(cell=GRU, units=5),
            Look(),
            "3 blocks of 5 columns: z (update gate), r (reset gate), g (candidate)",
            id="GRU",
        ),
        pytest.param(
            Layer(cell=SIMPLE_RNN, units=5),
            Look(),
            "5 columns, one for each unit: a SimpleRNN has no gate",
            id="SimpleRNN",
        ),
    ],
)
def test_the_blocks_of_the_columns_are_said_in_order(
    layer: Layer, look: Look, sentence: str
) -> None:
    assert sentence in " ".join(lines_of(layer, look=look))


def test_a_crowded_screen_names_the_blocks_in_one_row() -> None:
    call = "-u 9999 --bidirectional --return-sequences --return-state"
    assert f"\n 4 blocks of 9,999 columns: {SHORT_NAMES}\n" in known(call)
    assert LONG_NAMES in " ".join(known("").split())


def lines_of(*layers: Layer, look: Look | None = None, **sizes: int) -> list[str]:
    """Return the section of layers as written, without indents."""
    lines = texts(parameters.one_call(answer_to(spec_of(*layers, **sizes), look)))
    return [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("layer", "lines"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5, use_bias=False),
            [
                "Parameters  180 = 20 × (4 features + 5 units)",
                "kernel (4, 20)  recurrent_kernel (5, 20)  same at every timestep",
            ],
            id="LSTM without bias",
        ),
        pytest.param(
            Layer(cell=GRU, units=5),
            [
                "Parameters  165 = 15 × (4 features + 5 units + 2 biases)",
                "kernel (4, 15)  recurrent_kernel (5, 15)  bias (2, 15)"
                "  same at every timestep",
                "reset_after=True; 150 with reset_after=False, as in Keras 1 and TF 1",
            ],
            id="GRU",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, reset_after=False),
            [
                "Parameters  150 = 15 × (4 features + 5 units + 1 bias)",
                "kernel (4, 15)  recurrent_kernel (5, 15)  bias (15,)"
                "  same at every timestep",
                "reset_after=False, as in Keras 1 and TF 1; 165 with reset_after=True",
            ],
            id="GRU that resets before",
        ),
    ],
)
def test_the_weights_are_those_of_the_formula(layer: Layer, lines: list[str]) -> None:
    section = lines_of(layer)
    weights = section.index(lines[1])
    assert [section[0], *section[weights:]] == lines


LOWER = Layer(cell=LSTM, units=64, return_sequences=True)
UPPER = Layer(cell=GRU, units=32, return_sequences=True, reset_after=False)
TOP = Layer(cell=SIMPLE_RNN, units=8, activation="relu", use_bias=False)


def test_a_mixed_stack_has_a_formula_and_blocks_for_each_kind() -> None:
    assert lines_of(LOWER, UPPER, TOP, look=CROWDED) == [
        "Parameters  27,296, in each layer",
        "lstm: 4 × units × (features + units + 1 bias)",
        "gru: 3 × units × (features + units + 1 bias)",
        "simple_rnn: 1 × units × (features + units)",
        f"LSTM: 4 blocks of columns: {SHORT_NAMES}",
        "GRU: 3 blocks of columns: z (update), r (reset), g (candidate)",
        "SimpleRNN: a column for each unit: a SimpleRNN has no gate",
        "layer       parameters  kernel    recurrent_kernel  bias",
        "lstm            17,664  (4, 256)  (64, 256)         (256,)",
        "gru              9,312  (64, 96)  (32, 96)          (96,)",
        "simple_rnn         320  (32, 8)   (8, 8)            -",
    ]


def test_the_formulas_of_a_mixed_stack_make_its_parameters() -> None:
    spec = spec_of(LOWER, UPPER, TOP)
    formulas = lines_of(LOWER, UPPER, TOP)[1:4]
    for layer_spec, line in zip(spec.layer_specs, formulas, strict=True):
        name, formula = line.split(": ")
        assert name == layer_spec.name
        assert evaluated(formula, layer_spec) == layer_spec.parameters


def test_a_formula_that_layers_share_stands_once() -> None:
    lines = lines_of(LOWER, UPPER, Layer(cell=LSTM, units=8))
    assert "lstm, lstm_1: 4 × units × (features + units + 1 bias)" in lines
    assert len([line for line in lines if line.startswith("LSTM: ")]) == 1


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5),
            "begins with h and c of zeros: 125 of the 200 parameters do nothing,"
            " those of recurrent_kernel and of the forget gate",
            id="LSTM",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, bidirectional=True),
            "begins with h and c of zeros: 250 of the 400 parameters do nothing,"
            " those of recurrent_kernel and of the forget gate",
            id="both directions",
        ),
        pytest.param(
            Layer(cell=GRU, units=5),
            "begins with h of zeros: 75 of the 165 parameters do nothing,"
            " those of recurrent_kernel",
            id="GRU",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, reset_after=False),
            "begins with h of zeros: 100 of the 150 parameters do nothing,"
            " those of recurrent_kernel and of the reset gate",
            id="GRU that resets before",
        ),
    ],
)
def test_what_does_nothing_at_one_timestep_is_said(layer: Layer, sentence: str) -> None:
    text = " ".join(lines_of(layer, timesteps=1))
    assert text.endswith(f" without an initial_state, the only timestep {sentence}")
    assert "do nothing" not in " ".join(lines_of(layer, timesteps=2))


def test_what_does_nothing_is_said_in_a_row_where_there_is_room_for_one() -> None:
    layer = Layer(cell=LSTM, units=9999, bidirectional=True)
    cramped = Look(is_roomy=False, is_cramped=True)
    last_line = lines_of(layer, look=cramped, timesteps=1, features=9999)[-1]
    assert last_line == (
        "t=0 begins at zeros: 999,820,008 of the 1,599,760,008 parameters do nothing"
    )


def test_the_states_of_a_stateful_layer_are_no_zeros_for_ever() -> None:
    layer = Layer(cell=LSTM, units=5, stateful=True)
    assert "do nothing" not in " ".join(lines_of(layer, timesteps=1))


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
