"""Read a saved model: its recurrent layers, with what is known of each.

Nothing in a file is run, imported or unpickled, and Keras' own reader is never called.
"""

import json
import mmap
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import NamedTuple

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.model_shapes import ModelShape
from lstm_shapes.shapes.saved_config import ConfigReader, with_unique_paths
from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel, Unknown
from lstm_shapes.shapes.saved_weights import (
    StoredWeights,
    layers_in_weights,
    weights_of_layer,
)

__all__ = [
    "HDF5Reader",
    "ModelShape",
    "SavedLayer",
    "SavedModel",
    "Unknown",
    "looks_like_model",
    "read_config",
    "read_saved_model",
    "read_saved_text",
]

# The members of a .keras file, by their exact names; nothing else is read of it.
CONFIG_NAME = "config.json"
METADATA_NAME = "metadata.json"
WEIGHTS_NAME = "model.weights.h5"
# The first bytes of HDF5, whatever the file's suffix is.
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ZIP_MAGIC = b"PK"
# Much longer than the config of any model: an LSTM takes 1.6 kB of it.
MAX_CONFIG_BYTES = 2**26
# Keras writes the config of a model before its weights.
HDF5_HEAD_BYTES = 2**20
CONFIG_START = b'{"class_name": '
CONFIG_CHUNK_BYTES = 2**16
# A version stands a few bytes before the config, with zeros behind it.
VERSION = re.compile(rb"(\d+\.\d+\.\d+[\w.+-]*)\x00")
READ_BEFORE_CONFIG = 200
MAX_FILE_BYTES = 2**48
# One of the two escapes that JSON writes for a character beyond 16 bits.
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")

EXPECTED = "expected a .keras, .h5 or .json file that Keras has saved"


class HDF5Reader(NamedTuple):
    """The two questions to an HDF5 file, which `lstm_shapes.run.weights` answers.

    Attributes:
        config: Return the attributes model_config and keras_version, "" where there
            is none.
        weights: Return the datasets of weights.
    """

    config: Callable[[Path], tuple[str, str]]
    weights: Callable[[Path], StoredWeights]


def looks_like_model(path: Path) -> bool:
    """Return True if a file or folder is a saved model, by its first bytes and names."""
    try:
        if path.is_dir():
            return (path / CONFIG_NAME).is_file() or is_saved_model_folder(path)
        with path.open("rb") as file:
            start = file.read(len(HDF5_MAGIC))
        if start == HDF5_MAGIC:
            return True
        if not start.startswith(ZIP_MAGIC):
            return False
        with zipfile.ZipFile(path) as archive:
            return CONFIG_NAME in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def read_saved_model(path: Path, hdf5: HDF5Reader) -> SavedModel:
    """Read the recurrent layers of a saved model.

    Callers have `lstm_shapes.run.weights.read_model_file(path)`, which brings `hdf5`.

    Args:
        path: A `.keras`, `.h5` or JSON file, or the folder of an unzipped `.keras`.
        hdf5: What reads HDF5 where bytes alone do not tell.

    Raises:
        CallError: there is no such file, or it is no model, or damaged.
    """
    name = quoted(str(path))
    try:
        if path.is_dir():
            return read_folder(path, hdf5)
        with path.open("rb") as file:
            start = file.read(len(HDF5_MAGIC))
        if not start:
            raise CallError(f"{name} is empty, {EXPECTED}")
        if start == HDF5_MAGIC:
            return read_hdf5(path, hdf5)
        if start.startswith(ZIP_MAGIC):
            return read_archive(path, hdf5)
        return read_json_file(path)
    except FileNotFoundError as error:
        raise CallError(f"there is no {name}, {EXPECTED}") from error
    except OSError as error:
        raise CallError(
            f"{name} cannot be read ({error.strerror}), {EXPECTED}"
        ) from error
    except ValueError as error:
        if isinstance(error, CallError):
            raise
        # A path with a zero byte is no path.
        raise CallError(f"{name} cannot be read, {EXPECTED}") from error


