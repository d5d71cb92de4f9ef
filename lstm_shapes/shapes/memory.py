"""Estimate the memory of a run, so that one that cannot fit is refused at once."""

from lstm_shapes.shapes.layer import DTYPE_BYTES
from lstm_shapes.shapes.spec import Spec

GIB = 2**30
# A process has about this much after the smallest run.
BASE_BYTES = 800 * 2**20


def run_bytes(spec: Spec) -> int:
    """Estimate a run's memory in bytes; the formula is fitted to runs of 0.9 to 16 GiB."""
    # Keras and TensorFlow hold about five copies of the input and of the weights.
    byte_count = 5 * spec.input.byte_count + 5 * spec.cost["weight_bytes"]
    for layer_spec in spec.layer_specs:
        # TensorFlow works ahead on the states of up to 100 timesteps.
        numbers_per_unit = 4 * min(spec.timesteps, 100) + 11
        if layer_spec.layer.return_sequences:
            numbers_per_unit += 5 * spec.timesteps
        for layer in layer_spec.layer.direction_layers:
            numbers = spec.batch_size * layer.units * numbers_per_unit
            byte_count += DTYPE_BYTES[layer.compute_dtype] * numbers
    return BASE_BYTES + byte_count


def steps_bytes(spec: Spec, *, are_made_twice: bool = False) -> int:
    """Estimate what gates and states at every timestep take beside a run, in bytes.

    The formula is fitted to runs of 1 to 4 GiB.

    Args:
        spec: What is run.
        are_made_twice: Whether they are made of another input as well, as the effect of
            the first x is measured: the first ones are held meanwhile.
    """
    byte_count = 0
    for layer_spec in spec.layer_specs:
        for layer in layer_spec.layer.direction_layers:
            held_numbers = layer.units * (
                len(layer.cell.gates) + len(layer.cell.states)
            )
            numbers = 2 * held_numbers + (3 * len(layer.cell.states) + 5) * layer.units
            numbers += 3 * layer_spec.features
            if are_made_twice:
                numbers += held_numbers
            item_bytes = max(4, DTYPE_BYTES[layer.compute_dtype])
            byte_count += item_bytes * spec.batch_size * spec.timesteps * numbers
    return byte_count


def page_bytes(spec: Spec) -> int:
    """Count the bytes of what a page of the steps holds of one sample.

    That is x, the gates and the states of each direction of each layer, and a kept
    share; of a SimpleRNN, two sums in place of gates.
    """
    byte_count = 0
    for layer_spec in spec.layer_specs:
        for layer in layer_spec.layer.direction_layers:
            array_count = len(layer.cell.gate_names) + len(layer.cell.states)
            if not layer.cell.gate_names:
                array_count += 2
            numbers = layer_spec.features + layer.units * array_count + 1
            item_bytes = max(4, DTYPE_BYTES[layer.compute_dtype])
            byte_count += item_bytes * spec.timesteps * numbers
    return byte_count
