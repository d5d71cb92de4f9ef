"""Many runs in one process, beside as many processes and beside Keras in a loop."""

from itertools import product

from tests.benchmarks.measuring import NOTEBOOK, OURS, Setting, Side, in_turns, program, shapes
from tests.benchmarks.tables import Report, Row, Table, medians, rows_of

# The numbers of runs, by the fewest timesteps: the command runs short sequences in another way.
COUNTS = {1: (1, 8, 64), 11: (1, 8)}
SMALL_COUNTS = {1: (1, 2)}
MOST_TIMED_PROCESSES = 4
WAYS = ("lstm-shapes", "lstm-shapes -i", "Keras")


def sweeps(setting: Setting) -> Report:
    """The same runs as one sweep, as the lines of one process, and each in its own."""
    report = Report()
    for first, counts in (SMALL_COUNTS if setting.small else COUNTS).items():
        timed = min(MOST_TIMED_PROCESSES, counts[-1])
        processes = f"{timed} processes"
        sides = [NOTEBOOK, Side(processes, one_by_one(first, timed))]
        for count in counts:
            sides += sides_of(first, count)
        title = f"sweeps from {first} timesteps"
        samples = in_turns(title, sides, setting)
        report.samples.update({f"from {first}: {name}": side for name, side in samples.items()})
        seconds = medians(samples)
        per_run = [
            per_run_row(seconds, count, way, seconds[processes] / timed * count)
            for count, way in product(counts, WAYS)
        ]
        note = (
            f"as many processes: {timed} timed one after the other, then multiplied. added per "
            "run: the seconds beyond those of one run, divided by the runs beyond one."
        )
        rows = rows_of(samples, "1: lstm-shapes")
        report.tables.append(Table(f"{title.capitalize()}, by number of runs", rows))
        report.tables.append(Table(f"{title.capitalize()}, per run", per_run, note))
    return report


def sides_of(first: int, count: int) -> list[Side]:
    """The same sizes as a sweep, as lines, and in Keras: up to 8 units, then more timesteps."""
    units = range(1, min(count, 8) + 1)
    timesteps = range(first, first + count // len(units))
    runs = list(product(timesteps, units))
    options = [f"--timesteps={size}" for size in timesteps] + [f"--units={size}" for size in units]
    ours = [*OURS, "--json", "--no-arrays"]
    lines = "".join(f"--timesteps {steps} --units {size}\n" for steps, size in runs)
    keras = program("bare_keras", *(f"{steps},4,{size},1" for steps, size in runs))
    sweep, line_by_line, loop = (f"{count}: {way}" for way in WAYS)
    return [
        Side(sweep, [*ours, *options]),
        Side(line_by_line, [*ours, "-i"], stdin=lines),
        Side(loop, keras),
    ]


def one_by_one(timesteps: int, count: int) -> list[str]:
    """A shell that makes each run in a process of its own."""
    units = " ".join(map(str, range(1, count + 1)))
    loop = f'for units in {units}; do "$@" --units "$units" || exit; done'
    return ["sh", "-c", loop, "sh", *shapes({"timesteps": timesteps}, "--json", "--no-arrays")]


def per_run_row(seconds: dict[str, float], count: int, way: str, apart: float) -> Row:
    """Runs in one process beside `apart`, the seconds of as many processes."""
    together = seconds[f"{count}: {way}"]
    added = (together - seconds[f"1: {way}"]) / (count - 1) if count > 1 else None
    return {
        "runs": count,
        "side": way,
        "median s": together,
        "as many processes s": apart,
        "× one process": apart / together,
        "added per run s": added,
        "added × notebook": added / seconds["notebook"] if added is not None else None,
    }