def read_saved_text(text: str, file: str) -> SavedModel:
    """Read the recurrent layers of a model in JSON, as `to_json()` writes it.

    Args:
        text: The JSON.
        file: What to call it: "-".

    Raises:
        CallError: it is no JSON, or no model.
    """
    config = parse_json(text, quoted(file))
    version = None
    if isinstance(config, Mapping) and isinstance(config.get("keras_version"), str):
        version = config["keras_version"]
    return read_config(config, file, version)._replace(has_weights=False)


def read_config(config: object, file: str, keras_version: str | None) -> SavedModel:
    """Read the recurrent layers of a config, as Keras serializes a model in memory.

    Raises:
        CallError: it is no config of a model.
    """
    return model_of(reader_of(config, file, keras_version), file)


def reader_of(config: object, file: str, keras_version: str | None) -> ConfigReader:
    """Return what reads a config; raise a CallError if it is none."""
    if isinstance(config, Mapping) and "class_name" not in config:
        if isinstance(config.get("layers"), list):
            config = {"class_name": "Functional", "config": config}
    if not isinstance(config, Mapping) or not isinstance(config.get("class_name"), str):
        raise CallError(
            f"{quoted(file)} holds no model, but other JSON, expected what Keras saves,"
            ' as {"class_name": "Sequential", …}'
        )
    return ConfigReader(config, keras_version)


def model_of(reader: ConfigReader, file: str) -> SavedModel:
    """Return the model that a config tells of; raise a CallError if it is too deep."""
    try:
        return reader.read(file)
    except RecursionError as error:
        raise too_deep(quoted(file)) from error


def too_deep(name: str) -> CallError:
    """Return the error for layers within layers, deeper than anybody makes them."""
    return CallError(f"{name} holds layers within layers without end, {EXPECTED}")


def without_half_characters(value: object) -> object:
    """Return the same value with "?" in place of halves of characters.

    JSON can name those alone, and no file name and no line of output can hold them.
    """
    data = json.dumps(value, ensure_ascii=False).encode(errors="replace")
    repaired: object = json.loads(data)
    return repaired


def parse_json(text: str, name: str) -> object:
    """Return what JSON holds; raise a CallError if it is none."""
    try:
        value: object = json.loads(text)
        if HALF_CHARACTER.search(text):
            value = without_half_characters(value)
    except RecursionError as error:
        raise too_deep(name) from error
    except ValueError as error:
        # A number of too many digits is one as well.
        raise CallError(f"{name} is no JSON, {EXPECTED}") from error
    return value


# The forms of files


def read_json_file(path: Path) -> SavedModel:
    """Read a JSON, or a zip with something before it."""
    name = quoted(str(path))
    if zipfile.is_zipfile(path):
        raise CallError(
            f"{name} has other bytes before those of a .keras file, {EXPECTED}"
        )
    with path.open("rb") as file:
        start = file.read(CONFIG_CHUNK_BYTES)
        if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            raise CallError(f"{name} is no saved model, {EXPECTED}")
        data = start + file.read(MAX_CONFIG_BYTES)
    return read_saved_text(as_text(data, name), str(path))


