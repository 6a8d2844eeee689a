"""A signed document, opened as far as custody needs: who signed it, its digest, and what its schema lets it say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

from casefiles.files import canonical, schema
from casefiles.keys import envelope as dsse
from casefiles.keys.identity import VerifyKey
from casefiles.status import Refusal

_Claims = TypeVar("_Claims")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class DocumentKind:
    """A kind of signed document, named as its schema is."""

    name: str
    by: str
    """Who signs it; the member of that name says whose key it is."""
    author: str
    """Whom to ask for the original."""

    @property
    def payload_type(self) -> str:
        return f"application/vnd.audit-workbench.{self.name}+json"

    def refused(self, why: str) -> Refusal:
        """The refusal of one that cannot be taken for what it claims to be; `why` is a clause."""
        return Refusal(
            f"{self.name}.malformed",
            f"The {self.name} cannot be taken for what it claims to be.",
            f"{why[:1].upper()}{why[1:]}.",
            f"Ask {self.author} for the original.",
        )


@dataclass(frozen=True)
class OpenedDocument:
    """What a document says, once its signature and its schema hold."""

    value: Any
    signer: VerifyKey
    digest: str
    """SHA-256 of the signed payload."""


def read(
    data: bytes, kind: DocumentKind, trusted: Sequence[VerifyKey] | None, claims: Callable[[OpenedDocument], _Claims]
) -> _Claims:
    """Verify a signed document and take its claims of it; Refusal if it does not hold, or they raise ValueError."""
    opened = dsse.read(data, kind.payload_type, trusted=trusted)
    try:
        value: Any = canonical.decode_canonical(opened.payload)
        schema.check(kind.name, value)
        signer = named_key(value[kind.by])
        if signer not in opened.signers:
            raise ValueError(f"the {kind.by} it names has not signed it")
        return claims(OpenedDocument(value, signer, sha256(opened.payload).hexdigest()))
    except ValueError as error:
        raise kind.refused(str(error)) from None


def named_key(signer: Mapping[str, str]) -> VerifyKey:
    """The key of whom a document names; ValueError if what stands beside it says that it is another's."""
    return VerifyKey.shown(signer["key"], signer["fingerprint"], signer["name"])


def check_digests(texts: Iterable[str]) -> None:
    """Raises ValueError if one is no SHA-256 in hexadecimal."""
    if not all(map(_DIGEST.fullmatch, texts)):
        raise ValueError("a digest is not 64 hexadecimal digits")
