import json
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.explore import explore
from lstm_shapes.run.values import Values
from lstm_shapes.run.weights import read_model_file, saved_weights
from lstm_shapes.shapes.keras_file import SavedLayer
from lstm_shapes.shapes.spec import Spec
from tests.memory import growth_limited_to
from tests.saved_models import (
    cell_weights,
    input_layer,
    input_of_keras_2,
    lstm_of_keras_2,
    named,
    numbers,
    saved_layer,
    sequential,
    write_h5,
    write_keras,
)

SHARED_MODELS = Path(__file__).parents[3] / "shared" / "models"
INDEX = SHARED_MODELS / "index.json"


def layer_of(path: Path, layer_path: str) -> SavedLayer:
    """Return a layer of a file."""
    for layer in read_model_file(path).layers:
        if layer.path == layer_path:
            return layer
    raise AssertionError(layer_path)


def returned(path: Path, layer: SavedLayer, x: Values) -> list[Values]:
    """Return the arrays of a layer of a file, with its own weights."""
    assert layer.layer is not None
    spec = Spec(
        layers=(layer.layer,),
        timesteps=x.shape[1],
        features=x.shape[2],
        batch_size=x.shape[0],
    )
    run = explore(
        spec,
        weights=saved_weights(path, layer),
        input=x,
        try_next_layers=False,
        compare_calls=False,
    )
    return [array.values for array in run.outputs]


@pytest.fixture(scope="module")
def model() -> Any:
    """Return a model in which layers of one class stand in many places."""
    import keras

    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((7, 6)),
            layers.LSTM(6, return_sequences=True, name="lower"),
            layers.LSTM(6, return_sequences=True, name="upper"),
        ],
        name="inner",
    )
    outer = keras.Sequential(
        [
            keras.Input((7, 6)),
            inner,
            layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both"),
            layers.GRU(6, name="last", reset_after=False, use_bias=False),
            layers.Dense(1),
        ]
    )
    for number, variable in enumerate(outer.weights):
        variable.assign(variable + 0.01 * number)
    return outer


# Keras 3.15 makes arrays as NumPy before 2 did.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("path", ["inner/lower", "inner/upper", "both", "last"])
def test_the_weights_of_a_layer_are_those_of_keras(
    tmp_path: Path, model: Any, suffix: str, path: str
) -> None:
    file = tmp_path / f"m.{suffix}"
    model.save(file)
    layer = model
    for name in path.split("/"):
        layer = layer.get_layer(name)
    weights = saved_weights(file, layer_of(file, path))
    for weight, variable in zip(weights, layer.weights, strict=True):
        np.testing.assert_array_equal(weight, variable.numpy())


def test_a_file_of_keras_2_is_explored_with_its_own_hard_sigmoid(
    tmp_path: Path,
) -> None:
    config = sequential(
        input_of_keras_2(5, 3),
        lstm_of_keras_2(2, "lstm", recurrent_activation="hard_sigmoid"),
    )
    kernel, recurrent_kernel, bias = cell_weights(3, 2)
    weights = {"lstm": named("lstm/cell", [kernel, recurrent_kernel, bias])}
    file = write_h5(tmp_path / "old.h5", config, weights)
    x = numbers(1, 5, 3)
    [output] = returned(file, layer_of(file, "lstm"), x)

    h = np.zeros((1, 2))
    c = np.zeros((1, 2))
    for timestep in range(5):
        product = x[:, timestep] @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(product, 4, axis=-1)
        i, f, o = [np.clip(0.2 * gate + 0.5, 0, 1) for gate in (i, f, o)]
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    np.testing.assert_allclose(output, h, atol=1e-6)


def test_alike_layers_of_keras_2_in_one_group_are_told_by_their_names(
    tmp_path: Path,
) -> None:
    inner = sequential(
        input_of_keras_2(5, 2),
        lstm_of_keras_2(2, "a", return_sequences=True),
        lstm_of_keras_2(2, "b"),
        name="inner",
    )
    # Frozen weights stand behind the others.
    groups = {
        "inner": named("b/lstm_cell", cell_weights(2, 2))
        | named("a/lstm_cell", [weight + 1 for weight in cell_weights(2, 2)])
    }
    file = write_h5(
        tmp_path / "old.h5", sequential(input_of_keras_2(5, 2), inner), groups
    )
    for path, kernel in [("inner/a", numbers(2, 8) + 1), ("inner/b", numbers(2, 8))]:
        weights = saved_weights(file, layer_of(file, path))
        np.testing.assert_array_equal(weights[0], kernel)


def write_lstm(path: Path) -> Path:
    """Write a .keras of one LSTM(2) on 3 features, without its weights."""
    config = sequential(input_layer(5, 3), saved_layer("LSTM", "lstm", {"units": 2}))
    return write_keras(path, config, {})


