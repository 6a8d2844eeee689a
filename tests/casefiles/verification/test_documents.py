"""Verifying a verdict: by itself, with the log it rests on, and where it does not hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from casefiles.keys.identity import PublicIdentity, SigningKey
from casefiles.verify import verify
from tests.casefiles.logs import OTHER_CASE, STRANGER, codes, full_log, small_log
from tests.casefiles.verdicts import GOLDEN, GOLDEN_JUDGE, golden, signed


def verdict_for(folder: Path, key: SigningKey = GOLDEN_JUDGE, **changes: Any) -> Path:
    return signed({**golden(), **changes}, folder / "verdict.dsse.json", key)


def named(key: SigningKey) -> dict[str, str]:
    return {"name": "J", "key": key.public.text, "fingerprint": key.public.fingerprint}


def test_a_verdict_by_itself_and_with_its_log(tmp_path: Path) -> None:
    path, log = verdict_for(tmp_path), GOLDEN / "small.auditlog"
    alone = verify(path, judge=GOLDEN_JUDGE.public)
    assert codes(alone) == [("envelope", "ok"), ("report", "verdict.not-checked")]
    whole = verify(path, judge=GOLDEN_JUDGE.public, log=log)
    expected = json.loads((GOLDEN / "expected.json").read_text())
    assert whole.ok and (whole.records, whole.witnessed) == (expected["records"], expected["witnessed"])
    assert codes(whole)[-1] == ("report", "ok") and whole.signers == (GOLDEN_JUDGE.public,)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"report": "00" * 32}, "verdict.other-report"),
        ({"report": "x"}, "verdict.malformed"),
        ({"auditor": named(STRANGER)}, "verdict.other-report"),
        ({"auditor": named(STRANGER) | {"fingerprint": ""}}, "verdict.malformed"),
        ({"more": 1}, "verdict.malformed"),
        ({"judge": {"name": "J", "key": STRANGER.public.text, "fingerprint": ""}}, "verdict.malformed"),
        (
            {"judge": {"name": "J", "key": GOLDEN_JUDGE.public.text, "fingerprint": STRANGER.public.fingerprint}},
            "verdict.malformed",
        ),
    ],
)
def test_a_verdict_that_does_not_hold(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    path = verdict_for(tmp_path, **changes)
    assert verify(path, judge=GOLDEN_JUDGE.public, log=GOLDEN / "small.auditlog").code == code


def test_a_verdict_by_another_judge_about_another_log_or_on_a_broken_one(tmp_path: Path) -> None:
    found = verify(verdict_for(tmp_path, STRANGER), judge=GOLDEN_JUDGE.public)
    assert codes(found) == [("envelope", "envelope.foreign-key")]
    path = verdict_for(tmp_path)
    other = full_log().write(tmp_path / "other.auditlog")
    assert verify(path, log=other).code == "verdict.other-report"
    assert verify(path, log=small_log().write(tmp_path / "none.auditlog")).code == "verdict.other-report"
    assert verify(path, case=OTHER_CASE).code == "report.other-case"
    broken = Path(shutil.copytree(GOLDEN / "small.auditlog", tmp_path / "broken.auditlog"))
    (broken / "checkpoints.note").unlink()
    assert codes(verify(path, log=broken))[-1] == ("files", "log.file-missing")


def test_the_golden_judge_is_the_one_who_signs() -> None:
    assert PublicIdentity.load(GOLDEN / "judge.pub").verify == GOLDEN_JUDGE.public
