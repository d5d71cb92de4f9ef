"""Names are nouns and verbs: English glue makes a reader read a line twice."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
GLUE = set(
    """
    of at more found both how several each every others other first kept said apart
    alone odd same likewise alike behind below above taken given asked also like whole
    what where written known shown tried made big such few fewer picked handed near
    """.split()  # noqa: SIM905  # a list of strings would be three times as long
)


def names_bound_in(path: Path) -> set[str]:
    """Return the variables and parameters of a module."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def test_no_name_is_a_word_that_only_holds_a_sentence_together() -> None:
    for folder in ("lstm_shapes", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not names_bound_in(path) & GLUE, path
