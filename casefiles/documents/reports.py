"""What a signed report says about the log it rests on: as much as custody needs, and nothing of its meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from casefiles.documents import signed
from casefiles.documents.signed import DocumentKind, OpenedDocument
from casefiles.keys.identity import VerifyKey

KIND: Final = DocumentKind("report", by="auditor", author="its author")
PAYLOAD_TYPE: Final = KIND.payload_type


@dataclass(frozen=True)
class ReportClaims:
    """The case, the log and the records that a report names."""

    case: str
    origin: str
    size: int
    root: str
    cited: tuple[tuple[int, str], ...]
    """Number and leaf of each record it cites."""
    auditor: VerifyKey
    ticket: str | None
    digest: str
    """SHA-256 of the signed payload."""
    said: str
    """`modified`, `clean` or `inconclusive`."""
    probability: float
    """That the model was modified, as its auditor gives it."""
    named: Mapping[str, Any]
    """What it says of its case."""

    @classmethod
    def read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        """Verify a signed report and read what it claims; Refusal if it does not hold."""
        return signed.read(data, KIND, trusted, cls._of)

    @classmethod
    def _of(cls, document: OpenedDocument) -> Self:
        value = document.value
        log, said, cited = (
            value["log"],
            value["conclusion"],
            tuple((item["seq"], item["leaf"]) for item in value["cited"]),
        )
        case, origin, root = value["case"]["digest"], log["origin"], log["root"]
        signed.check_digests((case, root, *(leaf for _, leaf in cited)))
        if any(seq < 0 for seq, _ in cited):
            raise ValueError("a citation has no number")
        return cls(
            case, origin, log["size"], root, cited, document.signer, value["ticket"], document.digest,
            said["verdict"], said["probability"], value["case"],
        )  # fmt: skip