def as_text(data: bytes, name: str) -> str:
    """Return the text of bytes; raise a CallError if they are too many, or none."""
    if len(data) > MAX_CONFIG_BYTES:
        raise CallError(
            f"the config in {name} has more than {MAX_CONFIG_BYTES:,} bytes, {EXPECTED}"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CallError(f"{name} holds no text in UTF-8, {EXPECTED}") from error


def read_folder(path: Path, hdf5: HDF5Reader) -> SavedModel:
    """Read the folder of an unzipped .keras; a SavedModel is told how to be saved anew."""
    name = quoted(str(path))
    if is_saved_model_folder(path):
        raise CallError(
            f"{name} is a SavedModel of TensorFlow, which is not read here: load it with"
            ' the Keras that saved it, and save it with model.save("model.keras")'
        )
    if not (path / CONFIG_NAME).is_file():
        raise CallError(f"{name} is a folder without a {CONFIG_NAME}, {EXPECTED}")
    with (path / CONFIG_NAME).open("rb") as file:
        config_text = as_text(file.read(MAX_CONFIG_BYTES + 1), name)
    metadata_text = "{}"
    if (path / METADATA_NAME).is_file():
        with (path / METADATA_NAME).open("rb") as file:
            metadata_text = as_text(file.read(CONFIG_CHUNK_BYTES), name)
    has_weights = (path / WEIGHTS_NAME).is_file()
    return read_members(path, config_text, metadata_text, hdf5, has_weights)


def is_saved_model_folder(path: Path) -> bool:
    """Return True for a folder that TensorFlow writes."""
    return (path / "saved_model.pb").exists() or (path / "keras_metadata.pb").exists()


def read_archive(path: Path, hdf5: HDF5Reader) -> SavedModel:
    """Read a .keras of Keras 2.12 and later: a zip with three members."""
    name = quoted(str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if CONFIG_NAME not in names:
                raise CallError(f"{name} is a zip without a {CONFIG_NAME}, {EXPECTED}")
            config_text = member_text(archive, CONFIG_NAME, name)
            metadata_text = "{}"
            if METADATA_NAME in names:
                metadata_text = member_text(archive, METADATA_NAME, name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
    ) as error:
        # An encrypted member raises a RuntimeError, and a wrong offset an OSError.
        raise CallError(f"{name} is a damaged zip, {EXPECTED}") from error
    return read_members(path, config_text, metadata_text, hdf5, WEIGHTS_NAME in names)


def member_text(archive: zipfile.ZipFile, member: str, name: str) -> str:
    """Return the text of a member of a .keras, once its size has been looked at."""
    info = archive.getinfo(member)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CallError(f"{name} is a zip that Keras has not written, {EXPECTED}")
    if info.file_size > MAX_CONFIG_BYTES:
        raise CallError(
            f"{member} in {name} unfolds to {info.file_size:,} bytes, {EXPECTED}"
        )
    return as_text(archive.read(info), name)


def read_members(
    path: Path,
    config_text: str,
    metadata_text: str,
    hdf5: HDF5Reader,
    has_weights: bool,
) -> SavedModel:
    """Read the members of a .keras; weights tell of layers that the config hides."""
    name = quoted(str(path))
    metadata = parse_json(metadata_text, name)
    version = None
    if isinstance(metadata, Mapping) and isinstance(metadata.get("keras_version"), str):
        version = metadata["keras_version"]
    reader = reader_of(parse_json(config_text, name), str(path), version)
    model = model_of(reader, str(path))
    if not has_weights:
        layers = [layer._replace(weight_paths=()) for layer in model.layers]
        return model._replace(layers=tuple(layers), has_weights=False)
    return completed(model, reader, path, hdf5)


def completed(
    model: SavedModel, reader: ConfigReader, path: Path, hdf5: HDF5Reader
) -> SavedModel:
    """Return a model with what the weights tell of it beyond its config.

    They are looked at where the input of a layer is not known, or a class is a user's.
    """
    lacks_input = False
    for layer in model.layers:
        if layer.input_shape is None and layer.unknown != Unknown.NOT_BUILT:
            lacks_input = True
    if not lacks_input and not reader.own_layer_count:
        return model
    weights = hdf5.weights(path)
    if not weights.shapes:
        return model  # it was never built
    layers = tuple(with_features(layer, weights) for layer in model.layers)
    model = model._replace(layers=layers, parameters=weights.parameters)
    if reader.own_layer_count:
        return with_hidden_layers(model, weights)
    return model


def with_hidden_layers(model: SavedModel, weights: StoredWeights) -> SavedModel:
    """Return a model with the layers of a user's own code, as the weights tell them."""
    known_paths: list[str] = []
    for layer in model.layers:
        known_paths.extend(layer.weight_paths)
    hidden = layers_in_weights(weights, Unknown.INSIDE_OWN_CODE, known_paths)
    layers = with_unique_paths([*model.layers, *hidden])
    return model._replace(layers=tuple(layers))


def read_hdf5(path: Path, hdf5: HDF5Reader) -> SavedModel:
    """Read an .h5, or a .keras of Keras 2.12, which is one as well."""
    check_whole(path)
    config, version = config_in_bytes(path)
    if config is None:
        config_text, version_text = hdf5.config(path)
        if config_text:
            config = parse_json(config_text, quoted(str(path)))
            version = version_text or None
    if config is None:
        return read_weights_alone(path, hdf5.weights(path))
    reader = reader_of(config, str(path), version)
    model = model_of(reader, str(path))
    layers = [layer._replace(weight_paths=()) for layer in model.layers]
    model = model._replace(layers=tuple(layers))
    return completed(model, reader, path, hdf5)


def with_features(layer: SavedLayer, weights: StoredWeights) -> SavedLayer:
    """Return a layer with the features of its kernel, where its input is not known."""
    paths = weights_of_layer(weights, layer)
    if any(path not in weights.shapes for path in paths):
        paths = ()
    layer = layer._replace(weight_paths=paths)
    if not paths or layer.input_shape is not None or layer.layer is None:
        return layer
    parameters = sum(prod(weights.shapes[path]) for path in paths)
    features = weights.shapes[paths[0]][0]
    return layer._replace(
        input_shape=(None, None, features),
        parameters=parameters,
        unknown=Unknown.BEHIND_UNKNOWN_LAYER.value,
    )


def read_weights_alone(path: Path, weights: StoredWeights) -> SavedModel:
    """Read a file of weights without a config."""
    if not weights.shapes:
        raise CallError(
            f"{quoted(str(path))} holds neither a model nor weights of Keras, {EXPECTED}"
        )
    layers = with_unique_paths(layers_in_weights(weights, Unknown.NO_CONFIG))
    return SavedModel(
        file=str(path),
        keras_version=None,
        layers=tuple(layers),
        other_classes={},
        parameters=weights.parameters,
        has_config=False,
    )


def check_whole(path: Path) -> None:
    """Raise a CallError if an HDF5 file is shorter than its first bytes say."""
    with path.open("rb") as file:
        start = file.read(64)
    size = path.stat().st_size
    end = end_address(start)
    if end is not None and size < end:
        raise CallError(
            f"{quoted(str(path))} is cut: it has {size:,} of {end:,} bytes, expected the"
            " whole file"
        )


def end_address(start: bytes) -> int | None:
    """Return where an HDF5 file says that it ends, None if it says it otherwise."""
    if len(start) < 64:
        return None
    version = start[8]
    offsets = {0: 40, 1: 44, 2: 28, 3: 28}
    size_position = 9 if version >= 2 else 13
    if version not in offsets or start[size_position] != 8:
        return None
    position = offsets[version]
    end = int.from_bytes(start[position : position + 8], "little")
    if end > MAX_FILE_BYTES:
        return None  # the bytes are damaged
    return end


def config_in_bytes(path: Path) -> tuple[object, str | None]:
    """Return the config in an HDF5 file, and the version before it, without h5py.

    HDF5 does not promise that it stands there in one piece, though it has in each file of
    Keras that was looked at; None if it does not.
    """
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        start = data.find(CONFIG_START, 0, HDF5_HEAD_BYTES)
        if start < 0:
            return None, None
        before = data[max(start - READ_BEFORE_CONFIG, 0) : start]
        # HDF5 writes before a text how long it is; a layer within it has no length.
        size = int.from_bytes(before[-8:], "little")
        if not len(CONFIG_START) < size <= MAX_CONFIG_BYTES:
            return None, None
        text = data[start : start + size].decode("utf-8", "replace")
    try:
        config = parse_json(text, quoted(str(path)))
    except CallError:
        return None, None  # h5py says it better
    if not isinstance(config, Mapping) or "config" not in config:
        return None, None
    version = None
    for match in VERSION.finditer(before):
        version = match[1].decode()
    return config, version
