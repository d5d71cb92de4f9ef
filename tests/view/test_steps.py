"""The page on which one steps through a run: what is in it, and what a browser shows."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from lstm_shapes.run.values import Values
from lstm_shapes.shapes.spec import LSTMSpec
from tests.conftest import Command, fixed_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.usefixtures("without_keras")

MODEL = Path(__file__).parent.parent / "models" / "model.keras"
CHROMIUM = shutil.which("chromium")
# A small projector's.
WIDTH = 1280
HEIGHT = 720
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
CALLS = [
    pytest.param("--return-sequences --return-state", id="LSTM"),
    pytest.param("--layer GRU", id="GRU"),
    pytest.param("--layer SimpleRNN", id="SimpleRNN"),
    pytest.param("--bidirectional -b 3", id="both directions"),
    pytest.param("--lengths 3,1 --return-sequences", id="masked"),
    pytest.param("-u 6,4 --bidirectional", id="stack"),
    pytest.param("LSTM(3,return_sequences=True),GRU(9) --precision 9", id="two kinds"),
    pytest.param("-t 10 -u 16", id="10 timesteps of 16 units"),
    pytest.param("-t 50 -u 64", id="50 timesteps of 64 units"),
    pytest.param("-t 3 -u 128 -f 200", id="128 units"),
    pytest.param("-t 1 -u 1", id="one number"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved_page(command: Command, call: str = "") -> str:
    """Return the page that a call saves."""
    answer = command(*call.split(), "--save", "x.steps.html", "--force")
    assert answer.status == 0, answer.stderr
    return Path("x.steps.html").read_text("utf-8")


def data_of(page: str) -> Any:
    """Return what a page holds of a run."""
    (text,) = re.findall(r'id="run">(.*?)</script>', page)
    return json.loads(text)


def values_in(track: Any, sample: int, name: str) -> Values:
    """Return an array that a page holds of a direction of a layer, in one row."""
    text = track["samples"][sample]["arrays"][name]
    return np.frombuffer(base64.b64decode(text), f"<f{track['item_bytes']}")


# Without a browser


def test_the_page_asks_for_no_other_file_and_may_not(command: Command) -> None:
    page = saved_page(command)
    assert not re.search(
        r"\b(src|href|action)=|url\(|@import|https?://(?!www\.w3)", page
    )
    assert "default-src 'none'; style-src 'unsafe-inline'; script-src" in page


def test_the_page_has_the_very_numbers_of_the_run(command: Command) -> None:
    (track,) = data_of(saved_page(command, "--lengths 3,2 --return-sequences"))[
        "tracks"
    ]
    run = fixed_run(LSTMSpec(lengths=(3, 2), return_sequences=True))
    names = {
        "x": "input",
        "i": "input_gate",
        "f": "forget_gate",
        "g": "candidate",
        "o": "output_gate",
        "c": "all_cell_states",
    }
    for letter, name in names.items():
        for sample in (0, 1):
            values = values_in(track, sample, letter)
            np.testing.assert_array_equal(values, run[name][sample].ravel())
    assert track["samples"][1]["is_real"] == [True, True, False]


def test_the_sums_of_a_simple_rnn_give_h(command: Command) -> None:
    call = "--layer SimpleRNN -u 3,2 --bidirectional -b 2"
    tracks = data_of(saved_page(command, call))["tracks"]
    assert len(tracks) == 4
    for track in tracks:
        for sample in (0, 1):
            sums_of_x = values_in(track, sample, "sum_x")
            sums_of_h = values_in(track, sample, "sum_h")
            h = values_in(track, sample, "h")
            np.testing.assert_allclose(np.tanh(sums_of_x + sums_of_h), h, atol=1e-6)


def test_a_page_of_ordinary_sizes_is_small(command: Command) -> None:
    for call in ("-t 50 -u 64", "-t 20 -u 32 -b 32", "-b 1000"):
        assert len(saved_page(command, call).encode()) < 150_000


def test_a_large_batch_is_on_the_page_in_part_with_the_sample_that_is_picked(
    command: Command,
) -> None:
    call = "-t 20 -u 32 -b 40 --layer GRU --show update_gate[37,5,3]"
    data = data_of(saved_page(command, call))
    assert data["batch_size"] == 40
    assert data["samples"] == [0, 1, 2, 3, 4, 37]
    assert data["start"] == {"sample": 5, "track": 0, "step": 5, "unit": 3}


def test_nothing_that_comes_from_outside_is_html(command: Command) -> None:
    names = "</script><script>alert(1)</script>,<!-- a,\u2028 b,\x1b[31m"
    Path("a<b>.csv").write_text(f"{names}\n1,2,3,4\n5,6,7,8\n")
    page = saved_page(command, "--input a<b>.csv")
    assert len(re.findall("<script", page)) == 2
    assert "<!--" not in page
    assert "\u2028" not in page
    assert "input of a&lt;b&gt;.csv" in page
    (track,) = data_of(page)["tracks"]
    assert track["feature_names"][0] == "</script><script>alert(1)</script>"
    assert track["feature_names"][3] == r"\x1b[31m"


def test_html_alone_is_the_screen_and_capitals_are_the_same_suffix(
    command: Command,
) -> None:
    command("--save", "x.html", "--save", "X.STEPS.HTML")
    assert "All hidden states" not in Path("x.html").read_text()
    assert "<pre>" in Path("x.html").read_text()
    assert 'id="timestep"' in Path("X.STEPS.HTML").read_text()


def test_python_saves_the_page_too() -> None:
    fixed_run(LSTMSpec()).save("x.steps.html", show="forget_gate[0, 2, 4]")
    data = data_of(Path("x.steps.html").read_text())
    assert data["start"] == {"sample": 0, "track": 0, "step": 2, "unit": 4}


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        pytest.param("-u 3 -u 4", "holds one run, and this is a sweep", id="sweep"),
        pytest.param(
            "--compare", "holds one run, and this is a comparison", id="comparison"
        ),
        pytest.param(
            "-n", "needs a run, expected no --dry-run beside it", id="dry run"
        ),
        pytest.param("--light", "--light is for pictures", id="light"),
        pytest.param(
            "-t 5000 -u 512",
            "would hold 62 MB of numbers, expected at most 8: reduce --timesteps or"
            " --units, or save a .npz",
            id="too large",
        ),
    ],
)
def test_what_no_page_can_hold_is_refused(
    call: str, problem: str, command: Command, folder: Path
) -> None:
    answer = command(*call.split(), "--save", "x.steps.html")
    assert answer.status == 2
    assert answer.stdout == ""
    assert problem in answer.stderr
    assert list(folder.iterdir()) == []


def test_a_list_of_layers_has_no_steps(command: Command, folder: Path) -> None:
    answer = command(str(MODEL), "--save", "x.steps.html")
    assert answer.status == 2
    assert "'x.steps.html' cannot hold a list of layers" in answer.stderr
    assert list(folder.iterdir()) == []


def test_the_memory_of_a_run_counts_the_steps_of_the_page(command: Command) -> None:
    call = ["-t", "100", "-u", "64", "-b", "1000", "--max-memory", "1.2"]
    assert command(*call, "--save", "x.npz").status == 0
    answer = command(*call, "--save", "x.steps.html")
    assert answer.status == 2
    assert "expected at most 1.2: reduce the sizes" in answer.stderr


# In a browser


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Start Chromium."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    playwright = pytest.importorskip(
        "playwright.sync_api",
        reason="the page is not tried in a browser without `pip install playwright`",
    )
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox"],
        )
        yield chromium
        chromium.close()


@contextmanager
def opened(
    browser: "Browser", scheme: Literal["light", "dark"] = "light"
) -> "Iterator[Page]":
    """Open the page that was saved; it may say nothing on the console, nor ask for more."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme=scheme,
    )
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    address = Path("x.steps.html").absolute().as_uri()
    page.goto(address)
    yield page
    assert complaints == []
    assert addresses == [address]
    page.close()


