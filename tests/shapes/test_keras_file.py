import io
import json
import os
import random
import shutil
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.weights import read_model_file
from lstm_shapes.shapes.keras_file import (
    SavedModel,
    Unknown,
    looks_like_model,
    read_saved_text,
)
from tests.saved_models import (
    Saved,
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

MODEL = Path(__file__).parent.parent / "models" / "model.keras"
SHARED_MODELS = Path(__file__).parents[3] / "shared" / "models"
INDEX = SHARED_MODELS / "index.json"


def read(*layers: Saved) -> SavedModel:
    """Return what is known of a Sequential of such layers, as JSON holds it."""
    return read_saved_text(json.dumps(sequential(*layers)), "-")


def codes(model: SavedModel) -> dict[str, str | None]:
    """Return the layers of a model by their paths, as they are written."""
    return {
        layer.path: layer.layer.code() if layer.layer is not None else None
        for layer in model.layers
    }


def test_a_keras_file_tells_its_layers_and_the_sizes_of_the_model() -> None:
    model = read_model_file(MODEL)
    assert codes(model) == {
        "lstm": "LSTM(6, return_sequences=True)",
        "lstm_1": "LSTM(5)",
    }
    lower, upper = model.layers
    assert (lower.input_shape, lower.output_shapes) == (
        (None, 10, 4),
        ((None, 10, 6),),
    )
    assert (upper.input_shape, upper.output_shapes) == ((None, 10, 6), ((None, 5),))
    assert (lower.parameters, upper.parameters) == (264, 240)
    assert (model.input_shapes, model.output_shapes) == (((None, 10, 4),), ((None, 1),))
    assert (model.parameters, model.other_classes) == (510, {"Dense": 1})
    assert (model.keras_version, model.has_config) == ("3.15.1", True)


def test_a_folder_of_an_unzipped_file_is_read_like_the_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(MODEL) as archive:
        archive.extractall(tmp_path / "model")
    model = read_model_file(tmp_path / "model")
    assert model.layers == read_model_file(MODEL).layers
    assert looks_like_model(tmp_path / "model")


def test_weights_are_numbered_by_class_and_not_by_name(tmp_path: Path) -> None:
    config = sequential(
        input_layer(10, 8),
        saved_layer("LSTM", "second", {"units": 3}),
        saved_layer("LSTM", "lstm", {"units": 2}),
    )
    path = write_keras(tmp_path / "m.keras", config, {})
    paths = [layer.weight_paths[0] for layer in read_model_file(path).layers]
    assert paths == ["layers/lstm/cell/vars/0", "layers/lstm_1/cell/vars/0"]


def test_a_file_of_keras_2_is_read_though_its_suffix_is_keras(tmp_path: Path) -> None:
    config = sequential(
        input_of_keras_2(10, 8),
        lstm_of_keras_2(6, "lstm", return_sequences=True),
        {"class_name": "Dropout", "config": {"name": "dropout", "rate": 0.1}},
        lstm_of_keras_2(5, "second", recurrent_activation="hard_sigmoid"),
    )
    path = write_h5(tmp_path / "old.keras", config, {"lstm": {}})
    model = read_model_file(path)
    assert codes(model) == {
        "lstm": "LSTM(6, return_sequences=True)",
        "second": 'LSTM(5, recurrent_activation=keras_2_hard_sigmoid, name="second")',
    }
    assert model.keras_version == "2.15.0"
    assert model.layers[1].input_shape == (None, 10, 6)


def test_a_config_that_bytes_do_not_show_is_read_by_h5py(tmp_path: Path) -> None:
    config: Saved = {
        "x": 1,
        **sequential(input_of_keras_2(10, 8), lstm_of_keras_2(6, "a")),
    }
    model = read_model_file(write_h5(tmp_path / "m.h5", config, {}, version="2.4.0"))
    assert codes(model) == {"a": 'LSTM(6, name="a")'}
    assert model.keras_version == "2.4.0"


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (saved_layer("Embedding", "e", {"input_dim": 9, "output_dim": 3}), (7, 8, 3)),
        (saved_layer("Dense", "d", {"units": 3}), (7, 3)),
        (saved_layer("Reshape", "r", {"target_shape": [-1, 2]}), (28, 2)),
        (saved_layer("Permute", "p", {"dims": [2, 1]}), (8, 7)),
        (
            saved_layer(
                "Conv1D",
                "c",
                {"filters": 5, "kernel_size": [3], "strides": [2], "padding": "valid"},
            ),
            (3, 5),
        ),
        (
            saved_layer("MaxPooling1D", "m", {"pool_size": [3], "padding": "same"}),
            (3, 8),
        ),
        (saved_layer("ZeroPadding1D", "z", {"padding": [1, 0]}), (8, 8)),
        (saved_layer("Masking", "m", {}), (7, 8)),
        (
            saved_layer(
                "TimeDistributed",
                "t",
                {"layer": saved_layer("Dense", "d", {"units": 2})},
            ),
            (7, 2),
        ),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else "",
)
def test_shapes_go_through_the_layers_before(
    layer: Saved, shape: tuple[int, ...]
) -> None:
    inner = saved_layer("LSTM", "lstm", {"units": 2})
    if len(shape) == 3:
        inner = saved_layer("TimeDistributed", "outer", {"layer": inner})
    [saved] = read(input_layer(7, 8), layer, inner).layers
    assert saved.input_shape == (None, *shape[-2:])


