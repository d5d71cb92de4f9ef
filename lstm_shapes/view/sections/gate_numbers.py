"""Show what gates and states were at each timestep of a run, for one sample.

This is the measured half of the section `gates`. The equations, which need no run, are in
view/sections/gates.py.
"""

from typing import NamedTuple

import numpy as np
from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.request import Request
from lstm_shapes.run.dtypes import Numbers, widened
from lstm_shapes.run.steps import OPEN, SHUT, Steps
from lstm_shapes.run.values import Run
from lstm_shapes.shapes.cell import GATE_NAMES
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.selection import Selection
from lstm_shapes.view import style
from lstm_shapes.view.array_tables import tint_legend, without_blank_end
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    INDENT,
    Lines,
    elided,
    flow,
    flow_titled,
    flow_words,
    separated,
    small_print,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, Look

# σ(1): the forget gate of an LSTM whose weights have learned nothing, on small inputs.
NEW_FORGET_GATE = 0.73
# Functions between 0 and 1, of which a gate can be shut or open.
SIGMOIDS = ("sigmoid", "hard_sigmoid", "keras_2_hard_sigmoid")
# The step of a focus where `--show` picks none.
NO_STEP = -1
# Below this, the effect of an input may be nothing but what float32 rounds.
SMALLEST_EFFECT = 1e-5


class Focus(NamedTuple):
    """The unit whose numbers are written out, in a direction, at a step of a sample.

    `steps_number` is the position of the direction in the `steps` of a run.
    """

    sample: int
    steps_number: int
    step: int
    unit: int


def one_call(answer: Answer) -> Lines:
    """Show a table for each direction of each layer, and one unit written out."""
    run = answer.runs[0]
    focus = focus_of_section(run, answer.request)
    blocks: list[Lines] = []
    explained: set[str] = set()
    scale = scale_of_tables(run, focus.sample)
    for number, steps in enumerate(run.steps):
        table = table_of_steps(run, steps, focus.sample, scale, answer)
        for sentence in explanations(steps, focus.sample, answer):
            # Layers of one kind are explained once.
            if sentence not in explained:
                table.extend(small_print(sentence, answer.look))
                explained.add(sentence)
        blocks.append(table)
        if number == focus.steps_number and steps.gates:
            blocks.append(written_out(run, steps, focus, answer))
    blocks.extend(what_is_left(run, focus.sample, answer))
    return separated(blocks)


def focus_of_section(run: Run, request: Request) -> Focus:
    """Return the focus that `--show` picks by integers, or the last step of sample 0.

    `--show 'forget_gate[1, 0, 3]'` picks t=0 and unit 3 of sample 1. A masked timestep
    has nothing to write out.
    """
    focus = focus_of_request(run, request)
    steps = run.steps[focus.steps_number]
    if focus.step == NO_STEP or not steps.is_real[focus.sample, focus.step]:
        return focus._replace(step=steps.steps_of_sample(focus.sample)[-1])
    return focus


def focus_of_request(run: Run, request: Request) -> Focus:
    """Return the focus that `--show` picks by integers; its step may be NO_STEP.

    The first selection of a gate, or of a state at every timestep, says where. Without
    any, it is unit 0 of sample 0 in the last layer.
    """
    for selection in request.selections_in(run.spec):
        focus = focus_of_selection(run, selection)
        if focus is not None:
            return focus
    return Focus(
        sample=0,
        steps_number=run.spec.first_direction_of_last_layer,
        step=NO_STEP,
        unit=0,
    )


def focus_of_selection(run: Run, selection: Selection) -> Focus | None:
    """Return the focus that a selection picks, None if it is of another array.

    Where it picks no integer, it is sample 0, NO_STEP or unit 0.
    """
    for number, steps in enumerate(run.steps):
        arrays = run.spec.step_arrays_of(steps.layer_spec, steps.direction)
        for array in arrays.values():
            if array.name != selection.name:
                continue
            focus = Focus(sample=0, steps_number=number, step=NO_STEP, unit=0)
            sample, row, unit = selection.positions(array)
            if isinstance(sample, int):
                focus = focus._replace(sample=sample)
            if isinstance(row, int):
                step = steps.timesteps.index(array.timestep_of_row(row))
                focus = focus._replace(step=step)
            if isinstance(unit, int):
                focus = focus._replace(unit=unit)
            return focus
    return None


