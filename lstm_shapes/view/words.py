"""Find the words for what specs hold as values: all views say it in the same ones."""

from collections.abc import Sequence

from lstm_shapes.errors import listed
from lstm_shapes.shapes.equality import Equality, Reason
from lstm_shapes.shapes.layer import Direction
from lstm_shapes.shapes.returned import ArraySpec, LayerSpec, Vector
from lstm_shapes.shapes.spec import Spec

# How both directions are merged.
MERGED = {"sum": "sum", "mul": "product", "ave": "average"}
BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
BILLION = 10**9


def purpose(spec: Spec) -> str:
    """Say what a combination of the two flags is for."""
    if spec.return_sequences and spec.return_state:
        return "for a decoder or attention"
    if spec.return_sequences:
        return "a vector at every timestep, to stack or to tag"
    if spec.return_state:
        return "to hand on what the layer remembers, as an encoder does"
    return "one vector for each sample, to classify or forecast"


def at_timestep(timestep: int | None, direction: Direction) -> str:
    """Say at which timestep a vector of a direction is; samples differ in None."""
    if timestep is None and direction.is_backward:
        return "at the first real timestep"
    if timestep is None:
        return "at the last real timestep"
    return f"at t={timestep}"


def vector_name(vector: Vector) -> str:
    """Name a vector: `h at the last timestep`, or `backward c at t=0`."""
    place = at_timestep(vector.timestep, vector.direction)
    if vector.goes_back:
        return f"{vector.letter} {place}, which is read last"
    if vector.direction.name or vector.timestep is None:
        return f"{vector.direction.name} {vector.letter} {place}".strip()
    return f"{vector.letter} at the last timestep"


def meaning(array: ArraySpec) -> str:
    """Say what an output of a layer holds: `h at the last timestep`."""
    vectors = [holding.vector for holding in array.holdings]
    letter = vectors[0].letter
    merged = MERGED.get(array.merge_mode, "")
    if array.has_timesteps:
        if merged:
            return f"the {merged} of both {letter} at every timestep"
        text = f"{vectors[0].direction.name} {letter} at every timestep".strip()
        if array.is_side_by_side:
            text = f"both {letter} at every timestep"
        if array.is_time_reversed:
            return f"{text}, the last one first"
        return text
    if merged:
        names = listed([vector_name(vector) for vector in vectors])
        return f"the {merged} of {names}"
    if array.is_side_by_side:
        return ", ".join(vector_name(vector) for vector in vectors)
    if array.is_zeroed_by_mask and vectors[0].goes_back:
        return f"{letter} at t=0, zeros where that is masked"
    if array.is_zeroed_by_mask:
        return f"{letter} at the last timestep, zeros where that is masked"
    return vector_name(vectors[0])


def difference(equality: Equality, layer_spec: LayerSpec) -> str:
    """Say why the two sides of an inequality differ."""
    if equality.reason is Reason.ZEROS_AT_MASKED:
        if layer_spec.layer.bidirectional:
            return "both directions give zeros at masked timesteps"
        return "masked timesteps give zeros"
    if equality.reason is Reason.ONE_TIMESTEP and equality.vector:
        return what_was_seen(equality.vector, layer_spec)
    return f"it is {meaning(layer_spec.arrays_of_last_h[-1])}"


def what_was_seen(vector: Vector, layer_spec: LayerSpec) -> str:
    """Say that at the last timestep the backward layer has read that alone.

    Where that timestep is masked, h is zeros there.
    """
    name = vector_name(vector)
    timestep = vector.timestep
    masked_count = 0
    for sample in range(layer_spec.batch_size):
        if timestep in layer_spec.masked_timesteps(sample):
            masked_count += 1
    if masked_count == layer_spec.batch_size:
        return f"{name} has seen nothing: t={timestep} is masked"
    sentence = f"{name} has seen t={timestep} alone"
    if masked_count:
        sentence += ", or nothing where that is masked"
    return sentence


def scaled(amount: float, step: int, units: Sequence[str]) -> str:
    """Write an amount in the largest of the units that it fills: `3 KiB`, `1.5 GiB`.

    Each unit is `step` of the one before it.
    """
    remaining_units = list(units)
    while amount >= step and len(remaining_units) > 1:
        amount /= step
        del remaining_units[0]
    decimals = 0 if amount == int(amount) else 1
    return f"{amount:,.{decimals}f} {remaining_units[0]}"


def cost(spec: Spec) -> list[str]:
    """Say what one sample costs to compute, and what weights and arrays hold."""
    multiply_adds = spec.cost["multiply_adds"]
    count = f"{multiply_adds:,}"
    if multiply_adds >= BILLION:
        count = scaled(multiply_adds / BILLION, 1000, ("billion", "trillion"))
    sample = "sample"
    if spec.has_open_timesteps:
        sample = f"sample of {spec.timesteps:,} timesteps"
    weights = scaled(spec.cost["weight_bytes"], 1024, BYTE_UNITS)
    arrays = scaled(spec.cost["array_bytes"], 1024, BYTE_UNITS)
    return [
        f"{count} multiply-adds for each {sample}",
        f"weights {weights}",
        f"input and outputs {arrays}",
    ]
