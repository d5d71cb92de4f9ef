"""Make a page on which one steps through a run: its timesteps, gates and states.

The page is steps.html, with steps.css and steps.js in it: it needs no other file, and
asks for none.
"""

import base64
import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template

from lstm_shapes.errors import plain
from lstm_shapes.request import Request
from lstm_shapes.run.dtypes import Numbers, widened
from lstm_shapes.run.steps import Steps, sums_of_simple_rnn
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.layer import DTYPE_BYTES
from lstm_shapes.shapes.memory import page_bytes
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.document import Document, as_unicode
from lstm_shapes.view.sections.gate_numbers import NO_STEP, Focus, focus_of_request

# A page has as many samples as fit into so many bytes, and one in any case.
ROOM_FOR_SAMPLES = 72_000
# A longer list of samples to choose from is of no use.
MOST_SAMPLES = 50
# A variable of CSS, and the colour of the terminal that it stands for.
COLOUR_NAMES = {
    "returned": "#2f7fd0",
    "good": "#2e9e4f",
    "bad": "#d03030",
    "batch": "#8a8a8a",
    "timesteps": "#b065d6",
    "features": "#2e9e4f",
    "units": "#d07a1c",
}


def steps_page(run: Run, request: Request) -> str:
    """Return the page of a run.

    It opens on what `--show` picks by integers, or where sample 0 begins.
    """
    code = plain(run.spec.code)
    style_sheet = Template(text_of_file("steps.css")).substitute(
        light_colours=colour_rules(is_light=True),
        dark_colours=colour_rules(is_light=False),
    )
    return Template(text_of_file("steps.html")).substitute(
        code=escape(code),
        facts=escape(facts(run, request)),
        style=style_sheet,
        script=text_of_file("steps.js"),
        data=json_in_html(document_of_page(run, request)),
    )


def text_of_file(name: str) -> str:
    """Return the text of a file beside this one."""
    return files("lstm_shapes.view").joinpath(name).read_text("utf-8")


