"""The words of a call made in Python make the same call in a shell."""

import shlex
from typing import Any

import pytest
import typer.main

from lstm_shapes import Layer, LSTMSpec, Spec
from lstm_shapes.cli import app
from lstm_shapes.repeat import words_of_call, words_of_sweep
from lstm_shapes.request import Request
from lstm_shapes.shapes.cell import GRU, LSTM
from tests.conftest import SEED, request_of
from tests.run.written import tried_stacks

BOTH_DIRECTIONS = Layer(
    cell=LSTM,
    units=6,
    return_sequences=True,
    bidirectional=True,
    merge_mode="sum",
)
NAMED = Layer(cell=GRU, units=5, reset_after=False, name="it's")


def spec_of(**sizes: Any) -> Spec:
    """Return a spec of one layer."""
    return Spec(layers=(Layer(cell=LSTM, units=5),), **sizes)


def request_of_words(words: tuple[str, ...]) -> Request:
    """Return the request that a shell's words make."""
    parser: Any = typer.main.get_command(app)
    name, *arguments = shlex.split(" ".join(words))
    assert name == "lstm-shapes"
    request: Request = parser.main(arguments, standalone_mode=False)
    return request


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec_of(), id="defaults"),
        pytest.param(spec_of(timesteps=7, features=2, batch_size=3), id="sizes"),
        pytest.param(spec_of(lengths=(3, 1), padding="pre"), id="lengths"),
        pytest.param(spec_of(lengths=(3, 1), timesteps=5), id="longer than lengths"),
        pytest.param(spec_of(has_open_timesteps=True), id="open timesteps"),
        pytest.param(Spec(layers=(BOTH_DIRECTIONS, NAMED)), id="stack"),
    ],
)
def test_a_spec_is_the_same_in_a_shell(spec: Spec) -> None:
    request = request_of_words(words_of_call(spec, seed=SEED))
    assert request.rows == ((spec,),)
    assert request.seed == SEED


def test_every_layer_as_written_is_the_same_in_a_shell() -> None:
    for stack in tried_stacks():
        spec = stack.spec
        request = request_of_words(words_of_call(spec, seed=SEED))
        assert request.rows == ((spec,),)


def test_open_timesteps_that_no_option_sets_have_no_words() -> None:
    spec = LSTMSpec(timesteps=7, has_open_timesteps=True)
    assert words_of_call(spec, seed=SEED) == ()


def test_layers_behind_are_tried_in_a_shell_too() -> None:
    codes = ("Dense(8), Flatten()", 'Dense(1, activation="relu")')
    request = request_of_words(words_of_call(LSTMSpec(), seed=SEED, next_layers=codes))
    assert request.next == codes


def test_a_comparison_is_the_same_in_a_shell() -> None:
    expected = request_of("--compare")
    (row,) = expected.rows
    request = request_of_words(words_of_call(row[0], seed=SEED, compare=True))
    assert request.rows == expected.rows
    assert request.compare is True


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lstm_1", "model.keras lstm_1 -t 3 -f 4 -b 1 --seed 1729"),
        ("-1", "-t 3 -f 4 -b 1 --seed 1729 -- model.keras -1"),
    ],
)
def test_a_layer_of_a_file_is_named_by_its_path(path: str, words: str) -> None:
    subject = ("model.keras", path)
    call = words_of_call(LSTMSpec(), seed=SEED, subject=subject)
    assert " ".join(call) == f"lstm-shapes {words}"


@pytest.mark.parametrize(
    "arguments",
    [
        "-u 8 -u 64,32 -t 3 -t 10 --return-sequences --return-state",
        "--layer GRU --layer LSTM -b 1 -b 2 --bidirectional",
        "--compare -u 1 -u 2 --lengths 3,1 --padding pre",
    ],
)
def test_a_sweep_is_the_same_in_a_shell(arguments: str) -> None:
    expected = request_of(arguments)
    request = request_of_words(words_of_sweep(expected))
    assert request.rows == expected.rows
    assert request.seed == SEED
