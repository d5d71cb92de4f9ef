"""Warn of an input that is likely a mistake: not finite, masked, or not scaled."""

from rich.text import Text

from lstm_shapes.request import Request
from lstm_shapes.run.input_checks import FeatureRange
from lstm_shapes.run.values import Run
from lstm_shapes.view.array_grid import feature_label
from lstm_shapes.view.layout import Lines, flow
from lstm_shapes.view.style import BAD, LABEL, Look

# Of many features, those with the largest numbers are listed.
MAX_FEATURES = 6


def input_warnings(run: Run, request: Request, look: Look) -> Lines:
    """Warn of all that is likely wrong with the input of a run."""
    lines = not_finite(run, look)
    lines.extend(masked_numbers(run, request, look))
    lines.extend(saturation(run, request, look))
    return lines


def not_finite(run: Run, look: Look) -> Lines:
    """Warn of an input that holds NaN or infinity."""
    problem = run.not_finite
    if problem is None:
        return []
    count = (
        f"{problem.sample_count:,} of {run.spec.batch_size:,} samples of the input hold"
        " values that are not finite"
    )
    place = f"first in sample {problem.sample} at t={problem.timestep}"
    return flow([Text(count, BAD), Text(place, BAD)], look)


def masked_numbers(run: Run, request: Request, look: Look) -> Lines:
    """Warn of numbers that a mask leaves out, and say which padding fits the input."""
    problem = run.masked_numbers
    if problem is None:
        return []
    count = (
        f"{problem.timestep_count:,} masked timesteps of the input hold numbers that"
        " are not zero"
    )
    if problem.timestep_count == 1:
        count = "1 masked timestep of the input holds numbers that are not zero"
    place = f"first in sample {problem.sample} at t={problem.timestep}"
    argument = f'padding="{problem.other_padding}"'
    if request.is_from_command:
        argument = f"--padding {problem.other_padding}"
    end = "front" if problem.other_padding == "pre" else "end"
    cure = f"{argument} masks the {end}"
    if problem.is_other_fitting:
        cure += ", where all of it is zeros"
    return flow([Text(count, BAD), Text(place, BAD), Text(cure, BAD)], look)


def saturation(run: Run, request: Request, look: Look) -> Lines:
    """Warn of an input that saturates the layer, with the range of each feature."""
    problem = run.saturation
    if problem is None:
        return []
    # It is not rounded up: 100% is all of them.
    percent = int(100 * problem.share)
    numbers = "the gates"
    margin = "within 0.05 of 0 or 1"
    if not problem.is_of_gates:
        numbers = "h"
        margin = "within 0.05 of -1 or 1"
    if run.spec.is_stack:
        numbers += f" in {run.spec.layer_specs[0].name}"
    claim = f"the input alone puts {percent}% of {numbers} {margin}"
    chunks = [Text(claim, BAD), Text("saturated: scale the input first", BAD)]
    largest_first = sorted(problem.ranges, key=largest_number, reverse=True)
    shown_ranges = sorted(largest_first[:MAX_FEATURES])
    range_chunks = []
    for feature_range in shown_ranges:
        text = range_of_feature(feature_range, request, look)
        range_chunks.append(Text(text, LABEL))
    hidden_count = len(problem.ranges) - len(shown_ranges)
    if hidden_count:
        range_chunks.append(Text(f"and {hidden_count:,} more features", LABEL))
    return flow(chunks, look) + flow(range_chunks, look)


def largest_number(feature_range: FeatureRange) -> float:
    """Return the number of a feature that is farthest from 0."""
    return max(abs(feature_range.low), abs(feature_range.high))


def range_of_feature(feature_range: FeatureRange, request: Request, look: Look) -> str:
    """Write between which numbers a feature lies: `price 101.2 to 5,120`."""
    name = feature_label(request, feature_range.feature, look.glyphs)
    return f"{name} {feature_range.low:,.6g} to {feature_range.high:,.6g}"
