"""The sizes of an input of one's own, or the error that says how it can get three axes."""

from typing import Any

from lstm_shapes.errors import CallError, Option, quoted

PADS = 'keras.utils.pad_sequences(x, dtype="float32", padding="post") makes them equal, and '


def sizes_of(shape: tuple[int, ...], name: str) -> dict[str, int]:
    """Return the sizes of an input's shape, or raise a CallError that calls the input `name`."""
    found = f"{name} has the shape {quoted(shape)}"
    if 0 in shape:
        raise CallError(f"{found}, which is empty, expected a number or more along each axis")
    if len(shape) != 3:
        windows = "np.lib.stride_tricks.sliding_window_view(x, T, axis=0).swapaxes(1, 2)"
        cures = {
            1: f": x.reshape(1, {shape[0]}, 1) makes it one sample",
            2: f": x[None] is one sample, x[..., None] has one feature, {windows} are windows",
        }
        cure = cures.get(len(shape), "")
        raise CallError(f"{found}, expected three axes (batch, timesteps, features){cure}")
    return dict(zip(("batch_size", "timesteps", "features"), shape, strict=True))


def unequal(x: Any, name: str) -> CallError:
    """Return the error that tells how to pad sequences of unequal lengths.

    Example:
        >>> str(unequal([[[1]], [[2], [3]]], "x")).partition(", and ")[2]
        'lengths=(1, 2) leaves out what it added'
    """
    try:
        lengths = tuple(map(len, x))
    except TypeError:
        lengths = ()
    if len({*lengths}) == 1:
        return CallError(f"{name} is {quoted(x)}, expected numbers in rows of one length")
    found = f"{name} holds sequences of unequal lengths, expected equal ones: {PADS}"
    return CallError(found, Option("lengths", f"{lengths or '...'}"), " leaves out what it added")
