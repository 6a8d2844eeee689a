"""The walls of the house stand: imports run one way, the core needs no Qt, and help needs no engine."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import traceback
import warnings
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a copy of this process is made as on Unix")
def test_everything_but_the_desktop_can_be_imported_without_qt() -> None:
    """Anew, in a copy of this process: what others wrote is there already and takes seconds to read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads are not copied, and nothing here waits for one
        copied = os.fork()
    if copied == 0:
        status = 1
        try:
            status = 0 if _imported_without_qt() > 80 else 2
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(copied, 0)[1]) == 0


def _imported_without_qt() -> int:
    """How many modules of ours could be imported."""
    qt, ours = ("PySide6", "shiboken6", "pyqtgraph"), ("casefiles", "backends", "workbench", "views")
    for name in [name for name in sys.modules if name.split(".")[0] in (*qt, *ours)]:
        del sys.modules[name]
    sys.modules |= dict.fromkeys(qt)  # type: ignore[arg-type]
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in ours
        for path in sorted((ROOT / package).rglob("*.py"))
    ]
    wanted = [name for name in names if not name.startswith("views.desktop") and name != "backends.process.child"]
    for name in wanted:
        importlib.import_module(name)
    return len(wanted)


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
