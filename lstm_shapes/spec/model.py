"""What to build: the sizes, the flags, and every fact that follows from them by arithmetic."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from lstm_shapes.errors import CallError, option, shortened, whole_number
from lstm_shapes.spec import memory
from lstm_shapes.spec.equality import Equality, equalities
from lstm_shapes.spec.layer import FLOAT32_BYTES, ArraySpec, LayerSpec, WeightSpec

MAX_SIZE = 2**31 - 1
MAX_SEED = 2**32 - 1
MAX_BYTES = 2**63 - 1
MAX_LAYERS = 100

SIZES = ("timesteps", "features", "units", "batch_size")

Units = int | tuple[int, ...]


def draw_seed() -> int:
    """A random seed, short enough to be typed again."""
    return int.from_bytes(os.urandom(8), "big") % 100_000


@dataclass(frozen=True, kw_only=True, repr=False)
class LSTMSpec:
    """LSTM layers, the flags of the last, and the sizes of the input (batch, timesteps, features).

    Every size is a whole number from 1 to 2147483647. Several `units` are as many layers, one on
    the other: every one but the last returns sequences, as the next takes every timestep.

    Raises:
        CallError: a size is no whole number or out of range, or no index would reach every
            element of an array of these sizes.

    Example:
        >>> spec = LSTMSpec(timesteps=3, features=4, units=5, return_state=True)
        >>> [(array.name, array.shape) for array in spec.outputs]
        [('output', (1, 5)), ('hidden_state', (1, 5)), ('cell_state', (1, 5))]
        >>> spec.parameters
        200
        >>> [(layer.name, layer.features, layer.units) for layer in LSTMSpec(units=(64, 32)).layers]
        [('lstm', 4, 64), ('lstm_1', 64, 32)]
    """

    timesteps: int = 3
    features: int = 4
    units: Units = 5
    batch_size: int = 1
    return_sequences: bool = False
    return_state: bool = False
    bidirectional: bool = False

    def __post_init__(self) -> None:
        for name in ("timesteps", "features", "batch_size"):
            size = whole_number(name, getattr(self, name), 1, MAX_SIZE)
            object.__setattr__(self, name, size)
        object.__setattr__(self, "units", _checked_units(self.units))
        for array in (self.input, *(layer.all_hidden_states for layer in self.layers)):
            if array.nbytes > MAX_BYTES:
                raise CallError(
                    f"{array.name} of shape {array.shape} has {array.nbytes} bytes, expected at "
                    f"most {MAX_BYTES}: reduce {option(self.largest_size)}"
                )

    def __repr__(self) -> str:
        given = (
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        )
        return f"LSTMSpec({', '.join(given)})"

    @classmethod
    def for_input(cls, x: Any, **others: Any) -> "LSTMSpec":
        """The spec of an array (batch, timesteps, features) and of what else is given.

        Raises:
            CallError: it has not these three axes, or what else is given is wrong.

        Example:
            >>> import numpy as np
            >>> LSTMSpec.for_input(np.zeros((2, 3, 4)), units=8).outputs[0].shape
            (2, 8)
        """
        sizes: dict[str, Any] = sizes_of(tuple(x.shape))
        return cls(**sizes, **others)

    @cached_property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The layers from the input on."""
        depth = self.units if isinstance(self.units, tuple) else (self.units,)
        found: list[LayerSpec] = []
        x = self.input
        for at, units in enumerate(depth):
            is_last = at == len(depth) - 1
            found.append(
                LayerSpec(
                    f"lstm_{at}" if at else "lstm",
                    x,
                    units,
                    return_sequences=self.return_sequences if is_last else True,
                    return_state=self.return_state if is_last else False,
                    bidirectional=self.bidirectional,
                )
            )
            x = found[-1].all_hidden_states
        return tuple(found)

    @property
    def last(self) -> LayerSpec:
        """The layer whose outputs are the model's."""
        return self.layers[-1]

    @property
    def call(self) -> str:
        """The layers as one writes them in Keras: `LSTM(64, return_sequences=True), LSTM(32)`."""
        return ", ".join(layer.call for layer in self.layers)

    @cached_property
    def input(self) -> ArraySpec:
        """`input`, of axes (batch, timesteps, features)."""
        return ArraySpec(
            "input",
            ("batch", "timesteps", "features"),
            (self.batch_size, self.timesteps, self.features),
            "x at every timestep",
        )

    @property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays the last layer returns, in Keras' order."""
        return self.last.outputs

    @property
    def arrays(self) -> tuple[ArraySpec, ...]:
        """`input` and the outputs: every array of a run that can be shown."""
        return (self.input, *self.outputs)

    @cached_property
    def equalities(self) -> tuple[Equality, ...]:
        """What stands in several outputs, and what one might wrongly expect to."""
        return tuple(equalities(self.last))

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """The weights of all layers: `kernel`, or in a stack `lstm_1/kernel`."""
        return tuple(
            WeightSpec(
                f"{layer.name}/{weight.name}" if self.is_stack else weight.name, weight.shape
            )
            for layer in self.layers
            for weight in layer.weights
        )

    @property
    def is_stack(self) -> bool:
        """Whether there are several layers."""
        return len(self.layers) > 1

    @property
    def parameters(self) -> int:
        """The parameter count of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def sizes(self) -> Mapping[str, Any]:
        """The sizes by name; units always as a list, one for each layer."""
        units = [layer.units for layer in self.layers]
        return {name: getattr(self, name) for name in SIZES} | {"units": units}

    @property
    def memory(self) -> int:
        """An upper estimate of the peak memory of a process that makes this run, in bytes."""
        return memory.BASE_BYTES + self.run_bytes()

    @property
    def kept_bytes(self) -> int:
        """The bytes that a run of this spec holds: its input, outputs and weights."""
        weights = self.parameters * FLOAT32_BYTES
        return weights + sum(array.nbytes for array in self.arrays)

    @property
    def largest_size(self) -> str:
        """The size that dominates the memory: of those that save most when halved, the largest."""
        halved = {name: self.run_bytes(halved=name) for name in SIZES}
        saving = [name for name in SIZES if halved[name] <= 1.1 * min(halved.values())]
        largest = {**self.sizes, "units": max(layer.units for layer in self.layers)}
        return max(saving, key=lambda name: largest[name])

    def run_bytes(self, halved: str = "") -> int:
        """What of it is not TensorFlow's own, or would be if one size were halved."""
        half = {name: 2 if name == halved else 1 for name in SIZES}
        return memory.run_bytes(
            self.timesteps / half["timesteps"],
            self.features / half["features"],
            [layer.units / half["units"] for layer in self.layers],
            self.batch_size / half["batch_size"],
            directions=len(self.last.directions),
            return_sequences=self.return_sequences,
        )


