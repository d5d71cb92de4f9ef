"""A memory that was learned, seen in the gates: the table that the README shows."""

from typing import Any

import numpy as np
import pytest

from lstm_shapes.api import Run, explore
from lstm_shapes.run.tensorflow import KerasModel, load_keras
from lstm_shapes.run.values import Values

TIMESTEPS = 20
SAMPLE_COUNT = 50


class Facts:
    """The numbers of the README's table, as means over the samples of a run."""

    def __init__(self, run: Run) -> None:
        (steps,) = run.steps
        survivals = [steps.survival(sample) for sample in range(SAMPLE_COUNT)]
        decided = [steps.decided_share(sample) for sample in range(SAMPLE_COUNT)]
        self.forget_gate = float(steps.gates["forget_gate"].mean())
        self.old_share = float(steps.kept_shares()[:, -1].mean())
        self.survival = float(np.mean(survivals))
        self.best_survival = float(np.max(survivals, axis=1).mean())
        self.decided_share = float(np.mean(decided))
        self.effect = float(run.first_input_effects[0].mean())


@pytest.fixture(scope="module")
def facts() -> dict[str, Facts]:
    """Train an LSTM(8) to tell the sign of the first number, 20 timesteps later.

    One of several seeds never learns it, and which of them differs by machine.
    """
    x = np.random.default_rng(0).normal(size=(2000, TIMESTEPS, 1))
    shown_x = x[:SAMPLE_COUNT]
    for seed in range(5):
        model = new_model(seed)
        untrained = Facts(explore(model, "lstm", input=shown_x))
        if learns_sign(model, x):
            trained = Facts(explore(model, "lstm", input=shown_x))
            return {"untrained": untrained, "trained": trained}
    pytest.fail("no seed has learned it")


def new_model(seed: int) -> KerasModel:
    """Return a model that says whether the first number was positive, untrained."""
    keras: Any = load_keras()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((TIMESTEPS, 1)),
            keras.layers.LSTM(8, name="lstm"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        "binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def learns_sign(model: KerasModel, x: Values) -> bool:
    """Train a model, and return True as soon as it is right for 97 of 100."""
    is_positive = x[:, 0, 0] > 0
    for _ in range(6):
        history = model.fit(x, is_positive, epochs=10, verbose=0).history
        if history["accuracy"][-1] > 0.97:
            return True
    return False


def test_an_untrained_layer_forgets_the_first_number(facts: dict[str, Facts]) -> None:
    untrained = facts["untrained"]
    assert untrained.forget_gate == pytest.approx(0.73, abs=0.02)
    assert untrained.old_share == pytest.approx(0.54, abs=0.1)
    assert untrained.survival < 0.01
    assert untrained.decided_share < 0.01
    assert untrained.effect < 0.05


def test_a_trained_one_keeps_it(facts: dict[str, Facts]) -> None:
    trained = facts["trained"]
    # Some units keep it, others do not: the mean of the forget gate was 0.64 to 0.88
    # on two machines and with three seeds.
    assert trained.survival > 0.05
    assert trained.best_survival > 0.4
    assert trained.decided_share > 0.15
    assert trained.effect > 1
