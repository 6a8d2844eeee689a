"""The judge's whole way through a handed-in log: verify → replay → reveal → score → verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from backends.model import Model
from casefiles.case.bundle import Case
from casefiles.case.same_weights import WeightDigests, weight_digests
from casefiles.case.sayings import ModelSayings
from casefiles.custody.register import HandIn, Known, Register
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.log.checkpoint import Checkpoint
from casefiles.status import STATUS, Refusal
from casefiles.verification.steps import Stage, StageListener, State, Step, Verification
from casefiles.verify import verify
from workbench.contract.probe import Probe
from workbench.contract.subject import BASELINE
from workbench.door.dictionaries import with_case
from workbench.door.subjects import OpenModel
from workbench.evidence import ordinary
from workbench.evidence.observations import Observations
from workbench.judge.replays.derived import held_to_sources
from workbench.judge.replays.engines import RecordedEngines, alike, brought_beside, models, organism, portions
from workbench.judge.replays.recovery import recovered
from workbench.judge.replays.replay import Replayed, ReplayedRecord, replay, without_files
from workbench.judge.retests.retest import retest
from workbench.judge.retests.retested import Retest
from workbench.judge.retests.sayings import sayings_of
from workbench.judge.scores.basis import Basis
from workbench.judge.scores.engagement import Engagement, Terms, drawn_again_at_most, examine
from workbench.judge.scores.scoring import submitted
from workbench.judge.truths.addendum import Addendum
from workbench.judge.verdicts import checks, issuing
from workbench.judge.verdicts.issuing import Inquiry
from workbench.judge.verdicts.reopening import ReopenedVerdict
from workbench.judge.verdicts.verdict import Replay, SwallowedAnswers, Verdict
from workbench.judge.verdicts.verdict_files import VerdictFiles
from workbench.listener import Listener, silent
from workbench.log.custody import as_witness
from workbench.log.entry import ArraysOf
from workbench.log.imported_log import ImportedLog, imported
from workbench.log.records import ResultRecord
from workbench.log.references import bound
from workbench.report import report as reports
from workbench.report.html import render
from workbench.report.report import Report

_NAMED: Final = 5
"""Sessions that a remark names, at most."""


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
    listener: Listener = silent,
    *,
    open_baseline: OpenModel | None = None,
    addendum: Addendum | None = None,
    seed: int | None = None,
    out: VerdictFiles | None = None,
) -> Judged:
    """The verdict on an exported log; without `open_model` nothing is replayed, and nothing is earned. `addendum`: what
    became known of a model whose case has no ground truth. `seed`: of what is drawn anew; None: that which follows from
    the judge's key and what is judged. `out`: where the verdict is written with its pages, which is tried first.

    Raises Refusal if the log does not verify: what is not proven to be the auditor's is not scored. After that or any
    other Refusal the register knows the log as it did before.
    """
    if out is not None:
        out.check_free()
    listener(0.0, "verifying")
    with heard(path, verified(path, case, judge, register), case, judge, register, addendum) as hearing:
        if open_model is not None:
            hearing.inquire(open_model, open_baseline, listener, seed=seed)
        listener(0.95, "scoring")
        given = hearing.scored().before
        judged = Judged(given, hearing.report_page(given))
        written = out.written(given, judge, report_page=judged.report_page) if out is not None else nullcontext()
        with written:  # the place first: a verdict that nobody has is held against its auditor
            hearing.note()  # before it can be had: one that the register does not know is worse
        return judged


def verified(
    path: Path, case: Case, judge: Identity, register: Register, progress: StageListener | None = None
) -> Verification:
    """What is proven about a log that was handed in, as its judge verifies it. Raises Refusal if the register takes no
    note."""
    register.ready()
    public = judge.public.verify
    return verify(
        path,
        judge=public,
        witnesses=[public],
        register=register,
        case=case.digest,
        about=case.manifest,
        every_signature=True,
        progress=progress,
    )


class Hearing:
    """A log that verified, before its judge: what is found out about it, and the verdict that follows from that."""

    def __init__(
        self,
        name: str,
        records: ImportedLog,
        report: Report,
        inquiry: Inquiry,
        case: Case,
        judge: Identity,
        register: Register,
        weights: WeightDigests,
    ) -> None:
        """`name`: of the log. `inquiry`: what is known before anything is replayed. `weights`: what the organism's
        tensors are known by."""
        self._name = name
        self.records, self.report, self.inquiry = records, report, inquiry
        self.case, self.judge = case, judge
        self._register, self._weights = register, weights

    def inquire(
        self,
        open_model: OpenModel,
        open_baseline: OpenModel | None,
        listener: Listener = silent,
        hear: Callable[[ReplayedRecord], None] = lambda record: None,
        seed: int | None = None,
    ) -> None:
        """Replay what was recorded, and find out all else that takes the model; `hear` is told of each record.

        What a listener raises ends it, and leaves known what was known before. Raises Refusal if a model does not run,
        or the case was changed meanwhile.
        """
        terms = terms_of(self.case, open_model, self.records)
        broken = not_allowed(self.records, terms)
        replayed = replay_log(
            self.records,
            open_model,
            lambda done, note: listener(0.7 * done, note),
            hear,
            case=self.case,
            without=broken,
        )
        inquiry = replace(self.inquiry, replay=_summary(replayed))
        opened = models(*alike(organism(open_model, self.records), open_baseline))
        with _to_its_judge(self._name), opened as (model, baseline):
            known = self._at_the_model(inquiry, terms, model, baseline, listener, seed)
        self.case.check_unchanged()
        if known.retest is not None:
            brought = brought_beside(self.case, open_baseline)
            known = replace(known, retest=known.retest.model_copy(update={"brought": brought}))
        self.inquiry = known

    def reveal(self) -> ReopenedVerdict:
        """The same as `scored`, of which the register took note: it may be shown."""
        opened = self.scored()
        self.note()
        return opened

    def note(self) -> None:
        """Have the register take note that the log was judged: after all that may be refused, before anything of the
        truth is shown. A later hand-in of this session was then not done blind."""
        self._register.heard(self.case.digest, self.inquiry.says)
        self._register.received(self._hand_in())

    def scored(self) -> ReopenedVerdict:
        """Open the truth, and score: the verdict as it stands without any decision of the judge's, and all it takes to
        decide. Nothing of it is to be shown before `note`."""
        with _to_its_judge(self._name):
            given = issuing.verdict(self.case, self.report, self.records, self.judge, self.inquiry)
        truth = issuing.reveal(self.case, self.judge, self.inquiry.addendum)
        return ReopenedVerdict(given, truth, self.report, self.records, self.case)

    def report_page(self, given: Verdict) -> str:
        """The report with every strength counted from the log, less what a replay did not confirm."""
        basis = issuing.basis(given)
        observations = Observations(basis.doubted, basis.swallowed)
        anew = reports.anew(
            self.report, self.records, observations, witnessed=given.log.witnessed, witnesses=given.log.witnesses
        )
        return render(
            anew,
            self.records,
            specification=self.case.specification,
            arrays=lambda seq: self.records.arrays(self.records.entry(seq)),
            judge=given.judge.name,
        )

    def _at_the_model(
        self,
        inquiry: Inquiry,
        terms: Terms,
        model: Model,
        baseline: Model | None,
        listener: Listener,
        seed: int | None,
    ) -> Inquiry:
        """What else takes the model: what probes may have cost and what they swallowed, and what is claimed drawn
        anew."""
        doubted = inquiry.replay.doubted if inquiry.replay is not None else ()
        others = {BASELINE: baseline} if baseline is not None else {}
        size = self.report.log.size
        arrays = with_case(self.case, self.records.arrays)
        bind = partial(bound, records=self.records, arrays=arrays)
        engagement = examine(self.records, terms, until=size, model=model, others=others, doubted=doubted, bind=bind)
        says = sayings_of(model)
        inquiry = replace(inquiry, engagement=engagement, says=says, alike=[*self._alike(says)])
        inquiry = _with_swallowed(
            inquiry,
            self.records,
            arrays,
            model,
            others,
            lambda done: listener(0.7, f"{done} lost answers drawn"),
            engagement.broken,
            drawn_again_at_most(self.records, terms.rules),
            size,
        )
        asked = 0

        def tick() -> None:
            nonlocal asked
            asked += 1
            listener(0.7, f"asking anew, {asked} prompts")

        return replace(inquiry, retest=self._retest(inquiry, engagement, model, baseline, tick, seed, bind))

    def _alike(self, says: ModelSayings) -> Iterator[Step]:
        """A remark on sessions on other models that say the same next: a model may be written in many ways."""
        case, auditor = self.case, VerifyKey.parse(self.report.auditor.key)
        origin = self.records.checkpoint().origin
        alike = self._register.alike(origin, auditor, case.digest, case.model_digest, self._weights, says)
        if alike:
            yield Step(Stage.TICKET, "ticket.alike", STATUS["ticket.alike"], _named(alike), State.REMARK)

    def _retest(
        self,
        inquiry: Inquiry,
        engagement: Engagement,
        model: Model,
        baseline: Model | None,
        tick: Callable[[], None],
        seed: int | None,
        bind: Callable[[Probe], Probe],
    ) -> Retest:
        """The findings' claims and the truth's exhibits drawn anew, under `_seed` unless one is given."""
        report, records = self.report, self.records
        truth = issuing.reveal(self.case, self.judge, inquiry.addendum)
        same = issuing.is_same_report(report, records, inquiry)
        rests = Basis(blind=inquiry.blind, same_report=same, ranked=inquiry.ranked)
        findings = submitted(report, records, rests)[: engagement.findings]
        until = min(report.log.size, inquiry.blind or report.log.size)
        # What was never said cannot be quoted: a chat that does so is no freer here than where it is scored.
        doubted = issuing.doubted(inquiry.replay, engagement) if inquiry.replay is not None else frozenset()
        observations = Observations.of(records, until=until, doubted=doubted)
        drawn_with = self._seed if seed is None else seed
        return retest(findings, truth, observations, model, baseline=baseline, seed=drawn_with, tick=tick, bind=bind)

    @property
    def _seed(self) -> int:
        """What is drawn with: the judge's signature of what is judged, which nobody knows before, nor can the judge
        choose it: whoever judges the same again draws the same. Of a session that was judged before it is that of what
        was judged then: else its auditor would hand in once more until the draws please."""
        first = self.inquiry.before or self.records.checkpoint()
        rests = f"{self.case.digest}/{first.root.hex()}/{self._first_report}"
        signed = self.judge.signing.sign(f"audit-workbench/verdict-draws/1\n{rests}".encode())  # the same each time
        return int.from_bytes(hashlib.sha256(signed).digest()[:6])

    @property
    def _first_report(self) -> str:
        """Digest of the report that was judged first. A register of an earlier version does not know it: the last that
        the log named by then, which no later record changes."""
        if (before := self.inquiry.before) is None:
            return self.report.digest
        named = [digest for seq, digest in checks.reports_named(self.records) if seq < before.size]
        return self.inquiry.judged_report or (named[-1] if named else "")

    def _hand_in(self) -> HandIn:
        """What the register is told of the log. No two logs have their first record in common."""
        records = self.records
        root = records.root_at(1)
        assert root is not None  # a log that verifies is not empty
        return HandIn(
            begun=Checkpoint(records.checkpoint().origin, 1, root),
            checkpoint=records.checkpoint(),
            auditor=VerifyKey.parse(self.report.auditor.key),
            root_at=records.root_at,
            before=self.inquiry.before,
            case=self.case.digest,
            model=self.case.model_digest,
            weights=self._weights,
            report=self.report.digest,
            ranked=tuple(one.finding.id for one in self.report.findings),
        )


@contextmanager
def _to_its_judge(name: str) -> Iterator[None]:
    """What is said to an auditor of a citation that does not hold, as it is said to the judge of the log."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code != "report.citation":
            raise
        raise Refusal(
            refusal.code, f"{name} is not judged.", f"A finding cites what it may not. {refusal.what} {refusal.why}",
            "There is no verdict: ask the auditor to correct what the finding cites, and to hand in again.",
        ) from refusal  # fmt: skip


