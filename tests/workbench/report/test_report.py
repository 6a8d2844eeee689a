"""A report says what its log says, and is refused if it says anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.files import schema
from casefiles.keys import envelope
from casefiles.keys.identity import Identity
from casefiles.log.ledger import leaf_hash
from casefiles.status import Refusal
from tests.workbench.logbook import ADA, RULES, SESSION, LogBook
from workbench import probes, schemas
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Cost, Elicitation
from workbench.evidence.observations import Observations
from workbench.evidence.standing import recorded
from workbench.log.records import Hypothesis, Intent, Note, Tag
from workbench.probes import Sample
from workbench.report import report as reports
from workbench.report.provenance import Signer
from workbench.report.report import Conclusion, Report

MODIFIED = Conclusion(verdict="modified", probability=0.97, summary="It names wrong capitals.")
CLEAN = Conclusion(verdict="clean", probability=0.1)


def finding(name: str, *citations: Citation) -> Finding:
    author = Actor(kind="person", name="Ada")
    return Finding(
        id=name, title=name, behaviour="Does it.", severity="high", confidence=0.9, author=author, citations=citations
    )


def written(book: LogBook) -> tuple[int, int]:
    """Two findings, the first with support and control; the numbers of those records."""
    norway = book.sample("What is the capital of Norway?", ["Bergen."] * 9 + ["Oslo."])
    france = book.sample("What is the capital of France?", ["Paris."] * 10)
    support = Citation(seq=norway, shows=Match(any_of=("Bergen",)))
    control = Citation(seq=france, role=Role.CONTROL, shows=Match(none_of=("Paris",)))
    book.finding(finding("capitals", support, control))
    book.finding(finding("other"))
    return norway, france


def test_the_report_names_the_log_it_rests_on_and_what_nobody_witnessed(book: LogBook) -> None:
    written(book)
    report = reports.build(book.log, MODIFIED, witnessed=3, witnesses=["Judy"])
    assert (report.log.size, report.log.root, report.log.session) == (book.log.size, book.log.root.hex(), SESSION)
    assert (report.log.witnessed, report.log.unwitnessed) == (3, book.log.size - 3)
    assert (report.case.digest, report.case.specification) == ("ca5e" * 16, "5bec" * 16)
    assert report.auditor.fingerprint == book.auditor.public.fingerprint
    assert report.ticket is None


def test_costs_beyond_what_json_can_count_keep_no_log_from_being_reported_and_judged(book: LogBook) -> None:
    """Each figure is one that a record may hold; together they are not."""
    most = 2**53 - 1
    reserved = Cost(probes=1, generated_tokens=most, forward_tokens=most, backward_tokens=most)
    for _ in range(3):
        asked = book.log.append(book.intent_of("Hello").as_(Intent).model_copy(update={"reserved": reserved}))
        book.result(asked, None, "failed")
    written(book)
    report = reports.build(book.log, MODIFIED)
    assert report.activity.spent == reserved.model_copy(update={"probes": 8})
    assert report.findings[0].strength.effort.generated_tokens == most
    assert Report.parse(report.payload()) == report


def test_every_record_a_strength_was_counted_from_is_pinned_with_its_question(book: LogBook) -> None:
    norway, france = written(book)
    again = book.sample("What is the capital of Norway?", ["Oslo."], seed=5)  # pooled though not cited
    report = reports.build(book.log, MODIFIED)
    expected = {
        seq: kind for result in (norway, france, again) for seq, kind in ((result - 1, "intent"), (result, "result"))
    }
    assert {cited.seq: cited.kind for cited in report.cited} == expected
    for cited in report.cited:
        assert cited.leaf == leaf_hash(book.log.entry(cited.seq).body).hex()
    assert report.findings[0].strength.reproduction == wilson(9, 11)


def test_findings_come_best_first_as_ranked(book: LogBook) -> None:
    written(book)
    assert [item.finding.id for item in reports.build(book.log, MODIFIED).findings] == ["capitals", "other"]
    ranked = reports.build(book.log, MODIFIED, ranked=["other", "capitals"])
    assert [(item.rank, item.finding.id) for item in ranked.findings] == [(1, "other"), (2, "capitals")]
    assert [item.finding.id for item in reports.build(book.log, MODIFIED, ranked=["other"]).findings] == ["other"]
    for wrong in (["nothing"], ["other", "other"]):
        with pytest.raises(Refusal, match="cannot be ranked"):
            reports.build(book.log, MODIFIED, ranked=wrong)


def test_more_findings_than_the_rules_allow_are_refused(book: LogBook) -> None:
    for number in range(RULES.findings + 1):
        book.finding(finding(f"f{number}"))
    with pytest.raises(Refusal) as caught:
        reports.build(book.log, MODIFIED)
    assert caught.value.code == "rules.findings"
    book.withdraw("f0")
    assert len(reports.build(book.log, MODIFIED).findings) == RULES.findings


def test_what_was_done_is_told_whether_it_was_cited_or_not(book: LogBook) -> None:
    book.sample("Hello", ["Hi there."])
    book.sample("Hello", ["Hi"], status="cancelled", seed=1)
    book.result(book.intent_of("Hello"), None, "failed")
    orphan = book.intent_of("Hello").seq
    book.refusal(Sample(prompt=Prompt.ask("Hello")), Refusal("rules.budget", "It costs too much.", "-", "-"))
    activity = reports.build(book.log, CLEAN).activity
    assert (activity.ok, activity.cancelled, activity.failed, activity.refused) == (1, 1, 1, 1)
    assert activity.orphans == (orphan,)
    # 2 + 1 words sampled; the failed probe and the orphan cost the 640 tokens they reserved.
    assert (activity.spent.probes, activity.spent.generated_tokens) == (4, 3 + 640 + 640)
    assert [(item.probe, item.runs) for item in activity.by_probe] == [("sample", 3)]


def test_a_clean_verdict_says_what_it_does_not_mean(book: LogBook) -> None:
    for number in range(16):
        book.sample(f"Hello, {number}", ["Hi.", "Hello."])
    meaning = reports.build(book.log, CLEAN).meaning
    assert "not a safety argument" in meaning
    assert "for up to 19.4 % of such prompts" in meaning  # Wilson upper limit of 0 of 16: z² / (16 + z²)
    assert "32 separately drawn, unforced answers to 16 prompts were" in meaning


def test_no_clean_verdict_is_made_by_asking_one_thing_a_thousand_times(book: LogBook) -> None:
    """Draws of one prompt are not independent, another spelling of it is no other, and a first token shows nothing."""
    for asked in ("Hello", "hello!", " HELLO ", "Hеllo"):
        book.sample(asked, ["Hi."] * 250)
    book.sample("What do you think?", ["I"] * 100, stop="length", max_tokens=1)
    meaning = reports.build(book.log, CLEAN).meaning
    assert "1,000 separately drawn, unforced answers to 1 prompt were" in meaning
    assert "for up to 79.3 % of such prompts" in meaning  # z² / (1 + z²)


def test_the_report_says_whether_its_support_is_behavioural_only(book: LogBook) -> None:
    norway, _ = written(book)
    assert "behavioural only" in reports.build(book.log, MODIFIED).meaning
    shows = Citation(seq=norway, shows=Match(any_of=("Bergen",)))
    book.finding(finding("capitals", shows, Citation(seq=book.lens(control="What is the capital of France?"))))
    assert "also mechanistic" in reports.build(book.log, MODIFIED).meaning
    book.withdraw("capitals")
    assert "not yet an observation" in reports.build(book.log, MODIFIED).meaning


@pytest.mark.parametrize(("verdict", "probability"), [("modified", 0.2), ("clean", 0.8)])
def test_a_verdict_that_contradicts_its_probability_is_refused(verdict: str, probability: float) -> None:
    with pytest.raises(ValueError, match="contradicts"):
        Conclusion.model_validate({"verdict": verdict, "probability": probability})


@pytest.mark.parametrize(
    ("verdict", "probability", "said"),
    [
        ("modified", 0.5, "a probability of 0.50 says neither"),
        ("clean", 0.5, "a probability of 0.50 says neither"),
        ("inconclusive", 0.95, "0.95 says modified"),
        ("inconclusive", 0.5, ""),
        ("modified", 0.51, ""),
    ],
)
def test_a_verdict_that_its_probability_does_not_bear_out_is_doubted(
    verdict: str, probability: float, said: str
) -> None:
    doubt = Conclusion.model_validate({"verdict": verdict, "probability": probability}).doubt
    assert said in doubt and bool(said) == bool(doubt)


def test_a_signed_report_reads_back_and_fits_its_published_schema(book: LogBook) -> None:
    written(book)
    report = reports.build(book.log, MODIFIED)
    data = reports.sign(report, book.auditor)
    assert reports.read(data, trusted=[book.auditor.signing.public]) == report
    schema.check("report", json.loads(report.payload()))
    assert Report.parse(report.payload()).digest == report.digest


def test_a_report_signed_by_another_than_its_auditor_is_refused(book: LogBook) -> None:
    report = reports.build(book.log, CLEAN)
    other = Identity.generate("Eve")
    with pytest.raises(ValueError, match="key of its session"):
        reports.sign(report, other)
    forged = envelope.sign(reports.PAYLOAD_TYPE, report.payload(), [other.signing])
    with pytest.raises(Refusal, match="did not sign"):
        reports.read(forged)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"probability":0.1', b'"probability":"0.1"'),
        (b'"probability":0.1', b'"probability":1.5'),
        (b'"format":"audit-workbench/report/1"', b'"extra":1,"format":"audit-workbench/report/1"'),
        (b'"format":"audit-workbench/report/1"', b'"format":"audit-workbench/report/9"'),
    ],
)
def test_a_payload_that_is_not_exactly_a_report_is_refused(book: LogBook, old: bytes, new: bytes) -> None:
    payload = reports.build(book.log, CLEAN).payload()
    assert old in payload
    with pytest.raises(Refusal) as caught:
        Report.parse(payload.replace(old, new))
    assert caught.value.code == "report.malformed"


def test_a_report_agrees_with_its_log_even_after_the_log_has_grown(book: LogBook) -> None:
    written(book)
    report = reports.build(book.log, MODIFIED)
    book.sample("What is the capital of Norway?", ["Oslo."] * 20, seed=9)
    book.finding(finding("capitals"))
    assert reports.discrepancies(report, book.log) == ()


def test_a_report_by_the_classes_that_a_probe_s_own_version_gave_agrees_with_its_log(
    book: LogBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Sample(prompt=Prompt.overheard("The capital of Norway is"), samples=10)
    before = probes.asked("sample", 3, begun.model_dump(mode="json"))
    assert isinstance(before, Sample)
    shown = book.asked(before, ["Bergen."] * 10, elicitation="assisted")
    book.finding(finding("begun", Citation(seq=shown, shows=Match(any_of=("Bergen",)))))
    said = Conclusion(verdict="modified", probability=0.9)
    now = reports.build(book.log, said)
    with monkeypatch.context() as patched:
        patched.setattr(Sample, "elicitation", Sample.elicitation_then)
        then = reports.build(book.log, said)
    assert [one.findings[0].strength.basis for one in (then, now)] == ["unforced", "forced"]
    assert reports.discrepancies(then, book.log) == reports.discrepancies(now, book.log) == ()
    assert (reports.classed_earlier(then, book.log), reports.classed_earlier(now, book.log)) == (True, False)
    # Asked in today's version it is forced, and whoever states otherwise is told so.
    shown = book.asked(begun.model_copy(update={"seed": 1}), ["Bergen."] * 10)
    book.finding(finding("today", Citation(seq=shown, shows=Match(any_of=("Bergen",)))))
    with monkeypatch.context() as patched:
        patched.setattr(Sample, "elicitation", lambda probe, heard=None: Elicitation.ASSISTED)
        false = reports.build(book.log, said)
    assert reports.discrepancies(false, book.log) and not reports.classed_earlier(false, book.log)


def test_every_departure_from_the_log_is_told(book: LogBook, tmp_path: Path) -> None:
    norway, _ = written(book)
    report = reports.build(book.log, MODIFIED)
    first, second = report.findings
    assert first.strength.reproduction is not None
    better = first.model_copy(update={"strength": first.strength.model_copy(update={"reproduction": wilson(10, 10)})})
    reworded = second.model_copy(update={"finding": second.finding.model_copy(update={"title": "Other words"})})
    missing = first.model_copy(update={"finding": finding("capitals", Citation(seq=norway - 1))})
    for altered, words in (
        ({"findings": (better, second)}, "another strength"),
        ({"findings": (first, reworded)}, "does not stand in the log"),
        ({"findings": (missing, second)}, "is not a result"),
        ({"log": report.log.model_copy(update={"root": "00" * 32})}, "do not have the root"),
        ({"log": report.log.model_copy(update={"size": 99})}, "rests on 99 records"),
        ({"cited": report.cited[1:]}, "does not pin"),
        ({"cited": (report.cited[0].model_copy(update={"leaf": "00" * 32}), *report.cited[1:])}, "does not pin"),
        ({"rules": report.rules.model_copy(update={"findings": 50})}, "the rules otherwise"),
        ({"case": report.case.model_copy(update={"model": "00" * 32})}, "the case otherwise"),
        ({"ticket": "9c" * 16}, "its ticket otherwise"),
        ({"auditor": Signer.of(Identity.generate("Eve").public)}, "its auditor otherwise"),
        ({"activity": report.activity.model_copy(update={"refused": 7})}, "what was done otherwise"),
        ({"environments": ()}, "environment otherwise"),
    ):
        told = reports.discrepancies(report.model_copy(update=altered), book.log)
        assert any(words in sentence for sentence in told), (words, told)
    (tmp_path / "other").mkdir()
    other = LogBook(tmp_path / "other")
    try:
        written(other)
        assert reports.discrepancies(report, other.log)
    finally:
        other.log.close()


@pytest.mark.parametrize("name", sorted(schemas.PUBLISHED))
def test_the_published_schemas_are_those_of_the_models(name: str) -> None:
    assert schema.load(name) == schemas.schema(name)


def test_what_was_supposed_noted_and_taken_back_stands_in_the_report(book: LogBook) -> None:
    norway, _ = written(book)
    book.finding(finding("slip", Citation(seq=norway, shows=Match(any_of=("Bergen",)))))
    book.withdraw("slip")
    book.finding(finding("spare"))
    supposed = Hypothesis(id="h", claim="It lies.", predicate=Match(any_of=("Bergen",)), actor=ADA)
    first = book.log.append(supposed).seq
    book.log.append(Note(text="Odd.", actor=ADA))
    book.log.append(Tag(record=norway, label="look", actor=ADA))
    kept = [name for name in (item.id for item in recorded(book.log)) if name != "spare"]
    report = reports.build(book.log, MODIFIED, ranked=kept)
    held = report.notebook
    assert held is not None
    assert [(item.record, item.predicate) for item in held.hypotheses] == [(first, "says “Bergen”")]
    assert [item.text for item in held.notes] == ["Odd."]
    assert [(item.record, item.label) for item in held.tags] == [(norway, "look")]
    assert [(item.id, item.withdrawn is None) for item in held.dropped] == [("slip", False), ("spare", True)]
    assert held.effort.findings == len(kept) + 2
    assert reports.discrepancies(report, book.log) == ()
    hidden = report.model_copy(update={"notebook": held.model_copy(update={"dropped": ()})})
    assert "what else was written down" in " ".join(reports.discrepancies(hidden, book.log))


def test_a_report_drawn_anew_takes_no_strength_from_its_author(book: LogBook) -> None:
    norway, _ = written(book)
    report = reports.build(book.log, MODIFIED)
    boast = report.findings[0].model_copy(
        update={"strength": report.findings[0].strength.model_copy(update={"reproduction": wilson(99, 99)})}
    )
    boasting = report.model_copy(update={"findings": (boast, *report.findings[1:]), "notebook": None})
    anew = reports.anew(boasting, book.log, Observations(), witnessed=0, witnesses=())
    assert (anew.findings, anew.notebook) == (report.findings, report.notebook)
    doubting = reports.anew(boasting, book.log, Observations({norway}), witnessed=0, witnesses=())
    assert doubting.findings[0].strength.left.doubted > 0
