"""An opened case: what names it, and what its judge can open of it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from casefiles.case import sealed_truth
from casefiles.case.bundle import Case, accept, open_case, seal_case
from casefiles.case.manifest import TRUTH
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from tests.casefiles.case.tampering import code_of, snapshot
from tests.casefiles.material import RULES, safetensors, write
from tests.casefiles.material import TRUTH as PLAINTEXT


def test_the_digest_of_the_model_follows_weights_and_tokenizer_alone(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    def digest(name: str, changes: dict[str, bytes]) -> str:
        write(source, changes)
        out = tmp_path / f"{name}.case"
        return seal_case(
            source, out, title=name, rules=RULES, truth=b"", attacker=attacker, judge=judge.public
        ).model_digest

    first = digest("one", {})
    assert digest("two", {"spec.md": b"# other"}) == first
    weights = digest("three", {"weights/model.safetensors": safetensors({"embed": b"\0" * 8})})
    assert weights != first
    assert digest("four", {"tokenizer/tokenizer.json": b"{ }"}) not in (first, weights)


def test_a_case_can_be_copied_and_renamed(sealed: Case, tmp_path: Path) -> None:
    shutil.copytree(sealed.root, tmp_path / "elsewhere")
    assert open_case(tmp_path / "elsewhere").digest == sealed.digest


def test_another_judge_does_not_accept(sealed: Case, auditor: Identity) -> None:
    before = snapshot(sealed.root)
    assert code_of(lambda: accept(sealed.root, auditor)) == "case.truth-unopenable"
    assert code_of(lambda: sealed.open_truth(auditor.sealing)) == "case.truth-unopenable"
    assert snapshot(sealed.root) == before


def test_a_judge_whose_public_key_was_changed_on_its_way_is_told(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an earlier version sealed it, to the sealing key of whoever handed the judge's public key on."""
    eve = Identity.generate("Eve")
    monkeypatch.setattr(PublicIdentity, "check_vouched", lambda self: None)
    for name, truth in (("lost", PLAINTEXT), ("found", None)):
        case = seal_case(
            source, tmp_path / f"{name}.case", title="Lost", rules=RULES, truth=truth, attacker=attacker,
            judge=replace(judge.public, recipient=eve.public.recipient),
        )  # fmt: skip
        before = snapshot(case.root)
        with pytest.raises(Refusal) as refusal:
            accept(case.root, judge)
        assert refusal.value.code == "case.other-recipient" and eve.public.recipient.text in refusal.value.why
        assert "changed your public key on its way" in refusal.value.why and "another" in refusal.value.try_this
        assert snapshot(case.root) == before
        case.check_recipient(eve.public)  # whose verify key it does not name
        if truth is not None:
            assert case.open_truth(eve.sealing) == truth


def test_a_truth_swapped_after_opening_is_noticed(sealed: Case, judge: Identity) -> None:
    assert sealed.open_truth(judge.sealing) == PLAINTEXT
    sealed.path(TRUTH).write_bytes(sealed_truth.seal(PLAINTEXT, judge.public.recipient).ciphertext)
    assert code_of(lambda: sealed.open_truth(judge.sealing)) == "case.file-changed"


def test_what_the_judge_reveals_fits_the_commitment(sealed: Case, judge: Identity) -> None:
    found = sealed.reveal(judge.sealing)
    assert found.plaintext == PLAINTEXT
    commitment = hashlib.sha256(b"gt-v1" + found.nonce + found.plaintext).hexdigest()
    assert sealed.manifest.ground_truth.commitment == found.commitment == commitment
