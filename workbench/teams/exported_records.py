"""The records of a verified export, read straight from its files: for whoever goes through them once or twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Self

from casefiles.log import auditlog
from casefiles.log.auditlog import AuditLogFiles
from casefiles.log.record import parse
from casefiles.status import Refusal
from casefiles.verification.steps import Verification
from workbench.log.entry import Entry


class ExportedRecords:
    """Read access to the records of an export that was verified as a log."""

    def __init__(self, files: AuditLogFiles) -> None:
        self._files = files
        self.report = files.optional("report.dsse.json")
        """The signed report it was handed in with, if there is one."""

    @classmethod
    def of(cls, path: Path, verification: Verification) -> Self:
        """Raises Refusal with the code of what failed, or if it is no log, or changed since."""
        if not verification.ok or verification.kind != "log":
            failure = verification.failure
            raise Refusal(
                failure.code if failure else "log.not-a-log", f"{path.name} is not compared.",
                f"{failure.sentence} {failure.detail}".strip() if failure else "It is no exported log.",
                "Ask its auditor to export the log again, or leave it out.",
            )  # fmt: skip
        files = auditlog.read(path)
        if files.digest != verification.listed:
            raise Refusal("log.file-changed", f"{path.name} changed.", "It is not what was verified.", "Compare again.")
        return cls(files)

    @property
    def size(self) -> int:
        return self._files.export.checkpoint.size

    @property
    def root(self) -> bytes:
        return self._files.export.checkpoint.root

    def entry(self, seq: int) -> Entry:
        """One record. Raises KeyError if there is none with that number."""
        for entry in self.entries():
            if entry.seq == seq:
                return entry
        raise KeyError(seq)

    def entries(self, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        """All records, oldest first, or those of some kinds."""
        for record in self._files.records():
            body = parse(record.body)
            if kinds is None or body.kind in kinds:
                yield Entry(body.seq, body.ts_us, body.kind, body.data, record.body)
