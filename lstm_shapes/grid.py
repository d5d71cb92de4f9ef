"""Every combination of several sizes and flags, as specs: counted, bounded, never listed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from lstm_shapes.errors import option
from lstm_shapes.spec import FLAGS, SIZES, LSTMSpec, command


@dataclass(frozen=True)
class Grid:
    """All combinations of the values of each size and flag, the later ones changing faster.

    Raises:
        CallError: a size is no whole number or out of range.

    Example:
        >>> grid = Grid(timesteps=(3, 10), units=(8, 16, 32))
        >>> grid.count, grid.varying
        (6, ('timesteps', 'units'))
        >>> [spec.units for spec in grid]
        [8, 16, 32, 8, 16, 32]
    """

    timesteps: Sequence[int] = (LSTMSpec.timesteps,)
    features: Sequence[int] = (LSTMSpec.features,)
    units: Sequence[int] = (LSTMSpec.units,)
    batch_size: Sequence[int] = (LSTMSpec.batch_size,)
    return_state: Sequence[bool] = (LSTMSpec.return_state,)
    return_sequences: Sequence[bool] = (LSTMSpec.return_sequences,)

    def __post_init__(self) -> None:
        for name in SIZES:
            for size in getattr(self, name):
                LSTMSpec(**{name: size})
        self.largest  # noqa: B018  # raises for sizes that are too large together

    @property
    def count(self) -> int:
        """How many specs there are: more than `len` could tell, if need be."""
        return prod(len(values) for values in self._values.values())

    def __iter__(self) -> Iterator[LSTMSpec]:
        for values in product(*self._values.values()):
            yield LSTMSpec(**dict(zip(self._values, values, strict=True)))  # type: ignore[arg-type]  # a flag is a bool

    @property
    def varying(self) -> tuple[str, ...]:
        """The names of the sizes and flags that are not the same in every spec."""
        return tuple(name for name, values in self._values.items() if len(set(values)) > 1)

    @property
    def smallest(self) -> Iterator[LSTMSpec]:
        """The smallest sizes with each combination of the flags: what fits these fits all."""
        sizes = {name: min(getattr(self, name)) for name in SIZES}
        for state, sequences in product(self.return_state, self.return_sequences):
            yield LSTMSpec(**sizes, return_state=state, return_sequences=sequences)

    @property
    def largest(self) -> LSTMSpec:
        """The spec that needs the most memory: that of the largest of each size."""
        sizes = {name: max(getattr(self, name)) for name in SIZES}
        return LSTMSpec(**sizes, **{name: max(getattr(self, name)) for name in FLAGS})

    def command(self, seed: int) -> str:
        """The command that repeats the runs of this grid with this seed.

        Example:
            >>> Grid(units=[8, 16], return_state=[True]).command(seed=1)
            'lstm-shapes -u 8 -u 16 --return-state --seed 1'
        """
        sizes = {name: getattr(self, name) for name in SIZES}
        flags = [option(name) for name in FLAGS if any(getattr(self, name))]
        return command(sizes, ["--compare"] if "return_state" in self.varying else flags, seed)

    @property
    def _values(self) -> dict[str, Sequence[int]]:
        # return_sequences changes faster, so that combinations come in the order of Keras' docs.
        return {name: getattr(self, name) for name in (*SIZES, *reversed(FLAGS))}
