from dataclasses import replace
from typing import Any

import pytest

from lstm_shapes.spec.memory import run_bytes
from lstm_shapes.spec.model import SIZES, LSTMSpec

MIDDLING = LSTMSpec(timesteps=100, features=100, units=100, batch_size=100)
MORE: dict[str, dict[str, Any]] = {name: {name: 200} for name in SIZES}
MORE |= {"layers": {"units": (100, 100)}, "directions": {"bidirectional": True}}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_memory_grows_with_whatever_grows(more: dict[str, Any]) -> None:
    assert run_bytes(replace(MIDDLING, **more)) > run_bytes(MIDDLING)
