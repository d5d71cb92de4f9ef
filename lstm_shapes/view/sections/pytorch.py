"""Show the same in PyTorch: the call, what it returns, and where its weights come from."""

from rich.text import Text

from lstm_shapes.errors import listed
from lstm_shapes.shapes.pytorch import PyTorch, in_pytorch, untranslatable
from lstm_shapes.shapes.spec import Spec
from lstm_shapes.view import style
from lstm_shapes.view.layout import (
    EDGE_ITEMS,
    Lines,
    elided,
    flow,
    flow_words,
    table_with_remarks,
)
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING, RETURNED, Look

# A deep stack has many weights: as many are shown at each end.
EDGE_WEIGHTS = 8
KEPT_WEIGHTS = 3


def one_call(answer: Answer) -> Lines:
    """Show the translation, or what of the layers has none."""
    spec = answer.row[0]
    look = answer.look
    lines = [Text("In PyTorch", HEADING)]
    lacking = untranslatable(spec)
    if lacking:
        sentence = f"no translation: PyTorch has no {listed(lacking)}"
        lines.extend(flow_words(sentence, look))
        return lines
    translation = in_pytorch(spec)
    for line in elided(translation.code, EDGE_ITEMS):
        code = line or look.glyphs.gap
        if "(" in code:
            # Python goes on reading a line that is broken inside of brackets.
            lines.extend(flow_words(code, look))
        else:
            lines.append(Text(f"  {code}"))
    lines.extend(outputs(translation, look))
    lines.extend(state_axes(translation, look))
    lines.extend(flow_words(parameter_count(translation, spec), look))
    if spec.is_masked:
        comparison = "where Keras repeats"
        if translation.outputs[0].equals_where_masked:
            comparison = "as in Keras"
        remark = f"output has zeros at masked timesteps, {comparison}"
        lines.extend(flow([remark], look))
    lines.extend(conversion(translation, look))
    return lines


def outputs(translation: PyTorch, look: Look) -> Lines:
    """List what the module returns, and which of Keras' arrays that is."""
    rows = []
    remarks = []
    for output in translation.outputs:
        rows.append(
            [Text(output.name, RETURNED), style.shape(output.shape, output.axes)]
        )
        equals = []
        for expression, array in output.equals.items():
            if expression == output.name:
                equals.append(array)
            else:
                equals.append(f"{expression} is Keras' {array}")
        remarks.append([", ".join(equals)])
    titles = ["array", "shape", "what it is in Keras"]
    return table_with_remarks(titles, rows, remarks, look)


def state_axes(translation: PyTorch, look: Look) -> Lines:
    """Say what the axes of the states are, and of what the rows of the first one."""
    states = translation.outputs[1:]
    axes = ", ".join(states[0].axes).replace("×", look.glyphs.times)
    names = listed([state.name for state in states])
    verb = "is" if len(states) == 1 else "are"
    lines = flow([f"{names} {verb} ({axes}), never batch first"], look)
    if len(translation.state_order) > 1:
        order = []
        for row, name in enumerate(translation.state_order):
            order.append(f"[{row}] {name}")
        lines.extend(flow([f"of {names}:", *order], look))
    return lines


def parameter_count(translation: PyTorch, spec: Spec) -> str:
    """Say how many parameters there are, and why they are more than in Keras."""
    count = f"{translation.parameters:,} parameters"
    difference = translation.parameters - spec.parameters
    if not difference:
        return f"{count}, as many as in Keras"
    return (
        f"{count}, {difference:,} more than Keras' {spec.parameters:,}: bias_ih and"
        " bias_hh, as cuDNN has, where Keras has one bias"
    )


def conversion(translation: PyTorch, look: Look) -> Lines:
    """Show how the weights are converted, and how they come back."""
    lines = [Text(f"  {line}") for line in translation.convert]
    rows = []
    origins = []
    for weight in elided(translation.weights, EDGE_WEIGHTS):
        if weight is None:
            rows.append([Text(look.glyphs.gap)] * 2)
            origins.append([look.glyphs.gap])
            continue
        rows.append([Text(weight.name), style.shape(weight.shape)])
        origins.append([weight.origin])
    titles = ["weight", "shape", "from"]
    lines.extend(table_with_remarks(titles, rows, origins, look))
    ways_back = ["the other way round:"]
    for name, code in list(translation.keras_weights.items())[:KEPT_WEIGHTS]:
        ways_back.append(f"{name} = {code}")
    if len(translation.keras_weights) > KEPT_WEIGHTS:
        ways_back.append("and so for the other weights")
    lines.extend(flow(ways_back, look))
    return lines
