"""What is remembered of a log's records while they pass by once, and what each must say to the ones before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from casefiles.custody.ticket import Ticket
from casefiles.log.auditlog import AuditLogFiles, refused
from casefiles.log.checkpoint import Checkpoint, session_of
from casefiles.log.ledger import Ledger
from casefiles.log.restriction import widening
from casefiles.verification.examination import Assignment, Facts, ResultSeen
from casefiles.verification.trust import Trust


@dataclass
class SeenRecords:
    """What is remembered of the records while they pass by."""

    files: AuditLogFiles
    permit: Ticket | None
    trust: Trust
    every_signature: bool
    cited_records: frozenset[int] = frozenset()
    ledger: Ledger = field(default_factory=Ledger)
    roots: dict[int, bytes] = field(default_factory=dict)
    """The root at the end of each file of records, and at each size a receipt, the report or the register speaks of."""
    ends: list[tuple[Checkpoint, bytes]] = field(default_factory=list)
    """The checkpoint at the end of each file of records, and the signature that stands there."""
    cited: dict[int, bytes] = field(default_factory=dict)
    genesis: dict[str, Any] = field(default_factory=dict)
    open_intents: set[int] = field(default_factory=set)
    reports: set[str] = field(default_factory=set)
    """Digests of the reports that the log says were handed in with it."""
    named_blobs: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    """For each blob that came along, the arrays that records expect in it."""
    cited_blobs: set[str] = field(default_factory=set)
    other_blobs: int = 0
    backwards: int = 0
    first_back: int = 0
    last_us: int = 0
    bad_signature: int | None = None
    complete: bool = False

    def __post_init__(self) -> None:
        self._origin = self.files.export.checkpoint.origin
        self._blobs = frozenset(self.files.export.blobs)

    def assignments(self, sizes: set[int]) -> list[Assignment]:
        """What each file of records shall be examined for; `sizes` are those at which the root is wanted."""
        self.roots[0] = self.ledger.root
        return [
            Assignment(
                files=part,
                session=session_of(self._origin),
                cited=frozenset(seq for seq in self.cited_records if part.start <= seq < part.stop),
                cuts=tuple(sorted(size for size in sizes if part.start < size < part.stop)),
                all_leaves=self.every_signature,
            )
            for part in self.files.segments()
        ]

    def take(self, facts: Facts) -> None:
        """Take note of a file of records in its turn; Refusal if anything in it is not what it should be."""
        if facts.genesis is not None:
            self._genesis(facts.genesis)
        for probe in facts.probes:
            if isinstance(probe, ResultSeen):
                self._result(*probe)
            else:
                self.open_intents.add(probe.seq)
        if facts.problem:
            raise refused(*facts.problem)
        self.reports |= set(facts.reports)
        self.cited |= facts.cited
        self._time(facts)
        if self.every_signature:
            self._check_signatures(facts)
        for size, subtrees in facts.grafts:
            for height, digest in subtrees:
                self.ledger.graft(height, digest)
            self.roots[size] = self.ledger.root
        self.ends.append((Checkpoint(self._origin, self.ledger.size, self.ledger.root), facts.signatures[-64:]))

    def finish(self) -> None:
        stated = self.files.export.checkpoint
        if self.ledger.size != stated.size:
            raise refused("log.truncated", f"{stated.size} records are stated, {self.ledger.size} are there.")
        if self.ledger.root != stated.root:
            raise refused("log.root", f"They add up to {self.ledger.root.hex()}.")
        self.complete = True

    def _time(self, facts: Facts) -> None:
        if facts.first_us < self.last_us:
            self.first_back = self.first_back if self.backwards else self.ledger.size
            self.backwards += 1
        if facts.backwards:
            self.first_back = self.first_back if self.backwards else facts.first_back
            self.backwards += facts.backwards
        self.last_us = facts.last_us

    def _check_signatures(self, facts: Facts) -> None:
        ledger = self.ledger.copy()
        for index, leaf in enumerate(facts.leaves):
            checkpoint = Checkpoint(self._origin, ledger.size + 1, ledger.append(leaf))
            signature = facts.signatures[64 * index : 64 * index + 64]
            if self.bad_signature is None and not checkpoint.verify(signature, self.files.export.auditor):
                self.bad_signature = checkpoint.size - 1

    # -- what single kinds of records must say

    def _genesis(self, data: dict[str, Any]) -> None:
        auditor = data.get("auditor")
        if not isinstance(auditor, dict) or auditor.get("verify") != self.files.export.auditor.text:
            raise refused("log.genesis", "It names another auditor than the one who signed the export.")
        if not isinstance(data.get("case"), str) or "ticket" not in data:
            raise refused("log.genesis", "It does not name the case, or does not say whether there was a ticket.")
        if not self._names_the_ticket(data["ticket"]):
            raise refused("ticket.mismatch", "The first record speaks of another ticket, or of none.")
        if self.permit and data["case"] != self.permit.case_digest:
            raise refused("ticket.other-case", f"The log is of case {data['case']}.")
        if self.trust.case is not None and data["case"] != self.trust.case:
            raise refused("log.genesis", f"The log is of case {data['case']}.")
        if self.trust.manifest is not None and (told := self.trust.manifest.misnamed(data)):
            raise refused("case.misnamed", told)
        self._rules(data.get("rules"), data.get("restriction"))
        self.genesis = data

    def _names_the_ticket(self, said: Any) -> bool:
        """Whether the ticket in the first record is the one that came along; none, if there was none."""
        if said is None or self.permit is None:
            return said is None and self.permit is None
        try:
            return Ticket.from_json(said) == self.permit
        except ValueError:
            return False

    def _rules(self, rules: Any, restriction: Any) -> None:
        if not isinstance(rules, dict):
            raise refused("log.genesis", "It does not state the rules of engagement.")
        if self.trust.manifest is not None and rules != self.trust.manifest.rules:
            raise refused("log.rules", "They are not those of the case's manifest.")
        if restriction is None:
            return
        wider = widening(rules, restriction) if isinstance(restriction, dict) else "it is not one of rules"
        if wider:
            raise refused("log.restriction", f"{wider[:1].upper()}{wider[1:]}.")

    def _result(self, seq: int, intent: Any, arrays: Any) -> None:
        if type(intent) is not int or intent not in self.open_intents:
            raise refused("log.door", f"Record {seq} answers {intent!r}.")
        self.open_intents.discard(intent)
        if not isinstance(arrays, dict):
            raise refused("log.record", f"Record {seq}: a result says which arrays it has.")
        for name, array in arrays.items():
            self._array(seq, name, array)

    def _array(self, seq: int, name: str, array: Any) -> None:
        if not isinstance(array, dict) or not isinstance(array.get("sha256"), str):
            raise refused("log.record", f"Record {seq}: an array has a digest.")
        digest = array["sha256"]
        if digest in self._blobs:
            self.named_blobs.setdefault(digest, []).append((name, array))
        elif seq not in self.cited_records:
            self.other_blobs += 1
        if seq in self.cited_records:
            self.cited_blobs.add(digest)
