"""What to build: the sizes, the flags, and every fact that follows from them by arithmetic.

What the layer returns is documented at https://keras.io/api/layers/recurrent_layers/lstm/. Its
four gates (input, forget, cell, output) are those of Hochreiter & Schmidhuber (1997) with the
forget gate of Gers et al. (2000).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from lstm_shapes.errors import CallError, option, shortened, whole_number

GATES = 4
FLOAT32_BYTES = 4
GIB = 2**30
MAX_SIZE = 2**31 - 1
MAX_SEED = 2**32 - 1
MAX_BYTES = 2**63 - 1
# Above what a process has after the smallest run: 570 to 650 MiB, by the version of Python.
BASE_BYTES = 800 * 2**20

SIZES = ("timesteps", "features", "units", "batch_size")
FLAGS = ("return_sequences", "return_state")


def _run_bytes(timesteps: float, features: float, units: float, batch_size: float) -> int:
    """What a run needs beside TensorFlow, fitted from above to the peaks of runs of many shapes."""
    inputs = batch_size * timesteps * features
    states = batch_size * timesteps * units
    kernel, recurrent_kernel = GATES * units * features, GATES * units * units
    # What drawing the weights took is still there when the input is drawn.
    build = 4.2 * kernel + 5.5 * recurrent_kernel + 2 * inputs
    # TensorFlow works ahead by up to 32 timesteps, four gates each.
    ahead = batch_size * units * (4 * min(timesteps, 32) + 16)
    run = 1.2 * (kernel + recurrent_kernel) + 5 * inputs + 5 * states + ahead + 250 * timesteps
    return int(FLOAT32_BYTES * max(build, run))


def command(sizes: Mapping[str, Sequence[int]], flags: Sequence[str], seed: int) -> str:
    """The command that makes the runs of these sizes, of which defaults need not be said."""
    said = [
        f"-{name[0]} {value}"
        for name, values in sizes.items()
        if list(values) != [getattr(LSTMSpec, name)]
        for value in values
    ]
    return " ".join(["lstm-shapes", *said, *flags, f"--seed {seed}"])


@dataclass(frozen=True)
class ArraySpec:
    """The name, axes and shape of an array before there is one; its first axis is the batch."""

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    meaning: str

    @property
    def model_shape(self) -> tuple[int | None, ...]:
        """The shape in the model, which leaves the batch open: `(None, 3, 5)`."""
        return (None, *self.shape[1:])

    @property
    def nbytes(self) -> int:
        """Bytes of the array in float32."""
        return prod(self.shape) * FLOAT32_BYTES


@dataclass(frozen=True)
class WeightSpec:
    """The name and shape of one weight of the layer."""

    name: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many parameters the weight holds."""
        return prod(self.shape)


