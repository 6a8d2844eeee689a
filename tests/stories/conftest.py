"""The commands that stories type, and the demo, played once by the installed command and without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from views import cli


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


def homes(home: Path) -> dict[str, str]:
    """What names a home in the environment."""
    return {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_STATE_HOME": str(home / "state")}


def workbench(*arguments: object, home: Path, code: int = 0) -> str:
    """Run the command as a person would, with a home of its own; its standard output.

    It runs in this process, for to start one takes longer than most commands: `installed` starts one.
    """
    out, err, ended = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in homes(home).items():
            patch.setenv(name, value)
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            ended = int(exit_.code or 0)
    assert ended == code, out.getvalue() + err.getvalue()
    return out.getvalue()


def installed(*arguments: object, home: Path, before: tuple[str, ...] = ()) -> str:
    """The same in a process of its own, with what is to be written `before` the command."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "views.cli", *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, **homes(home)}, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def game(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Game:
    out = tmp_path_factory.mktemp("game") / "out"
    offline = can_be_offline()
    told = installed("demo", "--headless", "--out", out, "--json", home=home, before=OFFLINE if offline else ())
    return Game(out, json.loads(told), offline)
