"""Write a run or a spec as a JSON object on one line: every fact of the screen is in it."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

from lstm_shapes.request import ListRequest, Request, Row
from lstm_shapes.shapes.equality import equalities, find_places
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import ArraySpec, LayerSpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.version import __version__
from lstm_shapes.view import Runs, View
from lstm_shapes.view.words import vector_name

if TYPE_CHECKING:
    from lstm_shapes.run.dtypes import Numbers
    from lstm_shapes.run.trials import Decoder, TriedLayer
    from lstm_shapes.run.values import Array, Run
    from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel

# A JSON object.
Document = dict[str, Any]

SCHEMA_VERSION = 1  # keys are only ever added


def document_of_spec(spec: Spec) -> Document:
    """Return what is known without Keras: `measured` is false, and `holds` is None."""
    layers = [document_of_layer(layer_spec) for layer_spec in spec.layer_specs]
    weights = []
    for weight in spec.weights:
        count = prod(weight.shape)
        weight_document = {
            "name": weight.name,
            "shape": weight.shape,
            "count": count,
            "dtype": weight.dtype,
        }
        weights.append(weight_document)
    identities = []
    for equality in equalities(spec.last):
        identities.append(document_of_claim(equality.claim, None, None))
    remarks = []
    for remark in spec.remarks:
        remarks.append({"kind": remark.kind.name.lower(), "parts": remark.parts})
    return {
        "schema_version": SCHEMA_VERSION,
        "measured": False,
        "code": spec.code,
        "sizes": {
            "timesteps": spec.timesteps,
            "features": spec.features,
            "units": [layer.units for layer in spec.layers],
            "batch_size": spec.batch_size,
        },
        "open_axes": spec.open_axes,
        "lengths": spec.lengths,
        "padding": spec.padding if spec.lengths else None,
        "layer": layers[-1],
        "layers": layers,
        "input": document_of_array(spec.input),
        "parameters": {
            "total": spec.parameters,
            "weights": weights,
            "idle": spec.idle_parameters,
            "trainable": spec.trainable_parameters,
            "non_trainable": spec.parameters - spec.trainable_parameters,
        },
        "cost": spec.cost,
        "outputs": [document_of_array(array) for array in spec.outputs],
        "identities": identities,
        "warnings": None,
        "next_layers": None,
        "remarks": remarks,
        "two_calls": None,
        "two_calls_reason": spec.two_calls_obstacle or "nothing was run",
        "rewritten": None,
        "odd_batch": None,
        "weights_of": None,
        "versions": installed_versions(),
    }


@cache
def installed_versions() -> Mapping[str, str]:
    """Return the versions of this package, and of Keras and NumPy without importing them.

    Those that are not installed are left out. To look them up takes longer than a call of
    `-i`, so it is done once.
    """
    from importlib.metadata import (
        PackageNotFoundError,
        version,
    )  # late: not for screens

    versions = {"lstm_shapes": __version__}
    for name in ("keras", "numpy"):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def document_of_run(
    run: "Run", *, with_arrays: bool = True, parts: "Sequence[Array] | None" = None
) -> Document:
    """Return what is known of a run.

    Args:
        run: The run.
        with_arrays: Whether the values of the input and the outputs are in it.
        parts: Parts of arrays whose values are in it as well.
    """
    document = document_of_spec(run.spec)
    document["measured"] = True
    document["seed"] = run.seed
    document["versions"] = dict(run.versions)
    shown_specs = [part.spec for part in parts or ()]
    every_c = [
        array for array in run.spec.last.all_other_states if array in shown_specs
    ]
    identities = []
    for equality, holds, max_difference in run.identities_beside(every_c):
        claim = document_of_claim(equality.claim, holds, max_difference)
        identities.append(claim)
    document["identities"] = identities
    document["warnings"] = documents_of_warnings(run)
    if run.next_layers is not None:
        document["next_layers"] = documents_of_next_layers(run)
    document["two_calls_reason"] = reason_without_two_calls(run)
    if run.two_calls is not None:
        document["two_calls"] = run.two_calls._asdict()
    rewritten_documents = []
    for rewritten in run.rewritten:
        rewritten_document = {
            "rewriting": rewritten.rewriting.name.lower(),
            "holds": rewritten.holds,
            "max_difference": rewritten.max_difference,
        }
        rewritten_documents.append(rewritten_document)
    document["rewritten"] = rewritten_documents
    if run.odd_batch is not None:
        document["odd_batch"] = run.odd_batch._asdict()
    if with_arrays:
        document["input"] = document_with_values(run.input)
        document["outputs"] = [document_with_values(array) for array in run.outputs]
    if parts is not None:
        document["shown"] = [document_of_part(part) for part in parts]
    return document


def reason_without_two_calls(run: "Run") -> str | None:
    """Say why a run has not given the sequence in two calls; None where it has."""
    from lstm_shapes.run.values import has_finite  # late: it takes NumPy

    if run.two_calls is not None:
        return None
    if run.spec.two_calls_obstacle:
        return run.spec.two_calls_obstacle
    if not has_finite([run.outputs[0].values]):
        return "no number that came back is finite"
    return "this is done for one call alone, not for one of several"


def documents_of_list(request: ListRequest) -> list[Document]:
    """Return what is known of each recurrent layer of a model."""
    documents = []
    for layer in request.model.layers:
        document = document_of_saved_layer(layer, request.model)
        if request.line:
            document["line"] = request.line
        document["repeat"] = " ".join(request.repeat)
        documents.append(document)
    return documents


def document_of_saved_layer(layer: "SavedLayer", model: "SavedModel") -> Document:
    """Return what is known of a layer of a saved model; None is not known.

    `weights_found` is None where the list was made without a look at the weights.
    """
    code = None
    arguments = None
    if layer.layer is not None:
        code = layer.layer.code()
        arguments = arguments_of_layer(layer.layer)
    weights_found = None
    if not model.has_weights:
        weights_found = False
    elif not model.has_config:
        weights_found = bool(layer.weight_paths)
    return {
        "schema_version": SCHEMA_VERSION,
        "measured": False,
        "file": file_name(model.file),
        "keras_version": model.keras_version,
        "path": layer.path,
        "class": layer.class_name,
        "code": code,
        "arguments": arguments,
        "input_shape": layer.input_shape,
        "outputs": outputs_of_saved_layer(layer),
        "parameters": {"total": layer.parameters},
        "wrappers": layer.wrappers,
        "unknown": layer.unknown or None,
        "weights_found": weights_found,
        "model": document_of_model(model),
        "versions": installed_versions(),
    }


def document_of_model(model: "SavedModel") -> Document:
    """Return what is known of a whole model."""
    return {
        "input_shapes": model.input_shapes,
        "output_shapes": model.output_shapes,
        "parameters": {"total": model.parameters},
        "other_classes": dict(model.other_classes),
    }


def arguments_of_layer(layer: Layer) -> Document:
    """Return the arguments of a layer that are not at their defaults, and its units.

    Those of Bidirectional are among them, and the code of its backward layer.
    """
    arguments: Document = {"units": layer.units, **layer.arguments}
    for name, value in layer.bidirectional_arguments.items():
        if isinstance(value, Layer):
            arguments[name] = value.code()
        elif name not in arguments:
            arguments[name] = value
    return arguments


def outputs_of_saved_layer(layer: "SavedLayer") -> list[Document] | None:
    """Return the shape of each array that a saved layer returns, by its name if known."""
    if layer.output_shapes is None:
        return None
    names: list[str | None] = [None] * len(layer.output_shapes)
    if layer.layer is not None:
        outputs = Spec(layers=(layer.layer,)).outputs
        if len(outputs) == len(names):
            names = [array.name for array in outputs]
    documents = []
    for name, shape in zip(names, layer.output_shapes, strict=True):
        documents.append({"name": name, "model_shape": shape})
    return documents


def document_of_whole_list(request: ListRequest) -> Document:
    """Return a model and its recurrent layers as one object."""
    model = request.model
    document: Document = {
        "schema_version": SCHEMA_VERSION,
        "measured": False,
        "file": file_name(model.file),
        "keras_version": model.keras_version,
        "model": document_of_model(model),
        "layers": documents_of_list(request),
    }
    if request.line:
        document["line"] = request.line
    document["repeat"] = " ".join(request.repeat)
    return document


def file_name(path: str) -> str:
    """Return the name of a file as text: bytes in no encoding become question marks."""
    return os.fsencode(path).decode(errors="replace")


def document_of_owner(request: Request) -> Document | None:
    """Return the file and the path of the layer whose weights these are.

    Both are None for weights in memory. Return None where the weights are random.
    """
    if request.own_weights:
        file = str(request.own_weights.file)
        return {"file": file_name(file), "path": request.own_weights.layer.path}
    if not request.weights_owner:
        return None
    if not request.file_words:
        return {"file": None, "path": None}
    file, path = request.file_words
    return {"file": file_name(file), "path": path}


def document_of_claim(
    claim: str, holds: bool | None, max_difference: float | None
) -> Document:
    """Return a claim about two arrays, and what became of it."""
    return {"claim": claim, "holds": holds, "max_difference": max_difference}


def documents_of_warnings(run: "Run") -> list[Document]:
    """Return what is likely wrong with the input of a run."""
    documents: list[Document] = []
    if run.not_finite:
        documents.append({"kind": "not_finite", **run.not_finite._asdict()})
    if run.masked_numbers:
        documents.append({"kind": "masked_numbers", **run.masked_numbers._asdict()})
    if run.saturation:
        documents.append(
            {
                "kind": "saturation",
                "share": run.saturation.share,
                "is_of_gates": run.saturation.is_of_gates,
                "ranges": [item._asdict() for item in run.saturation.ranges],
            }
        )
    return documents


def document_of_layer(layer_spec: LayerSpec) -> Document:
    """Return what is known of a layer."""
    layer = layer_spec.layer
    backward_layer = None
    if layer.backward_layer is not None:
        backward_layer = {
            "class": layer.backward_layer.cell.name,
            "code": layer.backward_layer.code(),
            "units": layer.backward_layer.units,
            "arguments": layer.backward_layer.arguments,
        }
    return {
        "class": layer.cell.name,
        "name": layer_spec.name,
        "code": layer.code(),
        "features": layer_spec.features,
        "units": layer.units,
        "return_sequences": layer.return_sequences,
        "return_state": layer.return_state,
        "bidirectional": layer.bidirectional,
        "parameters": layer_spec.parameters,
        "merge_mode": layer.merge_mode if layer.bidirectional else None,
        "arguments": layer.arguments,
        "backward_layer": backward_layer,
        "wrapper_dtype": layer.wrapper_dtype if layer.bidirectional else None,
        "wrapper_arguments": dict(layer.wrapper_arguments),
        "summary_shapes": layer_spec.summary_shapes,
    }


def document_of_array(array: ArraySpec) -> Document:
    """Return what is known of an array."""
    return {
        "name": array.name,
        "axes": array.axes,
        "model_shape": array.model_shape,
        "shape": array.shape,
        "dtype": array.dtype,
    }


def document_with_values(array: "Array") -> Document:
    """Return what is known of a whole array, and its numbers."""
    from lstm_shapes.run.dtypes import widened  # late: it takes NumPy

    document = document_of_array(array.spec)
    document["values"] = widened(array.values)
    return document


def document_of_part(array: "Array") -> Document:
    """Return a part of an array, whose name is the expression that picks it."""
    from lstm_shapes.run.dtypes import widened  # late: it takes NumPy

    return {
        "dtype": array.spec.dtype,
        "name": array.name,
        "axes": array.axes,
        "shape": array.shape,
        "values": widened(array.values),
    }


def documents_of_next_layers(run: "Run") -> list[Document]:
    """Return the layers that were tried, and the decoder behind them."""
    documents = []
    for trial in run.next_layers or ():
        documents.append(document_of_trial(trial, run.spec.timesteps))
    if run.decoder:
        documents.append(document_of_decoder(run.decoder))
    return documents


def document_of_trial(trial: "TriedLayer", timesteps: int) -> Document:
    """Return what a layer gave on so many timesteps, or why Keras refused it."""
    from lstm_shapes.view.sections.next_layer import cure  # late: it takes NumPy

    document: Document = trial._asdict()
    document["cure_code"] = trial.cure
    document["cure"] = cure(trial, timesteps)
    document["behind"] = document.pop("previous_layer")
    document["initial_state"] = ()
    return document


def document_of_decoder(decoder: "Decoder") -> Document:
    """Return what a decoder gave, with the keys of a layer that was tried.

    It takes an input of its own, whose features, and so its parameters, are open.
    """
    return {
        "layer": decoder.layer,
        "takes": ("y",),
        "output_shape": decoder.output_shape,
        "error": None,
        "parameters": None,
        "mixes_samples": False,
        "cure": "",
        "mixes_states": False,
        "uses_mask": None,
        "passes_mask": None,
        "chain": None,
        "cure_code": "",
        "behind": None,
        "initial_state": decoder.initial_state,
    }


def documents_of_groups(row: Row, runs: Runs) -> list[Document]:
    """Return where each vector stands across the calls, and whether it does.

    Without runs, `holds` is None.
    """
    documents: list[Document] = []
    for vector, places in find_places([spec.outputs for spec in row]).items():
        place_documents = []
        for place in places:
            array = str(place.selection)
            place_documents.append({"call": place.run_number, "array": array})
        document: Document = {
            "vector": vector_name(vector),
            "places": place_documents,
            "holds": None,
            "max_difference": None,
        }
        documents.append(document)
    if runs:
        from lstm_shapes.run.values import check_places

        for document, group in zip(documents, check_places(runs), strict=True):
            document["holds"] = group.holds
            document["max_difference"] = group.max_difference
    return documents


def facts_of_pytorch(spec: Spec) -> Document:
    """Return the translation, or None for it and what PyTorch lacks."""
    from lstm_shapes.shapes.pytorch import untranslatable  # late: few calls need it

    lacking = untranslatable(spec)
    translation = None
    if not lacking:
        translation = document_of_translation(spec)
    return {"pytorch": translation, "pytorch_lacks": lacking}


def document_of_translation(spec: Spec) -> Document:
    """Return the layers in PyTorch."""
    from lstm_shapes.shapes.pytorch import in_pytorch  # late: few calls need it

    translation = in_pytorch(spec)
    outputs = []
    for output in translation.outputs:
        output_document = {
            "name": output.name,
            "shape": output.shape,
            "equals": dict(output.equals),
            "equals_where_masked": output.equals_where_masked,
        }
        outputs.append(output_document)
    weights = []
    for weight in translation.weights:
        origin = weight.origin
        weights.append({"name": weight.name, "shape": weight.shape, "from": origin})
    keras_weights = []
    for name, code in translation.keras_weights.items():
        keras_weights.append({"name": name, "from": code})
    return {
        "call": translation.call,
        "code": translation.code,
        "state_order": translation.state_order,
        "convert": translation.convert,
        "outputs": outputs,
        "parameters": {"total": translation.parameters, "weights": weights},
        "keras_weights": keras_weights,
    }


def encode_line(document: Mapping[str, object]) -> bytes:
    """Encode a document as one line: shortest float32, and null for NaN or infinity."""
    if document["measured"]:
        import orjson

        options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        try:
            data = orjson.dumps(document, plain_array, options)
        except TypeError:
            # A file's name is in no encoding: orjson takes text that is one alone.
            data = orjson.dumps(as_unicode(document), plain_array, options)
        if data.isascii() and b"\x7f" not in data:
            return data
        document = json.loads(data)
    # The standard library escapes what a terminal obeys, and takes counts beyond 64 bits.
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def as_unicode(value: object) -> object:
    """Return the same value with "?" for the bytes of texts that are in no encoding."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {name: as_unicode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_unicode(item) for item in value]
    return value


