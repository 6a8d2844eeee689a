"""What a verification tells: the same to programs and to people, and no remark for a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.status import STATUS
from casefiles.verification.steps import REMARKS, Findings, Stage, State
from casefiles.verify import verify
from tests.casefiles.logs import CASE, JUDGE, full_log


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
