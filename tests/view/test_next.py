"""Show what next layers make of the arrays, and what the states are for."""

import re
from dataclasses import replace

import pytest

from lstm_shapes.run.tried import NextLayer, TwoCalls
from lstm_shapes.run.values import Run
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import fixed_run, screen


def section(call: str, width: int = 80, **facts: object) -> str:
    """Return the section of the next layer with single blanks; `facts` replace those of the run."""

    def run(spec: LSTMSpec) -> Run:
        return replace(fixed_run(spec), **facts)  # type: ignore[arg-type]

    text = screen(f"--no-arrays {call}", width, run=run)
    return re.sub(" +", " ", text.partition("\nNext layer what it makes".replace(" w", "  w"))[2])


def test_a_refusal_has_its_cures_and_keras_own_sentence() -> None:
    text = section("--return-state -t 7")
    assert " LSTM(1) output ✗ refused\n return_sequences=True gives all timesteps, " in text
    assert "RepeatVector(7) this one 7 times,\n as in an autoencoder\n Keras: Input 0" in text
    assert " Dense or LSTM all 3 arrays ✗ refused takes one: hand on output alone\n" in text
    assert "either" not in text
    assert not section("", next_layers=None)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("-b 3", "Dense(1) output → (None, 1) one number for each sample\n"),
        ("--return-sequences", "one number at every timestep, as TimeDistributed(Dense(1)) does"),
        ("", "the next call begins at zeros again: return_state=True returns what to hand on"),
        ("--return-state", "LSTM(5)(x, initial_state=[hidden_state, cell_state]) → (None, 5)\n a"),
        ("--return-state", "✓ in two calls, t=0 and t=1, t=2, with the states handed on: the same"),
        ("--return-state -t 9", "in two calls, t=0 to t=3 and t=4 to t=8, with"),
        ("--return-state -t 2", "in two calls, t=0 and t=1, with the states handed on: the same"),
        (
            "--return-state --bidirectional",
            "LSTM(10)(x, initial_state=[h, c]) → (None, 10)\n a dec",
        ),
    ],
)
def test_the_section_says_what_the_arrays_are_for(call: str, line: str) -> None:
    assert f" {line}" in section(call)


@pytest.mark.parametrize("call", ["--return-state -t 1", "--return-state -u 6,5", "-t 3"])
def test_nothing_is_claimed_of_two_calls_where_nothing_was_split(call: str) -> None:
    assert "two calls" not in section(call)


def test_two_calls_that_differ_are_told() -> None:
    text = section("--return-state", two_calls=TwoCalls((1, 2), holds=False, max_difference=0.5))
    assert "with the states handed on: apart" in text


ASKED = (
    NextLayer("LSTM(2, return_state=True)", ("h",), ((None, 2),) * 2, None, parameters=1),
    NextLayer("Add()", ("h", "c"), (None, 5), None, parameters=0, mixes_samples=True),
    NextLayer("RepeatVector(4)", ("h",), None, "of 2 axes", cure="vector"),
    NextLayer("Dot()", ("h",), None, "of a list", cure="several"),
    NextLayer("Reshape((4,))", ("h",), None, "of another size"),
)


def test_each_layer_that_was_asked_for_has_what_it_gives_or_what_helps() -> None:
    assert section("", 120, next_layers=ASKED).splitlines()[1:9] == [
        " LSTM(2, return_state=True) h → ((None, 2), (None, 2)) 1 parameter",
        " Add() all 2 arrays → (None, 5) mixes the samples of a batch",
        " RepeatVector(4) h ✗ refused takes one vector: leave out return_sequences=True",
        " Keras: of 2 axes",
        " Dot() h ✗ refused takes a list of arrays: [x, x] for one with itself",
        " Keras: of a list",
        " Reshape((4,)) h ✗ refused",
        " Keras: of another size",
    ]
