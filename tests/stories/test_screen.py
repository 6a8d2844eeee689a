"""An auditor, a judge, a team and a newcomer do their work in real windows on a display, with its keys and pointer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

import assets
from casefiles.verify import verify
from tests.machine import SHOWING
from tests.screen import hand
from workbench.judge.verdicts import issuing

ROOT = Path(__file__).parents[2]


def lacking() -> list[str]:
    """What it takes to show a window on a display that nobody sees."""
    libraries = [name for name in SHOWING if find_library(name.removeprefix("lib").split(".so")[0]) is None]
    return [*([] if shutil.which("xvfb-run") else ["xvfb-run"]), *libraries, *hand.lacking()]


@pytest.mark.skipif(bool(lacking()), reason=f"no X display can be had: missing {', '.join(lacking())}")
def test_three_roles_and_a_newcomer_play_the_game_with_keys_and_pointer(tmp_path: Path) -> None:
    keys, out = tmp_path / "data" / "audit-workbench" / "keys", tmp_path / "out"
    keys.mkdir(parents=True)
    out.mkdir()
    shutil.copyfile(assets.path("demo", "judge.key"), keys / "Judge.key")
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CONFIG", "STATE")}
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1700x1100x24", sys.executable, "-m", "tests.screen.play", str(out)],
        cwd=ROOT, env=os.environ | homes | {"QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert verify(out / "audit.auditlog").ok
    verdict = issuing.read((out / "verdict.json").read_bytes())
    (finding,) = verdict.scores.findings
    assert finding.behaviour == "B1" and finding.standing == "matched", (
        "eight answers beside eight of its control show it"
    )
    assert "Demo auditor" in (out / "comparison.html").read_text(encoding="utf-8")
    assert verify(out / "tour.auditlog").ok, "who takes the tour hands in as well"
    pictures = {"start.png", "auditor.png", "judge.png", "team.png", "tour.png"}
    assert {path.name for path in out.glob("*.png")} == pictures
