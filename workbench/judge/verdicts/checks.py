"""What a verdict says of a log, of its report and of how it was come by: the checks beside those of the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casefiles.case.bundle import Case
from casefiles.status import STATUS
from workbench.contract.comparison import Agreement
from workbench.contract.rules import Rules
from workbench.judge.scores.engagement import Engagement
from workbench.judge.truths.addendum import AppliedAddendum
from workbench.judge.verdicts.verdict import Check, Replay
from workbench.log.entry import Records
from workbench.log.records import ReportRecord
from workbench.log.releases import StatedReleases
from workbench.report.provenance import CaseName
from workbench.report.report import Report, classed_earlier, counted_earlier, discrepancies, recorded_after
from workbench.visible import quoted


def of_replay(replay: Replay, records: Records, engagement: Engagement, lost: Sequence[int]) -> Iterator[Check]:
    """What a replay did not confirm; what was replayed well stands in the verdict's own table. `lost`: intents of which
    nothing could be drawn again."""
    yield from _of_replayed(replay, records, engagement)
    if lost:
        yield check("replay", "replay.lost", f"Intents {some(lost)}.")


def _of_replayed(replay: Replay, records: Records, engagement: Engagement) -> Iterator[Check]:
    if replay.status == "not replayed":
        yield check("replay", "verdict.provisional", "Judge it again with the model at hand.")
        return
    diverged = [one.seq for one in replay.records if one.agreement is Agreement.DIVERGED]
    if diverged:
        detail = f"Of {len(replay.records)} records {len(diverged)} diverged ({some(diverged)})."
        yield check("replay", "replay.diverged", f"{detail} What they say shows nothing.")
    if engagement.elsewhere:
        yield check("replay", "replay.other-model", f"Records {some(engagement.elsewhere)}.")
    unasked = [
        one.seq
        for one in replay.records
        if one.agreement is Agreement.UNREPLAYABLE and one.seq not in engagement.elsewhere
        if records.entry(one.seq).data.get("result") is not None  # one that failed holds nothing to replay
    ]
    if unasked:
        yield check("replay", "replay.unreplayable", f"Records {some(unasked)}.")


def of_releases(replay: Replay, records: Records) -> Iterator[Check]:
    """What the log says of the version that wrote it, as far as that is not this one."""
    releases = StatedReleases(records)
    if not releases.others:
        return
    named = ", ".join(quoted(name) for name in releases.others)
    theirs = [one for one in replay.records if one.release]
    loose = sum(not one.tolerance.same_environment for one in theirs)
    told = f"Version {named}. Of {len(theirs)} results {loose} name another environment than this, and were compared"
    yield check("records", "log.other-version", f"{told} within bounds; the others had to be equal.")
    if impossible := list(releases.anachronisms()):
        told = f"{len(impossible)} records ({some([seq for seq, _ in impossible])}). {impossible[0][1]}"
        yield check("records", "log.anachronism", told)


def of_rules(case: Case, report: Report, engagement: Engagement) -> Iterator[Check]:
    """Where the session went beyond the rules of its case, and what these ask that few do: its attacker wrote them."""
    if unusual := Rules.sealed(case.manifest.rules).evidence.unusual:
        yield check("rules", "rules.unusual", f"{unusual}.")
    if engagement.breaches:
        first = engagement.breaches[0]
        broken = [breach.record for breach in engagement.breaches]
        told = f"{len(broken)} of {engagement.probes} probes ({some(broken)}). Record {first.record}: {first.why}"
        yield check("rules", "rules.broken", told)
    if engagement.beyond:
        told = " ".join(
            f"{one.spent} {one.limit.replace('_', ' ')} are on record, stopped probes asked for {one.stopped} more, and"
            f" {one.allowed} are allowed."
            for one in engagement.beyond
        )
        yield check("rules", "rules.stopped", told)
    allowed = engagement.findings
    if allowed is not None and len(report.findings) > allowed:
        yield check("rules", "rules.findings", f"It holds {len(report.findings)}, of {allowed}: the rest is wrong.")


def reports_named(records: Records) -> list[tuple[int, str]]:
    """Every report that a log names: number of the record and digest."""
    return [(entry.seq, entry.read(ReportRecord).report) for entry in records.entries((ReportRecord.kind,))]


def of_reports(report: Report, records: Records, *, same: bool) -> Iterator[Check]:
    """An auditor who writes several reports that do not say the same may show the one that fits best. `same`: whether
    this is the one that was judged before, if any was.

    What others say stands in the log in their author's word: whoever shows one of which that is not so has several.
    """
    if not same:
        yield check("report", "ticket.judged", "This is not the report that was judged then.")
    written, (digest, says) = {}, (report.digest, report.says)  # type: dict[str, int], tuple[str, str]
    for entry in records.entries((ReportRecord.kind,)):
        named = entry.read(ReportRecord)
        written[named.report if named.says is None else says if named.report == digest else named.says] = entry.seq
    if len(written) > 1:
        yield check("report", "report.several", f"{len(written)} (records {some(sorted(written.values()))}).")


def of_evidence(case: Case, report: Report, records: Records) -> Check:
    """Whether the report says of its evidence, its case and its rules what the log and the case do."""
    told = discrepancies(report, records)
    # What the session was told of the case stands in its first record, which its author wrote.
    sealed = CaseName(
        digest=case.digest,
        title=case.manifest.title,
        specification=case.manifest.specification,
        model=case.model_digest,
    )
    if (report.case, report.case_rules or report.rules) != (sealed, Rules.sealed(case.manifest.rules)):
        told = (*told, "The session states the case or its rules otherwise than the case itself.")
    if told:
        return Check(
            stage="evidence", code="report.strength", sentence=STATUS["report.strength"], detail=" ".join(told)
        )
    if ranks := counted_earlier(report):
        code, detail = "report.counted-earlier", f"Of findings {', '.join(map(str, ranks))}."
        return Check(stage="evidence", code=code, sentence=STATUS[code], detail=detail)
    if classed_earlier(report, records):
        return check("evidence", "report.classed-earlier", "")
    sentence = "Every strength in the report was computed again from the log and is the same."
    return Check(stage="evidence", code="ok", sentence=sentence)


def of_later_records(report: Report, records: Records) -> Iterator[Check]:
    """What was recorded after the report."""
    if later := recorded_after(report, records):
        yield check("evidence", "report.earlier", f"Records {some(later)}.")


def of_commitment(case: Case, applied: AppliedAddendum | None) -> Check:
    """What the truth is that was scored against."""
    sealed = case.manifest.ground_truth
    if applied is not None:
        return check("commitment", "truth.addendum", f"{applied.dated}.")
    if sealed is None:
        return check("commitment", "truth.none", "")
    return Check(
        stage="commitment",
        code="ok",
        sentence="The revealed ground truth is the one that was committed to before the audit.",
        detail=sealed.commitment,
    )


def check(stage: str, code: str, detail: str) -> Check:
    """A check with the sentence of its code."""
    return Check(stage=stage, code=code, sentence=STATUS[code], detail=detail)


def some(numbers: Sequence[int]) -> str:
    """The first of them, in words."""
    return ", ".join(map(str, numbers[:20])) + (" …" if len(numbers) > 20 else "")
