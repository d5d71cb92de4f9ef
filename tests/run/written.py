"""Layers as written in Keras: a sample of all arguments, and what follows from them.

Nothing here asks the project what a layer does: layers are built by Keras from their
arguments, and the arrays follow from the text of the equations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from lstm_shapes.run.tensorflow import Keras, KerasLayer, KerasModel
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.spec import Spec
from tests.shapes.equations import Floats, States, unroll

Arguments = Mapping[str, object]

BATCH_SIZE = 2
TIMESTEPS = 4
FEATURES = 3
UNITS = 5
SEED = 11
LENGTHS = (4, 2)

KINDS = ("LSTM", "GRU", "SimpleRNN")
MERGE_MODES = ("concat", "sum", "mul", "ave", None)
ACTIVATIONS = ("tanh", "relu", "linear")
RECURRENT_ACTIVATIONS = ("sigmoid", "hard_sigmoid")
BOTH = (False, True)
# How far numbers may be from those in float64, by the coarsest dtype in which they are.
TOLERANCES = {"bfloat16": 1e-2, "float16": 2e-3}

# One combination of so many is tried. With these primes, any two values of different
# arguments that go together are tried together.
EVERY_LAYER = 19
EVERY_BIDIRECTIONAL = 97


@dataclass(frozen=True)
class WrittenLayer:
    """A layer by its class of Keras and the arguments that are not at their defaults."""

    kind: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    is_bidirectional: bool = False
    merge_mode: str | None = "concat"
    wrapper_dtype: str | None = None
    backward: "WrittenLayer | None" = None

    def argument(self, name: str) -> object:
        """Return an argument; all that are asked for are False by default."""
        return self.arguments.get(name, False)

    @property
    def all_arguments(self) -> dict[str, object]:
        """The arguments for Keras, with biases that are no zeros.

        Zeros would hide where a bias stands.
        """
        return {
            "units": UNITS,
            "bias_initializer": "glorot_uniform",
            **self.arguments,
        }

    def by_keras(self, keras: Keras) -> KerasLayer:
        """Build the layer with Keras' own classes."""
        layer_class = getattr(keras.layers, self.kind)
        layer = layer_class(**self.all_arguments)
        if not self.is_bidirectional:
            return layer
        return keras.layers.Bidirectional(
            layer,
            merge_mode=self.merge_mode,
            dtype=self.wrapper_dtype,
            backward_layer=self.backward.by_keras(keras) if self.backward else None,
        )

    def by_project(self) -> Layer:
        """Return the project's Layer of the same arguments."""
        layer = Layer.from_keras(self.kind, self.all_arguments)
        if not self.is_bidirectional:
            return layer
        wrapper_arguments = {
            "layer": layer,
            "merge_mode": self.merge_mode,
            "dtype": self.wrapper_dtype,
            "backward_layer": self.backward.by_project() if self.backward else None,
        }
        return Layer.from_keras("Bidirectional", wrapper_arguments)

    @property
    def halves(self) -> "list[WrittenLayer]":
        """The layer of each direction."""
        if not self.is_bidirectional:
            return [self]
        return [self, self.backward or self]

    @property
    def text(self) -> str:
        """The layer in few words, as a part of the id of a test."""
        arguments = []
        for name, value in self.arguments.items():
            arguments.append(name if value is True else f"{name}={value}")
        call = f"{self.kind}({' '.join(arguments)})"
        if not self.is_bidirectional:
            return call
        if self.backward:
            call += f" and {self.backward.text}"
        if self.wrapper_dtype:
            call += f" in {self.wrapper_dtype}"
        return f"{self.merge_mode}-Bidirectional({call})"


