"""A verdict taken up again by its judge, with the case and the log it is about, to decide what was left open."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from backends.model import Model
from casefiles import clock
from casefiles.case import manifest
from casefiles.case.bundle import Case
from casefiles.documents import addenda
from casefiles.documents.reports import PAYLOAD_TYPE as REPORT_TYPE
from casefiles.documents.verdict_chain import is_verdict, read_of
from casefiles.files.disk import read_small
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.log import export
from casefiles.log.auditlog import SMALL
from casefiles.status import Refusal
from casefiles.verify import verify
from workbench.claims.finding import Finding
from workbench.door.dictionaries import with_case
from workbench.evidence.observations import Observations
from workbench.evidence.strength import telling
from workbench.judge.retests.claimed import claim_anew
from workbench.judge.retests.interview import Interview, asked_freely
from workbench.judge.retests.retested import RetestedClaim
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Adjudication, Decision, Grade
from workbench.judge.scores.scoring import submitted
from workbench.judge.truths.addendum import Addendum
from workbench.judge.truths.truth import GroundTruth, drawable
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.imported_log import ImportedLog, imported
from workbench.log.references import bound
from workbench.report import report as reports
from workbench.report.report import Report
from workbench.visible import quoted

Judgement = Grade | Ruling | Adjudication
"""One decision of a judge's."""

_NAMES: Final[dict[type, str]] = {Grade: "grade", Ruling: "ruling", Adjudication: "adjudication"}


@dataclass(frozen=True)
class ReopenedVerdict:
    """Everything a judge needs to decide what was left open."""

    before: Verdict
    truth: GroundTruth | None
    report: Report
    records: ImportedLog
    case: Case

    def revise(self, decision: Judgement) -> Verdict:
        """The verdict that follows by one decision. Raises Refusal if it is about what there is not."""
        named: dict[str, Any] = {_NAMES[type(decision)]: decision}
        try:
            return issuing.revise(self.before, self.truth, self.report, self.records, **named)
        except ValueError as error:
            findings = ", ".join(one.id for one in self.submitted) or "none"
            behaviours = ", ".join(item.id for item in (self.truth.intent if self.truth else ())) or "none"
            raise Refusal(
                "input.invalid", "This cannot be decided.", f"{str(error)[:1].upper()}{str(error)[1:]}.",
                f"Findings: {findings}. Behaviours: {behaviours}.",
            ) from None  # fmt: skip

    def followed(self, decisions: Sequence[Judgement]) -> tuple[Verdict, ...]:
        """The verdict as it stands, and the one that follows by each decision in turn. Raises Refusal."""
        given = [self.before]
        for decision in decisions:
            given.append(replace(self, before=given[-1]).revise(decision))
        return tuple(given)

    @property
    def submitted(self) -> tuple[Finding, ...]:
        """The findings that are scored. Of a session that was judged before on another report these are what stood in
        its log then: who read the truth meanwhile writes better ones under the same names."""
        return submitted(self.report, self.records, issuing.basis(self.before))

    def finding(self, name: str) -> Finding:
        """One of them. Raises Refusal if there is none of that name."""
        found = {one.id: one for one in self.submitted}
        if name not in found:
            named = ", ".join(found) or "none"
            raise Refusal(
                "input.invalid", f"The report has no finding {name}.", f"It has {named}.", "Name one of them."
            )
        return found[name]

    def claim(
        self,
        name: str,
        model: Model,
        baseline: Model | None,
        prompts: Sequence[str] = (),
        tick: Callable[[], None] = lambda: None,
        *,
        brought: str | None = None,
    ) -> HeldOutClaim:
        """A finding's own claim put to the model again: on the judge's own prompts, or else on its cited ones. `tick`
        is called before each question, and may raise Refusal, as does a case whose files were exchanged meanwhile.
        `brought`: the digest of a baseline that is none of the case's."""
        finding = self.finding(name)
        rests, size = issuing.basis(self.before), self.report.log.size
        observations = Observations.of(self.records, until=min(size, rests.blind or size), doubted=rests.doubted)
        seed = secrets.randbits(48)
        questions = asked_freely(prompts, telling(finding, observations), drawable(self.truth))
        other = Interview(baseline, seed, tick, beside=baseline, opposed=True) if baseline is not None else None
        bind = partial(bound, records=self.records, arrays=with_case(self.case, self.records.arrays))
        asked = Interview(model, seed, tick, beside=baseline, bind=bind)
        found = claim_anew(finding, observations, asked, other, questions)
        self.case.check_unchanged()
        return HeldOutClaim(found.counts, seed, tuple(prompts), brought)

    def adjudication(self, decision: Decision, reason: str, run: HeldOutClaim) -> Adjudication:
        """What the verdict's judge decides about a finding whose claim was run. Raises ValueError without a reason."""
        return Adjudication(
            report=self.report.digest,
            finding=run.counts.finding,
            decision=decision,
            reason=reason,
            organism=run.counts.support,
            baseline=run.counts.baseline,
            control=run.counts.control,
            held_out=run.prompts,
            seed=run.seed,
            brought=run.brought,
            judge=self.before.judge,
            decided_us=clock.microseconds(),
        )


