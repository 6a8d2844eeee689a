"""The folders that engine processes call home, each held by a lock, so that what a killed session left is swept up."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, Final

_HOME: Final = "audit-workbench-engine-"
_WORDS: Final = "words"
_NEW: Final = 5.0
"""Seconds for which a home without a lock may just be in the making."""


def new() -> Path:
    """An empty one, in the system's place for temporary files."""
    return Path(tempfile.mkdtemp(prefix=_HOME))


def held(home: Path) -> BinaryIO:
    """The file in it for what its engine says. Whoever has it open holds the home: one that nobody holds has no owner,
    for session and engine share the lock."""
    words = (home / _WORDS).open("w+b")
    fcntl.flock(words, fcntl.LOCK_EX)
    return words


def sweep() -> None:
    """Remove the homes of engines whose session was killed before it could."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME}*"):
        with contextlib.suppress(OSError):  # somebody else's, or held
            if home.is_symlink() or home.stat().st_uid != os.getuid() or time.time() - home.stat().st_mtime < _NEW:
                continue
            if not (home / _WORDS).exists():  # its maker was killed before anybody could hold it
                home.rmdir()
                continue
            with (home / _WORDS).open("r+b") as words:
                fcntl.flock(words, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home, ignore_errors=True)
