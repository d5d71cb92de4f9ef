"""Write small model files by hand, as several versions of Keras wrote them."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lstm_shapes.run.values import Values

Saved = dict[str, Any]


def saved_layer(
    class_name: str,
    name: str,
    config: Mapping[str, object],
    built_on: Sequence[int | None] | None = None,
) -> Saved:
    """Return a layer as Keras 3 saves it; `built_on` is the shape of its input."""
    layer: Saved = {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, **config},
        "registered_name": None,
    }
    if built_on is not None:
        layer["build_config"] = {"input_shape": list(built_on)}
    return layer


def input_layer(*shape: int | None) -> Saved:
    """Return the InputLayer of a batch of any size, as Keras 3 saves it."""
    return saved_layer("InputLayer", "input_layer", {"batch_shape": [None, *shape]})


def lstm_of_keras_2(units: int, name: str, **arguments: object) -> Saved:
    """Return an LSTM as Keras 2 saved it."""
    config = {
        "name": name,
        "units": units,
        "time_major": False,
        "implementation": 2,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "dtype": "float32",
        **arguments,
    }
    return {"class_name": "LSTM", "config": config}


def input_of_keras_2(*shape: int | None, name: str = "input_1") -> Saved:
    """Return the InputLayer of a batch of any size, as Keras 2 saved it."""
    config = {"name": name, "batch_input_shape": [None, *shape]}
    return {"class_name": "InputLayer", "config": config}


def sequential(*layers: Saved, name: str = "sequential") -> Saved:
    """Return a Sequential of such layers."""
    config = {"name": name, "layers": list(layers)}
    return {"class_name": "Sequential", "config": config}


def numbers(*shape: int) -> Values:
    """Return numbers of a shape, the same each time."""
    rng = np.random.default_rng(sum(shape))
    return rng.standard_normal(shape, dtype=np.float32)


def cell_weights(features: int, units: int) -> list[Values]:
    """Return the weights of an LSTM: a kernel, a recurrent kernel, and a bias."""
    return [
        numbers(features, 4 * units),
        numbers(units, 4 * units),
        numbers(4 * units),
    ]


def write_keras(
    path: Path,
    config: object,
    weights: Mapping[str, Sequence[Values]],
    version: str = "3.15.1",
) -> Path:
    """Write a .keras whose weights stand in groups as `layers/lstm/cell`."""
    weights_path = path.with_suffix(".weights.h5")
    with h5py.File(weights_path, "w") as file:
        for group, arrays in weights.items():
            for number, array in enumerate(arrays):
                file[f"{group}/vars/{number}"] = array
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights_path, "model.weights.h5")
    weights_path.unlink()
    return path


def write_h5(
    path: Path,
    config: object,
    weights: Mapping[str, Mapping[str, Values]],
    version: str = "2.15.0",
) -> Path:
    """Write an .h5 of Keras 2: for each top layer, its weights by their names."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["backend"] = "tensorflow"
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in weights]
        for layer_name, arrays in weights.items():
            group = root.create_group(layer_name)
            group.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                group[name] = array
    return path


def named(prefix: str, arrays: Sequence[Values]) -> dict[str, Values]:
    """Return the weights of a cell by the names that Keras 2 gave them."""
    names = ("kernel:0", "recurrent_kernel:0", "bias:0")
    return {
        f"{prefix}/{name}": array for name, array in zip(names, arrays, strict=True)
    }
