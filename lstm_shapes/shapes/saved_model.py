"""Say what is known of a saved model and its recurrent layers."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.model_shapes import ModelShape


class Unknown(str, Enum):
    """Reasons why something of a saved layer is not known."""

    NOTHING = ""  # all is known
    NOT_BUILT = "not_built"  # the model was never built: no input, no weights
    BEHIND_UNKNOWN_LAYER = "behind_unknown_layer"  # a Lambda or the like before it
    INSIDE_OWN_CODE = "inside_own_code"  # in a subclassed model or layer: weights alone
    OWN_CLASS = "own_class"  # a user's own class, though it may be called LSTM
    NO_CONFIG = "no_config"  # a file of weights alone: no flags, no timesteps
    STACK_OF_CELLS = "stack_of_cells"  # RNN of several cells, which no Layer is
    CONVOLUTIONAL = "convolutional"  # ConvLSTM, which no Layer is
    NOT_EXPLORED = (
        "not_explored"  # an argument that no Layer has, or that Keras refuses
    )


class SavedLayer(NamedTuple):
    """A recurrent layer of a saved model.

    Attributes:
        path: The names that lead to it, joined by "/": "encoder/lstm_1". The layer
            inside a wrapper stands under the wrapper's name.
        class_name: Its class, as in the file.
        layer: The layer as one would write it today, None where that cannot be known,
            or where no Layer is like it. Where `unknown` is NO_CONFIG or INSIDE_OWN_CODE,
            its cell, units and biases are known from the weights, and its flags are not.
        input_shape: The shape of its input, None where it is not known.
        output_shapes: The shapes of its arrays, None where they are not known.
        parameters: Their count, None where it is not known.
        unknown: A value of `Unknown`: why something is not known, "" where all is.
        weight_paths: The datasets of its weights in HDF5, in Keras' order; () where
            they do not stand in the file, or only HDF5 itself can tell.
        wrappers: The classes around it, the outermost first: "TimeDistributed".
            Bidirectional is none of them, where it is a part of `layer`.
    """

    path: str
    class_name: str
    layer: Layer | None
    input_shape: ModelShape | None
    output_shapes: tuple[ModelShape, ...] | None
    parameters: int | None
    unknown: str = Unknown.NOTHING
    weight_paths: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()


class SavedModel(NamedTuple):
    """A saved model, as far as its recurrent layers go.

    Attributes:
        file: The path as it was given.
        keras_version: The version that saved it, None where the file does not say.
        layers: The recurrent layers, in the order of the model.
        other_classes: The classes of the other layers, and how many there are of each.
        input_shapes: The shapes of the model's inputs, () where they are not known.
        output_shapes: The shapes of its outputs, () where they are not known.
        parameters: The count of all parameters, None where it is not known.
        has_config: Whether the file says how the model is made; weights alone do not.
        has_weights: Whether the file is of a kind that holds weights; JSON does not.
        other_layers: The class of each other layer by its path.
    """

    file: str
    keras_version: str | None
    layers: tuple[SavedLayer, ...]
    other_classes: Mapping[str, int]
    input_shapes: tuple[ModelShape, ...] = ()
    output_shapes: tuple[ModelShape, ...] = ()
    parameters: int | None = None
    has_config: bool = True
    has_weights: bool = True
    other_layers: Mapping[str, str] = MappingProxyType({})
