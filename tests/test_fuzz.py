"""Whole calls, drawn: their status as an oracle tells it, and what the README promises of them.

`pytest tests/test_fuzz.py --fuzz 10000` makes as many on Keras; without it, few, and without Keras.
"""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import calls, oracle, promises
from tests.fuzz import folder as folders
from tests.fuzz.promises import Answer, Stage

CALLS, SITTINGS = 150, 10


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> int:
    """How many calls to make on Keras; 0 for a few without it."""
    asked: int = request.config.getoption("--fuzz")
    if not asked:
        request.getfixturevalue("without_keras")
    return asked


def drawn(count: int, *, derandomize: bool) -> settings:
    return settings(
        max_examples=count,
        derandomize=derandomize,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def stages(encodings: Sequence[str] = (*calls.ENCODINGS, "utf-16")) -> st.SearchStrategy[Stage]:
    usual = st.just(Stage())
    odd = st.builds(Stage, st.sampled_from(encodings), st.sampled_from(calls.COLUMNS))
    return st.one_of(usual, odd)


def test_a_call_does_what_an_oracle_says_and_what_the_readme_promises(asked: int) -> None:
    @drawn(asked or CALLS, derandomize=not asked)
    @given(calls.calls(), stages())
    def check(call: calls.Call, stage: Stage) -> None:
        with TemporaryDirectory() as one, TemporaryDirectory() as other:
            check_call(call, stage, Path(one), Path(other))

    check()


def test_a_call_with_one_odd_option_does_as_well(asked: int) -> None:
    for call in islice(calls.each_alone(), 0, None, 1 if asked else 4):
        with TemporaryDirectory() as one, TemporaryDirectory() as other:
            check_call(call, Stage(), Path(one), Path(other))


def check_call(call: calls.Call, stage: Stage, folder: Path, other: Path) -> None:
    folders.prepare(folder)
    words, expected = calls.words_of(call), oracle.status(call, folder)
    before = promises.files(folder)
    done = promises.answer(words, folder, stage)
    assert done.status == expected, (words, done.stderr)
    promises.check_sentences(done.stderr, 1 if expected else 0)
    if expected:
        assert (done.stdout, done.files) == (b"", before)
        return
    assert done.stdout
    if any(part.option in oracle.ANSWERED for part in call):
        assert done.files == before
        return
    facts = oracle.facts_with_input(call)
    promises.check_saved(facts, before, done, stage)
    if "--json" in facts.flags:
        documents = promises.check_documents(facts, done.stdout, values=facts.shows_values)
        seed = documents[0].get("seed")
    else:
        text = done.stdout.decode(stage.encoding)
        promises.check_screen(text, stage.columns)
        seed = None if facts.dry_run else text.split("seed ")[1].split()[0]
    again = words if seed is None else [*words, "--seed", str(seed)]
    folders.prepare(other)
    assert promises.answer(again, other, stage) == done, "the same seed, and other bytes"
    repeat = promises.repeated(done.stdout.decode()) if stage.encoding == "utf-8" else None
    if repeat and "--json" not in facts.flags:
        assert promises.answer(repeat, folder, stage).stdout == done.stdout


def test_a_sitting_answers_each_line_as_a_call_of_its_own(asked: int) -> None:
    @drawn(asked // 10 or SITTINGS, derandomize=not asked)
    @given(calls.sittings(), stages(calls.ENCODINGS))
    def check(sitting: tuple[calls.Call, list[calls.Line]], stage: Stage) -> None:
        with TemporaryDirectory() as one, TemporaryDirectory() as other:
            check_sitting(*sitting, stage, Path(one), Path(other))

    check()


def check_sitting(
    base: calls.Call, lines: Sequence[calls.Line], stage: Stage, folder: Path, other: Path
) -> None:
    folders.prepare(folder)
    folders.prepare(other)
    beside = [*calls.words_of(base), "--seed", "7"]
    whole = promises.answer(["-i", *beside], folder, stage, [line.text for line in lines])
    status, stdout, said = 0, b"", []
    for number, line in enumerate(lines, 1):
        alone = alone_in(other, line, beside, stage)
        status = max(status, alone.status)
        stdout += alone.stdout
        if alone.status:
            said.append(alone.stderr.replace(": ", f": line {number}: ", 1))
    assert (whole.status, whole.stdout) == (status, stdout), whole.stderr
    promises.check_sentences(whole.stderr, len(said))
    for sentence, expected in zip(whole.stderr.splitlines(keepends=True), said, strict=True):
        assert without_estimate(sentence).startswith(without_estimate(expected))
    assert whole.files == promises.files(other)


def without_estimate(sentence: str) -> str:
    """The sentence without its GiB: a line's estimate has what the process takes by then."""
    return re.sub(r"about [0-9,.]+ GiB", "about so many GiB", sentence)


def alone_in(folder: Path, line: calls.Line, beside: Sequence[str], stage: Stage) -> Answer:
    """What the line comes to as a call of its own, of which help and the version are none."""
    if line.call is None or any(part.option in oracle.ANSWERED for part in line.call):
        status = line.status if line.call is None else 2
        return Answer(status, b"", "lstm-shapes: " if status else "", {})
    return promises.answer([*beside, *calls.words_of(line.call)], folder, stage)
