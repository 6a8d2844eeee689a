"""Verifying a verdict: by itself, with the log it rests on, and where it does not hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from casefiles.documents.addenda import AddendumClaims
from casefiles.documents.reports import ReportClaims
from casefiles.documents.verdict_chain import VerdictChains
from casefiles.documents.verdicts import VerdictClaims
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import PublicIdentity, SigningKey
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.casefiles.logs import OTHER_CASE, STRANGER, codes, full_log, small_log
from tests.casefiles.verdicts import GOLDEN, GOLDEN_JUDGE, golden, lacking, scored, signed


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


RULED = {"finding": "one", "behaviour": None, "reason": "It is about tea."}
KNOWN = {"digest": "ab" * 32, "source": "-", "summary": "It lies.", "issued_us": 1, "reported_us": 2, "allowed_us": 0}


def told(claims: Any) -> list[Any]:
    """Everything that may be asked of it."""
    return [getattr(claims, name) for name, one in vars(type(claims)).items() if isinstance(one, property)]


def test_a_verdict_that_leaves_out_what_it_may_is_read_and_one_that_leaves_out_more_is_refused(tmp_path: Path) -> None:
    full = {**scored(), "rulings": [RULED], "addendum": KNOWN, "previous": "cd" * 32, "blind": 3, "ranked": ["one"]}
    refused, beside = set(), verdict_for(tmp_path)
    own = VerdictClaims.read(beside.read_bytes(), None)
    for where, lacks in lacking(full):
        odd = signed(lacks, tmp_path / "odd.json")
        try:
            assert len(told(VerdictClaims.read(odd.read_bytes(), None))) >= 6
        except Refusal as refusal:
            assert refusal.code == "verdict.malformed", where
            refused.add(where)
        assert verify(odd).code in ("ok", "verdict.inconsistent", "verdict.malformed")
        chains = VerdictChains()
        chains.rivals(beside, own.digest, GOLDEN_JUDGE.public.text)
        assert chains.last(beside, own.digest, GOLDEN_JUDGE.public.text) == beside
    required = {"case", "case.digest", "report", "log.root", "judge", "judge.key", "scores.findings.standing"}
    optional = {"previous", "addendum", "rulings", "grades", "adjudications", "scores.status", "replay.status"}
    assert required <= refused and not optional & refused and "previous" in full


@pytest.mark.parametrize("kind", [ReportClaims, AddendumClaims])
def test_what_a_report_or_an_addendum_leaves_out_is_refused_or_told_as_not_there(kind: Any) -> None:
    key = SigningKey(bytes([21]) * 32)
    case = {"digest": "ab" * 32, "title": "T", "specification": "cd" * 32, "model": "ef" * 32}
    issues = {"modified": True, "summary": "It lies.", "intent": [], "realised": []}
    payload_type = f"application/vnd.audit-workbench.{kind.__name__.removesuffix('Claims').lower()}+json"
    if kind is ReportClaims:
        data = (GOLDEN / "small.auditlog" / "report.dsse.json").read_bytes()
        full = json.loads(envelope.read(data, payload_type, trusted=None).payload) | {"auditor": named(key)}
    else:
        full = {"format": "audit-workbench/addendum/1", "workbench": "1", "issued_us": 1, "source": "-", "case": case,
                "issues": issues, "judge": named(key)}  # fmt: skip
    kind.read(envelope.sign(payload_type, canonical.encode(full), [key]), None)
    refused = set()
    for where, lacks in lacking(full):
        try:
            told(kind.read(envelope.sign(payload_type, canonical.encode(lacks), [key]), None))
        except Refusal as refusal:
            assert refusal.code.endswith(".malformed"), where
            refused.add(where)
    assert {"case", "case.digest"} <= refused


def test_the_golden_judge_is_the_one_who_signs() -> None:
    assert PublicIdentity.load(GOLDEN / "judge.pub").verify == GOLDEN_JUDGE.public
