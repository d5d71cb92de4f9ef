"""Padding at the end and in front: what the section of Keras says of it is so."""

import numpy as np
import pytest

from lstm_shapes import explore
from lstm_shapes.shapes.cell import LSTM
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.view.sections import keras
from tests.view.runs import answer_to, keras_run, spec_of, texts, without_gaps


@pytest.mark.parametrize(
    ("lengths", "padding", "reason"),
    [
        pytest.param(
            None,
            "post",
            "as backward h at t=2 has seen t=2 alone",
            id="no mask",
        ),
        pytest.param(
            (3, 1),
            "post",
            "as backward h at t=2 has seen t=2 alone, or nothing where that is masked",
            id="masked in a sample",
        ),
        pytest.param(
            (2, 1),
            "post",
            "as backward h at t=2 has seen nothing: t=2 is masked",
            id="masked in all samples",
        ),
        pytest.param(
            (3, 2),
            "pre",
            "as backward h at t=2 has seen t=2 alone",
            id="masked in front",
        ),
    ],
)
@pytest.mark.parametrize("merge_mode", ["concat", None])
def test_the_last_row_of_the_backward_layer_is_said_as_it_is(
    merge_mode: str | None, lengths: tuple[int, ...] | None, padding: str, reason: str
) -> None:
    layer = Layer(
        cell=LSTM,
        units=5,
        return_sequences=True,
        return_state=True,
        bidirectional=True,
        merge_mode=merge_mode,
    )
    spec = spec_of(layer, batch_size=2, lengths=lengths, padding=padding)
    run = keras_run(spec)
    lines = texts(keras.one_call(answer_to(spec, run=run)))
    claims = without_gaps(" ".join(lines)).split(" ✓ ")
    (claim,) = (claim for claim in claims if "backward h at t=2" in claim)
    assert claim.endswith(reason)

    name = "backward_all_hidden_states" if merge_mode is None else "all_hidden_states"
    last_row = run[name][:, -1, -5:]
    is_masked = [t == 0 for t in (np.array(lengths or (3, 3)) == 3)]
    if padding == "pre":
        is_masked = [False, False]
    np.testing.assert_array_equal(~last_row.any(axis=1), is_masked)

    # Other numbers before t=2 leave what has seen t=2 alone as it is.
    x = run.input.values.copy()
    x[:, :2] += 1
    other_run = explore(spec, seed=run.seed, input=x, try_next_layers=False)
    np.testing.assert_allclose(other_run[name][:, -1, -5:], last_row, atol=1e-6)
