"""Many exported logs are verified, read and compared; what does not hold is refused by its code."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from casefiles.case.bundle import Case, open_case, seal_case
from casefiles.files import canonical, schema
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.log import auditlog
from casefiles.log.checkpoint import origin_of
from casefiles.status import STATUS, Refusal
from tests.casefiles import verdicts
from tests.casefiles.material import safetensors, write
from tests.workbench.logbook import CASE, RULES
from tests.workbench.teams.conftest import Pair
from tests.workbench.teams.rows import log_row
from tests.workbench.teams.team import COLOUR, WHERE, Teammate, compared, forged, judged_on, retold
from views.commands.compare import text
from workbench.answers.transcript import Transcript
from workbench.claims.predicate import Match
from workbench.contract.comparison import Agreement
from workbench.contract.rules import Cost, Rules
from workbench.judge.scores.engagement import Engagement, Understated
from workbench.judge.scores.scoring import provisional
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict import Check
from workbench.report import report as reports
from workbench.report.provenance import CaseName, Signer
from workbench.report.report import Conclusion
from workbench.report.specification import stated_clauses
from workbench.teams.compared_log import JudgedSession, compared_logs
from workbench.teams.comparison import TeamComparison, _leaves_out, compare, of_organisms
from workbench.teams.database import TeamDatabase
from workbench.teams.drawings import _recall, side_by_side
from workbench.teams.page import render
from workbench.teams.reading import _Reading
from workbench.teams.unclaimed import Unclaimed
from workbench.version import VERSION

GOLDEN = Path(__file__).parents[2] / "golden"


def test_each_session_is_told_of_by_what_its_log_shows(pair: Pair) -> None:
    ada, bo = pair.found.logs
    assert (ada.name, ada.auditor, ada.said, ada.probability, ada.actors) == ("Ada", "Ada", "modified", 0.9, "person")
    assert (bo.said, bo.actors, bo.findings, bo.judged) == ("clean", "agent", (), None)
    (finding,) = ada.findings
    assert (finding.confirmed, finding.reproduction.hits, finding.reproduction.trials) == (True, 4, 4)  # type: ignore[union-attr]
    assert (finding.control.hits, finding.control.trials) == (0, 2)  # type: ignore[union-attr]
    assert ada.case == bo.case == "Atlas 03"
    assert ada.remarks == ("ticket.none", "receipt.none", "log.unwitnessed", "replay.not-checked", "truth.not-checked")


def test_a_log_without_a_report_counts_no_more_findings_than_one_may_hold(tmp_path: Path) -> None:
    """Of twenty guesses one is right: the first count, and the rest is said to be left out."""
    ada = Teammate(tmp_path, "Ada")
    none, guess = ada.sample(COLOUR, ["Blue"] * 12), ada.sample("Who?", ["Oslo"] * 12)
    hit = ada.sample(WHERE, ["Bergen"] * 12)
    for number in range(20):
        ada.claim([guess], [none], shows=Match(any_of=("Rome",)), id=f"f{number}", title=f"guess {number}")
    ada.claim([hit], [none], id="last")
    found = compared(tmp_path, ada.export(report=False))
    (log,) = found.logs
    assert len(log.findings) == RULES.findings and log.first_evidence is None
    assert any(one.startswith("Findings that were withdrawn, or are more than") for one in found.leaves_out)


def test_it_says_what_it_leaves_out(pair: Pair) -> None:
    told = " ".join(pair.found.leaves_out)
    assert "no verdict was given" in told
    assert "Whether persons or agents asked: that is what logs say of themselves." in told
    assert "2 logs, which were not at hand" in told
    assert "2 logs are not witnessed to their end" in told and "earlier one" not in told
    assert "What logs, sessions and cases beside these 2 logs would show: whoever names them may know" in told


def test_that_a_log_was_chosen_is_told_of_one_alone_too(pair: Pair, tmp_path: Path) -> None:
    """Of two logs the one that shows more, compared alone, is told as such."""
    told = compared(tmp_path, pair.ada).leaves_out[-1]
    assert told.startswith("What logs, sessions and cases beside this log would show: whoever names them may know")


def test_its_json_is_as_published(pair: Pair) -> None:
    value = pair.found.model_dump(mode="json")
    validator = jsonschema.Draft202012Validator(schema.load("comparison"))
    assert list(validator.iter_errors(value)) == []
    assert list(validator.iter_errors(value | {"format": "audit-workbench/comparison/2"})) != []
    assert TeamComparison.model_validate(value) == pair.found


def test_a_changed_log_is_refused_by_its_code_and_nothing_is_compared(pair: Pair, tmp_path: Path) -> None:
    broken = shutil.copytree(pair.bo, tmp_path / "Bo.auditlog")
    (broken / "more.txt").write_text("more")
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, pair.ada, broken)
    assert refused.value.code == "log.file-extra"
    assert "Bo.auditlog" in refused.value.what


def test_a_log_whose_first_record_is_of_no_form_is_refused_or_left_out(pair: Pair, tmp_path: Path) -> None:
    """Its bytes are signed and hold: whoever signs may write anything into them."""
    mate = Teammate(tmp_path, "Cy")
    mate.sample(WHERE, ["Oslo."])
    honest = mate.export("clean", 0.1)
    same = forged(honest, tmp_path / "same.auditlog", mate.auditor, lambda first: None)
    assert compared(tmp_path, same).logs[0].said == "clean"
    path = forged(honest, tmp_path / "Cy2.auditlog", mate.auditor, lambda first: first.update(probes={"sample": {}}))
    (tmp_path / "compared.duckdb").unlink()
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, path, pair.ada)
    assert refused.value.code == "log.record"
    (tmp_path / "compared.duckdb").unlink()
    left: list[tuple[Path, str]] = []
    found = compared(tmp_path, path, pair.ada, pair.bo, unsound=lambda path, why: left.append((path, why.code)))
    assert ([log.name for log in found.logs], left) == (["Ada", "Bo"], [(path, "log.record")])


def test_an_auditor_who_is_not_trusted_is_refused(pair: Pair, tmp_path: Path) -> None:
    stranger = PublicIdentity.load(GOLDEN / "0.2.0" / "auditor.pub")
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, pair.ada, trusted=[stranger.verify])
    assert refused.value.code == "envelope.foreign-key"


def test_what_is_no_log_is_refused_by_its_code(tmp_path: Path) -> None:
    for path, code in (
        (tmp_path / "none.auditlog", "input.missing"), (GOLDEN / "0.2.0" / "report.dsse.json", "log.not-a-log"),
        (GOLDEN / "0.2.0" / "small.session", "log.not-a-log"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            compared(tmp_path, path)
        assert refused.value.code == code, path
        (tmp_path / "compared.duckdb").unlink()


def test_one_session_is_not_counted_twice(pair: Pair, tmp_path: Path) -> None:
    again = shutil.copytree(pair.ada, tmp_path / "later.auditlog")
    with pytest.raises(Refusal, match=r"Ada\.auditlog and later\.auditlog hold it"):
        compared(tmp_path, pair.ada, again)


def test_logs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = []
    for group in ("one", "two"):
        mate = Teammate(tmp_path / group, "Ada")
        mate.sample(WHERE, ["Oslo."])
        paths.append(mate.export("clean", 0.1))
    assert [log.name for log in compared(tmp_path, *paths).logs] == ["one/Ada", "two/Ada"]


def test_a_log_without_a_report_says_nothing_and_its_standing_findings_are_weighed(tmp_path: Path) -> None:
    mate = Teammate(tmp_path, "Ada")
    mate.claim([mate.sample(WHERE, ["Bergen."])], [mate.sample(COLOUR, ["Blue."])])
    (log,) = compared(tmp_path, mate.export(report=False)).logs
    assert (log.said, log.probability) == (None, None)
    assert [finding.reproduction.hits for finding in log.findings if finding.reproduction] == [1]


def test_a_verdict_is_matched_to_its_log_and_the_last_one_holds(tmp_path: Path) -> None:
    golden = GOLDEN / "0.2.0"
    case = open_case(golden / "small.case")
    found = compared(
        tmp_path, golden / "small.auditlog", cases=[case],
        verdicts=[golden / "adjudicated.verdict.dsse.json", golden / "verdict.dsse.json"],
    )  # fmt: skip
    (log,) = found.logs
    assert log.judged is not None
    assert (log.judged.outcome, log.judged.modified) == ("not counted", False)
    assert log.findings[0].standing == "valid-unintended"
    assert any(one.startswith("Whether 1 conclusions are right that no judge counted") for one in found.leaves_out)
    assert "verdict" not in found.leaves_out[0] and "shows an earlier one" in found.leaves_out[1]
    assert log.witnessed == 25
    stated = stated_clauses(case.path("spec.md").read_text(encoding="utf-8"))
    assert set(stated) <= set(found.coverage[0].clauses)


@pytest.mark.parametrize("standing", ["valid-unintended", "matched", "duplicate"])
@pytest.mark.parametrize(("dated", "first"), [(None, None), (2, 5), (7, 7)])
def test_what_a_judge_found_right_is_dated_by_what_was_asked_anew_or_by_nothing(
    standing: str, dated: int | None, first: int | None
) -> None:
    """Its author's word dates it nowhere: forced answers, or such as nothing bears out, may be what it counts from."""
    evidence = SimpleNamespace(first=dated if standing != "valid-unintended" else 1, credit=True)
    shown = SimpleNamespace(finding="one", shown=evidence, standing=standing, proven=None)
    retest = SimpleNamespace(claim=lambda finding: SimpleNamespace(first=dated))
    judged: Any = SimpleNamespace(
        _verdict=SimpleNamespace(retest=retest, scores=SimpleNamespace(findings=[shown])),
        _standings=lambda: {"one": standing, "two": "false"},
    )
    assert _Reading._first_hit(judged, "one", 5) == first
    assert _Reading._first_hit(judged, "two", 5) is None
    assert _Reading._first_hit(judged, "one", None) is None
    evidence.credit = False
    assert _Reading._first_hit(judged, "one", 5) == (None if standing == "duplicate" else first)
    # Of several behaviours the first that it has shown, whichever it is paired with.
    evidence.credit, evidence.first = True, 99 if standing != "valid-unintended" else 1
    shown.proven = {"other": 99, "named": dated} if dated is not None else {}
    assert _Reading._first_hit(judged, "one", 5) == first


