"""PyTorch: the same there, or what of a layer as written it does not have."""

import re

import pytest

from lstm_shapes.shapes.cell import GRU, LSTM, SIMPLE_RNN
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.view.sections import pytorch
from lstm_shapes.view.style import Look
from tests.conftest import screen
from tests.view.runs import answer_to, spec_of, texts


def known(call: str) -> str:
    """Return the half of the screen that is known, with single blanks."""
    return re.sub(" +", " ", screen(f"{call} -n"))


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    text = known("--pytorch --bidirectional")
    assert " lstm = torch.nn.LSTM(4, 5, batch_first=True, bidirectional=True)\n" in text
    assert " 440 parameters, 40 more than Keras' 400:" in text


def test_pytorch_s_output_holds_keras_lone_output() -> None:
    assert " output[:, -1] is Keras' output\n" in known("--pytorch")


def test_without_the_option_nothing_is_said_of_pytorch() -> None:
    assert "torch" not in known("--bidirectional")


def lines_of(*layers: Layer, width: int = 80) -> list[str]:
    """Return the section of layers as written, without indents."""
    lines = texts(pytorch.one_call(answer_to(spec_of(*layers), Look(width))))
    return [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("layer", "argument"),
    [
        pytest.param(
            Layer(cell=LSTM, units=5, bidirectional=True, merge_mode="mul"),
            'Bidirectional(merge_mode="mul")',
            id="merge_mode",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, bidirectional=True, merge_mode=None),
            "Bidirectional(merge_mode=None)",
            id="two arrays",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, go_backwards=True),
            "LSTM(go_backwards=True)",
            id="go_backwards",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, stateful=True),
            "LSTM(stateful=True)",
            id="stateful",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, reset_after=False),
            "GRU(reset_after=False)",
            id="reset_after",
        ),
        pytest.param(
            Layer(cell=LSTM, units=5, activation="relu"),
            'LSTM(activation="relu")',
            id="relu in an LSTM",
        ),
        pytest.param(
            Layer(cell=SIMPLE_RNN, units=5, activation="elu"),
            'SimpleRNN(activation="elu")',
            id="elu in a SimpleRNN",
        ),
        pytest.param(
            Layer(cell=GRU, units=5, recurrent_activation="hard_sigmoid"),
            'GRU(recurrent_activation="hard_sigmoid")',
            id="recurrent_activation",
        ),
    ],
)
def test_an_argument_that_pytorch_lacks_has_no_translation(
    layer: Layer, argument: str
) -> None:
    assert lines_of(layer) == [
        "In PyTorch",
        f"no translation: PyTorch has no {argument}",
    ]


def test_all_that_pytorch_lacks_of_a_stack_is_named_once() -> None:
    lower = Layer(cell=LSTM, units=6, return_sequences=True, go_backwards=True)
    upper = Layer(cell=GRU, units=5, go_backwards=True, reset_after=False)
    assert lines_of(lower, upper) == [
        "In PyTorch",
        "no translation: PyTorch has no LSTM(go_backwards=True),"
        " GRU(go_backwards=True)",
        "and GRU(reset_after=False)",
    ]


def test_what_pytorch_lacks_is_said_within_60_columns() -> None:
    layer = Layer(
        cell=LSTM,
        units=5,
        activation="leaky_relu",
        recurrent_activation="hard_sigmoid",
        stateful=True,
    )
    lines = lines_of(layer, width=60)
    assert max(len(line) for line in lines) <= 58
    assert " ".join(lines[1:]) == (
        "no translation: PyTorch has no LSTM(stateful=True),"
        ' LSTM(activation="leaky_relu")'
        ' and LSTM(recurrent_activation="hard_sigmoid")'
    )


def test_a_layer_without_bias_is_a_module_without() -> None:
    lines = lines_of(Layer(cell=LSTM, units=5, use_bias=False))
    assert "lstm = torch.nn.LSTM(4, 5, bias=False, batch_first=True)" in lines
    assert "180 parameters, as many as in Keras" in lines
    assert not any("bias_ih" in line for line in lines)


def test_relu_in_a_simple_rnn_is_the_nonlinearity_of_the_module() -> None:
    lines = lines_of(Layer(cell=SIMPLE_RNN, units=5, activation="relu"))
    call = 'torch.nn.RNN(4, 5, nonlinearity="relu", batch_first=True)'
    assert f"simple_rnn = {call}" in lines


def test_a_mixed_stack_is_a_module_for_each_kind() -> None:
    lower = Layer(cell=LSTM, units=6, return_sequences=True)
    upper = Layer(cell=GRU, units=5, use_bias=False)
    assert lines_of(lower, upper)[1:5] == [
        "lstm = torch.nn.LSTM(4, 6, batch_first=True)",
        "gru = torch.nn.GRU(6, 5, bias=False, batch_first=True)",
        "x, _ = lstm(x)",
        "output, h_n = gru(x)",
    ]


def test_weights_whose_way_back_is_not_shown_are_not_left_out_without_a_word() -> None:
    assert "and so for the other weights" in known("--pytorch --bidirectional")
    assert "and so for the other weights" not in known("--pytorch")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("-u 3,4 --layer SimpleRNN --bidirectional", id="long names"),
        pytest.param(f"--lengths {','.join('3' * 60)}", id="many lengths"),
    ],
)
def test_no_line_is_wider_than_the_screen(call: str) -> None:
    lines = screen(f"{call} -n --only pytorch").splitlines()
    assert max(map(len, lines)) <= 80
