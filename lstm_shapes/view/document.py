"""Run or spec → one JSON object on one line: every fact of the screen is in it."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import lstm_shapes
from lstm_shapes.spec.equality import equalities, find_places
from lstm_shapes.spec.layer import FLAGS, ArraySpec, LayerSpec
from lstm_shapes.spec.model import SIZES, LSTMSpec
from lstm_shapes.spec.pytorch import in_pytorch
from lstm_shapes.spec.request import Request, Row
from lstm_shapes.view import Runs, View
from lstm_shapes.view.words import vector

Document = dict[str, Any]

_UNKNOWN: Document = {"holds": None, "max_difference": None}


def of_spec(spec: LSTMSpec) -> Document:
    """Return what is known without Keras: `measured` is false, and `holds` is None."""
    layers, units = [_layer(of) for of in spec.layers], [of.units for of in spec.layers]
    weights = [{"name": of.name, "shape": of.shape, "count": prod(of.shape)} for of in spec.weights]
    return {
        "schema_version": 1,  # keys are only ever added
        "measured": False,
        "code": spec.code,
        "sizes": {name: getattr(spec, name) for name in SIZES} | {"units": units},
        "lengths": spec.lengths,
        "layer": layers[-1],
        "layers": layers,
        "input": _array(spec.input),
        "parameters": {"total": spec.parameters, "weights": weights},
        "cost": spec.cost,
        "outputs": [_array(array) for array in spec.outputs],
        "identities": [{"claim": equality.claim, **_UNKNOWN} for equality in equalities(spec.last)],
        "next_layers": None,
        "two_calls": None,
        "versions": {"lstm_shapes": lstm_shapes.__version__},
    }


def of_run(run: Any, *, arrays: bool = True, shown: Sequence[Any] | None = None) -> Document:
    """Return a run as a JSON document, with the values of all arrays and of those `shown`."""
    document = of_spec(run.spec)
    document |= {"measured": True, "seed": run.seed, "versions": dict(run.versions)}
    document["parameters"] |= {"trainable": run.spec.parameters, "non_trainable": 0}
    document["identities"] = [
        {"claim": e.claim, "holds": holds, "max_difference": apart}
        for e, holds, apart in run.identities
    ]
    if run.next_layers is not None:
        document["next_layers"] = [attempt._asdict() for attempt in run.next_layers]
    if run.two_calls is not None:
        document["two_calls"] = run.two_calls._asdict()
    if arrays:
        for of_array in (document["input"], *document["outputs"]):
            of_array["values"] = run.arrays[of_array["name"]]
    if shown is not None:
        facts = ("name", "axes", "shape", "values")
        document["shown"] = [
            {"dtype": "float32", **{fact: getattr(array, fact) for fact in facts}}
            for array in shown
        ]
    return document


def line(document: Mapping[str, Any]) -> bytes:
    """Encode a document as one line: shortest float32, and null for NaN or infinity."""
    if document["measured"]:
        import orjson

        options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        # orjson takes neither a single NumPy number nor an array that is not contiguous.
        data = orjson.dumps(document, lambda a: a.copy() if a.ndim else a[()], options)
        if data.isascii() and b"\x7f" not in data:
            return data
        document = json.loads(data)
    # Unlike orjson, it escapes what a terminal obeys, and takes counts beyond 64 bits.
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


class JSONLines(View):
    """A line for each run, or where none is made, for each spec."""

    def __init__(self, request: Request, write: Callable[[bytes], object], *, arrays: bool) -> None:
        self._request, self._write, self._arrays = request, write, arrays

    def add(self, specs: Row, runs: Runs) -> None:
        """Write the lines of one row."""
        request = self._request
        groups = _groups(specs, runs) if request.compare else None
        for at, spec in enumerate(specs):
            if runs:
                picked = [runs[at].select(selection) for selection in request.selected(spec)]
                shown = picked if request.show else None
                document = of_run(runs[at], arrays=self._arrays, shown=shown)
            else:
                document = of_spec(spec)
            if request.input:
                # Bytes in no encoding become question marks.
                document["input"]["file"] = os.fsencode(request.input).decode(errors="replace")
            if request.line:
                document["line"] = request.line
            document["repeat"] = " ".join(request.repeat)
            if groups is not None:
                document["groups"] = groups
            if request.pytorch:
                document["pytorch"] = _pytorch(spec)
            self._write(line(document))


def _layer(layer: LayerSpec) -> Document:
    facts = ("features", "units", *FLAGS, "bidirectional", "parameters")
    named = {"class": layer.cell.name, "name": layer.name, "code": layer.code()}
    return named | {fact: getattr(layer, fact) for fact in facts}


def _array(array: ArraySpec) -> Document:
    shapes = {"model_shape": array.model_shape, "shape": array.shape}
    return {"name": array.name, "axes": array.axes, **shapes, "dtype": "float32"}


def _groups(specs: Row, runs: Runs) -> list[Document]:
    """Return where each vector stands across the calls, and if there are runs, whether it does."""
    groups: list[Document] = []
    for of, places in find_places(spec.outputs for spec in specs).items():
        named = [{"call": at, "array": str(selection)} for at, selection in places]
        groups.append({"vector": vector(of), "places": named, **_UNKNOWN})
    if runs:
        from lstm_shapes.run import values

        for group, found in zip(groups, values.groups(runs), strict=True):
            group.update(holds=found.holds, max_difference=found.max_difference)
    return groups


def _pytorch(spec: LSTMSpec) -> Document:
    found = in_pytorch(spec)
    weights = [{"name": w.name, "shape": w.shape, "from": w.origin} for w in found.weights]
    return {
        **{name: getattr(found, name) for name in ("call", "code", "state_order", "convert")},
        "outputs": [
            {"name": o.name, "shape": o.shape, "equals": dict(o.equals)} for o in found.outputs
        ],
        "parameters": {"total": found.parameters, "weights": weights},
        "keras_weights": [{"name": n, "from": code} for n, code in found.keras_weights.items()],
    }
