"""Put layers on an input of given sizes, and compute every fact that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from lstm_shapes.errors import CallError, number_of, quoted, whole_number
from lstm_shapes.shapes.cell import GATE_NAMES, Cell, cell_named
from lstm_shapes.shapes.layer import (
    FLAGS,
    MAX_SIZE,
    Direction,
    Layer,
    check_bool,
    repr_of,
)
from lstm_shapes.shapes.returned import (
    WEIGHT_NAMES,
    ArraySpec,
    LayerSpec,
    WeightSpec,
)

if TYPE_CHECKING:
    from typing_extensions import Self  # in typing from Python 3.11 on

    from lstm_shapes.shapes.keras_config import KerasLayer
    from lstm_shapes.shapes.reading import Reading, Remark

MAX_SEED = 2**32 - 1
SIZES = ("timesteps", "features", "units", "batch_size")
PADDINGS = ("post", "pre")
DEFAULT_TIMESTEPS = 3

# The calls of a comparison: return_sequences changes fastest, as in Keras' documentation.
FLAG_COMBINATIONS = (
    {"return_sequences": False, "return_state": False},
    {"return_sequences": True, "return_state": False},
    {"return_sequences": False, "return_state": True},
    {"return_sequences": True, "return_state": True},
)

# The units of one layer, or of each layer of a stack.
Units = int | Sequence[int]


def draw_seed() -> int:
    """Draw a seed that is short enough to be typed again."""
    return SystemRandom().randrange(100_000)


@dataclass(frozen=True, kw_only=True, repr=False)
class Spec:
    """Layers of any kinds, one on the other, and the sizes of their input.

    Sizes are whole numbers from 1 to 2147483647. `lengths` say how many timesteps of
    each sample are real, as the rest are masked; `batch_size` is then their number.
    `padding` says where the masked ones stand: "post" is at the end, and "pre" in front,
    as `keras.utils.pad_sequences` pads by default. `timesteps=None` leaves that axis open,
    and `has_open_timesteps` is True: it is None in the model, and the run takes 3 of
    them, or as many as the longest of the `lengths`.
    Each layer takes the first array that the one below it returns.

    Raises:
        CallError: a size is out of range, or a layer cannot stand on the one below it.

    Example:
        >>> from lstm_shapes.shapes.cell import GRU, LSTM
        >>> lower = Layer(cell=LSTM, units=64, return_sequences=True)
        >>> spec = Spec(layers=(lower, Layer(cell=GRU, units=32)), features=8)
        >>> [(array.name, array.shape) for array in spec.outputs]
        [('output', (1, 32))]
        >>> spec.parameters
        28096
    """

    layers: tuple[Layer, ...]
    timesteps: int = DEFAULT_TIMESTEPS
    features: int = 4
    batch_size: int = None  # type: ignore[assignment]  # __post_init__ fills it in
    lengths: tuple[int, ...] | None = None
    padding: str = "post"
    has_open_timesteps: bool = False
    # What became of the parts of written code that are not explored as they stand.
    remarks: "tuple[Remark, ...]" = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        check_bool("has_open_timesteps", self.has_open_timesteps)
        if self.lengths is not None:
            object.__setattr__(self, "lengths", as_tuple("lengths", self.lengths))
        if self.timesteps is None:
            object.__setattr__(self, "has_open_timesteps", True)
            object.__setattr__(self, "timesteps", timesteps_of_run(self.lengths))
        if self.batch_size is None:
            batch_size = 1
            if self.lengths is not None:
                batch_size = len(self.lengths)
            object.__setattr__(self, "batch_size", batch_size)
        for name in ("timesteps", "features", "batch_size"):
            size = whole_number(name, getattr(self, name), 1, MAX_SIZE)
            object.__setattr__(self, name, size)
        self._check_lengths()
        self._check_padding()
        self._check_layers()

    def _check_lengths(self) -> None:
        """Refuse wrong lengths, which Keras would take without a word."""
        if self.lengths is None:
            return
        if len(self.lengths) != self.batch_size:
            lengths = number_of(len(self.lengths), "length")
            samples = number_of(self.batch_size, "sample")
            raise CallError(
                f"`lengths`: got {lengths} for {samples}, expected one for each sample"
            )
        numbers = []
        for length in self.lengths:
            numbers.append(whole_number("lengths", length, 1, self.timesteps))
        object.__setattr__(self, "lengths", tuple(numbers))

    def _check_padding(self) -> None:
        """Refuse an unknown padding, and one in front of samples without lengths."""
        if not isinstance(self.padding, str) or self.padding not in PADDINGS:
            raise CallError(
                f'`padding`: got {quoted(self.padding)}, expected "post" or "pre"'
            )
        if self.padding == "pre" and self.lengths is None:
            raise CallError(
                '`padding` is "pre" without `lengths`, expected those too: they say how'
                " many timesteps of each sample are real"
            )

    def _check_layers(self) -> None:
        """Refuse a layer whose first array the layer above it cannot take."""
        object.__setattr__(self, "layers", as_tuple("layers", self.layers))
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise CallError(f"`layers`: got {quoted(layer)}, expected Layers")
        for layer in self.layers[:-1]:
            if not layer.return_sequences:
                raise CallError(
                    f"{layer.code()} hands on its last timestep alone, and the layer"
                    " above it takes all of them: give it return_sequences=True"
                )
            if layer.bidirectional and layer.merge_mode is None:
                raise CallError(
                    f"{layer.code()} returns two arrays, and the layer above it takes"
                    ' one: give it another merge_mode, such as "concat"'
                )
            if layer.has_unlike_units:
                raise CallError(
                    f"{layer.code()} hands on {layer.output_units:,} features, and Keras"
                    f" builds the layer above it for {2 * layer.units}: give both"
                    " directions as many units, or put this layer last"
                )
            if layer.go_backwards and self.lengths is not None:
                raise CallError(
                    f"{layer.code()} returns the last timestep first, and Keras hands"
                    " the mask on as it was: give no `lengths`, or put this layer last"
                )

    def __repr__(self) -> str:
        # The batch is as many samples as there are lengths.
        batch_size = len(self.lengths or (1,))
        return repr_of(self, {"batch_size": batch_size})

    @classmethod
    def for_input(cls, x: object, **arguments: Any) -> "Self":
        """Take the sizes from an array or nested lists (batch, timesteps, features).

        Raises:
            CallError: it has not these three axes; the error says how to make them.
        """
        from lstm_shapes.shapes.sizes import sizes_of_input  # late: few calls need it

        layers_alone = dict(arguments)
        for name in ("lengths", "padding"):
            layers_alone.pop(name, None)
        layer = cls(**layers_alone).layers[-1]
        sizes = sizes_of_input(x, "x", layer)
        return cls(
            batch_size=sizes.batch_size,
            timesteps=sizes.timesteps,
            features=sizes.features,
            **arguments,
        )

    @staticmethod
    def from_code(
        code: str, *, define: Mapping[str, object] | None = None, **sizes: Any
    ) -> "Spec":
        """Read layers as they are written in Keras: a line, several, or a script.

        Nothing of it is run. Layers behind the last recurrent one are left out.

        Args:
            code: The code.
            define: Values of names in it.
            sizes: `timesteps`, `features`, `batch_size`, `lengths` and `padding`; those
                that the code names as well have to agree.

        Raises:
            CallError: it cannot be read or explored; the sentence says what can.

        Example:
            >>> Spec.from_code("x = GRU(units, input_shape=(29, 24))(x)",
            ...                define={"units": 32}).outputs[0].shape
            (1, 32)
        """
        from lstm_shapes.shapes.reading import read_code  # late: few calls need it

        if not isinstance(code, str):
            raise CallError(
                f"the code is {quoted(code)}, expected a text, as 'LSTM(5)':"
                " Spec.from_layer takes a layer of Keras"
            )
        if define is not None and not isinstance(define, Mapping):
            raise CallError(
                f"`define`: got {quoted(define)}, expected a dict of names and values"
            )
        reading = read_code(code, define or {})
        return spec_of_reading(reading, sizes)

    @staticmethod
    def from_layer(layer: "KerasLayer", **sizes: Any) -> "Spec":
        """Take a layer of Keras in memory, built or not, by its `get_config()`.

        Args:
            layer: An LSTM, GRU or SimpleRNN, or a Bidirectional around one.
            sizes: `timesteps`, `features`, `batch_size`, `lengths` and `padding`; a
                layer that is built knows its features.

        Raises:
            CallError: it is no such layer, or a size is not its own.
        """
        from lstm_shapes.shapes import keras_config  # late: few calls need it

        keras_config.check_is_layer(layer)
        features = keras_config.features_of_keras(layer)
        if features is not None and sizes.setdefault("features", features) != features:
            raise CallError(
                f"`features` is {sizes['features']} and the layer was built on"
                f" {features}, expected that or none"
            )
        return Spec(layers=(keras_config.layer_of_keras(layer),), **sizes)

    @cached_property
    def layer_specs(self) -> tuple[LayerSpec, ...]:
        """The layers on their inputs, from the input of the model on."""
        layer_specs: list[LayerSpec] = []
        name_counts: dict[str, int] = {}
        layer_input = self.input
        for layer in self.layers:
            # Keras numbers the layers of each class: lstm, gru, lstm_1.
            name = layer.cell.layer_name
            name_count = name_counts.get(name, 0)
            name_counts[name] = name_count + 1
            if name_count:
                name = f"{name}_{name_count}"
            layer_spec = LayerSpec(name, layer, layer_input, self.lengths, self.padding)
            layer_specs.append(layer_spec)
            layer_input = layer_spec.outputs[0]
        return tuple(layer_specs)

    @property
    def lower(self) -> tuple[LayerSpec, ...]:
        """The layers below the last one."""
        return self.layer_specs[:-1]

    @property
    def last(self) -> LayerSpec:
        """The layer whose outputs are the model's."""
        return self.layer_specs[-1]

    @property
    def is_stack(self) -> bool:
        """Return True if there are several layers."""
        return len(self.layers) > 1

    @property
    def is_masked(self) -> bool:
        """Return True if a timestep of some sample is masked."""
        return self.last.is_masked

    @property
    def open_axes(self) -> tuple[str, ...]:
        """The axes that are left open: `("timesteps",)`, or (). The batch is none of them."""
        if self.has_open_timesteps:
            return ("timesteps",)
        return ()

    @property
    def has_static_batch(self) -> bool:
        """Return True if the model fixes the batch, as `stateful` needs."""
        return any(layer.stateful for layer in self.layers)

    @property
    def cell(self) -> Cell:
        """The kind of the last layer."""
        return self.layers[-1].cell

    @property
    def layer(self) -> str:
        """The name of the kind of the last layer."""
        return self.cell.name

    @property
    def units(self) -> Units:
        """The units of the layer, or of each layer of a stack."""
        if self.is_stack:
            return tuple(layer.units for layer in self.layers)
        return self.layers[0].units

    @property
    def return_sequences(self) -> bool:
        """Return True if the last layer returns every h."""
        return self.layers[-1].return_sequences

    @property
    def return_state(self) -> bool:
        """Return True if the last layer returns its states."""
        return self.layers[-1].return_state

    @property
    def bidirectional(self) -> bool:
        """Return True if the last layer runs in both directions."""
        return self.layers[-1].bidirectional

    @property
    def code(self) -> str:
        """The layers as written in Keras: `LSTM(64, return_sequences=True), GRU(32)`."""
        return ", ".join(layer.code() for layer in self.layers)

    @cached_property
    def input(self) -> ArraySpec:
        """`input`, of axes (batch, timesteps, features)."""
        return ArraySpec(
            name="input",
            axes=("batch", "timesteps", "features"),
            shape=(self.batch_size, self.timesteps, self.features),
            has_static_batch=self.has_static_batch,
            has_open_timesteps=self.has_open_timesteps,
        )

    @property
    def inputs(self) -> tuple[ArraySpec, ...]:
        """The inputs of the model: `input`, and with `lengths` a `mask` (batch, timesteps)."""
        if self.lengths is None:
            return (self.input,)
        mask = ArraySpec(
            name="mask",
            axes=("batch", "timesteps"),
            shape=(self.batch_size, self.timesteps),
            has_static_batch=self.has_static_batch,
            has_open_timesteps=self.has_open_timesteps,
        )
        return (self.input, mask)

    @property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays that the last layer returns, in Keras' order."""
        return self.last.outputs

    @property
    def arrays(self) -> tuple[ArraySpec, ...]:
        """`input` and the outputs: every array that a run has without being asked."""
        return (self.input, *self.outputs)

    @property
    def all_arrays(self) -> tuple[ArraySpec, ...]:
        """Every array with samples: `arrays`, and those that are made if asked for."""
        return self.arrays + self.step_arrays

    @property
    def first_direction_of_last_layer(self) -> int:
        """The position of the last layer's first direction among those of all layers.

        Example:
            >>> LSTMSpec(units=(5, 5), bidirectional=True).first_direction_of_last_layer
            2
        """
        return sum(len(layer_spec.directions) for layer_spec in self.layer_specs[:-1])

    @cached_property
    def step_arrays(self) -> tuple[ArraySpec, ...]:
        """The arrays that no flag returns: every c, the gates, and every h of lower layers.

        All are (batch, timesteps, units).

        Example:
            >>> [array.name for array in LSTMSpec(units=(5, 5)).step_arrays][:3]
            ['lstm/all_hidden_states', 'lstm/all_cell_states', 'lstm/input_gate']
            >>> [array.name for array in LSTMSpec(layer="GRU").step_arrays]
            ['update_gate', 'reset_gate', 'candidate']
        """
        arrays: list[ArraySpec] = []
        for layer_spec in self.layer_specs:
            for direction in layer_spec.directions:
                arrays.extend(self.step_arrays_of(layer_spec, direction).values())
        return tuple(arrays)

    def step_arrays_of(
        self, layer_spec: LayerSpec, direction: Direction
    ) -> dict[str, ArraySpec]:
        """Return what no flag returns of a direction: by the letter of a state, or name.

        Those of a lower layer have its name in front: `lstm/forget_gate`.
        """
        arrays = layer_spec.every_state_of(direction) | layer_spec.gates_of(direction)
        if layer_spec is self.last:
            del arrays["h"]
            return arrays
        for key, array in arrays.items():
            arrays[key] = array._replace(name=f"{layer_spec.name}/{array.name}")
        return arrays

    @property
    def selectable_arrays(self) -> tuple[ArraySpec, ...]:
        """Every array of which a part can be picked: `all_arrays` and the weights."""
        return self.all_arrays + self.weight_arrays + self.weight_blocks

    def names_meant(self, name: str) -> tuple[str, ...]:
        """Return the arrays that a name picks: its own, or those of several directions.

        A name without its direction picks the arrays of both, and that of a weight those
        of all layers as well. () means that there is no such array.

        Example:
            >>> spec = LSTMSpec(bidirectional=True)
            >>> spec.names_meant("forget_gate")
            ('forward_forget_gate', 'backward_forget_gate')
            >>> LSTMSpec(units=(5, 5)).names_meant("bias")
            ('lstm/bias', 'lstm_1/bias')
        """
        known_names = [array.name for array in self.selectable_arrays]
        if name in known_names:
            return (name,)
        if name.split("/", maxsplit=1)[0] in WEIGHT_NAMES:
            return tuple(path for path in known_names if path.endswith(f"/{name}"))
        # The arrays of the last layer have no layer in their names.
        name = name.removeprefix(f"{self.last.name}/")
        layer_name, slash, own_name = name.rpartition("/")
        names = [name]
        for direction in ("forward", "backward"):
            names.append(f"{layer_name}{slash}{direction}_{own_name}")
        return tuple(path for path in names if path in known_names)

    @property
    def can_hand_on(self) -> bool:
        """Return True if the sequence can come in two calls with the states handed on."""
        return not self.two_calls_obstacle

    @property
    def two_calls_obstacle(self) -> str:
        """Why the sequence is not given in two calls with the states handed on, or ""."""
        layer = self.layers[-1]
        if self.is_stack:
            return "the layers below the last one do not return their states"
        if layer.bidirectional:
            return "the backward direction begins at the end of the whole sequence"
        if layer.go_backwards:
            return "go_backwards=True begins at the end of the whole sequence"
        if layer.stateful:
            return "stateful=True hands the states on by itself"
        if not layer.return_state:
            return "return_state is off: no states come back to hand on"
        if self.timesteps == 1:
            return "there is one timestep alone"
        if self.lengths:
            return "samples of different lengths end in different calls"
        return ""

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """All weights in Keras' order.

        Their names say what tells them apart: `kernel`, in both directions
        `forward/kernel`, in a stack `lstm_1/kernel`.
        """
        weights: list[WeightSpec] = []
        for layer_spec in self.layer_specs:
            weights.extend(self._weights_of(layer_spec))
        return tuple(weights)

    @cached_property
    def weight_arrays(self) -> tuple[ArraySpec, ...]:
        """All weights as arrays that can be shown, in Keras' order.

        Example:
            >>> kernel = LSTMSpec(features=4, units=5).weight_arrays[0]
            >>> kernel.axes, kernel.shape, kernel.block_letters
            (('features', 'columns'), (4, 20), ('i', 'f', 'g', 'o'))
        """
        arrays = []
        for layer_spec in self.layer_specs:
            for weight in self._weights_of(layer_spec):
                array = ArraySpec(
                    name=weight.name,
                    axes=weight.axes,
                    shape=weight.shape,
                    has_static_batch=True,
                    block_letters=weight.block_letters,
                    dtype=weight.dtype,
                )
                arrays.append(array)
        return tuple(arrays)

    @cached_property
    def weight_blocks(self) -> tuple[ArraySpec, ...]:
        """The columns of each gate in each weight, as arrays that can be shown.

        Example:
            >>> block = LSTMSpec(features=4, units=5).weight_blocks[1]
            >>> block.name, block.axes, block.shape
            ('kernel/forget_gate', ('features', 'units'), (4, 5))
        """
        arrays = []
        for weight in self.weight_arrays:
            block_count = len(weight.block_letters)
            if block_count == 1:
                continue
            units = weight.shape[-1] // block_count
            for letter in weight.block_letters:
                block = weight._replace(
                    name=f"{weight.name}/{GATE_NAMES[letter]}",
                    axes=(*weight.axes[:-1], "units"),
                    shape=(*weight.shape[:-1], units),
                    block_letters=(letter,),
                )
                arrays.append(block)
        return tuple(arrays)

    def _weights_of(self, layer_spec: LayerSpec) -> list[WeightSpec]:
        """Return the weights of a layer by the names that tell them apart."""
        weights = []
        for direction in layer_spec.directions:
            for weight in layer_spec.weights_of(direction):
                parts = [direction.name, weight.name]
                if self.is_stack:
                    parts.insert(0, layer_spec.name)
                path = "/".join(part for part in parts if part)
                weights.append(weight._replace(name=path))
        return weights

    @property
    def parameters(self) -> int:
        """The parameters of all layers."""
        return sum(layer_spec.parameters for layer_spec in self.layer_specs)

    @property
    def trainable_parameters(self) -> int:
        """The parameters that training changes: all but those of `trainable=False`."""
        return sum(layer_spec.trainable_parameters for layer_spec in self.layer_specs)

    @property
    def idle_parameters(self) -> int:
        """The parameters that change nothing, as there is one timestep alone; or 0."""
        return sum(layer_spec.idle_parameters for layer_spec in self.layer_specs)

    @property
    def cost(self) -> Mapping[str, int]:
        """Multiply-adds for one sample, bytes of the weights, and of input and outputs.

        Example:
            >>> LSTMSpec(timesteps=3, features=4, units=5).cost
            {'multiply_adds': 540, 'weight_bytes': 800, 'array_bytes': 68}
        """
        products = 0
        for weight in self.weights:
            if not weight.name.endswith("bias"):
                products += prod(weight.shape)
        return {
            "multiply_adds": self.timesteps * products,
            "weight_bytes": sum(weight.byte_count for weight in self.weights),
            "array_bytes": sum(array.byte_count for array in self.arrays),
        }

    def with_flags(self, flags: Mapping[str, bool]) -> "Spec":
        """Return the same spec with other flags of its last layer.

        Example:
            >>> LSTMSpec(units=5).with_flags({"return_state": True}).code
            'LSTM(5, return_state=True)'
        """
        last = self.layers[-1].with_flags(flags)
        return self.with_layers((*self.layers[:-1], last))

    def with_layers(self, layers: tuple[Layer, ...]) -> "Spec":
        """Return other layers on the same input."""
        return Spec(
            layers=layers,
            timesteps=self.timesteps,
            features=self.features,
            batch_size=self.batch_size,
            lengths=self.lengths,
            padding=self.padding,
            remarks=self.remarks,
            has_open_timesteps=self.has_open_timesteps,
        )