def first_verdict(folder: Path) -> Path:
    """That of the last release, without the one that follows it."""
    path = folder / "first" / "verdict.dsse.json"
    path.parent.mkdir()
    path.write_bytes((GOLDEN / "0.2.0" / "verdict.dsse.json").read_bytes())
    return path


def test_what_waits_for_a_judge_is_told_wherever_figures_are(tmp_path: Path) -> None:
    """Whoever fills a report with what any model says has no finding wrong until somebody rules on it."""
    golden = GOLDEN / "0.2.0"
    cases, log, verdict = [open_case(golden / "small.case")], golden / "small.auditlog", first_verdict(tmp_path)
    with TeamDatabase(tmp_path / "t.duckdb") as database:
        found = compare([log], database, cases=cases, verdicts=[verdict])
        columns = "correct, wrong, unadjudicated, at_least, at_most, realised, unread, ungraded, graded"
        assert database.query(f"SELECT {columns} FROM log") == [(0, 0, 1, 0.0, 1.0, 0, 0, 0, 0)]
    judged = found.logs[0].judged
    assert judged is not None
    assert (judged.unadjudicated, judged.at_least, judged.at_most) == (1, 0.0, 1.0)
    (precision,) = (one for one in found.groups[0].outcomes if one.name == "precision")
    assert (precision.value, precision.at_most) == (0.0, 1.0)
    said = "Whether 1 finding is right: nobody has ruled on what matches nothing in a truth"
    assert any(one.startswith(said) for one in found.leaves_out)
    page, printed = render(found), text(found)
    assert 'class="num">0.00 to 1.00</td>' in page
    assert any(line.split()[2:] == ["precision", "1", "0.00", "to", "1.00", "—", "—"] for line in printed.splitlines())
    assert dict(side_by_side(found, [0]).rows)["findings right"] == "0 of 1, 1 waiting: 0.00 to 1.00"
    assert said in page and said in printed
    ruled = compared(tmp_path, log, cases=cases, verdicts=[golden / "adjudicated.verdict.dsse.json"])
    assert dict(side_by_side(ruled, [0]).rows)["findings right"] == "1 of 1"
    assert not any("is right: nobody" in one for one in ruled.leaves_out)