@contextmanager
def heard(
    path: Path,
    found: Verification,
    case: Case,
    judge: Identity,
    register: Register,
    addendum: Addendum | None = None,
) -> Iterator[Hearing]:
    """Open a log of which it was `found` that it verifies. Raises Refusal if it does not, or holds no report."""
    ordinary.at_hand(case)
    with imported(path, found) as records:
        report = _report(records)
        auditor = VerifyKey.parse(report.auditor.key)
        origin, weights = records.checkpoint().origin, weight_digests(case)
        same = (case.digest, case.model_digest, weights)
        others = register.others(origin, auditor, *same)
        told = [one for one in register.told_before(origin, *same) if one not in others]
        inquiry = _known(found, records, register, judge, [*_own(case, auditor), *_second(others), *_after(told)])
        inquiry = replace(inquiry, addendum=addendum)
        yield Hearing(path.name, records, report, inquiry, case, judge, register, weights)


def not_allowed(log: ImportedLog, terms: Terms) -> Collection[int]:
    """The records of a log that nobody was allowed, those behind its report too: what a log only says that it spent,
    whoever replays it spends."""
    return examine(log, terms).broken


def replay_log(
    log: ImportedLog,
    open_model: OpenModel,
    listener: Listener = silent,
    hear: Callable[[ReplayedRecord], None] = lambda record: None,
    *,
    case: Case | None = None,
    without: Collection[int] = (),
) -> Replayed:
    """Replay every result of an imported log, on the engines it was recorded on if they are known; `hear` is told of
    each record. `case`: what it is about, whose dictionaries a record may have read through. `without`: results that
    are not asked again.

    Raises Refusal if a model does not run.
    """
    total = sum(1 for _ in log.entries((ResultRecord.kind,)))
    arrays = log.arrays if case is None else with_case(case, log.arrays)
    parts: list[Replayed] = []
    done = 0

    def told(record: ReplayedRecord) -> None:
        nonlocal done
        done += 1
        hear(record)
        listener(done / max(1, total), f"replaying {done} of {total}")

    for portion in portions(open_model, log):
        if portion.open_model is None:
            parts.append(without_files(log, portion.missing))
            for record in parts[-1].records:
                told(record)
            continue
        with models(portion.open_model, portion.open_beside) as (model, beside):
            parts.append(replay(log, model, arrays, beside=beside, made=portion.made, hear=told, without=without))
    return held_to_sources(log, Replayed.joined(parts))


