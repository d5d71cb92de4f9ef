"""Show what a call costs: multiply-adds, and the bytes of weights and arrays."""

from rich.text import Text

from lstm_shapes.view import words
from lstm_shapes.view.layout import Lines, flow_titled
from lstm_shapes.view.sections import Answer
from lstm_shapes.view.style import HEADING


def one_call(answer: Answer) -> Lines:
    """Show what one sample costs to compute, and what weights and arrays hold."""
    heading = Text("Cost", HEADING)
    return flow_titled([heading, *words.cost(answer.row[-1])], answer.look)


def comparison(answer: Answer) -> Lines:
    """Show the cost of the call with both flags, whose arrays are the most."""
    return one_call(answer)
