"""Look at an input for what is likely a mistake: NaN, a mask on data, no scaling."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstm_shapes.run.dtypes import widened
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import LayerSpec
from lstm_shapes.shapes.spec import PADDINGS

if TYPE_CHECKING:
    from lstm_shapes.run.values import Mask, Run, Values

# Beyond it, the sigmoid of a gate is within 0.05 of 0 or 1.
GATE_LIMIT = math.log(0.95 / 0.05)
# Beyond it, the tanh of a SimpleRNN is within 0.05 of -1 or 1.
HIDDEN_LIMIT = math.atanh(0.95)
# An input that saturates so large a share should be scaled; see `find_saturation`.
SATURATED_SHARE = 0.8
# Of a large input, timesteps are looked at that give so many numbers.
MAX_NUMBERS = 2**20


class NotFinite(NamedTuple):
    """The number of samples that hold NaN or infinity, and the first of their places."""

    sample_count: int
    sample: int
    timestep: int


class MaskedNumbers(NamedTuple):
    """Numbers of the input that a mask leaves out, though they are not zero.

    Attributes:
        timestep_count: The number of masked timesteps that hold such numbers.
        sample: The first sample that has one.
        timestep: The first of them in that sample.
        other_padding: The padding that masks the other end of each sample.
        is_other_fitting: Whether all that it masks is zeros.
    """

    timestep_count: int
    sample: int
    timestep: int
    other_padding: str
    is_other_fitting: bool


class FeatureRange(NamedTuple):
    """The smallest and the largest number of a feature."""

    feature: int
    low: float
    high: float


class Saturation(NamedTuple):
    """An input so large that it saturates the lowest layer.

    Attributes:
        share: The share of its gates, or of the h of a SimpleRNN, that are saturated.
        is_of_gates: Whether it is that of gates.
        ranges: The range of each feature at real timesteps.
    """

    share: float
    is_of_gates: bool
    ranges: tuple[FeatureRange, ...]


def mask_of(layer_spec: LayerSpec, padding: str) -> "Mask":
    """Return Keras' mask, (batch, timesteps): False is a masked timestep."""
    timesteps = layer_spec.timesteps
    lengths = layer_spec.lengths or (timesteps,) * layer_spec.batch_size
    column = np.array(lengths)[:, np.newaxis]
    if padding == "pre":
        return np.arange(timesteps) >= timesteps - column
    return np.arange(timesteps) < column


def find_not_finite(run: "Run") -> NotFinite | None:
    """Find the real timesteps of the input that are NaN or infinite."""
    is_finite = np.isfinite(run.input.values).all(axis=2)
    mask = mask_of(run.spec.last, run.spec.padding)
    indices = np.argwhere(~is_finite & mask)
    if len(indices) == 0:
        return None
    sample, timestep = indices[0]
    sample_count = len(np.unique(indices[:, 0]))
    return NotFinite(sample_count, int(sample), int(timestep))


def find_masked_numbers(run: "Run") -> MaskedNumbers | None:
    """Find masked timesteps whose numbers are not zero, as those of padding are.

    A random input has none: it is zero where it is masked.
    """
    spec = run.spec
    if not run.has_own_input or not spec.is_masked:
        return None
    holds_numbers = (run.input.values != 0).any(axis=2)
    indices = np.argwhere(holds_numbers & ~mask_of(spec.last, spec.padding))
    if len(indices) == 0:
        return None
    sample, timestep = indices[0]
    (other_padding,) = set(PADDINGS) - {spec.padding}
    is_lost_by_other = holds_numbers & ~mask_of(spec.last, other_padding)
    return MaskedNumbers(
        timestep_count=len(indices),
        sample=int(sample),
        timestep=int(timestep),
        other_padding=other_padding,
        is_other_fitting=not is_lost_by_other.any(),
    )


