"""What a signed verdict says about the documents it rests on: as much as custody needs, and nothing of its scores."""

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

PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.verdict+json"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


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
        opened = dsse.read(data, PAYLOAD_TYPE, trusted=trusted)
        try:
            value: Any = canonical.decode_canonical(opened.payload)
            schema.check("verdict", value)
            claims = cls._of(value, sha256(opened.payload).hexdigest())
            if claims.judge not in opened.signers:
                raise ValueError("the judge it names has not signed it")
        except ValueError as error:
            raise _malformed(str(error)) from None
        return claims

    @classmethod
    def _of(cls, value: Any, digest: str) -> Self:
        log, case = value["log"], value["case"]["digest"]
        commitment = value["truth"]["commitment"] if value["truth"] is not None else None
        for text in (case, value["report"], log["root"], *([commitment] if commitment is not None else [])):
            if not _DIGEST.fullmatch(text):
                raise ValueError("a digest is not 64 hexadecimal digits")
        judge = VerifyKey.parse(value["judge"]["key"])
        return cls(case, value["report"], log["origin"], log["size"], log["root"], judge, commitment, digest)


def _malformed(why: str) -> Refusal:
    return Refusal(
        "verdict.malformed",
        "The verdict cannot be taken for what it claims to be.",
        f"{why[:1].upper()}{why[1:]}.",
        "Ask the judge for the original.",
    )