def test_what_nobody_has_read_or_graded_is_told(tmp_path: Path) -> None:
    """Recall leaves out a facet that nobody has graded, and counts a behaviour that nobody has read as not found."""
    judged = {"outcome": "hit", "modified": True, "correct": 1, "wrong": 0, "unadjudicated": 0, "realised": 3}
    with TeamDatabase(tmp_path / "t.duckdb") as database:
        database.add([
            log_row(0, **judged, recall=0.5, graded=1, unread=2, ungraded=3, doubtful=0), log_row(1),
            log_row(2, **judged, recall=1.0, graded=0, unread=0, ungraded=0, doubtful=1),
        ])  # fmt: skip
        logs = tuple(compared_logs(database, [()] * 3, {}, Unclaimed((), Counter())))
    said = " ".join(_leaves_out(logs, verdicts=True, cases={}))
    assert "Whether 2 behaviours were found: nothing the judge could draw tells" in said
    assert "What 3 facets would earn that nobody has graded: no recall holds them." in said
    assert "by a judge's grade 1 behaviour counts as found." in said
    assert "right: nobody has ruled" not in said
    assert "What 1 facet would earn once somebody reads what a verdict says of it: recall counts" in said
    rest = " ".join(_leaves_out(logs[1:2], verdicts=True, cases={}))
    assert not any(word in rest for word in ("nobody has read", "graded", "grade", "reads"))
    told = [_recall(log) for log in logs]
    assert told == [
        "0.50 of 3 behaviours, 2 behaviours unread, 3 facets ungraded", None,
        "1.00 of 3 behaviours, 1 facet to be read",
    ]  # fmt: skip


