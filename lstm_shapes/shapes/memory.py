"""Estimate the memory of a run, so that one that cannot fit is refused at once."""

from lstm_shapes.shapes.spec import FLOAT_BYTES, Spec

GIB = 2**30
# A process has about this much after the smallest run.
BASE_BYTES = 800 * 2**20


def run_bytes(spec: Spec) -> int:
    """Estimate a run's memory in bytes; the formula is fitted to runs of 0.9 to 16 GiB."""
    input_numbers = spec.batch_size * spec.timesteps * spec.features
    # Keras and TensorFlow hold about five copies of the input and of the weights.
    numbers = 5 * input_numbers + 5 * spec.parameters
    for layer_spec in spec.layer_specs:
        # TensorFlow works ahead on the states of up to 100 timesteps.
        numbers_per_unit = 4 * min(spec.timesteps, 100) + 11
        if layer_spec.layer.return_sequences:
            numbers_per_unit += 5 * spec.timesteps
        units = len(layer_spec.directions) * layer_spec.layer.units
        numbers += spec.batch_size * units * numbers_per_unit
    return BASE_BYTES + FLOAT_BYTES * numbers
