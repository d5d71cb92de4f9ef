"""Many runs as one table: a row for each, or for each comparison of four."""

from collections.abc import Callable
from functools import partial

from rich.text import Text

from lstm_shapes.spec.model import SIZES
from lstm_shapes.spec.request import Request, Row
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, flow, table
from lstm_shapes.view.style import Look

# The title of a column, and what it shows of a row.
Column = tuple[str, Callable[[Row], Text]]


def sweep(request: Request, look: Look) -> tuple[Lines, Lines, Lines]:
    """Return what all rows have in common, the titles of a table, and a line for each row."""
    # Of the kind with most states, which returns all the arrays that there are.
    calls = max(request.rows, key=lambda row: len(row[-1].outputs))
    lines, legend = list[Text](), list[Text]()
    for columns in _candidates(request, calls):
        rows = [[text(row) for _, text in columns] for row in request.rows]
        lines = table([title for title, _ in columns], rows)
        if max(line.cell_len for line in lines) <= look.width:
            break
    runs, kind = f"{request.runs:,} runs", "layer" if len(request.swept["layer"]) > 1 else ""
    if request.compare:
        for number, spec in enumerate(calls):
            names = Text(", ".join(array.name for array in spec.outputs), style.RETURNED)
            legend += flow([str(number), spec.last.code("units", kind), names], look)
        note = "a column for each call's first array; the states are (batch, units)"
        lines[:1] = [*flow([Text(note, style.LABEL)], look), lines[0]]
    else:
        runs += f" of {calls[0].last.code('units', kind)}"
    constant = [name for name in SIZES if len(request.swept[name]) == 1]
    common = [f"{name.removesuffix('_size')} {_size(name, calls)}" for name in constant]
    common += [f"lengths {calls[0].lengths}"] if calls[0].lengths else []
    seed = "" if request.seed is None else f"seed {request.seed}"
    first, titles = flow([runs, *common, seed], look, indent=0), len(lines) - len(request.rows)
    return [*first, *legend], lines[:titles], lines[titles:]


def _candidates(request: Request, calls: Row) -> list[list[Column]]:
    """Return two choices of columns, the narrower last."""
    varying = [name for name, values in request.swept.items() if len(values) > 1]
    sizes: list[Column] = [(name.removesuffix("_size"), partial(_size, name)) for name in varying]
    count: Column = ("parameters", lambda row: Text(f"{row[0].parameters:,}", justify="right"))
    if request.compare:
        every: list[Column] = [(str(call), partial(_shape, call, None)) for call in range(4)]
        # With return_state, a call returns the same first array as without.
        fewer = [("0 and 2", every[0][1]), ("1 and 3", every[1][1])]
    else:
        every = [(of.name, partial(_shape, 0, of.name)) for of in calls[0].outputs]
        fewer = [every[0], *(("each state", text) for _, text in every[1:2])]
    return [[*sizes, *every, count], [*sizes, *fewer, count]]


def _size(name: str, specs: Row) -> Text:
    size, axis = getattr(specs[0], name), name.removesuffix("_size")
    written = ",".join(map(str, size)) if isinstance(size, tuple) else str(size)
    return Text(written, style.AXIS.get(axis, ""), justify="right" if axis in style.AXIS else None)


def _shape(call: int, name: str | None, specs: Row) -> Text:
    """Write the shape of an output, or of the first; "-" where this kind does not return it."""
    for array in specs[call].outputs:
        if name in (None, array.name):
            return style.shape(array.shape, array.axes)
    return Text("-", style.LABEL)
