"""Layers as written, each built by Keras: the project says of them what Keras does.

Keras' side is made of the arguments alone, by classes of `keras.layers`.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.run.tensorflow import KerasModel, load_keras
from lstm_shapes.run.values import Identity, Run
from lstm_shapes.shapes.spec import Spec
from tests.run.comparing import assert_close, every_c_of
from tests.run.written import (
    SEED,
    Rows,
    WrittenStack,
    last_rows,
    outputs_by_equations,
    tried_stacks,
)
from tests.shapes.equations import Floats

STACKS = tried_stacks()


@dataclass(frozen=True)
class Answer:
    """What the project and Keras make of the same layers and the same input.

    `directions` are the states of the last layer by the equations.
    """

    stack: WrittenStack
    spec: Spec
    run: Run
    model: KerasModel
    keras_outputs: list[Floats]
    directions: list[Rows]


@pytest.fixture(params=STACKS, ids=WrittenStack.id, scope="module")
def answer(request: pytest.FixtureRequest) -> Answer:
    stack: WrittenStack = request.param
    spec = stack.spec
    run = explore(spec, seed=SEED, try_next_layers=False)
    model = stack.model(load_keras())
    keras_outputs = stack.predict(model, run.input.values)
    x = run.input.values.astype(np.float64)
    weights = [weight.astype(np.float64) for weight in model.get_weights()]
    directions = last_rows(stack, x, weights)
    return Answer(stack, spec, run, model, keras_outputs, directions)


def test_hundreds_of_layers_are_tried() -> None:
    layer_count = sum(len(stack.layers) for stack in STACKS)
    assert 300 <= layer_count <= 400


def test_the_outputs_have_keras_order_and_shapes(answer: Answer) -> None:
    shapes = [array.shape for array in answer.spec.outputs]
    assert shapes == [values.shape for values in answer.keras_outputs]


def test_the_weights_have_keras_order_and_shapes(answer: Answer) -> None:
    shapes = [weight.shape for weight in answer.spec.weights]
    assert shapes == [tuple(weight.shape) for weight in answer.model.weights]


def test_the_parameters_are_counted_as_keras_counts_them(answer: Answer) -> None:
    assert answer.spec.parameters == answer.model.count_params()
    sizes = [prod(weight.shape) for weight in answer.spec.weights]
    assert answer.spec.parameters == sum(sizes)


def test_trainable_parameters_are_counted_as_keras_counts_them(answer: Answer) -> None:
    sizes = [prod(weight.shape) for weight in answer.model.trainable_weights]
    assert answer.spec.trainable_parameters == sum(sizes)


def test_the_dtypes_are_those_of_keras_arrays_and_weights(answer: Answer) -> None:
    dtypes = [array.dtype for array in answer.spec.outputs]
    assert dtypes == [values.dtype.name for values in answer.keras_outputs]
    weight_dtypes = [weight.dtype for weight in answer.spec.weights]
    assert weight_dtypes == [weight.dtype for weight in answer.model.weights]


def test_the_weights_are_those_that_keras_draws(answer: Answer) -> None:
    weights = list(answer.run.weights.values())
    keras_weights = answer.model.get_weights()
    for weight, keras_weight in zip(weights, keras_weights, strict=True):
        np.testing.assert_array_equal(weight, keras_weight)


def test_the_numbers_are_those_that_keras_predicts(answer: Answer) -> None:
    assert_close(answer.run.outputs, answer.keras_outputs, tolerance=1e-6)


def test_the_numbers_follow_from_the_equations(answer: Answer) -> None:
    outputs = outputs_by_equations(answer.stack, answer.directions)
    assert_close(answer.run.outputs, outputs, answer.stack.tolerance)


def test_every_c_follows_from_the_equations(answer: Answer) -> None:
    cell_states = []
    for half, rows in zip(
        answer.stack.layers[-1].halves, answer.directions, strict=True
    ):
        if half.kind == "LSTM":
            cell_states.append(rows.c)
    assert_close(every_c_of(answer.run), cell_states, answer.stack.tolerance)


def test_every_equality_holds(answer: Answer) -> None:
    for identity in answer.run.identities:
        if is_undone_by_relu(identity, answer):
            continue
        assert identity.holds is True, identity.equality.claim


def is_undone_by_relu(identity: Identity, answer: Answer) -> bool:
    """Return True if parts that differ are equal, as relu leaves zeros in both."""
    if identity.equality.is_equal or not answer.stack.has_value("relu"):
        return False
    left = answer.run.side_values(identity.equality.left)
    right = answer.run.side_values(identity.equality.right)
    return not left.any() and not right.any()
