"""Show what comes back: the arrays, their shapes, and what they hold."""

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.request import Row
from lstm_shapes.shapes.equality import contrast_of_calls, find_places
from lstm_shapes.shapes.layer import Layer
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style, words
from lstm_shapes.view.layout import (
    INDENT,
    Lines,
    flow,
    flow_titled,
    flow_words,
    separated,
    table_with_remarks,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, LABEL, RETURNED, Look

NAMES_OF_CALLS = ("neither", "return_sequences", "return_state", "both")


def one_call(answer: Answer) -> Lines:
    """Show what these flags are for, and the arrays that come back, in Keras' order."""
    spec = answer.row[0]
    look = answer.look
    rows = []
    for number, array in enumerate(spec.outputs):
        row = [
            Text(str(number), justify="right"),
            Text(array.name, RETURNED),
            style.shape(array.shape, array.axes),
        ]
        rows.append(row)
    remarks = [[words.meaning(array)] for array in spec.outputs]
    lines = flow_titled([Text("Outputs", HEADING), words.purpose(spec)], look)
    lines.extend(table_with_remarks([""] * 4, rows, remarks, look))
    lines.extend(unpacking(spec, look))
    lines.extend(explanations(spec, look))
    return lines


def unpacking(spec: Spec, look: Look) -> Lines:
    """Write the line of Python that takes the arrays apart: `output, h, c = lstm(x)`.

    It stands in parentheses where it takes several lines.
    """
    names = [array.name for array in spec.outputs]
    call = "x"
    for layer_spec in spec.layer_specs:
        call = f"{layer_spec.name}({call})"
    if INDENT + len(f" {names[-1]}) = {call}") > look.width:
        # A deep stack is called as the model that it is.
        call = "model(x)"
    line = f"{', '.join(names)} = {call}"
    if INDENT + len(line) <= look.width:
        return flow([line], look)
    chunks = [f"{name}," for name in names[:-1]]
    chunks.append(f"{names[-1]}) = {call}")
    lines = flow(chunks, look, INDENT + 1, blanks=1)
    lines[0] = Text(f"{' ' * INDENT}({lines[0].plain.lstrip()}")
    return lines


def explanations(spec: Spec, look: Look) -> Lines:
    """Say why h comes back twice, what c is for, and what many call the states.

    A crowded screen has room for the first of them alone, a cramped one for none.
    """
    lines: Lines = []
    has_last_h = not spec.outputs[0].is_zeroed_by_mask
    if spec.return_state and has_last_h and not look.is_cramped:
        lines.extend(flow_words(reason_for_two(spec), look))
    if not look.is_roomy:
        return lines
    facts = []
    if spec.return_state and not spec.bidirectional:
        # Many tutorials give the states these names.
        names = [f"state_{letter}" for letter in spec.cell.letters]
        facts.append(f"often called {listed(names)}")
    if "c" in spec.cell.letters:
        facts.append(memory(spec.layers[-1]))
    return lines + flow_words("; ".join(facts), look)


def reason_for_two(spec: Spec) -> str:
    """Say where each of the two h goes that come back."""
    upward = "output"
    if spec.return_sequences:
        upward = "every h"
    states = listed(spec.cell.letters)
    verb = "begin" if len(spec.cell.letters) > 1 else "begins"
    merged = words.MERGED.get(spec.layers[-1].merge_mode or "")
    if spec.bidirectional and merged:
        # The first array holds neither h: they are added, multiplied or averaged.
        return (
            f"the {merged} of both h goes to the next layer, the last {states} of each"
            f" direction {verb} a later call"
        )
    return (
        f"h twice: {upward} goes to the next layer, the last {states} {verb} a later"
        " call"
    )


def memory(layer: Layer) -> str:
    """Say what c is for; where h is bounded by tanh, that c is not."""
    for half in layer.direction_layers:
        if half.activation != "tanh" or half.recurrent_activation != "sigmoid":
            return "c is the memory"
    return "c, the memory, can leave -1 to 1, h cannot"


def comparison(answer: Answer) -> Lines:
    """Show what each call is for, the arrays of all, and which hold the same numbers."""
    heading = [
        Text("Outputs", HEADING),
        Text("of each combination of the two flags", LABEL),
    ]
    lines = flow(heading, answer.look, indent=0)
    lines.extend(purposes(answer.row, answer.look))
    if answer.look.is_roomy:
        lines.append(Text())
    lines.extend(arrays_of_calls(answer.row, answer.look))
    return separated([lines, same_values(answer.row, answer.look)])


def purposes(row: Row, look: Look) -> Lines:
    """List the calls with what each is for."""
    calls = []
    for number, name in enumerate(NAMES_OF_CALLS):
        calls.append([Text(str(number)), Text(name)])
    remarks = [[words.purpose(spec)] for spec in row]
    return table_with_remarks([""] * 3, calls, remarks, look)


def arrays_of_calls(row: Row, look: Look) -> Lines:
    """List every array with the calls that return it."""
    arrays: dict[str, ArraySpec] = {}
    numbers: dict[str, list[str]] = {}
    for number, spec in enumerate(row):
        for array in spec.outputs:
            arrays[array.name] = array
            numbers.setdefault(array.name, []).append(str(number))
    rows = []
    for name, array in arrays.items():
        shape = style.shape(array.shape, array.axes)
        rows.append([Text(name, RETURNED), shape, Text(", ".join(numbers[name]))])
    titles = ["array", "shape", "calls", "what it holds"]
    remarks = [[words.meaning(array)] for array in arrays.values()]
    return table_with_remarks(titles, rows, remarks, look)


def same_values(row: Row, look: Look) -> Lines:
    """Show the expressions that hold the same numbers, and the likely mistake."""
    lines = [Text("Where the same values stand", HEADING)]
    for places in find_places([spec.outputs for spec in row]).values():
        expressions = dict.fromkeys(str(place.selection) for place in places)
        whole_arrays = [name for name in expressions if "[" not in name]
        parts = [name for name in expressions if "[" in name]
        names = whole_arrays + parts
        if len(names) > 1:
            equals = [f"= {name}" for name in names[1:]]
            lines.extend(flow([names[0], *equals], look, blanks=1))
    contrast = contrast_of_calls(row[0].last)
    if contrast:
        claim = f"{contrast.left} is not {contrast.right}"
        reason = f"as {words.difference(contrast, row[0].last)}"
        lines.extend(flow([claim, reason], look))
    return lines
