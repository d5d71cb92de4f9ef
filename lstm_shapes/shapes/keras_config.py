"""Turn the config that Keras writes of a layer into a Layer: of a layer in memory."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.layer import SIGNATURE, Layer

AUTOMATIC_NAME = re.compile(
    r"((forward|backward)_)*(lstm|gru|simple_rnn|bidirectional)(_\d+)?"
)


class KerasLayer(Protocol):
    """A layer of Keras, as far as it is read here; it may be built, and have weights."""

    def get_config(self) -> Mapping[str, object]:
        """Return the arguments that make the layer again."""


def layer_of_keras(keras_layer: KerasLayer) -> Layer:
    """Return the Layer of a recurrent layer of Keras in memory.

    Raises:
        CallError: it is none that is explored.
    """
    return layer_of_config(type(keras_layer).__name__, keras_layer.get_config())


def check_is_layer(value: object) -> None:
    """Raise a CallError if a value is no layer of Keras, but its class or its code."""
    if isinstance(value, type) or not hasattr(value, "get_config"):
        raise CallError(
            f"a layer of Keras is {quoted(value)}, expected one in memory, as"
            " keras.layers.LSTM(5): Spec.from_code takes its code"
        )


def features_of_keras(keras_layer: object) -> int | None:
    """Return the features on which a layer was built, None if it is not built yet."""
    weights = getattr(keras_layer, "weights", None)
    if not weights:
        return None
    return int(weights[0].shape[0])


def layer_of_config(class_name: str, config: Mapping[str, object]) -> Layer:
    """Return the Layer of a class of Keras and the config of a layer of it.

    Initializers, regularizers and the like change no array once there are weights, and
    are left out.

    Example:
        >>> config = {"units": 5, "return_state": True, "kernel_initializer": {}}
        >>> layer_of_config("LSTM", config).code()
        'LSTM(5, return_state=True)'
    """
    if class_name == "Bidirectional":
        return bidirectional_of_config(config)
    arguments = {}
    for name in ("units", *SIGNATURE):
        if name in config and not is_automatic_name(name, config[name]):
            arguments[name] = config[name]
    for name in ("activation", "recurrent_activation"):
        if isinstance(arguments.get(name), Mapping):
            raise CallError(
                f"`{name}` is a function of your own, expected one of Keras, as 'relu'"
            )
    return Layer.from_keras(class_name, arguments)


def bidirectional_of_config(config: Mapping[str, object]) -> Layer:
    """Return the Layer of Bidirectional and its config.

    That always has both layers: the backward one counts as given if it says something
    else than the forward one.
    """
    layer = direction_of_config(config.get("layer"))
    arguments: dict[str, object] = {"layer": layer}
    if isinstance(config.get("backward_layer"), Mapping):
        backward_layer = direction_of_config(config["backward_layer"])
        if backward_layer != replace(layer, go_backwards=True):
            arguments["backward_layer"] = backward_layer
    for name in ("merge_mode", "dtype", "trainable", "name"):
        if name in config and not is_automatic_name(name, config[name]):
            arguments[name] = config[name]
    return Layer.from_keras("Bidirectional", arguments)


def direction_of_config(inner: object) -> Layer:
    """Return the Layer of what Bidirectional's config holds for one direction."""
    if not isinstance(inner, Mapping):
        raise CallError(
            f"Bidirectional has the layer {quoted(inner)}, expected a recurrent one"
        )
    inner_config = inner.get("config")
    if not isinstance(inner_config, Mapping):
        inner_config = {}
    layer = layer_of_config(str(inner.get("class_name")), inner_config)
    # Bidirectional sets it by itself.
    return replace(layer, zero_output_for_mask=False)


def is_automatic_name(argument: str, value: object) -> bool:
    """Return True for a name that Keras has made up: `lstm_1`, `forward_lstm`."""
    return argument == "name" and bool(AUTOMATIC_NAME.fullmatch(str(value)))
