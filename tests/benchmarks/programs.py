"""Run a function in a process of its own: `python programs.py NAME [ARGUMENT ...]`.

Import nothing heavy at the top: a process starts with the peak memory of its parent.
"""

import os
import sys
import time
from collections.abc import Callable


def measure(expected_text: str, *command: str) -> None:
    """Run a command, and print its status, the end of its output and figures as JSON.

    Its output goes into a pipe. The figure `first_seconds` ends with the first line
    that has the expected text: it is null where there is none, and 0 if no text is
    expected.
    """
    reader, writer = os.pipe()
    stdout_and_stderr = [
        (os.POSIX_SPAWN_DUP2, writer, 1),
        (os.POSIX_SPAWN_DUP2, writer, 2),
    ]
    start = time.perf_counter()
    child = os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=stdout_and_stderr,
    )
    os.close(writer)

    answer = b""
    first_seconds = None if expected_text else 0.0
    while chunk := os.read(reader, 2**16):
        answer = answer[-100_000:] + chunk
        whole_lines = answer[: answer.rfind(b"\n") + 1]
        if first_seconds is None and expected_text.encode() in whole_lines:
            first_seconds = time.perf_counter() - start
    _, wait_status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start

    import json  # late, as the child would have begun with its memory

    figures = {
        "first_seconds": first_seconds,
        "seconds": seconds,
        "peak_mib": mebibytes(usage.ru_maxrss),
    }
    status = os.waitstatus_to_exitcode(wait_status)
    print(json.dumps([status, answer.decode(errors="replace"), figures]))


def mebibytes(peak: int) -> float:
    """Convert a peak of memory, which macOS counts in bytes and Linux in KiB."""
    if sys.platform == "darwin":
        return peak / 2**20
    return peak / 2**10


def notebook() -> None:
    """Show the shapes and arrays of one LSTM, as a notebook does."""
    import numpy as np
    from tensorflow.keras.layers import LSTM, Input
    from tensorflow.keras.models import Model

    inputs = Input(shape=(3, 4))
    layer = LSTM(5, return_sequences=True, return_state=True)
    model = Model(inputs, layer(inputs))
    model.summary()
    for array in model.predict(np.random.randn(1, 3, 4)):
        print(array.shape)
        print(array)


def pytorch() -> None:
    """Show the same facts of PyTorch's LSTM."""
    # Neither may be installed.
    import torch  # type: ignore[import-not-found, unused-ignore]
    import torchinfo  # type: ignore[import-not-found, unused-ignore]

    layer = torch.nn.LSTM(4, 5, batch_first=True)
    torchinfo.summary(layer, input_size=(1, 3, 4))
    with torch.no_grad():
        output, (h_n, c_n) = layer(torch.randn(1, 3, 4))
    for array in (output, h_n, c_n):
        print(tuple(array.shape))
        print(array)


PROGRAMS: dict[str, Callable[..., None]] = {
    "measure": measure,
    "notebook": notebook,
    "pytorch": pytorch,
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    PROGRAMS[name](*arguments)
