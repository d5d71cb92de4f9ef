"""Turn the config that Keras writes of a layer into a Layer: of a layer in memory."""

from collections.abc import Mapping
from typing import Protocol

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.layer import SIGNATURE, Layer


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
        inner = config.get("layer")
        if not isinstance(inner, Mapping):
            raise CallError(
                f"Bidirectional has the layer {quoted(inner)}, expected a recurrent one"
            )
        inner_config = inner.get("config")
        if not isinstance(inner_config, Mapping):
            inner_config = {}
        layer = layer_of_config(str(inner.get("class_name")), inner_config)
        merge_mode = config.get("merge_mode", "concat")
        return Layer.from_keras(
            "Bidirectional", {"layer": layer, "merge_mode": merge_mode}
        )
    arguments = {}
    for name in ("units", *SIGNATURE):
        if name in config:
            arguments[name] = config[name]
    return Layer.from_keras(class_name, arguments)
