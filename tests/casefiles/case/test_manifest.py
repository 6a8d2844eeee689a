"""The signed manifest: as published, in one spelling, and no bit of it free."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path

import pytest

from casefiles.case.bundle import Case, Manifest, open_case
from casefiles.case.manifest import ENVELOPE, PAYLOAD_TYPE
from casefiles.files import schema
from casefiles.keys import envelope
from casefiles.keys.identity import Identity
from tests.casefiles.case.tampering import code_of, edited, flips, resign


def test_the_envelope_holds_what_the_published_schema_says(sealed: Case) -> None:
    payload = envelope.read((sealed.root / ENVELOPE).read_bytes(), PAYLOAD_TYPE, trusted=None).payload
    schema.check("manifest", json.loads(payload))
    assert sealed.digest == hashlib.sha256(payload).hexdigest()
    assert Manifest.read(payload) == sealed.manifest


SPELLINGS: dict[str, tuple[bytes, bytes]] = {
    "a duplicated key": (b'"title":"Small"', b'"title":"Small","title":"Small"'),
    "a lone surrogate": (b'"title":"Small"', b'"title":"\\ud800"'),
    "an escape that is not needed": (b'"title":"Small"', b'"title":"\\u0053mall"'),
    "a space": (b'"title":"Small"', b'"title": "Small"'),
    "an integer as a float": (b'"findings":5', b'"findings":5.0'),
    "NaN": (b'"findings":5', b'"findings":NaN'),
    "invalid UTF-8": (b'"Small"', b'"Sm\xffll"'),
}


@pytest.mark.parametrize(("old", "new"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_signed_manifest_must_be_canonical(case_path: Path, attacker: Identity, old: bytes, new: bytes) -> None:
    payload = edited(case_path, lambda value: None)
    assert old in payload
    resign(case_path, attacker, payload.replace(old, new))
    assert code_of(lambda: open_case(case_path)) == "case.manifest"


@pytest.mark.slow
def test_every_bit_of_the_signed_manifest_counts(case_path: Path) -> None:
    """Every bit in memory, where it is read; one bit a byte in the file, as it would be found."""
    data = (case_path / ENVELOPE).read_bytes()
    flipped = (data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for at in range(len(data)) for bit in range(8))
    expected = {"envelope.malformed", "envelope.signature", "envelope.payload-type"}
    assert {code_of(partial(envelope.read, one, PAYLOAD_TYPE, trusted=None)) for one in flipped} == expected
    assert {code_of(lambda: open_case(case_path)) for _ in flips(case_path / ENVELOPE, 1)} <= expected
    assert code_of(lambda: open_case(case_path)) == "ok"
