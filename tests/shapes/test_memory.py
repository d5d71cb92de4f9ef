"""The estimate of a run's memory."""

import pytest

from lstm_shapes.shapes.memory import run_bytes, steps_bytes
from lstm_shapes.shapes.spec import LSTMSpec

MEDIUM = LSTMSpec(timesteps=100, features=100, units=100, batch_size=100)


@pytest.mark.parametrize(
    "larger_spec",
    [
        pytest.param(
            LSTMSpec(timesteps=200, features=100, units=100, batch_size=100),
            id="timesteps",
        ),
        pytest.param(
            LSTMSpec(timesteps=100, features=200, units=100, batch_size=100),
            id="features",
        ),
        pytest.param(
            LSTMSpec(timesteps=100, features=100, units=200, batch_size=100),
            id="units",
        ),
        pytest.param(
            LSTMSpec(timesteps=100, features=100, units=100, batch_size=200),
            id="batch_size",
        ),
        pytest.param(
            LSTMSpec(timesteps=100, features=100, units=(100, 100), batch_size=100),
            id="layers",
        ),
        pytest.param(
            LSTMSpec(
                timesteps=100,
                features=100,
                units=100,
                batch_size=100,
                bidirectional=True,
            ),
            id="directions",
        ),
    ],
)
def test_memory_grows_with_whatever_grows(larger_spec: LSTMSpec) -> None:
    assert run_bytes(larger_spec) > run_bytes(MEDIUM)


def test_gates_of_a_second_input_are_held_beside_those_of_the_first() -> None:
    assert steps_bytes(MEDIUM, are_made_twice=True) > 1.2 * steps_bytes(MEDIUM)
