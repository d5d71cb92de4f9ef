"""Show the sections of the screen: a module for each, of one call and of a comparison."""

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from lstm_shapes.request import Request, Row, Section
from lstm_shapes.view import Runs
from lstm_shapes.view.layout import Lines
from lstm_shapes.view.style import Look


class Answer(NamedTuple):
    """The material of a section.

    Attributes:
        row: The spec of one call, or the four of a comparison.
        runs: A run of each spec; empty before Keras is done.
        request: What was asked for.
        look: What the screen has room for, and what it can show.
    """

    row: Row
    runs: Runs
    request: Request
    look: Look


def lines_of(section: Section, answer: Answer) -> Lines:
    """Return the lines of a section, of one call or of a comparison.

    Its module is imported now: sections of a run need NumPy, the rest do not.
    """
    module = import_module(f"lstm_shapes.view.sections.{section.module}")
    show: Callable[[Answer], Lines] = module.one_call
    if answer.request.compare:
        show = module.comparison
    return show(answer)


def measured_lines_of(section: Section, answer: Answer) -> Lines:
    """Return what a run adds to a section that was shown before it."""
    module = import_module(f"lstm_shapes.view.sections.{section.measured_module}")
    lines: Lines = module.one_call(answer)
    return lines
