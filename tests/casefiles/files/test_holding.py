"""One process at a time holds a file, and whoever ends lets it go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from casefiles.files.holding import held, held_folder

HOLDS = """
import sys
from pathlib import Path
from casefiles.files.holding import held
with held(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    input()
"""


def test_whoever_comes_second_is_told_until_the_first_is_done(tmp_path: Path) -> None:
    with held(tmp_path / "lock") as first:
        with held(tmp_path / "lock") as second:
            assert (first, second) == (True, False)
        with held(tmp_path / "other") as other:
            assert other
    with held(tmp_path / "lock") as again:
        assert again


def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        with held(place) as ours:
            assert not ours
        process.kill()
        process.wait()
        with held(place) as ours:
            assert ours


@pytest.mark.skipif(os.name == "nt", reason="no folder is held there")
def test_whoever_holds_a_folder_is_waited_for_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = list[float]()
    monkeypatch.setattr("casefiles.files.holding.time.sleep", waited.append)
    monkeypatch.setattr("casefiles.files.holding.time.monotonic", lambda: sum(waited))
    with held_folder(tmp_path) as first:
        with held_folder(tmp_path) as second:
            assert (first, second) == (True, False)
        assert sum(waited) == pytest.approx(10, abs=0.1)
    with held_folder(tmp_path) as again:
        assert again
    assert list(tmp_path.iterdir()) == []