@dataclass(frozen=True)
class WrittenStack:
    """Layers on each other, how many timesteps of each sample are real, and which."""

    layers: tuple[WrittenLayer, ...]
    lengths: tuple[int, ...] | None = None
    padding: str = "post"

    def id(self) -> str:
        """Return the layers and lengths, as the id of a test."""
        words = [layer.text for layer in self.layers]
        if self.lengths:
            words.append("lengths" if self.padding == "post" else "lengths pre")
        return ", ".join(words)

    @property
    def spec(self) -> Spec:
        """The project's Spec of these layers."""
        return Spec(
            layers=tuple(layer.by_project() for layer in self.layers),
            timesteps=TIMESTEPS,
            features=FEATURES,
            batch_size=BATCH_SIZE,
            lengths=self.lengths,
            padding=self.padding,
        )

    @property
    def tolerance(self) -> float:
        """How far its numbers may be from those of the equations in float64."""
        for dtype, tolerance in TOLERANCES.items():
            for layer in self.layers:
                policies = [half.argument("dtype") for half in layer.halves]
                policies.append(layer.wrapper_dtype)
                if dtype in policies or f"mixed_{dtype}" in policies:
                    return tolerance
        return 1e-5

    def has_value(self, value: object) -> bool:
        """Return True if an argument of a layer has this value."""
        for layer in self.layers:
            for half in layer.halves:
                if value in half.arguments.values():
                    return True
        return False

    def model(self, keras: Keras) -> KerasModel:
        """Build a model of these layers, whose mask is an input of its own."""
        keras.utils.set_random_seed(SEED)
        inputs = [keras.Input(batch_shape=(BATCH_SIZE, TIMESTEPS, FEATURES))]
        keywords = {}
        if self.lengths:
            mask_shape = (BATCH_SIZE, TIMESTEPS)
            inputs.append(keras.Input(batch_shape=mask_shape, dtype="bool"))
            keywords = {"mask": inputs[1]}
        sequence = inputs[0]
        outputs = []
        for layer in self.layers:
            outputs = keras.tree.flatten(layer.by_keras(keras)(sequence, **keywords))
            sequence = outputs[0]
        model = keras.Model(inputs, outputs)
        # Tracing a graph would take longer than the run.
        model.run_eagerly = True
        return model

    def predict(self, model: KerasModel, x: Floats) -> list[Floats]:
        """Return what predict gives for x, (batch, timesteps, features), as a list."""
        inputs: list[object] = [x]
        if self.lengths:
            inputs.append(mask_of(self.lengths, self.padding))
        # `predict` would make a dataset first, which takes longer than the run.
        returned = model.predict_on_batch(inputs)
        if isinstance(returned, list):
            return returned
        return [returned]


def mask_of(lengths: Sequence[int], padding: str) -> npt.NDArray[np.bool_]:
    """Return Keras' mask, (batch, timesteps): True is a real timestep."""
    masks = []
    for length in lengths:
        real = [True] * length
        masked = [False] * (TIMESTEPS - length)
        masks.append(masked + real if padding == "pre" else real + masked)
    return np.array(masks)


# Which layers are tried.

# Lengths and padding: without a mask, and with one at the end or in front.
MASKS: tuple[tuple[tuple[int, ...] | None, str], ...] = (
    (None, "post"),
    (LENGTHS, "post"),
    (LENGTHS, "pre"),
)


def tried_stacks() -> list[WrittenStack]:
    """Return all layers and stacks that are tried."""
    single_layers = list(layers_of_one_direction())[::EVERY_LAYER]
    bidirectional_layers = list(layers_of_both_directions())[::EVERY_BIDIRECTIONAL]
    stacks = [
        *single_layers,
        *bidirectional_layers,
        *mixed_stacks(),
        *layers_of_other_dtypes(),
        *layers_of_unlike_directions(),
    ]
    return list({stack.id(): stack for stack in stacks}.values())


def layers_of_one_direction() -> Iterator[WrittenStack]:
    """Yield every combination of the arguments of a kind's class, masked or not."""
    for kind in KINDS:
        for arguments in argument_combinations(kind):
            for lengths, padding in MASKS:
                yield WrittenStack((WrittenLayer(kind, arguments),), lengths, padding)


def layers_of_both_directions() -> Iterator[WrittenStack]:
    """Yield every combination that Bidirectional takes, with each merge_mode."""
    for kind in KINDS:
        for arguments in argument_combinations(kind):
            is_refused = "stateful" in arguments and "return_state" in arguments
            if "go_backwards" in arguments or is_refused:
                continue
            for merge_mode, (lengths, padding) in product(MERGE_MODES, MASKS):
                layer = WrittenLayer(
                    kind,
                    arguments,
                    is_bidirectional=True,
                    merge_mode=merge_mode,
                )
                yield WrittenStack((layer,), lengths, padding)