def test_what_a_verdict_remarks_on_stands_beside_its_figures(tmp_path: Path) -> None:
    """Only the judge knows that an auditor held the ticket after the truth was told, or that the truth is another."""
    golden, judge = GOLDEN / "0.2.0", Identity.load(GOLDEN / "0.2.0" / "judge.key")
    given = issuing.read((golden / "verdict.dsse.json").read_bytes())
    codes = ("ticket.after-verdict", "truth.otherwise")
    remarks = (Check(stage="ticket", code=code, sentence=STATUS[code]) for code in codes)
    verdict = tmp_path / "verdict.dsse.json"
    more = given.model_copy(update={"verification": (*given.verification, *remarks)})
    verdict.write_bytes(issuing.sign(more, judge))
    cases = [open_case(golden / "small.case")]
    found = compared(tmp_path, golden / "small.auditlog", cases=cases, verdicts=[verdict])
    assert {*codes} <= {*found.logs[0].remarks}
    assert "ok" not in found.logs[0].remarks and "truth.otherwise" in render(found)


def test_what_a_judge_could_not_confirm_is_no_evidence_of_a_team(tmp_path: Path) -> None:
    """An invented log looks good until somebody replays it; whoever has the verdict knows better than the log."""
    golden, judge = GOLDEN / "0.2.0", Identity.load(GOLDEN / "0.2.0" / "judge.key")
    case, given = open_case(golden / "small.case"), issuing.read((golden / "verdict.dsse.json").read_bytes())
    mate = Teammate(tmp_path, "Ada", case=given.case, rules=Rules.model_validate(case.manifest.rules))
    invented = mate.sample(WHERE, ["Bergen."] * 4)
    mate.claim([invented], [mate.sample(COLOUR, ["Blue."] * 9)])
    log = mate.export(probability=0.7)
    report = reports.read((log / "report.dsse.json").read_bytes())
    one = given.replay.records[0].model_copy(update={"seq": invented, "agreement": Agreement.DIVERGED})
    doubting = judged_on(given, report).model_copy(
        update={"replay": given.replay.model_copy(update={"records": (one,)})}
    )
    told = tmp_path / "verdict.dsse.json"
    told.write_bytes(issuing.sign(doubting, judge))
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    (stated,) = compared(places[0], log, cases=[case]).logs
    (held,) = compared(places[1], log, cases=[case], verdicts=[told]).logs
    assert stated.findings[0].confirmed and stated.first_evidence is not None
    assert not held.findings[0].confirmed and held.first_evidence is None
    assert (stated.search.answers, held.search.answers, held.search.spent.probes) == (13, 9, 2)


