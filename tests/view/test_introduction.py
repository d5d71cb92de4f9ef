"""The first lines: the layers and their input, open axes and windows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_shapes.run.input import OwnInput
from lstm_shapes.view.introduction import introduce_call, introduce_windows
from lstm_shapes.view.style import Look
from tests.conftest import request_of, screen
from tests.view.runs import texts


@pytest.mark.parametrize(
    ("call", "remark"),
    [
        pytest.param("-t None", "timesteps are open (None in Keras), here 3", id="3"),
        pytest.param(
            "-t None --lengths 1200,2",
            "timesteps are open (None in Keras), here 1,200",
            id="longest length",
        ),
        pytest.param("-t None --compare", "(None in Keras), here 3", id="comparison"),
    ],
)
def test_open_timesteps_are_said_with_those_of_the_run(call: str, remark: str) -> None:
    assert remark in screen(f"{call} -n")


def test_timesteps_that_are_no_open_ones_are_not_said_to_be() -> None:
    (row,) = request_of("-t 7").rows
    assert "open" not in " ".join(texts(introduce_call(row[0], Look())))


@pytest.mark.parametrize(
    ("window", "lines"),
    [
        pytest.param(
            3, ["1,998 windows of 3 timesteps  each begins a row later"], id="many"
        ),
        pytest.param(2000, ["1 window of 2,000 timesteps"], id="one"),
        pytest.param(None, [], id="none"),
    ],
)
def test_windows_are_counted(
    window: int | None, lines: list[str], tmp_path: Path
) -> None:
    shape = (2000, 2) if window else (2000, 2, 1)
    np.save(tmp_path / "x.npy", np.zeros(shape))
    own_input = OwnInput(tmp_path / "x.npy", window)
    request = replace(request_of("-n"), own_input=own_input)
    assert texts(introduce_windows(request, Look())) == lines
