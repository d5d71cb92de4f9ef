from typing import Any

import pytest

from lstm_shapes.run.explore import explore
from lstm_shapes.run.tensorflow import load_keras
from lstm_shapes.spec.model import LSTMSpec
from tests.conftest import FLAGS, LAYERS, fixed_run


@pytest.mark.parametrize("layers", LAYERS[:2])
@pytest.mark.parametrize("flags", FLAGS)
def test_the_verdicts_are_those_of_keras(flags: dict[str, Any], layers: dict[str, Any]) -> None:
    keras, spec = load_keras(), LSTMSpec(**layers, **flags)
    tried = explore(spec, seed=1).next_layers or ()
    # What the screens of the other tests show, without Keras, is no invention.
    assert [attempt[:3] for attempt in tried] == [
        attempt[:3] for attempt in fixed_run(spec).next_layers or ()
    ]
    for kind, takes, shape, error in tried:
        arrays = [keras.Input(of.shape[1:]) for of in spec.outputs if of.name in takes]
        layer = {"Dense(1)": keras.layers.Dense, "LSTM(1)": keras.layers.LSTM}[kind](1)
        given = arrays if len(arrays) > 1 else arrays[0]
        if error is None:
            assert layer(given).shape == shape
        else:
            with pytest.raises(ValueError, match=error[-25:]):
                layer(given)
