"""The demo, played once by the installed command and without a network, for every story about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from backends.gguf import cache


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


QUICK: tuple[object, ...] = ("--backend", "llama", "--dtype", "float32", "--threads", 1)
"""For stories about something else than the engine: llama.cpp is there at once, PyTorch takes seconds."""
if find_spec("llama_cpp") is None:
    QUICK = ("--threads", 1)

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


@pytest.fixture(scope="session", autouse=True)
def converted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One place for all that llama.cpp reads, so that the demo's weights are converted once."""
    here = tmp_path_factory.getbasetemp()
    run = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.CACHE_VARIABLE, str(run / "converted"))
        yield


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
