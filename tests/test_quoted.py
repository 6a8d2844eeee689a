"""What others say is told within quotation marks that it cannot close: no text is put between “ ” but by `quoted`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WALLS = ("casefiles", "backends", "workbench", "views")
OURS = {
    ("casefiles/quotation.py", "shown"): "`quoted` itself",
    ("casefiles/quotation.py", "“„‟❝〝🙶˵⹂"): "the marks that it replaces",
    ("views/desktop/judge/blindfold.py", "whole"): "a pattern of a name within quotation marks",
    ("workbench/judge/retests/measuring.py", "behaviour.measured"): "one of three words of the house",
}
"""What stands between quotation marks of its own all the same, and why nobody else can write it."""


def _within(tree: ast.AST) -> Iterator[str]:
    """What is put between quotation marks that an f-string opens, and texts that open some and leave them open."""
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            told = ""
            for part in node.values:
                if isinstance(part, ast.Constant):
                    told += str(part.value)
                elif isinstance(part, ast.FormattedValue) and _open(told):
                    yield ast.unparse(part.value)
        elif id(node) not in parts and isinstance(node, ast.Constant) and _open(str(node.value)):
            yield str(node.value)


def _open(text: str) -> bool:
    return text.rfind("“") > text.rfind("”")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('f"It says “{said}” here."', ["said"]),
        ('f"It says “the {said} of it”, {where}."', ["said"]),
        ('f"{where}: it says {quoted(said)}, as “this” is."', []),
        ("f\"{f'under “{under}”' if under else ''} of “it”\"", ["under"]),
        ('"It says “" + said + "”."', ["It says “"]),
    ],
)
def test_what_stands_between_quotation_marks_is_found(code: str, found: list[str]) -> None:
    assert list(_within(ast.parse(code))) == found


def test_nothing_is_put_between_quotation_marks_that_it_could_close() -> None:
    paths = [path for wall in WALLS for path in sorted((ROOT / wall).rglob("*.py"))]
    assert len(paths) > 300, "the walls were not found"
    within = {
        (path.relative_to(ROOT).as_posix(), one)
        for path in paths
        for one in _within(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert within - OURS.keys() == set()
    assert within >= OURS.keys(), "something in the list stands there no longer: strike it out"
