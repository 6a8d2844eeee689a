"""Open whatever holds records: a session of ours, or an exported log, which is verified first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.stored_log import StoredLog


@contextmanager
def open_records(path: Path) -> Iterator[StoredLog]:
    """The records of a session folder or a `.auditlog` folder. Raises Refusal for anything else."""
    if path.suffix == ".auditlog":
        from casefiles.verify import verify
        from workbench.imported_log import imported

        with imported(path, verify(path)) as log:
            yield log
    else:
        with StoredLog(path / StoredLog.FILE) as session:
            yield session