def find_saturation(run: "Run") -> Saturation | None:
    """Find out if an own input saturates the lowest layer, which then hardly learns.

    Measured are the gates that x @ W + b gives at the real timesteps, with the weights
    of the run and without h @ R: the share of them that are within 0.05 of 0 or 1. A
    SimpleRNN has no gate, and its h is measured, within 0.05 of -1 or 1.

    The rule is from an experiment with Keras' random weights: LSTM, GRU and SimpleRNN,
    1 to 64 features, 5 to 64 units, 20 timesteps of normal numbers. The share without
    h @ R was within 0.01 of the true one (0.07 in a SimpleRNN). Of numbers with the
    standard deviation 1 it was at most 0.02 (0.18), with 3 at most 0.41 (0.64), with 10
    at most 0.80 (0.90), with 100 at least 0.90 where there were 4 features or more, and
    with 1000 at least 0.91. That h is near -1, 0 or 1 tells nothing of an LSTM: with
    the standard deviation 1, 89% of h was (at one feature and 64 units h is small), and
    with 1000 only 64%, as c is then often 1, and tanh(1) is 0.76.
    """
    layer_spec = run.spec.layer_specs[0]
    layer = layer_spec.layer
    is_of_gates = layer.cell.name != "SimpleRNN"
    if not run.has_own_input or not has_measurable_functions(layer):
        return None
    values = run.input.values
    mask = mask_of(layer_spec, run.spec.padding)
    is_used = np.isfinite(values) & mask[..., np.newaxis]
    are_used = np.asarray(is_used.all(axis=2))
    x = some_rows(values, are_used, MAX_NUMBERS // layer.column_count)
    if len(x) == 0:
        return None
    columns = columns_before_function(x, layer_spec, list(run.weights.values()))
    # What overflows is no number, and saturated too.
    limit = GATE_LIMIT if is_of_gates else HIDDEN_LIMIT
    share = 1 - float(np.mean(np.abs(columns) <= limit))
    if share < SATURATED_SHARE:
        return None
    lows = np.min(values, axis=(0, 1), where=is_used, initial=np.inf)
    highs = np.max(values, axis=(0, 1), where=is_used, initial=-np.inf)
    ranges = []
    for feature, (low, high) in enumerate(zip(lows, highs, strict=True)):
        ranges.append(FeatureRange(feature, float(low), float(high)))
    return Saturation(share, is_of_gates, tuple(ranges))


def has_measurable_functions(layer: Layer) -> bool:
    """Return True if the limits hold: both directions are of a kind, with usual functions."""
    for direction_layer in layer.direction_layers:
        if direction_layer.cell != layer.cell:
            return False
        if layer.cell.name == "SimpleRNN" and direction_layer.activation != "tanh":
            return False
        if direction_layer.recurrent_activation != "sigmoid":
            return False
    return True


def some_rows(values: "Values", are_used: "Mask", most_rows: int) -> "Values":
    """Return the used rows of (batch, timesteps, features), evenly chosen if many."""
    places = np.argwhere(are_used)
    step = 1 + len(places) // max(1, most_rows)
    samples, timesteps = places[::step].T
    chosen: Values = values[samples, timesteps]
    return chosen


def columns_before_function(
    x: "Values", layer_spec: LayerSpec, weights: Sequence["Values"]
) -> "Values":
    """Return x @ W + b of the gates, or of the only block, of each direction.

    `x` is (rows, features), and `weights` are those of the layer and of the layers
    above it.
    """
    blocks_of_gates = []
    remaining = list(weights)
    for direction in layer_spec.directions:
        weight_count = len(layer_spec.weights_of(direction))
        kernel, _, *biases = [widened(weight) for weight in remaining[:weight_count]]
        remaining = remaining[weight_count:]
        with np.errstate(all="ignore"):
            columns = x @ kernel
        for bias in biases:
            # A GRU may have two rows of it.
            columns += bias.reshape(-1, bias.shape[-1]).sum(axis=0)
        gates = list(layer_spec.layer.of_direction(direction).cell.gates)
        blocks = np.split(columns, len(gates), axis=1)
        for letter, block in zip(gates, blocks, strict=True):
            is_candidate = letter == "g" and len(gates) > 1
            if not is_candidate:
                blocks_of_gates.append(block)
    return np.concatenate(blocks_of_gates, axis=1)
