"""Sections: each entry of the list of them has a module that shows it."""

from importlib import import_module

import pytest

from lstm_shapes.request import SECTIONS, Section


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_section_has_a_module_that_shows_one_call(section: Section) -> None:
    module = import_module(f"lstm_shapes.view.sections.{section.module}")
    assert callable(module.one_call)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_shows_a_comparison_exactly_where_it_is_in_one(
    section: Section,
) -> None:
    module = import_module(f"lstm_shapes.view.sections.{section.module}")
    assert hasattr(module, "comparison") is section.is_in_comparison
