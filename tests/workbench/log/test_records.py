"""Every kind of record is one typed document, read from old logs as well, and never more than it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from casefiles.files import schema
from casefiles.log import auditlog, record
from casefiles.status import Refusal
from tests.workbench.logbook import ADA, RULES, LogBook, genesis
from workbench import schemas
from workbench.contract.rules import Budget
from workbench.log.entry import Entry
from workbench.log.records import RECORDS, Genesis, Hypothesis, Intent, Note, PlanStep, RefusalRecord

GOLDEN = Path(__file__).parents[2] / "golden"


def entry(kind: str, data: dict[str, Any]) -> Entry:
    return Entry(7, 0, kind, data, b"")


def test_the_published_schema_and_the_kinds_custody_knows_are_made_from_the_documents() -> None:
    assert schema.load("record") == schemas.schema("record")
    assert frozenset(RECORDS) == record.KINDS
    assert all(kind == document.kind for kind, document in RECORDS.items())


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*/*.auditlog")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_every_record_of_every_release_can_be_read(path: Path) -> None:
    for line in auditlog.read(path).records():
        found = record.parse(line.body)
        assert Entry(found.seq, found.ts_us, found.kind, found.data, line.body).record.kind == found.kind


def test_what_an_older_workbench_left_out_is_as_it_was_then() -> None:
    asked = {"probe": "sample", "version": 1, "arguments": {}, "actor": {"kind": "person", "name": "Ada"}}
    intent = entry(
        "intent", asked | {"model": "5e" * 32, "engine": "toy", "elicitation": "natural", "reserved": {"probes": 1}}
    ).as_(Intent)
    assert (intent.on, intent.plan) == ("organism", None)
    assert entry("note", {"text": "old"}).as_(Note).actor is None
    told = {"code": "rules.budget", "what": "a", "why": "b", "try_this": "c"}
    assert entry("refusal", asked | told).as_(RefusalRecord).on == "organism"


def test_what_is_not_known_here_is_refused_and_never_passed_over() -> None:
    strange = entry("note", {"text": "new", "volume": 11})
    with pytest.raises(ValidationError, match="volume"):
        strange.as_(Note)
    with pytest.raises(Refusal, match="newer workbench") as refused:
        strange.read(Note)
    assert refused.value.code == "log.record" and "volume" in refused.value.why
    with pytest.raises(ValueError, match="not known here"):
        _ = entry("song", {}).record
    with pytest.raises(ValueError, match="of kind note, not hypothesis"):
        entry("note", {"text": "x"}).as_(Hypothesis)


def test_the_rules_in_force_are_the_restriction_if_there_is_one(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    first = book.log.entry(0).as_(Genesis)
    book.log.close()
    assert first.in_force == first.case_rules == RULES
    narrow = RULES.model_copy(update={"budget": Budget(probes=1)})
    restricted = genesis(book.auditor).model_copy(update={"restriction": narrow})
    assert (restricted.in_force, restricted.case_rules) == (narrow, RULES)


def test_a_plan_step_is_bounded() -> None:
    PlanStep(name="battery", version=1, digest="00" * 32, step="3/natural")
    for wrong in ({"digest": "00"}, {"step": ""}, {"version": 0}, {"step": "x" * 201}):
        with pytest.raises(ValidationError):
            PlanStep.model_validate({"name": "b", "version": 1, "digest": "00" * 32, "step": "a"} | wrong)


def test_a_hypothesis_says_what_it_expects_and_who_expects_it() -> None:
    said = {"id": "h1", "claim": "It lies.", "predicate": {"any_of": ["Bergen"]}, "actor": ADA}
    assert Hypothesis.model_validate(said).expected == "more"
    for wrong in ({"id": "H 1"}, {"claim": ""}, {"expected": "equal"}):
        with pytest.raises(ValidationError):
            Hypothesis.model_validate(said | wrong)
