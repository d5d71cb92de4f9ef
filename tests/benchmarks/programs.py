"""The programs that the benchmark runs beside the command, each by its name in a fresh process.

`python programs.py NAME [ARGUMENT ...]`; nothing but the program's own imports may be heavy.
"""

import os
import sys
import time


def measured(*command: str) -> None:
    """Run a command; then print its exit status, wall seconds, CPU seconds and peak KiB.

    A process starts with the peak memory of the one that started it, so this one has to be small.
    """
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    peak_kib = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    print(f"\n{os.waitstatus_to_exitcode(status)} {seconds} {cpu_seconds} {peak_kib}")


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
