"""The judge's whole way through a handed-in log: verify → replay → reveal → score → verdict."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from backends.model import Model, ModelRefusal
from casefiles.case.bundle import Case
from casefiles.case.manifest import SPECIFICATION
from casefiles.custody.register import HandIn, Known, Register
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.log.checkpoint import Checkpoint
from casefiles.status import STATUS, Refusal
from casefiles.verification.steps import Stage, State, Step, Verification
from casefiles.verify import verify
from workbench.contract.subject import BASELINE
from workbench.door.dictionaries import with_case
from workbench.door.opener import Opener
from workbench.door.subjects import OpenModel
from workbench.evidence.observations import Observations
from workbench.judge import issuing
from workbench.judge.addendum import Addendum
from workbench.judge.basis import Basis
from workbench.judge.engagement import Engagement, Terms, examine
from workbench.judge.engines import Portion, RecordedEngines
from workbench.judge.issuing import Inquiry
from workbench.judge.recovery import recovered
from workbench.judge.replay import Replayed, replay, without_files
from workbench.judge.retest import Retest, retest
from workbench.judge.scoring import submitted
from workbench.judge.truth import GroundTruth
from workbench.judge.verdict import Replay, SwallowedAnswers, Verdict
from workbench.listener import Listener
from workbench.log.entry import ArraysOf
from workbench.log.imported_log import ImportedLog, imported
from workbench.log.records import ResultRecord
from workbench.report import report as reports
from workbench.report.html import render
from workbench.report.report import Report


@dataclass(frozen=True)
class Judged:
    """A verdict, and the report it is on as a page that was drawn anew from the log."""

    verdict: Verdict
    report_page: str


def judge_log(
    path: Path,
    case: Case,
    judge: Identity,
    register: Register,
    open_model: OpenModel | None,
    listener: Listener = lambda done, note: None,
    *,
    open_baseline: OpenModel | None = None,
    addendum: Addendum | None = None,
) -> Judged:
    """The verdict on an exported log; without `open_model` nothing is replayed, and nothing is earned. `addendum`: what
    became known of a model whose case has no ground truth.

    Raises Refusal if the log does not verify: what is not proven to be the auditor's is not scored.
    """
    with handed_in(path, case, judge, register, listener) as log:
        inquiry = replace(log.inquiry, addendum=addendum)
        if open_model is not None:
            replayed = replay_log(log.records, open_model, lambda done, note: listener(0.7 * done, note), case=case)
            inquiry = replace(inquiry, replay=_summary(replayed))
            with models(*_alike(_organism(open_model, log.records), open_baseline)) as (model, baseline):
                terms = _terms(case, open_model, log.records)
                inquiry = _at_the_model(log, inquiry, case, judge, terms, model, baseline, listener)
        # Before anything of the truth is shown: a later hand-in of this session was then not done blind.
        register.received(_hand_in(log, case))
        listener(0.95, "scoring")
        given = issuing.verdict(case, log.report, log.records, judge, inquiry)
        return Judged(given, _report_page(log, case, given))


def _report_page(log: HandedInLog, case: Case, given: Verdict) -> str:
    """The report with every strength counted from the log, less what a replay did not confirm."""
    basis = issuing.basis(given)
    observations = Observations(basis.doubted, basis.swallowed)
    anew = reports.anew(
        log.report, log.records, observations, witnessed=given.log.witnessed, witnesses=given.log.witnesses
    )
    return render(
        anew,
        log.records,
        specification=case.path(SPECIFICATION).read_text(encoding="utf-8"),
        arrays=lambda seq: log.records.arrays(log.records.entry(seq)),
        judge=given.judge.name,
    )


@dataclass(frozen=True)
class HandedInLog:
    """A log that verified, its report, and what is known before anything is replayed."""

    records: ImportedLog
    report: Report
    inquiry: Inquiry


@contextmanager
def handed_in(
    path: Path, case: Case, judge: Identity, register: Register, listener: Listener = lambda done, note: None
) -> Iterator[HandedInLog]:
    """Verify a log that was handed in, and open it. Raises Refusal if it does not verify or holds no report."""
    listener(0.0, "verifying")
    public = judge.public.verify
    found = verify(
        path,
        judge=public,
        witnesses=[public],
        register=register,
        case=case.digest,
        rules=case.manifest.rules,
        every_signature=True,
    )
    with imported(path, found) as records:
        report = _report(records)
        auditor = VerifyKey.parse(report.auditor.key)
        others = register.others(records.checkpoint().origin, auditor, case.digest)
        yield HandedInLog(records, report, _known(found, records, register, judge, others))


def _known(
    found: Verification, records: ImportedLog, register: Register, judge: Identity, others: Sequence[Known]
) -> Inquiry:
    """What verifying the files showed, and what the register remembers of the log."""
    known = register.known(records.checkpoint().origin)
    judged = known.judged if known is not None else None
    return Inquiry(
        # The verdict has words of its own on what verifying files alone leaves open.
        verification=[
            *(step for step in found.steps if step.stage not in (Stage.REPLAY, Stage.COMMITMENT)),
            *records.remarks,
            *_second(others),
        ],
        witnessed=found.witnessed,
        witnesses=[judge.name] if found.witnessed else [],
        # On the very same log too: another report might come with it.
        blind=judged.size if judged is not None else None,
        before=judged,
        judged_report=known.report if known is not None else None,
    )


def _second(others: Sequence[Known]) -> Iterator[Step]:
    """A remark on other sessions of this auditor on this case that were judged: what they told was known here."""
    if named := [one.origin.rpartition("/")[2] for one in others if one.judged is not None]:
        told = f"Session{'s' * (len(named) > 1)} {', '.join(named)}."
        yield Step(Stage.TICKET, "ticket.second", STATUS["ticket.second"], told, State.REMARK)


@contextmanager
def models(open_model: OpenModel, open_baseline: OpenModel | None) -> Iterator[tuple[Model, Model | None]]:
    """The organism, and the baseline if there is one, open for the block. Raises Refusal if one does not run."""
    try:
        with ExitStack() as stack:
            model = stack.enter_context(closing(open_model()))
            baseline = stack.enter_context(closing(open_baseline())) if open_baseline is not None else None
            yield model, baseline
    except ModelRefusal as error:
        raise Refusal(error.code, error.what, error.why, error.try_this) from error


def _at_the_model(
    log: HandedInLog,
    inquiry: Inquiry,
    case: Case,
    judge: Identity,
    terms: Terms,
    model: Model,
    baseline: Model | None,
    listener: Listener,
) -> Inquiry:
    """What else takes the model: what probes may have cost and what they swallowed, and what is claimed drawn anew."""
    doubted = inquiry.replay.doubted if inquiry.replay is not None else ()
    others = {BASELINE: baseline} if baseline is not None else {}
    engagement = examine(log.records, terms, until=log.report.log.size, model=model, others=others, doubted=doubted)
    inquiry = replace(inquiry, engagement=engagement)

    def hear(done: int) -> None:
        listener(0.7, f"{done} lost answers drawn")

    inquiry = _with_swallowed(inquiry, log.records, with_case(case, log.records.arrays), model, others, hear)
    return replace(
        inquiry,
        retest=_retest(
            log, issuing.reveal(case, judge, inquiry.addendum), inquiry, engagement, model, baseline, listener
        ),
    )


def _with_swallowed(
    inquiry: Inquiry,
    records: ImportedLog,
    arrays: ArraysOf,
    model: Model,
    others: Mapping[str, Model],
    progress: Callable[[int], None],
) -> Inquiry:
    """With the answers that failed, stopped and unanswered probes swallowed, as far as they can be drawn again."""
    found = tuple(recovered(records, model, arrays, others=others, progress=progress))
    return replace(
        inquiry,
        swallowed=[SwallowedAnswers.of(one.intent, one.result.answers) for one in found if one.result is not None],
        lost=[one.intent for one in found if one.result is None],
    )


def _retest(
    log: HandedInLog,
    truth: GroundTruth | None,
    inquiry: Inquiry,
    engagement: Engagement,
    model: Model,
    baseline: Model | None,
    listener: Listener,
) -> Retest:
    """The findings' claims and the truth's exhibits drawn anew, under a seed that nobody could know before."""
    same = issuing.is_same_report(log.report, log.records, inquiry)
    findings = submitted(log.report, log.records, Basis(blind=inquiry.blind, same_report=same))[: engagement.findings]
    observations = Observations.of(log.records, until=min(log.report.log.size, inquiry.blind or log.report.log.size))
    listener(0.7, "asking anew")
    return retest(findings, truth, observations, model, baseline=baseline, seed=secrets.randbits(48))


def replay_log(
    log: ImportedLog,
    open_model: OpenModel,
    listener: Listener = lambda done, note: None,
    *,
    case: Case | None = None,
) -> Replayed:
    """Replay every result of an imported log, on the engines it was recorded on if they are known; `case`: what it is
    about, whose dictionaries a record may have read through.

    Raises Refusal if a model does not run.
    """
    total = sum(1 for _ in log.entries((ResultRecord.kind,)))
    arrays = log.arrays if case is None else with_case(case, log.arrays)
    parts: list[Replayed] = []

    def hear(done: int) -> None:
        done += sum(len(part.records) for part in parts)
        listener(done / max(1, total), f"replaying {done} of {total}")

    for portion in _portions(open_model, log):
        if portion.open_model is None:
            parts.append(without_files(log, portion.made, portion.missing))
            continue
        with models(portion.open_model, portion.open_beside) as (model, beside):
            parts.append(replay(log, model, arrays, beside=beside, made=portion.made, progress=hear))
    return Replayed.joined(parts)


def _portions(open_model: OpenModel, log: ImportedLog) -> tuple[Portion, ...]:
    """Which part of a log is put to which engine."""
    if isinstance(open_model, RecordedEngines):
        return open_model.portions(log)
    return (Portion(open_model),)


def _terms(case: Case, open_model: OpenModel, log: ImportedLog) -> Terms:
    """What the session was held to, with the brought models weighed whose files were handed in."""
    weighed = open_model.weighed(log) if isinstance(open_model, RecordedEngines) else {}
    return replace(Terms.of(case), weighed=weighed)


def _organism(open_model: OpenModel, log: ImportedLog) -> OpenModel:
    """The organism on the engine that its first record was made on."""
    if isinstance(open_model, RecordedEngines):
        return open_model.organism(log)
    return open_model


def _alike(open_model: OpenModel, open_baseline: OpenModel | None) -> tuple[OpenModel, OpenModel | None]:
    """Both on one engine: otherwise what tells them apart may be how they are run."""
    if isinstance(open_model, Opener) and isinstance(open_baseline, Opener):
        return open_model, open_baseline.using(open_model.settings)
    return open_model, open_baseline


def _hand_in(log: HandedInLog, case: Case) -> HandIn:
    """What the register is told of the log. No two logs have their first record in common."""
    records = log.records
    root = records.root_at(1)
    assert root is not None  # a log that verifies is not empty
    return HandIn(
        begun=Checkpoint(records.checkpoint().origin, 1, root),
        checkpoint=records.checkpoint(),
        auditor=VerifyKey.parse(log.report.auditor.key),
        root_at=records.root_at,
        before=log.inquiry.before,
        case=case.digest,
        report=log.report.digest,
    )


def _report(log: ImportedLog) -> Report:
    if log.report is None:
        raise Refusal(
            "report.malformed", "There is no report in this log.", "It was exported without one.",
            "Ask the auditor to hand in the report.",
        )  # fmt: skip
    return reports.read(log.report)


def _summary(replayed: Replayed) -> Replay:
    counts = {agreement.value: count for agreement, count in replayed.counts.items()}
    places = (
        f"{where.get('engine')}, {where.get('device', 'cpu')}, {where.get('dtype')}" for where in replayed.environments
    )
    note = f"On {'; '.join(places)}."
    return Replay(status="replayed", **counts, note=note, records=replayed.records)
