"""Many runs as one table: a row for each, or for each comparison of four."""

from collections.abc import Callable
from functools import partial

from rich.text import Text

from lstm_shapes.spec.request import Request, Row
from lstm_shapes.view import style
from lstm_shapes.view.layout import Lines, flow, table
from lstm_shapes.view.style import Look

# The title of a column, and what it shows of a row.
Column = tuple[str, Callable[[Row], Text]]


def sweep(request: Request, look: Look) -> tuple[Lines, Lines, Lines]:
    """Return what all rows have in common, the titles of a table, and a line for each row."""
    calls, lines, legend = request.rows[0], list[Text](), list[Text]()
    for columns in _candidates(request):
        rows = [[text(row) for _, text in columns] for row in request.rows]
        lines = table([title for title, _ in columns], rows)
        if max(line.cell_len for line in lines) <= look.width:
            break
    runs = f"{request.runs:,} runs"
    if request.compare:
        for number, spec in enumerate(calls):
            names = Text(", ".join(array.name for array in spec.outputs), style.RETURNED)
            legend += flow([str(number), spec.last.code("units"), names], look)
        note = "a column for each call's first array; the states are (batch, units)"
        lines[:1] = [*flow([Text(note, style.LABEL)], look), lines[0]]
    else:
        runs += f" of {calls[0].last.code('units')}"
    constant = [name for name, sizes in request.sizes.items() if len(sizes) == 1]
    common = [f"{name.removesuffix('_size')} {_size(name, calls)}" for name in constant]
    seed = "" if request.seed is None else f"seed {request.seed}"
    first, titles = flow([runs, *common, seed], look, indent=0), len(lines) - len(request.rows)
    return [*first, *legend], lines[:titles], lines[titles:]


def _candidates(request: Request) -> list[list[Column]]:
    """Return two choices of columns, the narrower last."""
    varying = [name for name, values in request.sizes.items() if len(values) > 1]
    sizes: list[Column] = [(name.removesuffix("_size"), partial(_size, name)) for name in varying]
    count: Column = ("parameters", lambda row: Text(f"{row[0].parameters:,}", justify="right"))
    if request.compare:
        every: list[Column] = [(str(call), partial(_shape, call, 0)) for call in range(4)]
        # With return_state, a call returns the same first array as without.
        fewer = [("0 and 2", every[0][1]), ("1 and 3", every[1][1])]
    else:
        names = [array.name for array in request.rows[0][0].outputs]
        every = [(name, partial(_shape, 0, at)) for at, name in enumerate(names)]
        fewer = [every[0], *(("each state", text) for _, text in every[1:2])]
    return [[*sizes, *every, count], [*sizes, *fewer, count]]


def _size(name: str, specs: Row) -> Text:
    size = getattr(specs[0], name)
    written = ",".join(map(str, size)) if isinstance(size, tuple) else str(size)
    return Text(written, style.AXIS[name.removesuffix("_size")], justify="right")


def _shape(call: int, output: int, specs: Row) -> Text:
    array = specs[call].outputs[output]
    return style.shape(array.shape, array.axes)
