"""Find the weights of recurrent layers among the names that an HDF5 file has."""

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from lstm_shapes.shapes.cell import CELLS, Cell
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.model_shapes import ModelShape
from lstm_shapes.shapes.saved_model import SavedLayer, Unknown

Shape = tuple[int, ...]
# In Keras 2.12, a model's layers stood in a group of this name.
DEPENDENCIES = "_layer_checkpoint_dependencies"
# The weights of a cell, in the order in which Keras returns them.
WEIGHTS = ("kernel", "recurrent_kernel", "bias")


class StoredWeights(NamedTuple):
    """The datasets of a file that hold weights.

    Attributes:
        shapes: The shape of each, by its path in the file; those of a layer stand
            together, in Keras' order.
        names: The names of layers by their groups, as Keras 3.6 and later write them.
        is_keras_3: Whether they are numbered, `layers/lstm/cell/vars/0`, and not named.
    """

    shapes: Mapping[str, Shape]
    names: Mapping[str, str]
    is_keras_3: bool

    @property
    def parameters(self) -> int:
        """The count of the numbers, without the states of random generators."""
        total = 0
        for path, shape in self.shapes.items():
            if "seed_generator" not in path:
                total += prod(shape)
        return total


class StoredCell(NamedTuple):
    """The weights of one cell in a file.

    `place` is what their paths begin with; `paths` are in Keras' order.
    """

    place: str
    paths: tuple[str, ...]
    shapes: tuple[Shape, ...]

    @property
    def kind(self) -> Cell | None:
        """The kind that has so many columns for each unit, None if none has."""
        kernel, recurrent_kernel = self.shapes[:2]
        if len(kernel) != 2 or len(recurrent_kernel) != 2:
            return None
        units, columns = recurrent_kernel
        if units < 1 or kernel[1] != columns or not self.has_bias_of(columns):
            return None
        for cell in CELLS.values():
            if columns == units * len(cell.gates):
                return cell
        return None

    def has_bias_of(self, columns: int) -> bool:
        """Return True if there is no third weight, or a bias of so many columns."""
        if len(self.shapes) == 2:
            return True
        return len(self.shapes) == 3 and self.shapes[2][-1:] == (columns,)

    def layer(self) -> Layer | None:
        """Return the layer that has such weights, with Keras' own flags, or None."""
        cell = self.kind
        if cell is None:
            return None
        has_two_rows = len(self.shapes) == 3 and len(self.shapes[2]) == 2
        has_two_rows = has_two_rows and self.shapes[2][0] == 2
        is_gru = cell.takes("reset_after")
        return Layer(
            cell=cell,
            units=self.shapes[1][0],
            use_bias=len(self.shapes) == 3,
            # Without a bias, the weights do not tell.
            reset_after=not is_gru or has_two_rows or len(self.shapes) == 2,
        )


def stored_cells(weights: StoredWeights) -> list[StoredCell]:
    """Return the cells whose weights stand in a file, in its order."""
    groups: dict[str, list[str]] = {}
    for path in weights.shapes:
        place, _, name = path.rpartition("/")
        if weights.is_keras_3:
            is_weight = place.endswith("/vars")
            place = place.removesuffix("/vars")
        else:
            is_weight = name.partition(":")[0] in WEIGHTS
        if is_weight:
            groups.setdefault(place, []).append(path)
    cells = []
    for place, paths in groups.items():
        shapes = tuple(weights.shapes[path] for path in paths)
        last_name = place.rpartition("/")[2]
        is_cell = "cell" in last_name
        if not weights.is_keras_3:
            # Only a cell has a kernel and a recurrent kernel.
            is_cell = any("/recurrent_kernel" in path for path in paths)
        if is_cell and 2 <= len(shapes) <= 3:
            cells.append(StoredCell(place, tuple(paths), shapes))
    return cells


def layers_in_weights(
    weights: StoredWeights, unknown: Unknown, known_paths: Sequence[str] = ()
) -> list[SavedLayer]:
    """Return the recurrent layers that weights tell of, whose flags are not known.

    Args:
        weights: What the file holds.
        unknown: Why no more is known.
        known_paths: The weights of layers that are known already.
    """
    by_layer: dict[str, list[StoredCell]] = {}
    for cell in stored_cells(weights):
        if cell.paths[0] not in known_paths and cell.kind is not None:
            by_layer.setdefault(layer_place(cell.place, weights), []).append(cell)
    layers = []
    for place, cells in by_layer.items():
        # A file of Keras 3 has its groups in the order of the alphabet.
        cells.sort(key=lambda cell: cell.place.startswith(f"{place}/backward_"))
        layers.append(layer_of_cells(place, cells, weights, unknown))
    return layers


def layer_place(place: str, weights: StoredWeights) -> str:
    """Return what the paths of a layer's weights begin with, without its cell."""
    if weights.is_keras_3:
        place = place.partition("/cell/cells/")[0]
        place = place.removesuffix("/cell")
        for direction in ("/forward_layer", "/backward_layer"):
            place = place.removesuffix(direction)
        return place
    names = place.split("/")
    if "cell" in names[-1] and len(names) > 1:
        names.pop()
    if names[-1].startswith(("forward_", "backward_")) and len(names) > 1:
        names.pop()
    return "/".join(names)


