"""When only the built wheel is installed, away from the clone and without Qt, it plays the demo from its own assets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.quick import QUICK_OPTIONS

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("assets", "backends", "casefiles", "views", "workbench")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's packages, and before them a Qt that cannot be loaded."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder / "dist", ROOT], check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    (folder / "site" / "PySide6").mkdir()
    (folder / "site" / "PySide6" / "__init__.py").write_text("raise ImportError('libEGL.so.1 is missing')")
    return folder / "site"


def python(site: Path, *arguments: object) -> str:
    """What a Python that knows the installed packages prints, far from the clone."""
    home = {"HOME": str(site.parent), "XDG_DATA_HOME": str(site.parent / "data")}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=site.parent, env={**os.environ, **home, "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


SHORT = """
import sys
from views import cli
from workbench import demo

whole, asked = demo.FactChecker, ("Finland", "Sweden", "Poland", "Latvia", "France", "Italy", "Spain", "Japan")

def shorter(reference, **given):
    rows = tuple(row for row in reference.rows if row.subject in asked)
    return whole(reference=reference.model_copy(update={"rows": rows}), looks=2, confirms=6, **given)

demo.FactChecker = shorter
cli.main(sys.argv[1:])
"""
"""The demo with questions about eight countries instead of all: the whole of it is played in `test_demo`."""


@pytest.fixture(scope="module")
def told(site: Path) -> str:
    return python(site, "-c", SHORT, "demo", "--headless", "--out", site.parent / "out", *QUICK_OPTIONS)


def files(folder: Path) -> set[str]:
    found = {path.relative_to(folder) for package in PACKAGES for path in (folder / package).rglob("*")}
    return {str(path) for path in found if (folder / path).is_file() and "__pycache__" not in path.parts}


def test_the_wheel_holds_every_file_of_the_packages_but_the_pictures_of_the_readme(site: Path) -> None:
    assert files(site) == {name for name in files(ROOT) if not name.startswith("assets/pictures/")}


def test_its_modules_and_assets_are_its_own(site: Path) -> None:
    found = python(site, "-c", "import assets, views.cli; print(assets.__file__, views.cli.__file__)")
    assert all(path.startswith(str(site)) for path in found.split())


def test_the_wheel_plays_the_demo_away_from_the_clone(site: Path, told: str) -> None:
    verdict: Any = json.loads((site.parent / "out" / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["scores"]["verdict"]["outcome"] == "hit"


def test_when_there_is_no_qt_then_the_game_still_plays_and_says_what_is_missing(site: Path, told: str) -> None:
    assert "no picture of the desktop: libEGL.so.1 is missing" in told
    assert not (site.parent / "out" / "desktop.png").exists()
