"""Run → JSON line and .npz."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import IO, Any
from zipfile import ZipFile

import numpy as np

from lstm_shapes.run import Array, Run, RunArray, Values

SCHEMA_VERSION = 1
_CHUNK = 2**16


def json_line(
    run: Run, *, arrays: bool = True, shown: Sequence[Array] | None = None
) -> Iterator[str]:
    """One JSON object and a newline, in pieces: no second copy of an array is ever in memory.

    `arrays` includes the values of the input and the outputs; `shown` are selections of them.
    Numbers are the shortest that read back to the same float32, null where they are not finite.

    Example:
        >>> import json
        >>> from lstm_shapes import LSTMSpec, explore
        >>> run = explore(LSTMSpec(return_state=True), seed=1)
        >>> [output["shape"] for output in json.loads("".join(json_line(run)))["outputs"]]
        [[1, 5], [1, 5], [1, 5]]
    """
    spec = run.spec
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "layer": {
            "class": "LSTM",
            "units": spec.units,
            "return_sequences": spec.return_sequences,
            "return_state": spec.return_state,
        },
        "seed": run.seed,
        "input": _array(run.input, arrays),
        "parameters": {
            **asdict(run.parameters),
            "weights": [
                {"name": weight.name, "shape": weight.values.shape, "count": weight.values.size}
                for weight in run.weights
            ],
        },
        "outputs": [_array(output, arrays) for output in run.outputs],
    }
    if shown is not None:
        document["shown"] = [_array(array, values=True) for array in shown]
    document["identities"] = [
        {
            "claim": identity.claim,
            "holds": identity.holds,
            "max_difference": _finite(identity.max_difference),
        }
        for identity in run.identities
    ]
    document["versions"] = dict(run.versions)
    yield from _encoded(document)
    yield "\n"


def _array(array: Array, values: bool) -> dict[str, Any]:
    document: dict[str, Any] = {"name": array.name, "axes": array.axes}
    if isinstance(array, RunArray):
        document["model_shape"] = array.model_shape
    document |= {"shape": array.shape, "dtype": str(array.values.dtype)}
    if values:
        document["values"] = array.values
    return document


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _encoded(value: Any) -> Iterator[str]:
    """`value` as JSON, where arrays may stand at any depth."""
    if isinstance(value, np.ndarray):
        yield from _encoded_values(value)
    elif isinstance(value, dict):
        for at, (key, item) in enumerate(value.items()):
            yield f"{', ' if at else '{'}{json.dumps(key)}: "
            yield from _encoded(item)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for at, item in enumerate(value):
            yield ", " if at else ""
            yield from _encoded(item)
        yield "]"
    else:
        yield json.dumps(value)


def _encoded_values(values: Values) -> Iterator[str]:
    """Nested lists of numbers: rows of the last axis, in brackets that close where axes end."""
    if values.ndim == 0:
        yield _numbers(values.reshape(1))[0]
        return
    if values.size == 0:
        yield json.dumps(values.tolist())
        return
    rows = values.reshape(-1, values.shape[-1])
    # How many rows stand between two brackets of each outer axis.
    periods = np.cumprod(values.shape[-2:0:-1]) if values.ndim > 2 else ()
    outer = values.ndim - 1
    step = max(1, _CHUNK // rows.shape[1])
    yield "[" * outer
    for start in range(0, len(rows), step):
        pieces = []
        for at, row in enumerate(_numbers(rows[start : start + step]), start):
            ends = sum(at % period == 0 for period in periods)
            pieces.append("]" * ends + ", " + "[" * ends if at else "")
            pieces.append(f"[{', '.join(row)}]")
        yield "".join(pieces)
    yield "]" * outer


def _numbers(values: Values) -> list[Any]:
    # NumPy writes a float32 with as many digits as tell it from its neighbours, Python's json
    # with as many as its float64 needs.
    text = values.astype("U32")
    text[~np.isfinite(values)] = "null"
    numbers: list[Any] = text.tolist()
    return numbers


def write_npz(run: Run, file: IO[bytes]) -> None:
    """Write the input, the outputs and the weights by name, and `spec` as a JSON string.

    It loads with `numpy.load(file, allow_pickle=False)`.
    """
    members: dict[str, Any] = {array.name: array.values for array in (run.input, *run.outputs)}
    members |= {weight.name: weight.values for weight in run.weights}
    members["spec"] = np.array(json.dumps({**asdict(run.spec), "seed": run.seed}))
    # As numpy.savez does, which leaves its archive open when a disk is full.
    with ZipFile(file, "w") as archive:
        for name, values in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
