"""Keep the traceback of a defect where its finder can be asked for it."""

from __future__ import annotations

import time
from pathlib import Path

from workbench import places
from workbench.version import VERSION


def write_crash_file(trace: str) -> Path | str:
    """The file's path, or a word on why there is none: a full disk must not hide the defect itself."""
    path = places.crashes() / f"{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**9:09d}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Audit Workbench {VERSION}\n{trace}", encoding="utf-8")
    except OSError as error:
        return f"no crash file, {error.strerror}"
    return path
