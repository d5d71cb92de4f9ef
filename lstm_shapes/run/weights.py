"""Read HDF5, by h5py: the weights of a saved model, and its config where bytes do not tell."""

from pathlib import Path
from typing import TYPE_CHECKING

from lstm_shapes.shapes.keras_file import SavedLayer, SavedModel

if TYPE_CHECKING:
    from lstm_shapes.run.values import Values


def read_model_file(path: Path) -> SavedModel:
    """Read the recurrent layers of a saved model; h5py is imported only where needed.

    Raises:
        CallError: there is no such file, or it is no model, or damaged.
    """
    raise NotImplementedError(path)


def saved_weights(path: Path, layer: SavedLayer) -> "list[Values]":
    """Return the weights of a layer of a saved model, in Keras' order.

    Raises:
        CallError: the file holds none of it, or others than the layer has.
    """
    raise NotImplementedError(path, layer)
