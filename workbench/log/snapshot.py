"""The records of a session that another process goes on with, as they stood a moment ago.

DuckDB lets nobody read a file that somebody else has open to write. Until its next checkpoint, which changes the
database, what is written is only added to the file beside it; and that one, cut anywhere, opens as the records up to
there. So a copy of both, the database first, holds at least what was acknowledged when it was begun, if the database
did not change meanwhile and the records add up to the root that the last of them states.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casefiles.files.disk import guarded
from casefiles.files.unfinished import scratch
from casefiles.log import ledger
from casefiles.status import Refusal
from workbench.log.stored_log import AHEAD, StoredLog

_TRIES, _PAUSE_S = 40, 0.05


@contextmanager
def reading(path: Path) -> Iterator[StoredLog]:
    """A session's log to read; from a copy, while another process has it open. Raises Refusal as `StoredLog` does."""
    try:
        log = StoredLog(path)
    except Refusal as refusal:
        if refusal.code != "session.locked":
            raise
    else:
        with log:
            yield log
        return
    with scratch("snapshot") as folder, _snapshot(path, folder) as copied:
        yield copied


def _snapshot(path: Path, folder: Path) -> StoredLog:
    for _ in range(_TRIES):
        copied = _copied(path, folder / path.name)
        if copied is not None:
            return copied
        time.sleep(_PAUSE_S)
    raise Refusal(
        "session.locked", f"{path} is in use.", "Another process writes to it without a pause.",
        "Wait until its probe has ended and try again.",
    )  # fmt: skip


def _copied(path: Path, to: Path) -> StoredLog | None:
    """The copy, unless the log came to a checkpoint meanwhile."""
    ahead, to_ahead = (file.with_name(file.name + AHEAD) for file in (path, to))
    with guarded(f"{path} could not be copied."):
        before = _state(path)
        shutil.copyfile(path, to)
        to_ahead.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):  # all of it stands in the database
            shutil.copyfile(ahead, to_ahead)
        if _state(path) != before:
            return None
    try:
        log = StoredLog(to)
    except Refusal:  # cut in the middle of something
        return None
    if log.size and ledger.root(log.leaves()) == log.root:
        return log
    log.close()
    return None


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
