"""Gates and states at every timestep: by the typed equations, and as Keras has them."""

from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from lstm_shapes import api
from lstm_shapes.errors import CallError, TensorFlowError
from lstm_shapes.run.dtypes import widened
from lstm_shapes.run.explore import explore
from lstm_shapes.run.gates import Gates, lstm_gates
from lstm_shapes.run.values import Run, Values
from lstm_shapes.shapes.cell import CELLS, GATE_NAMES
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec, Spec
from tests.shapes import equations

# A new bias is zeros and ones, which would hide a bias at the wrong place.
RANDOM_BIAS = (("bias_initializer", "glorot_uniform"),)
TIMESTEPS = 6


def written(kind: str, **arguments: Any) -> Layer:
    """Return a layer with a random bias."""
    other_arguments: tuple[tuple[str, object], ...] = RANDOM_BIAS
    if arguments.get("use_bias") is False:
        other_arguments = ()
    return Layer(
        cell=CELLS[kind], units=5, other_arguments=other_arguments, **arguments
    )


LAYERS = [
    written("LSTM"),
    written("LSTM", activation="relu", recurrent_activation="hard_sigmoid"),
    written("LSTM", use_bias=False),
    written("LSTM", go_backwards=True, return_sequences=True),
    written("GRU"),
    written("GRU", activation="relu", recurrent_activation="hard_sigmoid"),
    written("GRU", reset_after=False),
    written("GRU", reset_after=False, use_bias=False),
    written("GRU", use_bias=False, go_backwards=True),
]


def run_alone(spec: Spec, **arguments: Any) -> Run:
    """Run a spec without trying what stands behind it."""
    return explore(
        spec, seed=7, try_next_layers=False, compare_calls=False, **arguments
    )


def typed_gates(layer: Layer, x: Values, weights: list[Values]) -> Gates:
    """Return the gates of each step of x, in its order, by the equations as typed."""
    zeros: Values = np.zeros((len(x), layer.units))
    states: Gates = dict.fromkeys(layer.cell.letters, zeros)
    names = dict(zip("WRb", weights, strict=False))
    rows: dict[str, list[Values]] = {letter: [] for letter in layer.cell.gates}
    for step in range(x.shape[1]):
        values = equations.step(
            layer.equations,
            x[:, step],
            states,
            names,
            letters=(*layer.cell.letters, *layer.cell.gates),
        )
        states = {letter: values[letter] for letter in states}
        for letter, row in rows.items():
            row.append(values[letter])
    gates = {}
    for letter, row in rows.items():
        gates[GATE_NAMES[letter]] = np.stack(row, axis=1)
    return gates


