"""The programs that the benchmark runs beside the command, each by its name in a fresh process.

`python programs.py NAME [ARGUMENT ...]`; nothing but the program's own imports may be heavy.
"""

import os
import sys
import time

TAIL_BYTES = 100_000


def measured(expected: str, *command: str) -> None:
    """Run a command with its output in a pipe; then print as JSON what it said and took.

    That is its exit status, the end of its answer, and the figures of a `Sample`, of which
    `first_seconds` is null if no whole line had the expected text. A process starts with the peak
    memory of the one that started it, so this one has to be small.
    """
    text, answer, first_seconds = expected.encode(), bytearray(), None
    reader, writer = os.pipe()
    start = time.perf_counter()
    to_pipe = [(os.POSIX_SPAWN_DUP2, writer, descriptor) for descriptor in (1, 2)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=to_pipe)
    os.close(writer)
    while chunk := os.read(reader, 2**16):
        answer += chunk
        if text and not first_seconds and text in answer[: answer.rfind(b"\n") + 1]:
            first_seconds = time.perf_counter() - start
        del answer[:-TAIL_BYTES]
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    figures = {
        "seconds": seconds,
        "first_seconds": first_seconds if text else seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
    }
    import json  # late, for the peak of the child

    end = answer.decode(errors="replace")
    print(json.dumps([os.waitstatus_to_exitcode(status), end, figures]))


def notebook() -> None:
    """Show the shapes and arrays of one LSTM as a notebook does, with Keras' defaults."""
    import numpy as np
    from tensorflow.keras.layers import LSTM, Input
    from tensorflow.keras.models import Model

    x = np.random.randn(1, 3, 4)
    inputs = Input(shape=(3, 4))
    model = Model(inputs, LSTM(5, return_sequences=True, return_state=True)(inputs))
    model.summary()
    names = ("all hidden states", "hidden state", "cell state")
    for name, array in zip(names, model.predict(x), strict=True):
        print(name, array.shape)
        print(array)


def pytorch() -> None:
    """Show the same facts of PyTorch's LSTM."""
    import torch  # type: ignore[import-not-found, unused-ignore]  # may be in another environment
    import torchinfo  # type: ignore[import-not-found, unused-ignore]

    layer = torch.nn.LSTM(4, 5, batch_first=True)
    torchinfo.summary(layer, input_size=(1, 3, 4))
    with torch.no_grad():
        states, (hidden, cell) = layer(torch.randn(1, 3, 4))
    for name, array in (("all hidden states", states), ("hidden", hidden), ("cell", cell)):
        print(name, tuple(array.shape))
        print(array)


def bare_keras(*runs: str) -> None:
    """Build and predict and show nothing; each run is `timesteps,features,units,batch_size`."""
    import numpy as np
    from tensorflow import keras

    for run in runs:
        timesteps, features, units, batch_size = map(int, run.split(","))
        shape = (batch_size, timesteps, features)
        x = np.random.default_rng().standard_normal(shape, dtype=np.float32)
        inputs = keras.Input(shape[1:])
        layer = keras.layers.LSTM(units, return_sequences=True, return_state=True)
        keras.Model(inputs, layer(inputs)).predict(x, batch_size=batch_size, verbose=0)


if __name__ == "__main__":
    _, name, *arguments = sys.argv
    programs = {program.__name__: program for program in (measured, notebook, pytorch, bare_keras)}
    programs[name](*arguments)
