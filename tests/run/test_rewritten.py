"""A layer beside one that is written otherwise: what its arguments do, on Keras."""

import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.run.trials import OddBatch, Rewriting
from lstm_shapes.shapes.spec import Spec

STATEFUL = [Rewriting.GOES_ON, Rewriting.BEGINS_AGAIN]


@pytest.mark.parametrize(
    ("code", "rewritings"),
    [
        ("LSTM(4)", []),
        ("LSTM(4, dropout=0.3, recurrent_dropout=0.2)", [Rewriting.WITHOUT_DROPOUT]),
        (
            "GRU(4, go_backwards=True, return_sequences=True, return_state=True)",
            [Rewriting.FORWARD_ON_TURNED_INPUT],
        ),
        (
            'Bidirectional(LSTM(4, return_sequences=True), merge_mode="mul")',
            [Rewriting.MERGED_HALVES],
        ),
        (
            'Bidirectional(GRU(4, return_sequences=True, return_state=True), "ave")',
            [Rewriting.MERGED_HALVES],
        ),
        ("LSTM(4, stateful=True, return_sequences=True)", STATEFUL),
        (
            "LSTM(4, stateful=True, return_sequences=True), GRU(3, stateful=True)",
            STATEFUL,
        ),
        ("Bidirectional(LSTM(4, stateful=True))", []),
    ],
)
def test_a_layer_written_otherwise_gives_the_same_numbers(
    code: str, rewritings: list[Rewriting]
) -> None:
    spec = Spec.from_code(code, timesteps=5, batch_size=2)
    run = explore(spec, seed=3, try_next_layers=False)
    assert [rewritten.rewriting for rewritten in run.rewritten] == rewritings
    assert all(rewritten.holds for rewritten in run.rewritten)


def test_a_difference_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # No difference is below zero.
    monkeypatch.setattr("lstm_shapes.run.rewritten.tolerance_of", lambda _: -1.0)
    spec = Spec.from_code("LSTM(4, dropout=0.3)")
    (rewritten,) = explore(spec, seed=3, try_next_layers=False).rewritten
    assert not rewritten.holds


def test_a_batch_that_is_not_full_is_told_of(
    recwarn: pytest.WarningsRecorder,
) -> None:
    spec = Spec.from_code("LSTM(4, stateful=True)", batch_size=3)
    odd_batch = explore(spec, seed=3, try_next_layers=False).odd_batch
    # Keras 3.15 takes the lone sample for a full batch; 3.5 may do otherwise.
    assert odd_batch in (OddBatch(4, 6), OddBatch(4, 4), OddBatch(4, None))
    assert "structure" not in "".join(str(warning.message) for warning in recwarn)
    lone = Spec.from_code("LSTM(4, stateful=True)")
    assert explore(lone, seed=3, try_next_layers=False).odd_batch is None
