"""The judge's verdict on a report: what was verified, what the truth was, and how the report scored."""

from __future__ import annotations

import hashlib
from typing import Final, Literal, Self

from pydantic import Field

from casefiles.files import canonical
from casefiles.status import Refusal
from casefiles.verification.steps import REMARKS
from workbench.contract.comparison import Agreement
from workbench.document import Document
from workbench.judge.matching import Ruling
from workbench.judge.replay import ReplayedRecord
from workbench.judge.score_sheet import Adjudication, Grade, Scores
from workbench.report.provenance import CaseName, LogState, Signer

PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.verdict+json"


class Check(Document):
    """One step of verification, with its code from the table of status codes."""

    stage: str
    code: str
    sentence: str
    detail: str = ""


class Replay(Document):
    """How recorded results compare with the model's own; nothing is claimed for what was not replayed."""

    status: Literal["not replayed", "replayed"] = "not replayed"
    exact: int = Field(0, ge=0)
    tolerant: int = Field(0, ge=0)
    diverged: int = Field(0, ge=0)
    unreplayable: int = Field(0, ge=0)
    note: str = ""
    records: tuple[ReplayedRecord, ...] = ()
    """What came of each result, and the bound it was held against."""

    @property
    def doubted(self) -> frozenset[int]:
        """Results that the replay did not confirm, because they diverged or could not be replayed."""
        wanting = (Agreement.DIVERGED, Agreement.UNREPLAYABLE)
        return frozenset(record.seq for record in self.records if record.agreement in wanting)


class RevealedTruth(Document):
    """What was sealed, bound to the case by its commitment."""

    commitment: str
    ciphertext_sha256: str
    digest: str
    """SHA-256 of the plaintext as it was sealed."""
    modified: bool
    summary: str


class Verdict(Document):
    """A verdict. It changes only by another one that names it as `previous` and carries one adjudication more."""

    format: Literal["audit-workbench/verdict/1"] = "audit-workbench/verdict/1"
    workbench: str
    issued_us: int
    case: CaseName
    report: str
    """SHA-256 of the report's payload."""
    log: LogState
    """As the judge verified it: `witnessed` counts receipts the judge has checked."""
    auditor: Signer
    verification: tuple[Check, ...]
    replay: Replay
    truth: RevealedTruth
    scores: Scores
    grades: tuple[Grade, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    adjudications: tuple[Adjudication, ...] = ()
    previous: str | None = None
    """SHA-256 of the payload of the verdict this one follows."""
    judge: Signer

    def payload(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical.encode(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.payload()).hexdigest()

    @property
    def holds(self) -> bool:
        """Whether no check failed; what was not proven is among the checks all the same."""
        return all(check.code == "ok" or check.code in REMARKS for check in self.verification)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a payload; raises Refusal `verdict.malformed`."""
        try:
            verdict = cls.model_validate(canonical.decode_canonical(payload))
            if verdict.payload() != payload:
                raise ValueError("a value is not written as its type would be")
        except ValueError as error:
            raise Refusal(
                "verdict.malformed", "The verdict cannot be read.", str(error).split("\n")[0] + ".",
                "Ask the judge for the original.",
            ) from None  # fmt: skip
        return verdict
