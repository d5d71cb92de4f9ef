"""Find the recurrent layers in the config of a saved model, with their shapes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lstm_shapes.errors import CallError
from lstm_shapes.shapes.layer import MAX_SIZE
from lstm_shapes.shapes.model_shapes import (
    Config,
    ModelShape,
    first_shape_of,
    output_shape,
    parameter_count,
    shape_of,
)
from lstm_shapes.shapes.saved_model import SavedLayer, SavedModel, Unknown
from lstm_shapes.shapes.saved_recurrence import (
    SavedRecurrence,
    class_of,
    config_of,
    is_of_keras,
    is_recurrent,
    numbered,
    read_recurrence,
    snake_case,
)
from lstm_shapes.shapes.saved_weights import DEPENDENCIES

# A tensor of a model: the layer that returns it, which call of it, and which array.
TensorName = tuple[str, int, int]
# The shapes of arrays, None for one that is not known.
Shapes = list[ModelShape | None]
# A graph whose layers stand in any order is gone through so many times.
MAX_PASSES = 20
# Models within models can call layers more often than there are stars.
MAX_CALLS = 200_000


class Call(NamedTuple):
    """A call of a layer in a graph: which call it is, and what it reads."""

    layer: Mapping[str, object]
    name: str
    number: int
    tensors: list[TensorName]
    stated_shapes: Shapes


class Graph:
    """The calls of the layers of a Functional, and the shapes of their arrays.

    Args:
        config: The Functional's.
        inputs: The shapes of its inputs.
    """

    def __init__(self, config: Config, inputs: Shapes) -> None:
        self.shapes: dict[tuple[str, int], Shapes] = {}
        for number, tensor in enumerate(layer_refs(config.get("input_layers"))):
            self.shapes[tensor[0], 0] = inputs[number : number + 1]
        self.calls: list[Call] = []
        self.call_counts: dict[str, int] = {}
        for layer in layers_of({"config": config}):
            name = name_of(layer)
            if (name, 0) not in self.shapes:
                calls = calls_of(layer)
                self.calls.extend(calls)
                self.call_counts[name] = len(calls)
        self.output_tensors = layer_refs(config.get("output_layers"))
        self.last_numbers: dict[str, int] = {}
        for tensors in (self.output_tensors, *[call.tensors for call in self.calls]):
            for name, number, _ in tensors:
                last_number = self.last_numbers.get(name, 0)
                self.last_numbers[name] = max(number, last_number)

    def shapes_of_call(self, call: Call) -> Shapes | None:
        """Return the shapes that a call reads, None if one before it is waited for.

        What the file states goes before what is known of the layer before.
        """
        shapes: Shapes = []
        for tensor, stated in zip(call.tensors, call.stated_shapes, strict=True):
            if stated is not None:
                shapes.append(stated)
            elif self.call_read(tensor) not in self.shapes:
                return None
            else:
                shapes.append(self.shape_of(tensor))
        return shapes

    def call_read(self, tensor: TensorName) -> tuple[str, int]:
        """Return the call that returns a tensor.

        Keras 2 counts the calls of a model from 1 on, as the first makes the model itself.
        """
        name, number, _ = tensor
        call_count = self.call_counts.get(name, 1)
        first_number = max(self.last_numbers.get(name, 0) - call_count + 1, 0)
        return name, number - first_number

    def shape_of(self, tensor: TensorName) -> ModelShape | None:
        """Return the shape of a tensor, None if it is not known."""
        shapes = self.shapes.get(self.call_read(tensor), [])
        array_number = tensor[2]
        if 0 <= array_number < len(shapes):
            return shapes[array_number]
        return None

    def outputs(self) -> Shapes:
        """Return the shapes of what the graph returns."""
        return [self.shape_of(tensor) for tensor in self.output_tensors]


class ConfigReader:
    """Read the recurrent layers of a config.

    Args:
        config: The class and the config of a model, as Keras saves them.
        keras_version: The version that saved it, None if that is not known.
    """

    def __init__(self, config: Mapping[str, object], keras_version: str | None) -> None:
        self.root = config
        self.keras_version = keras_version
        self.is_keras_2 = is_keras_2(config, keras_version)
        self.layers: list[SavedLayer] = []
        self.other_classes: dict[str, int] = {}
        self.other_layers: dict[str, str] = {}
        self.own_layer_count = 0
        self.parameters: int | None = 0
        self._inputs: dict[int, Shapes] = {}
        self._outputs: dict[tuple[int, tuple[ModelShape | None, ...]], Shapes] = {}
        self._recurrences: dict[int, SavedRecurrence] = {}

    def read(self, file: str) -> SavedModel:
        """Return the model, with the recurrent layers in the order of the config."""
        outputs = self._infer(self.root, [])
        if is_model(self.root):
            self._collect(self.root, (), "", ())
        elif is_recurrent(self.root) or inner_layer(self.root) is not None:
            self._visit(self.root, (), "", ())
        else:
            # A subclassed model: its config names no layer.
            self.own_layer_count += 1
            self._count(None)
        return SavedModel(
            file=file,
            keras_version=self.keras_version,
            layers=tuple(with_unique_paths(self.layers)),
            other_classes=dict(self.other_classes),
            other_layers=dict(self.other_layers),
            input_shapes=all_known(self._inputs.get(id(self.root), [])),
            output_shapes=all_known(outputs),
            parameters=self.parameters,
        )

    # The shapes

    def _infer(self, saved: Mapping[str, object], inputs: Shapes) -> Shapes:
        """Return the shapes that a layer or model returns on inputs of those shapes.

        What the file itself states serves where the inputs are not known.
        """
        if not inputs or inputs[0] is None:
            inputs = stated_inputs(saved) or inputs
        if is_model(saved):
            own_inputs = inputs_of_model(saved)
            if not inputs or inputs[0] is None:
                inputs = own_inputs
            elif own_inputs and own_inputs[0] is not None and own_inputs != inputs:
                # Its layers are told on the input that it was made with.
                self._infer(saved, own_inputs)
        if inputs and inputs[0] is not None:
            self._inputs.setdefault(id(saved), inputs)
        key = (id(saved), tuple(inputs))
        if key not in self._outputs:
            if len(self._outputs) == MAX_CALLS:
                raise CallError("its layers are called too often")
            self._outputs[key] = []
            outputs = self._infer_anew(saved, inputs)
            self._outputs[key] = [within_limits(shape) for shape in outputs]
        return self._outputs[key]

    def _infer_anew(self, saved: Mapping[str, object], inputs: Shapes) -> Shapes:
        """Return the shapes that a layer or model returns, which are not known yet."""
        if is_model(saved):
            if layer_refs(config_of(saved).get("input_layers")):
                return self._infer_graph(config_of(saved), inputs)
            shapes = inputs
            for layer in layers_of(saved):
                if class_of(layer) != "InputLayer":
                    shapes = self._infer(layer, shapes)
            return shapes
        if is_recurrent(saved):
            if not inputs or inputs[0] is None:
                return []
            shape = as_batch_major(self._recurrence(saved), inputs[0])
            return list(self._recurrence(saved).output_shapes(shape) or ())
        inner = inner_layer(saved)
        if inner is not None:
            return self._infer_within(inner, inputs)
        if not is_of_keras(saved) or is_operation(saved):
            return []
        return [output_shape(class_of(saved), config_of(saved), all_known(inputs))]

    def _infer_within(self, inner: Mapping[str, object], inputs: Shapes) -> Shapes:
        """Return the shapes of TimeDistributed around a layer or model."""
        inner_inputs: Shapes = []
        if inputs and inputs[0] is not None and len(inputs[0]) > 2:
            inner_inputs = [(inputs[0][0], *inputs[0][2:])]
        outputs = self._infer(inner, inner_inputs)
        if not inner_inputs or not inputs or inputs[0] is None:
            return []
        shapes: Shapes = []
        for shape in outputs:
            if shape is None:
                shapes.append(None)
            else:
                shapes.append((shape[0], inputs[0][1], *shape[1:]))
        return shapes

    def _infer_graph(self, config: Config, inputs: Shapes) -> Shapes:
        """Return the shapes that a graph of layers returns on inputs of those shapes."""
        graph = Graph(config, inputs)
        waiting = graph.calls
        for _ in range(MAX_PASSES):
            still_waiting = []
            for call in waiting:
                shapes = graph.shapes_of_call(call)
                if shapes is None:
                    still_waiting.append(call)
                else:
                    graph.shapes[call.name, call.number] = self._infer(
                        call.layer, shapes
                    )
            if len(still_waiting) == len(waiting):
                break
            waiting = still_waiting
        for call in waiting:
            graph.shapes[call.name, call.number] = self._infer(
                call.layer, call.stated_shapes
            )
        return graph.outputs()

    def _recurrence(self, saved: Mapping[str, object]) -> SavedRecurrence:
        """Return what a recurrent layer is, read once."""
        if id(saved) not in self._recurrences:
            recurrence = read_recurrence(saved, is_keras_2=self.is_keras_2)
            self._recurrences[id(saved)] = recurrence
        return self._recurrences[id(saved)]

    # The layers

    def _collect(
        self,
        model: Mapping[str, object],
        names: tuple[str, ...],
        place: str,
        wrappers: tuple[str, ...],
    ) -> None:
        """Visit the layers of a model, with the names and the group that lead to it."""
        layers = layers_of(model)
        snake_names = [snake_case(class_of(layer)) for layer in layers]
        group = "layers"
        stored_names = numbered(snake_names)
        if (self.keras_version or "").startswith("2.12"):
            # There, a layer with weights was stored twice.
            group = DEPENDENCIES
            stored_names = numbered(snake_names, step=2)
        for layer, stored_name in zip(layers, stored_names, strict=True):
            self._visit(
                layer,
                (*names, name_of(layer)),
                joined(place, group, stored_name),
                wrappers,
            )

    def _visit(
        self,
        saved: Mapping[str, object],
        names: tuple[str, ...],
        place: str,
        wrappers: tuple[str, ...],
    ) -> None:
        """Add a layer to the recurrent ones or to the others, and those within it."""
        if class_of(saved) == "InputLayer":
            return
        if is_model(saved):
            self.other_layers["/".join(names)] = class_of(saved)
            self._collect(saved, names, place, wrappers)
            return
        if is_recurrent(saved):
            self._add(saved, names, place, wrappers)
            return
        inner = inner_layer(saved)
        if inner is not None and holds_recurrent(inner):
            self._visit(
                inner,
                (*names, name_of(inner)),
                f"{place}/layer",
                (*wrappers, class_of(saved)),
            )
            return
        class_name = class_of(saved)
        self.other_layers["/".join(names)] = class_name
        self.other_classes[class_name] = self.other_classes.get(class_name, 0) + 1
        if not is_of_keras(saved):
            self.own_layer_count += 1
        self._count(self._other_parameters(saved))

    def _other_parameters(self, saved: Mapping[str, object]) -> int | None:
        """Return the parameters of a layer that is not recurrent, None if not known."""
        inputs = all_known(self._inputs.get(id(saved), []))
        inner = inner_layer(saved)
        if inner is not None:
            return self._other_parameters(inner)
        if is_operation(saved):
            return 0
        if not is_of_keras(saved):
            return None
        return parameter_count(class_of(saved), config_of(saved), inputs)

    def _count(self, parameters: int | None) -> None:
        """Add to the parameters of the model; one that is not known leaves all unknown."""
        if parameters is None or self.parameters is None:
            self.parameters = None
        else:
            self.parameters += parameters

    def _add(
        self,
        saved: Mapping[str, object],
        names: tuple[str, ...],
        place: str,
        wrappers: tuple[str, ...],
    ) -> None:
        """Add a recurrent layer."""
        recurrence = self._recurrence(saved)
        inputs = stated_inputs(saved) or self._inputs.get(id(saved), [])
        unknown = recurrence.unknown
        shape = None
        output_shapes = None
        parameters = None
        weight_paths: tuple[str, ...] = ()
        if inputs and inputs[0] is not None:
            shape = as_batch_major(recurrence, inputs[0])
            output_shapes = recurrence.output_shapes(shape)
            parameters = recurrence.parameters(shape)
            weight_paths = recurrence.weight_paths(place)
        elif unknown == Unknown.NOTHING:
            unknown = Unknown.NOT_BUILT
            if self._inputs:
                unknown = Unknown.BEHIND_UNKNOWN_LAYER
                weight_paths = recurrence.weight_paths(place)
        self._count(parameters)
        layer = SavedLayer(
            path="/".join(names) or name_of(saved),
            class_name=recurrence.class_name,
            layer=recurrence.layer,
            input_shape=shape,
            output_shapes=output_shapes,
            parameters=parameters,
            unknown=unknown.value,
            weight_paths=weight_paths,
            wrappers=wrappers,
        )
        self.layers.append(layer)


def is_keras_2(config: Mapping[str, object], keras_version: str | None) -> bool:
    """Return True if Keras 2 saved a config; only it writes `batch_input_shape`."""
    if keras_version is not None:
        return keras_version.startswith(("1.", "2."))
    for layer in layers_of(config):
        layer_config = config_of(layer)
        if "batch_input_shape" in layer_config or "time_major" in layer_config:
            return True
        if is_model(layer) and is_keras_2(layer, None):
            return True
    return False


def is_operation(saved: Mapping[str, object]) -> bool:
    """Return True for what Keras 3 makes of `x * 2`, which has the name of a layer."""
    return str(saved.get("module")).startswith("keras.src.ops")


def joined(*names: str) -> str:
    """Join names of groups by "/", without the empty ones."""
    return "/".join(name for name in names if name)


def all_known(shapes: Sequence[ModelShape | None]) -> tuple[ModelShape, ...]:
    """Return shapes, or () if one of them is not known."""
    all_shapes = tuple(shape for shape in shapes if shape is not None)
    if len(all_shapes) < len(shapes):
        return ()
    return all_shapes


def within_limits(shape: ModelShape | None) -> ModelShape | None:
    """Return a shape without the sizes that Keras cannot have."""
    if shape is None:
        return None
    axes: list[int | None] = []
    for axis in shape:
        if axis is not None and not 0 <= axis <= MAX_SIZE:
            axes.append(None)
        else:
            axes.append(axis)
    return tuple(axes)


def with_unique_paths(layers: Sequence[SavedLayer]) -> list[SavedLayer]:
    """Return the layers with `#2`, `#3`… behind a path that comes again."""
    counts: dict[str, int] = {}
    results = []
    for layer in layers:
        count = counts.get(layer.path, 0) + 1
        counts[layer.path] = count
        if count > 1:
            results.append(layer._replace(path=f"{layer.path}#{count}"))
        else:
            results.append(layer)
    return results


def layers_of(model: object) -> list[Mapping[str, object]]:
    """Return the layers of a model as they are saved, those that can be read."""
    layers = config_of(model).get("layers")
    if isinstance(model, Mapping) and isinstance(model.get("config"), list):
        layers = model["config"]  # a Sequential of Keras before 2.2.3
    if not isinstance(layers, list):
        return []
    return [layer for layer in layers if isinstance(layer, Mapping)]


def is_model(saved: object) -> bool:
    """Return True for a Sequential, a Functional, or a class that is saved as one."""
    return bool(layers_of(saved)) and bool(class_of(layers_of(saved)[0]))


def inner_layer(saved: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return the layer within TimeDistributed, None for any other layer."""
    layer = config_of(saved).get("layer")
    if class_of(saved) != "TimeDistributed" or not is_of_keras(saved):
        return None
    if not isinstance(layer, Mapping):
        return None
    return layer


