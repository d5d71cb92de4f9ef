"""Read a recurrent layer out of the config that a file holds of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import NamedTuple

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.cell import CELLS, Cell
from lstm_shapes.shapes.keras_config import layer_of_config
from lstm_shapes.shapes.layer import KERAS_2_HARD_SIGMOID, Layer
from lstm_shapes.shapes.model_shapes import (
    Config,
    ModelShape,
    size_of,
    sizes_on_axes,
    spatial_shape,
)
from lstm_shapes.shapes.saved_model import Unknown

# Keras' own modules; a user's class has another one, or none and a registered name.
KERAS_MODULES = re.compile(r"(keras|tf_keras|tensorflow)(\.|$)")
CONVOLUTIONAL_CLASSES = {"ConvLSTM1D": 1, "ConvLSTM2D": 2, "ConvLSTM3D": 3}
AUTOMATIC_NAME_OF_RNN = re.compile(r"rnn(_\d+)?")
# These are told of a layer, though they change no array that predict returns.
DROPOUTS = ("dropout", "recurrent_dropout")
# Keras 2 had them for GPUs, with weights of another layout.
CUDNN_CLASSES = ("CuDNNLSTM", "CuDNNGRU")


class SavedCell(NamedTuple):
    """A cell in a recurrent layer of a file: its kind, units and biases of a column."""

    kind: Cell
    units: int
    bias_rows: int

    @property
    def weight_count(self) -> int:
        """The number of its weights: a kernel, a recurrent kernel, and perhaps a bias."""
        return 2 + (self.bias_rows > 0)

    def parameters(self, features: int) -> int:
        """Return the count of its parameters on an input of so many features."""
        columns = len(self.kind.gates) * self.units
        return columns * (features + self.units + self.bias_rows)


class CellStack(NamedTuple):
    """One direction of a layer: a cell, or several on one another.

    `names` are the names of their classes, in small letters with underscores.
    """

    cells: tuple[SavedCell, ...]
    names: tuple[str, ...]
    is_stack: bool
    return_sequences: bool
    return_state: bool

    def returned(self, shape: ModelShape) -> tuple[ModelShape, list[ModelShape]]:
        """Return the shapes of the first array, and of the states."""
        batch = shape[0]
        last_units = self.cells[-1].units
        array: ModelShape = (batch, last_units)
        if self.return_sequences:
            array = (batch, shape[1], last_units)
        states: list[ModelShape] = []
        if self.return_state:
            for cell in self.cells:
                states.extend([(batch, cell.units)] * len(cell.kind.states))
        return array, states

    def parameters(self, shape: ModelShape) -> int | None:
        """Return the count of its parameters: each cell reads the units before it."""
        features = shape[-1]
        if features is None:
            return None
        total = 0
        for cell in self.cells:
            total += cell.parameters(features)
            features = cell.units
        return total

    def weight_paths(self, place: str) -> list[str]:
        """Return where its weights stand below a group of Keras 3's files."""
        if not self.is_stack:
            return variables(f"{place}/cell", self.cells[0].weight_count)
        paths = []
        for cell, name in zip(self.cells, numbered(self.names), strict=True):
            paths.extend(variables(f"{place}/cell/cells/{name}", cell.weight_count))
        return paths


class ConvolutionalCell(NamedTuple):
    """One direction of a ConvLSTM."""

    config: Config
    filters: int
    axis_count: int
    return_sequences: bool
    return_state: bool

    def returned(self, shape: ModelShape) -> tuple[ModelShape, list[ModelShape]]:
        """Return the shapes of the first array, and of h and c.

        Raises:
            CallError: they are not known.
        """
        lengths = None
        if len(shape) == self.axis_count + 3:
            lengths = spatial_shape(self.config, shape[2:-1], "kernel_size")
        if lengths is None:
            raise CallError("the shape of a convolution is not known")
        batch, timesteps = shape[:2]
        state = (batch, *lengths, self.filters)
        array: ModelShape = state
        if self.return_sequences:
            array = (batch, timesteps, *lengths, self.filters)
        states: list[ModelShape] = []
        if self.return_state:
            states = [state, state]
        return array, states

    def parameters(self, shape: ModelShape) -> int | None:
        """Return the count of its parameters: four convolutions of x and of h."""
        windows = sizes_on_axes(self.config.get("kernel_size"), self.axis_count)
        channels = shape[-1]
        if self.config.get("data_format") == "channels_first":
            channels = None
        if windows is None or channels is None:
            return None
        rows = prod(windows) * (channels + self.filters)
        return 4 * self.filters * (rows + is_set(self.config, "use_bias", True))

    def weight_paths(self, place: str) -> list[str]:
        """Return where its weights stand below a group of Keras 3's files."""
        return variables(f"{place}/cell", 2 + is_set(self.config, "use_bias", True))


