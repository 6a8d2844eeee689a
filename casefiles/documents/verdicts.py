"""What a signed verdict says about the documents it rests on: as much as custody needs, and nothing of its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from casefiles.documents import signed
from casefiles.documents.signed import DocumentKind, OpenedDocument
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
            case, report, log["origin"], log["size"], log["root"], document.signer, commitment, document.digest
        )  # fmt: skip
