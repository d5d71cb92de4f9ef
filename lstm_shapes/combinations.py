"""Combine sizes and kinds of layer: every combination is a row of specs to run."""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from lstm_shapes.errors import CallError, listed, number_of
from lstm_shapes.request import Row
from lstm_shapes.shapes.cell import cell_named
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import (
    FLAG_COMBINATIONS,
    Spec,
    Units,
    stack,
    units_of_layers,
)

if TYPE_CHECKING:
    from lstm_shapes.run.input import OwnInput
    from lstm_shapes.shapes.reading import InputInCode, Reading, Remark
    from lstm_shapes.shapes.sizes import InputSizes

MAX_RUNS = 10_000


SWEPT = ("timesteps", "features", "units", "batch_size", "layer")


class Sweep(NamedTuple):
    """The values of each size, and the kinds of layer: every combination is a row.

    None in place of the timesteps leaves their axis open, and a spec takes a number for
    its run; `has_open_timesteps` leaves it open beside a number.
    """

    timesteps: Sequence[int | None] = (3,)
    features: Sequence[int] = (4,)
    units: Sequence[Units] = (5,)
    batch_size: Sequence[int] = (1,)
    layer: Sequence[str] = ("LSTM",)
    has_open_timesteps: bool = False

    @property
    def varying(self) -> tuple[str, ...]:
        """The names of what takes several values."""
        return tuple(name for name in SWEPT if len(getattr(self, name)) > 1)

    @property
    def combination_count(self) -> int:
        """The number of combinations."""
        return prod(len(getattr(self, name)) for name in SWEPT)

    @property
    def combinations(
        self,
    ) -> Iterable[tuple[int | None, int, Units, int, str]]:
        """The combinations, the kind of layer changing fastest."""
        return product(
            self.timesteps,
            self.features,
            self.units,
            self.batch_size,
            self.layer,
        )


def sweep_of(
    *,
    timesteps: Sequence[int | None] | None = None,
    features: Sequence[int] | None = None,
    units: Sequence[Units] | None = None,
    batch_size: Sequence[int] | None = None,
    layer: Sequence[str] | None = None,
    lengths: Sequence[int] | None = None,
    own_input: "OwnInput | None" = None,
    reading: "Reading | None" = None,
) -> Sweep:
    """Return the values to combine, without duplicates.

    An argument that is None has its default. There is a length for each sample, so
    their number is the default of the batch size. `timesteps` of None alone are open.

    Raises:
        CallError: a size is not that of the own input, or of the code.
    """
    sweep = Sweep()
    if reading is not None:
        sweep = with_sizes_in_code(sweep, reading.input)
    if lengths is not None:
        sweep = sweep._replace(batch_size=(len(lengths),))
    if timesteps:
        sweep = with_timesteps(sweep, timesteps)
    if features:
        sweep = sweep._replace(features=without_duplicates(features))
    if units:
        sweep = sweep._replace(units=without_duplicates(units))
    if batch_size:
        sweep = sweep._replace(batch_size=without_duplicates(batch_size))
    if layer:
        sweep = sweep._replace(layer=without_duplicates(layer))
    if own_input is not None:
        sizes = own_input.sizes
        check_size("batch_size", batch_size, sizes.batch_size, own_input.name)
        if timesteps and None not in timesteps:
            check_size("timesteps", timesteps, sizes.timesteps, own_input.name)
        check_size("features", features, sizes.features, own_input.name)
        sweep = with_input_sizes(sweep, sizes)
    if reading is not None:
        if own_input is not None:
            check_own_input(own_input.name, own_input.sizes, reading)
        check_sizes_in_code(sweep, reading)
    return sweep


def with_timesteps(sweep: Sweep, timesteps: Sequence[int | None]) -> Sweep:
    """Return the sweep with other timesteps, or with an open axis where they are None."""
    numbers = without_duplicates(timesteps)
    if None not in numbers:
        return sweep._replace(timesteps=numbers)
    if len(numbers) > 1:
        raise CallError(
            f"`timesteps` is {listed([str(number) for number in numbers])}, expected"
            " None alone, which leaves them open, or numbers"
        )
    return sweep._replace(timesteps=(None,), has_open_timesteps=True)


def with_sizes_in_code(sweep: Sweep, input_in_code: "InputInCode") -> Sweep:
    """Return the sweep with the sizes that the code names."""
    if input_in_code.timesteps is not None:
        sweep = sweep._replace(timesteps=(input_in_code.timesteps,))
    if input_in_code.has_open_timesteps:
        sweep = with_timesteps(sweep, [None])
    if input_in_code.features is not None:
        sweep = sweep._replace(features=(input_in_code.features,))
    if input_in_code.batch_size is not None:
        sweep = sweep._replace(batch_size=(input_in_code.batch_size,))
    return sweep


def check_own_input(name: str, sizes: "InputSizes", reading: "Reading") -> None:
    """Raise a CallError if an own input is not of the features and batch that are read."""
    features = reading.input.features
    if features not in (None, sizes.features):
        raise CallError(
            f"{name} has {number_of(sizes.features, 'feature')} and {reading.owner} takes"
            f" {features:,}, expected as many"
        )
    batch_size = reading.input.batch_size
    if "batch_size" in reading.free_sizes:
        return
    if batch_size not in (None, sizes.batch_size):
        raise CallError(
            f"{name} has {number_of(sizes.batch_size, 'sample')} and {reading.owner} takes"
            f" {batch_size:,} in each batch, expected as many"
        )


