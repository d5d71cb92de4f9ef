"""An input of one's own: files and arrays become float32, or are refused with a cure."""

import csv
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from random import Random
from typing import Any, Literal
from unittest.mock import Mock

import numpy as np
import numpy.typing as npt
import pytest

import lstm_shapes
from lstm_shapes.errors import CallError
from lstm_shapes.run.explore import explore
from lstm_shapes.run.input import OwnInput, as_input
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.run.values import Values
from lstm_shapes.shapes.cell import GRU
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import LSTMSpec

NUMBERS = np.arange(24).reshape(2, 3, 4)
SIZES = (2, 3, 4)
SPEC = LSTMSpec(batch_size=2)


def write_with_header(path: Path, shape: str) -> None:
    """Write a .npy of zeros whose header has this text for its shape."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"
    header_line = header.ljust(117) + "\n"
    zeros = bytes(NUMBERS.size * 8)
    path.write_bytes(b"\x93NUMPY\1\0\x76\0" + header_line.encode() + zeros)


def write_cut_short(path: Path) -> None:
    """Write a .npy without its last byte."""
    np.save(path, NUMBERS)
    os.truncate(path, path.stat().st_size - 1)


def is_plain_float32(values: Values) -> bool:
    """Return True if an array is as Keras takes it, and cannot be written to."""
    is_little_endian = values.dtype.str == "<f4"
    is_contiguous = values.flags.c_contiguous
    return is_little_endian and is_contiguous and not values.flags.writeable


@pytest.fixture(params=["float16", "float32", "float64", ">f8", ">i4", "uint8", "bool"])
def numbers(request: pytest.FixtureRequest) -> npt.NDArray[Any]:
    return NUMBERS.astype(request.param)


@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_any_kind_in_a_file_become_float32(
    numbers: npt.NDArray[Any], order: Literal["C", "F"], tmp_path: Path
) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.asarray(numbers, order=order))
    own_input = OwnInput(path)
    assert own_input.sizes == SIZES
    values = own_input.values()
    np.testing.assert_array_equal(values, numbers)
    assert is_plain_float32(values)


@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_any_kind_in_an_array_become_float32(
    numbers: npt.NDArray[Any], order: Literal["C", "F"]
) -> None:
    values = as_input(np.asarray(numbers, order=order), SPEC)
    np.testing.assert_array_equal(values, numbers)
    assert is_plain_float32(values)


def test_numbers_of_any_kind_in_lists_become_float32(
    numbers: npt.NDArray[Any],
) -> None:
    values = as_input(numbers.tolist(), SPEC)
    np.testing.assert_array_equal(values, numbers)
    assert is_plain_float32(values)


def test_sizes_are_those_of_the_header_of_a_file_beyond_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    write_with_header(path, f"({2**20}, {2**10}, {2**5})")
    os.truncate(path, 2**38 + 128)
    assert OwnInput(path).sizes == (2**20, 2**10, 2**5)


def test_a_header_of_python_2_sets_off_no_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "x.npy"
    write_with_header(path, "(2L, 3L, 4L)")
    own_input = OwnInput(path)
    assert own_input.sizes == SIZES
    assert not own_input.values().any()
    assert not recwarn


def test_a_damaged_header_sets_off_no_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "x.npy"
    write_with_header(path, r"('\d', 3, 4)")
    with pytest.raises(CallError, match="cannot be read"):
        OwnInput(path)
    assert not recwarn


NO_INPUTS = [
    pytest.param(
        np.array(["a"]),
        "holds values of the type '<U1', expected numbers: x.astype",
        id="text before its axes",
    ),
    pytest.param(
        np.ones((2, 3), complex),
        "holds values of the type 'complex128', expected numbers",
        id="complex before its axes",
    ),
    pytest.param(
        np.ones((3, 4)),
        r"has the shape \(3, 4\), expected three axes .*: .* makes windows \(2, 2, 4\), "
        r"np.expand_dims\(x, 0\) makes one sample \(1, 3, 4\), ",
        id="two axes",
    ),
    pytest.param(
        np.ones((2, 0, 4)),
        r"has the shape \(2, 0, 4\), which is empty",
        id="no timestep",
    ),
    pytest.param(
        np.array(3.0),
        r"has the shape \(\), expected three axes \(batch, timesteps, features\)$",
        id="no axis",
    ),
]


@pytest.mark.parametrize(("array", "problem"), NO_INPUTS)
def test_a_file_of_what_is_no_input_is_refused(
    array: npt.NDArray[Any], problem: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(CallError, match=rf"^'.*x.npy' {problem}"):
        OwnInput(tmp_path / "x.npy")


@pytest.mark.parametrize(("array", "problem"), NO_INPUTS)
def test_a_member_of_an_archive_that_is_no_input_is_refused(
    array: npt.NDArray[Any], problem: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", a=array, b=NUMBERS)
    with pytest.raises(CallError, match=rf"^'.*x.npz\[a\]' {problem}"):
        OwnInput(tmp_path / "x.npz[a]")


@pytest.mark.parametrize(("array", "problem"), NO_INPUTS)
def test_an_array_that_is_no_input_is_refused(
    array: npt.NDArray[Any], problem: str
) -> None:
    with pytest.raises(CallError, match=f"^input {problem}"):
        as_input(array, SPEC)


CURES = [
    pytest.param(
        np.ones(100),
        {"one sample": (1, 100, 1), "windows": (77, 24, 1)},
        id="one axis",
    ),
    pytest.param(
        np.ones((500, 6)),
        {
            "windows": (477, 24, 6),
            "one sample": (1, 500, 6),
            "samples of one feature": (500, 6, 1),
        },
        id="two axes",
    ),
    pytest.param(
        np.ones((8, 400, 3, 2)),
        {"6 features of each timestep": (8, 400, 6)},
        id="four axes",
    ),
    pytest.param(
        np.ones((2, 3, 4, 4, 1), "uint8"),
        {"16 features of each timestep": (2, 3, 16)},
        id="five axes",
    ),
]


def refuse_array_of_spec(x: object) -> None:
    explore(SPEC, input=x)


@pytest.mark.parametrize(
    "refuse",
    [
        pytest.param(LSTMSpec.for_input, id="for_input"),
        pytest.param(refuse_array_of_spec, id="explore"),
    ],
)
@pytest.mark.parametrize("as_lists", [False, True], ids=["array", "lists"])
@pytest.mark.parametrize(("x", "shapes"), CURES)
def test_the_code_that_cures_other_axes_makes_what_the_sentence_says(
    x: npt.NDArray[Any],
    shapes: dict[str, tuple[int, ...]],
    as_lists: bool,
    refuse: Callable[[object], object],
) -> None:
    value = x.tolist() if as_lists else x
    with pytest.raises(CallError) as caught:
        refuse(value)
    cures = re.findall(r"(np\..+?) makes ([a-z0-9 ]+[a-z])", str(caught.value))
    cured_shapes = {
        name: eval(code, {"np": np, "x": value}).shape for code, name in cures
    }
    assert cured_shapes == shapes
    for name, shape in shapes.items():
        assert str(shape) in str(caught.value), name


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_four_axes_get_the_layer_of_the_call_inside_timedistributed(kind: str) -> None:
    problem = (
        rf"TimeDistributed\({kind}\(4\)\) reads each of the 40 as a sample of 3"
        r" timesteps and makes \(8, 40, 4\), ConvLSTM1D"
    )
    x = np.ones((8, 40, 3, 2), np.float32)
    with pytest.raises(CallError, match=problem):
        LSTMSpec.for_input(x, units=(7, 4), layer=kind, lengths=(40,) * 8)
    keras = load_keras()
    layer = keras.layers.TimeDistributed(getattr(keras.layers, kind)(4))
    assert layer(x).shape == (8, 40, 4)


@pytest.mark.parametrize(
    ("x", "are_ids"),
    [
        pytest.param(np.ones((16, 100), "int64"), True, id="int64"),
        pytest.param(np.ones((16, 100), ">u2"), True, id="uint16"),
        pytest.param([[4, 8], [15, 16]], True, id="lists"),
        pytest.param(np.ones((16, 100)), False, id="float64"),
        pytest.param([[0.5, 8], [15, 16]], False, id="lists of floats"),
        pytest.param(np.ones((16, 100), bool), False, id="bool"),
    ],
)
def test_two_axes_of_integers_are_taken_for_token_ids(x: Any, are_ids: bool) -> None:
    with pytest.raises(CallError) as caught:
        LSTMSpec.for_input(x)
    batch_size, timesteps = np.shape(x)
    cure = (
        f"Embedding(vocabulary, d) first, which makes ({batch_size}, {timesteps}, d), so"
        f" explore `timesteps={timesteps}` and `features=d` instead"
    )
    assert (cure in str(caught.value)) is are_ids


def test_integers_in_a_file_are_told_without_reading_them(tmp_path: Path) -> None:
    path = tmp_path / "ids.npy"
    np.lib.format.open_memmap(path, "w+", np.int32, (2**20, 2**14)).flush()
    with pytest.raises(CallError, match=r"Embedding.*`window=24` makes windows \("):
        OwnInput(path)


def test_a_file_of_four_axes_gets_the_layer_that_was_to_read_it(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 3, 4, 5)))
    with pytest.raises(CallError, match=r"TimeDistributed\(GRU\(7\)\).*\(2, 3, 7\)"):
        OwnInput(tmp_path / "x.npy", layer=Layer(cell=GRU, units=7))


TABLE = np.arange(20.0).reshape(10, 2)


def write_table(path: Path) -> None:
    """Write a table in the format of a suffix, a .csv with a header."""
    if path.suffix == ".csv":
        np.savetxt(path, TABLE, delimiter=",", header="price,volume", comments="")
    elif path.suffix == ".npz":
        np.savez(path, x=TABLE)
    else:
        np.save(path, TABLE)


@pytest.mark.parametrize("window", [1, 4, 10])
@pytest.mark.parametrize("name", ["x.csv", "x.npy", "x.npz"])
def test_windows_are_the_rows_of_a_table_each_begun_a_row_later(
    name: str, window: int, tmp_path: Path
) -> None:
    path = tmp_path / name
    write_table(path)
    own_input = OwnInput(path, window)
    values = own_input.values()
    assert own_input.sizes == values.shape == (11 - window, window, 2)
    for row, sample in enumerate(values):
        np.testing.assert_array_equal(sample, TABLE[row : row + window])
    assert is_plain_float32(values)
    names = ("price", "volume") if name == "x.csv" else ()
    assert own_input.feature_names == names


def test_numbers_along_one_axis_are_windows_of_one_feature(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(5))
    own_input = OwnInput(tmp_path / "x.npy", window=3)
    expected = [[[0], [1], [2]], [[1], [2], [3]], [[2], [3], [4]]]
    np.testing.assert_array_equal(own_input.values(), expected)
    assert own_input.sizes == (3, 3, 1)


@pytest.mark.parametrize(
    ("window", "shape", "problem"),
    [
        pytest.param(
            11,
            (10, 2),
            r"^`window` is 11 and '.*x.npy' has 10 rows, expected at most as many$",
            id="more than the rows",
        ),
        pytest.param(
            0,
            (10, 2),
            "^`window`: got 0, expected a whole number from 1 to",
            id="none",
        ),
        pytest.param(
            2,
            (2, 3, 4),
            r"has the shape \(2, 3, 4\), expected a table \(timesteps, features\) beside",
            id="three axes",
        ),
        pytest.param(2, (3, 0), r"\(3, 0\), which is empty", id="no column"),
    ],
)
def test_what_has_no_such_windows_is_refused(
    window: int, shape: tuple[int, ...], problem: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", np.ones(shape))
    with pytest.raises(CallError, match=problem):
        OwnInput(tmp_path / "x.npy", window)


def test_a_number_beyond_float32_is_named_in_windows_too(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[1.0], [1e300]]))
    with pytest.raises(CallError, match=r"holds 1e\+300"):
        OwnInput(tmp_path / "x.npy", window=2).values()


@pytest.mark.parametrize("number", [3.0, 7], ids=repr)
def test_a_number_is_no_input(number: float) -> None:
    problem = r"^input has the shape \(\), expected three axes \(batch, timesteps, "
    with pytest.raises(CallError, match=problem):
        explore(LSTMSpec(), seed=1, input=number)


class NoArray:
    """An object that fails when an array is made of it."""

    shape = (1, 3, 4)

    def __array__(self) -> None:
        raise AttributeError("it is none")


LIST_WITHIN_ITSELF: list[Any] = []
LIST_WITHIN_ITSELF.append(LIST_WITHIN_ITSELF)


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(["prices"], id="a text in a list"),
        pytest.param([["a"], ["b"]], id="texts in lists"),
        pytest.param(LIST_WITHIN_ITSELF, id="a list within itself"),
        pytest.param(NoArray(), id="an object that fails"),
    ],
)
def test_what_makes_no_array_is_refused(x: Any) -> None:
    with pytest.raises(CallError, match="expected"):
        lstm_shapes.explore("LSTM(5)", input=x)


def test_an_input_of_another_shape_is_refused() -> None:
    problem = r"\(1, 3, 4\), expected .*\(2, 3, 4\): LSTMSpec.for_input"
    with pytest.raises(CallError, match=problem):
        as_input(NUMBERS[:1], SPEC)


def test_a_ragged_input_is_refused() -> None:
    problem = r"^input is \[\[\[1, 2\], \[3\]\]\], expected .* of one len"
    with pytest.raises(CallError, match=problem):
        as_input([[[1, 2], [3]]], SPEC)


UNEQUAL_LISTS = [[[1, 2]], [[3, 4], [5, 6], [7, 8]]]


def refuse_lists() -> None:
    as_input(UNEQUAL_LISTS, SPEC)


def refuse_array() -> None:
    array = np.empty(2, object)
    array[:] = UNEQUAL_LISTS
    as_input(array, SPEC)


def refuse_for_input() -> None:
    LSTMSpec.for_input(UNEQUAL_LISTS)


@pytest.mark.parametrize(
    "refuse",
    [
        pytest.param(refuse_lists, id="lists"),
        pytest.param(refuse_array, id="array"),
        pytest.param(refuse_for_input, id="for_input"),
    ],
)
def test_sequences_of_unequal_lengths_get_the_padding_and_the_lengths(
    refuse: Callable[[], None],
) -> None:
    problem = "unequal lengths, expected equal ones: "
    with pytest.raises(CallError, match=problem) as caught:
        refuse()
    # The cure is code, and runs as it stands in the sentence.
    cure = re.search(
        r"ones: (?P<pad>keras.*?) makes .*`lengths=(?P<lengths>\(.*?\))`",
        str(caught.value),
    )
    assert cure
    scope = {"keras": load_keras(), "x": UNEQUAL_LISTS}
    padded = eval(cure["pad"], scope)
    lengths = eval(cure["lengths"], scope)
    spec = LSTMSpec.for_input(padded, lengths=lengths)
    run = explore(spec, input=padded)
    assert run.spec.lengths == (1, 3)


@pytest.mark.parametrize("header", ["", "\ufeffprice,volume\r\n"], ids=["no", "header"])
def test_a_table_is_one_sample_with_or_without_a_header(
    header: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{header}1,2.5\r\n3,1e3\r\n\r\n-5,nan\r\n")
    own_input = OwnInput(path)
    expected = [[[1, 2.5], [3, 1000], [-5, np.nan]]]
    np.testing.assert_array_equal(own_input.values(), expected)
    assert own_input.sizes == (1, 3, 2)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param("", (), id="no header"),
        pytest.param("price, volume\n", ("price", "volume"), id="header"),
        pytest.param(",volume\n", ("", "volume"), id="one without a name"),
        pytest.param("price\n", (), id="not a name for each"),
    ],
)
def test_the_header_of_a_table_names_the_features(
    header: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{header}1,2\n3,4\n")
    own_input = OwnInput(path)
    assert own_input.feature_names == names
    np.testing.assert_array_equal(own_input.values(), [[[1, 2], [3, 4]]])


def test_a_table_is_parsed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Mock(wraps=csv.reader)
    monkeypatch.setattr("csv.reader", reader)
    path = tmp_path / "x.csv"
    path.write_text("price,volume\n1,2\n")
    own_input = OwnInput(path)
    assert own_input.values().tolist() == [[[1, 2]]]
    assert own_input.values().tolist() == [[[1, 2]]]
    assert own_input.code
    assert own_input.sizes
    assert reader.call_count == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n3,x\n", "row 3, column 2 holds 'x', no number"),
        ("1,2\n3,\n", "row 2, column 2 holds '', no number"),
        ("1,2\n3\n", "row 2 has 1 column, the first has 2"),
        ("1;2\n3;4\n", "row 2, column 1 holds '3;4', no number"),
        ("a,b\n", r"it has a header, and no row of numbers below"),
        ("1_0,1\n2,3\n", "row 1, column 1 holds '1_0', no number"),
        ("1,2\n3,٥\n", "row 2, column 2 holds '٥', no number"),
    ],
)
def test_a_bad_table_is_refused_by_row_and_column(
    text: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(CallError, match=problem):
        OwnInput(path)


@pytest.mark.parametrize(
    ("picked_names", "names", "values"),
    [
        pytest.param("price", ("price",), [[1], [3]], id="one"),
        pytest.param("volume, price", ("volume", "price"), [[2, 1], [4, 3]], id="two"),
        pytest.param("high, low", ("high, low",), [[5], [6]], id="name with a comma"),
    ],
)
def test_columns_of_a_table_are_picked_by_name(
    picked_names: str, names: tuple[str, ...], values: list[list[int]], tmp_path: Path
) -> None:
    """The other columns need not hold numbers; a saved program reads the same ones."""
    file = tmp_path / "x.csv"
    file.write_text('day,price,volume,"high, low"\nMon,1,2,5\nTue,3,4,6\n')
    own_input = OwnInput(Path(f"{file}[{picked_names}]"))
    assert own_input.feature_names == names
    np.testing.assert_array_equal(own_input.values(), [values])
    np.testing.assert_array_equal(eval(own_input.code, {"np": np}), [values])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x.csv[prize]", "it has no column 'prize', but 'day', 'price', 'price'"),
        ("x.csv[price]", "several of its columns are called 'price'"),
        ("x.csv[day]", "row 2, column 1 holds 'Mon', no number"),
        ("x.csv", "no number: pick columns by name, as [price] behind the file"),
        ("header.csv", "it has a header, and no row of numbers below"),
        ("numbers.csv[price]", "its first line holds numbers, and no names of columns"),
        ("x.npy[price]", "it is one array, in which nothing is called 'price'"),
        ("x.npz[]", "has nothing in its brackets, expected the name of an array"),
    ],
)
def test_what_has_no_such_numbers_is_refused(
    name: str, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text("day,price,price\nMon,1,2\n")
    (tmp_path / "header.csv").write_text("day,price\n")
    (tmp_path / "numbers.csv").write_text("1,2\n3,4\n")
    np.save(tmp_path / "x.npy", NUMBERS)
    np.savez(tmp_path / "x.npz", x=NUMBERS)
    with pytest.raises(CallError, match=re.escape(problem)):
        OwnInput(tmp_path / name)


def test_an_array_of_an_archive_on_standard_input_is_picked_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = BytesIO()
    np.savez(archive, y=NUMBERS[:1], x=NUMBERS)
    for path, problem in (("-[x]", ""), ("-[z]", "pick one, as -[y]"), ("-", "pick")):
        archive.seek(0)
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(archive.read())))
        if problem:
            with pytest.raises(CallError, match=re.escape(problem)):
                OwnInput(Path(path))
        else:
            np.testing.assert_array_equal(OwnInput(Path(path)).values(), NUMBERS)


def test_the_only_array_of_an_archive_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=NUMBERS)
    np.testing.assert_array_equal(OwnInput(path).values(), NUMBERS)


def test_an_array_of_an_archive_is_picked_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", y=NUMBERS[:1], x=NUMBERS)
    values = OwnInput(tmp_path / "x.npz[x]").values()
    np.testing.assert_array_equal(values, NUMBERS)


@pytest.mark.parametrize("name", ["x.npz", "x.npz[z]"])
def test_an_archive_without_the_name_of_an_array_names_those_it_has(
    name: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", y=NUMBERS[:1], x=NUMBERS)
    problem = r"it holds y, x: pick one, as .*x\.npz\[y\]\), expected"
    with pytest.raises(CallError, match=problem):
        OwnInput(tmp_path / name)


def test_infinity_and_nan_are_numbers() -> None:
    x = np.ones((2, 3, 4))
    x[0, 0, 0] = np.inf
    x[0, 0, 1] = np.nan
    np.testing.assert_array_equal(as_input(x, SPEC), x)


def test_a_number_beyond_float32_is_named(tmp_path: Path) -> None:
    x = np.ones((2, 3, 4))
    x[0, 0, 0] = np.inf
    x[0, 0, 1] = np.nan
    x[1, 2, 3] = -1e300
    np.save(tmp_path / "x.npy", x)
    problem = r"x.npy' holds 1e\+300, expected .* float32's range, up to"
    own_input = OwnInput(tmp_path / "x.npy")
    with pytest.raises(CallError, match=problem):
        own_input.values()


def write_nothing(_: Path) -> None:
    """Leave the file out."""


def link_to_kernel_messages(path: Path) -> None:
    """Link to a file of Linux without a size, at which root would wait."""
    path.symlink_to("/proc/kmsg")


def link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def write_text(path: Path) -> None:
    path.write_text("1,2\n3,4\n")


def write_empty_archive(path: Path) -> None:
    """Write a zip of nothing."""
    with zipfile.ZipFile(path, "w"):
        pass


def write_zipped_table(path: Path) -> None:
    """Write a zip of a .csv."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", "1,2\n3,4\n")