def layer_of_cells(
    place: str, cells: Sequence[StoredCell], weights: StoredWeights, unknown: Unknown
) -> SavedLayer:
    """Return the layer to which cells belong: one, two directions, or a stack.

    Cells of a stack stand in the order of the alphabet, and not in that of their calls.
    """
    paths: list[str] = []
    parameters = 0
    for cell in cells:
        paths.extend(cell.paths)
        parameters += sum(prod(shape) for shape in cell.shapes)
    is_bidirectional = "forward_" in cells[0].place[len(place) :]
    has_stack = "/cells/" in cells[0].place
    input_shape: ModelShape | None = (None, None, cells[0].shapes[0][0])
    layer = cells[0].layer()
    class_name = "RNN"
    if has_stack:
        layer = None
        input_shape = None
        unknown = Unknown.STACK_OF_CELLS
    elif is_bidirectional and len(cells) == 2:
        if layer is not None and cells[1].layer() == layer:
            layer = layer.with_flags({"bidirectional": True})
        else:
            layer = None
    elif len(cells) > 1:
        layer = None
    elif layer is not None and not re.search(r"(^|/)rnn(_\d+)?$", place):
        class_name = layer.cell.name
    if is_bidirectional:
        class_name = "Bidirectional"
    return SavedLayer(
        path=path_of(place, weights),
        class_name=class_name,
        layer=layer,
        input_shape=input_shape,
        output_shapes=None,
        parameters=parameters,
        unknown=unknown.value,
        weight_paths=tuple(paths),
    )


def path_of(place: str, weights: StoredWeights) -> str:
    """Return the names that lead to a layer, or its group if the file has no names.

    A group `layers/lstm_1` is the second LSTM, whatever its name is. Before Keras 3, the
    names of the weights in a layer's group may begin with those of the models around it.
    """
    groups = place.split("/")
    names = []
    if weights.is_keras_3:
        if place not in weights.names:
            return place
        for number, group in enumerate(groups, 1):
            if group not in ("layers", DEPENDENCIES, "layer"):
                names.append(weights.names.get("/".join(groups[:number]), group))
        return "/".join(names)
    if groups[0] == "model_weights":
        groups = groups[1:]
    top, inner = groups[0], groups[1:]
    if top in inner:
        last_place = len(inner) - inner[::-1].index(top)
        inner = inner[last_place:]
    return "/".join([top, *inner])


def weights_of_layer(weights: StoredWeights, saved: SavedLayer) -> tuple[str, ...]:
    """Return where the weights of a layer stand in a file, () if that is not certain.

    Keras 3 numbers them, and the config says which they are. Before, the weights of all
    that is in a model stood in one group, under names that mostly tell the layer.
    """
    if saved.weight_paths:
        return saved.weight_paths
    if weights.is_keras_3 or saved.layer is None:
        return ()
    names = saved.path.split("/")
    group = names[0]
    cells = []
    for cell in stored_cells(weights):
        place = cell.place.removeprefix("model_weights/")
        if place == group or place.startswith(f"{group}/"):
            cells.append(cell)
    fitting_cells = cells_that_fit(cells, saved)
    if len(fitting_cells) == 1:
        return paths_of(fitting_cells[0])
    for name_count in range(1, len(names) + 1):
        ending = "/".join(names[-name_count:])
        named = []
        for candidate in fitting_cells:
            if f"/{ending}/" in f"/{candidate[0].place}/":
                named.append(candidate)
        if len(named) == 1:
            return paths_of(named[0])
    return ()


def paths_of(cells: Sequence[StoredCell]) -> tuple[str, ...]:
    """Return the paths of the weights of cells, one after the other."""
    paths: list[str] = []
    for cell in cells:
        paths.extend(cell.paths)
    return tuple(paths)


def cells_that_fit(
    cells: Sequence[StoredCell], saved: SavedLayer
) -> list[Sequence[StoredCell]]:
    """Return the cells that have the shapes of a layer: one, or one for each direction."""
    if saved.layer is None:
        return []
    expected = saved.layer.direction_layers
    features = None
    if saved.input_shape is not None:
        features = saved.input_shape[-1]
    runs = []
    for start in range(len(cells) - len(expected) + 1):
        run = cells[start : start + len(expected)]
        fits = True
        for cell, layer in zip(run, expected, strict=True):
            if cell.shapes != weight_shapes(layer, features or cell.shapes[0][0]):
                fits = False
        if fits:
            runs.append(run)
    return runs


def weight_shapes(layer: Layer, features: int) -> tuple[Shape, ...]:
    """Return the shapes of the weights of one direction, in Keras' order."""
    columns = layer.column_count
    shapes: tuple[Shape, ...] = ((features, columns), (layer.units, columns))
    if layer.bias_rows == 2:
        return (*shapes, (2, columns))
    if layer.bias_rows == 1:
        return (*shapes, (columns,))
    return shapes


def expected_shapes(saved: SavedLayer, features: int) -> list[Shape]:
    """Return the shapes of all weights of a layer, in Keras' order."""
    shapes: list[Shape] = []
    if saved.layer is not None:
        for layer in saved.layer.direction_layers:
            shapes.extend(weight_shapes(layer, features))
    return shapes
