"""At one timestep some parameters do nothing in Keras: as many as a spec counts."""

from itertools import product

import numpy as np
import pytest

from lstm_shapes.run.build import build_model
from lstm_shapes.run.tensorflow import KerasModel, load_keras
from lstm_shapes.run.values import Values
from lstm_shapes.shapes.cell import CELLS
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec


def written_layers() -> list[Layer]:
    """Return each kind with and without bias, reset both ways, in both directions."""
    layers = []
    for cell, use_bias, reset_after, bidirectional in product(
        CELLS.values(), [True, False], [True, False], [False, True]
    ):
        if not reset_after and not cell.takes("reset_after"):
            continue
        layer = Layer(
            cell=cell,
            units=3,
            return_sequences=True,
            return_state=True,
            use_bias=use_bias,
            reset_after=reset_after,
            bidirectional=bidirectional,
        )
        layers.append(layer)
    return layers


LAYERS = written_layers()
RNG = np.random.default_rng(1)


def random_like(weight: Values) -> Values:
    """Draw numbers for a weight; none of them is 0, which would hide what it does."""
    return RNG.uniform(0.1, 1.0, weight.shape).astype(np.float32)


def model_with_random_weights(spec: Spec) -> KerasModel:
    """Build a model of weights that are no zeros, as Keras' own biases are."""
    model = build_model(load_keras(), spec)
    model.set_weights([random_like(weight) for weight in model.get_weights()])
    return model


def outputs_of(model: KerasModel, x: Values) -> list[Values]:
    """Call the model, and return its arrays in their order."""
    outputs = model({"input": x})
    return [np.asarray(array) for array in outputs.values()]


def idle_masks(model: KerasModel, x: Values) -> list[Values]:
    """Return which numbers of each weight have no influence on any output."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        outputs = model({"input": x})
        total = tf.add_n([tf.reduce_sum(array) for array in outputs.values()])
    variables = [weight.value for weight in model.weights]
    masks = []
    for gradient in tape.gradient(total, variables):
        masks.append(np.asarray(gradient) == 0)
    return masks


@pytest.mark.parametrize("layer", LAYERS, ids=Layer.code)
def test_the_parameters_that_do_nothing_are_counted(layer: Layer) -> None:
    spec = Spec(layers=(layer,), timesteps=1, features=2, batch_size=2)
    model = model_with_random_weights(spec)
    x = RNG.standard_normal((2, 1, 2)).astype(np.float32)
    masks = idle_masks(model, x)
    assert sum(int(mask.sum()) for mask in masks) == spec.idle_parameters

    # All of them may change at once, and no output changes.
    outputs = outputs_of(model, x)
    changed_weights = []
    for weight, mask in zip(model.get_weights(), masks, strict=True):
        changed_weights.append(np.where(mask, random_like(weight), weight))
    model.set_weights(changed_weights)
    for array, changed_array in zip(outputs, outputs_of(model, x), strict=True):
        np.testing.assert_array_equal(changed_array, array)


@pytest.mark.parametrize("layer", LAYERS, ids=Layer.code)
def test_they_are_those_of_recurrent_kernel_and_of_the_named_blocks(
    layer: Layer,
) -> None:
    spec = Spec(layers=(layer,), timesteps=1, features=2, batch_size=2)
    model = model_with_random_weights(spec)
    x = RNG.standard_normal((2, 1, 2)).astype(np.float32)
    for weight, mask in zip(spec.weights, idle_masks(model, x), strict=True):
        blocks = np.split(mask, len(layer.cell.gates), axis=-1)
        for letter, block in zip(layer.cell.gates, blocks, strict=True):
            is_idle = "recurrent_kernel" in weight.name or letter in layer.idle_blocks
            assert block.all() == is_idle
            assert block.any() == is_idle


@pytest.mark.parametrize("layer", LAYERS, ids=Layer.code)
def test_at_two_timesteps_every_parameter_does_something(layer: Layer) -> None:
    spec = Spec(layers=(layer,), timesteps=2, features=2, batch_size=2)
    assert spec.idle_parameters == 0
    x = RNG.standard_normal((2, 2, 2)).astype(np.float32)
    for mask in idle_masks(model_with_random_weights(spec), x):
        assert not mask.any()