@dataclass(frozen=True, kw_only=True)
class LSTMSpec:
    """One LSTM layer, its flags and the sizes of its input `(batch, timesteps, features)`.

    Every size is a whole number from 1 to 2147483647.

    Raises:
        CallError: a size is no whole number or out of range, or no index would reach every
            element of an array of these sizes.

    Example:
        >>> spec = LSTMSpec(timesteps=3, features=4, units=5, return_state=True)
        >>> [(array.name, array.shape) for array in spec.outputs]
        [('output', (1, 5)), ('hidden_state', (1, 5)), ('cell_state', (1, 5))]
        >>> spec.parameters
        200
    """

    timesteps: int = 3
    features: int = 4
    units: int = 5
    batch_size: int = 1
    return_sequences: bool = False
    return_state: bool = False

    def __post_init__(self) -> None:
        for name in SIZES:
            size = whole_number(name, getattr(self, name), 1, MAX_SIZE)
            object.__setattr__(self, name, size)
        for name in FLAGS:
            if not isinstance(getattr(self, name), bool):
                raise CallError(
                    f"{option(name)} must be True or False, got {shortened(getattr(self, name))}"
                )
        for array in (self.input, self.all_hidden_states):
            if array.nbytes > MAX_BYTES:
                raise CallError(
                    f"{array.name} of shape {array.shape} has {array.nbytes} bytes, expected at "
                    f"most {MAX_BYTES}: reduce {option(self.largest_size)}"
                )

    @property
    def call(self) -> str:
        """The layer as one writes it in Keras: `LSTM(5, return_state=True)`."""
        flags = [f"{name}=True" for name in FLAGS if getattr(self, name)]
        return f"LSTM({', '.join([str(self.units), *flags])})"

    def command(self, seed: int) -> str:
        """The command that repeats the run of this spec with this seed.

        Example:
            >>> LSTMSpec(units=8, return_state=True).command(seed=1)
            'lstm-shapes -u 8 --return-state --seed 1'
        """
        sizes = {name: [size] for name, size in self._sizes.items()}
        flags = [option(name) for name in FLAGS if getattr(self, name)]
        return command(sizes, flags, seed)

    @property
    def input(self) -> ArraySpec:
        """`input`, of axes `(batch, timesteps, features)`."""
        return ArraySpec(
            "input",
            ("batch", "timesteps", "features"),
            (self.batch_size, self.timesteps, self.features),
            "x at every timestep",
        )

    @property
    def all_hidden_states(self) -> ArraySpec:
        """Every h, of axes `(batch, timesteps, units)`, whether the flags return it or not."""
        return ArraySpec(
            "all_hidden_states",
            ("batch", "timesteps", "units"),
            (self.batch_size, self.timesteps, self.units),
            "h at every timestep",
        )

    @property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """The arrays the layer returns with these flags, in Keras' order."""
        first = (
            self.all_hidden_states
            if self.return_sequences
            else self._last("output", "h at the last timestep")
        )
        if not self.return_state:
            return (first,)
        again = self._last("hidden_state", "h at the last timestep, again")
        return (first, again, self._last("cell_state", "c at the last timestep"))

    def _last(self, name: str, meaning: str) -> ArraySpec:
        return ArraySpec(name, ("batch", "units"), (self.batch_size, self.units), meaning)

    @property
    def arrays(self) -> tuple[ArraySpec, ...]:
        """`input` and the outputs: every array of a run that has a name."""
        return (self.input, *self.outputs)

    @property
    def last_hidden_states(self) -> tuple[str, ...]:
        """The expressions that pick h at the last timestep from the outputs: each holds it."""
        first = "all_hidden_states[:, -1]" if self.return_sequences else "output"
        return (first, "hidden_state") if self.return_state else (first,)

    @property
    def last_cell_states(self) -> tuple[str, ...]:
        """The expressions that pick c at the last timestep from the outputs: each holds it."""
        return ("cell_state",) if self.return_state else ()

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """The pairs of expressions within one run that hold the same numbers."""
        if not self.return_state:
            return ()
        if self.return_sequences:
            return (("hidden_state", "all_hidden_states[:, -1]"),)
        return (("output", "hidden_state"),)

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """The weights in Keras' order; the four gates stand side by side on the last axis."""
        gates = GATES * self.units
        return (
            WeightSpec("kernel", (self.features, gates)),
            WeightSpec("recurrent_kernel", (self.units, gates)),
            WeightSpec("bias", (gates,)),
        )

    @property
    def parameters(self) -> int:
        """The parameter count: 4 gates × units × (features + units + 1 bias)."""
        return GATES * self.units * (self.features + self.units + 1)

    @property
    def memory(self) -> int:
        """An upper estimate of the peak memory of a process that makes this run, in bytes."""
        return BASE_BYTES + _run_bytes(**self._sizes)

    @property
    def kept_bytes(self) -> int:
        """The bytes that a run of this spec holds: its input, outputs and weights."""
        weights = self.parameters * FLOAT32_BYTES
        return weights + sum(array.nbytes for array in self.arrays)

    @property
    def largest_size(self) -> str:
        """The size that dominates the memory: of those that save most when halved, the largest."""
        sizes = self._sizes
        halved = {name: _run_bytes(**{**sizes, name: sizes[name] / 2}) for name in sizes}
        saving = [name for name in sizes if halved[name] <= 1.1 * min(halved.values())]
        return max(saving, key=lambda name: sizes[name])

    @property
    def _sizes(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in SIZES}
