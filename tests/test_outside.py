"""Names and words from outside: they write to no view, and a pasted call leads to its file."""

import ast
import json
import os
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.conftest import Command, pasted_words

HOSTILE = {
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "C1": "\x9b31m\x85\x9d\x9c",
    "DEL": "\x7f",
    "directions": "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "lines": "a\n\r\t\x0b\x0c\u2028\u2029\x85b",
    "quotes": "' \" '' \\' $'\\x41' `touch owned`\n'\"",
    "blanks": "  a  b   " + "c d  " * 40,
    "bytes in no encoding": "\udcff\udc80'\udcfe",
    "markup": "[bold]x[!bold] <b>&amp;]]><!--> {0}{x!r}%s",
    "no characters": "\ufffe\uffff\U000e0001",
    "long": "\x1b" * 240,
}


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_writes_to_no_view_and_leads_to_its_file(
    name: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"{name}.npy"
    np.save("x.npy", np.ones((1, 3, 4)))
    Path("x.npy").rename(name)
    saves = [word for suffix in ("svg", "html", "json", "py") for word in ("--save", f"x.{suffix}")]
    answer = command(f"--input={name}", *saves, "--json")
    assert (answer.status, answer.stderr) == (0, "")
    screen = command(f"--input={name}", "--seed", "1").stdout
    assert name in pasted_words(screen)
    svg = "".join(ElementTree.parse("x.svg").getroot().itertext()).replace("\xa0", " ")
    html, lines, program = (Path(f"x.{suffix}").read_text() for suffix in ("html", "json", "py"))
    for view in (screen, svg, html, lines, program, answer.stdout):
        assert all(line.isprintable() for line in view.split("\n"))
    document = json.loads(lines)
    assert document["input"]["file"] == os.fsencode(name).decode(errors="replace")
    assert name in pasted_words(f"repeat with\n{document['repeat']}")
    constants = [of.value for of in ast.walk(ast.parse(program)) if isinstance(of, ast.Constant)]
    assert name in constants


@pytest.mark.parametrize("comment", ["\x1b]0;owned\x07", "\x9b31m", "\u202e"], ids=ascii)
@pytest.mark.usefixtures("without_keras")
def test_words_of_a_call_write_to_no_view(comment: str, command: Command) -> None:
    for flags in ([], ["--json"]):
        answer = command("--show", f"input # {comment}", *flags)
        assert answer.status == 0
        assert all(line.isprintable() for line in answer.stdout.split("\n"))
