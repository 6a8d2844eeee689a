"""What a killed program left half-made is swept up by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from casefiles.files.unfinished import SUFFIX, scratch, sweep, unfinished

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is swept up where folders cannot be locked")

_HOLD = """
import sys, time
from pathlib import Path
from casefiles.files.unfinished import unfinished
with unfinished(Path(sys.argv[1]), "organism.case") as folder:
    (folder / "model.safetensors").write_bytes(b"secret")
    print(folder, flush=True)
    time.sleep(600)
"""


def old(folder: Path) -> Path:
    os.utime(folder, (time.time() - 3600,) * 2)
    return folder


def left_by_a_killed_program(place: Path) -> Path:
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(place)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        folder = Path(running.stdout.readline().strip())
        old(folder)
        sweep(place)
        assert folder.exists(), "it was taken from under a program that uses it"
        running.send_signal(signal.SIGKILL)
    return old(folder)


def test_what_a_killed_program_left_is_swept_up_by_the_next(tmp_path: Path) -> None:
    folder = left_by_a_killed_program(tmp_path)
    assert (folder / "model.safetensors").exists()
    with unfinished(tmp_path, "another") as mine:
        assert [path.name for path in tmp_path.iterdir()] == [mine.name]
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_swept_up(tmp_path: Path) -> None:
    kept = [tmp_path / name for name in (f"visible{SUFFIX}", ".hidden", f".new{SUFFIX}", f".file{SUFFIX}")]
    for path in kept[:3]:
        path.mkdir()
    kept[3].write_text("a file of somebody's")
    for path in (kept[0], kept[1], kept[3]):
        old(path)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / f".link{SUFFIX}"
    link.symlink_to(tmp_path / "elsewhere")
    novel = tmp_path / ".novel.unfinished"  # others write such names too
    novel.mkdir()
    (novel / "chapter").write_text("mine")
    old(novel)
    sweep(tmp_path)
    assert all(path.exists() for path in kept) and link.is_symlink()
    assert (novel / "chapter").read_text() == "mine"


def test_a_scratch_folder_is_for_its_owner_alone_and_goes_with_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch("log") as folder:
        assert folder.parent == tmp_path and folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    sweep(tmp_path / "missing")