@pytest.mark.parametrize(
    ("class_name", "config", "code", "outputs", "parameters"),
    [
        (
            "Bidirectional",
            {
                "layer": saved_layer("GRU", "gru", {"units": 3, "reset_after": True}),
                "merge_mode": "sum",
            },
            'Bidirectional(GRU(3), merge_mode="sum")',
            ((None, 3),),
            2 * 9 * (8 + 3 + 2),
        ),
        (
            "RNN",
            {
                "cell": saved_layer("LSTMCell", "c", {"units": 3}),
                "return_sequences": True,
                "return_state": True,
            },
            "LSTM(3, return_sequences=True, return_state=True)",
            ((None, 7, 3), (None, 3), (None, 3)),
            12 * (8 + 3 + 1),
        ),
        (
            "RNN",
            {
                "cell": saved_layer(
                    "StackedRNNCells",
                    "s",
                    {
                        "cells": [
                            saved_layer("LSTMCell", "a", {"units": 3}),
                            saved_layer("SimpleRNNCell", "b", {"units": 2}),
                        ]
                    },
                ),
                "return_state": True,
            },
            None,
            ((None, 2), (None, 3), (None, 3), (None, 2)),
            12 * (8 + 3 + 1) + 2 * (3 + 2 + 1),
        ),
    ],
    ids=["both directions", "a cell", "a stack of cells"],
)
def test_wrapped_layers_have_their_code_arrays_and_parameters(
    class_name: str,
    config: Saved,
    code: str | None,
    outputs: tuple[tuple[int | None, ...], ...],
    parameters: int,
) -> None:
    model = read(input_layer(7, 8), saved_layer(class_name, class_name.lower(), config))
    [layer] = model.layers
    assert (layer.class_name, list(codes(model).values())) == (class_name, [code])
    assert (layer.output_shapes, layer.parameters) == (outputs, parameters)


def test_a_convolutional_layer_is_told_with_its_shapes() -> None:
    config = {
        "filters": 4,
        "kernel_size": [3, 3],
        "strides": [1, 1],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "return_sequences": True,
    }
    model = read(input_layer(5, 8, 8, 2), saved_layer("ConvLSTM2D", "c", config))
    [layer] = model.layers
    assert (layer.layer, layer.unknown) == (None, Unknown.CONVOLUTIONAL)
    assert layer.output_shapes == ((None, 5, 6, 6, 4),)
    assert layer.parameters == 4 * 4 * (9 * (2 + 4) + 1)


def test_the_layer_in_a_wrapper_or_a_model_has_their_names_before_its_own() -> None:
    inner = sequential(
        input_layer(7, 8), saved_layer("LSTM", "lstm", {"units": 2}), name="encoder"
    )
    wrapped = saved_layer("TimeDistributed", "each", {"layer": inner})
    model = read(input_layer(3, 7, 8), wrapped)
    [layer] = model.layers
    assert (layer.path, layer.wrappers) == ("each/encoder/lstm", ("TimeDistributed",))
    assert (layer.input_shape, model.output_shapes) == ((None, 7, 8), ((None, 3, 2),))