class SavedRecurrence(NamedTuple):
    """A recurrent layer of a file, on no input.

    Attributes:
        class_name: Its class, as in the file.
        layer: The layer that is like it, or None.
        unknown: Why something of it is not known, "" where all is.
        directions: The cells of each direction; () for a class that is not known.
        merge_mode: That of Bidirectional.
        is_time_major: Whether its input is (timesteps, batch, features), as Keras 2
            could have it.
    """

    class_name: str
    layer: Layer | None
    unknown: Unknown
    directions: tuple[CellStack | ConvolutionalCell, ...]
    merge_mode: str | None = "concat"
    is_time_major: bool = False

    def output_shapes(self, shape: ModelShape) -> tuple[ModelShape, ...] | None:
        """Return the shapes of its arrays, None where they are not known."""
        if not self.directions or len(shape) < 3:
            return None
        first_arrays = []
        all_states = []
        try:
            for direction in self.directions:
                array, states = direction.returned(shape)
                first_arrays.append(array)
                all_states.extend(states)
        except CallError:
            return None
        if len(first_arrays) > 1 and self.merge_mode is not None:
            forward, backward = first_arrays
            units = forward[-1]
            if self.merge_mode == "concat":
                units = (forward[-1] or 0) + (backward[-1] or 0)
            first_arrays = [(*forward[:-1], units)]
        return (*first_arrays, *all_states)

    def parameters(self, shape: ModelShape) -> int | None:
        """Return the count of its parameters, None where it is not known."""
        counts = [direction.parameters(shape) for direction in self.directions]
        numbers = [count for count in counts if count is not None]
        if not numbers or len(numbers) < len(counts):
            return None
        return sum(numbers)

    def weight_paths(self, place: str) -> tuple[str, ...]:
        """Return where its weights stand below its group in Keras 3's files."""
        if self.class_name != "Bidirectional":
            paths = []
            for direction in self.directions:
                paths.extend(direction.weight_paths(place))
            return tuple(paths)
        paths = []
        names = ("forward_layer", "backward_layer")
        for name, direction in zip(names, self.directions, strict=False):
            paths.extend(direction.weight_paths(f"{place}/{name}"))
        return tuple(paths)


def variables(place: str, count: int) -> list[str]:
    """Return where the weights of a cell stand, below its group."""
    return [f"{place}/vars/{number}" for number in range(count)]


def numbered(names: Sequence[str], step: int = 1) -> list[str]:
    """Return names with `_1`, `_2`… where one comes again, as Keras 3 stores them."""
    counts: dict[str, int] = {}
    results = []
    for name in names:
        count = counts.get(name, 0)
        counts[name] = count + step
        results.append(f"{name}_{count}" if count else name)
    return results


