"""Files: what each suffix holds, what is refused, and what a failure leaves behind."""

import gc
import json
import os
import re
import sys
import tracemalloc
from functools import partial
from html import unescape
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import numpy as np
import pytest
import resvg_py
from rich.text import Text

from lstm_shapes.errors import CallError
from lstm_shapes.request import Request
from lstm_shapes.shapes.spec import LSTMSpec
from lstm_shapes.view.picture import html_page, png_problem
from lstm_shapes.view.save import FORMATS, SavedArrays, SavedDocuments, SavedFile
from tests.conftest import Command, fixed_run
from tests.oracle import unroll

pytestmark = pytest.mark.usefixtures("without_keras")

DARK_PAGE = "#292929"
WHITE_PAGE = "#ffffff"
MODEL = Path(__file__).parents[1] / "models" / "model.keras"
COLUMN_WIDTH = 12.64  # in an .svg
NEEDS_FONTS = pytest.mark.skipif(bool(png_problem()), reason=f"a .png {png_problem()}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Return what every file in a folder holds."""
    files = {}
    for path in folder.iterdir():
        if path.is_file():
            files[path.name] = path.read_bytes()
    return files


def texts_in(html: str) -> list[str]:
    """Return the lines of text that a saved page shows."""
    (code,) = re.findall(r"<code.*?>(.*)</code>", html, re.DOTALL)
    without_tags = re.sub(r"<[^>]*>", "", code)
    return [unescape(line) for line in without_tags.splitlines()]


def test_npz_is_enough_to_do_the_run_by_hand(command: Command) -> None:
    answer = command("--return-sequences", "--return-state", "--save", "x.npz")
    assert answer.status == 0
    with np.load("x.npz", allow_pickle=False) as file:
        saved = dict(file)
    weights = [saved["kernel"], saved["recurrent_kernel"], saved["bias"]]
    h, c = unroll("LSTM", saved["input"], weights).last
    np.testing.assert_allclose(h, saved["hidden_state"], atol=1e-6)
    np.testing.assert_allclose(c, saved["cell_state"], atol=1e-6)
    spec = json.loads(saved["spec"].item())
    assert spec["return_sequences"] is True


def test_json_has_the_values_that_the_screen_leaves_out(command: Command) -> None:
    command("--show", "output[0]", "--save", "x.json")
    text = Path("x.json").read_text()
    document = json.loads(text)
    assert len(text.splitlines()) == 1
    assert np.shape(document["outputs"][0]["values"]) == (1, 5)


def test_jsonl_has_a_line_for_each_run(command: Command) -> None:
    command("-u", "2", "-u", "3", "--compare", "--save", "x.jsonl")
    lines = Path("x.jsonl").read_text().splitlines()
    units = [json.loads(line)["sizes"]["units"] for line in lines]
    assert units == [[2]] * 4 + [[3]] * 4


@pytest.mark.parametrize("name", ["x.svg", "X.SVG", "x.html"])
def test_pictures_are_the_screen_in_colour_and_need_nothing_else(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    answer = command("--return-state", "--save", name)
    picture = Path(name).read_text("utf-8")

    from_elsewhere = r"url\((?!#)|src=|@import|@font-face|<link"
    assert not re.search(from_elsewhere, picture)
    assert not re.search("repeat.with", picture)
    tint_of_the_greatest_value = r"#ef8a62|rgb\(239,138,98\)"
    assert re.search(tint_of_the_greatest_value, picture)

    markup_and_blanks = r"<style.*?</style>|<[^>]*>|&#160;|\s"
    letters = re.sub(markup_and_blanks, "", picture, flags=re.DOTALL)
    drawing = answer.stdout.split("\n\n")[1]
    assert "".join(drawing.split()) in letters


@pytest.mark.parametrize("name", ["x.svg", "X.SVG"])
def test_an_svg_is_well_formed(name: str, command: Command) -> None:
    command("--return-state", "--save", name)
    picture = ElementTree.fromstring(Path(name).read_text("utf-8"))
    assert picture.tag.endswith("svg")


def size_of(svg: str) -> tuple[float, float]:
    """Return the width and the height of a picture."""
    (size,) = re.findall(r'viewBox="0 0 ([\d.]+ [\d.]+)"', svg)
    width, height = size.split()
    return float(width), float(height)


@pytest.mark.parametrize("columns", ["40", "200"])
@pytest.mark.parametrize("call", ["", "--compare", "-u 64", "-u 8 -u 16"])
def test_pictures_are_as_wide_as_their_longest_line_on_any_terminal(
    call: str, columns: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    answer = command(*call.split(), "--save", "x.svg", "--save", "x.html")
    assert answer.status == 0

    lines = texts_in(Path("x.html").read_text("utf-8"))
    longest = max(len(line) for line in lines)
    width, _ = size_of(Path("x.svg").read_text("utf-8"))
    padding = 20
    assert width == pytest.approx(longest * COLUMN_WIDTH + 2 * padding, abs=5)


@pytest.mark.parametrize(
    ("call", "widest", "has_gap"),
    [
        pytest.param("", 80, False, id="default sizes"),
        pytest.param("--bidirectional", 107, False, id="ten units"),
        pytest.param("-u 16", 159, False, id="sixteen units"),
        pytest.param("-u 128", 160, True, id="more than 160 columns hold"),
        pytest.param("-u 2 -u 10 --arrays", 105, False, id="a row of a sweep"),
        pytest.param("-u 10 --compare", 105, False, id="comparison"),
        pytest.param("-u 16 --only outputs", 80, False, id="without the arrays"),
    ],
)
def test_pictures_are_as_wide_as_their_arrays_need_up_to_160_columns(
    call: str, widest: int, has_gap: bool, command: Command
) -> None:
    flags = [] if "--compare" in call else ["--return-sequences", "--return-state"]
    answer = command(*flags, *call.split(), "--save", "x.html")
    assert answer.status == 0
    lines = texts_in(Path("x.html").read_text("utf-8"))
    longest = max(len(line.rstrip()) for line in lines)
    assert longest <= widest
    assert (" … " in "".join(lines)) is has_gap


def test_a_picture_of_a_sweep_has_a_column_for_each_array(command: Command) -> None:
    command(
        "-u", "1", "-u", "2", "--bidirectional", "--return-state", "--save", "x.html"
    )
    text = Path("x.html").read_text("utf-8")
    assert "backward_cell_state" in text
    assert "each state" not in text


def test_nothing_is_cut_off_below_the_last_line(command: Command) -> None:
    command("-n", "--only", "outputs", "--save", "x.svg")
    svg = Path("x.svg").read_text("utf-8")
    assert "clip" not in svg
    baselines = re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>\S', svg)
    (group_top,) = re.findall(r'<g transform="translate\([\d.]+, ([\d.]+)\)">', svg)
    lowest = max(float(baseline) for baseline in baselines) + float(group_top)
    _, height = size_of(svg)
    descent = 5
    assert lowest + descent < height - 10


def test_a_page_says_its_language_its_encoding_and_its_layers(command: Command) -> None:
    command("--return-state", "--save", "x.html")
    page = Path("x.html").read_text("utf-8")
    assert '<html lang="en">' in page
    assert '<meta charset="utf-8">' in page
    assert "<title>LSTM(5, return_state=True)</title>" in page


def test_the_title_of_a_page_is_escaped() -> None:
    page = html_page([Text("{x}")], "</title>{0}\x1b&", is_light=False)
    assert "<title>&lt;/title&gt;{0}\\x1b&amp;</title>" in page


@NEEDS_FONTS
@pytest.mark.parametrize("call", ["", "--compare --light", "-u 8 -u 16"])
def test_a_png_is_the_svg_at_twice_its_size(call: str, command: Command) -> None:
    answer = command(*call.split(), "--save", "x.png", "--save", "x.svg")
    assert answer.status == 0
    png = Path("x.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    size = [int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")]
    expected = [2 * length for length in size_of(Path("x.svg").read_text("utf-8"))]
    assert size == pytest.approx(expected, abs=2)


def test_a_png_is_refused_where_its_library_is_missing(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    answer = command("--save", "x.png")
    assert answer.status == 2
    assert answer.stdout == ""
    assert answer.stderr == (
        "lstm-shapes: 'x.png' needs a library: pip install 'lstm-shapes[png]', or save"
        " an .svg and turn it into a .png with rsvg-convert or a browser\n"
    )
    assert contents(folder) == {}


def test_a_png_is_refused_where_there_is_no_font(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_fonts = partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", without_fonts)
    answer = command("--save", "x.png")
    assert answer.status == 2
    assert "'x.png' would have no letters" in answer.stderr
    assert contents(folder) == {}


@NEEDS_FONTS
def test_a_png_of_too_many_lines_is_refused_and_other_pictures_are_written(
    command: Command, folder: Path
) -> None:
    call = "-t 600 -u 1 --return-sequences --show all_hidden_states"
    answer = command(*call.split(), "--save", "x.png", "--save", "x.svg")
    assert answer.status == 1
    assert "a .png has room for 500 lines, and this has 60" in answer.stderr
    assert list(contents(folder)) == ["x.svg"]


def test_other_pictures_need_no_library(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert command("--save", "x.svg", "--save", "x.html").status == 0


@pytest.mark.parametrize("name", ["x.svg", "x.html"])
def test_light_pictures_are_for_a_white_page(name: str, command: Command) -> None:
    command("--save", name)
    dark = Path(name).read_text("utf-8")
    assert DARK_PAGE in dark

    answer = command("--light", "--force", "--save", name)
    assert answer.status == 0
    light = Path(name).read_text("utf-8")
    assert DARK_PAGE not in light
    assert WHITE_PAGE in light
    white_frame = "rgba(255,255,255"
    assert white_frame not in light


def test_python_saves_light_pictures_too() -> None:
    fixed_run(LSTMSpec()).save("x.svg", light=True)
    assert DARK_PAGE not in Path("x.svg").read_text("utf-8")


@pytest.mark.parametrize("call", ["", "--save x.json", "-n --save x.py"])
def test_light_without_a_picture_is_refused(
    call: str, command: Command, folder: Path
) -> None:
    answer = command("--light", *call.split())
    assert answer.status == 2
    assert answer.stdout == ""
    assert answer.stderr == (
        "lstm-shapes: --light is for pictures,"
        " expected a file to save that ends in .svg or .png or .html\n"
    )
    assert contents(folder) == {}


def test_light_beside_a_page_of_steps_says_whose_choice_it_is(command: Command) -> None:
    answer = command("--light", "--save", "x.steps.html")
    assert answer.status == 2
    assert "'x.steps.html' is light or dark as its reader has it" in answer.stderr


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        pytest.param(
            "x.txt",
            "'x.txt' has no known suffix,"
            " expected one of .npz .json .jsonl .svg .png .html .steps.html .py",
            id="unknown suffix",
        ),
        pytest.param(
            ".npz",
            "'.npz' has no known suffix",
            id="suffix alone",
        ),
        pytest.param(
            "x.npz -u 1 -u 2",
            "'x.npz' holds one run, and this is a sweep, expected one of",
            id="sweep in a file for one run",
        ),
        pytest.param(
            "x.json --compare",
            "expected one of .jsonl .svg .png .html",
            id="comparison in a file for one run",
        ),
        pytest.param(
            "x.npz -n",
            "'x.npz' needs a run, expected no --dry-run beside it",
            id="dry run",
        ),
        pytest.param(
            "old.svg",
            "'old.svg' exists, expected a new file: --force replaces it",
            id="file that exists",
        ),
        pytest.param(
            "lost.svg",
            "'lost.svg' exists",
            id="link that leads nowhere",
        ),
        pytest.param(
            "folder.npz --force",
            "'folder.npz' is a folder or a device, expected a file",
            id="folder",
        ),
        pytest.param(
            "pipe.npz --force",
            "'pipe.npz' is a folder or a device, expected a file",
            id="pipe",
        ),
        pytest.param(
            "null.npz --force",
            "'null.npz' is a folder or a device, expected a file",
            id="link to a device",
        ),
        pytest.param(
            "no/x.npz",
            "/no', expected a folder that is open to writing",
            id="in no folder",
        ),
        pytest.param(
            "x.npz --save ./x.npz",
            "'x.npz' came twice, expected each file once",
            id="twice",
        ),
        pytest.param(
            "x.svg --save here/x.svg",
            "'x.svg' and 'here/x.svg' are one file, expected each file once",
            id="one file by two paths",
        ),
        pytest.param(
            "x.svg --force --save link.svg",
            "'x.svg' and 'link.svg' are one file, expected each file once",
            id="a file and a link to it",
        ),
        pytest.param(
            "old.svg/x.svg",
            "/old.svg', expected a folder that is open to writing",
            id="in a file",
        ),
        pytest.param(
            f"{'x' * 300}.svg",
            "x.svg' cannot be a file (",
            id="a long name",
        ),
    ],
)
def test_impossible_files_are_refused_before_anything_is_done(
    call: str, problem: str, folder: Path, command: Command
) -> None:
    Path("old.svg").write_text("old")
    Path("folder.npz").mkdir()
    os.mkfifo("pipe.npz")
    Path("null.npz").symlink_to(os.devnull)
    Path("lost.svg").symlink_to("nowhere")
    Path("here").symlink_to(".")
    Path("link.svg").symlink_to("x.svg")
    answer = command("--save", *call.split())
    assert answer.status == 2
    assert answer.stdout == ""
    assert problem in answer.stderr
    assert contents(folder) == {"old.svg": b"old"}


READ_FILE = "is what this call reads, expected another name"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("--input x.npz --save x.npz", id="input"),
        pytest.param("--input x.npz[x] --save link.npz", id="link to an input"),
        pytest.param("model.json lstm --save model.json", id="model"),
        pytest.param(
            "model.json lstm -n --save ./model.json", id="model without a run"
        ),
        pytest.param("model.json --save model.json", id="list of a model"),
    ],
)
def test_a_file_that_is_read_is_not_replaced_with_force_either(
    call: str, folder: Path, command: Command
) -> None:
    np.savez("x.npz", x=np.zeros((1, 3, 4)))
    Path("link.npz").symlink_to("x.npz")
    layer = {"class_name": "LSTM", "config": {"name": "lstm", "units": 5}}
    config = {"name": "sequential", "layers": [layer]}
    model = {"class_name": "Sequential", "config": config}
    Path("model.json").write_text(json.dumps(model))
    before = contents(folder)
    answer = command(*call.split(), "--force")
    assert (answer.status, answer.stdout) == (2, "")
    assert answer.stderr.endswith(f"{READ_FILE}\n")
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["target.svg", "target"])
def test_force_replaces_what_a_link_leads_to_and_keeps_its_permissions(
    name: str, folder: Path, command: Command
) -> None:
    target = folder / "other" / name
    target.parent.mkdir()
    target.touch(mode=0o600)
    link = Path("link.svg")
    link.symlink_to(target)

    answer = command("-n", "--force", "--save", "link.svg")

    assert answer.status == 0
    assert link.is_symlink()
    assert "</svg>" in target.read_text("utf-8")
    assert permissions_of(target) == 0o600


