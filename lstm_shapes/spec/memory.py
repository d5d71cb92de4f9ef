"""Estimate the memory of a run, so that one that cannot fit is refused before it starts."""

from lstm_shapes.spec.model import LSTMSpec

GIB = 2**30
# What a process has after the smallest run, rounded up.
BASE_BYTES = 800 * 2**20


def run_bytes(spec: LSTMSpec) -> int:
    """Estimate a run's memory in bytes; the formula is fitted to runs of 0.9 to 16 GiB."""
    # Copies of the input, of the weights, and of the states that TensorFlow works ahead on.
    numbers = 5 * spec.timesteps * spec.features * spec.batch_size + 5 * spec.parameters
    for layer in spec.layers:
        sequences = 5 * spec.timesteps if layer.return_sequences else 0
        ahead = sequences + 4 * min(spec.timesteps, 100) + 11
        numbers += spec.batch_size * len(layer.directions) * layer.units * ahead
    return BASE_BYTES + 4 * numbers
