"""Find out what a layer does with the mask of the layer before it."""

from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

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

        def compute_mask(self, *_: Any) -> Tensor:
            return mask

        def call(self, inputs: Tensor) -> Tensor:
            return inputs

    class MaskReader(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        """Keeps the mask with which it is called."""

        def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
            masks_seen.append(mask)
            return inputs

    x = np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32)
    with catch_warnings():
        # Keras warns of a layer that loses the mask, which is what is asked here.
        simplefilter("ignore")
        with_mask = layer(MaskedInput()(x))
        without_mask = layer(x)
        # The mask goes on with the first array: last states have none.
        masked_arrays = keras.tree.flatten(with_mask)
        MaskReader()(masked_arrays[0])
    are_equal = True
    unmasked_arrays = keras.tree.flatten(without_mask)
    for masked, unmasked in zip(masked_arrays, unmasked_arrays, strict=True):
        are_equal = are_equal and np.allclose(masked, unmasked)
    return MaskUse(uses_mask=not are_equal, passes_mask=masks_seen[0] is not None)
