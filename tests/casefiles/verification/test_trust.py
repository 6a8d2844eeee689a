"""What a document says of its case is held against that case, by both verifiers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casefiles.case.bundle import open_case
from casefiles.documents import addenda, reports, verdicts
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, SigningKey
from casefiles.verify import verify
from tests.casefiles.logs import codes
from tests.casefiles.verdicts import GOLDEN, GOLDEN_JUDGE, signed
from tests.golden import verifier

Change = Callable[[dict[str, Any]], Any]
SMALL, FOUND, LOG = GOLDEN / "small.case", GOLDEN / "found.case", GOLDEN / "small.auditlog"


def read(name: str, kind: str) -> dict[str, Any]:
    value = canonical.decode(envelope.read((GOLDEN / name).read_bytes(), kind, trusted=None).payload)
    assert isinstance(value, dict)
    return value


def written(path: Path, value: dict[str, Any], kind: str, key: SigningKey) -> Path:
    path.write_bytes(envelope.sign(kind, canonical.encode(value), [key]))
    return path


def held(path: Path, case: Path, log: Path | None = None) -> str:
    """What both verifiers say with the case at hand."""
    opened = open_case(case)
    judge, about = opened.manifest.judge.verify, opened.manifest
    found = verify(path, judge=judge, case=opened.digest, about=about, log=log)
    known = verifier.Known(judge=judge.raw, case=opened.digest, manifest=about.to_json())
    second = verifier.verify(path, known, log)
    assert second.steps == codes(found) and second.code == found.code
    return found.code


MISNAMED = [lambda v, name=name: v["case"].update({name: "0" * 64}) for name in ("title", "specification", "model")]
OTHER_TRUTHS: dict[str, Change] = {
    "another commitment": lambda v: v["truth"].update(commitment="0" * 64),
    "another ciphertext": lambda v: v["truth"].update(ciphertext_sha256="1" * 64),
    "another truth altogether": lambda v: v["truth"].update(commitment="0" * 64, ciphertext_sha256="1" * 64),
    "an addendum beside a sealed truth": lambda v: v.update(addendum=_addendum()),
}


def _addendum() -> dict[str, Any]:
    return {"digest": "0" * 64, "issued_us": 1, "reported_us": 2, "source": "A letter.", "summary": "Much."}


@pytest.mark.parametrize("name", ["verdict.dsse.json", "adjudicated.verdict.dsse.json"])
def test_an_honest_verdict_is_about_its_case(name: str) -> None:
    assert held(GOLDEN / name, SMALL) == held(GOLDEN / name, SMALL, LOG) == "ok"


@pytest.mark.parametrize("change", OTHER_TRUTHS.values(), ids=OTHER_TRUTHS)
def test_a_verdict_that_reveals_another_truth_than_its_case_seals(tmp_path: Path, change: Change) -> None:
    value = read("verdict.dsse.json", verdicts.PAYLOAD_TYPE)
    change(value)
    path = signed(value, tmp_path / "verdict.json")
    assert held(path, SMALL) == held(path, SMALL, LOG) == "verdict.other-truth"
    assert verify(path, judge=GOLDEN_JUDGE.public, case=value["case"]["digest"]).ok  # without the case nobody can tell


def test_a_verdict_that_reveals_none_where_there_is_one_and_one_where_there_is_none(tmp_path: Path) -> None:
    value = read("verdict.dsse.json", verdicts.PAYLOAD_TYPE)
    found = open_case(FOUND)
    named = {"title": found.manifest.title, "specification": found.manifest.specification, "model": found.model_digest}
    other = value | {"case": {"digest": found.digest, **named}}
    assert held(signed(other, tmp_path / "one.json"), FOUND) == "verdict.other-truth"
    value["truth"], value["scores"]["status"] = None, "unscored"
    value["scores"]["findings"][0]["standing"] = "unknown"
    value["scores"]["precision"].update(at_least=None, at_most=None)
    value["scores"]["verdict"].update(truth="unknown", outcome="unknown", brier=None)
    assert held(signed(value, tmp_path / "none.json"), SMALL) == "verdict.other-truth"
    assert held(signed(value | {"case": other["case"]}, tmp_path / "none.json"), FOUND) == "ok"


@pytest.mark.parametrize("change", MISNAMED, ids=["title", "specification", "model"])
def test_what_a_document_says_of_its_case_is_what_that_says(tmp_path: Path, change: Change) -> None:
    auditor = Identity.load(GOLDEN / "auditor.key").signing
    for name, kind, key, case in (
        ("verdict.dsse.json", verdicts.PAYLOAD_TYPE, GOLDEN_JUDGE, SMALL),
        ("report.dsse.json", reports.PAYLOAD_TYPE, auditor, SMALL),
        ("addendum.dsse.json", addenda.PAYLOAD_TYPE, GOLDEN_JUDGE, FOUND),
    ):
        value = read(name, kind)
        assert held(GOLDEN / name, case) == "ok"
        change(value)
        path = written(tmp_path / name, value, kind, key)
        assert held(path, case) == "case.misnamed"
        if kind == reports.PAYLOAD_TYPE:
            assert held(path, case, LOG) == "case.misnamed"


def test_an_addendum_on_a_case_that_seals_a_truth(tmp_path: Path) -> None:
    value = read("addendum.dsse.json", addenda.PAYLOAD_TYPE)
    value["case"] = read("verdict.dsse.json", verdicts.PAYLOAD_TYPE)["case"]
    path = written(tmp_path / "addendum.json", value, addenda.PAYLOAD_TYPE, GOLDEN_JUDGE)
    assert held(path, SMALL) == "addendum.sealed-truth"


def test_the_second_verifier_takes_a_case_by_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = read("verdict.dsse.json", verdicts.PAYLOAD_TYPE)
    value["truth"]["commitment"] = "0" * 64
    path = signed(value, tmp_path / "verdict.json")
    assert verifier.main([str(path), "--case", str(SMALL)]) == 1
    assert capsys.readouterr().out.endswith("verdict.other-truth\n")
    assert verifier.main([str(GOLDEN / "verdict.dsse.json"), "--case", str(SMALL)]) == 0
