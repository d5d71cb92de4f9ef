"""Run or spec → one JSON object on one line: every fact of the screen is in it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

import lstm_shapes
from lstm_shapes.spec.equality import standing
from lstm_shapes.spec.layer import FLAGS, ArraySpec, LayerSpec
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.files import Spool
from lstm_shapes.view.view import Runs, Specs, View

if TYPE_CHECKING:
    from lstm_shapes.run.values import Array, Run

SCHEMA_VERSION = 1

Document = dict[str, Any]


def of_spec(spec: LSTMSpec) -> Document:
    """What is known without Keras: `measured` is false, and no identity holds or does not.

    Example:
        >>> document = of_spec(LSTMSpec(units=128, features=64))
        >>> document["measured"], document["parameters"]["total"]
        (False, 98816)
    """
    layers = [_layer(layer) for layer in spec.layers]
    return {
        "schema_version": SCHEMA_VERSION,
        "measured": False,
        "code": spec.call,
        "sizes": spec.sizes,
        "layer": layers[-1],
        "layers": layers,
        "input": _whole(spec.input),
        "parameters": {
            "total": spec.parameters,
            "weights": [
                {"name": weight.name, "shape": weight.shape, "count": weight.count}
                for weight in spec.weights
            ],
        },
        "outputs": [_whole(array) for array in spec.outputs],
        "identities": [
            {"claim": equality.claim, "holds": None, "max_difference": None}
            for equality in spec.equalities
        ],
        "next_layers": None,
        "versions": {"lstm_shapes": lstm_shapes.__version__},
    }


def of_run(run: "Run", *, arrays: bool = True, shown: "Sequence[Array] | None" = None) -> Document:
    """What was measured, which is of the shapes that the spec knows: a run has seen to that.

    `arrays` includes the values of the input and the outputs; `shown` are selections of them.

    Example:
        >>> from lstm_shapes import LSTMSpec, explore
        >>> document = of_run(explore(LSTMSpec(return_state=True), seed=1))
        >>> [output["shape"] for output in document["outputs"]]
        [(1, 5), (1, 5), (1, 5)]
    """
    document = of_spec(run.spec)
    document |= {"measured": True, "seed": run.seed, "versions": dict(run.versions)}
    document["parameters"] = asdict(run.parameters) | document["parameters"]
    for identity, found in zip(document["identities"], run.identities, strict=True):
        identity.update(holds=found.holds, max_difference=found.max_difference)
    if run.next_layers is not None:
        document["next_layers"] = [asdict(attempt) for attempt in run.next_layers]
    if arrays:
        for of_array in (document["input"], *document["outputs"]):
            of_array["values"] = run.arrays[of_array["name"]]
    if shown is not None:
        document["shown"] = [
            {"name": a.name, "axes": a.axes, "shape": a.shape, "dtype": "float32"}
            | {"values": a.values}
            for a in shown
        ]
    return document


def _groups(specs: Specs, runs: Runs) -> list[Document]:
    """Where each vector stands across the calls, and where runs were made, whether it does."""
    groups: list[Document] = [
        {
            "vector": vector,
            "places": [{"call": at, "array": selection.text} for at, selection in places],
            "holds": None,
            "max_difference": None,
        }
        for vector, places in standing(spec.outputs for spec in specs).items()
    ]
    if runs:
        from lstm_shapes.run import values

        for group, found in zip(groups, values.groups(runs), strict=True):
            group.update(holds=found.holds, max_difference=found.max_difference)
    return groups


def line(document: Mapping[str, Any]) -> bytes:
    """The document in UTF-8 and a newline: shortest float32, null for what is not finite."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, default=_in_one_piece, option=options)


def _in_one_piece(values: Any) -> Any:
    """What orjson does not take itself: a number alone, and an array that does not lie whole."""
    return values.copy() if values.ndim else values[()]


def _layer(layer: LayerSpec) -> Document:
    facts = ("features", "units", *FLAGS, "bidirectional", "parameters")
    named = {"class": "LSTM", "name": layer.name, "code": layer.call}
    return named | {fact: getattr(layer, fact) for fact in facts}


def _whole(array: ArraySpec) -> Document:
    shapes = {"model_shape": array.model_shape, "shape": array.shape}
    return {"name": array.name, "axes": array.axes, **shapes, "dtype": "float32"}


class Lines(View):
    """A line for each run, or where none is made, for each spec."""

    def __init__(self, request: Request, write: Callable[[bytes], object], *, arrays: bool) -> None:
        self._request = request
        self._write = write
        self._arrays = arrays

    def add(self, specs: Specs, runs: Runs) -> None:
        request = self._request
        groups = _groups(specs, runs) if len(specs) > 1 else None
        for at, spec in enumerate(specs):
            if runs:
                selected = [runs[at].select(picked) for picked in request.selected(spec)]
                shown = selected if request.selections else None
                document = of_run(runs[at], arrays=self._arrays, shown=shown)
            else:
                document = of_spec(spec)
            if request.input:
                # Bytes in no encoding become question marks.
                document["input"]["file"] = os.fsencode(request.input).decode(errors="replace")
            if groups is not None:
                document["groups"] = groups
            if request.pytorch:
                from lstm_shapes.spec.pytorch import document as in_pytorch

                document["pytorch"] = in_pytorch(spec)
            self._write(line(document))


class LinesFile(Lines):
    """The lines as a file, which appears once they are all there."""

    def __init__(self, request: Request, path: Path) -> None:
        self._spool = Spool(path, force=request.force)
        super().__init__(request, self._spool.write, arrays=request.saves_arrays)

    def end(self) -> None:
        self._spool.save()