def heading_of_steps(title: str, run: Run, steps: Steps) -> Text:
    """Write a title, and the direction where a run has several: `Gates, lstm_1 backward`."""
    words = []
    if run.spec.is_stack:
        words.append(steps.layer_spec.name)
    if steps.direction.name:
        words.append(steps.direction.name)
    if words:
        title += f", {' '.join(words)}"
    return Text(title, HEADING)


def scale_of_tables(run: Run, sample: int) -> float:
    """Return the largest number of all tables, whose tint is full in each of them."""
    scale = 0.0
    for steps in run.steps:
        values = np.abs(np.stack(list(columns_of(steps, sample).values())))
        largest = float(np.max(values, where=np.isfinite(values), initial=0))
        scale = max(scale, largest)
    return scale


def table_of_steps(
    run: Run, steps: Steps, sample: int, scale: float, answer: Answer
) -> Lines:
    """Show the mean of each gate over the units at each step, and the sizes of states.

    `scale` is the number whose tint is full. The first table has a legend of the tints.
    """
    look = answer.look
    columns = columns_of(steps, sample)
    title = f"{title_of(steps.layer)} by timestep"
    chunks = [heading_of_steps(title, run, steps)]
    units = style.counted(steps.layer.units, "units").plain
    chunks.append(Text(f"mean over {units}", LABEL))
    if run.spec.batch_size > 1:
        chunks.append(Text(f"sample {sample} of {run.spec.batch_size:,}", LABEL))
    if steps.timesteps[0] > steps.timesteps[-1]:
        chunks.append(Text(f"t={steps.timesteps[0]} is read first", LABEL))
    if look.is_tinted and steps is run.steps[0]:
        chunks.append(tint_legend(scale, answer.request.precision, look))
    lines = flow_titled(chunks, look)
    lines.extend(tinted_table(columns, steps, sample, scale, answer))
    if steps.gates and steps.layer.recurrent_activation in SIGMOIDS:
        share = steps.decided_share(sample)
        if np.isfinite(share):
            lines.extend(flow_words(decided_sentence(steps, share), look))
    return lines


def decided_sentence(steps: Steps, share: float) -> str:
    """Say how many of the gates are nearly shut or nearly open."""
    letters = []
    for letter in steps.gates_by_letter:
        if GATE_NAMES[letter] != "candidate":
            letters.append(letter)
    return f"{share:.0%} of all {listed(letters)} are nearly shut or open, below {SHUT} or above {OPEN}"


def explanations(steps: Steps, sample: int, answer: Answer) -> list[str]:
    """Say what the column `kept` is, and why the forget gate of a new layer is open."""
    layer = steps.layer
    if not layer.cell.gate_names:
        return []
    old_term, new_term = terms_of_memory(layer, answer.look)
    memory = layer.cell.letters[-1]
    sentences = [
        f"kept: the share of {memory} that is old, |{old_term}| / (|{old_term}| + |{new_term}|)"
    ]
    is_new = not answer.request.weights_owner and layer.starts_with_open_forget_gate
    if is_new and forgets_as_new(steps, sample):
        sigmoid = answer.look.glyphs.sigmoid
        sentences.append(
            f"untrained: f is about {NEW_FORGET_GATE} = {sigmoid}(1), as its bias starts at 1"
        )
    return sentences


def forgets_as_new(steps: Steps, sample: int) -> bool:
    """Return True if the mean forget gate is about σ(1), as a usual input leaves it."""
    if steps.layer.recurrent_activation != "sigmoid":
        return False
    forget_gates = steps.gates["forget_gate"][sample, steps.steps_of_sample(sample)]
    return abs(float(forget_gates.mean()) - NEW_FORGET_GATE) < 0.1


def title_of(layer: Layer) -> str:
    """Return what a table shows: gates, or the states of a SimpleRNN, which has no gate."""
    if layer.cell.gate_names:
        return "Gates"
    return "States"


