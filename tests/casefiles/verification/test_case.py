"""Verifying a case: its envelope, its files, and what its judge reveals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from casefiles.verify import verify
from tests.casefiles.logs import AUDITOR, codes


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
