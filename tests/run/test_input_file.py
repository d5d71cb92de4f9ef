import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.input_file import as_input, inspect, load, samples_not_finite
from lstm_shapes.spec.model import LSTMSpec

NUMBERS = np.arange(2 * 3 * 4).reshape(2, 3, 4)
DTYPES = ["float16", "float32", "float64", ">f8", ">i4", "int8", "uint64", "bool"]
Make = Callable[[Path], object]


def saved(array: Any) -> Make:
    return lambda path: np.save(path, array)


def bytes_of(header: str, version: bytes = b"\1\0", count: int = 2) -> bytes:
    length = len(header).to_bytes(count, "little")
    return b"\x93NUMPY" + version + length + header.encode() + bytes(192)


def header(shape: str, descr: str = "'<f8'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


def written(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def archived(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, x=NUMBERS)


def cut_short(path: Path) -> None:
    np.save(path, NUMBERS)
    os.truncate(path, path.stat().st_size - 1)


SHAPES = [
    pytest.param((), r"the shape \(\), expected three axes", id="a number"),
    pytest.param((7,), r"the shape \(7,\), .*: x.reshape\(1, 7, 1\) makes it one", id="one axis"),
    pytest.param(
        (2, 3),
        r"the shape \(2, 3\), expected three axes \(batch, timesteps, features\): "
        r"x.reshape\(1, 2, 3\) makes it one sample, x.reshape\(2, 3, 1\) makes it one feature$",
        id="two axes",
    ),
    pytest.param((2, 3, 4, 1), r"x.reshape\(2, 3, -1\) makes the last axes one", id="four axes"),
    pytest.param((0, 3, 4), r"the shape \(0, 3, 4\), .* none is empty", id="no sample"),
    pytest.param((2, 3, 0), r"the shape \(2, 3, 0\), .* none is empty", id="no feature"),
]
TYPES = [
    pytest.param(NUMBERS.astype(complex), "type 'complex128'", id="complex"),
    pytest.param(NUMBERS.astype(str), "type '<U21'", id="strings"),
    pytest.param(NUMBERS.astype("M8[D]"), r"type 'datetime64\[D\]'", id="dates"),
    pytest.param(NUMBERS.astype("m8[s]"), r"type 'timedelta64\[s\]'", id="durations"),
    pytest.param(NUMBERS.astype(object), "type 'object'", id="objects"),
    pytest.param(np.zeros((2, 3, 4), "f4,f4"), "type .*'f0', '<f4'", id="structures"),
]
FILES = [
    pytest.param(lambda _: None, "does not exist", id="missing"),
    pytest.param(Path.mkdir, "is a folder", id="folder"),
    pytest.param(os.mkfifo, "is a pipe or a device", id="pipe"),
    pytest.param(lambda path: path.symlink_to("/dev/zero"), "is a pipe or a device", id="device"),
    pytest.param(lambda path: path.symlink_to(path), "cannot be read", id="link to itself"),
    pytest.param(Path.touch, "is empty", id="empty"),
    pytest.param(written(b"1,2,3\n4,5,6\n"), "is no .npy file", id="text"),
    pytest.param(written(b"\x93NUM"), "is no .npy file", id="the beginning of a beginning"),
    pytest.param(written(pickle.dumps([1, 2])), "is a pickle", id="pickle"),
    pytest.param(archived, r"is an archive such as .npz, .*: numpy.save\(", id="renamed archive"),
    pytest.param(cut_short, r"is cut short: it has 319 bytes, expected 320 of", id="cut short"),
    pytest.param(written(b"\x93NUMPY\1\0"), "has a damaged header", id="cut in the header"),
    pytest.param(written(bytes_of("{")), "has a damaged header", id="damaged header"),
    pytest.param(written(bytes_of("(" * 3000)), "has a damaged header", id="brackets"),
    pytest.param(written(bytes_of("-" * 9000 + "1")), "has a damaged header", id="deep header"),
    pytest.param(written(bytes_of("{}", b"\7\7")), "has a damaged header", id="another version"),
    pytest.param(
        written(b"\x93NUMPY\2\0\xff\xff\xff\xff{"), "has a damaged header", id="endless header"
    ),
    pytest.param(written(bytes_of(header("(-2, 3, 4)"))), "the impossible shape", id="negative"),
    pytest.param(
        written(bytes_of(header(f"({'9' * 4000}, 3, 4)"))), "at most 2147483647", id="long axis"
    ),
    pytest.param(
        written(bytes_of(header("(2147483647,) * 3"))), "has a damaged header", id="expression"
    ),
    pytest.param(
        written(bytes_of(header("(2147483647, 2147483647, 2147483647)"))),
        "is cut short",
        id="more than there can be",
    ),
]


@pytest.mark.parametrize(("make", "problem"), FILES)
def test_a_file_without_an_input_is_refused(make: Make, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    make(path)
    with pytest.raises(CallError, match=problem) as refused:
        inspect(path)
    sentence = str(refused.value)
    assert sentence.startswith(f"--input '{path}' ")
    assert "expected" in sentence
    assert len(sentence) < 600
    assert "\n" not in sentence


def test_a_name_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(CallError, match=r"^--input '\\x00' cannot be read"):
        inspect(Path("\0"))


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # An administrator may read anything, so the answer of the system is made.
    def closed(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    np.save(tmp_path / "x.npy", NUMBERS)
    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(CallError, match=r"cannot be read \(Permission denied\), expected a .npy"):
        inspect(tmp_path / "x.npy")


@pytest.mark.parametrize(("shape", "problem"), SHAPES)
def test_another_shape_is_refused(shape: tuple[int, ...], problem: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(CallError, match=rf"^--input '.*x.npy' has .*{problem}"):
        inspect(tmp_path / "x.npy")
    with pytest.raises(CallError, match=rf"^--input has .*{problem}"):
        as_input(np.zeros(shape), LSTMSpec())


@pytest.mark.parametrize(("array", "problem"), TYPES)
def test_another_type_is_refused(array: Any, problem: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", array)
    wanted = rf"{problem}.*, expected whole or floating numbers: x.astype\('float32'\)"
    with pytest.raises(CallError, match=rf"^--input '.*x.npy' holds .*{wanted}"):
        inspect(tmp_path / "x.npy")
    with pytest.raises(CallError, match=f"^--input holds .*{wanted}"):
        as_input(array, LSTMSpec(batch_size=2))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_become_float32(dtype: str, order: Any, tmp_path: Path) -> None:
    array = np.asarray(NUMBERS.astype(dtype), order=order)
    path = tmp_path / "x.npy"
    np.save(path, array)
    assert inspect(path) == (2, 3, 4)
    for values in (load(path), as_input(array, LSTMSpec(batch_size=2))):
        assert values.dtype.str == "<f4"
        assert values.flags.c_contiguous
        assert not values.flags.writeable
        np.testing.assert_array_equal(values, array.astype("float32"))


def test_the_header_answers_for_a_file_larger_than_the_memory(tmp_path: Path) -> None:
    shape, path = (2**20, 2**10, 2**5), tmp_path / "x.npy"
    path.write_bytes(bytes_of(header(str(shape))))
    os.truncate(path, 2**38 + 512)
    assert inspect(path) == shape


def test_the_values_are_no_longer_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, NUMBERS.astype("float32"))
    values = load(path)
    np.save(path, NUMBERS.astype("float32") + 1)
    np.testing.assert_array_equal(values, NUMBERS)


def test_a_file_that_has_been_replaced_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, NUMBERS)
    inspect(path)
    archived(path)
    with pytest.raises(CallError, match="is an archive"):
        load(path)


def test_what_is_loaded_is_not_copied_again(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, NUMBERS)
    values = load(path)
    assert as_input(values, LSTMSpec.for_input(values)) is values


@pytest.mark.parametrize(
    "frozen", [NUMBERS, NUMBERS.astype("f4", order="F")], ids=["type", "order"]
)
def test_a_read_only_input_of_another_kind_is_converted(frozen: Any) -> None:
    frozen = frozen.view()
    frozen.flags.writeable = False
    values = as_input(frozen, LSTMSpec(batch_size=2))
    assert values.dtype == np.float32
    assert values.flags.c_contiguous


def test_an_input_in_memory_is_copied() -> None:
    x = NUMBERS.astype("float32")
    values = as_input(x, LSTMSpec(batch_size=2))
    x[:] = 0
    np.testing.assert_array_equal(values, NUMBERS)


def test_an_input_in_memory_has_to_have_the_spec_s_shape() -> None:
    sentence = (
        r"^--input has the shape \(2, 3, 4\), expected that of the spec, \(1, 3, 4\): "
        r"LSTMSpec.for_input\(x\) takes it from x$"
    )
    with pytest.raises(CallError, match=sentence):
        as_input(NUMBERS, LSTMSpec())
    spec = LSTMSpec.for_input(NUMBERS, units=8)
    np.testing.assert_array_equal(as_input(NUMBERS.tolist(), spec), NUMBERS)


def test_what_makes_no_array_is_refused() -> None:
    with pytest.raises(CallError, match=r"^--input is \[\[1, 2\], \[3\]\], expected an array"):
        as_input([[1, 2], [3]], LSTMSpec())


@pytest.mark.parametrize("shape", [(5, 3, 4), (5, 1, 1), (1, 2**12, 2**9)], ids=str)
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e300, -1e300], ids=str)
def test_samples_that_are_not_finite_are_counted(odd: float, shape: tuple[int, int, int]) -> None:
    x = np.ones(shape)
    spec = LSTMSpec.for_input(x)
    assert samples_not_finite(as_input(x, spec)) == 0
    x[-1, -1, -1] = x[-1, 0, 0] = odd
    assert samples_not_finite(as_input(x, spec)) == 1
    x[:] = odd
    assert samples_not_finite(as_input(x, spec)) == len(x)
