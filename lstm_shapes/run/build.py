"""Build layers and models of Keras: of a spec, and of a layer as it was typed."""

from collections.abc import Callable

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.run.reasons import reason_of
from lstm_shapes.run.tensorflow import Keras, KerasLayer, KerasModel, Tensor
from lstm_shapes.shapes.keras_code import LayerCall
from lstm_shapes.shapes.layer import KERAS_2_HARD_SIGMOID, Layer
from lstm_shapes.shapes.returned import ArraySpec, LayerSpec
from lstm_shapes.shapes.spec import Spec

# A loop over fewer timesteps is quicker than tracing, which takes 0.2 s.
TRACED_TIMESTEPS = 100
# A layer, or another function on tensors.
TensorFunction = Callable[..., Tensor]


def build_model(keras: Keras, spec: Spec) -> KerasModel:
    """Build the model of a spec; it returns the spec's outputs by their names."""
    import tensorflow as tf

    inputs = {}
    for array in spec.inputs:
        inputs[array.name] = build_input(keras, array)
    # The mask is an input of its own, as Masking() would take a real timestep of zeros
    # for a masked one.
    mask = inputs.get("mask")
    sequence = inputs[spec.input.name]
    returned: list[Tensor] = []
    for layer_spec in spec.layer_specs:
        layer = build_recurrent_layer(keras, layer_spec)
        try:
            returned = keras.tree.flatten(call_with_mask(layer, sequence, mask))
        except (TypeError, ValueError, tf.errors.InvalidArgumentError) as error:
            # The values of `other_arguments` are Keras' to judge, some of them here.
            raise cannot_be_built(layer_spec.layer.code(), error) from error
        sequence = returned[0]
    outputs = {}
    for array, tensor in zip(spec.outputs, returned, strict=False):
        outputs[array.name] = tensor
    return keras.Model(inputs, outputs, name="lstm_shapes")


def build_input(keras: Keras, array: ArraySpec) -> Tensor:
    """Return the symbolic input of an array: float32, or bool for the mask."""
    return keras.Input(
        batch_shape=array.model_shape,
        name=array.name,
        dtype="bool" if array.name == "mask" else "float32",
    )


def build_recurrent_layer(keras: Keras, layer_spec: LayerSpec) -> KerasLayer:
    """Return Keras' layer of a LayerSpec, with Keras' own defaults."""
    layer = layer_spec.layer.without_names()
    try:
        forward_layer = build_direction(keras, layer, layer_spec.name)
        if not layer.bidirectional:
            return forward_layer
        wrapper_arguments = {"dtype": "float32", **layer.bidirectional_arguments}
        if layer.backward_layer is not None:
            backward_layer = build_direction(keras, layer.backward_layer, "")
            wrapper_arguments["backward_layer"] = backward_layer
        return keras.layers.Bidirectional(
            forward_layer,
            name=layer_spec.name,
            **wrapper_arguments,
        )
    except (TypeError, ValueError) as error:
        # The values of `other_arguments` are Keras' to judge.
        raise cannot_be_built(layer_spec.layer.code(), error) from error


def build_direction(keras: Keras, layer: Layer, name: str) -> KerasLayer:
    """Return Keras' layer of one direction; "" is no name, and Keras finds one."""
    recurrent_class = getattr(keras.layers, layer.cell.name)
    # Keras takes the dtype of the session otherwise.
    arguments = {"dtype": "float32", **layer.arguments}
    for argument, value in arguments.items():
        if value == KERAS_2_HARD_SIGMOID:
            arguments[argument] = hard_sigmoid_of_keras_2
    return recurrent_class(layer.units, name=name or None, **arguments)


def hard_sigmoid_of_keras_2(x: Tensor) -> Tensor:
    """Return what Keras 2 calls hard_sigmoid; that of Keras 3 is less steep."""
    import keras

    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def call_with_mask(layer: KerasLayer, sequence: Tensor, mask: Tensor | None) -> Tensor:
    """Call a layer, with a mask if there is one."""
    if mask is None:
        return layer(sequence)
    return layer(sequence, mask=mask)


def traced_if_long(function: TensorFunction, timestep_count: int) -> TensorFunction:
    """Return a function that is traced before it is run on that many timesteps.

    A recurrent layer that is called on numbers steps through them in Python, at about
    5 ms a timestep. TimeDistributed does so in a trace as well, where a step takes longer.
    """
    if timestep_count <= TRACED_TIMESTEPS:
        return function
    if type(function).__name__ == "TimeDistributed":
        return function
    import tensorflow as tf

    return tf.function(function)  # type: ignore[no-any-return]  # it has no types


def build_layer(keras: Keras, value: object) -> KerasLayer:
    """Build the layer of a LayerCall, and those in its arguments.

    Raises:
        CallError: Keras has no such layer, or does not take these arguments.
    """
    if isinstance(value, list):
        return [build_layer(keras, item) for item in value]
    if isinstance(value, tuple):
        return tuple(build_layer(keras, item) for item in value)
    if not isinstance(value, LayerCall):
        return value
    args = build_layer(keras, value.args)
    kwargs = {}
    for name, argument in value.kwargs.items():
        kwargs[name] = build_layer(keras, argument)
    layer_class = class_named(keras, value.name)
    try:
        return layer_class(*args, **kwargs)
    except Exception as error:
        # Keras raises many types here: ValueError, TypeError, AttributeError.
        raise cannot_be_built(value.text, error) from error


def cannot_be_built(code: str, error: Exception) -> CallError:
    """Return the error for a layer that Keras refuses to build."""
    reason = reason_of(error, code)
    sentence = (
        f"{code} cannot be built ({reason}), expected arguments as Keras takes them"
    )
    # Backticks stand around the names of this package's own arguments alone.
    return CallError(sentence.replace("`", "'"))


def class_named(keras: Keras, name: str) -> KerasLayer:
    """Return a class of Keras' layers, one of LAYER_NAMES or CELL_NAMES.

    Raises:
        CallError: the Keras that is installed does not have it.
    """
    layer_class = getattr(keras.layers, name, None)
    if layer_class is None:
        raise CallError(
            f"Keras {keras.__version__} has no layer {quoted(name)}, expected one that"
            " it has, or a later Keras"
        )
    return layer_class
