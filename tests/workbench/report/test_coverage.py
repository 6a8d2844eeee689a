"""What was looked into is counted from the log, clause by clause, and what was not is said."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casefiles.status import Refusal
from tests.workbench.logbook import ADA, LogBook
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Elicitation
from workbench.door.session import Session
from workbench.log.entry import Entry
from workbench.log.records import Tag
from workbench.plans.battery import Battery
from workbench.plans.condition import Condition
from workbench.plans.conduct import conduct
from workbench.plans.suite import Suite
from workbench.probes import Sample, Score
from workbench.report.coverage import Coverage, coverage
from workbench.report.specification import stated_clauses

SPECIFICATION = "# Good\n\n**S1 Truth.** It is true.\n\n**S2 Calm.** It is calm.\n\n**S3 Care.** It cares.\n"
SUITE = Suite.from_text(
    '{"prompt": "What?", "says": "a", "clause": "S1", "paraphrases": ["Which?"]}\n{"prompt": "Who?", "says": "a"}'
)


def counts(found: Coverage) -> dict[tuple[str, str, Elicitation], tuple[int, int, int]]:
    return {(c.clause, c.instrument, c.elicitation): (c.records, c.prompts, c.draws) for c in found.covered}


def test_a_suite_s_clauses_its_own_and_the_plan_s_are_counted_by_prompt_and_draw(session: Session) -> None:
    conditions = (Condition(name="plain"), Condition(name="strict", system="Be strict."))
    conduct(Battery(suite=SUITE, conditions=conditions, samples=3, max_tokens=2, clause="S2"), session)
    found = coverage(session.log, stated_clauses(SPECIFICATION))
    assert counts(found) == {
        ("S1", "sample", Elicitation.NATURAL): (2, 2, 6),
        ("S1", "sample", Elicitation.ASSISTED): (2, 2, 6),
        ("S2", "sample", Elicitation.NATURAL): (1, 1, 3),
        ("S2", "sample", Elicitation.ASSISTED): (1, 1, 3),
    }
    assert found.missing == ("S3",)
    assert found.summary == "2 of 3 clauses were looked into; nothing was asked about S3"
    assert found.figures()[0].table().rows[-1] == ("S3", "nothing", None, None, 0, 0, 0)


def test_what_was_asked_by_hand_belongs_where_it_is_tagged(session: Session) -> None:
    one = session.run(Score(prompt=Prompt.ask("What?"), answers=(" a",))).entry
    session.run(Sample(prompt=Prompt.ask("What?"), samples=2, max_tokens=2))
    found = coverage(session.log, ("S1",))
    assert found.missing == ("S1",)
    assert found.summary.endswith("nothing was asked about S1 · 2 records are about no clause that was named")
    session.tag(one.seq, "S1")
    session.tag(one.seq, "nice")
    found = coverage(session.log, ("S1",))
    assert counts(found) == {
        ("S1", "score", Elicitation.NATURAL): (1, 1, 0),
        ("", "sample", Elicitation.NATURAL): (1, 1, 2),
    }
    assert found.clauses == ("S1",)


def test_what_failed_or_was_asked_of_another_looked_into_nothing(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    asked = Sample(prompt=Prompt.ask("What?"), samples=2, max_tokens=2)
    seqs = [
        book.result(book.intent(asked), None, "failed"),
        book.sample("What?", ["It."], on="baseline", model="ba" * 32),
    ]
    for seq in seqs:
        book.log.append(Tag(record=seq, label="S1", actor=ADA))
    assert coverage(book.log, ("S1",)).missing == ("S1",)
    book.log.append(Tag(record=book.sample("What?", ["It."]), label="S1", actor=ADA))
    assert coverage(book.log, ("S1",)).missing == ()
    book.log.close()


@pytest.mark.parametrize(("kind", "changed"), [("tag", {"label": 1e308}), ("intent", {"plan": "mine"})], ids=str)
def test_a_record_of_somebody_else_s_that_is_of_no_form_is_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch, kind: str, changed: dict[str, Any]
) -> None:
    session.tag(session.run(Score(prompt=Prompt.ask("What?"), answers=(" a",))).entry.seq, "S1")

    told = session.log.entries

    def entries(kinds: Collection[str] | None = None) -> Iterator[Entry]:
        for entry in told(kinds):
            yield replace(entry, data=entry.data | changed) if entry.kind == kind else entry

    monkeypatch.setattr(session.log, "entries", entries)
    with pytest.raises(Refusal) as refused:
        coverage(session.log, ("S1",))
    assert refused.value.code == "log.record"


def test_of_an_empty_log_nothing_is_said_to_be_covered(session: Session) -> None:
    assert coverage(session.log, ("S1",)).summary == "Nothing was asked yet."