def argument_combinations(kind: str) -> Iterator[dict[str, object]]:
    """Yield every combination of a kind's arguments, without those at their defaults."""
    choices: dict[str, Sequence[object]] = {
        "return_sequences": BOTH,
        "return_state": BOTH,
        "go_backwards": BOTH,
        "stateful": BOTH,
        "zero_output_for_mask": BOTH,
        "use_bias": (True, False),
        "activation": ACTIVATIONS,
    }
    if kind != "SimpleRNN":
        choices["recurrent_activation"] = RECURRENT_ACTIVATIONS
    if kind == "GRU":
        choices["reset_after"] = (True, False)
    defaults = {
        "use_bias": True,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "reset_after": True,
    }
    for values in product(*choices.values()):
        arguments = {}
        for name, value in zip(choices, values, strict=True):
            if value != defaults.get(name, False):
                arguments[name] = value
        yield arguments


SEQUENCES = {"return_sequences": True}
BOTH_FLAGS = {"return_sequences": True, "return_state": True}

LOWER_LAYERS = (
    WrittenLayer("LSTM", SEQUENCES),
    WrittenLayer("GRU", {**SEQUENCES, "reset_after": False}),
    WrittenLayer("SimpleRNN", {**SEQUENCES, "activation": "relu"}),
    WrittenLayer("LSTM", BOTH_FLAGS),
    WrittenLayer("GRU", {**SEQUENCES, "go_backwards": True}),
    WrittenLayer("LSTM", {**SEQUENCES, "stateful": True}),
    WrittenLayer("SimpleRNN", {**SEQUENCES, "zero_output_for_mask": True}),
    WrittenLayer("LSTM", SEQUENCES, is_bidirectional=True),
    WrittenLayer("GRU", SEQUENCES, is_bidirectional=True, merge_mode="sum"),
    WrittenLayer("SimpleRNN", SEQUENCES, is_bidirectional=True, merge_mode="mul"),
    WrittenLayer("LSTM", BOTH_FLAGS, is_bidirectional=True, merge_mode="ave"),
    WrittenLayer("GRU", {**BOTH_FLAGS, "use_bias": False}, is_bidirectional=True),
)
UPPER_LAYERS = (
    WrittenLayer("LSTM", BOTH_FLAGS),
    WrittenLayer("GRU", {**BOTH_FLAGS, "go_backwards": True, "reset_after": False}),
    WrittenLayer("LSTM", BOTH_FLAGS, is_bidirectional=True),
)


def mixed_stacks() -> Iterator[WrittenStack]:
    """Yield each upper layer on each lower layer, with each mask in turn.

    A lower layer that goes backwards has none, as Keras hands on a mask unturned.
    """
    for lower_number, lower in enumerate(LOWER_LAYERS):
        for upper_number, upper in enumerate(UPPER_LAYERS):
            lengths, padding = MASKS[(lower_number + upper_number) % len(MASKS)]
            if lower.argument("go_backwards"):
                lengths, padding = MASKS[0]
            yield WrittenStack((lower, upper), lengths, padding)
    for middle, padding in zip(LOWER_LAYERS, ("post", "pre"), strict=False):
        layers = (LOWER_LAYERS[0], middle, UPPER_LAYERS[0])
        yield WrittenStack(layers, LENGTHS, padding)