@pytest.mark.parametrize("layer", LAYERS, ids=Layer.code)
def test_gates_are_what_the_equations_give_as_they_are_typed(layer: Layer) -> None:
    run = run_alone(Spec(layers=(layer,), timesteps=TIMESTEPS, batch_size=2))
    x = run.input.values
    if layer.go_backwards:
        # Their rows stand in the order of reading, as those of Keras' own sequence.
        x = x[:, ::-1]
    for name, expected in typed_gates(layer, x, list(run.weights.values())).items():
        np.testing.assert_allclose(run[name], expected, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_masked_timestep_has_no_gate_and_the_rest_are_as_without_it(
    kind: str, padding: str
) -> None:
    spec = LSTMSpec(
        layer=kind,
        lengths=(4, 2),
        timesteps=4,
        padding=padding,
        bidirectional=True,
    )
    run = run_alone(spec)
    weights = list(run.weights.values())
    real = slice(2) if padding == "post" else slice(2, None)
    masked = slice(2, None) if padding == "post" else slice(2)
    lone_run = run_alone(
        LSTMSpec(layer=kind, timesteps=2, bidirectional=True),
        weights=weights,
        input=run.input.values[1:, real],
    )
    for name in spec.last.gates_of(spec.last.directions[1]):
        array_name = f"backward_{name}"
        gate = run[array_name]
        assert np.isnan(gate[1, masked]).all()
        assert not np.isnan(gate[0]).any()
        np.testing.assert_allclose(gate[1:, real], lone_run[array_name], atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one", "both directions"])
def test_a_lower_layer_has_the_gates_and_states_that_it_has_alone(
    bidirectional: bool,
) -> None:
    spec = LSTMSpec(units=(4, 3), bidirectional=bidirectional, timesteps=TIMESTEPS)
    run = run_alone(spec)
    lower_spec = spec.with_layers(spec.layers[:1])
    weight_count = len(lower_spec.weights)
    lone_run = run_alone(lower_spec, weights=list(run.weights.values())[:weight_count])
    for direction in lower_spec.last.directions:
        for name in (*lower_spec.last.gates_of(direction), "all_cell_states"):
            own_name = direction.prefixed(name)
            np.testing.assert_array_equal(run[f"lstm/{own_name}"], lone_run[own_name])
    every_h = np.concatenate(
        [
            run[f"lstm/{direction.prefixed('all_hidden_states')}"]
            for direction in lower_spec.last.directions
        ],
        axis=-1,
    )
    np.testing.assert_array_equal(every_h, lone_run["all_hidden_states"])


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16", "mixed_float16"])
def test_gates_have_the_dtype_in_which_the_layer_computes(dtype: str) -> None:
    initializers: dict[str, Any] = {}
    if dtype == "bfloat16":
        # Keras cannot draw these.
        initializers = {"recurrent_initializer": "glorot_uniform"}
    layer = Layer.from_keras("LSTM", {"units": 5, "dtype": dtype, **initializers})
    run = run_alone(Spec(layers=(layer,)))
    assert run["forget_gate"].dtype.name == layer.compute_dtype
    assert 0 < widened(run["forget_gate"]).min() < 1


def test_gates_that_do_not_give_keras_states_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def swapped_gates(*arguments: Any) -> Gates:
        gates = lstm_gates(*arguments)
        gates["input_gate"] = gates["forget_gate"]
        return gates

    run = run_alone(LSTMSpec())
    monkeypatch.setattr("lstm_shapes.run.gates.lstm_gates", swapped_gates)
    problem = r"^LSTM\(5\): its gates give h 0\..* off that of Keras, expected at most"
    with pytest.raises(TensorFlowError, match=problem):
        run["forget_gate"]
    # The weights are what Keras drew, whatever the gates are.
    assert run["bias/forget_gate"].tolist() == [1] * 5


@pytest.mark.parametrize("kind", CELLS)
def test_weights_so_large_that_every_digit_matters_are_no_error(kind: str) -> None:
    """A step is checked from Keras' own states: from the first on, both would drift."""
    spec = LSTMSpec(32, layer=kind, timesteps=100, return_sequences=True)
    weights = [8 * weight for weight in run_alone(spec).weights.values()]
    run = run_alone(spec, weights=weights)
    (steps,) = run.steps
    np.testing.assert_array_equal(steps.states["h"], run["all_hidden_states"])


@pytest.mark.parametrize("kind", CELLS)
def test_an_input_in_the_millions_is_no_error(kind: str) -> None:
    x = np.random.default_rng(3).normal(size=(2, 20, 4)) * 1e6
    spec = LSTMSpec(layer=kind, timesteps=20, batch_size=2)
    assert run_alone(spec, input=x).steps[0].states["h"].shape == (2, 20, 5)


def test_gates_cost_nothing_unless_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    failing = Mock(side_effect=AssertionError("the run was stepped through"))
    monkeypatch.setattr("lstm_shapes.run.stepping.steps_of", failing)
    run = api.explore(LSTMSpec(return_state=True), seed=1)
    for suffix in (".npz", ".json", ".html"):
        run.save(tmp_path / f"run{suffix}")
    assert run["kernel/forget_gate"].shape == (4, 5)
    with pytest.raises(AssertionError, match="stepped through"):
        run["forget_gate"]


def test_a_name_of_both_directions_is_no_single_array() -> None:
    run = run_alone(LSTMSpec(bidirectional=True))
    problem = "expected one of: forward_forget_gate, backward_forget_gate$"
    with pytest.raises(CallError, match=problem):
        run["forget_gate"]


@pytest.mark.parametrize("kind", CELLS)
def test_the_effect_of_the_first_input_is_that_of_a_second_run(kind: str) -> None:
    spec = LSTMSpec(layer=kind, bidirectional=True, return_state=True, lengths=(3, 2))
    run = run_alone(spec)
    weights = list(run.weights.values())
    for effects, name, first_timesteps in zip(
        run.first_input_effects,
        ["forward_hidden_state", "backward_hidden_state"],
        [(0, 0), (2, 1)],
        strict=True,
    ):
        x = run.input.values.copy()
        for sample, timestep in enumerate(first_timesteps):
            x[sample, timestep] *= -1
        changed_run = run_alone(spec, weights=weights, input=x)
        moves = np.abs(changed_run[name] - run[name]).max(axis=1)
        np.testing.assert_allclose(effects, moves, atol=1e-6)


def test_what_is_kept_and_what_survives_are_products_of_the_gates() -> None:
    run = run_alone(LSTMSpec(timesteps=4))
    (steps,) = run.steps
    f = run["forget_gate"][0]
    c = run["all_cell_states"][0]
    new = run["input_gate"][0] * run["candidate"][0]
    np.testing.assert_allclose(steps.survival(0), f[1] * f[2] * f[3], rtol=1e-6)
    old_part = np.abs(f[3] * c[2])
    share = (old_part / (old_part + np.abs(new[3]))).mean()
    assert steps.kept_shares()[0, 3] == pytest.approx(share)
    assert steps.kept_shares()[0, 0] == 0
