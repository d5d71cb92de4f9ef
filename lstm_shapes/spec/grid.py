"""Every combination of several sizes and flags, as specs: counted, bounded, never listed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from math import prod
from typing import Any

from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.model import SIZES, LSTMSpec, Units

Row = tuple[LSTMSpec, ...]


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
        return prod(len(getattr(self, name)) for name in (*SIZES, *FLAGS))

    @property
    def varying(self) -> tuple[str, ...]:
        """The names of the sizes and flags that are not the same in every spec."""
        return tuple(name for name in (*SIZES, *FLAGS) if len(getattr(self, name)) > 1)

    def __iter__(self) -> Iterator[LSTMSpec]:
        return chain.from_iterable(self.rows)

    @property
    def rows(self) -> Iterator[Row]:
        """The specs by their sizes: one in each row, or the four of a comparison."""
        for sizes in product(*(getattr(self, name) for name in SIZES)):
            yield self._row(**dict(zip(SIZES, sizes, strict=True)))

    @property
    def calls(self) -> Row:
        """The row of the smallest sizes: what fits these specs fits all."""
        sizes = {name: min(getattr(self, name)) for name in SIZES if name != "units"}
        units = min(self.units, key=lambda units: units if isinstance(units, int) else units[-1])
        return self._row(**sizes, units=units)

    @cached_property
    def largest(self) -> tuple[Row, ...]:
        """The rows of the largest sizes, one for each stack: whatever is largest is in here."""
        sizes = {name: max(getattr(self, name)) for name in SIZES if name != "units"}
        single = [units for units in self.units if isinstance(units, int)]
        stacks = [units for units in self.units if not isinstance(units, int)]
        largest = [max(single)] if single else []
        return tuple(self._row(**sizes, units=units) for units in (*largest, *stacks))

    def _row(self, **sizes: Any) -> Row:
        # return_sequences changes faster, so that combinations come in the order of Keras' docs.
        flags = product(self.return_state, self.return_sequences)
        return tuple(
            LSTMSpec(
                **sizes,
                return_sequences=sequences,
                return_state=state,
                bidirectional=self.bidirectional,
            )
            for state, sequences in flags
        )
