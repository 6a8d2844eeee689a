"""Whoever does not like terminals opens the first window from the menu of their desktop."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import assets
from casefiles.status import Refusal
from tests.views.test_cli import Shell, shell
from views.commands import launcher

__all__ = ["shell"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="menus as the desktops of Linux read them")

AWKWARD = '/opt/a b/$HOME/`x`/"q"/back\\slash/100%/é'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this desktop looks for its menus."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def entry(text: str) -> dict[str, str]:
    """The keys of a desktop entry, read as the specification says."""
    head, *lines = text.splitlines()
    assert head == "[Desktop Entry]"
    pairs = (line.split("=", 1) for line in lines)
    return {
        key: re.sub(r"\\(.)", lambda found: {"s": " ", "n": "\n"}.get(found[1], found[1]), value)
        for key, value in pairs
    }


def arguments(command: str) -> list[str]:
    """What a desktop starts by the value of `Exec`."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', command)
    return [(re.sub(r"\\(.)", r"\1", quoted) or bare).replace("%%", "%") for quoted, bare in words]


def test_a_click_in_the_menu_opens_the_first_window(shell: Shell, data: Path) -> None:
    told = shell("launcher")
    file, icon = (
        data / "applications" / "audit-workbench.desktop",
        data / "icons/hicolor/scalable/apps/audit-workbench.svg",
    )
    assert str(file) in told and str(icon) in told and sys.executable in told
    found = entry(file.read_text(encoding="utf-8"))
    assert (found["Type"], found["Name"], found["Terminal"]) == ("Application", "Audit Workbench", "false")
    assert found["Icon"] == str(icon) and icon.read_bytes() == assets.path("icons", "workbench.svg").read_bytes()
    command = arguments(found["Exec"])
    assert command[0] == found["TryExec"] == sys.executable
    # Where nothing can be shown it says what it would have done.
    started = subprocess.run(command, capture_output=True, text=True, check=True, cwd=data)
    assert "Without a command it opens its first window" in started.stdout
    if (validate := shutil.which("desktop-file-validate")) is not None:
        subprocess.run([validate, file], check=True)


def test_it_is_written_anew_where_the_workbench_was_moved_and_taken_away_again(
    shell: Shell, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = data / "applications" / "audit-workbench.desktop"
    shell("launcher")
    monkeypatch.setattr(sys, "executable", AWKWARD)
    shell("launcher")
    found = entry(file.read_text(encoding="utf-8"))
    assert found["TryExec"] == AWKWARD
    assert arguments(found["Exec"]) == [AWKWARD, "-P", "-m", "views.cli"]
    (data / "applications" / "other.desktop").write_text("[Desktop Entry]\n")
    told = json.loads(shell("launcher", "--remove", "--json"))
    assert told["launcher"] == str(file) and told["there"] is False
    assert [path.name for path in data.rglob("*") if path.is_file()] == ["other.desktop"]
    assert "no launcher to remove" in shell("launcher", "--remove")


@pytest.mark.parametrize(("platform", "named"), [("darwin", "macOS"), ("win32", "Windows")])
def test_a_system_without_such_menus_is_told_so_and_nothing_is_written(
    shell: Shell, data: Path, monkeypatch: pytest.MonkeyPatch, platform: str, named: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert f"{named} has no such menu" in shell("launcher", code=1)
    assert not data.exists()


def test_what_no_menu_can_start_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal, match="cannot be started from a menu"):
        launcher._entry(Path("/opt/line\nExec=rm/python"), data / "icon.svg")