def plain_array(array: "Numbers") -> object:
    """Return an array as orjson takes it: contiguous, and no NumPy number alone."""
    if array.ndim:
        return array.copy()
    return array[()]


class JSONLines(View):
    """A line of JSON for each run or, where none is made, for each spec.

    Args:
        request: What is asked for.
        write: What takes each line.
        with_arrays: Whether the lines hold whole arrays.
    """

    def __init__(
        self, request: Request, write: Callable[[bytes], object], *, with_arrays: bool
    ) -> None:
        self._request = request
        self._write = write
        self._with_arrays = with_arrays
        self._first_call = 0

    @property
    def needs_run(self) -> bool:
        """Return True: JSON holds what Keras measured."""
        return True

    @property
    def needs_next_layers(self) -> bool:
        """Return True for one run: its JSON holds every fact of its screen."""
        return self._request.run_count == 1

    def add(self, row: Row, runs: Runs) -> None:
        """Write the lines of one row."""
        documents = []
        if runs:
            for run in runs:
                documents.append(self._document_of_run(run))
        else:
            for spec in row:
                documents.append(document_of_spec(spec))
        groups = None
        if self._request.compare:
            groups = documents_of_groups(row, runs)
        for number, (spec, document) in enumerate(zip(row, documents, strict=True)):
            document["call"] = self._first_call + number
            self._add_facts_of_call(document)
            if groups is not None:
                document["groups"] = groups
            if self._request.pytorch:
                document.update(facts_of_pytorch(spec))
            self._write(encode_line(document))
        if not self._request.compare:
            # The calls of a sweep are counted on, those of each comparison from 0.
            self._first_call += len(row)

    def _document_of_run(self, run: "Run") -> Document:
        """Return a run with the arrays that are asked for."""
        parts = None
        if self._request.show:
            parts = []
            for selection in self._request.selections_in(run.spec):
                parts.append(run.select(selection))
        return document_of_run(run, with_arrays=self._with_arrays, parts=parts)

    def _add_facts_of_call(self, document: Document) -> None:
        """Add the facts that belong to the call, and not to its spec or run."""
        request = self._request
        if request.own_input:
            input_document = document["input"]
            input_document["file"] = file_name(str(request.own_input.path))
            input_document["feature_names"] = request.own_input.feature_names or None
            input_document["window"] = request.own_input.window
        document["weights_of"] = document_of_owner(request)
        if request.line:
            document["line"] = request.line
        document["repeat"] = request.repeat_in_shell
