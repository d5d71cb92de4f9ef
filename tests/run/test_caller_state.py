"""After a run, random numbers and Keras' names go on as if there had been none.

Some of that state has private names: these tests fail where a release has moved them.
"""

import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np
import pytest

from lstm_shapes import LSTMSpec, explore, explore_many
from lstm_shapes.run.tensorflow import Keras, load_keras

SPEC = LSTMSpec(return_state=True, bidirectional=True)


def draw_with_tensorflow() -> float:
    import tensorflow as tf

    return float(tf.random.normal((1,))[0])


def draw_with_keras() -> float:
    return float(load_keras().random.normal((1,))[0])


@pytest.fixture
def keras() -> Keras:
    """Return Keras as it is in a new process."""
    keras = load_keras()
    keras.utils.clear_session()
    return keras


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(random.random, id="Python"),
        pytest.param(np.random.random, id="NumPy"),
        pytest.param(draw_with_tensorflow, id="TensorFlow"),
        pytest.param(draw_with_keras, id="Keras"),
    ],
)
def test_the_random_numbers_of_the_caller_go_on(
    draw: Callable[[], float], keras: Keras
) -> None:
    keras.utils.set_random_seed(5)
    expected = [draw(), draw()]
    keras.utils.clear_session()  # with which Keras 3.5 begins its numbers anew
    keras.utils.set_random_seed(5)
    numbers = [draw()]
    explore(SPEC, seed=1)
    numbers.append(draw())
    assert numbers == expected


def test_the_import_of_tensorflow_draws_nothing_of_the_caller() -> None:
    """Import it in a new process: here it is imported already."""
    program = """if True:
        import random
        import numpy as np
        from lstm_shapes import LSTMSpec, explore
        random.seed(5)
        np.random.seed(5)
        expected = [random.getstate(), str(np.random.get_state())]
        explore(LSTMSpec(), seed=1, next_layers=["Dropout(0.5)", "LSTM(3, dropout=0.5)"])
        assert [random.getstate(), str(np.random.get_state())] == expected
    """
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_caller_without_a_seed_draws_other_numbers_each_time() -> None:
    import tensorflow as tf

    tf.random.set_seed(None)
    explore(SPEC, seed=1)
    number = draw_with_tensorflow()
    explore(SPEC, seed=1)
    assert draw_with_tensorflow() != number


def test_threads_that_explore_have_the_numbers_of_their_seeds() -> None:
    def all_cell_states(seed: int) -> Any:
        return explore(SPEC, seed=seed)["forward_all_cell_states"]

    seeds = [1, 2, 3, 4, 5, 6]
    expected = [all_cell_states(seed) for seed in seeds]
    with ThreadPoolExecutor(3) as threads:
        arrays = list(threads.map(all_cell_states, seeds))
    np.testing.assert_array_equal(arrays, expected)


def test_the_layers_of_the_caller_are_named_as_if_nothing_had_been_built(
    keras: Keras,
) -> None:
    assert keras.layers.LSTM(5).name == "lstm"
    explore(SPEC, seed=1, next_layers=["LSTM(2)", "Dense(1)"])
    assert keras.layers.LSTM(5).name == "lstm_1"
    assert keras.layers.Dense(1).name == "dense"


def test_the_names_of_the_caller_survive_many_runs(
    keras: Keras, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras is told to forget what it has traced, and would forget the names too."""
    monkeypatch.setattr("lstm_shapes.run.explore.RUNS_IN_SESSION", 1)
    keras.layers.LSTM(5)
    runs = explore_many(repeat(SPEC, 2), seed=1)
    assert len(list(runs)) == 2
    assert keras.layers.LSTM(5).name == "lstm_1"


@pytest.mark.parametrize(
    "module",
    ["tensorflow.python.eager", "keras.src.backend.common"],
)
def test_a_release_without_the_private_names_runs_as_well(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_keras()
    monkeypatch.setitem(sys.modules, module, None)
    assert explore(SPEC, seed=1).spec == SPEC
