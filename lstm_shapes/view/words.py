"""The words for what a spec holds as values; all views say it in the same ones."""

from collections.abc import Sequence

from lstm_shapes.spec.equality import Equality
from lstm_shapes.spec.layer import ArraySpec, LayerSpec, Vector
from lstm_shapes.spec.model import LSTMSpec

# What each combination of return_sequences and return_state is for.
PURPOSES = {
    (False, False): "one vector for each sample, to classify or forecast",
    (True, False): "a vector at every timestep, to stack or to tag",
    (False, True): "to hand on what the layer remembers, as an encoder does",
    (True, True): "for a decoder or attention",
}


def at(step: int | None) -> str:
    """Say which timestep a vector is of; None is another one for each sample."""
    return "at the last real timestep" if step is None else f"at t={step}"


def vector(of: Vector) -> str:
    """Name a vector: "h at the last timestep", or "backward c at t=0"."""
    if of.direction or of.step is None:
        return f"{of.direction} {of.letter} {at(of.step)}".strip()
    return f"{of.letter} at the last timestep"


def meaning(array: ArraySpec) -> str:
    """Say what one of a layer's outputs holds: "h at the last timestep"."""
    (held, _), *others = array.holds
    if "timesteps" in array.axes:
        return f"{'both ' if others else ''}{held.letter} at every timestep"
    if others:
        steps = (f"{of.direction} {at(of.step)}" for of, _ in others)
        return f"{held.letter} {at(held.step)}, {', '.join(steps)}"
    return vector(held)


def difference(equality: Equality, layer: LayerSpec) -> str:
    """Say why the two sides of an inequality differ."""
    if equality.vector and equality.vector.direction == "forward":
        return "both directions give zeros at masked timesteps"
    if equality.vector:
        return f"{vector(equality.vector)} has seen t={equality.vector.step} alone"
    return f"it is {meaning(layer.output)}"


def listed(names: Sequence[str]) -> str:
    """Join names by commas and a last "and"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def scaled(amount: float, step: int, names: Sequence[str]) -> str:
    """Write an amount in the largest of the units that it fills: 3 KiB, 1.5 GiB."""
    while amount >= step and len(names) > 1:
        amount, names = amount / step, names[1:]
    return f"{amount:,.{0 if amount == int(amount) else 1}f} {names[0]}"


def cost(spec: LSTMSpec) -> list[str]:
    """Say what one sample costs to compute, and what the weights and the batch's arrays hold."""
    count, *sizes = spec.cost.values()
    weights, arrays = (scaled(of, 1024, ("B", "KiB", "MiB", "GiB", "TiB")) for of in sizes)
    large = scaled(count / 10**9, 1000, ("billion", "trillion"))
    written = large if count >= 10**9 else f"{count:,}"
    return [f"{written} multiply-adds for each sample", f"weights {weights}", f"arrays {arrays}"]
