"""Find out what a layer does with the mask of the layer before it."""

from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from lstm_shapes.run.build import traced_if_long
from lstm_shapes.run.tensorflow import Keras, KerasLayer, Tensor


class MaskUse(NamedTuple):
    """The use a layer makes of a mask, which it uses if it changes its numbers."""

    uses_mask: bool | None = None
    passes_mask: bool | None = None


def behind_mask(keras: Keras, layer: KerasLayer, shape: tuple[int, ...]) -> MaskUse:
    """Call a layer on a (timesteps, units) array with a mask and without one."""
    mask = np.array([[True] + [False] * (shape[0] - 1)])
    masks_seen: list[object] = []

    class MaskedInput(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        """Hands on its input with the mask."""

        supports_masking = True

        def compute_mask(self, *_: object) -> Tensor:
            return mask

        def call(self, inputs: Tensor) -> Tensor:
            return inputs

    class MaskReader(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        """Keeps the mask with which it is called."""

        def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
            masks_seen.append(mask)
            return inputs

    def call_with_and_without_mask(x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        masked_arrays = keras.tree.flatten(layer(MaskedInput()(x)))
        # The mask goes on with the first array: last states have none.
        MaskReader()(masked_arrays[0])
        return masked_arrays, keras.tree.flatten(layer(x))

    x = np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32)
    call_twice = traced_if_long(call_with_and_without_mask, shape[0])
    with catch_warnings():
        # Keras warns of a layer that loses the mask, which is what is asked here.
        simplefilter("ignore")
        masked_arrays, unmasked_arrays = call_twice(x)
    are_equal = True
    for masked, unmasked in zip(masked_arrays, unmasked_arrays, strict=True):
        are_equal = are_equal and np.allclose(masked, unmasked)
    return MaskUse(uses_mask=not are_equal, passes_mask=masks_seen[0] is not None)
