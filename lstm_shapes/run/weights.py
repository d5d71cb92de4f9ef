"""Read HDF5, by h5py: the weights of a saved model, and its config where bytes do not tell.

Links are refused and sizes looked at before anything is read; each file is closed, as
h5py over a file of Python's that stays open ends the process with a fault.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.keras_file import (
    EXPECTED,
    HDF5_MAGIC,
    WEIGHTS_NAME,
    HDF5Reader,
    SavedLayer,
    SavedModel,
    read_saved_model,
)
from lstm_shapes.shapes.saved_weights import (
    StoredWeights,
    expected_shapes,
    weights_of_layer,
)

if TYPE_CHECKING:
    from lstm_shapes.run.values import Values

# A group or a file of h5py, which has no types of its own.
Group: TypeAlias = Any

MAX_GROUP_DEPTH = 60
MAX_DATASETS = 100_000
# HDF5 keeps texts in heaps, which begin so.
HEAP_MAGIC = b"GCOL\x01\x00\x00\x00"
HEAP_HEADER_BYTES = 16
# A text in HDF5: its length, the address of the heap that has it, its number there.
TEXT_PLACE = Struct("<IQI")
# The type of an attribute stands between its name and its text.
MAX_TYPE_BYTES = 96
SEARCHED_BYTES = 2**26
SEARCHED_CHUNK_BYTES = 2**20
# The header of a member of a zip, before its name.
LOCAL_HEADER_BYTES = 30


def read_model_file(path: Path) -> SavedModel:
    """Read the recurrent layers of a saved model; h5py is imported only where needed.

    Raises:
        CallError: there is no such file, or it is no model, or damaged.
    """
    return read_saved_model(path, HDF5Reader(config_in_hdf5, weights_in_hdf5))


def saved_weights(path: Path, layer: SavedLayer) -> "list[Values]":
    """Return the weights of a layer of a saved model, in Keras' order.

    Raises:
        CallError: the file holds none of it, or others than the layer has.
    """
    import numpy as np

    name = quoted(str(path))
    with opened(path) as file:
        stored = stored_weights(file, name)
        paths = weights_of_layer(stored, layer)
        if not paths:
            raise CallError(
                f"{name} does not tell which of its weights are those of"
                f" {quoted(layer.path)}, expected another layer of it"
            )
        arrays = []
        for dataset_path in paths:
            arrays.append(np.asarray(values_of(file, dataset_path, layer, name)))
    features = arrays[0].shape[0] if arrays[0].ndim else 0
    expected = expected_shapes(layer, features)
    shapes = [array.shape for array in arrays]
    if shapes != expected:
        raise CallError(
            f"{name} has weights of the shapes {shapes} for {quoted(layer.path)}, expected"
            f" {expected}"
        )
    return arrays


def config_in_hdf5(path: Path) -> tuple[str, str]:
    """Return the attributes model_config and keras_version, "" where there is none.

    Raises:
        CallError: it is no HDF5, or damaged.
    """
    with opened(path) as file:
        texts = []
        for attribute in ("model_config", "keras_version"):
            check_text_length(path, file, attribute)
            texts.append(text_attribute(file, attribute))
    config, version = texts
    return config, version


def check_text_length(path: Path, file: Group, attribute: str) -> None:
    """Raise a CallError if a text says that it is longer than its file.

    HDF5 takes the memory for the length of a text, up to 4 GB, before it looks whether
    there is that much. h5py does not tell the length, so it is read where it stands:
    behind the attribute's name, beside the address of the heap that has the text.
    """
    if attribute not in file.attrs:
        return
    attribute_id = file.attrs.get_id(attribute)
    if is_of_variable_texts(attribute_id):
        fits = have_texts_that_fit(path, attribute)
    else:
        fits = attribute_id.get_storage_size() <= path.stat().st_size
    if not fits:
        raise CallError(f"the weights in {quoted(str(path))} are damaged, {EXPECTED}")


def is_of_variable_texts(attribute_id: Group) -> bool:
    """Return True if an attribute holds texts whose lengths stand beside them."""
    import h5py

    kind = attribute_id.get_type()
    return isinstance(kind, h5py.h5t.TypeStringID) and bool(kind.is_variable_str())


def have_texts_that_fit(path: Path, attribute: str) -> bool:
    """Return True if the texts of each attribute of that name are within the file."""
    has_texts = False
    with (
        path.open("rb") as stream,
        mmap(stream.fileno(), 0, access=ACCESS_READ) as data,
    ):
        for lengths in lengths_of_texts(data, attribute):
            has_texts = True
            if sum(lengths) > len(data):
                return False
    return has_texts


def lengths_of_texts(data: mmap, attribute: str) -> Iterator[list[int]]:
    """Yield the lengths that texts say they have, from each place of one to the last."""
    name = attribute.encode() + b"\0"
    position = data.find(name)
    while position >= 0:
        start = position + len(name)
        for place in range(start, start + MAX_TYPE_BYTES):
            lengths = list(lengths_from(data, place))
            if lengths:
                yield lengths
        position = data.find(name, start)


def lengths_from(data: mmap, place: int) -> Iterator[int]:
    """Yield the lengths of the texts that stand in a row from a place on."""
    while place + TEXT_PLACE.size <= len(data):
        length, heap, _ = TEXT_PLACE.unpack_from(data, place)
        if data[heap : heap + len(HEAP_MAGIC)] != HEAP_MAGIC:
            return
        yield length
        place += TEXT_PLACE.size


def weights_in_hdf5(path: Path) -> StoredWeights:
    """Return the datasets of a file that hold weights.

    Raises:
        CallError: it is no HDF5, or damaged.
    """
    with opened(path) as file:
        return stored_weights(file, quoted(str(path)))


@contextmanager
def opened(path: Path) -> Iterator[Group]:
    """Open the HDF5 of a model: the file, or the member of a .keras that holds it.

    Raises:
        CallError: it is no HDF5, or damaged.
    """
    import h5py

    name = quoted(str(path))
    if path.is_dir():
        path = path / WEIGHTS_NAME
    try:
        with path.open("rb") as stream:
            is_hdf5 = stream.read(len(HDF5_MAGIC)) == HDF5_MAGIC
            source: Path | BinaryIO = path
            if is_hdf5:
                check_heaps(stream, name)
            else:
                source = cast(BinaryIO, Member(path, stream))
                check_heaps(source, name)
            with h5py.File(source, "r") as file:
                yield file
    except (
        OSError,
        KeyError,
        ValueError,
        TypeError,
        RuntimeError,
        AttributeError,
        NotImplementedError,
        OverflowError,
        MemoryError,
        zipfile.BadZipFile,
    ) as error:
        # h5py raises all of them over damaged bytes.
        if isinstance(error, CallError):
            raise
        raise CallError(f"the weights in {name} are damaged, {EXPECTED}") from error


def check_heaps(stream: BinaryIO, name: str) -> None:
    """Raise a CallError if a heap of texts is damaged: HDF5 would read it for ever.

    Keras writes the texts of a model, which are few, before and between its weights.
    """
    stream.seek(0)
    position = 0
    chunk = stream.read(SEARCHED_CHUNK_BYTES)
    while chunk and position < SEARCHED_BYTES:
        start = chunk.find(HEAP_MAGIC)
        while start >= 0:
            if not is_whole_heap(stream, position + start):
                raise CallError(f"the weights in {name} are damaged, {EXPECTED}")
            start = chunk.find(HEAP_MAGIC, start + 1)
        # The magic bytes may lie across two chunks.
        position += max(len(chunk) - len(HEAP_MAGIC) + 1, 1)
        stream.seek(position)
        chunk = stream.read(SEARCHED_CHUNK_BYTES)
        if len(chunk) < len(HEAP_MAGIC):
            break


def is_whole_heap(stream: BinaryIO, position: int) -> bool:
    """Return True if the objects of a heap fill it, one behind the other."""
    stream.seek(position + len(HEAP_MAGIC))
    size = int.from_bytes(stream.read(8), "little")
    if size > SEARCHED_BYTES:
        return False
    stream.seek(position)
    heap = stream.read(size)
    if len(heap) < size:
        return False
    place = HEAP_HEADER_BYTES
    while place + HEAP_HEADER_BYTES <= size:
        number = int.from_bytes(heap[place : place + 2], "little")
        object_size = int.from_bytes(heap[place + 8 : place + 16], "little")
        if number == 0 and object_size == 0:
            return False
        if number == 0:
            place += object_size  # what is free
        else:
            place += HEAP_HEADER_BYTES + -(-object_size // 8) * 8
        if place > size:
            return False
    return True


class Member(BufferedIOBase):
    """The weights within a .keras, read where they stand: Keras does not compress them.

    Raises:
        CallError: the member is missing, or compressed.
    """

    def __init__(self, path: Path, stream: BufferedReader) -> None:
        name = quoted(str(path))
        with zipfile.ZipFile(path) as archive:
            if WEIGHTS_NAME not in archive.namelist():
                raise CallError(f"{name} has no {WEIGHTS_NAME}, {EXPECTED}")
            info = archive.getinfo(WEIGHTS_NAME)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise CallError(
                f"the weights in {name} are compressed, which Keras never does, {EXPECTED}"
            )
        stream.seek(info.header_offset)
        header = stream.read(LOCAL_HEADER_BYTES)
        name_size = int.from_bytes(header[26:28], "little")
        extra_size = int.from_bytes(header[28:30], "little")
        self._stream = stream
        self._start = info.header_offset + LOCAL_HEADER_BYTES + name_size + extra_size
        self._size = info.file_size
        self._position = 0

    def readable(self) -> bool:
        """Return True: h5py reads from it."""
        return True

    def seekable(self) -> bool:
        """Return True: h5py goes to the places that it reads."""
        return True

    def tell(self) -> int:
        """Return the position within the member."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position within the member, and return it."""
        if whence == 1:
            offset += self._position
        elif whence == 2:
            offset += self._size
        self._position = max(offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read as many bytes as the buffer takes, and return how many there were."""
        view = memoryview(buffer).cast("B")
        count = max(min(len(view), self._size - self._position), 0)
        self._stream.seek(self._start + self._position)
        # Straight into the buffer: the weights may be half of the memory.
        read_count = self._stream.readinto(view[:count])
        self._position += read_count
        return read_count

    def read(self, size: int | None = -1) -> bytes:
        """Read so many bytes, or all that are left."""
        left = max(self._size - self._position, 0)
        if size is None or size < 0 or size > left:
            size = left
        self._stream.seek(self._start + self._position)
        data = self._stream.read(size)
        self._position += len(data)
        return data


def text_attribute(group: Group, attribute: str) -> str:
    """Return an attribute that is a text, "" if there is none."""
    if attribute not in group.attrs:
        return ""
    if group.attrs.get_id(attribute).shape != ():
        return ""
    value = group.attrs[attribute]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    return ""


def stored_weights(file: Group, name: str) -> StoredWeights:
    """Return the datasets of an open file that hold weights, with their shapes."""
    root = file
    prefix = ""
    if kind_of_link(file, "model_weights", name) == "group":
        root = file["model_weights"]
        prefix = "model_weights/"
    reader = NameReader(name)
    layer_names = reader.names_in(root, "layer_names")
    if layer_names:
        return named_weights(root, prefix, layer_names, reader)
    shapes: dict[str, tuple[int, ...]] = {}
    names: dict[str, str] = {}
    add_numbered(file, "", shapes, names, name, [])
    return StoredWeights(shapes, names, is_keras_3=True)


class NameReader:
    """Read the lists of names that Keras 2 keeps in the attributes of groups.

    Args:
        file_name: The name of the file, for an error.
    """

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self._checked_attributes: set[str] = set()

    def names_in(self, group: Group, attribute: str) -> list[str]:
        """Return a list of names; one of more than 64 kB is cut: `layer_names0`, `…1`.

        Raises:
            CallError: a name says that it is longer than the file.
        """
        names: list[str] = []
        attributes = [attribute]
        if attribute not in group.attrs:
            attributes = []
            while f"{attribute}{len(attributes)}" in group.attrs:
                attributes.append(f"{attribute}{len(attributes)}")
        for part in attributes:
            shape = group.attrs.get_id(part).shape
            if shape is None or len(shape) != 1 or prod(shape) > MAX_DATASETS:
                return []
            self._check_lengths(group, part)
            for value in group.attrs[part]:
                if isinstance(value, bytes):
                    names.append(value.decode("utf-8", "replace"))
                elif isinstance(value, str):
                    names.append(str(value))
        return names

    def _check_lengths(self, group: Group, attribute: str) -> None:
        """Raise a CallError if a name says that it is longer than the file.

        One look at the file is for the attributes of that name in all of its groups.
        """
        attribute_id = group.attrs.get_id(attribute)
        if attribute in self._checked_attributes or attribute_id.shape == (0,):
            return
        if not is_of_variable_texts(attribute_id):
            return
        path = Path(group.file.filename)
        # Keras 3 writes no lists of names: within a .keras they are not looked at.
        if not path.is_file() or not have_texts_that_fit(path, attribute):
            raise CallError(f"the weights in {self.file_name} are damaged, {EXPECTED}")
        self._checked_attributes.add(attribute)


def named_weights(
    root: Group, prefix: str, layer_names: list[str], reader: NameReader
) -> StoredWeights:
    """Return the weights of Keras 2, whose groups list their names in Keras' order."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer_name in layer_names[:MAX_DATASETS]:
        if kind_of_link(root, layer_name, reader.file_name) != "group":
            continue
        group = root[layer_name]
        for weight_name in reader.names_in(group, "weight_names")[:MAX_DATASETS]:
            shape = shape_of_dataset(group, weight_name, reader.file_name)
            if shape is not None:
                shapes[f"{prefix}{layer_name}/{weight_name}"] = shape
    return StoredWeights(shapes, {}, is_keras_3=False)


def add_numbered(
    group: Group,
    place: str,
    shapes: dict[str, tuple[int, ...]],
    names: dict[str, str],
    name: str,
    seen_groups: list[str],
    depth: int = 0,
) -> None:
    """Add the weights of Keras 3 below a group: `layers/lstm/cell/vars/0`."""
    seen_groups.append(place)
    if depth > MAX_GROUP_DEPTH or len(seen_groups) > MAX_DATASETS:
        raise CallError(f"{name} holds groups within groups without end, {EXPECTED}")
    for key in group:
        if key == "optimizer" and not place:
            continue
        path = f"{place}/{key}" if place else key
        kind = kind_of_link(group, key, name)
        if kind == "dataset":
            shape = shape_of_dataset(group, key, name)
            if shape is not None:
                shapes[path] = shape
        elif kind == "group":
            child = group[key]
            if key == "vars":
                layer_name = text_attribute(child, "name")
                if layer_name:
                    names[place] = layer_name
            add_numbered(child, path, shapes, names, name, seen_groups, depth + 1)


def kind_of_link(group: Group, path: str, name: str) -> str:
    """Return "group" or "dataset", "" if there is neither.

    Raises:
        CallError: a link leads elsewhere, maybe out of the file.
    """
    import h5py

    current = group
    keys = [key for key in path.split("/") if key]
    kind = ""
    for key in keys:
        if not isinstance(current, h5py.Group) or key not in current:
            return ""
        if current.get(key, getlink=True, getclass=True) is not h5py.HardLink:
            raise CallError(
                f"{name} holds a link to other data, which is not followed, {EXPECTED}"
            )
        current = current[key]
        kind = ""
        if isinstance(current, h5py.Group):
            kind = "group"
        elif isinstance(current, h5py.Dataset):
            kind = "dataset"
    return kind


def shape_of_dataset(group: Group, path: str, name: str) -> tuple[int, ...] | None:
    """Return the shape of a dataset, None if there is none, or one without numbers."""
    if kind_of_link(group, path, name) != "dataset":
        return None
    shape = group[path].shape
    if shape is None:
        return None
    return tuple(shape)


def values_of(file: Group, path: str, layer: SavedLayer, name: str) -> Group:
    """Return the numbers of a dataset, once their size has been looked at.

    Raises:
        CallError: there are none, or fewer than the dataset declares.
    """
    shape = shape_of_dataset(file, path, name)
    if shape is None:
        raise CallError(
            f"{name} has no weights for {quoted(layer.path)} where they are expected"
        )
    dataset = file[path]
    expected_bytes = prod(shape) * dataset.dtype.itemsize
    if dataset.dtype.kind not in "fiu" or dataset.dtype.hasobject:
        raise CallError(f"the weights of {quoted(layer.path)} in {name} are no numbers")
    is_external = bool(dataset.external) or dataset.is_virtual
    if is_external or dataset.id.get_storage_size() != expected_bytes:
        raise CallError(
            f"{name} declares weights of the shape {shape} for {quoted(layer.path)}, and"
            " does not hold so many"
        )
    return dataset[()]