def text_of(page: "Page", selector: str) -> str:
    """Return the text of a part of the page, with single blanks."""
    text: str = page.locator(selector).first.text_content() or ""
    return " ".join(text.split())


def numbers_of_row(page: "Page", letter: str, name: str) -> list[str]:
    """Return what the cells of a row say of themselves, such as `0.1234` or `masked`."""
    labels: list[str] = page.eval_on_selector_all(
        ".cell", "cells => cells.map(cell => cell.getAttribute('aria-label'))"
    )
    numbers = []
    for label in labels:
        if label.startswith(f"{letter} {name},"):
            numbers.append(label.rpartition(": ")[2])
    return numbers


def number_texts(values: Values) -> list[str]:
    """Write numbers as the screen does."""
    return [f"{value:.4f}" for value in values]


@pytest.mark.parametrize("call", CALLS)
def test_the_page_fits_a_room_in_light_and_dark_whatever_it_shows(
    call: str, command: Command, browser: "Browser"
) -> None:
    saved_page(command, call)
    backgrounds = set()
    for scheme in SCHEMES:
        with opened(browser, scheme) as page:
            for key in ("ArrowRight", "End", "ArrowDown", "Home", "ArrowLeft"):
                page.keyboard.press(key)
            for number in range(page.locator("#layer option").count() - 1):
                page.locator("#layer").select_option(str(number))
            size = page.evaluate(
                "[document.documentElement.scrollWidth,"
                " document.documentElement.scrollHeight]"
            )
            assert size == [WIDTH, HEIGHT]
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            backgrounds.add(colour)
    assert backgrounds == {"rgb(255, 255, 255)", "rgb(41, 41, 41)"}


