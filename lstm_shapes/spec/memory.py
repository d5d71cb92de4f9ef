"""What a run, its text and its tables take at their peak: a model fitted from above.

How it was fitted: to the peaks (VmHWM) of 250 processes with TensorFlow 2.21, Keras 3.15, Rich 15
and orjson 3.11 on Linux, of sizes drawn evenly on a logarithmic scale such that they took 0.8 to 5
GiB, with TensorFlow's own allocator and with the system's, which processes of many runs have. Each
term is what one size adds while the others are small, rounded up; their sum was 1.1 to 2.2 times
the peak.

When to fit it again: when `python -m tests.benchmarks.bench memory` finds a call whose peak is not
below its estimate, or not above half of it. That may come from another TensorFlow, Keras, Rich or
orjson, and from a change of how a run is made (`run/explore`) or shown (`view/arrays`,
`view/document`, `view/picture`).
"""

import os
from collections.abc import Sequence
from math import prod
from pathlib import Path

from lstm_shapes.spec.layer import FLOAT32_BYTES, GATES

GIB = 2**30
# Above what a process has after the smallest run: 570 to 650 MiB, by the version of Python.
BASE_BYTES = 800 * 2**20
EDGE_ITEMS = 3

# A row costs as much as a cell: while it is rendered, as long as a picture keeps it, and on top of
# that while the picture is written.
RENDERED_BYTES = 1200
KEPT_BYTES = 650
WRITTEN_BYTES = {".svg": 2300, ".html": 700, ".txt": 200}
# An array's heading and notes, and the row of a sweep, in cells.
HEADING_CELLS = 10
ROW_CELLS = 12

# By the directions: how many numbers a run takes for each one of its input, of its largest kernel
# and recurrent kernel, while they are drawn, of what a layer hands on, and of the states of a
# timestep, for each of up to 32 and 100 timesteps.
_INPUTS = {1: 4.7, 2: 6.7}
_DRAWN = {1: (2.5, 3.7), 2: (3.4, 4.6)}
_HANDED_ON = {1: 3.9, 2: 4.9}
_AHEAD = {1: (2.6, 2.2), 2: (3.2, 1.0)}


def run_bytes(
    timesteps: float,
    features: float,
    units: Sequence[float],
    batch_size: float,
    *,
    directions: int,
    return_sequences: bool,
) -> int:
    """What a run needs beside TensorFlow, in bytes: `units` are those of each layer."""
    kernels, squares, kept, busiest = [], [], 0.0, 0.0
    x = features
    for at, of_layer in enumerate(units):
        kernels.append(len(GATES) * of_layer * x)
        squares.append(len(GATES) * of_layer**2)
        of_timestep = directions * batch_size * of_layer
        # TensorFlow works ahead, and what it has freed by then is in pieces.
        early, late = _AHEAD[directions]
        busy = of_timestep * (11 + early * min(timesteps, 32) + late * min(timesteps, 100))
        if return_sequences or at < len(units) - 1:
            kept += of_timestep * timesteps
            busy += _HANDED_ON[directions] * of_timestep * timesteps
        busiest = max(busiest, busy)
        x = directions * of_layer
    # Keras' weights and NumPy's, and what drawing the largest of them takes.
    weights = directions * (sum(kernels) + sum(squares))
    kernel, recurrent = _DRAWN[directions]
    of_weights = 2 * weights + kernel * max(kernels) + recurrent * max(squares)
    of_inputs = _INPUTS[directions] * batch_size * timesteps * features
    layers = directions * len(units)
    beside = 300 * timesteps * (layers + 1) + graph_bytes(timesteps, layers)
    return int(FLOAT32_BYTES * (of_weights + of_inputs + kept + busiest) + beside)


def graph_bytes(timesteps: float, layers: int) -> int:
    """What Keras and TensorFlow note of the layers, counted in each direction.

    Few timesteps are mostly run without a graph.
    """
    return layers * (4 if timesteps > 10 else 1) * 2**20


def text_bytes(whole: Sequence[Sequence[int]], selected: Sequence[Sequence[int]]) -> int:
    """What the JSON of arrays and selections of these shapes takes, all on one line.

    Beside its digits each in turn is listed row by row, and a selection copied if it needs to be.
    """
    shapes = [*whole, *selected]
    rows = [sum(prod(shape[:axis]) for axis in range(1, len(shape))) for shape in shapes]
    copied = FLOAT32_BYTES * max(map(prod, selected), default=0)
    return sum(14 * prod(shape) + 3000 for shape in shapes) + 125 * max(rows, default=0) + copied


def cells(shape: Sequence[int], edge_items: int | None, precision: int, width: int) -> int:
    """How many cells and rows the table of an array has at most.

    Example:
        >>> cells((1, 3, 5), edge_items=None, precision=4, width=80)
        33
    """
    *rows, columns = shape or (1,)
    most = 2 * (edge_items or EDGE_ITEMS) + 1
    if edge_items:
        columns = min(columns, most)
    # A digit, the point and the decimals, or the title such as u63, and a blank on both sides.
    cell = 2 + max(1 + bool(precision) + precision, 1 + len(str(columns - 1)))
    fitting = max(1, width // cell) + 1
    columns = min(columns, fitting)
    return prod(min(size, most) for size in rows) * (columns + 1) + columns + HEADING_CELLS


def taken_bytes() -> int:
    """What this process takes at the moment, or 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0
