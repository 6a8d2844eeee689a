"""Work on a file, or in a folder, that one process at a time does."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATIENCE: Final = 10.0
"""Seconds that others are waited for who hold what is written at once."""
_GLANCE: Final = 0.05


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether this process alone holds the file, which is made if there is none. It is let go with its process, however
    that ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield locked(handle)
    finally:
        os.close(handle)


@contextmanager
def held_folder(folder: Path) -> Iterator[bool]:
    """The same of a folder, in which nothing is made for it; others are waited for."""
    if os.name == "nt":  # no folder can be opened there
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield locked(handle, PATIENCE)
    finally:
        os.close(handle)


def locked(handle: int, patience: float = 0) -> bool:
    """Keep other processes from an open file until it is closed; whether that could be had within so many seconds."""
    until = time.monotonic() + patience
    while not _had(handle):
        if time.monotonic() >= until:
            return False
        time.sleep(_GLANCE)
    return True


def _had(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
