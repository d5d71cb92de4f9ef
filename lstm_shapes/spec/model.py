"""Take the sizes and the flags, and compute every fact that follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import prod
from random import SystemRandom
from typing import Any

from lstm_shapes.errors import CallError, Option, quoted, whole_number
from lstm_shapes.spec.cell import CELLS, Cell, cell_named
from lstm_shapes.spec.layer import FLAGS, ArraySpec, LayerSpec, WeightSpec
from lstm_shapes.spec.shape import sizes_of, unequal

MAX_SIZE, MAX_SEED = 2**31 - 1, 2**32 - 1
SIZES = ("timesteps", "features", "units", "batch_size")

Units = int | tuple[int, ...]


def draw_seed() -> int:
    """Draw a seed that is short enough to be typed again."""
    return SystemRandom().randrange(100_000)


@dataclass(frozen=True, kw_only=True, repr=False)
class LSTMSpec:
    """Recurrent layers, the flags of the last, and the sizes of the input.

    Every size is a whole number from 1 to 2147483647, or a CallError is raised. Several `units` are
    as many layers: each but the last returns every timestep to the next. `layer` is LSTM, GRU or
    SimpleRNN. `lengths` say how many timesteps of each sample are real, as the others are masked.

    Example:
        >>> spec = LSTMSpec(timesteps=3, features=4, units=5, return_state=True)
        >>> [(array.name, array.shape) for array in spec.outputs]
        [('output', (1, 5)), ('hidden_state', (1, 5)), ('cell_state', (1, 5))]
    """

    timesteps: int = 3
    features: int = 4
    units: Units = 5
    batch_size: int = None  # type: ignore[assignment]  # becomes as many as lengths, or 1
    layer: str = "LSTM"
    lengths: tuple[int, ...] | None = None
    return_sequences: bool = False
    return_state: bool = False
    bidirectional: bool = False

    def __post_init__(self) -> None:
        if self.timesteps is None:
            any_length = "the same weights take any length, and that axis is None in the model"
            raise CallError(Option("timesteps"), f" is None, expected a number: {any_length}")
        if self.batch_size is None:
            object.__setattr__(self, "batch_size", len(self.lengths or "1"))
        layers = self.units if isinstance(self.units, tuple | list) else (self.units,)
        for name in SIZES:
            values = layers or (0,) if name == "units" else (getattr(self, name),)
            checked = tuple(whole_number(name, value, 1, MAX_SIZE) for value in values)
            object.__setattr__(self, name, checked if len(checked) > 1 else checked[0])
        for name in (*FLAGS, "bidirectional"):
            if not isinstance(flag := getattr(self, name), bool):
                raise CallError(Option(name), f" must be True or False, got {quoted(flag)}")
        object.__setattr__(self, "layer", cell_named(self.layer).name)
        if self.lengths is not None:
            # Keras would accept wrong ones in silence.
            if len(self.lengths) != self.batch_size:
                samples = f"{len(self.lengths)} numbers for {self.batch_size} samples"
                raise CallError(Option("lengths"), f" has {samples}, expected a number for each")
            lengths = (whole_number("lengths", of, 1, self.timesteps) for of in self.lengths)
            object.__setattr__(self, "lengths", tuple(lengths))

    def __repr__(self) -> str:
        defaults = {field.name: field.default for field in fields(self)}
        defaults["batch_size"] = len(self.lengths or "1")
        given = [
            f"{n}={getattr(self, n)!r}" for n, of in defaults.items() if getattr(self, n) != of
        ]
        return f"LSTMSpec({', '.join(given)})"

    @property
    def cell(self) -> Cell:
        """The kind of the layers."""
        return CELLS[self.layer]

    @classmethod
    def for_input(cls, x: Any, **others: Any) -> "LSTMSpec":
        """Take the sizes from an array or nested lists (batch, timesteps, features)."""
        import numpy as np  # late, as a spec alone needs no NumPy

        try:
            shape = np.shape(x)
        except ValueError:  # rows of unequal lengths
            raise unequal(x, "x") from None
        sizes: dict[str, Any] = sizes_of(shape, "x")
        return cls(**sizes, **others)

    @cached_property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The layers from the input on."""
        found, x, name = list[LayerSpec](), self.input, self.cell.layer_name
        how: Any = {"cell": self.cell, "lengths": self.lengths, "bidirectional": self.bidirectional}
        for units in self.units if isinstance(self.units, tuple) else (self.units,):
            of = f"{name}_{len(found)}" if found else name
            found.append(LayerSpec(of, x, units, return_sequences=True, **how))
            x = found[-1].all_hidden_states
        flags: Any = {flag: getattr(self, flag) for flag in FLAGS}
        return (*found[:-1], replace(found[-1], **flags))

    @property
    def last(self) -> LayerSpec:
        """The layer whose outputs are the model's."""
        return self.layers[-1]

    @property
    def is_stack(self) -> bool:
        """Return True if there are several layers."""
        return len(self.layers) > 1

    @property
    def code(self) -> str:
        """The layers as one writes them in Keras: `LSTM(64, return_sequences=True), LSTM(32)`."""
        return ", ".join(layer.code() for layer in self.layers)

    @cached_property
    def input(self) -> ArraySpec:
        """`input`, of axes (batch, timesteps, features)."""
        shape = (self.batch_size, self.timesteps, self.features)
        return ArraySpec("input", ("batch", "timesteps", "features"), shape)

    @property
    def inputs(self) -> tuple[ArraySpec, ...]:
        """The inputs of the model: `input`, and with `lengths` a `mask` of (batch, timesteps)."""
        mask = ArraySpec("mask", self.input.axes[:2], self.input.shape[:2])
        return (self.input,) if self.lengths is None else (self.input, mask)

    @property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays the last layer returns, in Keras' order."""
        return self.last.outputs

    @property
    def arrays(self) -> tuple[ArraySpec, ...]:
        """`input` and the outputs: every array of a run that can be shown."""
        return (self.input, *self.outputs)

    @property
    def hands_on(self) -> bool:
        """Return True if the sequence can come in two calls: to one layer, in one direction."""
        is_split = self.return_state and self.timesteps > 1
        return is_split and not (self.is_stack or self.bidirectional or self.lengths)

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """All weights in Keras' order: `kernel`, `forward/kernel`, in a stack `lstm_1/kernel`."""
        found = []
        for layer in self.layers:
            for direction in layer.directions:
                for name, shape in layer.direction_weights:
                    parts = layer.name if self.is_stack else "", direction, name
                    found.append(WeightSpec("/".join(filter(None, parts)), shape))
        return tuple(found)

    @property
    def parameters(self) -> int:
        """The parameter count of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def cost(self) -> Mapping[str, int]:
        """Multiply-adds for one sample, bytes of the weights, and of the input and the outputs.

        Example:
            >>> LSTMSpec(timesteps=3, features=4, units=5).cost
            {'multiply_adds': 540, 'weight_bytes': 800, 'array_bytes': 68}
        """
        kernels = (prod(of.shape) for of in self.weights if not of.name.endswith("bias"))
        numbers = sum(prod(array.shape) for array in self.arrays)
        sizes = {"weight_bytes": 4 * self.parameters, "array_bytes": 4 * numbers}
        return {"multiply_adds": self.timesteps * sum(kernels), **sizes}