def links_elsewhere(file: Any) -> None:
    """Let the weights be a link to another file."""
    file["layers/lstm/cell/vars/0"] = h5py.ExternalLink("/etc/passwd", "x")


def declares_terabytes(file: Any) -> None:
    """Let the kernel be of 4 TB, none of which is there."""
    file.create_dataset(
        "layers/lstm/cell/vars/0", shape=(2**37, 8), dtype="float32", chunks=(2**10, 8)
    )


def has_other_shapes(file: Any) -> None:
    """Let the weights be those of another layer."""
    for number, weight in enumerate(cell_weights(3, 4)):
        file[f"layers/lstm/cell/vars/{number}"] = weight


def has_texts(file: Any) -> None:
    """Let the kernel be texts."""
    file["layers/lstm/cell/vars/0"] = [["a"] * 8] * 3


def has_none(file: Any) -> None:
    """Let there be no weights."""
    file["layers/dense/vars/0"] = numbers(3, 4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (links_elsewhere, "a link to other data, which is not followed"),
        (declares_terabytes, "does not hold so many"),
        (has_other_shapes, r"expected \[\(3, 8\), \(2, 8\), \(8,\)\]"),
        (has_texts, "are no numbers"),
        (has_none, "has no weights for 'lstm'"),
    ],
)
def test_weights_that_are_not_the_layers_are_refused(
    tmp_path: Path, change: Any, words: str
) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    config = sequential(input_layer(5, 3), saved_layer("LSTM", "lstm", {"units": 2}))
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    with h5py.File(folder / "model.weights.h5", "w") as file:
        change(file)
    with pytest.raises(CallError, match=words):
        saved_weights(folder, layer_of(folder, "lstm"))


def test_a_heap_that_hdf5_would_read_for_ever_is_refused(tmp_path: Path) -> None:
    config = sequential(input_of_keras_2(5, 3), lstm_of_keras_2(2, "lstm"))
    weights = {"lstm": named("lstm/cell", cell_weights(3, 2))}
    file = write_h5(tmp_path / "old.h5", config, weights)
    data = bytearray(file.read_bytes())
    first_object = data.index(b"GCOL") + 16
    data[first_object : first_object + 16] = bytes(16)
    saved = layer_of(file, "lstm")
    file.write_bytes(data)
    with pytest.raises(CallError, match="are damaged"):
        saved_weights(file, saved)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is in kB there")
@pytest.mark.parametrize(
    ("attribute", "second_name"),
    [
        ("layer_names", "a_layer_with_a_name"),
        ("weight_names", "lstm/cell/recurrent_kernel:0"),
    ],
)
def test_a_name_that_says_it_is_longer_than_its_file_takes_no_memory(
    attribute: str, second_name: str, tmp_path: Path
) -> None:
    config = sequential(input_of_keras_2(5, 3), lstm_of_keras_2(2, "lstm"))
    weights = {
        "lstm": named("lstm/cell", cell_weights(3, 2)),
        "a_layer_with_a_name": {},
    }
    path = write_h5(tmp_path / "old.h5", config, weights)
    saved = layer_of(path, "lstm")
    assert len(saved_weights(path, saved)) == 3

    data = bytearray(path.read_bytes())
    # The length of a name stands beside it, before the place of its text.
    length = len(second_name).to_bytes(4, "little")
    position = data.index(length, data.index(attribute.encode() + b"\0") + 48)
    data[position : position + 4] = (2**30).to_bytes(4, "little")
    path.write_bytes(data)
    with growth_limited_to(195), pytest.raises(CallError, match="are damaged"):
        saved_weights(path, saved)


@pytest.mark.skipif(not INDEX.exists(), reason="the models stand beside the project")
def test_layers_return_what_they_return_in_their_own_keras() -> None:
    arrays = np.load(SHARED_MODELS / "arrays.npz")
    for entry in json.loads(INDEX.read_text("utf-8"))["files"]:
        file = SHARED_MODELS / entry["file"]
        for expected in entry["recurrent"]:
            saved = layer_of(file, expected["path"])
            if saved.unknown or not expected["arrays"]:
                continue
            assert saved.input_shape is not None
            shape = (2, 5, saved.input_shape[-1] or 1)
            x = np.random.default_rng(3).normal(size=shape).astype("float32")
            outputs = returned(file, saved, x)
            tolerance = 1e-6
            if entry["keras"].startswith("2."):
                tolerance = 1e-5
            for output, name in zip(outputs, expected["arrays"], strict=True):
                np.testing.assert_allclose(output, arrays[name], rtol=0, atol=tolerance)