def test_force_makes_the_file_that_a_link_leads_to_as_any_new_one(
    folder: Path, command: Command
) -> None:
    target = folder / "other" / "target.svg"
    target.parent.mkdir()
    link = Path("link.svg")
    link.symlink_to(target)

    answer = command("-n", "--force", "--save", "link.svg")

    assert answer.status == 0
    assert link.is_symlink()
    assert "</svg>" in target.read_text("utf-8")
    assert permissions_of(target) != 0o600


def permissions_of(path: Path) -> int:
    """Return who may read, write and execute a file."""
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    "files_before",
    [
        pytest.param({}, id="new"),
        pytest.param({"x.npz": b"old"}, id="replaced"),
    ],
)
def test_a_write_that_fails_leaves_all_as_it_was_and_other_files_are_written(
    files_before: dict[str, bytes],
    folder: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fill_the_disk(_: SavedFile, file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SavedArrays, "write", fill_the_disk)
    for name, data in files_before.items():
        Path(name).write_bytes(data)

    answer = command("--force", "--save", "x.npz", "--save", "x.py")

    assert answer.status == 1
    assert answer.stdout.startswith("LSTM(5)")
    reason = "x.npz' could not be written: No space left on device\n"
    assert reason in answer.stderr
    program = Path("x.py").read_bytes()
    assert contents(folder) == {"x.py": program, **files_before}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        pytest.param("--save x.npz", "x.npz", id="arrays"),
        pytest.param("-u 1 -u 2 --save x.jsonl", "x.jsonl", id="sweep"),
        pytest.param(f"{MODEL} --save x.json", "x.json", id="list of layers"),
        pytest.param(f"{MODEL} lstm --save x.py", "x.py", id="program"),
        pytest.param(f"{MODEL} lstm --save x.py", "x.weights.npz", id="its weights"),
    ],
)
def test_a_file_that_somebody_makes_meanwhile_is_not_lost(
    call: str,
    name: str,
    folder: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = os.link

    def link_too_late(unfinished: Path, target: Path) -> None:
        if target.name == name:
            target.write_bytes(b"theirs")
        link(unfinished, target)

    monkeypatch.setattr(os, "link", link_too_late)
    answer = command(*call.split())
    assert answer.status == 1
    assert answer.stdout.count("\n") > 3
    assert answer.stderr == (
        f"lstm-shapes: '{folder / name}' was made by somebody else meanwhile, and stays"
        " as it is: save to another name, or --force replaces it\n"
    )
    assert contents(folder) == {name: b"theirs"}


def test_the_lines_of_a_sweep_stand_on_the_disk_and_not_in_memory() -> None:
    """One line of a large run has millions of letters, and a sweep hundreds of lines."""
    rows = ((LSTMSpec(),),) * 500
    file = SavedDocuments(Request(rows=rows), Path("x.jsonl"))
    file.begin()
    file.add(rows[0], ())
    tracemalloc.start()
    for row in rows[1:]:
        file.add(row, ())
    gc.collect()
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # What stands on the disk has no name: whenever the process ends, nothing is left.
    assert list(Path().iterdir()) == []
    file.end()
    file.close()
    assert Path("x.jsonl").stat().st_size > 5 * held_bytes


@NEEDS_FONTS
def test_python_saves_in_every_format_without_a_word(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    run = fixed_run(LSTMSpec())
    for suffix in FORMATS:
        run.save(f"x{suffix}")
        run.save(Path(f"x{suffix}"), force=True)
    assert set(contents(folder)) == {f"x{suffix}" for suffix in FORMATS}
    assert capsys.readouterr() == ("", "")


def test_python_refuses_to_replace_a_file_and_names_its_own_argument() -> None:
    run = fixed_run(LSTMSpec())
    run.save("x.py")
    sentence = "exists, expected a new file: `force=True` replaces it"
    with pytest.raises(CallError, match=sentence):
        run.save("x.py")
    run.save(Path("x.py"), force=True)
    compile(Path("x.py").read_text(), "x.py", "exec")