def test_keys_the_slider_and_a_click_choose_the_timestep(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "-t 5")
    with opened(browser) as page:
        assert text_of(page, "#now") == "t=0 step 1 of 5"
        for key, timestep in [
            ("ArrowRight", 1),
            ("End", 4),
            ("ArrowLeft", 3),
            ("Home", 0),
        ]:
            page.keyboard.press(key)
            assert text_of(page, "#now b") == f"t={timestep}"
            assert text_of(page, "#drawing .box.lit .t") == f"t={timestep}"
        page.locator("#timestep").fill("2")
        assert text_of(page, "#now b") == "t=2"
        page.locator("#right").click()
        assert text_of(page, "#now b") == "t=3"
        page.locator("#drawing .box").nth(4).click()
        assert text_of(page, "#now b") == "t=4"
        assert page.locator("#right").is_disabled()


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        pytest.param("LSTM", "input_gate forget_gate candidate output_gate", id="LSTM"),
        pytest.param("GRU", "update_gate reset_gate candidate", id="GRU"),
    ],
)
def test_the_numbers_of_each_step_are_those_of_the_json(
    layer: str, names: str, command: Command, browser: "Browser"
) -> None:
    options = [f"--show={name}" for name in ("all_hidden_states", *names.split())]
    call = f"--layer {layer} --return-sequences --json"
    answer = command(*call.split(), *options, "--save", "x.steps.html")
    arrays = {}
    for part in json.loads(answer.stdout)["shown"]:
        arrays[part["name"]] = np.array(part["values"])
    with opened(browser) as page:
        for step in range(3):
            hidden = number_texts(arrays["all_hidden_states"][0, step])
            assert numbers_of_row(page, "h", "hidden state") == hidden
            for name in names.split():
                letter = {"update_gate": "z", "candidate": "g"}.get(name, name[0])
                expected = number_texts(arrays[name][0, step])
                assert numbers_of_row(page, letter, name.replace("_", " ")) == expected
            page.keyboard.press("ArrowRight")


def test_a_number_is_told_where_the_mouse_or_the_focus_is(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "-u 64")
    run = fixed_run(LSTMSpec(64))
    with opened(browser) as page:
        cell = page.get_by_role("button", name="f forget gate, unit 40, t=0")
        assert text_of(page, "#tip") == ""
        cell.hover()
        number = f"{run['forget_gate[0, 0, 40]']:.4f}"
        assert text_of(page, "#tip") == f"{number} f forget gate, unit 40, t=0"
        page.mouse.move(5, 5)
        assert page.locator("#tip").is_hidden()
        cell.focus()
        page.keyboard.press("ArrowRight")
        number = f"{run['forget_gate[0, 1, 0]']:.4f}"
        assert text_of(page, "#tip") == f"{number} f forget gate, unit 0, t=1"


def test_the_arithmetic_of_the_chosen_unit_is_that_of_the_screen(
    command: Command, browser: "Browser"
) -> None:
    call = "--only gates --show forget_gate[0,1,3]"
    answer = command(*call.split(), "--save", "x.steps.html")
    screen = " ".join(answer.stdout.split())
    with opened(browser) as page:
        assert text_of(page, "h2") == "unit 3 at t=1"
        sentences = [
            " ".join(text.split()) for text in page.locator(".sum").all_text_contents()
        ]
        assert sentences[0].startswith("c = f·c + i·g = ")
        assert sentences[1].startswith("h = o·tanh(c) = ")
        for sentence in sentences:
            assert sentence in screen
        share = fixed_run(LSTMSpec()).steps[0].kept_shares()[0, 1]
        assert f"kept: {share:.0%} of c is old" in text_of(page, "#written")