def colour_rules(*, is_light: bool) -> str:
    """Write the colours of pictures as variables of CSS: `--units: #a85a00;`."""
    theme = style.THEMES[is_light]
    colours = {
        "page": theme.background_color.hex,
        "text": theme.foreground_color.hex,
        "dim": style.DIM_IN_PICTURES[is_light],
    }
    for name, colour in COLOUR_NAMES.items():
        colours[name] = style.COLOURS_IN_PICTURES[colour][is_light]
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def json_in_html(document: Mapping[str, object]) -> str:
    r"""Write a document as JSON that can end no element of HTML.

    Example:
        >>> json_in_html({"name": "</script>"})
        '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(as_unicode(document), separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def facts(run: Run, request: Request) -> str:
    """Say what was run: sizes, and where the numbers are from."""
    spec = run.spec
    input_shape = f"input {spec.input.shape}"
    outputs = [f"{array.name} {array.shape}" for array in spec.outputs]
    sentences = [f"{input_shape} → {', '.join(outputs)}"]
    if request.own_input:
        sentences.append(f"input of {plain(str(request.own_input.path))}")
    elif run.has_own_input:
        sentences.append("own input")
    if request.weights_owner:
        sentences.append(f"weights of {plain(request.weights_owner)}")
    if not run.has_own_input or not request.weights_owner:
        sentences.append(f"seed {run.seed}")
    return " · ".join(sentences)


def document_of_page(run: Run, request: Request) -> Document:
    """Return all that the page shows, as steps.js reads it.

    Arrays are base64 of their bytes. A track is a direction of a layer.
    """
    focus = focus_of_page(run, request)
    samples = samples_of_page(run.spec, focus.sample)
    feature_names = []
    if request.own_input:
        feature_names = [plain(name, 40) for name in request.own_input.feature_names]
    tracks = []
    for steps in run.steps:
        tracks.append(document_of_track(run, steps, samples, feature_names))
    return {
        "precision": request.precision,
        "tints": [style.NEGATIVE, style.ZERO, style.POSITIVE],
        "batch_size": run.spec.batch_size,
        "samples": samples,
        "start": {
            "sample": samples.index(focus.sample),
            "track": focus.steps_number,
            "step": focus.step,
            "unit": focus.unit,
        },
        "tracks": tracks,
    }


def focus_of_page(run: Run, request: Request) -> Focus:
    """Return the focus that `--show` picks by integers, or the first step of sample 0."""
    focus = focus_of_request(run, request)
    if focus.step == NO_STEP:
        first_step = run.steps[focus.steps_number].steps_of_sample(focus.sample)[0]
        return focus._replace(step=first_step)
    return focus


def samples_of_page(spec: Spec, sample: int) -> list[int]:
    """Return the samples that a page has room for, of which one is `sample`."""
    room = ROOM_FOR_SAMPLES // page_bytes(spec)
    count = max(1, min(room, spec.batch_size, MOST_SAMPLES))
    if sample < count:
        return list(range(count))
    return [*range(count - 1), sample]


def document_of_track(
    run: Run, steps: Steps, samples: list[int], feature_names: list[str]
) -> Document:
    """Return what a direction of a layer does.

    Args:
        run: The run.
        steps: The steps of the direction.
        samples: The samples that are on the page.
        feature_names: The names of the features of the run's input, if they have any.
    """
    layer = steps.layer
    layer_spec = steps.layer_spec
    position = run.spec.layer_specs.index(layer_spec)
    layer_below = ""
    if position > 0:
        layer_below = run.spec.layer_specs[position - 1].name
    is_last = layer_spec is run.spec.last
    gates = [[letter, layer.cell.gates[letter]] for letter in steps.gates_by_letter]
    states = [[state.letter, state.meaning] for state in layer.cell.states]
    arrays = arrays_of_track(run, steps)
    # Browsers read no floats of 2 bytes.
    item_bytes = max(4, DTYPE_BYTES[layer.compute_dtype])
    sample_documents = []
    for sample in samples:
        texts = {}
        for name, values in arrays.items():
            texts[name] = base64_of(values[sample], item_bytes)
        is_real = steps.is_real[sample].tolist()
        sample_documents.append({"is_real": is_real, "arrays": texts})
    return {
        "layer": layer_spec.name,
        "direction": steps.direction.name,
        "kind": layer.cell.name,
        "units": layer.units,
        "features": layer_spec.features,
        "feature_names": [] if layer_below else feature_names,
        "layer_below": layer_below,
        "timesteps": steps.timesteps,
        "gates": gates,
        "states": states,
        "activation": layer.activation,
        "equations": layer.equations,
        "returns_every_h": layer_spec.layer.return_sequences,
        "returns_states": layer_spec.layer.return_state and is_last,
        "is_zeroed_where_masked": layer_spec.is_zeroed_where_masked,
        "item_bytes": item_bytes,
        "samples": sample_documents,
    }


def arrays_of_track(run: Run, steps: Steps) -> dict[str, Numbers]:
    """Return the numbers of a direction by the keys of steps.js, each (batch, steps, …).

    They are x, each gate and state by its letter, and what its memory is made of: the
    share that is `kept`, or of a SimpleRNN the two sums whose activation h is.
    """
    arrays: dict[str, Numbers] = {"x": steps.inputs, **steps.gates_by_letter}
    for letter in steps.layer.cell.letters:
        arrays[letter] = steps.states[letter]
    if steps.gates:
        arrays["kept"] = steps.kept_shares()
    else:
        weights = run.weights_of(steps.layer_spec, steps.direction)
        arrays["sum_x"], arrays["sum_h"] = sums_of_simple_rnn(steps, weights)
    return arrays


def base64_of(values: Numbers, item_bytes: int) -> str:
    """Return the bytes of numbers as text, which is shorter than their decimals.

    They are little-endian floats of 4 or 8 bytes, as browsers have them.

    Example:
        >>> import numpy as np
        >>> base64_of(np.array([1.0, 0.5]), 4)
        'AACAPwAAAD8='
    """
    numbers = widened(values).astype(f"<f{item_bytes}")
    return base64.b64encode(numbers.tobytes()).decode("ascii")
