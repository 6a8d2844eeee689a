"""The demo, played once by the installed command and without a network, for every story about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Game:
    """What one headless game left behind."""

    out: Path
    told: dict[str, Any]
    """The command's own JSON."""
    offline: bool
    """Whether it was played where there is no network; some machines let nobody make such a place."""

    def path(self, name: str) -> Path:
        return Path(self.told["paths"][name])


OFFLINE = ("unshare", "--map-root-user", "--net")
"""What to write before a command for it to run without a network."""


def can_be_offline() -> bool:
    if shutil.which(OFFLINE[0]) is None:
        return False
    return subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode == 0


def workbench(*arguments: object, home: Path, code: int = 0, before: tuple[str, ...] = (), **variables: str) -> str:
    """Run the command as a person would, with a home of its own; its standard output."""
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), **variables}
    environment.pop("XDG_STATE_HOME", None)
    done = subprocess.run(
        [*before, sys.executable, "-m", "views.cli", *map(str, arguments)],
        capture_output=True, text=True, env=environment, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def game(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Game:
    out = tmp_path_factory.mktemp("game") / "out"
    offline = (
        shutil.which(OFFLINE[0]) is not None
        and subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode == 0
    )
    before = OFFLINE if offline else ()
    told = workbench("demo", "--headless", "--out", out, "--json", home=home, before=before)
    return Game(out, json.loads(told), offline)
