"""What a signed report says about the log it rests on: as much as custody needs, and nothing of its meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

from casefiles.files import canonical, schema
from casefiles.keys import envelope as dsse
from casefiles.keys.identity import VerifyKey
from casefiles.status import Refusal

PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.report+json"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


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

    @classmethod
    def read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        """Verify a signed report and read what it claims; Refusal if it does not hold."""
        opened = dsse.read(data, PAYLOAD_TYPE, trusted=trusted)
        try:
            value: Any = canonical.decode_canonical(opened.payload)
            schema.check("report", value)
            claims = cls._of(value, sha256(opened.payload).hexdigest())
            if claims.auditor not in opened.signers:
                raise ValueError("the auditor it names has not signed it")
        except ValueError as error:
            raise _malformed(str(error)) from None
        return claims

    @classmethod
    def _of(cls, value: Any, digest: str) -> Self:
        log, cited = value["log"], tuple((item["seq"], item["leaf"]) for item in value["cited"])
        case, origin, root = value["case"]["digest"], log["origin"], log["root"]
        for text in (case, root, *(leaf for _, leaf in cited)):
            if not _DIGEST.fullmatch(text):
                raise ValueError("a digest is not 64 hexadecimal digits")
        if any(seq < 0 for seq, _ in cited):
            raise ValueError("a citation has no number")
        key = VerifyKey.parse(value["auditor"]["key"])
        return cls(case, origin, log["size"], root, cited, key, value["ticket"], digest)


def _malformed(why: str) -> Refusal:
    return Refusal(
        "report.malformed",
        "The report cannot be taken for what it claims to be.",
        f"{why[:1].upper()}{why[1:]}.",
        "Ask its author for the original.",
    )
