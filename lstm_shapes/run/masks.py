"""Find out what a layer does with the mask of the layer before it."""

from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np


def behind_mask(keras: Any, layer: Any, shape: tuple[int, ...]) -> tuple[bool, bool]:
    """Return whether a layer uses a mask, and whether it passes the mask on.

    It uses it if the numbers that it makes of a (timesteps, units) array are others with it.
    """
    mask, seen = np.array([[True, *[False] * (shape[0] - 1)]]), []

    class Masked(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        supports_masking = True

        def compute_mask(self, *_: Any) -> Any:
            return mask

        def call(self, inputs: Any) -> Any:
            return inputs

    class Behind(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any, mask: Any = None) -> Any:
            seen.append(mask)
            return inputs

    x = np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32)
    with catch_warnings():  # that a layer loses the mask is what is asked
        simplefilter("ignore")
        with_mask, without = layer(Masked()(x)), layer(x)
        Behind()(with_mask)
    pairs = zip(*map(keras.tree.flatten, (with_mask, without)), strict=True)
    return not all(np.allclose(*pair) for pair in pairs), seen[0] is not None