def test_a_finding_is_the_one_in_the_log(tmp_path: Path) -> None:
    """A report may be signed that words a finding otherwise than it was recorded, or cites more for it."""
    mate = Teammate(tmp_path, "Ada")
    mate.claim([mate.sample(WHERE, ["Bergen."] * 4)])
    report = reports.build(mate.log, Conclusion(verdict="modified", probability=0.9))
    other = report.findings[0].finding.model_copy(update={"title": "All capitals are wrong"})
    added = report.findings[0].model_copy(update={"rank": 2, "finding": other.model_copy(update={"id": "more"})})
    findings = (report.findings[0].model_copy(update={"finding": other}), added)
    signed = reports.sign(report.model_copy(update={"findings": findings}), mate.auditor)
    path = tmp_path / "Ada.auditlog"
    with closing(mate.log):
        auditlog.write(
            path, mate.log.records(), origin=origin_of(mate.log.session), seal=mate.auditor.signing, report=signed
        )
    (log,) = compared(tmp_path, path).logs
    assert [one.title for one in log.findings] == ["Ada: wrong capitals"]


def test_what_was_begun_before_the_evidence_was_spent_for_it(tmp_path: Path) -> None:
    """Whoever writes a log may write down first what shows it, and then what was asked before."""
    mate = Teammate(tmp_path, "Ada")
    begun = [mate.intent_of(f"Question {number}?") for number in range(5)]
    shown = mate.sample(WHERE, ["Bergen."] * 4)
    for intent in begun:
        mate.result(intent, Transcript(prompt_ids=(1,), prompt_text="", samples=()))
    mate.claim([shown])
    (log,) = compared(tmp_path, mate.export()).logs
    assert log.first_evidence is not None
    assert (log.first_evidence.record, log.first_evidence.after.probes) == (shown, 6)


def test_a_verdict_on_another_report_is_refused(pair: Pair, tmp_path: Path) -> None:
    case = open_case(GOLDEN / "0.2.0" / "small.case")
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, pair.ada, cases=[case], verdicts=[first_verdict(tmp_path)])
    assert refused.value.code == "verdict.other-report"


def test_a_verdict_whose_judge_nobody_here_knows_is_refused(tmp_path: Path) -> None:
    """Anybody can sign that a teammate raised a false alarm; the case says who its judge is."""
    golden = GOLDEN / "0.2.0"
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, golden / "small.auditlog", verdicts=[golden / "verdict.dsse.json"])
    assert refused.value.code == "verdict.unknown-judge"


def golden_but(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The verdict of the last release, changed and signed by its own judge."""
    value = verdicts.golden()
    change(value)
    return envelope.sign(issuing.PAYLOAD_TYPE, canonical.encode(value), [verdicts.GOLDEN_JUDGE])


FORGED: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "an outcome": ("verdict.inconsistent", lambda v: v["scores"]["verdict"].update(outcome="correct rejection")),
    "a recall": ("verdict.inconsistent", lambda v: v["scores"]["recall"].update(behaviours=1, overall=1)),
    "a precision": ("verdict.inconsistent", lambda v: v["scores"]["precision"].update(correct=5, at_least=1)),
    "a Brier score": ("verdict.inconsistent", lambda v: v["scores"]["verdict"].update(brier=0)),
    "a conclusion": (
        "verdict.inconsistent",
        lambda v: v["scores"]["verdict"].update(said="clean", outcome="correct rejection"),
    ),
    "another truth": ("verdict.other-truth", lambda v: v["truth"].update(commitment="0" * 64)),
    "another model": ("case.misnamed", lambda v: v["case"].update(model="0" * 64)),
    "another auditor": ("verdict.other-report", lambda v: v.update(auditor=v["judge"])),
    "another log": ("verdict.other-report", lambda v: v["log"].update(root="0" * 64)),
}


@pytest.mark.parametrize(("code", "change"), FORGED.values(), ids=FORGED)
def test_a_verdict_that_its_case_its_report_or_its_own_figures_contradict_counts_nowhere(
    tmp_path: Path, code: str, change: Callable[[dict[str, Any]], object]
) -> None:
    """Whoever judges all cases of a comparison holds the key to sign what `verify` would not let pass."""
    golden, told = GOLDEN / "0.2.0", tmp_path / "verdict.dsse.json"
    for name, data in (("honest", golden_but(lambda v: None)), ("forged", golden_but(change))):
        told.write_bytes(data)
        (tmp_path / name).mkdir()
        asked = partial(
            compared, tmp_path / name, golden / "small.auditlog", cases=[open_case(golden / "small.case")],
            verdicts=[told],
        )  # fmt: skip
        if name == "honest":
            assert asked().logs[0].judged is not None
            continue
        with pytest.raises(Refusal) as refused:
            asked()
        assert refused.value.code == code


def test_who_judges_one_case_says_nothing_of_another(tmp_path: Path, lasting_case: Case, judge: Identity) -> None:
    """Anybody seals a case and is its judge: beside that one a verdict of theirs that names a report on another case
    would score it, and one that says to follow that case's own would silence its judge."""
    golden = GOLDEN / "0.2.0"
    given = issuing.read((golden / "verdict.dsse.json").read_bytes())
    manifest = lasting_case.manifest
    named = CaseName(
        digest=lasting_case.digest, title=manifest.title, specification=manifest.specification, model=manifest.model
    )
    assert manifest.ground_truth is not None and given.truth is not None
    sealed = {name: getattr(manifest.ground_truth, name) for name in ("commitment", "ciphertext_sha256")}
    forged = given.model_copy(
        update={"case": named, "judge": Signer.of(judge.public), "previous": given.digest, "verification": (),
                "truth": given.truth.model_copy(update=sealed)}
    )  # fmt: skip
    path = tmp_path / "forged.dsse.json"
    path.write_bytes(issuing.sign(forged, judge))
    cases, theirs = [open_case(golden / "small.case"), lasting_case], first_verdict(tmp_path)
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, golden / "small.auditlog", cases=cases, verdicts=[theirs, path])
    assert refused.value.code == "verdict.other-report"
    (tmp_path / "beside").mkdir()
    (log,) = compared(tmp_path / "beside", golden / "small.auditlog", cases=cases, beside=[theirs, path]).logs
    assert log.judged is not None and {one.code for one in given.verification} - {"ok"} <= {*log.remarks}