def check_sizes_in_code(sweep: Sweep, reading: "Reading") -> None:
    """Raise a CallError if a size is not the one that the code or a saved layer has."""
    for name in ("timesteps", "features", "batch_size"):
        if name not in reading.free_sizes:
            size = getattr(reading.input, name)
            check_size(name, getattr(sweep, name), size, reading.owner)


def without_duplicates(values: Sequence) -> tuple:  # type: ignore[type-arg]  # of any kind
    """Return the values in their order, each once."""
    return tuple(dict.fromkeys(values))


def check_size(
    name: str, sizes: Sequence[int | None] | None, expected: int | None, owner: str
) -> None:
    """Raise a CallError if a size is not that of an input or of the code, the owner."""
    if expected is None:
        return
    for size in sizes or ():
        if size != expected:
            raise CallError(
                f"`{name}` is {size} and that of {owner} {expected}, expected that or"
                " none"
            )


def sizes_in_call(
    timesteps: Sequence[int | None] | None,
    features: Sequence[int] | None,
    batch_size: Sequence[int] | None,
    own_input: "OwnInput | None",
) -> tuple[str, ...]:
    """Return the names of the sizes that a call has, by options or by its own input."""
    if own_input is not None:
        return ("timesteps", "features", "batch_size")
    sizes = {"timesteps": timesteps, "features": features, "batch_size": batch_size}
    return tuple(name for name, values in sizes.items() if values)


def with_input_sizes(sweep: Sweep, sizes: "InputSizes") -> Sweep:
    """Return the sweep with the sizes of an input."""
    return sweep._replace(
        timesteps=(sizes.timesteps,),
        features=(sizes.features,),
        batch_size=(sizes.batch_size,),
    )


def rows_of(
    sweep: Sweep,
    *,
    layers_in_code: Sequence[Layer] = (),
    remarks: "Sequence[Remark]" = (),
    lengths: Sequence[int] | None = None,
    padding: str | None = None,
    return_sequences: bool | None = None,
    return_state: bool | None = None,
    bidirectional: bool = False,
    compare: bool = False,
) -> tuple[Row, ...]:
    """Return the specs of every combination, the kind of layer changing fastest.

    Args:
        sweep: The values to combine.
        layers_in_code: Layers as written in Keras, in place of the sweep's kinds and
            units.
        remarks: What became of the rest of the code.
        lengths: The real timesteps of each sample.
        padding: The end at which the masked timesteps stand: "post" or "pre".
        return_sequences: Whether the last layer returns every h; None leaves it as it
            is written.
        return_state: Whether the last layer returns its states, or None.
        bidirectional: Whether the layers run in both directions.
        compare: Whether a row has all four combinations of the two flags.

    Raises:
        CallError: there are too many combinations, or arguments contradict each other.
    """
    if compare and (return_sequences or return_state):
        raise CallError(
            "`compare` sets `return_sequences` and `return_state`, expected neither"
            " beside it"
        )
    if padding is not None and lengths is None:
        raise CallError(
            "`padding` says where masked timesteps stand, expected `lengths` beside it"
        )
    check_lengths(sweep, lengths)
    check_run_count(sweep, compare)
    flags: dict[str, bool] = {}
    if return_sequences is not None:
        flags["return_sequences"] = return_sequences
    if return_state is not None:
        flags["return_state"] = return_state
    flags_of_row = FLAG_COMBINATIONS if compare else (flags,)
    rows = []
    for timesteps, features, units, batch_size, kind in sweep.combinations:
        layers = tuple(layers_in_code)
        if not layers:
            layers = stack(
                cell_named(kind),
                units_of_layers(units),
                bidirectional=bidirectional,
            )
        spec = Spec(
            layers=layers,
            timesteps=timesteps,  # type: ignore[arg-type]  # None is open
            features=features,
            batch_size=batch_size,
            has_open_timesteps=sweep.has_open_timesteps,
            lengths=tuple(lengths) if lengths is not None else None,
            padding=padding or "post",
            remarks=tuple(remarks),
        )
        rows.append(tuple(spec.with_flags(flags) for flags in flags_of_row))
    return tuple(rows)


def check_lengths(sweep: Sweep, lengths: Sequence[int] | None) -> None:
    """Raise a CallError for lengths beside several numbers of timesteps or samples."""
    if lengths is None:
        return
    for name in ("timesteps", "batch_size"):
        if len(getattr(sweep, name)) > 1:
            raise CallError(
                f"`lengths` are of one input, expected one value of `{name}` beside it"
            )


def check_run_count(sweep: Sweep, compare: bool) -> None:
    """Raise a CallError for more runs than anybody waits for."""
    run_count = sweep.combination_count
    if compare:
        run_count *= len(FLAG_COMBINATIONS)
    if run_count > MAX_RUNS:
        raise CallError(
            f"these sizes make {run_count:,} runs, expected at most {MAX_RUNS:,}"
        )
