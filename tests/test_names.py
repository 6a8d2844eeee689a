"""One name, one thing, in the whole house: no two modules give their own class or alias the same public name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
WALLS = ("casefiles", "backends", "workbench", "views")
PARALLEL = {
    "Passes": "how torch and how llama.cpp take token ids through a model; the two engines never meet",
}
"""Names that stand for two things all the same, and which."""


def _names(tree: ast.Module) -> Iterator[str]:
    """The classes and type aliases a module makes; a name in capitals is a value, one with an underscore its own."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) if name[0].isupper() and not name.isupper():
                yield name


def test_no_two_modules_give_one_name_to_two_things() -> None:
    made: defaultdict[str, list[str]] = defaultdict(list)
    for wall in WALLS:
        for path in sorted((ROOT / wall).rglob("*.py")):
            for name in _names(ast.parse(path.read_text(encoding="utf-8"))):
                if not name.startswith("_"):
                    made[name].append(str(path.relative_to(ROOT)))
    assert len(made) > 300, "the walls were not found"
    twice = {name: paths for name, paths in made.items() if len(paths) > 1}
    assert {name: paths for name, paths in twice.items() if name not in PARALLEL} == {}
    assert PARALLEL.keys() <= twice.keys(), "a name in the list has come to stand for one thing: strike it out"