def sizes_of(shape: Sequence[int], name: str = "--input") -> dict[str, int]:
    """The three sizes that the shape of an input gives; `name` is what an error calls the input.

    Raises:
        CallError: it has not the three axes of an input, or one of them is empty or too long.

    Example:
        >>> sizes_of((2, 3, 4))
        {'batch_size': 2, 'timesteps': 3, 'features': 4}
    """
    sizes = tuple(shape)
    found = f"{name} has the shape {shortened(sizes)}, expected"
    if max(sizes, default=0) > MAX_SIZE:
        raise CallError(f"{found} at most {MAX_SIZE} along each axis")
    wanted = f"{found} three axes (batch, timesteps, features)"
    match sizes:
        case (batch_size, timesteps, features) if 0 not in sizes:
            return {"batch_size": batch_size, "timesteps": timesteps, "features": features}
        case (only,):
            wanted += f": x.reshape(1, {only}, 1) makes it one sample of one feature"
        case (rows, columns):
            wanted += f": x.reshape(1, {rows}, {columns}) makes it one sample, "
            wanted += f"x.reshape({rows}, {columns}, 1) makes it one feature"
        case (first, second, _, _, *_):
            wanted += f": x.reshape({first}, {second}, -1) makes the last axes one"
        case _:
            wanted += " of which none is empty"
    raise CallError(wanted)


def _checked_units(units: object) -> Units:
    if not isinstance(units, tuple | list):
        return whole_number("units", units, 1, MAX_SIZE)
    if not 1 <= len(units) <= MAX_LAYERS:
        raise CallError(
            f"--units must be those of 1 to {MAX_LAYERS} layers, got {len(units)}: "
            f"{shortened(list(units))}"
        )
    several = tuple(whole_number("units", size, 1, MAX_SIZE) for size in units)
    return several if len(several) > 1 else several[0]