def layers_of_other_dtypes() -> Iterator[WrittenStack]:
    """Yield each kind in each dtype, and Bidirectional with a dtype of its own."""
    dtypes = ("float16", "float64", "mixed_float16", "mixed_bfloat16")
    for kind_number, kind in enumerate(KINDS):
        for number, dtype in enumerate(dtypes):
            lengths, padding = MASKS[(kind_number + number) % len(MASKS)]
            layer = WrittenLayer(kind, {**BOTH_FLAGS, "dtype": dtype})
            yield WrittenStack((layer,), lengths, padding)
    for number, (kind, dtype, wrapper_dtype, merge_mode) in enumerate(
        [
            ("LSTM", "float64", None, "concat"),
            ("LSTM", "float32", "float64", "ave"),
            ("GRU", "float16", "float64", "sum"),
            ("LSTM", "float64", "float16", None),
            ("SimpleRNN", "mixed_bfloat16", "mixed_bfloat16", "mul"),
        ]
    ):
        lengths, padding = MASKS[number % len(MASKS)]
        layer = WrittenLayer(
            kind,
            {"return_state": True, "dtype": dtype},
            is_bidirectional=True,
            merge_mode=merge_mode,
            wrapper_dtype=wrapper_dtype,
        )
        yield WrittenStack((layer,), lengths, padding)


def layers_of_unlike_directions() -> Iterator[WrittenStack]:
    """Yield Bidirectional around two layers that differ in more than their direction."""
    back = {"go_backwards": True}
    fewer_units = {**back, "units": 3}
    no_bias = {**back, "use_bias": False, "activation": "relu", "trainable": False}
    reset_before = {**back, "reset_after": False}
    pairs: list[tuple[str, str, Arguments, Arguments, str | None]] = [
        ("LSTM", "LSTM", BOTH_FLAGS, fewer_units, "concat"),
        ("GRU", "GRU", BOTH_FLAGS, fewer_units, "concat"),
        ("LSTM", "LSTM", {"return_state": True}, fewer_units, "concat"),
        ("LSTM", "LSTM", BOTH_FLAGS, fewer_units, None),
        ("LSTM", "LSTM", BOTH_FLAGS, no_bias, "sum"),
        ("GRU", "GRU", SEQUENCES, reset_before, "mul"),
        ("GRU", "SimpleRNN", BOTH_FLAGS, fewer_units, "concat"),
        ("LSTM", "GRU", SEQUENCES, fewer_units, "concat"),
        ("SimpleRNN", "LSTM", {}, {**fewer_units, "dtype": "float64"}, None),
    ]
    for number, (kind, backward_kind, flags, arguments, merge_mode) in enumerate(pairs):
        lengths, padding = MASKS[number % len(MASKS)]
        layer = WrittenLayer(
            kind,
            flags,
            is_bidirectional=True,
            merge_mode=merge_mode,
            backward=WrittenLayer(backward_kind, {**flags, **arguments}),
        )
        yield WrittenStack((layer,), lengths, padding)
    lower = WrittenLayer(
        "LSTM",
        SEQUENCES,
        is_bidirectional=True,
        backward=WrittenLayer("GRU", {**SEQUENCES, **back}),
    )
    yield WrittenStack(
        (lower, WrittenLayer("LSTM", {**BOTH_FLAGS, "trainable": False}))
    )


# What the arrays are, by the equations.


@dataclass(frozen=True)
class Rows:
    """The states of one direction, in Keras' rows.

    `h` and `c` are (batch, timesteps, units), `last` the last states of each letter,
    (batch, units), and `last_row` the h that was computed last, which may be masked. A
    kind without c has its h in both places.
    """

    h: Floats
    c: Floats
    last: Sequence[Floats]
    last_row: Floats

    def in_order_of_time(self) -> "Rows":
        """Turn the rows of a direction that has read the last timestep first."""
        return replace(
            self,
            h=np.flip(self.h, axis=1),
            c=np.flip(self.c, axis=1),
        )


def last_rows(stack: WrittenStack, x: Floats, weights: Sequence[Floats]) -> list[Rows]:
    """Return the states of each direction of the last layer, by the equations."""
    lengths = stack.lengths or (TIMESTEPS,) * BATCH_SIZE
    mask = mask_of(lengths, stack.padding)
    remaining = list(weights)
    directions: list[Rows] = []
    lower_layer = None
    for layer in stack.layers:
        if lower_layer is not None:
            (x,) = merged([rows.h for rows in directions], lower_layer)
        directions = []
        for number, half in enumerate(layer.halves):
            weight_count = 2 if half.arguments.get("use_bias") is False else 3
            is_backward = number == 1 or bool(layer.argument("go_backwards"))
            layer_weights = remaining[:weight_count]
            remaining = remaining[weight_count:]
            rows = rows_of(
                replace(half, is_bidirectional=layer.is_bidirectional, backward=None),
                x,
                layer_weights,
                mask,
                is_backward,
            )
            if number == 1:
                rows = rows.in_order_of_time()
            directions.append(rows)
        lower_layer = layer
    return directions


