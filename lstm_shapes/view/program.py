"""Write the short Keras program of a spec that one would write by hand, to keep and change."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from lstm_shapes.errors import listed
from lstm_shapes.run.trials import TriedLayer
from lstm_shapes.shapes.equality import equalities
from lstm_shapes.shapes.keras_code import classes_in
from lstm_shapes.shapes.layer import FLAGS, KERAS_2_HARD_SIGMOID, TOLERANCES
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view.words import difference, meaning

WIDTH = 100
PROGRAM = '''"""Show what a Keras {kind} returns: the axes and the shape of each array."""

{imports}import keras
import numpy as np
from keras.layers import {classes}

seed = {seed}
keras.utils.set_random_seed(seed)  # the same weights every time

{input}

{model}
model.summary()

# The arrays that the layer returns, in Keras' order.
{arrays}
'''


def write_program(
    spec: Spec,
    seed: int,
    loading_code: str = "",
    next_layers: Sequence[TriedLayer] = (),
    window: int | None = None,
    weights_file: str = "",
    weights_owner: str = "",
) -> str:
    """Return a program whose arrays are those of a run with this seed.

    Args:
        spec: The layers and their input.
        seed: The seed of the weights and of a random input.
        loading_code: The Python that loads the input, "" for a random one.
        next_layers: Layers that were tried, and are called as well.
        window: The timesteps of the windows into which the input is cut, if it is.
        weights_file: The .npz beside the program that holds the weights, "" where they
            are random.
        weights_owner: The name of what those weights are of.
    """
    accepted = [trial for trial in next_layers if not trial.error]
    imports = ""
    if "stdin" in loading_code:
        imports = "import io\nimport sys\n"
    if weights_file or "Path(" in loading_code:
        imports += "from pathlib import Path\n"
    if imports:
        imports += "\n"
    lines = [
        *array_lines(spec),
        *next_layer_lines(accepted),
        *two_calls_lines(spec),
    ]
    return PROGRAM.format(
        kind=spec.cell.name,
        imports=imports,
        classes=", ".join(classes_of(spec, accepted)),
        seed=seed,
        input="\n".join(input_lines(spec, loading_code, window)),
        model="\n".join(
            [
                *function_lines(spec),
                *layer_lines(spec),
                *weights_lines(weights_file, weights_owner),
            ]
        ),
        arrays="\n".join(lines),
    )


def classes_of(spec: Spec, next_layers: Sequence[TriedLayer]) -> list[str]:
    """Return the classes of Keras that the program uses, by the alphabet."""
    codes = [layer.without_names().code() for layer in spec.layers]
    codes.extend(trial.layer for trial in next_layers)
    classes: set[str] = set()
    for code in codes:
        classes.update(classes_in(code))
    return sorted(classes)


def input_lines(
    spec: Spec, loading_code: str, window: int | None = None
) -> Iterator[str]:
    """Yield the lines that make x, random or loaded, and the mask of its lengths."""
    if window is not None:
        yield "# A table of timesteps and features, cut into windows: each is a sample."
        yield f"table = {loading_code}"
        yield (
            "windows = np.lib.stride_tricks.sliding_window_view("
            f"table, {window}, axis=0)"
        )
        yield 'x = windows.swapaxes(1, 2).astype("float32")'
        yield "batch_size, timesteps, features = x.shape"
    elif loading_code:
        yield f'x = {loading_code}.astype("float32")'
        yield "batch_size, timesteps, features = x.shape"
    else:
        sizes = f"{spec.batch_size}, {spec.timesteps}, {spec.features}"
        yield (
            "# Random numbers in place of data: features at every timestep of every"
            " sample."
        )
        yield f"batch_size, timesteps, features = {sizes}"
        yield "rng = np.random.default_rng(seed)"
        yield (
            "x = rng.standard_normal((batch_size, timesteps, features),"
            ' dtype="float32")'
        )
    if spec.lengths:
        yield ""
        yield (
            "# How many timesteps of each sample are real; where the mask is False, a"
            " timestep is left out."
        )
        lengths = f"np.array({list(spec.lengths)})[:, np.newaxis]"
        if len(lengths) > WIDTH:
            yield "lengths = ["
            yield from wrap(
                f"{list(spec.lengths)}"[1:-1],
                WIDTH,
                initial_indent="    ",
                subsequent_indent="    ",
            )
            yield "]"
            lengths = "np.array(lengths)[:, np.newaxis]"
        if spec.padding == "pre":
            yield f"mask = np.arange(timesteps) >= timesteps - {lengths}"
        else:
            yield f"mask = np.arange(timesteps) < {lengths}"
        if not loading_code:
            yield "x *= mask[..., np.newaxis]"


def function_lines(spec: Spec) -> Iterator[str]:
    """Yield the lines that define Keras 2's hard_sigmoid, where a layer has it."""
    if KERAS_2_HARD_SIGMOID not in spec.code:
        return
    yield f"def {KERAS_2_HARD_SIGMOID}(x):"
    yield '    """Keras 2\'s function of this name; that of Keras 3 is less steep."""'
    yield "    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)"
    yield ""
    yield ""


