"""What a signed verdict says about the documents it rests on, and whether its figures contradict each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from casefiles.documents import signed
from casefiles.documents.reports import ReportClaims
from casefiles.documents.signed import DocumentKind, OpenedDocument
from casefiles.documents.verdict_figures import contradiction, misquotation
from casefiles.keys.identity import VerifyKey

KIND: Final = DocumentKind("verdict", by="judge", author="the judge")
PAYLOAD_TYPE: Final = KIND.payload_type


@dataclass(frozen=True)
class VerdictClaims:
    """The case, the report, the log and the sealed truth that a verdict names."""

    case: str
    report: str
    """SHA-256 of the report's payload."""
    origin: str
    size: int
    root: str
    judge: VerifyKey
    commitment: str | None
    """Of the ground truth that was opened; None: the case has none."""
    digest: str
    contradiction: str
    """Which of its figures does not follow from the others, in a sentence; empty: all do."""
    _value: Mapping[str, Any]

    def misquotes(self, report: ReportClaims) -> str:
        """What it says otherwise of its report's conclusion, in a sentence; empty if nothing."""
        return misquotation(self._value, report.said, report.probability)

    @classmethod
    def read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        """Verify a signed verdict and read what it claims; Refusal if it does not hold."""
        return signed.read(data, KIND, trusted, cls._of)

    @classmethod
    def _of(cls, document: OpenedDocument) -> Self:
        value = document.value
        log, case, report = value["log"], value["case"]["digest"], value["report"]
        commitment = value["truth"]["commitment"] if value["truth"] is not None else None
        signed.check_digests((case, report, log["root"], *([commitment] if commitment is not None else [])))
        return cls(
            case, report, log["origin"], log["size"], log["root"], document.signer, commitment, document.digest,
            contradiction(value), value,
        )  # fmt: skip
