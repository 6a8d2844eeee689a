"""A log that came from somebody else: verified as bytes first, then built into a DuckDB file of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb

from casefiles.counted import counted
from casefiles.files.disk import guarded
from casefiles.files.unfinished import scratch
from casefiles.keys.identity import PublicIdentity
from casefiles.log import auditlog
from casefiles.log.auditlog import AuditLogFiles
from casefiles.log.export import SUFFIX
from casefiles.log.record import parse
from casefiles.status import STATUS, Refusal
from casefiles.verification.steps import Stage, State, Step, Verification
from casefiles.verify import verify
from workbench import probes
from workbench.contract.comparison import Array
from workbench.contract.probe import Probe
from workbench.contract.rules import Elicitation
from workbench.contract.subject import ORGANISM
from workbench.log.blobs import Blobs
from workbench.log.custody import countersigned
from workbench.log.entry import Entry
from workbench.log.heard import HeardAnswers
from workbench.log.records import Intent, ResultRecord
from workbench.log.snapshot import reading
from workbench.log.stored_log import LOCKED_DOWN, Row, StoredLog, create_table, storage


@dataclass(frozen=True)
class Classes:
    """How forced the probes of a log were by their own arguments, and which of them state otherwise."""

    computed: dict[int, Elicitation] = field(default_factory=dict)
    """By the number of the intent; those of probes that are not known here are missing."""
    misstated: list[int] = field(default_factory=list)

    _asked: dict[int, tuple[str, Probe]] = field(default_factory=dict)
    _heard: HeardAnswers = field(default_factory=HeardAnswers)

    def take(self, seq: int, data: dict[str, Any]) -> None:
        """Take note of an intent."""
        probe = probes.asked(data.get("probe"), data.get("version"), data.get("arguments"))
        if probe is not None:
            on = str(data.get("on", ORGANISM))
            self._asked[seq] = on, probe
            heard = self._heard.by(on)
            self.computed[seq] = probe.elicitation(heard)
            if data.get("elicitation") not in (self.computed[seq], probe.elicitation_then(heard)):
                self.misstated.append(seq)

    def answer(self, data: dict[str, Any]) -> None:
        """Take note of a result: a later chat may quote it."""
        number = data.get("intent")
        asked = self._asked.pop(number, None) if type(number) is int else None
        if asked is not None:
            on, probe = asked
            self._heard.add(on, probe, probes.found(probe.kind, probe.version, data.get("result")))


class ImportedLog(StoredLog):
    """The verified records of an exported log, with the arrays that came with them."""

    TABLES = frozenset({"computed"})

    def __init__(self, path: Path, files: AuditLogFiles, misstated: Sequence[int] = ()) -> None:
        super().__init__(path)
        self._files, self._blobs = files, Blobs(files.path / "blobs")
        self.report = files.optional("report.dsse.json")
        """The signed report it was handed in with, if there is one."""
        self.misstated = tuple(misstated)
        """Intents that state another elicitation class than their arguments show, or showed to the version that asked.
        Nobody here believes them."""

    @property
    def remarks(self) -> tuple[Step, ...]:
        """What building the log showed, that verifying its bytes could not."""
        if not self.misstated:
            return ()
        code, detail = (
            "log.class-stated",
            f"{counted(len(self.misstated), 'time')}, first at record {self.misstated[0]}.",
        )
        return (Step(Stage.RECORDS, code, STATUS[code], detail, State.REMARK),)

    def witnesses(self, judge: PublicIdentity, others: Sequence[PublicIdentity], until: int) -> tuple[str, ...]:
        """Who of its case's judge and others countersigned its first `until` records, in words."""
        return countersigned(self, self._files.receipts(), (judge, *others), judge.verify, "the reader", until)

    def arrays(self, entry: Entry) -> Mapping[str, Array]:
        """The side-car arrays of a result record. Raises KeyError if they were left out of the export."""
        return self._blobs.get(entry.as_(ResultRecord).blobs)


_INSTEAD: Final = {
    "log.genesis": "Name the case that the log is about, or ask the auditor for the log as it was exported.",
    "log.too-large": "Ask the auditor for a shorter session, with fewer or shorter answers.",
    "ticket.other-case": "Name the case that the log is about.",
    "ticket.other-judge": "Name the key of the judge who issued its ticket.",
    "ticket.reused": "Look at `workbench judge list`, and ask the auditor which of the logs under this ticket counts.",
}
"""What helps where no other export of the log would."""


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
            else _INSTEAD.get(failure.code if failure else "", "Ask the auditor to export the log again."),
        )  # fmt: skip
    files = auditlog.read(path)
    if files.digest != verification.listed:
        raise Refusal("log.file-changed", f"{path.name} changed.", "It is not what was verified.", "Verify it again.")
    with guarded("A temporary database could not be made."), scratch("log") as folder:
        database, classes = folder / StoredLog.FILE, Classes()
        create_table(database, _rows(files, classes))
        _keep(database, classes)
        with ImportedLog(database, files, classes.misstated) as log:
            yield log


@contextmanager
def open_records(path: Path) -> Iterator[StoredLog]:
    """The records of a session folder of ours, also while a window has it open, or of an exported log, verified first.

    Raises Refusal for anything else.
    """
    if path.suffix == SUFFIX:
        with imported(path, verify(path)) as log:
            yield log
    else:
        with reading(path / StoredLog.FILE) as session:
            yield session


def _rows(files: AuditLogFiles, classes: Classes) -> Iterator[Row]:
    for record in files.records():
        body = parse(record.body)
        if body.kind == Intent.kind:
            classes.take(body.seq, body.data)
        elif body.kind == ResultRecord.kind:
            classes.answer(body.data)
        yield body.seq, body.ts_us, body.kind, body.session, record.body, record.leaf, record.root, record.sig


def _keep(database: Path, classes: Classes) -> None:
    """Put the computed classes beside the records, where queries find them (`columns.py`)."""
    with storage(database), duckdb.connect(database, config=LOCKED_DOWN) as connection:
        connection.execute("CREATE TABLE computed (seq BIGINT NOT NULL, class VARCHAR NOT NULL)")
        connection.execute(
            "INSERT INTO computed SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[])",
            [list(classes.computed), [str(elicitation) for elicitation in classes.computed.values()]],
        )
