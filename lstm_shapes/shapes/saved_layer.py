"""Pick a layer of a saved model, and say what of it is explored, and on what input."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lstm_shapes.errors import CallError, near_names, quoted
from lstm_shapes.shapes.reading import InputInCode, Reading, Remark, RemarkKind
from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel, Unknown

# Weights take any number of timesteps, and a batch of any size.
FREE_SIZES = ("timesteps", "batch_size")
# An error names so many layers of a model, and no more.
NAMED_LAYERS = 4


class WeightsInFile(NamedTuple):
    """The place of a layer's weights: the file, and the layer as it is there."""

    file: Path
    layer: SavedLayer


@dataclass(frozen=True, kw_only=True)
class SavedReading(Reading):
    """A layer of a saved model, the sizes of its input, and where its weights are.

    Attributes:
        file: The file, "-" for standard input.
        saved_layer: The layer as it stands there.
        has_weights: Whether its weights stand in the file.
    """

    file: str
    saved_layer: SavedLayer
    has_weights: bool

    @property
    def owner(self) -> str:
        """The layer, as an error names it."""
        return f"{quoted(self.saved_layer.path)} in {quoted(Path(self.file).name)}"

    @property
    def read_files(self) -> tuple[str, ...]:
        """The file of the model."""
        return (self.file,)

    @property
    def weights_owner(self) -> str:
        """The owner of the weights: `model.keras, lstm_1`; "" where they are random."""
        if not self.has_weights:
            return ""
        return f"{Path(self.file).name}, {self.saved_layer.path}"

    @property
    def own_weights(self) -> WeightsInFile | None:
        """The place of the weights, None if they are random."""
        if not self.has_weights:
            return None
        return WeightsInFile(Path(self.file), self.saved_layer)


def layer_at(model: SavedModel, path: str) -> SavedLayer:
    """Return the recurrent layer of a saved model that has that path.

    Raises:
        CallError: there is none; the sentence names those that are like it.
    """
    if not isinstance(path, str):  # in Python
        raise CallError(
            f"a layer of a model is named by its path, as 'lstm_1', got {quoted(path)}"
        )
    for layer in model.layers:
        if layer.path == path:
            return layer
    paths = [layer.path for layer in model.layers]
    file = quoted(Path(model.file).name)
    other_class = model.other_layers.get(path)
    if not paths:
        raise CallError(f"{file} has no recurrent layer, expected a model with one")
    expected = f"one of {shortened(paths)}"
    if other_class is not None:
        raise CallError(
            f"{quoted(path)} in {file} is of the class {quoted(other_class)}, expected a"
            f" recurrent layer: {expected}"
        )
    similar_paths = near_names(path, paths)
    if similar_paths:
        names = " or ".join(quoted(similar_path) for similar_path in similar_paths)
        expected = f"one like {names}"
    raise CallError(f"{file} has no layer {quoted(path)}, expected {expected}")


def shortened(paths: Iterable[str]) -> str:
    """Write the first few paths."""
    names = [quoted(path) for path in paths]
    text = ", ".join(names[:NAMED_LAYERS])
    if len(names) > NAMED_LAYERS:
        text += f" and {len(names) - NAMED_LAYERS:,} more"
    return text


def read_saved_layer(model: SavedModel, path: str) -> SavedReading:
    """Return the layer of a saved model that has that path, and the input it is made for.

    Raises:
        CallError: there is none, or it is none that is explored.
    """
    saved_layer = layer_at(model, path)
    if saved_layer.layer is None:
        raise not_explored(model, saved_layer)
    has_weights = saved_layer.unknown != Unknown.NOT_BUILT and model.has_weights
    sizes = InputInCode()
    remarks = [Remark(RemarkKind.SAVED, saved_by(model, saved_layer))]
    if saved_layer.input_shape is not None:
        sizes.batch_size, sizes.timesteps, sizes.features = saved_layer.input_shape
        sizes.has_open_timesteps = sizes.timesteps is None
    if sizes.features is None:
        remarks.append(Remark(RemarkKind.OPEN_SIZE, ("features",)))
    if saved_layer.unknown in (Unknown.NO_CONFIG, Unknown.INSIDE_OWN_CODE):
        remarks.append(Remark(RemarkKind.NO_FLAGS, (saved_layer.path,)))
    if not has_weights:
        remarks.append(Remark(RemarkKind.NO_WEIGHTS, (saved_layer.path,)))
    free_sizes: tuple[str, ...] = FREE_SIZES
    if saved_layer.layer.stateful:
        free_sizes = ("timesteps",)
    return SavedReading(
        layers=(saved_layer.layer,),
        input=sizes,
        remarks=tuple(remarks),
        free_sizes=free_sizes,
        file=model.file,
        saved_layer=saved_layer,
        has_weights=has_weights,
    )


def saved_by(model: SavedModel, layer: SavedLayer) -> tuple[str, ...]:
    """Return the layer's path, the file's name, and the version that wrote it if known."""
    parts = [layer.path, Path(model.file).name]
    if model.keras_version:
        parts.append(f"Keras {model.keras_version}")
    return tuple(parts)


def not_explored(model: SavedModel, layer: SavedLayer) -> CallError:
    """Return the error for a recurrent layer that is listed, and cannot be explored."""
    name = f"{quoted(layer.path)} in {quoted(Path(model.file).name)}"
    if layer.unknown == Unknown.STACK_OF_CELLS:
        return CallError(
            f"{name} is an {layer.class_name} of several cells, expected one layer: an"
            " LSTM, a GRU, a SimpleRNN, or Bidirectional around one"
        )
    if layer.unknown == Unknown.OWN_CLASS:
        return CallError(
            f"{name} is of a class of its own, {quoted(layer.class_name)}, whose code is"
            " not in the file, expected a layer of Keras"
        )
    if layer.unknown == Unknown.NOT_EXPLORED:
        return CallError(
            f"{name} has an argument that is not explored here, or that Keras refuses,"
            " expected another layer"
        )
    return CallError(
        f"{name} is of the class {quoted(layer.class_name)}, which is not explored here,"
        " expected an LSTM, a GRU, a SimpleRNN, or Bidirectional around one"
    )
