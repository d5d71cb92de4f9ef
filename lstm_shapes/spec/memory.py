"""How much memory a run takes: fitted from above to the peaks of runs of many shapes."""

from collections.abc import Sequence

GIB = 2**30
FLOAT32_BYTES = 4
GATES = 4
# Above what a process has after the smallest run: 570 to 650 MiB, by the version of Python.
BASE_BYTES = 800 * 2**20


def run_bytes(
    timesteps: float, features: float, units: Sequence[float], batch_size: float, directions: int
) -> int:
    """What a run needs beside TensorFlow, in bytes: `units` are those of each layer."""
    inputs = batch_size * timesteps * features
    total, build = 0.0, 0.0
    x = features
    for of_layer in units:
        states = directions * batch_size * timesteps * of_layer
        kernel, recurrent = GATES * of_layer * x * directions, GATES * of_layer**2 * directions
        # What drawing the weights took is still there when the input is drawn.
        build += 4.2 * kernel + 5.5 * recurrent
        # TensorFlow works ahead by up to 32 timesteps, four gates each.
        ahead = directions * batch_size * of_layer * (4 * min(timesteps, 32) + 16)
        total += 1.2 * (kernel + recurrent) + 5 * states + ahead + 250 * timesteps
        x = directions * of_layer
    return int(FLOAT32_BYTES * max(build + 2 * inputs, total + 5 * inputs))