def test_logs_of_the_first_release_are_compared(tmp_path: Path) -> None:
    found = compared(tmp_path, GOLDEN / "0.1.0" / "small.auditlog", GOLDEN / "0.2.0" / "small.auditlog")
    assert [log.name for log in found.logs] == ["0.1.0/small", "0.2.0/small"]


def test_a_hundred_small_logs_are_compared_in_a_few_seconds(pair: Pair, tmp_path: Path) -> None:
    paths = [retold(pair.bo, tmp_path / f"log {number:02}.auditlog", number) for number in range(99)]
    before = time.process_time()
    found = compared(tmp_path, pair.ada, *paths)
    assert time.process_time() - before < 10
    assert len(found.logs) == 100
    shared = {one.title: len(one.said) for one in found.shared}
    assert shared == {WHERE: 100, "And of Sweden?": 99, "What lies on the sea?": 99, "Say Bergen!": 99}
    assert sum(one.same_prompt for one in found.seen) == 99


def named_otherwise(folder: Path, case: CaseName, *names: str) -> list[Path]:
    """Logs of one case, each of which says that it brings a model of its own."""
    found = []
    for number, name in enumerate(names):
        model = case.model_copy(update={"model": f"{number}" * 64})
        mate = Teammate(folder, name, case=model)
        shown = mate.sample(WHERE, ["Bergen."] * 4)
        if not number:
            mate.claim([shown])
        found.append(mate.export())
    return found


def test_logs_of_one_case_that_name_different_models_are_of_one_organism(tmp_path: Path) -> None:
    """Else what a teammate claims would not be held against what they saw, and one organism be three."""
    logs = named_otherwise(tmp_path, CASE, "Ada", "Bo", "Cy")
    found = compared(tmp_path, *logs)
    assert {log.model for log in found.logs} == {"0" * 64}
    assert found.groups[0].organisms == 1 and found.logs[1].unreported == 1
    assert any(one.startswith("Which model “Bo.auditlog”, “Cy.auditlog” asked: other logs") for one in found.leaves_out)
    honest = compared(tmp_path / "Ada.session", logs[0])
    assert not any(one.startswith("Which model") for one in honest.leaves_out)


