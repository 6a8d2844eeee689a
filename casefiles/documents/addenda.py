"""What a signed addendum of known issues says about itself: as much as custody needs, and none of the issues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from casefiles.documents import signed
from casefiles.documents.signed import DocumentKind, OpenedDocument
from casefiles.keys.identity import VerifyKey

KIND: Final = DocumentKind("addendum", by="judge", author="the judge")
PAYLOAD_TYPE: Final = KIND.payload_type


@dataclass(frozen=True)
class AddendumClaims:
    """The case that an addendum is about, who signed it and when."""

    case: str
    judge: VerifyKey
    issued_us: int
    """Microseconds since the epoch, UTC, by the judge's clock."""
    digest: str
    named: Mapping[str, Any]
    """What it says of its case."""

    @classmethod
    def read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        """Verify a signed addendum and read what it claims; Refusal if it does not hold."""
        return signed.read(data, KIND, trusted, cls._of)

    @classmethod
    def _of(cls, document: OpenedDocument) -> Self:
        case = document.value["case"]["digest"]
        signed.check_digests((case,))
        return cls(case, document.signer, document.value["issued_us"], document.digest, document.value["case"])
