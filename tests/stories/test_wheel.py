"""When only the built wheel is installed, away from the clone, it finds its assets and plays the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_the_wheel_plays_the_demo_away_from_the_clone(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path / "dist", ROOT], check=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", tmp_path / "site", wheel], check=True)
    where = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "HOME": str(tmp_path)}}
    found = subprocess.run(
        [sys.executable, "-c", "import assets, views.cli; print(assets.__file__, views.cli.__file__)"],
        capture_output=True, text=True, check=True, **where,
    )  # fmt: skip
    assert all(path.startswith(str(tmp_path / "site")) for path in found.stdout.split())
    played = subprocess.run(
        [sys.executable, "-m", "views.cli", "demo", "--headless", "--out", tmp_path / "out", "--json"],
        capture_output=True, text=True, check=False, **where,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    assert json.loads(played.stdout)["verdict"]["scores"]["verdict"]["outcome"] == "hit"