def columns_of(steps: Steps, sample: int) -> dict[str, Numbers]:
    """Return the columns of a table by their titles, each (steps,)."""
    columns = {}
    for letter, gate in steps.gates_by_letter.items():
        columns[letter] = widened(gate)[sample].mean(axis=1)
    for letter in reversed(steps.layer.cell.letters):
        sizes = np.abs(widened(steps.states[letter])[sample])
        columns[f"|{letter}|"] = sizes.mean(axis=1)
    if steps.gates:
        columns["kept"] = steps.kept_shares()[sample]
    return columns


def tinted_table(
    columns: dict[str, Numbers],
    steps: Steps,
    sample: int,
    scale: float,
    answer: Answer,
) -> Lines:
    """Show a row for each step, without the middle ones where there are many."""
    look = answer.look
    labels = [f"t={timestep}" for timestep in steps.timesteps]
    label_width = INDENT + max(len(label) for label in labels) + 1
    texts = texts_that_fit(columns, look.width - label_width, answer)
    width = width_of_cells(texts)
    header = " " * label_width
    for title in columns:
        header += f"{title} ".rjust(width)
    lines = [Text(header.rstrip(), LABEL)]
    for step in elided(range(len(labels)), EDGE_ITEMS):
        if step is None:
            lines.append(Text(f"{' ' * INDENT}{look.glyphs.gap}", LABEL))
            continue
        line = Text(f"{' ' * INDENT}{labels[step]}".ljust(label_width), LABEL)
        if not steps.is_real[sample, step]:
            line.append(" masked: nothing changes", LABEL)
            lines.append(line)
            continue
        for title, values in columns.items():
            cell = f"{texts[title][step]} ".rjust(width)
            line.append(cell, style.tint(float(values[step]), scale, look))
        lines.append(without_blank_end(line))
    return lines


def texts_that_fit(
    columns: dict[str, Numbers], room: int, answer: Answer
) -> dict[str, list[str]]:
    """Write the numbers of each column, with fewer decimals where there is no room."""
    texts: dict[str, list[str]] = {}
    for precision in range(answer.request.precision, -1, -1):
        for title, values in columns.items():
            texts[title] = [style.number(float(value), precision) for value in values]
        if len(columns) * width_of_cells(texts) <= room:
            break
    return texts


def width_of_cells(texts: dict[str, list[str]]) -> int:
    """Return the width of the longest title or number with a blank on both sides."""
    width = max(len(title) for title in texts)
    for column in texts.values():
        width = max(width, *[len(text) for text in column])
    return width + 2


def terms_of_memory(layer: Layer, look: Look) -> tuple[str, str]:
    """Write the two terms of the memory, what is kept and what is new: `f·c`, `i·g`."""
    product = look.glyphs.product
    if layer.cell.name == "LSTM":
        return f"f{product}c", f"i{product}g"
    return f"z{product}h", f"(1 - z){product}g"


def written_out(run: Run, steps: Steps, focus: Focus, answer: Answer) -> Lines:
    """Write out the new states of one unit, with its numbers."""
    look = answer.look
    arrays = dict(steps.gates_by_letter)
    for letter in steps.layer.cell.letters:
        arrays[f"{letter} before"] = steps.before(letter)
        arrays[letter] = steps.states[letter]
    numbers = {}
    for name, values in arrays.items():
        value = float(values[focus.sample, focus.step, focus.unit])
        numbers[name] = style.number(value, answer.request.precision)

    title = f"Unit {focus.unit} at t={steps.timesteps[focus.step]}"
    lines = [heading_of_steps(title, run, steps)]
    for sentence in equations_with_numbers(steps.layer, numbers, look):
        # A sentence that is too long is broken in front of an equals sign.
        first_side, *other_sides = sentence.split(" = ")
        sides = [first_side, *[f"= {side}" for side in other_sides]]
        lines.extend(flow(sides, look, blanks=1))
    return lines


