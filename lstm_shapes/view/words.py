"""The words for what a spec holds as values; all views say it in the same ones."""

from collections.abc import Sequence

from lstm_shapes.spec.equality import Equality
from lstm_shapes.spec.layer import ArraySpec, LayerSpec, Vector


def vector(of: Vector) -> str:
    """Name a vector: "h at the last timestep", or "backward c at t=0"."""
    if of.step is None:  # samples of different lengths
        return f"{of.direction} {of.letter} at the last real timestep".strip()
    if of.direction:
        return f"{of.direction} {of.letter} at t={of.step}"
    return f"{of.letter} at the last timestep"


def meaning(array: ArraySpec, outputs: Sequence[ArraySpec]) -> str:
    """Say what one of a layer's outputs holds: "h at the last timestep, again"."""
    (held, _), *others = array.holds
    if "timesteps" in array.axes:
        return f"{'both ' if others else ''}{held.letter} at every timestep"
    if others:
        steps = ", ".join(f"{of.direction} t={of.step}" for of, _ in array.holds)
        return f"{held.letter} {steps}"
    before = (of for other in outputs[: outputs.index(array)] for of, _ in other.holds)
    return vector(held) + (", again" if held in before else "")


def difference(equality: Equality, layer: LayerSpec) -> str:
    """Say why the two sides of an inequality differ."""
    if equality.vector:
        return f"{vector(equality.vector)} has seen t={equality.vector.step} alone"
    return f"it is {meaning(layer.output, [layer.output])}"


def listed(names: Sequence[str]) -> str:
    """Join names by commas and a last "and"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
