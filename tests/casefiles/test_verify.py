"""One function for everything that crosses a trust boundary: what it takes for what, and what it says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from casefiles.case.bundle import Case
from casefiles.documents import verdicts
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, PublicIdentity, SigningKey
from casefiles.status import STATUS
from casefiles.verification.steps import REMARKS, Findings, Stage, State
from casefiles.verify import verify
from tests.casefiles.logs import AUDITOR, CASE, JUDGE, OTHER_CASE, STRANGER, full_log, small_log

GOLDEN = sorted(Path(__file__).parents[1].glob("golden/*/expected.json"))[-1].parent
GOLDEN_JUDGE = SigningKey(bytes([13]) * 32)


def codes(found: Any) -> list[tuple[str, str]]:
    return [(step.stage.value, step.code) for step in found.steps]


# -- cases


def test_a_case_and_its_commitment(case_path: Path, sealed: Case, judge: Identity, attacker: Identity) -> None:
    accepted = verify(case_path, trusted=[judge.public.verify])
    assert accepted.ok and accepted.kind == "case"
    assert codes(accepted) == [("envelope", "ok"), ("files", "ok"), ("commitment", "truth.not-checked")]
    assert ("envelope", "case.not-accepted") in codes(verify(sealed.root))
    assert codes(verify(case_path, sealing=judge.sealing))[-1] == ("commitment", "ok")
    assert codes(verify(case_path, sealing=attacker.sealing))[-1] == ("commitment", "case.truth-unopenable")
    assert codes(verify(case_path, trusted=[AUDITOR.public])) == [("envelope", "envelope.foreign-key")]


def test_what_a_judge_reveals_can_be_held_against_the_commitment_by_anybody(case_path: Path, judge: Identity) -> None:
    inner = judge.sealing.decrypt((case_path / "sealed" / "ground_truth.age").read_bytes())
    length = int.from_bytes(inner[32:40], "big")
    revealed = inner[:32] + inner[40 : 40 + length]
    assert codes(verify(case_path, revealed=revealed))[-1] == ("commitment", "ok")
    found = verify(case_path, revealed=revealed + b" ")
    assert not found.ok and codes(found)[-1] == ("commitment", "case.truth")


@pytest.mark.parametrize(
    ("change", "stage", "code"),
    [
        (lambda root: (root / "spec.md").write_bytes(b"# S1. Lies.\n"), "files", "case.file-changed"),
        (lambda root: (root / "spec.md").unlink(), "files", "case.file-missing"),
        (lambda root: (root / "notes").mkdir(), "files", "case.file-extra"),
        (lambda root: (root / "case.dsse.json").write_bytes(b"{}"), "envelope", "envelope.malformed"),
    ],
)
def test_a_changed_case(case_path: Path, change: Any, stage: str, code: str) -> None:
    change(case_path)
    assert codes(verify(case_path)) == [(stage, code)]


# -- verdicts


def verdict_for(folder: Path, key: SigningKey = GOLDEN_JUDGE, **changes: Any) -> Path:
    payload = envelope.read((GOLDEN / "verdict.dsse.json").read_bytes(), verdicts.PAYLOAD_TYPE, trusted=None).payload
    value = canonical.decode(payload)
    assert isinstance(value, dict)
    path = folder / "verdict.dsse.json"
    path.write_bytes(envelope.sign(verdicts.PAYLOAD_TYPE, canonical.encode({**value, **changes}), [key]))
    return path


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
        ({"more": 1}, "verdict.malformed"),
        ({"judge": {"name": "J", "key": STRANGER.public.text, "fingerprint": ""}}, "verdict.malformed"),
    ],
)
def test_a_verdict_that_does_not_hold(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    found = verify(verdict_for(tmp_path, **changes), judge=GOLDEN_JUDGE.public, log=GOLDEN / "small.auditlog")
    assert found.code == code


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


# -- whatever it may be


def test_what_is_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_bytes(b"Dear judge,")
    (tmp_path / "other").write_bytes(envelope.sign("text/plain", b"Dear judge,", [JUDGE]))
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for name, code in (
        ("empty", "envelope.malformed"),
        ("text", "envelope.malformed"),
        ("other", "envelope.payload-type"),
        ("nowhere", "input.missing"),
        ("link", "io.failed"),
        ("", "log.not-a-log"),
    ):
        found = verify(tmp_path / name)
        assert not found.ok and found.code == code, name


def test_progress_is_told(tmp_path: Path) -> None:
    heard: list[tuple[Stage, int, int]] = []
    folder = full_log().write(tmp_path / "one.auditlog")
    assert verify(folder, progress=lambda *step: heard.append(step)).ok
    assert {stage for stage, _, _ in heard} == {Stage.FILES, Stage.RECORDS}
    assert heard[-1] == (Stage.RECORDS, 10, 10)


def test_programs_read_the_same_as_people(tmp_path: Path) -> None:
    found = verify(full_log().write(tmp_path / "one.auditlog"), judge=JUDGE.public, case=CASE)
    told = json.loads(json.dumps(found.to_json()))
    assert (told["ok"], told["code"], told["records"], told["witnessed"], told["unwitnessed"]) == (True, "ok", 10, 8, 2)
    assert [step["sentence"] for step in told["steps"]] == [step.sentence for step in found.steps]
    assert all(step["sentence"] for step in told["steps"])


def test_a_remark_is_never_a_failure() -> None:
    assert STATUS.keys() > REMARKS and "ok" not in REMARKS
    found = Findings()
    with pytest.raises(KeyError):
        found.remark(Stage.RECORDS, "log.root")
    found.remark(Stage.RECORDS, "log.clock")
    assert found.steps[0].state is State.REMARK


def test_the_golden_judge_is_the_one_who_signs() -> None:
    assert PublicIdentity.load(GOLDEN / "judge.pub").verify == GOLDEN_JUDGE.public
