"""Whoever signs something chooses what they are called, and what a case is called: no such name stands beside words of
ours but within quotation marks, where it cannot go on with them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WALLS = ("casefiles", "backends", "workbench", "views")
WHOSE = frozenset(
    {"actor", "attacker", "auditor", "author", "case", "genesis", "identity", "judge", "manifest", "party", "public",
     "signer"}
)  # fmt: skip
"""What somebody and a case are called in the code: a name or title of one of them is somebody else's text."""
TITLED = frozenset({"name", "title"})
QUOTING = frozenset({"quoted", "enumerated"})
_VALUE = "a value beside no word of ours, which is quoted where it is told"
_OWN = "of whose key it is who reads it"
OURS = {
    ("workbench/forge/sayings/parties.py", "party.name"): "a party that the forge makes up",
    ("workbench/judge/verdicts/panel.py", "one.judge.name"): _VALUE,
    ("workbench/sweeps/cell_rows.py", "verdict.judge.name"): _VALUE,
    ("workbench/teams/reading.py", "judge.name"): _VALUE,
    ("views/judgements.py", "done.judge.name"): _VALUE,
    ("views/commands/verdicts.py", "judge.name"): _VALUE,
    ("workbench/sweeps/plan.py", "case.name"): "what a case of a suite is called in a plan, made of two names",
    ("views/desktop/auditor/desk.py", "self.session.auditor.name"): _OWN,
    ("views/desktop/judge/desk.py", "judge.name"): _OWN,
}
"""What stands bare all the same, and why it says nothing false there."""
PAGES = ("report.html.jinja", "verdict.html.jinja", "comparison.html.jinja")
ALONE = {"report.case.title", "verdict.case.title", 'head(report.case.title ~ ": finding report")',
         'head(verdict.case.title ~ ": verdict")', 'item.by.name if item.by else ""', "item.by.name"}  # fmt: skip
"""Where a name or title has a heading or a cell of a page to itself."""


def _is_name(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Attribute) and node.attr in TITLED):
        return False
    of = node.value
    return getattr(of, "attr", getattr(of, "id", "")).lstrip("_") in WHOSE


def _bare(node: ast.AST, carried: frozenset[str]) -> bool:
    """Whether a name of somebody's is in an expression without being quoted there; `carried`: variables that hold one
    as it is."""
    if isinstance(node, ast.Call):
        called = node.func
        if getattr(called, "attr", getattr(called, "id", "")) in QUOTING:
            return False
    if _is_name(node) or (isinstance(node, ast.Name) and node.id in carried):
        return True
    return any(_bare(child, carried) for child in ast.iter_child_nodes(node))


def _within(tree: ast.AST) -> Iterator[str]:
    """The names that f-strings hold bare, be it by a variable of the same function."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in (tree, *functions):
        carried = frozenset(
            target.id
            for node in (ast.walk(function) if function is not tree else ())
            if isinstance(node, ast.Assign) and _copies(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        )
        for node in ast.walk(function):
            if isinstance(node, ast.FormattedValue) and _bare(node.value, carried):
                yield ast.unparse(node.value)


def _copies(node: ast.AST) -> bool:
    """Whether it is a name itself, perhaps on one line or on a blindfold's terms: no sentence, and no part of one."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return _copies(node.args[0]) and getattr(node.func, "attr", getattr(node.func, "id", "")) not in QUOTING
    return _is_name(node)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('f"It was sealed for {case.manifest.judge.name}."', ["case.manifest.judge.name"]),
        ('f"By {line(report.auditor.name)} on {quoted(manifest.title)}."', ["line(report.auditor.name)"]),
        ('f"By {quoted(line(report.auditor.name))}, {enumerated([judge.name, genesis.title])}: {path.name}."', []),
        ('def f():\n called = line(judge.name)\n return f"Sealed for {called}."', ["called"]),
        ('def f():\n called = quoted(judge.name)\n return f"Sealed for {called}."', []),
        ('def f():\n key = keys[judge.name]\n return f"Sealed for {key}."', []),
        ('f"By {judge.name.upper()}, {auditor.name or kind}."', ["judge.name.upper()", "auditor.name or kind"]),
    ],
)
def test_names_that_stand_bare_are_found(code: str, found: list[str]) -> None:
    assert list(dict.fromkeys(_within(ast.parse(code)))) == found


def test_no_name_of_somebody_s_stands_bare_beside_words_of_ours() -> None:
    paths = [path for wall in WALLS for path in sorted((ROOT / wall).rglob("*.py"))]
    assert len(paths) > 300, "the walls were not found"
    bare = {
        (path.relative_to(ROOT).as_posix(), one)
        for path in paths
        for one in _within(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert bare - OURS.keys() == set()
    assert bare >= OURS.keys(), "something in the list stands there no longer: strike it out"


def test_nor_does_any_on_a_page() -> None:
    named = re.compile(rf"\b({'|'.join(sorted(WHOSE | {'by'}))})\.(name|title)\b")
    told = [
        said.strip()
        for page in PAGES
        for said in re.findall(r"\{\{(.*?)\}\}", (ROOT / "assets/report" / page).read_text(encoding="utf-8"))
        if named.search(said)
    ]
    bare = [said for said in told if "quoted" not in said]
    assert len(told) > len(bare) and set(bare) == ALONE
