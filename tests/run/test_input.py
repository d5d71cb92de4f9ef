import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.run.explore import explore
from lstm_shapes.run.input import as_input, input_sizes, read_input
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.spec.model import LSTMSpec

NUMBERS = np.arange(24).reshape(2, 3, 4)
SIZES = {"batch_size": 2, "timesteps": 3, "features": 4}
SPEC = LSTMSpec(batch_size=2)


def with_header(path: Path, shape: str) -> None:
    """Write a file of zeros whose header has this text for its shape."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\1\0\x76\0" + header.encode() + bytes(NUMBERS.size * 8))


def cut_short(path: Path) -> None:
    np.save(path, NUMBERS)
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f8", ">i4", "uint8", "bool"])
def test_numbers_of_any_kind_become_float32(dtype: str, order: Any, tmp_path: Path) -> None:
    array = np.asarray(NUMBERS.astype(dtype), order=order)
    np.save(tmp_path / "x.npy", array)
    assert input_sizes(tmp_path / "x.npy") == SIZES
    lists: Any = array.tolist()
    for values in (read_input(tmp_path / "x.npy"), as_input(array, SPEC), as_input(lists, SPEC)):
        np.testing.assert_array_equal(values, array)
        assert values.dtype.str == "<f4"
        assert values.flags.c_contiguous
        assert not values.flags.writeable


def test_sizes_are_those_of_the_header_of_a_file_beyond_memory(tmp_path: Path) -> None:
    with_header(tmp_path / "x.npy", f"({2**20}, {2**10}, {2**5})")
    os.truncate(tmp_path / "x.npy", 2**38 + 128)
    assert [*input_sizes(tmp_path / "x.npy").values()] == [2**20, 2**10, 2**5]


def test_a_header_of_python_2_or_a_damaged_one_sets_off_no_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    with_header(tmp_path / "x.npy", "(2L, 3L, 4L)")
    assert input_sizes(tmp_path / "x.npy") == SIZES
    assert not read_input(tmp_path / "x.npy").any()
    with_header(tmp_path / "x.npy", r"('\d', 3, 4)")
    with pytest.raises(CallError, match="cannot be read"):
        input_sizes(tmp_path / "x.npy")
    assert not recwarn


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.array(["a"]), "holds values of the type '<U1', expected numbers: x.astype"),
        (np.ones((2, 3), complex), "holds values of the type 'complex128', expected numbers"),
        (
            np.ones((3, 4)),
            r"has the shape \(3, 4\), expected three axes .*: x\[None\] is one sample, "
            r"x\[..., None\] has one feature, .*sliding_window_view.* are windows$",
        ),
        (np.ones((2, 0, 4)), r"has the shape \(2, 0, 4\), which is empty"),
    ],
    ids=["text before its axes", "complex before its axes", "two axes", "no timestep"],
)
def test_an_array_that_is_no_input_is_refused(array: Any, problem: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(CallError, match=rf"^'.*x.npy' {problem}"):
        input_sizes(tmp_path / "x.npy")
    with pytest.raises(CallError, match=f"^input {problem}"):
        as_input(array, SPEC)


def test_an_input_of_another_shape_or_ragged_is_refused() -> None:
    with pytest.raises(CallError, match=r"\(1, 3, 4\), expected .*\(2, 3, 4\): LSTMSpec.for_input"):
        as_input(NUMBERS[:1], SPEC)
    with pytest.raises(
        CallError, match=r"^input is \[\[\[1, 2\], \[3\]\]\], expected .* of one len"
    ):
        as_input([[[1, 2], [3]]], SPEC)


UNEQUAL = [[[1, 2]], [[3, 4], [5, 6], [7, 8]]]


@pytest.mark.parametrize("given", ["lists", "array"])
def test_sequences_of_unequal_lengths_get_the_padding_and_the_lengths(given: str) -> None:
    x: Any = UNEQUAL
    if given == "array":
        x = np.empty(2, object)
        x[:] = UNEQUAL
    for read in (lambda: as_input(x, SPEC), lambda: LSTMSpec.for_input(UNEQUAL)):
        with pytest.raises(CallError, match="unequal lengths, expected equal ones: ") as caught:
            read()
    # The cure, as it stands in the sentence.
    keras, scope = load_keras(), dict[str, Any]()
    cure = str(caught.value).partition("ones: ")[2]
    pad, lengths = re.findall(r"(keras.*?) makes .*lengths=(\(.*?\))", cure)[0]
    exec(f"padded = {pad}; lengths = {lengths}", {"keras": keras, "x": UNEQUAL}, scope)
    run = explore(
        LSTMSpec.for_input(scope["padded"], lengths=scope["lengths"]), input=scope["padded"]
    )
    assert run.spec.lengths == (1, 3)


def test_a_table_is_one_sample_with_or_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for header in "", "\ufeffprice,volume\r\n":
        path.write_text(f"{header}1,2.5\r\n3,1e3\r\n\r\n-5,nan\r\n")
        np.testing.assert_array_equal(read_input(path), [[[1, 2.5], [3, 1000], [-5, np.nan]]])
        assert input_sizes(path) == {"batch_size": 1, "timesteps": 3, "features": 2}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n3,x\n", "row 3, column 2 holds 'x', no number"),
        ("1,2\n3,\n", "row 2, column 2 holds '', no number"),
        ("1,2\n3\n", "row 2 has 1 columns, the first has 2"),
        ("1;2\n3;4\n", "row 2, column 1 holds '3;4', no number"),
        ("a,b\n", r"has the shape \(1, 0\), which is empty"),
    ],
)
def test_a_bad_table_is_refused_by_row_and_column(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(CallError, match=problem):
        input_sizes(tmp_path / "x.csv")


def test_an_array_of_an_archive_is_picked_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=NUMBERS)
    np.testing.assert_array_equal(read_input(path), NUMBERS)
    np.savez(path, y=NUMBERS[:1], x=NUMBERS)
    np.testing.assert_array_equal(read_input(tmp_path / "x.npz[x]"), NUMBERS)
    for wrong in "x.npz", "x.npz[z]":
        with pytest.raises(
            CallError, match=r"it holds y, x: pick one, as .*x\.npz\[y\]\), expected"
        ):
            input_sizes(tmp_path / wrong)


def test_a_number_beyond_float32_is_named(tmp_path: Path) -> None:
    x = np.ones((2, 3, 4))
    x[0, 0, :2] = np.inf, np.nan
    np.testing.assert_array_equal(as_input(x, SPEC), x)
    x[1, 2, 3] = -1e300
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(
        CallError, match=r"x.npy' holds 1e\+300, expected .* float32's range, up to"
    ):
        read_input(tmp_path / "x.npy")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda _: None, "No such file or directory"),
        (Path.mkdir, "it is no regular file"),
        (os.mkfifo, "it is no regular file"),
        (Path.touch, "or it is empty"),
        (lambda path: path.symlink_to("/proc/kmsg"), "or it is empty|No such file"),  # root waits
        (lambda path: path.write_text("1,2\n3,4\n"), "it is no .npy file"),
        (lambda path: with_header(path, "(2, 3"), ""),
        (cut_short, ""),
    ],
    ids=["none", "folder", "pipe", "empty", "Linux", "text", "damaged", "cut short"],
)
def test_a_file_that_cannot_be_read_is_refused(make: Any, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    make(path)
    for read in (input_sizes, read_input):
        with pytest.raises(
            CallError, match=rf"x.npy' cannot be read \(.*({problem}).*\), expected"
        ):
            read(path)