def test_a_graph_of_keras_2_hands_shapes_from_layer_to_layer() -> None:
    encoder = lstm_of_keras_2(6, "encoder", return_state=True)
    encoder |= {"inbound_nodes": [[["x", 0, 0, {}]]]}
    decoder = lstm_of_keras_2(6, "decoder", return_sequences=True)
    decoder["inbound_nodes"] = [
        [["y", 0, 0, {}], ["encoder", 0, 1, {}], ["encoder", 0, 2, {}]]
    ]
    config = {
        "name": "model",
        # The decoder stands before what it reads.
        "layers": [
            input_of_keras_2(None, 8, name="x"),
            input_of_keras_2(4, 5, name="y"),
            decoder,
            encoder,
        ],
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["decoder", 0, 0]],
    }
    text = json.dumps({"class_name": "Functional", "config": config})
    model = read_saved_text(text, "-")
    shapes = {layer.path: layer.input_shape for layer in model.layers}
    assert shapes == {"decoder": (None, 4, 5), "encoder": (None, None, 8)}
    assert model.output_shapes == ((None, 4, 6),)


def test_a_layer_behind_an_unknown_one_has_its_flags_and_no_shape() -> None:
    unknown = saved_layer("Lambda", "lambda", {"function": "never run"})
    model = read(input_layer(7, 8), unknown, saved_layer("LSTM", "lstm", {"units": 2}))
    [layer] = model.layers
    assert codes(model) == {"lstm": "LSTM(2)"}
    assert (layer.input_shape, layer.output_shapes) == (None, None)
    assert layer.unknown == Unknown.BEHIND_UNKNOWN_LAYER


def test_a_model_that_was_never_built_has_flags_alone() -> None:
    [layer] = read(saved_layer("GRU", "gru", {"units": 2, "reset_after": True})).layers
    assert (layer.unknown, layer.parameters) == (Unknown.NOT_BUILT, None)


def test_a_users_class_is_no_layer_of_keras_though_it_is_called_lstm() -> None:
    own = saved_layer("LSTM", "lstm", {"units": 2, "return_sequences": False})
    own |= {"module": None, "registered_name": "other>LSTM"}
    [layer] = read(input_layer(7, 8), own).layers
    assert (layer.layer, layer.unknown) == (None, Unknown.OWN_CLASS)


def test_a_subclassed_model_is_told_by_its_weights(tmp_path: Path) -> None:
    config = {"module": None, "class_name": "Sub", "config": {"units": 6}}
    groups = {
        "layers/lstm/cell": cell_weights(8, 6),
        "layers/bidirectional/backward_layer/cell": cell_weights(6, 3),
        "layers/bidirectional/forward_layer/cell": cell_weights(6, 3),
        "layers/dense": [numbers(6, 1), numbers(1)],
    }
    model = read_model_file(write_keras(tmp_path / "m.keras", config, groups))
    assert codes(model) == {
        "layers/bidirectional": "Bidirectional(LSTM(3))",
        "layers/lstm": "LSTM(6)",
    }
    for layer in model.layers:
        assert layer.unknown == Unknown.INSIDE_OWN_CODE
    assert (
        model.layers[0].weight_paths[0].startswith("layers/bidirectional/forward_layer")
    )


def test_weights_alone_tell_units_and_features(tmp_path: Path) -> None:
    weights = {"lstm": named("lstm/lstm_cell", cell_weights(8, 6))}
    model = read_model_file(write_h5(tmp_path / "w.h5", None, weights))
    [layer] = model.layers
    assert (codes(model), layer.input_shape) == ({"lstm": "LSTM(6)"}, (None, None, 8))
    assert (layer.unknown, model.has_config) == (Unknown.NO_CONFIG, False)
    assert model.parameters == 24 * (8 + 6 + 1)


