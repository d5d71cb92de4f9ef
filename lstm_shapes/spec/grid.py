"""Every combination of several sizes and flags, as specs: counted, bounded, never listed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.model import SIZES, LSTMSpec, Units


@dataclass(frozen=True)
class Grid:
    """All combinations of the values of each size and flag, the later ones changing faster.

    A value that comes twice counts once.

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
    units: Sequence[Units] = (LSTMSpec.units,)
    batch_size: Sequence[int] = (LSTMSpec.batch_size,)
    return_state: Sequence[bool] = (LSTMSpec.return_state,)
    return_sequences: Sequence[bool] = (LSTMSpec.return_sequences,)
    bidirectional: bool = LSTMSpec.bidirectional

    def __post_init__(self) -> None:
        for name in SIZES:
            specs = (LSTMSpec(**{name: size}) for size in getattr(self, name))
            once = dict.fromkeys(getattr(spec, name) for spec in specs)
            object.__setattr__(self, name, tuple(once))
        for name in FLAGS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self.largest  # noqa: B018  # raises for sizes that are too large together

    @classmethod
    def of(cls, spec: LSTMSpec) -> "Grid":
        """The grid of one spec."""
        values = {name: [getattr(spec, name)] for name in (*SIZES, *FLAGS)}
        return cls(**values, bidirectional=spec.bidirectional)

    @property
    def count(self) -> int:
        """How many specs there are: more than `len` could tell, if need be."""
        return prod(len(values) for values in self._values.values())

    def __iter__(self) -> Iterator[LSTMSpec]:
        for values in product(*self._values.values()):
            yield self._spec(**dict(zip(self._values, values, strict=True)))

    @property
    def varying(self) -> tuple[str, ...]:
        """The names of the sizes and flags that are not the same in every spec."""
        return tuple(name for name, values in self._values.items() if len(values) > 1)

    @property
    def calls(self) -> tuple[LSTMSpec, ...]:
        """The smallest sizes with each combination of the flags: what fits these fits all."""
        sizes = {name: min(getattr(self, name)) for name in SIZES if name != "units"}
        units = min(self.units, key=lambda units: units if isinstance(units, int) else units[-1])
        return tuple(
            self._spec(**sizes, units=units, return_state=state, return_sequences=sequences)
            for state, sequences in product(self.return_state, self.return_sequences)
        )

    @cached_property
    def largest(self) -> LSTMSpec:
        """The spec that needs the most memory: that of the largest of each size."""
        return max(self.candidates, key=lambda spec: spec.memory)

    @cached_property
    def candidates(self) -> tuple[LSTMSpec, ...]:
        """The largest of each size with every stack of units: whatever is largest is in here."""
        sizes = {name: max(getattr(self, name)) for name in SIZES if name != "units"}
        flags = {name: max(getattr(self, name)) for name in FLAGS}
        single = [units for units in self.units if isinstance(units, int)]
        stacks = [units for units in self.units if not isinstance(units, int)]
        largest = [max(single)] if single else []
        return tuple(self._spec(**sizes, **flags, units=units) for units in (*largest, *stacks))

    def _spec(self, **values: Any) -> LSTMSpec:
        return LSTMSpec(**values, bidirectional=self.bidirectional)

    @property
    def _values(self) -> Mapping[str, Sequence[Any]]:
        # return_sequences changes faster, so that combinations come in the order of Keras' docs.
        return {name: getattr(self, name) for name in (*SIZES, *reversed(FLAGS))}