def layer_lines(spec: Spec) -> Iterator[str]:
    """Yield the lines that build the model."""
    timesteps = "timesteps"
    any_size = "of any batch size"
    if spec.has_open_timesteps:
        timesteps = "None"
        any_size = "of any batch size and any number of timesteps"
    if spec.has_static_batch:
        yield "# stateful=True needs a batch of a fixed size."
        yield f"inputs = keras.Input(batch_shape=(batch_size, {timesteps}, features))"
    else:
        yield f"inputs = keras.Input(shape=({timesteps}, features))  # {any_size}"
    mask_argument = ""
    model_inputs = "inputs"
    if spec.lengths:
        shape = f"shape=({timesteps},)"
        if spec.has_static_batch:
            shape = f"batch_shape=(batch_size, {timesteps})"
        yield f'masks = keras.Input({shape}, dtype="bool")'
        mask_argument = ", mask=masks"
        model_inputs = "[inputs, masks]"
    sequence = "inputs"
    for layer in spec.layers[:-1]:
        call = f"{layer.without_names().code()}({sequence}{mask_argument})"
        if layer.return_state:
            yield f"hidden_states, *_ = {call}"
        else:
            yield f"hidden_states = {call}"
        sequence = "hidden_states"
    yield from flag_comments(spec)
    name = layer_name(spec)
    yield f"{name} = {spec.layers[-1].without_names().code()}"
    yield f"outputs = {name}({sequence}{mask_argument})"
    yield f"model = keras.Model({model_inputs}, outputs)"


def weights_lines(weights_file: str, weights_owner: str) -> Iterator[str]:
    """Yield the lines that load weights, in Keras' order, from beside the program."""
    if not weights_file:
        return
    yield f"# The weights of {weights_owner}, in Keras' order."
    yield f"archive = {loading_from_beside(weights_file)}"
    yield "model.set_weights([archive[name] for name in archive.files])"


def loading_from_beside(file: str) -> str:
    """Return the Python that loads a file of NumPy's from beside the program."""
    return f"np.load(Path(__file__).with_name({file!a}))"


def layer_name(spec: Spec) -> str:
    """Return the name of the last layer in the program: `lstm`."""
    return spec.cell.layer_name


def flag_comments(spec: Spec) -> Iterator[str]:
    """Yield a comment for each flag that is set, or one that none is."""
    letters = spec.cell.letters
    if spec.return_sequences:
        yield (
            f"# return_sequences=True: {letters[0]} at every timestep, not at the last"
            " one alone."
        )
    if spec.return_state:
        yield (
            "# return_state=True: also the states that the layer ends with,"
            f" {listed(letters)}."
        )
    if not spec.return_sequences and not spec.return_state:
        array = spec.outputs[0]
        yield f"# Without {listed(FLAGS)}: {meaning(array)}, and nothing else."


def array_lines(spec: Spec) -> Iterator[str]:
    """Yield the lines that predict, and print each array under what is known of it."""
    names = [array.name for array in spec.outputs]
    inputs = "[x, mask]" if spec.lengths else "x"
    predict = f"model.predict({inputs}, verbose=0)"
    unpacked = f"{', '.join(names)} = {predict}"
    if len(unpacked) > WIDTH:
        unpacked = "(\n    " + ",\n    ".join(names) + f",\n) = {predict}"
    yield unpacked
    for array in spec.outputs:
        yield f"# ({', '.join(array.axes)}): {meaning(array)}."
        for equality in equalities(spec.last):
            if equality.left.name == array.name:
                comment = equality.claim
                if not equality.is_equal:
                    comment += f": {difference(equality, spec.last)}"
                for line in wrap(comment, WIDTH - 2):
                    yield f"# {line}"
        yield f'print("{array.name}", {array.name}.shape)'


def next_layer_lines(next_layers: Sequence[TriedLayer]) -> Iterator[str]:
    """Yield the lines that call the layers behind this one, as they were tried."""
    trial_before: TriedLayer | None = None
    for trial in next_layers:
        if trial.previous_layer is None:
            yield ""
        yield f"behind = {trial.layer}({arguments_of(trial, trial_before)})"
        if trial.gives_several:
            yield "shapes = keras.tree.map_structure(lambda array: tuple(array.shape), behind)"
            yield f"print({trial.layer!r}, shapes)"
        else:
            yield f"print({trial.layer!r}, behind.shape)"
        trial_before = trial


def arguments_of(trial: TriedLayer, trial_before: TriedLayer | None) -> str:
    """Write what a layer is called on: arrays of this layer, or what is before it."""
    if trial.takes:
        arrays = ", ".join(trial.takes)
        return f"[{arrays}]" if len(trial.takes) > 1 else arrays
    if trial_before is None or not trial_before.gives_several:
        return "behind"
    if trial.takes_several:
        return "keras.tree.flatten(behind)"
    return "behind[0]"


def two_calls_lines(spec: Spec) -> Iterator[str]:
    """Yield the lines that give the sequence in two calls, where that can be done."""
    if not spec.can_hand_on:
        return
    name = layer_name(spec)
    middle = spec.timesteps // 2
    yield ""
    yield "# In two calls, with the states handed on, the sequence gives the same."
    yield f"_, *states = {name}(x[:, :{middle}])"
    yield f"_, *states = {name}(x[:, {middle}:], initial_state=states)"
    dtype = spec.last.states[0].dtype
    handed_on = "states"
    names = ", ".join(state.name for state in spec.last.states)
    last_states = f"[{names}]"
    if dtype == "bfloat16":
        # NumPy 1 cannot compare numbers of this dtype.
        handed_on = f"np.float32({handed_on})"
        last_states = f"np.float32({last_states})"
    are_equal = f"np.allclose({handed_on}, {last_states}, atol={TOLERANCES[dtype]:g})"
    yield f'print("in two calls", {are_equal})'
