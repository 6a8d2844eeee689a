"""Files that are made of a case's weights and kept: whole or not there, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.model import ModelRefusal

CACHE_VARIABLE = "AUDIT_WORKBENCH_GGUF"
"""Names another folder for converted models, for a process whose home is not the user's."""

VERSION = 3
"""Raised whenever the same weights would be written otherwise, so that an older cached file is not used."""

_ABANDONED = 3600.0
"""Seconds without a write after which a part is one that a crash left; a conversion writes all the time."""


def cache_path(digest: str, kind: str) -> Path:
    """Where something made of a case's weights is kept: `FOLDER/DIGEST/KIND-VERSION.gguf`."""
    return case_folder(digest) / f"{kind}-{VERSION}.gguf"


def case_folder(digest: str) -> Path:
    """What is made of one case's weights is kept here; the only place that an engine process need be able to write."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", digest):
        raise ValueError(f"not a digest: {digest!r}")
    return cache_folder() / digest


def cache_folder() -> Path:
    """Where converted models are kept: the user's cache, unless the environment names another place."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("audit-workbench", appauthor=False)) / "gguf"


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """A file beside `target` to be filled, which takes its place in the end; several processes may do so at once.

    Raises ModelRefusal if the folder can't be written to or is full.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=".part", dir=target.parent)
        os.close(handle)
        part = Path(name)
        try:
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ModelRefusal(
            "model.unreadable",
            "The weights cannot be converted for llama.cpp.",
            f"The result cannot be kept in {target.parent}: {error.strerror or error}.",
            f"Free some space, or name another folder in {CACHE_VARIABLE}.",
        ) from error


def _sweep(folder: Path) -> None:
    """Remove what a conversion left that was killed."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED:
                part.unlink()
