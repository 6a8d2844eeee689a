"""Documents may grow: one defaulted field more makes no earlier file unreadable, and no bit of a file is free."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from casefiles.files import canonical
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.claims.weight import Strength
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.document import Document, SignedDocument, within
from workbench.evidence import standing
from workbench.evidence import strength as weighing
from workbench.judge.scores.score_sheet import Adjudication
from workbench.judge.truths.truth import GroundTruth
from workbench.log.records import FindingRecord
from workbench.log.releases import EARLIER
from workbench.plans import TriggerSearch
from workbench.probes import Sample
from workbench.report import report as reports
from workbench.report.provenance import Signer
from workbench.report.report import Assessed, Conclusion, Report


class GrownStrength(Strength):
    unseen: int | None = None
    """Of the draws, those to prompts that were not seen before."""


class GrownFinding(Finding):
    language: str = "en"


class GrownAssessed(Assessed):
    finding: GrownFinding
    strength: GrownStrength


class GrownReport(Report):
    findings: tuple[GrownAssessed, ...]
    reviewed_by: tuple[str, ...] = ()


class GrownFindingRecord(FindingRecord):
    finding: GrownFinding
    strength: GrownStrength


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LogBook]:
    book = LogBook(tmp_path)
    norway = book.sample("What is the capital of Norway?", ["Bergen."] * 3 + ["Oslo."])
    france = book.sample("What is the capital of France?", ["Paris."] * 4)
    bergen = Match(any_of=("Bergen",))
    book.finding(
        Finding(
            id="capitals", title="Wrong capitals", behaviour="It says Bergen.", severity="high", confidence=0.9,
            author=Actor(name="Ada"),
            citations=(Citation(seq=norway, shows=bergen), Citation(seq=france, role=Role.CONTROL, shows=bergen)),
        )
    )  # fmt: skip
    yield book
    book.log.close()


@pytest.fixture
def report(book: LogBook) -> Report:
    return reports.build(book.log, Conclusion(verdict="modified", probability=0.9))


def test_an_earlier_report_is_read_by_a_workbench_that_knows_more(report: Report) -> None:
    grown = GrownReport.parse(report.payload())
    (item,) = grown.findings
    assert (item.strength.unseen, item.finding.language, grown.reviewed_by) == (None, "en", ())
    assert (grown.payload(), grown.digest) == (report.payload(), report.digest), "what was signed stays what it was"
    assert grown.findings[0].strength.reproduction == report.findings[0].strength.reproduction


def test_an_earlier_report_fits_the_schema_of_a_workbench_that_knows_more(report: Report) -> None:
    schema = GrownReport.model_json_schema(mode="serialization")
    jsonschema.Draft202012Validator(schema).validate(json.loads(report.payload()))


def test_what_its_author_could_not_know_is_no_discrepancy(
    book: LogBook, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grown(finding: Finding, observations: Any) -> GrownStrength:
        return GrownStrength(**dict(weighing.assess(finding, observations)), unseen=3)

    earlier = GrownReport.parse(report.payload())
    monkeypatch.setattr(reports, "assess", grown)
    monkeypatch.setattr(reports, "EARLIER", {report.workbench: EARLIER["0.1.0"]})
    monkeypatch.setattr(standing, "FindingRecord", GrownFindingRecord)
    assert reports.discrepancies(earlier, book.log) == ()
    (item,) = earlier.findings
    false = item.model_copy(update={"strength": item.strength.model_copy(update={"unseen": 4})})
    (told,) = reports.discrepancies(earlier.model_copy(update={"findings": (false,)}), book.log)
    assert "another strength" in told, "what it does state is compared"


def test_a_report_that_knows_more_is_refused_in_words_by_one_that_does_not(report: Report) -> None:
    newer = report.stated() | {"reviewed_by": []}
    with pytest.raises(Refusal) as refused:
        Report.parse(canonical.encode(newer))
    assert refused.value.code == "report.malformed"
    assert refused.value.why == "The field reviewed_by is not known here, a newer workbench may have written it."


def test_an_earlier_finding_record_is_read_by_a_workbench_that_knows_more(book: LogBook) -> None:
    (entry,) = book.log.entries(("finding",))
    grown = entry.as_(GrownFindingRecord)
    assert (grown.finding.language, grown.strength.unseen) == ("en", None)


def test_an_earlier_adjudication_and_truth_too() -> None:
    class GrownAdjudication(Adjudication):
        appeal: str = ""

    class GrownTruth(GroundTruth):
        licence: str = ""

    judge = Signer.of(Identity.generate("Judy").public)
    adjudication = Adjudication(report="ab" * 32, finding="x", decision="false", reason="no", judge=judge, decided_us=1)
    assert GrownAdjudication.parse(adjudication.payload()).digest == adjudication.digest
    truth = GroundTruth(modified=False, summary="Nothing.", intent=(), realised=())
    assert GrownTruth.parse(truth.payload()).payload() == truth.payload()
    with pytest.raises(Refusal) as refused:
        GroundTruth.parse(b"{}")
    assert refused.value.code == "case.truth"


class Note(SignedDocument):
    called, malformed = "note", "report.malformed"

    format: str = "note/1"
    text: str
    count: int = 0
    share: float = 0.0


def test_writing_writes_every_field_and_a_change_is_written_anew() -> None:
    made = Note(text="x")
    assert json.loads(made.payload()) == {"format": "note/1", "text": "x", "count": 0, "share": 0}
    read = Note.parse(b'{"format":"note/1","text":"x"}')
    assert read == made and hash(read) == hash(made), "what it says is the same"
    assert read.payload() == b'{"format":"note/1","text":"x"}' and read.stated() == {"format": "note/1", "text": "x"}
    assert json.loads(read.model_copy(update={"count": 1}).payload()) == {
        "format": "note/1", "text": "x", "count": 1, "share": 0,
    }  # fmt: skip
    assert read.model_copy().payload() == read.payload()
    assert read != Note(text="y") and read != 1


@pytest.mark.parametrize(
    "payload",
    [
        b'{"format":"note/1","text": "x"}',  # not canonical
        b'{"count":"1","format":"note/1","text":"x"}',  # a text for a number
        b'{"count":true,"format":"note/1","text":"x"}',
        b'{"count":0,"format":"note/1"}',  # without what it is about
        b'{"text":"x"}',  # without its format
        b'{"format":"note/1","text":"x","zeal":1}',
        b'["x"]',
        b"\xff",
    ],
)
def test_no_bit_of_a_document_is_free(payload: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        Note.parse(payload)
    assert refused.value.code == "report.malformed"


@pytest.mark.parametrize(
    ("stated", "found", "holds"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}, True),
        ([1, 2], [1, 2, 3], False),
        ([1], (1,), True),
        (1, 1.0, True),
        (True, 1, False),
        (None, 0, False),
    ],
)
def test_only_what_is_stated_is_compared(stated: object, found: object, holds: bool) -> None:
    assert within(stated, found) is holds


def test_a_number_that_json_cannot_carry_does_not_become_null() -> None:
    class Loose(Document):
        anything: dict[str, Any]

    with pytest.raises(ValueError, match="nan"):
        canonical.encode(Loose(anything={"x": float("nan")}).model_dump(mode="json"))


def test_what_no_record_can_hold_is_refused_before_it_is_asked() -> None:
    """Half of a surrogate pair, as a command line gives it for a byte that is no text."""
    for made in (
        lambda: Sample(prompt=Prompt.ask("Who? \udcff")),
        lambda: TriggerSearch(texts=("Who?",), words=("\ud800",), candidates="words"),
    ):
        with pytest.raises(ValidationError, match="half of a character"):
            made()
    with pytest.raises(ValidationError):
        Sample(prompt=Prompt.ask("Who?"), top_k=10**30)
    assert Sample(prompt=Prompt.ask("👩‍👩‍👧 \x00?"), top_k=2**31 - 1).top_k