def equations_with_numbers(
    layer: Layer, numbers: dict[str, str], look: Look
) -> list[str]:
    """Write `c = f·c + i·g = 0.62 · 0.31 + 0.48 · (-0.10) = 0.14`, and then h.

    Args:
        layer: The layer.
        numbers: The number of each letter; `h before` is h before the step.
        look: What the screen can show.
    """
    old_term, new_term = terms_of_memory(layer, look)
    dot = f" {look.glyphs.product} "
    if layer.cell.name == "LSTM":
        products = [
            dot.join([in_brackets(numbers["f"]), in_brackets(numbers["c before"])]),
            dot.join([in_brackets(numbers["i"]), in_brackets(numbers["g"])]),
        ]
        output_gate = in_brackets(numbers["o"])
        squashed = f"{layer.activation}({numbers['c']})"
        product = f"o{look.glyphs.product}{layer.activation}(c)"
        return [
            f"c = {old_term} + {new_term} = {' + '.join(products)} = {numbers['c']}",
            f"h = {product} = {output_gate}{dot}{squashed} = {numbers['h']}",
        ]
    update_gate = numbers["z"]
    products = [
        dot.join([in_brackets(update_gate), in_brackets(numbers["h before"])]),
        dot.join([f"(1 - {update_gate})", in_brackets(numbers["g"])]),
    ]
    return [f"h = {old_term} + {new_term} = {' + '.join(products)} = {numbers['h']}"]


def in_brackets(number: str) -> str:
    """Put a negative number in brackets, so that a sign can stand in front of it."""
    if number.startswith("-"):
        return f"({number})"
    return number


def what_is_left(run: Run, sample: int, answer: Answer) -> list[Lines]:
    """Say what the last states still hold of the first step, in each direction.

    For c of an LSTM, the product of f says it. For a GRU, the product of z would mislead,
    as a GRU remembers by h @ R as well. So the effect on h is measured for every kind.
    """
    look = answer.look
    steps_of_last_layer = run.steps[run.spec.first_direction_of_last_layer :]
    blocks = []
    for steps, effects in zip(
        steps_of_last_layer, run.first_input_effects, strict=True
    ):
        real_steps = steps.steps_of_sample(sample)
        if len(real_steps) == 1:
            continue
        first_label = f"t={steps.timesteps[real_steps[0]]}"
        last_label = f"t={steps.timesteps[real_steps[-1]]}"
        title = f"What is left of {first_label} at {last_label}"
        lines = [heading_of_steps(title, run, steps)]
        if "forget_gate" in steps.gates:
            lines.extend(survival_lines(steps, sample, first_label, answer))
        effect = effect_words(float(effects[sample]), answer.request.precision)
        sentence = (
            f"h at {last_label} moves by {effect} if x at {first_label} is turned to -x"
        )
        lines.extend(flow_words(sentence, look))
        blocks.append(lines)
    return blocks


def effect_words(effect: float, precision: int) -> str:
    """Say how far h moves.

    A smaller effect than SMALLEST_EFFECT is not written: it differs between processors.

    Example:
        >>> effect_words(0.25, 4), effect_words(0.0000012, 4)
        ('up to 0.2500', 'less than 1e-05')
    """
    if effect < SMALLEST_EFFECT:
        return f"less than {SMALLEST_EFFECT:g}"
    return f"up to {small_number(effect, precision)}"


def survival_lines(
    steps: Steps, sample: int, first_label: str, answer: Answer
) -> Lines:
    """Say how much of the first c is left, as a mean and in the unit that keeps most."""
    precision = answer.request.precision
    survival = steps.survival(sample)
    mean = small_number(float(survival.mean()), precision)
    sentence = f"of c at {first_label}, {mean} is left"
    if len(survival) > 1:
        unit = int(np.argmax(survival))
        largest = small_number(float(survival[unit]), precision)
        sentence = (
            f"of c at {first_label} a mean of {mean} is left, {largest} in unit {unit}"
        )
    sentence += ": the product of later f"
    return flow_words(sentence, answer.look)


def small_number(value: float, precision: int) -> str:
    """Write a number with the decimals that are asked for, or its power of ten.

    Example:
        >>> small_number(0.25, 4), small_number(0.0000012, 4)
        ('0.2500', '1.2e-06')
    """
    if value == 0 or abs(value) >= 10**-precision:
        return style.number(value, precision)
    return f"{value:.1e}"
