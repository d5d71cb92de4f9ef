"""Models from Python: listed, shown and explored, from a file and in memory."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_shapes import compare, explore, layers, show
from lstm_shapes.errors import CallError
from lstm_shapes.run.tensorflow import load_keras

MODEL = Path(__file__).parent / "models" / "model.keras"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder with a model of two LSTMs and a Dense."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(MODEL, tmp_path)


@pytest.fixture
def trained() -> Any:
    """Return a model in memory with a nested one, after two steps of training."""
    keras = load_keras()
    inner = [keras.Input((5, 3)), keras.layers.GRU(4, return_sequences=True, name="g")]
    directions = keras.layers.Bidirectional(keras.layers.LSTM(2), name="both")
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras.Sequential(inner, name="encoder"),
            directions,
            keras.layers.Dense(1),
        ],
        name="forecaster",
    )
    model.compile("adam", "mse")
    rng = np.random.default_rng(1)
    x = rng.normal(size=(8, 5, 3)).astype("float32")
    model.fit(x, rng.normal(size=(8, 1)), batch_size=4, epochs=1, verbose=0)
    return model


def test_layers_are_listed_by_position_and_by_path() -> None:
    listed = layers("model.keras")
    assert [layer.path for layer in listed] == ["lstm", "lstm_1"]
    assert listed["lstm_1"] is listed[1]
    assert listed.model.parameters == 510
    assert repr(listed) == "Layers('model.keras': lstm, lstm_1)"


@pytest.mark.parametrize("make", [str, Path], ids=["text", "path"])
def test_a_layer_of_a_file_is_explored_with_its_weights(
    make: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.random.default_rng(3).normal(size=(2, 4, 4)).astype("float32")
    run = explore(make("model.keras"), "lstm", input=x, seed=1)
    expected = load_keras().models.load_model("model.keras").layers[0](x)
    assert np.allclose(run.outputs[0].values, expected, atol=1e-6)
    run.show()
    screen = capsys.readouterr().out
    assert "weights of model.keras, lstm" in screen
    assert "repeat with explore('model.keras', 'lstm', seed=1, input=x)" in screen


def test_json_of_a_layer_of_a_file_is_repeated_in_a_shell() -> None:
    explore("model.keras", "lstm_1", seed=1).save("run.json")
    document = json.loads(Path("run.json").read_text("utf-8"))
    repeat = "lstm-shapes model.keras lstm_1 -t 10 -f 6 -b 1 --seed 1"
    assert document["repeat"] == repeat
    assert document["weights_of"] == {"file": "model.keras", "path": "lstm_1"}


def test_json_of_a_model_in_memory_names_no_file(trained: Any) -> None:
    explore(trained, "both", seed=1).save("run.json")
    document = json.loads(Path("run.json").read_text("utf-8"))
    assert document["repeat"] is None
    assert document["weights_of"] == {"file": None, "path": None}


def test_a_model_in_memory_is_explored_as_it_is_after_training(trained: Any) -> None:
    x = np.random.default_rng(3).normal(size=(2, 5, 3)).astype("float32")
    every_h = explore(trained, "encoder/g", input=x).outputs[0].values
    assert np.allclose(every_h, trained.layers[0].predict(x, verbose=0), atol=1e-6)
    output = explore(trained, "both", input=every_h).outputs[0].values
    assert np.allclose(output, trained.layers[1](every_h), atol=1e-6)
    runs = compare(trained, "both", input=every_h)
    assert np.allclose(runs[0].outputs[0].values, output, atol=1e-6)
    assert runs.request.weights_owner == "forecaster, both"


def test_a_model_is_shown_as_its_list(
    trained: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    show(trained)
    screen = capsys.readouterr().out
    assert "forecaster" in screen
    assert "encoder/g" in screen
    assert "explore(model, 'both')" in screen
    show("model.keras", "lstm")
    assert capsys.readouterr().out.startswith("LSTM(6, return_sequences=True)\n")


def test_a_run_of_a_model_saves_a_program_with_its_weights(trained: Any) -> None:
    explore(trained, "both", seed=1).save("both.py")
    weights = np.load("both.weights.npz")
    assert np.array_equal(weights["forward/kernel"], trained.layers[1].get_weights()[0])
    assert "model.set_weights(" in Path("both.py").read_text("utf-8")


def unbuilt_model() -> Any:
    """Return a Sequential that was never built."""
    keras = load_keras()
    return keras.Sequential([keras.layers.LSTM(5, name="lstm")])


def subclassed_model() -> Any:
    """Return a model whose own code calls its layers."""
    keras = load_keras()

    class Forecaster(keras.Model):  # type: ignore[misc, name-defined]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.encoder = keras.layers.LSTM(5)

        def call(self, x: Any) -> Any:
            return self.encoder(x)

    model = Forecaster()
    model(np.zeros((1, 3, 4)))
    return model


def dense_model() -> Any:
    """Return a model without a recurrent layer."""
    keras = load_keras()
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])


@pytest.mark.parametrize(
    ("make", "path", "sentence"),
    [
        (unbuilt_model, "lstm", "the layer 'lstm' is not built"),
        (
            subclassed_model,
            "lstm",
            r"which layers it is made.*explore\(model.encoder\)",
        ),
        (dense_model, "lstm", "has no recurrent layer"),
        (lambda: "model.keras", None, r"as explore\('model.keras', 'lstm_1'\)"),
        (lambda: "model.keras", "lstm_9", "has no layer 'lstm_9'"),
        (lambda: "model.keras", 1, "is named by its path, as 'lstm_1', got 1"),
        (lambda: "LSTM(5)", "lstm", "takes the path of a layer behind a model"),
        (lambda: 5, None, "or a model, got 5"),
    ],
    ids=[
        "unbuilt",
        "subclassed",
        "dense",
        "no path",
        "mistyped",
        "position",
        "code",
        "number",
    ],
)
def test_what_cannot_be_explored_is_one_sentence(
    make: Callable[[], Any], path: Any, sentence: str
) -> None:
    with pytest.raises(CallError, match=sentence):
        explore(make(), path)


def test_an_input_of_other_features_names_the_layer() -> None:
    sentence = "input has 3 features and 'lstm' in 'model.keras' takes 4"
    with pytest.raises(CallError, match=sentence):
        explore("model.keras", "lstm", input=np.zeros((2, 5, 3)))
