"""Run → .npz: the input, the outputs and the weights by name."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np

from lstm_shapes.run.values import Run
from lstm_shapes.spec.request import Request
from lstm_shapes.view.files import whole_file
from lstm_shapes.view.view import Runs, Specs, View


class Archive(View):
    """One run as a file."""

    def __init__(self, request: Request, path: Path) -> None:
        self._request = request
        self._path = path

    def add(self, specs: Specs, runs: Runs) -> None:
        del specs
        (self._run,) = runs

    def end(self) -> None:
        with whole_file(self._path, force=self._request.force) as file:
            write_npz(self._run, file)


def write_npz(run: Run, file: IO[bytes]) -> None:
    """Write every array by name, and `spec` as a JSON string of the sizes, flags and seed.

    It loads with `numpy.load(file, allow_pickle=False)`.
    """
    members: dict[str, Any] = dict(run.arrays)
    members |= {weight.name: weight.values for weight in run.weights}
    members["spec"] = np.array(json.dumps({**asdict(run.spec), "seed": run.seed}))
    # As numpy.savez does, which leaves its archive open when a disk is full.
    with ZipFile(file, "w") as archive:
        for name, values in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