def test_a_click_or_a_key_chooses_the_unit(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "--layer GRU")
    with opened(browser) as page:
        page.get_by_role("button", name="r reset gate, unit 3").click()
        assert text_of(page, "h2") == "unit 3 at t=0"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert text_of(page, "h2") == "unit 4 at t=0"
        page.keyboard.press("ArrowUp")
        assert text_of(page, "h2") == "unit 3 at t=0"
        page.locator(".bars .hit").nth(1).click()
        assert text_of(page, "h2") == "unit 1 at t=0"


def test_a_masked_step_changes_nothing(command: Command, browser: "Browser") -> None:
    saved_page(command, "--lengths 3,1 --return-sequences")
    with opened(browser) as page:
        page.locator("#sample").select_option("1")
        last_hidden = numbers_of_row(page, "h", "hidden state")
        page.keyboard.press("End")
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("End")
        assert text_of(page, "#now b") == "t=2"
        assert numbers_of_row(page, "f", "forget gate") == ["masked"] * 5
        assert numbers_of_row(page, "h", "hidden state") == last_hidden
        assert numbers_of_row(page, "h", "before") == last_hidden
        assert "masked: nothing changes" in text_of(page, "#written")
        assert page.locator("#drawing .box.masked").count() == 2


def test_the_backward_direction_begins_at_the_right(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "--bidirectional")
    with opened(browser) as page:
        page.locator("#direction").select_option("backward")
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("End")
        assert text_of(page, "#now") == "t=2 step 1 of 3, read from the right"
        assert numbers_of_row(page, "h", "before") == ["0.0000"] * 5
        first_hidden = numbers_of_row(page, "h", "hidden state")
        page.keyboard.press("ArrowLeft")
        assert text_of(page, "#now") == "t=1 step 2 of 3, read from the right"
        assert numbers_of_row(page, "h", "before") == first_hidden


def test_a_layer_of_a_stack_reads_the_h_of_the_one_below(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "-u 3,2")
    with opened(browser) as page:
        page.locator("#layer").select_option("lstm")
        hidden = numbers_of_row(page, "h", "hidden state")
        page.locator("#layer").select_option("lstm_1")
        inputs = page.locator(".row.x .cell").all_text_contents()
        assert inputs == hidden


def test_own_features_have_their_names(command: Command, browser: "Browser") -> None:
    Path("prices.csv").write_text("price,<b>volume</b>\n0.5,1.2\n0.7,-0.3\n")
    saved_page(command, "--input prices.csv")
    with opened(browser) as page:
        heads = page.locator(".heads.x .cells span").all_text_contents()
        assert heads == ["price", "<b>volume</b>"]
        page.locator(".row.x .cell").nth(0).hover()
        assert text_of(page, "#tip") == "0.5000 x: price, t=0"


def test_many_units_and_features_are_shown_in_parts(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "-u 300 -f 200 -t 2")
    with opened(browser) as page:
        page.locator("#units").select_option("256 to 299")
        assert text_of(page, "h2") == "unit 256 at t=0"
        page.locator("#features").select_option("128 to 199")
        assert page.locator(".row.x .cell").count() == 72


def test_every_control_has_a_name_and_is_reached_by_tab(
    command: Command, browser: "Browser"
) -> None:
    saved_page(command, "-u 6,4 --bidirectional -b 2 -t 3")
    with opened(browser) as page:
        page.keyboard.press("ArrowRight")
        controls = page.locator("button, select, input")
        for control in controls.all():
            if not control.is_visible():
                continue
            name = control.evaluate(
                "node => node.getAttribute('aria-label') || node.labels[0].innerText"
            )
            assert name.strip()
        count = page.evaluate(
            "[...document.querySelectorAll('button, select, input')]"
            ".filter(node => node.tabIndex >= 0 && node.offsetParent).length"
        )
        reached = set()
        for _ in range(count):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "document.activeElement.getAttribute('aria-label')"
                    " || document.activeElement.id"
                )
            )
        assert {"sample", "layer", "direction", "timestep"} <= reached
        assert len(reached) == count