@dataclass(frozen=True, kw_only=True, repr=False)
class LSTMSpec(Spec):
    """The short way to a Spec of one kind: every layer of a stack has the same arguments.

    `units` may come first, as in Keras: `LSTMSpec(64)`. Several of them are as many
    layers: each but the last returns every timestep to the next. `layer` is LSTM, GRU
    or SimpleRNN, in letters of any case.

    Example:
        >>> spec = LSTMSpec(timesteps=3, features=4, units=5, return_state=True)
        >>> [(array.name, array.shape) for array in spec.outputs]
        [('output', (1, 5)), ('hidden_state', (1, 5)), ('cell_state', (1, 5))]
    """

    layers: tuple[Layer, ...] = field(init=False)
    units: Units = field(default=5, kw_only=False)
    layer: str = "LSTM"
    return_sequences: bool = False
    return_state: bool = False
    bidirectional: bool = False

    def __post_init__(self) -> None:
        for name in (*FLAGS, "bidirectional"):
            check_bool(name, getattr(self, name))
        cell = cell_named(self.layer)
        layers = stack(
            cell,
            units_of_layers(self.units),
            return_sequences=self.return_sequences,
            return_state=self.return_state,
            bidirectional=self.bidirectional,
        )
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "layer", cell.name)
        object.__setattr__(self, "units", super().units)
        super().__post_init__()