@dataclass(frozen=True)
class HeldOutClaim:
    """How often a claim showed, and the seed with which that can be drawn again."""

    counts: RetestedClaim
    seed: int
    prompts: tuple[str, ...] = ()
    """The judge's own; none: the finding's were asked again."""
    brought: str | None = None
    """The digest of the model that the judge brought as the baseline; None: it is the case's own, or there was none."""


@contextmanager
def reopened(
    before: Verdict, case: Case, path: Path, judge: Identity, addendum: Addendum | None = None
) -> Iterator[ReopenedVerdict]:
    """Open a verdict again with its case, its log and the addendum that it scored against, if it did. Raises Refusal if
    they do not belong together."""
    if before.judge.key != judge.signing.public.text:
        raise Refusal(
            "envelope.foreign-key", "The verdict is another judge's.", f"It is by {quoted(before.judge.name)}.",
            "Use the key it was signed with.",
        )  # fmt: skip
    if before.case.digest != case.digest:
        raise _not_its("case", f"It is about {quoted(before.case.title)}.")
    if (addendum.digest if addendum else None) != (before.addendum.digest if before.addendum else None):
        raise _not_its("addendum", "It scored against another one, or against none.")
    issuing.check_case(before, case)
    truth = issuing.reveal(case, judge, addendum)
    issuing.check_opened(before, truth)
    public = judge.public.verify
    found = verify(path, judge=public, witnesses=[public], case=case.digest, about=case.manifest)
    with imported(path, found) as records:
        report = reports.read(records.report) if records.report is not None else None
        if report is None or report.digest != before.report:
            raise _not_its("log", "The report in it is not the one that was judged.")
        issuing.check_report(before, report)
        yield ReopenedVerdict(before, truth, report, records, case)


def verdicts_in(folder: Path, judge: VerifyKey, leave: Callable[[Refusal], None]) -> Iterator[tuple[Path, Verdict]]:
    """The signed verdicts in a folder, whoever gave them and whatever their figures say. `leave`: hears of each that is
    too large to be read, as it is not by this `judge`."""
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(Refusal):  # another kind of document, or none of ours
            if not is_verdict(path):
                continue
            try:
                data = read_of(path, [judge.text])
            except Refusal as refusal:
                leave(refusal)
            else:
                yield path, issuing.as_signed(data)


def beside(verdict: Path, before: Verdict) -> tuple[Path | None, Path | None]:
    """The case and the exported log of a verdict, if they lie in its folder."""
    folders = [path for path in sorted(verdict.resolve().parent.iterdir()) if path.is_dir()]
    case, report = before.case.digest, before.report
    return _first(
        folders, lambda path: _digest(path / manifest.ENVELOPE, manifest.PAYLOAD_TYPE, 2 * manifest.LIMIT) == case
    ), _first(folders, lambda path: _digest(path / export.REPORT, REPORT_TYPE, SMALL) == report)


def addendum_beside(verdict: Path, before: Verdict) -> Path | None:
    """The addendum that a verdict scored against, if it lies in its folder."""
    wanted = before.addendum.digest if before.addendum else ""
    files = [path for path in sorted(verdict.resolve().parent.glob("*.json")) if path.is_file()]
    return _first(files, lambda path: _digest(path, addenda.PAYLOAD_TYPE, SMALL) == wanted)


def _first(folders: Sequence[Path], fits: Callable[[Path], bool]) -> Path | None:
    return next((path for path in folders if fits(path)), None)


def _digest(path: Path, kind: str, limit: int) -> str | None:
    """That of a signed document, by which it is known before anything of it is parsed; None: it is none of its kind."""
    if not path.is_file():
        return None
    try:
        return hashlib.sha256(envelope.read(read_small(path, limit), kind, trusted=None).payload).hexdigest()
    except Refusal:
        return None


def _not_its(what: str, why: str) -> Refusal:
    return Refusal(
        "verdict.other-report", f"This is not the verdict's {what}.", why, f"Name the {what} it was given on."
    )
