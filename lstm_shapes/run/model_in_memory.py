"""Read a model of Keras in memory: its recurrent layers, and the weights of one."""

from typing import TYPE_CHECKING

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.run.tensorflow import KerasLayer, KerasModel
from lstm_shapes.shapes.cell import CELLS
from lstm_shapes.shapes.keras_file import read_saved_text
from lstm_shapes.shapes.saved_model import SavedModel

if TYPE_CHECKING:
    from lstm_shapes.run.values import Values


def is_model(subject: object) -> bool:
    """Return True for a model of Keras; Keras is not imported to find that out."""
    has_layers = hasattr(type(subject), "layers")
    return has_layers and hasattr(subject, "to_json") and hasattr(subject, "name")


def read_model(model: KerasModel) -> SavedModel:
    """Return the recurrent layers of a model, by its own description of itself.

    Raises:
        CallError: it does not say of which layers it is made, as a subclassed one.
    """
    name = str(model.name)
    try:
        text = model.to_json()
    except (NotImplementedError, TypeError, ValueError) as error:
        raise undescribed(model) from error
    saved = read_saved_text(text, name)
    if not saved.layers and not saved.other_classes:
        raise undescribed(model)
    return saved._replace(has_weights=True)


def undescribed(model: KerasModel) -> CallError:
    """Return the error for a model that does not say of which layers it is made."""
    return CallError(
        f"the model {quoted(model.name)} of the class {type(model).__name__} does not say"
        " of which layers it is made, as its own code calls them, expected one of them,"
        f" as explore(model.{recurrent_attribute(model)})"
    )


def recurrent_attribute(model: KerasModel) -> str:
    """Return the name by which a model's own code calls a recurrent layer, or `lstm`."""
    for name, value in vars(model).items():
        if type(value).__name__ in (*CELLS, "Bidirectional") and name.isidentifier():
            return name
    return "lstm"


def weights_in_model(model: KerasModel, path: str) -> "list[Values]":
    """Return the weights of the layer of a model that has that path, in Keras' order.

    Raises:
        CallError: the layer is not built, and so has none.
    """
    layer = layer_in_model(model, path)
    weights: list[Values] = layer.get_weights()
    if not weights:
        raise CallError(
            f"the layer {quoted(path)} is not built, and has no weights yet, expected a"
            " model that is, as model.build((None, timesteps, features)) makes it"
        )
    return weights


def layer_in_model(model: KerasModel, path: str) -> KerasLayer:
    """Return the layer that has that path; a wrapper's layer stands under its name."""
    layer = model
    for name in path.split("/"):
        inner_layers = list(getattr(layer, "layers", None) or [layer.layer])
        layer = next(inner for inner in inner_layers if inner.name == name)
    return layer