def write_damaged_header(path: Path) -> None:
    write_with_header(path, "(2, 3")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(write_nothing, "No such file or directory", id="none"),
        pytest.param(Path.mkdir, "it is a folder", id="folder"),
        pytest.param(os.mkfifo, "it is a pipe", id="pipe"),
        pytest.param(link_to_device, "it is a device", id="device"),
        pytest.param(Path.touch, "it is empty", id="empty"),
        pytest.param(link_to_kernel_messages, "it is empty|No such file", id="Linux"),
        pytest.param(write_text, "it is no .npy file", id="text"),
        pytest.param(write_damaged_header, "it is damaged", id="damaged"),
        pytest.param(write_cut_short, "or cut short", id="cut short"),
        pytest.param(write_empty_archive, "without arrays", id="empty archive"),
        pytest.param(write_zipped_table, "without arrays", id="zipped table"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.npy"
    make(path)
    problem = rf"x.npy' cannot be read \(.*({reason}).*\), expected"
    with pytest.raises(CallError, match=problem):
        OwnInput(path)


def test_a_file_that_is_cut_short_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, NUMBERS)
    own_input = OwnInput(path)
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(CallError, match=r"x.npy' cannot be read \(.*\), expected"):
        own_input.values()


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = BytesIO()
    np.save(stream, NUMBERS)
    stream.seek(0)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(stream))
    own_input = OwnInput(Path("-"))
    assert own_input.sizes == SIZES
    np.testing.assert_array_equal(own_input.values(), NUMBERS)
    np.testing.assert_array_equal(own_input.values(), NUMBERS)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        pytest.param(NUMBERS[:1], r"had the shape \(2, 3, 4\) and now", id="shape"),
        pytest.param(NUMBERS.astype(str), "holds values of the type", id="type"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused(
    changed: Any, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.npy"
    np.save(path, NUMBERS)
    own_input = OwnInput(path)
    path.unlink()
    np.save(path, changed)
    with pytest.raises(CallError, match=problem):
        own_input.values()


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that this process may not look into, even if root runs it."""
    folder = tmp_path / "closed"
    folder.mkdir()
    np.save(folder / "x.npy", NUMBERS)
    folder.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    folder.chmod(0o700)


@pytest.mark.parametrize("name", ["x.npy", "x.npz[x]", "x.csv", "x.keras"])
def test_a_closed_folder_is_told(name: str, closed_folder: Path) -> None:
    with pytest.raises(CallError, match=r"cannot be read \(Permission denied\)"):
        OwnInput(closed_folder / name)


@pytest.mark.parametrize("suffix", [".npy", ".npz[x]", ".csv", ".keras"])
def test_a_name_that_is_too_long_is_told(suffix: str) -> None:
    with pytest.raises(CallError, match=r"cannot be read \(File name too long\)"):
        OwnInput(Path("x" * 300 + suffix))


@pytest.mark.parametrize("member", ["a[0]", "b\nc", "[d]", "e]"])
@pytest.mark.parametrize("folder", [".", "runs[1]"])
def test_a_name_in_an_archive_may_have_brackets_and_line_breaks(
    member: str, folder: str, tmp_path: Path
) -> None:
    path = tmp_path / folder / "x[2].npz"
    path.parent.mkdir(exist_ok=True)
    arrays: dict[str, Any] = {member: NUMBERS, "y": -NUMBERS}
    np.savez(path, **arrays)
    x = OwnInput(Path(f"{path}[{member}]"))
    np.testing.assert_equal(x.values(), NUMBERS)
    np.testing.assert_equal(eval(x.code, {"np": np}), NUMBERS)


@pytest.mark.parametrize(
    "member", ["objects", "subject", "Object arrays cannot be loaded"]
)
def test_a_name_that_speaks_of_objects_is_not_taken_for_one(
    member: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", **{member: NUMBERS, "y": NUMBERS})  # type: ignore[arg-type]  # allow_pickle is no member
    np.testing.assert_array_equal(
        OwnInput(tmp_path / f"x.npz[{member}]").values(), NUMBERS
    )
    with pytest.raises(CallError, match=f"it holds {member}, y: pick one"):
        OwnInput(tmp_path / "x.npz")
    (tmp_path / "x.csv").write_text(f"1,2\n3,{member}\n")
    with pytest.raises(CallError, match=f"row 2, column 2 holds '{member}'"):
        OwnInput(tmp_path / "x.csv")


def test_objects_are_told_and_never_unpickled(tmp_path: Path) -> None:
    ragged = np.array([[1], [2, 3]], dtype=object)
    np.save(tmp_path / "x.npy", ragged, allow_pickle=True)
    np.savez(tmp_path / "x.npz", ragged)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(CallError, match="holds objects, expected numbers"):
            OwnInput(tmp_path / name)


def mutated(data: bytes, random: Random) -> bytes:
    """Return a file with some of its bytes changed, left out, put in, or cut off."""
    result = bytearray(data)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(min(len(result), 140) or 1)
        if random.random() < 0.3:
            place = max(len(result) - random.randint(1, 120), 0)
        piece = random.choice(
            [b"", b"(", b"'", b"\n", b"|O", b"\xff\x00", b"99999999999"]
        )
        result[place : place + random.randint(0, 8)] = piece
    return bytes(result)


def test_a_damaged_file_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", NUMBERS)
    np.savez(tmp_path / "x.npz", x=NUMBERS, y=NUMBERS)
    np.savez_compressed(tmp_path / "one.npz", x=NUMBERS)
    (tmp_path / "x.csv").write_text('price,"volume"\n1,2\n3,4.5\n\n')
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    random = Random(0)
    sentences = set()
    for _ in range(600):
        name = random.choice(sorted(files))
        path = tmp_path / f"damaged-{name}"
        path.write_bytes(mutated(files[name], random))
        member = random.choice(["", "[x]", "[x.npy]"])
        try:
            OwnInput(Path(f"{path}{member}")).values()
        except CallError as error:
            sentences.add(str(error).replace(str(tmp_path), ""))
    assert len(sentences) > 20
    assert all("expected" in sentence for sentence in sentences)


def test_a_file_in_an_archive_that_is_no_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "1,2,3")
    with pytest.raises(
        CallError, match=r"cannot be read \('notes.txt' in it is no array"
    ):
        OwnInput(tmp_path / "x.npz[notes.txt]")
