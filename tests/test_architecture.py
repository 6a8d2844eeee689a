"""The walls of the house stand: imports run one way, the core needs no Qt, and help needs no engine."""

from __future__ import annotations

import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "llama_cpp", "PySide6", "pyqtgraph", "duckdb", "pydantic", "numpy", "jinja2", "rich")


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_run_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Also none through several rooms, which may know each other where their modules do not."""
    graph = grimp.build_graph("casefiles", "backends", "workbench", "views", cache_dir=None)
    order = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    assert len(list(order.static_order())) > 200  # CycleError names a circle


def test_help_loads_no_engine_no_qt_and_no_database() -> None:
    loaded = python("import sys, views.cli; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_everything_but_the_desktop_can_be_imported_without_qt() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in ("casefiles", "backends", "workbench", "views")
        for path in sorted((ROOT / package).rglob("*.py"))
    ]
    wanted = [name for name in names if not name.startswith("views.desktop") and name != "backends.process.child"]
    assert len(wanted) > 80
    # In a process of its own: a fork of this one has half of what Qt and the engines hold, and dies of it at times.
    python(
        "import importlib, sys; sys.modules |= dict.fromkeys(('PySide6', 'shiboken6', 'pyqtgraph'));"
        "[importlib.import_module(name) for name in sys.argv[1:]]",
        *wanted,
    )


@pytest.mark.parametrize("folder", ["casefiles", "backends", "workbench", "views"])
def test_every_module_says_what_it_is_for(folder: str) -> None:
    import ast

    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


@pytest.mark.slow
def test_types_and_style_hold() -> None:
    for command in (["mypy"], ["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