def rows_of(
    layer: WrittenLayer,
    x: Floats,
    weights: Sequence[Floats],
    mask: npt.NDArray[np.bool_],
    is_backward: bool,
) -> Rows:
    """Run each sample over its real timesteps alone, and join the samples.

    The rows are in the order in which they are read.
    """
    samples = []
    for sample, is_real in zip(x, mask, strict=True):
        real_timesteps = sample[np.newaxis, is_real]
        is_masked_first = not is_real[0]
        if is_backward:
            real_timesteps = np.flip(real_timesteps, axis=1)
            is_masked_first = not is_real[-1]
        one_direction = replace(layer, is_bidirectional=False)
        states = unroll(one_direction.by_project(), real_timesteps, weights)
        samples.append(with_masked_rows(layer, states, is_masked_first))
    last_states = zip(*[sample.last for sample in samples], strict=True)
    return Rows(
        h=np.concatenate([sample.h for sample in samples]),
        c=np.concatenate([sample.c for sample in samples]),
        last=[np.concatenate(states) for states in last_states],
        last_row=np.concatenate([sample.last_row for sample in samples]),
    )


def with_masked_rows(
    layer: WrittenLayer, states: States, is_masked_first: bool
) -> Rows:
    """Put in what Keras has at the masked timesteps of a sample.

    A layer that reads them first has zeros as its states there. One that reads them last
    repeats its states, or puts zeros in place of h if `zero_output_for_mask` says so:
    Bidirectional says so with `return_sequences`.
    """
    h = states["h"]
    c = states.get("c", h)
    masked_count = TIMESTEPS - h.shape[1]
    zeros = np.zeros((1, masked_count, h.shape[-1]))
    last = [letter_states[:, -1] for letter_states in states.values()]
    if is_masked_first:
        return Rows(
            h=np.concatenate([zeros, h], axis=1),
            c=np.concatenate([zeros, c], axis=1),
            last=last,
            last_row=h[:, -1],
        )
    has_zeros = bool(layer.argument("zero_output_for_mask"))
    if layer.is_bidirectional:
        has_zeros = bool(layer.argument("return_sequences"))
    masked_h = np.repeat(h[:, -1:], masked_count, axis=1)
    masked_c = np.repeat(c[:, -1:], masked_count, axis=1)
    if has_zeros:
        masked_h = zeros
    all_h = np.concatenate([h, masked_h], axis=1)
    return Rows(
        h=all_h,
        c=np.concatenate([c, masked_c], axis=1),
        last=last,
        last_row=all_h[:, -1],
    )


def merged(arrays: Sequence[Floats], layer: WrittenLayer) -> list[Floats]:
    """Merge the arrays of both directions as `merge_mode` says."""
    if not layer.is_bidirectional or layer.merge_mode is None:
        return list(arrays)
    forward, backward = arrays
    if layer.merge_mode == "concat":
        return [np.concatenate([forward, backward], axis=-1)]
    merged_arrays = {
        "sum": forward + backward,
        "mul": forward * backward,
        "ave": (forward + backward) / 2,
    }
    return [merged_arrays[layer.merge_mode]]


def outputs_by_equations(
    stack: WrittenStack, directions: Sequence[Rows]
) -> list[Floats]:
    """Return the arrays that the last layer returns, in Keras' order."""
    layer = stack.layers[-1]
    arrays = [rows.last_row for rows in directions]
    if layer.argument("return_sequences"):
        arrays = [rows.h for rows in directions]
    outputs = merged(arrays, layer)
    if layer.argument("return_state"):
        for rows in directions:
            outputs.extend(rows.last)
    return outputs
