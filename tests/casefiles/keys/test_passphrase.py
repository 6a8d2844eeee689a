"""Secrets under a passphrase: age's format, held against an age library both ways, at a fixed cost."""

from __future__ import annotations

import base64

import pyrage
import pytest

from casefiles.keys import passphrase
from casefiles.keys.passphrase import WrongPassphraseError

SECRETS = (b"", b"secret", bytes(range(256)) * 256)
THEIRS = """
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCArWkxSZk1NSCttdDZlVlNIVTQ3S0p3IDE0Cks3ZXN3VFFzUmtiQndWSEV2
cGpnU1lzTzltTmJ0bGxiOWFLd1VqNzhoTjgKLS0tIEViRWxHVy8ydHdkUW5VeDRqSU8rMDhPL3plMUtxYnJaazVqQzlVMGdLL2sK
PrVEWHnvY44LNI+aAFboe07WMtbKpu3pRh2yfnTyyaYyudPIZrr2cZa1cYNAQqZJvmALPZiAUvAm58alkcbRJu00nh92FVs4BU6m
HaC8fb5MJ7LGg3BFFIvMxX7kfmkpXDD2EK1eTpMbUWPUmZv5xpWhsTs4eAWbRhkJR470K4NXqx3LSDKf4myp8Vrp6SruBoR1Qiwl
cG7Kt3aE3My9Sx+j+M7ybTuro+Kq6Z+xpMd1BGaelIyuP3rfNEryYyY65mccRX1wP3Soi+MYno9hV/RAga4vq2qpH3oqQdz8jRkG
lFYPt484WWjyhbrTp/SCUxp/Dfxp7Say8s+EJ9fPPSYIR/y17t7tS+nu6GoLP64TbmWAioDqqtVzt9Y391w4
"""
"""All bytes once, as pyrage 1.4.0 encrypts them under `battery staple`."""


@pytest.mark.parametrize("secret", SECRETS, ids=len)
def test_any_age_tool_opens_it(secret: bytes) -> None:
    data = passphrase.encrypt(secret, "correct horse é", work_factor=10)
    assert pyrage.passphrase.decrypt(data, "correct horse é") == secret
    assert passphrase.decrypt(data, "correct horse é") == secret


@pytest.mark.parametrize("made", ["caf\u00e9", "cafe\u0301"], ids=["composed", "decomposed"])
def test_the_same_letters_open_it_however_a_keyboard_sends_them(made: str) -> None:
    for data in (passphrase.encrypt(b"secret", made, work_factor=10), pyrage.passphrase.encrypt(b"secret", made)):
        for typed in ("caf\u00e9", "cafe\u0301"):
            assert passphrase.decrypt(data, typed) == b"secret"
        with pytest.raises(WrongPassphraseError):
            passphrase.decrypt(data, "cafe")
    assert pyrage.passphrase.decrypt(passphrase.encrypt(b"secret", made, work_factor=10), "caf\u00e9") == b"secret"


def test_what_another_age_tool_made_opens_here() -> None:
    """Its steps are 2^14, since that tool makes as many as take the machine a second, and was interrupted."""
    assert passphrase.decrypt(base64.b64decode(THEIRS), "battery staple") == bytes(range(256))


def test_the_cost_is_the_same_on_every_machine_and_under_any_load() -> None:
    for _ in range(3):
        assert passphrase.encrypt(b"x", "y").split(b"\n")[1].endswith(b" 17")


def test_a_factor_that_a_library_calls_excessive_for_this_machine_opens() -> None:
    """The library measures the machine, and then calls the right passphrase a mistake."""
    data = passphrase.encrypt(b"x", "y", work_factor=18)
    assert passphrase.decrypt(data, "y") == b"x"


def test_a_factor_past_all_reason_is_called_that() -> None:
    data = passphrase.encrypt(b"x", "y", work_factor=10).replace(b" 10\n", b" 40\n", 1)
    with pytest.raises(ValueError, match=r"2\^40 steps") as refused:
        passphrase.decrypt(data, "y")
    assert not isinstance(refused.value, WrongPassphraseError)


def test_another_passphrase_does_not_open_it() -> None:
    data = passphrase.encrypt(b"x", "y", work_factor=10)
    for wrong in ("", "Y", "y "):
        with pytest.raises(WrongPassphraseError):
            passphrase.decrypt(data, wrong)


def test_every_changed_byte_is_found() -> None:
    data = passphrase.encrypt(b"secret", "y", work_factor=4)
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(ValueError):
            passphrase.decrypt(changed, "y")
    for cut in (data[:-1], data + b"x", data[: len(data) // 2], b""):
        with pytest.raises(ValueError):
            passphrase.decrypt(cut, "y")


def test_too_long_a_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        passphrase.encrypt(bytes(passphrase.CAPACITY + 1), "y")
