"""Run a function of this module in a process of its own: `python programs.py NAME [ARGUMENT ...]`.

Nothing heavy may be imported at the top: a process starts with the peak memory of its parent.
"""

import os
import sys
import time


def measure(expected: str, *command: str) -> None:
    """Run a command with its output in a pipe, and print status, end of output and figures as JSON.

    `first_seconds` end with the first line that has the expected text: null without, 0 if no text.
    """
    answer, first_seconds = b"", None if expected else 0.0
    reader, writer = os.pipe()
    to_pipe = [(os.POSIX_SPAWN_DUP2, writer, descriptor) for descriptor in (1, 2)]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=to_pipe)
    os.close(writer)
    while chunk := os.read(reader, 2**16):
        answer = answer[-100_000:] + chunk
        if first_seconds is None and expected.encode() in answer[: answer.rfind(b"\n") + 1]:
            first_seconds = time.perf_counter() - start
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    peak_mib = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    import json  # late, for the peak of the child

    figures = {"first_seconds": first_seconds, "seconds": seconds, "peak_mib": peak_mib}
    print(json.dumps([os.waitstatus_to_exitcode(status), answer.decode(errors="replace"), figures]))


def notebook() -> None:
    """Show the shapes and arrays of one LSTM as a notebook does, with Keras' defaults."""
    import numpy as np
    from tensorflow.keras.layers import LSTM, Input
    from tensorflow.keras.models import Model

    inputs = Input(shape=(3, 4))
    model = Model(inputs, LSTM(5, return_sequences=True, return_state=True)(inputs))
    model.summary()
    for array in model.predict(np.random.randn(1, 3, 4)):
        print(array.shape, array, sep="\n")


def pytorch() -> None:
    """Show the same facts of PyTorch's LSTM."""
    import torch  # type: ignore[import-not-found, unused-ignore]  # may not be installed
    import torchinfo  # type: ignore[import-not-found, unused-ignore]

    layer = torch.nn.LSTM(4, 5, batch_first=True)
    torchinfo.summary(layer, input_size=(1, 3, 4))
    with torch.no_grad():
        states, (hidden, cell) = layer(torch.randn(1, 3, 4))
    for array in (states, hidden, cell):
        print(tuple(array.shape), array, sep="\n")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
