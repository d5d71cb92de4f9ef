"""Read the sizes off an input of one's own, or say how it gets three axes."""

from collections.abc import Sequence
from typing import NamedTuple

from lstm_shapes.errors import CallError, quoted

PADS = 'keras.utils.pad_sequences(x, dtype="float32", padding="post") makes them equal, and'
WINDOWS = "np.lib.stride_tricks.sliding_window_view(x, T, axis=0).swapaxes(1, 2)"


class InputSizes(NamedTuple):
    """The sizes of an input, in the order of its axes."""

    batch_size: int
    timesteps: int
    features: int


def sizes_of_input(x: object, name: str) -> InputSizes:
    """Return the sizes of an array, or of nested lists (batch, timesteps, features).

    Args:
        x: What has a `shape`, or lists in lists.
        name: What an error calls it.

    Raises:
        CallError: it is neither, it is ragged, or it has other axes.

    Example:
        >>> sizes_of_input([[[0.1], [0.2], [0.3]]], "x")
        InputSizes(batch_size=1, timesteps=3, features=1)
    """
    if isinstance(x, str | bytes) or not has_axes(x):
        raise CallError(
            f"{name} is {quoted(x)}, expected an array or lists (batch, timesteps,"
            " features): np.load reads a file into one"
        )
    try:
        shape = shape_of(x)
    except ValueError:
        raise ragged(x, name) from None
    return sizes_of_shape(shape, name)


def has_axes(x: object) -> bool:
    """Return True if a value is an array or a list, and not a single number."""
    return hasattr(x, "shape") or isinstance(x, Sequence)


def shape_of(x: object) -> tuple[int, ...]:
    """Return the shape of an array or of nested lists.

    Raises:
        ValueError: the lists are ragged.
    """
    if hasattr(x, "shape"):
        return tuple(x.shape)
    if not isinstance(x, Sequence) or isinstance(x, str | bytes):
        return ()
    shapes = {shape_of(row) for row in x}
    if len(shapes) > 1:
        raise ValueError("rows have unequal shapes")
    row_shape = shapes.pop() if shapes else ()
    return (len(x), *row_shape)


def sizes_of_shape(shape: tuple[int, ...], name: str) -> InputSizes:
    """Return the sizes of a shape, or raise a CallError with the way to three axes."""
    if 0 in shape:
        raise CallError(
            f"{name} has the shape {quoted(shape)}, which is empty, expected a number or"
            " more along each axis"
        )
    if len(shape) == 3:
        return InputSizes(*shape)
    cure = ""
    if len(shape) == 1:
        cure = f": x.reshape(1, {shape[0]}, 1) makes it one sample"
    if len(shape) == 2:
        cure = (
            ": x[None] is one sample, x[..., None] has one feature,"
            f" {WINDOWS} are windows"
        )
    raise CallError(
        f"{name} has the shape {quoted(shape)}, expected three axes (batch, timesteps,"
        f" features){cure}"
    )


def ragged(x: object, name: str) -> CallError:
    """Return the error that tells how to pad sequences of unequal lengths.

    Example:
        >>> str(ragged([[[1]], [[2], [3]]], "x")).partition(", and ")[2]
        '`lengths=(1, 2)` leaves out what it added'
    """
    lengths = lengths_of(x)
    if len(set(lengths)) == 1:
        return CallError(
            f"{name} is {quoted(x)}, expected numbers in rows of one length"
        )
    argument = f"lengths={lengths or '...'}"
    return CallError(
        f"{name} holds sequences of unequal lengths, expected equal ones: {PADS}"
        f" `{argument}` leaves out what it added"
    )


def lengths_of(rows: object) -> tuple[int, ...]:
    """Return the length of each row, or () where a row has none."""
    if not isinstance(rows, Sequence) and not hasattr(rows, "shape"):
        return ()
    lengths = []
    for row in list(rows):  # type: ignore[call-overload]  # an array is iterable too
        if not hasattr(row, "__len__"):
            return ()
        lengths.append(len(row))
    return tuple(lengths)
