"""Signed documents: the DSSE envelope (secure-systems-lab/dsse, v1.0), read so strictly that no bit of it is free.

Plain DSSE leaves white space, member order, key hints and base64 padding bits outside the signature. Here the envelope
itself must be canonical JSON, each `keyid` must be the very key that verifies (so that an envelope from an unknown
signer can still be checked for integrity) and the signatures must stand in the order of their keys, each key once.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from casefiles.files import canonical
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.status import Refusal

SIGNATURES: Final = 64
"""The most signatures an envelope may carry."""


@dataclass(frozen=True)
class Envelope:
    """A payload whose signatures all verified."""

    payload_type: str
    payload: bytes
    signers: tuple[VerifyKey, ...]
    """Whoever signed, in the order of their key texts."""


def sign(payload_type: str, payload: bytes, keys: Sequence[SigningKey]) -> bytes:
    """The envelope of a payload, signed by each of the keys."""
    if not keys:
        raise ValueError("an envelope needs a signature")
    text = _signed_text(payload_type, payload)
    return _write(payload_type, payload, {key.public.text: key.sign(text) for key in keys})


def countersign(data: bytes, key: SigningKey) -> bytes:
    """The same envelope with one signature more; signing twice changes nothing."""
    payload_type, payload, signatures = _parse(data)
    text = _signed_text(payload_type, payload)
    _verify(text, signatures)
    return _write(payload_type, payload, signatures | {key.public.text: key.sign(text)})


def read(data: bytes, payload_type: str, *, trusted: Sequence[VerifyKey] | None) -> Envelope:
    """Verify an envelope: every signature must hold and, where `trusted` is given, one signer be among them.

    `trusted=None` checks integrity alone: who signed is then the caller's question.
    """
    found_type, payload, signatures = _parse(data)
    if found_type != payload_type:
        raise Refusal(
            "envelope.payload-type",
            "This is another kind of document.",
            f"It says it is {found_type!r}, expected was {payload_type!r}.",
            "Check which file you meant.",
        )
    signers = _verify(_signed_text(payload_type, payload), signatures)
    if trusted is not None and not set(trusted) & set(signers):
        raise Refusal(
            "envelope.foreign-key",
            "The document is signed by nobody you trust.",
            "It is signed by " + ", ".join(key.fingerprint for key in signers) + ".",
            "Compare the fingerprint with its owner; if it is theirs, name their public key as trusted.",
        )
    return Envelope(payload_type, payload, signers)


def _signed_text(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: lengths first, so that type and payload cannot flow into one another."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _write(payload_type: str, payload: bytes, signatures: dict[str, bytes]) -> bytes:
    return canonical.encode(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": keyid, "sig": base64.b64encode(signatures[keyid]).decode()} for keyid in sorted(signatures)
            ],
        }
    )


def _parse(data: bytes) -> tuple[str, bytes, dict[str, bytes]]:
    """Payload type, payload and the signatures by key text, not yet verified."""
    try:
        value = canonical.decode_canonical(data, depth=8)
        if not isinstance(value, dict) or set(value) != {"payload", "payloadType", "signatures"}:
            raise ValueError("not a DSSE envelope")
        if not isinstance(value["payloadType"], str):
            raise ValueError("the payload type is not a text")
        return value["payloadType"], _base64(value["payload"]), _signatures(value["signatures"])
    except ValueError as error:
        raise Refusal(
            "envelope.malformed",
            "The signed document cannot be read.",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "Ask its sender for the original file, and copy it byte for byte.",
        ) from None


def _signatures(value: canonical.Json) -> dict[str, bytes]:
    if not isinstance(value, list) or not 1 <= len(value) <= SIGNATURES:
        raise ValueError(f"an envelope has 1 to {SIGNATURES} signatures")
    signatures: dict[str, bytes] = {}
    for item in value:
        if not isinstance(item, dict) or set(item) != {"keyid", "sig"} or not isinstance(item["keyid"], str):
            raise ValueError("a signature is not a key and a signature")
        signatures[item["keyid"]] = _base64(item["sig"])
    if [item["keyid"] for item in value] != sorted(signatures):
        raise ValueError("the signatures are not sorted by key, each key once")
    return signatures


def _base64(value: canonical.Json) -> bytes:
    if not isinstance(value, str):
        raise ValueError("base64 was expected")
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("the base64 is malformed") from None
    if base64.b64encode(data).decode() != value:
        raise ValueError("the base64 is not in its one canonical spelling")
    return data


def _verify(text: bytes, signatures: dict[str, bytes]) -> tuple[VerifyKey, ...]:
    signers = []
    for keyid, signature in signatures.items():
        try:
            key = VerifyKey.parse(keyid)
        except ValueError as error:
            raise _bad_signature(f"The key {keyid[:60]!r} is not acceptable: {error}.") from None
        if not key.verify(signature, text):
            raise _bad_signature(f"The signature of {key.fingerprint} does not belong to these contents.")
        signers.append(key)
    return tuple(signers)


def _bad_signature(why: str) -> Refusal:
    return Refusal(
        "envelope.signature",
        "A signature does not verify.",
        why,
        "The document was altered or damaged: ask its sender for the original, and do not use this one.",
    )
