"""Folders in the making, each held by a lock, so that what a killed program left is told from what is used."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIX: Final = ".audit-workbench-unfinished"
"""How such a folder's name ends; it begins with a dot. Nobody else calls one so."""
_NAMED: Final = 60
"""Characters of what it is to become that its name tells."""
_NEW: Final = 5.0
"""Seconds for which a folder without a lock may just be in the making."""


@contextlib.contextmanager
def unfinished(parent: Path, name: str) -> Iterator[Path]:
    """A new folder, for its owner's eyes alone, that is gone after the block unless it was moved away.

    What a program that was killed left in the same place is swept up first.
    """
    sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f".{name[:_NAMED]}.", suffix=SUFFIX, dir=parent))
    lock = _held(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def scratch(name: str) -> Iterator[Path]:
    """The same in the system's place for temporary files."""
    with unfinished(Path(tempfile.gettempdir()), f"audit-workbench-{name}") as folder:
        yield folder


def sweep(parent: Path) -> None:
    """Remove the unfinished folders in a place whose makers are gone. What cannot be told or removed stays."""
    if os.name == "nt":  # a folder cannot be locked there
        return
    try:
        with os.scandir(parent) as entries:
            left = [Path(entry.path) for entry in entries if _is_ours(entry)]
    except OSError:
        return
    for folder in left:
        if (lock := _held(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    if not (entry.name.startswith(".") and entry.name.endswith(SUFFIX)) or not entry.is_dir(follow_symlinks=False):
        return False
    with contextlib.suppress(OSError):
        found = entry.stat(follow_symlinks=False)
        return found.st_uid == os.geteuid() and time.time() - found.st_mtime > _NEW
    return False


def _held(folder: Path) -> int | None:
    """A lock on a folder, as the open folder that holds it; None if another process has it, or there are no locks."""
    if os.name == "nt":
        return None
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