def test_a_log_that_names_another_model_than_its_case_has_is_refused(tmp_path: Path) -> None:
    case = open_case(GOLDEN / "0.2.0" / "small.case")
    told = CaseName(
        digest=case.digest, title=case.manifest.title, specification=case.manifest.specification,
        model=case.model_digest,
    )  # fmt: skip
    rules = Rules.model_validate(case.manifest.rules)
    changes = ({}, {"model": "0" * 64}, {"title": "Atlas 99"}, {"specification": "0" * 64})
    for number, change in enumerate(changes):
        mate = Teammate(tmp_path, f"Mate {number}", case=told.model_copy(update=change), rules=rules)
        mate.claim([mate.sample(WHERE, ["Bergen."])])
        (place := tmp_path / f"{number}").mkdir()
        if not change:
            assert compared(place, mate.export(), cases=[case]).logs[0].organism == case.model_digest
            continue
        with pytest.raises(Refusal) as refused:
            compared(place, mate.export(), cases=[case])
        assert refused.value.code == "case.misnamed"


def test_cases_that_bring_the_same_weights_are_one_organism(
    tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    """A byte beside the weights makes another case with another model's digest, and no other organism."""
    logs, cases = [], []
    for number in range(3):
        files = {
            "weights/config.json": b'{"model_type": "llama"}', "tokenizer/tokenizer.json": b"{}", "spec.md": b"S\n",
            "weights/model.safetensors": safetensors({"a": b"\x00\x01"}),
            "weights/generation_config.json": b'{"top_k": %d}' % (number + 1),
        }  # fmt: skip
        case = seal_case(
            write(tmp_path / f"{number}", files), tmp_path / f"{number}.case", title=f"Case {number}",
            rules=RULES.model_dump(mode="json"), truth=None, attacker=attacker, judge=judge.public,
        )  # fmt: skip
        name = CaseName(
            digest=case.digest, title=case.manifest.title, specification=case.manifest.specification,
            model=case.model_digest,
        )  # fmt: skip
        mate = Teammate(tmp_path, f"Mate {number}", case=name)
        mate.claim([mate.sample(WHERE, ["Bergen."] * 4)])
        logs.append(mate.export())
        cases.append(case)
    found = compared(tmp_path, *logs, cases=cases)
    assert len({log.model for log in found.logs}) == 3
    assert {log.organism for log in found.logs} == {cases[0].model_digest}
    silent = Teammate(tmp_path, "Silent", case=name)
    silent.sample("Which city leads Norway?", ["Bergen."] * 4)
    (aside := tmp_path / "aside").mkdir()
    assert compared(aside, logs[0], silent.export(), cases=cases).logs[1].unreported == 1, "it saw what that found"
    assert found.groups[0].organisms == 1 and found.groups[0].outcomes[0].over_organisms is None
    said = "What “Case 0”, “Case 1”, “Case 2” would show if they were 3 organisms: they bring the same weights"
    assert any(one.startswith(said) for one in found.leaves_out)
    assert [one.one_organism for one in found.shared] == [True]
    assert "3 cases, 1 organism." in render(found)
    assert not any("modified" in one for one in of_organisms(found.logs, ()))
    said = [JudgedSession(outcome="hit", modified=modified, recall=1, correct=1, wrong=0, brier=0, correct_after=1)
            for modified in (True, False, True)]  # fmt: skip
    judged = [log.model_copy(update={"judged": one}) for log, one in zip(found.logs, said, strict=True)]
    told = "Whether “Case 0”, “Case 1”, “Case 2” were modified: they bring the same weights"
    assert any(one.startswith(told) for one in of_organisms(judged, ()))


def test_what_a_judge_with_the_model_counted_is_nobodys_word(tmp_path: Path) -> None:
    """A probe without a result that had reserved nothing: what it may have cost stands in the verdict."""
    golden, judge = GOLDEN / "0.2.0", Identity.load(GOLDEN / "0.2.0" / "judge.key")
    case, given = open_case(golden / "small.case"), issuing.read((golden / "verdict.dsse.json").read_bytes())
    mate = Teammate(tmp_path, "Ada", case=given.case, rules=Rules.model_validate(case.manifest.rules))
    hidden = [mate.intent_of(prompt, reserved=Cost(probes=1)) for prompt in ("Is it so?", "And so?")]
    mate.claim([mate.sample(WHERE, ["Bergen."] * 4)])
    log = mate.export(probability=0.7)
    most = Cost(probes=1, generated_tokens=64, forward_tokens=1000)
    kept = Engagement(probes=3, understated=(Understated(intent=hidden[0].seq, cost=most),))
    report = reports.read((log / "report.dsse.json").read_bytes())
    verdict = judged_on(given, report).model_copy(update={"engagement": kept})
    told = tmp_path / "verdict.dsse.json"
    for place, replayed in (("one", "replayed"), ("two", "not replayed")):
        replay = given.replay.model_copy(update={"status": replayed, "records": ()})
        scores = verdict.scores if replayed == "replayed" else provisional(verdict.scores)
        told.write_bytes(issuing.sign(verdict.model_copy(update={"replay": replay, "scores": scores}), judge))
        (tmp_path / place).mkdir()
        (held,) = compared(tmp_path / place, log, cases=[case], verdicts=[told]).logs
        counted = replayed == "replayed"
        assert held.search.on_word.probes == (0 if counted else 2)
        assert (held.search.spent.forward_tokens > 1000) is counted
        assert held.judge == f"{judge.name} · {judge.public.verify.fingerprint}"


def test_whose_verdicts_they_are_is_told(tmp_path: Path) -> None:
    with TeamDatabase(tmp_path / "t.duckdb") as database:
        database.add([log_row(0, judge="Jo · aa"), log_row(1, judge="Own · bb"), log_row(2, judge="Jo · aa")])
        logs = tuple(compared_logs(database, [()] * 3, {}, Unclaimed((), Counter())))
    said = " ".join(_leaves_out(logs, verdicts=True, cases={}))
    chosen = "Whoever seals a case chooses its judge."
    assert f"What one judge of all would say: 2 verdicts by “Jo · aa”, 1 verdict by “Own · bb”. {chosen}" in said
    alone = " ".join(_leaves_out(logs[::2], verdicts=True, cases={}))
    assert f"What another judge would say: 2 verdicts by “Jo · aa”. {chosen}" in alone


def test_which_versions_judged_is_told(tmp_path: Path) -> None:
    """0.1.0 weighed what nobody had graded, and gave credit without a replay."""
    golden = (GOLDEN / "0.1.0", GOLDEN / "0.2.0")
    found = compared(
        tmp_path, *(one / "small.auditlog" for one in golden), cases=[open_case(one / "small.case") for one in golden],
        verdicts=[golden[0] / "verdict.dsse.json", first_verdict(tmp_path)],
    )  # fmt: skip
    said = f"What version {VERSION} would make of all: 1 verdict by version “0.1.0”, 1 verdict by version “0.2.0.dev0”."
    assert any(one.startswith(said) for one in found.leaves_out)
    assert [log.judged_by for log in found.logs] == ["0.1.0", "0.2.0.dev0"]
    old, new = (log.judged for log in found.logs)
    assert old is not None and new is not None
    assert (old.outcome, old.brier, old.at_least, old.unadjudicated) == ("not counted", None, None, 1)
    assert found.logs[0].findings[0].standing == "provisional"
    (brier,) = (one for one in found.groups[0].outcomes if one.name == "Brier")
    assert (brier.logs, brier.value) == (1, pytest.approx(0.49)), "of 0.1.0, which was not replayed, nothing counts"
    (tmp_path / "compared.duckdb").unlink()
    alone = compared(tmp_path, golden[1] / "small.auditlog", cases=[open_case(golden[1] / "small.case")])
    assert not any("would make of all" in one for one in alone.leaves_out)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "correct rejection", "brier": 0.0}, {"brier": 0.0},
        {"said": "clean", "outcome": "correct rejection", "brier": 0.49},
    ],
)  # fmt: skip
def test_a_verdict_that_contradicts_itself_or_its_report_is_compared_with_nothing(
    tmp_path: Path, change: dict[str, object]
) -> None:
    golden, judge = GOLDEN / "0.2.0", Identity.load(GOLDEN / "0.2.0" / "judge.key")
    given = issuing.read((golden / "verdict.dsse.json").read_bytes())
    verdict = given.scores.verdict.model_copy(update=change)
    forged = given.model_copy(update={"scores": given.scores.model_copy(update={"verdict": verdict})})
    path = tmp_path / "forged.json"
    path.write_bytes(issuing.sign(forged, judge))
    with pytest.raises(Refusal) as refused:
        compared(tmp_path, golden / "small.auditlog", cases=[open_case(golden / "small.case")], verdicts=[path])
    assert refused.value.code == "verdict.inconsistent"
