"""Of several verdicts that follow each other the last one holds, and only their own judge's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casefiles.documents.verdict_chain import VerdictChains
from casefiles.documents.verdicts import VerdictClaims
from casefiles.keys.identity import SigningKey
from casefiles.status import Refusal
from tests.casefiles.verdicts import GOLDEN_JUDGE, golden, signed

OTHER = SigningKey(bytes([14]) * 32)


def given(path: Path, *, key: SigningKey = GOLDEN_JUDGE, **changes: Any) -> VerdictClaims:
    value = golden() | changes
    value["judge"] = {"name": "Judge", "key": key.public.text, "fingerprint": key.public.fingerprint}
    signed(value, path, key)
    return VerdictClaims.read(path.read_bytes(), None)


def test_the_last_of_its_judge_s_verdicts_is_found_and_named(tmp_path: Path) -> None:
    one = given(tmp_path / "one.json", previous=None)
    two = given(tmp_path / "two.json", previous=one.digest)
    three = given(tmp_path / "three.json", previous=two.digest)
    given(tmp_path / "foreign.json", previous=three.digest, key=OTHER)  # nobody takes back what another judge said
    (tmp_path / "broken.json").write_text("{")
    chains, judge = VerdictChains(), GOLDEN_JUDGE.public.text
    for path, claims in ((tmp_path / "one.json", one), (tmp_path / "two.json", two)):
        assert chains.last(path, claims.digest, judge).name == "three.json"
        with pytest.raises(Refusal) as refused:
            chains.check_last(path, claims.digest, judge)
        assert refused.value.code == "verdict.followed" and "three.json" in refused.value.try_this
        chains.check_last(path, claims.digest, judge, among=[tmp_path.resolve() / "three.json"])
    assert chains.last(tmp_path / "three.json", three.digest, judge) == tmp_path / "three.json"
    chains.check_last(tmp_path / "three.json", three.digest, judge)