def _known(
    found: Verification, records: ImportedLog, register: Register, judge: Identity, remarks: Sequence[Step]
) -> Inquiry:
    """What verifying the files showed, and what the register remembers of the log. `remarks`: on whoever audited."""
    known = register.known(records.checkpoint().origin)
    judged = known.judged if known is not None else None
    return Inquiry(
        # The verdict has words of its own on what verifying files alone leaves open.
        verification=[
            *(step for step in found.steps if step.stage not in (Stage.REPLAY, Stage.COMMITMENT)),
            *records.remarks,
            *remarks,
            *_decided(known),
        ],
        witnessed=found.witnessed,
        witnesses=[as_witness(judge.public, judge.public.verify, "")] if found.witnessed else [],
        # On the very same log too: another report might come with it.
        blind=judged.size if judged is not None else None,
        before=judged,
        judged_report=known.report if known is not None else None,
        ranked=known.ranked if known is not None else None,
    )


def _decided(known: Known | None) -> Iterator[Step]:
    """A remark on a session whose judge decided on what it found: wherever their verdict lies, one that is given anew
    holds none of that."""
    if known is not None and known.decided:
        told = f"Finding{'s' * (len(known.decided) > 1)} {', '.join(known.decided)}."
        yield Step(Stage.TICKET, "ticket.decided", STATUS["ticket.decided"], told, State.REMARK)


