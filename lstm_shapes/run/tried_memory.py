"""Keep layers that are tried within the memory that a run may take."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

from lstm_shapes.run.tensorflow import Keras, KerasLayer, Tensor
from lstm_shapes.shapes.layer import DTYPE_BYTES

# Keras draws a weight, scales it and keeps it; for a recurrent one it finds an orthogonal
# matrix as well. An array comes of two samples, again of one, and is compared.
COPIES_OF_WEIGHTS = 5
COPIES_OF_ARRAYS = 4


class TooLargeError(Exception):
    """A layer would take more memory than it may."""


@dataclass
class Memory:
    """The memory that the layers of a chain take, and may take.

    Attributes:
        byte_limit: The bytes that they may take; None is no limit.
        weight_count: The numbers in their weights.
        array_count: The numbers in the arrays that they give.
    """

    byte_limit: float | None = None
    weight_count: int = 0
    array_count: int = 0

    @property
    def needed_bytes(self) -> int:
        """The bytes that the layers take, about."""
        weight_numbers = COPIES_OF_WEIGHTS * self.weight_count
        array_numbers = COPIES_OF_ARRAYS * self.array_count
        return DTYPE_BYTES["float32"] * (weight_numbers + array_numbers)

    @property
    def is_exceeded(self) -> bool:
        """Return True if the layers take more than they may."""
        return self.byte_limit is not None and self.needed_bytes > self.byte_limit

    def add_weight(self, shape: Sequence[int | None]) -> None:
        """Count a weight, before it is made."""
        self.weight_count += count_of(shape)
        self._check()

    def add_array(self, shape: Sequence[int | None]) -> None:
        """Count an array, before it is made."""
        self.array_count += count_of(shape)
        self._check()

    def _check(self) -> None:
        """Raise a TooLargeError if the layers take more than they may."""
        if self.is_exceeded:
            raise TooLargeError


def count_of(shape: Sequence[int | None]) -> int:
    """Return how many numbers an array has; an open axis counts as one."""
    return prod(size for size in shape if size is not None)


def check_call(
    keras: Keras, layer: KerasLayer, tensors: Sequence[Tensor], memory: Memory
) -> None:
    """Build a layer, and find the shapes of what it gives, before it gives numbers.

    Raises:
        TooLargeError: its weights or arrays would take more memory than is left.
    """
    inputs = []
    for tensor in tensors:
        inputs.append(
            keras.Input(
                batch_shape=tensor.shape,
                dtype=keras.backend.standardize_dtype(tensor.dtype),
            )
        )
    with weights_counted(keras, memory):
        returned = layer(inputs if len(inputs) > 1 else inputs[0])
    for tensor in keras.tree.flatten(returned):
        memory.add_array(tensor.shape)


@contextmanager
def weights_counted(keras: Keras, memory: Memory) -> Iterator[None]:
    """Count the weights that Keras' layers make, each before it is made."""
    layer_class = keras.layers.Layer
    add_weight = layer_class.add_weight

    def add_counted_weight(layer: KerasLayer, *args: Any, **kwargs: Any) -> Tensor:
        shape = kwargs.get("shape", args[0] if args else ())
        if isinstance(shape, int):
            shape = (shape,)
        memory.add_weight(shape or ())
        return add_weight(layer, *args, **kwargs)

    layer_class.add_weight = add_counted_weight
    try:
        yield
    finally:
        layer_class.add_weight = add_weight