def snake_case(class_name: str) -> str:
    """Return the name that Keras 3 stores a class under: `simple_rnn`."""
    name = re.sub(r"\W+", "", class_name.rpartition(">")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def is_set(config: Config, name: str, default: bool = False) -> bool:
    """Return a flag of a config."""
    return config.get(name, default) is True


def config_of(saved: object) -> Config:
    """Return the config of a layer as it is saved, {} if there is none."""
    if isinstance(saved, Mapping) and isinstance(saved.get("config"), Mapping):
        config: Config = saved["config"]
        return config
    return {}


def class_of(saved: object) -> str:
    """Return the class of a layer as it is saved, "" if there is none."""
    if isinstance(saved, Mapping) and isinstance(saved.get("class_name"), str):
        return str(saved["class_name"])
    return ""


def is_of_keras(saved: object) -> bool:
    """Return True if a class is Keras' own, and no user's one of the same name."""
    if not isinstance(saved, Mapping) or ">" in class_of(saved):
        return False
    module = saved.get("module")
    if module is None:
        return saved.get("registered_name") is None
    return isinstance(module, str) and bool(KERAS_MODULES.match(module))


def is_recurrent(saved: object) -> bool:
    """Return True for a layer that steps through time, also for a user's own."""
    class_name = class_of(saved)
    config = config_of(saved)
    if not is_of_keras(saved):
        return "units" in config and "return_sequences" in config
    if class_name in ("Bidirectional", "RNN", *CELLS, *CUDNN_CLASSES):
        return True
    return class_name in CONVOLUTIONAL_CLASSES


def read_recurrence(saved: object, *, is_keras_2: bool) -> SavedRecurrence:
    """Read a recurrent layer as it is saved.

    Args:
        saved: Its class and its config, as `is_recurrent` takes it.
        is_keras_2: Whether Keras 2 saved it, whose hard_sigmoid is another function.
    """
    class_name = class_of(saved)
    config = config_of(saved)
    saved_directions = [saved]
    merge_mode: str | None = "concat"
    if class_name == "Bidirectional" and is_of_keras(saved):
        saved_directions = [config.get("layer")]
        backward_layer = config.get("backward_layer")
        saved_directions.append(backward_layer or config.get("layer"))
        if config.get("merge_mode", "concat") is None:
            merge_mode = None
        elif "merge_mode" in config:
            merge_mode = str(config["merge_mode"])

    directions = []
    for saved_direction in saved_directions:
        if not is_of_keras(saved_direction):
            return SavedRecurrence(class_name, None, Unknown.OWN_CLASS, ())
        direction = read_direction(saved_direction)
        if isinstance(direction, Unknown):
            return SavedRecurrence(class_name, None, direction, ())
        directions.append(direction)

    layer = None
    unknown = Unknown.NOTHING
    if any(isinstance(direction, ConvolutionalCell) for direction in directions):
        unknown = Unknown.CONVOLUTIONAL
    elif any(is_stack(direction) for direction in directions):
        unknown = Unknown.STACK_OF_CELLS
    else:
        try:
            layer = read_layer(saved, is_keras_2=is_keras_2)
        except (CallError, RecursionError):
            unknown = Unknown.NOT_EXPLORED
    return SavedRecurrence(
        class_name,
        layer,
        unknown,
        tuple(directions),
        merge_mode,
        is_time_major=is_set(config, "time_major"),
    )


def is_stack(direction: CellStack | ConvolutionalCell) -> bool:
    """Return True for a stack of cells, even of a single one."""
    return isinstance(direction, CellStack) and direction.is_stack


def read_direction(saved: object) -> CellStack | ConvolutionalCell | Unknown:
    """Read one direction of a recurrent layer; an Unknown says why it cannot be read."""
    class_name = class_of(saved)
    config = config_of(saved)
    if class_name in CONVOLUTIONAL_CLASSES:
        filters = size_of(config.get("filters"))
        if filters is None:
            return Unknown.NOT_EXPLORED
        return ConvolutionalCell(
            config,
            filters,
            CONVOLUTIONAL_CLASSES[class_name],
            is_set(config, "return_sequences"),
            is_set(config, "return_state"),
        )
    saved_cells = [saved]
    has_stack = False
    if class_name == "RNN":
        saved_cells, has_stack = cells_of(config.get("cell"))
    cells = []
    names = []
    for saved_cell in saved_cells:
        if not is_of_keras(saved_cell):
            return Unknown.OWN_CLASS
        cell = read_cell(saved_cell)
        if cell is None:
            return Unknown.NOT_EXPLORED
        cells.append(cell)
        names.append(snake_case(class_of(saved_cell)))
    if not cells:
        return Unknown.NOT_EXPLORED
    return CellStack(
        tuple(cells),
        tuple(names),
        has_stack,
        is_set(config, "return_sequences"),
        is_set(config, "return_state"),
    )


def cells_of(saved: object) -> tuple[list[object], bool]:
    """Return the cells of an RNN, and whether they are a stack."""
    if isinstance(saved, list | tuple):
        return list(saved), True
    if class_of(saved) == "StackedRNNCells" and is_of_keras(saved):
        cells = config_of(saved).get("cells")
        if isinstance(cells, list | tuple):
            return list(cells), True
        return [], True
    return [saved], False


def read_cell(saved: object) -> SavedCell | None:
    """Read a cell, or a layer of one; None if it is none that is known."""
    config = config_of(saved)
    kind = CELLS.get(class_of(saved).removesuffix("Cell"))
    units = size_of(config.get("units"))
    if kind is None or units is None:
        return None
    bias_rows = 0
    if is_set(config, "use_bias", True):
        bias_rows = 1
        if kind.takes("reset_after") and is_set(config, "reset_after"):
            bias_rows = 2
    return SavedCell(kind, units, bias_rows)


def read_layer(saved: object, *, is_keras_2: bool) -> Layer:
    """Return the Layer of a recurrent layer whose cells are no stack.

    Raises:
        CallError: Keras, or this package, has no layer of these arguments.
    """
    config = config_of(saved)
    if class_of(saved) != "Bidirectional":
        class_name, arguments = plain_layer(saved, is_keras_2=is_keras_2)
        layer = layer_of_config(class_name, arguments)
        return with_dropouts(layer, arguments)
    # Keras calls them after the layer that was given: "forward_" and its name.
    class_name, forward = plain_layer(
        config.get("layer"), is_keras_2=is_keras_2, prefix="forward_"
    )
    wrapper: dict[str, object] = {
        "layer": {"class_name": class_name, "config": forward},
        "merge_mode": config.get("merge_mode", "concat"),
        "dtype": config.get("dtype"),
        "trainable": is_set(config, "trainable", True),
        "name": plain_name(config.get("name")),
    }
    if config.get("backward_layer"):
        class_name, backward = plain_layer(
            config["backward_layer"], is_keras_2=is_keras_2, prefix="backward_"
        )
        wrapper["backward_layer"] = {"class_name": class_name, "config": backward}
    layer = layer_of_config("Bidirectional", wrapper)
    return with_dropouts(layer, forward)


def plain_layer(
    saved: object, *, is_keras_2: bool, prefix: str = ""
) -> tuple[str, dict[str, object]]:
    """Return the class and the arguments of a layer of one cell, as written today.

    `RNN(LSTMCell(5))` is an LSTM(5): its numbers and its dtype are those of the RNN.
    """
    arguments = dict(config_of(saved))
    class_name = class_of(saved)
    if class_name == "RNN":
        cell = arguments.get("cell")
        class_name = class_of(cell).removesuffix("Cell")
        cell_config = dict(config_of(cell))
        for argument in ("name", "trainable", "dtype"):
            cell_config.pop(argument, None)
        arguments = {**arguments, **cell_config}
    if class_name == "GRU":
        arguments.setdefault("reset_after", False)
    for argument in ("activation", "recurrent_activation"):
        if argument in arguments:
            arguments[argument] = activation_name(arguments[argument])
        if is_keras_2 and arguments.get(argument) == "hard_sigmoid":
            arguments[argument] = KERAS_2_HARD_SIGMOID
    name = plain_name(arguments.get("name")).removeprefix(prefix)
    if AUTOMATIC_NAME_OF_RNN.fullmatch(name):
        name = ""
    arguments["name"] = name
    return class_name, arguments


def activation_name(value: object) -> object:
    """Return the name of a function of Keras that is saved with its module."""
    if isinstance(value, Mapping):
        module = value.get("module")
        name = value.get("config")
        if module in ("keras.activations", "builtins") and isinstance(name, str):
            return name
    return value


def plain_name(value: object) -> str:
    """Return the name of a layer, "" for one that Keras does not take any more."""
    if isinstance(value, str) and "/" not in value:
        return value
    return ""


def with_dropouts(layer: Layer, config: Config) -> Layer:
    """Return a layer with the dropouts of its config, which change no array."""
    arguments = []
    for name in DROPOUTS:
        rate = config.get(name)
        if isinstance(rate, float) and 0 < rate < 1:
            arguments.append((name, rate))
    backward_layer = layer.backward_layer
    if backward_layer is not None:
        backward_layer = replace(backward_layer, other_arguments=tuple(arguments))
    return replace(
        layer, other_arguments=tuple(arguments), backward_layer=backward_layer
    )