def archive_of(members: dict[str, bytes], **settings: Any) -> bytes:
    """Return the bytes of a zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", **settings) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def lying_archive() -> bytes:
    """Return a zip whose config says that it unfolds to 3 GB."""
    data = bytearray(archive_of({"config.json": b"{}"}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 3 * 10**9)
    return bytes(data)


BAD_FILES = {
    "nothing": (b"", "is empty"),
    "text": (b"hello", "is no saved model"),
    "other JSON": (b"[1, 2]", "holds no model, but other JSON"),
    "half of JSON": (b'{"class_name": "Seq', "is no JSON"),
    "a number of 5,000 digits": (b'{"units": ' + b"9" * 5000 + b"}", "is no JSON"),
    "without end": (b'{"config": ' * 100_000, "without end"),
    "deep": (
        b'{"class_name":"A","config":{"layers":[' * 300 + b"]}}" * 300,
        "",
    ),
    "another zip": (archive_of({"a.txt": b"a"}), "is a zip without a config.json"),
    "cut": (MODEL.read_bytes()[:9000], "is a damaged zip"),
    "a bomb": (lying_archive(), "unfolds to 3,000,000,000 bytes"),
    "encrypted": (
        archive_of({"config.json": b"{}"}).replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
        ),
        "is a damaged zip",
    ),
    "half of HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "damaged"),
}


@pytest.mark.parametrize(("data", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_in_one_sentence(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(data)
    if not words:
        read_model_file(path)  # it holds no recurrent layer
        return
    with pytest.raises(CallError, match=words) as raised:
        read_model_file(path)
    assert "\n" not in str(raised.value)


def test_a_cut_h5_is_told_with_its_two_sizes(tmp_path: Path) -> None:
    config = sequential(input_of_keras_2(10, 8), lstm_of_keras_2(6, "lstm"))
    weights = {"lstm": named("lstm/lstm_cell", cell_weights(8, 6))}
    path = write_h5(tmp_path / "m.h5", config, weights)
    data = path.read_bytes()
    path.write_bytes(data[:-900])
    with pytest.raises(
        CallError, match=f"is cut: it has {len(data) - 900:,} of {len(data):,} bytes"
    ):
        read_model_file(path)


def test_a_saved_model_folder_is_told_how_to_be_saved_anew(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(CallError, match="is a SavedModel of TensorFlow"):
        read_model_file(tmp_path)


def test_nothing_in_a_file_is_run_or_imported() -> None:
    code = "open('/tmp/never', 'w')"
    layer = saved_layer("LSTM", "lstm", {"units": 2, "activation": {"config": code}})
    layer["module"] = "keras.layers"
    bad = saved_layer("Gate", "gate", {"layer": layer, "function": code})
    bad["module"] = "os.path"
    [saved] = read(input_layer(7, 8), layer, bad).layers
    assert (saved.layer, saved.unknown) == (None, Unknown.NOT_EXPLORED)
    assert saved.output_shapes == ((None, 2),)


def test_damaged_bytes_are_read_or_refused(tmp_path: Path) -> None:
    config = sequential(
        input_of_keras_2(10, 8),
        lstm_of_keras_2(6, "lstm"),
        {"class_name": "Gate", "config": {"name": "gate"}, "registered_name": "a>Gate"},
    )
    weights = {"lstm": named("lstm/lstm_cell", cell_weights(8, 6))}
    old = write_h5(tmp_path / "old.h5", config, weights)
    rng = random.Random(1729)
    for number in range(120):
        source = rng.choice([MODEL, old])
        data = bytearray(source.read_bytes())
        for _ in range(rng.choice([1, 5, 100])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / f"{number}{source.suffix}"
        path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
        with suppress(CallError):
            read_model_file(path)


@pytest.mark.skipif(not INDEX.exists(), reason="the models stand beside the project")
def test_models_of_many_versions_are_read_as_keras_reads_them() -> None:
    for entry in json.loads(INDEX.read_text("utf-8"))["files"]:
        if not entry["recurrent"]:
            continue
        layers = {
            layer.path: layer
            for layer in read_model_file(SHARED_MODELS / entry["file"]).layers
        }
        for expected in entry["recurrent"]:
            layer = layers.pop(expected["path"])
            assert layer.class_name == expected["cls"]
            assert layer.parameters == expected["params"]
            if layer.layer is not None:
                assert layer.layer.units == expected["units"]
            if not layer.unknown:
                assert layer.layer is not None
                assert layer.input_shape == tuple(expected["input_shape"])
                for flag in ("return_sequences", "return_state", "stateful"):
                    assert getattr(layer.layer, flag) == expected[flag]
        assert not layers


def test_reading_imports_neither_numpy_nor_h5py(tmp_path: Path) -> None:
    import subprocess
    import sys

    shutil.copy(MODEL, tmp_path)
    code = (
        "import sys; from pathlib import Path;"
        "from lstm_shapes.run.weights import read_model_file;"
        "read_model_file(Path(sys.argv[1]));"
        "print([name for name in ('numpy', 'h5py', 'keras') if name in sys.modules])"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "model.keras")]
    answer = subprocess.run(
        words, capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert answer.stdout == "[]\n"
