"""Gates: the equations as the screen writes them, typed in NumPy, give Keras' numbers."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.cell import CELLS, GRU, LSTM, SIMPLE_RNN, Cell
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.sections import gates
from lstm_shapes.view.style import ASCIIGlyphs, Look
from tests.conftest import screen
from tests.run.comparing import assert_close, every_c_of
from tests.shapes.equations import Floats, States, unroll_statements
from tests.view.runs import answer_to, spec_of, texts

Section = list[str]


def section_of(*layers: Layer, look: Look | None = None, **sizes: Any) -> Section:
    """Return the lines of the section without indents."""
    lines = texts(gates.one_call(answer_to(spec_of(*layers, **sizes), look)))
    return [line.strip() for line in lines]


def statements_in(section: Section) -> list[str]:
    """Return the lines that assign something that is computed."""
    statements = []
    for line in section:
        if re.match(r"\w+(, \w+)* = (?!\w*(kernel|bias) )", line):
            statements.append(line)
    return statements


def names_in(section: Section, weights: Mapping[str, Floats]) -> dict[str, Any]:
    """Return what the letters of the section stand for: weights, and the function σ."""
    names: dict[str, Any] = {}
    for letter, weight_name, shape in re.findall(
        r"\b([WRb]) = (\w+) (\(.*?\))", "\n".join(section)
    ):
        names[letter] = weights[weight_name]
        assert str(weights[weight_name].shape) == shape
    sigmoid = re.search(r"(\w+)\(a\) = (1 .*?\)\))", "\n".join(section))
    if sigmoid:
        name, formula = sigmoid.groups()
        names[name] = eval(f"lambda a: {formula}", dict(vars(np)))
    return names


def typed(section: Section, x: Floats, weights: Mapping[str, Floats]) -> States:
    """Type the section in NumPy, timestep by timestep of x, from states of zeros."""
    sizes = re.search(r"x (\(.*?\))  (h|h, c) (\(.*?\))$", section[0])
    assert sizes
    x_shape, letters, state_shape = sizes.groups()
    assert str(x[:, 0].shape) == x_shape
    zeros = np.zeros(eval(state_shape))
    initial_states: States = dict.fromkeys(letters.split(", "), zeros)
    names = names_in(section, weights)
    return unroll_statements(statements_in(section), x, initial_states, names)


def written_layers(cell: Cell) -> list[Layer]:
    """Return a kind with each activation, with and without bias, reset both ways."""
    reset_choices = [True, False] if cell.takes("reset_after") else [True]
    layers = []
    for reset_after, use_bias, activation in product(
        reset_choices, [True, False], ["tanh", "relu"]
    ):
        layer = Layer(
            cell=cell,
            units=5,
            return_sequences=True,
            return_state=True,
            use_bias=use_bias,
            reset_after=reset_after,
            activation=activation,
            # Keras' own biases are zeros, which would hide where they stand.
            other_arguments=(("bias_initializer", "glorot_uniform"),),
        )
        layers.append(layer)
    return layers


LAYERS = written_layers(CELLS["LSTM"])
LAYERS += written_layers(CELLS["GRU"])
LAYERS += written_layers(CELLS["SimpleRNN"])
SIZES: dict[str, Any] = {"timesteps": 4, "features": 3, "batch_size": 4}


def run_of_layer(layer: Layer) -> Run:
    """Run a layer with Keras on a batch of 4."""
    return explore(
        spec_of(layer, **SIZES),
        seed=11,
        try_next_layers=False,
    )


@pytest.mark.parametrize("layer", LAYERS, ids=Layer.code)
def test_what_the_screen_says_gives_every_state_of_keras(layer: Layer) -> None:
    run = run_of_layer(layer)
    assert ("bias" in run.weights) is layer.use_bias
    if layer.use_bias:
        assert run.weights["bias"].all()
    states = typed(section_of(layer, **SIZES), run.input.values, run.weights)
    last_states = [all_states[:, -1] for all_states in states.values()]
    expected = [states["h"], *last_states]
    assert_close(run.outputs, expected, tolerance=1e-5)
    if "c" in states:
        assert_close(every_c_of(run), [states["c"]], tolerance=1e-5)


@pytest.mark.parametrize("glyphs", [None, ASCIIGlyphs()], ids=["Unicode", "ASCII"])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_each_direction_has_weights_of_its_own_in_the_same_equations(
    cell: Cell, glyphs: ASCIIGlyphs | None
) -> None:
    layer = Layer(
        cell=cell,
        units=5,
        return_sequences=True,
        return_state=True,
        bidirectional=True,
    )
    look = Look(glyphs=glyphs) if glyphs else Look()
    section = section_of(layer, look=look, **SIZES)
    assert section[-1].endswith("at every timestep; each direction has its own")
    run = run_of_layer(layer)
    x_of_directions = {
        "forward": run.input.values,
        "backward": np.flip(run.input.values, axis=1),
    }
    for name, x in x_of_directions.items():
        weights = {}
        for path, weight in run.weights.items():
            direction, _, weight_name = path.partition("/")
            if direction == name:
                weights[weight_name] = weight
        states = typed(section, x, weights)
        for state in cell.states:
            np.testing.assert_allclose(
                run[f"{name}_{state.name}"],
                states[state.letter][:, -1],
                atol=1e-5,
            )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param("--bidirectional", id="both directions"),
        pytest.param("--lengths 3,1", id="lengths"),
        pytest.param("-u 6,5", id="stack"),
        pytest.param("-u 6,5 --bidirectional --lengths 3,1", id="all of them"),
        pytest.param("--compare", id="comparison"),
        pytest.param("-t 9999 -f 9999 -u 9999 -b 9999", id="large"),
    ],
)
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_no_equation_is_left_out_where_there_is_more_to_say(
    kind: str, options: str
) -> None:
    call = f"--layer {kind} --only gates -n"
    equations = statements_in(texts_of_screen(call))
    assert len(equations) >= 1
    assert statements_in(texts_of_screen(f"{call} {options}")) == equations


def texts_of_screen(call: str) -> list[str]:
    """Return the lines of a screen without indents."""
    return [line.strip() for line in screen(call).splitlines()]


LOWER = Layer(cell=LSTM, units=64, return_sequences=True)
MIDDLE = Layer(cell=GRU, units=32, return_sequences=True, reset_after=False)
UPPER = Layer(cell=LSTM, units=8, return_sequences=True)
TOP = Layer(cell=SIMPLE_RNN, units=8, activation="relu", use_bias=False)


def test_layers_of_a_stack_that_share_equations_share_a_title() -> None:
    section = section_of(LOWER, MIDDLE, UPPER, TOP)
    titles = [line for line in section if "at each timestep" in line]
    assert titles == [
        "Gates  of lstm, lstm_1 at each timestep",
        "Gates  of gru at each timestep  x (1, 64)  h (1, 32)",
        "Equation  of simple_rnn at each timestep  x (1, 8)  h (1, 8)",
    ]
    for layer in (LOWER, MIDDLE, TOP):
        for equation in layer.equations:
            assert equation in section
    assert section.count("c = f·c + i·g") == 1


def test_signs_and_letters_are_explained_where_they_stand() -> None:
    text = "\n".join(section_of(LOWER))
    assert "· multiplies number by number" in text
    assert "i: input gate, f: forget gate, g: candidate, o: output gate" in text
    section = section_of(TOP)
    assert section == [
        "Equation  at each timestep  x (1, 4)  h (1, 8)",
        "W = kernel (4, 8)  R = recurrent_kernel (8, 8)",
        "h = relu(x @ W + h @ R)",
        "h begins as that of the timestep before, and ends as this one's",
        "the same W and R at every timestep",
    ]


LONG_CODE = Layer(
    cell=LSTM,
    units=9999,
    activation="leaky_relu",
    recurrent_activation="hard_sigmoid",
    bidirectional=True,
)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec_of(replace(LOWER, units=9999), features=9999), id="LSTM"),
        pytest.param(spec_of(LONG_CODE, features=9999, batch_size=9999), id="long"),
        pytest.param(spec_of(LOWER, MIDDLE, UPPER, TOP), id="stack"),
    ],
)
def test_the_section_fits_and_has_an_ascii_form(spec: Spec, width: int) -> None:
    look = Look(width, ASCIIGlyphs())
    for line in texts(gates.one_call(answer_to(spec, look))):
        assert len(line) <= width
        assert line == line.rstrip()
        assert line.isascii()
