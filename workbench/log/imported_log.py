"""A log that came from somebody else: verified as bytes first, then built into a DuckDB file of our own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from casefiles.files.disk import guarded
from casefiles.log import auditlog
from casefiles.log.auditlog import AuditLogFiles
from casefiles.log.export import SUFFIX
from casefiles.log.record import parse
from casefiles.status import Refusal
from casefiles.verification.steps import Verification
from casefiles.verify import verify
from workbench.contract.comparison import Array
from workbench.log.blobs import Blobs
from workbench.log.entry import Entry
from workbench.log.records import ResultRecord
from workbench.log.stored_log import Row, StoredLog, create_table


class ImportedLog(StoredLog):
    """The verified records of an exported log, with the arrays that came with them."""

    def __init__(self, path: Path, files: AuditLogFiles) -> None:
        super().__init__(path)
        self._blobs = Blobs(files.path / "blobs")
        self.report = files.optional("report.dsse.json")
        """The signed report it was handed in with, if there is one."""

    def arrays(self, entry: Entry) -> Mapping[str, Array]:
        """The side-car arrays of a result record. Raises KeyError if they were left out of the export."""
        return self._blobs.get(entry.as_(ResultRecord).blobs)


@contextmanager
def imported(path: Path, verification: Verification) -> Iterator[ImportedLog]:
    """Open an exported log that was verified; the database lasts as long as the block.

    Raises Refusal if the verification failed, or was of something else.
    """
    if not verification.ok or verification.kind != "log":
        failure = verification.failure
        raise Refusal(
            failure.code if failure else "log.not-a-log", f"{path.name} is not used.",
            f"{failure.sentence} {failure.detail}" if failure else "It is no exported log.",
            "It is a session: export it first, with `workbench export`." if (path / StoredLog.FILE).exists()
            else "Ask the auditor to export the log again.",
        )  # fmt: skip
    files = auditlog.read(path)
    if (files.export.checkpoint.root.hex(), files.export.checkpoint.size) != (verification.root, verification.records):
        raise Refusal("log.file-changed", f"{path.name} changed.", "It is not what was verified.", "Verify it again.")
    with guarded("A temporary database could not be made."), tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / StoredLog.FILE
        create_table(database, _rows(files))
        with ImportedLog(database, files) as log:
            yield log


@contextmanager
def open_records(path: Path) -> Iterator[StoredLog]:
    """The records of a session folder of ours, or of an exported log, which is verified first.

    Raises Refusal for anything else.
    """
    if path.suffix == SUFFIX:
        with imported(path, verify(path)) as log:
            yield log
    else:
        with StoredLog(path / StoredLog.FILE) as session:
            yield session


def _rows(files: AuditLogFiles) -> Iterator[Row]:
    for record in files.records():
        body = parse(record.body)
        yield body.seq, body.ts_us, body.kind, body.session, record.body, record.leaf, record.root, record.sig
