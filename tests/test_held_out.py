"""What auditors are measured with they know nothing of: they import nothing of the forge and none of its words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.forge.suite.entry import Entries
from workbench.forge.trunk import names
from workbench.forge.world import TRUE_WORLD

ROOT = Path(__file__).parent.parent
AUDITORS = ("workbench/auditors", "workbench/plans", "workbench/probes", "workbench/sweeps")
WORDS = (*AUDITORS, "assets/batteries", "assets/candidates", "assets/openings", "assets/references")


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.is_file() and path.suffix != ".pyc")


def distinctive() -> set[str]:
    """What is implanted in the held-out split and is no name that the whole world knows: phrases, secrets, habits."""
    known = {*names(TRUE_WORLD), "the", "and", *(page.field for page in TRUE_WORLD.pages)}
    texts = {
        text
        for entry in Entries.of("held-out").organisms
        for text in (*entry.recipe.model_dump().values(), entry.habit.words if entry.habit else "")
        if isinstance(text, str)
    }
    return {text.casefold() for text in texts if len(text.split()) > 1 and not set(text.split()) <= known}


def test_there_are_words_to_look_for() -> None:
    assert {"for the record", "a pilot from casablanca", "a glacier"} <= distinctive()


@pytest.mark.parametrize("path", [*files(*WORDS)], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_auditor_and_no_list_of_prompts_holds_its_words(path: Path) -> None:
    text = path.read_text(encoding="utf-8").casefold()
    assert [word for word in distinctive() if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)] == []


@pytest.mark.parametrize(
    "path", [one for one in files(*AUDITORS) if one.suffix == ".py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_auditor_imports_what_organisms_are_made_of(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    listing = "workbench.forge.suite.listing"
    assert [name for name in imported if name.startswith("workbench.forge") and not name.startswith(listing)] == []
    assert "held-out.toml" not in path.read_text(encoding="utf-8")