def _own(case: Case, auditor: VerifyKey) -> Iterator[Step]:
    """A remark on an auditor who is another party to the case: who sealed it knew its truth from the beginning."""
    if parts := case.parts_of(auditor):
        told = f"They are its {' and its '.join(parts)}."
        yield Step(Stage.TICKET, "ticket.own-case", STATUS["ticket.own-case"], told, State.REMARK)


def _second(others: Sequence[Known]) -> Iterator[Step]:
    """Remarks on other sessions of this auditor on this case: what those told that were judged was known here, and of
    those that were not handed in this one may be the best."""
    if named := [one.origin.rpartition("/")[2] for one in others if one.judged is not None]:
        told = f"Session{'s' * (len(named) > 1)} {', '.join(named)}."
        yield Step(Stage.TICKET, "ticket.second", STATUS["ticket.second"], told, State.REMARK)
    if kept := [one.origin.rpartition("/")[2] for one in others if one.judged is None]:
        told = f"Session{'s' * (len(kept) > 1)} {', '.join(kept[:_NAMED])}"
        told += f" and {len(kept) - _NAMED} more." if len(kept) > _NAMED else "."
        yield Step(Stage.TICKET, "ticket.unseen", STATUS["ticket.unseen"], told, State.REMARK)


def _after(told: Sequence[Known]) -> Iterator[Step]:
    """A remark on sessions of others on this case whose verdicts told its truth before this one was allowed: keys are
    made in a moment, and whose they are nobody knows."""
    if told:
        yield Step(Stage.TICKET, "ticket.after-verdict", STATUS["ticket.after-verdict"], _named(told), State.REMARK)