def holds_recurrent(saved: Mapping[str, object]) -> bool:
    """Return True if a layer is recurrent, or has a recurrent one within it."""
    if is_recurrent(saved):
        return True
    if is_model(saved):
        return any(holds_recurrent(layer) for layer in layers_of(saved))
    inner = inner_layer(saved)
    return inner is not None and holds_recurrent(inner)


def name_of(saved: Mapping[str, object]) -> str:
    """Return the name of a layer, or that of its class where it has none."""
    name = config_of(saved).get("name") or saved.get("name")
    if isinstance(name, str):
        return name
    return snake_case(class_of(saved))


def stated_inputs(saved: Mapping[str, object]) -> Shapes:
    """Return the shapes of the inputs that a file states of a layer, [] if it does not.

    Keras 3 writes them in `build_config`; Keras 2 wrote them of a first layer.
    """
    build_config = saved.get("build_config")
    if isinstance(build_config, Mapping):
        value = build_config.get("input_shape")
        shapes_dict = build_config.get("shapes_dict")
        if value is None and isinstance(shapes_dict, Mapping):
            value = list(shapes_dict.values())
            sequence_shape = shapes_dict.get("sequences_shape")
            if sequence_shape is not None:
                value = sequence_shape
        shapes = shapes_in(value)
        if shapes:
            return shapes
    config = config_of(saved)
    for name in ("batch_shape", "batch_input_shape"):
        shape = shape_of(config.get(name))
        if shape is not None:
            return [shape]
    return []


