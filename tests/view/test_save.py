"""Files: what each suffix holds, what is refused, and what a failure leaves behind."""

import json
import os
import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from lstm_shapes.errors import CallError
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.view import save
from tests.conftest import Command, fixed_run
from tests.oracle import unroll

pytestmark = pytest.mark.usefixtures("without_keras")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_npz_is_enough_to_do_the_run_by_hand(command: Command) -> None:
    assert command("--return-sequences", "--return-state", "--save", "x.npz").status == 0
    with np.load("x.npz", allow_pickle=False) as saved:
        of = {name: saved[name] for name in saved}
    weights = [of[name] for name in ("kernel", "recurrent_kernel", "bias")]
    h, c = unroll("LSTM", of["input"], weights).last
    np.testing.assert_allclose(h, of["hidden_state"], atol=1e-6)
    np.testing.assert_allclose(c, of["cell_state"], atol=1e-6)
    assert json.loads(of["spec"].item())["return_sequences"] is True


def test_json_has_a_line_for_each_run_with_the_values_that_the_screen_may_leave_out(
    command: Command,
) -> None:
    command("--show", "output[0]", "--save", "x.json")
    command("-u", "2", "-u", "3", "--compare", "--save", "x.jsonl")
    (document,) = map(json.loads, Path("x.json").read_text().splitlines())
    assert np.shape(document["outputs"][0]["values"]) == (1, 5)
    documents = map(json.loads, Path("x.jsonl").read_text().splitlines())
    assert [of["sizes"]["units"] for of in documents] == [[2]] * 4 + [[3]] * 4


@pytest.mark.parametrize("name", ["x.svg", "X.SVG", "x.html"])
def test_pictures_are_the_screen_in_colour_and_need_nothing_else(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    drawing = command("--return-state", "--save", name).stdout.split("\n\n")[1]
    text = Path(name).read_text("utf-8")
    assert not re.search(r"url\((?!#)|src=|@import|@font-face|<link|repeat.with", text)
    assert re.search(r"#ef8a62|rgb\(239,138,98\)", text)  # the tint of the greatest value
    words = re.sub(r"<style.*?</style>|<[^>]*>|&#160;|\s", "", text, flags=re.DOTALL)
    assert "".join(drawing.split()) in words
    if name != "x.html":
        assert ElementTree.fromstring(text).tag.endswith("svg")


@pytest.mark.parametrize("columns", ["40", "200"])
@pytest.mark.parametrize("call", ["", "--compare", "-u 64", "-u 8 -u 16"])
def test_pictures_are_as_wide_as_their_longest_line_on_any_terminal(
    call: str, columns: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert command(*call.split(), "--save", "x.svg", "--save", "x.html").status == 0
    (pre,) = re.findall(r"<code.*?>(.*)</code>", Path("x.html").read_text("utf-8"), re.DOTALL)
    lines = re.sub(r"<[^>]*>", "", pre).splitlines()
    (width,) = re.findall(r'<rect x="0" y="0" width="([\d.]+)"', Path("x.svg").read_text("utf-8"))
    longest = max(len(unescape(line)) for line in lines)
    assert longest <= 80
    # A column of Rich's picture is 12.2 wide.
    assert longest == round(float(width) / 12.2)


def test_light_pictures_are_for_a_white_page(command: Command, folder: Path) -> None:
    for name in ("x.svg", "x.html"):
        command("--save", name)
        dark = Path(name).read_text("utf-8")
        assert command("--light", "--force", "--save", name).status == 0
        light = Path(name).read_text("utf-8")
        assert ("#292929" in dark, "#292929" in light) == (True, False)
        assert "#ffffff" in light
    fixed_run(LSTMSpec()).save(folder / "y.svg", light=True)
    assert "#292929" not in Path("y.svg").read_text("utf-8")


@pytest.mark.parametrize("call", ["", "--save x.json", "-n --save x.py"])
def test_light_without_a_picture_is_refused(call: str, command: Command, folder: Path) -> None:
    answer = command("--light", *call.split())
    assert (answer.status, answer.stdout, contents(folder)) == (2, "", {})
    expected = "--light is for pictures, expected a file to save that ends in .svg or .html\n"
    assert answer.stderr == f"lstm-shapes: {expected}"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("x.txt", "'x.txt' has no known suffix, expected one of .npz .json .jsonl .svg .html .py"),
        (".npz", "'.npz' has no known suffix"),
        ("x.npz -u 1 -u 2", "'x.npz' holds one run and this call makes several, expected one of"),
        ("x.json --compare", "expected one of .jsonl .svg .html"),
        ("x.npz -n", "'x.npz' needs a run, expected no --dry-run beside it"),
        ("old.svg", "'old.svg' exists, expected a new file: --force replaces it"),
        ("lost.svg", "'lost.svg' exists"),
        ("folder.npz --force", "'folder.npz' is a folder or a device, expected a file"),
        ("pipe.npz --force", "'pipe.npz' is a folder or a device, expected a file"),
        ("null.npz --force", "'null.npz' is a folder or a device, expected a file"),
        ("no/x.npz", "/no', expected a folder that is open to writing"),
        ("x.npz --save ./x.npz", "'x.npz' came twice, expected each file once"),
        ("old.svg/x.svg", "/old.svg', expected a folder that is open to writing"),
        pytest.param(f"{'x' * 300}.svg", "x.svg' cannot be a file (", id="a long name"),
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
    answer = command("--save", *call.split())
    assert (answer.status, answer.stdout) == (2, "")
    assert problem in answer.stderr
    assert contents(folder) == {"old.svg": b"old"}


@pytest.mark.parametrize("old", ["target.svg", None, pytest.param("target")])
def test_force_replaces_what_a_link_leads_to_and_keeps_its_permissions(
    old: str | None, folder: Path, command: Command
) -> None:
    target = folder / "other" / (old or "target.svg")
    target.parent.mkdir()
    if old:
        target.touch(mode=0o600)
    Path("link.svg").symlink_to(target)
    assert command("-n", "--force", "--save", "link.svg").status == 0
    assert Path("link.svg").is_symlink()
    assert "</svg>" in target.read_text("utf-8")
    assert (target.stat().st_mode & 0o777 == 0o600) == bool(old)


@pytest.mark.parametrize("before", [{}, {"x.npz": b"old"}], ids=["new", "replaced"])
def test_a_write_that_fails_leaves_all_as_it_was_and_other_files_are_written(
    before: dict[str, bytes], folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(file: object, _: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    full = save.FORMATS[".npz"]._replace(write=fill_the_disk)
    monkeypatch.setitem(save.FORMATS, ".npz", full)
    if before:
        Path("x.npz").write_bytes(b"old")
    answer = command("--force", "--save", "x.npz", "--save", "x.py")
    assert (answer.status, answer.stdout[:7]) == (1, "LSTM(5)")
    assert "x.npz' could not be written: No space left on device\n" in answer.stderr
    assert contents(folder) == {"x.py": Path("x.py").read_bytes(), **before}


def test_python_saves_without_a_word_and_names_its_own_argument(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    run = fixed_run(LSTMSpec())
    for suffix in save.FORMATS:
        run.save(f"x{suffix}")
    with pytest.raises(CallError, match="exists, expected a new file: force=True replaces it"):
        run.save("x.py")
    run.save(Path("x.py"), force=True)
    compile(Path("x.py").read_text(), "x.py", "exec")
    assert set(contents(folder)) == {f"x{suffix}" for suffix in save.FORMATS}
    assert capsys.readouterr() == ("", "")