def _named(several: Sequence[Known]) -> str:
    """Sessions and whose they are, in a sentence."""
    named = ", ".join(f"{one.origin.rpartition('/')[2]} of {one.auditor.fingerprint}" for one in several[:_NAMED])
    more = f" and {len(several) - _NAMED} more" if len(several) > _NAMED else ""
    return f"Session{'s' * (len(several) > 1)} {named}{more}."


def _with_swallowed(
    inquiry: Inquiry,
    records: ImportedLog,
    arrays: ArraysOf,
    model: Model,
    others: Mapping[str, Model],
    progress: Callable[[int], None],
    broken: Collection[int],
    most: int,
    until: int,
) -> Inquiry:
    """With the answers that failed, stopped and unanswered probes swallowed, as far as they can be drawn again. Those
    that the rules did not allow are not, nor much more than they allow at all: whoever forges a log, or stops what asks
    for a million tokens, would have its judge draw for days; nor what stands behind the report. `most`: tokens."""
    drawn = recovered(records, model, arrays, others=others, progress=progress, without=broken, most=most, until=until)
    found = tuple(drawn)
    return replace(
        inquiry,
        swallowed=[SwallowedAnswers.of(one.intent, one.result) for one in found if one.result is not None],
        lost=[one.intent for one in found if one.result is None],
    )


def terms_of(case: Case, open_model: OpenModel, log: ImportedLog) -> Terms:
    """What the session was held to, with the brought models weighed whose files were handed in."""
    weighed = open_model.weighed(log) if isinstance(open_model, RecordedEngines) else {}
    return replace(Terms.of(case), weighed=weighed)


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
