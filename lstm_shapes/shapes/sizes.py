"""Read the sizes off an input of one's own, or say how it gets three axes."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from lstm_shapes.errors import CallError, number_of, quoted, whole_number
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import MAX_SIZE, Layer

PADS = 'keras.utils.pad_sequences(x, dtype="float32", padding="post") makes them equal, and'
# The timesteps of the windows that an error proposes.
USUAL_WINDOW = 24
EXAMPLE_LAYER = Layer(cell=LSTM, units=5)
# Keras' layers for images, by the axes of their input: (batch, timesteps, rows, channels)
# and so on.
IMAGE_LAYERS = {4: "ConvLSTM1D", 5: "ConvLSTM2D", 6: "ConvLSTM3D"}


class InputSizes(NamedTuple):
    """The sizes of an input, in the order of its axes."""

    batch_size: int
    timesteps: int
    features: int


class AnyInput(NamedTuple):
    """An input, with what an error needs to say how it gets three axes.

    Attributes:
        name: What the error calls it.
        shape: The size of each of its axes.
        has_integers: Whether its numbers are of a type for integers.
        layer: The layer that is to read it.
        is_file: Whether `window` can cut it into windows.
    """

    name: str
    shape: tuple[int, ...]
    has_integers: bool = False
    layer: Layer = EXAMPLE_LAYER
    is_file: bool = False


def sizes_of_input(x: object, name: str, layer: Layer = EXAMPLE_LAYER) -> InputSizes:
    """Return the sizes of an array, or of nested lists (batch, timesteps, features).

    Args:
        x: What has a `shape`, or lists in lists.
        name: What an error calls it.
        layer: The layer that is to read it.

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
    except RecursionError:
        raise CallError(
            f"{name} is nested too deep, expected three axes (batch, timesteps, features)"
        ) from None
    return sizes_of_shape(AnyInput(name, shape, has_integers(x), layer))


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


def has_integers(x: object) -> bool:
    """Return True if the type of an array is one for integers, or nested lists begin so.

    Example:
        >>> has_integers([[4, 8], [15, 16]]), has_integers([[0.5]])
        (True, False)
    """
    dtype = getattr(x, "dtype", None)
    if dtype is not None:
        return "int" in getattr(dtype, "name", str(dtype))
    # The first of a text is a text again.
    while isinstance(x, Sequence) and not isinstance(x, str | bytes) and x:
        x = x[0]
    return isinstance(x, int) and not isinstance(x, bool)


def sizes_of_shape(array: AnyInput) -> InputSizes:
    """Return the sizes of an input of three axes, or raise a CallError with the cure."""
    check_not_empty(array.shape, array.name)
    if len(array.shape) == 3:
        return InputSizes(*array.shape)
    numbers = ""
    if array.has_integers and len(array.shape) == 2:
        numbers = " of integers"
    raise CallError(
        f"{array.name} has the shape {quoted(array.shape)}{numbers}, expected three axes"
        f" (batch, timesteps, features){cure(array)}"
    )


def sizes_of_windows(shape: tuple[int, ...], window: int, name: str) -> InputSizes:
    """Return the sizes of the windows of a table (timesteps, features).

    Each begins a row later than the one before it. Numbers along one axis are a table of
    one column.

    Raises:
        CallError: it is no table, or has fewer rows than a window.

    Example:
        >>> sizes_of_windows((500, 6), 24, "x")
        InputSizes(batch_size=477, timesteps=24, features=6)
    """
    window = whole_number("window", window, 1, MAX_SIZE)
    check_not_empty(shape, name)
    if len(shape) not in (1, 2):
        raise CallError(
            f"{name} has the shape {quoted(shape)}, expected a table (timesteps,"
            " features) beside `window`, which cuts it into samples"
        )
    row_count, column_count = (*shape, 1)[:2]
    if window > row_count:
        raise CallError(
            f"`window` is {window} and {name} has {number_of(row_count, 'row')}, expected at"
            " most as many"
        )
    return InputSizes(row_count - window + 1, window, column_count)


def check_not_empty(shape: tuple[int, ...], name: str) -> None:
    """Raise a CallError for an array that holds no number."""
    if 0 in shape:
        raise CallError(
            f"{name} has the shape {quoted(shape)}, which is empty, expected a number or"
            " more along each axis"
        )


def cure(array: AnyInput) -> str:
    """Say how an array gets three axes, "" where nothing is known; it begins with a colon."""
    axis_count = len(array.shape)
    if axis_count == 0:
        return ""
    if axis_count == 1:
        return f": {one_sample(array)}, {windows(array)}"
    if axis_count == 2 and array.has_integers:
        return f": {token_ids(array)}, and of a series {windows(array)}"
    if axis_count == 2:
        return f": {windows(array)}, {one_sample(array)}, {one_feature(array)}"
    return f": {', '.join(cures_of_many_axes(array))}"


def windows(array: AnyInput) -> str:
    """Say how rows are cut into windows, and of which shape those are."""
    row_count, column_count = (*array.shape, 1)[:2]
    timesteps = min(USUAL_WINDOW, (row_count + 1) // 2)
    shape = (row_count - timesteps + 1, timesteps, column_count)
    if array.is_file:
        return f"`window={timesteps}` makes windows {shape}"
    rows = "x"
    if len(array.shape) == 1:
        rows = "np.expand_dims(x, -1)"
    call = f"np.lib.stride_tricks.sliding_window_view({rows}, {timesteps}, axis=0)"
    return f"{call}.swapaxes(1, 2) makes windows {shape}"


def one_sample(array: AnyInput) -> str:
    """Say how rows become the timesteps of one sample."""
    row_count, column_count = (*array.shape, 1)[:2]
    shape = (1, row_count, column_count)
    if len(array.shape) == 1:
        return f"np.reshape(x, {shape}) makes one sample"
    return f"np.expand_dims(x, 0) makes one sample {shape}"


def one_feature(array: AnyInput) -> str:
    """Say how each row becomes a sample of one feature."""
    shape = (*array.shape, 1)
    return f"np.expand_dims(x, -1) makes samples of one feature {shape}"


def token_ids(array: AnyInput) -> str:
    """Say that token ids go through an Embedding first, and how to explore what is behind."""
    batch_size, timesteps = array.shape
    return (
        f"token ids go through Embedding(vocabulary, d) first, which makes ({batch_size},"
        f" {timesteps}, d), so explore `timesteps={timesteps}` and `features=d` instead"
    )


def cures_of_many_axes(array: AnyInput) -> list[str]:
    """Say what takes four axes or more: all features side by side, or another layer."""
    batch_size, timesteps, *inner_axes = array.shape
    shape = (batch_size, timesteps, prod(inner_axes))
    cures = [
        f"np.reshape(x, {shape}) makes {number_of(prod(inner_axes), 'feature')} of each"
        " timestep"
    ]
    axis_count = len(array.shape)
    if axis_count == 4:
        layer = f"{array.layer.cell.name}({array.layer.units})"
        output = (batch_size, timesteps, array.layer.units)
        cures.append(
            f"TimeDistributed({layer}) reads each of the {timesteps} as a sample of"
            f" {number_of(inner_axes[0], 'timestep')} and makes {output}"
        )
    if axis_count in IMAGE_LAYERS:
        name = IMAGE_LAYERS[axis_count]
        cures.append(f"{name}(filters, kernel_size) takes images as they are")
    return cures


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
