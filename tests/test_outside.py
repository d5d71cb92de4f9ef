"""Names and words from outside: no view lets them control a terminal or a page.

A pasted call leads to the file all the same.
"""

import ast
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.conftest import Command, pasted_words

HOSTILE_NAMES = {
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "C1": "\x9b31m\x85\x9d\x9c",
    "DEL": "\x7f",
    "directions": (
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    ),
    "lines": "a\n\r\t\x0b\x0c\u2028\u2029\x85b",
    "quotes": "' \" '' \\' $'\\x41' `touch owned`\n'\"",
    "blanks": "  a  b   " + "c d  " * 40,
    "bytes in no encoding": "\udcff\udc80'\udcfe",
    "markup": "[bold]x[!bold] <b>&amp;]]><!--> {0}{x!r}%s",
    "no characters": "\ufffe\uffff\U000e0001",
    "long": "\x1b" * 240,
}


@dataclass(frozen=True)
class Views:
    """All views of a call with an input file of this name."""

    name: str
    screen: str
    svg: str
    html: str
    json: str
    json_on_stdout: str
    program: str


@pytest.fixture(params=HOSTILE_NAMES.values(), ids=list(HOSTILE_NAMES))
def views(
    request: pytest.FixtureRequest,
    without_keras: None,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Views:
    """Show and save a call whose input file has a hostile name."""
    del without_keras
    monkeypatch.chdir(tmp_path)
    name = f"{request.param}.npy"
    np.save("x.npy", np.ones((1, 3, 4)))
    Path("x.npy").rename(name)
    answer = command(
        f"--input={name}",
        "--save=x.svg",
        "--save=x.html",
        "--save=x.json",
        "--save=x.py",
        "--json",
    )
    assert (answer.status, answer.stderr) == (0, "")
    return Views(
        name=name,
        screen=command(f"--input={name}", "--seed", "1").stdout,
        svg=text_of_svg("x.svg"),
        html=Path("x.html").read_text(),
        json=Path("x.json").read_text(),
        json_on_stdout=answer.stdout,
        program=Path("x.py").read_text(),
    )


def text_of_svg(path: str) -> str:
    """Return the text of a picture, which has blanks that do not break."""
    text = "".join(ElementTree.parse(path).getroot().itertext())
    return text.replace("\xa0", " ")


def assert_printable(text: str) -> None:
    """Assert that the text holds no control character but the ends of its lines."""
    for line in text.split("\n"):
        assert line.isprintable()


def constants_of(program: str) -> list[Any]:
    """Return the literals of a Python program."""
    nodes = ast.walk(ast.parse(program))
    return [node.value for node in nodes if isinstance(node, ast.Constant)]


def test_a_name_writes_no_control_characters_to_any_view(views: Views) -> None:
    assert_printable(views.screen)
    assert_printable(views.svg)
    assert_printable(views.html)
    assert_printable(views.json)
    assert_printable(views.json_on_stdout)
    assert_printable(views.program)


def test_the_call_on_the_screen_leads_to_the_file(views: Views) -> None:
    assert views.name in pasted_words(views.screen)


def test_the_call_in_the_document_leads_to_the_file(views: Views) -> None:
    document = json.loads(views.json)
    assert views.name in pasted_words(f"repeat with\n{document['repeat']}")


def test_the_document_names_the_file_with_marks_for_bytes_in_no_encoding(
    views: Views,
) -> None:
    document = json.loads(views.json)
    readable_name = os.fsencode(views.name).decode(errors="replace")
    assert document["input"]["file"] == readable_name


def test_the_program_opens_the_file(views: Views) -> None:
    assert views.name in constants_of(views.program)


@pytest.mark.parametrize(
    "comment", ["\x1b]0;owned\x07", "\x9b31m", "\u202e"], ids=ascii
)
@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["screen", "document"])
@pytest.mark.usefixtures("without_keras")
def test_words_of_a_call_write_no_control_characters(
    comment: str, flags: list[str], command: Command
) -> None:
    answer = command("--show", f"input # {comment}", *flags)
    assert answer.status == 0
    assert_printable(answer.stdout)