def spec_of_reading(reading: "Reading", sizes: Mapping[str, Any]) -> Spec:
    """Return the Spec of written layers; sizes that the code names have to agree."""
    all_sizes = dict(sizes)
    if reading.input.has_open_timesteps:
        all_sizes.setdefault("timesteps", None)
        all_sizes["has_open_timesteps"] = True
    for name in ("timesteps", "features", "batch_size"):
        size_in_code = getattr(reading.input, name)
        size = all_sizes.get(name)
        if size is None:
            if size_in_code is not None:
                all_sizes[name] = size_in_code
        elif size_in_code not in (None, size) and name not in reading.free_sizes:
            raise CallError(
                f"`{name}` is {size} and that of {reading.owner} {size_in_code}, expected"
                " that or none"
            )
    remarks = reading.remarks_beside(sizes)
    return Spec(layers=reading.layers, remarks=remarks, **all_sizes)


def timesteps_of_run(lengths: Sequence[int] | None) -> int:
    """Return the timesteps of a run whose axis is open: 3, or the longest length."""
    if lengths is None:
        return DEFAULT_TIMESTEPS
    return max(whole_number("lengths", length, 1, MAX_SIZE) for length in lengths)


def as_tuple(name: str, values: Any) -> tuple[Any, ...]:
    """Return the values of an argument that takes several, or raise a CallError."""
    try:
        items = tuple(values)
    except TypeError:
        items = ()
    if not items:
        raise CallError(
            f"`{name}` is {quoted(values)}, expected a tuple of one or more"
        )
    return items


def units_of_layers(units: Units) -> tuple[int, ...]:
    """Return the units of each layer, of one layer as of a stack."""
    if not isinstance(units, tuple | list):
        return (units,)  # type: ignore[return-value]  # Layer checks that it is a number
    if not units:
        raise CallError(
            f"`units`: got {quoted(units)}, expected a whole number from 1 to {MAX_SIZE}"
        )
    return tuple(units)


def stack(
    cell: Cell,
    units: tuple[int, ...],
    *,
    return_sequences: bool = False,
    return_state: bool = False,
    bidirectional: bool = False,
) -> tuple[Layer, ...]:
    """Return layers of one kind, of which only the last has the flags."""
    layers = []
    for layer_units in units[:-1]:
        layer = Layer(
            cell=cell,
            units=layer_units,
            return_sequences=True,
            bidirectional=bidirectional,
        )
        layers.append(layer)
    last = Layer(
        cell=cell,
        units=units[-1],
        return_sequences=return_sequences,
        return_state=return_state,
        bidirectional=bidirectional,
    )
    return (*layers, last)
