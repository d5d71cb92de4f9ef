"""The half of a comparison's screen that specs know: the calls, their arrays, and equal ones."""

from collections.abc import Callable

from rich.text import Text

from lstm_shapes.spec.equality import contrast_of_calls, find_places
from lstm_shapes.spec.request import Row
from lstm_shapes.view import layout, style, words
from lstm_shapes.view.known import introduction
from lstm_shapes.view.layout import Lines, flow, separated
from lstm_shapes.view.style import HEADING, LABEL, RETURNED, TITLE, Look


def call(specs: Row, look: Look) -> Lines:
    """Show what the calls of a comparison have in common, and cost."""
    title = Text(f"{specs[0].code} in four calls on the same weights and the same input", TITLE)
    lines = [*flow([title], look, indent=0), *introduction(specs[0], look)]
    return [*lines, *flow(words.cost(specs[-1]), look, indent=0), Text()]


def outputs(specs: Row, look: Look) -> Lines:
    """Show what each call is for, the arrays of all, and which hold the same numbers."""
    flags = "neither", "return_sequences", "return_state", "both"
    calls = [[Text(str(at)), Text(of)] for at, of in enumerate(flags)]
    purposes = [[words.PURPOSES[spec.return_sequences, spec.return_state]] for spec in specs]
    title = [Text("Outputs", HEADING), Text("of each combination of the two flags", LABEL)]
    lines = flow(title, look, indent=0)
    lines += layout.table_with_remarks([""] * 3, calls, purposes, look)
    lines += [Text()] if look.roomy else []
    arrays = {array.name: array for spec in specs for array in spec.outputs}
    rows = []
    for name, array in arrays.items():
        numbers = [str(at) for at, spec in enumerate(specs) if array in spec.outputs]
        shape = style.shape(array.shape, array.axes)
        rows.append([Text(name, RETURNED), shape, Text(", ".join(numbers))])
    titles = ["array", "shape", "in", "what it holds"]
    meanings = [[words.meaning(array)] for array in arrays.values()]
    lines += layout.table_with_remarks(titles, rows, meanings, look)
    return separated([lines, _places(specs, look)])


def _places(specs: Row, look: Look) -> Lines:
    """Show the expressions that hold the same numbers, and the likely mistake."""
    lines = [Text("Where the same values stand", HEADING)]
    for found in find_places(spec.outputs for spec in specs).values():
        names = dict.fromkeys(str(selection) for _, selection in found)
        first, *others = sorted(names, key=lambda name: "[" in name)  # whole arrays first
        if others:
            lines += flow([first, *(f"= {other}" for other in others)], look, blanks=1)
    if contrast := contrast_of_calls(specs[0].last):
        why = f"as {words.difference(contrast, specs[0].last)}"
        lines += flow([f"{contrast.left} is not {contrast.right}", why], look)
    return lines


Section = Callable[[Row, Look], Lines]

SECTIONS: dict[str, Section] = {"outputs": outputs}
