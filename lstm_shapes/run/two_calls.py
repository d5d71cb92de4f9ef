"""Give the sequence in two calls with the states handed on, and compare with one call."""

from collections.abc import Sequence

import numpy as np

from lstm_shapes.run.dtypes import tolerance_of
from lstm_shapes.run.tensorflow import KerasModel, Tensor
from lstm_shapes.run.trials import TwoCalls
from lstm_shapes.run.values import Results, Values, difference
from lstm_shapes.shapes.spec import Spec

# So much of a long or large input is compared.
PART_SAMPLES = 2
PART_TIMESTEPS = 4


def in_two_calls(
    spec: Spec, model: KerasModel, x: Values, results: Results
) -> TwoCalls | None:
    """Give a sequence in two calls, the states handed on, and compare with one call.

    Of a long or large input, a part is compared. Return None if the states cannot be
    handed on, or if no number is finite.
    """
    layer_output = results[spec.outputs[0].name]
    if not spec.can_hand_on or not np.isfinite(layer_output).any():
        return None
    # `can_hand_on` means that there is one layer: it reads x itself.
    layer = model.get_layer(spec.last.name)
    expected = [results[array.name] for array in spec.outputs]
    is_large = not model.run_eagerly  # as `is_small` in run/explore.py decides
    if is_large:
        x = x[:PART_SAMPLES, :PART_TIMESTEPS]
        expected = as_arrays(layer(x))
    middle = x.shape[1] // 2
    head, *head_states = layer(x[:, :middle])
    tail, *tail_states = layer(x[:, middle:], initial_state=head_states)
    returned = as_arrays([tail, *tail_states])
    if spec.return_sequences:
        returned[0] = np.concatenate([head, tail], axis=1)
    max_difference = 0.0
    for array, expected_array in zip(returned, expected, strict=True):
        distance = difference(array, expected_array)
        max_difference = max(max_difference, distance)
    return TwoCalls(
        timesteps=(middle, x.shape[1] - middle),
        holds=max_difference <= tolerance_of(returned),
        max_difference=max_difference,
        sample_count=len(x),
    )


def as_arrays(tensors: Sequence[Tensor]) -> list[Values]:
    """Return tensors as NumPy's arrays."""
    return [np.asarray(tensor) for tensor in tensors]
