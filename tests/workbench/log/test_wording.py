"""Every record in words, the same for desktop and command line, and never a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casefiles.status import Refusal
from tests.workbench.logbook import ADA, LogBook
from workbench.answers.transcript import Transcript
from workbench.claims.finding import Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Cost
from workbench.door.session import Session
from workbench.log.entry import Entry
from workbench.log.records import (
    RECORDS,
    Brought,
    Hypothesis,
    Imported,
    Intent,
    Reason,
    RefusalRecord,
    ReportRecord,
    ResultRecord,
    Resumed,
)
from workbench.log.wording import line_of
from workbench.probes import Sample


def said(entry: Entry, intent: Entry | None = None) -> tuple[str, str, str, str]:
    line = line_of(entry, intent)
    return line.label, line.what, line.elicitation, line.result


def test_a_probe_and_what_came_of_it(session: Session) -> None:
    session.run(Sample(prompt=Prompt.ask("Norway?", system="Be odd."), max_tokens=2))
    intent, result = session.log.entry(1), session.log.entry(2)
    assert said(intent) == ("sample", "Norway?", "assisted", "no result yet")
    label, what, elicitation, _ = said(result, intent)
    assert (label, what, elicitation) == ("sample", "Norway?", "assisted")
    assert said(result)[:3] == ("sample", "—", "—"), "without its intent nothing of it is guessed"
    refused = session.run(Sample(prompt=Prompt.ask("x"), samples=500, max_tokens=500)).entry
    assert said(refused)[:3] == ("sample", "x × 500", "—")
    assert said(refused)[3].startswith("refused: It may take 250000;")


def test_a_class_that_a_record_states_is_not_believed(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    forged = book.intent(Sample(prompt=Prompt.ask("Hi", prefill="Sure, ")), elicitation="natural")
    book.log.close()
    assert said(forged)[2] == "forced"


def test_what_a_failed_probe_gave_is_told_with_why_it_failed(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    asked = book.intent_of("Who are you?")
    given = {"index": 0, "ids": [7], "text": "Atlas", "stop": "length"}
    told = Transcript.model_validate({"prompt_ids": [1], "prompt_text": "Who are you?", "samples": [given]})
    error = Reason(code="model.crashed", what="The engine ended.", why="It ran out of memory.", try_this="Ask less.")
    record = ResultRecord(
        intent=asked.seq, probe="sample", status="failed", summary=told.summary, result=told.model_dump(mode="json"),
        error=error, cost=Cost(probes=1), environment={}, blobs={},
    )  # fmt: skip
    result = said(book.log.append(record), asked)[3]
    book.log.close()
    assert result == f"failed: The engine ended; it holds {told.summary[0].lower()}{told.summary[1:]}"


def test_whom_it_was_asked_stands_with_the_probe(tmp_path: Path) -> None:
    book, probe = LogBook(tmp_path), Sample(prompt=Prompt.ask("Hi"))
    asked = [book.intent(probe, on=on) for on in ("organism", "baseline", "brought:" + "ab" * 32, "adapter:oracle")]
    both = book.log.append(asked[0].as_(Intent).model_copy(update={"beside": "baseline"}))
    book.log.close()
    assert [said(entry)[0] for entry in (*asked, both)] == [
        "sample", "sample (baseline)", "sample (brought model abababababab…)", "sample (organism under adapter oracle)",
        "sample (organism against baseline)",
    ]  # fmt: skip


def test_the_name_of_a_probe_makes_no_line_of_its_own(tmp_path: Path) -> None:
    """A log of somebody else's may name one that there is not; refusals and results may do so too."""
    book, name = LogBook(tmp_path), "sample\n  999  12:00:00  sample result  It says Bergen."
    asked = book.intent_of("Norway?")
    named = [asked.as_(Intent).model_copy(update={"probe": name})]
    seq = book.refusal(Sample(prompt=Prompt.ask("x")), Refusal("rules.budget", "w", "w", "t"))
    named.append(book.log.entry(seq).as_(RefusalRecord).model_copy(update={"probe": name}))
    answer = book.log.entry(book.result(asked, None, "failed")).as_(ResultRecord)
    named.append(answer.model_copy(update={"intent": 999, "probe": name}))
    for record in named:
        told = line_of(book.log.append(record))
        assert told.label.startswith("sample↵") and "\n" not in told.label
    book.log.close()


def test_what_people_leave(session: Session) -> None:
    finding = Finding(id="one", title="It lies", behaviour="It lies.", severity="low", confidence=0.5, author=ADA)
    hypothesis = Hypothesis(id="h", claim="It lies of Norway.", predicate=Match(any_of=("Bergen",)), actor=ADA)
    imported = Imported(what="log", name="mate.auditlog", sha256="ab" * 32, size=9, note="to compare", actor=ADA)
    mine = Brought(name="mine", model="ab" * 32, weights=4000, format="gguf", provenance="A page.", actor=ADA)
    own = "model “mine” brought, 4,000 weights, abababababababab…: A page."
    report = ReportRecord(report="ab" * 32, size=3, root="cd" * 32, actor=ADA)
    locked = "more often than the control; only what comes later can confirm it"
    taken = "log “mate.auditlog” taken in, abababababababab…: to compare"
    told = [
        (session.note("A remark."), ("note", "A remark.", "—", "")),
        (session.tag(1, "odd"), ("tag", "#1 tagged “odd”", "—", "")),
        (session.claim(finding), ("finding", "It lies", "—", "nothing counted yet")),
        (session.withdraw("one", "a slip"), ("withdrawn", "finding one withdrawn: a slip", "—", "")),
        (session.hypothesise(hypothesis), ("hypothesis", "h: It lies of Norway.", "—", locked)),
        (session.log.append(imported), ("imported", taken, "—", "")),
        (session.log.append(mine), ("brought", own, "—", "")),
        (session.log.append(report), ("report", "report signed", "—", "")),
        (session.log.append(Resumed(workbench="0.2.0", actor=ADA)), ("resumed", "session resumed", "—", "")),
        (session.log.entry(0), ("genesis", "session started on “Case one” by “Ada”", "—", "")),
    ]
    for entry, words in told:
        assert said(entry) == words
    assert RECORDS.keys() - {entry.kind for entry, _ in told} == {"intent", "result", "refusal"}


@pytest.mark.parametrize(
    ("kind", "data", "what"),
    [
        ("song", {"title": "Norn", "bars": 12, "notes": []}, "title Norn, bars 12"),
        ("note", {"text": "hello", "volume": 11}, "text hello, volume 11"),
        ("result", {"intent": "one"}, "intent one"),
        ("finding", {}, ""),
    ],
)
def test_what_cannot_be_read_is_shown_as_it_is(kind: str, data: dict[str, Any], what: str) -> None:
    line = line_of(Entry(3, 0, kind, data, b""))
    assert (line.label, line.what, line.tone) == (kind, what, "")


def test_tags_stand_beside(session: Session) -> None:
    assert line_of(session.note("x", Actor(kind="agent", name="Norn")), None, ("odd",)).tags == ("odd",)