def shapes_in(value: object) -> Shapes:
    """Return a shape, or a list of them, as `build_config` holds them."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list) and value and isinstance(value[0], list | Mapping):
        return [first_shape_of(item) for item in value]
    shape = shape_of(value)
    if shape is None:
        return []
    return [shape]


def inputs_of_model(model: Mapping[str, object]) -> Shapes:
    """Return the shapes of the inputs that a model was made with, [] if it was without."""
    layers = layers_of(model)
    config = config_of(model)
    refs = layer_refs(config.get("input_layers"))
    if refs:
        by_name = {name_of(layer): layer for layer in layers}
        shapes: Shapes = []
        for name, _, _ in refs:
            stated = stated_inputs(by_name.get(name, {}))
            shapes.append(stated[0] if stated else None)
        return shapes
    stated = stated_inputs(layers[0])
    if stated:
        return stated[:1]
    return shapes_in(config.get("build_input_shape"))


def as_batch_major(recurrence: SavedRecurrence, shape: ModelShape) -> ModelShape:
    """Return the shape of an input with the batch first, which Keras 2 could have second."""
    if recurrence.is_time_major and len(shape) > 2:
        return (shape[1], shape[0], *shape[2:])
    return shape


def layer_refs(value: object) -> list[TensorName]:
    """Return the tensors that a config names: `["lstm", 0, 0]`, or a list of those."""
    tensor = tensor_name(value)
    if tensor is not None:
        return [tensor]
    if isinstance(value, Mapping):
        value = list(value.values())
    refs: list[TensorName] = []
    if isinstance(value, list):
        for item in value:
            refs.extend(layer_refs(item))
    return refs


def tensor_name(value: object) -> TensorName | None:
    """Return the tensor that `["lstm", 0, 0]` names, None if it names none."""
    if not isinstance(value, list) or len(value) < 3:
        return None
    name, call_number, array_number = value[:3]
    if not isinstance(name, str):
        return None
    if not isinstance(call_number, int) or not isinstance(array_number, int):
        return None
    return name, call_number, array_number


def calls_of(saved: Mapping[str, object]) -> list[Call]:
    """Return the calls of a layer in a graph, as Keras 2 or 3 wrote them."""
    nodes = saved.get("inbound_nodes")
    calls: list[Call] = []
    if not isinstance(nodes, list):
        return calls
    for number, node in enumerate(nodes):
        call = Call(saved, name_of(saved), number, [], [])
        if isinstance(node, Mapping) and "args" in node:
            add_keras_tensors([node.get("args"), node.get("kwargs")], call)
        else:
            for tensor in layer_refs(node):
                call.tensors.append(tensor)
                call.stated_shapes.append(None)
        calls.append(call)
    return calls


def add_keras_tensors(value: object, call: Call) -> None:
    """Add the tensors within the arguments of a call of Keras 3."""
    if isinstance(value, list):
        for item in value:
            add_keras_tensors(item, call)
        return
    if not isinstance(value, Mapping):
        return
    if value.get("class_name") != "__keras_tensor__":
        add_keras_tensors(list(value.values()), call)
        return
    config = config_of(value)
    tensor = tensor_name(config.get("keras_history"))
    if tensor is not None:
        call.tensors.append(tensor)
        call.stated_shapes.append(shape_of(config.get("shape")))
