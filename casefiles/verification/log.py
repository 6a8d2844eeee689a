"""Verifying an exported audit log in one pass over its records, without trusting the machine it came from.

What is proven by what:
- the auditor's signed list binds every byte of the export to the auditor's key;
- the signed checkpoint at the end of each file of records binds all records before it, in their order, to one root;
- each record's own signature is checked if `every_signature` is asked for; the ones above already bind the records,
  so this shows only that the signatures, too, are the ones made when the records were;
- the ticket ties the log to one case, auditor and session, so that a second log under it claims the same origin;
- a witness' receipt shows that the records up to its size existed when it was given. Past the last receipt the auditor
  could still have written another history: those records are called unwitnessed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from casefiles.counted import counted
from casefiles.custody import ticket
from casefiles.custody.receipt import Receipt
from casefiles.custody.register import Known
from casefiles.custody.ticket import Ticket
from casefiles.documents.reports import ReportClaims
from casefiles.documents.verdicts import VerdictClaims
from casefiles.keys.identity import VerifyKey
from casefiles.log import export, record
from casefiles.log.auditlog import AuditLogFiles, refused
from casefiles.log.checkpoint import NoteSignature, SignedNote, key_id, origin_of, parse
from casefiles.status import Refusal
from casefiles.verification.arrays import check_arrays
from casefiles.verification.examination import examine_all
from casefiles.verification.seen_records import SeenRecords
from casefiles.verification.steps import Findings, Stage, StageListener, Verification
from casefiles.verification.trust import Trust

_END: Final = frozenset({"resumed", "report"})
"""The kinds of record that a session which is handed in ends with; none of them holds an observation or a claim."""
_LONGEST_END: Final = 64
"""More records than that are no end."""


class LogVerifier:
    """One verification of one exported log."""

    def __init__(
        self,
        path: Path,
        trust: Trust,
        *,
        every_signature: bool = False,
        processes: int = 1,
        report: bytes | None = None,
        progress: StageListener | None = None,
    ) -> None:
        """`report` stands in for the one in the export, if a report was handed over by itself."""
        self._path, self._trust, self._every_signature = path, trust, every_signature
        self._processes = processes
        self._progress = progress or (lambda stage, done, total: None)
        self._found = Findings()
        self._stage = Stage.ENVELOPE
        self._report = report
        self._files: AuditLogFiles | None = None
        self._seen: SeenRecords | None = None
        self._claimed: ReportClaims | None = None
        self._witnessed = 0

    def run(self) -> Verification:
        """Look at everything in order, up to the first failure."""
        try:
            files = self._envelope()
            self._check_files(files)
            permit = self._ticket(files)
            claims, problem = self._claims(files)
            self._claimed = claims
            receipts = self._parsed_receipts(files)
            seen = self._records(files, permit, claims, receipts)
            self._checkpoints(files, seen)
            self._receipts(files, seen, receipts, permit)
            self._check_report(files, seen, claims, problem, permit)
            self._blobs(files, seen, claims)
            self._found.remark(Stage.REPLAY, "replay.not-checked")
            self._found.remark(Stage.COMMITMENT, "truth.not-checked")
        except Refusal as refusal:
            self._found.fails(self._stage, refusal)
        return self._verification()

    def bears(self, claims: VerdictClaims) -> bool:
        """Whether a verdict is about the log and the report that were just verified."""
        listed, told = self._files, self._claimed
        if listed is None or told is None:
            return False
        about = (told.case, told.digest, told.origin, told.size, told.root, told.auditor)
        return about == (claims.case, claims.report, claims.origin, claims.size, claims.root, claims.auditor)

    @property
    def reported(self) -> str:
        """The digest of the report that was just verified; empty if there is none that could be read."""
        return self._claimed.digest if self._claimed is not None else ""

    def misquoted(self, claims: VerdictClaims) -> str:
        """What a verdict says otherwise of the conclusion of the report that was just verified, in a sentence."""
        return claims.misquotes(self._claimed) if self._claimed is not None else ""

    def _verification(self) -> Verification:
        steps = tuple(self._found.steps)
        if self._files is None:
            return Verification("log", steps)
        listed = self._files.export
        complete = self._seen is not None and self._seen.complete
        return Verification(
            kind="log",
            steps=steps,
            signers=(listed.auditor,),
            origin=listed.checkpoint.origin,
            records=listed.checkpoint.size if complete else 0,
            witnessed=self._witnessed,
            root=listed.checkpoint.root.hex(),
            digest=self._files.digest,
            listed=self._files.digest,
        )

    # -- the stages

    def _envelope(self) -> AuditLogFiles:
        files = AuditLogFiles.open(self._path, self._trust.auditors)
        self._files = files
        whose = f"Signed by {files.export.auditor.fingerprint}."
        if self._trust.auditors is None:
            whose += " Nobody said whose log this should be: compare the fingerprint with its owner."
        self._found.holds(Stage.ENVELOPE, "The list of the export's files is signed.", whose)
        return files

    def _check_files(self, files: AuditLogFiles) -> None:
        self._stage = Stage.FILES
        files.check_files(lambda done, total: self._progress(Stage.FILES, done, total))
        count = len(files.export.files)
        self._found.holds(
            Stage.FILES, "The folder holds exactly the listed files, byte for byte.", f"{counted(count, 'file')}."
        )

    def _ticket(self, files: AuditLogFiles) -> Ticket | None:
        self._stage = Stage.TICKET
        data = files.optional(export.TICKET)
        if data is None:
            self._found.remark(Stage.TICKET, "ticket.none")
            return None
        permit = ticket.verified(data, self._trust.judge)
        if permit.auditor != files.export.auditor:
            raise refused("ticket.other-auditor", f"It was issued to {permit.auditor.fingerprint}.")
        if origin_of(permit.session_id) != files.export.checkpoint.origin:
            raise refused("ticket.other-session", f"It allows session {permit.session_id}.")
        if self._trust.case is not None and permit.case_digest != self._trust.case:
            raise refused("ticket.other-case", f"It is for case {permit.case_digest}.")
        if self._trust.judge is None:
            self._found.remark(Stage.TICKET, "ticket.unknown-judge")
        else:
            self._found.holds(Stage.TICKET, "The judge allowed this session, once.", f"Ticket {permit.ticket_id}.")
        return permit

    def _claims(self, files: AuditLogFiles) -> tuple[ReportClaims | None, Refusal | None]:
        """What the report says of the log, read early because the records pass by once; judged in its own turn."""
        data = self._report if self._report is not None else files.optional(export.REPORT)
        if data is None:
            return None, None
        try:
            return ReportClaims.read(data, (files.export.auditor,)), None
        except Refusal as refusal:
            return None, refusal

    def _parsed_receipts(self, files: AuditLogFiles) -> list[tuple[Receipt | None, str]]:
        """The receipts with their names; None for one that cannot be read, which is said in its turn."""
        parsed: list[tuple[Receipt | None, str]] = []
        for name in files.export.receipts:
            try:
                parsed.append((Receipt.parse(files.read(name)), name))
            except ValueError:
                parsed.append((None, name))
        return parsed

    def _records(
        self,
        files: AuditLogFiles,
        permit: Ticket | None,
        claims: ReportClaims | None,
        receipts: list[tuple[Receipt | None, str]],
    ) -> SeenRecords:
        self._stage = Stage.RECORDS
        seen = SeenRecords(files, permit, self._trust, self._every_signature)
        self._seen = seen
        sizes = {receipt.checkpoint.size for receipt, _ in receipts if receipt}
        if known := self._known(files):
            sizes |= {state.size for state in known.seen}
        if claims:
            sizes.add(claims.size)
            seen.cited_records = frozenset(seq for seq, _ in claims.cited)
        tasks = seen.assignments(sizes)
        for facts in examine_all(tasks, self._processes):
            seen.take(facts)
            self._progress(Stage.RECORDS, seen.ledger.size, tasks[-1].files.stop)
        seen.finish()
        self._found.holds(
            Stage.RECORDS,
            "The records are numbered without a gap, canonical, and add up to the root.",
            f"{counted(seen.ledger.size, 'record')}.",
        )
        if seen.backwards:
            self._found.remark(
                Stage.RECORDS, "log.clock", f"{counted(seen.backwards, 'time')}, first at record {seen.first_back}."
            )
        if seen.open_intents:
            self._found.remark(
                Stage.RECORDS, "log.orphans", f"{counted(len(seen.open_intents), 'intent')} without a result."
            )
        return seen

    def _checkpoints(self, files: AuditLogFiles, seen: SeenRecords) -> None:
        self._stage = Stage.CHECKPOINTS
        listed = files.export
        notes = _notes(files.read(export.CHECKPOINTS))
        if len(notes) != len(seen.ends):
            raise refused("checkpoint.malformed", f"There are {len(notes)} of them for {len(seen.ends)} files.")
        for note, (checkpoint, signature) in zip(notes, seen.ends, strict=True):
            if note.checkpoint.origin != checkpoint.origin:
                raise refused("checkpoint.other-log", f"It is of {note.checkpoint.origin}.")
            if note.checkpoint != checkpoint:
                raise refused("checkpoint.root", f"At {checkpoint.size} records.")
            line = NoteSignature(checkpoint.origin, key_id(checkpoint.origin, listed.auditor.raw), signature)
            if note.signatures != (line,) or not checkpoint.verify(signature, listed.auditor):
                raise refused("checkpoint.signature", f"At {checkpoint.size} records.")
        if seen.bad_signature is not None:
            raise refused("checkpoint.signature", f"At record {seen.bad_signature}.")
        checked = seen.ledger.size if self._every_signature else len(notes)
        self._found.holds(
            Stage.CHECKPOINTS,
            "The auditor signed the log's size and root.",
            f"{checked} of {seen.ledger.size} signatures checked; the last one binds every record before it.",
        )

    def _receipts(
        self, files: AuditLogFiles, seen: SeenRecords, receipts: list[tuple[Receipt | None, str]], permit: Ticket | None
    ) -> None:
        self._stage = Stage.RECEIPTS
        size = seen.ledger.size
        unknown = list[Receipt]()
        for receipt, name in receipts:
            if receipt is None:
                raise refused("receipt.malformed", name)
            if not self._receipt(receipt, files.export.checkpoint.origin, seen):
                unknown.append(receipt)
        if unknown:  # one remark for all: a log may bring millions, among which no other would be seen
            last = max(unknown, key=lambda one: one.checkpoint.size)
            more = f", and {counted(len(unknown) - 1, 'receipt')} more" if len(unknown) > 1 else ""
            told = f"{last.witness}, {counted(last.checkpoint.size, 'record')}{more}."
            self._found.remark(Stage.RECEIPTS, "receipt.unknown-witness", told)
        if self._trust.register is not None:
            self._check_register(self._known(files), files.export.auditor, seen, permit)
        if self._witnessed:
            self._found.holds(
                Stage.RECEIPTS,
                f"Witnessed to {self._witnessed} of {size}.",
                "These records cannot be changed any more.",
            )
        elif not receipts:
            self._found.remark(Stage.RECEIPTS, "receipt.none")
        if self._witnessed < size:
            code = "log.unwitnessed-end" if self._ends_at_receipt(files, size) else "log.unwitnessed"
            self._found.remark(Stage.RECEIPTS, code, f"No receipt here covers records {self._witnessed} to {size - 1}.")

    def _check_register(
        self, known: Known | None, auditor: VerifyKey, seen: SeenRecords, permit: Ticket | None
    ) -> None:
        """That the log continues what was seen of it here, and whether it was judged before."""
        size = seen.ledger.size
        if known is None:
            if permit is not None:
                self._found.remark(Stage.RECEIPTS, "register.unknown-ticket", f"Ticket {permit.ticket_id}.")
            return
        if known.auditor != auditor:
            raise refused("receipt.other-auditor", f"It is that of {known.auditor.fingerprint}.")
        within = [state for state in known.seen if state.size <= size]
        for state in within:
            if seen.roots[state.size] != state.root:
                code = "ticket.reused" if permit else "receipt.root"
                raise refused(code, f"The first {state.size} records differ from those seen here before.")
        if known.last is not None and known.last.size > size:
            unsure = "" if within or not permit else " Or it is a second log under the same ticket."
            raise refused(
                "receipt.cut",
                f"{counted(known.last.size, 'record was', 'records were')} seen here, {size} are shown.{unsure}",
            )
        if known.witnessed is not None:
            self._witnessed = max(self._witnessed, known.witnessed.size)
        if known.judged is not None and known.judged.size < size:
            added = f"It had {counted(known.judged.size, 'record')} then, and has {size} now."
            self._found.remark(Stage.RECEIPTS, "ticket.judged", added)

    def _ends_at_receipt(self, files: AuditLogFiles, size: int) -> bool:
        """Whether all that follows the last receipt is how a session ends: every witnessed session ends so, because
        handing in takes it up again and signs the report."""
        if not 0 < self._witnessed < size or size - self._witnessed > _LONGEST_END:
            return False
        kinds = set()
        for part in files.segments():
            if part.stop > self._witnessed:
                lines, _ = part.read()
                kinds |= {record.parse(line).kind for line in lines[max(0, self._witnessed - part.start) :]}
        return kinds <= _END

    def _receipt(self, receipt: Receipt, origin: str, seen: SeenRecords) -> bool:
        """Whether it is by a witness that is known. Raises Refusal if it does not hold."""
        checkpoint = receipt.checkpoint
        if checkpoint.origin != origin:
            raise refused("receipt.other-log", f"It is for {checkpoint.origin}.")
        if checkpoint.size > seen.ledger.size:
            raise refused(
                "receipt.cut",
                f"{counted(checkpoint.size, 'record was', 'records were')} witnessed, {seen.ledger.size} are shown.",
            )
        if seen.roots[checkpoint.size] != checkpoint.root:
            raise refused("receipt.root", f"At {checkpoint.size} records.")
        named = [key for key in self._trust.all_witnesses if receipt.names(key)]
        if not named:
            return False
        if not any(receipt.signed_by(key) for key in named):
            raise refused("receipt.signature", f"{receipt.witness}, {counted(checkpoint.size, 'record')}.")
        self._witnessed = max(self._witnessed, checkpoint.size)
        return True

    def _known(self, files: AuditLogFiles) -> Known | None:
        if self._trust.register is None:
            return None
        return self._trust.register.known(files.export.checkpoint.origin)

    def _check_report(
        self,
        files: AuditLogFiles,
        seen: SeenRecords,
        claims: ReportClaims | None,
        problem: Refusal | None,
        permit: Ticket | None,
    ) -> None:
        self._stage = Stage.REPORT
        if problem:
            raise problem
        if claims is None:
            self._found.remark(Stage.REPORT, "report.none")
            return
        if claims.origin != files.export.checkpoint.origin:
            raise refused("report.other-log", f"It is about {claims.origin}.")
        if claims.auditor != files.export.auditor:
            raise refused("report.other-log", f"It names {claims.auditor.fingerprint} as its auditor.")
        if claims.case != seen.genesis["case"]:
            raise refused("report.other-case", f"It is about case {claims.case}.")
        self._trust.check_about(claims.named)
        if claims.ticket != (permit.ticket_id if permit else None):
            raise refused("report.other-log", "It names another ticket than the log, or none.")
        if claims.size > seen.ledger.size or seen.roots[claims.size].hex() != claims.root:
            raise refused("report.root", f"It states {claims.size} records; the log has {seen.ledger.size}.")
        for seq, leaf in claims.cited:
            if seq >= claims.size or seen.cited[seq].hex() != leaf:
                raise refused("report.citation", f"Record {seq} is not the one the report cites.")
        beside = self._handed_in(files, seen, claims.digest)
        late = sorted({seq for seq, _ in claims.cited if seq >= self._witnessed})
        self._found.holds(
            Stage.REPORT,
            "The report was written on this log; what it cites is there.",
            f"{counted(len(claims.cited), 'record')}.",
        )
        if beside is not None:
            self._found.remark(Stage.REPORT, *beside)
        if late:
            self._found.remark(
                Stage.REPORT,
                "log.unwitnessed",
                f"The report cites {counted(len(late), 'record')} that no receipt here covers, from {late[0]} on.",
            )

    def _handed_in(self, files: AuditLogFiles, seen: SeenRecords, digest: str) -> tuple[str, str] | None:
        """What is to be said of the report beside those that the log was handed in with: an auditor can write many on
        one log. Refusal if it is none of them."""
        data = files.optional(export.REPORT)
        brought = ReportClaims.read(data, (files.export.auditor,)).digest if data is not None else None
        told = seen.reports or ({brought} if brought is not None else set())
        if not told:
            return "report.unrecorded", f"It is report {digest}."
        if digest not in told:
            raise refused("report.not-handed-in", f"It is report {digest}; the log was handed in with {_some(told)}.")
        return None if brought in (None, digest) else ("report.replaced", f"It brings report {brought}.")

    def _blobs(self, files: AuditLogFiles, seen: SeenRecords, claims: ReportClaims | None) -> None:
        self._stage = Stage.BLOBS
        present = set(files.export.blobs)
        if unnamed := present - seen.named_blobs.keys():
            raise refused("blob.unnamed", min(unnamed))
        if missing := seen.cited_blobs - present:
            raise refused("blob.missing", min(missing))
        for digest in sorted(present):
            check_arrays(files.blob(digest), digest, seen.named_blobs[digest])
        self._found.holds(
            Stage.BLOBS, "The arrays that came along are those the records name.", f"{counted(len(present), 'file')}."
        )
        if seen.other_blobs:
            self._found.remark(
                Stage.BLOBS,
                "blob.left-out",
                f"{counted(seen.other_blobs, 'record names', 'records name')} such arrays.",
            )


def _some(digests: set[str]) -> str:
    first, *more = sorted(digests)
    return first + (f" and {len(more)} more" if more else "")


def _notes(data: bytes) -> list[SignedNote]:
    """The signed notes of a file: five lines each."""
    lines = data.split(b"\n")
    if lines.pop() or len(lines) % 5:
        raise refused("checkpoint.malformed", "The file is not one of signed notes.")
    try:
        return [parse(b"\n".join(lines[i : i + 5]) + b"\n") for i in range(0, len(lines), 5)]
    except ValueError as error:
        raise refused("checkpoint.malformed", f"{error}.") from None
