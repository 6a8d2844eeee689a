"""What a signed addendum of known issues says about itself: as much as custody needs, and none of the issues."""

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

PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.addendum+json"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class AddendumClaims:
    """The case that an addendum is about, who signed it and when."""

    case: str
    judge: VerifyKey
    issued_us: int
    """Microseconds since the epoch, UTC, by the judge's clock."""
    digest: str

    @classmethod
    def read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        """Verify a signed addendum and read what it claims; Refusal if it does not hold."""
        opened = dsse.read(data, PAYLOAD_TYPE, trusted=trusted)
        try:
            value: Any = canonical.decode_canonical(opened.payload)
            schema.check("addendum", value)
            case, judge = value["case"]["digest"], VerifyKey.parse(value["judge"]["key"])
            if not _DIGEST.fullmatch(case):
                raise ValueError("a digest is not 64 hexadecimal digits")
            if judge not in opened.signers:
                raise ValueError("the judge it names has not signed it")
        except ValueError as error:
            raise _malformed(str(error)) from None
        return cls(case, judge, value["issued_us"], sha256(opened.payload).hexdigest())


def _malformed(why: str) -> Refusal:
    return Refusal(
        "addendum.malformed",
        "The addendum cannot be taken for what it claims to be.",
        f"{why[:1].upper()}{why[1:]}.",
        "Ask the judge for the original.",
    )
