"""One size after the other from 1 up, the other sizes at their defaults, beside bare Keras."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import linear_regression, median

from tests.benchmarks.measuring import Sample, Setting, Side, in_turns, program, shapes
from tests.benchmarks.tables import Report, Row, Table, rows_of, values

DEFAULT_SIZES = {"timesteps": 3, "features": 4, "units": 5, "batch-size": 1}
AXES = {
    "batch-size": (1, 10, 100, 1000, 10_000),
    "timesteps": (1, 10, 100, 1000, 10_000),
    "units": (1, 32, 128, 512, 2048),
    "features": (1, 8, 64, 512, 4096),
}
SMALL_AXES = {"timesteps": (1, 10, 100)}
QUANTITIES = ("seconds", "cpu_seconds", "peak_mib")
NOTE = (
    "added: the median at the largest size minus that at the smallest. exponent: the slope of "
    "log(added) over log(size) in the upper half of the sizes, where all samples are above "
    "all of the smallest size's; – where fewer than two sizes are."
)


def scale(setting: Setting) -> Report:
    """What the command and Keras take at each size, and how it grows."""
    report = Report()
    growths: list[Row] = []
    for axis, sizes in (SMALL_AXES if setting.small else AXES).items():
        samples = in_turns(f"scale, {axis}", list(sides_of(axis, sizes)), setting)
        report.samples.update(samples)
        points = {
            name: [samples[f"{axis} {size}: {name}"] for size in sizes]
            for name in ("lstm-shapes", "Keras")
        }
        rows: list[Row] = []
        for at, size in enumerate(sizes):
            pair = {name: taken[at] for name, taken in points.items()}
            rows += [{axis: size, **row} for row in rows_of(pair, "Keras")]
        report.tables.append(Table(f"Scale of {axis}", rows))
        growths += [growth(axis, quantity, sizes, points) for quantity in QUANTITIES]
    report.tables.append(Table("Growth", growths, NOTE))
    return report


def sides_of(axis: str, sizes: Sequence[int]) -> Iterator[Side]:
    """The command and bare Keras for each size of one axis."""
    for size in sizes:
        run = {**DEFAULT_SIZES, axis: size}
        keras = program("bare_keras", ",".join(map(str, run.values())))
        yield Side(f"{axis} {size}: lstm-shapes", shapes(run, "--no-arrays"))
        yield Side(f"{axis} {size}: Keras", keras)


def growth(
    axis: str, quantity: str, sizes: Sequence[int], points: Mapping[str, list[list[Sample]]]
) -> Row:
    """How much of a quantity an axis adds, and with which power of the size."""
    row: dict[str, str | float | None] = {"axis": axis, "quantity": quantity}
    for name, by_size in points.items():
        numbers = [values(taken, quantity) for taken in by_size]
        row[f"{name} added"] = median(numbers[-1]) - median(numbers[0])
        row[f"{name} exponent"] = exponent(sizes, numbers)
    return row


def exponent(sizes: Sequence[int], numbers: Sequence[Sequence[float]]) -> float | None:
    """The p of `smallest + c · size**p`, or None where growth cannot be told from noise."""
    smallest, half = numbers[0], len(sizes) // 2
    risen = [
        (math.log(size), math.log(median(at_size) - median(smallest)))
        for size, at_size in zip(sizes[half:], numbers[half:], strict=True)
        if min(at_size) > max(smallest)
    ]
    return linear_regression(*zip(*risen, strict=True)).slope if len(risen) > 1 else None
